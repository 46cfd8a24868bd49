//! The risk measures that can be optimised over scenarios, by the names that the field gives them.
//!
//! In: `cvar(95%)` in a sentence. Out: a [`ScenarioMeasure`]. Each is a convex function of the
//! weights, from the portfolio's return `r` in each scenario with its probability. Knows no data.
//!
//! | words | measure | source |
//! |---|---|---|
//! | `cvar(95%)` | mean loss in the worst 5 % | Rockafellar and Uryasev (2000) |
//! | `evar(95%)` | entropic value at risk | Ahmadi-Javid (2012) |
//! | `rlvar(95%, 0.3)` | relativistic value at risk with that deformation `κ` | Cajas (2023) |
//! | `mad` | mean absolute deviation from the mean | Konno and Yamazaki (1991) |
//! | `standard deviation` | root of the mean squared deviation, divided by `T − 1` if equally likely | |
//! | `semi-deviation`, `semi-variance` | of the returns below the mean; the same divisor | Markowitz (1959) |
//! | `first lower partial moment(0%)` | mean shortfall below a target | Fishburn (1977) |
//! | `second lower partial moment(0%)` | root of the mean squared shortfall; the same divisor | Fishburn (1977) |
//! | `worst realisation` | the greatest loss | Young (1998) |
//! | `range` | the best return less the worst | |
//! | `cvar range(95%)` | mean of the best 5 % less that of the worst | |
//! | `tail gini range(95%)`, `evar range(95%)`, `rlvar range(95%, 0.3)` | the measure of losses plus that of gains | |
//! | `square-root kurtosis`, `square-root semi-kurtosis` | root of the mean fourth power of the deviation, of that below the mean | Cajas (2022) |
//! | `even moment(3)`, `even semi-moment(3)` | `p`-th root of the mean of the deviation's `2p`-th power | Cajas (2023), "Higher order moment portfolio optimization" |
//! | `gini mean difference` | mean absolute difference of two scenarios | Yitzhaki (1982) |
//! | `tail gini(95%)` | mean of `cvar` over the tail, weighted by its level | Ogryczak and Ruszczyński (2002) |
//! | `maximum drawdown`, `average drawdown` | below the highest sum of returns so far | Chekhlov, Uryasev and Zabarankin (2005) |
//! | `cdar(95%)` | mean of the worst 5 % of drawdowns | the same |
//! | `edar(95%)`, `rldar(95%, 0.3)` | entropic and relativistic measure of the drawdowns | Cajas (2023) |
//! | `ulcer index` | root of the mean squared drawdown | Martin and McCann (1989) |
//!
//! The other names that measures have in the `risk` room, such as `es`, `max drawdown` or `flpm`, are
//! understood too, except those of ratios (`omega`, `sortino`) and those that are likelier names of
//! characteristics.
//!
//! Drawdowns add returns up day by day in the order of the scenarios, without compounding, from a
//! peak of nought at the start: only so are they convex.

use std::fmt;

use risk::{RiskMeasure, Wealth};

use crate::AllocationError;
use crate::oracle::tail_of;
use crate::sentence::{Cursor, ParseError, exact};

/// A convex risk measure of the returns in scenarios. A level is the share of scenarios that are
/// *not* in the tail, `0.95` as a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScenarioMeasure {
    /// Mean loss in the tail.
    ConditionalValueAtRisk(f64),
    /// The tightest exponential bound on the value at risk.
    EntropicValueAtRisk(f64),
    /// Between the entropic measure (deformation towards 0) and the worst realisation (1).
    RelativisticValueAtRisk(f64, f64),
    /// Mean absolute deviation from the mean.
    MeanAbsoluteDeviation,
    /// Standard deviation.
    StandardDeviation,
    /// Root of the mean square of what falls short of the mean.
    SemiDeviation,
    /// Its square.
    SemiVariance,
    /// Mean shortfall below a target return.
    FirstLowerPartialMoment(f64),
    /// Root of the mean squared shortfall below a target return.
    SecondLowerPartialMoment(f64),
    /// The greatest loss.
    WorstRealisation,
    /// The best return less the worst.
    Range,
    /// The mean of the best tail less that of the worst.
    ConditionalValueAtRiskRange(f64),
    /// The spectral measure of losses plus that of gains.
    TailGiniRange(f64),
    /// The entropic measure of losses plus that of gains.
    EntropicValueAtRiskRange(f64),
    /// The relativistic measure of losses plus that of gains, with one deformation.
    RelativisticValueAtRiskRange(f64, f64),
    /// `(E (r − μ)^2p)^(1/p)` for `p` of at least 1: a square. For 2 the square root of kurtosis.
    EvenMoment(u8),
    /// The same of the returns below the mean.
    EvenSemiMoment(u8),
    /// Mean absolute difference of two scenarios.
    GiniMeanDifference,
    /// The spectral measure that weighs the tail linearly.
    TailGini(f64),
    /// The deepest drawdown.
    MaximumDrawdown,
    /// The mean drawdown.
    AverageDrawdown,
    /// The mean of the deepest drawdowns.
    ConditionalDrawdownAtRisk(f64),
    /// The entropic measure of the drawdowns.
    EntropicDrawdownAtRisk(f64),
    /// The relativistic measure of the drawdowns.
    RelativisticDrawdownAtRisk(f64, f64),
    /// Root of the mean squared drawdown.
    UlcerIndex,
}

impl ScenarioMeasure {
    /// Whether it reads scenarios as days that follow each other.
    pub fn is_of_path(&self) -> bool {
        matches!(
            self,
            M::MaximumDrawdown
                | M::AverageDrawdown
                | M::ConditionalDrawdownAtRisk(_)
                | M::EntropicDrawdownAtRisk(_)
                | M::RelativisticDrawdownAtRisk(..)
                | M::UlcerIndex
        )
    }
}

use ScenarioMeasure as M;

/// Names without a parameter.
const PLAIN: [(&str, M); 26] = [
    ("mean absolute deviation", M::MeanAbsoluteDeviation),
    ("mad", M::MeanAbsoluteDeviation),
    ("standard deviation", M::StandardDeviation),
    ("std", M::StandardDeviation),
    ("semi deviation", M::SemiDeviation),
    ("msv", M::SemiDeviation),
    ("semi variance", M::SemiVariance),
    ("worst realisation", M::WorstRealisation),
    ("worst realization", M::WorstRealisation),
    ("worst loss", M::WorstRealisation),
    ("wr", M::WorstRealisation),
    ("range", M::Range),
    ("gini mean difference", M::GiniMeanDifference),
    ("gmd", M::GiniMeanDifference),
    ("gini", M::GiniMeanDifference),
    ("maximum drawdown", M::MaximumDrawdown),
    ("max drawdown", M::MaximumDrawdown),
    ("mdd", M::MaximumDrawdown),
    ("average drawdown", M::AverageDrawdown),
    ("ulcer index", M::UlcerIndex),
    ("uci", M::UlcerIndex),
    ("semivariance", M::SemiVariance),
    ("square root kurtosis", M::EvenMoment(2)),
    ("kt", M::EvenMoment(2)),
    ("square root semi kurtosis", M::EvenSemiMoment(2)),
    ("skt", M::EvenSemiMoment(2)),
];

/// A word, and the measure that it makes of a number.
type Word = (&'static str, fn(f64) -> M);

/// Names with a level; those that begin with another come before it.
const LEVELS: [Word; 19] = [
    ("conditional value at risk range", M::ConditionalValueAtRiskRange),
    ("conditional value at risk", M::ConditionalValueAtRisk),
    ("cvar range", M::ConditionalValueAtRiskRange),
    ("cvrg", M::ConditionalValueAtRiskRange),
    ("cvar", M::ConditionalValueAtRisk),
    ("expected shortfall", M::ConditionalValueAtRisk),
    ("es", M::ConditionalValueAtRisk),
    ("evar range", M::EntropicValueAtRiskRange),
    ("evrg", M::EntropicValueAtRiskRange),
    ("evar", M::EntropicValueAtRisk),
    ("entropic value at risk range", M::EntropicValueAtRiskRange),
    ("entropic value at risk", M::EntropicValueAtRisk),
    ("tail gini range", M::TailGiniRange),
    ("tgrg", M::TailGiniRange),
    ("tail gini", M::TailGini),
    ("cdar", M::ConditionalDrawdownAtRisk),
    ("conditional drawdown at risk", M::ConditionalDrawdownAtRisk),
    ("edar", M::EntropicDrawdownAtRisk),
    ("entropic drawdown at risk", M::EntropicDrawdownAtRisk),
];

/// Names with a target return.
const TARGETS: [Word; 5] = [
    ("first lower partial moment", M::FirstLowerPartialMoment),
    ("flpm", M::FirstLowerPartialMoment),
    ("second lower partial moment", M::SecondLowerPartialMoment),
    ("slpm", M::SecondLowerPartialMoment),
    ("downside deviation", M::SecondLowerPartialMoment),
];

/// A word, and the measure that it makes of two numbers.
type PairWord = (&'static str, fn(f64, f64) -> M);

/// Names with a level and a deformation.
const DEFORMED: [PairWord; 7] = [
    ("rlvar range", M::RelativisticValueAtRiskRange),
    ("rvrg", M::RelativisticValueAtRiskRange),
    ("relativistic value at risk range", M::RelativisticValueAtRiskRange),
    ("rlvar", M::RelativisticValueAtRisk),
    ("relativistic value at risk", M::RelativisticValueAtRisk),
    ("rldar", M::RelativisticDrawdownAtRisk),
    ("relativistic drawdown at risk", M::RelativisticDrawdownAtRisk),
];

/// A word, and the measure that it makes of half the order of a moment.
type MomentWord = (&'static str, fn(u8) -> M);

/// Names with half an order.
const MOMENTS: [MomentWord; 2] =
    [("even moment", M::EvenMoment), ("even semi moment", M::EvenSemiMoment)];

/// What a level is: the tail is what is left, and no more than half.
const LEVEL: &str = "a level from 50% to below 100%, such as `95%` for the worst 5%";
const LEAST_LEVEL: f64 = 0.5;

/// The words that open a measure, for suggestions.
pub(crate) const MEASURES: [&str; 27] = [
    "cvar(95%)",
    "evar(95%)",
    "rlvar(95%, 0.3)",
    "mad",
    "standard deviation",
    "semi-deviation",
    "semi-variance",
    "first lower partial moment",
    "second lower partial moment",
    "worst realisation",
    "range",
    "cvar range(95%)",
    "tail gini range(95%)",
    "evar range(95%)",
    "rlvar range(95%, 0.3)",
    "square-root kurtosis",
    "square-root semi-kurtosis",
    "even moment(3)",
    "even semi-moment(3)",
    "gini mean difference",
    "tail gini(95%)",
    "maximum drawdown",
    "average drawdown",
    "cdar(95%)",
    "edar(95%)",
    "rldar(95%, 0.3)",
    "ulcer index",
];

impl ScenarioMeasure {
    /// Whether it is a maximum of linear functions of the weights, so that cutting planes end.
    pub(crate) fn polyhedral(&self) -> bool {
        !matches!(
            self,
            M::EntropicValueAtRisk(_)
                | M::RelativisticValueAtRisk(..)
                | M::EntropicDrawdownAtRisk(_)
                | M::RelativisticDrawdownAtRisk(..)
                | M::EntropicValueAtRiskRange(_)
                | M::RelativisticValueAtRiskRange(..)
                | M::EvenMoment(_)
                | M::EvenSemiMoment(_)
                | M::StandardDeviation
                | M::SemiDeviation
                | M::SemiVariance
                | M::SecondLowerPartialMoment(_)
                | M::UlcerIndex
        )
    }

    /// Whether it is divided by `1 − Σ p²`, which is nought for a single scenario.
    pub(crate) fn is_of_spread(&self) -> bool {
        matches!(
            self,
            M::StandardDeviation
                | M::SemiDeviation
                | M::SemiVariance
                | M::SecondLowerPartialMoment(_)
                | M::GiniMeanDifference
        )
    }

    /// Whether it is the square of a measure that grows in proportion to the weights, by which the
    /// optimiser works.
    pub(crate) fn squared(&self) -> bool {
        matches!(self, M::SemiVariance | M::EvenMoment(_) | M::EvenSemiMoment(_))
    }

    /// The measure of the `risk` room that it is, where it is an inner minimum and no formula.
    pub(crate) fn entropic(&self) -> Option<RiskMeasure> {
        let wealth = Wealth::Uncompounded;
        Some(match *self {
            M::EntropicValueAtRisk(level) => {
                RiskMeasure::EntropicValueAtRisk { tail: tail_of(level) }
            }
            M::EntropicValueAtRiskRange(level) => {
                let tail = tail_of(level);
                RiskMeasure::EntropicValueAtRiskRange { tail, gain_tail: tail }
            }
            M::EntropicDrawdownAtRisk(level) => {
                RiskMeasure::EntropicDrawdownAtRisk { tail: tail_of(level), wealth }
            }
            M::RelativisticValueAtRisk(level, kappa) => {
                RiskMeasure::RelativisticValueAtRisk { tail: tail_of(level), kappa }
            }
            M::RelativisticValueAtRiskRange(level, kappa) => {
                let (tail, gain_kappa) = (tail_of(level), kappa);
                RiskMeasure::RelativisticValueAtRiskRange {
                    tail,
                    gain_tail: tail,
                    kappa,
                    gain_kappa,
                }
            }
            M::RelativisticDrawdownAtRisk(level, kappa) => {
                RiskMeasure::RelativisticDrawdownAtRisk { tail: tail_of(level), kappa, wealth }
            }
            _ => return None,
        })
    }

    /// Whether it is defined for equally likely scenarios alone.
    pub(crate) fn relativistic(&self) -> bool {
        matches!(
            self,
            M::RelativisticValueAtRisk(..)
                | M::RelativisticValueAtRiskRange(..)
                | M::RelativisticDrawdownAtRisk(..)
        )
    }

    /// The first parameter that is out of its range, if one is: sentences are read with the same
    /// limits.
    pub(crate) fn check(&self) -> Result<(), AllocationError> {
        let within = |name, found: f64, good: bool, must| match good {
            true => Ok(()),
            false => Err(AllocationError::Parameter { name, found, must }),
        };
        let level = |found: f64| {
            let good = (LEAST_LEVEL..1.0).contains(&found);
            within("the level of a risk measure", found, good, "at least 0.5 and below 1")
        };
        match *self {
            M::ConditionalValueAtRisk(a)
            | M::EntropicValueAtRisk(a)
            | M::ConditionalValueAtRiskRange(a)
            | M::TailGini(a)
            | M::TailGiniRange(a)
            | M::EntropicValueAtRiskRange(a)
            | M::ConditionalDrawdownAtRisk(a)
            | M::EntropicDrawdownAtRisk(a) => level(a),
            M::RelativisticValueAtRisk(a, k)
            | M::RelativisticValueAtRiskRange(a, k)
            | M::RelativisticDrawdownAtRisk(a, k) => {
                level(a)?;
                within("the deformation", k, k > 0.0 && k < 1.0, "between 0 and 1")
            }
            M::FirstLowerPartialMoment(t) | M::SecondLowerPartialMoment(t) => {
                within("the target return", t, t.is_finite(), "finite")
            }
            M::EvenMoment(p) | M::EvenSemiMoment(p) => {
                within("the half order of an even moment", f64::from(p), p > 0, "at least 1")
            }
            _ => Ok(()),
        }
    }

    /// The measure that comes next in a sentence, if one does.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        for (name, build) in LEVELS {
            if taken(cursor, name) {
                return Ok(Some(build(level(cursor, false)?.0)));
            }
        }
        for (name, build) in DEFORMED {
            if taken(cursor, name) {
                let (level, deformation) = level(cursor, true)?;
                return Ok(Some(build(level, deformation)));
            }
        }
        for (name, build) in TARGETS {
            if taken(cursor, name) {
                return Ok(Some(build(target(cursor)?)));
            }
        }
        for (name, build) in MOMENTS {
            if taken(cursor, name) {
                return Ok(Some(build(half_order(cursor)?)));
            }
        }
        let plain = PLAIN.into_iter().find(|(name, _)| taken(cursor, name));
        Ok(plain.map(|(_, measure)| measure))
    }
}

/// Whether the words of `name` come next; not where a longer name begins with them, such as that
/// of a characteristic, `es_score`.
fn taken(cursor: &mut Cursor<'_>, name: &str) -> bool {
    let mut ahead = *cursor;
    let found = ahead.take_phrase(name) && !ahead.within_name();
    if found {
        *cursor = ahead;
    }
    found
}

/// `(95%)` or, with a deformation, `(95%, 0.3)`; 95 % and 0.3 where nothing is said.
fn level(cursor: &mut Cursor<'_>, deformed: bool) -> Result<(f64, f64), ParseError> {
    let (mut level, mut deformation) = (0.95, 0.3);
    if cursor.take("(") {
        let start = cursor.here();
        level = between(cursor, LEVEL)?;
        if level < LEAST_LEVEL {
            let meant = crate::sentence::percent(1.0 - level);
            return Err(cursor.error_at(start, LEVEL, Some(meant)));
        }
        if deformed && cursor.take(",") {
            deformation = between(cursor, "a deformation between 0 and 1, such as `0.3`")?;
        }
        close(cursor)?;
    }
    Ok((level, deformation))
}

fn target(cursor: &mut Cursor<'_>) -> Result<f64, ParseError> {
    if !cursor.take("(") {
        return Ok(0.0);
    }
    let target = cursor.amount()?;
    close(cursor)?;
    Ok(target)
}

/// `(3)` for the sixth moment; 2 where nothing is said.
fn half_order(cursor: &mut Cursor<'_>) -> Result<u8, ParseError> {
    if !cursor.take("(") {
        return Ok(2);
    }
    let start = cursor.here();
    let fits = |p: &f64| p.fract() == 0.0 && (1.0..=255.0).contains(p);
    let Some(p) = cursor.number().filter(fits) else {
        let expected = "half the order: a whole number from 1 to 255";
        return Err(cursor.error_at(start, expected, None));
    };
    close(cursor)?;
    Ok(p as u8)
}

fn between(cursor: &mut Cursor<'_>, expected: &str) -> Result<f64, ParseError> {
    let start = cursor.here();
    match cursor.amount() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        Ok(_) => Err(cursor.error_at(start, expected, None)),
        Err(error) => Err(error),
    }
}

fn close(cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
    let place = cursor.here();
    match cursor.take(")") {
        true => Ok(()),
        false => Err(cursor.error_at(place, "`)`", None)),
    }
}

impl fmt::Display for ScenarioMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |number: &f64| exact(*number);
        match self {
            M::ConditionalValueAtRisk(level) => write!(f, "cvar({})", percent(level)),
            M::EntropicValueAtRisk(level) => write!(f, "evar({})", percent(level)),
            M::RelativisticValueAtRisk(level, k) => write!(f, "rlvar({}, {k})", percent(level)),
            M::MeanAbsoluteDeviation => f.write_str("mad"),
            M::StandardDeviation => f.write_str("standard deviation"),
            M::SemiDeviation => f.write_str("semi-deviation"),
            M::SemiVariance => f.write_str("semi-variance"),
            M::FirstLowerPartialMoment(0.0) => f.write_str("first lower partial moment"),
            M::FirstLowerPartialMoment(target) => {
                write!(f, "first lower partial moment({})", percent(target))
            }
            M::SecondLowerPartialMoment(0.0) => f.write_str("second lower partial moment"),
            M::SecondLowerPartialMoment(target) => {
                write!(f, "second lower partial moment({})", percent(target))
            }
            M::WorstRealisation => f.write_str("worst realisation"),
            M::Range => f.write_str("range"),
            M::ConditionalValueAtRiskRange(level) => write!(f, "cvar range({})", percent(level)),
            M::TailGiniRange(level) => write!(f, "tail gini range({})", percent(level)),
            M::EntropicValueAtRiskRange(level) => write!(f, "evar range({})", percent(level)),
            M::RelativisticValueAtRiskRange(level, k) => {
                write!(f, "rlvar range({}, {k})", percent(level))
            }
            M::EvenMoment(2) => f.write_str("square-root kurtosis"),
            M::EvenSemiMoment(2) => f.write_str("square-root semi-kurtosis"),
            M::EvenMoment(p) => write!(f, "even moment({p})"),
            M::EvenSemiMoment(p) => write!(f, "even semi-moment({p})"),
            M::GiniMeanDifference => f.write_str("gini mean difference"),
            M::TailGini(level) => write!(f, "tail gini({})", percent(level)),
            M::MaximumDrawdown => f.write_str("maximum drawdown"),
            M::AverageDrawdown => f.write_str("average drawdown"),
            M::ConditionalDrawdownAtRisk(level) => write!(f, "cdar({})", percent(level)),
            M::EntropicDrawdownAtRisk(level) => write!(f, "edar({})", percent(level)),
            M::RelativisticDrawdownAtRisk(level, k) => write!(f, "rldar({}, {k})", percent(level)),
            M::UlcerIndex => f.write_str("ulcer index"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_canonical_form() {
        for (text, canonical) in [
            ("CVaR(95%)", "cvar(95%)"),
            ("cvar", "cvar(95%)"),
            ("conditional value at risk(0.9)", "cvar(90%)"),
            ("cvar_range(99%)", "cvar range(99%)"),
            ("semivariance", "semi-variance"),
            ("semi_deviation", "semi-deviation"),
            ("rlvar(90%, 0.5)", "rlvar(90%, 0.5)"),
            ("first lower partial moment(1%)", "first lower partial moment(1%)"),
            ("MAD", "mad"),
            ("ES(97.5%)", "cvar(97.5%)"),
            ("expected shortfall", "cvar(95%)"),
            ("conditional value at risk range(90%)", "cvar range(90%)"),
            ("max_drawdown", "maximum drawdown"),
            ("worst loss", "worst realisation"),
            ("flpm(1%)", "first lower partial moment(1%)"),
            ("slpm", "second lower partial moment"),
            ("entropic value at risk(99%)", "evar(99%)"),
            ("relativistic drawdown at risk", "rldar(95%, 0.3)"),
            ("cvar(50%)", "cvar(50%)"),
            ("KT", "square-root kurtosis"),
            ("even moment", "square-root kurtosis"),
            ("Even_semi-moment(4)", "even semi-moment(4)"),
            ("EVaR range(90%)", "evar range(90%)"),
            ("entropic value at risk range", "evar range(95%)"),
            ("rvrg(95%, 0.4)", "rlvar range(95%, 0.4)"),
        ] {
            let mut cursor = Cursor::new("constraint", text);
            let measure = ScenarioMeasure::read(&mut cursor).unwrap().unwrap();
            assert_eq!(measure.to_string(), canonical);
        }
        for canonical in MEASURES {
            let mut cursor = Cursor::new("constraint", canonical);
            let measure = ScenarioMeasure::read(&mut cursor).unwrap().unwrap();
            assert_eq!(measure.to_string(), canonical);
        }
        for level in [0.5, 0.951, 0.999_999_999_999, 1.0 - 1e-15, 2.0 / 3.0] {
            let text = M::ConditionalDrawdownAtRisk(level).to_string();
            let mut cursor = Cursor::new("constraint", &text);
            let read = ScenarioMeasure::read(&mut cursor).unwrap();
            assert_eq!(read, Some(M::ConditionalDrawdownAtRisk(level)), "{text}");
        }
        let mut cursor = Cursor::new("constraint", "cvar(95)");
        assert!(ScenarioMeasure::read(&mut cursor).is_err());
        for name in ["es_score", "range2", "madness"] {
            let mut cursor = Cursor::new("constraint", name);
            assert_eq!(ScenarioMeasure::read(&mut cursor), Ok(None), "{name}");
        }
        let mut cursor = Cursor::new("objective", "cvar(5%)");
        let refused = ScenarioMeasure::read(&mut cursor).unwrap_err().to_string();
        assert_eq!(
            refused,
            "objective `cvar(5%)`, character 6: expected a level from 50% to below 100%, such as `95%` for the worst 5%; did you mean `95%`?"
        );
    }
}
