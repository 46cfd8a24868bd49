//! A pair copula: a family, its parameters, and which way it is turned.
//!
//! In come two probabilities; out come the density, both conditional distributions and their
//! inverses. It does not know where it stands in a vine.

use super::Family;
use super::family::Base;
use crate::RiskError;

/// Arguments are kept this far from 0 and 1, where densities may be infinite.
const EDGE: f64 = 1e-10;

/// Which arguments are turned around, so that a family whose low extremes come together also serves
/// where others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotation {
    /// `c(u, v)`
    #[default]
    None,
    /// `c(1 − u, v)`: low with high.
    First,
    /// `c(1 − u, 1 − v)`: the other corner.
    Both,
    /// `c(u, 1 − v)`: high with low.
    Second,
}

/// A copula of two returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairCopula {
    /// The family.
    pub family: Family,
    /// Which way it is turned. Of no effect on families that are alike in all corners.
    pub rotation: Rotation,
    /// A correlation, or the family's own parameter.
    pub parameter: f64,
    /// Degrees of freedom, for a Student copula.
    pub degrees: f64,
}

impl PairCopula {
    /// No dependence.
    pub fn independence() -> Self {
        let (family, rotation) = (Family::Independence, Rotation::None);
        Self { family, rotation, parameter: 0.0, degrees: 4.0 }
    }

    /// `ln c(u, v)`.
    pub fn ln_density(&self, u: f64, v: f64) -> f64 {
        let (u, v) = self.turned(u, v);
        self.base().ln_density(u, v)
    }

    /// `P(U ≤ u | V = v)`.
    pub fn first_given_second(&self, u: f64, v: f64) -> f64 {
        let (a, b) = self.turned(u, v);
        keep(flip(self.base().conditional(a, b), self.turns().0))
    }

    /// `P(V ≤ v | U = u)`.
    pub fn second_given_first(&self, v: f64, u: f64) -> f64 {
        let (a, b) = self.turned(u, v);
        keep(flip(self.base().conditional(b, a), self.turns().1))
    }

    /// The `v` with `P(V ≤ v | U = u) = w`.
    pub fn second_at(&self, w: f64, u: f64) -> f64 {
        let (first, second) = self.turns();
        let (w, u) = (flip(keep(w), second), flip(keep(u), first));
        keep(flip(self.base().inverse(w, u), second))
    }

    /// That the parameters are in the ranges of the family.
    pub fn check(&self) -> Result<(), RiskError> {
        let (found, name) = (self.parameter, "the parameter of a copula");
        let (fits, must) = match self.family {
            Family::Independence => (true, ""),
            Family::Gaussian | Family::Student => (found.abs() < 1.0, "between -1 and 1"),
            Family::Clayton => (found > 0.0 && found.is_finite(), "positive"),
            Family::Gumbel | Family::Joe => (found >= 1.0 && found.is_finite(), "at least 1"),
        };
        if !fits {
            return Err(RiskError::Parameter { name, found, must });
        }
        if self.family == Family::Student && !(self.degrees > 0.0 && self.degrees.is_finite()) {
            let (name, found) = ("degrees of freedom", self.degrees);
            return Err(RiskError::Parameter { name, found, must: "positive" });
        }
        Ok(())
    }

    pub(super) fn base(&self) -> Base {
        Base::new(self.family, self.parameter, self.degrees)
    }

    pub(super) fn turns(&self) -> (bool, bool) {
        match self.rotation {
            Rotation::None => (false, false),
            Rotation::First => (true, false),
            Rotation::Both => (true, true),
            Rotation::Second => (false, true),
        }
    }

    fn turned(&self, u: f64, v: f64) -> (f64, f64) {
        let (first, second) = self.turns();
        (flip(keep(u), first), flip(keep(v), second))
    }
}

pub(super) fn flip(x: f64, turn: bool) -> f64 {
    if turn { 1.0 - x } else { x }
}

pub(super) fn keep(x: f64) -> f64 {
    x.clamp(EDGE, 1.0 - EDGE)
}
