//! Exponentially weighted covariance that is rescaled when the regime changes.
//!
//! In come returns, oldest first, out comes `φ² Σ`. `Σ` is the zero-mean covariance under weights
//! that halve every half-life. `φ` compares forecasts with what followed: on each day, the
//! covariance known the day before says how far the inverse-volatility portfolio should move, and
//! `φ` is the exponentially weighted mean of how far it did move, over what a Gaussian would move
//! on average. Correlations keep the long memory, the level of risk gets the short one.
//!
//! Paleologo 2025, "The Elements of Quantitative Investing", chapter on short-term volatility
//! updating; the bounds and the warm-up are those of skfolio.

use std::f64::consts::FRAC_2_PI;

use super::history::require_half_life;
use crate::matrix::dot;
use crate::{Matrix, Returns, RiskError};

/// How far the multiplier of volatility may go.
const BOUNDS: (f64, f64) = (0.7, 1.6);

/// Below this, a variance is nought: the symbol does not take part in the comparison.
const NO_VARIANCE: f64 = 1e-12;

/// `φ² Σ`; `φ` is 1 until as many days as the half-life of the regime have been compared, the first
/// of them once there are as many days as the half-life of the covariance.
pub(super) fn adjusted(
    returns: &Returns,
    half_life: f64,
    regime_half_life: Option<f64>,
) -> Result<Matrix, RiskError> {
    let regime_half_life = regime_half_life.unwrap_or(0.5 * half_life);
    require_half_life("half_life_days", half_life)?;
    require_half_life("regime_half_life_days", regime_half_life)?;
    let keep = (-1.0 / half_life).exp2();
    let mut level = Level::new(regime_half_life);
    let warm = (half_life as usize).max(1);
    let n = returns.cols();
    let mut products = vec![0.0; n * n];
    for row in 0..returns.rows() {
        let now = returns.row(row);
        if row >= warm {
            let correction = 1.0 / (1.0 - keep.powi(row as i32));
            if let Some(surprise) = surprise(&products, correction, now) {
                level.update(surprise);
            }
        }
        for (i, products) in products.chunks_exact_mut(n).enumerate() {
            let scale = (1.0 - keep) * now[i];
            for (product, value) in products.iter_mut().zip(now) {
                *product = keep * *product + scale * value;
            }
        }
    }
    let correction = 1.0 / (1.0 - keep.powi(returns.rows() as i32));
    let scale = level.multiplier().powi(2) * correction;
    Ok(Matrix::from_fn(n, |row, col| products[row * n + col] * scale))
}

/// How far the inverse-volatility portfolio moved, over the Gaussian mean `σ √(2/π)`; `None` if
/// nothing can move.
fn surprise(products: &[f64], correction: f64, now: &[f64]) -> Option<f64> {
    let n = now.len();
    let weights: Vec<f64> = (0..n)
        .map(|i| products[i * n + i] * correction)
        .map(|variance| if variance > NO_VARIANCE { 1.0 / variance.sqrt() } else { 0.0 })
        .collect();
    let rows = products.chunks_exact(n).map(|row| dot(row, &weights));
    let variance: f64 = rows.zip(&weights).map(|(marginal, w)| marginal * w).sum();
    let deviation = (variance * correction).max(0.0).sqrt();
    (deviation > 0.0).then(|| dot(&weights, now).abs() / (deviation * FRAC_2_PI.sqrt()))
}

/// The exponentially weighted mean of surprises.
struct Level {
    keep: f64,
    fewest: usize,
    seen: usize,
    mean: f64,
}

impl Level {
    fn new(half_life: f64) -> Self {
        let fewest = (half_life as usize).max(1);
        Self { keep: (-1.0 / half_life).exp2(), fewest, seen: 0, mean: 1.0 }
    }

    fn update(&mut self, surprise: f64) {
        self.mean = match self.seen {
            0 => surprise,
            _ => self.keep * self.mean + (1.0 - self.keep) * surprise,
        };
        self.seen += 1;
    }

    fn multiplier(&self) -> f64 {
        if self.seen < self.fewest { 1.0 } else { self.mean.clamp(BOUNDS.0, BOUNDS.1) }
    }
}
