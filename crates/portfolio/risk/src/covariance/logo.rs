//! j-LoGo: a sparse inverse from local inverses along a planar graph.
//!
//! In come returns, out comes the covariance whose inverse is the sum of the inverses of the
//! cliques of four, less those of the triangles in which they meet. It agrees with the sample
//! covariance on all that are tied, and assumes that the others are independent given those
//! between them: the maximum-likelihood Gaussian on that graph.
//!
//! Barfuss, Massara, Di Matteo and Aste 2016, "Parsimonious modeling with information filtering
//! networks", Physical Review E 94. Costs `N³ / 3` for the final inverse.

use super::tmfg::graph;
use super::{moving_sample, require_rows, sample, standardised};
use crate::{Matrix, Returns, RiskError};

/// The estimate. Needs five returns; four symbols or fewer have one clique and keep the sample
/// covariance. The ties are `(1 + r) / 2`, so a large negative correlation is a weak one.
pub(super) fn estimate(returns: &Returns) -> Result<Matrix, RiskError> {
    require_rows("a clique of four", returns.rows(), 5)?;
    let n = returns.cols();
    if n <= 4 {
        return Ok(sample(returns));
    }
    let covariance = moving_sample(returns)?;
    let (_, correlation) = standardised(&covariance)?;
    let graph = graph(&Matrix::from_fn(n, |row, col| 0.5 + 0.5 * correlation.at(row, col)));
    let mut precision = vec![0.0; n * n];
    for clique in &graph.cliques {
        add_inverse(&mut precision, &covariance, clique, 1.0)?;
    }
    for separator in &graph.separators {
        add_inverse(&mut precision, &covariance, separator, -1.0)?;
    }
    let precision = Matrix::from_fn(n, |row, col| precision[row * n + col]);
    Ok(precision.cholesky()?.inverse())
}

/// Adds `sign` times the inverse of the rows and columns `of`, in their places.
fn add_inverse(
    sum: &mut [f64],
    covariance: &Matrix,
    of: &[usize],
    sign: f64,
) -> Result<(), RiskError> {
    let n = covariance.n();
    let singular = |_| RiskError::NotPositiveDefinite { row: of[of.len() - 1] };
    let inverse = covariance.submatrix(of).cholesky().map_err(singular)?.inverse();
    for (i, row) in of.iter().enumerate() {
        for (j, col) in of.iter().enumerate() {
            sum[row * n + col] += sign * inverse.at(i, j);
        }
    }
    Ok(())
}
