//! Tables from text, for tests: comma, header line, no quotes.
#![allow(dead_code, missing_docs)]

use types::{Date, Table, Values, parse_date};

pub fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

/// A column is of days or numbers if all its filled cells are.
pub fn table(origin: &str, text: &str) -> Table {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let columns = names
        .iter()
        .enumerate()
        .map(|(at, name)| ((*name).to_owned(), column(rows.iter().map(|row| row[at]))))
        .collect();
    Table { origin: origin.to_owned(), first_line: 2, columns }
}

fn column<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Values {
    let number = |cell: &str| if cell.is_empty() { Some(f64::NAN) } else { cell.parse().ok() };
    if let Some(numbers) = cells.clone().map(number).collect() {
        return Values::Number(numbers);
    }
    let date = |cell: &str| if cell.is_empty() { Some(None) } else { parse_date(cell).map(Some) };
    match cells.clone().map(date).collect() {
        Some(dates) => Values::Date(dates),
        None => {
            Values::Text(cells.map(|cell| (!cell.is_empty()).then(|| cell.to_owned())).collect())
        }
    }
}
