//! Rate (达标率): no ratio and no time proportion, only the value and its gap in percentage points. It is judged on
//! pooled days or cases, never on a mean of months, and settled when the year ends.

use super::{Actual, Assessment, Moment, Pooled, Rule, Timing};
use crate::finding::Finding;
use crate::quantity::{Quantity, UnitOfMeasure};
use crate::ratio::Ratio;

/// 空气优良率达95%.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// T, in percent.
    pub target: Quantity,
}

impl Rule for Rate {
    fn target(&self) -> Option<Quantity> {
        Some(self.target)
    }

    fn timing(&self) -> Timing {
        Timing::Standing
    }

    fn is_reported(&self, actual: &Actual) -> bool {
        actual.value.number().is_some() || actual.pooled.is_some()
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, at: &Moment) -> Assessment {
        let pooled = actual.pooled.and_then(|Pooled { part, whole }| Ratio::of(part, whole));
        let stated = actual.value.number();
        let Some(rate) = pooled.or(stated.map(Ratio::from_percent)) else {
            return Assessment::default();
        };
        let met = rate >= Ratio::from_percent(self.target);
        let shown = (rate * Ratio::integer(100)).round(2);
        let mut it = Assessment {
            done: met && at.is_closing(),
            met_now: Some(met),
            gap: shown.and_then(|shown| self.target.checked_sub(shown)),
            ..Assessment::default()
        };
        if let (Some(exact), Some(stated)) = (pooled, stated) {
            let follows = (exact * Ratio::integer(100)).round(stated.decimals_used());
            if follows != Some(stated) {
                it.findings.push(
                    Finding::warning(
                        "rate_not_pooled",
                        "value",
                        format!("所报{stated}%与累计天（件）数得出的{}不符，不得以各月平均代替", exact.percent(2)),
                        format!("the stated {stated}% does not follow from the pooled numbers, {}", exact.percent(2)),
                    )
                    .fact("stated", stated)
                    .fact("computed", exact.percent(2)),
                );
            }
        }
        it
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{at, q};
    use super::*;
    use crate::value::Value;

    #[test]
    fn met_now_is_never_done_before_the_year_ends() {
        let air = Rate { target: q("95") };
        let unit = "%".parse().unwrap();
        let mut actual = Actual::number(q("96.2"));
        let june = air.assess(&actual, &unit, &at(6, 20));
        assert_eq!((june.completion, june.met_now, june.done), (None, Some(true), false));
        assert_eq!(june.gap, Some(q("-1.2")));
        assert!(air.assess(&actual, &unit, &at(12, 31)).done);
        actual.value = Value::Number(q("94.99"));
        assert_eq!(air.assess(&actual, &unit, &at(6, 20)).met_now, Some(false));
    }

    #[test]
    fn days_are_pooled_and_compared_exactly() {
        let air = Rate { target: q("95") };
        let unit = "%".parse().unwrap();
        // 346 of 365 is 94.79%, though it prints as 95 without decimals.
        let mut actual = Actual { pooled: Some(Pooled { part: q("346"), whole: q("365") }), ..Actual::default() };
        assert_eq!(air.assess(&actual, &unit, &at(12, 31)).met_now, Some(false));
        actual.value = Value::Number(q("95.1"));
        assert_eq!(air.assess(&actual, &unit, &at(12, 31)).findings[0].code, "rate_not_pooled");
    }
}
