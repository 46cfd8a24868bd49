//! A column that lies above a risk of the weights.
//!
//! In: a column of a program and a convex risk. Out: its value and supporting plane at given
//! weights, and whether cuts or cones write it. Where a ratio has multiplied the weights by `κ`,
//! the column of `κ` is the epigraph's unit, which constants are multiplied by.
//! Knows nothing about objectives or sentences.

use crate::measure::ScenarioMeasure;
use crate::oracle::{Support, support};
use crate::robust::Worst;
use crate::scenarios::Scenarios;

/// `x[column] >= risk(weights)`.
#[derive(Debug, Clone)]
pub(crate) struct Epigraph<'a> {
    pub column: usize,
    /// The column that constants are multiplied by; none for 1.
    pub unit: Option<usize>,
    pub risk: RiskTerm<'a>,
}

/// A convex function of the weights.
#[derive(Debug, Clone)]
pub(crate) enum RiskTerm<'a> {
    /// A measure of the returns in scenarios.
    Scenario(ScenarioMeasure, Scenarios<'a>),
    /// `‖root · (weights − from)‖`: volatility, or tracking error.
    Distance {
        /// Rows of a matrix whose Gram matrix is the covariance.
        root: Vec<Vec<f64>>,
        /// The weights of the benchmark; nought for volatility.
        from: Vec<f64>,
    },
    /// `−E ln(1 + return)`.
    Growth(Scenarios<'a>),
    /// `Σ rate_i abs(w_i)`.
    Absolute(Vec<f64>),
    /// `max abs(w_i)` over so many assets.
    Largest(usize),
    /// The worst volatility over a set of covariances.
    Worst(Worst),
}

/// `risk >= gradient · weights + constant · unit`, with equality where it was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plane {
    pub gradient: Vec<f64>,
    pub constant: f64,
}

impl RiskTerm<'_> {
    /// Whether it is the maximum of a finite number of planes.
    pub(crate) fn polyhedral(&self) -> bool {
        matches!(self, RiskTerm::Scenario(measure, _) if measure.polyhedral())
    }

    /// The value at `weights` whose constants count `unit` times; `None` where the measure has
    /// none.
    pub(crate) fn value(&self, weights: &[f64], unit: f64) -> Option<f64> {
        match self {
            RiskTerm::Scenario(measure, scenarios) => {
                let returns = scenarios.of_portfolio(weights);
                supported(*measure, scenarios, &returns, unit).map(|found| found.value)
            }
            RiskTerm::Distance { root, from } => {
                let apart: Vec<f64> = weights.iter().zip(from).map(|(w, b)| w - b * unit).collect();
                let parts = root.iter().map(|row| dot(row, &apart).powi(2));
                Some(parts.sum::<f64>().sqrt())
            }
            RiskTerm::Growth(scenarios) => {
                let returns = scenarios.of_portfolio(weights);
                let logs = returns.iter().enumerate().filter(|(s, _)| scenarios.possible(*s));
                Some(-logs.map(|(s, r)| scenarios.probability(s) * r.ln_1p()).sum::<f64>())
            }
            RiskTerm::Absolute(rates) => {
                Some(weights.iter().zip(rates).map(|(w, rate)| rate * w.abs()).sum())
            }
            RiskTerm::Largest(_) => Some(weights.iter().fold(0.0, |max, w| max.max(w.abs()))),
            RiskTerm::Worst(worst) => Some(worst.value(weights)),
        }
    }

    /// The value at `weights` and a plane that touches there; none for growth.
    pub(crate) fn plane(&self, weights: &[f64]) -> Option<(f64, Plane)> {
        let homogeneous =
            |gradient: Vec<f64>| Some((dot(&gradient, weights), Plane { gradient, constant: 0.0 }));
        let sign = |w: f64| if w < 0.0 { -1.0 } else { 1.0 };
        match self {
            RiskTerm::Scenario(measure, scenarios) => {
                let returns = scenarios.of_portfolio(weights);
                let found = supported(*measure, scenarios, &returns, 1.0)?;
                let gradient = scenarios.weighted(&found.scenarios);
                Some((found.value, Plane { gradient, constant: found.constant }))
            }
            RiskTerm::Distance { root, from } => Some(touching(root, from, weights, 1.0)),
            RiskTerm::Absolute(rates) => {
                homogeneous(rates.iter().zip(weights).map(|(rate, w)| rate * sign(*w)).collect())
            }
            RiskTerm::Largest(assets) => {
                let larger = |at: usize, i: usize| match weights[i].abs() > weights[at].abs() {
                    true => i,
                    false => at,
                };
                let at = (0..*assets).fold(0, larger);
                let mut gradient = vec![0.0; *assets];
                gradient[at] = sign(weights[at]);
                homogeneous(gradient)
            }
            RiskTerm::Worst(worst) => homogeneous(worst.gradient(weights)),
            RiskTerm::Growth(_) => None,
        }
    }
}

/// The support at `returns`, those of `unit` times the portfolio.
pub(crate) fn supported(
    measure: ScenarioMeasure,
    scenarios: &Scenarios<'_>,
    returns: &[f64],
    unit: f64,
) -> Option<Support> {
    let formula = measured(measure, scenarios, returns, unit);
    formula.or_else(|| entropic(measure, scenarios, returns))
}

/// The support of a measure that is no formula, from the `risk` room, which finds its inner
/// minimum.
fn entropic(
    measure: ScenarioMeasure,
    scenarios: &Scenarios<'_>,
    returns: &[f64],
) -> Option<Support> {
    let measure = measure.entropic()?;
    let found = match scenarios.probabilities {
        [] => measure.subgradient(returns),
        given => measure.subgradient_weighted(returns, given),
    };
    let found = found.ok()?;
    let scenarios = found.slopes.into_iter().enumerate().filter(|(_, q)| *q != 0.0).collect();
    Some(Support { value: found.value, constant: 0.0, scenarios })
}

/// `‖root (w − from · unit)‖` and the plane that touches it at `weights`.
pub(crate) fn touching(
    root: &[Vec<f64>],
    from: &[f64],
    weights: &[f64],
    unit: f64,
) -> (f64, Plane) {
    let apart: Vec<f64> = weights.iter().zip(from).map(|(w, b)| w - b * unit).collect();
    let parts: Vec<f64> = root.iter().map(|row| dot(row, &apart)).collect();
    let value = dot(&parts, &parts).sqrt();
    let size = if value > 0.0 { value } else { 1.0 };
    let mut gradient = vec![0.0; from.len()];
    for (row, part) in root.iter().zip(&parts) {
        gradient.iter_mut().zip(row).for_each(|(g, a)| *g += part / size * a);
    }
    let constant = -dot(&gradient, from);
    (value, Plane { gradient, constant })
}

/// The support at `returns`, those of `unit` times the portfolio: a measure with a target return
/// has `unit` times the target.
fn measured(
    measure: ScenarioMeasure,
    scenarios: &Scenarios<'_>,
    returns: &[f64],
    unit: f64,
) -> Option<Support> {
    use ScenarioMeasure::{FirstLowerPartialMoment, SecondLowerPartialMoment};
    match measure {
        FirstLowerPartialMoment(target) => {
            let mut found = support(FirstLowerPartialMoment(target * unit), scenarios, returns)?;
            found.constant = -target * found.scenarios.iter().map(|(_, q)| q).sum::<f64>();
            Some(found)
        }
        SecondLowerPartialMoment(target) => {
            let mut found = support(SecondLowerPartialMoment(target * unit), scenarios, returns)?;
            found.constant = -target * found.scenarios.iter().map(|(_, q)| q).sum::<f64>();
            Some(found)
        }
        other => support(other, scenarios, returns),
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
