//! What is known at the close of a day.

use std::collections::BTreeMap;

use market::{Requirement, Universe};
use types::{Date, Panel, Price, Symbol};

/// Days over which the traded value is averaged.
const DAYS: usize = 21;

/// What is known at the close of a day, and nothing later.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// Everything up to today. `close` is adjusted by what happened until today.
    pub panel: Panel,
    /// The symbols that may be held, in the panel's order. All of them have a price today.
    pub eligible: Vec<Symbol>,
    /// The price at which each symbol was last traded.
    pub prices: BTreeMap<Symbol, Price>,
    /// The mean traded value of each eligible symbol, in currency units, where it is known.
    pub daily_value: BTreeMap<Symbol, f64>,
    universe: &'a Universe,
}

impl<'a> Seen<'a> {
    /// Today's close: the newest row of `panel`.
    pub fn new(
        panel: Panel,
        universe: &'a Universe,
        requirements: &[Requirement],
        prices: BTreeMap<Symbol, Price>,
    ) -> Self {
        let eligible = universe.eligible(&panel, requirements);
        let known = |symbol: &Symbol| Some((symbol.clone(), daily_value(&panel, symbol)?));
        let daily_value = eligible.iter().filter_map(known).collect();
        Self { panel, eligible, prices, daily_value, universe }
    }

    /// Today.
    pub fn day(&self) -> Date {
        self.panel.last_date().expect("a day is seen only once it has a row")
    }

    /// Whether a symbol has a price today.
    pub fn is_traded(&self, symbol: &Symbol) -> bool {
        let closes = self.panel.view("close").ok().and_then(|view| view.last());
        let column = self.panel.column(symbol).ok();
        closes.zip(column).is_some_and(|(closes, column)| closes[column].is_finite())
    }

    /// Whether a symbol belonged to the universe on an earlier day.
    pub fn was_member(&self, symbol: &Symbol, day: Date) -> bool {
        match self.universe {
            Universe::Everything => true,
            Universe::Members(members) => members.contains(symbol, day),
        }
    }
}

/// Mean traded value of a symbol over the newest 21 days, in currency units; `None` without volume.
pub fn daily_value(panel: &Panel, symbol: &Symbol) -> Option<f64> {
    if !panel.has("volume") {
        return None;
    }
    let recent = panel.last_rows(DAYS);
    let price = recent.view("close").ok()?;
    let (volume, column) = (recent.view("volume").ok()?, recent.column(symbol).ok()?);
    let values: Vec<f64> = (0..recent.rows())
        .map(|row| price.at(row, column) * volume.at(row, column))
        .filter(|value| value.is_finite())
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean > 0.0).then_some(mean)
}
