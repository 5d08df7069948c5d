//! `read` on the same document as HTML, DOCX and PDF, on a province's, and on files that are none: what people type and get.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::path::PathBuf;

use common::minsheng;
use serde_json::{Value, json};

fn opinion(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/opinions").join(name)
}

fn read(name: &str) -> Value {
    let ran = minsheng(&["read", opinion(name).to_str().unwrap(), "--output", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

/// Code, title, target, unit and due date of each measure, with the lead unit.
fn measures(report: &Value) -> Vec<[String; 6]> {
    let mut found = Vec::new();
    for project in report["programme"]["projects"].as_array().unwrap() {
        for indicator in project["indicators"].as_array().unwrap() {
            for measure in indicator["measures"].as_array().unwrap() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let of = |name: &str| text(&measure[name]);
                found.push([
                    of("code"),
                    of("title"),
                    of("target"),
                    of("unit"),
                    of("due"),
                    text(&indicator["leadUnitName"]),
                ]);
            }
        }
    }
    found
}

#[test]
fn one_document_says_the_same_in_every_format() {
    let wanted = [
        ["1.1-1", "新建公共停车场", "6", "处", "2025-11-30", "区城管局"],
        ["1.1-2", "新增泊位", "1250", "个", "2025-11-30", "区城管局"],
        ["1.2-1", "开放机关单位内部停车场", "15", "家", "2025-06-30", "区城管局"],
        ["2.1-1", "治理易涝积水点", "9", "处", "2025-05-31", "区住建局"],
        ["2.1-2", "清淤管网", "42.5", "公里", "2025-05-31", "区住建局"],
        ["2.1-3", "投入资金", "0.86", "亿元", "2025-05-31", "区住建局"],
        ["3.1-1", "建成社区食堂", "10", "家", "2025-12-31", "区民政局"],
        ["3.1-2", "为家庭实施适老化改造", "2300", "户", "2025-12-31", "区民政局"],
        ["3.1-3", "65岁以上老年人健康管理率", "68", "%", "2025-12-31", "区民政局"],
        ["m1.1-1", "空气质量优良天数比率", "", "%", "2025-12-31", "区生态环境分局"],
    ];
    for name in ["table.html", "table.docx", "table.pdf"] {
        let report = read(name);
        assert_eq!(measures(&report), wanted.map(|row| row.map(str::to_owned)), "{name}");
        let programme = &report["programme"];
        assert_eq!(programme["year"], 2025, "{name}");
        assert_eq!(programme["divisionName"], "石塘区", "{name}");
        assert_eq!(programme["source"]["published"], "2025-02-18", "{name}");
        let first = &programme["projects"][0]["indicators"];
        assert_eq!(first[0]["leadersInCharge"][0]["displayName"], "沈明", "{name}");
        assert_eq!(first[1]["leadersInCharge"][0]["displayName"], "沈明", "{name}: the cell is merged");
        // Every field that stands somewhere is quoted from there.
        let text = report["text"].as_str().unwrap();
        for field in report["fields"].as_array().unwrap().iter().filter(|field| !field["span"].is_null()) {
            let place = |end: &str| usize::try_from(field["span"][end].as_u64().unwrap()).unwrap();
            assert_eq!(text.get(place("start")..place("end")), field["quote"].as_str(), "{name}: {field}");
        }
    }
}

#[test]
fn a_provinces_table_by_city_divides_its_targets() {
    let report = read("province.html");
    let table = &report["programme"]["allocationTable"];
    assert_eq!(table["printedTotals"], json!(["60000", "900", "200000"]));
    assert_eq!(table["rows"][1]["cells"], json!(["21000", "300", "62000"]));
    assert_eq!(table["rows"][2]["cells"], json!(["13000", "180", ""]));
    let found = report["findings"].as_array().unwrap();
    let has = |code: &str, column: usize| {
        let field = format!("allocation_table.printed_totals[{column}]");
        found.iter().any(|finding| finding["code"] == code && finding["field"] == field.as_str())
    };
    assert!(has("SUM_DIFFERS_FROM_TOTAL", 1), "410 + 300 + 180 is 890");
    assert!(!has("SUM_DIFFERS_FROM_TOTAL", 0));
}

#[test]
fn the_draft_and_its_units_are_written_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, units, workbook) = (path("programme.json"), path("units.csv"), path("catalogue.xlsx"));
    let file = opinion("table.html");
    let arguments = [
        "read",
        file.to_str().unwrap(),
        "--division",
        "430923",
        "--out",
        &out,
        "--units-out",
        &units,
        "--workbook",
        &workbook,
    ];
    let ran = minsheng(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("须逐个核对的字段") && ran.stdout.contains("核查结果"), "{ran:?}");
    let draft: Value = serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!(draft["division"], "430923");
    let listed = std::fs::read_to_string(&units).unwrap();
    assert!(listed.starts_with("id,display_name,kind,division\nunit-01,区城管局,BUREAU,430923\n"), "{listed}");
    assert!(std::fs::read(&workbook).unwrap().starts_with(b"PK"));
}

#[test]
fn what_is_no_document_is_refused_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let nested = format!("<html><body>{}", "<div>".repeat(50_000));
    let cases: [(&str, &[u8], &str); 6] = [
        ("a.doc", &[0xd0, 0xcf, 0x11, 0xe0, 1, 2, 3], "旧版.doc"),
        ("a.pdf", b"%PDF-1.7\nnothing of the kind", "已损坏"),
        ("a.docx", b"PK\x03\x04 nothing of the kind", "已损坏"),
        ("a.html", nested.as_bytes(), "嵌套过深"),
        ("a.bin", &[0xff, 0xff, 0x00, 0x01, 0xff], "不是"),
        ("a.txt", "今天天气很好。".as_bytes(), "没有找到项目和任务"),
    ];
    for (name, bytes, why) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let ran = minsheng(&["read", path.to_str().unwrap()]);
        assert_eq!(ran.code, 3, "{name}: {ran:?}");
        assert!(ran.stderr.contains(why), "{name}: {ran:?}");
    }
}
