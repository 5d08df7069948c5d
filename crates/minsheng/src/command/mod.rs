//! One file a group of commands: arguments, the calls they make, and how the answer is shown. No rule of the field is
//! decided here.

pub(crate) mod account;
pub(crate) mod article;
pub(crate) mod audit;
pub(crate) mod bulletin;
pub(crate) mod bundle;
pub(crate) mod calendar;
pub(crate) mod cases;
pub(crate) mod divisions;
pub(crate) mod duties;
pub(crate) mod error;
pub(crate) mod evidence;
pub(crate) mod filings;
pub(crate) mod items;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod mandates;
pub(crate) mod month;
pub(crate) mod openapi;
pub(crate) mod parent;
pub(crate) mod period;
pub(crate) mod programme;
pub(crate) mod rank;
pub(crate) mod read;
pub(crate) mod report;
pub(crate) mod scheme;
pub(crate) mod table;
pub(crate) mod tier;
pub(crate) mod trace;
pub(crate) mod units;
pub(crate) mod verify;

use minsheng_domain::period::{Period, PeriodKind};

/// A month in its one form, for clap.
pub(crate) fn month(text: &str) -> Result<String, String> {
    match text.parse::<Period>() {
        Ok(period) if period.kind() == PeriodKind::Month => Ok(text.to_owned()),
        _ => Err("月份写作 2023-06".to_owned()),
    }
}

/// `NAME=TEXT`, for clap.
pub(crate) fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("写作 名称=内容".to_owned()),
    }
}
