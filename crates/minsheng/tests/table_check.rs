//! `table check` on the two real tables: as printed where the print is right, with findings where it is not.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{minsheng, programme_file};
use rust_xlsxwriter::{Format, Formula, Workbook};
use serde_json::Value;

fn check(name: &str, more: &[&str]) -> Value {
    checked(&programme_file(name), more)
}

fn checked(file: &Path, more: &[&str]) -> Value {
    let mut arguments = vec!["table", "check", file.to_str().unwrap(), "--output", "json"];
    arguments.extend(more);
    let ran = minsheng(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[test]
fn the_provinces_table_comes_out_as_printed_but_for_one_total() {
    let report = check("hunan-2021-estates.csv", &[]);
    assert_eq!(codes(&report), ["sum_differs_from_total"]);
    let facts = &report["findings"][0]["facts"];
    assert_eq!((facts["printed"].as_str(), facts["computed"].as_str()), (Some("752393.73"), Some("752393.76")));
    let [started, invested] = [&report["rankings"][0], &report["rankings"][1]];
    assert_eq!(started["by"], "开工率");
    assert_eq!(started["first"], serde_json::json!(["张家界市", "怀化市", "郴州市"]));
    assert_eq!(started["last"], serde_json::json!(["邵阳市", "衡阳市", "湘西州"]));
    assert_eq!(started["places"].as_array().unwrap().len(), 14, "the total row has no place");
    assert_eq!(started["places"][3]["rank"], 4, "three share the first place");
    assert_eq!(invested["first"], serde_json::json!(["张家界市", "常德市", "益阳市"]));
    assert_eq!(invested["places"][0]["percent"], "87.17");
}

#[test]
fn the_districts_half_year_shows_its_contradictions() {
    let report = check("yueyanglou-2022-06.csv", &["--period", "2022-06"]);
    let mut found = codes(&report);
    found.sort_unstable();
    let without = "percentage_without_number";
    let expected =
        ["months_exceed_heads", "percentage_ambiguous", "percentage_differs", without, without, without, without];
    assert_eq!(found, expected);
    let findings = report["findings"].as_array().unwrap();
    let differs = findings.iter().find(|finding| finding["code"] == "percentage_differs").unwrap();
    assert_eq!(differs["message"], "“困难残疾人家庭无障碍改造”印54%，5/70为7.1%");
}

#[test]
fn without_the_period_months_are_not_judged() {
    let report = check("yueyanglou-2022-06.csv", &[]);
    assert!(!codes(&report).contains(&"months_exceed_heads"));
}

#[test]
fn the_table_for_people_names_first_and_last() {
    let ran = minsheng(&["table", "check", programme_file("hunan-2021-estates.csv").to_str().unwrap()]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("前列：张家界市、怀化市、郴州市"), "{}", ran.stdout);
    assert!(ran.stdout.contains("“计划投资(万元)”合计印752393.73，14行相加为752393.76"), "{}", ran.stdout);
}

#[test]
fn what_is_no_progress_table_is_refused_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let no_columns = minsheng(&["table", "check", &write("a.csv", "甲,乙\n1,2\n".as_bytes())]);
    assert_eq!(no_columns.code, 3, "{no_columns:?}");
    assert!(no_columns.stderr.contains("没有可以配成一组的计划"), "{}", no_columns.stderr);
    assert_eq!(minsheng(&["table", "check", &write("empty.csv", b"")]).code, 3);
    let gbk = minsheng(&["table", "check", &write("gbk.csv", &[0xca, 0xd0, 0xd6, 0xdd, b','])]);
    assert_eq!(gbk.code, 3);
    assert!(gbk.stderr.contains("UTF-8"), "{}", gbk.stderr);
    assert_eq!(minsheng(&["table", "check", "/nowhere.csv"]).code, 2);
}

/// The table of a CSV file as somebody keeps it in a workbook: numbers as numbers, percentages by their format.
#[allow(clippy::float_arithmetic, reason = "a workbook holds 54% as 0.54")]
fn as_workbook(name: &str, title: bool) -> Workbook {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("进度表").unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(programme_file(name)).unwrap();
    if title {
        sheet.merge_range(0, 0, 0, 4, "进度表", &Format::new()).unwrap();
    }
    for (row, record) in (u32::from(title)..).zip(reader.records()) {
        for (column, cell) in (0_u16..).zip(record.unwrap().iter()) {
            let percent = cell.strip_suffix('%').and_then(|number| Some((number, number.parse::<f64>().ok()?)));
            if let Some((text, number)) = percent {
                let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                let point = if decimals == 0 { "" } else { "." };
                let format = Format::new().set_num_format(format!("0{point}{}%", "0".repeat(decimals)));
                sheet.write_number_with_format(row, column, number / 100.0, &format).unwrap();
            } else if let Ok(number) = cell.parse::<f64>() {
                sheet.write_number(row, column, number).unwrap();
            } else {
                sheet.write_string(row, column, cell).unwrap();
            }
        }
    }
    workbook
}

#[test]
fn a_workbook_comes_out_as_the_same_table_in_csv() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.xlsx");
    for (name, more) in [("hunan-2021-estates.csv", &[][..]), ("yueyanglou-2022-06.csv", &["--period", "2022-06"])] {
        for title in [false, true] {
            as_workbook(name, title).save(&file).unwrap();
            let (printed, read) = (check(name, more), checked(&file, more));
            for part in ["rows", "rankings"] {
                assert_eq!(read[part], printed[part], "{name}: {part}");
            }
            assert_eq!(codes(&read), codes(&printed), "{name}");
        }
    }
}

#[test]
fn a_workbook_is_known_by_its_bytes_and_a_bad_one_is_refused_with_the_cell() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut workbook = as_workbook("hunan-2021-estates.csv", false);
    workbook.add_worksheet().set_name("说明").unwrap().write_string(0, 0, "说明").unwrap();
    workbook.save(path("renamed.csv")).unwrap();
    let ran = minsheng(&["table", "check", &path("renamed.csv")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("核查的是工作表“进度表”；另有：说明"), "{}", ran.stderr);
    let ran = minsheng(&["table", "check", &path("renamed.csv"), "--sheet", "没有"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("没有工作表“没有”"), "{}", ran.stderr);

    let mut workbook = as_workbook("hunan-2021-estates.csv", false);
    let sheet = workbook.worksheet_from_name("进度表").unwrap();
    sheet.write_formula(3, 2, Formula::new("=SUM(C2:C3)")).unwrap();
    workbook.save(path("formula.xlsx")).unwrap();
    let ran = minsheng(&["table", "check", &path("formula.xlsx")]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("进度表!C4：单元格含公式"), "{}", ran.stderr);

    std::fs::copy("/bin/true", path("table.xlsx")).unwrap();
    let ran = minsheng(&["table", "check", &path("table.xlsx")]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("可执行程序"), "{}", ran.stderr);
}
