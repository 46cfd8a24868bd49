//! How much each part of the costs counts in an objective.
//!
//! In: `costs`, `2 * costs`, `trading - 0.5 * borrow`. Out: one factor for each part, and the costs of
//! a problem scaled by them. Knows no program.

use std::fmt;

use crate::{AllocationError, Costs};

/// What a unit of each part of the [`Costs`] counts, in units of return; not negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CostFactors {
    /// The trades: linear costs and impact.
    pub trading: f64,
    /// The fees for borrowing what is sold short.
    pub borrow: f64,
    /// The fees for holding.
    pub holding: f64,
}

impl CostFactors {
    /// Costs do not count.
    pub const NONE: Self = Self::all(0.0);

    /// Every part counts as much as the return.
    pub const ALL: Self = Self::all(1.0);

    /// Every part counts `factor`.
    pub const fn all(factor: f64) -> Self {
        Self { trading: factor, borrow: factor, holding: factor }
    }

    /// Whether any part counts.
    pub fn any(&self) -> bool {
        *self != Self::NONE
    }

    /// That no factor would pay whoever trades.
    pub(crate) fn check(&self) -> Result<(), AllocationError> {
        let wrong = |factor: &f64| !(factor.is_finite() && *factor >= 0.0);
        match [self.trading, self.borrow, self.holding].into_iter().find(wrong) {
            None => Ok(()),
            Some(found) => Err(AllocationError::Parameter {
                name: "the factor of a cost",
                found,
                must: "finite and not negative",
            }),
        }
    }

    /// The costs that an objective sees.
    pub(crate) fn of(&self, costs: &Costs) -> Costs {
        let times = |rates: &[f64], factor: f64| rates.iter().map(|rate| rate * factor).collect();
        Costs {
            linear: times(&costs.linear, self.trading),
            impact_factor: times(&costs.impact_factor, self.trading),
            quadratic: times(&costs.quadratic, self.trading),
            borrow: times(&costs.borrow, self.borrow),
            holding: times(&costs.holding, self.holding),
        }
    }

    /// The parts that a word stands for.
    pub(crate) fn parts(&mut self, word: &str) -> Option<Vec<&mut f64>> {
        let Self { trading, borrow, holding } = self;
        match word {
            "costs" => Some(vec![trading, borrow, holding]),
            "trading" => Some(vec![trading]),
            "borrow" => Some(vec![borrow]),
            "holding" => Some(vec![holding]),
            _ => None,
        }
    }
}

/// As the end of an objective: ` - costs`, ` - 2 * borrow`, or nothing.
impl fmt::Display for CostFactors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.trading == self.borrow && self.borrow == self.holding;
        let parts = match whole {
            true => vec![("costs", self.trading)],
            false => {
                vec![("trading", self.trading), ("borrow", self.borrow), ("holding", self.holding)]
            }
        };
        for (word, factor) in parts.into_iter().filter(|(_, factor)| *factor != 0.0) {
            match factor == 1.0 {
                true => write!(f, " - {word}")?,
                false => write!(f, " - {factor} * {word}")?,
            }
        }
        Ok(())
    }
}
