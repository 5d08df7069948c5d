//! The four states of a value (field rules §3): a number, not applicable, none here, not reported. Blank is not zero.

use crate::quantity::Quantity;

/// What stands where a number is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// A number; zero is a number.
    Number(Quantity),
    /// The question does not apply, with the reason.
    NotApplicable(String),
    /// There is none here: an empty base, certifiable, so that nothing needs inventing; with the reason.
    NoneHere(String),
    /// Nothing was said. Missing is not zero.
    #[default]
    NotReported,
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<Quantity> {
        match self {
            Value::Number(quantity) => Some(*quantity),
            _ => None,
        }
    }

    /// True if something was said: one of the first three states.
    pub fn is_reported(&self) -> bool {
        *self != Value::NotReported
    }

    /// True if the value says that there is nothing to measure here.
    pub fn is_exempt(&self) -> bool {
        matches!(self, Value::NotApplicable(_) | Value::NoneHere(_))
    }

    /// Chinese text: the number itself, 不适用, 本地无此项 or 未报.
    pub fn label(&self) -> String {
        match self {
            Value::Number(quantity) => quantity.to_string(),
            Value::NotApplicable(_) => "不适用".to_owned(),
            Value::NoneHere(_) => "本地无此项".to_owned(),
            Value::NotReported => "未报".to_owned(),
        }
    }
}

impl From<Quantity> for Value {
    fn from(quantity: Quantity) -> Self {
        Value::Number(quantity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_not_zero() {
        let zero = Value::Number(Quantity::ZERO);
        assert!(zero.is_reported() && zero != Value::default());
        assert!(!Value::NotReported.is_reported());
        assert_eq!(Value::NotReported.number(), None);
        let none = Value::NoneHere("辖区内无此类对象".to_owned());
        assert!(none.is_reported() && none.is_exempt() && none.number().is_none());
        assert_eq!([zero.label(), none.label(), Value::NotReported.label()], ["0", "本地无此项", "未报"]);
    }
}
