//! Minimum variance and mean-variance utility.
//!
//! $$\max_w\; \mu^\top w - \lambda\, w^\top\Sigma w - \sum_i \big(c_i |\Delta w_i| + k_i |\Delta w_i|^{3/2}
//!   + q_i \Delta w_i^2 + b_i (w_i)_- + h_i |w_i|\big)$$
//!
//! over the region of the constraints, with $\Delta w = w - w^{\text{previous}}$. Bounds, budgets, few
//! rows and costs go to an interior-point method of our own ([`separable`](crate::separable)), all
//! else, and what that does not solve, to the cone solver. Linear costs are
//! epigraphs of absolute values (none where bounds fix the sign of the change), impact is one
//! three-dimensional power cone for each asset with $k_i > 0$. Convex for positive semidefinite
//! $\Sigma$; with a singular $\Sigma$ or $\lambda = 0$ the weights need not be unique, the value is.
//! Source: Markowitz (1952); Boyd et al. (2017), "Multi-Period Trading via Convex Optimization",
//! section 2.3 for the costs.

use types::Target;

use crate::active_set::ActiveSet;
use crate::certificate::{binding, cleaned, solved};
use crate::conflict::refuse;
use crate::critical_line::fixed_budget;
use crate::evidence::{self, Claim};
use crate::region::{Label, Region, Row, sentences};
use crate::separable::{self, Start};
use crate::solver::{Outcome, Power, Program, Quadratic, solve};
use crate::{AllocationError, Costs, Problem};

/// What is maximised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Utility {
    pub method: &'static str,
    pub risk_aversion: f64,
    /// Whether the expected return counts.
    pub returns: bool,
    pub costs: bool,
    /// A floor under the expected return, for points of the frontier.
    pub least_return: Option<f64>,
}

impl Utility {
    /// Minimum variance: the certificate's objective is the variance.
    pub(crate) const MINIMUM_VARIANCE: Utility = Utility {
        method: "minimum variance",
        risk_aversion: 1.0,
        returns: false,
        costs: false,
        least_return: None,
    };

    /// The weights of the highest utility.
    pub(crate) fn maximise(&self, problem: &Problem<'_>) -> Result<Target, AllocationError> {
        self.maximise_from(problem, &mut None)
    }

    /// The same from where an earlier solve ended; `start` becomes where this one does.
    pub(crate) fn maximise_from(
        &self,
        problem: &Problem<'_>,
        start: &mut Option<Start>,
    ) -> Result<Target, AllocationError> {
        let mut region = Region::new(problem, sentences(problem.constraints))?;
        if let Some(target) = self.by_active_set(&region) {
            return Ok(target);
        }
        let program = self.program(&mut region);
        self.solved(&region, &program, start)
    }

    /// The target where bounds and a budget are all there is and costs and a floor are not.
    fn by_active_set(&self, region: &Region<'_>) -> Option<Target> {
        let problem = region.problem;
        let costs = self.costs && problem.costs.is_some();
        if costs || self.least_return.is_some() || self.risk_aversion <= 0.0 {
            return None;
        }
        let budget = fixed_budget(region)?;
        let bounds = (region.lower.as_slice(), region.upper.as_slice());
        let mut set = ActiveSet::new(&problem.moments.covariance, bounds, budget)?;
        let (returns, tolerance) = match self.returns {
            true => (problem.expected_return, 0.5 / self.risk_aversion),
            false => (&[][..], 0.0),
        };
        let optimum = set.minimise(returns, tolerance)?;
        let claim = Claim {
            method: self.method,
            objective: self.value(problem, &region.previous, &cleaned(optimum.weights.clone())),
            weights: optimum.weights,
            returns,
            tolerance,
            price: 2.0 * self.risk_aversion,
            least_return: None,
            iterations: set.guesses,
        };
        evidence::target(region, claim)
    }

    /// The solution of a program of this utility.
    pub(crate) fn solved(
        &self,
        region: &Region<'_>,
        program: &Program<'_>,
        start: &mut Option<Start>,
    ) -> Result<Target, AllocationError> {
        let problem = region.problem;
        let fast = separable::reading::solve(program, problem.n_assets(), problem.structure, start);
        let solution = match fast.map_or_else(|| solve(program), Outcome::Solved) {
            Outcome::Solved(solution) => solution,
            other => return Err(refuse(problem, self.method, other)?),
        };
        let binding = binding(region, &program.rows, &solution, 1.0);
        let weights = cleaned(solution.x[..problem.n_assets()].to_vec());
        let objective = self.value(problem, &region.previous, &weights);
        Ok(solved(problem, self.method, weights, objective, &solution, binding))
    }

    /// The utility of `weights`, or their variance if nothing but variance counts.
    fn value(&self, problem: &Problem<'_>, previous: &[f64], weights: &[f64]) -> f64 {
        let variance = problem.moments.covariance.quad_form(weights);
        if !self.returns {
            return variance;
        }
        let costs = problem.costs.as_ref().filter(|_| self.costs);
        expected(problem.expected_return, weights)
            - self.risk_aversion * variance
            - costs.map_or(0.0, |costs| costs.of(previous, weights))
    }

    /// The program of this utility over `region`, which gives up its rows.
    pub(crate) fn program<'a>(&self, region: &mut Region<'a>) -> Program<'a> {
        let problem = region.problem;
        let n = problem.n_assets();
        let trades = match (&problem.costs, self.costs) {
            (Some(costs), true) if costs.linear.iter().any(|c| *c > 0.0) => region.trades(),
            _ => Vec::new(),
        };
        let costs = problem.costs.as_ref().filter(|_| self.costs);
        let fees = costs.map_or_else(Vec::new, |costs| fees(costs, region));
        let mut linear = vec![0.0; region.columns];
        if self.returns {
            for (slope, expected) in linear.iter_mut().zip(problem.expected_return) {
                *slope = -expected;
            }
        }
        let (mut powers, mut squares) = (Vec::new(), Vec::new());
        if let (Some(costs), true) = (&problem.costs, self.costs) {
            for (trade, rate) in trades.iter().zip(&costs.linear) {
                linear[trade.column] += rate * trade.slope;
            }
            fees.iter().for_each(|(column, fee)| linear[*column] += fee);
            for (asset, rate) in costs.quadratic.iter().enumerate().filter(|(_, q)| **q > 0.0) {
                squares.push((asset, *rate));
                linear[asset] -= 2.0 * rate * region.previous[asset];
            }
            powers = impact(&costs.impact_factor, &region.previous, &mut linear);
        }
        let mut rows = std::mem::take(&mut region.rows);
        rows.extend(self.least_return.map(|least| floor(problem, least)));
        Program {
            quadratic: (self.risk_aversion > 0.0).then(|| Quadratic {
                n,
                values: problem.moments.covariance.as_slice(),
                factor: self.risk_aversion,
            }),
            linear,
            rows,
            powers,
            squares,
            epigraphs: std::mem::take(&mut region.epigraphs),
            ..Program::default()
        }
    }
}

/// What columns cost in fees: those for shorts are half of what the absolute weight is above the
/// weight.
pub(crate) fn fees(costs: &Costs, region: &mut Region<'_>) -> Vec<(usize, f64)> {
    let (n, mut fees) = (region.lower.len(), Vec::new());
    let rate = |part: &[f64], asset: usize| part.get(asset).copied().unwrap_or(0.0);
    let free = |asset| rate(&costs.borrow, asset) == 0.0 && rate(&costs.holding, asset) == 0.0;
    if (0..n).all(free) {
        return fees;
    }
    for (asset, exposure) in region.exposures().into_iter().enumerate() {
        let half = 0.5 * rate(&costs.borrow, asset);
        fees.push((asset, -half));
        fees.push((exposure.column, (rate(&costs.holding, asset) + half) * exposure.slope));
    }
    fees
}

/// One epigraph for each asset whose trades move its price, priced in `linear`.
fn impact(factors: &[f64], previous: &[f64], linear: &mut Vec<f64>) -> Vec<Power> {
    let priced = factors.iter().enumerate().filter(|(_, k)| **k > 0.0);
    priced
        .map(|(column, factor)| {
            linear.push(*factor);
            Power { epigraph: linear.len() - 1, column, reference: previous[column] }
        })
        .collect()
}

fn floor(problem: &Problem<'_>, least: f64) -> Row {
    let returns = problem.expected_return.iter().enumerate();
    Row {
        terms: returns.map(|(asset, expected)| (asset, -expected)).collect(),
        equality: false,
        limit: -least,
        label: Label::LeastReturn,
    }
}

/// The portfolio's expected return.
pub(crate) fn expected(returns: &[f64], weights: &[f64]) -> f64 {
    returns.iter().zip(weights).map(|(r, w)| r * w).sum()
}
