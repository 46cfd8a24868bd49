//! Why data about a market was refused.

use types::{Date, Symbol};

use crate::Finding;

/// A table, an action or a sentence that this room cannot work with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MarketError {
    /// A table without a column that is needed.
    #[error("{file} has no column `{column}`; it has {}", available.join(", "))]
    NoColumn {
        /// The file.
        file: String,
        /// What was looked for.
        column: String,
        /// What there is.
        available: Vec<String>,
    },
    /// Two columns that would be the same field.
    #[error("{file}: columns `{first}` and `{second}` are both the field `{field}`: drop one")]
    SameField {
        /// The file.
        file: String,
        /// One column.
        first: String,
        /// The other.
        second: String,
        /// The name that both come to.
        field: String,
    },
    /// An empty or malformed cell in a column of days.
    #[error("{file} line {line} column `{column}`: `{cell}` is not a day, expected YYYY-MM-DD")]
    NotADate {
        /// The file.
        file: String,
        /// The line, or the row of a file without lines.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        cell: String,
    },
    /// A cell that should be a number.
    #[error("{file} line {line} column `{column}`: `{cell}` is not a number")]
    NotANumber {
        /// The file.
        file: String,
        /// The line, or the row of a file without lines.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        cell: String,
    },
    /// A row that names no instrument.
    #[error("{file} line {line}: the column `{column}` is empty")]
    Empty {
        /// The file.
        file: String,
        /// The line, or the row of a file without lines.
        line: usize,
        /// The column.
        column: String,
    },
    /// Data with errors was to be used.
    #[error("{count} errors in the data, the first: {first}")]
    Unsound {
        /// How many.
        count: usize,
        /// The first of them.
        first: Box<Finding>,
    },
    /// Two rows for one symbol and day in a table that should be canonical.
    #[error("{symbol} {date}: two rows for one day; import the table to see which lines")]
    TwoRows {
        /// The instrument.
        symbol: Symbol,
        /// The day.
        date: Date,
    },
    /// A field that would stand twice beside each other.
    #[error("there would be two fields `{0}`: import one of them under another name")]
    FieldTwice(String),
    /// A split whose ratio is nought, negative or not a number.
    #[error("{symbol} {ex_date}: a split of {ratio} new shares for one old is not possible")]
    SplitRatio {
        /// The instrument.
        symbol: Symbol,
        /// The day.
        ex_date: Date,
        /// New shares for one old share.
        ratio: f64,
    },
    /// A dividend that is negative, not a number, or not smaller than the price before it.
    #[error(
        "{symbol} {ex_date}: a dividend of {amount} does not fit the close of {close} before it: \
         check the currency and the number of shares it is stated for"
    )]
    DividendAmount {
        /// The instrument.
        symbol: Symbol,
        /// The day.
        ex_date: Date,
        /// Currency units for one share.
        amount: f64,
        /// The last close before the day, on the basis of that day.
        close: f64,
    },
    /// A membership that ends before it starts.
    #[error("{file} line {line}: {symbol} leaves on {end}, before it joins on {start}")]
    Interval {
        /// The file.
        file: String,
        /// The line, or the row of a file without lines.
        line: usize,
        /// The instrument.
        symbol: Symbol,
        /// The first day.
        start: Date,
        /// The day of leaving.
        end: Date,
    },
    /// A table of several indices, or without the one asked for.
    #[error("{file}: name one index of {}", available.join(", "))]
    Index {
        /// The file.
        file: String,
        /// The indices that the table has.
        available: Vec<String>,
    },
    /// A requirement that cannot be understood.
    #[error("requirement `{text}`, position {position}: expected {expected}")]
    Requirement {
        /// The sentence.
        text: String,
        /// Counted from 1, in characters.
        position: usize,
        /// What should stand there.
        expected: &'static str,
    },
}
