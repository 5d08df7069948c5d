//! Person-months (人·月): the lesser of months over their target and heads over theirs, two parts of one measure; done
//! when both are reached. Too few months a head, and more months than have passed, are warnings.

use super::{Actual, Assessment, Moment, Rule, share};
use crate::finding::Finding;
use crate::quantity::{Quantity, UnitOfMeasure};
use crate::schedule::months_begun;

/// 81人×8个月=648人·月.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonMonths {
    /// Person-months to reach: the measure's own value counts towards it.
    pub months: Quantity,
    /// Persons to reach.
    pub heads: Quantity,
    /// Code under which the number of persons is reported.
    pub heads_code: String,
    /// Months that each person should get.
    pub months_each: u32,
}

impl Rule for PersonMonths {
    fn target(&self) -> Option<Quantity> {
        Some(self.months)
    }

    fn part_codes(&self) -> Vec<&str> {
        vec![self.heads_code.as_str()]
    }

    fn is_reported(&self, actual: &Actual) -> bool {
        actual.value.number().is_some() && actual.part(&self.heads_code).number().is_some()
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, at: &Moment) -> Assessment {
        let (Some(months), Some(heads)) = (actual.value.number(), actual.part(&self.heads_code).number()) else {
            return Assessment::default();
        };
        let done = months >= self.months && heads >= self.heads;
        let mut it = Assessment {
            completion: share(months, self.months).min(share(heads, self.heads)),
            done,
            gap: self.months.checked_sub(months),
            remarks: vec![format!("{heads}人，{months}人·月")],
            ..Assessment::default()
        };
        let elapsed = months_begun(at.start, at.cut_off);
        if let Some(possible) = heads.checked_mul(elapsed).filter(|possible| months > *possible) {
            it.findings.push(
                Finding::warning(
                    "person_months_beyond_elapsed",
                    "value",
                    format!("{months}人·月超过{heads}人×已过{elapsed}个月={possible}"),
                    format!("{months} person-months exceed {heads} heads × {elapsed} months elapsed = {possible}"),
                )
                .fact("months", months)
                .fact("heads", heads)
                .fact("elapsed", elapsed)
                .fact("possible", possible),
            );
        }
        let each = i64::from(self.months_each);
        let owed = heads.checked_mul(each).filter(|owed| months < *owed && (done || at.is_closing()));
        if let Some(owed) = owed {
            it.findings.push(
                Finding::warning(
                    "person_months_per_head",
                    "value",
                    format!("{months}人·月不足{heads}人×{each}个月={owed}"),
                    format!("{months} person-months are fewer than {heads} heads × {each} months = {owed}"),
                )
                .fact("months", months)
                .fact("heads", heads)
                .fact("owed", owed),
            );
        }
        it
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{at, q, ratio};
    use super::*;
    use crate::value::Value;

    fn judge(targets: (&str, &str), months: &str, heads: &str, moment: &Moment) -> Assessment {
        let rule =
            PersonMonths { months: q(targets.0), heads: q(targets.1), heads_code: "8.1-1".to_owned(), months_each: 8 };
        let mut actual = Actual::number(q(months));
        assert!(!rule.is_reported(&actual));
        actual.parts.push(("8.1-1".to_owned(), Value::Number(q(heads))));
        rule.assess(&actual, &"人·月".parse().unwrap(), moment)
    }

    #[test]
    fn half_year_of_1005_months_for_126_heads_is_69_8_percent_with_a_warning() {
        let it = judge(("1440", "180"), "1005", "126", &at(6, 30));
        assert_eq!(it.completion, Some(ratio(1005, 1440)));
        assert_eq!(it.completion.unwrap().completion_percent(1), "69.8%");
        assert_eq!(it.completion.unwrap().completion_percent(0), "70%");
        assert_eq!(it.findings.len(), 1);
        assert_eq!(it.findings[0].code, "person_months_beyond_elapsed");
        assert!(it.findings[0].facts.contains(&("possible", "756".to_owned())));
    }

    #[test]
    fn done_needs_81_heads_and_648_months() {
        assert!(judge(("648", "81"), "648", "81", &at(12, 31)).done);
        assert!(!judge(("648", "81"), "648", "80", &at(12, 31)).done);
        assert!(!judge(("648", "81"), "647", "81", &at(12, 31)).done);
        assert_eq!(judge(("648", "81"), "324", "81", &at(6, 30)).completion, Some(ratio(1, 2)));
        assert!(judge(("648", "81"), "324", "81", &at(6, 30)).findings.is_empty());
    }

    #[test]
    fn fewer_than_eight_months_a_head_is_a_warning_and_no_failure() {
        let it = judge(("648", "81"), "648", "90", &at(12, 31));
        assert!(it.done);
        assert_eq!(it.findings[0].code, "person_months_per_head");
    }
}
