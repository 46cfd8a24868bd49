//! Plans over several periods, beside cvxpy and the allocation of one period.

use std::path::PathBuf;

use allocation::{AllocationError, Constraint, Costs, Period, Plan, Problem, allocate, plan};
use risk::{Matrix, Moments};
use serde::Deserialize;
use types::{Symbol, parse_date};

#[derive(Deserialize)]
struct Case {
    aversion: f64,
    covariance: Vec<Vec<f64>>,
    means: Vec<Vec<f64>>,
    held: Vec<f64>,
    linear: Vec<f64>,
    impact: Vec<f64>,
    quadratic: Vec<f64>,
    borrow: Vec<f64>,
    constraints: Vec<Constraint>,
    terminal: Option<Vec<f64>>,
    weights: Vec<Vec<f64>>,
    objective: f64,
}

fn moments(covariance: Matrix) -> Moments {
    let n = covariance.n();
    let symbols = (0..n).map(|i| Symbol::from(format!("S{i}").as_str())).collect();
    Moments::new(symbols, vec![0.0; n], covariance, 100).unwrap()
}

fn problem<'a>(moments: &'a Moments, held: &'a [f64], costs: Costs) -> Problem<'a> {
    let as_of = parse_date("2024-01-02").unwrap();
    Problem { previous: held, costs: Some(costs), ..Problem::new(moments, as_of) }
}

impl Case {
    fn read(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let path = folder.join("../../../conformance/allocation/plans").join(name);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn plan(&self) -> Result<Plan, AllocationError> {
        let n = self.held.len();
        let moments = moments(Matrix::from_fn(n, |i, j| self.covariance[i][j]));
        let costs = Costs {
            linear: self.linear.clone(),
            impact_factor: self.impact.clone(),
            quadratic: self.quadratic.clone(),
            borrow: self.borrow.clone(),
            holding: Vec::new(),
        };
        let problem =
            Problem { constraints: &self.constraints, ..problem(&moments, &self.held, costs) };
        let periods: Vec<Period<'_>> = self
            .means
            .iter()
            .map(|mean| Period { expected_return: mean, covariance: None })
            .collect();
        plan(&problem, self.aversion, &periods, self.terminal.as_deref())
    }
}

#[test]
fn plans_are_those_of_cvxpy() {
    for name in ["long_only", "impact", "turnover", "terminal", "shorts"] {
        let case = Case::read(&format!("{name}.json"));
        let plan = case.plan().unwrap();
        let found = plan.certificate.objective;
        assert!((found - case.objective).abs() < 1e-8, "{name}: {found} {}", case.objective);
        for (ours, theirs) in plan.weights.iter().flatten().zip(case.weights.iter().flatten()) {
            assert!((ours - theirs).abs() < 1e-4, "{name}: {ours} {theirs}");
        }
        assert!(plan.certificate.gap < 1e-9 && plan.certificate.primal_residual < 1e-9);
    }
}

#[test]
fn one_period_is_one_allocation() {
    let case = Case::read("impact.json");
    let moments = Moments {
        mean: case.means[0].clone(),
        ..moments(Matrix::from_fn(6, |i, j| case.covariance[i][j]))
    };
    let costs = Costs { linear: case.linear, impact_factor: case.impact, ..Costs::default() };
    let base = problem(&moments, &case.held, costs);
    let problem = Problem { constraints: &case.constraints, ..base };
    let objective = "maximise return - 4 * variance - costs".parse().unwrap();
    let target = allocate(&objective, &problem).unwrap();
    let period = Period { expected_return: &moments.mean, covariance: None };
    let plan = plan(&problem, 4.0, &[period], None).unwrap();
    for (one, other) in plan.weights[0].iter().zip(&target.weights) {
        assert!((one - other).abs() < 1e-7);
    }
}

#[test]
fn what_a_plan_cannot_keep_is_refused() {
    let mut case = Case::read("long_only.json");
    case.constraints = vec!["gross <= 130%".parse().unwrap(), "weight >= -30%".parse().unwrap()];
    assert!(matches!(case.plan(), Err(AllocationError::NotHonoured { .. })));
    case.constraints = vec!["weight <= 10%".parse().unwrap(), "long only".parse().unwrap()];
    assert!(matches!(case.plan(), Err(AllocationError::Infeasible { .. })));
}
