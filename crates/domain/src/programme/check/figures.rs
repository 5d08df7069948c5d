//! Each measure's own figures: what no reading of the document could make sense of is an error.

use super::told::Told;
use super::{Context, MeasureAt, measures};
use crate::finding::Finding;
use crate::programme::{Measure, Programme, TargetKind, measure_spec};
use crate::quantity::{MAX_DECIMALS, Quantity, UnitOfMeasure};

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    measures(programme).flat_map(|at| one(programme.year, &at)).chain(cells(programme)).collect()
}

/// Cells and totals of the table: never negative.
fn cells(programme: &Programme) -> Vec<Finding> {
    let table = &programme.allocation_table;
    let mut told = Told::default();
    let mut look = |cell: &Option<Quantity>, field: &dyn Fn() -> String, row: &str, column: usize| {
        if let Some(value) = cell.filter(|v| v.is_negative()) {
            told.push("negative_cell", || {
                let heading = table.columns.get(column).map_or("", |c| c.heading.as_str());
                let zh = format!("任务分解表“{row}”“{heading}”为负数{value}");
                Finding::error("negative_cell", field(), zh, "a share cannot be negative").fact("value", value)
            });
        }
    };
    for (r, row) in table.rows.iter().enumerate() {
        for (c, cell) in row.cells.iter().enumerate() {
            look(cell, &|| format!("allocation_table.rows[{r}].cells[{c}]"), &row.name, c);
        }
    }
    for (c, total) in table.printed_totals.iter().enumerate() {
        look(total, &|| format!("allocation_table.printed_totals[{c}]"), "合计", c);
    }
    told.finish()
}

fn one(year: i16, at: &MeasureAt<'_>) -> Vec<Finding> {
    let measure = at.measure;
    let code = &measure.code;
    let mut findings = Vec::new();
    let mut fault = |field: &str, rule: &'static str, zh: String, en: &str| {
        findings.push(
            Finding::error(rule, format!("{}.{field}", at.path), format!("{code}：{zh}"), en).fact("measure", code),
        );
    };
    if let Err(error) = measure.unit.parse::<UnitOfMeasure>() {
        fault("unit", "unit_invalid", error.zh().to_owned(), &error.to_string());
    }
    if measure.decimals > MAX_DECIMALS {
        fault("decimals", "decimals_invalid", "小数最多四位".to_owned(), "at most four decimals");
    }
    match (measure.kind, measure.target) {
        (TargetKind::Pending | TargetKind::NoTarget, Some(target)) => {
            let zh = format!("待下达或持续推进的计量项不应有目标值{target}");
            fault("target", "target_not_expected", zh, "a pending measure, or one without a target, has no target");
        }
        (TargetKind::Pending | TargetKind::NoTarget | TargetKind::Both, None) => {}
        (_, None) => fault("target", "target_missing", "缺少目标值".to_owned(), "the target is missing"),
        (_, Some(target)) if target <= Quantity::ZERO => {
            fault("target", "target_not_positive", format!("目标值{target}应大于零"), "the target must be above zero");
        }
        (_, Some(target)) => {
            if target.decimals_used() > measure.decimals {
                let zh = format!("目标值{target}的小数位多于规定的{}位", measure.decimals);
                fault("target", "target_decimals", zh, "the target has more decimals than the measure allows");
            }
            if measure.kind == TargetKind::Rate
                && measure.unit == "%"
                && Quantity::from_integer(100).is_some_and(|all| target > all)
            {
                fault("target", "rate_above_100", format!("目标比率{target}%超过100%"), "a rate cannot exceed 100%");
            }
        }
    }
    if measure.baseline.is_some_and(Quantity::is_negative) {
        fault("baseline", "baseline_negative", "基数为负".to_owned(), "the baseline is negative");
    }
    if measure.weight.is_some_and(|weight| weight <= Quantity::ZERO) {
        fault("weight", "weight_not_positive", "权重应大于零".to_owned(), "a weight must be above zero");
    }
    if let (Some(start), Some(due)) = (measure.start, measure.due)
        && start > due
    {
        fault(
            "start",
            "start_after_due",
            format!("开始日{start}晚于完成期限{due}"),
            "the start lies after the due date",
        );
    }
    structure(measure, &mut fault);
    if findings.is_empty()
        && let Err(finding) = measure_spec(year, at.indicator, measure)
    {
        let field = format!("{}.{}", at.path, finding.field);
        findings.push(Finding { field, zh: format!("{code}：{}", finding.zh), ..finding }.fact("measure", code));
    }
    findings
}

/// What the kind asks for beside its target: parts, months, stages.
fn structure(measure: &Measure, fault: &mut dyn FnMut(&str, &'static str, String, &str)) {
    if measure.kind == TargetKind::Parts && measure.parts.is_empty() {
        fault("parts", "parts_missing", "由分项构成的计量项没有分项".to_owned(), "a whole of parts names no parts");
    }
    if measure.kind == TargetKind::PersonMonths && measure.months_each == 0 {
        fault(
            "months_each",
            "months_missing",
            "人月计量项缺少人均月数".to_owned(),
            "months each head is owed are missing",
        );
    }
    let stages = &measure.stages;
    if !measure.required_stage.is_empty()
        && !stages.is_empty()
        && !stages.iter().any(|s| s.title == measure.required_stage)
    {
        let zh = format!("要求达到的阶段“{}”不在阶段定义中", measure.required_stage);
        fault("required_stage", "unknown_stage", zh, "the required stage is not among the stages");
    }
    let one = Quantity::from_scaled(10_000);
    let shares: Vec<Quantity> = stages.iter().filter_map(|stage| stage.share).collect();
    if shares.iter().any(|s| s.is_negative() || *s > one) || shares.windows(2).any(|w| w[0] > w[1]) {
        fault(
            "stages",
            "stage_shares",
            "各阶段的完成份额应在0与1之间且不递减".to_owned(),
            "shares of stages must rise within 0 to 1",
        );
    }
}
