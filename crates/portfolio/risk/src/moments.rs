//! Moments: the means and covariances that allocation optimises over.
//!
//! In come [`Returns`] and two estimators, or numbers from elsewhere; out comes one value that
//! carries both moments and how they were made. It does not know what the moments are for.

use std::sync::Arc;

use types::Symbol;

use crate::{CovarianceEstimator, Matrix, MeanEstimator, Repair, Returns, RiskError, nearest_psd};

/// Means and covariances of returns, for one observation (a day, for daily returns) unless
/// [`scaled`](Moments::scaled). The covariance is positive semidefinite to rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// The symbols, one for each mean and each row of the covariance.
    pub symbols: Arc<[Symbol]>,
    /// Expected returns, as fractions.
    pub mean: Vec<f64>,
    /// Covariances of returns.
    pub covariance: Matrix,
    /// How many returns of each symbol they rest on.
    pub observations: usize,
    /// How far the covariance was pulled to its target, from 0 to 1; `None` without shrinkage.
    pub shrinkage: Option<f64>,
    /// What had to be done to make the covariance positive semidefinite; `None` if nothing.
    pub repair: Option<Repair>,
}

/// The moments of `returns`.
///
/// Fails if there are fewer than two returns, if a parameter is out of range, or where an
/// estimator names its own condition. Cost: `T N²` for most covariances. Estimators that give a
/// positive semidefinite matrix by construction are not checked for it: the check would cost
/// `N³ / 3`, more than the estimate. What the others give is repaired where it must be.
pub fn estimate(
    returns: &Returns,
    mean: &MeanEstimator,
    covariance: &CovarianceEstimator,
) -> Result<Moments, RiskError> {
    let (matrix, shrinkage) = covariance.estimate(returns)?;
    let (matrix, repair) =
        if covariance.is_semidefinite() { (matrix, None) } else { nearest_psd(matrix)? };
    let mean = mean.estimate(returns, &matrix)?;
    Ok(Moments {
        symbols: returns.symbols().clone(),
        mean,
        covariance: matrix,
        observations: returns.rows(),
        shrinkage,
        repair,
    })
}

impl Moments {
    /// Moments known from elsewhere. A covariance that is not positive semidefinite is replaced
    /// by the nearest one that is, and [`repair`](Moments::repair) says so.
    pub fn new(
        symbols: Arc<[Symbol]>,
        mean: Vec<f64>,
        covariance: Matrix,
        observations: usize,
    ) -> Result<Self, RiskError> {
        check_len("means", &mean, symbols.len())?;
        if covariance.n() != symbols.len() {
            return Err(RiskError::Shape {
                what: "rows of the covariance",
                expected: symbols.len(),
                found: covariance.n(),
            });
        }
        let (covariance, repair) = nearest_psd(covariance)?;
        Ok(Self { symbols, mean, covariance, observations, shrinkage: None, repair })
    }

    /// The moments of `horizon` observations, if those are independent and alike: both means and
    /// covariances grow in proportion. For simple returns this leaves out compounding.
    pub fn scaled(&self, horizon: f64) -> Moments {
        Moments {
            mean: self.mean.iter().map(|mean| mean * horizon).collect(),
            covariance: self.covariance.scaled(horizon),
            repair: self
                .repair
                .map(|repair| Repair { smallest: repair.smallest * horizon, ..repair }),
            ..self.clone()
        }
    }

    /// The standard deviation of each symbol's return.
    pub fn volatilities(&self) -> Vec<f64> {
        self.covariance.diag().map(f64::sqrt).collect()
    }

    /// The correlations. A symbol that never moves has correlation 0 with all others.
    pub fn correlation(&self) -> Matrix {
        let sigma = self.volatilities();
        Matrix::from_fn(sigma.len(), |row, col| {
            if row == col {
                return 1.0;
            }
            let product = sigma[row] * sigma[col];
            if product > 0.0 {
                (self.covariance.at(row, col) / product).clamp(-1.0, 1.0)
            } else {
                0.0
            }
        })
    }
}

/// That a list has `expected` finite values.
pub(crate) fn check_len(
    what: &'static str,
    values: &[f64],
    expected: usize,
) -> Result<(), RiskError> {
    if values.len() != expected {
        return Err(RiskError::Shape { what, expected, found: values.len() });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(col) => Err(RiskError::NotFinite { what, row: 0, col }),
        None => Ok(()),
    }
}
