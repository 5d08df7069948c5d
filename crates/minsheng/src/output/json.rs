//! The JSON form of the contract's messages, out and in. Input is strict: unknown fields and keys given twice are refused.

use std::collections::BTreeSet;
use std::fmt;

use minsheng_proto::DESCRIPTORS;
use prost::{Message, Name};
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::failure::{Failure, Kind, Outcome};

/// A message in its JSON form.
pub(crate) fn to_json<M: Message + Name>(message: &M) -> Outcome<Value> {
    let dynamic = DynamicMessage::decode(descriptor::<M>()?, message.encode_to_vec().as_slice()).map_err(unwritable)?;
    serde_json::to_value(&dynamic).map_err(unwritable)
}

/// A message from its JSON form; `source` names the file in the refusal.
pub(crate) fn from_json<M: Message + Name + Default>(text: &str, source: &str) -> Outcome<M> {
    let refused = |error: serde_json::Error| Failure::refused(format!("{source}不合规则：{error}"));
    let mut strict = serde_json::Deserializer::from_str(text);
    NoDoubles.deserialize(&mut strict).map_err(refused)?;
    strict.end().map_err(refused)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let dynamic =
        DynamicMessage::deserialize_with_options(descriptor::<M>()?, &mut reader, &options).map_err(refused)?;
    dynamic.transcode_to().map_err(|error| Failure::refused(format!("{source}不合规则：{error}")))
}

fn descriptor<M: Name>() -> Outcome<MessageDescriptor> {
    let name = M::full_name();
    let found = DESCRIPTORS.get_message_by_name(&name);
    found.ok_or_else(|| Failure::new(Kind::Other, format!("契约中没有消息{name}")))
}

fn unwritable(error: impl fmt::Display) -> Failure {
    Failure::new(Kind::Other, format!("答复不能写成JSON：{error}"))
}

/// Reads any JSON and refuses an object that gives a key twice.
struct NoDoubles;

impl<'de> DeserializeSeed<'de> for NoDoubles {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NoDoubles {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value_seed(NoDoubles)?;
            if !keys.insert(key.clone()) {
                return Err(A::Error::custom(format!("键“{key}”出现两次")));
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(NoDoubles)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
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
        assert!(double.message.contains("“value”出现两次"), "{}", double.message);
        assert_eq!(from_json::<Quantity>(r#"{"value": "1"} {}"#, "表").unwrap_err().kind, Kind::Refused);
    }
}
