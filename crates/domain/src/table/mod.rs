//! Foreign progress tables (field rules §5): understanding the columns of a table that somebody else printed, checking its
//! percentages and totals by computation, and ranking it. Input is the text of cells; nothing printed is corrected.

pub mod cell;
mod columns;
mod rank;
mod remark;
mod report;
#[cfg(test)]
mod tests;

pub use columns::{ColumnRole, Progress};
pub use report::{TableReport, TableRow, check_sheet, check_table};
