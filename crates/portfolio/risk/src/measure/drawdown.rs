//! Drawdowns: how far below its best a portfolio stood, day by day.
//!
//! In comes a [`Sample`] in order of time; out comes the sample of its drawdowns, turned so that
//! they are losses, and the way back: slopes by drawdown become slopes by return. The start counts
//! as a peak, so a loss on the first day is a drawdown.

use serde::{Deserialize, Serialize};

use super::sample::Sample;
use crate::RiskError;

/// How wealth grows from returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Wealth {
    /// `1 + Σ r`: returns add up, a drawdown is a fraction of the first wealth. Convex in the
    /// weights, so it can be optimised (Chekhlov, Uryasev and Zabarankin 2005).
    #[default]
    Uncompounded,
    /// `Π (1 + r)`: returns compound, a drawdown is a fraction of the peak. What a holder sees.
    Compounded,
}

/// Drawdowns and where each began.
pub(crate) struct Drawdowns<'a> {
    source: &'a Sample<'a>,
    wealth: Wealth,
    /// Zero or negative: what was lost since the peak.
    turned: Vec<f64>,
    /// For each day, the first day after its peak.
    since: Vec<usize>,
}

impl<'a> Drawdowns<'a> {
    /// Fails if wealth compounds and a return leaves nothing to compound.
    pub(crate) fn new(source: &'a Sample<'a>, wealth: Wealth) -> Result<Self, RiskError> {
        let compounded = wealth == Wealth::Compounded;
        if let Some(row) = source.returns().iter().position(|r| compounded && *r <= -1.0) {
            return Err(RiskError::Ruin { row, found: source.returns()[row] });
        }
        let (mut now, mut peak, mut after) = (1.0_f64, 1.0_f64, 0);
        let (mut turned, mut since) = (Vec::new(), Vec::new());
        for (day, r) in source.returns().iter().enumerate() {
            now = if compounded { now * (1.0 + r) } else { now + r };
            if now > peak {
                (peak, after) = (now, day + 1);
            }
            turned.push(if compounded { now / peak - 1.0 } else { now - peak });
            since.push(after);
        }
        Ok(Self { source, wealth, turned, since })
    }

    /// The drawdowns as a sample of (negative) returns.
    pub(crate) fn sample(&self) -> Sample<'_> {
        self.source.over(self.turned.clone())
    }

    /// Slopes by return, from slopes by drawdown: a return moves all drawdowns from its day on
    /// that began before it.
    pub(crate) fn back(&self, slopes: &[f64]) -> Vec<f64> {
        let compounded = self.wealth == Wealth::Compounded;
        let mut starts = vec![0.0; slopes.len() + 1];
        let mut ends = vec![0.0; slopes.len() + 1];
        for (day, slope) in slopes.iter().enumerate() {
            let part = if compounded { slope * (1.0 + self.turned[day]) } else { *slope };
            if self.since[day] <= day {
                starts[self.since[day]] += part;
                ends[day + 1] += part;
            }
        }
        let mut sum = 0.0;
        let mut run = |day: usize, r: &f64| {
            sum += starts[day] - ends[day];
            if compounded { sum / (1.0 + r) } else { sum }
        };
        self.source.returns().iter().enumerate().map(|(day, r)| run(day, r)).collect()
    }
}
