//! What each stage of each decision earned.
//!
//! A period lasts from just before the orders of one decision are filled to just before those of
//! the next are. So it bears the costs of its own fills and of no others, and the periods together
//! are the run from the first fill on.

use performance::{DecisionAttribution, DecisionPeriod, decision_attribution};
use types::View;

use crate::outcome::{Gatherer, Made};
use crate::{BacktestError, History};

pub(crate) fn attribution(
    gathered: &Gatherer,
    history: &History,
) -> Result<Option<DecisionAttribution>, BacktestError> {
    let closes = history.panel.view("close").expect("a run has closes");
    let first = gathered.rows.first().copied().unwrap_or(0);
    let last = gathered.dates.len().saturating_sub(1);
    let mut periods = Vec::with_capacity(gathered.made.len());
    for (place, made) in gathered.made.iter().enumerate() {
        let start = made.due - first;
        let next = gathered.made.get(place + 1);
        let end = next.map_or(last, |next| (next.due - first).min(last));
        if start < end {
            periods.push(period(gathered, history, closes, made, start, end));
        }
    }
    if periods.is_empty() {
        return Ok(None);
    }
    Ok(Some(decision_attribution(&periods)?))
}

fn period(
    gathered: &Gatherer,
    history: &History,
    closes: View<'_>,
    made: &Made,
    start: usize,
    end: usize,
) -> DecisionPeriod {
    let before_fills = |day: usize| gathered.nav[day] + gathered.paid[day];
    let index = |day: usize| gathered.index[day] * before_fills(day) / gathered.nav[day];
    let benchmark = made.benchmark.clone().unwrap_or_else(|| vec![0.0; closes.cols]);
    DecisionPeriod {
        start: gathered.dates[start],
        end: gathered.dates[end],
        asset_returns: returns(closes, gathered.rows[start], gathered.rows[end]),
        cash_return: history.earned(gathered.dates[start], gathered.dates[end]),
        forecast: made.shape.forecast.clone().unwrap_or_else(|| benchmark.clone()),
        benchmark,
        unconstrained: made.shape.unconstrained.clone(),
        constrained: made.shape.target.clone(),
        rounded: made.shape.rounded.clone(),
        cost: made.costs.values().sum::<f64>() / before_fills(start),
        portfolio_return: index(end) / index(start) - 1.0,
        benchmark_return: gathered.benchmark[end] / gathered.benchmark[start] - 1.0,
    }
}

/// What each symbol returned from one row to another; nought where it had no price by then.
fn returns(closes: View<'_>, from: usize, to: usize) -> Vec<f64> {
    let newest = |row: usize, column: usize| {
        (0..=row).rev().map(|row| closes.at(row, column)).find(|close| close.is_finite())
    };
    let change = |column: usize| Some(newest(to, column)? / newest(from, column)? - 1.0);
    (0..closes.cols).map(|column| change(column).unwrap_or(0.0)).collect()
}
