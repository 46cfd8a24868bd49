//! Risk budgets of any convex risk that grows in proportion to the weights.
//!
//! $$\min_{x > 0}\; \rho(x) - \lambda\sum_i b_i\ln x_i \quad\Longrightarrow\quad
//!   x_i\, g_i = \lambda b_i \text{ for every } i \text{ and one } g \in \partial\rho(x)$$
//!
//! (Bruder and Roncalli, 2012, "Managing Risk Exposures Using the Risk Budgeting Approach"; for
//! measures of scenarios, Cajas, 2022, and `RiskBudgeting` of skfolio solve the same program.) By
//! Euler's theorem the parts sum to the risk. A square is budgeted through its root, whose parts
//! stand in the same proportion; a partial moment below a target through the returns less the
//! target. The logarithms are exponential cones, one for each asset; the risk is written as cones or
//! found by [cutting planes](crate::cutting).
//!
//! Without sentences in the way the solution is scaled to the net weight. Under sentences the
//! same problem is solved within them and at the net weight, at the `λ` for which the net weight
//! has no price (Richard and Roncalli, 2019, "Constrained Risk Budgeting Portfolios"): then what
//! no sentence touches contributes its part. Variance has [ways of its own](crate::parity).

use types::{Status, Target};

use crate::certificate::{binding, cleaned, solved};
use crate::conflict::refuse;
use crate::constraint::Quantity;
use crate::cutting::{self, WarmStart};
use crate::epigraph::{Epigraph, RiskTerm};
use crate::measure::ScenarioMeasure as M;
use crate::naive::{broken, long_only_total};
use crate::parity;
use crate::region::{Label, Region, Row, sentences};
use crate::risk_of::Risk;
use crate::sentence::closest;
use crate::solver::{Affine, Cone, ConeKind, Outcome, Program, Solution};
use crate::{AllocationError, Problem};

const METHOD: &str = "risk parity";

/// The price of the net weight, in parts of the price of risk, at which it counts as none...
const FREE: f64 = 1e-8;

/// ...and up to which the solution is full.
const NEARLY_FREE: f64 = 1e-6;

/// Solves of one search for `λ`.
const MOST_STEPS: u32 = 60;

/// The weights whose assets contribute to `risk` in proportion to `budgets`, one positive number
/// for each asset.
///
/// Fails as [`allocate`](crate::allocate) does; if a budget is not positive; with
/// [`AllocationError::NoRiskBudgets`] if some mix of the assets has no risk, or the risk does not
/// grow in proportion to the weights.
pub fn risk_budgets_of(
    problem: &Problem<'_>,
    risk: &Risk,
    budgets: &[f64],
) -> Result<Target, AllocationError> {
    problem.check(false)?;
    by(problem, "risk budgets", risk, budgets, &mut WarmStart::default())
}

/// The same with the budgets of some assets by name; the others have a budget of 1.
pub(crate) fn allocate(
    problem: &Problem<'_>,
    risk: &Risk,
    named: &[(String, f64)],
    warm: &mut WarmStart,
) -> Result<Target, AllocationError> {
    let symbols = &problem.moments.symbols;
    let mut budgets = vec![1.0; symbols.len()];
    for (name, budget) in named {
        let asset = symbols.iter().position(|symbol| symbol.as_str() == name);
        let unknown = || AllocationError::UnknownName {
            sentence: format!("{name} {budget}"),
            kind: "asset",
            name: name.clone(),
            suggestion: closest(name, symbols.iter().map(types::Symbol::as_str)),
        };
        budgets[asset.ok_or_else(unknown)?] = *budget;
    }
    by(problem, METHOD, risk, &budgets, warm)
}

fn by(
    problem: &Problem<'_>,
    method: &'static str,
    risk: &Risk,
    budgets: &[f64],
    warm: &mut WarmStart,
) -> Result<Target, AllocationError> {
    if matches!(risk, Risk::Variance | Risk::Volatility) {
        return parity::by_budgets(problem, method, budgets);
    }
    let mut region = Region::new(problem, sentences(problem.constraints))?;
    let total = long_only_total(&region)?;
    let model = Model::new(problem, method, risk, parity::shares(problem, budgets)?, total)?;
    let (mut solution, size) = model.free(warm)?;
    let n = problem.n_assets();
    let scaled: Vec<f64> = solution.x[..n].iter().map(|x| x / size).collect();
    if broken(&region, &scaled)?.is_none() {
        let objective = model.value(&scaled, solution.x[solution.x.len() - 1] / size);
        solution.residuals.gap /= size;
        return Ok(solved(problem, method, cleaned(scaled), objective, &solution, Vec::new()));
    }
    let rows = model.rows(&mut region);
    let epigraphs = std::mem::take(&mut region.epigraphs);
    let (solution, price) = model.within(region.columns, &rows, &epigraphs, warm)?;
    let binding = binding(&region, &rows, &solution, 1.0);
    let weights = cleaned(solution.x[..n].to_vec());
    let objective = model.value(&weights, solution.x[solution.x.len() - 1]);
    let mut target = solved(problem, method, weights, objective, &solution, binding);
    target.certificate.dual_residual = target.certificate.dual_residual.max(price);
    if price > NEARLY_FREE {
        target.certificate.status = Status::AlmostSolved;
    }
    Ok(target)
}

struct Model<'a> {
    problem: &'a Problem<'a>,
    method: &'static str,
    risk: &'a Risk,
    /// The parts of the risk with their factors.
    terms: Vec<(f64, RiskTerm<'a>)>,
    /// One for each asset, summing to 1.
    budgets: Vec<f64>,
    total: f64,
    /// The risk of equal weights.
    size: f64,
}

impl<'a> Model<'a> {
    fn new(
        problem: &'a Problem<'a>,
        method: &'static str,
        risk: &'a Risk,
        budgets: Vec<f64>,
        total: f64,
    ) -> Result<Self, AllocationError> {
        if !risk.proportional() {
            let reason = "it does not grow in proportion to the weights: choose another";
            return Err(none(risk, reason));
        }
        risk.check()?;
        let mut terms = Vec::new();
        for (factor, part) in risk.parts() {
            terms.push((factor, part.term(problem, &risk.to_string())?.0));
        }
        let equal = vec![total / problem.n_assets() as f64; problem.n_assets()];
        let sizes = terms.iter().map(|(f, term)| term.value(&equal, 1.0).map(|risk| f * risk));
        let size = sizes.sum::<Option<f64>>();
        match size.filter(|size| *size > 0.0) {
            Some(size) => Ok(Self { problem, method, risk, terms, budgets, total, size }),
            None => Err(none(risk, NO_RISK)),
        }
    }

    /// The risk at `weights`; `known` stands for it where it is no formula.
    fn value(&self, weights: &[f64], known: f64) -> f64 {
        let value = self.terms.iter().map(|(f, term)| term.value(weights, 1.0).map(|v| f * v));
        let root = value.sum::<Option<f64>>().unwrap_or(known);
        if self.risk.squared() { root * root } else { root }
    }

    /// `minimise Σ factor · t − λ Σ b ln x` over `rows`. The column of the sum of the `t` is the
    /// last one of the program's own.
    fn program(
        &self,
        (columns, rows, epigraphs): (usize, &[Row], &[Epigraph<'a>]),
        lambda: f64,
        unit: Option<usize>,
    ) -> Program<'a> {
        let mut program = Program {
            linear: vec![0.0; columns],
            rows: rows.to_vec(),
            epigraphs: epigraphs.to_vec(),
            ..Program::default()
        };
        for (asset, budget) in self.budgets.iter().enumerate() {
            let logarithm = program.linear.len();
            program.linear.push(-lambda * budget);
            let terms = |column| Affine { terms: vec![(column, 1.0)], constant: 0.0 };
            let one = Affine { terms: Vec::new(), constant: 1.0 };
            let parts = vec![terms(logarithm), one, terms(asset)];
            program.cones.push(Cone { kind: ConeKind::Exponential, parts });
        }
        let mut sum = Vec::new();
        for (factor, risk) in &self.terms {
            let column = program.linear.len();
            program.linear.push(0.0);
            program.epigraphs.push(Epigraph { column, unit, risk: risk.clone() });
            sum.push((column, *factor));
        }
        let whole = program.linear.len();
        sum.push((whole, -1.0));
        program.linear.push(1.0);
        program.rows.push(support(sum, true, 0.0));
        program
    }

    /// The solution without sentences, and what it is to be divided by. The last column is the
    /// risk.
    fn free(&self, warm: &mut WarmStart) -> Result<(Solution, f64), AllocationError> {
        let n = self.budgets.len();
        let target = |term: &RiskTerm<'_>| match term {
            RiskTerm::Scenario(M::FirstLowerPartialMoment(target), _)
            | RiskTerm::Scenario(M::SecondLowerPartialMoment(target), _) => *target != 0.0,
            _ => false,
        };
        // A target return counts once for each time that the net weight is held.
        let unit = self.terms.iter().any(|(_, term)| target(term)).then_some(n);
        let net = unit.map(|column| {
            let mut terms: Vec<(usize, f64)> = (0..n).map(|asset| (asset, 1.0)).collect();
            terms.push((column, -self.total));
            support(terms, true, 0.0)
        });
        let columns = n + usize::from(unit.is_some());
        let rows: Vec<Row> = net.into_iter().collect();
        let program = self.program((columns, &rows, &[]), self.size, unit);
        let mut solution = self.solve(&program, warm)?;
        solution.x.truncate(program.linear.len());
        let size = solution.x[..n].iter().sum::<f64>() / self.total;
        Ok((solution, size))
    }

    /// The region's rows with the net weight as one row in front.
    fn rows(&self, region: &mut Region<'a>) -> Vec<Row> {
        let on_net = |row: &Row| match row.label {
            Label::Sentence(index) => {
                matches!(region.sentences[index].quantity, Quantity::Net | Quantity::Cash)
            }
            _ => false,
        };
        let everything = (0..self.budgets.len()).map(|asset| (asset, 1.0)).collect();
        let net = support(everything, true, self.total);
        let others = region.rows.iter().filter(|row| !on_net(row)).cloned();
        std::iter::once(net).chain(others).collect()
    }

    /// The solution within `rows` at the `λ` where the first has no price, by regula falsi of the
    /// logarithm (the retained end halved: Dowell and Jarratt, 1971); and what price is left.
    fn within(
        &self,
        columns: usize,
        rows: &[Row],
        epigraphs: &[Epigraph<'a>],
        warm: &mut WarmStart,
    ) -> Result<(Solution, f64), AllocationError> {
        let mut at = |lambda: f64| -> Result<(Solution, f64), AllocationError> {
            let program = self.program((columns, rows, epigraphs), lambda, None);
            let mut solution = self.solve(&program, warm)?;
            solution.x.truncate(program.linear.len());
            let price = solution.duals[0] * self.total / lambda;
            Ok((solution, price))
        };
        let (mut low, mut high) = (self.size, self.size);
        let mut newest = at(self.size)?;
        let (mut at_low, mut at_high) = (newest.1, newest.1);
        let mut steps = 1;
        // A dear net weight says that the logarithms count for too much.
        while at_low > FREE || at_high < -FREE {
            if steps > MOST_STEPS / 3 {
                // The sentences alone fix the weights.
                return Ok((newest.0, newest.1.abs()));
            }
            let lower = at_low > FREE;
            let next = if lower { low / 8.0 } else { high * 8.0 };
            newest = at(next)?;
            steps += 1;
            match lower {
                true => (high, at_high, low, at_low) = (low, at_low, next, newest.1),
                false => (low, at_low, high, at_high) = (high, at_high, next, newest.1),
            }
        }
        while newest.1.abs() > FREE && steps < MOST_STEPS && at_high > at_low {
            let part = at_low / (at_low - at_high);
            let middle = (low.ln() + part * (high / low).ln()).exp();
            if !(low < middle && middle < high) {
                break;
            }
            newest = at(middle)?;
            steps += 1;
            match newest.1 < 0.0 {
                true => (low, at_low, at_high) = (middle, newest.1, 0.5 * at_high),
                false => (high, at_high, at_low) = (middle, newest.1, 0.5 * at_low),
            }
        }
        Ok((newest.0, newest.1.abs()))
    }

    fn solve(
        &self,
        program: &Program<'a>,
        warm: &mut WarmStart,
    ) -> Result<Solution, AllocationError> {
        match cutting::solve(program, warm) {
            Outcome::Solved(solution) => Ok(solution),
            Outcome::Unbounded => Err(none(self.risk, NO_RISK)),
            other => Err(refuse(self.problem, self.method, other)?),
        }
    }
}

const NO_RISK: &str =
    "some mix of the assets has none: choose another measure, or drop assets that do not lose";

fn none(risk: &Risk, reason: &'static str) -> AllocationError {
    AllocationError::NoRiskBudgets { risk: risk.to_string(), reason }
}

fn support(terms: Vec<(usize, f64)>, equality: bool, limit: f64) -> Row {
    Row { terms, equality, limit, label: Label::Support }
}
