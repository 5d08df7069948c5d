//! The real document must give its known contradictions, and altered copies theirs (field rules §5).
#![allow(clippy::unwrap_used)]

use super::*;
use crate::programme::fixture::{anhua, divisions};
use crate::programme::{Mandate, Measure, StatedCount, summarise};
use crate::quantity::Quantity;

fn q(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn found(programme: &Programme) -> Vec<Finding> {
    let divisions = divisions();
    check(programme, &Context { divisions: &divisions, ..Context::default() })
}

fn of<'a>(findings: &'a [Finding], code: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|f| f.code == code).collect()
}

fn fact<'a>(finding: &'a Finding, name: &str) -> &'a str {
    finding.facts.iter().find(|(n, _)| *n == name).map(|(_, text)| text.as_str()).unwrap()
}

/// Changes one measure of the real programme and checks it.
fn altered(code: &str, change: impl Fn(&mut Measure)) -> Vec<Finding> {
    let mut programme = anhua();
    let measures = programme.projects.iter_mut().flat_map(|p| &mut p.indicators).flat_map(|i| &mut i.measures);
    measures.filter(|m| m.code == code).for_each(change);
    found(&programme)
}

#[test]
fn the_programme_counts_up_to_what_its_readers_counted() {
    let summary = summarise(&anhua());
    assert_eq!(summary.key_indicators, [1, 3, 2, 2, 1, 1, 3, 2, 2, 5]);
    assert_eq!(summary.monitored_indicators, [3, 1]);
    assert_eq!((summary.key_measures, summary.monitored_measures), (35, 4));
    assert_eq!((summary.key_atomic, summary.monitored_atomic), (33, 4));
    assert_eq!(summary.columns.iter().map(|c| c.filled).collect::<Vec<_>>(), [24, 24, 7, 22, 7, 13, 18]);
    assert_eq!((summary.filled, summary.cells), (115, 168));
    let sums: Vec<String> = summary.columns.iter().map(|c| c.sum.unwrap().to_string()).collect();
    assert_eq!(sums, ["5000", "20402", "656", "81", "300", "71", "50"]);
}

#[test]
fn the_real_document_is_taken_in_with_its_contradictions() {
    let findings = found(&anhua());
    assert!(!refuses(&findings), "{:?}", findings.iter().find(|f| f.severity == Severity::Error));
    let totals = of(&findings, "sum_differs_from_total");
    assert_eq!(totals.len(), 1);
    assert_eq!((fact(totals[0], "printed"), fact(totals[0], "computed")), ("20400", "20402"));
    assert_eq!(totals[0].field, "allocation_table.printed_totals[1]");
    assert_eq!(totals[0].zh, "“‘两癌’免费检查”一列所印合计20400，24行相加为20402");
    let exceeded = of(&findings, "shares_exceed_target");
    assert_eq!((exceeded.len(), exceeded[0].severity, fact(exceeded[0], "excess")), (1, Severity::Note, "2"));
    assert!(of(&findings, "shares_below_target").is_empty());
    assert!(of(&findings, "total_differs_from_target").is_empty());
    assert!(of(&findings, "stated_count_differs").is_empty());

    let rows = of(&findings, "row_count_differs");
    assert_eq!((fact(rows[0], "rows"), fact(rows[0], "divisions"), fact(rows[0], "areas")), ("24", "23", "县城南区"));
    assert_eq!(of(&findings, "row_is_no_division").len(), 1);
    assert!(of(&findings, "coverage_base_differs").is_empty(), "23 townships and 433 villages agree");
    assert_eq!(fact(of(&findings, "blanks_in_table")[0], "by_column"), "24,24,7,22,7,13,18");

    let wordings = of(&findings, "wording_differs");
    assert!(wordings.iter().any(|f| f.field == "allocation_table.columns[5].heading"));
    let about: Vec<&str> =
        wordings.iter().filter(|f| f.field.starts_with("claims")).map(|f| fact(f, "about")).collect();
    assert_eq!(about, ["1", "4.1", "4.2", "10.3", "10.4"]);
    assert_eq!(of(&findings, "readings_differ").len(), 1);
    assert_eq!(of(&findings, "figures_differ").len(), 1);
    assert_eq!(of(&findings, "task_in_text_only").len(), 7);
    assert_eq!(fact(of(&findings, "whole_not_divided")[0], "measure"), "8.1-2");

    let leaders: Vec<&str> = of(&findings, "leader_unknown").iter().map(|f| fact(f, "indicator")).collect();
    assert_eq!(leaders, ["1.1", "4.1", "4.2", "5.1"]);
    assert_eq!(of(&findings, "target_pending").len(), 3);
    assert_eq!(of(&findings, "due_after_year").len(), 1);
    assert_eq!(of(&findings, "printed_without_unit").len(), 1);
    assert!(of(&findings, "printed_target_differs").is_empty() && of(&findings, "title_figure_differs").is_empty());
    for code in ["counted_missing", "statements_missing", "certifier_inferred", "curve_missing", "due_missing"] {
        assert_eq!(of(&findings, code).len(), 1, "{code}");
    }
}

#[test]
fn altered_figures_are_found_by_computation() {
    assert_eq!(
        fact(of(&altered("3.2-2", |m| m.target = Some(q("2301"))), "whole_differs_from_parts")[0], "computed"),
        "2976"
    );
    assert_eq!(
        fact(of(&altered("8.1-2", |m| m.target = Some(q("640"))), "person_months_differ")[0], "computed"),
        "648"
    );
    assert_eq!(fact(of(&altered("5.1-3", |m| m.target = Some(q("24"))), "coverage_base_differs")[0], "known"), "23");
    assert_eq!(fact(of(&altered("5.1-4", |m| m.target = Some(q("430"))), "coverage_base_differs")[0], "known"), "433");
    let findings = altered("6.1-1", |m| m.target = Some(q("700")));
    assert_eq!(fact(of(&findings, "shares_below_target")[0], "lacking"), "44");
    assert_eq!(of(&findings, "shares_exceed_target").len(), 1, "the cancer screening's, as ever");
    assert_eq!(of(&findings, "total_differs_from_target").len(), 1);
    assert_eq!(of(&findings, "title_figure_differs").len(), 1);
    assert_eq!(of(&altered("2.3-1", |m| m.target = Some(q("340000"))), "printed_target_differs").len(), 1);
    assert_eq!(of(&altered("10.4-1", |m| m.unit = "立方米".into()), "column_unit_differs").len(), 1);
}

#[test]
fn cells_finer_than_the_measure_are_found() {
    let findings = altered("10.4-1", |m| m.decimals = 1);
    assert_eq!(of(&findings, "cell_decimals").len(), 1);
}

#[test]
fn altered_tables_are_found_by_computation() {
    let mut programme = anhua();
    programme.stated_counts[0] = StatedCount { indicators: 23, ..programme.stated_counts[0] };
    let table = &mut programme.allocation_table;
    table.rows[0].cells[1] = Some(q("555"));
    table.rows[1].cells[0] = None;
    table.rows.remove(22);
    let findings = found(&programme);
    assert_eq!(of(&findings, "stated_count_differs").len(), 1);
    assert_eq!(
        of(&findings, "sum_differs_from_total").iter().map(|f| fact(f, "computed")).collect::<Vec<_>>(),
        ["4620", "19930", "80", "243"]
    );
    assert_eq!(fact(of(&findings, "division_without_row")[0], "name"), "平口镇");
    assert_eq!(
        of(&findings, "row_count_differs").len(),
        0,
        "23 rows, though one is no township and one township is missing"
    );
}

#[test]
fn names_and_codes_of_rows_are_compared_with_the_territory() {
    let mut programme = anhua();
    let rows = &mut programme.allocation_table.rows;
    rows[0].name = "高明镇".into();
    rows[1].division = "430922101".into();
    rows[2].division = rows[3].division.clone();
    rows[23].division = String::new();
    let findings = found(&programme);
    assert_eq!(fact(of(&findings, "division_name_differs")[0], "known"), "高明乡");
    assert_eq!(of(&findings, "unknown_division").len(), 1);
    assert_eq!(of(&findings, "duplicate_row").len(), 1);
    assert_eq!(of(&findings, "row_is_no_division").len(), 1, "a name without a code that no township bears");
}

#[test]
fn what_no_programme_can_hold_is_refused() {
    type Change = fn(&mut Programme);
    let cases: &[(&str, Change)] = &[
        ("duplicate_code", |p| p.projects[2].indicators[1].code = "3.1".into()),
        ("duplicate_code", |p| p.projects[2].indicators[1].measures[2].code = "3.2-2".into()),
        ("code_form", |p| p.projects[0].indicators[0].code = "2.9".into()),
        ("duplicate_project", |p| p.projects[1].number = 1),
        ("parts_cycle", |p| p.projects[2].indicators[1].measures[1].parts = vec!["3.2-1".into()]),
        ("parts_cycle", |p| p.projects[2].indicators[1].measures[1].parts = vec!["3.2-2".into()]),
        ("unknown_part", |p| p.projects[2].indicators[1].measures[0].parts = vec!["9.1-1".into()]),
        ("parts_missing", |p| p.projects[2].indicators[1].measures[0].parts.clear()),
        ("target_missing", |p| p.projects[2].indicators[1].measures[0].target = None),
        ("target_not_positive", |p| p.projects[2].indicators[0].measures[0].target = Some(q("-5000"))),
        ("target_decimals", |p| p.projects[2].indicators[0].measures[0].target = Some(q("5000.5"))),
        ("target_not_expected", |p| p.projects[10].indicators[0].measures[0].target = Some(q("1"))),
        ("rate_above_100", |p| p.projects[11].indicators[0].measures[0].target = Some(q("101"))),
        ("unknown_measure", |p| p.allocation_table.columns[0].measure = "3.9-1".into()),
        ("duplicate_column", |p| p.allocation_table.columns[0].measure = "4.2-1".into()),
        ("row_width", |p| p.allocation_table.rows[0].cells.truncate(3)),
        ("totals_missing", |p| p.allocation_table.printed_totals.clear()),
        ("negative_cell", |p| p.allocation_table.rows[0].cells[0] = Some(q("-1"))),
        ("unit_missing", |p| p.projects[0].indicators[0].lead_unit.clear()),
        ("unit_invalid", |p| p.projects[2].indicators[0].measures[0].unit.clear()),
        ("unknown_stage", |p| p.projects[0].indicators[0].measures[0].required_stage = "封顶".into()),
        ("due_day_invalid", |p| p.reporting_rules.due_day = 31),
        ("cut_off_after_deadline", |p| p.reporting_rules.cut_off_day = 25),
        ("division_invalid", |p| p.division = "安化".into()),
        ("year_invalid", |p| p.year = 23),
    ];
    for (code, change) in cases {
        let mut programme = anhua();
        change(&mut programme);
        let findings = found(&programme);
        assert!(of(&findings, code).iter().any(|f| f.severity == Severity::Error && !f.field.is_empty()), "{code}");
    }
}

#[test]
fn units_are_compared_with_the_register_where_there_is_one() {
    let programme = anhua();
    let mut units: Vec<String> =
        programme.indicators().flat_map(|(_, i)| [i.lead_unit.clone(), i.certifier.clone()]).collect();
    units.push("swj".into());
    let errors = |units: &[String]| {
        of(&check(&programme, &Context { units: Some(units), ..Context::default() }), "unknown_unit").len()
    };
    assert_eq!(errors(&units), 0);
    units.retain(|unit| unit != "xzspj" && unit != "swj");
    assert_eq!(errors(&units), 6, "three indicators led, three taken part in");
}

#[test]
fn a_mandate_that_asks_for_more_is_shown() {
    let mut programme = anhua();
    let mandate = |target: &str, unit: &str| Mandate {
        measure: format!("programmes/430900-2023/indicators/3.1/measures/3.1-{target}"),
        target: q(target),
        unit: unit.into(),
        document_number: "益办发电〔2023〕22号".into(),
        own_measure: "3.1-1".into(),
    };
    programme.projects[2].indicators[0].mandates =
        vec![mandate("5000", "人"), mandate("5200", "人"), mandate("1", "万人")];
    let findings = found(&programme);
    assert_eq!(fact(of(&findings, "mandate_less_than_asked")[0], "asked"), "5200");
    assert_eq!(of(&findings, "mandate_unit_differs").len(), 1);
}

#[test]
fn agreeing_claims_and_tasks_that_stand_in_the_table_are_notes() {
    let mut programme = anhua();
    programme.claims[0].statements[1].says = "启动 县域普通高中。".into();
    programme.claims[7].statements[0].says = "农村新增基站".into();
    let findings = found(&programme);
    assert_eq!(of(&findings, "claim_agrees").len(), 2);
    assert_eq!(of(&findings, "task_in_text_only").len(), 6);
}
