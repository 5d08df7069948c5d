//! What the doctor finds: one sentence, what to do, and a code that scripts can rely on.

use jiff::Timestamp;
use minsheng_kit::clock;

use crate::failure::Kind;
use crate::words;

pub(super) const OWN: &str = "本级";
pub(super) const PARENT: &str = "上级网关";
pub(super) const CERTIFICATE: &str = "本级证书";
pub(super) const LEDGERS: &str = "账头";
pub(super) const UPLINK: &str = "上报";
pub(super) const LOWER: &str = "下级";

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Good,
    Note,
    /// A fault, with the kind of failure that the command ends with.
    Bad(Kind),
}

impl Level {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Good => "正常",
            Self::Note => "提示",
            Self::Bad(_) => "故障",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Good => "GOOD",
            Self::Note => "NOTE",
            Self::Bad(_) => "BAD",
        }
    }
}

/// A fact beside the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// For programs.
    pub(super) name: &'static str,
    /// For people.
    pub(super) label: &'static str,
    pub(super) value: String,
}

/// One line of the doctor's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) subject: &'static str,
    pub(super) code: &'static str,
    pub(super) level: Level,
    pub(super) message: String,
    /// What to do; empty where nothing is.
    pub(super) advice: String,
    pub(super) facts: Vec<Fact>,
}

impl Finding {
    pub(super) fn good(subject: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let (message, advice) = (message.into(), String::new());
        Self { subject, code, level: Level::Good, message, advice, facts: Vec::new() }
    }

    pub(super) fn note(
        subject: &'static str,
        code: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { level: Level::Note, advice: advice.into(), ..Self::good(subject, code, message) }
    }

    pub(super) fn bad(
        kind: Kind,
        subject: &'static str,
        code: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { level: Level::Bad(kind), advice: advice.into(), ..Self::good(subject, code, message) }
    }

    #[must_use]
    pub(super) fn fact(mut self, name: &'static str, label: &'static str, value: impl Into<String>) -> Self {
        self.facts.push(Fact { name, label, value: value.into() });
        self
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        match self.level {
            Level::Bad(kind) => Some(kind),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("[{}] {}：{}（{}）\n", self.level.word(), self.subject, self.message, self.code);
        for fact in &self.facts {
            text.push_str(&format!("       {}：{}\n", fact.label, fact.value));
        }
        if !self.advice.is_empty() {
            text.push_str(&format!("       怎么办：{}。\n", self.advice));
        }
        text
    }

    pub(super) fn json(&self) -> serde_json::Value {
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
pub(super) fn moment(moment: Timestamp) -> String {
    words::time(Some(&clock::to_proto(moment)))
}

/// A span in its two largest units.
pub(super) fn span(seconds: i64) -> String {
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

#[cfg(test)]
mod tests {
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
}
