//! Volatility that comes in clusters: GARCH(1,1) and exponential weights.
//!
//! In comes one series of returns less their mean; out come the variance of each day, as it was
//! foreseen the day before, and that of the day to come. It does not draw anything.

use super::simplex::minimise;
use crate::{RiskError, moments::check_len};

/// Days that the variance before the first day is taken from, and the weight of each day less.
const EARLY: usize = 75;
const EARLY_DECAY: f64 = 0.94;
/// Fewest returns that three parameters are fitted to.
const LEAST: usize = 50;

/// `σ²ₜ₊₁ = ω + α r²ₜ + β σ²ₜ`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Garch {
    /// `ω`, in the units of a squared return.
    pub omega: f64,
    /// `α`: the weight of the newest squared return.
    pub alpha: f64,
    /// `β`: the weight of the variance before.
    pub beta: f64,
}

impl Garch {
    /// Exponential weights: `ω = 0`, `α = 1 − decay`, `β = decay` (RiskMetrics 1996 has 0.94 for
    /// days).
    ///
    /// Fails unless `decay` is between 0 and 1.
    pub fn exponential(decay: f64) -> Result<Self, RiskError> {
        if !(decay > 0.0 && decay < 1.0) {
            let must = "between 0 and 1, such as 0.94";
            return Err(RiskError::Parameter { name: "the decay", found: decay, must });
        }
        Ok(Self { omega: 0.0, alpha: 1.0 - decay, beta: decay })
    }

    /// The parameters under which these returns, less their mean, are most likely if each is normal
    /// given the ones before (Bollerslev 1986); `α + β < 1`.
    ///
    /// Fails for fewer than 50 returns, one that is not finite, or a series that never moves.
    pub fn fit(moves: &[f64]) -> Result<Self, RiskError> {
        crate::covariance::require_rows("a GARCH model", moves.len(), LEAST)?;
        check_len("returns", moves, moves.len())?;
        let variance = moves.iter().map(|r| r * r).sum::<f64>() / moves.len() as f64;
        if variance == 0.0 {
            return Err(RiskError::NoSpread { measure: "GARCH model" });
        }
        // In units of the standard deviation; without bounds in the logarithms.
        let scaled: Vec<f64> = moves.iter().map(|r| r / variance.sqrt()).collect();
        let model = |x: &[f64]| {
            let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
            let (persistence, share) = (logistic(x[1]), logistic(x[2]));
            Garch {
                omega: x[0].exp(),
                alpha: persistence * share,
                beta: persistence * (1.0 - share),
            }
        };
        let starts = [(0.95_f64, 0.1_f64), (0.99, 0.05), (0.8, 0.3)];
        let fits = starts.map(|(persistence, share)| {
            let logit = |p: f64| (p / (1.0 - p)).ln();
            let start = [(1.0 - persistence).ln(), logit(persistence), logit(share)];
            minimise(&start, 0.5, |x| -model(x).log_likelihood(&scaled))
        });
        let best = fits.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are starts");
        let found = model(&best.0);
        Ok(Garch { omega: found.omega * variance, ..found })
    }

    /// The variance of each day, foreseen the day before, and last that of the day to come. Before
    /// the first day stands a weighted mean of the first 75 squares.
    pub fn variances(&self, moves: &[f64]) -> Vec<f64> {
        let weights = || (0..EARLY.min(moves.len())).map(|day| EARLY_DECAY.powi(day as i32));
        let early = moves.iter().zip(weights()).map(|(r, w)| w * r * r).sum::<f64>();
        let mut variance = early / weights().sum::<f64>();
        let mut variances = Vec::with_capacity(moves.len() + 1);
        variance = self.next(variance, variance);
        variances.push(variance);
        for r in moves {
            variance = self.next(r * r, variance);
            variances.push(variance);
        }
        variances
    }

    /// The variance after a squared return and a variance.
    #[inline]
    pub(super) fn next(&self, square: f64, variance: f64) -> f64 {
        self.omega + self.alpha * square + self.beta * variance
    }

    /// The logarithm of the likelihood of normal returns.
    pub fn log_likelihood(&self, moves: &[f64]) -> f64 {
        let constant = (2.0 * std::f64::consts::PI).ln();
        let each = moves.iter().zip(self.variances(moves));
        -0.5 * each.map(|(r, v)| constant + v.ln() + r * r / v).sum::<f64>()
    }
}
