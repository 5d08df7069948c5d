//! Blanks of the allocation table: counted and reported, never read as zero.

use super::Context;
use crate::finding::Finding;
use crate::programme::{Programme, summarise};

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let summary = summarise(programme);
    let table = &programme.allocation_table;
    if summary.filled == summary.cells {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, (fill, column)) in summary.columns.iter().zip(&table.columns).enumerate() {
        let rows = table.rows.len();
        if (fill.filled as usize) < rows {
            let (filled, blank) = (fill.filled, rows - fill.filled as usize);
            findings.push(
                Finding::note(
                    "blank_cells",
                    format!("allocation_table.columns[{index}]"),
                    format!("“{}”{rows}行中{filled}行有数，{blank}行空白（空白不等于零）", column.heading),
                    format!("{filled} of {rows} rows are filled, {blank} are blank, which is not zero"),
                )
                .fact("filled", filled)
                .fact("blank", blank)
                .fact("measure", &column.measure),
            );
        }
    }
    let by_column: Vec<String> = summary.columns.iter().map(|c| c.filled.to_string()).collect();
    findings.push(
        Finding::note(
            "blanks_in_table",
            "allocation_table",
            format!("任务分解表{}格中{}格有数，各列依次为{}", summary.cells, summary.filled, by_column.join("、")),
            format!("{} of {} cells are filled; by column {}", summary.filled, summary.cells, by_column.join(", ")),
        )
        .fact("filled", summary.filled)
        .fact("cells", summary.cells)
        .fact("by_column", by_column.join(",")),
    );
    findings
}
