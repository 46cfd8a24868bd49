//! Scenarios of elliptical distributions: Gaussian and Student-t.
//!
//! In come moments; out come scenarios that have them in expectation. It does not know where the
//! moments come from.

use super::random::{Stream, Ziggurat};
use crate::{Moments, Returns, RiskError, dense};

/// `rows` scenarios of the normal distribution with these moments.
///
/// Scenario `i` depends on the seed and `i` only. A covariance that is only semidefinite is fine.
/// Fails if there is no symbol, or a moment is not finite. Cost: `N³/3` once, `N²` a scenario.
pub fn gaussian(moments: &Moments, rows: usize, seed: u64) -> Result<Returns, RiskError> {
    draw(moments, rows, seed, |_, _| 1.0)
}

/// `rows` scenarios of the multivariate Student-t distribution with these moments and `degrees` of
/// freedom, more than 2: heavier tails, which all symbols share, and the same covariance.
///
/// Fails as [`gaussian`] does, and if `degrees` is 2 or less.
pub fn student(
    moments: &Moments,
    degrees: f64,
    rows: usize,
    seed: u64,
) -> Result<Returns, RiskError> {
    check_degrees(degrees)?;
    draw(moments, rows, seed, |stream, normal| stretch(degrees, stream, normal))
}

pub(super) fn check_degrees(degrees: f64) -> Result<(), RiskError> {
    if degrees > 2.0 && degrees.is_finite() {
        return Ok(());
    }
    let (name, must) = ("degrees of freedom", "more than 2, or there is no variance");
    Err(RiskError::Parameter { name, found: degrees, must })
}

/// What turns a normal number into a Student one of unit variance: `√((ν − 2) / χ²)`.
pub(super) fn stretch(degrees: f64, stream: &mut Stream, normal: &Ziggurat) -> f64 {
    ((degrees - 2.0) / (2.0 * stream.gamma(degrees / 2.0, normal))).sqrt()
}

fn draw(
    moments: &Moments,
    rows: usize,
    seed: u64,
    stretch: impl Fn(&mut Stream, &Ziggurat) -> f64,
) -> Result<Returns, RiskError> {
    let n = moments.mean.len();
    crate::moments::check_len("means", &moments.mean, moments.symbols.len())?;
    let (root, normal) = (root(moments)?, Ziggurat::new());
    let mut values = Vec::with_capacity(rows * n);
    let mut shocks = vec![0.0; n];
    for row in 0..rows {
        let mut stream = Stream::new(seed, row as u64, 0);
        shocks.iter_mut().for_each(|z| *z = normal.draw(&mut stream));
        let factor = stretch(&mut stream, &normal);
        for (mean, weights) in moments.mean.iter().zip(root.chunks_exact(n)) {
            values.push(mean + factor * crate::matrix::dot(weights, &shocks));
        }
    }
    Returns::new(moments.symbols.to_vec(), values)
}

/// A matrix `R`, row by row, with `R R' = Σ`: the Cholesky factor, or, if there is none, that of the
/// eigenvalues.
fn root(moments: &Moments) -> Result<Vec<f64>, RiskError> {
    if let Ok(factor) = moments.covariance.cholesky() {
        return Ok(factor.as_slice().to_vec());
    }
    let n = moments.covariance.n();
    let (values, vectors) = dense::eigen(&moments.covariance)?;
    let at = |row: usize, col: usize| vectors[(row, col)] * values[col].max(0.0).sqrt();
    Ok((0..n * n).map(|place| at(place / n, place % n)).collect())
}
