//! Implied volatilities: the options market's volatilities with history's correlations.
//!
//! In come a covariance and volatilities from elsewhere, or returns and a history of implied
//! volatilities; out comes a covariance, or the volatilities that those have foretold.

use super::{require_rows, rescaled, standardised};
use crate::factor::least_squares;
use crate::moments::check_len;
use crate::{Matrix, Returns, RiskError};

/// The covariance with the correlations of `covariance` and these volatilities, one for each
/// symbol, in the units of one observation (an annual implied volatility over `√252`, for daily
/// returns).
///
/// Implied volatilities hold a premium: on average they lie above what follows. Divide them by it,
/// or use [`forecast_volatilities`].
pub fn with_volatilities(covariance: &Matrix, volatilities: &[f64]) -> Result<Matrix, RiskError> {
    check_len("volatilities", volatilities, covariance.n())?;
    if let Some(found) = volatilities.iter().copied().find(|value| *value < 0.0) {
        let must = "a standard deviation, so not negative";
        return Err(RiskError::Parameter { name: "volatility", found, must });
    }
    Ok(rescaled(&standardised(covariance)?.1, volatilities))
}

/// The volatility that follows from the newest implied one, symbol by symbol: on windows of
/// `window` days that do not overlap, `ln RVₜ` is regressed on `ln IVₜ₋₁` and `ln RVₜ₋₁`
/// (Christensen and Prabhala 1998, "The relation between implied and realized volatility"; as
/// skfolio's `ImpliedCovariance`), and the line is read at the newest window.
///
/// `implied` has one row for each row of `returns`, one value for each symbol, in the units of one
/// observation. Needs four windows of at least three days, so that the line is determined.
pub fn forecast_volatilities(
    returns: &Returns,
    implied: &[f64],
    window: usize,
) -> Result<Vec<f64>, RiskError> {
    let (rows, cols) = (returns.rows(), returns.cols());
    check_len("implied volatilities", implied, rows * cols)?;
    if window < 3 {
        let must = "at least 3 returns";
        return Err(RiskError::Parameter { name: "window", found: window as f64, must });
    }
    require_rows("a forecast from four windows", rows, 4 * window)?;
    let folds = rows / window;
    let first = rows - folds * window;
    let ends: Vec<usize> = (1..=folds).map(|fold| first + fold * window - 1).collect();
    (0..cols)
        .map(|col| {
            let own: Vec<f64> = (first..rows).map(|row| returns.row(row)[col]).collect();
            let realised: Vec<f64> = own.chunks_exact(window).map(deviation).map(f64::ln).collect();
            let foretold: Vec<f64> =
                ends.iter().map(|row| implied[row * cols + col].ln()).collect();
            if realised.iter().any(|value| !value.is_finite()) {
                return Err(RiskError::Constant { symbol: returns.symbols()[col].clone() });
            }
            if let Some(at) = foretold.iter().position(|value| !value.is_finite()) {
                let (name, must) = ("implied volatility", "positive");
                let found = implied[ends[at] * cols + col];
                return Err(RiskError::Parameter { name, found, must });
            }
            let known = [&foretold[..folds - 1], &realised[..folds - 1]];
            let fit = least_squares(&realised[1..], &known)?;
            let newest = [1.0, foretold[folds - 1], realised[folds - 1]];
            Ok(crate::matrix::dot(&fit.coefficients, &newest).exp())
        })
        .collect()
}

/// The standard deviation, over `T − 1`.
fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}
