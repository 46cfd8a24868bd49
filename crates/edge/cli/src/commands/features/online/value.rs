//! Values on the command line and in a terminal.

use anyhow::Context;
use feature_online::{Column, Question, Serving, Status, rfc3339};
use online::Value;
use serde_json::{Value as Json, json as written};

use crate::show::six_digits;

/// Reads `KEY=VALUE,…`.
pub fn column(text: &str) -> anyhow::Result<(String, Vec<Json>)> {
    let (name, values) = text
        .split_once('=')
        .with_context(|| format!("--entity {text}: write a key and its values, KEY=VALUE,…"))?;
    let values = values.split(',').map(|one| Json::from(one.trim())).collect();
    Ok((name.trim().to_owned(), values))
}

/// Words of the command line as the types of the columns: text stays text where a join key is text,
/// and becomes a number elsewhere.
pub fn typed(serving: &Serving, mut question: Question) -> anyhow::Result<Question> {
    for (name, values) in &mut question.columns.0 {
        if serving.is_text_key(name)? {
            continue;
        }
        for value in values {
            let number = value.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
            if let Some(number) = number.filter(Json::is_number) {
                *value = number;
            }
        }
    }
    Ok(question)
}

/// A value as JSON; a number that JSON has no word for is text.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(yes) => written!(yes),
        Value::Int32(number) => written!(number),
        Value::Int64(number) => written!(number),
        Value::Float32(number) => float(f64::from(*number)),
        Value::Float64(number) => float(*number),
        Value::Text(text) => written!(text),
        Value::Bytes(bytes) => written!(bytes),
        Value::Timestamp(micros) => written!(rfc3339(*micros)),
        Value::List(items) => items.iter().map(json).collect(),
    }
}

fn float(number: f64) -> Json {
    match number {
        number if number.is_finite() => written!(number),
        number if number.is_nan() => written!("NaN"),
        number if number > 0.0 => written!("Infinity"),
        _ => written!("-Infinity"),
    }
}

/// A value in a table, with how it stands where that is not as it should be.
pub fn shown(column: &Column, row: usize) -> String {
    let text = match &column.values[row] {
        Value::Float32(number) => six_digits(f64::from(*number)),
        Value::Float64(number) => six_digits(*number),
        value => match json(value) {
            Json::String(text) => text,
            Json::Null => "-".to_owned(),
            other => other.to_string(),
        },
    };
    match column.statuses[row] {
        Status::Present | Status::Null => text,
        Status::NotFound | Status::Unwritten => "not found".to_owned(),
        Status::OutsideMaxAge => format!("{text} (stale)"),
    }
}

/// A length of time in its two largest units.
pub fn age(seconds: f64) -> String {
    let whole = seconds.abs().round() as u64;
    let sign = if seconds < 0.0 { "-" } else { "" };
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{whole}s"),
        (0, 0, minutes) => format!("{sign}{minutes}m{}s", whole % 60),
        (0, hours, minutes) => format!("{sign}{hours}h{minutes}m"),
        (days, hours, _) => format!("{sign}{days}d{hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_two_units() {
        for (seconds, text) in
            [(0.4, "0s"), (61.0, "1m1s"), (7_300.0, "2h1m"), (180_000.0, "2d2h"), (-5.0, "-5s")]
        {
            assert_eq!(age(seconds), text);
        }
    }
}
