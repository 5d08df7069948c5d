//! The tables, one a file.

pub(crate) mod calendar;
pub(crate) mod division;
pub(crate) mod finding_decision;
pub(crate) mod mandate;
pub(crate) mod mandate_alarm;
pub(crate) mod mandate_entry;
pub(crate) mod mandate_feed;
pub(crate) mod mandate_given;
pub(crate) mod mandate_head;
pub(crate) mod programme;
pub(crate) mod programme_version;
pub(crate) mod unit;
