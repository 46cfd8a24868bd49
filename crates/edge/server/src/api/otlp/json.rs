//! OTLP as JSON: ids are hexadecimal, whole numbers may be texts, enumerations numbers or words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::CatalogError;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::message::{
    Any, AnyValue, Event, Fields, KeyValue, Link, List, PartialSuccess, Request, Resource,
    ResourceSpans, ScopeSpans, Span, SpanStatus,
};

/// Reads a request; `None` if it is none.
pub(super) fn read(body: &[u8]) -> Option<Request> {
    let object = body.trim_ascii_start().starts_with(b"{");
    let request = object.then(|| serde_json::from_slice::<JsonRequest>(body).ok());
    request.flatten().map(Into::into)
}

pub(super) fn reply(partial: Option<&PartialSuccess>) -> Vec<u8> {
    let body = match partial {
        None => json!({}),
        Some(partial) => json!({ "partialSuccess": {
            "rejectedSpans": partial.rejected_spans.to_string(),
            "errorMessage": partial.error_message,
        }}),
    };
    body.to_string().into_bytes()
}

/// A `google.rpc.Status` that is also an error of this server's own protocol.
pub(super) fn refusal(code: i32, error: &CatalogError) -> Vec<u8> {
    let (word, message) = (error.code.as_str(), &error.message);
    json!({ "code": code, "message": message, "error_code": word }).to_string().into_bytes()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonRequest {
    #[serde(default)]
    resource_spans: Vec<JsonResourceSpans>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonResourceSpans {
    #[serde(default)]
    resource: JsonResource,
    #[serde(default)]
    scope_spans: Vec<JsonScopeSpans>,
}

#[derive(Default, Deserialize)]
struct JsonResource {
    #[serde(default)]
    attributes: Vec<JsonKeyValue>,
}

#[derive(Deserialize)]
struct JsonScopeSpans {
    #[serde(default)]
    spans: Vec<JsonSpan>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonSpan {
    #[serde(default, deserialize_with = "hex")]
    trace_id: Vec<u8>,
    #[serde(default, deserialize_with = "hex")]
    span_id: Vec<u8>,
    #[serde(default, deserialize_with = "hex")]
    parent_span_id: Vec<u8>,
    #[serde(default)]
    name: String,
    #[serde(default, deserialize_with = "nanos")]
    start_time_unix_nano: u64,
    #[serde(default, deserialize_with = "nanos")]
    end_time_unix_nano: u64,
    #[serde(default)]
    attributes: Vec<JsonKeyValue>,
    #[serde(default)]
    events: Vec<JsonEvent>,
    #[serde(default)]
    links: Vec<JsonLink>,
    #[serde(default)]
    status: JsonStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonEvent {
    #[serde(default, deserialize_with = "nanos")]
    time_unix_nano: u64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    attributes: Vec<JsonKeyValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonLink {
    #[serde(default, deserialize_with = "hex")]
    trace_id: Vec<u8>,
    #[serde(default, deserialize_with = "hex")]
    span_id: Vec<u8>,
    #[serde(default)]
    attributes: Vec<JsonKeyValue>,
}

#[derive(Default, Deserialize)]
struct JsonStatus {
    #[serde(default)]
    message: String,
    #[serde(default, deserialize_with = "status_code")]
    code: i32,
}

#[derive(Deserialize)]
struct JsonKeyValue {
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: Option<JsonAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonAny {
    string_value: Option<String>,
    bool_value: Option<bool>,
    #[serde(default, deserialize_with = "whole")]
    int_value: Option<i64>,
    #[serde(default, deserialize_with = "real")]
    double_value: Option<f64>,
    array_value: Option<JsonList>,
    kvlist_value: Option<JsonFields>,
    #[serde(default, deserialize_with = "base64_bytes")]
    bytes_value: Option<Vec<u8>>,
}

#[derive(Deserialize)]
struct JsonList {
    #[serde(default)]
    values: Vec<JsonAny>,
}

#[derive(Deserialize)]
struct JsonFields {
    #[serde(default)]
    values: Vec<JsonKeyValue>,
}

fn wrong<E: serde::de::Error>(what: &str) -> E {
    E::custom(format!("it is no {what}"))
}

fn hex<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<String>::deserialize(from)?.unwrap_or_default();
    let pairs = (0..text.len()).step_by(2).map(|at| text.get(at..at + 2));
    let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>();
    bytes.ok_or_else(|| wrong("hexadecimal id"))
}

fn nanos<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(0),
        Value::String(text) => text.parse().map_err(|_| wrong("time")),
        value => value.as_u64().ok_or_else(|| wrong("time")),
    }
}

fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::String(text) => text.parse().map(Some).map_err(|_| wrong("whole number")),
        value => value.as_i64().map(Some).ok_or_else(|| wrong("whole number")),
    }
}

fn real<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        value => crate::fields::number(&value).map(Some).ok_or_else(|| wrong("number")),
    }
}

fn base64_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| STANDARD.decode(text).map_err(|_| wrong("base64"))).transpose()
}

fn status_code<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(0),
        Value::String(word) => match word.as_str() {
            "STATUS_CODE_UNSET" => Ok(0),
            "STATUS_CODE_OK" => Ok(1),
            "STATUS_CODE_ERROR" => Ok(2),
            _ => Err(wrong("status")),
        },
        value => {
            value.as_i64().and_then(|code| i32::try_from(code).ok()).ok_or_else(|| wrong("status"))
        }
    }
}

impl From<JsonRequest> for Request {
    fn from(request: JsonRequest) -> Self {
        let scope = |scope: JsonScopeSpans| ScopeSpans {
            spans: scope.spans.into_iter().map(Into::into).collect(),
        };
        let sent = |sent: JsonResourceSpans| ResourceSpans {
            resource: Some(Resource { attributes: attributes(sent.resource.attributes) }),
            scope_spans: sent.scope_spans.into_iter().map(scope).collect(),
        };
        Self { resource_spans: request.resource_spans.into_iter().map(sent).collect() }
    }
}

impl From<JsonSpan> for Span {
    fn from(span: JsonSpan) -> Self {
        let event = |event: JsonEvent| Event {
            time_unix_nano: event.time_unix_nano,
            name: event.name,
            attributes: attributes(event.attributes),
        };
        let link = |link: JsonLink| Link {
            trace_id: link.trace_id,
            span_id: link.span_id,
            attributes: attributes(link.attributes),
        };
        Self {
            trace_id: span.trace_id,
            span_id: span.span_id,
            parent_span_id: span.parent_span_id,
            name: span.name,
            start_time_unix_nano: span.start_time_unix_nano,
            end_time_unix_nano: span.end_time_unix_nano,
            attributes: attributes(span.attributes),
            events: span.events.into_iter().map(event).collect(),
            links: span.links.into_iter().map(link).collect(),
            status: Some(SpanStatus { message: span.status.message, code: span.status.code }),
        }
    }
}

fn attributes(sent: Vec<JsonKeyValue>) -> Vec<KeyValue> {
    let of = |one: JsonKeyValue| KeyValue { key: one.key, value: one.value.map(any) };
    sent.into_iter().map(of).collect()
}

fn any(sent: JsonAny) -> AnyValue {
    let text = sent.string_value.map(Any::Text);
    let value = text
        .or(sent.bool_value.map(Any::Bool))
        .or(sent.int_value.map(Any::Int))
        .or(sent.double_value.map(Any::Double))
        .or(sent
            .array_value
            .map(|list| Any::List(List { values: list.values.into_iter().map(any).collect() })))
        .or(sent
            .kvlist_value
            .map(|fields| Any::Fields(Fields { values: attributes(fields.values) })))
        .or(sent.bytes_value.map(Any::Bytes));
    AnyValue { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of `examples/trace.json` of opentelemetry-proto, shortened.
    #[test]
    fn the_example_of_the_specification_is_read() {
        let body = br#"{"resourceSpans": [{"resource": {"attributes": [{"key": "service.name",
            "value": {"stringValue": "my.service"}}]}, "scopeSpans": [{"scope": {"name": "my.library"},
            "spans": [{"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174",
            "parentSpanId": "EEE19B7EC3C1B173", "name": "I'm a server span",
            "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": 1544712661000000000,
            "kind": 2, "attributes": [{"key": "my.span.attr", "value": {"intValue": "-7"}}]}]}]}]}"#;
        let request = read(body).unwrap();
        let span = &request.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!(span.trace_id[..3], [0x5b, 0x8e, 0xff]);
        assert_eq!(span.parent_span_id[7], 0x73);
        assert_eq!(span.start_time_unix_nano, 1_544_712_660_000_000_000);
        assert_eq!(span.end_time_unix_nano, 1_544_712_661_000_000_000);
        let value = span.attributes[0].value.clone().unwrap().value;
        assert_eq!(value, Some(Any::Int(-7)));
        let resource = request.resource_spans[0].resource.clone().unwrap();
        assert_eq!(resource.attributes[0].key, "service.name");
    }

    #[test]
    fn what_is_no_request_is_not_read() {
        for body in
            ["{", "[]", r#"{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "zz"}]}]}]}"#]
        {
            assert!(read(body.as_bytes()).is_none(), "{body}");
        }
    }
}
