//! Risk budgets under any linear sentence.
//!
//! In: a region whose sentences the plain risk budgets break. Out: weights that keep every one of
//! them and minimise `½ xᵀΣx − λ Σ b_i ln x_i` among those that keep all but the net weight, at the
//! `λ` where the net weight is right as well (Richard and Roncalli, 2019, "Constrained Risk
//! Budgeting Portfolios", section 2.3). The logarithms are replaced by their second-order model at
//! the newest weights, each model is a quadratic program, and steps are shortened as in Newton's
//! method. It does not know single bounds from other rows.

use risk::Matrix;
use types::{Status, Target};

use crate::certificate::{binding, solved};
use crate::conflict::refuse;
use crate::constraint::Quantity;
use crate::epigraph::Epigraph;
use crate::region::{Label, Region, Row};
use crate::solver::{Outcome, Program, Quadratic, Solution, solve as solve_program};
use crate::{AllocationError, Problem};

/// Relative moves of a weight that end the steps at one `λ`.
const STILL: f64 = 1e-9;

/// How far the net weight may be missed.
const NET: f64 = 1e-10;

struct Model<'a> {
    problem: &'a Problem<'a>,
    method: &'static str,
    sigma: &'a Matrix,
    budgets: &'a [f64],
    columns: usize,
    rows: Vec<Row>,
    epigraphs: Vec<Epigraph<'a>>,
    x: Vec<f64>,
    steps: u32,
}

/// The target, from the weights and the `λ` that no sentence but the bounds shaped.
pub(crate) fn solve<'a>(
    region: &mut Region<'a>,
    method: &'static str,
    sigma: &Matrix,
    budgets: &[f64],
    (x, lambda): (&[f64], f64),
    total: f64,
) -> Result<Target, AllocationError> {
    let problem = region.problem;
    let rows = std::mem::take(&mut region.rows);
    let on_net = |row: &Row| match row.label {
        Label::Sentence(index) => {
            matches!(region.sentences[index].quantity, Quantity::Net | Quantity::Cash)
        }
        _ => false,
    };
    let rows = rows.into_iter().filter(|row| !on_net(row)).collect();
    let floor = 1e-6 * total / x.len() as f64;
    let x = x.iter().map(|x| x.max(floor)).collect();
    let columns = region.columns;
    let epigraphs = std::mem::take(&mut region.epigraphs);
    let mut model =
        Model { problem, method, sigma, budgets, columns, rows, epigraphs, x, steps: 0 };
    let (lambda, solution) = model.at_total(lambda, total)?;
    let binding = binding(region, &model.rows, &solution, 1.0);
    let weights = crate::certificate::cleaned(model.x.clone());
    let missed = (weights.iter().sum::<f64>() - total).abs();
    let objective = sigma.quad_form(&weights);
    let mut target = solved(problem, method, weights, objective, &solution, binding);
    target.certificate.iterations = model.steps;
    target.certificate.primal_residual = target.certificate.primal_residual.max(missed);
    if missed > 1e-9 || lambda <= 0.0 {
        target.certificate.status = Status::AlmostSolved;
    }
    Ok(target)
}

impl Model<'_> {
    /// The `λ` at which the weights sum to `total`, by regula falsi of the logarithms.
    fn at_total(&mut self, start: f64, total: f64) -> Result<(f64, Solution), AllocationError> {
        let (mut low, mut high) = (start, start);
        let mut solution = self.at(start)?;
        let mut miss = self.miss(total);
        let (mut at_low, mut at_high) = (miss, miss);
        for _ in 0..60 {
            if at_low < 0.0 && at_high > 0.0 || miss.abs() <= NET {
                break;
            }
            let next = if miss < 0.0 { high * 4.0 } else { low / 4.0 };
            solution = self.at(next)?;
            miss = self.miss(total);
            match next > high {
                true => (low, at_low, high, at_high) = (high, at_high, next, miss),
                false => (high, at_high, low, at_low) = (low, at_low, next, miss),
            }
        }
        let mut lambda = if miss == at_high { high } else { low };
        for _ in 0..60 {
            if miss.abs() <= NET {
                return Ok((lambda, solution));
            }
            let part = at_low / (at_low - at_high);
            let middle = (low.ln() + part * (high / low).ln()).exp();
            if !(low < middle && middle < high) {
                break;
            }
            solution = self.at(middle)?;
            (lambda, miss) = (middle, self.miss(total));
            if miss < 0.0 {
                (low, at_low, at_high) = (middle, miss, 0.5 * at_high);
            } else {
                (high, at_high, at_low) = (middle, miss, 0.5 * at_low);
            }
        }
        // No `λ` gives the net weight: the sentences leave less or more room than that.
        match miss.abs() <= 1e-7 {
            true => Ok((lambda, solution)),
            false => Err(refuse(self.problem, self.method, Outcome::Infeasible)?),
        }
    }

    fn miss(&self, total: f64) -> f64 {
        (self.x.iter().sum::<f64>() / total).ln()
    }

    /// Moves to the solution at `lambda`.
    fn at(&mut self, lambda: f64) -> Result<Solution, AllocationError> {
        loop {
            self.steps += 1;
            let solution = self.step(lambda)?;
            let n = self.x.len();
            let (mut largest, mut decrement) = (0.0_f64, 0.0);
            let mut shrinks = 0.0_f64;
            for ((x, to), budget) in self.x.iter().zip(&solution.x[..n]).zip(self.budgets) {
                let move_ = (to - x) / x;
                largest = largest.max(move_.abs());
                shrinks = shrinks.max(-move_);
                decrement += budget * move_ * move_;
            }
            let change: Vec<f64> = self.x.iter().zip(&solution.x).map(|(x, to)| to - x).collect();
            decrement += self.sigma.quad_form(&change) / lambda;
            let decrement = decrement.max(0.0).sqrt();
            let mut length = if decrement > 0.2 { 1.0 / (1.0 + decrement) } else { 1.0 };
            if length * shrinks > 0.9 {
                length = 0.9 / shrinks;
            }
            self.x.iter_mut().zip(&change).for_each(|(x, change)| *x += length * change);
            if largest <= STILL || (length == 1.0 && decrement < 1e-8) || self.steps > 2_000 {
                return Ok(solution);
            }
        }
    }

    /// The quadratic program of the model at the newest weights: with `H = Σ + λ b / x²`, minimise
    /// `½ wᵀHw − 2 λ (b / x)ᵀ w`.
    fn step(&self, lambda: f64) -> Result<Solution, AllocationError> {
        let n = self.x.len();
        let mut values = self.sigma.as_slice().to_vec();
        let mut linear = vec![0.0; self.columns];
        for (asset, (x, budget)) in self.x.iter().zip(self.budgets).enumerate() {
            values[asset * n + asset] += lambda * budget / (x * x);
            linear[asset] = -2.0 * lambda * budget / x;
        }
        let program = Program {
            quadratic: Some(Quadratic { n, values: &values, factor: 0.5 }),
            linear,
            rows: self.rows.clone(),
            epigraphs: self.epigraphs.clone(),
            ..Program::default()
        };
        match solve_program(&program) {
            Outcome::Solved(solution) => Ok(solution),
            other => Err(refuse(self.problem, self.method, other)?),
        }
    }
}
