//! An answer as JSON: one object for each feature with its values, statuses and event times, then the
//! names. Numbers that JSON has no word for are text, bytes are base64, moments as values are whole
//! seconds since 1970, and event times are RFC 3339.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use feature_online::{Answer, Column, Status, rfc3339};
use online::Value;

/// Where a row has no event time.
const NEVER: &str = "1970-01-01T00:00:00Z";

/// Writes an answer. `versions` are those of views, where they were asked for.
pub fn write(answer: &Answer, versions: &[(String, i64)]) -> Vec<u8> {
    let rows = answer.columns.first().map_or(0, |column| column.values.len());
    let mut out = Vec::with_capacity(256 + answer.columns.len() * (64 + rows * 64));
    out.extend(b"{\"results\":[");
    for (index, column) in answer.columns.iter().enumerate() {
        comma(&mut out, index);
        put_column(&mut out, column);
    }
    out.extend(b"],\"metadata\":{\"feature_names\":[");
    for (index, column) in answer.columns.iter().enumerate() {
        comma(&mut out, index);
        text(&mut out, &column.name);
    }
    out.push(b']');
    if !versions.is_empty() {
        out.extend(b",\"feature_view_metadata\":[");
        for (index, (name, version)) in versions.iter().enumerate() {
            comma(&mut out, index);
            out.extend(b"{\"name\":");
            text(&mut out, name);
            out.extend(format!(",\"version\":{version}}}").as_bytes());
        }
        out.push(b']');
    }
    out.extend(b"}}");
    out
}

/// How many values have each status.
pub fn count<'a>(statuses: impl Iterator<Item = &'a Status>) -> Vec<(Status, u64)> {
    let mut counted = Status::ALL.map(|status| (status, 0));
    for status in statuses {
        if let Some((_, count)) = counted.iter_mut().find(|(known, _)| known == status) {
            *count += 1;
        }
    }
    counted.into()
}

fn put_column(out: &mut Vec<u8>, column: &Column) {
    out.extend(b"{\"values\":[");
    for (index, one) in column.values.iter().enumerate() {
        comma(out, index);
        value(out, one);
    }
    out.extend(b"],\"statuses\":[");
    for (index, status) in column.statuses.iter().enumerate() {
        comma(out, index);
        out.push(b'"');
        out.extend(status.name().as_bytes());
        out.push(b'"');
    }
    out.extend(b"],\"event_timestamps\":[");
    // Rows of one day have one event time: it is written once.
    let (mut last, mut written) = (0, NEVER.to_owned());
    for (index, event) in column.events.iter().enumerate() {
        comma(out, index);
        if *event != last {
            (last, written) = (*event, rfc3339(*event));
        }
        out.push(b'"');
        out.extend(written.as_bytes());
        out.push(b'"');
    }
    out.extend(b"]}");
}

fn comma(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b',');
    }
}

fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(yes) => out.extend(if *yes { b"true".as_slice() } else { b"false" }),
        Value::Int32(number) => plain(out, number),
        Value::Int64(number) => plain(out, number),
        Value::Float32(number) => float(out, f64::from(*number)),
        Value::Float64(number) => float(out, *number),
        Value::Text(said) => text(out, said),
        Value::Bytes(bytes) => text(out, &STANDARD.encode(bytes)),
        Value::Timestamp(micros) => plain(out, &micros.div_euclid(1_000_000)),
        Value::List(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                comma(out, index);
                self::value(out, item);
            }
            out.push(b']');
        }
    }
}

fn float(out: &mut Vec<u8>, number: f64) {
    match number {
        finite if finite.is_finite() => plain(out, &finite),
        number if number.is_nan() => out.extend(b"\"NaN\""),
        number if number > 0.0 => out.extend(b"\"Infinity\""),
        _ => out.extend(b"\"-Infinity\""),
    }
}

fn text(out: &mut Vec<u8>, said: &str) {
    plain(out, said);
}

fn plain(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("numbers and text are written to memory");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_clients_read_them() {
        for (one, written) in [
            (Value::Null, "null"),
            (Value::Bool(true), "true"),
            (Value::Int32(-1), "-1"),
            (Value::Int64(i64::MAX), "9223372036854775807"),
            (Value::Float32(0.1), "0.10000000149011612"),
            (Value::Float64(f64::NAN), "\"NaN\""),
            (Value::Float64(f64::NEG_INFINITY), "\"-Infinity\""),
            (Value::Text("a\"\n".to_owned()), "\"a\\\"\\n\""),
            (Value::Bytes(vec![1, 2, 255]), "\"AQL/\""),
            (Value::Timestamp(-1), "-1"),
            (Value::Timestamp(1_999_999), "1"),
            (Value::List(vec![Value::Int64(1), Value::Null]), "[1,null]"),
        ] {
            let mut out = Vec::new();
            value(&mut out, &one);
            assert_eq!(String::from_utf8(out).unwrap(), written);
        }
    }
}
