//! The OpenAPI document of what the gateway answers in JSON, made of the contract's descriptors: whatever is said in a proto
//! file stands here, and nothing else. Methods that stream are spoken in gRPC and gRPC-Web only and are named in their
//! service's description.

mod comments;
mod schema;

use minsheng_proto::DESCRIPTORS;
use prost_reflect::{MethodDescriptor, ServiceDescriptor};
use serde_json::{Map, Value, json};

use crate::route::is_open_to_everybody;
use comments::{Comments, first_sentence};
use schema::{Schemas, reference};

const ABOUT: &str = "The calls of Minsheng (民生) in JSON. Each is a POST as the Connect protocol states it for single calls, \
    so clients of that protocol work too. Log in with minsheng.identity.v1.SessionService/LogIn and send the token with \
    every other call. A request with a key twice or a field that its message does not have is refused; an answer leaves \
    out what is empty, zero or false.";
const REFUSAL: &str = "Refused: nothing was changed. The reason stands in the detail google.rpc.ErrorInfo.";
/// The codes of the Connect protocol.
const CODES: [&str; 16] = [
    "canceled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal",
    "unavailable",
    "data_loss",
    "unauthenticated",
];

/// The document.
pub fn openapi() -> Value {
    let comments = Comments::of(&DESCRIPTORS);
    let mut schemas = Schemas::new(&comments);
    let (mut paths, mut tags) = (Map::new(), Vec::new());
    for service in DESCRIPTORS.services() {
        tags.push(json!({ "name": service.full_name(), "description": about(&service, &comments) }));
        for method in service.methods().filter(|method| !streams(method)) {
            let path = format!("/{}/{}", service.full_name(), method.name());
            let operation = operation(&service, &method, &path, &comments, &mut schemas);
            paths.insert(path, json!({ "post": operation }));
        }
    }
    let mut components = schemas.finish();
    components.insert("connect.Error".to_owned(), refusal());
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Minsheng 民生", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "servers": [{ "url": "https://localhost:50050", "description": "The gateway of a tier." }],
        "security": [{ "session": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {
                "Refused": {
                    "description": REFUSAL,
                    "content": { "application/json": { "schema": reference("connect.Error") } }
                }
            },
            "parameters": {
                "Timeout": {
                    "name": "connect-timeout-ms",
                    "in": "header",
                    "description": "How long the caller waits, in milliseconds; the server's own limit holds, too.",
                    "schema": { "type": "integer", "minimum": 0, "maximum": 9_999_999_999_u64 }
                }
            },
            "securitySchemes": {
                "session": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of minsheng.identity.v1.SessionService/LogIn."
                }
            }
        }
    })
}

fn streams(method: &MethodDescriptor) -> bool {
    method.is_client_streaming() || method.is_server_streaming()
}

fn about(service: &ServiceDescriptor, comments: &Comments) -> String {
    let said = comments.service(service);
    let streaming: Vec<_> = service.methods().filter(streams).map(|method| method.name().to_owned()).collect();
    if streaming.is_empty() { said } else { format!("{said} In gRPC and gRPC-Web only: {}.", streaming.join(", ")) }
}

fn operation(
    service: &ServiceDescriptor,
    method: &MethodDescriptor,
    path: &str,
    comments: &Comments,
    schemas: &mut Schemas<'_>,
) -> Value {
    let said = comments.method(method);
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    let mut operation = json!({
        "operationId": path.trim_start_matches('/').replace('/', "."),
        "tags": [service.full_name()],
        "summary": first_sentence(&said),
        "description": said,
        "parameters": [{ "$ref": "#/components/parameters/Timeout" }],
        "requestBody": { "required": true, "content": content(schemas.message(&method.input())) },
        "responses": {
            "200": {
                "description": comments.message(&method.output()),
                "content": content(schemas.message(&method.output()))
            },
            "default": { "$ref": "#/components/responses/Refused" }
        }
    });
    if is_open_to_everybody(path) {
        operation["security"] = json!([]);
    }
    operation
}

/// A refusal as the Connect protocol writes it.
fn refusal() -> Value {
    json!({
        "type": "object",
        "description": REFUSAL,
        "required": ["code"],
        "properties": {
            "code": { "type": "string", "enum": CODES, "description": "The code." },
            "message": { "type": "string", "description": "What is wrong, in English." },
            "details": {
                "type": "array",
                "description": "google.rpc.ErrorInfo with the stable reason, google.rpc.BadRequest with the fields at fault, \
                    google.rpc.LocalizedMessage in Chinese and in English.",
                "items": {
                    "type": "object",
                    "required": ["type", "value"],
                    "properties": {
                        "type": { "type": "string", "description": "Full name of the message." },
                        "value": { "type": "string", "description": "The message encoded, in base64 without padding." },
                        "debug": { "type": "object", "description": "The same in JSON." }
                    }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(entries) => {
                found.extend(entries.get("$ref").map(|target| target.as_str().unwrap().to_owned()));
                entries.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_single_call_is_described_and_every_reference_leads_somewhere() {
        let document = openapi();
        let methods = DESCRIPTORS.services().flat_map(|service| service.methods().collect::<Vec<_>>());
        let single = methods.filter(|method| !streams(method)).count();
        assert_eq!(document["paths"].as_object().unwrap().len(), single);
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > single * 3);
        for target in found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
        for (path, item) in document["paths"].as_object().unwrap() {
            let said = item["post"]["description"].as_str().unwrap();
            assert!(said.ends_with('.') && !said.contains('\n'), "{path}: {said}");
        }
        let log_in = &document["paths"]["/minsheng.identity.v1.SessionService/LogIn"]["post"];
        assert_eq!(log_in["security"], json!([]));
    }

    #[test]
    fn messages_are_described_as_their_json() {
        let document = openapi();
        let schema = |name: &str| document["components"]["schemas"][name].clone();
        let duty = schema("minsheng.reporting.v1.Duty");
        assert_eq!(duty["properties"]["dueBefore"]["format"], "date-time");
        assert_eq!(duty["properties"]["kind"]["$ref"], "#/components/schemas/minsheng.reporting.v1.DutyKind");
        assert_eq!(duty["additionalProperties"], false);
        let value = schema("minsheng.common.v1.Value");
        assert!(value["properties"]["notReported"].is_object() && value["allOf"].is_array(), "{value}");
        let finding = schema("minsheng.common.v1.Finding");
        assert_eq!(finding["properties"]["facts"]["additionalProperties"]["type"], "string");
        let standing = schema("minsheng.ranking.v1.Standing");
        assert_eq!(standing["properties"]["sequence"]["type"], "string");
        assert_eq!(standing["properties"]["sha256"]["contentEncoding"], "base64");
    }
}
