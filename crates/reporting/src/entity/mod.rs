//! The tables, one entity a file.

pub(crate) mod article;
pub(crate) mod division;
pub(crate) mod evidence;
pub(crate) mod filer;
pub(crate) mod item_list;
pub(crate) mod item_object;
pub(crate) mod period;
pub(crate) mod report;

pub mod outbox;
pub mod parent_programme;
pub mod tier_alarm;
pub mod tier_entry;
pub mod tier_figure;
pub mod tier_key;
pub mod tier_quarantine;
pub mod tier_set;
