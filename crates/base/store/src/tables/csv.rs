//! CSV bytes in, a table out: comma, header line, UTF-8, one row a line.
//!
//! Types are guessed from all cells of a column, because CSV has none. Writing CSV is left to
//! whoever shows something to a person.

use std::collections::BTreeSet;

use ::csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};
use types::{Date, Table, Values, parse_date};

use super::TableError;

/// The table in `bytes`; `origin` is for messages.
///
/// A column whose every filled cell is a `YYYY-MM-DD` day is [`Values::Date`]; else one whose every
/// filled cell is a finite number or `nan` is [`Values::Number`]; else [`Values::Text`]. A column
/// without a filled cell is numbers. A digit string with a leading nought (`0700`) is text: it is a
/// code, not a quantity. Cells are trimmed.
pub fn from_csv(origin: &str, bytes: &[u8]) -> Result<Table, TableError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    check_lines(origin, bytes)?;
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(|e| refuse(origin, 1, e))?.clone();
    check_names(origin, &header)?;
    let first_line = 2;
    let rows: Vec<StringRecord> = reader
        .into_records()
        .zip(first_line..)
        .map(|(record, line)| record.map_err(|e| refuse(origin, line, e)))
        .collect::<Result<_, _>>()?;
    let columns =
        header.iter().enumerate().map(|(at, name)| (name.to_owned(), column(&rows, at))).collect();
    Ok(Table { origin: origin.to_owned(), first_line, columns })
}

fn check_names(origin: &str, header: &StringRecord) -> Result<(), TableError> {
    if header.is_empty() {
        return Err(TableError::NoColumns { file: origin.to_owned() });
    }
    let mut seen = BTreeSet::new();
    match header.iter().position(|name| name.is_empty() || !seen.insert(name)) {
        Some(at) => Err(TableError::ColumnName {
            file: origin.to_owned(),
            position: at + 1,
            name: header[at].to_owned(),
        }),
        None => Ok(()),
    }
}

/// A table counts its rows from its first line, so that an empty line, or a quoted cell over several
/// lines (the first has an odd number of quotes), would make every later message point to the wrong
/// place.
fn check_lines(origin: &str, bytes: &[u8]) -> Result<(), TableError> {
    let text = bytes.trim_ascii_end();
    let not_a_row = |line: &[u8]| {
        let quotes = line.iter().filter(|byte| **byte == b'"').count();
        line.trim_ascii().is_empty() || quotes % 2 == 1
    };
    match text.split(|byte| *byte == b'\n').position(not_a_row) {
        Some(row) if !text.is_empty() => {
            Err(TableError::NotOneLine { file: origin.to_owned(), line: row + 1 })
        }
        _ => Ok(()),
    }
}

fn refuse(origin: &str, line: usize, source: ::csv::Error) -> TableError {
    let file = origin.to_owned();
    match source.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            TableError::Ragged { file, line, found: *len, expected: *expected_len }
        }
        ErrorKind::Utf8 { .. } => TableError::NotUtf8 { file, line },
        _ => TableError::Csv { file, source },
    }
}

fn column(rows: &[StringRecord], at: usize) -> Values {
    let cells = || rows.iter().map(move |row| &row[at]);
    if cells().all(str::is_empty) {
        return Values::Number(vec![f64::NAN; rows.len()]);
    }
    let dates: Option<Vec<Option<Date>>> = cells()
        .map(|cell| match cell {
            "" => Some(None),
            text => parse_date(text).map(Some),
        })
        .collect();
    if let Some(dates) = dates {
        return Values::Date(dates);
    }
    if let Some(numbers) = cells().map(number).collect() {
        return Values::Number(numbers);
    }
    Values::Text(cells().map(|cell| (!cell.is_empty()).then(|| cell.to_owned())).collect())
}

fn number(cell: &str) -> Option<f64> {
    if cell.is_empty() || cell.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    let digits = cell.as_bytes();
    if digits[0] == b'0' && digits.get(1).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    cell.parse().ok().filter(|value: &f64| value.is_finite())
}
