//! The document as a whole: year, division, reporting rules, and the allocation table's width.

use super::Context;
use super::told::Told;
use crate::division::DivisionCode;
use crate::finding::Finding;
use crate::programme::Programme;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if programme.division.parse::<DivisionCode>().is_err() {
        findings.push(
            Finding::error(
                "division_invalid",
                "division",
                format!("“{}”不是区划代码", programme.division),
                format!("{:?} is no division code", programme.division),
            )
            .fact("division", &programme.division),
        );
    }
    if !(2000..=2099).contains(&programme.year) {
        findings.push(
            Finding::error("year_invalid", "year", "年度应在2000至2099之间", "the year must lie within 2000 to 2099")
                .fact("year", programme.year),
        );
    }
    if programme.projects.is_empty() {
        findings.push(Finding::error("projects_missing", "projects", "没有任何项目", "there is no project"));
    }
    findings.extend(rules(programme));
    findings.extend(table(programme));
    findings
}

fn rules(programme: &Programme) -> Vec<Finding> {
    let rules = &programme.reporting_rules;
    let mut findings = Vec::new();
    if !(1..=28).contains(&rules.due_day) {
        findings.push(Finding::error(
            "due_day_invalid",
            "reporting_rules.due_day",
            "报送截止日应为1至28日",
            "the due day must lie within 1 to 28",
        ));
    }
    if rules.cut_off_day > 28 {
        findings.push(Finding::error(
            "cut_off_day_invalid",
            "reporting_rules.cut_off_day",
            "数据截止日应为1至28日",
            "the cut-off day must lie within 1 to 28",
        ));
    } else if rules.cut_off_day > rules.due_day && rules.due_day > 0 {
        findings.push(
            Finding::error(
                "cut_off_after_deadline",
                "reporting_rules.cut_off_day",
                format!("数据截止日（{}日）晚于报送截止日（{}日）", rules.cut_off_day, rules.due_day),
                "the cut-off lies after the deadline",
            )
            .fact("cut_off_day", rules.cut_off_day)
            .fact("due_day", rules.due_day),
        );
    }
    if rules.first_month > 12 {
        findings.push(Finding::error(
            "first_month_invalid",
            "reporting_rules.first_month",
            "首个报送月份应为1至12月",
            "the first month must lie within 1 to 12",
        ));
    }
    findings
}

fn table(programme: &Programme) -> Vec<Finding> {
    let table = &programme.allocation_table;
    let width = table.columns.len();
    let mut told = Told::default();
    for (index, row) in table.rows.iter().enumerate().filter(|(_, row)| row.cells.len() != width) {
        told.push("row_width", || {
            let field = format!("allocation_table.rows[{index}].cells");
            let zh = format!("“{}”一行有{}格，应有{width}格", row.name, row.cells.len());
            let en = format!("the row has {} cells where the table has {width} columns", row.cells.len());
            Finding::error("row_width", field, zh, en).fact("row", &row.name)
        });
    }
    let mut findings = told.finish();
    if table.printed_totals.len() != width {
        findings.push(Finding::error(
            "totals_missing",
            "allocation_table.printed_totals",
            format!("合计行有{}格，应有{width}格（未印合计的留空）", table.printed_totals.len()),
            format!("the total row has {} entries where the table has {width} columns", table.printed_totals.len()),
        ));
    }
    findings
}
