//! Volumes, returns and robust quantities as limits; what risks and branches cannot be shared out.

use allocation::{
    AllocationError, Constraint, Costs, MeanSet, Problem, Risk, ScenarioMeasure, Uncertainty,
    allocate, risk_budgets_of,
};
use risk::{Matrix, Moments, Returns};
use types::{Symbol, Target, parse_date};

struct Set {
    moments: Moments,
    returns: Returns,
    volumes: Vec<f64>,
    uncertainty: Option<Uncertainty>,
}

fn set() -> Set {
    let symbols = || ["A", "B", "C"].map(Symbol::from).to_vec();
    let values = vec![0.01, 0.02, 0.03, -0.02, -0.01, 0.01, 0.01, -0.03, -0.02, 0.0, 0.01, -0.03];
    Set {
        moments: Moments::new(
            symbols().into(),
            vec![0.03, 0.02, 0.01],
            Matrix::diagonal(&[0.04; 3]),
            100,
        )
        .unwrap(),
        returns: Returns::new(symbols(), values).unwrap(),
        volumes: vec![0.5, 1.0, 0.0],
        uncertainty: Some(Uncertainty {
            mean: Some(MeanSet::Box(vec![0.05; 3])),
            covariance: None,
        }),
    }
}

fn with<T>(set: &Set, sentences: &[&str], then: impl FnOnce(&Problem<'_>) -> T) -> T {
    let constraints: Vec<Constraint> = sentences.iter().map(|s| s.parse().unwrap()).collect();
    then(&Problem {
        constraints: &constraints,
        previous: &[0.2, 0.2, 0.6],
        volumes: &set.volumes,
        scenarios: Some(&set.returns),
        uncertainty: set.uncertainty.as_ref(),
        costs: Some(Costs { holding: vec![0.01; 3], ..Costs::default() }),
        ..Problem::new(&set.moments, parse_date("2024-01-02").unwrap())
    })
}

fn ask(set: &Set, objective: &str, sentences: &[&str]) -> Result<Target, AllocationError> {
    with(set, sentences, |problem| allocate(&objective.parse().unwrap(), problem))
}

#[test]
fn what_is_not_traded_is_kept_and_the_rest_moves_by_its_part() {
    let sentences = ["long only", "participation <= 20%"];
    for objective in ["maximise return", "hierarchical equal risk", "risk parity by mad"] {
        let target = ask(&set(), objective, &sentences).unwrap();
        assert!((target.weights[2] - 0.6).abs() < 1e-7, "{objective}: {:?}", target.weights);
        assert!((target.weights[0] - 0.2).abs() < 0.1 + 1e-7);
        assert!((target.weights[1] - 0.2).abs() < 0.2 + 1e-7);
    }
    let best = ask(&set(), "maximise return", &sentences).unwrap();
    assert!((best.weights[0] - 0.3).abs() < 1e-7 && (best.weights[1] - 0.1).abs() < 1e-7);
    let binding = &best.certificate.binding;
    let paid =
        binding.iter().any(|b| b.constraint == "participation <= 20%" && b.shadow_price > 0.0);
    assert!(paid, "{binding:?}");
}

#[test]
fn refusals_say_what_to_change() {
    let unknown = Set { volumes: Vec::new(), ..set() };
    let below = Set { volumes: vec![1.0, -1.0, 1.0], ..set() };
    let certain = Set { uncertainty: None, ..set() };
    for (set, objective, sentences, words) in [
        (
            &unknown,
            "minimise variance",
            vec!["participation <= 5%"],
            "`participation <= 5%` needs to know what is traded in a day: give `volumes`",
        ),
        (
            &below,
            "minimise variance",
            vec![],
            "the daily volume of B is -1: volumes are not negative",
        ),
        (
            &set(),
            "minimise variance",
            vec!["long only", "weight(C) == 0%", "participation <= 10%"],
            "no weights fulfil all of: weight(C) == 0%; participation <= 10%",
        ),
        (
            &certain,
            "minimise variance",
            vec!["robust return >= 1%"],
            "needs to know how wrong the moments may be: give `uncertainty`",
        ),
        (
            &set(),
            "maximise robust return / volatility",
            vec!["long only"],
            "no portfolio within the constraints beats the risk-free rate of 0% (the best excess return is -2%)",
        ),
        (
            &set(),
            "risk parity by tracking_error(index)",
            vec![],
            "tracking_error(index) cannot be shared out by budgets: it does not grow",
        ),
        (&set(), "risk parity with budgets A 2, D 1", vec![], "no asset D"),
    ] {
        let found = ask(set, objective, &sentences).unwrap_err().to_string();
        assert!(found.contains(words), "{found}");
    }
}

/// Two pairs of perfect hedges: no branch has any variance, and none is preferred.
#[test]
fn hedges_without_variance_share_evenly() {
    let symbols: Vec<Symbol> = ["A", "B", "C", "D"].map(Symbol::from).to_vec();
    let covariance = Matrix::from_fn(4, |i, j| match (i, j) {
        (0, 0) | (1, 1) | (2, 2) | (3, 3) => 0.04,
        (1, 0) | (0, 1) | (3, 2) | (2, 3) => -0.04,
        _ => 0.0,
    });
    let moments = Moments::new(symbols.into(), vec![0.0; 4], covariance, 100).unwrap();
    let problem = Problem::new(&moments, parse_date("2024-01-02").unwrap());
    for objective in ["hierarchical risk parity", "hierarchical equal risk"] {
        let target = allocate(&objective.parse().unwrap(), &problem).unwrap();
        assert!((target.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{target:?}");
        assert!(target.weights.iter().all(|w| *w >= 0.0), "{target:?}");
    }
}

#[test]
fn costs_cannot_be_rewarded() {
    let costs = allocation::CostFactors { borrow: -1.0, ..allocation::CostFactors::ALL };
    let penalties = vec![(1.0, Risk::Variance)];
    let objective = allocation::Objective::MeanRisk { penalties, costs };
    for sentences in [vec!["long only"], vec!["long only", "names <= 2"]] {
        let refused = with(&set(), &sentences, |problem| allocate(&objective, problem));
        assert!(matches!(refused, Err(AllocationError::Parameter { .. })), "{refused:?}");
    }
}

/// A plan over periods knows the volume of none, and has returns of its own.
#[test]
fn plans_refuse_what_is_about_one_period() {
    for sentence in ["participation <= 5%", "return >= 1%"] {
        let refused = with(&set(), &["long only", sentence], |problem| {
            let expected_return: &[f64] = &[0.01; 3];
            let period = allocation::Period { expected_return, covariance: None };
            allocation::plan(problem, 5.0, &[period], None).map(|_| ())
        });
        assert!(matches!(refused, Err(AllocationError::NotHonoured { .. })), "{refused:?}");
    }
}

/// Assets that only gain have no risk to share out, and no branch to balance.
#[test]
fn gains_are_no_risk() {
    let gains = (0..12).map(|k| 0.01 + 1e-3 * f64::from(k)).collect();
    let symbols = ["A", "B", "C"].map(Symbol::from).to_vec();
    let rich = Set { returns: Returns::new(symbols, gains).unwrap(), ..set() };
    for (objective, words) in [
        ("risk parity by cvar(95%)", "cvar(95%) cannot be shared out by budgets: some mix"),
        ("risk parity by evar(95%)", "evar(95%) cannot be shared out by budgets: some mix"),
        (
            "hierarchical risk parity by worst realisation",
            "hierarchical risk parity balances worst realisation, which must be positive, and that of A is -0.01",
        ),
    ] {
        let found = ask(&rich, objective, &[]).unwrap_err().to_string();
        assert!(found.starts_with(words), "{found}");
    }
}

/// Mixed: alone each loses, but a mix of the two never does.
#[test]
fn a_mix_without_risk_is_told() {
    let symbols = ["A", "B", "C"].map(Symbol::from).to_vec();
    let values = vec![0.02, -0.01, -0.01, -0.01, 0.02, 0.0, 0.03, -0.02, -0.02, -0.02, 0.03, 0.01];
    let hedged = Set { returns: Returns::new(symbols, values).unwrap(), ..set() };
    let found = ask(&hedged, "risk parity by worst realisation", &[]).unwrap_err().to_string();
    assert!(found.contains("some mix of the assets has none"), "{found}");
}

#[test]
fn measures_built_by_programs_have_the_limits_of_sentences() {
    for measure in [
        ScenarioMeasure::ConditionalValueAtRisk(0.05),
        ScenarioMeasure::EntropicValueAtRiskRange(1.0),
        ScenarioMeasure::RelativisticValueAtRisk(0.95, 1.5),
        ScenarioMeasure::EvenMoment(0),
        ScenarioMeasure::FirstLowerPartialMoment(f64::NAN),
    ] {
        let risk = Risk::Scenario(measure);
        let refused = with(&set(), &[], |problem| risk_budgets_of(problem, &risk, &[1.0; 3]));
        assert!(matches!(refused, Err(AllocationError::Parameter { .. })), "{refused:?}");
        let objective = allocation::Objective::MinimumRisk(risk);
        let refused = with(&set(), &["long only"], |problem| allocate(&objective, problem));
        assert!(matches!(refused, Err(AllocationError::Parameter { .. })), "{refused:?}");
    }
    let radius = Risk::RobustConditionalValueAtRisk { level: 0.95, radius: -1.0 };
    let objective = allocation::Objective::MinimumRisk(radius);
    let refused = with(&set(), &["long only"], |problem| allocate(&objective, problem));
    assert!(matches!(refused, Err(AllocationError::Parameter { .. })), "{refused:?}");
}
