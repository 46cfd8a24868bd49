//! What is wrong with imported data, or looks wrong: one finding for each fault, with its place.

use std::fmt;

use serde::{Deserialize, Serialize};
use types::{Date, Symbol};

/// Whether data can be used in spite of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// No: the price to use is not known. The data has to be put right.
    Error,
    /// Yes: the data is usable as it stands, but a person should look.
    Warning,
}

/// What kind of fault it is. Each kind has one severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// Error: a second row for a symbol and day that says something else.
    Conflict,
    /// Error: an open, high, low or close of nought or less, or a negative volume.
    NonPositive,
    /// Error: a row without a close in a table that has closes.
    MissingPrice,
    /// Error: rows in more than one currency.
    MixedCurrency,
    /// Error: a split without a ratio, a dividend without an amount.
    IncompleteAction,
    /// Warning: a second row for a symbol and day that says the same; one is kept.
    Duplicate,
    /// Warning: trading days without a price between two prices.
    Gap,
    /// Warning: prices on days on which the calendar has no trading.
    NotATradingDay,
    /// Warning: a row of an earlier day below one of a later day; rows are sorted.
    OutOfOrder,
    /// Warning: a high below the low, or an open or close outside them.
    OutsideRange,
    /// Warning: a jump overnight that looks like a split which was not taken out.
    UnadjustedSplit,
    /// Warning: a column that is neither numbers nor known; it is left out.
    IgnoredColumn,
    /// Warning: a corporate action of a type that is not known; it is left out.
    UnknownAction,
}

impl FindingKind {
    /// Whether data with such a fault can be used.
    pub fn severity(self) -> Severity {
        use FindingKind::{Conflict, IncompleteAction, MissingPrice, MixedCurrency, NonPositive};
        match self {
            Conflict | NonPositive | MissingPrice | MixedCurrency | IncompleteAction => {
                Severity::Error
            }
            _ => Severity::Warning,
        }
    }
}

/// One fault and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of fault.
    pub kind: FindingKind,
    /// The instrument, if it concerns one.
    pub symbol: Option<Symbol>,
    /// The day, or the first of several.
    pub date: Option<Date>,
    /// The table's origin.
    pub file: String,
    /// The line, or the row of a file without lines.
    pub line: Option<usize>,
    /// What is wrong, in words.
    pub message: String,
}

impl Finding {
    /// The severity of its kind.
    pub fn severity(&self) -> Severity {
        self.kind.severity()
    }
}

/// `error: AAPL 2014-06-09 (bars.csv:12): close is -1`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.severity() {
            Severity::Error => "error:",
            Severity::Warning => "warning:",
        })?;
        if let Some(symbol) = &self.symbol {
            write!(f, " {symbol}")?;
        }
        if let Some(date) = self.date {
            write!(f, " {date}")?;
        }
        match self.line {
            Some(line) => write!(f, " ({}:{line})", self.file)?,
            None => write!(f, " ({})", self.file)?,
        }
        write!(f, ": {}", self.message)
    }
}
