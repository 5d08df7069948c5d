//! `table check` on the two real tables: as printed where the print is right, with findings where it is not.
#![allow(clippy::unwrap_used)]

mod common;

use common::{minsheng, programme_file};
use serde_json::Value;

fn check(name: &str, more: &[&str]) -> Value {
    let file = programme_file(name);
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
