//! The words in which endpoints are told, and what OpenAPI makes of them.
//!
//! Fields are written as `name!: str, tags: []Tag`: with `!` they must be there. A kind is `str`,
//! `str?` if it may be null, `int`, `float`, `bool`, `map` (of text), `any`, the name of a shape,
//! `enum NAME`, or `[]` before one of these. A field that begins with `?` stands in the query,
//! whatever the method. In place of fields, `=text`, `=bytes`, `=file` (of any kind), `=protobuf` or
//! `=any` (JSON) is a whole body of that kind, and `=nothing` is none.

use serde_json::{Map, Value, json};

/// An endpoint: method, path, id, what it does, what it asks for, what it gives. A path without a
/// leading `/` stands below `/api` and `/ajax-api`.
pub type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// A field of a request, an answer, or a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    pub name: &'a str,
    pub kind: &'a str,
    pub required: bool,
    pub in_query: bool,
}

/// Reads fields.
pub fn fields(text: &str) -> impl Iterator<Item = Field<'_>> {
    text.split(',').map(str::trim).filter(|field| !field.is_empty()).map(|field| {
        let (name, kind) = field.split_once(':').expect("a field is written as name: kind");
        let (name, kind) = (name.trim(), kind.trim());
        let in_query = name.starts_with('?');
        let required = name.ends_with('!');
        let name = name.trim_start_matches('?').trim_end_matches('!');
        Field { name, kind, required, in_query }
    })
}

/// The schema of a kind.
pub fn schema(kind: &str) -> Value {
    if let Some(each) = kind.strip_prefix("[]") {
        return json!({ "type": "array", "items": schema(each) });
    }
    match kind {
        "str" => json!({ "type": "string" }),
        "str?" => json!({ "type": ["string", "null"] }),
        "int" => json!({ "type": "integer", "format": "int64" }),
        "bool" => json!({ "type": "boolean" }),
        "map" => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        "any" => json!({}),
        // JSON has no word for some numbers.
        "float" => json!({ "anyOf": [
            { "type": "number", "format": "double" },
            { "enum": ["NaN", "Infinity", "-Infinity"] },
        ]}),
        name => {
            let name = name.strip_prefix("enum ").unwrap_or(name);
            json!({ "$ref": format!("#/components/schemas/{name}") })
        }
    }
}

/// What fields of these names may say: something that is there in a server that was just started, or
/// that another endpoint makes when it is asked with the same words.
const EXAMPLES: &[(&str, &str)] = &[
    ("experiment_id", "0"),
    ("experiment_name", "Default"),
    ("name", "example"),
    ("key", "example"),
    ("metric_key", "example"),
    ("value", "1"),
    ("alias", "example"),
    ("version", "1"),
    ("source", "file:///example"),
    ("username", "example"),
    ("password", "an example of a password"),
    ("workspace", "default"),
    ("workspace_name", "default"),
    ("url", "https://example.com/hook"),
    ("filter", ""),
    ("path", "example.txt"),
];

/// The schema of a field, with an example where one is known.
pub fn of_field(field: Field<'_>) -> Value {
    let mut schema = schema(field.kind);
    let example = EXAMPLES.iter().find(|(name, _)| *name == field.name);
    if let (Some((_, example)), "str") = (example, field.kind) {
        schema["examples"] = json!([example]);
    }
    schema
}

/// The schema of an object with these fields.
pub fn object(text: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields(text).filter(|field| !field.in_query) {
        properties.insert(field.name.to_owned(), of_field(field));
        if field.required {
            required.push(Value::from(field.name));
        }
    }
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = Value::from(required);
    }
    object
}

/// A field as a parameter of the query.
pub fn parameter(field: Field<'_>) -> Value {
    json!({
        "name": field.name,
        "in": "query",
        "required": field.required,
        "schema": of_field(field),
    })
}

/// The names in a path, and the path as OpenAPI writes it: `{*path}` is `{path}`.
pub fn in_path(path: &str) -> (Vec<&str>, String) {
    let parts = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let names = parts.map(|name| name.trim_start_matches('*')).collect();
    (names, path.replace("{*", "{"))
}

/// A body: fields as JSON, or something else as a whole.
pub fn body(text: &str) -> Value {
    let (kind, schema) = match text {
        "=text" => ("text/plain", json!({ "type": "string" })),
        "=bytes" => ("application/octet-stream", json!({ "type": "string", "format": "binary" })),
        "=file" => ("*/*", json!({ "type": "string", "format": "binary" })),
        "=any" => ("application/json", json!({})),
        "=protobuf" => ("application/x-protobuf", json!({ "type": "string", "format": "binary" })),
        fields => ("application/json", object(fields)),
    };
    json!({ (kind): { "schema": schema } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read() {
        let read: Vec<Field<'_>> = fields("name!: str, tags: []Tag, ?mode: str").collect();
        let field = |name, kind, required, in_query| Field { name, kind, required, in_query };
        assert_eq!(
            read,
            [
                field("name", "str", true, false),
                field("tags", "[]Tag", false, false),
                field("mode", "str", false, true),
            ]
        );
        assert_eq!(fields("").count(), 0);
        assert_eq!(
            schema("[]enum Color"),
            json!({ "type": "array", "items": { "$ref": "#/components/schemas/Color" } })
        );
        let (names, path) = in_path("/a/{x}/b/{*rest}");
        assert_eq!((names, path.as_str()), (vec!["x", "rest"], "/a/{x}/b/{rest}"));
    }
}
