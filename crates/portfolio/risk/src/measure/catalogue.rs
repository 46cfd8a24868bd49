//! The catalogue of measures: which there are, and their definitions.
//!
//! A measure is a name with its parameters; what it comes to is worked out elsewhere. In the
//! definitions `rₜ` is a return, `μ` the mean return, `pₜ` a probability (`1/T` unless given), and
//! `loss = −r`. A `tail` is the probability of the worst outcomes that count: 0.05 for a
//! confidence of 95 %.

use serde::{Deserialize, Serialize};

use super::drawdown::Wealth;
use super::moment::Target;

/// A measure of risk.
///
/// Written and read as words, such as `cvar(95%)` or `max drawdown(compounded)`; the names that
/// Riskfolio-Lib and skfolio use are understood as well.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum RiskMeasure {
    /// `Σ pₜ (rₜ − μ)² · T/(T−1)` (Markowitz 1952).
    Variance,
    /// The square root of the variance: volatility.
    StandardDeviation,
    /// `Σ pₜ max(target − rₜ, 0)² · T/(T−1)` (Markowitz 1959).
    SemiVariance {
        /// What returns are held against.
        target: Target,
    },
    /// The square root of the semi-variance. Below a fixed target it is the second lower partial
    /// moment, the risk of the Sortino ratio (Sortino and Price 1994).
    SemiDeviation {
        /// What returns are held against.
        target: Target,
    },
    /// `Σ pₜ |rₜ − μ|` (Konno and Yamazaki 1991).
    MeanAbsoluteDeviation,
    /// The mean of `|r − r′|` over pairs of different observations (Yitzhaki 1982).
    GiniMeanDifference,
    /// `√(Σ pₜ (rₜ − μ)⁴)`, the square root of the fourth central moment (Cajas 2022, "Convex
    /// optimization of portfolio kurtosis").
    SquareRootKurtosis,
    /// `√(Σ pₜ max(μ − rₜ, 0)⁴)`.
    SquareRootSemiKurtosis,
    /// `(Σ pₜ (rₜ − μ)^2p)^(1/p)` (Cajas 2023, "Higher order moment portfolio optimization").
    EvenMoment {
        /// `p`, at least 1: the moment is of order `2p`.
        p: u8,
    },
    /// The same over returns below the mean.
    EvenSemiMoment {
        /// `p`, at least 1: the moment is of order `2p`.
        p: u8,
    },
    /// `Σ pₜ (rₜ − μ)³`. The higher, the better.
    ThirdCentralMoment,
    /// `Σ pₜ (rₜ − μ)⁴`.
    FourthCentralMoment,
    /// `Σ pₜ min(rₜ − target, 0)⁴`.
    FourthLowerPartialMoment {
        /// What returns are held against.
        target: Target,
    },
    /// The third central moment over the cube of the standard deviation. The higher, the better.
    Skewness,
    /// The fourth central moment over the squared variance; 3 for normal returns.
    Kurtosis,
    /// `Σ pₜ max(target − rₜ, 0)`, the risk of the Omega ratio (Fishburn 1977; Keating and
    /// Shadwick 2002).
    FirstLowerPartialMoment {
        /// What returns are held against.
        target: Target,
    },
    /// The largest loss.
    WorstRealisation,
    /// The least loss that the worst `tail` reaches: the `⌈tail · T⌉`-th worst.
    ValueAtRisk {
        /// Probability of the worst outcomes.
        tail: f64,
    },
    /// The mean loss of the worst `tail`, the border counted in part (Rockafellar and Uryasev
    /// 2002).
    ConditionalValueAtRisk {
        /// Probability of the worst outcomes.
        tail: f64,
    },
    /// `(2/tail²) ∫₀^tail a · CVaRₐ da`, in closed form (Ogryczak and Ruszczyński 2002, "Dual
    /// stochastic dominance and related mean-risk models").
    TailGini {
        /// Probability of the worst outcomes.
        tail: f64,
    },
    /// `inf_{z>0} z (ln Σ pₜ e^(lossₜ/z) + ln 1/tail)` (Ahmadi-Javid 2012).
    EntropicValueAtRisk {
        /// Probability of the worst outcomes.
        tail: f64,
    },
    /// `max Σ qₜ lossₜ` over masses `q` of bounded κ-entropy (Cajas 2023); between the entropic
    /// value at risk (`kappa → 0`) and the worst loss (`kappa → 1`).
    RelativisticValueAtRisk {
        /// Probability of the worst outcomes.
        tail: f64,
        /// `κ`, between 0 and 1.
        kappa: f64,
    },
    /// `θ (ln Σ pₜ e^(lossₜ/θ) + ln 1/tail)` (Föllmer and Schied 2002; with `tail` 1 the
    /// exponential premium itself).
    EntropicRisk {
        /// `θ`, the tolerance of risk, positive.
        theta: f64,
        /// Above 0, at most 1.
        tail: f64,
    },
    /// The best return less the worst.
    Range,
    /// Value at risk of losses plus that of gains.
    ValueAtRiskRange {
        /// Probability of the worst outcomes.
        tail: f64,
        /// Probability of the best outcomes.
        gain_tail: f64,
    },
    /// Conditional value at risk of losses plus that of gains.
    ConditionalValueAtRiskRange {
        /// Probability of the worst outcomes.
        tail: f64,
        /// Probability of the best outcomes.
        gain_tail: f64,
    },
    /// Tail Gini of losses plus that of gains.
    TailGiniRange {
        /// Probability of the worst outcomes.
        tail: f64,
        /// Probability of the best outcomes.
        gain_tail: f64,
    },
    /// Entropic value at risk of losses plus that of gains.
    EntropicValueAtRiskRange {
        /// Probability of the worst outcomes.
        tail: f64,
        /// Probability of the best outcomes.
        gain_tail: f64,
    },
    /// Relativistic value at risk of losses plus that of gains.
    RelativisticValueAtRiskRange {
        /// Probability of the worst outcomes.
        tail: f64,
        /// Probability of the best outcomes.
        gain_tail: f64,
        /// `κ` of the losses.
        kappa: f64,
        /// `κ` of the gains.
        gain_kappa: f64,
    },
    /// The deepest drawdown.
    MaxDrawdown {
        /// How returns add up.
        wealth: Wealth,
    },
    /// The mean drawdown, days at the peak included.
    AverageDrawdown {
        /// How returns add up.
        wealth: Wealth,
    },
    /// The root of the mean squared drawdown (Martin and McCann 1989).
    UlcerIndex {
        /// How returns add up.
        wealth: Wealth,
    },
    /// Value at risk of drawdowns.
    DrawdownAtRisk {
        /// Probability of the worst outcomes.
        tail: f64,
        /// How returns add up.
        wealth: Wealth,
    },
    /// Conditional value at risk of drawdowns (Chekhlov, Uryasev and Zabarankin 2005).
    ConditionalDrawdownAtRisk {
        /// Probability of the worst outcomes.
        tail: f64,
        /// How returns add up.
        wealth: Wealth,
    },
    /// Entropic value at risk of drawdowns.
    EntropicDrawdownAtRisk {
        /// Probability of the worst outcomes.
        tail: f64,
        /// How returns add up.
        wealth: Wealth,
    },
    /// Relativistic value at risk of drawdowns.
    RelativisticDrawdownAtRisk {
        /// Probability of the worst outcomes.
        tail: f64,
        /// `κ`, between 0 and 1.
        kappa: f64,
        /// How returns add up.
        wealth: Wealth,
    },
}

impl RiskMeasure {
    /// The power of `c` by which the measure grows when all returns are multiplied by `c > 0`.
    /// `None` if it does not grow by a power, as a moment below a fixed target does not.
    pub fn degree(&self) -> Option<u8> {
        use RiskMeasure::*;
        if self.wealth() == Some(Wealth::Compounded) {
            return None;
        }
        match self {
            SemiVariance { target }
            | SemiDeviation { target }
            | FirstLowerPartialMoment { target }
            | FourthLowerPartialMoment { target }
                if !matches!(target, Target::Mean) && *target != Target::Fixed(0.0) =>
            {
                None
            }
            EntropicRisk { .. } => None,
            Skewness | Kurtosis => Some(0),
            Variance | SemiVariance { .. } | SquareRootKurtosis | SquareRootSemiKurtosis => Some(2),
            EvenMoment { .. } | EvenSemiMoment { .. } => Some(2),
            ThirdCentralMoment => Some(3),
            FourthCentralMoment | FourthLowerPartialMoment { .. } => Some(4),
            _ => Some(1),
        }
    }

    /// Whether the measure is a convex function of the returns, hence of the weights: then a local
    /// minimum is a minimum, and each [`Subgradient`](super::Subgradient) bounds it from below.
    pub fn is_convex(&self) -> bool {
        use RiskMeasure::*;
        let quantile =
            matches!(self, ValueAtRisk { .. } | ValueAtRiskRange { .. } | DrawdownAtRisk { .. });
        let shape = matches!(self, ThirdCentralMoment | Skewness | Kurtosis);
        !quantile && !shape && self.wealth() != Some(Wealth::Compounded)
    }

    /// How wealth grows, for a measure of drawdowns; `None` for any other, to which the order of
    /// the returns does not matter.
    pub fn wealth(&self) -> Option<Wealth> {
        use RiskMeasure::*;
        match *self {
            MaxDrawdown { wealth } | AverageDrawdown { wealth } | UlcerIndex { wealth } => {
                Some(wealth)
            }
            DrawdownAtRisk { wealth, .. }
            | ConditionalDrawdownAtRisk { wealth, .. }
            | EntropicDrawdownAtRisk { wealth, .. }
            | RelativisticDrawdownAtRisk { wealth, .. } => Some(wealth),
            _ => None,
        }
    }
}
