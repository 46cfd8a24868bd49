//! A span as it is kept, turned into the JSON of OpenTelemetry's protocol.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::Json;

/// The span that a text holds, in the words of OpenTelemetry. What cannot be read is left out.
pub(crate) fn of_content(content: &str) -> Json {
    let kept = Json::parse(content).unwrap_or_default();
    let mut span = Fields::default();
    span.copy(&kept, "trace_id");
    span.copy(&kept, "span_id");
    span.copy(&kept, "parent_span_id");
    span.copy(&kept, "name");
    span.copy(&kept, "start_time_unix_nano");
    span.copy(&kept, "end_time_unix_nano");
    span.list("attributes", attributes(&kept));
    span.list("events", each(&kept, "events", event));
    span.list("links", each(&kept, "links", link));
    span.put("status", status(kept.get("status")));
    Json::Object(span.0)
}

#[derive(Default)]
struct Fields(Vec<(String, Json)>);

impl Fields {
    fn put(&mut self, key: &str, value: Json) {
        self.0.push((key.to_owned(), value));
    }

    /// Copies a field that says something.
    fn copy(&mut self, from: &Json, key: &str) {
        if let Some(value) = from.get(key).filter(|value| value.is_truthy()) {
            self.put(key, value.clone());
        }
    }

    fn list(&mut self, key: &str, values: Vec<Json>) {
        if !values.is_empty() {
            self.put(key, Json::List(values));
        }
    }
}

fn each(span: &Json, key: &str, of: impl Fn(&Json) -> Json) -> Vec<Json> {
    span.get(key).and_then(Json::as_list).unwrap_or_default().iter().map(of).collect()
}

/// Attributes of the span itself hold JSON in text.
fn attributes(span: &Json) -> Vec<Json> {
    let fields = span.get("attributes").and_then(Json::as_object).unwrap_or_default();
    let read = |value: &Json| match value {
        Json::Text(text) => Json::parse(text).unwrap_or_else(|| value.clone()),
        other => other.clone(),
    };
    fields.iter().map(|(key, value)| key_value(key, &read(value))).collect()
}

fn event(event: &Json) -> Json {
    let mut fields = Fields::default();
    fields.copy(event, "time_unix_nano");
    fields.copy(event, "name");
    fields.list("attributes", plain_attributes(event));
    Json::Object(fields.0)
}

fn link(link: &Json) -> Json {
    let mut fields = Fields::default();
    for key in ["trace_id", "span_id"] {
        if let Some(id) = link.get(key).and_then(Json::as_text) {
            fields.put(key, Json::text(STANDARD.encode(bytes(id.trim_start_matches("tr-")))));
        }
    }
    fields.list("attributes", plain_attributes(link));
    Json::Object(fields.0)
}

fn plain_attributes(of: &Json) -> Vec<Json> {
    let fields = of.get("attributes").and_then(Json::as_object).unwrap_or_default();
    fields.iter().map(|(key, value)| key_value(key, value)).collect()
}

fn status(kept: Option<&Json>) -> Json {
    let said = |key: &str| kept.and_then(|kept| kept.get(key)).and_then(Json::as_text);
    let mut fields = Fields::default();
    if let Some(code) = said("code").filter(|code| *code != "STATUS_CODE_UNSET") {
        fields.put("code", Json::text(code));
    }
    if let Some(message) = said("message").filter(|message| !message.is_empty()) {
        fields.put("message", Json::text(message));
    }
    Json::Object(fields.0)
}

/// A key with a value; nothing has no value.
fn key_value(key: &str, value: &Json) -> Json {
    let mut fields = Fields::default();
    fields.put("key", Json::text(key));
    if *value != Json::Null {
        fields.put("value", any_value(value));
    }
    Json::Object(fields.0)
}

fn any_value(value: &Json) -> Json {
    let of = |key: &str, value: Json| Json::Object(vec![(key.to_owned(), value)]);
    let values = |values: Vec<Json>| match values.is_empty() {
        true => Json::Object(vec![]),
        false => of("values", Json::List(values)),
    };
    match value {
        Json::Null => Json::Object(vec![]),
        Json::Bool(_) => of("bool_value", value.clone()),
        Json::Int(_) => of("int_value", value.clone()),
        Json::Big(digits) => of("double_value", Json::Float(digits.parse().unwrap_or(f64::MAX))),
        Json::Float(_) => of("double_value", value.clone()),
        Json::Text(_) => of("string_value", value.clone()),
        Json::List(list) => of("array_value", values(list.iter().map(any_value).collect())),
        Json::Object(fields) => {
            let pairs = fields.iter().map(|(key, value)| key_value(key, value)).collect();
            of("kvlist_value", values(pairs))
        }
    }
}

/// The bytes of hexadecimal digits; none if they are none.
fn bytes(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2).map(|at| hex.get(at..at + 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traces::span::{Event, Link, Span, Status};

    /// Expected text from MLflow 3.17.2: such a span was sent to `/v1/traces`, and asked for by
    /// `GET traces/get`.
    #[test]
    fn a_span_comes_back_as_it_went_in() {
        let span = Span {
            trace: [0x1f; 16],
            id: 1_u64.to_be_bytes(),
            name: "root".to_owned(),
            start: 1_577_836_820_000_000_000,
            end: Some(1_577_836_820_001_500_000),
            status: Status::Ok,
            attributes: vec![
                ("in".to_owned(), Json::parse(r#"{"q": "ä", "n": 1, "l": [2.5, null]}"#).unwrap()),
                ("sj".to_owned(), Json::text(r#"{"a": 1}"#)),
                ("s5".to_owned(), Json::text("5")),
                ("none".to_owned(), Json::Null),
                ("el".to_owned(), Json::List(vec![])),
            ],
            events: vec![Event {
                name: "ev".to_owned(),
                time: 1_577_836_820_000_000_500,
                attributes: vec![("a".to_owned(), Json::text("b"))],
            }],
            links: vec![Link { trace: [1; 16], span: 7_u64.to_be_bytes(), attributes: vec![] }],
            ..Span::default()
        };
        let written = serde_json::to_string(&of_content(&span.content(&span.kept_attributes())));
        let expected = concat!(
            r#"{"trace_id":"Hx8fHx8fHx8fHx8fHx8fHw==","span_id":"AAAAAAAAAAE=","name":"root","#,
            r#""start_time_unix_nano":1577836820000000000,"#,
            r#""end_time_unix_nano":1577836820001500000,"attributes":["#,
            r#"{"key":"in","value":{"kvlist_value":{"values":["#,
            r#"{"key":"q","value":{"string_value":"ä"}},{"key":"n","value":{"int_value":1}},"#,
            r#"{"key":"l","value":{"array_value":{"values":[{"double_value":2.5},{}]}}}]}}},"#,
            r#"{"key":"sj","value":{"kvlist_value":{"values":[{"key":"a","value":{"int_value":1}}]}}},"#,
            r#"{"key":"s5","value":{"string_value":"5"}},{"key":"none"},"#,
            r#"{"key":"el","value":{"array_value":{}}},"#,
            r#"{"key":"mlflow.traceRequestId","value":{"string_value":"tr-1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f"}}],"#,
            r#""events":[{"time_unix_nano":1577836820000000500,"name":"ev","#,
            r#""attributes":[{"key":"a","value":{"string_value":"b"}}]}],"#,
            r#""links":[{"trace_id":"AQEBAQEBAQEBAQEBAQEBAQ==","span_id":"AAAAAAAAAAc="}],"#,
            r#""status":{"code":"STATUS_CODE_OK"}}"#
        );
        assert_eq!(written.unwrap(), expected);
    }
}
