//! What one place names and another must hold: measures of table columns, parts, units; and parts that go round in a circle.

use super::{Context, indicators, measures};
use crate::finding::Finding;
use crate::programme::{Indicator, Programme};
use std::collections::BTreeSet;

pub(super) fn check(programme: &Programme, context: &Context<'_>) -> Vec<Finding> {
    let mut findings = columns(programme);
    for at in measures(programme) {
        for (index, part) in at.measure.parts.iter().enumerate() {
            let field = format!("{}.parts[{index}]", at.path);
            if !at.indicator.measures.iter().any(|m| m.code == *part) {
                let zh = format!("{}的分项“{part}”不在指标{}内", at.measure.code, at.indicator.code);
                let en = format!("part {part:?} is no measure of indicator {}", at.indicator.code);
                findings.push(Finding::error("unknown_part", field, zh, en).fact("part", part));
            } else if at.measure.parts[..index].contains(part) {
                let zh = format!("{}的分项“{part}”重复", at.measure.code);
                findings.push(
                    Finding::error("duplicate_part", field, zh, format!("part {part:?} is named twice"))
                        .fact("part", part),
                );
            }
        }
        if let Some(circle) = circle(at.indicator, &at.measure.code) {
            findings.push(
                Finding::error(
                    "parts_cycle",
                    format!("{}.parts", at.path),
                    format!("分项循环引用：{}", circle.join(" → ")),
                    format!("the parts go round in a circle: {}", circle.join(" -> ")),
                )
                .fact("circle", circle.join(" → ")),
            );
        }
    }
    findings.extend(units(programme, context));
    findings
}

fn columns(programme: &Programme) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, column) in programme.allocation_table.columns.iter().enumerate() {
        let field = format!("allocation_table.columns[{index}].measure");
        if programme.measure(&column.measure).is_none() {
            let zh = format!("任务分解表“{}”一列所指计量项“{}”不存在", column.heading, column.measure);
            let en = format!("there is no measure {:?}", column.measure);
            findings.push(Finding::error("unknown_measure", field, zh, en).fact("measure", &column.measure));
        } else if !seen.insert(column.measure.as_str()) {
            let zh = format!("计量项“{}”在任务分解表中出现两列", column.measure);
            let en = format!("measure {:?} has two columns", column.measure);
            findings.push(Finding::error("duplicate_column", field, zh, en).fact("measure", &column.measure));
        }
    }
    findings
}

/// The way from a measure through parts back to itself, if there is one.
fn circle(indicator: &Indicator, start: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        let measure = indicator.measures.iter().find(|m| Some(&m.code) == way.last())?;
        for part in measure.parts.iter().filter(|part| indicator.measures.iter().any(|m| m.code == **part)) {
            let mut next = way.clone();
            next.push(part.clone());
            if part == start {
                return Some(next);
            }
            if seen.insert(part.clone()) {
                ways.push(next);
            }
        }
    }
    None
}

fn units(programme: &Programme, context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in indicators(programme) {
        let indicator = at.indicator;
        let named = [
            ("lead_unit", "牵头单位", &indicator.lead_unit, &indicator.lead_unit_name),
            ("certifier", "认定单位", &indicator.certifier, &indicator.certifier_name),
        ];
        for (field, label, id, name) in named {
            let field = format!("{}.{field}", at.path);
            if id.is_empty() {
                let zh = format!("指标{}没有{label}", indicator.code);
                findings.push(Finding::error(
                    "unit_missing",
                    field,
                    zh,
                    format!("indicator {} has none", indicator.code),
                ));
            } else if context.units.is_some_and(|units| !units.contains(id)) {
                let zh = format!("指标{}的{label}“{name}”（{id}）不在单位名录中", indicator.code);
                findings.push(
                    Finding::error("unknown_unit", field, zh, format!("there is no unit {id:?}")).fact("unit", id),
                );
            }
        }
        for (index, unit) in indicator.participating_units.iter().enumerate() {
            if !unit.id.is_empty() && context.units.is_some_and(|units| !units.contains(&unit.id)) {
                let zh = format!("指标{}的参与单位“{}”（{}）不在单位名录中", indicator.code, unit.name, unit.id);
                let field = format!("{}.participating_units[{index}]", at.path);
                let en = format!("there is no unit {:?}", unit.id);
                findings.push(Finding::error("unknown_unit", field, zh, en).fact("unit", &unit.id));
            }
        }
    }
    findings
}
