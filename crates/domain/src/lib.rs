//! The field's rules as pure functions: codes, periods, quantities, targets, completion, schedules, checks, scores.
//! No I/O, no async, no clock, no floats; everything is total and exact.

pub mod calendar;
pub mod check;
pub mod division;
pub mod finding;
pub mod indicator;
pub mod light;
pub mod measure;
pub mod period;
pub mod programme;
pub mod quantity;
pub mod ratio;
pub mod schedule;
pub mod score;
pub mod table;
pub mod target;
pub mod value;
pub mod wording;
