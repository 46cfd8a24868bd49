//! A table as it came from a file: named columns of equal length, before anyone has judged it.

use crate::Date;

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Days; `None` where the cell is empty.
    Date(Vec<Option<Date>>),
    /// Numbers; NaN where the cell is empty.
    Number(Vec<f64>),
    /// Text; `None` where the cell is empty.
    Text(Vec<Option<String>>),
}

impl Values {
    /// The number of cells.
    pub fn len(&self) -> usize {
        match self {
            Values::Date(values) => values.len(),
            Values::Number(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Named columns of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Where it came from, for messages: a file name.
    pub origin: String,
    /// The line of the first row in the origin, 1 if it has no header; rows are counted from here.
    pub first_line: usize,
    /// The columns, in the order of the origin.
    pub columns: Vec<(String, Values)>,
}

impl Table {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Values> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, values)| values)
    }
}
