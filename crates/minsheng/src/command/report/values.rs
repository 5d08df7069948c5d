//! Values as they are typed: `3.2-1=1475/310`, `3.2-1=不适用:原因`, `3.2-1=无:原因`, `3.2-1=未报`. The unit of measure comes
//! from the catalogue; whether the number is good is for the service to say.

use minsheng_proto::catalogue::v1::Indicator;
use minsheng_proto::common::v1::{NoneHere, NotApplicable, NotReported, Quantity, Value, value::State};
use minsheng_proto::reporting::v1::MeasureValue;

use crate::failure::{Failure, Outcome};

/// The typed forms, for refusals.
const FORMS: &str =
    "写作 计量项=累计数 或 计量项=累计数/本期数；没有数时写 计量项=不适用:原因、计量项=无:原因、计量项=未报";

/// The measure's unit; refuses a code that the indicator does not have.
pub(super) fn unit_of<'a>(indicator: &'a Indicator, code: &str) -> Outcome<&'a str> {
    if let Some(measure) = indicator.measures.iter().find(|measure| measure.code == code) {
        return Ok(&measure.unit);
    }
    let failure = Failure::refused(format!("指标{}没有计量项{code}", indicator.code));
    Err(indicator.measures.iter().fold(failure, |failure, measure| failure.fault(&measure.code, &measure.title)))
}

/// Puts a typed value into the measure's place.
pub(super) fn put(values: &mut Vec<MeasureValue>, indicator: &Indicator, code: &str, text: &str) -> Outcome {
    let unit = unit_of(indicator, code)?;
    let (value, this_period) = parse(text, unit).ok_or_else(|| Failure::usage(FORMS).fault(code, text))?;
    let place = place(values, code);
    place.value = Some(value);
    place.this_period = this_period;
    Ok(())
}

/// The measure's place among the values, made if there is none.
pub(super) fn place<'a>(values: &'a mut Vec<MeasureValue>, code: &str) -> &'a mut MeasureValue {
    let index = values.iter().position(|value| value.measure == code).unwrap_or_else(|| {
        values.push(MeasureValue { measure: code.to_owned(), ..MeasureValue::default() });
        values.len() - 1
    });
    &mut values[index]
}

/// A value in one of its four states, and this period's part of a flow.
pub(super) fn parse(text: &str, unit: &str) -> Option<(Value, Option<Quantity>)> {
    let quantity = |number: &str| Quantity { value: number.trim().to_owned(), unit: unit.to_owned() };
    let said = text.split_once([':', '：']).map(|(word, reason)| (word.trim(), reason.trim().to_owned()));
    let (state, this_period) = match (text.trim(), said) {
        ("未报", _) => (State::NotReported(NotReported {}), None),
        (_, Some(("不适用", reason))) => (State::NotApplicable(NotApplicable { reason }), None),
        (_, Some(("无" | "没有" | "本地无", reason))) => (State::NoneHere(NoneHere { reason }), None),
        ("", _) | (_, Some(_)) => return None,
        (number, None) => match number.split_once('/') {
            Some((value, this_period)) => (State::Quantity(quantity(value)), Some(quantity(this_period))),
            None => (State::Quantity(quantity(number)), None),
        },
    };
    Some((Value { state: Some(state) }, this_period))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use minsheng_proto::catalogue::v1::Measure;

    use super::*;

    fn indicator() -> Indicator {
        let measure = Measure { code: "3.2-1".into(), unit: "人".into(), ..Measure::default() };
        Indicator { code: "3.2".into(), measures: vec![measure], ..Indicator::default() }
    }

    #[test]
    fn the_four_states_are_typed_apart_and_zero_is_a_number() {
        let (value, this_period) = parse("1475/310", "人").unwrap();
        assert_eq!(value.state, Some(State::Quantity(Quantity { value: "1475".into(), unit: "人".into() })));
        assert_eq!(this_period.unwrap().value, "310");
        assert!(matches!(parse("0", "人").unwrap().0.state, Some(State::Quantity(_))));
        assert!(matches!(parse("未报", "人").unwrap().0.state, Some(State::NotReported(_))));
        assert!(matches!(parse("不适用:今年不开展", "人").unwrap().0.state, Some(State::NotApplicable(_))));
        assert!(matches!(parse("无：本乡没有", "人").unwrap().0.state, Some(State::NoneHere(_))));
        assert!(parse("", "人").is_none() && parse("大概:5", "人").is_none());
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one_and_an_unknown_measure_is_named() {
        let mut values = Vec::new();
        put(&mut values, &indicator(), "3.2-1", "1").unwrap();
        put(&mut values, &indicator(), "3.2-1", "2").unwrap();
        assert_eq!(values.len(), 1);
        let failure = put(&mut values, &indicator(), "3.2-9", "1").unwrap_err();
        assert!(failure.text().contains("没有计量项3.2-9"));
    }
}
