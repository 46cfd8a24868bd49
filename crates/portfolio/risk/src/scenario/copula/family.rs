//! Families of pair copulas, as they stand in their books.
//!
//! In come two probabilities and a parameter; out come the density, the conditional distribution
//! and its inverse. Each is symmetric in its arguments; rotation happens elsewhere. Formulas: Joe
//! 1997, "Multivariate models and dependence concepts"; Aas, Czado, Frigessi and Bakken 2009,
//! "Pair-copula constructions of multiple dependence".

use super::super::special::{StudentT, ln_gamma, normal_cdf, normal_quantile};

/// A family of pair copulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// No dependence.
    Independence,
    /// That of two normal returns; extremes come alone. The parameter is a correlation.
    Gaussian,
    /// That of two Student-t returns; extremes come together, of either sign. The parameter is a
    /// correlation; degrees of freedom are a second one.
    Student,
    /// Low extremes come together. The parameter is positive.
    Clayton,
    /// High extremes come together. The parameter is at least 1.
    Gumbel,
    /// High extremes come together, more so than the rest. The parameter is at least 1.
    Joe,
}

/// A family with its parameters, ready for many arguments.
#[derive(Clone, Copy)]
pub(super) struct Base {
    family: Family,
    theta: f64,
    degrees: f64,
    now: StudentT,
    given: StudentT,
    constant: f64,
}

impl Base {
    pub(super) fn new(family: Family, theta: f64, degrees: f64) -> Self {
        let half = degrees / 2.0;
        let constant = ln_gamma(half + 1.0) + ln_gamma(half) - 2.0 * ln_gamma(half + 0.5);
        let (now, given) = (StudentT::new(degrees), StudentT::new(degrees + 1.0));
        Self { family, theta, degrees, now, given, constant }
    }

    /// `ln c(u, v)`.
    pub(super) fn ln_density(&self, u: f64, v: f64) -> f64 {
        let theta = self.theta;
        match self.family {
            Family::Independence => 0.0,
            Family::Gaussian => gaussian_ln_density(normal_quantile(u), normal_quantile(v), theta),
            Family::Student => {
                self.student_ln_density(self.now.quantile(u), self.now.quantile(v), theta)
            }
            Family::Clayton => {
                let sum = ln_clayton_sum(u, v, theta);
                theta.ln_1p() - (1.0 + theta) * (u.ln() + v.ln()) - (2.0 + 1.0 / theta) * sum
            }
            Family::Gumbel => {
                let (x, y) = (-u.ln(), -v.ln());
                let ln_a = ln_gumbel_norm(x, y, theta);
                let a = ln_a.exp();
                -a + x
                    + y
                    + (theta - 1.0) * (x.ln() + y.ln())
                    + (2.0 - 2.0 * theta) * ln_a
                    + ((theta - 1.0) / a).ln_1p()
            }
            Family::Joe => {
                let (x, y, s) = joe_parts(u, v, theta);
                (1.0 / theta - 2.0) * s.ln()
                    + (1.0 - 1.0 / theta) * (x.ln() + y.ln())
                    + (theta - 1.0 + s).ln()
            }
        }
    }

    /// The Student density from its quantiles, which depend on the degrees of freedom alone.
    pub(super) fn student_ln_density(&self, x: f64, y: f64, rho: f64) -> f64 {
        let (nu, left) = (self.degrees, 1.0 - rho * rho);
        let square = (x * x + y * y - 2.0 * rho * x * y) / (nu * left);
        self.constant - 0.5 * left.ln() - (nu / 2.0 + 1.0) * square.ln_1p()
            + (nu + 1.0) / 2.0 * ((x * x / nu).ln_1p() + (y * y / nu).ln_1p())
    }

    /// `P(U ≤ u | V = v)`.
    pub(super) fn conditional(&self, u: f64, v: f64) -> f64 {
        let theta = self.theta;
        match self.family {
            Family::Independence => u,
            Family::Gaussian => {
                let (x, y) = (normal_quantile(u), normal_quantile(v));
                normal_cdf((x - theta * y) / (1.0 - theta * theta).sqrt())
            }
            Family::Student => {
                let (x, y) = (self.now.quantile(u), self.now.quantile(v));
                self.given.cdf((x - theta * y) / self.student_scale(y))
            }
            Family::Clayton => {
                (-(1.0 + theta) * v.ln() - (1.0 + 1.0 / theta) * ln_clayton_sum(u, v, theta)).exp()
            }
            Family::Gumbel => {
                let (x, y) = (-u.ln(), -v.ln());
                let ln_a = ln_gumbel_norm(x, y, theta);
                (y - ln_a.exp() + (theta - 1.0) * (y.ln() - ln_a)).exp()
            }
            Family::Joe => {
                let (x, y, s) = joe_parts(u, v, theta);
                ((1.0 / theta - 1.0) * s.ln() + (1.0 - 1.0 / theta) * y.ln()).exp() * (1.0 - x)
            }
        }
    }

    /// The `u` with `P(U ≤ u | V = v) = w`.
    pub(super) fn inverse(&self, w: f64, v: f64) -> f64 {
        let theta = self.theta;
        match self.family {
            Family::Independence => w,
            Family::Gaussian => {
                let (z, y) = (normal_quantile(w), normal_quantile(v));
                normal_cdf(z * (1.0 - theta * theta).sqrt() + theta * y)
            }
            Family::Student => {
                let (z, y) = (self.given.quantile(w), self.now.quantile(v));
                self.now.cdf(z * self.student_scale(y) + theta * y)
            }
            Family::Clayton => {
                // Of (w v^(θ+1))^(−θ/(θ+1)) + 1 − v^−θ, by the power of v that both share.
                let power = -theta / (1.0 + theta) * w.ln();
                let sum = (-theta * v.ln()).exp() * power.exp_m1();
                (-sum.ln_1p() / theta).exp()
            }
            Family::Gumbel | Family::Joe => self.search(w, v),
        }
    }

    /// The inverse by Newton's method, whose derivative is the density, within a bracket.
    fn search(&self, w: f64, v: f64) -> f64 {
        let (mut low, mut high, mut u) = (0.0, 1.0, w);
        for _ in 0..100 {
            let missing = self.conditional(u, v) - w;
            if missing < 0.0 {
                low = u;
            } else {
                high = u;
            }
            let newton = u - missing / self.ln_density(u, v).exp();
            let next = if newton > low && newton < high { newton } else { (low + high) / 2.0 };
            if (next - u).abs() <= 1e-15 {
                return next;
            }
            u = next;
        }
        u
    }

    fn student_scale(&self, y: f64) -> f64 {
        let spread = (self.degrees + y * y) * (1.0 - self.theta * self.theta);
        (spread / (self.degrees + 1.0)).sqrt()
    }
}

/// The Gaussian density from its quantiles.
pub(super) fn gaussian_ln_density(x: f64, y: f64, rho: f64) -> f64 {
    let left = 1.0 - rho * rho;
    -0.5 * left.ln() - (rho * rho * (x * x + y * y) - 2.0 * rho * x * y) / (2.0 * left)
}

/// `ln(u^−θ + v^−θ − 1)`, without overflow.
fn ln_clayton_sum(u: f64, v: f64, theta: f64) -> f64 {
    let (a, b) = (-theta * u.ln(), -theta * v.ln());
    let (low, high) = (a.min(b), a.max(b));
    high + (low.exp_m1() * (-high).exp()).ln_1p()
}

/// `ln (x^θ + y^θ)^(1/θ)`, without overflow.
fn ln_gumbel_norm(x: f64, y: f64, theta: f64) -> f64 {
    let (low, high) = (x.min(y), x.max(y));
    high.ln() + (low / high).powf(theta).ln_1p() / theta
}

/// `(1−u)^θ`, `(1−v)^θ` and their probabilistic sum.
fn joe_parts(u: f64, v: f64, theta: f64) -> (f64, f64, f64) {
    let (x, y) = ((1.0 - u).powf(theta), (1.0 - v).powf(theta));
    (x, y, x + y - x * y)
}
