//! What weights earn as they drift between rebalances.
//!
//! In come the returns of the assets, row by row, and the weights wanted at some rows; out come the
//! portfolio's returns. Between rebalances nothing is traded: each holding grows with its asset, so
//! that weights drift. At a rebalance the drifted holdings are traded to the wanted weights at the
//! close before the row, and what the trades cost is taken off. Cash, what weights leave of 1, earns
//! its own rate.

use crate::PerformanceError;

/// Weights that are wanted from a row on.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebalance {
    /// The first row that the weights earn.
    pub row: usize,
    /// One for each asset, as fractions of net asset value; what is left of 1 is cash.
    pub weights: Vec<f64>,
}

/// What a schedule of weights earned.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The first row that was held; `returns` start there.
    pub first: usize,
    /// The portfolio's return in each row, costs taken off.
    pub returns: Vec<f64>,
    /// What each rebalance traded: half the sum of absolute changes of weight; the first, from
    /// cash, counts in full.
    pub turnover: Vec<f64>,
    /// The weights after the last row.
    pub weights: Vec<f64>,
}

/// Holds `schedule` through `returns`, simple returns in rows of `assets`. A trade costs
/// `cost_rate` of the value bought or sold, and cash earns `cash_return` a row.
///
/// Fails on lengths that do not fit, on rebalances that are not in order of their rows, on values
/// that are not finite, on a negative `cost_rate` or a `cash_return` of −1 or less, and where a net
/// asset value would fall to nought or costs would eat it up.
pub fn held(
    returns: &[f64],
    assets: usize,
    schedule: &[Rebalance],
    cost_rate: f64,
    cash_return: f64,
) -> Result<Held, PerformanceError> {
    let rows = checked(returns, assets, schedule)?;
    let first = schedule[0].row;
    let mut walk = Walk::new(assets, first, Fees { cost_rate, cash_return })?;
    let ends = schedule.iter().skip(1).map(|rebalance| rebalance.row).chain([rows]);
    for (rebalance, end) in schedule.iter().zip(ends) {
        walk.hold(&rebalance.weights, &returns[rebalance.row * assets..end * assets])?;
    }
    Ok(walk.held)
}

/// What is paid and what is earned beside the assets.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fees {
    /// The cost of a trade as a fraction of the value bought or sold.
    pub cost_rate: f64,
    /// What cash earns in a row.
    pub cash_return: f64,
}

/// A portfolio on its way.
pub(super) struct Walk {
    pub held: Held,
    fees: Fees,
}

impl Walk {
    /// Nothing but cash, before row `first`.
    pub fn new(assets: usize, first: usize, fees: Fees) -> Result<Self, PerformanceError> {
        let wrong =
            |what: &str, value| Err(PerformanceError::NotFinite { what: what.to_owned(), value });
        if !(fees.cost_rate >= 0.0 && fees.cost_rate.is_finite()) {
            return wrong("the cost of a trade", fees.cost_rate);
        }
        if !(fees.cash_return > -1.0 && fees.cash_return.is_finite()) {
            return wrong("what cash earns in a row", fees.cash_return);
        }
        let held = Held { first, returns: vec![], turnover: vec![], weights: vec![0.0; assets] };
        Ok(Self { held, fees })
    }

    /// Trades to `wanted` and holds that through the rows of `values`.
    pub fn hold(&mut self, wanted: &[f64], values: &[f64]) -> Result<(), PerformanceError> {
        let weights = &mut self.held.weights;
        let traded: f64 = weights.iter().zip(wanted).map(|(w, to)| (to - w).abs()).sum();
        let mut kept = 1.0 - self.fees.cost_rate * traded;
        let part = if self.held.turnover.is_empty() { 1.0 } else { 0.5 };
        self.held.turnover.push(part * traded);
        weights.copy_from_slice(wanted);
        for values in values.chunks_exact(weights.len()) {
            let cash = 1.0 - weights.iter().sum::<f64>();
            let earned: f64 = weights.iter().zip(values).map(|(w, r)| w * r).sum();
            let growth = 1.0 + earned + cash * self.fees.cash_return;
            let fell = [kept, growth].into_iter().find(|factor| factor.is_nan() || *factor <= 0.0);
            if let Some(value) = fell {
                let row = self.held.first + self.held.returns.len();
                let what = format!("the growth of the portfolio in row {row}");
                return Err(PerformanceError::NotFinite { what, value });
            }
            self.held.returns.push(kept * growth - 1.0);
            for (weight, value) in weights.iter_mut().zip(values) {
                *weight *= (1.0 + value) / growth;
            }
            kept = 1.0;
        }
        Ok(())
    }
}

/// The number of rows.
fn checked(
    returns: &[f64],
    assets: usize,
    schedule: &[Rebalance],
) -> Result<usize, PerformanceError> {
    let rows = returns.len() / assets.max(1);
    let length = |what: &str, expected, found, per| PerformanceError::Length {
        what: what.to_owned(),
        expected,
        found,
        per,
    };
    if assets == 0 || rows * assets != returns.len() {
        return Err(length("the table of returns", rows * assets, returns.len(), "row and asset"));
    }
    let least = schedule.last().map_or(1, |last| last.row + 1);
    if schedule.is_empty() || rows < least {
        let what = "the history of a schedule of weights".to_owned();
        return Err(PerformanceError::TooShort { what, least, found: rows });
    }
    if let Some(odd) = schedule.iter().find(|rebalance| rebalance.weights.len() != assets) {
        return Err(length("a rebalance", assets, odd.weights.len(), "asset"));
    }
    if let Some(pair) = schedule.windows(2).find(|pair| pair[0].row >= pair[1].row) {
        return Err(PerformanceError::Schedule { before: pair[0].row, row: pair[1].row });
    }
    let weights = schedule.iter().flat_map(|rebalance| &rebalance.weights);
    match returns.iter().chain(weights).find(|value| !value.is_finite()) {
        None => Ok(rows),
        Some(value) => {
            let what = "a return or weight".to_owned();
            Err(PerformanceError::NotFinite { what, value: *value })
        }
    }
}
