//! Two real tables must come out as printed where the print is right, with findings where it is not (field rules §5).
#![allow(clippy::unwrap_used)]

use super::*;
use crate::finding::{Finding, Severity};

const DISTRICT: &str = include_str!("../../../../deploy/programmes/yueyanglou-2022-06.csv");
const PROVINCE: &str = include_str!("../../../../deploy/programmes/hunan-2021-estates.csv");

fn check(text: &str, months: Option<u32>) -> TableReport {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
    let header = rows.next().unwrap();
    check_table(&header, &rows.collect::<Vec<_>>(), months)
}

fn of<'a>(report: &'a TableReport, code: &str) -> Vec<&'a Finding> {
    report.findings.iter().filter(|finding| finding.code == code).collect()
}

fn fact<'a>(finding: &'a Finding, name: &str) -> &'a str {
    finding.facts.iter().find(|(n, _)| *n == name).map(|(_, text)| text.as_str()).unwrap()
}

#[test]
fn a_provinces_table_is_right_but_for_one_total() {
    let report = check(PROVINCE, None);
    use ColumnRole::{Done, Name, Plan, Rate, Serial};
    assert_eq!(report.roles, [Serial, Name, Plan, Done, Rate, Plan, Done, Rate]);
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    let total = of(&report, "sum_differs_from_total")[0];
    assert_eq!((fact(total, "printed"), fact(total, "computed")), ("752393.73", "752393.76"));
    assert_eq!(total.field, "rows[14].columns[5]");
    assert!(report.rows[14].total && report.rows.iter().filter(|row| row.total).count() == 1);
    assert_eq!(report.rows[14].rates[0].unwrap().percent(2), "74.00%");
}

#[test]
fn a_provinces_first_and_last_three_are_named_by_each_rate() {
    let report = check(PROVINCE, None);
    let [started, invested] = report.rankings.as_slice() else { panic!("two rankings") };
    assert_eq!(started.label, "开工率");
    assert_eq!(started.first, ["张家界市", "怀化市", "郴州市"]);
    assert_eq!(started.last, ["邵阳市", "衡阳市", "湘西州"]);
    assert_eq!(started.places[3].rank, 4, "three share the first place");
    assert_eq!(invested.first, ["张家界市", "常德市", "益阳市"]);
    assert_eq!(invested.last, ["郴州市", "邵阳市", "湘西州"]);
}

#[test]
fn a_districts_half_year_has_its_contradictions() {
    let report = check(DISTRICT, Some(6));
    let differs = of(&report, "percentage_differs");
    assert_eq!(differs.len(), 1);
    let facts = ["row", "printed", "computed", "terms"].map(|name| fact(differs[0], name));
    assert_eq!(facts, ["困难残疾人家庭无障碍改造", "54%", "7.1%", "5/70"]);
    let without: Vec<&str> = of(&report, "percentage_without_number").iter().map(|f| fact(f, "row")).collect();
    assert_eq!(without, ["城市低保标准", "农村低保标准", "困难残疾人生活补贴", "重度残疾人护理补贴"]);
    let either = of(&report, "percentage_ambiguous");
    assert_eq!(["printed", "heads", "months"].map(|name| fact(either[0], name)), ["70%", "70.0%", "69.8%"]);
    let months = of(&report, "months_exceed_heads");
    assert_eq!((fact(months[0], "months"), fact(months[0], "most")), ("1005", "756"));
    assert_eq!(report.findings.len(), 7, "{:?}", report.findings);
    assert!(report.findings.iter().all(|finding| finding.severity == Severity::Warning));
}

#[test]
fn without_a_period_person_months_are_not_held_against_time() {
    assert!(of(&check(DISTRICT, None), "months_exceed_heads").is_empty());
}

#[test]
fn altered_tables_are_found_by_computation() {
    let report = check(&PROVINCE.replace("150,143,95.33%", "150,142,95.33%"), None);
    let cells: Vec<&str> = report.findings.iter().map(|f| f.field.as_str()).collect();
    assert_eq!(cells, ["rows[0].columns[4]", "rows[14].columns[3]", "rows[14].columns[5]"]);
    let report = check(&DISTRICT.replace("180×8=1440", "180×8=1400"), None);
    assert_eq!(of(&report, "product_differs").len(), 1);
}

#[test]
fn rounding_up_to_full_is_named_and_cells_are_read_as_people_write_them() {
    let report = check(
        "项目,单位,计划,完成,完成率\n公路,公里,3000公里,2999公里,100%\n电网,万元,１０,—,\n水源,个,4,两个,50%\n",
        None,
    );
    assert_eq!(fact(of(&report, "rounded_to_full")[0], "computed"), "99.9%");
    assert_eq!(of(&report, "cell_not_a_number").len(), 1);
    assert_eq!(report.rankings[0].places.len(), 1);
    let nothing = check("甲,乙\n1,2\n", None);
    assert_eq!(nothing.findings[0].code, "columns_not_understood");
}

#[test]
fn a_percentage_without_a_sign_may_be_a_share_of_one() {
    let report = check("乡镇,目标,完成,占比\n甲乡,70,35,0.5\n乙乡,70,35,50\n丙乡,70,35,0.6\n", None);
    assert_eq!(of(&report, "percentage_differs").iter().map(|f| fact(f, "row")).collect::<Vec<_>>(), ["丙乡"]);
}

#[test]
fn titles_and_two_header_rows_are_understood() {
    let sheet = "全省老旧小区改造进度表,,,,\n序号,市州,改造小区,,\n,,计划数,完成数,完成率\n1,甲市,10,5,50%\n2,乙市,10,4,50%\n,合计,20,8,45%\n";
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(sheet.as_bytes());
    let rows: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let report = check_sheet(&rows, None);
    assert_eq!(report.header_rows, 3);
    assert_eq!(report.header[2..], ["改造小区计划数", "改造小区完成数", "改造小区完成率"]);
    let found: Vec<(&str, &str)> = report.findings.iter().map(|f| (f.code, f.field.as_str())).collect();
    let wanted = [
        ("percentage_differs", "rows[1].columns[4]"),
        ("percentage_differs", "rows[2].columns[4]"),
        ("sum_differs_from_total", "rows[2].columns[3]"),
    ];
    assert_eq!(found, wanted);
}
