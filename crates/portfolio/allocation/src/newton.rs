//! Newton's method for risk budgets without bounds.
//!
//! In: a covariance and budgets `b`. Out: the `x > 0` with `x_i (Σx)_i = b_i`, the minimum of
//! `½ xᵀΣx − Σ b_i ln x_i` (Spinu, 2013), which is strictly convex: Newton steps, halved while they
//! do not lower it, converge from anywhere. In the units `dx_i = x_i / √b_i · u_i` the Hessian is
//! the identity plus risk contributions that sum to about one: its condition is small whatever the
//! covariance, and a few conjugate gradients (Hestenes and Stiefel, 1952) solve for a step without
//! a factorisation.

use risk::Matrix;

use crate::critical_line::tableau::{add_scaled, dot};

/// Relative misses of a budget that are rounding.
const EXACT: f64 = 1e-11;

/// A rise of the objective, whose terms are of order one, that is rounding.
const ROUNDING: f64 = 1e-12;

const MAX_STEPS: u32 = 100;

/// The solution and the steps that it took.
pub(crate) fn budgeted(sigma: &Matrix, budgets: &[f64]) -> (Vec<f64>, u32) {
    let mut x = start(sigma, budgets);
    let mut marginal = product(sigma, &x);
    let mut best = (f64::INFINITY, x.clone());
    let mut fails = 0;
    for step in 0..MAX_STEPS {
        let over: Vec<f64> =
            x.iter().zip(&marginal).zip(budgets).map(|((x, m), b)| x * m - b).collect();
        let miss = over.iter().zip(budgets).fold(0.0_f64, |max, (o, b)| max.max((o / b).abs()));
        match miss < 0.5 * best.0 {
            true => (best, fails) = ((miss, x.clone()), 0),
            false => fails += 1,
        }
        if best.0 <= EXACT || (fails > 1 && best.0 < 1e-9) {
            return (best.1, step);
        }
        let units: Vec<f64> = x.iter().zip(budgets).map(|(x, b)| x / b.sqrt()).collect();
        let force: Vec<f64> = over.iter().zip(budgets).map(|(o, b)| -o / b.sqrt()).collect();
        let u = conjugate_gradients(sigma, &units, &force, (0.1 * miss).clamp(1e-8, 0.1));
        let change: Vec<f64> = units.iter().zip(&u).map(|(unit, u)| unit * u).collect();
        let image = product(sigma, &change);
        let length = length(&x, &change, (&marginal, &image), budgets);
        add_scaled(&mut x, length, &change);
        // Near the end, what adding up has lost would show.
        match miss < 1e-4 {
            true => marginal = product(sigma, &x),
            false => add_scaled(&mut marginal, length, &image),
        }
    }
    (best.1, MAX_STEPS)
}

/// The part of a step that keeps `x` positive and lowers the objective, from one by halves. Along
/// the step the variance is known, so that no further product is needed.
fn length(x: &[f64], change: &[f64], (marginal, image): (&[f64], &[f64]), budgets: &[f64]) -> f64 {
    let (slope, bend) = (dot(change, marginal), dot(change, image));
    let mut length = 1.0;
    for _ in 0..40 {
        let mut gained = length * slope + 0.5 * length * length * bend;
        for ((x, change), budget) in x.iter().zip(change).zip(budgets) {
            // Not a number if the weight would be negative, and then not a gain.
            gained -= budget * (length * change / x).ln_1p();
        }
        if gained <= ROUNDING {
            break;
        }
        length *= 0.5;
    }
    length
}

/// In inverse proportion to volatility, scaled so that the contributions sum to the budgets, then
/// moved half the way that each contribution is off, in logarithms.
fn start(sigma: &Matrix, budgets: &[f64]) -> Vec<f64> {
    let mut x: Vec<f64> = sigma.diag().zip(budgets).map(|(v, b)| (b / v).sqrt()).collect();
    for _ in 0..3 {
        let marginal = product(sigma, &x);
        let scale = budgets.iter().sum::<f64>() / dot(&x, &marginal);
        for ((x, marginal), budget) in x.iter_mut().zip(&marginal).zip(budgets) {
            let part = *x * marginal * scale / budget;
            *x *= scale.sqrt() * part.clamp(0.1, 10.0).powf(-0.5);
        }
    }
    x
}

/// `u` with `(I + DΣD) u = force`, to a residual of `tolerance` times the force.
fn conjugate_gradients(sigma: &Matrix, d: &[f64], force: &[f64], tolerance: f64) -> Vec<f64> {
    let mut u = vec![0.0; force.len()];
    let mut residual = force.to_vec();
    let mut direction = residual.clone();
    let mut size = dot(&residual, &residual);
    let enough = size * tolerance * tolerance;
    for _ in 0..2 * force.len() {
        if size <= enough {
            break;
        }
        let scaled: Vec<f64> = direction.iter().zip(d).map(|(p, d)| p * d).collect();
        let mut image = product(sigma, &scaled);
        image.iter_mut().zip(d).zip(&direction).for_each(|((i, d), p)| *i = *i * d + p);
        let length = size / dot(&direction, &image);
        add_scaled(&mut u, length, &direction);
        add_scaled(&mut residual, -length, &image);
        let next = dot(&residual, &residual);
        let keep = next / size;
        size = next;
        direction.iter_mut().zip(&residual).for_each(|(p, r)| *p = r + keep * *p);
    }
    u
}

/// `Σx`, each entry below the diagonal read once for both of its places: the product is bound by
/// memory.
fn product(sigma: &Matrix, x: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    for (row, value) in x.iter().enumerate() {
        let entries = &sigma.row(row)[..row];
        y[row] = dot(entries, &x[..row]) + sigma.at(row, row) * value;
        add_scaled(&mut y[..row], *value, entries);
    }
    y
}
