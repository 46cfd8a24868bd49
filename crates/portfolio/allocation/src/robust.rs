//! The worst return and the worst variance over an uncertainty set, as functions of the weights.
//!
//! In: a problem's [`Uncertainty`]. Out: the convex function that a robust sentence adds to a
//! program, and its value. Variances are written through their roots, which grow in proportion to
//! the weights. Knows no solver.

use risk::Matrix;

use crate::constraint::{Constraint, Quantity, Relation};
use crate::epigraph::{RiskTerm, dot};
use crate::root::gram_root;
use crate::uncertainty::{self, CovarianceSet, MeanSet, Uncertainty};
use crate::{AllocationError, Problem};

/// The root of `‖root w‖²` and what uncertainty adds to it.
#[derive(Debug, Clone)]
pub(crate) struct Worst {
    pub root: Vec<Vec<f64>>,
    pub spread: Spread,
}

/// What uncertainty adds to the variance.
#[derive(Debug, Clone)]
pub(crate) enum Spread {
    /// `‖rows · abs(w)‖²`.
    Absolute(Vec<Vec<f64>>),
    /// `factor √((Σ v_i w_i²)² + Σ (v_i w_i²)²)`.
    Squares {
        /// `v`.
        variances: Vec<f64>,
        /// The factor.
        factor: f64,
    },
}

impl Worst {
    /// The slopes of the worst volatility.
    pub(crate) fn gradient(&self, weights: &[f64]) -> Vec<f64> {
        let value = self.value(weights);
        let unit = if value > 0.0 { value } else { 1.0 };
        let mut slopes = vec![0.0; weights.len()];
        let mut add = |row: &[f64], part: f64| {
            slopes.iter_mut().zip(row).for_each(|(slope, a)| *slope += part / unit * a);
        };
        self.root.iter().for_each(|row| add(row, dot(row, weights)));
        match &self.spread {
            Spread::Absolute(rows) => {
                let sizes: Vec<f64> = weights.iter().map(|w| w.abs()).collect();
                for row in rows {
                    let signed: Vec<f64> =
                        row.iter().zip(weights).map(|(a, w)| a * w.signum()).collect();
                    add(&signed, dot(row, &sizes));
                }
            }
            Spread::Squares { variances, factor } => {
                let parts: Vec<f64> =
                    variances.iter().zip(weights).map(|(v, w)| v * w * w).collect();
                let sum: f64 = parts.iter().sum();
                let size = (sum * sum + dot(&parts, &parts)).sqrt().max(f64::MIN_POSITIVE);
                let own = parts.iter().zip(variances.iter().zip(weights));
                let slopes: Vec<f64> =
                    own.map(|(q, (v, w))| factor * (sum + q) / size * v * w).collect();
                add(&slopes, 1.0);
            }
        }
        slopes
    }

    /// The worst volatility.
    pub(crate) fn value(&self, weights: &[f64]) -> f64 {
        let squares = |rows: &[Vec<f64>], x: &[f64]| -> f64 {
            rows.iter().map(|row| dot(row, x).powi(2)).sum()
        };
        let added = match &self.spread {
            Spread::Absolute(rows) => {
                let sizes: Vec<f64> = weights.iter().map(|w| w.abs()).collect();
                squares(rows, &sizes)
            }
            Spread::Squares { variances, factor } => {
                let parts: Vec<f64> =
                    variances.iter().zip(weights).map(|(v, w)| v * w * w).collect();
                factor * (parts.iter().sum::<f64>().powi(2) + dot(&parts, &parts)).sqrt()
            }
        };
        (squares(&self.root, weights) + added).sqrt()
    }
}

/// What uncertainty takes off the expected return.
pub(crate) fn of_mean(
    problem: &Problem<'_>,
    what: &str,
) -> Result<RiskTerm<'static>, AllocationError> {
    match &given(problem, what)?.mean {
        None => Ok(RiskTerm::Absolute(vec![0.0; problem.n_assets()])),
        Some(MeanSet::Box(errors)) => Ok(RiskTerm::Absolute(errors.clone())),
        Some(MeanSet::Ellipsoid { shape, radius }) => Ok(distance(&shape.scaled(radius * radius))),
    }
}

/// The worst volatility.
pub(crate) fn of_covariance(
    problem: &Problem<'_>,
    what: &str,
) -> Result<RiskTerm<'static>, AllocationError> {
    let sigma = &problem.moments.covariance;
    match &given(problem, what)?.covariance {
        None => Ok(distance(sigma)),
        Some(CovarianceSet::Ellipsoid { radius, observations, diagonal: false }) => {
            Ok(distance(&sigma.scaled(1.0 + radius * (2.0 / observations).sqrt())))
        }
        Some(CovarianceSet::Ellipsoid { radius, observations, diagonal: true }) => {
            let spread = Spread::Squares {
                variances: sigma.diag().collect(),
                factor: radius / observations.sqrt(),
            };
            Ok(RiskTerm::Worst(Worst { root: gram_root(sigma), spread }))
        }
        Some(CovarianceSet::Box { lower, upper }) => {
            let middle = half(upper, lower, 1.0);
            let spread = half(upper, lower, -1.0);
            if uncertainty::semidefinite(&middle) && uncertainty::semidefinite(&spread) {
                let spread = Spread::Absolute(gram_root(&spread));
                return Ok(RiskTerm::Worst(Worst { root: gram_root(&middle), spread }));
            }
            if problem.constraints.iter().any(long_only) && uncertainty::semidefinite(upper) {
                return Ok(distance(upper));
            }
            Err(uncertainty::wrong(
                "the bounds of the covariance are no covariances themselves (say `long only` and make the upper bound positive semidefinite, or give an ellipsoid)",
            ))
        }
    }
}

fn given<'a>(problem: &Problem<'a>, what: &str) -> Result<&'a Uncertainty, AllocationError> {
    let missing = || AllocationError::NoUncertainty { what: what.to_owned() };
    let found = problem.uncertainty.ok_or_else(missing)?;
    uncertainty::check(found, problem.n_assets())?;
    Ok(found)
}

fn distance(sigma: &Matrix) -> RiskTerm<'static> {
    RiskTerm::Distance { root: gram_root(sigma), from: vec![0.0; sigma.n()] }
}

fn half(a: &Matrix, b: &Matrix, sign: f64) -> Matrix {
    Matrix::from_fn(a.n(), |i, j| 0.5 * (a.at(i, j) + sign * b.at(i, j)))
}

fn long_only(sentence: &Constraint) -> bool {
    *sentence.quantity() == Quantity::Weight(None)
        && sentence.relation() != Relation::AtMost
        && sentence.bound() >= 0.0
}
