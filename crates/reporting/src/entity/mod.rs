//! The tables, one entity a file.

pub(crate) mod article;
pub(crate) mod calendar;
pub(crate) mod division;
pub(crate) mod evidence;
pub(crate) mod filer;
pub(crate) mod item_list;
pub(crate) mod item_object;
pub(crate) mod period;
pub(crate) mod programme_document;
pub(crate) mod programme_version;
pub(crate) mod report;
pub(crate) mod unit;
