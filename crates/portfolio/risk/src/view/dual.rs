//! The probabilities nearest to a prior under linear constraints.
//!
//! In come prior probabilities and constraints `E[f] = b` or `E[f] ≤ b`; out come the probabilities
//! of least relative entropy, or the constraints that contradict each other. The dual has one
//! variable for each constraint and is smooth and convex, whatever the number of scenarios (Meucci
//! 2008, "Fully flexible views: theory and practice", appendix A): minimise
//! `ln Σ pₜ e^(−λ'hₜ)` with `hₜ = fₜ − b`, `λ ≥ 0` for inequalities. Solved by Newton's method
//! projected on those bounds (Bertsekas 1982), on standardised features.

use crate::Matrix;
use crate::matrix::dot;

const MAX_STEPS: usize = 500;
/// How far a standardised constraint may be missed.
const TOLERANCE: f64 = 1e-12;
/// How far it may be missed where rounding stops all progress.
const STALLED: f64 = 1e-8;
/// Share of the largest curvature that is added to all, so that repeated constraints do no harm.
const RIDGE: f64 = 1e-13;
/// Multipliers below this share of the largest are no part of a contradiction.
const SHARE: f64 = 1e-6;

/// `E[feature]` equal to, or at most, `bound`.
#[derive(Clone)]
pub(super) struct Constraint {
    pub feature: Vec<f64>,
    pub bound: f64,
    pub equality: bool,
    /// The view that it states; `None` for a moment that is held.
    pub view: Option<usize>,
}

/// The probabilities, or the places of constraints that cannot hold together.
pub(super) fn project(prior: &[f64], constraints: &[Constraint]) -> Result<Vec<f64>, Vec<usize>> {
    let dual = Dual::new(prior, constraints);
    let mut now = dual.at(vec![0.0; constraints.len()]);
    for _ in 0..MAX_STEPS {
        if now.missed(constraints) <= TOLERANCE {
            return Ok(now.mass);
        }
        if -now.value > dual.largest {
            return Err(guilty(&now.multipliers));
        }
        match dual.step(&now) {
            Some(next) => now = next,
            None if now.missed(constraints) <= STALLED => return Ok(now.mass),
            None => break,
        }
    }
    Err(guilty(&now.multipliers))
}

fn guilty(multipliers: &[f64]) -> Vec<usize> {
    let largest = multipliers.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    (0..multipliers.len()).filter(|at| multipliers[*at].abs() > SHARE * largest).collect()
}

struct Dual<'a> {
    prior: &'a [f64],
    /// Standardised `f − b`, one row for each constraint.
    rows: Vec<Vec<f64>>,
    bounded: Vec<bool>,
    /// The relative entropy of all mass on the rarest scenario: no probabilities have more.
    largest: f64,
}

/// The dual at one point.
struct Point {
    multipliers: Vec<f64>,
    value: f64,
    mass: Vec<f64>,
    /// `E[h]` under the mass: minus the gradient.
    gaps: Vec<f64>,
}

impl Point {
    /// The largest violation, complementary slackness included.
    fn missed(&self, constraints: &[Constraint]) -> f64 {
        let each = self.gaps.iter().zip(&self.multipliers).zip(constraints);
        each.map(
            |((gap, multiplier), constraint)| {
                if constraint.equality { gap.abs() } else { gap.max(-multiplier).abs() }
            },
        )
        .fold(0.0, f64::max)
    }
}

impl<'a> Dual<'a> {
    fn new(prior: &'a [f64], constraints: &[Constraint]) -> Self {
        let rows = constraints.iter().map(|constraint| {
            let mean = dot(&constraint.feature, prior);
            let spread = constraint.feature.iter().zip(prior).map(|(f, p)| p * (f - mean).powi(2));
            let spread = spread.sum::<f64>().sqrt();
            let scale = if spread > 0.0 { spread } else { 1.0 };
            constraint.feature.iter().map(|f| (f - constraint.bound) / scale).collect()
        });
        let rarest = prior.iter().filter(|p| **p > 0.0).fold(1.0, |min: f64, p| min.min(*p));
        Self {
            prior,
            rows: rows.collect(),
            bounded: constraints.iter().map(|constraint| !constraint.equality).collect(),
            largest: -rarest.ln() + 1e-6,
        }
    }

    fn at(&self, multipliers: Vec<f64>) -> Point {
        let mut exponents = vec![0.0; self.prior.len()];
        for (multiplier, row) in multipliers.iter().zip(&self.rows) {
            if *multiplier != 0.0 {
                exponents.iter_mut().zip(row).for_each(|(sum, h)| *sum -= multiplier * h);
            }
        }
        let counted = exponents.iter().zip(self.prior).filter(|(_, p)| **p > 0.0);
        let top = counted.map(|(x, _)| *x).fold(f64::NEG_INFINITY, f64::max);
        let pairs = exponents.iter().zip(self.prior);
        let mut mass: Vec<f64> =
            pairs.map(|(x, p)| if *p > 0.0 { p * (x - top).exp() } else { 0.0 }).collect();
        let total: f64 = mass.iter().sum();
        mass.iter_mut().for_each(|q| *q /= total);
        let gaps = self.rows.iter().map(|row| dot(row, &mass)).collect();
        Point { multipliers, value: top + total.ln(), mass, gaps }
    }

    /// A point that is better, unless rounding leaves none.
    fn step(&self, now: &Point) -> Option<Point> {
        let free: Vec<usize> = (0..self.rows.len())
            .filter(|at| !self.bounded[*at] || now.multipliers[*at] > 0.0 || now.gaps[*at] > 0.0)
            .collect();
        let direction = self.newton(now, &free)?;
        let mut length = 1.0;
        while length > 1e-14 {
            let mut multipliers = now.multipliers.clone();
            for (at, step) in free.iter().zip(&direction) {
                multipliers[*at] += length * step;
                if self.bounded[*at] {
                    multipliers[*at] = multipliers[*at].max(0.0);
                }
            }
            let moved = multipliers.iter().zip(&now.multipliers).map(|(a, b)| a - b);
            let gain: f64 = moved.zip(&now.gaps).map(|(step, gap)| step * gap).sum();
            let next = self.at(multipliers);
            let lower = next.value <= now.value - 1e-4 * gain && next.value < now.value;
            if lower || self.settles(now, &next) {
                return Some(next);
            }
            length /= 2.0;
        }
        None
    }

    /// Whether values are equal to rounding and the gaps shrink: the last steps.
    fn settles(&self, now: &Point, next: &Point) -> bool {
        let size = |point: &Point| {
            let each = point.gaps.iter().zip(&point.multipliers).zip(&self.bounded);
            each.map(
                |((gap, multiplier), bounded)| {
                    if *bounded { gap.max(-multiplier).abs() } else { gap.abs() }
                },
            )
            .fold(0.0, f64::max)
        };
        (next.value - now.value).abs() <= 1e-13 * (1.0 + now.value.abs())
            && size(next) < 0.9 * size(now)
    }

    /// `H⁻¹ E[h]` over the free multipliers; `H` is the covariance of the features.
    fn newton(&self, now: &Point, free: &[usize]) -> Option<Vec<f64>> {
        let curvature = Matrix::from_fn(free.len(), |a, b| {
            let (a, b) = (free[a], free[b]);
            let pairs = self.rows[a].iter().zip(&self.rows[b]).zip(&now.mass);
            pairs.map(|((x, y), q)| q * (x - now.gaps[a]) * (y - now.gaps[b])).sum()
        });
        let largest = curvature.diag().fold(0.0, f64::max);
        let mut ridge = RIDGE * largest + 1e-15;
        let gaps: Vec<f64> = free.iter().map(|at| now.gaps[*at]).collect();
        while ridge.is_finite() {
            let raised = Matrix::from_fn(free.len(), |a, b| {
                curvature.at(a, b) + if a == b { ridge } else { 0.0 }
            });
            if let Ok(factor) = raised.cholesky() {
                return Some(factor.solve(&gaps));
            }
            ridge *= 10.0;
        }
        None
    }
}
