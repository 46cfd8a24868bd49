//! The panel: what was known of many instruments on many days.
//!
//! A panel is a set of fields (`close`, `volume`, …), each a matrix of days × symbols, in date
//! order. [`Panel::as_of`] gives a panel that ends at a day: its slices end there too, so a room
//! that is given it cannot read a later value.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::{Date, Digest, Symbol};

/// Why a panel could not be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PanelError {
    /// The days are not strictly increasing.
    #[error("dates must increase: {after} does not come after {before}")]
    Order {
        /// The earlier row.
        before: Date,
        /// The row that follows it.
        after: Date,
    },
    /// A field has the wrong number of values.
    #[error("field `{field}` has {found} values, expected {expected} (days x symbols)")]
    Shape {
        /// The field.
        field: String,
        /// Days × symbols.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// A symbol stands twice.
    #[error("symbol {0} stands twice")]
    Duplicate(Symbol),
    /// A field that the panel does not have.
    #[error("no field `{field}` in the panel; it has {}", available.join(", "))]
    NoField {
        /// What was asked for.
        field: String,
        /// What there is.
        available: Vec<String>,
    },
    /// A symbol that the panel does not have.
    #[error("no symbol {0} in the panel")]
    NoSymbol(Symbol),
}

/// A point-in-time table of days × symbols for each field. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Panel {
    dates: Arc<[Date]>,
    symbols: Arc<[Symbol]>,
    columns: Arc<HashMap<Symbol, usize>>,
    fields: Arc<BTreeMap<String, Arc<[f64]>>>,
    first: usize,
    rows: usize,
    source: Digest,
}

/// One field of a panel: `rows` days × `cols` symbols, day by day. NaN where nothing is known.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The values, one day after another.
    pub values: &'a [f64],
    /// Days.
    pub rows: usize,
    /// Symbols.
    pub cols: usize,
}

impl<'a> View<'a> {
    /// The values of one day, one for each symbol.
    pub fn row(&self, row: usize) -> &'a [f64] {
        &self.values[row * self.cols..(row + 1) * self.cols]
    }

    /// One value.
    pub fn at(&self, row: usize, col: usize) -> f64 {
        self.values[row * self.cols + col]
    }

    /// The newest day's values.
    pub fn last(&self) -> Option<&'a [f64]> {
        self.rows.checked_sub(1).map(|row| self.row(row))
    }
}

impl Panel {
    /// A panel of `dates` (strictly increasing) × `symbols` (distinct), each field in day order.
    ///
    /// `source` is the digest of the snapshot that the values came from.
    pub fn new(
        dates: Vec<Date>,
        symbols: Vec<Symbol>,
        fields: BTreeMap<String, Vec<f64>>,
        source: Digest,
    ) -> Result<Self, PanelError> {
        if let Some(pair) = dates.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(PanelError::Order { before: pair[0], after: pair[1] });
        }
        let mut columns = HashMap::with_capacity(symbols.len());
        for (column, symbol) in symbols.iter().enumerate() {
            if columns.insert(symbol.clone(), column).is_some() {
                return Err(PanelError::Duplicate(symbol.clone()));
            }
        }
        let expected = dates.len() * symbols.len();
        if let Some((field, values)) = fields.iter().find(|(_, values)| values.len() != expected) {
            return Err(PanelError::Shape { field: field.clone(), expected, found: values.len() });
        }
        Ok(Self {
            first: 0,
            rows: dates.len(),
            dates: dates.into(),
            symbols: symbols.into(),
            columns: Arc::new(columns),
            fields: Arc::new(
                fields.into_iter().map(|(name, values)| (name, values.into())).collect(),
            ),
            source,
        })
    }

    /// The same days and symbols with further fields, each in day order; of a name that is there already,
    /// the new one counts. `source` is the digest of where all of them came from.
    pub fn with_fields(
        &self,
        more: BTreeMap<String, Vec<f64>>,
        source: Digest,
    ) -> Result<Self, PanelError> {
        let own = self.fields().map(|name| Ok((name.to_owned(), self.view(name)?.values.to_vec())));
        let mut fields = own.collect::<Result<BTreeMap<_, _>, PanelError>>()?;
        fields.extend(more);
        Self::new(self.dates().to_vec(), self.symbols().to_vec(), fields, source)
    }

    /// What was known at the close of `day`: the rows up to and including it.
    pub fn as_of(&self, day: Date) -> Panel {
        let rows = self.dates().partition_point(|date| *date <= day);
        Panel { rows, ..self.clone() }
    }

    /// The first `rows` days (all of them, if there are fewer).
    pub fn head(&self, rows: usize) -> Panel {
        Panel { rows: rows.min(self.rows), ..self.clone() }
    }

    /// The newest `rows` days (all of them, if there are fewer).
    pub fn last_rows(&self, rows: usize) -> Panel {
        let rows = rows.min(self.rows);
        Panel { first: self.first + self.rows - rows, rows, ..self.clone() }
    }

    /// The days, oldest first.
    pub fn dates(&self) -> &[Date] {
        &self.dates[self.first..self.first + self.rows]
    }

    /// The newest day.
    pub fn last_date(&self) -> Option<Date> {
        self.dates().last().copied()
    }

    /// The symbols, in column order.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The symbols, shared.
    pub fn shared_symbols(&self) -> Arc<[Symbol]> {
        self.symbols.clone()
    }

    /// The column of a symbol.
    pub fn column(&self, symbol: &Symbol) -> Result<usize, PanelError> {
        self.columns.get(symbol).copied().ok_or_else(|| PanelError::NoSymbol(symbol.clone()))
    }

    /// The number of days.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Whether there is such a field.
    pub fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// The values of one field.
    pub fn view(&self, field: &str) -> Result<View<'_>, PanelError> {
        let cols = self.symbols.len();
        let values = self.fields.get(field).ok_or_else(|| PanelError::NoField {
            field: field.to_owned(),
            available: self.fields.keys().cloned().collect(),
        })?;
        Ok(View {
            values: &values[self.first * cols..(self.first + self.rows) * cols],
            rows: self.rows,
            cols,
        })
    }

    /// The digest of the snapshot that the values came from.
    pub fn source(&self) -> Digest {
        self.source
    }

    /// The same days with the columns of `symbols` only, in that order.
    pub fn select(&self, symbols: &[Symbol]) -> Result<Panel, PanelError> {
        let columns =
            symbols.iter().map(|symbol| self.column(symbol)).collect::<Result<Vec<_>, _>>()?;
        let cols = self.symbols.len();
        let fields = self
            .fields
            .iter()
            .map(|(name, values)| {
                let kept = (self.first..self.first + self.rows)
                    .flat_map(|row| columns.iter().map(move |col| (row, *col)))
                    .map(|(row, col)| values[row * cols + col])
                    .collect();
                (name.clone(), kept)
            })
            .collect();
        Panel::new(self.dates().to_vec(), symbols.to_vec(), fields, self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i32) -> Date {
        Date::from_num_days_from_ce_opt(730_000 + n).unwrap()
    }

    fn panel() -> Panel {
        let fields = BTreeMap::from([("close".to_owned(), vec![1.0, 10.0, 2.0, 20.0, 3.0, 30.0])]);
        Panel::new(vec![day(0), day(1), day(4)], vec!["A".into(), "B".into()], fields, Digest::ZERO)
            .unwrap()
    }

    #[test]
    fn as_of_ends_at_the_day_whatever_day_it_is() {
        let panel = panel();
        for (n, rows) in [(-1, 0), (0, 1), (1, 2), (3, 2), (4, 3), (9, 3)] {
            let seen = panel.as_of(day(n));
            assert_eq!(seen.rows(), rows, "day {n}");
            assert_eq!(seen.view("close").unwrap().values.len(), 2 * rows);
        }
    }

    #[test]
    fn the_newest_rows_end_where_the_panel_ends() {
        let seen = panel().as_of(day(1)).last_rows(1);
        assert_eq!(seen.dates(), [day(1)]);
        assert_eq!(seen.view("close").unwrap().values, [2.0, 20.0]);
        assert_eq!(seen.as_of(day(9)).rows(), 1);
        assert_eq!(seen.select(&["B".into()]).unwrap().view("close").unwrap().values, [20.0]);
    }

    #[test]
    fn selecting_keeps_the_order_asked_for() {
        let picked = panel().select(&["B".into(), "A".into()]).unwrap();
        assert_eq!(picked.view("close").unwrap().row(1), [20.0, 2.0]);
        assert_eq!(panel().select(&["C".into()]).unwrap_err(), PanelError::NoSymbol("C".into()));
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let bad = Panel::new(vec![day(1), day(1)], vec![], BTreeMap::new(), Digest::ZERO);
        assert!(matches!(bad, Err(PanelError::Order { .. })));
        let twice = Panel::new(vec![], vec!["A".into(), "A".into()], BTreeMap::new(), Digest::ZERO);
        assert!(matches!(twice, Err(PanelError::Duplicate(_))));
    }
}
