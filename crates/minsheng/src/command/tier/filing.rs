//! Alarms about what lower tiers file, and lower tiers' ledgers that are gone on with after their key or their past changed.

use minsheng_kit::error::{Reason, reason_of};
use minsheng_proto::reporting::v1::{
    AcceptTierLedgerRequest, ListTierAlarmsRequest, ListTierAlarmsResponse, ResolveTierAlarmRequest, TierAlarm,
};

use crate::failure::{Failure, Kind, Outcome};
use crate::head::key_fingerprint;
use crate::session::Session;
use crate::words;

/// The ledgers that a tier's figures are proven by.
const FIGURES: [&str; 2] = ["/verification", "/reporting"];

/// The alarms.
pub(super) async fn list(session: &Session, with_resolved: bool) -> Outcome<ListTierAlarmsResponse> {
    let request = ListTierAlarmsRequest { with_resolved };
    Ok(session.gateway.tier_alarms().list_tier_alarms(request).await?.into_inner())
}

/// Alarms as text.
pub(super) fn show(alarms: &[TierAlarm]) -> String {
    let mut text = String::new();
    for alarm in alarms {
        let raised = words::time(alarm.raise_time.as_ref());
        let TierAlarm { division, origin, message, .. } = alarm;
        text.push_str(&format!("{origin}：下级{division}上报的数据有异常（{}），{raised}起\n", alarm.alarm));
        text.push_str(&format!("  {message}\n"));
        for (which, key) in [("记下的公钥", &alarm.kept_key), ("现在的公钥", &alarm.offered_key)] {
            if !key.is_empty() {
                text.push_str(&format!("  {which}：{key}\n    指纹：{}\n", key_fingerprint(key)));
            }
        }
        if alarm.resolve_time.is_some() {
            let resolved = words::time(alarm.resolve_time.as_ref());
            text.push_str(&format!("  {resolved}由{}处理：{}\n", alarm.resolved_by, alarm.resolve_reason));
        }
    }
    text
}

/// Goes on with a ledger: with the key whose fingerprint was compared, or with the one that it has.
pub(super) async fn accept(session: &mut Session, origin: String, key: Option<&str>, reason: String) -> Outcome {
    let open = list(session, false).await?.alarms;
    let mut offered = open.iter().filter(|alarm| alarm.origin == origin).map(|alarm| alarm.offered_key.as_str());
    let offered = offered.find(|offered| !offered.is_empty()).unwrap_or_default();
    let verifier_key = compared(offered, key)?.to_owned();
    let request = AcceptTierLedgerRequest { origin, verifier_key, reason, request_id: session.request_id() };
    let origin = request.origin.clone();
    let answer = session.gateway.tier_alarms().accept_tier_ledger(request).await?.into_inner();
    session.receipts([&answer.receipt])?;
    session
        .output
        .answer(&answer, |_| format!("此后按{origin}现在的账接收，以前收到的保留；积压的数据随后自动补报。\n"))
}

/// The key that is shown, if it is the one that was compared; none where none is shown.
fn compared<'a>(offered: &'a str, typed: Option<&str>) -> Outcome<&'a str> {
    let again = "用 minsheng tier alarms 查看现在的公钥指纹，与下级电话核对后用 --key 给出（至少前8位）";
    match (offered, typed) {
        ("", None) => Ok(""),
        ("", Some(_)) => Err(Failure::new(Kind::State, "这本账没有换过公钥").hint("去掉 --key 再试")),
        (_, None) => Err(Failure::usage("这本账换了公钥").hint(again)),
        (offered, Some(typed)) => {
            let is_it = typed.len() >= 8 && key_fingerprint(offered).starts_with(&typed.to_lowercase());
            let other = || Failure::new(Kind::State, "现在的公钥指纹与所给的不符").hint(again);
            if is_it { Ok(offered) } else { Err(other()) }
        }
    }
}

/// The head that was offered is gone on from: so are the figures that the ledger proves.
pub(super) async fn follow(session: &mut Session, origin: &str, offered_key: String, reason: String) -> Outcome {
    if !FIGURES.iter().any(|service| origin.ends_with(service)) {
        return Ok(());
    }
    let request = AcceptTierLedgerRequest {
        origin: origin.to_owned(),
        verifier_key: offered_key,
        reason,
        request_id: session.request_id(),
    };
    match session.gateway.tier_alarms().accept_tier_ledger(request).await {
        Ok(answer) => session.receipts([&answer.get_ref().receipt]),
        // Nothing was ever filed from it: it is of a parent, or there is nothing to go on from.
        Err(status) if reason_of(&status) == Some(Reason::LedgerUnknown) => Ok(()),
        Err(status) => {
            let failure: Failure = status.into();
            Err(failure.hint(format!("账头已处理；数据尚未接上，请再运行 minsheng tier accept {origin}")))
        }
    }
}

/// Closes an alarm; nothing of what it is about is taken.
pub(super) async fn dismiss(
    session: &mut Session,
    division: String,
    origin: String,
    alarm: String,
    reason: String,
) -> Outcome {
    let request = ResolveTierAlarmRequest { division, origin, alarm, reason, request_id: session.request_id() };
    let answer = session.gateway.tier_alarms().resolve_tier_alarm(request).await?.into_inner();
    session.receipts([&answer.receipt])?;
    session.output.answer(&answer, |_| "告警已处理；所涉数据没有采用。\n".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const KEY: &str = "minsheng/430923/verification+12345678+AbCd";

    #[test]
    fn only_the_key_that_was_compared_is_accepted() {
        let fingerprint = key_fingerprint(KEY);
        assert_eq!(compared(KEY, Some(&fingerprint)).unwrap(), KEY);
        assert_eq!(compared(KEY, Some(&fingerprint[..8].to_uppercase())).unwrap(), KEY);
        assert_eq!(compared("", None).unwrap(), "");
        for (offered, typed) in
            [(KEY, None), (KEY, Some("0123456789")), (KEY, Some(&fingerprint[..7])), ("", Some("01234567"))]
        {
            assert!(compared(offered, typed).is_err(), "{offered} {typed:?}");
        }
    }

    #[test]
    fn both_keys_are_shown_with_their_fingerprints() {
        let alarm = TierAlarm {
            division: "430923".into(),
            origin: "minsheng/430923/verification".into(),
            alarm: "LEDGER_KEY_CHANGED".into(),
            message: "换了密钥".into(),
            kept_key: format!("{KEY}1"),
            offered_key: KEY.into(),
            ..TierAlarm::default()
        };
        let shown = show(&[alarm]);
        assert!(
            shown.contains(&key_fingerprint(KEY)) && shown.contains(&key_fingerprint(&format!("{KEY}1"))),
            "{shown}"
        );
    }
}
