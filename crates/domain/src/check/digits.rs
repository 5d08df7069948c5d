//! Checks on the look of figures: round numbers month after month, and last digits that are too much alike across
//! townships. Warnings only; nothing is rejected for looking odd alone. Field rules §3.

use super::{MeasureInput, ReportInput};
use crate::finding::Finding;
use crate::measure::Evaluation;
use crate::quantity::Quantity;

/// Periods in a row whose figures must all be round to be noticed.
const ROUND_PERIODS: usize = 3;
/// Townships from which last digits say something.
const ENOUGH_AREAS: usize = 10;
/// Percent of them with the same last digit from which it is noticed.
const ALIKE_PERCENT: usize = 80;

/// Warning: three figures in a row, all different, are whole hundreds.
pub(super) fn round_numbers(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let hundred = 1_000_000;
    let earlier = measure.history.iter().rev().filter_map(|earlier| earlier.figure().map(|(figure, _)| figure));
    let figures: Vec<Quantity> = measure.actual.value.number().into_iter().chain(earlier).take(ROUND_PERIODS).collect();
    let round = |figure: &Quantity| !figure.is_zero() && figure.scaled() % hundred == 0;
    let moving = figures.windows(2).all(|pair| pair[0] != pair[1]);
    if figures.len() < ROUND_PERIODS || !moving || !figures.iter().all(round) {
        return Vec::new();
    }
    let shown: Vec<String> = figures.iter().rev().map(Quantity::to_string).collect();
    let finding = Finding::warning(
        "round_numbers",
        measure.field("value"),
        format!("连续{ROUND_PERIODS}期为整百数（{}），请核对是否估报", shown.join("、")),
        format!("whole hundreds {ROUND_PERIODS} periods in a row: {}", shown.join(", ")),
    );
    vec![finding.fact("figures", shown.join(", "))]
}

/// Warning: of ten townships or more with figures of two digits or more, four in five end in the same digit.
pub(super) fn last_digits(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let unit = 10_i64.pow(4_u32.saturating_sub(measure.spec.decimals.into()));
    let numbers = measure.breakdown.iter().filter_map(|(_, value)| value.number());
    let units = numbers.map(|number| number.scaled() / unit).filter(|units| *units >= 10);
    let digits: Vec<i64> = units.map(|units| units % 10).collect();
    let often = |digit: &i64| digits.iter().filter(|other| *other == digit).count();
    let Some((times, digit)) = (0..10).map(|digit| (often(&digit), digit)).max() else {
        return Vec::new();
    };
    if digits.len() < ENOUGH_AREAS || times * 100 < digits.len() * ALIKE_PERCENT {
        return Vec::new();
    }
    let finding = Finding::warning(
        "last_digits",
        measure.field("breakdown"),
        format!("{}个乡镇数中有{times}个末位同为{digit}，请核对是否估报", digits.len()),
        format!("{times} of {} township figures end in {digit}", digits.len()),
    );
    vec![finding.fact("areas", digits.len()).fact("alike", times).fact("digit", digit)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{codes, earlier, measure};
    use super::*;
    use crate::value::Value;

    #[test]
    fn hundreds_three_times_in_a_row_are_noticed() {
        let mut it = measure("1700");
        it.history = vec![earlier(4, "1100"), earlier(5, "1400")];
        assert_eq!(codes(it.clone()), ["round_numbers"]);
        it.history = vec![earlier(4, "1101"), earlier(5, "1400")];
        assert!(codes(it.clone()).is_empty());
        it.history = vec![earlier(5, "1400")];
        assert!(codes(it).is_empty());
    }

    #[test]
    fn township_figures_that_all_end_alike_are_noticed() {
        let areas = |odd: usize| {
            let number = |row: usize| {
                if row < odd { 11 + row as i64 } else { 20 + 10 * row as i64 }
            };
            let values: Vec<i64> = (0..10).map(number).collect();
            let mut it = measure(&values.iter().sum::<i64>().to_string());
            let area = |(row, value): (usize, &i64)| {
                (format!("4309231{row:02}").parse().unwrap(), Value::Number(Quantity::from_integer(*value).unwrap()))
            };
            it.breakdown = values.iter().enumerate().map(area).collect();
            it
        };
        assert_eq!(codes(areas(2)), ["last_digits"]);
        assert!(codes(areas(3)).is_empty());
    }
}
