//! Prices as they were traded in, prices that can be compared over time out.
//!
//! The convention is the multiplicative one of CRSP and Yahoo: the newest price stays as it is, and
//! each action multiplies every price *before* its ex-date.
//!
//! * A split of `s` new shares for one old divides earlier prices by `s` and multiplies earlier
//!   volumes by it.
//! * A dividend `D` multiplies earlier prices by `1 − D / C`, where `C` is the last close before the
//!   ex-date, on the share basis of the ex-date. Volumes stay. The return over the ex-date is then
//!   `P / (C − D) − 1`, which differs from the total return `(P + D) / C − 1` by terms of second
//!   order.
//!
//! Source: Yahoo Finance help, "What is the adjusted close?", which refers to CRSP.

use serde::{Deserialize, Serialize};
use types::{Date, Symbol};

use crate::{ActionKind, CorporateAction, MarketError, Prices, Series};

/// Which actions are taken out of prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adjustment {
    /// None: prices as traded. Jumps at splits remain.
    #[default]
    None,
    /// Splits: returns are those of the price.
    Splits,
    /// Splits and dividends: returns are those of a holder who reinvests.
    SplitsAndDividends,
}

/// Multiplies what lies before `ex_date`.
struct Factor {
    ex_date: Date,
    price: f64,
    volume: f64,
}

impl Prices {
    /// The prices with `actions` taken out. `open`, `high`, `low`, `close` and `volume` change,
    /// other fields do not.
    ///
    /// Actions after a symbol's newest day, and of symbols without prices, change nothing: what is
    /// not yet known cannot move the past.
    ///
    /// # Errors
    ///
    /// A split whose ratio is not positive, or a dividend that is negative or not below the close
    /// before it.
    pub fn adjusted(
        &self,
        actions: &[CorporateAction],
        adjustment: Adjustment,
    ) -> Result<Prices, MarketError> {
        let mut prices = self.clone();
        if adjustment == Adjustment::None {
            return Ok(prices);
        }
        let mut sorted: Vec<&CorporateAction> = actions.iter().collect();
        sorted.sort_by(|a, b| (&a.symbol, a.ex_date).cmp(&(&b.symbol, b.ex_date)));
        for of_symbol in sorted.chunk_by(|a, b| a.symbol == b.symbol) {
            let symbol = &of_symbol[0].symbol;
            if let Some(series) = prices.series.get_mut(symbol) {
                let with_dividends = adjustment == Adjustment::SplitsAndDividends;
                let factors = factors(symbol, series, of_symbol, with_dividends)?;
                apply(series, &factors);
            }
        }
        Ok(prices)
    }
}

impl Prices {
    /// The prices as they could be compared over time on each day, without what came later: the
    /// oldest price stays, and each action divides every price *from* its ex-date on by its factor.
    /// Returns are those of a holder who reinvests, as with [`Adjustment::SplitsAndDividends`], and
    /// no later action changes an earlier value, which no backward adjustment can say.
    ///
    /// Volumes change so that `close × volume` remains the value that was traded. The field `price`,
    /// of prices that have a `close`, keeps the close as traded.
    ///
    /// # Errors
    ///
    /// As [`Prices::adjusted`], and prices that have a field `price` already.
    pub fn chained(&self, actions: &[CorporateAction]) -> Result<Prices, MarketError> {
        let mut prices = self.clone();
        if prices.fields.contains("close") && !prices.fields.insert("price".to_owned()) {
            return Err(MarketError::FieldTwice("price".to_owned()));
        }
        for (symbol, series) in &mut prices.series {
            let mut own: Vec<_> =
                actions.iter().filter(|action| action.symbol == *symbol).collect();
            own.sort_by_key(|action| action.ex_date);
            let factors = factors(symbol, series, &own, true)?;
            if let Some(traded) = series.fields.get("close").cloned() {
                series.fields.insert("price".to_owned(), traded);
            }
            chain(series, &factors);
        }
        Ok(prices)
    }
}

/// Divides prices from each ex-date on by its factor; the oldest day keeps its price.
fn chain(series: &mut Series, factors: &[Factor]) {
    let first = series.dates.first().copied();
    let mut later = factors.iter().filter(|factor| Some(factor.ex_date) > first).peekable();
    let (mut product, mut divisors) = (1.0, Vec::with_capacity(series.dates.len()));
    for day in &series.dates {
        while let Some(factor) = later.next_if(|factor| factor.ex_date <= *day) {
            product *= factor.price;
        }
        divisors.push(product);
    }
    for (name, values) in &mut series.fields {
        match name.as_str() {
            "open" | "high" | "low" | "close" => {
                values.iter_mut().zip(&divisors).for_each(|(value, by)| *value /= by);
            }
            "volume" => values.iter_mut().zip(&divisors).for_each(|(value, by)| *value *= by),
            _ => {}
        }
    }
}

/// One factor for each ex-date within the series, oldest first.
fn factors(
    symbol: &Symbol,
    series: &Series,
    actions: &[&CorporateAction],
    with_dividends: bool,
) -> Result<Vec<Factor>, MarketError> {
    let newest = series.dates.last();
    actions
        .chunk_by(|a, b| a.ex_date == b.ex_date)
        .filter(|day| newest.is_some_and(|newest| day[0].ex_date <= *newest))
        .map(|day| {
            let ex_date = day[0].ex_date;
            let split = split_ratio(symbol, day)?;
            let kept = match with_dividends {
                true => kept_share(symbol, series, day, split)?,
                false => 1.0,
            };
            Ok(Factor { ex_date, price: kept / split, volume: split })
        })
        .collect()
}

fn split_ratio(symbol: &Symbol, day: &[&CorporateAction]) -> Result<f64, MarketError> {
    day.iter().try_fold(1.0, |product, action| match action.kind {
        ActionKind::Split { ratio } if ratio > 0.0 && ratio.is_finite() => Ok(product * ratio),
        ActionKind::Split { ratio } => {
            Err(MarketError::SplitRatio { symbol: symbol.clone(), ex_date: action.ex_date, ratio })
        }
        ActionKind::Dividend { .. } => Ok(product),
    })
}

/// `1 − D / C` for all dividends of one day; 1 if no close lies before it.
fn kept_share(
    symbol: &Symbol,
    series: &Series,
    day: &[&CorporateAction],
    split: f64,
) -> Result<f64, MarketError> {
    let ex_date = day[0].ex_date;
    let before = series.dates.partition_point(|date| *date < ex_date);
    let closes = series.field("close").unwrap_or_default();
    let last = closes.iter().take(before).rfind(|close| **close > 0.0);
    let Some(close) = last.map(|close| close / split) else {
        return Ok(1.0);
    };
    let mut paid = 0.0;
    for action in day {
        if let ActionKind::Dividend { amount } = action.kind {
            paid += amount;
            if !(amount >= 0.0 && paid < close) {
                return Err(MarketError::DividendAmount {
                    symbol: symbol.clone(),
                    ex_date,
                    amount,
                    close,
                });
            }
        }
    }
    Ok(1.0 - paid / close)
}

fn apply(series: &mut Series, factors: &[Factor]) {
    let rows = series.dates.len();
    let (mut prices, mut volumes) = (vec![1.0; rows], vec![1.0; rows]);
    // From the newest day back, gathering the factors that lie after each day.
    let (mut price, mut volume) = (1.0, 1.0);
    let mut later = factors.iter().rev().peekable();
    for row in (0..rows).rev() {
        while let Some(factor) = later.next_if(|factor| factor.ex_date > series.dates[row]) {
            price *= factor.price;
            volume *= factor.volume;
        }
        (prices[row], volumes[row]) = (price, volume);
    }
    for (field, values) in &mut series.fields {
        let multipliers = match field.as_str() {
            "open" | "high" | "low" | "close" => &prices,
            "volume" => &volumes,
            _ => continue,
        };
        for (value, multiplier) in values.iter_mut().zip(multipliers) {
            *value *= multiplier;
        }
    }
}
