//! Standard raised (提标): met 100% or not met 0%, nothing between; the value is shown, never a ratio. Done when the new
//! standard is in force and paid, with back-payment.

use super::{Actual, Assessment, Moment, Rule, Timing};
use crate::finding::Finding;
use crate::quantity::{Quantity, UnitOfMeasure};
use crate::ratio::Ratio;

/// 低保标准从600提高到650元/月.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandardRaised {
    /// B, the standard before; may be unknown.
    pub baseline: Option<Quantity>,
    /// T, the standard to reach.
    pub target: Quantity,
}

impl Rule for StandardRaised {
    fn target(&self) -> Option<Quantity> {
        Some(self.target)
    }

    fn timing(&self) -> Timing {
        Timing::CurveOnly
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        let Some(value) = actual.value.number() else {
            return Assessment::default();
        };
        let done = value >= self.target && actual.paid;
        let mut it = Assessment {
            completion: Some(if done { Ratio::ONE } else { Ratio::ZERO }),
            done,
            gap: self.target.checked_sub(value),
            ..Assessment::default()
        };
        if value >= self.target && !actual.paid {
            it.remarks.push("已提标，尚未发放到位".to_owned());
        }
        if let Some(baseline) = self.baseline.filter(|baseline| value < *baseline) {
            it.findings.push(
                Finding::warning(
                    "standard_below_baseline",
                    "value",
                    format!("所报标准{value}低于提标前的{baseline}"),
                    format!("the reported standard {value} is below the {baseline} before the raise"),
                )
                .fact("value", value)
                .fact("baseline", baseline),
            );
        }
        it
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{at, q};
    use super::*;

    #[test]
    fn met_or_not_met_and_nothing_between() {
        let allowance = StandardRaised { baseline: Some(q("600")), target: q("650") };
        let unit = "元/月".parse().unwrap();
        let judge =
            |value: &str, paid: bool| allowance.assess(&Actual { paid, ..Actual::number(q(value)) }, &unit, &at(6, 20));
        for (value, paid, completion) in [
            ("650", true, Ratio::ONE),
            ("650", false, Ratio::ZERO),
            ("640", true, Ratio::ZERO),
            ("700", true, Ratio::ONE),
        ] {
            let it = judge(value, paid);
            assert_eq!(it.completion, Some(completion), "{value} {paid}");
            assert_eq!(it.done, completion == Ratio::ONE);
        }
        assert_eq!(judge("590", true).findings[0].code, "standard_below_baseline");
        let unknown = StandardRaised { baseline: None, ..allowance };
        assert!(unknown.assess(&Actual::number(q("1")), &unit, &at(6, 20)).findings.is_empty());
    }
}
