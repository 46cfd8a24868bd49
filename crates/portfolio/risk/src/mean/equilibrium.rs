//! Means that a model of the market implies: reverse optimisation and the CAPM.
//!
//! In come a covariance and the weights of the market, or returns and those of the market; out
//! comes one mean for each symbol. Neither looks at the symbols' own past means.

use crate::moments::check_len;
use crate::{Matrix, Returns, RiskError};

/// `δ Σ w`: the means at which the market's weights `w` are optimal for an investor of risk
/// aversion `δ` (Black and Litterman 1992, "Global portfolio optimization"; He and Litterman 1999,
/// §2). Excess means over the return without risk, in the units of the covariance.
///
/// Weights usually sum to 1. Fails if they are not as many as the covariance has rows, or
/// `risk_aversion` is not positive.
pub fn equilibrium(
    covariance: &Matrix,
    weights: &[f64],
    risk_aversion: f64,
) -> Result<Vec<f64>, RiskError> {
    check_len("market weights", weights, covariance.n())?;
    if !(risk_aversion.is_finite() && risk_aversion > 0.0) {
        let must = "positive, such as 2.5";
        return Err(RiskError::Parameter { name: "risk_aversion", found: risk_aversion, must });
    }
    Ok(covariance.mul_vec(weights).into_iter().map(|value| risk_aversion * value).collect())
}

/// `(m − r) / v`: the risk aversion that a market of mean `m` and variance `v` implies beside a
/// return `r` without risk (Grinold and Kahn 2000, ch. 2). Both of the same observation. Fails if
/// the variance is not positive.
pub fn implied_risk_aversion(
    market_mean: f64,
    market_variance: f64,
    risk_free: f64,
) -> Result<f64, RiskError> {
    if !(market_variance.is_finite() && market_variance > 0.0) {
        let (name, must) = ("market_variance", "positive");
        return Err(RiskError::Parameter { name, found: market_variance, must });
    }
    Ok((market_mean - risk_free) / market_variance)
}

/// Each symbol's covariance with the market over the market's variance. `market` has one return
/// for each row. Fails if the market never moves.
pub fn betas(returns: &Returns, market: &[f64]) -> Result<Vec<f64>, RiskError> {
    check_len("market returns", market, returns.rows())?;
    let mean = market.iter().sum::<f64>() / market.len() as f64;
    let centred: Vec<f64> = market.iter().map(|value| value - mean).collect();
    let squares: f64 = centred.iter().map(|value| value * value).sum();
    if squares <= 0.0 {
        let (name, must) = ("variance of the market", "positive; it never moves in the window");
        return Err(RiskError::Parameter { name, found: squares, must });
    }
    let mut sums = vec![0.0; returns.cols()];
    for (row, market) in centred.iter().enumerate() {
        for (sum, value) in sums.iter_mut().zip(returns.row(row)) {
            *sum += market * value;
        }
    }
    Ok(sums.into_iter().map(|sum| sum / squares).collect())
}

/// `r + β (m − r)`: the return without risk and the symbol's share of the market's premium, with
/// the arithmetic mean `m` of the market (Sharpe 1964, "Capital asset prices"). All of one
/// observation. Fails as [`betas`] does.
pub fn capital_asset_pricing(
    returns: &Returns,
    market: &[f64],
    risk_free: f64,
) -> Result<Vec<f64>, RiskError> {
    let betas = betas(returns, market)?;
    if !risk_free.is_finite() {
        let (name, must) = ("risk_free", "a return of one observation");
        return Err(RiskError::Parameter { name, found: risk_free, must });
    }
    let premium = market.iter().sum::<f64>() / market.len() as f64 - risk_free;
    Ok(betas.into_iter().map(|beta| risk_free + beta * premium).collect())
}
