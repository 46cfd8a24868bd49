//! The distribution of one return by itself.
//!
//! In come historical returns; out come probabilities of returns, and returns at probabilities. It
//! does not know what the return depends on.

use crate::RiskError;
use crate::scenario::simplex::minimise;
use crate::scenario::special::StudentT;

/// How a margin is made from history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarginFamily {
    /// History itself, with straight lines between its returns: nothing worse than history comes.
    #[default]
    Empirical,
    /// A Student-t distribution with location, scale and degrees of freedom of most likelihood: its
    /// tails go beyond history.
    Student,
}

/// The distribution of one return.
#[derive(Debug, Clone, PartialEq)]
pub enum Margin {
    /// Returns in rising order; the `i`-th of `T`, from 1, is at the probability `i / (T + 1)`.
    Empirical(Vec<f64>),
    /// `location + scale · t`.
    Student {
        /// The median.
        location: f64,
        /// The unit of its spread.
        scale: f64,
        /// Degrees of freedom, more than 2.
        degrees: f64,
    },
}

impl Margin {
    /// Fails for a return that never moves.
    pub(super) fn fit(returns: &[f64], family: MarginFamily) -> Result<Self, RiskError> {
        let mut sorted = returns.to_vec();
        sorted.sort_by(f64::total_cmp);
        if sorted.first() == sorted.last() {
            return Err(RiskError::NoSpread { measure: "distribution" });
        }
        if family == MarginFamily::Empirical {
            return Ok(Margin::Empirical(sorted));
        }
        let n = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / n;
        let deviation = (returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / n).sqrt();
        let model = |x: &[f64]| (mean + x[0] * deviation, deviation * x[1].exp(), 2.0 + x[2].exp());
        let unlikelihood = |x: &[f64]| {
            let (location, scale, degrees) = model(x);
            let t = StudentT::new(degrees);
            let each = returns.iter().map(|r| t.ln_density((r - location) / scale) - scale.ln());
            -each.sum::<f64>() / n
        };
        let (x, _) = minimise(&[0.0, -0.3, 1.0], 0.3, unlikelihood);
        let (location, scale, degrees) = model(&x);
        Ok(Margin::Student { location, scale, degrees: degrees.min(1e4) })
    }

    /// The probability of a return of at most `r`.
    pub fn probability(&self, r: f64) -> f64 {
        match self {
            Margin::Empirical(sorted) => {
                let steps = (sorted.len() + 1) as f64;
                let (below, upto) =
                    (sorted.partition_point(|x| *x < r), sorted.partition_point(|x| *x <= r));
                if upto > below {
                    // Among returns that tie, the middle.
                    return (below + 1 + upto) as f64 / 2.0 / steps;
                }
                match (below.checked_sub(1).map(|at| sorted[at]), sorted.get(below)) {
                    (Some(low), Some(high)) => (below as f64 + (r - low) / (high - low)) / steps,
                    (None, _) => 1.0 / steps,
                    (_, None) => sorted.len() as f64 / steps,
                }
            }
            Margin::Student { location, scale, degrees } => {
                StudentT::new(*degrees).cdf((r - location) / scale)
            }
        }
    }

    /// The return at probability `p`.
    pub fn at(&self, p: f64) -> f64 {
        match self {
            Margin::Empirical(sorted) => {
                let last = sorted.len() - 1;
                let place = (p * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, last as f64);
                let low = (place as usize).min(last.saturating_sub(1));
                sorted[low] + (place - low as f64) * (sorted[low + 1] - sorted[low])
            }
            Margin::Student { location, scale, degrees } => {
                location + scale * StudentT::new(*degrees).quantile(p)
            }
        }
    }
}
