//! Entropy pooling: the probabilities of scenarios moved as little as views allow.
//!
//! In come scenarios, prior probabilities and views; out come posterior probabilities. What a view
//! says of a mean or a quantile is linear in probabilities. A variance is linear once its mean is
//! known, and the standardised moments once mean and variance are; so there are three stages, each
//! of which starts from the prior, keeps the views of the stages before it, and holds the moments
//! that it relies on at the values found there (Meucci 2008, "Fully flexible views: theory and
//! practice"; Vorobets 2021, "Sequential entropy pooling heuristics"). It does not know who holds
//! the views.

use super::dual::{Constraint, project};
use super::feature::{Stage, check_reach, features, measured};
use super::opinion::relative_entropy;
use super::tail::{TailView, solve_with_tails};
use super::{Portfolio, Statistic, View};
use crate::measure::check_probabilities;
use crate::{Matrix, Moments, Returns, RiskError};

/// The probabilities of scenarios after views.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// One for each scenario.
    pub probabilities: Vec<f64>,
    /// `Σ q ln(q/p)`: how far the views moved the prior; 0 if they agree with it.
    pub relative_entropy: f64,
    /// `e^(−Σ q ln q)`: how many scenarios of equal probability would be as spread out.
    pub effective_scenarios: f64,
}

/// The probabilities nearest to `prior` under which the views hold; `None` is equal probabilities.
///
/// A variance or standardised moment in a view, and in `prior(…)`, is an average without correction
/// for degrees of freedom. Views on several tails at once are supported. A lower bound on a CVaR is
/// a convex constraint and solved to the global minimum by cutting planes; an upper bound is not,
/// and is solved to a point that no change of its quantile alone improves.
///
/// Fails, naming them, for views that cannot hold together in these scenarios, or, with means and
/// variances held, in the second or third stage; and for a view outside what any probabilities of
/// these scenarios reach. Cost: a few dozen passes over scenarios × views.
pub fn entropy_pooling(
    returns: &Returns,
    prior: Option<&[f64]>,
    views: &[View],
) -> Result<Posterior, RiskError> {
    let rows = returns.rows();
    crate::covariance::require_rows("entropy pooling", rows, 2)?;
    let equal = vec![1.0 / rows as f64; rows];
    let prior = prior.unwrap_or(&equal);
    check_probabilities(prior, rows)?;
    let mut pool = Pool { returns, prior, views, constraints: Vec::new(), tails: Vec::new() };
    let mut mass = prior.to_vec();
    for stage in [Stage::Level, Stage::Spread, Stage::Shape] {
        if pool.add(stage, &mass)? {
            mass = pool.solve()?;
        }
    }
    let entropy: f64 = mass.iter().filter(|q| **q > 0.0).map(|q| -q * q.ln()).sum();
    Ok(Posterior {
        relative_entropy: relative_entropy(&mass, prior).max(0.0),
        effective_scenarios: entropy.exp(),
        probabilities: mass,
    })
}

impl Posterior {
    /// Means and covariances of these scenarios under the posterior; covariances are divided by
    /// `1 − Σq²`, which is `(T − 1)/T` for equal probabilities.
    pub fn moments(&self, returns: &Returns) -> Result<Moments, RiskError> {
        let q = &self.probabilities;
        check_probabilities(q, returns.rows())?;
        let mut mean = vec![0.0; returns.cols()];
        for (row, q) in q.iter().enumerate() {
            mean.iter_mut().zip(returns.row(row)).for_each(|(mean, r)| *mean += q * r);
        }
        let left = 1.0 - q.iter().map(|q| q * q).sum::<f64>();
        if left <= f64::EPSILON {
            let estimator = "a covariance of scenarios with a probability";
            return Err(RiskError::TooFew { estimator, needed: 2, found: 1 });
        }
        let scaled: Vec<f64> = (q.iter().enumerate())
            .flat_map(|(row, q)| {
                let root = (q / left).sqrt();
                returns.row(row).iter().zip(&mean).map(move |(r, mean)| root * (r - mean))
            })
            .collect();
        let covariance: Matrix = crate::dense::gram(&scaled, returns.rows(), returns.cols());
        Ok(Moments {
            symbols: returns.symbols().clone(),
            mean,
            covariance,
            observations: returns.rows(),
            shrinkage: None,
            repair: None,
        })
    }
}

/// What has been imposed so far.
struct Pool<'a> {
    returns: &'a Returns,
    prior: &'a [f64],
    views: &'a [View],
    constraints: Vec<Constraint>,
    tails: Vec<TailView>,
}

impl Pool<'_> {
    /// Adds the views of one stage, linear given the moments under `mass`. Whether there are any.
    fn add(&mut self, stage: Stage, mass: &[f64]) -> Result<bool, RiskError> {
        let mut held: Vec<Portfolio> = Vec::new();
        let mut found = false;
        for (at, view) in self.views.iter().enumerate() {
            if Stage::of(view)? != stage {
                continue;
            }
            found = true;
            let right = view.constant + self.sum_of_priors(view)?;
            if let Some(tail) = TailView::new(view, at, right, self.returns)? {
                self.tails.push(tail);
                continue;
            }
            let constraint = features(view, at, right, self.returns, mass)?;
            check_reach(view, &constraint, self.prior)?;
            self.constraints.push(constraint);
            for (_, statistic) in &view.terms {
                for of in statistic.portfolios() {
                    if !held.contains(of) {
                        held.push(of.clone());
                    }
                }
            }
        }
        held.iter().try_for_each(|of| self.hold(of, stage, mass))?;
        Ok(found)
    }

    fn sum_of_priors(&self, view: &View) -> Result<f64, RiskError> {
        let each = view.prior.iter().map(|(coefficient, statistic)| {
            measured(view, statistic, self.returns, self.prior).map(|value| coefficient * value)
        });
        each.sum()
    }

    /// Holds what the stage relies on: means, and in the last one variances.
    fn hold(&mut self, of: &Portfolio, stage: Stage, mass: &[f64]) -> Result<(), RiskError> {
        let moments = match stage {
            Stage::Level => return Ok(()),
            Stage::Spread => vec![Statistic::Mean(of.clone())],
            Stage::Shape => vec![Statistic::Mean(of.clone()), Statistic::Variance(of.clone())],
        };
        for statistic in moments {
            let view = View {
                sentence: statistic.word().to_owned(),
                terms: vec![(1.0, statistic.clone())],
                relation: super::Relation::Equal,
                constant: 0.0,
                prior: Vec::new(),
                confidence: None,
            };
            let value = measured(&view, &statistic, self.returns, mass)?;
            let constraint = features(&view, 0, value, self.returns, mass)?;
            self.constraints.push(Constraint { view: None, ..constraint });
        }
        Ok(())
    }

    fn solve(&mut self) -> Result<Vec<f64>, RiskError> {
        let found = if self.tails.is_empty() {
            project(self.prior, &self.constraints)
                .map_err(|guilty| guilty.iter().map(|at| self.constraints[*at].view).collect())
        } else {
            solve_with_tails(self.prior, &self.constraints, &mut self.tails)
        };
        found.map_err(|guilty: Vec<Option<usize>>| {
            let mut named: Vec<usize> = guilty.iter().flatten().copied().collect();
            named.sort_unstable();
            named.dedup();
            let held = guilty.iter().any(Option::is_none);
            let views = named.into_iter().map(|at| format!("`{}`", self.views[at].sentence));
            RiskError::Contradiction { views: views.collect::<Vec<_>>().join(", "), held }
        })
    }
}
