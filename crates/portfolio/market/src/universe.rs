//! Which symbols may be held on a day, judged by what was known on that day.
//!
//! A universe of today's members tested on the past holds only survivors. [`Memberships`] keeps the
//! days on which each symbol joined and left, so that a day's members are those of that day.

use std::collections::{BTreeMap, BTreeSet};

use types::{Date, Panel, Symbol, Table, Values};

use crate::rows::{Names, dates, find, need, no_column, no_date};
use crate::{MarketError, Requirement};

/// The days on which symbols belonged to an index. A symbol may come and go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memberships {
    /// First day, and the day of leaving, which is no longer a day of membership.
    intervals: BTreeMap<Symbol, Vec<(Date, Option<Date>)>>,
}

impl Memberships {
    /// Reads a table with the columns `ticker` (or `symbol`), `start_date` and `end_date`, and
    /// perhaps `index`. A symbol is a member from `start_date` to the day before `end_date`; an empty
    /// `end_date` means that it still is. Intervals of one symbol may overlap.
    ///
    /// `index` picks the rows of one index; without it, the table must hold only one.
    pub fn from_table(table: &Table, index: Option<&str>) -> Result<Self, MarketError> {
        let (start_column, starts) = dates(table, "start_date")?;
        let ends = open_ends(table)?;
        let mut names = Names::in_column(table, need(table, &["ticker", "symbol"])?);
        let rows = rows_of(table, index)?;
        let mut members = Self::default();
        for row in rows {
            let line = table.first_line + row;
            let start = starts[row].ok_or_else(|| no_date(table, start_column, line))?;
            let symbol = names.at(row, line)?;
            if let Some(end) = ends[row].filter(|end| *end < start) {
                return Err(MarketError::Interval {
                    file: table.origin.clone(),
                    line,
                    symbol,
                    start,
                    end,
                });
            }
            let intervals = members.intervals.entry(symbol).or_default();
            intervals.push((start, ends[row]));
        }
        Ok(members)
    }

    /// Whether `symbol` was a member on `day`.
    pub fn contains(&self, symbol: &Symbol, day: Date) -> bool {
        self.intervals
            .get(symbol)
            .is_some_and(|intervals| intervals.iter().any(|interval| covers(interval, day)))
    }

    /// The members on `day`, by name.
    pub fn members(&self, day: Date) -> Vec<Symbol> {
        self.intervals
            .iter()
            .filter(|(_, intervals)| intervals.iter().any(|interval| covers(interval, day)))
            .map(|(symbol, _)| symbol.clone())
            .collect()
    }

    /// Every symbol that was ever a member, by name.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.intervals.keys()
    }
}

fn covers((start, end): &(Date, Option<Date>), day: Date) -> bool {
    *start <= day && end.is_none_or(|end| day < end)
}

/// The ends; a column in which no cell is filled has the type of numbers.
fn open_ends(table: &Table) -> Result<Vec<Option<Date>>, MarketError> {
    match need(table, &["end_date"])?.1 {
        Values::Number(cells) if cells.iter().all(|cell| cell.is_nan()) => {
            Ok(vec![None; cells.len()])
        }
        _ => Ok(dates(table, "end_date")?.1.to_vec()),
    }
}

fn rows_of(table: &Table, index: Option<&str>) -> Result<Vec<usize>, MarketError> {
    let all = 0..table.rows();
    let Some((_, Values::Text(cells))) = find(table, &["index"]) else {
        return match index {
            None => Ok(all.collect()),
            Some(_) => Err(no_column(table, "index")),
        };
    };
    let available: BTreeSet<&str> = cells.iter().flatten().map(String::as_str).collect();
    match index {
        None if available.len() <= 1 => Ok(all.collect()),
        Some(index) if available.contains(index) => {
            Ok(all.filter(|row| cells[*row].as_deref() == Some(index)).collect())
        }
        _ => Err(MarketError::Index {
            file: table.origin.clone(),
            available: available.into_iter().map(str::to_owned).collect(),
        }),
    }
}

/// Where symbols may come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Universe {
    /// Every symbol of the panel.
    #[default]
    Everything,
    /// The members of an index on the day.
    Members(Memberships),
}

impl Universe {
    /// The symbols of `panel` that may be held on its newest day: they have a close on that day, are
    /// members on that day and meet every requirement. In the order of the panel; none if the panel
    /// has no day or no closes.
    ///
    /// Only rows of the panel are read, so what comes after its newest day changes nothing.
    pub fn eligible(&self, panel: &Panel, requirements: &[Requirement]) -> Vec<Symbol> {
        let (Some(day), Ok(closes)) = (panel.last_date(), panel.view("close")) else {
            return Vec::new();
        };
        let newest = closes.last().unwrap_or_default();
        panel
            .symbols()
            .iter()
            .enumerate()
            .filter(|(col, _)| !newest[*col].is_nan())
            .filter(|(_, symbol)| match self {
                Universe::Everything => true,
                Universe::Members(members) => members.contains(symbol, day),
            })
            .filter(|(col, _)| requirements.iter().all(|must| must.is_met(panel, *col)))
            .map(|(_, symbol)| symbol.clone())
            .collect()
    }
}
