//! Tables in, checked prices out.

use types::Table;

use crate::rows::Rows;
use crate::{Calendar, CorporateAction, Finding, MarketError, Prices, Severity, check};

/// How tables are read and against what they are checked.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The field that the columns of a wide table hold.
    pub field: String,
    /// The trading days; without them, days are not checked.
    pub calendar: Option<Calendar>,
    /// Trading days in a row that may lack a price without a word.
    pub max_gap_days: usize,
    /// The splits that are known: jumps on their days are no surprise.
    pub actions: Vec<CorporateAction>,
}

impl Default for ImportOptions {
    /// Closes, New York's calendar, no gap, no known split.
    fn default() -> Self {
        Self {
            field: "close".to_owned(),
            calendar: Some(Calendar::nyse()),
            max_gap_days: 0,
            actions: Vec::new(),
        }
    }
}

/// Tables that were read and checked.
#[derive(Debug, Clone)]
pub struct Imported {
    prices: Prices,
    /// What is wrong or looks wrong: errors first, then by symbol and day.
    pub findings: Vec<Finding>,
}

impl Imported {
    /// The findings that forbid the use of the data.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity() == Severity::Error)
    }

    /// The prices, if no finding is an error; of rows that say the same, one.
    pub fn accept(self) -> Result<Prices, MarketError> {
        let first = self.errors().next().cloned();
        match first {
            Some(first) => {
                Err(MarketError::Unsound { count: self.errors().count(), first: Box::new(first) })
            }
            None => Ok(self.prices),
        }
    }
}

/// Reads tables of prices, long or wide, and checks every row.
///
/// A *long* table has the columns `date` and `symbol` (or `ticker`), and `open`, `high`, `low`,
/// `close`, `volume`, `currency` as far as known; further columns of numbers become fields of their
/// own (`Adj Close` is `adj_close`). Without a column of symbols but with a `close`, the file's name
/// is the symbol: one file for each symbol. A *wide* table has a column `date` and one column for
/// each symbol, which holds `options.field`. Names of columns are read in either case.
///
/// # Errors
///
/// A table whose columns cannot be understood, or a cell that is no date or number where one has
/// to be. What can be read but is wrong is a [`Finding`].
pub fn import(tables: &[Table], options: &ImportOptions) -> Result<Imported, MarketError> {
    let rows = Rows::read(tables, &options.field)?;
    let (prices, repeats) = Prices::from_rows(&rows);
    let mut findings = check::check(&rows, &prices, &repeats, options);
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    Ok(Imported { prices, findings })
}

fn key(finding: &Finding) -> impl Ord {
    let Finding { kind, symbol, date, line, .. } = finding;
    (finding.severity(), symbol.clone(), *date, *line, *kind)
}
