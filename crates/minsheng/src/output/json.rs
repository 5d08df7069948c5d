//! The JSON form of the contract's messages, out and in, as kit reads and writes it; refusals name the file.

use minsheng_kit::convert::json;
use minsheng_kit::error::Refusal;
use prost::{Message, Name};
use serde_json::Value;

use crate::failure::{Failure, Kind, Outcome};

/// A message in its JSON form.
pub(crate) fn to_json<M: Message + Name>(message: &M) -> Outcome<Value> {
    let unwritable = |error: String| Failure::new(Kind::Other, format!("答复不能写成JSON：{error}"));
    let text = json::to_json(message).map_err(|refusal| unwritable(refusal.zh))?;
    serde_json::from_str(&text).map_err(|error| unwritable(error.to_string()))
}

/// A message from its JSON form; `source` names the file in the refusal.
pub(crate) fn from_json<M: Message + Name + Default>(text: &str, source: &str) -> Outcome<M> {
    json::from_json(text).map_err(|refusal: Refusal| Failure::refused(format!("{source}不合规则：{}", refusal.zh)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use minsheng_proto::common::v1::{Quantity, Value as Figure, value::State};

    use super::*;

    #[test]
    fn a_value_goes_out_and_in() {
        let quantity = Quantity { value: "12.5".to_owned(), unit: "万元".to_owned() };
        let figure = Figure { state: Some(State::Quantity(quantity)) };
        let json = to_json(&figure).unwrap();
        assert_eq!(json, serde_json::json!({"quantity": {"value": "12.5", "unit": "万元"}}));
        assert_eq!(from_json::<Figure>(&json.to_string(), "表").unwrap(), figure);
    }

    #[test]
    fn unknown_fields_and_double_keys_are_refused_by_name() {
        let unknown = from_json::<Quantity>(r#"{"value": "1", "amount": 2}"#, "表").unwrap_err();
        assert!(unknown.message.contains("amount"), "{}", unknown.message);
        let double = from_json::<Quantity>(r#"{"value": "1", "value": "2"}"#, "表").unwrap_err();
        assert!(double.message.contains("\"value\" stands twice"), "{}", double.message);
        assert_eq!(from_json::<Quantity>(r#"{"value": "1"} {}"#, "表").unwrap_err().kind, Kind::Refused);
    }
}
