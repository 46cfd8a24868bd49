//! A table as it came: rows of cells, with names of the columns where there are any.

use std::collections::{HashMap, HashSet};

use crate::signature::{Column, ColumnType};
use crate::{Flat, ServingError};

/// A table as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The names of the columns, if they have names.
    pub names: Option<Vec<String>>,
    /// How many rows there are.
    pub rows: usize,
    /// How many columns there are.
    pub columns: usize,
    /// The cells, row by row.
    pub cells: Flat,
    /// Whether the columns came with types of their own, which are then to fit those of a signature;
    /// otherwise the cells are to be read as these.
    pub typed: bool,
}

impl Table {
    /// A table of rows.
    ///
    /// # Errors
    /// [`ServingError::Malformed`] where the rows differ in length, or there are other names than
    /// columns, or one twice.
    pub fn of_rows(names: Option<Vec<String>>, cells: Flat) -> Result<Self, ServingError> {
        let wrong = |what: String| ServingError::Malformed(what);
        let (rows, columns) = match cells.dims[..] {
            _ if cells.ragged => return Err(wrong("the rows differ in length".to_owned())),
            [0] => (0, names.as_ref().map_or(0, Vec::len)),
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            _ => return Err(wrong("the data must be a list of rows".to_owned())),
        };
        if let Some(names) = &names {
            if names.len() != columns {
                let count = names.len();
                return Err(wrong(format!(
                    "{count} columns passed, the data had {columns} columns"
                )));
            }
            check_names(names)?;
        }
        Ok(Self { names, rows, columns, cells, typed: false })
    }

    /// A table of named columns.
    ///
    /// # Errors
    /// [`ServingError::Schema`] where they differ in length or hold arrays.
    pub fn of_columns(columns: Vec<(String, Flat)>) -> Result<Self, ServingError> {
        let rows = columns.first().map_or(0, |(_, cells)| cells.len());
        let (names, columns): (Vec<String>, Vec<Flat>) = columns.into_iter().unzip();
        check_names(&names)?;
        if let Some(at) = columns.iter().position(|c| c.ragged || c.dims.len() > 1) {
            let name = &names[at];
            return Err(ServingError::Schema(format!(
                "Incompatible input types for column {name}: it holds arrays, not single values"
            )));
        }
        if columns.iter().any(|cells| cells.len() != rows) {
            let what = "The length of values for each input/column name are not the same";
            return Err(ServingError::Schema(what.to_owned()));
        }
        let width = columns.len();
        let mut cells = Flat::new(vec![f64::NAN; rows * width], vec![rows, width]);
        for (at, column) in columns.into_iter().enumerate() {
            for (row, number) in column.numbers.into_iter().enumerate() {
                cells.numbers[row * width + at] = number;
            }
            let texts = column.texts.into_iter().map(|(row, text)| (row * width + at, text));
            cells.texts.extend(texts);
        }
        Ok(Self { names: Some(names), rows, columns: width, cells, typed: false })
    }

    /// The numbers of the columns of a signature, row by row in its order, and the names of the
    /// columns that it does not know.
    ///
    /// # Errors
    /// [`ServingError::Schema`] where a column is missing or of another type,
    /// [`ServingError::Malformed`] where a cell cannot be read as the type of its column.
    pub fn arrange(&self, wanted: &[Column]) -> Result<(Vec<f64>, Vec<String>), ServingError> {
        let (places, extra) = self.places(wanted)?;
        let texts: HashMap<usize, &str> =
            self.cells.texts.iter().map(|(at, text)| (*at, text.as_str())).collect();
        let mut out = Vec::with_capacity(self.rows * wanted.len());
        for row in 0..self.rows {
            for (column, place) in wanted.iter().zip(&places) {
                let cell = match place {
                    None => (f64::NAN, None),
                    Some(place) => {
                        let at = row * self.columns + place;
                        let text = if texts.is_empty() { None } else { texts.get(&at).copied() };
                        (self.cells.numbers[at], text)
                    }
                };
                let value = cast(&column.kind, cell).map_err(|found| {
                    let shown = column.name.as_deref().unwrap_or("without a name");
                    let kind = column.kind.word();
                    let what = format!(
                        "Incompatible input types for column {shown}. Can not safely convert \
                         {found} to {kind} in row {row}"
                    );
                    match self.typed {
                        true => ServingError::Schema(what),
                        false => ServingError::Malformed(what),
                    }
                })?;
                out.push(value);
            }
        }
        Ok((out, extra))
    }

    /// Where the columns of a signature stand.
    fn places(&self, wanted: &[Column]) -> Result<(Vec<Option<usize>>, Vec<String>), ServingError> {
        let named: Option<Vec<&String>> = wanted.iter().map(|c| c.name.as_ref()).collect();
        let Some(named) = named else {
            if self.columns < wanted.len() {
                return Err(ServingError::Schema(format!(
                    "Model inference is missing inputs. The model signature declares {} inputs  \
                     but the provided value only has {} inputs. Note: the inputs were not named \
                     in the signature so we can only verify their count.",
                    wanted.len(),
                    self.columns
                )));
            }
            return Ok(((0..wanted.len()).map(Some).collect(), Vec::new()));
        };
        let given: Vec<String> = match &self.names {
            Some(names) => names.clone(),
            None => (0..self.columns).map(|at| at.to_string()).collect(),
        };
        let by_name: HashMap<&str, usize> =
            given.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let places: Vec<Option<usize>> =
            named.iter().map(|name| by_name.get(name.as_str()).copied()).collect();
        let known: HashSet<&str> = named.iter().map(|name| name.as_str()).collect();
        let extra: Vec<String> =
            given.iter().filter(|name| !known.contains(name.as_str())).cloned().collect();
        let missing: Vec<&str> = (wanted.iter().zip(&places).zip(&named))
            .filter(|((column, place), _)| column.required && place.is_none())
            .map(|(_, name)| name.as_str())
            .collect();
        if missing.is_empty() {
            return Ok((places, extra));
        }
        let mut what = format!("Model is missing inputs {}.", python_list(&missing));
        if !extra.is_empty() {
            let extra = python_list(&extra.iter().map(String::as_str).collect::<Vec<_>>());
            what = format!("{what} Note that there were extra inputs: {extra}.");
        }
        Err(ServingError::Schema(what))
    }
}

fn check_names(names: &[String]) -> Result<(), ServingError> {
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        None => Ok(()),
        Some(name) => Err(ServingError::Malformed(format!("column '{name}' is there twice"))),
    }
}

/// Names as clients know lists of them.
fn python_list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    format!("[{}]", quoted.join(", "))
}

/// A cell as a number of a column; or what it is instead.
fn cast(kind: &ColumnType, (number, text): (f64, Option<&str>)) -> Result<f64, String> {
    let shown = || match text {
        Some(text) => format!("the text '{text}'"),
        None if number.is_nan() => "a missing value".to_owned(),
        None => format!("{number}"),
    };
    let number = match text {
        None => number,
        Some(text) => parse(kind, text.trim()).ok_or_else(shown)?,
    };
    let whole = |low: f64, high: f64| match number.fract() == 0.0 && number >= low && number <= high
    {
        true => Ok(number),
        false => Err(shown()),
    };
    match kind {
        ColumnType::Float | ColumnType::Double => Ok(number),
        ColumnType::Boolean => whole(0.0, 1.0),
        ColumnType::Integer => whole(i32::MIN.into(), i32::MAX.into()),
        ColumnType::Long => whole(-crate::datatype::EXACT, crate::datatype::EXACT),
        ColumnType::Other(_) => Err(shown()),
    }
}

fn parse(kind: &ColumnType, text: &str) -> Option<f64> {
    match (kind, text) {
        (ColumnType::Boolean, "true" | "True" | "TRUE") => Some(1.0),
        (ColumnType::Boolean, "false" | "False" | "FALSE") => Some(0.0),
        _ => text.parse().ok(),
    }
}
