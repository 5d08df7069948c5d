//! How a call is refused: one reason, sentences for people in two languages, the fields at fault.
//! Driver errors never leave the service: they are logged and become STORAGE_UNAVAILABLE or INTERNAL.

mod reason;
mod status;
mod storage;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use minsheng_proto::common::v1::{FieldViolation, RowFailure};

pub use reason::Reason;
pub use status::{DOMAIN, reason_of};
pub(crate) use storage::is_unavailable;

/// A field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in the request, for example `content.values[2].value.quantity.value`.
    pub field: String,
    /// The rule and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Violation {
    /// Both languages, as they travel.
    pub fn description(&self) -> String {
        format!("{} / {}", self.zh, self.en)
    }
}

/// A refusal: nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {en}")]
pub struct Refusal {
    /// The stable reason.
    pub reason: Reason,
    /// What is wrong and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The fields at fault.
    pub violations: Vec<Violation>,
    /// Facts by name, for programs.
    pub metadata: BTreeMap<String, String>,
}

impl Refusal {
    /// A refusal with the reason's own sentences.
    pub fn new(reason: Reason) -> Self {
        Self {
            reason,
            zh: reason.zh().to_owned(),
            en: reason.en().to_owned(),
            violations: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }

    /// The same with sentences that say exactly what happened and what to do.
    #[must_use]
    pub fn because(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.zh = zh.into();
        self.en = en.into();
        self
    }

    /// The same with one more field at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.violations.push(Violation { field: field.into(), zh: zh.into(), en: en.into() });
        self
    }

    /// The same with one more fact.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.metadata.insert(key.into(), value.to_string());
        self
    }

    /// A refusal for one field that is missing.
    pub fn required(field: impl Into<String>) -> Self {
        Self::new(Reason::FieldRequired).field(field, "必填", "is required")
    }

    /// A refusal for one field that breaks its rule.
    pub fn invalid(field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Reason::FieldInvalid).field(field, zh, en)
    }

    /// A refusal for one field that only the server sets.
    pub fn output_only(field: impl Into<String>) -> Self {
        Self::new(Reason::FieldOutputOnly).field(field, "由系统给出，请留空", "is set by the server; leave it empty")
    }

    /// The refusal as a row of a bulk answer's body, where its size is not bound by headers.
    pub fn row(&self, id: impl Into<String>) -> RowFailure {
        RowFailure {
            id: id.into(),
            reason: self.reason.as_str().to_owned(),
            message: self.zh.clone(),
            message_en: self.en.clone(),
            violations: self
                .violations
                .iter()
                .map(|violation| FieldViolation {
                    field: violation.field.clone(),
                    description: violation.description(),
                })
                .collect(),
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}
