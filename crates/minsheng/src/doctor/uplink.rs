//! Figures on their way up and mandates on their way down, as the office sees them: how much waits and since when.

use std::collections::BTreeMap;

use jiff::Timestamp;
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_proto::catalogue::v1::ListMandatesRequest;
use minsheng_proto::tier::v1::{ListOutgoingSetsRequest, OutgoingSet, OutgoingSetState};
use tonic::{Code, Status};

use crate::failure::Kind;
use crate::finding::{Finding, UPLINK, moment, span};
use crate::session::Session;
use crate::words;

/// What waits longer than this does not wait for its turn.
const LONG: i64 = 3_600;
/// Pages of a thousand that are counted; more is said as more.
const MOST_PAGES: usize = 20;

/// Sets that wait or were refused, and mandates that are not taken.
pub(super) async fn examine(session: &Session) -> Vec<Finding> {
    let waiting = match sets(session, OutgoingSetState::Pending).await {
        Ok(waiting) => waiting,
        Err(status) if status.code() == Code::PermissionDenied => {
            let advice = "用实事办的账号再运行一次";
            return vec![Finding::note(UPLINK, "FIGURES_UNSEEN", "本账号看不到待报上级的数据。", advice)];
        }
        // What is not reached is told of already.
        Err(_) => return Vec::new(),
    };
    let mut findings = vec![backlog(&waiting, oldest(&waiting.sets), SystemClock.now())];
    if let Ok(refused) = sets(session, OutgoingSetState::Refused).await {
        findings.extend(refusals(&refused.sets));
    }
    findings.extend(mandates(session).await);
    findings
}

/// Sets of one state, as far as they are counted.
#[derive(Debug, Default)]
struct Sets {
    sets: Vec<OutgoingSet>,
    /// There are more.
    more: bool,
}

async fn sets(session: &Session, state: OutgoingSetState) -> Result<Sets, Status> {
    let mut found = Sets::default();
    let mut page_token = String::new();
    for _ in 0..MOST_PAGES {
        let request =
            ListOutgoingSetsRequest { programme: String::new(), state: state.into(), page_size: 1000, page_token };
        let answer = session.gateway.uplink().list_outgoing_sets(request).await?.into_inner();
        found.sets.extend(answer.sets);
        page_token = answer.next_page_token;
        found.more = !page_token.is_empty();
        if !found.more {
            break;
        }
    }
    Ok(found)
}

/// Since when the oldest set waits.
fn oldest(sets: &[OutgoingSet]) -> Option<Timestamp> {
    sets.iter().filter_map(|set| set.put_time).filter_map(|time| Timestamp::new(time.seconds, time.nanos).ok()).min()
}

fn backlog(waiting: &Sets, since: Option<Timestamp>, now: Timestamp) -> Finding {
    let count = waiting.sets.len();
    if count == 0 {
        return Finding::good(UPLINK, "NOTHING_WAITS", "没有等待上级答复的数据。");
    }
    let more = if waiting.more { "以上" } else { "" };
    let age = since.map(|since| now.as_second() - since.as_second());
    let said = since.map_or_else(String::new, |since| {
        format!("，最早的自{}起，已等{}", moment(since), span(age.unwrap_or_default()))
    });
    let message = format!("有{count}组{more}数据等待上级答复{said}。");
    let finding = if age.is_some_and(|age| age <= LONG) {
        Finding::note(UPLINK, "FIGURES_WAIT", message, "无须处理，会自动上报")
    } else {
        let advice = "用安全管理员的账号运行 minsheng doctor 查明与上级的连接；连通后自动补报，不会遗漏或重复。没有线路的，由管理员用 minsheng bundle export 导出带到上级";
        Finding::bad(Kind::Unavailable, UPLINK, "FIGURES_WAIT", message, advice)
    };
    let finding = finding.fact("count", "组数", count.to_string());
    since.map_or_else(|| finding.clone(), |since| finding.clone().fact("since", "最早", moment(since)))
}

fn refusals(sets: &[OutgoingSet]) -> Option<Finding> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for refusal in sets.iter().filter_map(|set| set.refusal.as_ref()) {
        *reasons.entry(refusal.reason.as_str()).or_default() += 1;
    }
    if reasons.is_empty() {
        return None;
    }
    let counted: Vec<String> = reasons.iter().map(|(reason, count)| format!("{reason} {count}组")).collect();
    let message = format!("上级不收{}组数据。", reasons.values().sum::<usize>());
    let advice = "用 minsheng filings list --state refused 逐组查看；改正后再报的会另行上报";
    Some(Finding::note(UPLINK, "FIGURES_REFUSED", message, advice).fact("reasons", "原因", counted.join("、")))
}

async fn mandates(session: &Session) -> Option<Finding> {
    let programme = session.programme().await.ok()?;
    let answer = session.gateway.mandates().list_mandates(ListMandatesRequest { programme }).await.ok()?;
    let alarm = answer.into_inner().alarm?;
    let message = format!("已停止接收上级任务：{}。", alarm.message.trim_end_matches('。'));
    let advice = "请安全管理员与上级查明原因；上级补齐或告警处理后自动继续接收";
    let finding = Finding::bad(Kind::Verification, UPLINK, "MANDATES_STOPPED", message, advice);
    Some(finding.fact("reason", "原因", alarm.code).fact("since", "发现时间", words::time(alarm.since.as_ref())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use minsheng_proto::common::v1::RowFailure;

    use super::*;
    use crate::finding::Level;

    #[test]
    fn what_waits_long_is_a_fault_and_says_since_when() {
        let now: Timestamp = "2023-06-20T12:00:00Z".parse().unwrap();
        let waiting = Sets { sets: vec![OutgoingSet::default(); 3], more: false };
        let before = |hours: i64| Some(Timestamp::from_second(now.as_second() - hours * LONG).unwrap());
        assert_eq!(backlog(&Sets::default(), None, now).code, "NOTHING_WAITS");
        assert_eq!(backlog(&waiting, before(1), now).level, Level::Note);
        let long = backlog(&waiting, before(50), now);
        assert_eq!(long.level, Level::Bad(Kind::Unavailable));
        assert!(long.message.contains("有3组数据") && long.message.contains("已等2天2小时"), "{}", long.message);
        assert_eq!(backlog(&waiting, None, now).level, Level::Bad(Kind::Unavailable));
    }

    #[test]
    fn refused_sets_are_counted_by_reason() {
        let refused = |reason: &str| OutgoingSet {
            refusal: Some(RowFailure { reason: reason.into(), ..RowFailure::default() }),
            ..OutgoingSet::default()
        };
        let finding = refusals(&[refused("SET_INCOMPLETE"), refused("PERIOD_NOT_OPEN"), refused("SET_INCOMPLETE")]);
        assert!(finding.unwrap().text().contains("PERIOD_NOT_OPEN 1组、SET_INCOMPLETE 2组"));
        assert_eq!(refusals(&[]), None);
    }
}
