//! The mixed-integer linear program that bounds the question from below.
//!
//! In: a question, tangent points and planes. Out: weights, the names they hold, and a bound that no
//! answer can beat. Everything is scaled so that variances and risks are of order one.

use microlp::{
    ComparisonOp, LinearExpr, OptimizationDirection, Problem, SolveOptions, SolveOutcome, Variable,
};
use risk::Matrix;

use super::above::{Above, scale, unit};
use super::question::Question;
use super::{Counts, Discrete, not_discrete};
use crate::AllocationError;
use crate::cutting::WarmStart;
use crate::epigraph::RiskTerm;

/// A pivot below this part of the largest variance is nought.
const NO_RISK: f64 = 1e-13;

/// Tangents this near to each other differ by the square of it.
const NEAR: f64 = 1e-7;

/// Entries of a root below this part of its largest are rounding to the linear program.
const CLEAR: f64 = 1e-9;

/// What the linear program would do.
pub(super) struct Proposal {
    pub weights: Vec<f64>,
    pub held: Vec<bool>,
    pub bound: f64,
}

pub(super) struct Relaxation<'q> {
    question: &'q Question<'q>,
    program: Problem,
    weights: Vec<Variable>,
    held: Vec<Variable>,
    /// Whole lots, if there are any.
    lots: Vec<(Variable, f64)>,
    directions: Vec<Direction>,
    risks: Vec<Above<'q>>,
    /// What the objective was divided by.
    scale: f64,
    gap: f64,
    nodes: u64,
}

/// One square of the variance: `epigraph >= exposure²`, with `exposure = rootᵀ w`.
struct Direction {
    root: Vec<f64>,
    exposure: Variable,
    epigraph: Variable,
    /// Where tangents touch; at nought, the bound of the epigraph does.
    touched: Vec<f64>,
}

impl<'q> Relaxation<'q> {
    /// `around` are weights at which risks show their size.
    pub(super) fn new(
        question: &'q Question<'q>,
        discrete: &Discrete,
        counts: &Counts,
        around: &[f64],
    ) -> Self {
        let sigma = &question.problem.moments.covariance;
        let n = sigma.n();
        let size = sigma.diag().sum::<f64>() / n as f64;
        let size = if size > 0.0 { size } else { 1.0 };
        let mut units = vec![1.0; question.linear.len()];
        for epigraph in &question.epigraphs {
            units[epigraph.column] = unit(&epigraph.risk, around);
        }
        let squares = question.squares();
        let aversion = question.aim.aversion;
        let scale = scale(question, &units, &squares, aversion * size);
        let price = |column: usize| question.linear[column] * units[column] / scale;
        let mut program = Problem::new(OptimizationDirection::Minimize);
        let weights: Vec<Variable> = (0..n)
            .map(|asset| {
                let (low, high) = question.bounds[asset];
                program.add_var(price(asset), (low.min(0.0), high.max(0.0)))
            })
            .collect();
        let open = (f64::NEG_INFINITY, f64::INFINITY);
        let auxiliary = (n..units.len()).map(|column| program.add_var(price(column), open));
        let columns: Vec<Variable> = weights.iter().copied().chain(auxiliary).collect();
        let held: Vec<Variable> = (0..n).map(|_| program.add_binary_var(0.0)).collect();
        for row in &question.rows {
            let terms = row.terms.iter().map(|(column, a)| (columns[*column], a * units[*column]));
            let relation = if row.equality { ComparisonOp::Eq } else { ComparisonOp::Le };
            program.add_constraint(sum(terms), relation, row.limit);
        }
        let mut risks = Vec::new();
        for epigraph in &question.epigraphs {
            let (column, unit) = (epigraph.column, units[epigraph.column]);
            let squared = squares.iter().find(|(at, _)| *at == column);
            let square = squared.map(|(_, price)| {
                program.add_var(price * unit * unit / scale, (0.0, f64::INFINITY))
            });
            let (term, root) = (&epigraph.risk, columns[column]);
            risks.push(Above::new(term, unit, root, square));
        }
        let mut relaxation = Self {
            question,
            program,
            weights,
            held,
            lots: Vec::new(),
            directions: Vec::new(),
            risks,
            scale,
            gap: discrete.gap,
            nodes: discrete.nodes,
        };
        relaxation.link(discrete);
        relaxation.count(counts);
        if aversion > 0.0 {
            relaxation.square(sigma, size, aversion * size / scale);
        }
        relaxation
    }

    /// Weights move only where the name is held, in whole lots if there are any.
    fn link(&mut self, discrete: &Discrete) {
        for (asset, (low, high)) in self.question.bounds.iter().enumerate() {
            let (weight, held) = (self.weights[asset], self.held[asset]);
            let low = discrete.least_weight.map_or(low.min(0.0), |least| least.max(*low));
            self.program.add_constraint([(weight, 1.0), (held, -high)], ComparisonOp::Le, 0.0);
            self.program.add_constraint([(weight, 1.0), (held, -low)], ComparisonOp::Ge, 0.0);
            if let Some(lot) = discrete.lots.get(asset) {
                let range = ((low / lot).floor().min(0.0), (high / lot).floor().max(0.0));
                let whole = self.program.add_integer_var(0.0, (range.0 as i32, range.1 as i32));
                self.program.add_constraint([(weight, 1.0), (whole, -lot)], ComparisonOp::Eq, 0.0);
                self.lots.push((whole, *lot));
            }
        }
    }

    fn count(&mut self, counts: &Counts) {
        for (counted, relation) in
            [(&counts.most, ComparisonOp::Le), (&counts.fewest, ComparisonOp::Ge)]
        {
            for (members, count) in counted {
                let terms = members.iter().map(|asset| (self.held[*asset], 1.0));
                self.program.add_constraint(sum(terms), relation, *count as f64);
            }
        }
    }

    fn square(&mut self, sigma: &Matrix, size: f64, price: f64) {
        for root in roots(sigma, size) {
            let exposure = self.program.add_var(0.0, (f64::NEG_INFINITY, f64::INFINITY));
            let epigraph = self.program.add_var(price, (0.0, f64::INFINITY));
            let terms = self.weights.iter().copied().zip(root.iter().copied());
            let mut terms = sum(terms.filter(|(_, a)| *a != 0.0));
            terms.add(exposure, -1.0);
            self.program.add_constraint(terms, ComparisonOp::Eq, 0.0);
            self.directions.push(Direction { root, exposure, epigraph, touched: vec![0.0] });
        }
    }

    /// Adds the tangents and the planes at these weights; whether there were any that are new.
    pub(super) fn touch(&mut self, weights: &[f64]) -> bool {
        let mut added = self.tangents(weights);
        for risk in &mut self.risks {
            if let Some((_, plane)) = risk.term.plane(weights) {
                added |= risk.add(&mut self.program, &self.weights, plane, weights);
            }
        }
        added
    }

    /// Adds the planes that a solve ended with; whether there were any that are new.
    pub(super) fn learn(&mut self, warm: &WarmStart) -> bool {
        let mut added = false;
        for risk in &mut self.risks {
            let RiskTerm::Scenario(measure, _) = risk.term else { continue };
            for plane in warm.planes_of(*measure) {
                let at = warm.weights();
                added |= risk.add(&mut self.program, &self.weights, plane.clone(), at);
            }
        }
        added
    }

    /// Adds the tangents at these weights, `epigraph >= 2 a · exposure − a²`, where none is as near
    /// as makes no difference. Whether any was added.
    fn tangents(&mut self, weights: &[f64]) -> bool {
        let mut added = false;
        for direction in &mut self.directions {
            let at: f64 = direction.root.iter().zip(weights).map(|(a, w)| a * w).sum();
            if direction.touched.iter().any(|known| (known - at).abs() <= NEAR) {
                continue;
            }
            let terms = [(direction.epigraph, 1.0), (direction.exposure, -2.0 * at)];
            self.program.add_constraint(terms, ComparisonOp::Ge, -at * at);
            direction.touched.push(at);
            added = true;
        }
        added
    }

    /// The best of the linear program, sought from the names of `known` on.
    pub(super) fn propose(&self, known: Option<&[f64]>) -> Result<Proposal, AllocationError> {
        let start = known.filter(|_| self.lots.is_empty()).map(|weights| {
            let held = self.held.iter().zip(weights);
            held.map(|(held, w)| (*held, f64::from(u8::from(*w != 0.0)))).collect()
        });
        let mut options = SolveOptions::default();
        options.node_limit = Some(self.nodes);
        options.mip_gap = 0.25 * self.gap;
        options.warm_start = start;
        let solution = match self.program.solve_with(options) {
            Ok(SolveOutcome::Solution(solution)) => solution,
            Ok(SolveOutcome::Interrupted(_)) => {
                return Err(not_discrete(format!(
                    "the search ended at its limit of {} nodes without an answer: ask for it with \
                     fewer assets or more names, or raise the limit",
                    self.nodes
                )));
            }
            Err(microlp::Error::Infeasible) => {
                let reason = "no weights fulfil the sentences and the counts together: allow \
                              more names, a smaller least weight or smaller lots";
                return Err(not_discrete(reason.to_owned()));
            }
            Err(other) => return Err(self.unsolved(&other.to_string())),
        };
        let value = |variable: &Variable| solution.var_value(*variable);
        let held: Vec<bool> = self.held.iter().map(|held| value(held) > 0.5).collect();
        let weights = match self.lots.is_empty() {
            true => self.weights.iter().map(value).collect(),
            false => self.lots.iter().map(|(whole, lot)| value(whole).round() * lot).collect(),
        };
        let bound = solution.stats().best_bound.unwrap_or(f64::NEG_INFINITY) * self.scale
            + self.question.constant;
        Ok(Proposal { weights, held, bound })
    }

    fn unsolved(&self, status: &str) -> AllocationError {
        AllocationError::Unsolved {
            method: self.question.method,
            status: status.to_owned(),
            primal_residual: f64::NAN,
            dual_residual: f64::NAN,
            gap: f64::NAN,
        }
    }
}

pub(super) fn sum(terms: impl Iterator<Item = (Variable, f64)>) -> LinearExpr {
    let mut sum = LinearExpr::empty();
    terms.for_each(|(variable, coefficient)| sum.add(variable, coefficient));
    sum
}

/// The columns of `L` with `Σ / size = L Lᵀ`, those without risk left out: what is left out of a
/// singular covariance can only lower the bound.
fn roots(sigma: &Matrix, size: f64) -> Vec<Vec<f64>> {
    let n = sigma.n();
    let largest = sigma.diag().fold(0.0, f64::max) / size;
    let mut roots: Vec<Vec<f64>> = Vec::with_capacity(n);
    for column in 0..n {
        let rest = |row: usize| {
            let known: f64 = roots.iter().map(|root| root[row] * root[column]).sum();
            sigma.at(row, column) / size - known
        };
        let pivot = rest(column);
        if pivot <= NO_RISK * largest {
            continue;
        }
        let entries = (0..n).map(|row| if row < column { 0.0 } else { rest(row) / pivot.sqrt() });
        let mut root: Vec<f64> = entries.collect();
        let most = root.iter().fold(0.0_f64, |max, a| max.max(a.abs()));
        root.iter_mut().filter(|a| a.abs() < CLEAR * most).for_each(|a| *a = 0.0);
        roots.push(root);
    }
    roots
}
