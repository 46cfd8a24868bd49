//! A panel and a table of values that became known now and then in; the panel with those values as
//! further fields out.
//!
//! For accounts, ratings and other facts that have a day on which they became known, not a value for
//! each day. It knows no period that a fact is about, only the day from which it could be read.

use std::collections::BTreeMap;

use types::{Date, Digest, Panel, Symbol, Table, Values};

use crate::MarketError;
use crate::rows::{Names, dates, field_name, need, need_field, no_date, not_a_number};

/// The rows of one symbol, by the day on which they became known.
type Known = Vec<(Date, usize)>;

/// `panel` with the columns `fields` of `table` as further fields, named as features can name them
/// (`Price to Book` becomes `price_to_book`).
///
/// The table is long: a column `symbol` (or `ticker`) and the column `known` with the day on which
/// each row became known. The value of a symbol on a day of the panel is that of its newest row whose
/// `known` lies *before* that day and at most `valid_days` calendar days before it. What became known
/// during a day is thus used from the panel's next day on, since the hour is not known. The value is
/// NaN where there is no such row, or where that row's cell is empty or not finite: an older row does
/// not stand in for it. Of rows with one symbol and one `known`, the last in the table counts.
///
/// `source` is the digest of the snapshots of both the panel and the table.
///
/// Costs a sort of the table and days × symbols × fields.
///
/// # Errors
///
/// A table without one of the columns, a row without a symbol or a day, a field that is not numbers,
/// and a field that the panel has already or that is asked for twice.
pub fn with_known(
    panel: &Panel,
    table: &Table,
    known: &str,
    fields: &[String],
    valid_days: usize,
    source: Digest,
) -> Result<Panel, MarketError> {
    let known = by_symbol(table, known)?;
    with_rows(panel, table, &known, fields, valid_days, source)
}

/// [`with_known`] for a table without symbols: what each row says is said of all of them. For texts,
/// rates and other facts about the economy.
///
/// # Errors
///
/// As [`with_known`].
pub fn with_known_of_all(
    panel: &Panel,
    table: &Table,
    known: &str,
    fields: &[String],
    valid_days: usize,
    source: Digest,
) -> Result<Panel, MarketError> {
    let (column, days) = dates(table, known)?;
    let day = |(row, day): (usize, &Option<Date>)| {
        let day = day.ok_or_else(|| no_date(table, column, table.first_line + row))?;
        Ok((day, row))
    };
    let mut known: Known = days.iter().enumerate().map(day).collect::<Result<_, MarketError>>()?;
    known.sort_by_key(|(day, _)| *day);
    let all = panel.symbols().iter().map(|symbol| (symbol.clone(), known.clone())).collect();
    with_rows(panel, table, &all, fields, valid_days, source)
}

fn with_rows(
    panel: &Panel,
    table: &Table,
    known: &BTreeMap<Symbol, Known>,
    fields: &[String],
    valid_days: usize,
    source: Digest,
) -> Result<Panel, MarketError> {
    let columns = columns(panel, table, fields)?;
    let rows = rows_in_force(panel, known, valid_days);
    let matrix = |values: &[f64]| {
        let value = |row: &Option<usize>| row.map(|row| values[row]).filter(|x| x.is_finite());
        rows.iter().map(|row| value(row).unwrap_or(f64::NAN)).collect()
    };
    let more = columns.into_iter().map(|(field, values)| (field, matrix(values))).collect();
    Ok(panel.with_fields(more, source).expect("a matrix has a cell for each day and symbol"))
}

/// The new fields by the names that they will have.
fn columns<'a>(
    panel: &Panel,
    table: &'a Table,
    fields: &[String],
) -> Result<BTreeMap<String, &'a [f64]>, MarketError> {
    let mut columns = BTreeMap::new();
    for field in fields {
        let name = field_name(field);
        let values = match need_field(table, field)? {
            (_, Values::Number(values)) => values.as_slice(),
            (column, values) => return Err(not_a_number(table, column, values)),
        };
        if panel.has(&name) || columns.insert(name.clone(), values).is_some() {
            return Err(MarketError::FieldTwice(name));
        }
    }
    Ok(columns)
}

fn by_symbol(table: &Table, known: &str) -> Result<BTreeMap<Symbol, Known>, MarketError> {
    let (column, days) = dates(table, known)?;
    let mut names = Names::in_column(table, need(table, &["symbol", "ticker"])?);
    let mut rows: BTreeMap<Symbol, Known> = BTreeMap::new();
    for (row, day) in days.iter().enumerate() {
        let line = table.first_line + row;
        let day = day.ok_or_else(|| no_date(table, column, line))?;
        rows.entry(names.at(row, line)?).or_default().push((day, row));
    }
    // Rows with one day stay in the order of the table.
    rows.values_mut().for_each(|known| known.sort_by_key(|(day, _)| *day));
    Ok(rows)
}

/// For each cell of the panel the row of the table that its values come from.
fn rows_in_force(
    panel: &Panel,
    known: &BTreeMap<Symbol, Known>,
    valid_days: usize,
) -> Vec<Option<usize>> {
    let cols = panel.symbols().len();
    let mut cells = vec![None; panel.rows() * cols];
    for (col, symbol) in panel.symbols().iter().enumerate() {
        let Some(known) = known.get(symbol) else { continue };
        let mut passed = 0;
        for (at, date) in panel.dates().iter().enumerate() {
            passed += known[passed..].iter().take_while(|(day, _)| day < date).count();
            let newest = passed.checked_sub(1).map(|last| known[last]);
            let is_valid = |day: Date| (*date - day).num_days() <= valid_days as i64;
            cells[at * cols + col] = newest.filter(|(day, _)| is_valid(*day)).map(|(_, row)| row);
        }
    }
    cells
}
