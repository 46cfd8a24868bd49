//! Factor models by cross-sectional regression: the factors are characteristics of the symbols.
//!
//! In come returns and, for each day, what each symbol was like when the day began (industry,
//! size, value, momentum), out come the returns that each characteristic earned and a model for
//! tomorrow. Symbols may come and go: a day counts those that have characteristics on it.

use super::FactorModel;
use super::least_squares::weighted;
use crate::covariance::{require_rows, sample};
use crate::matrix::dot;
use crate::moments::check_len;
use crate::{Returns, RiskError};

/// The characteristics of the symbols, day by day.
#[derive(Debug, Clone, Copy)]
pub struct Exposures<'a> {
    /// How many characteristics.
    pub factors: usize,
    /// Days × symbols × factors: known before the day's returns. A symbol with a NaN on a day is
    /// not in the universe on that day.
    pub values: &'a [f64],
    /// Days × symbols: how much a symbol counts in the day's regression, such as the root of its
    /// market value or one over its specific variance; positive for all in the universe.
    pub weights: &'a [f64],
    /// Symbols × factors: what they are like now, for the model.
    pub newest: &'a [f64],
}

/// What the regressions found.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossSection {
    /// Days × factors: what one unit of each characteristic earned.
    pub factor_returns: Vec<f64>,
    /// The covariance of those (over `T − 1`), and the mean square of each symbol's residuals on
    /// the days on which it was in the universe.
    pub model: FactorModel,
}

/// `rₜ = Xₜ fₜ + eₜ`, solved for `fₜ` day by day by weighted least squares (Rosenberg 1974,
/// "Extra-market components of covariance in security returns"; Grinold and Kahn 2000, "Active
/// Portfolio Management", ch. 3).
///
/// There is no intercept: give a characteristic that is 1 for all, and leave out one industry of
/// those that would add up to it. Fails if on some day there are fewer symbols than factors, or
/// characteristics are collinear, or a symbol was in the universe on fewer than two days.
pub fn cross_sectional(
    returns: &Returns,
    exposures: Exposures<'_>,
) -> Result<CrossSection, RiskError> {
    let (rows, n, k) = (returns.rows(), returns.cols(), exposures.factors);
    check_shapes(returns, &exposures)?;
    let mut factor_returns = Vec::with_capacity(rows * k);
    let (mut squares, mut days) = (vec![0.0; n], vec![0_usize; n]);
    for row in 0..rows {
        let today = Today::new(returns.row(row), &exposures, row)?;
        let earned = weighted(&today.response, &today.x, &today.weights)?;
        for (place, symbol) in today.symbols.iter().enumerate() {
            let explained = dot(&today.x[place * k..(place + 1) * k], &earned);
            squares[*symbol] += (today.response[place] - explained).powi(2);
            days[*symbol] += 1;
        }
        factor_returns.extend(earned);
    }
    for found in &days {
        require_rows("a specific variance", *found, 2)?;
    }
    let names = (0..k).map(|factor| format!("F{factor}").into()).collect();
    let factors = Returns::new(names, factor_returns.clone())?;
    let model = FactorModel {
        symbols: returns.symbols().clone(),
        intercepts: vec![0.0; n],
        loadings: exposures.newest.to_vec(),
        factor_covariance: sample(&factors),
        specific_variances: squares
            .iter()
            .zip(&days)
            .map(|(sum, days)| sum / *days as f64)
            .collect(),
    };
    Ok(CrossSection { factor_returns, model })
}

fn check_shapes(returns: &Returns, exposures: &Exposures<'_>) -> Result<(), RiskError> {
    let (rows, n, k) = (returns.rows(), returns.cols(), exposures.factors);
    require_rows("a factor covariance", rows, 2)?;
    if k == 0 {
        return Err(RiskError::Parameter { name: "factors", found: 0.0, must: "at least 1" });
    }
    check_len("newest characteristics", exposures.newest, n * k)?;
    let sizes = [
        ("characteristics", exposures.values.len(), rows * n * k),
        ("weights of the regressions", exposures.weights.len(), rows * n),
    ];
    match sizes.into_iter().find(|(_, found, expected)| found != expected) {
        Some((what, found, expected)) => Err(RiskError::Shape { what, expected, found }),
        None => Ok(()),
    }
}

/// One day's universe.
struct Today {
    symbols: Vec<usize>,
    response: Vec<f64>,
    x: Vec<f64>,
    weights: Vec<f64>,
}

impl Today {
    fn new(returns: &[f64], exposures: &Exposures<'_>, row: usize) -> Result<Self, RiskError> {
        let (n, k) = (returns.len(), exposures.factors);
        let of = |symbol: usize| {
            let at = (row * n + symbol) * k;
            &exposures.values[at..at + k]
        };
        let symbols: Vec<usize> =
            (0..n).filter(|symbol| of(*symbol).iter().all(|value| value.is_finite())).collect();
        require_rows("a cross-section", symbols.len(), k)?;
        let weights: Vec<f64> =
            symbols.iter().map(|symbol| exposures.weights[row * n + symbol]).collect();
        if let Some(found) = weights.iter().copied().find(|w| !(w.is_finite() && *w > 0.0)) {
            let must = "positive and finite for a symbol that has characteristics";
            return Err(RiskError::Parameter { name: "weight of a regression", found, must });
        }
        Ok(Self {
            response: symbols.iter().map(|symbol| returns[*symbol]).collect(),
            x: symbols.iter().flat_map(|symbol| of(*symbol).iter().copied()).collect(),
            symbols,
            weights,
        })
    }
}
