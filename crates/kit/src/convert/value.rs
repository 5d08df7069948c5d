//! Quantities and the four states of a value.

use minsheng_domain::quantity::{Quantity, QuantityError};
use minsheng_domain::value::Value;
use minsheng_proto::common::v1 as proto;
use proto::value::State;

use super::Faults;
use crate::error::{Reason, Refusal};

/// Longest reason of a value that is no number, in characters.
const MAX_REASON: usize = 500;

/// A decimal string of the named field.
///
/// # Errors
/// QUANTITY_INVALID.
pub fn decimal(field: &str, text: &str) -> Result<Quantity, Refusal> {
    text.parse().map_err(|error: QuantityError| {
        Refusal::new(Reason::QuantityInvalid).field(field, error.zh(), error.to_string())
    })
}

/// A quantity of the named field in the unit that the catalogue gives it.
///
/// # Errors
/// FIELD_REQUIRED when absent, QUANTITY_INVALID, UNIT_MISMATCH.
pub fn quantity(field: &str, quantity: Option<&proto::Quantity>, unit: &str) -> Result<Quantity, Refusal> {
    let quantity = quantity.ok_or_else(|| Refusal::required(field))?;
    let number = quantity.value.parse().or_else(|_| decimal(&format!("{field}.value"), &quantity.value))?;
    if quantity.unit == unit {
        return Ok(number);
    }
    Err(Refusal::new(Reason::UnitMismatch).with("expected", unit).with("given", &quantity.unit).field(
        format!("{field}.unit"),
        format!("计量单位应为“{unit}”，所填为“{}”", quantity.unit),
        format!("the unit must be {unit:?}, it was {:?}", quantity.unit),
    ))
}

/// A value of the named field, its number in the unit that the catalogue gives it.
///
/// # Errors
/// FIELD_REQUIRED for an absent state, FIELD_INVALID for a reason that is missing or too long, and those of [`quantity`].
pub fn to_domain(field: &str, value: Option<&proto::Value>, unit: &str) -> Result<Value, Refusal> {
    let state = value.and_then(|value| value.state.as_ref()).ok_or_else(|| Refusal::required(field))?;
    Ok(match state {
        State::Quantity(number) => Value::Number(quantity(&format!("{field}.quantity"), Some(number), unit)?),
        State::NotApplicable(why) => {
            Value::NotApplicable(reason(&format!("{field}.not_applicable.reason"), &why.reason)?)
        }
        State::NoneHere(why) => Value::NoneHere(reason(&format!("{field}.none_here.reason"), &why.reason)?),
        State::NotReported(_) => Value::NotReported,
    })
}

/// A quantity as it travels.
pub fn quantity_to_proto(number: Quantity, unit: &str) -> proto::Quantity {
    proto::Quantity { value: number.to_string(), unit: unit.to_owned() }
}

/// A value as it travels.
pub fn to_proto(value: &Value, unit: &str) -> proto::Value {
    let state = match value {
        Value::Number(number) => State::Quantity(quantity_to_proto(*number, unit)),
        Value::NotApplicable(reason) => State::NotApplicable(proto::NotApplicable { reason: reason.clone() }),
        Value::NoneHere(reason) => State::NoneHere(proto::NoneHere { reason: reason.clone() }),
        Value::NotReported => State::NotReported(proto::NotReported {}),
    };
    proto::Value { state: Some(state) }
}

fn reason(field: &str, text: &str) -> Result<String, Refusal> {
    let mut faults = Faults::default();
    faults.required_text(field, text, MAX_REASON);
    faults.check(Reason::FieldInvalid)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn number(value: &str, unit: &str) -> proto::Value {
        let quantity = proto::Quantity { value: value.into(), unit: unit.into() };
        proto::Value { state: Some(State::Quantity(quantity)) }
    }

    #[test]
    fn numbers_that_are_none_are_refused_by_name() {
        let long = format!("1{}", "0".repeat(40));
        for wrong in [
            "", " 1", "1 ", "+1", "1e400", &long, "0.12345", "NaN", "Infinity", "-0", "１２", "1,000", "٣", "1.", ".5",
            "01", "1e3", "0x10", "1\u{0}",
        ] {
            let refusal = to_domain("values[2].value", Some(&number(wrong, "人")), "人").unwrap_err();
            assert_eq!(refusal.reason, Reason::QuantityInvalid, "{wrong:?}");
            assert_eq!(refusal.violations[0].field, "values[2].value.quantity.value");
        }
    }

    #[test]
    fn the_unit_is_part_of_the_value() {
        let refusal = to_domain("value", Some(&number("12", "元")), "万元").unwrap_err();
        assert_eq!(refusal.reason, Reason::UnitMismatch);
        assert_eq!(refusal.violations[0].field, "value.quantity.unit");
    }

    #[test]
    fn the_four_states_come_back_as_they_went() {
        for value in [
            Value::Number("-12.5".parse().unwrap()),
            Value::NotApplicable("园区不涉及".into()),
            Value::NoneHere("辖区内无此类对象".into()),
            Value::NotReported,
        ] {
            assert_eq!(to_domain("value", Some(&to_proto(&value, "人")), "人").unwrap(), value);
        }
    }

    #[test]
    fn nothing_is_no_state_and_a_reason_must_be_given() {
        for absent in [None, Some(proto::Value { state: None })] {
            assert_eq!(to_domain("value", absent.as_ref(), "人").unwrap_err().reason, Reason::FieldRequired);
        }
        for text in [String::new(), "  ".into(), "长".repeat(501)] {
            let value = proto::Value { state: Some(State::NoneHere(proto::NoneHere { reason: text })) };
            let refusal = to_domain("value", Some(&value), "人").unwrap_err();
            assert_eq!(
                (refusal.reason, refusal.violations[0].field.as_str()),
                (Reason::FieldInvalid, "value.none_here.reason")
            );
        }
    }
}
