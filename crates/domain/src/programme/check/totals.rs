//! Columns of the allocation table: what the rows add up to, the printed total, and the measure's target.

use std::cmp::Ordering;

use super::Context;
use crate::finding::Finding;
use crate::programme::{Measure, Programme, TargetKind};
use crate::quantity::Quantity;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let table = &programme.allocation_table;
    let mut findings = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        let heading = &column.heading;
        let Some(sum) = table.column_sum(index) else {
            let zh = format!("“{heading}”一列之和超出可表示范围");
            let field = format!("allocation_table.columns[{index}]");
            findings.push(Finding::error("sum_too_large", field, zh, "the column's sum is too large for a quantity"));
            continue;
        };
        let filled = table.filled(index).count();
        let decimals = table.filled(index).map(|q| q.decimals_used()).max().unwrap_or(0);
        let shown = sum.display_with(decimals);
        let measure = programme.measure(&column.measure);
        let target = measure.and_then(|measure| measure.target);
        let printed = table.printed_totals.get(index).copied().flatten();
        let field = format!("allocation_table.printed_totals[{index}]");
        match printed {
            None => findings.push(
                Finding::warning(
                    "total_not_printed",
                    field,
                    format!("“{heading}”一列未印合计，{filled}行相加为{shown}"),
                    format!("no total is printed; {filled} rows add up to {shown}"),
                )
                .fact("computed", &shown),
            ),
            Some(total) if total != sum => findings.push(
                Finding::warning(
                    "sum_differs_from_total",
                    field,
                    format!("“{heading}”一列所印合计{total}，{filled}行相加为{shown}"),
                    format!("the printed total is {total}, {filled} rows add up to {shown}"),
                )
                .fact("printed", total)
                .fact("computed", &shown)
                .fact("measure", &column.measure),
            ),
            Some(_) => {}
        }
        if let (Some(measure), Some(target)) = (measure.filter(|measure| measure.adds_up()), target) {
            findings.extend(shares(measure, target, sum, &shown, &format!("allocation_table.columns[{index}]")));
        }
        if let (Some(target), Some(total)) = (target, printed)
            && target != total
        {
            findings.push(
                Finding::warning(
                    "total_differs_from_target",
                    format!("allocation_table.printed_totals[{index}]"),
                    format!("“{heading}”所印合计{total}与目标{target}不符"),
                    format!("the printed total is {total}, the target is {target}"),
                )
                .fact("printed", total)
                .fact("target", target)
                .fact("measure", &column.measure),
            );
        }
    }
    findings
}

/// The shares against the whole: what is divided beyond it is shown, what is missing must be explained; of what must stay
/// below a target the other way round.
fn shares(measure: &Measure, target: Quantity, sum: Quantity, shown: &str, field: &str) -> Option<Finding> {
    let Measure { code, title, unit, .. } = measure;
    let by = sum.max(target).checked_sub(sum.min(target)).map_or_else(String::new, |by| by.to_string());
    let capped = measure.kind == TargetKind::AtMost;
    let (name, finding) = match sum.cmp(&target) {
        Ordering::Equal => return None,
        Ordering::Greater => {
            let zh = format!("“{title}”分解到各地之和{shown}{unit}，目标{target}{unit}，多出{by}{unit}（层层加码）");
            let en = format!("the shares add up to {shown}, {by} beyond the target {target}");
            let say = if capped { Finding::warning } else { Finding::note };
            ("excess", say("shares_exceed_target", field, zh.as_str(), en.as_str()))
        }
        Ordering::Less => {
            let zh = format!("“{title}”分解到各地之和{shown}{unit}，目标{target}{unit}，尚有{by}{unit}没有分解");
            let en = format!("the shares add up to {shown}, {by} short of the target {target}");
            let say = if capped { Finding::note } else { Finding::warning };
            ("lacking", say("shares_below_target", field, zh.as_str(), en.as_str()))
        }
    };
    Some(finding.fact(name, by).fact("target", target).fact("computed", shown).fact("measure", code))
}
