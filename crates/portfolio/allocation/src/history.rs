//! Scenarios from history, as long as the horizon of a decision.
//!
//! In: daily returns, an objective and its constraints. Out: the scenarios that their risk measures
//! read, or none if no measure asks for any. Knows no solver.
//!
//! A measure of returns reads what a holder would have earned over each run of as many days as the
//! horizon has, `Π(1 + r) − 1`. The runs overlap, so that their number says more than they know:
//! a window of `T` days has `T − h + 1` of them, of which `T / h` are independent. A drawdown is a
//! matter of days that follow each other, and reads the days themselves, as a learned allocator does.

use risk::Returns;

use crate::constraint::{Constraint, Quantity};
use crate::objective::Measure;
use crate::{AllocationError, Objective, Risk, ScenarioMeasure};

/// How long a scenario is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Trading days.
    pub days: usize,
    /// Whether scenarios are days that follow each other.
    pub path: bool,
}

/// The scenarios that `objective` and `constraints` read, `days` trading days long.
pub fn scenarios(
    objective: &Objective,
    constraints: &[Constraint],
    daily: &Returns,
    days: usize,
) -> Result<Option<Returns>, AllocationError> {
    span(&[objective], constraints, days)?.map(|span| over(daily, span.days)).transpose()
}

/// What scenarios these read together, or none if they read no scenarios.
pub(crate) fn span(
    objectives: &[&Objective],
    constraints: &[Constraint],
    days: usize,
) -> Result<Option<Span>, AllocationError> {
    if !objectives.iter().any(|objective| reads_scenarios(objective, constraints)) {
        return Ok(None);
    }
    let each = objectives.iter().map(|objective| measures(objective, constraints));
    let measures: Vec<bool> = each.flatten().collect();
    let has = |wanted: fn(&Objective) -> bool| objectives.iter().any(|objective| wanted(objective));
    let grows = has(|objective| matches!(objective, Objective::MaximumGrowth));
    let learned = has(|objective| matches!(objective, Objective::Learned { .. }));
    let paths = measures.iter().filter(|of_path| **of_path).count();
    let days = if paths == measures.len() && !grows { 1 } else { days.max(1) };
    let path = paths > 0 || learned;
    if path && days > 1 {
        return Err(AllocationError::MixedScenarios { days });
    }
    Ok(Some(Span { days, path }))
}

/// Whether `objective` or one of `constraints` reads scenarios at all.
pub fn reads_scenarios(objective: &Objective, constraints: &[Constraint]) -> bool {
    matches!(objective, Objective::MaximumGrowth | Objective::Learned { .. })
        || !measures(objective, constraints).is_empty()
}

/// Whether `objective` reads how wrong the moments may be.
pub fn reads_uncertainty(objective: &Objective) -> bool {
    let robust = |risk: &&Risk| {
        matches!(risk, Risk::ReturnUncertainty | Risk::RobustVariance | Risk::RobustVolatility)
    };
    matches!(objective, Objective::MaximumRatio { robust: true, .. })
        || risks(objective).iter().any(robust)
}

/// Whether one of `constraints` reads how wrong the moments may be.
pub fn limits_read_uncertainty(constraints: &[Constraint]) -> bool {
    let robust = |risk: &Risk| matches!(risk, Risk::RobustVariance | Risk::RobustVolatility);
    constraints.iter().any(|constraint| match constraint.quantity() {
        Quantity::RobustReturn => true,
        Quantity::Aim(risk) => robust(risk),
        _ => false,
    })
}

fn risks(objective: &Objective) -> Vec<&Risk> {
    match objective {
        Objective::MinimumRisk(risk)
        | Objective::MaximumRatio { risk, .. }
        | Objective::RiskParity { risk, .. } => vec![risk],
        Objective::MeanRisk { penalties, .. } => penalties.iter().map(|(_, risk)| risk).collect(),
        _ => vec![],
    }
}

/// For each measure of the scenarios, whether it is of a path.
fn measures(objective: &Objective, constraints: &[Constraint]) -> Vec<bool> {
    let of = |risk: &Risk| match risk {
        Risk::Scenario(measure) => Some(*measure),
        Risk::RobustConditionalValueAtRisk { level, .. } => {
            Some(ScenarioMeasure::ConditionalValueAtRisk(*level))
        }
        _ => None,
    };
    let aimed = risks(objective).into_iter().filter_map(of);
    let bounded = constraints.iter().filter_map(|constraint| match constraint.quantity() {
        Quantity::Risk(measure) => Some(*measure),
        Quantity::Aim(risk) => of(risk),
        _ => None,
    });
    let balanced = match objective {
        Objective::HierarchicalRiskParity { measure: Measure::Of(measure), .. }
        | Objective::HierarchicalEqualRisk { measure: Measure::Of(measure), .. } => {
            Some(measure.wealth().is_some())
        }
        _ => None,
    };
    aimed.chain(bounded).map(|measure| measure.is_of_path()).chain(balanced).collect()
}

/// What was earned over each run of `days` days.
pub(crate) fn over(daily: &Returns, days: usize) -> Result<Returns, AllocationError> {
    if daily.rows() <= days {
        return Err(AllocationError::ShortHistory { days, rows: daily.rows() });
    }
    if days == 1 {
        return Ok(daily.clone());
    }
    let mut values = Vec::with_capacity((daily.rows() - days + 1) * daily.cols());
    for first in 0..=daily.rows() - days {
        for asset in 0..daily.cols() {
            let grown: f64 = (first..first + days).map(|day| 1.0 + daily.row(day)[asset]).product();
            values.push(grown - 1.0);
        }
    }
    Ok(Returns::new(daily.symbols().to_vec(), values)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daily() -> Returns {
        Returns::new(vec!["A".into(), "B".into()], vec![0.1, 0.0, 0.1, -0.5, -0.1, 1.0]).unwrap()
    }

    fn of(objective: &str, sentences: &[&str], days: usize) -> Result<Option<Returns>, String> {
        let constraints: Vec<Constraint> = sentences.iter().map(|s| s.parse().unwrap()).collect();
        let objective = objective.parse().unwrap();
        scenarios(&objective, &constraints, &daily(), days).map_err(|error| error.to_string())
    }

    #[test]
    fn returns_are_compounded_over_runs_of_the_horizon() {
        let two = of("minimise cvar(95%)", &[], 2).unwrap().unwrap();
        assert_eq!(two.rows(), 2);
        let expected = [1.1 * 1.1 - 1.0, -0.5, 1.1 * 0.9 - 1.0, 0.0];
        for (found, expected) in two.as_slice().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
        assert_eq!(of("minimise variance", &["cvar(95%) <= 2%"], 1), Ok(Some(daily())));
    }

    #[test]
    fn drawdowns_read_days_and_moments_read_nothing() {
        assert_eq!(of("minimise cdar(95%)", &[], 2), Ok(Some(daily())));
        assert_eq!(of("minimise variance", &["weight <= 60%"], 2), Ok(None));
    }

    #[test]
    fn what_does_not_fit_together_is_said() {
        let mixed = of("minimise cdar(95%)", &["cvar(95%) <= 2%"], 2).unwrap_err();
        assert!(mixed.contains("a horizon of one day"), "{mixed}");
        let short = of("minimise cvar(95%)", &[], 3).unwrap_err();
        assert!(short.contains("3 days"), "{short}");
    }
}
