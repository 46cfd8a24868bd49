//! What a question with integers minimises.
//!
//! In: an objective. Out: the parts that tangents, planes and linear costs can say,
//! `aversion · wᵀΣw + slopes · w + Σ price · risk + costs + constant`, or why it has none. Knows no
//! integers.

use crate::epigraph::RiskTerm;
use crate::risk_of::{Risk, benchmark};
use crate::utility::expected;
use crate::{AllocationError, CostFactors, Costs, Objective, Problem};

use super::not_discrete;

/// What the certificate says of what was minimised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Itself.
    Risk,
    /// Its root.
    Root,
    /// Its negative, a utility.
    Gain,
}

/// A risk with its price.
pub(super) struct Priced<'a> {
    pub price: f64,
    pub term: RiskTerm<'a>,
    /// Whether the square of the term is priced.
    pub squared: bool,
}

/// The parts of what is minimised.
pub(super) struct Aim<'a> {
    pub kind: Kind,
    /// The factor of the variance.
    pub aversion: f64,
    /// One slope for each asset.
    pub slopes: Vec<f64>,
    pub constant: f64,
    pub risks: Vec<Priced<'a>>,
    /// Linear costs and fees, as the objective sees them.
    pub costs: Option<Costs>,
}

impl<'a> Aim<'a> {
    pub(super) fn of(
        objective: &Objective,
        problem: &'a Problem<'a>,
    ) -> Result<Self, AllocationError> {
        let mut aim = Self {
            kind: Kind::Risk,
            aversion: 0.0,
            slopes: vec![0.0; problem.n_assets()],
            constant: 0.0,
            risks: Vec::new(),
            costs: None,
        };
        match objective {
            Objective::MinimumVariance => aim.aversion = 1.0,
            Objective::MinimumRisk(Risk::TrackingError(name)) => {
                aim.kind = Kind::Root;
                aim.add(problem, 1.0, &Risk::TrackingVariance(name.clone()))?;
            }
            Objective::MinimumRisk(Risk::Volatility) => {
                (aim.kind, aim.aversion) = (Kind::Root, 1.0);
            }
            Objective::MinimumRisk(risk) => aim.add(problem, 1.0, risk)?,
            Objective::MeanVariance { risk_aversion, costs } => {
                aim.aversion = *risk_aversion;
                let costs = if *costs { CostFactors::ALL } else { CostFactors::NONE };
                aim.earn(problem, costs)?;
            }
            Objective::MeanRisk { penalties, costs } => {
                aim.earn(problem, *costs)?;
                for (price, risk) in penalties {
                    aim.add(problem, *price, risk)?;
                }
            }
            other => {
                return Err(not_discrete(format!(
                    "`{other}` cannot count names or lots: ask for least risk, return less risk or \
                     least tracking error, or leave the sentences about names and lots out"
                )));
            }
        }
        Ok(aim)
    }

    /// The expected return, and what trading costs.
    fn earn(&mut self, problem: &Problem<'_>, costs: CostFactors) -> Result<(), AllocationError> {
        costs.check()?;
        self.kind = Kind::Gain;
        self.slopes.iter_mut().zip(problem.expected_return).for_each(|(s, r)| *s -= r);
        let seen = problem.costs.as_ref().filter(|_| costs.any()).map(|own| costs.of(own));
        let curved = |costs: &Costs| {
            costs.impact_factor.iter().chain(&costs.quadratic).any(|factor| *factor > 0.0)
        };
        if seen.as_ref().is_some_and(curved) {
            return Err(not_discrete(
                "impact does not go with names or lots, linear costs do: leave the impact factors out"
                    .to_owned(),
            ));
        }
        self.costs = seen;
        Ok(())
    }

    /// `price` times a risk.
    fn add(
        &mut self,
        problem: &'a Problem<'a>,
        price: f64,
        risk: &Risk,
    ) -> Result<(), AllocationError> {
        risk.check()?;
        match risk {
            Risk::Variance => self.aversion += price,
            Risk::TrackingVariance(name) => {
                // `(w − b)ᵀΣ(w − b) = wᵀΣw − 2bᵀΣw + bᵀΣb`.
                let sigma = &problem.moments.covariance;
                let from = benchmark(problem, name, &risk.to_string())?;
                self.aversion += price;
                let pulls = sigma.mul_vec(from);
                let slopes = self.slopes.iter_mut().zip(pulls);
                slopes.for_each(|(slope, pull)| *slope -= 2.0 * price * pull);
                self.constant += price * sigma.quad_form(from);
            }
            other => {
                for (factor, part) in other.parts() {
                    let (term, squared) = part.term(problem, &other.to_string())?;
                    self.risks.push(Priced { price: price * factor, term, squared });
                }
            }
        }
        Ok(())
    }

    /// What `weights` come to.
    pub(super) fn value(&self, problem: &Problem<'_>, previous: &[f64], weights: &[f64]) -> f64 {
        let risks = self.risks.iter().map(|risk| {
            let value = risk.term.value(weights, 1.0).unwrap_or(f64::INFINITY);
            risk.price * if risk.squared { value * value } else { value }
        });
        let costs = self.costs.as_ref().map_or(0.0, |costs| costs.of(previous, weights));
        let variance = match self.aversion > 0.0 {
            true => self.aversion * problem.moments.covariance.quad_form(weights),
            false => 0.0,
        };
        variance + expected(&self.slopes, weights) + risks.sum::<f64>() + costs + self.constant
    }
}
