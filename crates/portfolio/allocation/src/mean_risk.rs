//! Least risk, return less risk, and growth, for any convex measure.
//!
//! $$\max_w\; \mu^\top w - \sum_k \lambda_k\, \rho_k(w) - \text{costs}(w)$$
//!
//! over the region of the constraints, with each $\rho_k$ a [`Risk`]: variance or tracking
//! variance from the moments (then part of one quadratic form), or a measure of the scenarios
//! (then an epigraph, which the solver writes as cuts or cones). `maximise growth` is exact Kelly,
//! $\max_w \mathbb{E} \ln(1 + r^\top w)$ over the scenarios (Kelly, 1956), one exponential cone for
//! each scenario. The weights need not be unique for a measure that is not strictly convex.
//! Sources: Rockafellar and Uryasev (2000) for mean-CVaR; Roll (1992) for tracking error.

use types::Target;

use crate::certificate::{binding, cleaned, solved};
use crate::conflict::refuse;
use crate::cutting::{self, WarmStart};
use crate::epigraph::RiskTerm;
use crate::region::{Region, sentences};
use crate::risk_of::{Risk, benchmark};
use crate::scenarios::Scenarios;
use crate::solver::{Outcome, Program, Quadratic};
use crate::utility::{Utility, expected};
use crate::{AllocationError, Problem};

/// What is maximised.
#[derive(Debug, Clone)]
pub(crate) struct MeanRisk {
    pub method: &'static str,
    /// Whether the expected return counts.
    pub returns: bool,
    /// Each risk with what a unit of it costs in units of return.
    pub penalties: Vec<(f64, Risk)>,
    pub costs: bool,
    /// Whether the mean logarithm of wealth counts.
    pub growth: bool,
}

impl MeanRisk {
    /// The least `risk`; the certificate's objective is the risk.
    pub(crate) fn minimum(risk: Risk) -> Self {
        // The root of a quadratic form has the minimiser of the form, which is easier to reach.
        let risk = match risk {
            Risk::TrackingError(name) => Risk::TrackingVariance(name),
            other => other,
        };
        let penalties = vec![(1.0, risk)];
        Self { method: "minimum risk", returns: false, penalties, costs: false, growth: false }
    }

    pub(crate) fn growth() -> Self {
        let method = "exact Kelly";
        Self { method, returns: false, penalties: Vec::new(), costs: false, growth: true }
    }

    /// The best weights. `root` says that the objective is the root of the only penalty.
    pub(crate) fn maximise<'a>(
        &self,
        problem: &'a Problem<'a>,
        root: bool,
        warm: &mut WarmStart,
    ) -> Result<Target, AllocationError> {
        self.penalties.iter().try_for_each(|(_, risk)| risk.check())?;
        let parts = |(penalty, risk): &(f64, Risk)| {
            let penalty = *penalty;
            risk.parts().into_iter().map(move |(factor, part)| (penalty * factor, part))
        };
        let penalties = self.penalties.iter().flat_map(parts).collect();
        Self { penalties, ..self.clone() }.solve(problem, root, warm)
    }

    fn solve<'a>(
        &self,
        problem: &'a Problem<'a>,
        root: bool,
        warm: &mut WarmStart,
    ) -> Result<Target, AllocationError> {
        let mut region = Region::new(problem, sentences(problem.constraints))?;
        let terms = self.terms(problem)?;
        let columns: Vec<Option<usize>> =
            terms.iter().map(|term| term.clone().map(|term| region.epigraph(term))).collect();
        let mut quadratic = Vec::new();
        let mut program = self.program(&mut region, &columns, &mut quadratic)?;
        if !quadratic.is_empty() {
            let values = problem.moments.covariance.as_slice();
            let factor = quadratic.iter().sum();
            program.quadratic = Some(Quadratic { n: problem.n_assets(), values, factor });
        }
        let solution = match cutting::solve(&program, warm) {
            Outcome::Solved(solution) => solution,
            other => return Err(refuse(problem, self.method, other)?),
        };
        let weights = cleaned(solution.x[..problem.n_assets()].to_vec());
        let at = |column: &Option<usize>| column.map(|column| solution.x[column]);
        let values: Vec<Option<f64>> = columns.iter().map(at).collect();
        let objective = self.value(&region, &weights, &terms, &values)?;
        let (objective, price) = match root && objective > 0.0 {
            true => (objective.sqrt(), 0.5 / objective.sqrt()),
            false if self.lone_square(&terms) => {
                (objective, 2.0 * (objective * self.penalties[0].0).sqrt())
            }
            false => (objective, 1.0),
        };
        let binding = binding(&region, &program.rows, &solution, price);
        let mut target = solved(problem, self.method, weights, objective, &solution, binding);
        target.certificate.gap *= price;
        Ok(target)
    }

    /// The epigraph of each penalty, and of growth at the end; none for what is quadratic.
    fn terms<'a>(
        &self,
        problem: &'a Problem<'a>,
    ) -> Result<Vec<Option<RiskTerm<'a>>>, AllocationError> {
        let mut terms = Vec::new();
        for (_, risk) in &self.penalties {
            terms.push(match risk {
                Risk::Variance | Risk::TrackingVariance(_) => None,
                other => Some(other.term(problem, &other.to_string())?.0),
            });
        }
        if self.growth {
            let scenarios = Scenarios::of(problem, "maximise growth".to_owned())?;
            terms.push(Some(RiskTerm::Growth(scenarios)));
        }
        Ok(terms)
    }

    /// Whether nothing but one square counts: its root has the same minimiser and is found with less
    /// rounding.
    fn lone(&self) -> bool {
        let alone = !self.returns && !self.costs && !self.growth;
        alone && matches!(&self.penalties[..], [(_, risk)] if risk.squared())
    }

    fn lone_square(&self, terms: &[Option<RiskTerm<'_>>]) -> bool {
        self.lone() && matches!(terms, [Some(_)])
    }

    /// The program; the factors of the covariance go to `quadratic`.
    fn program<'a>(
        &self,
        region: &mut Region<'a>,
        columns: &[Option<usize>],
        quadratic: &mut Vec<f64>,
    ) -> Result<Program<'a>, AllocationError> {
        let problem = region.problem;
        let utility = Utility {
            method: self.method,
            risk_aversion: 0.0,
            returns: self.returns,
            costs: self.costs,
            least_return: None,
        };
        let mut program = utility.program(region);
        let lone = self.lone();
        for ((penalty, risk), column) in self.penalties.iter().zip(columns) {
            match (risk, column) {
                (_, Some(column)) if lone => program.linear[*column] += 1.0,
                (_, Some(column)) if risk.squared() => program.squares.push((*column, *penalty)),
                (_, Some(column)) => program.linear[*column] += penalty,
                (Risk::TrackingVariance(name), None) => {
                    quadratic.push(*penalty);
                    let from = benchmark(problem, name, &risk.to_string())?;
                    let pull = problem.moments.covariance.mul_vec(from);
                    for (slope, pull) in program.linear.iter_mut().zip(pull) {
                        *slope -= 2.0 * penalty * pull;
                    }
                }
                _ => quadratic.push(*penalty),
            }
        }
        if let (true, Some(Some(column))) = (self.growth, columns.last()) {
            program.linear[*column] += 1.0;
        }
        Ok(program)
    }

    /// The objective at `weights`, or the risk if nothing but one risk counts. Where a measure is
    /// no formula, the solver's own `values` stand for it.
    fn value(
        &self,
        region: &Region<'_>,
        weights: &[f64],
        terms: &[Option<RiskTerm<'_>>],
        values: &[Option<f64>],
    ) -> Result<f64, AllocationError> {
        let problem = region.problem;
        let mut penalised = 0.0;
        for ((penalty, risk), (term, value)) in self.penalties.iter().zip(terms.iter().zip(values))
        {
            let found = match (term, risk) {
                (Some(term), _) => term.value(weights, 1.0).or(*value).expect("it has a column"),
                (None, Risk::TrackingVariance(name)) => {
                    let from = benchmark(problem, name, &risk.to_string())?;
                    let apart: Vec<f64> = weights.iter().zip(from).map(|(w, b)| w - b).collect();
                    problem.moments.covariance.quad_form(&apart)
                }
                (None, _) => problem.moments.covariance.quad_form(weights),
            };
            let squared = term.is_some() && risk.squared();
            penalised += penalty * if squared { found * found } else { found };
        }
        if self.growth {
            let term = terms.last().and_then(Option::as_ref).expect("growth has a column");
            return Ok(-term.value(weights, 1.0).expect("it is a formula"));
        }
        if !self.returns {
            return Ok(penalised);
        }
        let costs = problem.costs.as_ref().filter(|_| self.costs);
        let costs = costs.map_or(0.0, |costs| costs.of(&region.previous, weights));
        Ok(expected(problem.expected_return, weights) - penalised - costs)
    }
}
