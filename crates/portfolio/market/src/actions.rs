//! Splits and dividends, and the tables that they come in.

use serde::{Deserialize, Serialize};
use types::{Date, Symbol, Table, Values};

use crate::rows::{Names, dates, find, need, no_date};
use crate::{Calendar, Finding, FindingKind, MarketError};

/// What happened to a share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum ActionKind {
    /// `ratio` new shares for one old share: 7 for a 7:1 split, 0.1 for a 1:10 reverse split.
    Split {
        /// New shares for one old share.
        ratio: f64,
    },
    /// Cash for each share that is held on the morning of the ex-date; if the share splits on the
    /// same day, for each new share.
    Dividend {
        /// Currency units for one share, not adjusted for later splits.
        amount: f64,
    },
}

/// A corporate action and the first day on which the price is without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorporateAction {
    /// The instrument.
    pub symbol: Symbol,
    /// The first trading day ex the split or dividend.
    pub ex_date: Date,
    /// What happened.
    pub kind: ActionKind,
}

/// A table of actions that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedActions {
    /// The actions, by symbol and day.
    pub actions: Vec<CorporateAction>,
    /// Rows that were left out, and why.
    pub findings: Vec<Finding>,
}

/// Reads a table of corporate actions.
///
/// Columns: `symbol` (or `ticker`), `ex_date`, `type` (`split` or `dividend`). A split's ratio comes
/// from `ratio`, else from `split_new_old` (`7.0:1`), else from `factor`, by which earlier prices are
/// multiplied; where both of the latter are there, from the factor, which has more digits. A
/// dividend's amount comes from `amount`, else `amount_usd_est`, else `factor` and `prev_close`. A
/// ratio within 0.05 % of a fraction that companies use becomes that fraction
/// ([`small_fraction`]).
///
/// Factor files of QuantConnect's LEAN date an action by the last day *with* it. Rows whose `source`
/// says `last cum-day` are moved to the next trading day of `calendar`.
pub fn import_actions(table: &Table, calendar: &Calendar) -> Result<ImportedActions, MarketError> {
    let (date_column, days) = dates(table, "ex_date")?;
    let mut names = Names::in_column(table, need(table, &["symbol", "ticker"])?);
    need(table, &["type"])?;
    let mut read = ImportedActions { actions: Vec::new(), findings: Vec::new() };
    for (row, day) in days.iter().enumerate() {
        let line = table.first_line + row;
        let day = day.ok_or_else(|| no_date(table, date_column, line))?;
        let symbol = names.at(row, line)?;
        let is_cum =
            text(table, "source", row).is_some_and(|source| source.contains("last cum-day"));
        let ex_date = if is_cum { calendar.next(day) } else { day };
        match kind(table, row) {
            Ok(kind) => read.actions.push(CorporateAction { symbol, ex_date, kind }),
            Err((kind, message)) => read.findings.push(Finding {
                kind,
                symbol: Some(symbol),
                date: Some(ex_date),
                file: table.origin.clone(),
                line: Some(line),
                message,
            }),
        }
    }
    read.actions.sort_by(|a, b| (&a.symbol, a.ex_date).cmp(&(&b.symbol, b.ex_date)));
    Ok(read)
}

fn kind(table: &Table, row: usize) -> Result<ActionKind, (FindingKind, String)> {
    match text(table, "type", row) {
        Some("split") => match ratio(table, row) {
            Some(ratio) => Ok(ActionKind::Split { ratio }),
            None => Err((
                FindingKind::IncompleteAction,
                "a split without a ratio: fill `ratio`, such as 2 for 2:1".to_owned(),
            )),
        },
        Some("dividend") => match amount(table, row) {
            Some(amount) => Ok(ActionKind::Dividend { amount }),
            None => Err((
                FindingKind::IncompleteAction,
                "a dividend without an amount: fill `amount`".to_owned(),
            )),
        },
        other => Err((
            FindingKind::UnknownAction,
            format!(
                "type `{}` is neither `split` nor `dividend`; the row is left out",
                other.unwrap_or_default()
            ),
        )),
    }
}

fn ratio(table: &Table, row: usize) -> Option<f64> {
    let ratio = number(table, "ratio", row)
        .or_else(|| number(table, "factor", row).map(f64::recip))
        .or_else(|| {
            let (new, old) = text(table, "split_new_old", row)?.split_once(':')?;
            Some(new.trim().parse::<f64>().ok()? / old.trim().parse::<f64>().ok()?)
        })
        .filter(|ratio| ratio.is_finite() && *ratio > 0.0)?;
    Some(match small_fraction(ratio) {
        Some((new, old)) => f64::from(new) / f64::from(old),
        None => ratio,
    })
}

fn amount(table: &Table, row: usize) -> Option<f64> {
    number(table, "amount", row)
        .or_else(|| number(table, "amount_usd_est", row))
        .or_else(|| Some((1.0 - number(table, "factor", row)?) * number(table, "prev_close", row)?))
        .filter(|amount| *amount > 0.0)
}

fn text<'a>(table: &'a Table, column: &str, row: usize) -> Option<&'a str> {
    match find(table, &[column])?.1 {
        Values::Text(cells) => cells[row].as_deref(),
        _ => None,
    }
}

fn number(table: &Table, column: &str, row: usize) -> Option<f64> {
    match find(table, &[column])?.1 {
        Values::Number(cells) => Some(cells[row]).filter(|x| x.is_finite()),
        _ => None,
    }
}

/// The fraction `new / old` that a split ratio stands for: one of both at most 4 and the other at
/// most 100, within 0.05 %. `None` where there is no such fraction, as for a spin-off.
pub fn small_fraction(ratio: f64) -> Option<(u32, u32)> {
    let near = |ratio: f64| {
        (1..=4).find_map(|small: u32| {
            let large = (ratio * f64::from(small)).round();
            let rest = ratio * f64::from(small) / large - 1.0;
            (large <= 100.0 && rest.abs() <= 5e-4).then_some((large as u32, small))
        })
    };
    if ratio >= 1.0 {
        near(ratio)
    } else {
        near(ratio.recip()).map(|(large, small)| (small, large))
    }
}
