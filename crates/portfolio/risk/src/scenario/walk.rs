//! Wealth along many paths.
//!
//! In come how wealth grows in one step, a seed and which paths; out comes the wealth of each path,
//! step by step. Path `i` at step `t` is a function of the seed, `i` and `t` alone, so paths can be
//! shared out in any way. It knows nothing about portfolios, calendars or taxes.

use std::ops::Range;

use super::block::{LANES, words};
use super::elliptical::{check_degrees, stretch};
use super::random::{Philox, Stream, Ziggurat, below};
use crate::{RiskError, moments::check_len};

/// The return of one step.
#[derive(Debug, Clone, PartialEq)]
pub enum Growth {
    /// Normal simple returns.
    Normal {
        /// Mean of a step's return.
        mean: f64,
        /// Its standard deviation.
        volatility: f64,
    },
    /// Normal logarithmic returns: wealth is lognormal.
    LogNormal {
        /// Mean of a step's logarithmic return.
        mean: f64,
        /// Its standard deviation.
        volatility: f64,
    },
    /// Student-t simple returns.
    Student {
        /// Mean of a step's return.
        mean: f64,
        /// Its standard deviation.
        volatility: f64,
        /// Degrees of freedom, more than 2.
        degrees: f64,
    },
    /// One of these simple returns, each as likely.
    Historical {
        /// Returns of the past.
        returns: Vec<f64>,
    },
}

/// The wealth of a range of paths.
#[derive(Debug, Clone)]
pub struct Walk {
    growth: Growth,
    philox: Philox,
    seed: u64,
    normal: Ziggurat,
    first: u64,
    step: u64,
    wealth: Vec<f64>,
}

impl Walk {
    /// Paths `paths` before their first step, each with `start`.
    ///
    /// Fails if a parameter is not finite, a volatility is negative, or there are no returns.
    pub fn new(
        growth: Growth,
        start: f64,
        seed: u64,
        paths: Range<u64>,
    ) -> Result<Self, RiskError> {
        growth.check()?;
        if !(start >= 0.0 && start.is_finite()) {
            let name = "the wealth to start with";
            return Err(RiskError::Parameter { name, found: start, must: "at least 0" });
        }
        let wealth = vec![start; paths.end.saturating_sub(paths.start) as usize];
        let (philox, normal) = (Philox::new(seed), Ziggurat::new());
        Ok(Self { growth, philox, seed, normal, first: paths.start, step: 0, wealth })
    }

    /// The wealth of each path now.
    pub fn wealth(&self) -> &[f64] {
        &self.wealth
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// One step: wealth grows, then `flow` is paid in (or out, if negative). Wealth that would fall
    /// below zero is zero, and stays there if nothing is paid in.
    pub fn advance(&mut self, flow: f64) {
        let (step, seed) = (self.step, self.seed);
        let normal = &self.normal;
        match &self.growth {
            Growth::Normal { mean, volatility } => {
                let base = 1.0 + mean;
                each(self.philox, self.first, step, &mut self.wealth, |wealth, path, bits| {
                    let z = normal.at(bits, || Stream::new(seed, path, step));
                    *wealth = (*wealth * (base + volatility * z) + flow).max(0.0);
                });
            }
            Growth::LogNormal { mean, volatility } => {
                each(self.philox, self.first, step, &mut self.wealth, |wealth, path, bits| {
                    let z = normal.at(bits, || Stream::new(seed, path, step));
                    *wealth = (*wealth * (mean + volatility * z).exp() + flow).max(0.0);
                });
            }
            Growth::Student { mean, volatility, degrees } => {
                let base = 1.0 + mean;
                each(self.philox, self.first, step, &mut self.wealth, |wealth, path, bits| {
                    let mut stream = Stream::new(seed, path, step);
                    let factor = stretch(*degrees, &mut stream, normal);
                    let z = normal.at(bits, || stream);
                    *wealth = (*wealth * (base + volatility * factor * z) + flow).max(0.0);
                });
            }
            Growth::Historical { returns } => {
                each(self.philox, self.first, step, &mut self.wealth, |wealth, _, bits| {
                    let growth = 1.0 + returns[below(bits, returns.len())];
                    *wealth = (*wealth * growth + flow).max(0.0);
                });
            }
        }
        self.step += 1;
    }
}

/// Calls `grow` with each path's wealth, number and 64 random bits, block by block.
fn each(
    philox: Philox,
    first: u64,
    step: u64,
    wealth: &mut [f64],
    grow: impl Fn(&mut f64, u64, u64),
) {
    let (mut path, mut left) = (first, wealth);
    while !left.is_empty() {
        let lane = (path % LANES as u64) as usize;
        let (now, later) = left.split_at_mut((LANES - lane).min(left.len()));
        let words = words(philox, path / LANES as u64, step);
        for ((wealth, bits), path) in now.iter_mut().zip(&words[lane..]).zip(path..) {
            grow(wealth, path, *bits);
        }
        path += now.len() as u64;
        left = later;
    }
}

/// The quantiles of wealth after each of `steps` steps, at each of `levels`, with `flow` paid in at
/// the end of every step: a fan. Cost: one random number and three passes a path and step.
///
/// Fails if there is no path or a level is not from 0 to 1.
pub fn fan(
    mut walk: Walk,
    steps: usize,
    flow: f64,
    levels: &[f64],
) -> Result<Vec<Vec<f64>>, RiskError> {
    (0..steps)
        .map(|_| {
            walk.advance(flow);
            super::quantiles(&[walk.wealth()], levels)
        })
        .collect()
}

impl Growth {
    fn check(&self) -> Result<(), RiskError> {
        match self {
            Growth::Normal { mean, volatility } | Growth::LogNormal { mean, volatility } => {
                check_moments(*mean, *volatility)
            }
            Growth::Student { mean, volatility, degrees } => {
                check_moments(*mean, *volatility)?;
                check_degrees(*degrees)
            }
            Growth::Historical { returns } => {
                crate::covariance::require_rows("historical growth", returns.len(), 1)?;
                check_len("returns", returns, returns.len())
            }
        }
    }
}

fn check_moments(mean: f64, volatility: f64) -> Result<(), RiskError> {
    if !mean.is_finite() {
        let name = "the mean of a step";
        return Err(RiskError::Parameter { name, found: mean, must: "finite" });
    }
    if !(volatility >= 0.0 && volatility.is_finite()) {
        let name = "the volatility of a step";
        return Err(RiskError::Parameter { name, found: volatility, must: "at least 0" });
    }
    Ok(())
}
