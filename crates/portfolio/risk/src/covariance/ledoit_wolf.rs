//! Ledoit–Wolf shrinkage: the sample covariance pulled towards something simpler.
//!
//! In come returns `X` (deviations from their means, `T × N`) with sample covariance
//! `S = X'X / T`; out come `δ F + (1 − δ) S` and the intensity `δ`, which minimises the expected
//! squared Frobenius error: `δ = min(β, d) / d`, where `d` is the squared distance from `S` to the
//! target `F`, and `β` the estimation error of `S` that the target does not share.
//!
//! The sums over `N²` pairs of fourth moments collapse into sums over rows, for example
//! `Σᵢⱼ Σₜ xₜᵢ² xₜⱼ² = Σₜ (Σᵢ xₜᵢ²)²`, so the product `X'X` is the only step that costs `T N²`.

use super::{centred, require_moving};
use crate::matrix::dot;
use crate::{Matrix, Returns, RiskError, dense};

/// The target is the mean variance times the identity. One symbol needs no shrinkage.
///
/// Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance
/// matrices", Journal of Multivariate Analysis 88, §3.2, lemma 3.2–3.4.
pub(crate) fn scaled_identity(returns: &Returns) -> (Matrix, f64) {
    let x = centred(returns);
    let (t, n) = (returns.rows() as f64, returns.cols() as f64);
    let s = dense::gram(&x, returns.rows(), returns.cols()).mapped(|_, _, sum| sum * (1.0 / t));
    let mean_variance = s.diag().sum::<f64>() / n;
    let squares = square_sum(&s);
    let distance = squares / n - mean_variance * mean_variance;
    let error = (fourth_moments(&x, returns.cols()) / t - squares) / (n * t);
    let shrinkage = intensity(error, distance);
    let target = |row, col, _| if row == col { mean_variance } else { 0.0 };
    (blend(s, target, shrinkage), shrinkage)
}

/// The target keeps the variances and gives every pair the mean correlation. One symbol needs no
/// shrinkage; a symbol that never moves has no correlation and is an error.
///
/// Ledoit and Wolf 2004, "Honey, I shrunk the sample covariance matrix", Journal of Portfolio
/// Management 30(4), appendix B: `δ = (π − ρ) / (γ T)`.
pub(crate) fn constant_correlation(returns: &Returns) -> Result<(Matrix, f64), RiskError> {
    let x = centred(returns);
    let t = returns.rows() as f64;
    let s = dense::gram(&x, returns.rows(), returns.cols()).mapped(|_, _, sum| sum * (1.0 / t));
    require_moving(returns, &s)?;
    if s.n() == 1 {
        return Ok((s, 0.0));
    }
    let sigma: Vec<f64> = s.diag().map(f64::sqrt).collect();
    let mean_correlation = mean_correlation(&s, &sigma);
    let target = |row: usize, col: usize, own: f64| match row == col {
        true => own,
        false => mean_correlation * sigma[row] * sigma[col],
    };
    let misfit = Matrix::from_fn(s.n(), |row, col| {
        let value = s.at(row, col);
        value - target(row, col, value)
    });
    let pi = fourth_moments(&x, s.n()) / t - square_sum(&s);
    let (own, cross) = target_errors(&x, &s, &sigma);
    let rho = own + mean_correlation * cross;
    let shrinkage = intensity((pi - rho) / t, square_sum(&misfit));
    Ok((blend(s, target, shrinkage), shrinkage))
}

/// The part of the error that the target shares with the sample: the `(own, cross)` of
/// `ρ = own + r̄ · cross`, with `own` = Σᵢ πᵢᵢ and `cross` = Σᵢ≠ⱼ (σⱼ / σᵢ) (E[xᵢ³ xⱼ] − sᵢᵢ sᵢⱼ).
fn target_errors(x: &[f64], s: &Matrix, sigma: &[f64]) -> (f64, f64) {
    let n = s.n();
    let t = (x.len() / n) as f64;
    let (mut own, mut cross) = (0.0, 0.0);
    for row in x.chunks_exact(n) {
        let (mut cubes, mut plain, mut fourth) = (0.0, 0.0, 0.0);
        for (value, sigma) in row.iter().zip(sigma) {
            cubes += value.powi(3) / sigma;
            plain += value * sigma;
            fourth += value.powi(4);
        }
        own += fourth / t;
        cross += (cubes * plain - fourth) / t;
    }
    for i in 0..n {
        own -= s.at(i, i).powi(2);
        for j in (0..n).filter(|j| *j != i) {
            cross -= sigma[j] * sigma[i] * s.at(i, j);
        }
    }
    (own, cross)
}

/// The target keeps the variances and takes the covariances `cᵢ cⱼ / v` that one factor explains:
/// the equally weighted mean of the symbols, with variance `v` and covariances `c` with them.
/// Without a market to speak of (`v` = 0) the target is diagonal.
///
/// Ledoit and Wolf 2003, "Improved estimation of the covariance matrix of stock returns with an
/// application to portfolio selection", Journal of Empirical Finance 10, §3.2 and appendix:
/// `δ = (π − ρ) / (γ T)`.
pub(crate) fn single_factor(returns: &Returns) -> (Matrix, f64) {
    let x = centred(returns);
    let (t, n) = (returns.rows() as f64, returns.cols());
    let s = dense::gram(&x, returns.rows(), n).mapped(|_, _, sum| sum * (1.0 / t));
    let market: Vec<f64> =
        x.chunks_exact(n).map(|row| row.iter().sum::<f64>() / n as f64).collect();
    let v = dot(&market, &market) / t;
    let c = s.mul_vec(&vec![1.0 / n as f64; n]);
    let per_variance = if v > 0.0 { 1.0 / v } else { 0.0 };
    let target = |row: usize, col: usize, own: f64| match row == col {
        true => own,
        false => c[row] * c[col] * per_variance,
    };
    let misfit = Matrix::from_fn(n, |row, col| {
        let value = s.at(row, col);
        value - target(row, col, value)
    });
    let pi = fourth_moments(&x, n) / t - square_sum(&s);
    let rho = factor_errors(&x, &s, &market, &c, per_variance);
    let shrinkage = intensity((pi - rho) / t, square_sum(&misfit));
    (blend(s, target, shrinkage), shrinkage)
}

/// `ρ`, the part of the error that the target shares with the sample: on the diagonal `Σᵢ πᵢᵢ`, and
/// off it `Σᵢ≠ⱼ 2 cⱼ E[xᵢ² xⱼ m] / v − cᵢ cⱼ E[m² xᵢ xⱼ] / v²`, less what these would be if the
/// moments were products. Sums over all pairs are products of sums within a row.
fn factor_errors(x: &[f64], s: &Matrix, market: &[f64], c: &[f64], per_variance: f64) -> f64 {
    let t = market.len() as f64;
    let (mut own, mut linear, mut square) = (0.0, 0.0, 0.0);
    for (row, m) in x.chunks_exact(s.n()).zip(market) {
        let (mut squares, mut along, mut fourth) = (0.0, 0.0, 0.0);
        let (mut same_linear, mut same_square) = (0.0, 0.0);
        for (value, c) in row.iter().zip(c) {
            squares += value * value;
            along += value * c;
            fourth += value.powi(4);
            same_linear += value.powi(3) * c;
            same_square += (value * c).powi(2);
        }
        own += fourth / t;
        linear += m * (squares * along - same_linear) / t;
        square += m * m * (along * along - same_square) / t;
    }
    let mut products = s.quad_form(c);
    for (i, c) in c.iter().enumerate() {
        own -= s.at(i, i).powi(2);
        products -= s.at(i, i) * c * c;
    }
    let linear = (linear - products) * per_variance;
    let square = square * per_variance * per_variance - products * per_variance;
    own + 2.0 * linear - square
}

fn mean_correlation(s: &Matrix, sigma: &[f64]) -> f64 {
    let n = s.n();
    let pairs = (0..n).flat_map(|row| (0..row).map(move |col| (row, col)));
    let sum: f64 = pairs.map(|(row, col)| s.at(row, col) / (sigma[row] * sigma[col])).sum();
    sum / (n * (n - 1) / 2) as f64
}

/// Σᵢⱼₜ xₜᵢ² xₜⱼ²: the sum over days of the squares of each day's sum of squares. Eight days go at
/// once, because a sum that waits for itself at every step is all that this costs.
fn fourth_moments(x: &[f64], cols: usize) -> f64 {
    const DAYS: usize = 8;
    let blocks = x.chunks_exact(DAYS * cols);
    let rest = blocks.remainder().chunks_exact(cols);
    let rest = rest.map(|row| row.iter().map(|value| value * value).sum::<f64>());
    let sums = blocks.flat_map(|block| {
        let mut days = [0.0; DAYS];
        for col in 0..cols {
            for (day, sum) in days.iter_mut().enumerate() {
                let value = block[day * cols + col];
                *sum += value * value;
            }
        }
        days
    });
    sums.chain(rest).map(|sum| sum.powi(2)).sum()
}

pub(super) fn square_sum(a: &Matrix) -> f64 {
    a.as_slice().iter().map(|value| value * value).sum()
}

/// Between 0 and 1; 0 where the sample is the target already.
fn intensity(error: f64, distance: f64) -> f64 {
    if error <= 0.0 || distance <= 0.0 { 0.0 } else { (error / distance).min(1.0) }
}

/// `δ F + (1 − δ) S`; `target` is given the sample's entry too.
pub(super) fn blend(
    s: Matrix,
    target: impl Fn(usize, usize, f64) -> f64,
    shrinkage: f64,
) -> Matrix {
    s.mapped(|row, col, value| (1.0 - shrinkage) * value + shrinkage * target(row, col, value))
}
