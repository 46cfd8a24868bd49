//! Minimum variance, mean-variance and maximum Sharpe by guessing the active set.
//!
//! In: a covariance, expected returns, bounds on single assets and one budget. Out: the exact
//! solution of `min ½ wᵀΣw − λ μᵀw`, or of the highest Sharpe ratio; or `None`, and then the cone
//! solver is asked. A guess says which assets are free; the weights and gradients that follow from
//! it say which assets are on the wrong side; all of them change sides at once, and one at a time
//! if their number does not fall (block principal pivoting: Júdice and Pires, 1994, "A block
//! principal pivoting algorithm for large-scale strictly monotone linear complementarity
//! problems"). A handful of Cholesky factors of the free assets is all the cost.

use risk::Matrix;

use crate::critical_line::tableau::{add_scaled, dot};

/// What rounding may do to a weight or, relative to the variances, to a gradient.
const ROUNDING: f64 = 1e-12;

/// Guesses before giving up.
const GUESSES: usize = 200;

/// Rounds in which the number of wrong assets may fail to fall before they change one by one.
const PATIENCE: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Free,
    Lower,
    Upper,
}

/// The feasible set, the covariance, and the newest guess.
pub(crate) struct ActiveSet<'a> {
    sigma: &'a Matrix,
    lower: &'a [f64],
    upper: &'a [f64],
    budget: f64,
    side: Vec<Side>,
    gradient_rounding: f64,
    /// Guesses so far.
    pub guesses: u32,
}

/// Weights along a line, `at + λ · along`, for one guess.
struct Line {
    at: Vec<f64>,
    along: Vec<f64>,
}

/// An exact solution.
pub(crate) struct Optimum {
    pub weights: Vec<f64>,
    /// The `λ` for which the weights are optimal.
    pub tolerance: f64,
}

impl<'a> ActiveSet<'a> {
    /// The first guess: free are the assets whose part in the variance of the inverse-variance
    /// portfolio is below average.
    pub(crate) fn new(
        sigma: &'a Matrix,
        (lower, upper): (&'a [f64], &'a [f64]),
        budget: f64,
    ) -> Option<Self> {
        let variances: Vec<f64> = sigma.diag().collect();
        let mean = variances.iter().sum::<f64>() / variances.len() as f64;
        if mean <= 0.0 || variances.iter().any(|v| *v <= ROUNDING * mean) {
            return None;
        }
        let weights: Vec<f64> = variances.iter().map(|v| v.recip()).collect();
        let total: f64 = weights.iter().sum();
        let marginal: Vec<f64> =
            (0..sigma.n()).map(|row| dot(sigma.row(row), &weights) / total).collect();
        let variance = dot(&marginal, &weights) / total;
        let first = |asset: usize| match lower[asset].is_finite() {
            true if marginal[asset] > variance || lower[asset] == upper[asset] => Side::Lower,
            _ => Side::Free,
        };
        let side = (0..sigma.n()).map(first).collect();
        let gradient_rounding = ROUNDING * mean;
        Some(Self { sigma, lower, upper, budget, side, gradient_rounding, guesses: 0 })
    }

    /// The minimum of `½ wᵀΣw − tolerance · meanᵀw`.
    pub(crate) fn minimise(&mut self, mean: &[f64], tolerance: f64) -> Option<Optimum> {
        let (mut fewest, mut patience) = (usize::MAX, PATIENCE);
        for _ in 0..GUESSES {
            self.guesses += 1;
            let weights = self.line(mean, tolerance == 0.0)?.weights(tolerance);
            let wrong = self.wrong(&weights, mean, tolerance);
            if wrong.is_empty() {
                return Some(Optimum { weights, tolerance });
            }
            self.turn(&wrong, &mut fewest, &mut patience);
        }
        None
    }

    /// Changes the sides of those that are wrong: of all, or of one if their number does not fall.
    fn turn(&mut self, wrong: &[(usize, Side)], fewest: &mut usize, patience: &mut usize) {
        let mut all = || wrong.iter().for_each(|(asset, side)| self.side[*asset] = *side);
        if wrong.len() < *fewest {
            (*fewest, *patience) = (wrong.len(), PATIENCE);
            all();
        } else if *patience > 0 {
            *patience -= 1;
            all();
        } else {
            let (asset, side) = wrong[wrong.len() - 1];
            self.side[asset] = side;
        }
    }

    /// The highest `excessᵀw / √(wᵀΣw)`: Newton's method on `V = λ excessᵀw`, which is linear in
    /// `λ` as long as the guess holds, so that the last step is exact.
    pub(crate) fn maximise_sharpe(&mut self, excess: &[f64]) -> Option<Optimum> {
        if self.is_long_only() {
            return self.tangency(excess);
        }
        let start = self.minimise(excess, 0.0)?;
        let earned = dot(excess, &start.weights);
        let mut tolerance = match earned > 0.0 {
            true => self.sigma.quad_form(&start.weights) / earned,
            false => return None,
        };
        for _ in 0..GUESSES {
            let optimum = self.minimise(excess, tolerance)?;
            let next = self.root(excess)?;
            if (next - tolerance).abs() <= 1e-14 * tolerance {
                return Some(optimum);
            }
            tolerance = next;
        }
        None
    }

    /// Whether weights are bounded by nought and by nothing that the budget does not say already.
    fn is_long_only(&self) -> bool {
        self.lower.iter().all(|lower| *lower == 0.0)
            && self.upper.iter().all(|upper| *upper >= self.budget)
    }

    /// The same where weights are at least nought and no more is said of them: the ratio does not
    /// depend on size, so that `min ½ yᵀΣy − excessᵀy, y ≥ 0` has the portfolio, of another size.
    fn tangency(&mut self, excess: &[f64]) -> Option<Optimum> {
        let largest = excess.iter().fold(0.0_f64, |max, e| max.max(e.abs()));
        let (mut fewest, mut patience) = (usize::MAX, PATIENCE);
        for _ in 0..GUESSES {
            self.guesses += 1;
            let free: Vec<usize> =
                (0..excess.len()).filter(|asset| self.side[*asset] == Side::Free).collect();
            let factor = Factor::of(self.sigma, &free).filter(|_| !free.is_empty())?;
            let solved = factor.solve(free.iter().map(|asset| excess[*asset]).collect());
            let mut sized = vec![0.0; excess.len()];
            free.iter().zip(&solved).for_each(|(asset, y)| sized[*asset] = *y);
            let marginal = self.marginal(&sized);
            let most = solved.iter().fold(0.0_f64, |max, y| max.max(y.abs()));
            let side = |asset: usize| match self.side[asset] {
                Side::Free if sized[asset] < -ROUNDING * most => Some((asset, Side::Lower)),
                Side::Lower if marginal[asset] - excess[asset] < -ROUNDING * largest => {
                    Some((asset, Side::Free))
                }
                _ => None,
            };
            let wrong: Vec<(usize, Side)> = (0..excess.len()).filter_map(side).collect();
            if wrong.is_empty() {
                let tolerance = self.budget / sized.iter().sum::<f64>();
                let weights = sized.iter().map(|y| (tolerance * y).max(0.0)).collect();
                return (tolerance > 0.0 && tolerance.is_finite())
                    .then_some(Optimum { weights, tolerance });
            }
            self.turn(&wrong, &mut fewest, &mut patience);
        }
        None
    }

    /// The `λ` at which `V = λ excessᵀw` on the line of the present guess: with `w = a + λ d`,
    /// `aᵀΣa + λ (2 aᵀΣd − excessᵀa) = 0`, since `dᵀΣd = excessᵀd`.
    fn root(&self, excess: &[f64]) -> Option<f64> {
        let line = self.line(excess, false)?;
        let marginal = self.marginal(&line.at);
        let slope = dot(excess, &line.at) - 2.0 * dot(&marginal, &line.along);
        let root = dot(&marginal, &line.at) / slope;
        (root.is_finite() && root > 0.0).then_some(root)
    }

    fn marginal(&self, weights: &[f64]) -> Vec<f64> {
        let mut marginal = vec![0.0; weights.len()];
        for (asset, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            add_scaled(&mut marginal, *weight, self.sigma.row(asset));
        }
        marginal
    }

    /// The weights that make the gradients of free assets equal and keep the budget. Without
    /// `along` where only `λ = 0` is wanted.
    fn line(&self, mean: &[f64], still: bool) -> Option<Line> {
        let n = self.side.len();
        let free: Vec<usize> = (0..n).filter(|asset| self.side[*asset] == Side::Free).collect();
        if free.is_empty() {
            return None;
        }
        let mut at: Vec<f64> = (0..n)
            .map(|asset| match self.side[asset] {
                Side::Free => 0.0,
                Side::Lower => self.lower[asset],
                Side::Upper => self.upper[asset],
            })
            .collect();
        let pull = self.marginal(&at);
        let factor = Factor::of(self.sigma, &free)?;
        let ones = factor.solve(vec![1.0; free.len()]);
        let total: f64 = ones.iter().sum();
        let balanced = |mut solved: Vec<f64>, sum: f64| {
            let missing = (sum - solved.iter().sum::<f64>()) / total;
            add_scaled(&mut solved, missing, &ones);
            solved
        };
        let left = self.budget - at.iter().sum::<f64>();
        let pulled = factor.solve(free.iter().map(|asset| -pull[*asset]).collect());
        let mut along = vec![0.0; n];
        for (asset, weight) in free.iter().zip(balanced(pulled, left)) {
            at[*asset] = weight;
        }
        if !still {
            let driven = factor.solve(free.iter().map(|asset| mean[*asset]).collect());
            for (asset, rate) in free.iter().zip(balanced(driven, 0.0)) {
                along[*asset] = rate;
            }
        }
        Some(Line { at, along })
    }

    /// The assets on the wrong side, each with the side to try next.
    fn wrong(&self, weights: &[f64], mean: &[f64], tolerance: f64) -> Vec<(usize, Side)> {
        let marginal = self.marginal(weights);
        let earned = |asset: usize| if tolerance > 0.0 { tolerance * mean[asset] } else { 0.0 };
        let gradient = |asset: usize| marginal[asset] - earned(asset);
        let free = (0..weights.len()).filter(|asset| self.side[*asset] == Side::Free);
        let (mut level, mut count) = (0.0, 0.0);
        for asset in free {
            level += gradient(asset);
            count += 1.0;
        }
        level /= count;
        let rounding = self.gradient_rounding + ROUNDING * level.abs();
        let mut wrong = Vec::new();
        for (asset, weight) in weights.iter().enumerate() {
            let (lower, upper) = (self.lower[asset], self.upper[asset]);
            let over = gradient(asset) - level;
            match self.side[asset] {
                Side::Free if *weight < lower - ROUNDING => wrong.push((asset, Side::Lower)),
                Side::Free if *weight > upper + ROUNDING => wrong.push((asset, Side::Upper)),
                Side::Lower if over < -rounding && lower < upper => wrong.push((asset, Side::Free)),
                Side::Upper if over > rounding && lower < upper => wrong.push((asset, Side::Free)),
                _ => {}
            }
        }
        wrong
    }
}

impl Line {
    fn weights(self, tolerance: f64) -> Vec<f64> {
        let mut weights = self.at;
        add_scaled(&mut weights, tolerance, &self.along);
        weights
    }
}

/// A Cholesky factor, row by row in a triangle.
struct Factor {
    rows: Vec<f64>,
    n: usize,
}

impl Factor {
    /// Of the rows and columns `keep`; `None` if they are not positive definite by a margin.
    fn of(sigma: &Matrix, keep: &[usize]) -> Option<Self> {
        let n = keep.len();
        if n > 64 {
            let factor = sigma.submatrix(keep).cholesky().ok()?;
            let definite = |row: usize| {
                let own = sigma.at(keep[row], keep[row]);
                factor.at(row, row).powi(2) > 1e-11 * own
            };
            let triangle = |row: usize| &factor.as_slice()[row * n..row * n + row + 1];
            let rows = (0..n).flat_map(triangle).copied().collect();
            return (0..n).all(definite).then_some(Self { rows, n });
        }
        let mut rows: Vec<f64> = Vec::with_capacity(n * (n + 1) / 2);
        for (row, asset) in keep.iter().enumerate() {
            let start = rows.len();
            let source = sigma.row(*asset);
            for (column, other) in keep[..=row].iter().enumerate() {
                let above = column * (column + 1) / 2;
                let known = match column == row {
                    true => dot(&rows[start..], &rows[start..]),
                    false => dot(&rows[start..], &rows[above..above + column]),
                };
                let rest = source[*other] - known;
                if column < row {
                    rows.push(rest / rows[above + column]);
                } else if rest > 1e-11 * source[*asset] {
                    rows.push(rest.sqrt());
                } else {
                    return None;
                }
            }
        }
        Some(Self { rows, n })
    }

    fn solve(&self, mut x: Vec<f64>) -> Vec<f64> {
        let row = |row: usize| &self.rows[row * (row + 1) / 2..(row + 1) * (row + 2) / 2];
        for i in 0..self.n {
            x[i] = (x[i] - dot(&row(i)[..i], &x[..i])) / row(i)[i];
        }
        for i in (0..self.n).rev() {
            x[i] /= row(i)[i];
            let value = x[i];
            add_scaled(&mut x[..i], -value, &row(i)[..i]);
        }
        x
    }
}
