//! The one seam to the cone solver.
//!
//! In: a [`Program`], `minimise factor · xᵀQx + linear · x` over linear rows, 3/2-power
//! epigraphs, cones and the epigraphs of risk measures. Out: a primal and dual [`Solution`] in the program's own units, or why there is
//! none. Behind it: Clarabel, a homogeneous interior-point method (Goulart and Chen, 2024,
//! "Clarabel: An interior-point solver for conic programs with quadratic objectives").
//! Knows nothing about portfolios.
//!
//! The objective is scaled to order one before the solver sees it, so that its absolute
//! tolerances mean the same for daily variances of 1e-4 as for annual ones. It is asked for a gap
//! of 1e-12 and residuals of 1e-11 in that scale, tight enough for weights to 1e-8. Where rounding
//! stops it short, up to 1e-9 still counts as solved, up to 1e-6 (residuals 1e-7) as almost solved.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, ExponentialConeT, IPSolver, NonnegativeConeT, PowerConeT,
    SecondOrderConeT, SolverStatus, SupportedConeT, ZeroConeT,
};
use types::Status;

use crate::cutting::{self, WarmStart};
use crate::epigraph::Epigraph;
use crate::region::Row;

/// `minimise factor · xᵀQx + Σ squares + linear · x` subject to rows, powers, cones and epigraphs.
#[derive(Debug, Default, Clone)]
pub(crate) struct Program<'a> {
    pub quadratic: Option<Quadratic<'a>>,
    /// One coefficient for each column.
    pub linear: Vec<f64>,
    pub rows: Vec<Row>,
    pub powers: Vec<Power>,
    /// `factor · x[column]²`, as (column, factor), added to the objective.
    pub squares: Vec<(usize, f64)>,
    pub cones: Vec<Cone>,
    /// Columns that lie above a risk of the weights; [`solve`] writes them as cones or cuts.
    pub epigraphs: Vec<Epigraph<'a>>,
}

/// `terms · x + constant`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Affine {
    pub terms: Vec<(usize, f64)>,
    pub constant: f64,
}

/// Affine functions that together lie in a cone.
#[derive(Debug, Clone)]
pub(crate) struct Cone {
    pub kind: ConeKind,
    pub parts: Vec<Affine>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ConeKind {
    /// `part₀ >= ‖(part₁, …)‖`.
    SecondOrder,
    /// `(a, b, c)` with `b · exp(a / b) <= c`.
    Exponential,
    /// `(a, b, c)` with `a^α · b^(1−α) >= abs(c)`.
    Power(f64),
}

/// `factor · xᵀQx` over the first `n` columns; `values` is `Q`, positive semidefinite, in full.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quadratic<'a> {
    pub n: usize,
    pub values: &'a [f64],
    pub factor: f64,
}

/// `x[epigraph] >= abs(x[column] − reference)^(3/2)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Power {
    pub epigraph: usize,
    pub column: usize,
    pub reference: f64,
}

/// How a solve ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Solved(Solution),
    Infeasible,
    Unbounded,
    Failed(String, Residuals),
}

/// How far from a solution the last iterate was; the gap is in the units of the objective.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Residuals {
    pub primal: f64,
    pub dual: f64,
    pub gap: f64,
}

/// A primal and dual solution.
#[derive(Debug)]
pub(crate) struct Solution {
    pub x: Vec<f64>,
    /// One multiplier for each row: what the objective would fall by if the limit rose by one.
    pub duals: Vec<f64>,
    pub status: Status,
    pub residuals: Residuals,
    pub iterations: u32,
}

/// Residuals and gap up to here, in the scale of order one, are a full solution.
const FULL: f64 = 1e-9;

/// The longest step towards the boundary of the cones, attempt by attempt. On rare programs the
/// long steps of the homogeneous embedding fall into a cycle; shorter ones take another path.
const STEPS: [f64; 3] = [0.99, 0.9, 0.7];

/// Solves `program`, its epigraphs included.
pub(crate) fn solve(program: &Program<'_>) -> Outcome {
    match program.epigraphs.is_empty() {
        true => interior(program),
        false => cutting::solve(program, &mut WarmStart::default()),
    }
}

/// Solves a program without epigraphs: fully at the first attempt that can, else as well as the
/// best of them.
pub(crate) fn interior(program: &Program<'_>) -> Outcome {
    let mut best: Option<Outcome> = None;
    for step in STEPS {
        let outcome = attempt(program, step);
        match &outcome {
            Outcome::Solved(solution) if solution.status != Status::Solved => {
                best = Some(outcome);
            }
            Outcome::Failed(..) => best = best.or(Some(outcome)),
            _ => return outcome,
        }
    }
    best.expect("there is at least one attempt")
}

fn attempt(program: &Program<'_>, step: f64) -> Outcome {
    let scale = scale(program);
    let linear: Vec<f64> = program.linear.iter().map(|c| c / scale).collect();
    let (matrix, limits, cones, places) = rows(program);
    let hessian = hessian(program, scale);
    let settings = settings(step);
    let mut solver = DefaultSolver::new(&hessian, &linear, &matrix, &limits, &cones, settings)
        .expect("shapes and settings are our own");
    solver.solve();
    let residuals = Residuals {
        primal: solver.solution.r_prim,
        dual: solver.solution.r_dual,
        gap: (solver.solution.obj_val - solver.solution.obj_val_dual).abs() * scale,
    };
    let status = match solver.solution.status {
        SolverStatus::Solved | SolverStatus::AlmostSolved => status(residuals, scale),
        SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible => {
            return Outcome::Infeasible;
        }
        SolverStatus::DualInfeasible | SolverStatus::AlmostDualInfeasible => {
            return Outcome::Unbounded;
        }
        other => return Outcome::Failed(format!("{other:?}"), residuals),
    };
    let z = &solver.solution.z;
    Outcome::Solved(Solution {
        duals: places.iter().map(|place| z[*place] * scale).collect(),
        x: std::mem::take(&mut solver.solution.x),
        status,
        residuals,
        iterations: solver.solution.iterations,
    })
}

/// The solver's own verdict is about tolerances that rounding need not allow; this one is about
/// what a user can rely on.
fn status(residuals: Residuals, scale: f64) -> Status {
    let worst = residuals.primal.max(residuals.dual).max(residuals.gap / scale);
    match worst <= FULL {
        true => Status::Solved,
        false => Status::AlmostSolved,
    }
}

fn settings(max_step_fraction: f64) -> DefaultSettings<f64> {
    DefaultSettings {
        verbose: false,
        max_iter: 100,
        max_step_fraction,
        presolve_enable: false,
        tol_gap_abs: 1e-12,
        tol_gap_rel: 1e-12,
        tol_feas: 1e-11,
        reduced_tol_gap_abs: 1e-6,
        reduced_tol_gap_rel: 1e-6,
        reduced_tol_feas: 1e-7,
        ..DefaultSettings::default()
    }
}

/// The size of the objective's coefficients; 1 if there is no objective.
fn scale(program: &Program<'_>) -> f64 {
    let curvature = program.quadratic.map_or(0.0, |q| {
        let trace: f64 = (0..q.n).map(|i| q.values[i * q.n + i]).sum();
        2.0 * q.factor * trace / q.n as f64
    });
    let square = program.squares.iter().fold(0.0_f64, |max, (_, factor)| max.max(2.0 * factor));
    let slope = program.linear.iter().fold(0.0_f64, |max, c| max.max(c.abs()));
    let size = curvature.max(square).max(slope);
    if size > 0.0 { size } else { 1.0 }
}

/// The upper triangle of `2 · factor · Q / scale`.
fn hessian(program: &Program<'_>, scale: f64) -> CscMatrix<f64> {
    let columns = program.linear.len();
    let none = Quadratic { n: 0, values: &[], factor: 0.0 };
    let q = program.quadratic.unwrap_or(none);
    let entries = q.n * (q.n + 1) / 2;
    let (mut starts, mut places) = (Vec::with_capacity(columns + 1), Vec::with_capacity(entries));
    let mut values = Vec::with_capacity(entries);
    let factor = 2.0 * q.factor / scale;
    for column in 0..columns {
        starts.push(values.len());
        if column < q.n {
            places.extend(0..=column);
            let upper = &q.values[column * q.n..=column * q.n + column];
            values.extend(upper.iter().map(|value| factor * value));
        }
        for (_, square) in program.squares.iter().filter(|(at, _)| *at == column) {
            if places.last() != Some(&column) || values.len() == starts[column] {
                places.push(column);
                values.push(0.0);
            }
            *values.last_mut().expect("it was just written") += 2.0 * square / scale;
        }
    }
    starts.push(values.len());
    CscMatrix::new(columns, columns, starts, places, values)
}

type Rows = (CscMatrix<f64>, Vec<f64>, Vec<SupportedConeT<f64>>, Vec<usize>);

/// Equalities first, inequalities after them, then powers and cones; and where each row went.
fn rows(program: &Program<'_>) -> Rows {
    let equalities = program.rows.iter().filter(|row| row.equality).count();
    let inequalities = program.rows.len() - equalities;
    let parts: usize = program.cones.iter().map(|cone| cone.parts.len()).sum();
    let height = program.rows.len() + 3 * program.powers.len() + parts;
    let (mut r, mut c, mut v) = (Vec::new(), Vec::new(), Vec::new());
    let mut limits = vec![0.0; height];
    let mut places = Vec::with_capacity(program.rows.len());
    let mut next = [equalities, 0];
    for row in &program.rows {
        let place = next[usize::from(row.equality)];
        next[usize::from(row.equality)] += 1;
        places.push(place);
        limits[place] = row.limit;
        for (column, coefficient) in &row.terms {
            r.push(place);
            c.push(*column);
            v.push(*coefficient);
        }
    }
    for (index, power) in program.powers.iter().enumerate() {
        // (s, 1, Δ) with s^(2/3) · 1^(1/3) >= abs(Δ), written as limit − A x.
        let first = program.rows.len() + 3 * index;
        r.extend([first, first + 2]);
        c.extend([power.epigraph, power.column]);
        v.extend([-1.0, -1.0]);
        limits[first + 1] = 1.0;
        limits[first + 2] = -power.reference;
    }
    let mut cones = vec![ZeroConeT(equalities), NonnegativeConeT(inequalities)];
    cones.extend(program.powers.iter().map(|_| PowerConeT(2.0 / 3.0)));
    let mut place = program.rows.len() + 3 * program.powers.len();
    for cone in &program.cones {
        cones.push(match cone.kind {
            ConeKind::SecondOrder => SecondOrderConeT(cone.parts.len()),
            ConeKind::Exponential => ExponentialConeT(),
            ConeKind::Power(exponent) => PowerConeT(exponent),
        });
        for part in &cone.parts {
            limits[place] = part.constant;
            for (column, coefficient) in &part.terms {
                r.push(place);
                c.push(*column);
                v.push(-coefficient);
            }
            place += 1;
        }
    }
    let matrix = CscMatrix::new_from_triplets(height, program.linear.len(), r, c, v);
    (matrix, limits, cones, places)
}
