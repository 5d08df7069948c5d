//! Messages and enums as JSON schemas of how proto JSON writes them.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;

/// A reference to a schema of the document.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schemas that are referred to.
#[derive(Debug)]
pub(super) struct Schemas<'a> {
    comments: &'a Comments,
    made: BTreeMap<String, Value>,
    begun: BTreeSet<String>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(comments: &'a Comments) -> Self {
        Self { comments, made: BTreeMap::new(), begun: BTreeSet::new() }
    }

    /// All by name.
    pub(super) fn finish(self) -> Map<String, Value> {
        self.made.into_iter().collect()
    }

    /// A message, and with it whatever it holds.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Value {
        match message.full_name() {
            "google.protobuf.Timestamp" => return json!({ "type": "string", "format": "date-time" }),
            "google.protobuf.FieldMask" => {
                return json!({ "type": "string", "description": "Paths of fields, separated by commas." });
            }
            _ => {}
        }
        let name = message.full_name().to_owned();
        if self.begun.insert(name.clone()) {
            let schema = self.object(message);
            self.made.insert(name.clone(), schema);
        }
        reference(&name)
    }

    fn object(&mut self, message: &MessageDescriptor) -> Value {
        let fields: Map<String, Value> =
            message.fields().map(|field| (field.json_name().to_owned(), self.field(&field))).collect();
        let mut schema = json!({
            "type": "object",
            "description": self.comments.message(message),
            "properties": fields,
            "additionalProperties": false
        });
        let choices = message.oneofs().filter(|choice| !choice.is_synthetic());
        let one_of_them: Vec<Value> = choices
            .flat_map(|choice| {
                let names: Vec<String> = choice.fields().map(|field| field.json_name().to_owned()).collect();
                pairs(&names)
            })
            .map(|(one, other)| json!({ "not": { "required": [one, other] } }))
            .collect();
        if !one_of_them.is_empty() {
            schema["allOf"] = one_of_them.into();
        }
        schema
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        let mut schema = match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let values = self.kind(&entry.map_entry_value_field().kind());
                json!({ "type": "object", "additionalProperties": values })
            }
            kind if field.cardinality() == Cardinality::Repeated => {
                json!({ "type": "array", "items": self.kind(&kind) })
            }
            kind => self.kind(&kind),
        };
        schema["description"] = self.comments.field(field).into();
        schema
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Message(message) => self.message(message),
            Kind::Enum(one) => self.of_enum(one),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Kind::Double | Kind::Float => json!({ "type": "number" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({ "type": "integer", "format": "int32" }),
            Kind::Uint32 | Kind::Fixed32 => json!({ "type": "integer", "format": "int64", "minimum": 0 }),
            // JSON's numbers are not exact to 64 bits: they travel as text.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({ "type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$" })
            }
            Kind::Uint64 | Kind::Fixed64 => json!({ "type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$" }),
        }
    }

    fn of_enum(&mut self, one: &EnumDescriptor) -> Value {
        let name = one.full_name().to_owned();
        if self.begun.insert(name.clone()) {
            let values: Vec<String> = one.values().map(|value| value.name().to_owned()).collect();
            let said = one.values().map(|value| format!("{}: {}", value.name(), self.comments.enum_value(&value)));
            let said: Vec<String> = std::iter::once(self.comments.of_enum(one)).chain(said).collect();
            let schema = json!({ "type": "string", "enum": values, "description": said.join("\n\n") });
            self.made.insert(name.clone(), schema);
        }
        reference(&name)
    }
}

fn pairs(names: &[String]) -> Vec<(String, String)> {
    let pair = |(place, one): (usize, &String)| {
        names[place + 1..].iter().map(|other| (one.clone(), other.clone())).collect::<Vec<_>>()
    };
    names.iter().enumerate().flat_map(pair).collect()
}
