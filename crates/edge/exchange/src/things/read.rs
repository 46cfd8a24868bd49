//! Small values as servers write them.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serializer};

/// A whole number, perhaps as text; nothing is nought.
pub(super) fn int<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    Ok(opt_int(from)?.unwrap_or_default())
}

pub(super) fn opt_int<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Int(i64),
        Float(f64),
        Text(String),
    }
    Ok(match Option::<Written>::deserialize(from)? {
        None => None,
        Some(Written::Int(number)) => Some(number),
        Some(Written::Float(number)) => Some(number as i64),
        Some(Written::Text(text)) => Some(text.trim().parse().map_err(D::Error::custom)?),
    })
}

/// Text, perhaps as a number.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    })
}

/// A number, or the word for one that JSON cannot say.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }
    match Option::<Written>::deserialize(from)? {
        None => Ok(f64::NAN),
        Some(Written::Number(number)) => Ok(number),
        Some(Written::Text(text)) => text.trim().parse().map_err(D::Error::custom),
    }
}

pub(super) fn to_number<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    catalog::values::wire_number(value, to)
}
