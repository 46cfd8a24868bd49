//! Returns and their basis in, everything that several figures share out.
//!
//! It drops what is not known once, so that no figure has to: a row without a return or a riskless
//! return is no period; a row without a benchmark return is no pair.

use chrono::Datelike;

use crate::calendar::compounded_by;
use crate::drawdown::{DrawdownPeriod, depths, drawdown_periods};
use crate::metrics::{Basis, RiskFree, Trials};
use crate::series::{check_dates, check_length};
use crate::statistics::{annualised, deviation, mean, ratio};
use crate::{PerformanceError, Series};

/// A history, ready to be measured.
pub(super) struct Sample {
    /// Simple returns.
    pub returns: Vec<f64>,
    /// Returns above the riskless asset.
    pub excess: Vec<f64>,
    /// Riskless returns.
    pub riskless: Vec<f64>,
    /// The rows that have a benchmark return too.
    pub pairs: Option<Pairs>,
    /// Periods in a year.
    pub periods: f64,
    /// The least acceptable return per period.
    pub acceptable: f64,
    /// Trials before this one.
    pub trials: Option<Trials>,
    /// Growth of 1 after each period.
    pub wealth: Vec<f64>,
    /// Depth below the peak after each period, positive.
    pub depths: Vec<f64>,
    /// Falls from a peak, deepest first.
    pub falls: Vec<DrawdownPeriod>,
    /// Returns of calendar months.
    pub months: Vec<f64>,
    /// Returns of calendar years.
    pub years: Vec<f64>,
}

/// Portfolio beside benchmark.
pub(super) struct Pairs {
    pub portfolio: Vec<f64>,
    pub benchmark: Vec<f64>,
    pub portfolio_excess: Vec<f64>,
    pub benchmark_excess: Vec<f64>,
    pub riskless: Vec<f64>,
}

impl Sample {
    pub fn new(returns: &Series, basis: &Basis) -> Result<Self, PerformanceError> {
        check(returns, basis)?;
        let riskless = riskless(returns.values.len(), basis);
        let known: Vec<usize> = (0..returns.values.len())
            .filter(|&t| returns.values[t].is_finite() && riskless[t].is_finite())
            .collect();
        let series = Series {
            dates: known.iter().map(|&t| returns.dates[t]).collect(),
            values: known.iter().map(|&t| returns.values[t]).collect(),
        };
        let wealth = wealth(&series.values);
        Ok(Self {
            excess: known.iter().map(|&t| returns.values[t] - riskless[t]).collect(),
            pairs: basis
                .benchmark
                .as_ref()
                .map(|benchmark| Pairs::new(&known, &returns.values, benchmark, &riskless)),
            riskless: known.iter().map(|&t| riskless[t]).collect(),
            periods: basis.periods_per_year,
            acceptable: basis.minimum_acceptable,
            trials: basis.trials,
            depths: depths(&wealth, 1.0),
            falls: falls(&series, &wealth),
            wealth,
            months: compounded_by(&series, |date| (date.year(), date.month())),
            years: compounded_by(&series, |date| date.year()),
            returns: series.values,
        })
    }

    /// `∏(1 + r)^(P / n) − 1`.
    pub fn growth(&self) -> Option<f64> {
        annualised(&self.returns, self.periods)
    }

    /// Growth above the riskless growth.
    pub fn excess_growth(&self) -> Option<f64> {
        Some(self.growth()? - annualised(&self.riskless, self.periods)?)
    }

    /// Sharpe ratio per period.
    pub fn sharpe(&self) -> Option<f64> {
        ratio(mean(&self.excess)?, deviation(&self.excess)?)
    }

    /// The depth of the deepest fall, positive.
    pub fn deepest(&self) -> Option<f64> {
        self.depths.iter().copied().reduce(f64::max)
    }

    /// The mean of `f` over returns above the least acceptable one.
    pub fn mean_above(&self, f: impl Fn(f64) -> f64) -> Option<f64> {
        crate::statistics::mean_of(&self.returns, |r| f(r - self.acceptable))
    }
}

impl Pairs {
    fn new(known: &[usize], returns: &[f64], benchmark: &[f64], riskless: &[f64]) -> Self {
        let rows = || known.iter().copied().filter(|&t| benchmark[t].is_finite());
        Self {
            portfolio: rows().map(|t| returns[t]).collect(),
            benchmark: rows().map(|t| benchmark[t]).collect(),
            portfolio_excess: rows().map(|t| returns[t] - riskless[t]).collect(),
            benchmark_excess: rows().map(|t| benchmark[t] - riskless[t]).collect(),
            riskless: rows().map(|t| riskless[t]).collect(),
        }
    }

    /// Portfolio minus benchmark, per period.
    pub fn active(&self) -> Vec<f64> {
        let both = self.portfolio.iter().zip(&self.benchmark);
        both.map(|(r, b)| r - b).collect()
    }
}

fn check(returns: &Series, basis: &Basis) -> Result<(), PerformanceError> {
    let rows = returns.values.len();
    check_dates("the returns", &returns.dates)?;
    check_length("the returns", returns.dates.len(), rows, "date")?;
    if let Some(benchmark) = &basis.benchmark {
        check_length("the benchmark", rows, benchmark.len(), "return")?;
    }
    if let RiskFree::Series(values) = &basis.risk_free {
        check_length("the riskless series", rows, values.len(), "return")?;
    }
    let periods = basis.periods_per_year;
    if !(periods.is_finite() && periods > 0.0) {
        return Err(not_finite("the number of periods per year", periods));
    }
    match returns.values.iter().find(|value| value.is_infinite()) {
        Some(&value) => Err(not_finite("a return", value)),
        None => Ok(()),
    }
}

fn not_finite(what: &str, value: f64) -> PerformanceError {
    PerformanceError::NotFinite { what: what.to_owned(), value }
}

fn riskless(rows: usize, basis: &Basis) -> Vec<f64> {
    match &basis.risk_free {
        RiskFree::Annual(rate) => vec![(1.0 + rate).powf(1.0 / basis.periods_per_year) - 1.0; rows],
        RiskFree::Series(values) => values.clone(),
    }
}

fn wealth(returns: &[f64]) -> Vec<f64> {
    returns
        .iter()
        .scan(1.0, |wealth, r| {
            *wealth *= 1.0 + r;
            Some(*wealth)
        })
        .collect()
}

/// The falls, counting the start (wealth 1) as the first peak, on the eve of the first return.
fn falls(series: &Series, wealth: &[f64]) -> Vec<DrawdownPeriod> {
    let Some(&first) = series.dates.first() else {
        return Vec::new();
    };
    let eve = first.pred_opt().unwrap_or(first);
    let nav = Series {
        dates: std::iter::once(eve).chain(series.dates.iter().copied()).collect(),
        values: std::iter::once(1.0).chain(wealth.iter().copied()).collect(),
    };
    drawdown_periods(&nav, usize::MAX)
}
