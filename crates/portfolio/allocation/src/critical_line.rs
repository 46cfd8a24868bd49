//! The critical line: the whole efficient frontier, exactly.
//!
//! $$\min_w\; \tfrac12 w^\top\Sigma w - \lambda\,\mu^\top w
//! \quad\text{s.t.}\quad \mathbf 1^\top w = b,\; l \le w \le u,\qquad \lambda \in [0, \infty)$$
//!
//! The solution is piecewise linear in the risk tolerance `λ`. Its corners, the turning points,
//! are all that is kept: between two of them weights are mixed, expected return is linear in `λ`
//! and variance quadratic, so the portfolio at any return, risk or aversion, and the one of the
//! highest Sharpe ratio, follow without a further solve.
//!
//! Sources: Markowitz (1956), "The optimization of a quadratic function subject to linear
//! constraints"; Markowitz and Todd (2000), *Mean-Variance Analysis in Portfolio Choice and Capital
//! Markets*, ch. 13; Niedermayer and Niedermayer (2010); Bailey and López de Prado (2013), "An
//! Open-Source Implementation of the Critical-Line Algorithm for Portfolio Optimization".
//!
//! Cost: `n²` a turning point for a dense covariance, `n · k` for one of `k` factors. Equal means,
//! duplicates and a singular covariance are handled; where portfolios of the same return and risk
//! exist, one of them is found. Only bounds on single assets and one fixed budget fit; use
//! [`frontier`](crate::frontier) for other sentences.

mod dense;
mod factors;
pub(crate) mod tableau;
mod walk;

use risk::Matrix;

use crate::conflict::conflict;
use crate::region::{Label, Region, sentences};
use crate::sentence::percent;
use crate::{AllocationError, Problem};

use dense::Dense;
use factors::Factors;
use tableau::Tableau;
use walk::{Corner, Walk};

/// How far a corner may be from what the covariance says, relative to the largest weight.
const DRIFT: f64 = 1e-8;

/// A covariance as the walk wants it.
#[derive(Debug, Clone, Copy)]
pub enum Structure<'a> {
    /// Every entry; positive semidefinite.
    Dense(&'a Matrix),
    /// `C Cᵀ + diag(specific)`: `exposures` has, asset by asset, the exposures `C` to uncorrelated
    /// factors of unit variance; specific variances are positive.
    Factors {
        /// `n × k`, row by row.
        exposures: &'a [f64],
        /// `n` specific variances.
        specific: &'a [f64],
    },
}

/// A corner of the frontier.
#[derive(Debug, Clone, PartialEq)]
pub struct TurningPoint {
    /// The `λ` at which the weights start to move along another line.
    pub risk_tolerance: f64,
    /// Expected return over the horizon, as a fraction.
    pub expected_return: f64,
    /// Variance over the same horizon.
    pub variance: f64,
    /// One weight for each asset.
    pub weights: Vec<f64>,
}

/// A portfolio on the frontier.
#[derive(Debug, Clone, PartialEq)]
pub struct EfficientPortfolio {
    /// The `λ` for which it is optimal; `1 / (2 λ)` is its risk aversion in `μᵀw − a · wᵀΣw`.
    pub risk_tolerance: f64,
    /// Expected return over the horizon, as a fraction.
    pub expected_return: f64,
    /// Standard deviation over the same horizon.
    pub volatility: f64,
    /// One weight for each asset.
    pub weights: Vec<f64>,
}

/// The efficient frontier by its turning points.
#[derive(Debug, Clone, PartialEq)]
pub struct CriticalLine {
    points: Vec<TurningPoint>,
    drift: f64,
}

/// The critical line of `problem`.
///
/// Fails as [`allocate`](crate::allocate) does; with [`AllocationError::NotABound`] where a
/// sentence is neither a bound on single assets nor one fixed budget, and as unbounded where an
/// asset has no lower bound.
pub fn critical_line(problem: &Problem<'_>) -> Result<CriticalLine, AllocationError> {
    problem.check(true)?;
    let region = Region::new(problem, sentences(problem.constraints))?;
    let Some(budget) = fixed_budget(&region) else {
        return Err(not_a_bound(&region));
    };
    let structure = Structure::Dense(&problem.moments.covariance);
    let bounds = (region.lower.as_slice(), region.upper.as_slice());
    match CriticalLine::trace(structure, problem.expected_return, bounds, budget) {
        Err(error @ AllocationError::Infeasible { .. }) => Err(conflict(problem)?.unwrap_or(error)),
        other => other,
    }
}

/// The budget, if the region consists of it and of bounds on single assets.
pub(crate) fn fixed_budget(region: &Region<'_>) -> Option<f64> {
    let n = region.lower.len();
    let fits = region.rows.iter().all(|row| match row.label {
        Label::Asset(..) => true,
        _ => row.equality && row.terms.len() == n && row.terms.iter().all(|(_, one)| *one == 1.0),
    });
    let (least, most) = region.net;
    (fits && region.columns == n && least == most).then_some(least)
}

fn not_a_bound(region: &Region<'_>) -> AllocationError {
    let odd =
        region.rows.iter().find(|row| !matches!(row.label, Label::Asset(..)) && !row.equality);
    let constraint = odd.or(region.rows.last()).and_then(|row| region.words(row));
    AllocationError::NotABound {
        constraint: constraint.unwrap_or_else(|| "absolute weights".to_owned()),
    }
}

impl CriticalLine {
    /// Walks the frontier between `bounds`, lower and upper, with weights that sum to `budget`.
    ///
    /// Fails if shapes differ, no weights fit ([`AllocationError::Infeasible`]), an asset has no
    /// lower bound ([`AllocationError::Unbounded`]), or rounding got the better of the walk
    /// ([`AllocationError::Unsolved`]).
    pub fn trace(
        structure: Structure<'_>,
        expected_return: &[f64],
        bounds: (&[f64], &[f64]),
        budget: f64,
    ) -> Result<Self, AllocationError> {
        let (lower, upper) = checked(expected_return.len(), bounds, budget)?;
        let bounds = (lower.as_slice(), upper.as_slice());
        match structure {
            Structure::Dense(sigma) => {
                shape("the covariance", expected_return.len(), sigma.n())?;
                let tableau = Dense::new(sigma.as_slice(), sigma.n());
                walk_all(tableau, expected_return, bounds, budget)
            }
            Structure::Factors { exposures, specific } => {
                shape("the specific variance", expected_return.len(), specific.len())?;
                let (n, found) = (specific.len(), exposures.len());
                if found % n != 0 {
                    return Err(AllocationError::WrongFactors {
                        reason: format!("{found} exposures are no rows of {n} assets"),
                    });
                }
                if let Some(odd) = exposures.iter().find(|c| !c.is_finite()) {
                    let reason = format!("an exposure is {odd} and must be a number");
                    return Err(AllocationError::WrongFactors { reason });
                }
                if let Some(odd) = specific.iter().find(|d| !d.is_finite() || **d <= 0.0) {
                    let reason =
                        format!("a specific variance is {odd} and must be a number above 0");
                    return Err(AllocationError::WrongFactors { reason });
                }
                let tableau = Factors::new(exposures, specific);
                walk_all(tableau, expected_return, bounds, budget)
            }
        }
    }

    /// The turning points from the highest expected return to the least variance.
    pub fn turning_points(&self) -> &[TurningPoint] {
        &self.points
    }

    /// The largest correction that rounding made necessary on the way, relative to the largest
    /// weight: each corner was corrected or is within about this of the exact one.
    pub fn drift(&self) -> f64 {
        self.drift
    }

    /// The portfolio of least variance.
    pub fn minimum_variance(&self) -> EfficientPortfolio {
        self.on(self.points.len() - 1, 0.0)
    }

    /// The portfolio of the highest expected return.
    pub fn maximum_return(&self) -> EfficientPortfolio {
        self.on(0, 0.0)
    }

    /// The least variance at this expected return; `None` outside the frontier's returns.
    pub fn at_return(&self, expected_return: f64) -> Option<EfficientPortfolio> {
        let (first, last) = (&self.points[0], &self.points[self.points.len() - 1]);
        let expected_return = within(expected_return, last.expected_return, first.expected_return)?;
        let at = self.before(|p| p.expected_return >= expected_return);
        let (above, range) = (&self.points[at], self.return_range(at));
        let gone = above.expected_return - expected_return;
        Some(self.on(at, if range > 0.0 { gone / range } else { 0.0 }))
    }

    /// The highest expected return at this volatility; `None` outside the frontier's risks.
    pub fn at_volatility(&self, volatility: f64) -> Option<EfficientPortfolio> {
        let (first, last) = (&self.points[0], &self.points[self.points.len() - 1]);
        let wanted = within(volatility * volatility, last.variance, first.variance)?;
        let at = self.before(|p| p.variance >= wanted);
        if at + 1 == self.points.len() {
            return Some(self.on(at, 0.0));
        }
        // V(t) = V_a − (d + q) t + q t², with d what variance falls by and q as in `apart`.
        let (a, q) = (&self.points[at], self.apart(at));
        let fall = a.variance - self.points[at + 1].variance + q;
        let over = a.variance - wanted;
        let root = (fall * fall - 4.0 * q * over).max(0.0).sqrt();
        let part = if fall > 0.0 { 2.0 * over / (fall + root) } else { 0.0 };
        Some(self.on(at, part.clamp(0.0, 1.0)))
    }

    /// The highest `μᵀw − risk_aversion · wᵀΣw`; at nought, of the highest expected return.
    pub fn at_risk_aversion(&self, risk_aversion: f64) -> EfficientPortfolio {
        let tolerance = 0.5 / risk_aversion;
        if tolerance >= self.points[0].risk_tolerance {
            return self.on(0, 0.0);
        }
        let at = self.before(|p| p.risk_tolerance >= tolerance);
        let Some(next) = self.points.get(at + 1) else {
            return self.on(at, 0.0);
        };
        let a = self.points[at].risk_tolerance;
        self.on(at, (a - tolerance) / (a - next.risk_tolerance))
    }

    /// The highest `(expected return − risk_free) / volatility`; an error if no portfolio earns
    /// more than `risk_free`.
    ///
    /// The ratio is highest where `V = λ (E − r)`. Along one line both sides are quadratic with the
    /// same leading term, so their difference is linear and its root exact.
    pub fn maximum_sharpe(&self, risk_free: f64) -> Result<EfficientPortfolio, AllocationError> {
        let best = self.points[0].expected_return - risk_free;
        if best <= 0.0 {
            return Err(AllocationError::NoExcessReturn { risk_free, best });
        }
        let short =
            |p: &TurningPoint| p.variance - p.risk_tolerance * (p.expected_return - risk_free);
        if short(&self.points[0]) >= 0.0 {
            return Ok(self.on(0, 0.0));
        }
        let at = self.before(|p| short(p) < 0.0);
        let Some(next) = self.points.get(at + 1) else {
            return Ok(self.on(at, 0.0));
        };
        let (here, there) = (short(&self.points[at]), short(next));
        Ok(self.on(at, here / (here - there)))
    }

    /// The last point for which `holds`, which holds for the first and then stops.
    fn before(&self, holds: impl Fn(&TurningPoint) -> bool) -> usize {
        self.points.partition_point(holds).saturating_sub(1)
    }

    /// The expected return between a point and the next.
    fn return_range(&self, at: usize) -> f64 {
        let next = &self.points[(at + 1).min(self.points.len() - 1)];
        self.points[at].expected_return - next.expected_return
    }

    /// `(a − b)ᵀ Σ (a − b)` for a point `a` and the next one `b`: by the optimality conditions, the
    /// product of what tolerance and return fall by.
    fn apart(&self, at: usize) -> f64 {
        let (a, b) = (&self.points[at], &self.points[at + 1]);
        (a.risk_tolerance - b.risk_tolerance) * (a.expected_return - b.expected_return)
    }

    /// The portfolio a `part` of the way from a point to the next.
    fn on(&self, at: usize, part: f64) -> EfficientPortfolio {
        let a = &self.points[at];
        let mut portfolio = EfficientPortfolio {
            risk_tolerance: a.risk_tolerance,
            expected_return: a.expected_return,
            volatility: a.variance.sqrt(),
            weights: a.weights.clone(),
        };
        if part > 0.0 {
            let b = &self.points[at + 1];
            let mixed = |from: f64, to: f64| (1.0 - part) * from + part * to;
            let between = part * (1.0 - part) * self.apart(at);
            portfolio.risk_tolerance = mixed(a.risk_tolerance, b.risk_tolerance);
            portfolio.expected_return = mixed(a.expected_return, b.expected_return);
            portfolio.volatility = (mixed(a.variance, b.variance) - between).max(0.0).sqrt();
            let to = portfolio.weights.iter_mut().zip(&b.weights);
            to.for_each(|(weight, to)| *weight = mixed(*weight, *to));
        }
        portfolio
    }
}

/// The value between both ends, which it may miss by rounding.
fn within(value: f64, low: f64, high: f64) -> Option<f64> {
    let slack = 1e-12 * low.abs().max(high.abs());
    (low - slack <= value && value <= high + slack).then(|| value.clamp(low, high))
}

/// Bounds without infinities above, if some weights fit between them.
fn checked(
    n: usize,
    (lower, upper): (&[f64], &[f64]),
    budget: f64,
) -> Result<(Vec<f64>, Vec<f64>), AllocationError> {
    if n == 0 {
        return Err(AllocationError::Empty);
    }
    shape("the lower bound", n, lower.len())?;
    shape("the upper bound", n, upper.len())?;
    let least: f64 = lower.iter().sum();
    if !least.is_finite() {
        return Err(AllocationError::Unbounded { method: "the critical line" });
    }
    let most: f64 = upper.iter().sum();
    let crossed = lower.iter().zip(upper).any(|(lower, upper)| lower > upper);
    if crossed || !(least <= budget + 1e-12 && budget <= most + 1e-12) {
        let bounds =
            format!("weights between bounds that sum to {} and {}", percent(least), percent(most));
        return Err(AllocationError::Infeasible {
            conflict: vec![bounds, format!("budget == {}", percent(budget))],
            relaxation: Vec::new(),
        });
    }
    // What the budget leaves for one asset is a bound; a looser one is never met.
    let room = 1.0 + 2.0 * (budget - least).abs();
    let upper = lower.iter().zip(upper).map(|(lower, upper)| upper.min(lower + room));
    Ok((lower.to_vec(), upper.collect()))
}

fn shape(what: &'static str, expected: usize, found: usize) -> Result<(), AllocationError> {
    match expected == found {
        true => Ok(()),
        false => Err(AllocationError::Shape { what, expected, found }),
    }
}

/// Down the frontier. Where the top is a tie between assets, the walk down is that of expected
/// returns which differ, and ends at the same minimum variance; the frontier is then walked up.
fn walk_all<T: Tableau>(
    tableau: T,
    mean: &[f64],
    bounds: (&[f64], &[f64]),
    budget: f64,
) -> Result<CriticalLine, AllocationError> {
    let ordered = untied(mean);
    let tied = ordered != mean;
    let mut walk = Walk::at_the_top(tableau, &ordered, bounds, budget);
    let mut corners = walk.down();
    if tied && corners.is_some() {
        corners = walk.up(mean);
        if let Some(corners) = &mut corners {
            corners.reverse();
        }
    }
    let drift = walk.drift;
    match corners {
        Some(corners) if drift <= DRIFT => {
            let points = corners.into_iter().map(|corner| point(corner, mean));
            let mut points: Vec<TurningPoint> = points.collect();
            smooth(&mut points);
            Ok(CriticalLine { points, drift })
        }
        _ => Err(AllocationError::Unsolved {
            method: "the critical line",
            status: "rounding".to_owned(),
            primal_residual: drift,
            dual_residual: drift,
            gap: f64::NAN,
        }),
    }
}

/// The expected returns if no two are equal, else numbers in the same order that differ.
fn untied(mean: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..mean.len()).collect();
    order.sort_by(|a, b| mean[*a].total_cmp(&mean[*b]).then(b.cmp(a)));
    let tied = order.windows(2).any(|pair| mean[pair[0]] == mean[pair[1]]);
    if !tied {
        return mean.to_vec();
    }
    let mut ranks = vec![0.0; mean.len()];
    for (rank, asset) in order.into_iter().enumerate() {
        ranks[asset] = rank as f64 / mean.len() as f64;
    }
    ranks
}

fn point(corner: Corner, mean: &[f64]) -> TurningPoint {
    TurningPoint {
        risk_tolerance: corner.tolerance,
        expected_return: mean.iter().zip(&corner.weights).map(|(m, w)| m * w).sum(),
        variance: corner.variance,
        weights: corner.weights,
    }
}

/// Returns and variances never rise on the way down, to the last bit.
fn smooth(points: &mut [TurningPoint]) {
    for at in 1..points.len() {
        let (above, below) = points.split_at_mut(at);
        let (above, below) = (&above[at - 1], &mut below[0]);
        below.expected_return = below.expected_return.min(above.expected_return);
        below.variance = below.variance.min(above.variance);
    }
}
