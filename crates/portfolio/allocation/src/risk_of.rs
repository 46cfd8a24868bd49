//! What an objective or a constraint calls risk, and what it is in a problem.
//!
//! In: `tracking_error(benchmark)`, `volatility`, `cvar(95%)`. Out: a [`Risk`], and with a problem
//! the convex function of the weights that the optimiser works with. Squares are written through
//! their roots, so that twice the weights have twice the risk. Knows no solver.

use std::fmt;

use crate::epigraph::RiskTerm;
use crate::measure::ScenarioMeasure;
use crate::root::gram_root;
use crate::scenarios::Scenarios;
use crate::sentence::{Cursor, ParseError, closest};
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
        matches!(
            self,
            Risk::Variance
                | Risk::TrackingVariance(_)
                | Risk::Scenario(ScenarioMeasure::SemiVariance)
        )
    }

    /// The function of the weights, its root for a square (then `true`).
    pub(crate) fn term<'a>(
        &self,
        problem: &'a Problem<'a>,
        sentence: &str,
    ) -> Result<(RiskTerm<'a>, bool), AllocationError> {
        let n = problem.n_assets();
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
                let relativistic = matches!(
                    measure,
                    ScenarioMeasure::RelativisticValueAtRisk(..)
                        | ScenarioMeasure::RelativisticDrawdownAtRisk(..)
                );
                if relativistic && !scenarios.probabilities.is_empty() {
                    return Err(AllocationError::Unequal { measure: measure.to_string() });
                }
                let measure = match measure {
                    ScenarioMeasure::SemiVariance => ScenarioMeasure::SemiDeviation,
                    other => *other,
                };
                RiskTerm::Scenario(measure, scenarios)
            }
        };
        Ok((term, self.squared()))
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
        }
    }
}
