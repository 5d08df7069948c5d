//! Databases: not reached, made by a newer version, to be brought up to date; and the clock against their ledgers.

use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::store::Looked;
use minsheng_tier::{Settled, TierOptions};

use super::words;
use crate::failure::Kind;
use crate::finding::{CLOCK, DATABASES, Finding, span};

/// A clock may lie behind the last entry by so many seconds: another copy's clock is never quite the same.
const SLACK: i64 = 60;

pub(super) async fn examine(settled: &[Settled]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for settled in settled {
        let found = match TierOptions::look(settled).await {
            Ok(Looked::Absent) => None,
            Ok(Looked::There { missing, last_time }) => clock(last_time).or_else(|| outdated(missing)),
            Err(error) => Some(words::database(&error)),
        };
        findings.extend(found.map(|finding| finding.fact("service", "服务", settled.service)));
    }
    findings
}

fn outdated(missing: usize) -> Option<Finding> {
    let message = format!("数据库还差{missing}步升级。");
    let advice = "启动时自动升级，也可先用 minsheng migrate 升级；升级前先备份";
    (missing > 0).then(|| Finding::note(DATABASES, "DATABASE_OUTDATED", message, advice))
}

fn clock(last_time: i64) -> Option<Finding> {
    let behind = last_time / 1_000 - SystemClock.now().as_second();
    if behind <= SLACK {
        return None;
    }
    let message = format!("本机时钟比存证账最后一条的时间还早{}。", span(behind));
    let advice = "与标准时间对时（NTP），再启动：否则新的登记都记成最后一条的时间，期限也按它判断";
    Some(Finding::bad(Kind::State, CLOCK, "CLOCK_BEHIND", message, advice))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_clock_before_the_last_entry_is_a_fault() {
        let now = SystemClock.now().as_millisecond();
        assert_eq!(clock(now), None);
        assert_eq!(clock(now + 30_000), None);
        let behind = clock(now + 7_205_000).unwrap();
        assert!(behind.message.contains("2小时"), "{}", behind.message);
        assert_eq!(outdated(0), None);
        assert!(outdated(2).unwrap().kind().is_none());
    }
}
