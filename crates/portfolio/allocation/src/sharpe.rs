//! Maximum Sharpe ratio.
//!
//! $$\max_w\; \frac{e^\top w}{\sqrt{w^\top\Sigma w}},\qquad e_i = \mu_i - r_f$$
//!
//! Cash earns the risk-free rate, so it adds nothing to either term. By Schaible's substitution
//! (Schaible, 1974; Cornuéjols, Peña and Tütüncü, *Optimization Methods in Finance*, 2nd ed.,
//! section 6.2) with $y = \kappa w$ it is the convex program: minimise $y^\top\Sigma y$ subject to
//! $e^\top y = \max_i |e_i|$, each row $a^\top w \le b$ as $a^\top y - b\kappa \le 0$, and
//! $\kappa \ge 0$. The right-hand side $\max_i |e_i|$ (and not 1) keeps $y$ and $\kappa$ of order
//! one whatever the horizon of the returns. Every constraint of the region survives the
//! substitution, turnover included; costs do not enter.
//!
//! Where no equality fixes the size of the portfolio, every smaller copy of it has the same
//! ratio: the largest copy within the constraints is returned.

use types::Target;

use crate::active_set::ActiveSet;
use crate::certificate::{binding, cleaned, solved};
use crate::conflict::{conflict, refuse};
use crate::critical_line::fixed_budget;
use crate::epigraph::{Epigraph, RiskTerm};
use crate::evidence::{self, Claim};
use crate::naive::moving;
use crate::region::{Label, Region, Row, sentences};
use crate::solver::{Outcome, Program, Quadratic, Solution, solve};
use crate::utility::expected;
use crate::{AllocationError, Problem};

/// Below this size the best ratio is only approached by ever larger portfolios.
const LEAST_SIZE: f64 = 1e-7;

/// The weights of the highest Sharpe ratio.
pub(crate) fn maximise(problem: &Problem<'_>, risk_free: f64) -> Result<Target, AllocationError> {
    let excess: Vec<f64> = problem.expected_return.iter().map(|r| r - risk_free).collect();
    ratio(problem, "maximum Sharpe", risk_free, excess)
}

/// The highest ratio of the weighted sum of volatilities to the portfolio's volatility: a Sharpe
/// ratio whose excess returns are the volatilities (Choueifaty and Coignard, 2008, "Toward Maximum
/// Diversification"). The certificate's objective is the diversification ratio.
pub(crate) fn diversify(problem: &Problem<'_>) -> Result<Target, AllocationError> {
    let volatilities = problem.moments.volatilities();
    let alike = Problem { expected_return: &volatilities, ..problem.clone() };
    ratio(&alike, "maximum diversification", 0.0, volatilities.clone())
}

/// The ratio of an asset that never moves has no bound, or its weight is arbitrary.
fn ratio(
    problem: &Problem<'_>,
    method: &'static str,
    risk_free: f64,
    excess: Vec<f64>,
) -> Result<Target, AllocationError> {
    moving(problem, method)?;
    let unit = excess.iter().fold(0.0_f64, |max, e| max.max(e.abs()));
    let mut region = Region::new(problem, sentences(problem.constraints))?;
    if let Some(target) = by_active_set(&region, method, &excess) {
        return Ok(target);
    }
    let rows = std::mem::take(&mut region.rows);
    let epigraphs = std::mem::take(&mut region.epigraphs);
    let mut program = homogenised(&rows, region.columns, &excess, unit, &epigraphs);
    program.quadratic = Some(Quadratic {
        n: problem.n_assets(),
        values: problem.moments.covariance.as_slice(),
        factor: 1.0,
    });
    let mut solution = match solve(&program) {
        Outcome::Solved(solution) => solution,
        Outcome::Infeasible => return Err(no_excess(problem, method, risk_free, &excess, None)?),
        other => return Err(refuse(problem, method, other)?),
    };
    // The program's own columns end with κ; those that cones added come after.
    solution.x.truncate(region.columns + 1);
    let size = size((problem, method), &rows, &solution, &epigraphs)?;
    solution.x.iter_mut().for_each(|x| *x /= size);
    let weights = cleaned(solution.x[..problem.n_assets()].to_vec());
    let variance = problem.moments.covariance.quad_form(&weights);
    let ratio = expected(&excess, &weights) / variance.sqrt();
    // V = yᵀΣy = unit² / ratio², so d ratio = −½ ratio³ dV / unit².
    let price = 0.5 * ratio.powi(3) / (unit * unit);
    solution.residuals.gap *= price;
    // The region's rows lead the homogenised ones, so the first duals are theirs.
    let binding = binding(&region, &rows, &solution, price * size);
    Ok(solved(problem, method, weights, ratio, &solution, binding))
}

/// The target where bounds and a positive budget are all there is.
fn by_active_set(region: &Region<'_>, method: &'static str, excess: &[f64]) -> Option<Target> {
    let sigma = &region.problem.moments.covariance;
    let budget = fixed_budget(region).filter(|budget| *budget > 0.0)?;
    let bounds = (region.lower.as_slice(), region.upper.as_slice());
    let mut set = ActiveSet::new(sigma, bounds, budget)?;
    let optimum = set.maximise_sharpe(excess)?;
    let weights = cleaned(optimum.weights);
    let (earned, risk) = (expected(excess, &weights), sigma.quad_form(&weights).sqrt());
    let claim = Claim {
        method,
        weights,
        returns: excess,
        tolerance: optimum.tolerance,
        price: earned / risk.powi(3),
        objective: earned / risk,
        least_return: None,
        iterations: set.guesses,
    };
    evidence::target(region, claim)
}

/// The program in `y`, the auxiliary variables times `κ`, and `κ` as the last column; its rows are
/// those of the region, then `κ >= 0`, then the excess return. It has no objective yet.
pub(crate) fn homogenised<'a>(
    rows: &[Row],
    columns: usize,
    excess: &[f64],
    unit: f64,
    epigraphs: &[Epigraph<'a>],
) -> Program<'a> {
    let support = |terms, equality, limit| Row { terms, equality, limit, label: Label::Support };
    let homogeneous = rows.iter().map(|row| {
        let mut terms = row.terms.clone();
        if row.limit != 0.0 {
            terms.push((columns, -row.limit));
        }
        support(terms, row.equality, 0.0)
    });
    let mut all: Vec<Row> = homogeneous.collect();
    all.push(support(vec![(columns, -1.0)], false, 0.0));
    // An excess return of nought everywhere leaves 0 = 1: infeasible, as it should be.
    let unit = if unit > 0.0 { unit } else { 1.0 };
    let terms = excess.iter().enumerate().map(|(asset, e)| (asset, e / unit));
    all.push(support(terms.collect(), true, 1.0));
    let in_units = epigraphs.iter().map(|e| Epigraph { unit: Some(columns), ..e.clone() });
    Program {
        linear: vec![0.0; columns + 1],
        rows: all,
        epigraphs: in_units.collect(),
        ..Program::default()
    }
}

/// What `y` is to be divided by.
pub(crate) fn size(
    (problem, method): (&Problem<'_>, &'static str),
    rows: &[Row],
    solution: &Solution,
    epigraphs: &[Epigraph<'_>],
) -> Result<f64, AllocationError> {
    let columns = solution.x.len() - 1;
    let fixed = rows.iter().any(|row| row.equality && row.limit != 0.0);
    let size = match fixed {
        true => solution.x[columns],
        false => least_size((problem, method), rows, &solution.x, epigraphs)?,
    };
    if size > LEAST_SIZE {
        return Ok(size);
    }
    let unbounded = AllocationError::Unbounded { method };
    Err(conflict(problem)?.unwrap_or(unbounded))
}

/// The least `κ` for which `y / κ` is in the region: a linear program in the auxiliary variables
/// and `κ`.
fn least_size(
    (problem, method): (&Problem<'_>, &'static str),
    rows: &[Row],
    solution: &[f64],
    epigraphs: &[Epigraph<'_>],
) -> Result<f64, AllocationError> {
    let n = problem.n_assets();
    let (y, unit) = (&solution[..solution.len() - 1], solution[solution.len() - 1]);
    let auxiliary = y.len() - n;
    let risks = epigraphs.iter().map(|epigraph| Row {
        terms: vec![(epigraph.column - n, -1.0)],
        equality: false,
        limit: -epigraph.risk.value(&y[..n], unit).unwrap_or(y[epigraph.column]),
        label: Label::Support,
    });
    let risks: Vec<Row> = risks.collect();
    let rows = rows.iter().map(|row| {
        let (fixed, free): (Vec<_>, Vec<_>) = row.terms.iter().partition(|(c, _)| *c < n);
        let at_y: f64 = fixed.iter().map(|(column, a)| a * y[*column]).sum();
        let mut terms: Vec<(usize, f64)> = free.iter().map(|(c, a)| (c - n, *a)).collect();
        terms.push((auxiliary, -row.limit));
        Row {
            terms,
            // An equality with nought on the right holds at y already, up to rounding.
            equality: false,
            limit: if row.equality { 0.0 } else { -at_y },
            label: Label::Support,
        }
    });
    let mut linear = vec![0.0; auxiliary + 1];
    linear[auxiliary] = 1.0;
    let positive =
        Row { terms: vec![(auxiliary, -1.0)], equality: false, limit: 0.0, label: Label::Support };
    let program = Program {
        rows: rows.chain(risks).chain([positive]).collect(),
        linear,
        ..Program::default()
    };
    match solve(&program) {
        Outcome::Solved(solution) => Ok(solution.x[auxiliary]),
        other => Err(refuse(problem, method, other)?),
    }
}

/// Why the homogenised program has no solution: the region is empty, or nothing in it earns more
/// than the risk-free rate. `lost` is what uncertainty takes off, if it counts.
pub(crate) fn no_excess<'a>(
    problem: &'a Problem<'a>,
    method: &'static str,
    risk_free: f64,
    excess: &[f64],
    lost: Option<RiskTerm<'a>>,
) -> Result<AllocationError, AllocationError> {
    if let Some(conflict) = conflict(problem)? {
        return Ok(conflict);
    }
    let mut region = Region::new(problem, sentences(problem.constraints))?;
    let lost = lost.map(|term| region.epigraph(term));
    let mut linear = vec![0.0; region.columns];
    for (slope, e) in linear.iter_mut().zip(excess) {
        *slope = -e;
    }
    lost.iter().for_each(|column| linear[*column] = 1.0);
    let best =
        Program { linear, rows: region.rows, epigraphs: region.epigraphs, ..Program::default() };
    match solve(&best) {
        Outcome::Solved(solution) => Ok(AllocationError::NoExcessReturn {
            risk_free,
            best: expected(excess, &solution.x[..problem.n_assets()])
                - lost.map_or(0.0, |column| solution.x[column]),
        }),
        other => refuse(problem, method, other),
    }
}
