//! JSON in the order in which it was written.
//!
//! Spans, assessments and records hold values that clients made, and clients see the order of keys.
//! Text is written as Python writes it (`{"a": 1, "b": 2.0}`), since filters look for pieces of it;
//! like Python's, it has `NaN` and `Infinity`, which numbers of models can be. On the wire, where JSON
//! has no such words, they are texts.

mod parse;

use std::fmt::{self, Write as _};

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

/// A value.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Json {
    /// Nothing.
    #[default]
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that does not fit into one, as its digits.
    Big(String),
    /// A number with a fraction, or one that is none.
    Float(f64),
    /// Text.
    Text(String),
    /// Values.
    List(Vec<Json>),
    /// Values under keys, each once.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads text; `None` if it is no JSON.
    pub fn parse(text: &str) -> Option<Self> {
        parse::parse(text)
    }

    /// Of what another reader read.
    pub fn of(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Self::Int(whole),
                None if number.is_u64() => Self::Big(number.to_string()),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(values) => Self::List(values.iter().map(Self::of).collect()),
            serde_json::Value::Object(fields) => Self::Object(
                fields.iter().map(|(key, value)| (key.clone(), Self::of(value))).collect(),
            ),
        }
    }

    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The value under a key of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => {
                fields.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Sets the value under a key of an object.
    pub fn set(&mut self, key: &str, value: Self) {
        if let Self::Object(fields) = self {
            match fields.iter_mut().find(|(name, _)| name == key) {
                Some((_, held)) => *held = value,
                None => fields.push((key.to_owned(), value)),
            }
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The values, if it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// The fields, if it is an object.
    pub fn as_object(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The number, if it is a finite one.
    pub fn as_number(&self) -> Option<f64> {
        let number = match self {
            Self::Int(whole) => *whole as f64,
            Self::Float(number) => *number,
            Self::Big(digits) => digits.parse().ok()?,
            _ => return None,
        };
        number.is_finite().then_some(number)
    }

    /// Whether it is nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::Null
    }

    /// Whether Python takes it for true: it is not empty, not zero, not nothing.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Int(whole) => *whole != 0,
            Self::Float(number) => *number != 0.0,
            Self::Big(_) => true,
            Self::Text(text) => !text.is_empty(),
            Self::List(values) => !values.is_empty(),
            Self::Object(fields) => !fields.is_empty(),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(whole) => write!(f, "{whole}"),
            Self::Big(digits) => f.write_str(digits),
            Self::Float(number) => write_float(f, *number),
            Self::Text(text) => write_text(f, text),
            Self::List(values) => {
                f.write_char('[')?;
                for (place, value) in values.iter().enumerate() {
                    f.write_str(if place > 0 { ", " } else { "" })?;
                    write!(f, "{value}")?;
                }
                f.write_char(']')
            }
            Self::Object(fields) => {
                f.write_char('{')?;
                for (place, (key, value)) in fields.iter().enumerate() {
                    f.write_str(if place > 0 { ", " } else { "" })?;
                    write_text(f, key)?;
                    write!(f, ": {value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// As Python writes a `float`: the shortest digits that read back, with an exponent below 1e-4 and
/// from 1e16 on.
fn write_float(f: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    if number.is_nan() {
        return f.write_str("NaN");
    }
    if number.is_infinite() {
        return f.write_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let written = format!("{number:e}");
        let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(rest) => ('-', rest),
            None => ('+', exponent),
        };
        return write!(f, "{digits}e{sign}{exponent:0>2}");
    }
    write!(f, "{number:?}")
}

/// Characters that are not ASCII stay as they are, so that filters find what people type.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::Int(whole) => to.serialize_i64(*whole),
            Self::Big(digits) => match digits.parse::<u64>() {
                Ok(whole) => to.serialize_u64(whole),
                Err(_) => to.serialize_f64(digits.parse().unwrap_or(f64::MAX)),
            },
            Self::Float(number) => crate::values::wire_number(number, to),
            Self::Text(text) => to.serialize_str(text),
            Self::List(values) => {
                let mut list = to.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(value)?;
                }
                list.end()
            }
            Self::Object(fields) => {
                let mut map = to.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected texts from Python 3.11: `json.dumps(json.loads(text), ensure_ascii=False)`.
    #[test]
    fn text_is_written_as_python_writes_it() {
        for (read, written) in [
            ("{\"b\":1,\"a\":[true,null,2.0]}", "{\"b\": 1, \"a\": [true, null, 2.0]}"),
            (
                "[1e-7, 1e16, 123456789012345680.0, 0.0001, 1e22]",
                "[1e-07, 1e+16, 1.2345678901234568e+17, 0.0001, 1e+22]",
            ),
            ("[1.5e300, -0.0, 5e-324]", "[1.5e+300, -0.0, 5e-324]"),
            ("\"\\u00e4\\n\\u0001\\/\\\"\"", "\"ä\\n\\u0001/\\\"\""),
            ("\"\\ud83d\\ude00\"", "\"😀\""),
            ("[NaN, Infinity, -Infinity]", "[NaN, Infinity, -Infinity]"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("{\"a\": 1, \"a\": 2}", "{\"a\": 2}"),
            (" [ ] ", "[]"),
        ] {
            assert_eq!(Json::parse(read).unwrap().to_string(), written, "{read}");
        }
    }

    #[test]
    fn what_is_no_json_is_not_read() {
        for text in
            ["", "{", "[1,]", "{\"a\"}", "01", "1.", "tru", "\"a", "[1] 2", "'a'", "\"\t\"", "nan"]
        {
            assert_eq!(Json::parse(text), None, "{text}");
        }
        assert_eq!(Json::parse(&"[".repeat(100_000)), None);
    }

    #[test]
    fn the_wire_has_texts_where_json_has_no_numbers() {
        let value = Json::parse("{\"z\": NaN, \"a\": 18446744073709551615}").unwrap();
        let written = serde_json::to_string(&value).unwrap();
        assert_eq!(written, "{\"z\":\"NaN\",\"a\":18446744073709551615}");
    }
}
