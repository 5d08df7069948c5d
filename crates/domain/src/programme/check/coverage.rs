//! Coverages of all townships or all villages against the territory's own counts.

use super::{Context, measures};
use crate::division::Level;
use crate::finding::Finding;
use crate::programme::{Programme, TargetKind};
use crate::quantity::Quantity;
use crate::wording::plain;

/// Words by which a title names its base.
const BASES: &[(&[&str], Level, &str)] =
    &[(&["村社区", "行政村", "村居"], Level::Village, "村（社区）"), (&["乡镇"], Level::Township, "乡（镇）")];

pub(super) fn check(programme: &Programme, context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in measures(programme).filter(|at| at.measure.kind == TargetKind::Coverage) {
        let title = plain(&at.measure.title);
        let Some((_, level, label)) = BASES.iter().find(|(words, _, _)| words.iter().any(|word| title.contains(word)))
        else {
            continue;
        };
        let count = context.within(programme, *level).count();
        let (Some(target), Some(base)) =
            (at.measure.target, i64::try_from(count).ok().and_then(Quantity::from_integer))
        else {
            continue;
        };
        if count > 0 && target != base {
            findings.push(
                Finding::warning(
                    "coverage_base_differs",
                    format!("{}.target", at.path),
                    format!("{}要求覆盖{target}个，区划名录中有{label}{base}个", at.measure.code),
                    format!("the target is {target}, the territory has {base}"),
                )
                .fact("target", target)
                .fact("known", base),
            );
        }
    }
    findings
}
