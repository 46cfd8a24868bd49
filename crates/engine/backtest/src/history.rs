//! The past, as a run meets it.

use std::collections::BTreeMap;

use market::{Calendar, CorporateAction, Requirement, Universe};
use serde::{Deserialize, Serialize};
use types::{Date, Panel};

/// What to do about a symbol that is held and has no more prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Vanished {
    /// Stop and name it: the data lacks what happened to it.
    #[default]
    Stop,
    /// Sell at the last price, as an optimistic stand-in for a delisting.
    SellAtLastPrice,
}

/// Everything that happened, in one place. A run is shown it day by day.
#[derive(Debug)]
pub struct History {
    /// `close` is comparable over time and depends on the past alone; `price`, where there is one,
    /// is what was traded.
    pub panel: Panel,
    /// Who may be held when.
    pub universe: Universe,
    /// What a symbol must fulfil besides.
    pub requirements: Vec<Requirement>,
    /// Splits and dividends by the day from which they hold. Empty for adjusted prices.
    pub actions: BTreeMap<Date, Vec<CorporateAction>>,
    /// The yearly rate on cash, as a fraction, from each day on.
    pub rates: BTreeMap<Date, f64>,
    /// When the venue is open.
    pub calendar: Calendar,
    /// What to do about a symbol that has no more prices.
    pub vanished: Vanished,
}

impl History {
    /// The field that orders are filled at.
    pub(crate) fn traded_field(&self) -> &'static str {
        if self.panel.has("price") { "price" } else { "close" }
    }

    /// What cash earns from one day to a later one, as a fraction (ACT/365).
    pub(crate) fn earned(&self, from: Date, to: Date) -> f64 {
        self.rate(from) * (to - from).num_days() as f64 / 365.0
    }

    /// The yearly rate on cash that was known on `day`.
    pub(crate) fn rate(&self, day: Date) -> f64 {
        self.rates.range(..=day).next_back().map_or(0.0, |(_, rate)| *rate)
    }
}
