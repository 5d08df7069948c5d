//! What a programme counts up to: projects, indicators, measures, and what its allocation table holds (field rules §5).

use super::document::{Indicator, Programme, ProjectKind, TargetKind};
use crate::quantity::Quantity;

/// The counts, as the contract's message holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Indicators of each key project, in order.
    pub key_indicators: Vec<u32>,
    /// Indicators of each monitored project, in order.
    pub monitored_indicators: Vec<u32>,
    /// Measures listed in key projects.
    pub key_measures: u32,
    /// Measures listed in monitored projects.
    pub monitored_measures: u32,
    /// Measures in key projects, wholes of parts and stages of one thing not counted apart.
    pub key_atomic: u32,
    /// The same in monitored projects.
    pub monitored_atomic: u32,
    /// What each column of the allocation table holds.
    pub columns: Vec<ColumnFill>,
    /// Cells filled in all.
    pub filled: u32,
    /// Cells in all.
    pub cells: u32,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnFill {
    /// Code of its measure.
    pub measure: String,
    /// Cells filled; the others are blank, which is not zero.
    pub filled: u32,
    /// What they add up to; none when that leaves the range of a quantity.
    pub sum: Option<Quantity>,
    /// The printed total.
    pub printed_total: Option<Quantity>,
}

/// Counts a programme.
pub fn summarise(programme: &Programme) -> Summary {
    let mut summary = Summary::default();
    for project in &programme.projects {
        let indicators = count(project.indicators.len());
        let measures = project.indicators.iter().map(|i| count(i.measures.len())).sum::<u32>();
        let atomic = project.indicators.iter().map(atomic).sum::<u32>();
        match project.kind {
            ProjectKind::Key => {
                summary.key_indicators.push(indicators);
                summary.key_measures += measures;
                summary.key_atomic += atomic;
            }
            ProjectKind::Monitored => {
                summary.monitored_indicators.push(indicators);
                summary.monitored_measures += measures;
                summary.monitored_atomic += atomic;
            }
        }
    }
    let table = &programme.allocation_table;
    for (index, column) in table.columns.iter().enumerate() {
        let filled = count(table.filled(index).count());
        summary.filled += filled;
        summary.columns.push(ColumnFill {
            measure: column.measure.clone(),
            filled,
            sum: table.column_sum(index),
            printed_total: table.printed_totals.get(index).copied().flatten(),
        });
    }
    summary.cells = count(table.cell_count());
    summary
}

/// Measures of an indicator that stand for themselves: a whole of parts is its parts, and milestones on the same scale of
/// stages are stages of one thing.
pub fn atomic(indicator: &Indicator) -> u32 {
    let mut count = 0;
    for (index, measure) in indicator.measures.iter().enumerate() {
        let later_stage = measure.kind == TargetKind::Milestone
            && !measure.stages.is_empty()
            && indicator.measures[..index]
                .iter()
                .any(|earlier| earlier.kind == TargetKind::Milestone && earlier.stages == measure.stages);
        if measure.kind != TargetKind::Parts && !later_stage {
            count += 1;
        }
    }
    count
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
