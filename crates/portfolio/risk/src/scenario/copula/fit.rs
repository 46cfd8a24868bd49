//! Which pair copula fits best.
//!
//! In come the probabilities of two returns and families to try; out comes the copula of least AIC.
//! Parameters maximise the likelihood, by a search in one dimension from Kendall's τ on.

use super::concordance::kendall_tau;
use super::family::{Base, gaussian_ln_density};
use super::pair::{flip, keep};
use super::{Family, PairCopula, Rotation};
use crate::RiskError;
use crate::moments::check_len;
use crate::scenario::special::{StudentT, normal_quantile};

/// Fewest returns that a copula is fitted to.
pub(super) const LEAST: usize = 20;
/// Below this many standard errors, Kendall's τ is taken for none (Genest and Favre 2007,
/// "Everything you always wanted to know about copula modeling but were afraid to ask").
const SIGNIFICANT: f64 = 1.96;
/// Steps of the search; each leaves 0.618 of the interval.
const STEPS: usize = 40;

impl PairCopula {
    /// The copula of least AIC among `families` for the probabilities `u` and `v` of two returns,
    /// and the logarithm of its likelihood. Independence where Kendall's τ is not significant.
    ///
    /// Fails if the lists differ in length, hold fewer than 20 numbers, or one is not finite.
    pub fn fit(u: &[f64], v: &[f64], families: &[Family]) -> Result<(Self, f64), RiskError> {
        crate::covariance::require_rows("a pair copula", u.len(), LEAST)?;
        check_len("probabilities", u, u.len())?;
        check_len("probabilities", v, u.len())?;
        let copula = fit(u, v, families);
        let likelihood = u.iter().zip(v).map(|(u, v)| copula.ln_density(*u, *v)).sum();
        Ok((copula, likelihood))
    }
}

/// The best of `families`; independence where τ says so.
pub(super) fn fit(u: &[f64], v: &[f64], families: &[Family]) -> PairCopula {
    let n = u.len() as f64;
    let tau = kendall_tau(u, v);
    let error = (2.0 * (2.0 * n + 5.0) / (9.0 * n * (n - 1.0))).sqrt();
    if tau.abs() < SIGNIFICANT * error {
        return PairCopula::independence();
    }
    let mut best = (0.0, PairCopula::independence());
    for family in families {
        for rotation in rotations(*family, tau) {
            let (copula, likelihood) = fit_one(*family, rotation, tau, u, v);
            let parameters = if *family == Family::Student { 2.0 } else { 1.0 };
            let aic = 2.0 * parameters - 2.0 * likelihood;
            if *family != Family::Independence && aic < best.0 {
                best = (aic, copula);
            }
        }
    }
    best.1
}

/// The corners in which the family agrees with the sign of τ.
fn rotations(family: Family, tau: f64) -> Vec<Rotation> {
    match family {
        Family::Independence | Family::Gaussian | Family::Student => vec![Rotation::None],
        _ if tau > 0.0 => vec![Rotation::None, Rotation::Both],
        _ => vec![Rotation::First, Rotation::Second],
    }
}

/// The most likely copula of one family, and the logarithm of its likelihood.
fn fit_one(
    family: Family,
    rotation: Rotation,
    tau: f64,
    u: &[f64],
    v: &[f64],
) -> (PairCopula, f64) {
    let copula = PairCopula { family, rotation, ..PairCopula::independence() };
    let (first, second) = copula.turns();
    let turned: Vec<(f64, f64)> =
        u.iter().zip(v).map(|(u, v)| (flip(keep(*u), first), flip(keep(*v), second))).collect();
    match family {
        Family::Independence => (copula, 0.0),
        Family::Gaussian => {
            let points: Vec<(f64, f64)> =
                turned.iter().map(|(u, v)| (normal_quantile(*u), normal_quantile(*v))).collect();
            let (parameter, likelihood) = correlation(&points, gaussian_ln_density);
            (PairCopula { parameter, ..copula }, likelihood)
        }
        Family::Student => student(copula, &turned),
        Family::Clayton | Family::Gumbel | Family::Joe => {
            // Parameters by τ, from which the search starts: exact but for Joe.
            let tau = tau.abs().min(0.95);
            let least = if family == Family::Clayton { 0.0 } else { 1.0 };
            let guess =
                if family == Family::Clayton { 2.0 * tau / (1.0 - tau) } else { tau / (1.0 - tau) };
            let theta = |x: f64| least + x.exp();
            let value = |x: f64| {
                let base = Base::new(family, theta(x), copula.degrees);
                turned.iter().map(|(u, v)| base.ln_density(*u, *v)).sum()
            };
            let guess = guess.max(1e-4).ln();
            let (x, likelihood) = largest(guess - 2.5, guess + 2.5, value);
            (PairCopula { parameter: theta(x), ..copula }, likelihood)
        }
    }
}

/// Degrees of freedom by a search, and for each the best correlation.
fn student(copula: PairCopula, points: &[(f64, f64)]) -> (PairCopula, f64) {
    let at = |x: f64| {
        let degrees = x.exp();
        let (t, base) = (StudentT::new(degrees), Base::new(Family::Student, 0.0, degrees));
        let points: Vec<(f64, f64)> =
            points.iter().map(|(u, v)| (t.quantile(*u), t.quantile(*v))).collect();
        correlation(&points, |x, y, rho| base.student_ln_density(x, y, rho))
    };
    let (x, likelihood) = largest(2.0_f64.ln(), 60.0_f64.ln(), |x| at(x).1);
    (PairCopula { parameter: at(x).0, degrees: x.exp(), ..copula }, likelihood)
}

/// The most likely correlation of points.
fn correlation(points: &[(f64, f64)], ln_density: impl Fn(f64, f64, f64) -> f64) -> (f64, f64) {
    let value = |z: f64| points.iter().map(|(x, y)| ln_density(*x, *y, z.tanh())).sum();
    let (z, likelihood) = largest(-3.5, 3.5, value);
    (z.tanh(), likelihood)
}

/// Where a function with one maximum is largest: golden sections.
fn largest(low: f64, high: f64, f: impl Fn(f64) -> f64) -> (f64, f64) {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (low, high);
    let (mut a, mut b) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_a, mut at_b) = (f(a), f(b));
    for _ in 0..STEPS {
        if at_a > at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - golden * (high - low);
            at_a = f(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + golden * (high - low);
            at_b = f(b);
        }
    }
    if at_a > at_b { (a, at_a) } else { (b, at_b) }
}
