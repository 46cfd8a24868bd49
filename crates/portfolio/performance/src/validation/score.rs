//! What trials earned, as figures that can be set side by side.
//!
//! In: what each trial earned on each path, the days of the rows, and how many trials there were.
//! Out: for each trial its figures on every path, their middle, and how they spread. The deflated
//! Sharpe ratio counts every trial, also those that failed. Knows nothing about methods.

use serde::{Deserialize, Serialize};
use types::Date;

use super::trial::sharpe;
use super::{Failure, Fees, Held, Tested};
use crate::statistics::{covariance, quantile};
use crate::{Basis, PerformanceError, Series, Trials, metrics};

/// Figures of one path, or the middle of those of several; `None` where one is not defined.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Compound growth a year.
    pub annual_return: Option<f64>,
    /// Volatility a year.
    pub volatility: Option<f64>,
    /// Sharpe ratio a year.
    pub sharpe: Option<f64>,
    /// The deepest fall, positive.
    pub max_drawdown: Option<f64>,
    /// Expected shortfall of one row at 95 %, positive.
    pub cvar: Option<f64>,
    /// What was traded a year after the first purchase: half the sum of absolute changes of weight.
    pub turnover: Option<f64>,
    /// What trades cost a year, the first purchase included.
    pub costs: Option<f64>,
    /// The probability that the true Sharpe ratio is above nought.
    pub probabilistic_sharpe: Option<f64>,
    /// The same above what the best of all trials would show by luck.
    pub deflated_sharpe: Option<f64>,
}

/// All figures.
const FIELDS: [fn(&mut Figures) -> &mut Option<f64>; 9] = [
    |f| &mut f.annual_return,
    |f| &mut f.volatility,
    |f| &mut f.sharpe,
    |f| &mut f.max_drawdown,
    |f| &mut f.cvar,
    |f| &mut f.turnover,
    |f| &mut f.costs,
    |f| &mut f.probabilistic_sharpe,
    |f| &mut f.deflated_sharpe,
];

/// What one trial is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The median of each figure over the paths.
    pub middle: Figures,
    /// Every path.
    pub paths: Vec<Figures>,
}

/// All trials side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// How many trials were counted.
    pub trials: usize,
    /// The variance of their Sharpe ratios, per row; `None` with fewer than two.
    pub sharpe_variance: Option<f64>,
    /// One for each of those that were tested.
    pub scores: Vec<Result<Score, Failure>>,
}

/// Sets `tested` side by side. The first `trials` of them count as trials; the others chose among
/// those. `dates` has one day for each row.
///
/// Fails as [`metrics`](crate::metrics()) does.
pub fn compare(
    dates: &[Date],
    fees: Fees,
    tested: &[Tested],
    trials: usize,
    periods_per_year: f64,
) -> Result<Comparison, PerformanceError> {
    let sharpes = tested.iter().take(trials).filter_map(|paths| sharpe(paths.as_ref().ok()?));
    let sharpes: Vec<f64> = sharpes.collect();
    let sharpe_variance = covariance(&sharpes, &sharpes, 1);
    let counted = sharpe_variance.zip(u32::try_from(trials).ok());
    let basis = Basis {
        trials: counted.map(|(sharpe_variance, count)| Trials { count, sharpe_variance }),
        ..Basis::new(periods_per_year)
    };
    let score = |paths: &Vec<Held>| {
        let paths = paths.iter().map(|held| figures(dates, fees, held, &basis));
        let paths = paths.collect::<Result<Vec<_>, _>>()?;
        Ok(Score { middle: quantile_of(&paths, 0.5), paths })
    };
    let scores = tested.iter().map(|tested| match tested {
        Ok(paths) => score(paths).map(Ok),
        Err(failure) => Ok(Err(failure.clone())),
    });
    Ok(Comparison { trials, sharpe_variance, scores: scores.collect::<Result<_, _>>()? })
}

/// The quantile `p` of each figure over paths, by linear interpolation; `None` where a path has no
/// such figure.
pub fn quantile_of(paths: &[Figures], p: f64) -> Figures {
    let mut found = Figures::default();
    for field in FIELDS {
        let values: Option<Vec<f64>> = paths.iter().map(|path| *field(&mut path.clone())).collect();
        *field(&mut found) = values.and_then(|values| quantile(&values, p));
    }
    found
}

fn figures(
    dates: &[Date],
    fees: Fees,
    held: &Held,
    basis: &Basis,
) -> Result<Figures, PerformanceError> {
    let rows = held.first..held.first + held.returns.len();
    let days = dates.get(rows.clone()).ok_or_else(|| PerformanceError::Length {
        what: "the days of a test".to_owned(),
        expected: rows.end,
        found: dates.len(),
        per: "row",
    })?;
    let series = Series::new(days.to_vec(), held.returns.clone())?;
    let all = metrics(&series, basis)?;
    let of = |id: &str| all.iter().find(|metric| metric.id == id).and_then(|metric| metric.value);
    let years = held.returns.len() as f64 / basis.periods_per_year;
    let first = held.turnover.first().copied().unwrap_or(0.0);
    let later: f64 = held.turnover.iter().skip(1).sum();
    Ok(Figures {
        annual_return: of("cagr"),
        volatility: of("volatility"),
        sharpe: of("sharpe"),
        max_drawdown: of("max_drawdown"),
        cvar: of("cvar_95"),
        turnover: Some(later / years),
        costs: Some(fees.cost_rate * (first + 2.0 * later) / years),
        probabilistic_sharpe: of("probabilistic_sharpe"),
        deflated_sharpe: of("deflated_sharpe"),
    })
}
