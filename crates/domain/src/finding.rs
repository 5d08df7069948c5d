//! Findings: what a check has to say about data, with place, severity, both languages and the facts it rests on.
//! Shared by all checks of this crate; a finding corrects nothing and rejects nothing by itself.

use std::fmt;

/// How grave a finding is. Field rules §3: errors stop a submission, warnings need an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; asks for nothing.
    Note,
    /// Needs an explanation by whoever files.
    Warning,
    /// Stops the submission.
    Error,
}

impl Severity {
    /// Chinese label: 提示, 预警 or 错误.
    pub fn label(self) -> &'static str {
        match self {
            Severity::Note => "提示",
            Severity::Warning => "预警",
            Severity::Error => "错误",
        }
    }
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable lower-case code, such as `flow_arithmetic`.
    pub code: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// Path of the field it is about, such as `measures[3.1-1].this_period`; empty for the whole.
    pub field: String,
    /// Message in Chinese, for people of the field.
    pub zh: String,
    /// Message in English, for logs and foreign clients.
    pub en: String,
    /// The numbers and names it rests on, as name and text, in the order they matter.
    pub facts: Vec<(&'static str, String)>,
}

impl Finding {
    fn new(
        severity: Severity,
        code: &'static str,
        field: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Finding { code, severity, field: field.into(), zh: zh.into(), en: en.into(), facts: Vec::new() }
    }

    /// An error: it stops the submission.
    pub fn error(code: &'static str, field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, field, zh, en)
    }

    /// A warning: it needs an explanation.
    pub fn warning(code: &'static str, field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, field, zh, en)
    }

    /// A note: worth knowing.
    pub fn note(code: &'static str, field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, field, zh, en)
    }

    /// Adds a fact; the name is English, the text is shown as it is.
    #[must_use]
    pub fn fact(mut self, name: &'static str, text: impl fmt::Display) -> Self {
        self.facts.push((name, text.to_string()));
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.severity.label(), self.zh)
    }
}
