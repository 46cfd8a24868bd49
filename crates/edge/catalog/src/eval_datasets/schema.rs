//! What is said of all records of an evaluation dataset: the types of their fields and their number.

use crate::traces::json::Json;

/// How many records there are, as JSON.
pub(super) fn profile(count: i64) -> String {
    Json::Object(vec![("num_records".to_owned(), Json::Int(count))]).to_string()
}

/// The types of the fields of records; the first value of a field says its type.
pub(super) fn schema(held: Option<&str>, records: &[Json]) -> Option<String> {
    if records.is_empty() && held.is_none() {
        return None;
    }
    let none = || Json::Object(vec![]);
    let mut schema = held.and_then(Json::parse).unwrap_or_else(|| {
        Json::Object(vec![
            ("inputs".to_owned(), none()),
            ("outputs".to_owned(), none()),
            ("expectations".to_owned(), none()),
            ("version".to_owned(), Json::text("1.0")),
        ])
    });
    for record in records {
        for part in ["inputs", "outputs", "expectations"] {
            let mut types = schema.get(part).cloned().unwrap_or_else(none);
            match record.get(part) {
                Some(Json::Object(fields)) => {
                    for (key, value) in fields {
                        if types.get(key).is_none() {
                            types.set(key, Json::text(type_of(value)));
                        }
                    }
                }
                Some(value) if part == "outputs" && !value.is_nothing() && !types.is_truthy() => {
                    types = Json::text(type_of(value));
                }
                _ => {}
            }
            schema.set(part, types);
        }
    }
    Some(schema.to_string())
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Int(_) | Json::Big(_) => "integer",
        Json::Float(_) => "float",
        Json::Text(_) => "string",
        Json::List(_) => "array",
        Json::Object(_) => "object",
    }
}
