//! Ordinary and weighted least squares, with what the significance of a coefficient needs.
//!
//! In come a response and regressors as columns, out come coefficients, residuals and p-values.
//! Normal equations on centred columns: exact enough for returns, and the regressors are few.

use crate::matrix::dot;
use crate::probability::student_two_sided;
use crate::{Cholesky, Matrix, RiskError};

/// A regression with an intercept.
pub(crate) struct Fit {
    /// The intercept, then one coefficient for each regressor.
    pub(crate) coefficients: Vec<f64>,
    /// What is not explained, row by row.
    pub(crate) residuals: Vec<f64>,
    factor: Cholesky,
    scales: Vec<f64>,
}

impl Fit {
    /// How often chance would give each regressor so large a coefficient (two-sided t-test, the
    /// intercept left out). 1 where no rows are left to judge by.
    pub(crate) fn p_values(&self) -> Vec<f64> {
        let count = self.scales.len();
        let degrees = self.residuals.len().saturating_sub(count + 1) as f64;
        if degrees == 0.0 {
            return vec![1.0; count];
        }
        let variance = dot(&self.residuals, &self.residuals) / degrees;
        (0..count)
            .map(|i| {
                let mut unit = vec![0.0; count];
                unit[i] = 1.0;
                let spread = self.factor.forward(&unit);
                let error = (variance * dot(&spread, &spread)).sqrt() / self.scales[i];
                let t = self.coefficients[i + 1] / error;
                if t.is_nan() { 1.0 } else { student_two_sided(t, degrees) }
            })
            .collect()
    }

    /// Residual sum of squares.
    pub(crate) fn squares(&self) -> f64 {
        dot(&self.residuals, &self.residuals)
    }
}

/// The regression of `response` on an intercept and `regressors`, columns of the same length.
///
/// Fails if a regressor is constant or a combination of the others, or if there are fewer rows than
/// coefficients.
pub(crate) fn least_squares(response: &[f64], regressors: &[&[f64]]) -> Result<Fit, RiskError> {
    let needed = regressors.len() + 1;
    crate::covariance::require_rows("a regression", response.len(), needed)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let means: Vec<f64> = regressors.iter().map(|column| mean(column)).collect();
    let own = mean(response);
    let centred: Vec<Vec<f64>> = regressors
        .iter()
        .zip(&means)
        .map(|(column, mean)| column.iter().map(|value| value - mean).collect())
        .collect();
    let scales: Vec<f64> = centred.iter().map(|column| dot(column, column).sqrt()).collect();
    for (index, (scale, column)) in scales.iter().zip(regressors).enumerate() {
        if *scale <= 1e-12 * dot(column, column).sqrt() {
            return Err(RiskError::Collinear { index });
        }
    }
    let correlation = Matrix::from_fn(regressors.len(), |row, col| {
        dot(&centred[row], &centred[col]) / (scales[row] * scales[col])
    });
    let factor = independent(&correlation)?;
    let response_centred: Vec<f64> = response.iter().map(|value| value - own).collect();
    let products: Vec<f64> =
        centred.iter().zip(&scales).map(|(c, scale)| dot(c, &response_centred) / scale).collect();
    let slopes: Vec<f64> =
        factor.solve(&products).iter().zip(&scales).map(|(slope, scale)| slope / scale).collect();
    let residuals = (0..response.len())
        .map(|row| {
            let explained: f64 = centred.iter().zip(&slopes).map(|(c, slope)| c[row] * slope).sum();
            response_centred[row] - explained
        })
        .collect();
    let mut coefficients = vec![own - dot(&slopes, &means)];
    coefficients.extend(&slopes);
    Ok(Fit { coefficients, residuals, factor, scales })
}

/// The `f` that minimises `Σ wᵢ (yᵢ − Xᵢ f)²`, without an intercept; `x` has one row of
/// `response.len()` rows after another.
pub(super) fn weighted(
    response: &[f64],
    x: &[f64],
    weights: &[f64],
) -> Result<Vec<f64>, RiskError> {
    let count = x.len() / response.len();
    let mut normal = vec![0.0; count * count];
    let mut products = vec![0.0; count];
    for ((y, row), weight) in response.iter().zip(x.chunks_exact(count)).zip(weights) {
        for (i, value) in row.iter().enumerate() {
            products[i] += weight * value * y;
            for (j, other) in row.iter().enumerate().take(i + 1) {
                normal[i * count + j] += weight * value * other;
            }
        }
    }
    let scales: Vec<f64> = (0..count).map(|i| normal[i * count + i].sqrt()).collect();
    if let Some(index) = scales.iter().position(|scale| *scale == 0.0) {
        return Err(RiskError::Collinear { index });
    }
    let scaled =
        Matrix::from_fn(count, |row, col| normal[row * count + col] / (scales[row] * scales[col]));
    let products: Vec<f64> = products.iter().zip(&scales).map(|(p, scale)| p / scale).collect();
    let solved = independent(&scaled)?.solve(&products);
    Ok(solved.iter().zip(&scales).map(|(slope, scale)| slope / scale).collect())
}

/// The factor of a correlation of regressors, or which of them is a combination of those before.
fn independent(correlation: &Matrix) -> Result<Cholesky, RiskError> {
    let collinear = |index| RiskError::Collinear { index };
    let factor = correlation.cholesky().map_err(|error| match error {
        RiskError::NotPositiveDefinite { row } => collinear(row),
        other => other,
    })?;
    match (0..correlation.n()).find(|i| factor.at(*i, *i) < 1e-6) {
        Some(index) => Err(collinear(index)),
        None => Ok(factor),
    }
}
