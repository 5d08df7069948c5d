//! The tables, one entity a file.

pub mod account;
pub mod session;
