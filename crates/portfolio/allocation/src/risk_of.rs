//! What an objective or a constraint calls risk, and what it is in a problem.
//!
//! In: `tracking_error(benchmark)`, `volatility`, `cvar(95%)`. Out: a [`Risk`], and with a problem
//! the convex function of the weights that the optimiser works with. Squares are written through
//! their roots, so that twice the weights have twice the risk. Knows no solver.

use std::fmt;

use crate::epigraph::RiskTerm;
use crate::measure::ScenarioMeasure;
use crate::robust;
use crate::root::gram_root;
use crate::scenarios::Scenarios;
use crate::sentence::{Cursor, ParseError, closest, exact};
use crate::{AllocationError, Problem};

/// A risk of the weights.
#[derive(Debug, Clone, PartialEq)]
pub enum Risk {
    /// `wᵀΣw`, from the moments.
    Variance,
    /// `√(wᵀΣw)`, from the moments.
    Volatility,
    /// `√((w−b)ᵀΣ(w−b))` against the weights `b` of a benchmark.
    TrackingError(String),
    /// Its square.
    TrackingVariance(String),
    /// A measure of the returns in scenarios.
    Scenario(ScenarioMeasure),
    /// What the worst expected return over the problem's uncertainty set is below the expected
    /// one: `robust return` in a sentence.
    ReturnUncertainty,
    /// The worst `wᵀΣw` over the problem's uncertainty set.
    RobustVariance,
    /// Its root.
    RobustVolatility,
    /// The worst conditional value at risk over all distributions within a Wasserstein distance
    /// of the scenarios (Mohajerin Esfahani and Kuhn, 2018, section 5.1): distances of returns in
    /// the 1-norm, returns without bounds, so that it is `cvar + radius / (1 − level) · max
    /// abs(w_i)`.
    RobustConditionalValueAtRisk {
        /// The share of scenarios that are not in the tail.
        level: f64,
        /// The distance: how far a scenario moves on average, its assets' moves added up.
        radius: f64,
    },
    /// `max abs(w_i)`.
    LargestWeight,
}

impl Risk {
    /// The risk that comes next in a sentence, if one does.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        for (phrase, build) in [
            ("tracking error", Risk::TrackingError as fn(String) -> Risk),
            ("tracking variance", Risk::TrackingVariance),
        ] {
            if cursor.take_phrase(phrase) {
                let place = cursor.here();
                let name = cursor.parenthesised()?;
                let missing = || cursor.error_at(place, "`(` and the name of a benchmark", None);
                return Ok(Some(build(name.ok_or_else(missing)?.to_owned())));
            }
        }
        if cursor.take_word("robust") {
            return read_robust(cursor).map(Some);
        }
        if cursor.take_phrase("largest weight") {
            return Ok(Some(Risk::LargestWeight));
        }
        if let Some(measure) = ScenarioMeasure::read(cursor)? {
            return Ok(Some(Risk::Scenario(measure)));
        }
        Ok(match () {
            () if cursor.take_word("variance") => Some(Risk::Variance),
            () if cursor.take_word("volatility") => Some(Risk::Volatility),
            () => None,
        })
    }

    /// Whether it is the square of a risk that grows in proportion to the weights.
    pub(crate) fn squared(&self) -> bool {
        matches!(self, Risk::Variance | Risk::RobustVariance | Risk::TrackingVariance(_))
            || matches!(self, Risk::Scenario(measure) if measure.squared())
    }

    /// Whether, by its root if it is a square, it grows in proportion to the weights. Partial
    /// moments do so together with their target.
    pub(crate) fn proportional(&self) -> bool {
        !matches!(self, Risk::TrackingError(_) | Risk::TrackingVariance(_))
    }

    /// The first parameter that is out of its range, if one is.
    pub(crate) fn check(&self) -> Result<(), AllocationError> {
        match self {
            Risk::Scenario(measure) => measure.check(),
            Risk::RobustConditionalValueAtRisk { level, radius } => {
                ScenarioMeasure::ConditionalValueAtRisk(*level).check()?;
                match radius.is_finite() && *radius >= 0.0 {
                    true => Ok(()),
                    false => Err(AllocationError::Parameter {
                        name: "the Wasserstein distance",
                        found: *radius,
                        must: "finite and not negative",
                    }),
                }
            }
            _ => Ok(()),
        }
    }

    /// The risks that it is the sum of, each with its factor.
    pub(crate) fn parts(&self) -> Vec<(f64, Risk)> {
        match self {
            Risk::RobustConditionalValueAtRisk { level, radius } => vec![
                (1.0, Risk::Scenario(ScenarioMeasure::ConditionalValueAtRisk(*level))),
                (radius / (1.0 - level), Risk::LargestWeight),
            ],
            single => vec![(1.0, single.clone())],
        }
    }

    /// The function of the weights, its root for a square (then `true`).
    pub(crate) fn term<'a>(
        &self,
        problem: &'a Problem<'a>,
        sentence: &str,
    ) -> Result<(RiskTerm<'a>, bool), AllocationError> {
        let n = problem.n_assets();
        self.check()?;
        let term = match self {
            Risk::Variance | Risk::Volatility => RiskTerm::Distance {
                root: gram_root(&problem.moments.covariance),
                from: vec![0.0; n],
            },
            Risk::TrackingError(name) | Risk::TrackingVariance(name) => RiskTerm::Distance {
                root: gram_root(&problem.moments.covariance),
                from: benchmark(problem, name, sentence)?.to_vec(),
            },
            Risk::Scenario(measure) => {
                let scenarios = Scenarios::of(problem, measure.to_string())?;
                if measure.relativistic() && !scenarios.probabilities.is_empty() {
                    return Err(AllocationError::Unequal { measure: measure.to_string() });
                }
                let found = (0..scenarios.count()).filter(|s| scenarios.possible(*s)).count();
                if measure.is_of_spread() && found < 2 {
                    let measure = measure.to_string();
                    return Err(AllocationError::FewScenarios { measure, found });
                }
                let measure = match measure {
                    ScenarioMeasure::SemiVariance => ScenarioMeasure::SemiDeviation,
                    other => *other,
                };
                RiskTerm::Scenario(measure, scenarios)
            }
            Risk::ReturnUncertainty => robust::of_mean(problem, "robust return")?,
            Risk::RobustVariance | Risk::RobustVolatility => {
                robust::of_covariance(problem, &self.to_string())?
            }
            Risk::LargestWeight => RiskTerm::Largest(n),
            Risk::RobustConditionalValueAtRisk { .. } => unreachable!("it has parts"),
        };
        Ok((term, self.squared()))
    }
}

/// What comes after `robust`: `variance`, `volatility` or `cvar(95%) within 0.1%`.
fn read_robust(cursor: &mut Cursor<'_>) -> Result<Risk, ParseError> {
    let start = cursor.here();
    if cursor.take_word("variance") {
        return Ok(Risk::RobustVariance);
    }
    if cursor.take_word("volatility") {
        return Ok(Risk::RobustVolatility);
    }
    let Some(ScenarioMeasure::ConditionalValueAtRisk(level)) = ScenarioMeasure::read(cursor)?
    else {
        let expected = "`variance`, `volatility` or `cvar(...)` after `robust`";
        return Err(cursor.error_at(start, expected, None));
    };
    let place = cursor.here();
    if !cursor.take_word("within") {
        return Err(cursor.error_at(place, "`within` and a distance such as `0.1%`", None));
    }
    let place = cursor.here();
    match cursor.amount()? {
        radius if radius >= 0.0 => Ok(Risk::RobustConditionalValueAtRisk { level, radius }),
        _ => Err(cursor.error_at(place, "a distance that is not negative", None)),
    }
}

/// The weights of a benchmark.
pub(crate) fn benchmark<'a>(
    problem: &Problem<'a>,
    name: &str,
    sentence: &str,
) -> Result<&'a [f64], AllocationError> {
    let found = problem.benchmarks.get(name);
    found.map(Vec::as_slice).ok_or_else(|| AllocationError::UnknownName {
        sentence: sentence.to_owned(),
        kind: "benchmark",
        name: name.to_owned(),
        suggestion: closest(name, problem.benchmarks.keys().map(String::as_str)),
    })
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Risk::Variance => f.write_str("variance"),
            Risk::Volatility => f.write_str("volatility"),
            Risk::TrackingError(name) => write!(f, "tracking_error({name})"),
            Risk::TrackingVariance(name) => write!(f, "tracking_variance({name})"),
            Risk::Scenario(measure) => measure.fmt(f),
            Risk::ReturnUncertainty => f.write_str("uncertainty of the return"),
            Risk::RobustVariance => f.write_str("robust variance"),
            Risk::RobustVolatility => f.write_str("robust volatility"),
            Risk::RobustConditionalValueAtRisk { level, radius } => {
                write!(f, "robust cvar({}) within {radius}", exact(*level))
            }
            Risk::LargestWeight => f.write_str("largest weight"),
        }
    }
}
