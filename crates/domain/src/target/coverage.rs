//! Coverage (全覆盖): completion A/T and the names of what is not yet covered; done when A = T of the base in force.
//! More than the base is an error until the base is amended.

use super::{Actual, Assessment, Moment, Rule, share};
use crate::finding::Finding;
use crate::quantity::{Quantity, UnitOfMeasure};

/// 8个机构, 43个病种, 23个乡镇, 433个村（社区）.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// T, the number of things in the base in force.
    pub base: Quantity,
}

impl Rule for Coverage {
    fn target(&self) -> Option<Quantity> {
        Some(self.base)
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        let Some(value) = actual.value.number() else {
            return Assessment::default();
        };
        let mut it = Assessment {
            completion: share(value, self.base),
            done: value == self.base,
            gap: self.base.checked_sub(value),
            ..Assessment::default()
        };
        if value > self.base {
            it.findings.push(
                Finding::error(
                    "coverage_above_base",
                    "value",
                    format!("覆盖数{value}大于应覆盖总数{}，应先修订总数", self.base),
                    format!("{value} covered of a base of {}; amend the base first", self.base),
                )
                .fact("value", value)
                .fact("base", self.base),
            );
        }
        if !actual.uncovered.is_empty() {
            it.remarks.push(format!("尚未覆盖：{}", actual.uncovered.join("、")));
            let named = i64::try_from(actual.uncovered.len()).ok().and_then(Quantity::from_integer);
            if named != it.gap {
                it.findings.push(
                    Finding::warning(
                        "uncovered_names",
                        "uncovered",
                        format!("列名未覆盖{}个，与总数减已覆盖数不符", actual.uncovered.len()),
                        "the number of names not yet covered differs from the base less the value",
                    )
                    .fact("named", actual.uncovered.len())
                    .fact("value", value)
                    .fact("base", self.base),
                );
            }
        }
        it
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{assess, at, q};
    use super::*;

    #[test]
    fn done_only_at_the_whole_base_and_an_error_above_it() {
        let villages = Coverage { base: q("433") };
        let short = assess(&villages, "432", "个");
        assert_eq!(short.completion.unwrap().completion_percent(1), "99.8%");
        assert!(!short.done);
        assert!(assess(&villages, "433", "个").done);
        let above = assess(&villages, "434", "个");
        assert!(!above.done);
        assert_eq!(above.findings[0].code, "coverage_above_base");
    }

    #[test]
    fn what_is_not_covered_is_named() {
        let towns = Coverage { base: q("23") };
        let mut actual = Actual::number(q("21"));
        actual.uncovered = vec!["甲乡".to_owned(), "乙镇".to_owned()];
        let it = towns.assess(&actual, &"个".parse().unwrap(), &at(6, 20));
        assert_eq!(it.remarks, ["尚未覆盖：甲乡、乙镇"]);
        assert!(it.findings.is_empty());
        actual.uncovered.pop();
        let it = towns.assess(&actual, &"个".parse().unwrap(), &at(6, 20));
        assert_eq!(it.findings[0].code, "uncovered_names");
    }
}
