//! Certificates in time and by fingerprint: the other side's, and this tier's own for its parent.

use jiff::Timestamp;
use minsheng_kit::tls::fingerprint;
use rustls::pki_types::CertificateDer;

use crate::failure::Kind;
use crate::finding::{CERTIFICATE, Finding, PARENT, moment, span};

const DAY: i64 = 86_400;
/// A certificate is renewed while a third of its life is left: with less than this, renewing has failed for long.
const ENDING: i64 = 7 * DAY;

/// Every certificate of the chain is good at this moment.
pub(super) fn judge_times(chain: &[CertificateDer<'_>], now: Timestamp) -> Result<(), Finding> {
    let unreadable = || {
        let advice = "请上级检查server.tls中的证书";
        Finding::bad(Kind::Verification, PARENT, "CERTIFICATE_UNREADABLE", "上级网关没有出示能读懂的证书。", advice)
    };
    if chain.is_empty() {
        return Err(unreadable());
    }
    for (index, certificate) in chain.iter().enumerate() {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| unreadable())?;
        let whose = if index == 0 { "证书" } else { "证书机构的证书" };
        let (from, until) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
        let said = |second: i64| Timestamp::from_second(second).map(moment).unwrap_or_default();
        if now.as_second() > until {
            let (end, over) = (said(until), span(now.as_second() - until));
            let message = format!("上级网关的{whose}已于{end}过期，按本机时钟已过{over}。");
            let advice = "先核对本机时钟；时钟无误时请上级更换证书，更换后自动恢复";
            return Err(Finding::bad(Kind::State, PARENT, "CERTIFICATE_EXPIRED", message, advice)
                .fact("until", "有效至", end)
                .fact("now", "本机时钟", moment(now)));
        }
        if now.as_second() < from {
            let (start, early) = (said(from), span(from - now.as_second()));
            let message = format!("上级网关的{whose}到{start}才有效，按本机时钟还差{early}：两边的时钟不一致。");
            let advice = "与标准时间对时（NTP）：本机慢了就校准本机，本机无误时请上级校准";
            return Err(Finding::bad(Kind::State, PARENT, "CERTIFICATE_NOT_YET_VALID", message, advice)
                .fact("from", "有效自", start)
                .fact("now", "本机时钟", moment(now)));
        }
    }
    Ok(())
}

/// The fingerprint to trust: the one that was told, if it is of a certificate that was shown; otherwise the last one's,
/// which is what a parent tells.
pub(super) fn pinned(chain: &[CertificateDer<'_>], told: Option<&str>) -> Result<String, Finding> {
    let shown: Vec<String> = chain.iter().map(|certificate| fingerprint(certificate)).collect();
    let last = shown.last().cloned().unwrap_or_default();
    let Some(told) = told else { return Ok(last) };
    let plain: String = told.chars().filter(|symbol| *symbol != ':').collect::<String>().to_lowercase();
    if shown.contains(&plain) {
        return Ok(plain);
    }
    let message = "上级网关出示的证书与所告知的指纹不符：上级换了证书机构，或有人冒充上级。";
    let advice = "通过电话与上级的安全管理员核对指纹：确实更换的，请其另给登记码重新接入；否则不要接入，并报告";
    Err(Finding::bad(Kind::Verification, PARENT, "FINGERPRINT_CHANGED", message, advice)
        .fact("told", "所告知", plain)
        .fact("shown", "所出示", last))
}

/// This tier's own certificate, by what the gateway says of it.
pub(super) fn judge_own(expires: Timestamp, joined: Timestamp, now: Timestamp) -> Finding {
    let (until, left) = (moment(expires), expires.as_second() - now.as_second());
    // No certificate lives longer than from joining to its end; one that was made for days is not ending at once.
    let ending = ENDING.min((expires.as_second() - joined.as_second()) / 6);
    if left <= 0 {
        let message = format!("本级证书已于{until}过期{}，上级不再接受。", span(-left));
        let advice =
            "先核对本机时钟；时钟无误时请上级另给登记码，用 minsheng parent join 重新接入，积压的数据随后自动补报";
        return Finding::bad(Kind::State, CERTIFICATE, "OWN_CERTIFICATE_EXPIRED", message, advice);
    }
    if left < ending {
        let message = format!("本级证书只剩{}（{until}到期），还没有更新成功。", span(left));
        let advice = "先排除下面列出的上级连接故障，连通后一分钟内自动更新；到期前不能连通的，到期后须重新接入";
        return Finding::bad(Kind::State, CERTIFICATE, "OWN_CERTIFICATE_ENDING", message, advice);
    }
    Finding::good(CERTIFICATE, "OWN_CERTIFICATE_WELL", format!("有效至{until}，还有{}，到期前自动更新。", span(left)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn chain(from: (i32, u8, u8), until: (i32, u8, u8)) -> Vec<CertificateDer<'static>> {
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        parameters.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let key = rcgen::KeyPair::generate().unwrap();
        vec![parameters.self_signed(&key).unwrap().der().clone()]
    }

    #[test]
    fn a_certificate_out_of_its_time_says_by_how_much() {
        let chain = chain((2023, 6, 1), (2023, 7, 1));
        assert!(judge_times(&chain, at("2023-06-15T00:00:00Z")).is_ok());
        let early = judge_times(&chain, at("2023-05-30T22:00:00Z")).unwrap_err();
        assert_eq!(early.code, "CERTIFICATE_NOT_YET_VALID");
        assert!(early.message.contains("还差1天2小时"), "{}", early.message);
        let late = judge_times(&chain, at("2023-07-04T00:00:00Z")).unwrap_err();
        assert_eq!(late.code, "CERTIFICATE_EXPIRED");
        assert!(late.message.contains("已过3天"), "{}", late.message);
        assert_eq!(judge_times(&[], at("2023-07-04T00:00:00Z")).unwrap_err().code, "CERTIFICATE_UNREADABLE");
    }

    #[test]
    fn a_fingerprint_that_was_told_must_be_one_that_is_shown() {
        let chain = chain((2023, 6, 1), (2023, 7, 1));
        let own = fingerprint(&chain[0]);
        assert_eq!(pinned(&chain, None).unwrap(), own);
        assert_eq!(pinned(&chain, Some(&own.to_uppercase())).unwrap(), own);
        let other = pinned(&chain, Some(&"ab".repeat(32))).unwrap_err();
        assert_eq!(other.code, "FINGERPRINT_CHANGED");
        assert!(other.text().contains(&own), "{}", other.text());
    }

    #[test]
    fn the_own_certificate_ends_a_week_before_it_does_but_not_when_it_was_made_for_days() {
        let joined = at("2023-06-01T00:00:00Z");
        let code = |expires: &str, now: &str| judge_own(at(expires), joined, at(now)).code;
        assert_eq!(code("2023-08-30T00:00:00Z", "2023-08-01T00:00:00Z"), "OWN_CERTIFICATE_WELL");
        assert_eq!(code("2023-08-30T00:00:00Z", "2023-08-25T00:00:00Z"), "OWN_CERTIFICATE_ENDING");
        assert_eq!(code("2023-08-30T00:00:00Z", "2023-08-30T00:00:00Z"), "OWN_CERTIFICATE_EXPIRED");
        assert_eq!(code("2023-06-07T00:00:00Z", "2023-06-03T00:00:00Z"), "OWN_CERTIFICATE_WELL");
        assert_eq!(code("2023-06-07T00:00:00Z", "2023-06-06T12:00:00Z"), "OWN_CERTIFICATE_ENDING");
    }
}
