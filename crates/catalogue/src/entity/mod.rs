//! The tables, one a file.

pub(crate) mod calendar;
pub(crate) mod division;
pub(crate) mod finding_decision;
pub(crate) mod programme;
pub(crate) mod programme_version;
pub(crate) mod unit;
