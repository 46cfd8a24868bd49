//! Schur complementary allocation.
//!
//! Hierarchical risk parity halves the list of assets without a look at how one half hedges the
//! other; minimum variance looks at nothing else. In between, each half `A` is replaced by
//!
//! $$\big(I - \gamma\, B D^{-1} M^\top\big)^{-1} \big(A - \gamma\, B D^{-1} B^\top\big)$$
//!
//! made symmetric, with `D` the other half, `B` the covariances between the two, `γ` the share and
//! `M` the matrix that steps a vector up from one half's length to the other's (Cotton, 2024,
//! "Schur Complementary Allocation: A Unification of Hierarchical Risk Parity and Minimum Variance
//! Portfolios"). A share of nought is hierarchical risk parity by variance.
//!
//! Large shares can leave a half that is not positive definite, or add variance: the share is then
//! the largest, in steps of a hundredth, up to which each step lowers the variance. Bounds of single
//! assets are honoured on the way down, other sentences by the [nearest](crate::nearest) weights.
//! Cost: n³ for each share that is tried.

use risk::Matrix;
use types::Target;

use crate::clusters;
use crate::naive::{long_only_total, moving};
use crate::nearest;
use crate::objective::Linkage;
use crate::region::{Region, sentences};
use crate::{AllocationError, Problem};

const METHOD: &str = "schur complementary";

/// The weights by recursive halving with a look at the other half.
pub(crate) fn allocate(
    problem: &Problem<'_>,
    linkage: Linkage,
    share: f64,
) -> Result<Target, AllocationError> {
    moving(problem, METHOD)?;
    let region = Region::new(problem, sentences(problem.constraints))?;
    let total = long_only_total(&region)?;
    let order = clusters::order(problem, linkage);
    let halving = Halving { region: &region, order: &order, total };
    let weights = halving.up_to(share);
    nearest::target(region, METHOD, weights)
}

struct Halving<'a> {
    region: &'a Region<'a>,
    order: &'a [usize],
    total: f64,
}

impl Halving<'_> {
    /// The weights at the largest share up to which variance falls: tenths first, then hundredths.
    fn up_to(&self, share: f64) -> Vec<f64> {
        let mut best = self.at(0.0).expect("variances are positive");
        let mut reached = 0.0;
        for step in [0.1, 0.01] {
            while reached < share {
                let next = f64::min(reached + step, share);
                match self.at(next) {
                    Some(found) if found.1 < best.1 => (best, reached) = (found, next),
                    _ => break,
                }
            }
        }
        best.0
    }

    /// The weights and their variance; `None` if a half is not positive definite.
    fn at(&self, share: f64) -> Option<(Vec<f64>, f64)> {
        let sigma = &self.region.problem.moments.covariance;
        let mut weights = vec![0.0; self.order.len()];
        self.share(self.order, sigma.submatrix(self.order), self.total, share, &mut weights)?;
        let variance = sigma.quad_form(&weights);
        Some((weights, variance))
    }

    /// Shares `weight` among `leaves`, whose covariance as seen from above is `sigma`.
    fn share(
        &self,
        leaves: &[usize],
        sigma: Matrix,
        weight: f64,
        gamma: f64,
        weights: &mut [f64],
    ) -> Option<()> {
        if let [leaf] = leaves {
            weights[*leaf] = weight;
            return Some(());
        }
        let (left, right) = leaves.split_at(leaves.len() / 2);
        let places: Vec<usize> = (0..leaves.len()).collect();
        let (first, second) = places.split_at(left.len());
        let (mut a, mut d) = (sigma.submatrix(first), sigma.submatrix(second));
        if gamma > 0.0 && left.len() > 1 {
            let cross = |row: usize, column: usize| sigma.at(row, left.len() + column);
            let seen = augmented(&a, cross, &d, gamma)?;
            d = augmented(&d, |row, column| cross(column, row), &a, gamma)?;
            a = seen;
        }
        let (risk_left, risk_right) = (inverse_variance_risk(&a)?, inverse_variance_risk(&d)?);
        let wanted = weight * (1.0 - risk_left / (risk_left + risk_right));
        let ((low, high), (other_low, other_high)) = (self.bounds(left), self.bounds(right));
        let part = wanted.min(high.min(weight - other_low)).max(low.max(weight - other_high));
        self.share(left, a, part, gamma, weights)?;
        self.share(right, d, weight - part, gamma, weights)
    }

    /// The least and the most that a part can carry.
    fn bounds(&self, leaves: &[usize]) -> (f64, f64) {
        let least = leaves.iter().map(|i| self.region.lower[*i].max(0.0)).sum();
        let most = leaves.iter().map(|i| self.region.upper[*i]).sum();
        (least, most)
    }
}

/// The variance of a part that is held in inverse proportion to variance.
fn inverse_variance_risk(sigma: &Matrix) -> Option<f64> {
    if sigma.diag().any(|variance| variance <= 0.0) {
        return None;
    }
    let inverse: Vec<f64> = sigma.diag().map(f64::recip).collect();
    let total: f64 = inverse.iter().sum();
    Some(sigma.quad_form(&inverse) / (total * total)).filter(|risk| *risk > 0.0)
}

/// A half with a look at the other, or `None` if that is not positive definite. `b(i, j)` is the
/// covariance of the half's asset `i` with the other's `j`.
fn augmented(
    a: &Matrix,
    b: impl Fn(usize, usize) -> f64,
    d: &Matrix,
    gamma: f64,
) -> Option<Matrix> {
    let (rows, columns) = (a.n(), d.n());
    let factor = d.cholesky().ok()?;
    // Row by row, B D⁻¹.
    let hedges: Vec<Vec<f64>> = (0..rows)
        .map(|row| factor.solve(&(0..columns).map(|column| b(row, column)).collect::<Vec<_>>()))
        .collect();
    let product = |row: usize, with: &dyn Fn(usize) -> f64| -> f64 {
        hedges[row].iter().enumerate().map(|(column, hedge)| hedge * with(column)).sum()
    };
    let step = step_up(rows, columns);
    let mut left: Vec<Vec<f64>> = Vec::with_capacity(rows);
    let mut right: Vec<Vec<f64>> = Vec::with_capacity(rows);
    for row in 0..rows {
        let unit = |column: usize| f64::from(u8::from(row == column));
        left.push((0..rows).map(|i| unit(i) - gamma * product(row, &|k| step[i][k])).collect());
        right.push((0..rows).map(|i| a.at(row, i) - gamma * product(row, &|k| b(i, k))).collect());
    }
    let solved = solve(left, right)?;
    let seen = Matrix::from_fn(rows, |i, j| 0.5 * (solved[i][j] + solved[j][i]));
    seen.cholesky().is_ok().then_some(seen)
}

/// The `rows × columns` matrix that steps a vector up or down by one entry: the mean over all
/// places at which the mean of the entries is inserted. The lengths differ by one at most.
fn step_up(rows: usize, columns: usize) -> Vec<Vec<f64>> {
    let unit = |row: usize, column: usize| f64::from(u8::from(row == column));
    if rows == columns {
        return (0..rows).map(|i| (0..columns).map(|j| unit(i, j)).collect()).collect();
    }
    if rows < columns {
        let up = step_up(columns, rows);
        let part = rows as f64 / columns as f64;
        return (0..rows).map(|i| (0..columns).map(|j| up[j][i] * part).collect()).collect();
    }
    let mut sum = vec![vec![0.0; columns]; rows];
    for place in 0..rows {
        for (row, values) in sum.iter_mut().enumerate() {
            for (column, value) in values.iter_mut().enumerate() {
                *value += match row.cmp(&place) {
                    std::cmp::Ordering::Less => unit(row, column),
                    std::cmp::Ordering::Equal => (columns as f64).recip(),
                    std::cmp::Ordering::Greater => unit(row - 1, column),
                } / rows as f64;
            }
        }
    }
    sum
}

/// `left⁻¹ right` by elimination with row pivots; `None` if `left` is singular.
fn solve(mut left: Vec<Vec<f64>>, mut right: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let n = left.len();
    for column in 0..n {
        let pivot =
            (column..n).max_by(|a, b| left[*a][column].abs().total_cmp(&left[*b][column].abs()))?;
        if left[pivot][column] == 0.0 {
            return None;
        }
        left.swap(column, pivot);
        right.swap(column, pivot);
        let (own, own_right) = (left[column].clone(), right[column].clone());
        for row in (0..n).filter(|row| *row != column) {
            let factor = left[row][column] / own[column];
            if factor != 0.0 {
                left[row].iter_mut().zip(&own).skip(column).for_each(|(x, o)| *x -= factor * o);
                right[row].iter_mut().zip(&own_right).for_each(|(x, o)| *x -= factor * o);
            }
        }
    }
    for (row, values) in right.iter_mut().enumerate() {
        values.iter_mut().for_each(|value| *value /= left[row][row]);
    }
    Some(right)
}
