//! More than (超过、突破): completion A/T, done when A > T. The unit must resolve the difference: 33.00万 may be 329,996.

use super::{Actual, Assessment, Moment, Rule, share};
use crate::finding::Finding;
use crate::quantity::{Quantity, UnitOfMeasure};

/// 证照超过30类; 用户突破33万.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoreThan {
    /// T, the number to exceed.
    pub target: Quantity,
}

impl Rule for MoreThan {
    fn target(&self) -> Option<Quantity> {
        Some(self.target)
    }

    fn assess(&self, actual: &Actual, unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        let Some(value) = actual.value.number() else {
            return Assessment::default();
        };
        let mut it = Assessment {
            completion: share(value, self.target),
            done: value > self.target,
            gap: self.target.checked_sub(value),
            ..Assessment::default()
        };
        if value == self.target {
            it.remarks.push("尚未超过".to_owned());
            if unit.is_coarse() {
                it.findings.push(
                    Finding::warning(
                        "unit_too_coarse",
                        "value",
                        format!("以{unit}计恰为目标数，无法判断是否超过，应报到个位"),
                        format!(
                            "exactly the target in {unit}: whether it is exceeded cannot be told; report single units"
                        ),
                    )
                    .fact("value", value)
                    .fact("target", self.target),
                );
            }
        }
        it
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{assess, q};
    use super::*;

    #[test]
    fn exactly_the_number_is_not_more_than_it() {
        let licences = MoreThan { target: q("30") };
        let it = assess(&licences, "30", "类");
        assert_eq!(it.completion.unwrap().completion_percent(1), "100.0%");
        assert!(!it.done);
        assert_eq!(it.remarks, ["尚未超过"]);
        assert!(it.findings.is_empty());
        assert!(assess(&licences, "31", "类").done);
    }

    #[test]
    fn ten_thousands_do_not_resolve_whether_330000_is_exceeded() {
        let coarse = assess(&MoreThan { target: q("33") }, "33.00", "万户");
        assert!(!coarse.done);
        assert_eq!(coarse.findings[0].code, "unit_too_coarse");
        let fine = assess(&MoreThan { target: q("330000") }, "329996", "户");
        assert_eq!(fine.completion.unwrap().completion_percent(1), "99.9%");
        assert!(!fine.done && fine.findings.is_empty());
    }
}
