//! Risk budgets: each asset contributes its part to the portfolio's variance; equal parts are risk
//! parity.
//!
//! $$\min_{x > 0}\; \tfrac12 x^\top\Sigma x - \lambda \sum_i b_i \ln x_i
//! \quad\Longrightarrow\quad x_i (\Sigma x)_i = \lambda b_i \text{ for every } i$$
//!
//! (Spinu, 2013, "An Algorithm for Computing Risk Parity Weights"), a strictly convex problem with
//! one solution. Without bounds in the way it is found by [Newton's method](crate::newton) and
//! scaled to the net weight.
//!
//! Under constraints the same problem is solved within them, at the `λ` for which the weights sum
//! to the net weight (Richard and Roncalli, 2019, "Constrained Risk Budgeting Portfolios"). Bounds
//! of single assets are met by cyclical coordinate descent (Griveau-Billion, Richard and Roncalli,
//! 2013, "A Fast Algorithm for Computing High-Dimensional Risk Parity Portfolios"), other sentences
//! by [quadratic programs](crate::constrained_parity). What then holds: assets that no constraint
//! touches contribute their parts; one at its upper bound contributes less, one at its lower bound
//! more. Weights are positive whatever shorting the sentences allow. Cost: n² for each product with
//! the covariance, some twenty of them; n² for each sweep under bounds, hundreds of them.

use risk::Matrix;
use types::{Binding, Certificate, Status, Target};

use crate::constrained_parity;
use crate::critical_line::tableau::dot;
use crate::naive::{broken, long_only_total, moving};
use crate::newton;
use crate::region::{Region, sentences};
use crate::sentence::percent;
use crate::{AllocationError, Problem};

/// Sweeps stop once no coordinate moves by more than this part of itself.
const STEP: f64 = 1e-13;

/// Contributions this close to equal are good enough for the full status.
const SOLVED: f64 = 1e-9;

const MAX_SWEEPS: u32 = 2_000;

/// The weights whose assets contribute in proportion to `budgets`, one positive number for each
/// asset, to the variance of the portfolio.
///
/// Fails as [`allocate`](crate::allocate) does, and if a budget is not positive.
pub fn risk_budgets(problem: &Problem<'_>, budgets: &[f64]) -> Result<Target, AllocationError> {
    problem.check(false)?;
    by_budgets(problem, "risk budgets", budgets)
}

/// The budgets, one positive number for each asset, as parts of one.
pub(crate) fn shares(problem: &Problem<'_>, budgets: &[f64]) -> Result<Vec<f64>, AllocationError> {
    if budgets.len() != problem.n_assets() {
        let (expected, found) = (problem.n_assets(), budgets.len());
        return Err(AllocationError::Shape { what: "the risk budget", expected, found });
    }
    if let Some(asset) = budgets.iter().position(|b| *b <= 0.0 || !b.is_finite()) {
        let (symbol, value) = (problem.symbol(asset).clone(), budgets[asset]);
        return Err(AllocationError::NoBudget { symbol, value });
    }
    let sum: f64 = budgets.iter().sum();
    Ok(budgets.iter().map(|budget| budget / sum).collect())
}

/// The weights of these budgets.
pub(crate) fn by_budgets(
    problem: &Problem<'_>,
    method: &'static str,
    budgets: &[f64],
) -> Result<Target, AllocationError> {
    let n = budgets.len() as f64;
    let budgets = shares(problem, budgets)?.iter().map(|share| share * n).collect();
    moving(problem, method)?;
    let mut region = Region::new(problem, sentences(problem.constraints))?;
    let total = long_only_total(&region)?;
    let mut descent = Descent::new(&problem.moments.covariance, &region, budgets);
    descent.unbounded(total);
    if !descent.within_bounds() {
        descent.bounded(total);
    }
    match broken(&region, &descent.x)? {
        None => descent.target(problem, method, total),
        Some(_) => {
            let (sigma, budgets) = (&problem.moments.covariance, &descent.budgets);
            let start = (descent.x.as_slice(), descent.lambda);
            constrained_parity::solve(&mut region, method, sigma, budgets, start, total)
        }
    }
}

/// The iterate, in the units of weights, and the `λ` that it belongs to.
struct Descent<'a> {
    sigma: &'a Matrix,
    /// One for each asset, one on average.
    budgets: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    x: Vec<f64>,
    lambda: f64,
    sweeps: u32,
}

impl<'a> Descent<'a> {
    fn new(sigma: &'a Matrix, region: &Region<'_>, budgets: Vec<f64>) -> Self {
        Self {
            sigma,
            budgets,
            lower: region.lower.iter().map(|lower| lower.max(0.0)).collect(),
            upper: region.upper.clone(),
            x: Vec::new(),
            lambda: 1.0,
            sweeps: 0,
        }
    }

    /// The solution without bounds, scaled to sum to `total`: `x(λ) = √λ · x(1)`.
    fn unbounded(&mut self, total: f64) {
        (self.x, self.sweeps) = newton::budgeted(self.sigma, &self.budgets);
        let scale = total / self.x.iter().sum::<f64>();
        self.x.iter_mut().for_each(|x| *x *= scale);
        self.lambda = scale * scale;
    }

    fn within_bounds(&self) -> bool {
        let bounds = self.lower.iter().zip(&self.upper);
        self.x.iter().zip(bounds).all(|(x, (lower, upper))| lower <= x && x <= upper)
    }

    /// The solution within the bounds, with `λ` found by bisection of its logarithm: the sum of
    /// the weights grows with `λ` from the lower to the upper bounds.
    fn bounded(&mut self, total: f64) {
        let (mut low, mut high) = (self.lambda, self.lambda);
        while self.sum_at(low) > total && low > 1e-30 * self.lambda.max(1e-30) {
            low /= 16.0;
        }
        while self.sum_at(high) < total && high < 1e30 {
            high *= 16.0;
        }
        // Regula falsi of the logarithms, the retained end halved (Dowell and Jarratt, 1971).
        let miss = |sum: f64| (sum / total).ln();
        let (mut at_low, mut at_high) = (miss(self.sum_at(low)), miss(self.sum_at(high)));
        for _ in 0..100 {
            let part = at_low / (at_low - at_high);
            let middle = (low.ln() + part * (high / low).ln()).exp();
            if !(low < middle && middle < high) {
                break;
            }
            let at_middle = miss(self.sum_at(middle));
            if at_middle.abs() <= 1e-14 {
                return;
            }
            if at_middle < 0.0 {
                (low, at_low, at_high) = (middle, at_middle, 0.5 * at_high);
            } else {
                (high, at_high, at_low) = (middle, at_middle, 0.5 * at_low);
            }
        }
    }

    fn sum_at(&mut self, lambda: f64) -> f64 {
        self.lambda = lambda;
        let (lower, upper) = (self.lower.clone(), self.upper.clone());
        self.settle(&lower, &upper);
        self.x.iter().sum()
    }

    /// Sweeps until the coordinates stand still.
    fn settle(&mut self, lower: &[f64], upper: &[f64]) {
        for _ in 0..MAX_SWEEPS {
            self.sweeps += 1;
            if self.sweep(lower, upper) <= STEP {
                return;
            }
        }
    }

    /// Moves each coordinate to its own minimum, the positive root of
    /// `σ_ii x² + (Σ_{j≠i} σ_ij x_j) x − λ b_i = 0`, within its bounds. The largest relative move.
    fn sweep(&mut self, lower: &[f64], upper: &[f64]) -> f64 {
        let mut largest = 0.0_f64;
        for i in 0..self.x.len() {
            let row = self.sigma.row(i);
            let rest = dot(row, &self.x) - row[i] * self.x[i];
            let wanted = self.lambda * self.budgets[i];
            let root = (rest * rest + 4.0 * row[i] * wanted).sqrt();
            // The form without cancellation, for either sign of `rest`.
            let free = match rest > 0.0 {
                true => 2.0 * wanted / (rest + root),
                false => (root - rest) / (2.0 * row[i]),
            };
            let next = free.min(upper[i]).max(lower[i]);
            largest = largest.max((next - self.x[i]).abs() / next.max(f64::MIN_POSITIVE));
            self.x[i] = next;
        }
        largest
    }

    fn gradient(&self) -> impl Iterator<Item = f64> {
        let marginal = self.sigma.mul_vec(&self.x).into_iter();
        let parts = self.x.iter().zip(&self.budgets);
        marginal.zip(parts).map(|(m, (x, budget))| m - self.lambda * budget / x)
    }

    /// The evidence: the dual residual is the largest relative difference of a risk contribution
    /// from its part among the assets between their bounds.
    fn target(
        &self,
        problem: &Problem<'_>,
        method: &'static str,
        total: f64,
    ) -> Result<Target, AllocationError> {
        let primal_residual = (self.x.iter().sum::<f64>() - total).abs();
        let mut dual_residual = 0.0_f64;
        let mut binding = Vec::new();
        for (asset, slope) in self.gradient().enumerate() {
            let (symbol, x) = (problem.symbol(asset), self.x[asset]);
            let (bound, at) = match x >= self.upper[asset] {
                true => ("<=", self.upper[asset]),
                false => (">=", self.lower[asset]),
            };
            if x < self.upper[asset] && x > self.lower[asset] {
                dual_residual =
                    dual_residual.max((slope * x / (self.lambda * self.budgets[asset])).abs());
            } else if slope.abs() * x > SOLVED * self.lambda || x == 0.0 {
                binding.push(Binding {
                    constraint: format!("weight({symbol}) {bound} {}", percent(at)),
                    shadow_price: slope.abs(),
                });
            }
        }
        let status = match dual_residual.max(primal_residual) {
            worst if worst <= SOLVED => Status::Solved,
            worst if worst <= 1e-6 => Status::AlmostSolved,
            _ => {
                return Err(AllocationError::Unsolved {
                    method,
                    status: "risk contributions are not as budgeted".to_owned(),
                    primal_residual,
                    dual_residual,
                    gap: 0.0,
                });
            }
        };
        Ok(Target {
            as_of: problem.as_of,
            symbols: problem.moments.symbols.clone(),
            weights: self.x.clone(),
            certificate: Certificate {
                method: method.to_owned(),
                status,
                objective: self.sigma.quad_form(&self.x),
                primal_residual,
                dual_residual,
                gap: 0.0,
                iterations: self.sweeps,
                binding,
                fallbacks: Vec::new(),
            },
        })
    }
}
