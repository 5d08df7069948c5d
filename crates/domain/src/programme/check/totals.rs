//! Columns of the allocation table: what the rows add up to, the printed total, and the measure's target.

use super::Context;
use crate::finding::Finding;
use crate::programme::Programme;

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
        let target = programme.measure(&column.measure).and_then(|m| m.target);
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
        if let Some(target) = target.filter(|target| *target != sum) {
            findings.push(
                Finding::warning(
                    "sum_differs_from_target",
                    format!("allocation_table.columns[{index}]"),
                    format!("“{heading}”分解之和{shown}与目标{target}{}不符", column.unit),
                    format!("the shares add up to {shown}, the target is {target}"),
                )
                .fact("target", target)
                .fact("computed", &shown)
                .fact("measure", &column.measure),
            );
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
