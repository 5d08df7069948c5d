//! Collects everything that is wrong with a message, field by field, so that whoever sent it mends it in one go.

use jiff::civil::Date;
use minsheng_domain::quantity::Quantity;

use super::{period, value};
use crate::error::{Reason, Refusal, Violation};

/// Faults kept; whoever has made more has made them all alike.
const MOST: usize = 1_000;

/// What was found wrong so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<Violation>);

impl Faults {
    /// A field and the rule it breaks.
    pub fn add(&mut self, field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) {
        if self.0.len() < MOST {
            self.0.push(Violation { field: field.into(), zh: zh.into(), en: en.into() });
        }
    }

    /// The violations of a refusal, as part of this one.
    pub fn add_refusal(&mut self, refusal: Refusal) {
        if refusal.violations.is_empty() {
            self.add("", refusal.zh, refusal.en);
        } else {
            self.0.extend(refusal.violations.into_iter().take(MOST.saturating_sub(self.0.len())));
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong.
    pub fn into_violations(self) -> Vec<Violation> {
        self.0
    }

    /// All faults as one refusal, if there are any.
    ///
    /// # Errors
    /// The reason, with every fault.
    pub fn check(self, reason: Reason) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut refusal = Refusal::new(reason);
        refusal.violations = self.0;
        Err(refusal)
    }

    /// A text of at most so many characters without control characters; new lines and tabs are allowed.
    pub fn text(&mut self, field: &str, text: &str, max: usize) {
        if text.chars().count() > max {
            self.add(field, format!("不超过{max}个字符"), format!("must be at most {max} characters"));
        }
        if text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t')) {
            self.add(field, "不得含有控制字符", "must not hold control characters");
        }
    }

    /// The same, and something must be said.
    pub fn required_text(&mut self, field: &str, text: &str, max: usize) {
        if text.trim().is_empty() {
            self.add(field, "必填", "is required");
        }
        self.text(field, text, max);
    }

    /// A list of at most so many.
    pub fn count(&mut self, field: &str, count: usize, max: usize) {
        if count > max {
            self.add(
                field,
                format!("最多{max}项，现有{count}项"),
                format!("must have at most {max} entries, has {count}"),
            );
        }
    }

    /// A decimal string; empty is blank, which is not zero.
    pub fn decimal(&mut self, field: &str, text: &str) -> Option<Quantity> {
        if text.is_empty() {
            return None;
        }
        self.keep(value::decimal(field, text))
    }

    /// An ISO date; empty is none.
    pub fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        if text.is_empty() {
            return None;
        }
        self.keep(period::date(field, text))
    }

    /// What a conversion gave, or none and its fault.
    pub fn keep<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.add_refusal(refusal);
                None
            }
        }
    }

    /// A whole number within bounds.
    pub fn number<T: TryFrom<i32> + Default>(&mut self, field: &str, number: i32, low: i32, high: i32) -> T {
        let within = (low..=high).contains(&number).then(|| T::try_from(number).ok()).flatten();
        within.unwrap_or_else(|| {
            self.add(field, format!("应在{low}至{high}之间"), format!("must lie within {low} to {high}"));
            T::default()
        })
    }

    /// An enum's value; unknown numbers are refused, and zero where `known` gives none for it.
    pub fn choice<P: TryFrom<i32>, T>(
        &mut self,
        field: &str,
        number: i32,
        known: impl Fn(P) -> Option<T>,
    ) -> Option<T> {
        let found = P::try_from(number).ok().and_then(known);
        if found.is_none() {
            self.add(
                field,
                format!("没有编号为{number}的选项，或未填写"),
                format!("{number} is no known choice, or nothing was chosen"),
            );
        }
        found
    }
}
