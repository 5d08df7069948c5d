//! At least (不少于): completion A/T, done when A ≥ T.

use super::{Actual, Assessment, Moment, Rule, share};
use crate::quantity::{Quantity, UnitOfMeasure};

/// 城镇新增就业5000人.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtLeast {
    /// T, the number to reach.
    pub target: Quantity,
}

impl Rule for AtLeast {
    fn target(&self) -> Option<Quantity> {
        Some(self.target)
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        let Some(value) = actual.value.number() else {
            return Assessment::default();
        };
        Assessment {
            completion: share(value, self.target),
            done: value >= self.target,
            gap: self.target.checked_sub(value),
            ..Assessment::default()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{assess, q};
    use super::*;

    #[test]
    fn examples_of_the_field_come_out_as_printed() {
        for (value, target, shown, done) in [
            ("1981", "1980", "100.1%", true),
            ("52242", "27800", "187.9%", true),
            ("126", "180", "70.0%", false),
            ("5", "70", "7.1%", false),
            ("2999", "3000", "99.9%", false),
        ] {
            let it = assess(&AtLeast { target: q(target) }, value, "人");
            assert_eq!(it.completion.unwrap().completion_percent(1), shown);
            assert_eq!(it.done, done);
        }
    }

    #[test]
    fn a_target_of_zero_has_no_completion() {
        assert_eq!(assess(&AtLeast { target: Quantity::ZERO }, "3", "人").completion, None);
    }
}
