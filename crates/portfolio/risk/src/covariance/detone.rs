//! Detoning: correlations without the modes that all symbols share.
//!
//! In comes a covariance, out comes one of the same volatilities whose correlations lack the
//! largest eigenvectors. Use it to see structure below the market, as clustering does; it is
//! singular, so nothing that needs an inverse can use it.

use super::{rescaled, standardised, unit_diagonal};
use crate::{Matrix, RiskError, dense};

/// The covariance without its `components` largest modes of correlation, its variances unchanged.
///
/// López de Prado 2020, "Machine Learning for Asset Managers", §2.6: subtract
/// `W_M Λ_M W_M'` from the correlation and divide by the roots of the diagonal that remains.
///
/// Fails if fewer than two modes would remain or none would go, or if a symbol lies within the
/// modes that go. Costs one eigendecomposition.
pub fn detone(covariance: &Matrix, components: usize) -> Result<Matrix, RiskError> {
    let n = covariance.n();
    if components == 0 || components + 1 >= n {
        return Err(RiskError::Parameter {
            name: "components",
            found: components as f64,
            must: "at least 1 and smaller than the number of symbols less 1",
        });
    }
    let (sigma, correlation) = standardised(covariance)?;
    let (values, vectors) = dense::eigen(&correlation)?;
    let kept: Vec<f64> = values
        .iter()
        .enumerate()
        .map(|(i, value)| if i + components < n { *value } else { 0.0 })
        .collect();
    let rest = dense::compose(&kept, &vectors);
    if let Some(row) = rest.diag().position(|value| value <= f64::EPSILON * n as f64) {
        return Err(RiskError::NotPositiveDefinite { row });
    }
    Ok(rescaled(&unit_diagonal(&rest)?, &sigma))
}
