//! Templates go out and come back: what was written is what is read, blanks stay blank, and every error names its cell.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod fixture;
mod programme;

use std::io::{Cursor, Read, Write};

use minsheng_documents::workbook::{
    CellError, Draft, MonthForm, Previous, WorkbookError, read_catalogue, read_month, read_sheet,
    write_catalogue_template, write_month_template,
};
use minsheng_proto::catalogue::v1::{AllocationColumn, AllocationRow, Programme};
use minsheng_proto::common::v1::{Explanation, Quantity};
use minsheng_proto::reporting::v1::{DivisionValue, EvidenceReference, MeasureValue, Narrative, ReportContent};
use programme::programme;

/// The workbook with one part changed, as a user's program would leave it.
fn changed(bytes: &[u8], path: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if name == path {
            content = change(String::from_utf8(content).unwrap()).into_bytes();
        }
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Path of a sheet's part, by its place in the template.
fn sheet(number: u32) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// A sheet's XML with one cell's element replaced.
fn with_cell(xml: &str, cell: &str, content: &str) -> String {
    let start = xml.find(&format!("<c r=\"{cell}\"")).unwrap();
    let rest = &xml[start..];
    let end = match (rest.find("/>"), rest.find("</c>")) {
        (Some(short), Some(long)) if short < long && !rest[..short].contains('>') => short + 2,
        (Some(short), None) => short + 2,
        (_, Some(long)) => long + 4,
        (None, None) => unreachable!("a cell ends"),
    };
    format!("{}{content}{}", &xml[..start], &rest[end..])
}

fn refused<T: std::fmt::Debug>(result: Result<T, WorkbookError>) -> Vec<CellError> {
    match result {
        Err(WorkbookError::Refused(errors)) => errors,
        other => panic!("not refused: {other:?}"),
    }
}

fn places(errors: &[CellError]) -> Vec<(&str, &str)> {
    errors.iter().map(|error| (error.place.as_str(), error.rule.as_str())).collect()
}

const MEASURES: u32 = 6;
const PROGRESS: u32 = 2;

#[test]
fn a_programme_comes_back_as_it_was_written() {
    let written = write_catalogue_template(&programme()).unwrap();
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalogue.xlsx"), &written).unwrap();
    assert_eq!(read_catalogue(&written).unwrap(), programme());
    assert_eq!(written, write_catalogue_template(&programme()).unwrap());
}

/// As many rows as a province has villages, in few columns, for the sake of the time that it takes.
#[test]
fn a_table_of_every_village_of_a_province_comes_back() {
    let mut large = programme();
    let table = large.allocation_table.as_mut().unwrap();
    let column = |number: usize| AllocationColumn {
        measure: format!("3.1-{number}"),
        heading: format!("任务{number}"),
        unit: "人".to_owned(),
    };
    let row = |number: usize| AllocationRow {
        division: format!("43{:010}", 100_000_000 + number),
        display_name: format!("第{number}村"),
        cells: (0..5).map(|cell| ((number + cell) % 90).to_string()).collect(),
        ..Default::default()
    };
    table.columns = (1..=5).map(column).collect();
    table.rows = (0..29_534).map(row).collect();
    table.printed_totals = vec![String::new(); 5];
    table.printed_totals[0] = "1".to_owned();
    let written = write_catalogue_template(&large).unwrap();
    let read = read_catalogue(&written).unwrap();
    assert!(read == large, "the table came back otherwise");
}

#[test]
fn the_empty_template_asks_for_what_must_be_there() {
    let empty = write_catalogue_template(&Programme::default()).unwrap();
    let errors = refused(read_catalogue(&empty));
    let asked = [("基本情况!B4", "CELL_REQUIRED"), ("基本情况!B6", "CELL_REQUIRED"), ("基本情况!B7", "CELL_REQUIRED")];
    assert_eq!(places(&errors), asked);
}

#[test]
fn all_errors_are_told_each_with_its_cell() {
    let written = write_catalogue_template(&programme()).unwrap();
    let broken = changed(&written, &sheet(MEASURES), |xml| {
        let xml = with_cell(&xml, "H4", r#"<c r="H4" t="str"><v>5,000</v></c>"#);
        let xml = with_cell(&xml, "H5", r#"<c r="H5" t="str"><v>２９７５</v></c>"#);
        let xml = with_cell(&xml, "F6", r#"<c r="F6"><v>7</v></c>"#);
        let xml = with_cell(&xml, "D7", r#"<c r="D7" t="inlineStr"><is><t>流量</t></is></c>"#);
        let xml = with_cell(&xml, "L7", r#"<c r="L7" t="str"><v>2023年12月</v></c>"#);
        with_cell(&xml, "A8", r#"<c r="A8" t="str"><v>3.2-1</v></c>"#)
    });
    let errors = refused(read_catalogue(&broken));
    let expected = [
        ("计量项!H4", "CELL_NUMBER"),
        ("计量项!H5", "CELL_NUMBER"),
        ("计量项!F6", "CELL_INTEGER"),
        ("计量项!D7", "CELL_CHOICE"),
        ("计量项!L7", "CELL_DATE"),
        ("计量项!A8", "CODE_TWICE"),
    ];
    for place in expected {
        assert!(places(&errors).contains(&place), "{place:?} not in {:?}", places(&errors));
    }
    assert!(errors[0].message.contains("千分位"), "{}", errors[0].message);
    assert!(errors[1].message.contains("半角"), "{}", errors[1].message);
}

#[test]
fn the_mark_of_a_mandate_is_yes_no_or_nothing() {
    const ALLOCATION: u32 = 7;
    let written = write_catalogue_template(&programme()).unwrap();
    let marked = |mark: &str| {
        let cell = format!(r#"<c r="C6" t="str"><v>{mark}</v></c>"#);
        let changed = changed(&written, &sheet(ALLOCATION), |xml| with_cell(&xml, "C6", &cell));
        read_catalogue(&changed).map(|programme| programme.allocation_table.unwrap().rows[0].mandate)
    };
    assert_eq!((marked("是").unwrap(), marked("否").unwrap()), (true, false));
    assert_eq!(places(&refused(marked("下达"))), [("乡镇任务!C6", "CELL_CHOICE")]);
}

#[test]
fn numbers_are_read_exactly_or_refused() {
    let written = write_catalogue_template(&programme()).unwrap();
    let target = |cell: &str| {
        let broken = changed(&written, &sheet(MEASURES), |xml| with_cell(&xml, "H4", cell));
        read_catalogue(&broken).map(|programme| programme.projects[0].indicators[0].measures[0].target.clone())
    };
    assert_eq!(target(r#"<c r="H4"><v>24.110000000000003</v></c>"#).unwrap(), "24.11");
    assert_eq!(target(r#"<c r="H4"><v>1.5E-2</v></c>"#).unwrap(), "0.015");
    assert_eq!(target(r#"<c r="H4" t="str"><v>12345678901234.5678</v></c>"#).unwrap(), "12345678901234.5678");
    assert_eq!(target(r#"<c r="H4" t="str"><v>—</v></c>"#).unwrap(), "");
    assert_eq!(target(r#"<c r="H4" t="str"><v>／</v></c>"#).unwrap(), "");
    for (cell, hint) in [
        (r#"<c r="H4"><v>33.333333333333336</v></c>"#, "四位"),
        (r#"<c r="H4"><v>1234567890123456</v></c>"#, "15位"),
        (r#"<c r="H4"><v>1e400</v></c>"#, "不是数值"),
        (r#"<c r="H4" t="str"><v>24.110000000000003</v></c>"#, "四位"),
        (r#"<c r="H4" t="str"><v>33万</v></c>"#, "不带单位"),
        (r#"<c r="H4" t="e"><v>#REF!</v></c>"#, "#REF!"),
        (r#"<c r="H4" t="str"><v>NaN</v></c>"#, "不是数值"),
    ] {
        let errors = refused(target(cell));
        assert_eq!(places(&errors), [("计量项!H4", "CELL_NUMBER")], "{cell}");
        assert!(errors[0].message.contains(hint), "{}: {}", cell, errors[0].message);
    }
}

#[test]
fn a_percentage_cell_is_not_taken_for_its_number() {
    let written = write_catalogue_template(&programme()).unwrap();
    let styles = changed(&written, "xl/styles.xml", |xml| {
        let (before, after) = xml.split_once("<cellXfs count=\"").unwrap();
        let (count, after) = after.split_once("\">").unwrap();
        let added = r#"<xf numFmtId="10" fontId="0" fillId="0" borderId="0" xfId="0"/>"#;
        format!("{before}<cellXfs count=\"{count}\">{added}{after}")
    });
    let percent = changed(&styles, &sheet(MEASURES), |xml| with_cell(&xml, "H4", r#"<c r="H4" s="0"><v>0.95</v></c>"#));
    let errors = refused(read_catalogue(&percent));
    let at_h4 = errors.iter().find(|error| error.place == "计量项!H4").unwrap();
    assert!(at_h4.message.contains("百分比"), "{}", at_h4.message);
}

#[test]
fn every_formula_is_named() {
    let written = write_catalogue_template(&programme()).unwrap();
    let broken = changed(&written, &sheet(MEASURES), |xml| {
        let xml = with_cell(&xml, "H4", r#"<c r="H4"><f>2500*2</f><v>5000</v></c>"#);
        with_cell(&xml, "H5", r#"<c r="H5"><f t="shared" si="0"/><v>2975</v></c>"#)
    });
    let errors = refused(read_catalogue(&broken));
    assert_eq!(places(&errors), [("计量项!H4", "CELL_FORMULA"), ("计量项!H5", "CELL_FORMULA")]);
}

#[test]
fn another_template_version_or_heading_is_refused() {
    let written = write_catalogue_template(&programme()).unwrap();
    assert_eq!(places(&refused(read_month(&written))), [("_模板", "TEMPLATE_UNKNOWN")]);
    let heading =
        changed(&written, &sheet(MEASURES), |xml| with_cell(&xml, "C3", r#"<c r="C3" t="str"><v>说明</v></c>"#));
    let errors = refused(read_catalogue(&heading));
    assert_eq!(places(&errors), [("计量项!C3", "HEADING_UNKNOWN"), ("计量项!A3", "HEADING_MISSING")]);
}

fn value(measure: &str, number: &str, unit: &str) -> MeasureValue {
    MeasureValue { measure: measure.to_owned(), value: Some(fixture::quantity(number, unit)), ..Default::default() }
}

fn month() -> MonthForm {
    let division = |code: &str, value| DivisionValue { division: code.to_owned(), value: Some(value) };
    let employment = ReportContent {
        values: vec![MeasureValue {
            this_period: Some(Quantity { value: "410".to_owned(), unit: "人".to_owned() }),
            breakdown: vec![
                division("430923100000", fixture::quantity("1510", "人")),
                division("430923-cnq", fixture::none_here()),
            ],
            ..value("3.1-1", "2510", "人")
        }],
        narrative: Some(Narrative {
            progress: "举办招聘会6场。\n新增2510人。".to_owned(), ..Default::default()
        }),
        evidence: vec![EvidenceReference {
            sha256: vec![0xab; 32],
            label: "汇总表".to_owned(),
            measure: String::new(),
        }],
        explanations: vec![Explanation { finding_id: "F-1".to_owned(), text: "集中招聘".to_owned() }],
        filled_by: "甲".to_owned(),
        reviewed_by: "乙".to_owned(),
        head: "丙".to_owned(),
        telephone: "0737-7222222".to_owned(),
    };
    MonthForm {
        programme: Some(programme()),
        unit: "rsj".to_owned(),
        unit_name: "县人社局".to_owned(),
        period: "2023-06".to_owned(),
        cut_off: "2023-06-20".to_owned(),
        due_date: "2023-06-20".to_owned(),
        drafts: vec![Draft { indicator: "3.1".to_owned(), content: Some(employment) }],
        previous: vec![Previous { measure: "3.1-1".to_owned(), value: Some(fixture::quantity("2100", "人")) }],
    }
}

#[test]
fn a_month_comes_back_with_blanks_as_not_reported() {
    let written = write_month_template(&month()).unwrap();
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("month.xlsx"), &written).unwrap();
    let read = read_month(&written).unwrap();
    assert_eq!(
        (read.programme.as_str(), read.period.as_str(), read.unit.as_str()),
        ("programmes/430923-2023", "2023-06", "rsj")
    );
    assert_eq!(read.blank, ["3.2"]);
    assert_eq!(read.reports.len(), 1);
    assert_eq!(read.reports[0].name, "programmes/430923-2023/indicators/3.1/reports/2023-06");
    assert_eq!(read.reports[0].content, month().drafts[0].content);
}

#[test]
fn one_filled_measure_leaves_the_others_not_reported() {
    let written = write_month_template(&month()).unwrap();
    let filled = changed(&written, &sheet(PROGRESS), |xml| with_cell(&xml, "J6", r#"<c r="J6"><v>1100</v></c>"#));
    let read = read_month(&filled).unwrap();
    let content = read.reports[1].content.clone().unwrap();
    let values: Vec<_> = content.values.iter().map(|value| value.value.clone().unwrap()).collect();
    assert_eq!(values, [fixture::not_reported(), fixture::quantity("1100", "人次"), fixture::not_reported()]);
}

#[test]
fn a_state_and_a_number_must_agree() {
    let written = write_month_template(&month()).unwrap();
    let broken = changed(&written, &sheet(PROGRESS), |xml| {
        let xml = with_cell(&xml, "K4", r#"<c r="K4" t="str"><v>不适用</v></c>"#);
        let xml = with_cell(&xml, "K5", r#"<c r="K5" t="str"><v>本地无</v></c>"#);
        with_cell(&xml, "K6", r#"<c r="K6" t="str"><v>有数</v></c>"#)
    });
    let errors = refused(read_month(&broken));
    let expected = [("进展数!K4", "STATE_MISMATCH"), ("进展数!L5", "CELL_REQUIRED"), ("进展数!J6", "CELL_REQUIRED")];
    assert_eq!(places(&errors), expected);
}

#[test]
fn any_sheet_is_read_as_it_is_printed() {
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("封面").unwrap();
    let sheet = workbook.add_worksheet().set_name("进度").unwrap();
    sheet.merge_range(0, 0, 0, 3, "2022年上半年进度", &Format::new()).unwrap();
    sheet.write_string(2, 0, " 学位 ").unwrap();
    sheet.write_number(2, 1, 24.110000000000003).unwrap();
    for (column, number, format) in
        [(2, 0.5357142857142857, "0%"), (3, 0.54, "0.00%"), (4, 33.333333333333336, "0.0_ "), (6, 1.0 / 3.0, "General")]
    {
        sheet.write_number_with_format(2, column, number, &Format::new().set_num_format(format)).unwrap();
    }
    let day = ExcelDateTime::from_ymd(2022, 6, 30).unwrap();
    sheet.write_datetime_with_format(3, 0, &day, &Format::new().set_num_format("yyyy-mm-dd")).unwrap();
    sheet.write_boolean(3, 1, true).unwrap();
    workbook.add_worksheet().set_name("说明").unwrap().write_string(0, 0, "说明").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();

    let read = read_sheet(&bytes, "").unwrap();
    assert_eq!((read.name.as_str(), read.others.as_slice()), ("进度", &["说明".to_owned()][..]));
    let rows: Vec<Vec<&str>> =
        read.rows.iter().map(|row| row.cells.iter().map(String::as_str).collect::<Vec<_>>()).collect();
    assert_eq!(rows[0][0], "2022年上半年进度");
    assert!(rows[1].is_empty());
    assert_eq!(rows[2], ["学位", "24.11", "54%", "54.00%", "33.3", "", "0.3333"]);
    assert_eq!(rows[3], ["2022-06-30", "TRUE"]);
    assert_eq!(read_sheet(&bytes, "说明").unwrap().rows.len(), 1);
    assert_eq!(refused(read_sheet(&bytes, "没有"))[0].rule, "SHEET_MISSING");
    assert_eq!(refused(read_sheet(b"a,b\n1,2\n", ""))[0].rule, "FILE_NOT_WORKBOOK");
}

#[test]
fn heads_and_given_cells_are_protected_and_the_rest_is_open() {
    let written = write_month_template(&month()).unwrap();
    let part = |path: &str| {
        let mut archive = zip::ZipArchive::new(Cursor::new(&written)).unwrap();
        let mut text = String::new();
        archive.by_name(path).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let (progress, styles) = (part(&sheet(2)), part("xl/styles.xml"));
    assert!(progress.contains("<sheetProtection sheet=\"1\"") && !progress.contains("password"), "no password");
    let cells = styles.split("<cellXfs").nth(1).unwrap().split("</cellXfs>").next().unwrap();
    let formats: Vec<&str> = cells.split("<xf ").skip(1).collect();
    let open = |cell: &str| {
        let tag = progress.split(&format!("<c r=\"{cell}\" s=\"")).nth(1).unwrap_or_else(|| panic!("no {cell}"));
        formats[tag.split('"').next().unwrap().parse::<usize>().unwrap()].contains("locked=\"0\"")
    };
    assert!(!open("A3") && !open("J3"), "heads");
    assert!(!open("A4") && !open("G4"), "given cells");
    assert!(open("I4") && open("J4") && open("L4"), "what is to be filled in");
}

#[test]
fn merged_cells_among_the_rows_are_refused() {
    let written = write_month_template(&month()).unwrap();
    let merged =
        changed(&written, &sheet(2), |xml| xml.replace("</mergeCells>", "<mergeCell ref=\"J4:J5\"/></mergeCells>"));
    assert_eq!(places(&refused(read_month(&merged))), [("进展数!J4", "CELL_MERGED")]);
}

#[test]
fn another_month_on_the_hidden_sheet_is_found_out() {
    let written = write_month_template(&month()).unwrap();
    assert!(read_month(&written).is_ok());
    let other = changed(&written, "xl/sharedStrings.xml", |xml| xml.replace("<t>2023-06</t>", "<t>2023-07</t>"));
    assert!(other != written);
    assert_eq!(places(&refused(read_month(&other))), [("_模板", "TEMPLATE_UNKNOWN")]);
}
