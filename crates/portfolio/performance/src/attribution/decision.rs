//! The stages of each decision and what the assets then did in, the part that each stage earned
//! out.
//!
//! A decision walks from the benchmark to what is held: the benchmark's weights, a tilt that
//! follows the forecast alone, the optimum without the mandate's constraints, the constrained
//! target, and whole lots. Each stage is priced by the same realised returns, so the difference of
//! two neighbours is what that step earned. Costs are taken off, and what the stages cannot
//! explain (drift of weights within the period, fills away from the close, a benchmark that
//! rebalances) is the residual: the effects add up to active return exactly, by construction.
//!
//! Over time, effects are linked by Cariño 1999: in logarithms, where time adds up. [`Effects`] of
//! a year or per year are therefore continuously compounded; `linked` is scaled back to the
//! compounded difference of the whole history.

use chrono::Datelike;
use serde::{Deserialize, Serialize};
use types::Date;

use super::brinson::above_ruin;
use super::linking::{compound, factor};
use crate::PerformanceError;
use crate::series::check_length;

/// One holding period: from one decision to the next. Weights are fractions of net asset value,
/// one for each asset; what is left of 1 is cash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionPeriod {
    /// The day of the decision.
    pub start: Date,
    /// The last day that it was held.
    pub end: Date,
    /// Realised simple return of each asset over the period.
    pub asset_returns: Vec<f64>,
    /// Realised return of cash over the period.
    pub cash_return: f64,
    /// The benchmark's weights at the start.
    pub benchmark: Vec<f64>,
    /// Weights that follow the forecast alone.
    pub forecast: Vec<f64>,
    /// The optimum without the mandate's constraints.
    pub unconstrained: Vec<f64>,
    /// The target that was decided.
    pub constrained: Vec<f64>,
    /// The target in whole lots.
    pub rounded: Vec<f64>,
    /// Commissions, spread and impact as a fraction of net asset value at the start.
    pub cost: f64,
    /// The realised return of the portfolio, after costs.
    pub portfolio_return: f64,
    /// The realised return of the benchmark.
    pub benchmark_return: f64,
}

/// What each part of a decision added; they sum to the active return.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Effects {
    /// Following the forecast instead of the benchmark.
    pub forecast: f64,
    /// Weighing risk and cost in the optimiser.
    pub allocation: f64,
    /// The mandate's constraints.
    pub constraint: f64,
    /// Whole lots.
    pub lot_rounding: f64,
    /// Commissions, spread and impact; negative when they cost.
    pub cost: f64,
    /// Drift within the period, fills away from the close, the benchmark's own rebalancing.
    pub residual: f64,
}

impl Effects {
    /// The sum of the parts.
    pub fn total(&self) -> f64 {
        self.named().iter().map(|(_, value)| value).sum()
    }

    /// Each part with its name, in the order of the decision.
    pub fn named(&self) -> [(&'static str, f64); 6] {
        [
            ("forecast", self.forecast),
            ("allocation", self.allocation),
            ("constraint", self.constraint),
            ("lot rounding", self.lot_rounding),
            ("cost", self.cost),
            ("residual", self.residual),
        ]
    }

    fn add(&mut self, other: &Effects, scale: f64) {
        self.forecast += scale * other.forecast;
        self.allocation += scale * other.allocation;
        self.constraint += scale * other.constraint;
        self.lot_rounding += scale * other.lot_rounding;
        self.cost += scale * other.cost;
        self.residual += scale * other.residual;
    }
}

/// The effects of one holding period; they sum to `portfolio − benchmark`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeriodEffects {
    /// The day of the decision.
    pub start: Date,
    /// The last day that it was held.
    pub end: Date,
    /// Realised return of the portfolio.
    pub portfolio_return: f64,
    /// Realised return of the benchmark.
    pub benchmark_return: f64,
    /// The parts of their difference.
    pub effects: Effects,
}

/// The effects of the periods that end in one calendar year, continuously compounded: they sum to
/// `ln(1 + portfolio) − ln(1 + benchmark)` of those periods.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct YearEffects {
    /// The calendar year.
    pub year: i32,
    /// The parts.
    pub effects: Effects,
}

/// Active return by the stage of the decision that earned it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionAttribution {
    /// Each holding period.
    pub periods: Vec<PeriodEffects>,
    /// Each calendar year.
    pub years: Vec<YearEffects>,
    /// Compounded return of the portfolio over all periods.
    pub portfolio_return: f64,
    /// Compounded return of the benchmark over all periods.
    pub benchmark_return: f64,
    /// The parts of their difference.
    pub linked: Effects,
    /// The parts per year (365.25 days), continuously compounded: they sum to the difference of
    /// the two mean log growth rates.
    pub annual: Effects,
}

/// Splits active return by decision stage. `periods` are in time order.
///
/// Errors when a weight vector is not as long as the returns, a number is not finite, the periods
/// are out of order, or a return of −1 or less cannot be linked.
pub fn decision_attribution(
    periods: &[DecisionPeriod],
) -> Result<DecisionAttribution, PerformanceError> {
    let ends: Vec<Date> = periods.iter().map(|period| period.end).collect();
    crate::series::check_dates("the holding periods", &ends)?;
    let effects: Vec<PeriodEffects> = periods.iter().map(single).collect::<Result<_, _>>()?;
    let portfolio = compound(effects.iter().map(|p| p.portfolio_return));
    let benchmark = compound(effects.iter().map(|p| p.benchmark_return));
    let mut logarithmic = Effects::default();
    let mut years: Vec<YearEffects> = Vec::new();
    for period in &effects {
        let scale = factor(period.portfolio_return, period.benchmark_return);
        logarithmic.add(&period.effects, scale);
        year_of(&mut years, period.end.year()).add(&period.effects, scale);
    }
    Ok(DecisionAttribution {
        linked: scaled(&logarithmic, 1.0 / factor(portfolio, benchmark)),
        annual: scaled(&logarithmic, 1.0 / span_years(periods)),
        portfolio_return: portfolio,
        benchmark_return: benchmark,
        periods: effects,
        years,
    })
}

fn single(period: &DecisionPeriod) -> Result<PeriodEffects, PerformanceError> {
    check(period)?;
    let value = |weights: &[f64]| {
        let cash = 1.0 - weights.iter().sum::<f64>();
        let assets = weights.iter().zip(&period.asset_returns);
        assets.map(|(w, r)| w * r).sum::<f64>() + cash * period.cash_return
    };
    let benchmark = value(&period.benchmark);
    let forecast = value(&period.forecast);
    let unconstrained = value(&period.unconstrained);
    let constrained = value(&period.constrained);
    let rounded = value(&period.rounded);
    let mut effects = Effects {
        forecast: forecast - benchmark,
        allocation: unconstrained - forecast,
        constraint: constrained - unconstrained,
        lot_rounding: rounded - constrained,
        cost: -period.cost,
        residual: 0.0,
    };
    effects.residual = period.portfolio_return - period.benchmark_return - effects.total();
    Ok(PeriodEffects {
        start: period.start,
        end: period.end,
        portfolio_return: period.portfolio_return,
        benchmark_return: period.benchmark_return,
        effects,
    })
}

fn check(period: &DecisionPeriod) -> Result<(), PerformanceError> {
    let stages = [
        ("benchmark", &period.benchmark),
        ("forecast", &period.forecast),
        ("unconstrained", &period.unconstrained),
        ("constrained", &period.constrained),
        ("rounded", &period.rounded),
    ];
    for (name, weights) in stages {
        let what = format!("the {name} weights on {}", period.start);
        check_length(&what, period.asset_returns.len(), weights.len(), "asset")?;
        check_finite(&what, weights)?;
    }
    let what = format!("a return or cost of the period from {}", period.start);
    check_finite(&what, &period.asset_returns)?;
    check_finite(&what, &[period.cost, period.cash_return])?;
    above_ruin("the portfolio", period.portfolio_return, period.end)?;
    above_ruin("the benchmark", period.benchmark_return, period.end)
}

fn check_finite(what: &str, values: &[f64]) -> Result<(), PerformanceError> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(&value) => Err(PerformanceError::NotFinite { what: what.to_owned(), value }),
        None => Ok(()),
    }
}

fn year_of(years: &mut Vec<YearEffects>, year: i32) -> &mut Effects {
    if years.last().is_none_or(|last| last.year != year) {
        years.push(YearEffects { year, effects: Effects::default() });
    }
    &mut years.last_mut().expect("a year was just pushed").effects
}

fn scaled(effects: &Effects, scale: f64) -> Effects {
    let mut scaled = Effects::default();
    scaled.add(effects, scale);
    scaled
}

fn span_years(periods: &[DecisionPeriod]) -> f64 {
    match (periods.first(), periods.last()) {
        (Some(first), Some(last)) => ((last.end - first.start).num_days().max(1)) as f64 / 365.25,
        _ => 1.0,
    }
}
