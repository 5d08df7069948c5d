//! Scores and standings (field rules §4): a scheme is data with a version, a score is the exact sum of its rounded lines, and
//! ranks follow from facts and scheme alone. `rollup` holds the columns that a province's figures are added up in.

pub mod facts;
mod place;
pub mod plain;
pub mod presets;
pub mod rollup;
mod sample;
pub mod scheme;
mod standing;
#[cfg(test)]
mod tests;

pub use facts::{IndicatorFacts, PastPlace, ReportFacts, Timeliness, UnitFacts};
pub(crate) use place::{Entry, rank};
pub use place::{Place, Ranking, competition_ranks};
pub use plain::{PlainComponent, PlainScheme};
pub use scheme::Scheme;
pub use standing::{BY_SCORE, GroupStanding, Line, Row, Standing, Unscored, standing};
