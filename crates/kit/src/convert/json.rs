//! The JSON form of a message, read strictly: unknown fields and choices, a key twice, broken text are refused with line
//! and column, because what is half understood must not be signed.

use std::collections::BTreeSet;
use std::fmt;

use minsheng_proto::DESCRIPTORS;
use prost::{Message, Name};
use prost_reflect::{DeserializeOptions, DynamicMessage, Kind, MessageDescriptor, SerializeOptions, Value};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::{Reason, Refusal};

/// Reads a message from its JSON form.
///
/// # Errors
/// REQUEST_INVALID, saying what is wrong at which line and column, or naming the field with an unknown choice.
pub fn from_json<M: Message + Name + Default>(text: &str) -> Result<M, Refusal> {
    let descriptor = descriptor::<M>()?;
    let mut reader = serde_json::Deserializer::from_str(text);
    EachKeyOnce(Some(descriptor.clone())).deserialize(&mut reader).map_err(|error| refuse(&error))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let message = DynamicMessage::deserialize_with_options(descriptor, &mut reader, &options);
    let message = message.map_err(|error| refuse(&error))?;
    reader.end().map_err(|error| refuse(&error))?;
    if let Some(field) = unknown_choice(&message, "") {
        return Err(Refusal::new(Reason::RequestInvalid).field(field, "没有这个选项", "is no known choice"));
    }
    message.transcode_to().map_err(|_| Refusal::new(Reason::RequestInvalid))
}

/// The JSON form of a message, indented, with fields in the contract's order and without those left at their default.
pub fn to_json<M: Message + Name>(message: &M) -> Result<String, Refusal> {
    let internal = |_| Refusal::new(Reason::Internal);
    let mut dynamic = DynamicMessage::new(descriptor::<M>()?);
    dynamic.transcode_from(message).map_err(|_| Refusal::new(Reason::Internal))?;
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::pretty(&mut bytes);
    dynamic.serialize_with_options(&mut writer, &SerializeOptions::new()).map_err(internal)?;
    String::from_utf8(bytes).map_err(|_| Refusal::new(Reason::Internal))
}

fn descriptor<M: Name>() -> Result<MessageDescriptor, Refusal> {
    DESCRIPTORS.get_message_by_name(&M::full_name()).ok_or_else(|| Refusal::new(Reason::Internal))
}

fn refuse(error: &serde_json::Error) -> Refusal {
    let (line, column) = (error.line(), error.column());
    Refusal::new(Reason::RequestInvalid)
        .because(format!("JSON第{line}行第{column}列读不懂：{error}"), format!("the JSON cannot be read: {error}"))
        .with("line", line)
        .with("column", column)
}

/// The path of the first enum number that the contract does not have.
fn unknown_choice(message: &DynamicMessage, at: &str) -> Option<String> {
    for (field, value) in message.fields() {
        let path = if at.is_empty() { field.name().to_owned() } else { format!("{at}.{}", field.name()) };
        let found = match value {
            Value::List(values) => values
                .iter()
                .enumerate()
                .find_map(|(place, value)| unknown_value(&field.kind(), value, &format!("{path}[{place}]"))),
            value => unknown_value(&field.kind(), value, &path),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn unknown_value(kind: &Kind, value: &Value, path: &str) -> Option<String> {
    match (kind, value) {
        (Kind::Enum(known), Value::EnumNumber(number)) => known.get_value(*number).is_none().then(|| path.to_owned()),
        (_, Value::Message(inner)) => unknown_choice(inner, path),
        _ => None,
    }
}

/// Reads JSON and keeps nothing; a key twice in an object is an error. A field of a known message counts as the same key
/// in both of its spellings, leadUnit and lead_unit.
struct EachKeyOnce(Option<MessageDescriptor>);

impl<'de> DeserializeSeed<'de> for EachKeyOnce {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for EachKeyOnce {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let known = self.0.as_ref();
            let field =
                known.and_then(|known| known.get_field_by_json_name(&key).or_else(|| known.get_field_by_name(&key)));
            let inner = field.as_ref().filter(|field| !field.is_map()).map(prost_reflect::FieldDescriptor::kind);
            let name = field.map_or_else(|| key.clone(), |field| field.name().to_owned());
            if !seen.insert(name) {
                return Err(A::Error::custom(format!("the key {key:?} stands twice in one object")));
            }
            map.next_value_seed(EachKeyOnce(inner.and_then(|kind| kind.as_message().cloned())))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(EachKeyOnce(self.0.clone()))?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
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

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use minsheng_proto::catalogue::v1::Programme;

    use super::*;

    const ANHUA: &str = include_str!("../../../../deploy/programmes/anhua-2023/programme.json");

    #[test]
    fn the_real_programme_comes_back_as_it_was() {
        let programme: Programme = from_json(ANHUA).unwrap();
        assert_eq!(programme.projects.len(), 12);
        let again: Programme = from_json(&to_json(&programme).unwrap()).unwrap();
        assert_eq!(programme, again);
    }

    #[test]
    fn what_is_half_understood_is_refused() {
        for wrong in [
            r#"{"titel": "x"}"#,
            r#"{"title": "x", "title": "y"}"#,
            r#"{"divisionName": "x", "division_name": "y"}"#,
            r#"{"projects": [{"title": "x"}, {"number": 1, "number": 1}]}"#,
            r#"{"projects": [{"kind": "PROJECT_KIND_BEST"}]}"#,
            r#"{"projects": [{"kind": 77}]}"#,
            r#"{"year": 2023.5}"#,
            r#"{"year": 1e99}"#,
            r#"{"title": "\ud800"}"#,
            r#"{"title": 5}"#,
            r#"{} {}"#,
            r#"{"title": "x""#,
            "[]",
            "",
        ] {
            assert_eq!(from_json::<Programme>(wrong).unwrap_err().reason, Reason::RequestInvalid, "{wrong}");
        }
        let deep = format!("{}{}", r#"{"projects":["#.repeat(5_000), "]}".repeat(5_000));
        assert!(from_json::<Programme>(&deep).is_err());
    }

    #[test]
    fn the_place_of_the_fault_is_named() {
        let refusal = from_json::<Programme>("{\n  \"titel\": \"x\"\n}").unwrap_err();
        assert_eq!(refusal.metadata["line"], "2");
        assert!(refusal.en.contains("titel"), "{}", refusal.en);
        let refusal = from_json::<Programme>(r#"{"projects": [{}, {"kind": 77}]}"#).unwrap_err();
        assert_eq!(refusal.violations[0].field, "projects[1].kind");
    }
}
