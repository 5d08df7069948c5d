//! Figures of several tiers beside each other: the same value, a total and its parts.

use minsheng_domain::quantity::Quantity;
use minsheng_proto::common::v1::Value;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::reporting::v1::MeasureValue;
use minsheng_proto::tier::v1::FigureSet;
use thiserror::Error;

/// Parts that do not make their total.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SumFault {
    /// The sum is another one.
    #[error("the parts of {measure} add up to {sum}, the total is {total}")]
    Sum {
        /// The measure.
        measure: String,
        /// What they add up to.
        sum: String,
        /// What was said.
        total: String,
    },
    /// A part is another one than the breakdown shows.
    #[error("the breakdown of {measure} shows another figure for {division}")]
    Part {
        /// The measure.
        measure: String,
        /// Division of the part.
        division: String,
    },
}

/// Whether two values say the same: equal numbers of one unit, or the same state for the same reason.
pub fn same_value(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (state(one), state(other)) {
        (Some(State::Quantity(one)), Some(State::Quantity(other))) => {
            let numbers = one.value.parse::<Quantity>().ok().zip(other.value.parse::<Quantity>().ok());
            one.unit == other.unit && numbers.is_some_and(|(one, other)| one == other)
        }
        (one, other) => one == other,
    }
}

fn state(value: Option<&Value>) -> Option<&State> {
    value?.state.as_ref()
}

/// What is not reported is no value.
pub(super) fn is_silent(value: Option<&Value>) -> bool {
    matches!(state(value), None | Some(State::NotReported(_)))
}

fn number(value: Option<&Value>) -> Option<Quantity> {
    match state(value)? {
        State::Quantity(quantity) => quantity.value.parse().ok(),
        _ => None,
    }
}

/// Whether the values of a set are those decided on for the measures that answer them; else the measure.
pub(super) fn check_answers(set: &FigureSet, decided: &[&MeasureValue]) -> Result<(), String> {
    for value in set.values.iter().filter(|value| !is_silent(value.value.as_ref())) {
        let answer = set.answers.iter().find(|answer| answer.measure == value.measure);
        let own = answer.and_then(|answer| decided.iter().find(|own| own.measure == answer.own_measure));
        if !own.is_some_and(|own| own.value == value.value) {
            return Err(value.measure.clone());
        }
    }
    Ok(())
}

type Share = (String, Option<MeasureValue>);

/// Whether shares add up to a total. Where none of them is a number the total is none either.
pub(super) fn check_total(measure: &str, total: Option<&Value>, shares: &[Share]) -> Result<(), SumFault> {
    let numbers: Vec<Quantity> =
        shares.iter().filter_map(|(_, share)| number(share.as_ref()?.value.as_ref())).collect();
    let sum = if numbers.is_empty() { None } else { Quantity::checked_sum(numbers) };
    if sum == number(total) {
        return Ok(());
    }
    let shown = |number: Option<Quantity>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    Err(SumFault::Sum { measure: measure.to_owned(), sum: shown(sum), total: shown(number(total)) })
}

/// Whether a value is the sum of its breakdown, and the breakdown shows these shares as they are.
///
/// # Errors
/// The first that is not.
pub fn check_breakdown(value: &MeasureValue, shares: &[Share]) -> Result<(), SumFault> {
    if value.breakdown.is_empty() {
        return Ok(());
    }
    let places: Vec<Share> = value
        .breakdown
        .iter()
        .map(|place| {
            let value = MeasureValue { value: place.value.clone(), ..MeasureValue::default() };
            (place.division.clone(), Some(value))
        })
        .collect();
    if number(value.value.as_ref()).is_some() {
        check_total(&value.measure, value.value.as_ref(), &places)?;
    }
    for (division, share) in shares {
        let Some(share) = share else { continue };
        let place = value.breakdown.iter().find(|place| place.division == *division);
        if !place.is_some_and(|place| same_value(place.value.as_ref(), share.value.as_ref())) {
            return Err(SumFault::Part { measure: value.measure.clone(), division: division.clone() });
        }
    }
    Ok(())
}
