//! At most (不高于, 低于): no ratio; met when A ≤ T, or A < T where the text says 低于.

use super::{Actual, Assessment, Moment, Rule, Timing};
use crate::quantity::{Quantity, UnitOfMeasure};

/// 登记失业率低于4.3%.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtMost {
    /// T, the number not to exceed.
    pub target: Quantity,
    /// True for 低于: the number itself is too much.
    pub strict: bool,
}

impl Rule for AtMost {
    fn target(&self) -> Option<Quantity> {
        Some(self.target)
    }

    fn timing(&self) -> Timing {
        Timing::Standing
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        let Some(value) = actual.value.number() else {
            return Assessment::default();
        };
        let met = if self.strict { value < self.target } else { value <= self.target };
        Assessment { done: met, met_now: Some(met), gap: self.target.checked_sub(value), ..Assessment::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assess, q};
    use super::*;

    #[test]
    fn below_is_strict_and_has_no_ratio() {
        let unemployment = AtMost { target: q("4.3"), strict: true };
        let it = assess(&unemployment, "3.57", "%");
        assert_eq!((it.completion, it.done, it.met_now), (None, true, Some(true)));
        assert_eq!(it.gap, Some(q("0.73")));
        assert!(!assess(&unemployment, "4.3", "%").done);
        assert!(assess(&AtMost { strict: false, ..unemployment }, "4.3", "%").done);
    }
}
