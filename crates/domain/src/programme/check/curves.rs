//! Kinds whose schedule does not run evenly need an approved curve; without one there is no light (field rules §2).

use super::{Context, codes, measures};
use crate::finding::Finding;
use crate::programme::{Programme, measure_spec};
use crate::target::Timing;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let without = measures(programme).filter(|at| {
        measure_spec(programme.year, at.indicator, at.measure).is_ok_and(|spec| {
            spec.curve.is_none() && spec.is_due_in(programme.year) && spec.kind.rule().timing() == Timing::CurveOnly
        })
    });
    let Some((count, codes)) = codes(without.map(|at| &at.measure.code)) else {
        return Vec::new();
    };
    let finding = Finding::note(
        "curve_missing",
        "projects",
        format!("{count}个计量项没有批准的计划曲线，暂不亮灯：{codes}"),
        format!("{count} measures have no approved curve: no light until there is one"),
    );
    vec![finding.fact("measures", codes)]
}
