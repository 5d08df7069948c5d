//! A year's programme as a document says it: plain structs, what they count, and the checks over them (field rules §1, §5).
//! Printed and computed figures live side by side: nothing here corrects what was printed.

pub mod allocation;
pub mod check;
pub mod document;
#[cfg(test)]
pub(crate) mod fixture;
pub mod spec;
pub mod summary;
pub mod tiers;

pub use allocation::{Allocation, AllocationColumn, AllocationRow};
pub use document::{
    CertificationFrequency, Claim, ClaimKind, ClaimStatement, CurvePoint, Indicator, Leader, Mandate, Measure,
    ParticipatingUnit, Programme, Project, ProjectKind, ReportingRules, Source, Stage, StatedCount, Statements,
    TargetKind,
};
pub use spec::measure_spec;
pub use summary::{ColumnFill, Summary, summarise};
pub use tiers::{Composed, code_at, compose, split_code, tier_of_unit, tier_unit};
