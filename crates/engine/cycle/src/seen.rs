//! What is known at the close of a day.

use std::collections::BTreeMap;

use types::{Date, Panel, Price, Symbol};

/// What is known at the close of a day, and nothing later.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Everything up to today. `close` is adjusted by what happened until today.
    pub panel: Panel,
    /// The symbols that may be held, in the panel's order.
    pub eligible: Vec<Symbol>,
    /// The price at which each symbol was last traded.
    pub prices: BTreeMap<Symbol, Price>,
    /// The trading day that follows by the calendar.
    pub next: Date,
}

impl Seen {
    /// Today.
    pub fn day(&self) -> Date {
        self.panel.last_date().expect("a day is seen only once it has a row")
    }
}

/// Mean traded value of a symbol over the newest `days`, in currency units; `None` without volume.
pub fn daily_value(panel: &Panel, symbol: &Symbol, days: usize) -> Option<f64> {
    if !panel.has("volume") {
        return None;
    }
    let recent = panel.last_rows(days);
    let price = recent.view("close").ok()?;
    let (volume, column) = (recent.view("volume").ok()?, recent.column(symbol).ok()?);
    let values: Vec<f64> = (0..recent.rows())
        .map(|row| price.at(row, column) * volume.at(row, column))
        .filter(|value| value.is_finite())
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean > 0.0).then_some(mean)
}
