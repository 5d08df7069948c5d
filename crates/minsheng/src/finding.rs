//! What an examination finds: one sentence, what to do, and a code that scripts can rely on.

use jiff::Timestamp;
use minsheng_kit::clock;

use crate::failure::{Failure, Kind, Outcome};
use crate::output::Output;
use crate::words;

pub(crate) const OWN: &str = "本级";
pub(crate) const PARENT: &str = "上级网关";
pub(crate) const CERTIFICATE: &str = "本级证书";
pub(crate) const LEDGERS: &str = "账头";
pub(crate) const UPLINK: &str = "上报";
pub(crate) const SETTINGS: &str = "设置";
pub(crate) const FILES: &str = "文件";
pub(crate) const PORTS: &str = "端口";
pub(crate) const DATABASES: &str = "数据库";
pub(crate) const DISK: &str = "磁盘";
pub(crate) const CERTIFICATES: &str = "证书";
pub(crate) const CLOCK: &str = "时钟";
pub(crate) const TELEMETRY: &str = "日志和追踪";
pub(crate) const START: &str = "启动";
pub(crate) const LOWER: &str = "下级";

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Good,
    Note,
    /// A fault, with the kind of failure that the command ends with.
    Bad(Kind),
}

impl Level {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "正常",
            Self::Note => "提示",
            Self::Bad(_) => "故障",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Good => "GOOD",
            Self::Note => "NOTE",
            Self::Bad(_) => "BAD",
        }
    }
}

/// A fact beside the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    /// For programs.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) label: &'static str,
    pub(crate) value: String,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) subject: &'static str,
    pub(crate) code: &'static str,
    pub(crate) level: Level,
    pub(crate) message: String,
    /// What to do; empty where nothing is.
    pub(crate) advice: String,
    pub(crate) facts: Vec<Fact>,
}

impl Finding {
    pub(crate) fn good(subject: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let (message, advice) = (message.into(), String::new());
        Self { subject, code, level: Level::Good, message, advice, facts: Vec::new() }
    }

    pub(crate) fn note(
        subject: &'static str,
        code: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { level: Level::Note, advice: advice.into(), ..Self::good(subject, code, message) }
    }

    pub(crate) fn bad(
        kind: Kind,
        subject: &'static str,
        code: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { level: Level::Bad(kind), advice: advice.into(), ..Self::good(subject, code, message) }
    }

    #[must_use]
    pub(crate) fn fact(mut self, name: &'static str, label: &'static str, value: impl Into<String>) -> Self {
        self.facts.push(Fact { name, label, value: value.into() });
        self
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        match self.level {
            Level::Bad(kind) => Some(kind),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("[{}] {}：{}（{}）\n", self.level.word(), self.subject, self.message, self.code);
        for fact in &self.facts {
            text.push_str(&format!("       {}：{}\n", fact.label, fact.value));
        }
        if !self.advice.is_empty() {
            text.push_str(&format!("       怎么办：{}。\n", self.advice));
        }
        text
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        let facts: serde_json::Map<_, _> =
            self.facts.iter().map(|fact| (fact.name.to_owned(), fact.value.clone().into())).collect();
        serde_json::json!({
            "subject": self.subject,
            "code": self.code,
            "level": self.level.name(),
            "message": self.message,
            "advice": self.advice,
            "facts": facts,
        })
    }
}

/// A moment in Beijing time.
pub(crate) fn moment(moment: Timestamp) -> String {
    words::time(Some(&clock::to_proto(moment)))
}

/// A span in its two largest units.
pub(crate) fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let units = [("天", 86_400), ("小时", 3_600), ("分钟", 60), ("秒", 1)];
    let first = units.iter().position(|(_, length)| seconds >= *length).unwrap_or(units.len() - 1);
    let (word, length) = units[first];
    let mut text = format!("{}{word}", seconds / length);
    if let Some((word, smaller)) = units.get(first + 1)
        && seconds % length >= *smaller
    {
        text.push_str(&format!("{}{word}", seconds % length / smaller));
    }
    text
}

/// Prints findings.
pub(crate) fn show(output: Output, findings: &[Finding]) -> Outcome {
    let faults = findings.iter().filter(|finding| finding.kind().is_some()).count();
    if output.is_json() {
        let rows: Vec<_> = findings.iter().map(Finding::json).collect();
        return output.value(&serde_json::json!({"well": faults == 0, "findings": rows}));
    }
    output.text(&findings.iter().map(Finding::text).collect::<String>())
}

/// The gravest fault decides how the command ends.
pub(crate) fn verdict(findings: &[Finding]) -> Outcome {
    let faults: Vec<Kind> = findings.iter().filter_map(Finding::kind).collect();
    let rank = |kind: &Kind| match kind {
        Kind::Verification => 5,
        Kind::NotAllowed => 4,
        Kind::State => 3,
        Kind::Unavailable => 2,
        _ => 1,
    };
    match faults.iter().copied().max_by_key(rank) {
        None => Ok(()),
        Some(kind) => Err(Failure::new(kind, format!("检查发现{}处故障", faults.len()))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_span_is_said_in_its_two_largest_units() {
        for (seconds, said) in [
            (0, "0秒"),
            (59, "59秒"),
            (3_600, "1小时"),
            (93_600, "1天2小时"),
            (86_430, "1天"),
            (61, "1分钟1秒"),
            (-5, "0秒"),
        ] {
            assert_eq!(span(seconds), said);
        }
    }

    #[test]
    fn a_fault_says_what_to_do_and_programs_find_its_facts() {
        let finding = Finding::bad(Kind::Unavailable, PARENT, "CONNECTION_REFUSED", "拒绝连接", "查看上级是否在运行")
            .fact("address", "地址", "127.0.0.1:1");
        let text = finding.text();
        assert!(text.starts_with("[故障] 上级网关：拒绝连接（CONNECTION_REFUSED）\n"), "{text}");
        assert!(text.ends_with("怎么办：查看上级是否在运行。\n"), "{text}");
        assert_eq!(finding.json()["facts"]["address"], "127.0.0.1:1");
        assert_eq!(finding.json()["level"], "BAD");
    }

    #[test]
    fn the_gravest_fault_decides_and_notes_are_no_faults() {
        let bad = |kind| Finding::bad(kind, OWN, "X", "x。", "y");
        let note = Finding::note(OWN, "X", "x。", "y");
        assert!(verdict(&[Finding::good(OWN, "X", "x。"), note.clone()]).is_ok());
        let failure = verdict(&[bad(Kind::Unavailable), bad(Kind::Verification), note, bad(Kind::State)]).unwrap_err();
        assert_eq!(failure.kind, Kind::Verification);
        assert!(failure.message.contains("3处"), "{}", failure.message);
    }
}
