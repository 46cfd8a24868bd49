//! The walk along critical lines.
//!
//! For each risk tolerance `λ ≥ 0`, the weights that minimise `½ wᵀΣw − λ μᵀw` between their bounds
//! and within the budget are linear in `λ` until a free asset reaches a bound or the gradient of an
//! asset at its bound turns. There the asset changes sides, and the walk goes on along the next
//! line (Markowitz, 1956; Niedermayer and Niedermayer, 2010, "Applying Markowitz's critical line
//! algorithm").
//!
//! Ties are no obstacle. Expected returns enter through rates alone, and nothing is divided by
//! their differences. Where an asset that would become free adds no direction of risk of its own
//! (a duplicate, or more assets than the covariance has rank), it is exchanged at the same `λ` for
//! the free asset that reaches its bound first along the direction without risk (Best, 1996, "An
//! algorithm for the solution of the parametric quadratic programming problem").

use super::tableau::{Change, Tableau};

/// A rate below this part of the largest one so far is rounding.
const STILL: f64 = 1e-12;

/// A pivot below this part of the mean variance adds no direction of its own.
const NO_RISK: f64 = 1e-10;

/// The most steps between two corrections by the covariance itself; fewer for few assets, where
/// they cost little.
const CORRECT: usize = 64;

/// A correction above this part of the largest weight is followed by another.
const REFINE: f64 = 1e-11;

/// How much larger than a variance its parts may be before their sum is not trusted.
const EXACT: f64 = 1e-3;

/// Where an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Free,
    Lower,
    Upper,
}

/// Which way the risk tolerance goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Down,
    Up,
}

/// A corner: the weights at the risk tolerance where the line changes.
pub(super) struct Corner {
    pub tolerance: f64,
    pub variance: f64,
    pub weights: Vec<f64>,
}

pub(super) struct Walk<'a, T> {
    tableau: T,
    /// Expected returns around nought: the budget absorbs a constant.
    mean: Vec<f64>,
    lower: &'a [f64],
    upper: &'a [f64],
    budget: f64,
    place: Vec<Place>,
    /// The weights, then the multiplier of the budget.
    x: Vec<f64>,
    /// How `x` changes with the risk tolerance.
    x_rate: Vec<f64>,
    /// The gradient of each asset that is not free.
    gradient: Vec<f64>,
    gradient_rate: Vec<f64>,
    tolerance: f64,
    /// The tolerance at which weights were last corrected.
    corrected_at: f64,
    /// The largest rate of a weight so far, and no less than expected return over variance.
    fastest: f64,
    no_risk: f64,
    steps: usize,
    /// The largest correction that was needed, relative to the size of what was corrected.
    pub drift: f64,
}

impl<'a, T: Tableau> Walk<'a, T> {
    /// Stands where the expected return is highest, with the fewest free assets: one. `mean` must
    /// order the assets strictly around it.
    pub(super) fn at_the_top(
        mut tableau: T,
        mean: &[f64],
        (lower, upper): (&'a [f64], &'a [f64]),
        budget: f64,
    ) -> Self {
        let n = tableau.n_assets();
        let (weights, free) = richest(mean, lower, upper, budget);
        let mut place: Vec<Place> = weights
            .iter()
            .zip(upper)
            .map(|(w, upper)| if w >= upper { Place::Upper } else { Place::Lower })
            .collect();
        place[free] = Place::Free;
        tableau.start(free);
        let total: f64 = (0..n).map(|asset| tableau.variance(asset)).sum();
        let mut x = weights;
        x.push(0.0);
        let mut walk = Self {
            no_risk: NO_RISK * total / n as f64,
            tableau,
            mean: centred(mean),
            lower,
            upper,
            budget,
            place,
            x,
            x_rate: vec![0.0; n + 1],
            gradient: vec![0.0; n],
            gradient_rate: vec![0.0; n],
            tolerance: 0.0,
            corrected_at: 0.0,
            fastest: 0.0,
            steps: 0,
            drift: 0.0,
        };
        walk.correct();
        walk.rates();
        walk.drift = 0.0;
        walk
    }

    /// The highest tolerance at which the gradient of some asset is nought, and nought if there is
    /// none: the first corner from the top.
    fn first_tolerance(&self) -> f64 {
        let assets = self.gradient.iter().zip(&self.gradient_rate).zip(&self.place);
        assets
            .filter(|((_, rate), place)| match place {
                Place::Free => false,
                Place::Lower => **rate > 0.0,
                Place::Upper => **rate < 0.0,
            })
            .map(|((gradient, rate), _)| -gradient / rate)
            .fold(0.0, f64::max)
    }

    /// Walks from the top down to minimum variance. `None` if the walk does not end.
    pub(super) fn down(&mut self) -> Option<Vec<Corner>> {
        let first = self.first_tolerance();
        self.tolerance = first;
        self.correct();
        self.follow(Way::Down)
    }

    /// From minimum variance, walks up with other expected returns. `None` if the walk does not
    /// end.
    pub(super) fn up(&mut self, mean: &[f64]) -> Option<Vec<Corner>> {
        self.mean = centred(mean);
        self.tolerance = 0.0;
        self.correct();
        self.rates();
        self.follow(Way::Up)
    }

    fn follow(&mut self, way: Way) -> Option<Vec<Corner>> {
        let usual = NO_RISK * largest(&self.mean) / self.no_risk;
        self.fastest = usual.max(largest(&self.x_rate[..self.place.len()]));
        let most = self.steps + 40 * self.place.len() + 200;
        let every = (self.place.len() / 4).clamp(4, CORRECT);
        let mut corners = vec![self.corner()];
        while self.steps < most {
            let Some((asset, step)) = self.next(way) else {
                if way == Way::Down {
                    self.advance(-self.tolerance);
                    self.tolerance = 0.0;
                }
                self.correct();
                push(&mut corners, self.corner());
                return Some(corners);
            };
            let signed = if way == Way::Down { -step } else { step };
            self.advance(signed);
            self.tolerance += signed;
            push(&mut corners, self.corner());
            let moved = self.change(asset, way);
            self.hold_the_last();
            self.fastest = self.fastest.max(largest(&self.x_rate[..self.place.len()]));
            if moved {
                push(&mut corners, self.corner());
            }
            self.steps += 1;
            if self.steps.is_multiple_of(every) || self.far_from_corrected() {
                self.correct();
                self.rates();
            }
        }
        None
    }

    fn corner(&self) -> Corner {
        let n = self.place.len();
        let weights = self.x[..n].to_vec();
        Corner { tolerance: self.tolerance, variance: self.variance(&weights), weights }
    }

    /// `wᵀΣw`, where `Σw = λμ − ν + gradient` spares the product, unless a large `λ` would leave
    /// nothing but rounding.
    fn variance(&self, weights: &[f64]) -> f64 {
        let earned: f64 = self.mean.iter().zip(weights).map(|(m, w)| m * w).sum();
        let bound: f64 = self.gradient.iter().zip(weights).map(|(g, w)| g * w).sum();
        let parts = [self.tolerance * earned, -self.x[weights.len()] * self.budget, bound];
        let variance: f64 = parts.iter().sum();
        if largest(&parts) * EXACT <= variance {
            return variance;
        }
        let marginal = self.tableau.marginal(weights);
        marginal.iter().zip(weights).map(|(m, w)| m * w).sum::<f64>().max(0.0)
    }

    /// The asset that changes sides next and how far off that is, if any does.
    fn next(&self, way: Way) -> Option<(usize, f64)> {
        let direction = if way == Way::Down { -1.0 } else { 1.0 };
        let still_x = STILL * self.fastest;
        let still_gradient = STILL * largest(&self.mean);
        let mut next = (usize::MAX, f64::INFINITY);
        for (asset, place) in self.place.iter().enumerate() {
            let rate = direction
                * if *place == Place::Free {
                    self.x_rate[asset]
                } else {
                    self.gradient_rate[asset]
                };
            let off = match place {
                Place::Free if rate < -still_x => (self.x[asset] - self.lower[asset]) / -rate,
                Place::Free if rate > still_x => (self.upper[asset] - self.x[asset]) / rate,
                Place::Lower if rate < -still_gradient => self.gradient[asset] / -rate,
                Place::Upper if rate > still_gradient => -self.gradient[asset] / rate,
                _ => continue,
            };
            if off < next.1 && (*place == Place::Free || self.lower[asset] < self.upper[asset]) {
                next = (asset, off.max(0.0));
            }
        }
        let reachable = way == Way::Up || next.1 < self.tolerance;
        (next.0 < usize::MAX && reachable).then_some(next)
    }

    fn advance(&mut self, step: f64) {
        for (x, rate) in self.x.iter_mut().zip(&self.x_rate) {
            *x += step * rate;
        }
        for (gradient, rate) in self.gradient.iter_mut().zip(&self.gradient_rate) {
            *gradient += step * rate;
        }
    }

    /// Moves an asset to its other side. Whether weights moved in doing so.
    fn change(&mut self, asset: usize, way: Way) -> bool {
        let mut column = vec![0.0; self.place.len() + 1];
        self.tableau.column(asset, &mut column);
        if self.place[asset] == Place::Free {
            let falls = (self.x_rate[asset] < 0.0) == (way == Way::Up);
            self.leave(asset, if falls { Place::Lower } else { Place::Upper }, &column);
            return false;
        }
        if column[asset] > self.no_risk {
            self.enter(asset, &column);
            return false;
        }
        self.exchange(asset, &column)
    }

    fn enter(&mut self, asset: usize, column: &[f64]) {
        let rate = -self.gradient_rate[asset] / column[asset];
        self.spread(column, rate);
        self.x_rate[asset] = rate;
        self.free(asset);
        self.tableau.pivot(&[Change { index: asset, enters: true, column }]);
    }

    fn leave(&mut self, asset: usize, place: Place, column: &[f64]) {
        let rate = self.x_rate[asset] / column[asset];
        self.spread(column, rate);
        self.bind(asset, place, rate);
        self.tableau.pivot(&[Change { index: asset, enters: false, column }]);
    }

    /// The direction without risk that opens up as `asset` moves off its bound: along it to the
    /// first bound, where the free asset that meets it leaves.
    fn exchange(&mut self, asset: usize, column: &[f64]) -> bool {
        let n = self.place.len();
        let sign = if self.place[asset] == Place::Lower { 1.0 } else { -1.0 };
        let noise = STILL * largest(&column[..n]).max(1.0);
        let mut first = (asset, self.upper[asset] - self.lower[asset], false);
        for other in (0..n).filter(|other| self.place[*other] == Place::Free) {
            let rate = -sign * column[other];
            let off = match rate {
                rate if rate < -noise => (self.x[other] - self.lower[other]) / -rate,
                rate if rate > noise => (self.upper[other] - self.x[other]) / rate,
                _ => continue,
            };
            if off < first.1 {
                first = (other, off.max(0.0), rate < 0.0);
            }
        }
        let (leaving, step, falls) = first;
        for other in (0..n).filter(|other| self.place[*other] == Place::Free) {
            self.x[other] -= sign * step * column[other];
        }
        self.x[n] -= sign * step * column[n];
        self.x[asset] += sign * step;
        if leaving == asset {
            self.gradient[asset] = 0.0;
            let up = self.place[asset] == Place::Lower;
            self.place[asset] = if up { Place::Upper } else { Place::Lower };
            self.x[asset] = if up { self.upper[asset] } else { self.lower[asset] };
            return step > 0.0;
        }
        let mut other_column = vec![0.0; n + 1];
        self.tableau.column(leaving, &mut other_column);
        self.swap((asset, column), (leaving, &other_column), falls);
        step > 0.0
    }

    /// Two assets change sides at once.
    fn swap(
        &mut self,
        (asset, column): (usize, &[f64]),
        (leaving, other): (usize, &[f64]),
        falls: bool,
    ) {
        // T θ = −(rates), where T is the block of the two without the sign of sweeping.
        let (kk, kj, jj) = (column[asset], column[leaving], other[leaving]);
        let determinant = kj * kj - kk * jj;
        let (gradient, weight) = (self.gradient_rate[asset], self.x_rate[leaving]);
        let theta = (jj * gradient + kj * weight) / determinant;
        let leaving_rate = -(kj * gradient + kk * weight) / determinant;
        self.spread(column, theta);
        self.spread(other, leaving_rate);
        self.x_rate[asset] = theta;
        self.free(asset);
        let place = if falls { Place::Lower } else { Place::Upper };
        self.bind(leaving, place, leaving_rate);
        self.tableau.pivot(&[
            Change { index: asset, enters: true, column },
            Change { index: leaving, enters: false, column: other },
        ]);
    }

    /// Adds what a rate of one index does to all others.
    fn spread(&mut self, column: &[f64], rate: f64) {
        let n = self.place.len();
        for (asset, value) in column[..n].iter().enumerate() {
            match self.place[asset] {
                Place::Free => self.x_rate[asset] -= rate * value,
                _ => self.gradient_rate[asset] += rate * value,
            }
        }
        self.x_rate[n] -= rate * column[n];
    }

    /// A free asset without another keeps the weight that the budget leaves it, to the last bit.
    fn hold_the_last(&mut self) {
        let mut free = (0..self.place.len()).filter(|asset| self.place[*asset] == Place::Free);
        if let (Some(only), None) = (free.next(), free.next()) {
            self.x_rate[only] = 0.0;
        }
    }

    fn free(&mut self, asset: usize) {
        self.place[asset] = Place::Free;
        self.gradient[asset] = 0.0;
        self.gradient_rate[asset] = 0.0;
    }

    fn bind(&mut self, asset: usize, place: Place, rate: f64) {
        self.place[asset] = place;
        self.x[asset] = if place == Place::Lower { self.lower[asset] } else { self.upper[asset] };
        self.x_rate[asset] = 0.0;
        self.gradient[asset] = 0.0;
        self.gradient_rate[asset] = rate;
    }

    /// Whether the tolerance has changed so much that the rounding at the old one, which is in
    /// proportion to it, shows at the new one: returns that nearly tie give tolerances of any size.
    fn far_from_corrected(&self) -> bool {
        let (small, large) = (0.01 * self.corrected_at, 100.0 * self.corrected_at);
        !(small..=large).contains(&self.tolerance)
    }

    /// Takes the rounding of many steps out of weights and gradients: what the covariance says is
    /// missing is solved for.
    fn correct(&mut self) {
        self.corrected_at = self.tolerance;
        let n = self.place.len();
        for asset in 0..n {
            match self.place[asset] {
                Place::Free => {}
                Place::Lower => self.x[asset] = self.lower[asset],
                Place::Upper => self.x[asset] = self.upper[asset],
            }
        }
        let first = self.solve_for_missing();
        self.drift = self.drift.max(first);
        if first > REFINE {
            self.solve_for_missing();
        }
        let marginal = self.tableau.marginal(&self.x[..n]);
        for asset in (0..n).filter(|asset| self.place[*asset] != Place::Free) {
            self.gradient[asset] = marginal[asset] + self.x[n] - self.tolerance * self.mean[asset];
        }
    }

    /// Adds to the weights and the multiplier what the covariance says is missing. The largest
    /// change relative to the largest weight, infinite where it is no number.
    fn solve_for_missing(&mut self) -> f64 {
        let n = self.place.len();
        let marginal = self.tableau.marginal(&self.x[..n]);
        let mut missing = vec![0.0; n + 1];
        for asset in (0..n).filter(|asset| self.place[*asset] == Place::Free) {
            missing[asset] = self.tolerance * self.mean[asset] - marginal[asset] - self.x[n];
        }
        missing[n] = self.budget - self.x[..n].iter().sum::<f64>();
        let mut change = vec![0.0; n + 1];
        self.tableau.solve(&missing, &mut change);
        self.x.iter_mut().zip(&change).for_each(|(x, change)| *x += change);
        match change.iter().all(|change| change.is_finite()) {
            true => largest(&change[..n]) / largest(&self.x[..n]),
            false => f64::INFINITY,
        }
    }

    /// The rates of the line, solved for and corrected once.
    fn rates(&mut self) {
        let n = self.place.len();
        let mut rates = vec![0.0; n + 1];
        let mut change = vec![0.0; n + 1];
        for _ in 0..2 {
            let marginal = self.tableau.marginal(&rates[..n]);
            let mut missing = vec![0.0; n + 1];
            for asset in (0..n).filter(|asset| self.place[*asset] == Place::Free) {
                missing[asset] = self.mean[asset] - marginal[asset] - rates[n];
            }
            missing[n] = -rates[..n].iter().sum::<f64>();
            self.tableau.solve(&missing, &mut change);
            rates.iter_mut().zip(&change).for_each(|(rate, change)| *rate += change);
        }
        let marginal = self.tableau.marginal(&rates[..n]);
        for (asset, marginal) in marginal.iter().enumerate() {
            self.gradient_rate[asset] = match self.place[asset] {
                Place::Free => 0.0,
                _ => marginal + rates[n] - self.mean[asset],
            };
        }
        self.x_rate = rates;
        self.hold_the_last();
    }
}

/// The weights of the highest expected return, and the asset whose weight the budget decides.
fn richest(mean: &[f64], lower: &[f64], upper: &[f64], budget: f64) -> (Vec<f64>, usize) {
    let mut order: Vec<usize> = (0..mean.len()).collect();
    order.sort_by(|a, b| mean[*b].total_cmp(&mean[*a]).then(a.cmp(b)));
    let mut weights = lower.to_vec();
    let mut left = budget - lower.iter().sum::<f64>();
    let mut last = order[0];
    for asset in order {
        if lower[asset] == upper[asset] {
            continue;
        }
        last = asset;
        let room = upper[asset] - lower[asset];
        if room >= left {
            weights[asset] += left;
            break;
        }
        weights[asset] = upper[asset];
        left -= room;
    }
    (weights, last)
}

fn centred(mean: &[f64]) -> Vec<f64> {
    let low = mean.iter().fold(f64::INFINITY, |low, m| low.min(*m));
    let high = mean.iter().fold(f64::NEG_INFINITY, |high, m| high.max(*m));
    mean.iter().map(|m| m - 0.5 * (low + high)).collect()
}

fn push(corners: &mut Vec<Corner>, corner: Corner) {
    match corners.last_mut() {
        Some(last) if last.tolerance == corner.tolerance && last.weights == corner.weights => {}
        _ => corners.push(corner),
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |max, value| max.max(value.abs()))
}
