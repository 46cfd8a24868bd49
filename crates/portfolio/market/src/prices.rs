//! The canonical form of prices: for each symbol its days in order, one row a day.
//!
//! It goes into a long table, to be stored, and back without a change, and into the panel that later
//! rooms read. Whether the values make sense was decided by [`crate::import`].

use std::collections::{BTreeMap, BTreeSet};

use types::{Date, Digest, Panel, Symbol, Table, Values};

use crate::MarketError;
use crate::rows::{BAR_FIELDS, Rows};

/// One symbol's history.
#[derive(Debug, Clone, Default)]
pub struct Series {
    pub(crate) dates: Vec<Date>,
    pub(crate) fields: BTreeMap<String, Vec<f64>>,
}

impl Series {
    /// Its days, oldest first, none twice.
    pub fn dates(&self) -> &[Date] {
        &self.dates
    }

    /// A field, one value a day, NaN where unknown.
    pub fn field(&self, name: &str) -> Option<&[f64]> {
        self.fields.get(name).map(Vec::as_slice)
    }
}

/// Prices and other fields of many symbols. Every series has the same fields.
#[derive(Debug, Clone, Default)]
pub struct Prices {
    pub(crate) series: BTreeMap<Symbol, Series>,
    pub(crate) fields: BTreeSet<String>,
}

/// A row that was left out because an earlier one has its symbol and day: `(kept, left out)`.
pub(crate) type Repeat = (usize, usize);

impl Prices {
    /// The first row of each symbol and day, and the rows that came after it.
    pub(crate) fn from_rows(rows: &Rows) -> (Self, Vec<Repeat>) {
        let key = |row: usize| (&rows.rows[row].symbol, rows.rows[row].date);
        let mut order: Vec<usize> = (0..rows.rows.len()).collect();
        order.sort_by(|a, b| key(*a).cmp(&key(*b)));
        let mut prices =
            Self { series: BTreeMap::new(), fields: rows.fields.iter().cloned().collect() };
        let mut repeats = Vec::new();
        for of_symbol in order.chunk_by(|a, b| key(*a).0 == key(*b).0) {
            let mut kept: Vec<usize> = Vec::with_capacity(of_symbol.len());
            for row in of_symbol {
                match kept.last() {
                    Some(last) if key(*last).1 == key(*row).1 => repeats.push((*last, *row)),
                    _ => kept.push(*row),
                }
            }
            let symbol = key(of_symbol[0]).0.clone();
            prices.series.insert(symbol, series(rows, &kept));
        }
        (prices, repeats)
    }

    /// The prices in a canonical long table, as [`Prices::to_table`] makes it, in any order of rows.
    pub fn from_table(table: &Table) -> Result<Self, MarketError> {
        let rows = Rows::read(std::slice::from_ref(table), "close")?;
        let (prices, repeats) = Self::from_rows(&rows);
        match repeats.first() {
            Some((row, _)) => Err(MarketError::TwoRows {
                symbol: rows.rows[*row].symbol.clone(),
                date: rows.rows[*row].date,
            }),
            None => Ok(prices),
        }
    }

    /// The canonical long table: `symbol`, `date`, then the fields of a bar, then the others by
    /// name; rows by symbol and day. The same prices always give the same table.
    pub fn to_table(&self, origin: &str) -> Table {
        let series = || self.series.iter();
        let symbols = series()
            .flat_map(|(symbol, s)| std::iter::repeat_n(Some(symbol.to_string()), s.dates.len()));
        let dates = series().flat_map(|(_, s)| s.dates.iter().copied().map(Some));
        let mut columns = vec![
            ("symbol".to_owned(), Values::Text(symbols.collect())),
            ("date".to_owned(), Values::Date(dates.collect())),
        ];
        for field in self.fields_in_order() {
            let values = series().flat_map(|(_, s)| s.fields[field].iter().copied());
            columns.push((field.to_owned(), Values::Number(values.collect())));
        }
        Table { origin: origin.to_owned(), first_line: 1, columns }
    }

    fn fields_in_order(&self) -> impl Iterator<Item = &str> {
        let is_bar = |field: &&str| BAR_FIELDS.contains(field);
        let bar = BAR_FIELDS.into_iter().filter(|f| self.fields.contains(*f));
        let other = self.fields.iter().map(String::as_str);
        bar.chain(other.filter(move |field| !is_bar(field)))
    }

    /// The panel over the union of all days, symbols in order of name, NaN where a symbol has no
    /// row. `source` is the digest of the snapshot that the prices came from.
    pub fn panel(&self, source: Digest) -> Panel {
        let mut dates: Vec<Date> = self.series.values().flat_map(|s| s.dates.clone()).collect();
        dates.sort();
        dates.dedup();
        let symbols: Vec<Symbol> = self.series.keys().cloned().collect();
        let fields =
            self.fields.iter().map(|field| (field.clone(), self.matrix(field, &dates))).collect();
        Panel::new(dates, symbols, fields, source)
            .expect("days are sorted, symbols are distinct and matrices have a cell for each")
    }

    fn matrix(&self, field: &str, dates: &[Date]) -> Vec<f64> {
        let cols = self.series.len();
        let mut matrix = vec![f64::NAN; dates.len() * cols];
        for (col, series) in self.series.values().enumerate() {
            let mut row = 0;
            for (date, value) in series.dates.iter().zip(&series.fields[field]) {
                row += dates[row..].partition_point(|known| known < date);
                matrix[row * cols + col] = *value;
            }
        }
        matrix
    }

    /// These prices with the fields of `other` beside their own: the union of symbols and days.
    ///
    /// For fields that come in tables of their own, such as one wide table of closes and one of
    /// volumes. No field may be in both.
    pub fn join(&self, other: &Prices) -> Result<Prices, MarketError> {
        if let Some(field) = self.fields.intersection(&other.fields).next() {
            return Err(MarketError::FieldTwice(field.clone()));
        }
        let fields: BTreeSet<String> = self.fields.union(&other.fields).cloned().collect();
        let symbols: BTreeSet<&Symbol> = self.series.keys().chain(other.series.keys()).collect();
        let series = symbols
            .into_iter()
            .map(|symbol| {
                let parts: Vec<&Series> = [self, other]
                    .into_iter()
                    .filter_map(|prices| prices.series.get(symbol))
                    .collect();
                (symbol.clone(), beside(&parts, &fields))
            })
            .collect();
        Ok(Prices { series, fields })
    }

    /// The prices of the symbols that `keep` picks, with all their fields.
    pub fn only(&self, keep: impl Fn(&Symbol) -> bool) -> Prices {
        let kept = self.series.iter().filter(|(symbol, _)| keep(symbol));
        Prices {
            series: kept.map(|(symbol, series)| (symbol.clone(), series.clone())).collect(),
            fields: self.fields.clone(),
        }
    }

    /// The symbols, in order.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.series.keys()
    }

    /// The names of the fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// One symbol's history.
    pub fn series(&self, symbol: &Symbol) -> Option<&Series> {
        self.series.get(symbol)
    }

    /// The number of rows: symbols × their own days.
    pub fn rows(&self) -> usize {
        self.series.values().map(|series| series.dates.len()).sum()
    }
}

fn series(rows: &Rows, kept: &[usize]) -> Series {
    let column = |field: usize| kept.iter().map(|row| rows.of(*row)[field]).collect();
    Series {
        dates: kept.iter().map(|row| rows.rows[*row].date).collect(),
        fields: rows
            .fields
            .iter()
            .enumerate()
            .map(|(at, name)| (name.clone(), column(at)))
            .collect(),
    }
}

/// The parts over the union of their days; each field comes from the part that has it.
fn beside(parts: &[&Series], fields: &BTreeSet<String>) -> Series {
    let days: BTreeSet<Date> = parts.iter().flat_map(|p| p.dates.clone()).collect();
    let value = |field: &String, date: &Date| {
        let part = parts.iter().find(|part| part.fields.contains_key(field))?;
        let row = part.dates.binary_search(date).ok()?;
        Some(part.fields[field][row])
    };
    let column =
        |field: &String| days.iter().map(|date| value(field, date).unwrap_or(f64::NAN)).collect();
    Series {
        fields: fields.iter().map(|f| (f.clone(), column(f))).collect(),
        dates: days.into_iter().collect(),
    }
}
