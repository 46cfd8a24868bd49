//! Rows as lines of JSON: an array of values in the order of the columns. Numbers that JSON has no
//! word for are text, bytes are Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use database::{DatabaseError, Row};
use serde_json::Value as Json;

use super::manifest::{Column, Kind};

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cell {
    fn read(row: &Row<'_>, place: usize, kind: Kind) -> Result<Self, DatabaseError> {
        Ok(match kind {
            Kind::Int => row.get::<Option<i64>>(place)?.map(Self::Int),
            Kind::Real => row.get::<Option<f64>>(place)?.map(Self::Real),
            Kind::Text => row.get::<Option<String>>(place)?.map(Self::Text),
            Kind::Bytes => row.get::<Option<Vec<u8>>>(place)?.map(Self::Bytes),
        }
        .unwrap_or(Self::Null))
    }

    fn write(&self, line: &mut Vec<u8>) {
        let written = match self {
            Self::Null => serde_json::to_writer(line, &()),
            Self::Int(value) => serde_json::to_writer(line, value),
            Self::Real(value) if value.is_finite() => serde_json::to_writer(line, value),
            Self::Real(value) => serde_json::to_writer(line, word(*value)),
            Self::Text(value) => serde_json::to_writer(line, value),
            Self::Bytes(value) => serde_json::to_writer(line, &STANDARD.encode(value)),
        };
        written.expect("memory takes all that is written");
    }

    fn parse(kind: Kind, json: Json) -> Option<Self> {
        Some(match (kind, json) {
            (_, Json::Null) => Self::Null,
            (Kind::Int, Json::Number(value)) => Self::Int(value.as_i64()?),
            (Kind::Real, Json::Number(value)) => Self::Real(value.as_f64()?),
            (Kind::Real, Json::String(value)) => Self::Real(of_word(&value)?),
            (Kind::Text, Json::String(value)) => Self::Text(value),
            (Kind::Bytes, Json::String(value)) => Self::Bytes(STANDARD.decode(value).ok()?),
            _ => return None,
        })
    }

    /// The value as a statement takes it.
    pub(super) fn value(&self) -> database::Value<'_> {
        match self {
            Self::Null => database::Value::Null,
            Self::Int(value) => database::Value::Int(*value),
            Self::Real(value) => database::Value::Real(*value),
            Self::Text(value) => database::Value::Text(value),
            Self::Bytes(value) => database::Value::Blob(value),
        }
    }
}

const INFINITE: &str = "Infinity";
const NEGATIVE: &str = "-Infinity";
const NO_NUMBER: &str = "NaN";

fn word(value: f64) -> &'static str {
    match value {
        f64::INFINITY => INFINITE,
        f64::NEG_INFINITY => NEGATIVE,
        _ => NO_NUMBER,
    }
}

fn of_word(word: &str) -> Option<f64> {
    match word {
        INFINITE => Some(f64::INFINITY),
        NEGATIVE => Some(f64::NEG_INFINITY),
        NO_NUMBER => Some(f64::NAN),
        _ => None,
    }
}

/// Writes a row as a line.
pub(super) fn write(
    row: &Row<'_>,
    columns: &[Column],
    line: &mut Vec<u8>,
) -> Result<(), DatabaseError> {
    for (place, column) in columns.iter().enumerate() {
        line.push(if place == 0 { b'[' } else { b',' });
        Cell::read(row, place, column.kind)?.write(line);
    }
    line.extend_from_slice(b"]\n");
    Ok(())
}

/// Reads a line as a row, which is put behind `cells`. Says what is wrong with it.
pub(super) fn parse(line: &str, columns: &[Column], cells: &mut Vec<Cell>) -> Result<(), String> {
    let row: Vec<Json> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if row.len() != columns.len() {
        return Err(format!("{} values where {} belong", row.len(), columns.len()));
    }
    for (json, column) in row.into_iter().zip(columns) {
        let cell = Cell::parse(column.kind, json);
        cells.push(cell.ok_or_else(|| format!("column {} holds something else", column.name))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell() -> impl Strategy<Value = (Kind, Cell)> {
        prop_oneof![
            any::<i64>().prop_map(|x| (Kind::Int, Cell::Int(x))),
            any::<f64>().prop_map(|x| (Kind::Real, Cell::Real(x))),
            any::<String>().prop_map(|x| (Kind::Text, Cell::Text(x))),
            any::<Vec<u8>>().prop_map(|x| (Kind::Bytes, Cell::Bytes(x))),
            Just((Kind::Text, Cell::Null)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(row in prop::collection::vec(cell(), 1..6)) {
            let mut line = Vec::new();
            for (place, (_, cell)) in row.iter().enumerate() {
                line.push(if place == 0 { b'[' } else { b',' });
                cell.write(&mut line);
            }
            line.push(b']');
            let columns: Vec<Column> =
                row.iter().map(|(kind, _)| Column { name: "c".into(), kind: *kind }).collect();
            let mut read = Vec::new();
            parse(std::str::from_utf8(&line).unwrap(), &columns, &mut read).unwrap();
            prop_assert!(!line.contains(&b'\n'));
            for ((_, written), read) in row.iter().zip(&read) {
                match (written, read) {
                    (Cell::Real(a), Cell::Real(b)) if a.is_nan() => prop_assert!(b.is_nan()),
                    (Cell::Real(a), Cell::Real(b)) => prop_assert_eq!(a.to_bits(), b.to_bits()),
                    (written, read) => prop_assert_eq!(written, read),
                }
            }
        }
    }

    #[test]
    fn a_line_that_does_not_fit_is_refused() {
        let columns = [
            Column { name: "a".into(), kind: Kind::Int },
            Column { name: "b".into(), kind: Kind::Real },
        ];
        let said = |line: &str| parse(line, &columns, &mut Vec::new()).unwrap_err();
        assert_eq!(said("[1]"), "1 values where 2 belong");
        assert_eq!(said("[1.5, 2]"), "column a holds something else");
        assert_eq!(said("[1, \"two\"]"), "column b holds something else");
        said("[1, 2");
    }
}
