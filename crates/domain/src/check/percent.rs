//! Check of printed percentages: what is printed must follow from the numbers beside it, and needs numbers at all.
//! Field rules §3 and §5 (5 of 70 printed as 54%; 100% without a number; 70% beside 1005/1440 and 126/180).

use super::{MeasureInput, ReportInput};
use crate::finding::Finding;
use crate::measure::Evaluation;
use crate::quantity::Quantity;
use crate::ratio::Ratio;
use crate::target::{Kind, Rule};

/// What becomes of a printed percentage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrintedPercent {
    /// It follows from one of the fractions.
    Follows,
    /// There is no number that it could follow from.
    WithoutNumber,
    /// It is no percentage.
    Unreadable,
    /// It follows from none of them; what each would print.
    Differs(Vec<String>),
}

/// Compares a percentage as printed (`54%`, `55.9%`) with the fractions that it may follow from, rounded to its own
/// number of decimals; below the target 100% never follows.
pub fn printed_percent(printed: &str, fractions: &[Ratio]) -> PrintedPercent {
    let number = printed.trim().trim_end_matches(['%', '％']).trim_end();
    let Ok(stated) = number.parse::<Quantity>() else {
        return PrintedPercent::Unreadable;
    };
    let decimals = number.split_once('.').map_or(0, |(_, fraction)| u8::try_from(fraction.len()).unwrap_or(u8::MAX));
    if fractions.is_empty() {
        return PrintedPercent::WithoutNumber;
    }
    let computed: Vec<String> = fractions.iter().map(|fraction| fraction.completion_percent(decimals)).collect();
    let follows = computed.iter().any(|text| text.trim_end_matches('%').parse::<Quantity>() == Ok(stated));
    if follows { PrintedPercent::Follows } else { PrintedPercent::Differs(computed) }
}

/// The fractions that a measure's percentage may follow from.
fn fractions(measure: &MeasureInput, evaluation: &Evaluation) -> Vec<Ratio> {
    let mut fractions: Vec<Ratio> = evaluation.completion.into_iter().collect();
    if let Kind::PersonMonths(rule) = &measure.spec.kind {
        let months = measure.actual.value.number().and_then(|months| Ratio::of(months, rule.months));
        let heads = measure.actual.part(&rule.heads_code).number().and_then(|heads| Ratio::of(heads, rule.heads));
        fractions.extend(months.into_iter().chain(heads));
    }
    if let (Kind::Rate(rule), Some(value)) = (&measure.spec.kind, measure.actual.value.number()) {
        fractions.push(Ratio::from_percent(value));
        fractions.extend(rule.target().and_then(|target| Ratio::of(value, target)));
    }
    fractions
}

/// Warning: a percentage that does not follow from its numbers, or has none.
pub(super) fn printed(_: &ReportInput, measure: &MeasureInput, evaluation: &Evaluation) -> Vec<Finding> {
    let Some(printed) = &measure.printed_percent else {
        return Vec::new();
    };
    let field = measure.field("printed_percent");
    let finding = match printed_percent(printed, &fractions(measure, evaluation)) {
        PrintedPercent::Follows => return Vec::new(),
        PrintedPercent::WithoutNumber => Finding::warning(
            "percent_without_number",
            field,
            format!("只有百分比{printed}而没有完成数，视为未报"),
            format!("{printed} without a number; it counts as not reported"),
        ),
        PrintedPercent::Unreadable => Finding::warning(
            "percent_unreadable",
            field,
            format!("“{printed}”不是百分比"),
            format!("{printed} is no percentage"),
        ),
        PrintedPercent::Differs(computed) => Finding::warning(
            "percent_differs",
            field,
            format!("所列{printed}与按数计算的{}不符", computed.join("或")),
            format!("{printed} is printed, the numbers give {}", computed.join(" or ")),
        )
        .fact("computed", computed.join(", ")),
    };
    vec![finding.fact("printed", printed)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{codes, measure, q};
    use super::*;
    use crate::target::{Actual, AtLeast, PersonMonths};
    use crate::value::Value;

    fn ratio(num: i128, den: i128) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    #[test]
    fn a_districts_half_year_is_read_as_its_numbers_say() {
        assert_eq!(printed_percent("54%", &[ratio(5, 70)]), PrintedPercent::Differs(vec!["7%".to_owned()]));
        assert_eq!(printed_percent("100%", &[]), PrintedPercent::WithoutNumber);
        assert_eq!(printed_percent("55.9%", &[ratio(1564, 2800)]), PrintedPercent::Follows);
        assert_eq!(printed_percent("70%", &[ratio(1005, 1440)]), PrintedPercent::Follows);
        assert_eq!(printed_percent("70％", &[ratio(126, 180)]), PrintedPercent::Follows);
        assert_eq!(printed_percent("100.0%", &[ratio(2999, 3000)]), PrintedPercent::Differs(vec!["99.9%".to_owned()]));
        assert_eq!(printed_percent("187.9%", &[ratio(52242, 27800)]), PrintedPercent::Follows);
        assert_eq!(printed_percent("过半", &[ratio(1, 2)]), PrintedPercent::Unreadable);
    }

    #[test]
    fn a_report_with_such_percentages_is_questioned() {
        let mut works = measure("5");
        works.spec.kind = Kind::AtLeast(AtLeast { target: q("70") });
        works.printed_percent = Some("54%".to_owned());
        assert_eq!(codes(works.clone()), ["percent_differs"]);
        works.printed_percent = Some("7.1%".to_owned());
        assert!(codes(works.clone()).is_empty());
        works.actual = Actual::default();
        works.printed_percent = Some("100%".to_owned());
        assert!(codes(works).contains(&"percent_without_number"));
    }

    #[test]
    fn the_percentage_of_person_months_may_follow_from_either_number() {
        let mut it = measure("700");
        it.spec.kind = Kind::PersonMonths(PersonMonths {
            months: q("1440"),
            heads: q("180"),
            heads_code: "h".into(),
            months_each: 8,
        });
        it.actual.parts = vec![("h".to_owned(), Value::Number(q("126")))];
        for printed in ["70%", "49%", "48.6%"] {
            it.printed_percent = Some(printed.to_owned());
            assert!(codes(it.clone()).is_empty(), "{printed}");
        }
    }
}
