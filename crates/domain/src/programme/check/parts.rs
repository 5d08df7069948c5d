//! Wholes against their parts: a whole is what its parts add up to; person-months are heads times months each.

use super::{Context, measures};
use crate::finding::Finding;
use crate::programme::{Measure, Programme, TargetKind};
use crate::quantity::Quantity;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in measures(programme) {
        let whole = at.measure;
        let parts: Vec<&Measure> =
            whole.parts.iter().filter_map(|code| at.indicator.measures.iter().find(|m| m.code == *code)).collect();
        let field = format!("{}.target", at.path);
        match whole.kind {
            TargetKind::Parts => findings.extend(sum(whole, &parts, field)),
            TargetKind::PersonMonths => findings.extend(months(whole, &parts, field)),
            _ => {}
        }
    }
    findings
}

fn sum(whole: &Measure, parts: &[&Measure], field: String) -> Option<Finding> {
    let target = whole.target?;
    let targets: Vec<Quantity> = parts.iter().filter_map(|part| part.target).collect();
    if targets.len() != parts.len() || parts.is_empty() {
        return None;
    }
    let sum = Quantity::checked_sum(targets.iter().copied())?;
    let terms: Vec<String> = targets.iter().map(Quantity::to_string).collect();
    let units: Vec<&str> = parts.iter().filter(|p| p.unit != whole.unit).map(|p| p.unit.as_str()).collect();
    if !units.is_empty() {
        let zh = format!("{}单位为“{}”，其分项单位为“{}”", whole.code, whole.unit, units.join("、"));
        let finding = Finding::warning("part_unit_differs", field, zh, "a part has another unit than its whole");
        return Some(finding.fact("unit", &whole.unit));
    }
    (sum != target).then(|| {
        let terms = terms.join("+");
        Finding::warning(
            "whole_differs_from_parts",
            field,
            format!("{}目标{target}，分项之和为{terms}={sum}", whole.code),
            format!("the target is {target}, the parts add up to {terms} = {sum}"),
        )
        .fact("whole", target)
        .fact("computed", sum)
        .fact("parts", terms)
    })
}

fn months(whole: &Measure, parts: &[&Measure], field: String) -> Option<Finding> {
    let target = whole.target?;
    let Some(heads) = parts.first().and_then(|part| part.target) else {
        let zh = format!("{}没有给出人数，无从核对人月", whole.code);
        return Some(Finding::warning(
            "heads_missing",
            field,
            zh,
            "no part gives the heads, so months cannot be checked",
        ));
    };
    let computed = heads.checked_mul(i64::from(whole.months_each))?;
    (computed != target).then(|| {
        let each = whole.months_each;
        Finding::warning(
            "person_months_differ",
            field,
            format!("{}目标{target}{}，{heads}×{each}={computed}", whole.code, whole.unit),
            format!("the target is {target}, {heads} heads for {each} months are {computed}"),
        )
        .fact("printed", target)
        .fact("computed", computed)
        .fact("heads", heads)
        .fact("months_each", each)
    })
}
