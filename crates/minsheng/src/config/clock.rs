//! Whether the machine's clock can be right at all. How far it lies before a ledger's last entry is found with the database.

use jiff::Timestamp;
use minsheng_kit::clock::{Clock, SystemClock};

use crate::failure::Kind;
use crate::finding::{CLOCK, Finding, moment};

/// This program is younger than that.
const OLDEST: i64 = 1_767_225_600;

pub(super) fn examine() -> Option<Finding> {
    judge(SystemClock.now())
}

fn judge(now: Timestamp) -> Option<Finding> {
    if now.as_second() >= OLDEST {
        return None;
    }
    let message = format!("本机时钟是{}，早于本程序发布的时间。", moment(now));
    let advice = "与标准时间对时（NTP），再启动：期限、证书和登录都按本机时钟";
    Some(Finding::bad(Kind::State, CLOCK, "CLOCK_UNSET", message, advice))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_is_found() {
        let at = |text: &str| judge(text.parse().unwrap()).map(|finding| finding.code);
        assert_eq!(at("1970-01-01T00:05:00Z"), Some("CLOCK_UNSET"));
        assert_eq!(at("2026-01-01T00:00:00Z"), None);
    }
}
