//! Which formula each measure is.
//!
//! In come a measure and returns, each with its probability; out come its value and slopes, or what
//! is wrong with a parameter or a return.

use super::drawdown::{Drawdowns, Wealth};
use super::moment::{self, Power, Target};
use super::sample::{Sample, Subgradient};
use super::{RiskMeasure, entropic, relativistic, spectral};
use crate::RiskError;

/// `(Σ p |r − target|ᵏ)^(1/m)`, before sides and corrections.
const fn power(power: i32, root: i32) -> Power {
    Power { power, root, below: false, corrected: false }
}

const fn below(power: Power) -> Power {
    Power { below: true, ..power }
}

const fn corrected(power: Power) -> Power {
    Power { corrected: true, ..power }
}

impl RiskMeasure {
    /// The measure of a portfolio with these returns (fractions, oldest first), each as likely as
    /// the others.
    ///
    /// Fails if there are no returns (a measure of spread needs two), one is not finite, a
    /// parameter is out of its range, or where a measure names its own condition. Cost: `T`, or
    /// `T log T` where ranks are needed; the entropic and relativistic measures take tens to
    /// hundreds of passes over the returns.
    pub fn of(&self, returns: &[f64]) -> Result<f64, RiskError> {
        self.subgradient(returns).map(|found| found.value)
    }

    /// The measure when each return has its own probability, as after views were taken. For a
    /// drawdown it is the probability of that day's drawdown.
    ///
    /// Fails as [`of`](Self::of) does, if a probability is negative, if they do not sum to 1, and
    /// for a relativistic measure, whose definition needs equal probabilities.
    pub fn of_weighted(&self, returns: &[f64], probabilities: &[f64]) -> Result<f64, RiskError> {
        self.subgradient_weighted(returns, probabilities).map(|found| found.value)
    }

    /// The measure and its slope by each return. Fails as [`of`](Self::of) does.
    pub fn subgradient(&self, returns: &[f64]) -> Result<Subgradient, RiskError> {
        self.check()?;
        self.evaluate(&Sample::equal(returns)?)
    }

    /// The measure and its slope by each return, when each return has its own probability. Fails
    /// as [`of_weighted`](Self::of_weighted) does.
    pub fn subgradient_weighted(
        &self,
        returns: &[f64],
        probabilities: &[f64],
    ) -> Result<Subgradient, RiskError> {
        self.check()?;
        self.evaluate(&Sample::weighted(returns, probabilities)?)
    }

    fn evaluate(&self, sample: &Sample<'_>) -> Result<Subgradient, RiskError> {
        use RiskMeasure::*;
        let mean = Target::Mean;
        match *self {
            Variance => moment::measure(sample, mean, corrected(power(2, 1))),
            StandardDeviation => moment::measure(sample, mean, corrected(power(2, 2))),
            SemiVariance { target } => {
                moment::measure(sample, target, below(corrected(power(2, 1))))
            }
            SemiDeviation { target } => {
                moment::measure(sample, target, below(corrected(power(2, 2))))
            }
            MeanAbsoluteDeviation => moment::measure(sample, mean, power(1, 1)),
            SquareRootKurtosis => moment::measure(sample, mean, power(4, 2)),
            SquareRootSemiKurtosis => moment::measure(sample, mean, below(power(4, 2))),
            EvenMoment { p } => moment::measure(sample, mean, power(2 * i32::from(p), p.into())),
            EvenSemiMoment { p } => {
                moment::measure(sample, mean, below(power(2 * i32::from(p), p.into())))
            }
            ThirdCentralMoment => Ok(moment::third_central(sample)),
            FourthCentralMoment => moment::measure(sample, mean, power(4, 1)),
            FourthLowerPartialMoment { target } => {
                moment::measure(sample, target, below(power(4, 1)))
            }
            Skewness => moment::standardised(sample, 3, "skewness"),
            Kurtosis => moment::standardised(sample, 4, "kurtosis"),
            FirstLowerPartialMoment { target } => {
                moment::measure(sample, target, below(power(1, 1)))
            }
            _ => self.evaluate_tail(sample),
        }
    }

    fn evaluate_tail(&self, sample: &Sample<'_>) -> Result<Subgradient, RiskError> {
        use RiskMeasure::*;
        match *self {
            GiniMeanDifference => spectral::gini_mean_difference(sample),
            WorstRealisation => Ok(spectral::worst(sample)),
            ValueAtRisk { tail } => Ok(spectral::value_at_risk(sample, tail)),
            ConditionalValueAtRisk { tail } => Ok(spectral::conditional(sample, tail)),
            TailGini { tail } => Ok(spectral::tail_gini(sample, tail)),
            EntropicValueAtRisk { tail } => Ok(entropic::value_at_risk(sample, tail)),
            RelativisticValueAtRisk { tail, kappa } => {
                relativistic::value_at_risk(sample, tail, kappa)
            }
            EntropicRisk { theta, tail } => Ok(entropic::risk(sample, theta, tail)),
            _ => match self.sides() {
                Some((losses, gains)) => Ok(losses
                    .evaluate_tail(sample)?
                    .plus_turned(&gains.evaluate_tail(&sample.turned())?)),
                None => self.evaluate_drawdown(sample),
            },
        }
    }

    /// A range as the measure of its losses and that of its gains.
    fn sides(&self) -> Option<(RiskMeasure, RiskMeasure)> {
        use RiskMeasure::*;
        let both = |make: fn(f64) -> RiskMeasure, tail, gain_tail| (make(tail), make(gain_tail));
        Some(match *self {
            Range => (WorstRealisation, WorstRealisation),
            ValueAtRiskRange { tail, gain_tail } => {
                both(|tail| ValueAtRisk { tail }, tail, gain_tail)
            }
            ConditionalValueAtRiskRange { tail, gain_tail } => {
                both(|tail| ConditionalValueAtRisk { tail }, tail, gain_tail)
            }
            TailGiniRange { tail, gain_tail } => both(|tail| TailGini { tail }, tail, gain_tail),
            EntropicValueAtRiskRange { tail, gain_tail } => {
                both(|tail| EntropicValueAtRisk { tail }, tail, gain_tail)
            }
            RelativisticValueAtRiskRange { tail, gain_tail, kappa, gain_kappa } => (
                RelativisticValueAtRisk { tail, kappa },
                RelativisticValueAtRisk { tail: gain_tail, kappa: gain_kappa },
            ),
            _ => return None,
        })
    }

    /// A measure of drawdowns as a measure of returns, taken over the drawdowns.
    fn evaluate_drawdown(&self, sample: &Sample<'_>) -> Result<Subgradient, RiskError> {
        use RiskMeasure::*;
        let drawdowns = Drawdowns::new(sample, self.wealth().unwrap_or(Wealth::Uncompounded))?;
        let losses = drawdowns.sample();
        let zero = Target::Fixed(0.0);
        let found = match *self {
            AverageDrawdown { .. } => moment::measure(&losses, zero, below(power(1, 1)))?,
            UlcerIndex { .. } => moment::measure(&losses, zero, below(power(2, 2)))?,
            DrawdownAtRisk { tail, .. } => spectral::value_at_risk(&losses, tail),
            ConditionalDrawdownAtRisk { tail, .. } => spectral::conditional(&losses, tail),
            EntropicDrawdownAtRisk { tail, .. } => entropic::value_at_risk(&losses, tail),
            RelativisticDrawdownAtRisk { tail, kappa, .. } => {
                relativistic::value_at_risk(&losses, tail, kappa)?
            }
            _ => spectral::worst(&losses),
        };
        Ok(Subgradient { value: found.value, slopes: drawdowns.back(&found.slopes) })
    }

    /// That every parameter is in its range.
    fn check(&self) -> Result<(), RiskError> {
        use RiskMeasure::*;
        let (tails, kappas) = self.parameters();
        for tail in tails.into_iter().flatten() {
            let whole = matches!(self, EntropicRisk { .. }) && tail == 1.0;
            check("tail", tail, (tail > 0.0 && tail < 1.0) || whole, TAIL)?;
        }
        for kappa in kappas.into_iter().flatten() {
            check("kappa", kappa, kappa > 0.0 && kappa < 1.0, "between 0 and 1, such as 0.3")?;
        }
        match *self {
            EntropicRisk { theta, .. } => {
                check("theta", theta, theta > 0.0 && theta.is_finite(), "positive")
            }
            EvenMoment { p } | EvenSemiMoment { p } => {
                check("p", p.into(), p >= 1, "at least 1, such as 2 for the fourth moment")
            }
            _ => Ok(()),
        }
    }

    /// Tails and kappas, of losses and of gains.
    pub(super) fn parameters(&self) -> ([Option<f64>; 2], [Option<f64>; 2]) {
        use RiskMeasure::*;
        match *self {
            ValueAtRisk { tail }
            | ConditionalValueAtRisk { tail }
            | TailGini { tail }
            | EntropicValueAtRisk { tail }
            | EntropicRisk { tail, .. }
            | DrawdownAtRisk { tail, .. }
            | ConditionalDrawdownAtRisk { tail, .. }
            | EntropicDrawdownAtRisk { tail, .. } => ([Some(tail), None], [None; 2]),
            RelativisticValueAtRisk { tail, kappa }
            | RelativisticDrawdownAtRisk { tail, kappa, .. } => {
                ([Some(tail), None], [Some(kappa), None])
            }
            ValueAtRiskRange { tail, gain_tail }
            | ConditionalValueAtRiskRange { tail, gain_tail }
            | TailGiniRange { tail, gain_tail }
            | EntropicValueAtRiskRange { tail, gain_tail } => {
                ([Some(tail), Some(gain_tail)], [None; 2])
            }
            RelativisticValueAtRiskRange { tail, gain_tail, kappa, gain_kappa } => {
                ([Some(tail), Some(gain_tail)], [Some(kappa), Some(gain_kappa)])
            }
            _ => ([None; 2], [None; 2]),
        }
    }
}

const TAIL: &str = "between 0 and 1, such as 0.05 for a confidence of 95 %";

fn check(name: &'static str, found: f64, fits: bool, must: &'static str) -> Result<(), RiskError> {
    if fits { Ok(()) } else { Err(RiskError::Parameter { name, found, must }) }
}
