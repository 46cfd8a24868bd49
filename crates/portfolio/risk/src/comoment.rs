//! Coskewness and cokurtosis: how three and four returns move together.
//!
//! In come returns, out come the third and fourth comoment matrices. With `y` the deviations from
//! the mean (for the semi versions, only those below nought), the portfolio `w` has the third
//! central moment `w' M₃ (w ⊗ w)` and the fourth `(w ⊗ w)' M₄ (w ⊗ w)`.
//!
//! Jondeau, Poon and Rockinger 2007, "Financial Modeling under Non-Gaussian Distributions";
//! sums are over `T`. `M₃` has `N³` entries and `M₄` has `N⁴`: at 50 symbols 50 MB, at 100 already
//! 800 MB. For one portfolio use [`portfolio_comoments`], which needs neither.

use crate::covariance::{centred, require_rows};
use crate::moments::check_len;
use crate::{Matrix, Returns, RiskError, dense};

/// Which deviations count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// All.
    #[default]
    Both,
    /// Those below the mean; above it, a day counts as nought.
    Below,
}

/// `M₃`: `N × N²` values row by row; the entry of row `i` and column `j N + k` is
/// `E[yᵢ yⱼ y_k]`. Costs `T N³`.
pub fn coskewness(returns: &Returns, side: Side) -> Result<Vec<f64>, RiskError> {
    require_rows("a coskewness", returns.rows(), 1)?;
    let (rows, n) = (returns.rows(), returns.cols());
    let y = counted(returns, side);
    Ok(dense::product(&y, n, &pairs(&y, n), n * n, rows, 1.0 / rows as f64))
}

/// `M₄`: `N² × N²`; the entry of row `i N + j` and column `k N + l` is `E[yᵢ yⱼ y_k y_l]`. Positive
/// semidefinite. Costs `T N⁴ / 2`.
pub fn cokurtosis(returns: &Returns, side: Side) -> Result<Matrix, RiskError> {
    require_rows("a cokurtosis", returns.rows(), 1)?;
    let (rows, n) = (returns.rows(), returns.cols());
    let squared = pairs(&counted(returns, side), n);
    Ok(dense::gram(&squared, rows, n * n).scaled(1.0 / rows as f64))
}

/// The third and fourth central moment of a portfolio held at `weights` every day: what the
/// matrices give, in `T N` steps. For [`Side::Below`] the shortfalls are those of each symbol, as in
/// the matrices, not those of the portfolio.
pub fn portfolio_comoments(
    returns: &Returns,
    weights: &[f64],
    side: Side,
) -> Result<(f64, f64), RiskError> {
    require_rows("a comoment", returns.rows(), 1)?;
    check_len("weights", weights, returns.cols())?;
    let y = counted(returns, side);
    let portfolio = y.chunks_exact(weights.len()).map(|row| crate::matrix::dot(row, weights));
    let (third, fourth) =
        portfolio.fold((0.0, 0.0), |(t, f), value: f64| (t + value.powi(3), f + value.powi(4)));
    let rows = returns.rows() as f64;
    Ok((third / rows, fourth / rows))
}

fn counted(returns: &Returns, side: Side) -> Vec<f64> {
    let mut y = centred(returns);
    if side == Side::Below {
        for value in &mut y {
            *value = value.min(0.0);
        }
    }
    y
}

/// Row by row, the products of all pairs of columns.
fn pairs(y: &[f64], n: usize) -> Vec<f64> {
    let mut values = Vec::with_capacity(y.len() * n);
    for row in y.chunks_exact(n) {
        for left in row {
            values.extend(row.iter().map(|right| left * right));
        }
    }
    values
}
