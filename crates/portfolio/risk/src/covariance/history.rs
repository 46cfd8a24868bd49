//! Covariances that are sums over the past: equally weighted, exponentially weighted, and of
//! shortfalls alone.
//!
//! In come returns, out comes a positive semidefinite matrix. What they need — row weights, means
//! under them and deviations — is shared with the other estimators.

use crate::{Matrix, Returns, RiskError, dense};

/// The weight of each row, oldest first, summing to one and halving every `half_life` rows.
pub(crate) fn decay(rows: usize, half_life: f64) -> Result<Vec<f64>, RiskError> {
    require_half_life("half_life_days", half_life)?;
    let raw: Vec<f64> =
        (0..rows).map(|row| (-((rows - 1 - row) as f64) / half_life).exp2()).collect();
    let total: f64 = raw.iter().sum();
    Ok(raw.into_iter().map(|weight| weight / total).collect())
}

/// That a half-life is a positive number of rows.
pub(super) fn require_half_life(name: &'static str, half_life: f64) -> Result<(), RiskError> {
    if !(half_life.is_finite() && half_life > 0.0) {
        let must = "a positive number of rows";
        return Err(RiskError::Parameter { name, found: half_life, must });
    }
    Ok(())
}

/// The mean of each column under row weights that sum to one.
pub(crate) fn weighted_mean(returns: &Returns, weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut mean = vec![0.0; returns.cols()];
    for row in 0..returns.rows() {
        let weight = weight(row);
        for (sum, value) in mean.iter_mut().zip(returns.row(row)) {
            *sum += weight * value;
        }
    }
    mean
}

/// The deviations from `mean`, each row times `scale(row)`.
fn deviations(returns: &Returns, mean: &[f64], scale: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut values = Vec::with_capacity(returns.as_slice().len());
    for row in 0..returns.rows() {
        let scale = scale(row);
        let pairs = returns.row(row).iter().zip(mean);
        values.extend(pairs.map(|(value, mean)| (value - mean) * scale));
    }
    values
}

/// The deviations from the equally weighted mean.
pub(crate) fn centred(returns: &Returns) -> Vec<f64> {
    let weight = 1.0 / returns.rows() as f64;
    deviations(returns, &weighted_mean(returns, |_| weight), |_| 1.0)
}

/// Sums of products of deviations from the mean, over `T − 1`.
pub(crate) fn sample(returns: &Returns) -> Matrix {
    let (rows, cols) = (returns.rows(), returns.cols());
    dense::gram(&centred(returns), rows, cols).scaled(1.0 / (rows - 1) as f64)
}

/// The sample covariance under exponential weights, without bias.
pub(super) fn weighted(returns: &Returns, half_life: f64) -> Result<Matrix, RiskError> {
    let (rows, cols) = (returns.rows(), returns.cols());
    let weights = decay(rows, half_life)?;
    let mean = weighted_mean(returns, |row| weights[row]);
    let scaled = deviations(returns, &mean, |row| weights[row].sqrt());
    let bias = 1.0 - weights.iter().map(|weight| weight * weight).sum::<f64>();
    if bias <= f64::EPSILON {
        return Err(RiskError::Parameter {
            name: "half_life_days",
            found: half_life,
            must: "long enough that more than one row counts",
        });
    }
    Ok(dense::gram(&scaled, rows, cols).scaled(1.0 / bias))
}

/// Products of `min(r − benchmark, 0)`, over `T`.
pub(super) fn semi(returns: &Returns, benchmark: f64) -> Result<Matrix, RiskError> {
    if !benchmark.is_finite() {
        let must = "a return of one observation, such as 0";
        return Err(RiskError::Parameter { name: "benchmark", found: benchmark, must });
    }
    let (rows, cols) = (returns.rows(), returns.cols());
    let shortfalls: Vec<f64> =
        returns.as_slice().iter().map(|value| (value - benchmark).min(0.0)).collect();
    Ok(dense::gram(&shortfalls, rows, cols).scaled(1.0 / rows as f64))
}
