//! Tables in, raw rows out: one row for each symbol and day that a table names, before anyone has
//! judged it.
//!
//! A *long* table has a column `symbol` (or `ticker`), or a column `close` and its symbol as the
//! file's name; every further column of numbers is a field. A *wide* table has one column for each
//! symbol; its empty cells make no row. Both have a column `date`. Names of columns are compared
//! without regard to case.

use std::collections::BTreeMap;
use std::path::Path;

use types::{Date, Symbol, Table, Values};

use crate::{Finding, FindingKind, MarketError};

/// A symbol, a day and where they stand.
pub(crate) struct Row {
    pub symbol: Symbol,
    pub date: Date,
    pub file: usize,
    pub line: usize,
}

/// Rows in the order of the tables, with `fields.len()` values each.
#[derive(Default)]
pub(crate) struct Rows {
    pub files: Vec<String>,
    pub fields: Vec<String>,
    pub rows: Vec<Row>,
    pub values: Vec<f64>,
    /// Each currency and the first row that has it, in order of appearance.
    pub currencies: Vec<(String, usize)>,
    pub findings: Vec<Finding>,
}

impl Rows {
    /// Reads all tables; `wide_field` is the field of wide ones.
    pub fn read(tables: &[Table], wide_field: &str) -> Result<Self, MarketError> {
        let layouts: Vec<Layout> =
            tables.iter().map(|table| Layout::of(table, wide_field)).collect::<Result<_, _>>()?;
        let mut rows = Self {
            files: tables.iter().map(|table| table.origin.clone()).collect(),
            ..Self::default()
        };
        for name in layouts.iter().flat_map(|layout| &layout.fields) {
            if !rows.fields.contains(name) {
                rows.fields.push(name.clone());
            }
        }
        rows.fields.sort();
        for (file, (table, layout)) in tables.iter().zip(&layouts).enumerate() {
            match &layout.kind {
                Kind::Long(long) => rows.read_long(file, table, layout, long)?,
                Kind::Wide(columns) => rows.read_wide(file, table, layout, columns)?,
            }
        }
        Ok(rows)
    }

    /// The values of one row, one for each field.
    pub fn of(&self, row: usize) -> &[f64] {
        &self.values[row * self.fields.len()..(row + 1) * self.fields.len()]
    }

    fn field(&self, name: &str) -> usize {
        self.fields
            .binary_search_by(|known| known.as_str().cmp(name))
            .expect("the fields of every layout were collected first")
    }

    fn push(&mut self, symbol: Symbol, date: Date, file: usize, line: usize) -> &mut [f64] {
        let start = self.values.len();
        self.rows.push(Row { symbol, date, file, line });
        self.values.resize(start + self.fields.len(), f64::NAN);
        &mut self.values[start..]
    }

    fn read_long(
        &mut self,
        file: usize,
        table: &Table,
        layout: &Layout,
        long: &Long,
    ) -> Result<(), MarketError> {
        let places: Vec<usize> = layout.fields.iter().map(|name| self.field(name)).collect();
        let mut names = Names::of(table, long)?;
        for (row, date) in layout.dates.iter().enumerate() {
            let line = table.first_line + row;
            let date = date.ok_or_else(|| no_date(table, &layout.date_column, line))?;
            let symbol = names.at(row, line)?;
            let values = self.push(symbol, date, file, line);
            for (place, column) in places.iter().zip(&long.columns) {
                values[*place] = column[row];
            }
            if let Some(Values::Text(currency)) = long.currency {
                self.note_currency(currency[row].as_deref());
            }
        }
        for column in &long.ignored {
            self.findings.push(Finding {
                kind: FindingKind::IgnoredColumn,
                symbol: None,
                date: None,
                file: table.origin.clone(),
                line: None,
                message: format!("column `{column}` is not numbers and is left out"),
            });
        }
        Ok(())
    }

    fn note_currency(&mut self, currency: Option<&str>) {
        let row = self.rows.len() - 1;
        let Some(currency) = currency else { return };
        if !self.currencies.iter().any(|(known, _)| known == currency) {
            self.currencies.push((currency.to_owned(), row));
        }
    }

    fn read_wide(
        &mut self,
        file: usize,
        table: &Table,
        layout: &Layout,
        columns: &[(Symbol, &[f64])],
    ) -> Result<(), MarketError> {
        let place = self.field(&layout.fields[0]);
        for (row, date) in layout.dates.iter().enumerate() {
            let line = table.first_line + row;
            let date = date.ok_or_else(|| no_date(table, &layout.date_column, line))?;
            for (symbol, column) in columns {
                if !column[row].is_nan() {
                    self.push(symbol.clone(), date, file, line)[place] = column[row];
                }
            }
        }
        Ok(())
    }
}

/// What the columns of one table mean.
struct Layout<'a> {
    date_column: String,
    dates: &'a [Option<Date>],
    fields: Vec<String>,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Long(Long<'a>),
    Wide(Vec<(Symbol, &'a [f64])>),
}

struct Long<'a> {
    symbol: Option<(&'a str, &'a Values)>,
    currency: Option<&'a Values>,
    /// One for each field of the layout.
    columns: Vec<&'a [f64]>,
    ignored: Vec<String>,
}

impl<'a> Layout<'a> {
    fn of(table: &'a Table, wide_field: &str) -> Result<Self, MarketError> {
        let (date_column, dates) = dates(table, "date")?;
        let symbol = find(table, &["symbol", "ticker"]);
        let (fields, kind) = if symbol.is_some() || find(table, &["close"]).is_some() {
            long(table, symbol)?
        } else {
            (vec![field_name(wide_field)], Kind::Wide(wide(table)?))
        };
        Ok(Self { date_column: date_column.to_owned(), dates, fields, kind })
    }
}

fn long<'a>(
    table: &'a Table,
    symbol: Option<(&'a str, &'a Values)>,
) -> Result<(Vec<String>, Kind<'a>), MarketError> {
    let mut fields: BTreeMap<String, (&str, &[f64])> = BTreeMap::new();
    let mut ignored = Vec::new();
    for (name, values) in &table.columns {
        let field = field_name(name);
        match values {
            _ if ["symbol", "ticker", "date", "currency"].contains(&field.as_str()) => {}
            Values::Number(values) => {
                if let Some((first, _)) = fields.insert(field.clone(), (name, values)) {
                    return Err(MarketError::SameField {
                        file: table.origin.clone(),
                        first: first.to_owned(),
                        second: name.clone(),
                        field,
                    });
                }
            }
            _ if BAR_FIELDS.contains(&field.as_str()) => {
                return Err(not_a_number(table, name, values));
            }
            _ => ignored.push(name.clone()),
        }
    }
    let long = Long {
        symbol,
        currency: find(table, &["currency"]).map(|(_, values)| values),
        columns: fields.values().map(|(_, values)| *values).collect(),
        ignored,
    };
    Ok((fields.into_keys().collect(), Kind::Long(long)))
}

fn wide(table: &Table) -> Result<Vec<(Symbol, &[f64])>, MarketError> {
    table
        .columns
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("date"))
        .map(|(name, values)| match values {
            Values::Number(values) => Ok((Symbol::from(name.as_str()), values.as_slice())),
            _ => Err(not_a_number(table, name, values)),
        })
        .collect()
}

/// The fields of a bar.
pub(crate) const BAR_FIELDS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// `Adj Close` becomes `adj_close`: a name that a feature can use.
pub(crate) fn field_name(column: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    column.to_ascii_lowercase().chars().map(letter).collect()
}

/// The first column with one of these names, and its own spelling.
pub(crate) fn find<'a>(table: &'a Table, names: &[&str]) -> Option<(&'a str, &'a Values)> {
    table
        .columns
        .iter()
        .find(|(column, _)| names.iter().any(|name| column.eq_ignore_ascii_case(name)))
        .map(|(column, values)| (column.as_str(), values))
}

/// The column of that name, or an error that lists those there are.
pub(crate) fn need<'a>(
    table: &'a Table,
    names: &[&str],
) -> Result<(&'a str, &'a Values), MarketError> {
    find(table, names).ok_or_else(|| no_column(table, names[0]))
}

/// The column that becomes the same field as `name`.
pub(crate) fn need_field<'a>(
    table: &'a Table,
    name: &str,
) -> Result<(&'a str, &'a Values), MarketError> {
    let field = field_name(name);
    let found = table.columns.iter().find(|(column, _)| field_name(column) == field);
    let (column, values) = found.ok_or_else(|| no_column(table, name))?;
    Ok((column, values))
}

pub(crate) fn no_column(table: &Table, column: &str) -> MarketError {
    MarketError::NoColumn {
        file: table.origin.clone(),
        column: column.to_owned(),
        available: table.columns.iter().map(|(name, _)| name.clone()).collect(),
    }
}

/// A column of days, some of which may be empty.
pub(crate) fn dates<'a>(
    table: &'a Table,
    name: &str,
) -> Result<(&'a str, &'a [Option<Date>]), MarketError> {
    let (column, values) = need(table, &[name])?;
    match values {
        Values::Date(dates) => Ok((column, dates)),
        Values::Number(numbers) if numbers.is_empty() => Ok((column, &[])),
        Values::Number(numbers) => Err(bad_date(table, column, 0, &numbers[0].to_string())),
        Values::Text(cells) => {
            let is_bad = |cell: &str| types::parse_date(cell).is_none();
            let row = cells.iter().position(|cell| cell.as_deref().is_some_and(is_bad));
            let row = row.unwrap_or(0);
            let cell = cells.get(row).cloned().flatten().unwrap_or_default();
            Err(bad_date(table, column, row, &cell))
        }
    }
}

fn bad_date(table: &Table, column: &str, row: usize, cell: &str) -> MarketError {
    MarketError::NotADate {
        file: table.origin.clone(),
        line: table.first_line + row,
        column: column.to_owned(),
        cell: cell.to_owned(),
    }
}

pub(crate) fn no_date(table: &Table, column: &str, line: usize) -> MarketError {
    bad_date(table, column, line - table.first_line, "")
}

/// The error for the first cell of a column that is not a number.
pub(crate) fn not_a_number(table: &Table, column: &str, values: &Values) -> MarketError {
    let cells: Vec<Option<String>> = match values {
        Values::Text(cells) => cells.clone(),
        Values::Date(days) => days.iter().map(|day| day.map(|d| d.to_string())).collect(),
        Values::Number(_) => Vec::new(),
    };
    let is_bad = |cell: &String| cell.parse::<f64>().is_err();
    let row = cells.iter().position(|cell| cell.as_ref().is_some_and(is_bad)).unwrap_or(0);
    MarketError::NotANumber {
        file: table.origin.clone(),
        line: table.first_line + row,
        column: column.to_owned(),
        cell: cells.into_iter().nth(row).flatten().unwrap_or_default(),
    }
}

/// The symbol of each row of a long table.
pub(crate) struct Names<'a> {
    table: &'a Table,
    column: Option<(&'a str, &'a Values)>,
    last: Option<Symbol>,
}

impl<'a> Names<'a> {
    /// From the column of symbols, if there is one, else from the file's name.
    fn of(table: &'a Table, long: &Long<'a>) -> Result<Self, MarketError> {
        let stem = Path::new(&table.origin).file_stem().unwrap_or_default();
        Ok(match long.symbol {
            Some(column) => Self::in_column(table, column),
            None => {
                Self { table, column: None, last: Some(stem.to_string_lossy().as_ref().into()) }
            }
        })
    }

    /// From a column.
    pub fn in_column(table: &'a Table, column: (&'a str, &'a Values)) -> Self {
        Self { table, column: Some(column), last: None }
    }

    /// The symbol of a row. Rows of one symbol that follow each other share its name.
    pub fn at(&mut self, row: usize, line: usize) -> Result<Symbol, MarketError> {
        if let Some((column, values)) = self.column {
            let code;
            let name = match values {
                Values::Text(cells) => cells[row].as_deref().unwrap_or_default(),
                Values::Number(cells) if !cells[row].is_nan() => {
                    code = cells[row].to_string();
                    &code
                }
                _ => "",
            };
            if name.is_empty() {
                return Err(MarketError::Empty {
                    file: self.table.origin.clone(),
                    line,
                    column: column.to_owned(),
                });
            }
            if self.last.as_ref().is_none_or(|last| last.as_str() != name) {
                self.last = Some(name.into());
            }
        }
        Ok(self.last.clone().expect("a row above set it, or the file's name did"))
    }
}
