//! How wrong the moments may be: the sets that robust sentences take the worst of.
//!
//! In: moments and how many observations they rest on. Out: an [`Uncertainty`], which the words
//! `robust return`, `robust variance` and `robust volatility` read. Knows no solver.
//!
//! | set | worst case over it |
//! |---|---|
//! | `abs(μ_i − m_i) <= δ_i` | `mᵀw − Σ δ_i abs(w_i)` (Tütüncü and Koenig, 2004, section 2) |
//! | `(μ − m)ᵀ Ω⁻¹ (μ − m) <= k²` | `mᵀw − k √(wᵀΩw)` (Goldfarb and Iyengar, 2003; Fabozzi et al., 2007) |
//! | `L <= Σ <= U`, entry by entry | see [`CovarianceSet::Box`] |
//! | `vec(Σ − S)ᵀ D⁻¹ vec(Σ − S) <= k²` | see [`CovarianceSet::Ellipsoid`] |

use risk::{Matrix, Moments, chi_squared_quantile};

use crate::AllocationError;

/// Sets around the moments of a problem; what is `None` is known for certain.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Uncertainty {
    /// Where the expected returns may lie.
    pub mean: Option<MeanSet>,
    /// Where the covariance may lie.
    pub covariance: Option<CovarianceSet>,
}

/// Where the expected returns may lie, around those of the problem.
#[derive(Debug, Clone, PartialEq)]
pub enum MeanSet {
    /// Each within its own distance, not negative, in units of return over the horizon.
    Box(Vec<f64>),
    /// `(μ − m)ᵀ Ω⁻¹ (μ − m) <= radius²`.
    Ellipsoid {
        /// `Ω`, assets × assets, positive semidefinite: as a rule the covariance of the estimate.
        shape: Matrix,
        /// How many standard errors away.
        radius: f64,
    },
}

/// Where the covariance may lie, among the positive semidefinite matrices.
#[derive(Debug, Clone, PartialEq)]
pub enum CovarianceSet {
    /// Each entry between its own bounds. With `C` their mean and `D` half their difference, the
    /// worst variance is `wᵀCw + abs(w)ᵀ D abs(w)` where `C` and `D` are positive semidefinite, and
    /// `wᵀUw` where `long only` is said and `U` is (Tütüncü and Koenig, 2004, section 2). In other
    /// cases it takes a semidefinite program and is refused.
    Box {
        /// Lower bounds of the entries.
        lower: Matrix,
        /// Upper bounds of the entries.
        upper: Matrix,
    },
    /// An ellipsoid around the covariance `S` of the problem, whose shape is the sampling error of
    /// `observations` normal ones. In full, `D = (I + K)(S ⊗ S) / observations` with `K` the
    /// commutation matrix, and the worst variance is `(1 + radius √(2 / observations)) wᵀSw`. With
    /// the diagonal of `D` alone it is
    /// `wᵀSw + radius √(((Σ v_i w_i²)² + Σ (v_i w_i²)²) / observations)` with `v` the variances.
    /// Either worst case adds a positive semidefinite matrix, so that semidefiniteness never
    /// binds and no lifted program is needed. Source of the set: Lobo and Boyd (2000), "The
    /// worst-case risk of a portfolio"; Schöttle and Werner (2009).
    Ellipsoid {
        /// `k`, not negative.
        radius: f64,
        /// How many observations the covariance rests on.
        observations: f64,
        /// Whether the errors of two entries are taken to be independent.
        diagonal: bool,
    },
}

impl Uncertainty {
    /// Ellipsoids at 95 % around moments over a horizon of so many days, which rest on as many
    /// independent stretches as fit into the days observed.
    pub fn usual(moments: &Moments, horizon_days: usize) -> Self {
        Self::of(moments, moments.observations as f64 / horizon_days.max(1) as f64, 0.95)
    }

    /// Ellipsoids at `level` (0.95 as a rule), with independent errors.
    ///
    /// `observations` is how many independent stretches as long as the horizon the moments rest
    /// on: for 504 days and a horizon of 21 days, 24.
    pub fn of(moments: &Moments, observations: f64, level: f64) -> Self {
        Self {
            mean: Some(MeanSet::ellipsoid(moments, observations, level, true)),
            covariance: Some(CovarianceSet::ellipsoid(moments, observations, level, true)),
        }
    }
}

impl MeanSet {
    /// Each expected return within the confidence interval of a normal mean at `level`:
    /// `δ_i = z √(σ_i² / observations)` with the two-sided quantile `z`.
    pub fn interval(moments: &Moments, observations: f64, level: f64) -> Self {
        let z = chi_squared_quantile(level, 1.0).sqrt();
        let errors = moments.covariance.diag().map(|v| z * (v / observations).sqrt());
        MeanSet::Box(errors.collect())
    }

    /// The confidence region of a normal mean at `level`: `Ω = Σ / observations`, or its diagonal,
    /// and `k²` the quantile of the chi-squared distribution with a degree for each asset
    /// (Schöttle and Werner, 2009; `EmpiricalMuUncertaintySet` of skfolio).
    pub fn ellipsoid(moments: &Moments, observations: f64, level: f64, diagonal: bool) -> Self {
        let sigma = &moments.covariance;
        let variances: Vec<f64> = sigma.diag().map(|v| v / observations).collect();
        let shape = match diagonal {
            true => Matrix::diagonal(&variances),
            false => sigma.scaled(1.0 / observations),
        };
        MeanSet::Ellipsoid { shape, radius: chi_squared_quantile(level, sigma.n() as f64).sqrt() }
    }
}

impl CovarianceSet {
    /// Each entry within its confidence interval at `level` for normal returns:
    /// `± z √((σ_ii σ_jj + σ_ij²) / observations)` (Anderson, 2003, *An Introduction to
    /// Multivariate Statistical Analysis*, theorem 3.4.4).
    pub fn interval(moments: &Moments, observations: f64, level: f64) -> Self {
        let z = chi_squared_quantile(level, 1.0).sqrt();
        let s = &moments.covariance;
        let error = |i: usize, j: usize| {
            z * ((s.at(i, i) * s.at(j, j) + s.at(i, j).powi(2)) / observations).sqrt()
        };
        CovarianceSet::Box {
            lower: Matrix::from_fn(s.n(), |i, j| s.at(i, j) - error(i, j)),
            upper: Matrix::from_fn(s.n(), |i, j| s.at(i, j) + error(i, j)),
        }
    }

    /// The confidence region at `level`: `k²` the quantile of the chi-squared distribution with a
    /// degree for each entry (`EmpiricalCovarianceUncertaintySet` of skfolio).
    pub fn ellipsoid(moments: &Moments, observations: f64, level: f64, diagonal: bool) -> Self {
        let entries = (moments.covariance.n() as f64).powi(2);
        let radius = chi_squared_quantile(level, entries).sqrt();
        CovarianceSet::Ellipsoid { radius, observations, diagonal }
    }
}

/// The first thing that is wrong with the shapes and numbers, if anything is.
pub(crate) fn check(uncertainty: &Uncertainty, assets: usize) -> Result<(), AllocationError> {
    let fits = |n: usize| match n == assets {
        true => Ok(()),
        false => {
            Err(AllocationError::Shape { what: "the uncertainty set", expected: assets, found: n })
        }
    };
    let size = |x: f64| x.is_finite() && x >= 0.0;
    let good = match &uncertainty.mean {
        Some(MeanSet::Box(errors)) => {
            fits(errors.len())?;
            errors.iter().all(|error| size(*error))
        }
        Some(MeanSet::Ellipsoid { shape, radius }) => {
            fits(shape.n())?;
            size(*radius) && semidefinite(shape)
        }
        None => true,
    };
    if !good {
        return Err(wrong("a distance of the expected returns is negative or no number"));
    }
    match &uncertainty.covariance {
        Some(CovarianceSet::Box { lower, upper }) => {
            fits(lower.n())?;
            fits(upper.n())?;
            let mut pairs = lower.as_slice().iter().zip(upper.as_slice());
            match pairs.all(|(l, u)| l.is_finite() && u.is_finite() && l <= u) {
                true => Ok(()),
                false => Err(wrong("a lower bound of the covariance is above the upper one")),
            }
        }
        Some(CovarianceSet::Ellipsoid { radius, observations, .. }) => {
            match size(*radius) && observations.is_finite() && *observations > 0.0 {
                true => Ok(()),
                false => Err(wrong("the radius or the observations are not positive")),
            }
        }
        None => Ok(()),
    }
}

/// Whether no portfolio has a negative variance, but for rounding.
pub(crate) fn semidefinite(matrix: &Matrix) -> bool {
    let Ok(values) = matrix.eigenvalues() else { return false };
    let largest = values.iter().fold(0.0_f64, |max, value| max.max(value.abs()));
    values.iter().all(|value| *value >= -1e-12 * largest)
}

pub(crate) fn wrong(reason: &str) -> AllocationError {
    AllocationError::WrongUncertainty { reason: reason.to_owned() }
}
