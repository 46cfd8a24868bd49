//! Values as JSON has them: read as the type that a definition names, or refused.

use features::store::ValueKind;
use online::Value;
use serde_json::Value as Json;

use crate::moment::{parse_moment, rfc3339};

/// Reads a value of a type. A null is a null of any type; whole numbers may come as numbers with
/// nothing after the point, numbers as `"NaN"`, `"Infinity"` and `"-Infinity"`, moments as text or as
/// seconds since 1970. The error says what is wrong.
pub fn read(json: &Json, kind: ValueKind) -> Result<Value, String> {
    let wrong = || format!("{} is no {kind}", shown(json));
    if json.is_null() {
        return Ok(Value::Null);
    }
    let read = match kind {
        ValueKind::Bool => json.as_bool().map(Value::Bool),
        ValueKind::Int32 => {
            whole(json).and_then(|number| i32::try_from(number).ok()).map(Value::Int32)
        }
        ValueKind::Int64 => whole(json).map(Value::Int64),
        ValueKind::Float32 => number(json).map(|number| Value::Float32(number as f32)),
        ValueKind::Float64 => number(json).map(Value::Float64),
        ValueKind::String => json.as_str().map(|text| Value::Text(text.to_owned())),
        ValueKind::Timestamp => moment(json).map(Value::Timestamp),
    };
    read.ok_or_else(wrong)
}

/// A value that no definition gives a type: whole numbers, numbers, texts, yes and no; lists and objects
/// as their text.
pub fn as_it_came(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(yes) => Value::Bool(*yes),
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int64(whole),
            None => number.as_f64().map_or(Value::Null, Value::Float64),
        },
        other => Value::Text(other.to_string()),
    }
}

/// Reads a moment, in microseconds since 1970: text, or seconds.
pub fn moment(json: &Json) -> Option<i64> {
    match json {
        Json::String(text) => parse_moment(text),
        Json::Number(_) => match whole(json) {
            Some(seconds) => seconds.checked_mul(1_000_000),
            None => json.as_f64().map(|seconds| (seconds * 1e6).round() as i64),
        },
        _ => None,
    }
}

/// The whole numbers that a float holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn whole(json: &Json) -> Option<i64> {
    let float = |float: &f64| float.fract() == 0.0 && float.abs() <= EXACT;
    json.as_i64().or_else(|| json.as_f64().filter(float).map(|float| float as i64))
}

/// Reads a number, also one that JSON has no word for.
pub fn number(json: &Json) -> Option<f64> {
    match json {
        Json::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        other => other.as_f64(),
    }
}

/// A value as an expression sees it: NaN where there is no number.
pub fn as_float(value: &Value) -> f64 {
    match value {
        Value::Bool(yes) => f64::from(u8::from(*yes)),
        Value::Int32(number) => f64::from(*number),
        Value::Int64(number) => *number as f64,
        Value::Float32(number) => f64::from(*number),
        Value::Float64(number) => *number,
        _ => f64::NAN,
    }
}

/// A value as a model takes it: NaN where none is known. The error says why it is no number.
pub fn as_input(value: &Value) -> Result<f64, String> {
    match value {
        Value::Int64(number) if number.unsigned_abs() > EXACT as u64 => {
            Err(format!("{number} cannot be told apart from its neighbours as a number of a model"))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int32(_)
        | Value::Int64(_)
        | Value::Float32(_)
        | Value::Float64(_) => Ok(as_float(value)),
        Value::Text(_) | Value::Bytes(_) | Value::Timestamp(_) | Value::List(_) => {
            Err("a model takes numbers".to_owned())
        }
    }
}

/// The value of a join key as text.
pub fn as_text(value: &Value) -> String {
    match value {
        Value::Bool(yes) => yes.to_string(),
        Value::Int32(number) => number.to_string(),
        Value::Int64(number) => number.to_string(),
        Value::Float32(number) => number.to_string(),
        Value::Float64(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Timestamp(micros) => rfc3339(*micros),
        Value::Null | Value::Bytes(_) | Value::List(_) => format!("{value:?}"),
    }
}

/// What an expression gave, as the type that was defined.
pub fn of_float(number: f64, kind: ValueKind) -> Value {
    let whole = number.fract() == 0.0;
    match kind {
        ValueKind::Float32 => Value::Float32(number as f32),
        ValueKind::Int64 if whole && number.abs() <= EXACT => Value::Int64(number as i64),
        ValueKind::Int32 if whole && number.abs() <= f64::from(i32::MAX) => {
            Value::Int32(number as i32)
        }
        ValueKind::Int32 | ValueKind::Int64 => Value::Null,
        _ => Value::Float64(number),
    }
}

/// A value in a message: not the whole of a long one.
fn shown(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(60) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_as_their_type_or_refused() {
        use ValueKind::*;
        let table = [
            (json!(null), Int64, Some(Value::Null)),
            (json!(true), Bool, Some(Value::Bool(true))),
            (json!(1), Bool, None),
            (json!(7), Int32, Some(Value::Int32(7))),
            (json!(7.0), Int64, Some(Value::Int64(7))),
            (json!(7.5), Int64, None),
            (json!(1_u64 << 40), Int32, None),
            (json!(u64::MAX), Int64, None),
            (json!(1e300), Int64, None),
            (json!("7"), Int64, None),
            (json!(7), Float64, Some(Value::Float64(7.0))),
            (json!("-Infinity"), Float64, Some(Value::Float64(f64::NEG_INFINITY))),
            (json!("x"), Float32, None),
            (json!("x"), String, Some(Value::Text("x".to_owned()))),
            (json!(1), String, None),
            (json!("1970-01-01T00:00:01"), Timestamp, Some(Value::Timestamp(1_000_000))),
            (json!(2), Timestamp, Some(Value::Timestamp(2_000_000))),
            (json!(0.25), Timestamp, Some(Value::Timestamp(250_000))),
            (json!("then"), Timestamp, None),
            (json!([1]), Float64, None),
        ];
        for (json, kind, expected) in table {
            assert_eq!(read(&json, kind).ok(), expected, "{json} as {kind}");
        }
        let long = "x".repeat(1_000);
        assert!(read(&json!(long), Int64).unwrap_err().len() < 100);
    }
}
