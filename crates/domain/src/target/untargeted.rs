//! Pending (待下达) and no target (持续推进): no completion; a value may be reported all the same. A pending target is
//! never done until it arrives with its document; what has no target is done as the certifier states.

use super::{Actual, Assessment, Moment, Rule, Timing};
use crate::light::NoColour;
use crate::quantity::{Quantity, UnitOfMeasure};

/// 待省定目标下达后另行明确.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending;

/// 持续推进.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTarget;

impl Rule for Pending {
    fn target(&self) -> Option<Quantity> {
        None
    }

    fn timing(&self) -> Timing {
        Timing::None(NoColour::Pending)
    }

    fn is_reported(&self, _actual: &Actual) -> bool {
        true
    }

    fn assess(&self, _actual: &Actual, _unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        Assessment::default()
    }
}

impl Rule for NoTarget {
    fn target(&self) -> Option<Quantity> {
        None
    }

    fn timing(&self) -> Timing {
        Timing::None(NoColour::Ongoing)
    }

    fn is_reported(&self, _actual: &Actual) -> bool {
        true
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        Assessment { done: actual.stated_done, ..Assessment::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assess, at};
    use super::*;

    #[test]
    fn without_a_target_there_is_no_completion() {
        let it = assess(&Pending, "12000", "人");
        assert_eq!((it.completion, it.done), (None, false));
        assert!(!assess(&NoTarget, "3", "次").done);
        let stated = Actual { stated_done: true, ..Actual::default() };
        let unit = "次".parse();
        assert!(unit.is_ok_and(|unit| NoTarget.assess(&stated, &unit, &at(12, 31)).done));
    }
}
