//! What a walk along critical lines asks of a covariance.
//!
//! With `n` assets and one budget, the optimality conditions are linear in
//! `K = [Σ 1; 1ᵀ 0]`: `y = K x`, where `x` holds the weights and, last, the budget's multiplier. An
//! index is *basic* where `x` moves and `y` is given (a free asset, the budget), and *nonbasic*
//! where it is the other way round (an asset at a bound). A tableau answers how what moves depends
//! on what is given, and follows as single indices change sides: principal pivoting. It knows
//! nothing about means, bounds or risk aversion.

/// An index that changes sides, with its column of the tableau just before.
pub(super) struct Change<'a> {
    pub index: usize,
    /// From nonbasic to basic.
    pub enters: bool,
    pub column: &'a [f64],
}

/// The swept form of `K`: with `B` basic and `N` not, its blocks are `−K_BB⁻¹`, `K_BB⁻¹ K_BN` and
/// `K_NN − K_NB K_BB⁻¹ K_BN`, so that it stays symmetric (Dempster, 1969; Goodnight, 1979, "A
/// tutorial on the SWEEP operator").
pub(super) trait Tableau {
    /// The number of assets; the budget has this index.
    fn n_assets(&self) -> usize;

    /// The variance of an asset.
    fn variance(&self, asset: usize) -> f64;

    /// Makes `asset` and the budget basic, from where nothing is.
    fn start(&mut self, asset: usize);

    /// Writes a column of the swept matrix.
    fn column(&self, index: usize, out: &mut [f64]);

    /// One index changes sides, or two at once where one alone would be singular.
    fn pivot(&mut self, changes: &[Change<'_>]);

    /// The basic `x` for which `y` is `given` on the basic indices while nonbasic `x` are nought.
    /// `given` is nought outside the basis, and so is what is written.
    fn solve(&self, given: &[f64], out: &mut [f64]);

    /// `Σ w`, from the covariance itself and not from what was swept.
    fn marginal(&self, weights: &[f64]) -> Vec<f64>;
}

/// The inverse of the symmetric block of one or two pivots: entries `(0,0)`, `(0,1)`, `(1,1)`.
pub(super) fn inverse(changes: &[Change<'_>]) -> (f64, f64, f64) {
    match changes {
        [one] => (one.column[one.index].recip(), 0.0, 0.0),
        [a, b] => {
            let (p, q, r) = (a.column[a.index], a.column[b.index], b.column[b.index]);
            let determinant = p * r - q * q;
            (r / determinant, -q / determinant, p / determinant)
        }
        _ => unreachable!("one index or two"),
    }
}

/// The inner product, in eight interleaved sums that the processor can take together.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a8.zip(b8) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// `y += factor · x`.
pub(crate) fn add_scaled(y: &mut [f64], factor: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += factor * x);
}
