//! Money (投入): completion A/T, done when A ≥ T; what is counted says whether contracted, done or paid.

use super::{Actual, Assessment, AtLeast, Moment, Rule};
use crate::quantity::{Quantity, UnitOfMeasure};

/// Which money counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyCounted {
    /// 合同额.
    Contracted,
    /// 完成投资额.
    Done,
    /// 支付额.
    Paid,
}

/// 投入10811万元.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// T, the sum to reach.
    pub target: Quantity,
    /// Which money counts; none where nothing says so yet.
    pub counted: Option<MoneyCounted>,
}

impl Rule for Money {
    fn target(&self) -> Option<Quantity> {
        Some(self.target)
    }

    fn assess(&self, actual: &Actual, unit: &UnitOfMeasure, at: &Moment) -> Assessment {
        AtLeast { target: self.target }.assess(actual, unit, at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assess, q, ratio};
    use super::*;

    #[test]
    fn money_counts_like_any_amount() {
        let grid = Money { target: q("10811"), counted: Some(MoneyCounted::Done) };
        let it = assess(&grid, "5405.5", "万元");
        assert_eq!(it.completion, Some(ratio(1, 2)));
        assert_eq!(it.gap, Some(q("5405.5")));
        assert!(!it.done && assess(&grid, "10811", "万元").done);
    }
}
