//! The minimum covariance determinant: means and covariances that outliers cannot move.
//!
//! In come returns and a seed, out come the moments of the days that are not outliers. Of all
//! subsets of `h` days, the one whose covariance has the smallest determinant says what is usual;
//! then all days near it are taken.
//!
//! Rousseeuw and Van Driessen 1999, "A fast algorithm for the minimum covariance determinant
//! estimator", Technometrics 41(3), §3: many small random subsets, two concentration steps each,
//! and the ten best followed until they stay. The optimum is not certain to be found, but nearly so
//! where outliers are apart from the rest. Costs about 1,000 times `T N²`.

use std::collections::BTreeSet;

use super::{moving_sample, require_rows};
use crate::probability::{chi_squared, chi_squared_quantile};
use crate::{Cholesky, Matrix, Returns, RiskError, dense};

/// Random subsets to begin with.
const STARTS: usize = 500;
/// Of them, those that are followed to the end.
const FOLLOWED: usize = 10;
/// The determinant falls with every concentration step, so this is never reached.
const STEPS: usize = 1000;
/// A day is an outlier if a Gaussian would be as far off on fewer than this part of days.
const OUTLYING: f64 = 0.025;

/// Moments of the days that are not outliers.
#[derive(Debug, Clone, PartialEq)]
pub struct RobustMoments {
    /// The means, one for each symbol.
    pub mean: Vec<f64>,
    /// The covariance, corrected so that it has no bias for Gaussian returns.
    pub covariance: Matrix,
    /// The days that count, from 0, in order; all others are outliers.
    pub sound: Vec<usize>,
}

/// The moments of the days that the minimum covariance determinant calls sound: those within the
/// 97.5 % ellipsoid of the raw estimate, both estimates made consistent by the factors of Croux
/// and Haesbroeck 1999 (eq. 4.2). `support` is the part of days that is surely sound, above one half;
/// `(T + N + 1) / 2T` if `None`.
///
/// Fails with no more days than twice the symbols, if a symbol never moves, and if a combination of
/// symbols does not move on the sound days.
pub fn minimum_covariance_determinant(
    returns: &Returns,
    support: Option<f64>,
    seed: u64,
) -> Result<RobustMoments, RiskError> {
    let (rows, cols) = (returns.rows(), returns.cols());
    require_rows("the minimum covariance determinant", rows, 2 * cols + 1)?;
    moving_sample(returns)?;
    let half = (rows + cols + 1).div_ceil(2).min(rows);
    let size = match support {
        None => half,
        Some(part) if part > 0.5 && part <= 1.0 => ((part * rows as f64) as usize).max(half),
        Some(found) => {
            let must = "above 0.5, at most 1";
            return Err(RiskError::Parameter { name: "support", found, must });
        }
    };
    let raw = search(returns, size, seed)?;
    let scale = consistency(cols, size as f64 / rows as f64);
    let bound = chi_squared_quantile(1.0 - OUTLYING, cols as f64) * scale;
    let distances = raw.distances(returns);
    let sound: Vec<usize> = (0..rows).filter(|row| distances[*row] < bound).collect();
    let (mean, covariance) = moments(returns, &sound);
    let covariance = covariance.scaled(consistency(cols, 1.0 - OUTLYING));
    Ok(RobustMoments { mean, covariance, sound })
}

/// What the covariance of the `part` of Gaussian days that are nearest the centre must be
/// multiplied by.
fn consistency(cols: usize, part: f64) -> f64 {
    if part >= 1.0 {
        return 1.0;
    }
    let cols = cols as f64;
    part / chi_squared(chi_squared_quantile(part, cols), cols + 2.0)
}

/// A subset of days with its centre and the factor of its covariance.
struct Subset {
    rows: Vec<usize>,
    mean: Vec<f64>,
    factor: Cholesky,
}

impl Subset {
    fn new(returns: &Returns, rows: Vec<usize>) -> Result<Self, RiskError> {
        let (mean, covariance) = moments(returns, &rows);
        Ok(Self { rows, mean, factor: covariance.cholesky()? })
    }

    /// The squared Mahalanobis distance of each day.
    fn distances(&self, returns: &Returns) -> Vec<f64> {
        let distance = |row: usize| {
            let pairs = returns.row(row).iter().zip(&self.mean);
            let deviation: Vec<f64> = pairs.map(|(value, mean)| value - mean).collect();
            self.factor.forward(&deviation).iter().map(|value| value * value).sum()
        };
        (0..returns.rows()).map(distance).collect()
    }

    /// The `size` days that are nearest: no larger a determinant (theorem 1).
    fn concentrated(&self, returns: &Returns, size: usize) -> Result<Self, RiskError> {
        let distances = self.distances(returns);
        let mut order: Vec<usize> = (0..returns.rows()).collect();
        order.sort_by(|a, b| distances[*a].total_cmp(&distances[*b]).then(a.cmp(b)));
        order.truncate(size);
        order.sort_unstable();
        Self::new(returns, order)
    }
}

/// The best subset of `size` days that the random beginnings lead to.
fn search(returns: &Returns, size: usize, seed: u64) -> Result<Subset, RiskError> {
    if size == returns.rows() {
        return Subset::new(returns, (0..size).collect());
    }
    let mut random = Random(seed);
    let mut begun = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let start = beginning(returns, &mut random)?;
        begun.push(start.concentrated(returns, size)?.concentrated(returns, size)?);
    }
    begun.sort_by(|a, b| a.factor.log_determinant().total_cmp(&b.factor.log_determinant()));
    let mut best: Option<Subset> = None;
    for mut subset in begun.into_iter().take(FOLLOWED) {
        for _ in 0..STEPS {
            let next = subset.concentrated(returns, size)?;
            let stays = next.rows == subset.rows;
            subset = next;
            if stays {
                break;
            }
        }
        let smaller =
            |best: &Subset| subset.factor.log_determinant() < best.factor.log_determinant();
        if best.as_ref().is_none_or(smaller) {
            best = Some(subset);
        }
    }
    Ok(best.expect("ten subsets are followed"))
}

/// One more day than symbols, at random, and more until they are not in one hyperplane.
fn beginning(returns: &Returns, random: &mut Random) -> Result<Subset, RiskError> {
    let mut rows = BTreeSet::new();
    loop {
        rows.insert(random.below(returns.rows()));
        if rows.len() <= returns.cols() {
            continue;
        }
        match Subset::new(returns, rows.iter().copied().collect()) {
            Err(RiskError::NotPositiveDefinite { .. }) if rows.len() < returns.rows() => {}
            found => return found,
        }
    }
}

/// The mean and covariance (over their number) of some days.
fn moments(returns: &Returns, rows: &[usize]) -> (Vec<f64>, Matrix) {
    let cols = returns.cols();
    let count = rows.len() as f64;
    let mut mean = vec![0.0; cols];
    for row in rows {
        for (sum, value) in mean.iter_mut().zip(returns.row(*row)) {
            *sum += value / count;
        }
    }
    let mut centred = Vec::with_capacity(rows.len() * cols);
    for row in rows {
        centred.extend(returns.row(*row).iter().zip(&mean).map(|(value, mean)| value - mean));
    }
    let covariance = dense::gram(&centred, rows.len(), cols).scaled(1.0 / count);
    (mean, covariance)
}

/// Numbers that look random, from a seed: SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    /// One of the numbers from 0 up to `bound`, each nearly as likely as any other.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(mixed ^ (mixed >> 31)) * bound as u128) >> 64) as usize
    }
}
