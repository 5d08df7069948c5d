//! The tables, one entity a file.

pub mod case;
pub mod case_items;
pub mod item_list;
pub mod submission;
