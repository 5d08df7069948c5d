//! Proto JSON by the descriptor set. What JSON lets pass and the contract does not is refused here: keys given twice,
//! fields that the message does not have. A text is walked through before anything is made of it, so that a small text
//! costs no large memory before it is known to be right.

use std::collections::HashSet;
use std::fmt;

use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::error::{Reason, Refusal};

/// What is wrong with a request's JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No JSON at all, or no object.
    Malformed(String),
    /// A key stands twice in one object, or a field under both of its names.
    Duplicate(String),
    /// The message has no such field.
    Unknown(String),
    /// The field cannot have this value.
    Value(String, String),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed(error) => Refusal::new(Reason::RequestInvalid)
                .because(format!("请求不是合规的JSON：{error}"), format!("the request is no JSON object: {error}")),
            Fault::Duplicate(field) => Refusal::invalid(field, "重复给出", "is given twice"),
            Fault::Unknown(field) => Refusal::invalid(field, "没有这个字段", "is no field of the message"),
            Fault::Value(field, error) => Refusal::invalid(field, "值的写法不对", error),
        }
    }
}

/// The message that the JSON states; an empty body is an empty message.
pub(super) fn read(message: &MessageDescriptor, text: &[u8]) -> Result<Vec<u8>, Fault> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Fault::Malformed("no object".to_owned()));
    }
    let (walked, walk) = Walk::over(message, text);
    if let Some(fault) = walk.fault {
        return Err(fault);
    }
    walked.map_err(|error| Fault::Malformed(error.to_string()))?;
    let mut reader = serde_json::Deserializer::from_slice(text);
    match DynamicMessage::deserialize(message.clone(), &mut reader) {
        Ok(read) => Ok(read.encode_to_vec()),
        Err(error) => Err(Fault::Value(place(message, text, &error), error.to_string())),
    }
}

/// The JSON of an encoded message.
pub(super) fn write(message: &MessageDescriptor, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let read = DynamicMessage::decode(message.clone(), bytes).map_err(|error| error.to_string())?;
    serde_json::to_vec(&read).map_err(|error| error.to_string())
}

/// The field at which reading ended: where a walk over the text up to there ends too.
fn place(message: &MessageDescriptor, text: &[u8], error: &serde_json::Error) -> String {
    let lines = text.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let end = lines.map(<[u8]>::len).sum::<usize>() + error.column();
    let (_, walk) = Walk::over(message, &text[..end.min(text.len())]);
    walk.place()
}

/// A step from a value to one inside it.
enum Step {
    Field(String),
    Item(usize),
}

/// Where a walk is, and what it found.
#[derive(Default)]
struct Walk {
    steps: Vec<Step>,
    fault: Option<Fault>,
}

impl Walk {
    fn over(message: &MessageDescriptor, text: &[u8]) -> (Result<(), serde_json::Error>, Self) {
        let mut walk = Self::default();
        let mut reader = serde_json::Deserializer::from_slice(text);
        let walked = Walker { walk: &mut walk, shape: Shape::of(message), item: None }.deserialize(&mut reader);
        (walked.and_then(|()| reader.end()), walk)
    }

    fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.steps {
            match step {
                Step::Field(name) if place.is_empty() => place.push_str(name),
                Step::Field(name) => place.extend([".", name]),
                Step::Item(number) => place.push_str(&format!("[{number}]")),
            }
        }
        place
    }
}

/// What the contract says about a value.
#[derive(Clone)]
enum Shape {
    Message(MessageDescriptor),
    List(Box<Shape>),
    Map(Box<Shape>),
    /// A scalar, or a message that has a JSON of its own.
    Any,
}

impl Shape {
    fn of(message: &MessageDescriptor) -> Self {
        if message.package_name() == "google.protobuf" { Self::Any } else { Self::Message(message.clone()) }
    }

    fn of_kind(kind: &Kind) -> Self {
        if let Kind::Message(message) = kind { Self::of(message) } else { Self::Any }
    }

    fn of_field(field: &FieldDescriptor) -> Self {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                Self::Map(Box::new(Self::of_kind(&entry.map_entry_value_field().kind())))
            }
            kind if field.is_list() => Self::List(Box::new(Self::of_kind(&kind))),
            kind => Self::of_kind(&kind),
        }
    }
}

/// Walks over one value. On an error the steps stay, and say where.
struct Walker<'a> {
    walk: &'a mut Walk,
    shape: Shape,
    /// Its number, in a list that is so many steps deep.
    item: Option<(usize, usize)>,
}

impl Walker<'_> {
    fn stop<E: Error>(self, fault: impl FnOnce(String) -> Fault) -> E {
        self.walk.fault = Some(fault(self.walk.place()));
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Walker<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        if let Some((depth, number)) = self.item {
            self.walk.steps.truncate(depth);
            self.walk.steps.push(Step::Item(number));
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = if let Shape::List(inner) = self.shape { *inner } else { Shape::Any };
        let depth = self.walk.steps.len();
        for number in 0.. {
            let walker = Walker { walk: &mut *self.walk, shape: inner.clone(), item: Some((depth, number)) };
            if items.next_element_seed(walker)?.is_none() {
                break;
            }
        }
        self.walk.steps.truncate(depth);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let depth = self.walk.steps.len();
        let mut fields = HashSet::new();
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.walk.steps.truncate(depth);
            self.walk.steps.push(Step::Field(key.clone()));
            let (inner, first) = match &self.shape {
                Shape::Message(message) => {
                    let by_json = message.get_field_by_json_name(&key);
                    let Some(field) = by_json.or_else(|| message.get_field_by_name(&key)) else {
                        return Err(self.stop(Fault::Unknown));
                    };
                    (Shape::of_field(&field), fields.insert(field.number()))
                }
                Shape::Map(inner) => ((**inner).clone(), keys.insert(key)),
                Shape::List(_) | Shape::Any => (Shape::Any, keys.insert(key)),
            };
            if !first {
                return Err(self.stop(Fault::Duplicate));
            }
            entries.next_value_seed(Walker { walk: &mut *self.walk, shape: inner, item: None })?;
        }
        self.walk.steps.truncate(depth);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use minsheng_proto::DESCRIPTORS;
    use minsheng_proto::identity::v1::{CreateAccountRequest, Role};
    use serde_json::Value;

    use super::*;

    fn message(name: &str) -> MessageDescriptor {
        DESCRIPTORS.get_message_by_name(name).unwrap()
    }

    fn create(text: &str) -> Result<CreateAccountRequest, Fault> {
        let bytes = read(&message("minsheng.identity.v1.CreateAccountRequest"), text.as_bytes())?;
        Ok(CreateAccountRequest::decode(bytes.as_slice()).unwrap())
    }

    #[test]
    fn json_goes_in_and_comes_out() {
        let text = r#"{"account":{"name":"accounts/a","displayName":"甲","roles":["ROLE_REPORTER"]},"requestId":"r"}"#;
        let read = create(text).unwrap();
        let account = read.account.clone().unwrap();
        assert_eq!((account.display_name.as_str(), account.roles.as_slice()), ("甲", &[i32::from(Role::Reporter)][..]));
        let wrote = write(&message("minsheng.identity.v1.CreateAccountRequest"), &read.encode_to_vec()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&wrote).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(create("").unwrap(), CreateAccountRequest::default());
        assert_eq!(create(r#" {"account":null}"#).unwrap(), CreateAccountRequest::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let duplicate = |path: &str| Err(Fault::Duplicate(path.to_owned()));
        let unknown = |path: &str| Err(Fault::Unknown(path.to_owned()));
        assert_eq!(create(r#"{"requestId":"a","requestId":"b"}"#), duplicate("requestId"));
        assert_eq!(create(r#"{"account":{"unit":"a","unit":"a"}}"#), duplicate("account.unit"));
        assert_eq!(create(r#"{"account":{"displayName":"a","display_name":"b"}}"#), duplicate("account.display_name"));
        assert_eq!(create(r#"{"requestID":"a"}"#), unknown("requestID"));
        assert_eq!(create(r#"{"account":{"colour":1}}"#), unknown("account.colour"));
        assert_eq!(create(r#"{"account":{"unit":{"a":1,"a":1}}}"#), duplicate("account.unit.a"));
        let value = |text: &str| match create(text) {
            Err(Fault::Value(path, _)) => path,
            other => panic!("{other:?}"),
        };
        assert_eq!(value("{\n\"account\":\n{\"unit\":7, \"name\":\"甲\"}}"), "account.unit");
        assert_eq!(value(r#"{"account":{"name":"甲","roles":[1,"ROLE_KING"]}}"#), "account.roles[1]");
        assert_eq!(value(r#"{"account":[]}"#), "account");
        assert_eq!(value(r#"{"requestId":["a"],"password":"b"}"#), "requestId");
        let deep = format!("{}{}", r#"{"account":"#.repeat(1000), "}".repeat(1000));
        for text in ["{", "[]", "7", "{} {}", "{\"requestId\":\"\\ud800\"}", "{\"requestId\":1e400}", " "] {
            assert!(matches!(create(text), Err(Fault::Malformed(_))), "{text:.40}");
        }
        assert_eq!(create(&deep), unknown("account.account"));
        let deep = format!(r#"{{"account":{}1{}}}"#, "[".repeat(1000), "]".repeat(1000));
        assert!(matches!(create(&deep), Err(Fault::Malformed(_))));
        assert!(matches!(
            read(&message("minsheng.identity.v1.CreateAccountRequest"), b"{\"password\":\"\xff\"}"),
            Err(Fault::Malformed(_))
        ));
    }
}
