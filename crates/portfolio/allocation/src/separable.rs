//! A primal-dual interior-point method for quadratics, prices of distances, and few rows.
//!
//! $$\begin{aligned}
//! \min_{x,t}\; & \tfrac12 x^\top (Q + \mathrm{diag}(q)) x + c^\top x
//! {} + \textstyle\sum_j (e_j t_j + p_j t_j^{3/2}) \\
//! \text{s.t.}\; & l \le x \le u,\; t_j \ge |x_{a_j} - x_{b_j} - r_j|,\; A x + B t \le b
//! \end{aligned}$$
//!
//! In: a [`Separable`]. Out: a primal and dual solution with its residuals, or `None`, and then
//! the cone solver is asked. Trading costs, fees, turnover, gross exposure and the moves between
//! the periods of a plan are all distances. Knows nothing about portfolios.
//!
//! Bounds and distances are eliminated by hand, so that a Newton step is one system in `x` and the
//! multipliers of the rows (see [`kernel`]): `n · (k + m)²` for a covariance of `k` factors and `m`
//! rows, `n³ / 3` for a dense one. The power 3/2 stays in the objective, where the logarithmic
//! barrier of its distance dominates its third derivative, so that path-following needs no cone
//! (Zhu, 1992, "A path following algorithm for a class of convex programming problems"). Steps are
//! by Mehrotra's predictor and corrector (Mehrotra, 1992, "On the implementation of a primal-dual
//! interior point method"; Nocedal and Wright, 2006, *Numerical Optimization*, section 16.6).

mod iterate;
pub(crate) mod kernel;
pub(crate) mod reading;

#[cfg(test)]
mod tests;

use iterate::{Iterate, Layout, Target};
use kernel::{Dense, Factors, Kernel};

/// What is minimised, and where.
#[derive(Debug, Clone)]
pub(crate) struct Separable<'a> {
    pub curvature: Curvature<'a>,
    /// `c`, one for each column of `x`.
    pub slope: Vec<f64>,
    /// `q`, one for each column of `x`; not negative.
    pub square: Vec<f64>,
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    pub spans: Vec<Span>,
    pub ramps: Vec<Ramp>,
    pub rows: Vec<Line>,
}

/// `Q`, positive semidefinite.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Curvature<'a> {
    /// `factor` times a matrix in full; at a factor of nought there is no curvature.
    Dense { values: &'a [f64], factor: f64 },
    /// `factor · (C Cᵀ + diag(specific))`, `C` row by row for each column of `x`.
    Factors { exposures: &'a [f64], specific: &'a [f64], factor: f64 },
}

/// `t >= |x[column] − x[from] − reference|`, priced `slope · t + power · t^(3/2)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub column: usize,
    pub from: Option<usize>,
    pub reference: f64,
    pub slope: f64,
    pub power: f64,
}

/// A price `power · |x[column] − reference|^(3/2)` of a column that bounds keep above the
/// reference, or below it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ramp {
    pub column: usize,
    pub reference: f64,
    pub power: f64,
    pub above: bool,
}

/// `on_x · x + on_t · t <= limit`, or `==`.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub on_x: Vec<(usize, f64)>,
    pub on_t: Vec<(usize, f64)>,
    pub equality: bool,
    pub limit: f64,
}

/// Where an earlier solve of a like program ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Start {
    pub x: Vec<f64>,
    /// The multipliers of the rows, in units of the objective.
    pub multipliers: Vec<f64>,
}

/// A primal and dual solution.
#[derive(Debug)]
pub(crate) struct Answer {
    pub x: Vec<f64>,
    pub t: Vec<f64>,
    /// Of the rows; then of lower and upper bounds, nought where there is none; then of both sides
    /// of each span. A fixed column has its price on the side that holds it.
    pub multipliers: Vec<f64>,
    pub bounds: [Vec<f64>; 2],
    pub sides: [Vec<f64>; 2],
    /// Largest violation of a row.
    pub primal: f64,
    /// Largest violation of stationarity, in the scale of order one.
    pub dual: f64,
    /// The gap, in the units of the objective.
    pub gap: f64,
    /// The size of the objective's slopes.
    pub scale: f64,
    pub iterations: u32,
}

/// Residuals and gap that are asked for, in the scale of order one.
const WANTED: [f64; 3] = [1e-12, 1e-11, 1e-12];

/// Iterations before giving up.
const ITERATIONS: u32 = 60;

/// Iterations without progress before giving up.
const PATIENCE: u32 = 6;

impl Separable<'_> {
    /// The solution as near as rounding allows; `None` where the method fails.
    pub(crate) fn solve(&self, start: Option<&Start>) -> Option<Answer> {
        let n = self.slope.len();
        let crossed = (0..n).any(|i| self.lower[i] > self.upper[i]);
        let priced = self.ramps.iter().all(|ramp| ramp.power >= 0.0);
        if crossed || !priced || self.spans.iter().any(|span| span.slope < 0.0 || span.power < 0.0)
        {
            return None;
        }
        match self.curvature {
            Curvature::Factors { .. } => self.follow(Factors::new(self), start),
            Curvature::Dense { factor: 0.0, .. } => self.follow(Factors::new(self), start),
            Curvature::Dense { .. } => self.follow(Dense::new(self), start),
        }
    }

    fn follow(&self, mut kernel: impl Kernel, start: Option<&Start>) -> Option<Answer> {
        let layout = Layout::new(self);
        let mut iterate = Iterate::new(self, &layout, start);
        let mut best: Option<(f64, Iterate)> = None;
        let mut stale = 0;
        for iteration in 0..ITERATIONS {
            iterate.measure(self, &layout);
            let [primal, dual, gap] = iterate.residuals(self);
            let worst = (primal / WANTED[0]).max(dual / WANTED[1]).max(gap / WANTED[2]);
            if !(worst + primal + dual + gap).is_finite() {
                break;
            }
            stale += 1;
            if best.as_ref().is_none_or(|(least, _)| worst < *least) {
                best = Some((worst, iterate.clone()));
                stale = 0;
            }
            if worst <= 1.0 || stale > PATIENCE {
                break;
            }
            iterate.iterations = iteration + 1;
            if iterate.factor(self, &layout, &mut kernel).is_none() {
                break;
            }
            let predictor = iterate.direction(self, &layout, &kernel, &Target::default());
            let centre = iterate.centre(&predictor, 0.1 * WANTED[2]);
            let target = Target { centre, second: Some(&predictor) };
            let corrector = iterate.direction(self, &layout, &kernel, &target);
            iterate.advance(&corrector);
        }
        let (_, iterate) = best?;
        Some(iterate.answer(self, &layout))
    }
}
