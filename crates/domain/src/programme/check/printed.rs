//! Targets as printed, and figures in titles, against the numbers that stand for them: another figure, or no unit of measure.

use super::{Context, indicators, measures};
use crate::finding::Finding;
use crate::programme::Programme;
use crate::quantity::Quantity;
use crate::table::cell;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in measures(programme).filter(|at| !at.measure.printed.is_empty()) {
        let measure = at.measure;
        let printed = &measure.printed;
        let field = format!("{}.printed", at.path);
        let Some(read) = cell::number(printed) else {
            let zh = format!("{}所印“{printed}”中没有数字", measure.code);
            findings.push(Finding::warning("printed_without_number", field, zh, "what was printed holds no number"));
            continue;
        };
        let coarse = measure.unit.starts_with(['万', '亿']);
        let value = if coarse { read.printed_value } else { read.value };
        if let Some(target) = measure.target.filter(|target| Some(*target) != value) {
            findings.push(
                Finding::warning(
                    "printed_target_differs",
                    field.clone(),
                    format!("{}所印“{printed}”，录入目标为{target}{}", measure.code, measure.unit),
                    format!("printed as {printed:?}, taken in as {target}"),
                )
                .fact("printed", printed)
                .fact("target", target),
            );
        }
        if read.rest.is_empty() {
            findings.push(
                Finding::warning(
                    "printed_without_unit",
                    field,
                    format!("{}所印“{printed}”没有计量单位，录入为“{}”", measure.code, measure.unit),
                    format!("printed without a unit as {printed:?}, taken in as {:?}", measure.unit),
                )
                .fact("printed", printed)
                .fact("unit", &measure.unit),
            );
        }
    }
    findings.extend(titles(programme));
    findings
}

/// A figure with its unit in an indicator's title is the target of one of its measures in that unit.
fn titles(programme: &Programme) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in indicators(programme) {
        for number in cell::numbers(&at.indicator.title) {
            let rest = if number.percent { format!("%{}", number.rest) } else { number.rest.clone() };
            let units = at.indicator.measures.iter().map(|m| m.unit.as_str()).filter(|unit| rest.starts_with(unit));
            let Some(unit) = units.max_by_key(|unit| unit.len()) else {
                continue;
            };
            let targets: Vec<Quantity> =
                at.indicator.measures.iter().filter(|m| m.unit == unit).filter_map(|m| m.target).collect();
            let Some(stated) = number.value.filter(|stated| !targets.is_empty() && !targets.contains(stated)) else {
                continue;
            };
            let targets = targets.iter().map(Quantity::to_string).collect::<Vec<_>>().join("、");
            findings.push(
                Finding::warning(
                    "title_figure_differs",
                    format!("{}.title", at.path),
                    format!("指标{}标题称{stated}{unit}，计量项目标为{targets}", at.indicator.code),
                    format!("the title says {stated} {unit}, the target is {targets}"),
                )
                .fact("title", stated)
                .fact("target", targets),
            );
        }
    }
    findings
}
