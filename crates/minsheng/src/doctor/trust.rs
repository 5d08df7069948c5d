//! What the own gateway knows: services, parent, certificate, heads, alarms, lower tiers. An exchange of heads is asked for,
//! as happens by itself every few minutes: it is the one call that proves the whole way up.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::error::{Reason, reason_of};
use minsheng_kit::service::SERVICES;
use minsheng_proto::identity::v1::{
    ExchangeNowRequest, ExchangeNowResponse, GetParentRequest, ListAlarmsRequest, LowerTier, Parent,
};
use minsheng_proto::ledger::v1::GetCheckpointRequest;
use minsheng_proto::reporting::v1::{ListTierAlarmsRequest, TierAlarm};
use tonic::{Code, Status};

use super::bundle;
use super::certificate::judge_own;
use super::dial::dial;
use crate::command::tier;
use crate::failure::Kind;
use crate::finding::{CERTIFICATE, Finding, LEDGERS, LOWER, Level, OWN, PARENT, moment, span};
use crate::head::Head;
use crate::session::Session;
use crate::words;

/// A lower tier that exchanges by itself every few minutes is silent after this long.
const SILENT: i64 = 86_400;

/// The services of this tier; a session that is over is the only thing to say.
pub(super) async fn services(session: &Session) -> Result<Vec<Finding>, Finding> {
    let mut findings = Vec::new();
    for service in SERVICES {
        let asked = GetCheckpointRequest { ledger: service.to_owned() };
        let Err(status) = session.gateway.ledgers().get_checkpoint(asked).await else { continue };
        match status.code() {
            Code::PermissionDenied => {}
            Code::Unauthenticated => {
                let advice = "用 minsheng login 重新登录后再检查";
                return Err(Finding::bad(Kind::NotAllowed, OWN, "SESSION_OVER", "登录已失效。", advice));
            }
            Code::Unavailable | Code::DeadlineExceeded | Code::Unknown => {
                let advice = format!("查看{service}服务是否在运行、网关设置peers.{service}.url是否正确");
                let message = format!("网关连不上本级的{service}服务。");
                findings.push(
                    Finding::bad(Kind::Unavailable, OWN, "SERVICE_UNREACHABLE", message, advice)
                        .fact("service", "服务", service),
                );
            }
            _ => {
                let advice = format!("查看{service}服务的日志");
                let message = format!("本级的{service}服务应答有误。");
                let finding = Finding::bad(Kind::Other, OWN, "SERVICE_FAILED", message, advice);
                findings.push(finding.fact("service", "服务", service).fact("error", "原因", told(&status)));
            }
        }
    }
    if findings.is_empty() {
        let count = SERVICES.len();
        findings.push(Finding::good(OWN, "SERVICES_WELL", format!("{count}个服务都能连上。")));
    }
    Ok(findings)
}

/// The parent, alarms and lower tiers.
pub(super) async fn neighbours(session: &Session, pin: Option<&str>, patience: Duration) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut above = String::new();
    let mut refused = BTreeSet::new();
    match session.gateway.tiers().get_parent(GetParentRequest {}).await {
        Ok(answer) => {
            let parent = answer.into_inner().parent.unwrap_or_default();
            above.clone_from(&parent.division);
            let own = own_certificate(&parent);
            let expired = own.kind().is_some() && own.code == "OWN_CERTIFICATE_EXPIRED";
            findings.push(own);
            match session.gateway.tiers().exchange_now(ExchangeNowRequest {}).await {
                _ if parent.url.is_empty() => findings.push(bundle::above(&parent)),
                Ok(answer) => findings.extend(exchanged(answer.get_ref(), &above, &mut refused)),
                Err(status) => findings.extend(cut_off(&status, &parent, expired, pin, patience).await),
            }
        }
        Err(status) if reason_of(&status) == Some(Reason::ParentNotJoined) => {
            let advice = "最上级无须接入；下级请向上级的安全管理员要登记码和指纹，用 minsheng parent join 接入";
            findings.push(Finding::note(PARENT, "NO_PARENT", "本级没有接入上级。", advice));
        }
        Err(status) if status.code() == Code::PermissionDenied => {
            let advice = "用安全管理员的账号再运行一次";
            return vec![Finding::note(PARENT, "TRUST_UNSEEN", "本账号看不到上下级的连接、证书和账头。", advice)];
        }
        Err(status) => findings.push(unseen(&status)),
    }
    match session.gateway.tiers().list_alarms(ListAlarmsRequest { with_resolved: false }).await {
        Ok(answer) => {
            let news = answer.into_inner().alarms.into_iter().filter(|alarm| !refused.contains(&alarm.origin));
            findings.extend(news.map(|alarm| {
                let finding = ledger_refused(
                    whose(&alarm.origin, &above),
                    &alarm.origin,
                    &alarm.reason,
                    [&alarm.kept_checkpoint, &alarm.offered_checkpoint],
                );
                finding.fact("since", "发现时间", words::time(alarm.raise_time.as_ref()))
            }));
        }
        Err(status) => findings.push(unseen(&status)),
    }
    match session.gateway.tier_alarms().list_tier_alarms(ListTierAlarmsRequest { with_resolved: false }).await {
        Ok(answer) => findings.extend(answer.into_inner().alarms.iter().map(filings_refused)),
        Err(status) => findings.push(unseen(&status)),
    }
    match tier::all(session).await {
        Ok(tiers) => findings.extend(lower(&tiers, SystemClock.now())),
        Err(failure) => findings.push(Finding::bad(
            failure.kind,
            LOWER,
            "TRUST_UNSEEN",
            format!("下级的情况没有查到：{}", failure.message),
            "查看网关日志",
        )),
    }
    findings
}

fn told(status: &Status) -> String {
    reason_of(status).map_or_else(|| format!("{:?}", status.code()), |reason| reason.as_str().to_owned())
}

fn unseen(status: &Status) -> Finding {
    let finding = Finding::bad(Kind::Other, OWN, "TRUST_UNSEEN", "本级网关没有给出上下级的情况。", "查看网关日志");
    finding.fact("error", "原因", told(status))
}

fn own_certificate(parent: &Parent) -> Finding {
    let read = |time: Option<&prost_types::Timestamp>| time.and_then(|time| Timestamp::new(time.seconds, 0).ok());
    match (read(parent.expire_time.as_ref()), read(parent.join_time.as_ref())) {
        (Some(expires), Some(joined)) => judge_own(expires, joined, SystemClock.now()),
        _ => {
            let advice = "查看网关日志";
            Finding::bad(Kind::Other, CERTIFICATE, "OWN_CERTIFICATE_UNKNOWN", "网关没有说明本级证书的期限。", advice)
        }
    }
}

fn exchanged(answer: &ExchangeNowResponse, above: &str, refused: &mut BTreeSet<String>) -> Vec<Finding> {
    let message = format!("刚与上级{above}交换过账头，互相接受{}本。", answer.kept.len());
    let mut findings = vec![Finding::good(PARENT, "EXCHANGE_WELL", message)];
    for ledger in &answer.refused {
        refused.insert(ledger.origin.clone());
        let whose = if is_of(&ledger.origin, above) { Whose::Above } else { Whose::Own };
        let heads = [ledger.kept_checkpoint.as_str(), &ledger.offered_checkpoint];
        findings.push(ledger_refused(whose, &ledger.origin, &ledger.reason, heads));
    }
    findings
}

/// Why the parent is not reached, or what it says.
async fn cut_off(
    status: &Status,
    parent: &Parent,
    expired: bool,
    pin: Option<&str>,
    patience: Duration,
) -> Vec<Finding> {
    let again = "用 minsheng parent join 重新接入，积压的数据随后自动补报";
    match reason_of(status) {
        Some(Reason::TierRevoked) => {
            let advice = format!("向上级的安全管理员问明原因；恢复时请其另给登记码，{again}");
            let message = "上级撤销了本级的证书：不再收本级的数据。";
            return vec![Finding::bad(Kind::NotAllowed, PARENT, "TIER_REVOKED", message, advice)];
        }
        Some(Reason::TierUnknown) => {
            let advice = format!("请上级查明是否恢复过旧备份或重建了网关；请其另给登记码，{again}");
            let message = "上级不认识本级的证书：它的登记中没有，或已过期。";
            return vec![Finding::bad(Kind::NotAllowed, PARENT, "TIER_UNKNOWN", message, advice)];
        }
        _ => {}
    }
    if !matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled) {
        let message = format!("上级{}没有完成账头交换。", parent.division);
        let advice = "稍后再试；持续时请上级查看网关日志";
        let finding = Finding::bad(Kind::Unavailable, PARENT, "EXCHANGE_FAILED", message, advice);
        return vec![finding.fact("error", "原因", told(status))];
    }
    let reached = dial(&parent.url, pin, patience).await;
    if reached.level != Level::Good {
        return vec![reached];
    }
    let mut findings = vec![reached];
    if !expired {
        let message = "从这台机器连上级正常，但本级网关连不上：网关不信任上级现在的证书，或网关所在的机器网络不通。";
        let advice = "把上面的指纹与上级核对：与接入时不同，且上级确认更换了证书机构的，重新接入；相同的，在网关的机器上运行 minsheng doctor --url 上级地址";
        let finding = Finding::bad(Kind::Unavailable, PARENT, "GATEWAY_CANNOT_REACH", message, advice);
        findings.push(finding.fact("error", "网关报告", told(status)));
    }
    findings
}

/// Whose ledger it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Above,
    Below,
}

fn is_of(origin: &str, division: &str) -> bool {
    !division.is_empty()
        && origin.strip_prefix("minsheng/").is_some_and(|rest| rest.split('/').next() == Some(division))
}

fn whose(origin: &str, above: &str) -> Whose {
    if is_of(origin, above) { Whose::Above } else { Whose::Below }
}

/// A ledger that does not extend what is kept of it; kept head first.
fn ledger_refused(whose: Whose, origin: &str, reason: &str, [kept, offered]: [&str; 2]) -> Finding {
    let fault = words::ledger_fault(reason);
    let resolve = format!("minsheng tier resolve {origin}");
    let (code, message, advice) = match whose {
        Whose::Own => (
            "OWN_LEDGER_REFUSED",
            format!("上级不接受本级的账{origin}：{fault}。"),
            format!(
                "不要删除任何数据；查本级是否恢复过旧备份：能恢复到保存的头以后的，恢复即可；不能的，由上级核对后用 {resolve} 处理"
            ),
        ),
        Whose::Above => (
            "PARENT_LEDGER_REFUSED",
            format!("本级不接受上级的账{origin}：{fault}。"),
            format!("通知上级的安全管理员查明原因并核对两个头，再用 {resolve} 处理；其他账和业务照常"),
        ),
        Whose::Below => (
            "LOWER_LEDGER_REFUSED",
            format!("本级不接受下级的账{origin}：{fault}。"),
            format!("通知该下级的安全管理员查明原因并核对两个头，再用 {resolve} 处理；其他账和业务照常"),
        ),
    };
    Finding::bad(Kind::Verification, LEDGERS, code, message, advice)
        .fact("origin", "账", origin)
        .fact("reason", "原因", reason)
        .fact("kept", "保存的头", Head::words(kept))
        .fact("offered", "报出的头", Head::words(offered))
}

/// Something that a lower tier filed and that is not taken.
fn filings_refused(alarm: &TierAlarm) -> Finding {
    let advice =
        "用 minsheng tier alarms 查看，通知该下级的安全管理员查明原因，再按指南“告警之后”处理；其他数据和业务照常";
    let message = format!("下级{}上报的数据有异常：{}。", alarm.division, alarm.message);
    Finding::bad(Kind::Verification, LOWER, "LOWER_FILINGS_REFUSED", message, advice)
        .fact("division", "下级", &alarm.division)
        .fact("origin", "账", &alarm.origin)
        .fact("reason", "原因", &alarm.alarm)
        .fact("since", "发现时间", words::time(alarm.raise_time.as_ref()))
}

/// Lower tiers that do not come, or cannot.
fn lower(tiers: &[LowerTier], now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut well = 0_usize;
    for tier in tiers.iter().filter(|tier| !tier.revoked) {
        let division = &tier.division;
        let mut ends = tier.certificates.iter().filter_map(|held| held.expire_time.as_ref());
        if !ends.any(|end| end.seconds > now.as_second()) {
            let message = format!("下级{division}没有有效的证书，不能再来。");
            let advice = format!("用 minsheng tier code --division {division} 另给登记码，请其重新接入");
            findings.push(Finding::note(LOWER, "LOWER_TIER_CERTIFICATE", message, advice));
            continue;
        }
        let last = tier.exchange_time.as_ref().or(tier.enrol_time.as_ref());
        let last = last.and_then(|time| Timestamp::new(time.seconds, 0).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
        let silent = now.as_second() - last.as_second();
        if let Some(finding) = bundle::below(tier) {
            findings.push(finding);
            continue;
        }
        if silent > SILENT {
            let message = format!("下级{division}自{}起没有联系，已有{}。", moment(last), span(silent));
            let advice = "请该下级运行 minsheng doctor；恢复后其积压的数据自动补报";
            findings.push(Finding::note(LOWER, "LOWER_TIER_SILENT", message, advice));
            continue;
        }
        well += 1;
    }
    if well > 0 {
        findings.push(Finding::good(LOWER, "LOWER_TIERS_WELL", format!("{well}个下级一天内联系过。")));
    }
    findings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use minsheng_proto::identity::v1::{RefusedLedger, TierCertificate};

    use super::*;

    const KEPT: &str = "minsheng/430923/reporting\n7\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n";
    const OFFERED: &str = "minsheng/430923/reporting\n5\nAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n\n";

    #[test]
    fn a_refused_ledger_is_named_by_its_side_with_both_heads() {
        let ledger = |origin: &str| RefusedLedger {
            origin: origin.into(),
            reason: "LEDGER_SHORTER".into(),
            kept_checkpoint: KEPT.into(),
            offered_checkpoint: OFFERED.into(),
        };
        let refused = vec![ledger("minsheng/430923/reporting"), ledger("minsheng/430900/reporting")];
        let answer = ExchangeNowResponse { kept: Vec::new(), refused };
        let mut seen = BTreeSet::new();
        let findings = exchanged(&answer, "430900", &mut seen);
        let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["EXCHANGE_WELL", "OWN_LEDGER_REFUSED", "PARENT_LEDGER_REFUSED"]);
        assert_eq!(seen.len(), 2);
        let text = findings[1].text();
        assert!(text.contains("7条，根0101") && text.contains("5条，根0202"), "{text}");
        assert_eq!(whose("minsheng/4309231/reporting", "430923"), Whose::Below);
        assert_eq!(whose("minsheng/430923/reporting", ""), Whose::Below);
    }

    #[test]
    fn a_lower_tier_that_does_not_come_is_noted() {
        let now: Timestamp = "2023-06-20T00:00:00Z".parse().unwrap();
        let at = |days: i64| Some(prost_types::Timestamp { seconds: now.as_second() + days * SILENT, nanos: 0 });
        let tier = |division: &str, last: i64, until: i64| LowerTier {
            division: division.into(),
            exchange_time: at(last),
            certificates: vec![TierCertificate { expire_time: at(until), ..TierCertificate::default() }],
            ..LowerTier::default()
        };
        let revoked = LowerTier { revoked: true, ..tier("430904", -30, -1) };
        let tiers = [tier("430901", 0, 30), tier("430902", -3, 30), tier("430903", 0, -1), revoked];
        let codes: Vec<_> = lower(&tiers, now).iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["LOWER_TIER_SILENT", "LOWER_TIER_CERTIFICATE", "LOWER_TIERS_WELL"]);
        assert!(lower(&tiers, now)[0].message.contains("已有3天"));
    }
}
