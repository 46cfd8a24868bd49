//! The fields of a request: a JSON object, or the query of a GET.
//!
//! A field is taken by its name and the type that it must have. The messages of what is missing or
//! of another type are those that clients of the protocol know. A value is read when it is taken:
//! a list of a thousand metrics has a shorter way.

use std::collections::HashMap;
use std::sync::OnceLock;

use catalog::{CatalogError, Tag};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The fields of a request, or of an object in it.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    fields: HashMap<String, Field>,
    /// Whether all values came as text, in a query.
    query: bool,
}

/// A value as it came, and as it was read.
#[derive(Debug, Clone, Default)]
struct Field {
    raw: Option<Box<RawValue>>,
    value: OnceLock<Value>,
}

impl Field {
    fn read(value: Value) -> Self {
        Self { raw: None, value: OnceLock::from(value) }
    }

    fn value(&self) -> &Value {
        self.value.get_or_init(|| {
            let raw = self.raw.as_ref().map_or("null", |raw| raw.get());
            serde_json::from_str(raw).unwrap_or(Value::Null)
        })
    }
}

type Taken<T> = Result<T, CatalogError>;

const HELP: &str = " See the API docs for more information about request parameters.";

impl Fields {
    /// Of a JSON object. Old clients send the object as text within JSON.
    pub fn of_json(body: &[u8]) -> Taken<Self> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let unreadable = |error: serde_json::Error| {
            CatalogError::invalid(format!("the body is no JSON: {error}"))
        };
        match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => {
                let raw: HashMap<String, Box<RawValue>> =
                    serde_json::from_slice(body).map_err(unreadable)?;
                let fields = raw
                    .into_iter()
                    .map(|(name, raw)| (name, Field { raw: Some(raw), value: OnceLock::new() }));
                Ok(Self { fields: fields.collect(), query: false })
            }
            _ => match serde_json::from_slice(body).map_err(unreadable)? {
                Value::String(inner) if inner.trim_start().starts_with('{') => {
                    Self::of_json(inner.as_bytes())
                }
                Value::Null => Ok(Self::default()),
                other => Err(CatalogError::invalid(format!(
                    "the body is no object, it is of type '{}'",
                    kind(&other)
                ))),
            },
        }
    }

    fn of_object(object: &Map<String, Value>) -> Self {
        let read = |(name, value): (&String, &Value)| (name.clone(), Field::read(value.clone()));
        Self { fields: object.iter().map(read).collect(), query: false }
    }

    /// Of a query: `a=1&b=x&b=y`.
    pub fn of_query(query: &str) -> Taken<Self> {
        let mut lists: HashMap<String, Vec<Value>> = HashMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, Value::String(decode(value)?));
            lists.entry(name).or_default().push(value);
        }
        let read = |(name, values)| (name, Field::read(Value::Array(values)));
        Ok(Self { fields: lists.into_iter().map(read).collect(), query: true })
    }

    /// Sets a field that the path gives.
    pub fn set(&mut self, name: &str, value: &str) {
        self.fields.insert(name.to_owned(), Field::read(Value::String(value.to_owned())));
    }

    /// Whether a field is there and is not null.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// A field as it came. In a query, the last of several.
    pub fn find(&self, name: &str) -> Option<&Value> {
        match self.field(name)?.value() {
            Value::Null => None,
            Value::Array(values) if self.query => values.first(),
            value => Some(value),
        }
    }

    /// A field as it was written, where it came in a body.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.field(name)?.raw.as_ref().map(|raw| raw.get())
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name).or_else(|| self.fields.get(&camel(name)))
    }

    /// Text that must be there.
    pub fn text(&self, name: &str) -> Taken<&str> {
        let found = self.opt_text(name)?.filter(|text| !text.is_empty());
        found.ok_or_else(|| missing(name))
    }

    /// Text that must be there, and may be empty.
    pub fn text_or_empty(&self, name: &str) -> Taken<&str> {
        self.opt_text(name)?.ok_or_else(|| missing(name))
    }

    /// Text.
    pub fn opt_text(&self, name: &str) -> Taken<Option<&str>> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::String(text)) => {
                catalog::names::check_text(name, text)?;
                Ok(Some(text))
            }
            Some(other) => Err(wrong(name, other)),
        }
    }

    /// Text under the first of two names that has some: a run's id has an old and a new one.
    pub fn either(&self, name: &str, old: &str) -> Taken<&str> {
        match self.opt_text(name)?.filter(|text| !text.is_empty()) {
            Some(text) => Ok(text),
            None => {
                self.opt_text(old)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
            }
        }
    }

    /// A whole number that must be there.
    pub fn int(&self, name: &str) -> Taken<i64> {
        self.opt_int(name)?.ok_or_else(|| missing(name))
    }

    /// A whole number, as a number or as text.
    pub fn opt_int(&self, name: &str) -> Taken<Option<i64>> {
        let Some(value) = self.find(name) else { return Ok(None) };
        whole(value).map(Some).ok_or_else(|| wrong(name, value))
    }

    /// How many results a page may have: at least 1 and at most `limit`.
    pub fn page_size(&self, name: &str, default: usize, limit: usize) -> Taken<usize> {
        let Some(asked) = self.opt_int(name)? else { return Ok(default) };
        match usize::try_from(asked) {
            Ok(asked) if asked >= 1 && asked <= limit => Ok(asked),
            _ => Err(CatalogError::invalid(format!(
                "Invalid value {asked} for parameter '{name}' supplied. It must be at least 1 and \
                 at most {limit}"
            ))),
        }
    }

    /// A number that must be there; `"NaN"`, `"Infinity"` and `"-Infinity"` are numbers too.
    pub fn number(&self, name: &str) -> Taken<f64> {
        let value = self.find(name).ok_or_else(|| missing(name))?;
        number(value).ok_or_else(|| wrong(name, value))
    }

    /// Yes or no.
    pub fn opt_bool(&self, name: &str) -> Taken<Option<bool>> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) if self.query && text.eq_ignore_ascii_case("true") => {
                Ok(Some(true))
            }
            Some(Value::String(text)) if self.query && text.eq_ignore_ascii_case("false") => {
                Ok(Some(false))
            }
            Some(other) => Err(wrong(name, other)),
        }
    }

    /// A list of texts; empty where there is none.
    pub fn texts(&self, name: &str) -> Taken<Vec<String>> {
        let text = |value: &Value| match value {
            Value::String(text) => {
                catalog::names::check_text(name, text)?;
                Ok(text.clone())
            }
            // Clients send numbers of experiments as numbers too.
            Value::Number(number) if number.is_i64() => Ok(number.to_string()),
            other => Err(wrong(name, other)),
        };
        self.list(name)?.iter().map(text).collect()
    }

    /// A list of objects; empty where there is none.
    pub fn objects(&self, name: &str) -> Taken<Vec<Fields>> {
        let object = |value: &Value| match value {
            Value::Object(fields) => Ok(Fields::of_object(fields)),
            other => Err(wrong(name, other)),
        };
        self.list(name)?.iter().map(object).collect()
    }

    /// An object.
    pub fn opt_object(&self, name: &str) -> Taken<Option<Fields>> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Fields::of_object(fields))),
            Some(other) => Err(wrong(name, other)),
        }
    }

    /// A list of objects with a key and a value.
    pub fn tags(&self, name: &str) -> Taken<Vec<Tag>> {
        let tag = |one: Fields| {
            let key = one.opt_text("key")?.unwrap_or_default().to_owned();
            let value = one.opt_text("value")?.unwrap_or_default().to_owned();
            Ok(Tag { key, value })
        };
        self.objects(name)?.into_iter().map(tag).collect()
    }

    fn list(&self, name: &str) -> Taken<&[Value]> {
        match self.field(name).map(Field::value) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(other) => Err(wrong(name, other)),
        }
    }
}

/// A required field is missing.
pub fn missing(name: &str) -> CatalogError {
    CatalogError::invalid(format!("Missing value for required parameter '{name}'.{HELP}"))
}

fn wrong(name: &str, value: &Value) -> CatalogError {
    let mut shown = value.to_string();
    if shown.chars().count() > 200 {
        shown = format!("{}…", shown.chars().take(200).collect::<String>());
    }
    CatalogError::invalid(format!(
        "Invalid value {shown} for parameter '{name}' supplied:  Hint: Value was of type '{}'.{HELP}",
        kind(value)
    ))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0 && float.abs() < 9.0e18).then_some(float as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A number on the wire, where JSON has no word for some.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok().filter(|number: &f64| number.is_finite()),
        },
        _ => None,
    }
}

/// `run_id` as other clients spell it: `runId`.
fn camel(name: &str) -> String {
    let mut upper = false;
    let mut camel = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                camel.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    camel
}

fn decode(text: &str) -> Taken<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    decoded
        .map(|text| text.into_owned())
        .map_err(|_| CatalogError::new(catalog::Code::BadRequest, "the query is not valid UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::of_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn values_are_read_as_the_wire_writes_them() {
        let read = fields(
            r#"{"a": 3, "b": "4", "c": 5.0, "d": "NaN", "e": null, "runId": "r", "list": ["x"]}"#,
        );
        assert_eq!(read.opt_int("a"), Ok(Some(3)));
        assert_eq!(read.opt_int("b"), Ok(Some(4)));
        assert_eq!(read.opt_int("c"), Ok(Some(5)));
        assert!(read.number("d").unwrap().is_nan());
        assert_eq!(read.opt_text("e"), Ok(None));
        assert_eq!(read.text("run_id"), Ok("r"));
        assert_eq!(read.texts("list").unwrap(), ["x"]);
        assert_eq!(fields(r#""{\"a\": 1}""#).int("a"), Ok(1));
    }

    #[test]
    fn what_is_wrong_is_said_in_known_words() {
        let read = fields(r#"{"name": 123}"#);
        assert_eq!(
            read.text("name").unwrap_err().message,
            "Invalid value 123 for parameter 'name' supplied:  Hint: Value was of type 'int'. See \
             the API docs for more information about request parameters."
        );
        assert_eq!(
            read.text("key").unwrap_err().message,
            "Missing value for required parameter 'key'. See the API docs for more information \
             about request parameters."
        );
        Fields::of_json(b"[1]").unwrap_err();
        Fields::of_json(b"{").unwrap_err();
        Fields::of_json(&[b'"', 0xff, b'"']).unwrap_err();
    }

    #[test]
    fn a_query_is_decoded() {
        let read = Fields::of_query("a=x+y&b=%C3%A4&c=1&c=2&t=True").unwrap();
        assert_eq!(read.text("a"), Ok("x y"));
        assert_eq!(read.text("b"), Ok("ä"));
        assert_eq!(read.texts("c").unwrap(), ["1", "2"]);
        assert_eq!(read.opt_bool("t"), Ok(Some(true)));
        Fields::of_query("a=%ff").unwrap_err();
    }
}
