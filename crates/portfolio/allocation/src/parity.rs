//! Risk parity: equal contributions to risk.
//!
//! $$\min_{x > 0}\; \tfrac12 x^\top\Sigma x - \lambda \sum_i \ln x_i
//! \quad\Longrightarrow\quad x_i (\Sigma x)_i = \lambda \text{ for every } i$$
//!
//! (Spinu, 2013, "An Algorithm for Computing Risk Parity Weights"), a strictly convex problem with
//! one solution, found by cyclical coordinate descent (Griveau-Billion, Richard and Roncalli,
//! 2013, "A Fast Algorithm for Computing High-Dimensional Risk Parity Portfolios") and, where no
//! bound is in the way, polished by Newton steps and scaled to the net weight.
//!
//! With bounds on single assets the same problem is solved within them, at the `λ` for which the
//! weights sum to the net weight (Richard and Roncalli, 2019, "Constrained Risk Budgeting
//! Portfolios"). What then holds: assets between their bounds contribute equally; one at its upper
//! bound contributes less, one at its lower bound more. Sentences about groups, turnover and gross
//! exposure have no place in the method: weights that break one are refused by name. Weights are
//! positive whatever shorting the sentences allow. Cost: n² for each sweep, tens of sweeps.

use risk::Matrix;
use types::{Binding, Certificate, Status, Target};

use crate::naive::{honoured, long_only_total, moving};
use crate::region::{Region, sentences};
use crate::sentence::percent;
use crate::{AllocationError, Problem};

const METHOD: &str = "risk parity";

/// Sweeps stop once no coordinate moves by more than this part of itself.
const STEP: f64 = 1e-14;

/// Contributions this close to equal are good enough for the full status.
const SOLVED: f64 = 1e-9;

const MAX_SWEEPS: u32 = 10_000;

/// The weights of equal risk contributions.
pub(crate) fn allocate(problem: &Problem<'_>) -> Result<Target, AllocationError> {
    moving(problem, METHOD)?;
    let region = Region::new(problem, sentences(problem.constraints))?;
    let total = long_only_total(&region)?;
    let mut descent = Descent::new(&problem.moments.covariance, &region);
    descent.unbounded(total);
    if !descent.within_bounds() {
        descent.bounded(total);
    }
    let target = descent.target(problem, total)?;
    honoured(&region, METHOD, &target.weights)?;
    Ok(target)
}

/// The iterate, in the units of weights, and the `λ` that it belongs to.
struct Descent<'a> {
    sigma: &'a Matrix,
    lower: Vec<f64>,
    upper: Vec<f64>,
    x: Vec<f64>,
    lambda: f64,
    sweeps: u32,
}

impl<'a> Descent<'a> {
    fn new(sigma: &'a Matrix, region: &Region<'_>) -> Self {
        Self {
            sigma,
            lower: region.lower.iter().map(|lower| lower.max(0.0)).collect(),
            upper: region.upper.clone(),
            x: Vec::new(),
            lambda: 1.0,
            sweeps: 0,
        }
    }

    /// The solution without bounds, scaled to sum to `total`: `x(λ) = √λ · x(1)`.
    fn unbounded(&mut self, total: f64) {
        let n = self.sigma.n();
        self.x = self.sigma.diag().map(|v| (v * n as f64).sqrt().recip()).collect();
        self.settle(&vec![0.0; n], &vec![f64::INFINITY; n]);
        self.polish();
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
        for _ in 0..200 {
            let middle = (low * high).sqrt();
            if middle <= low || middle >= high {
                break;
            }
            match self.sum_at(middle) < total {
                true => low = middle,
                false => high = middle,
            }
        }
        self.sum_at(high);
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
    /// `σ_ii x² + (Σ_{j≠i} σ_ij x_j) x − λ = 0`, within its bounds. The largest relative move.
    fn sweep(&mut self, lower: &[f64], upper: &[f64]) -> f64 {
        let mut largest = 0.0_f64;
        for i in 0..self.x.len() {
            let row = self.sigma.row(i);
            let dot: f64 = row.iter().zip(&self.x).map(|(s, x)| s * x).sum();
            let rest = dot - row[i] * self.x[i];
            let root = (rest * rest + 4.0 * row[i] * self.lambda).sqrt();
            // The form without cancellation, for either sign of `rest`.
            let free = match rest > 0.0 {
                true => 2.0 * self.lambda / (rest + root),
                false => (root - rest) / (2.0 * row[i]),
            };
            let next = free.min(upper[i]).max(lower[i]);
            largest = largest.max((next - self.x[i]).abs() / next.max(f64::MIN_POSITIVE));
            self.x[i] = next;
        }
        largest
    }

    /// Two Newton steps on `Σx − λ/x = 0`, taken only while they keep every weight positive.
    fn polish(&mut self) {
        for _ in 0..2 {
            let gradient: Vec<f64> = self.gradient().collect();
            let hessian = Matrix::from_fn(self.x.len(), |i, j| {
                let barrier = if i == j { self.lambda / self.x[i].powi(2) } else { 0.0 };
                self.sigma.at(i, j) + barrier
            });
            let Ok(factor) = hessian.cholesky() else {
                return;
            };
            let step = factor.solve(&gradient);
            let next: Vec<f64> = self.x.iter().zip(&step).map(|(x, s)| x - s).collect();
            if !next.iter().all(|x| *x > 0.0) {
                return;
            }
            self.x = next;
        }
    }

    fn gradient(&self) -> impl Iterator<Item = f64> {
        let marginal = self.sigma.mul_vec(&self.x).into_iter();
        marginal.zip(&self.x).map(|(m, x)| m - self.lambda / x)
    }

    /// The evidence: the dual residual is the largest relative difference of a risk contribution
    /// from `λ` among the assets between their bounds.
    fn target(&self, problem: &Problem<'_>, total: f64) -> Result<Target, AllocationError> {
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
                dual_residual = dual_residual.max((slope * x / self.lambda).abs());
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
                    method: METHOD,
                    status: "risk contributions are not equal".to_owned(),
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
                method: METHOD.to_owned(),
                status,
                objective: self.sigma.quad_form(&self.x),
                primal_residual,
                dual_residual,
                gap: 0.0,
                iterations: self.sweeps,
                binding,
            },
        })
    }
}
