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
    case.constraints = vec!["volatility <= 3%".parse().unwrap(), "weight >= -30%".parse().unwrap()];
    assert!(case.plan().is_err());
    case.constraints = vec!["weight <= 10%".parse().unwrap(), "long only".parse().unwrap()];
    assert!(matches!(case.plan(), Err(AllocationError::Infeasible { .. })));
}

/// Gârleanu and Pedersen (2013), "Dynamic trading with predictable returns and transaction costs",
/// J. Finance 68, propositions 1 and 2 and equation (15), without discounting: with trading costs
/// `½ λ Δxᵀ Σ Δx` and a signal that fades by `φ` a period, the first trade goes `a/λ` of the way to
/// `(γΣ)⁻¹ μ / (1 + φ a/γ)`, where `a = (√(γ² + 4γλ) − γ) / 2`. Cash takes the rest: it has no risk
/// and no cost. The plan has so many periods that its end no longer matters.
#[test]
fn a_long_plan_with_quadratic_costs_has_a_closed_form() {
    let (gamma, lambda, fade, periods) = (5.0_f64, 20.0_f64, 0.2_f64, 40);
    let (variances, first, held) = ([0.0016, 0.0036, 0.0], [0.002, -0.003, 0.0], [0.3, -0.1, 0.8]);
    let moments = moments(Matrix::diagonal(&variances));
    let quadratic = variances.iter().map(|variance| 0.5 * lambda * variance).collect();
    let costs = Costs { quadratic, ..Costs::default() };
    let problem = problem(&moments, &held, costs);
    let means: Vec<Vec<f64>> =
        (0..periods).map(|h| first.map(|mean| mean * (1.0 - fade).powi(h)).to_vec()).collect();
    let ahead: Vec<Period<'_>> =
        means.iter().map(|mean| Period { expected_return: mean, covariance: None }).collect();
    let plan = plan(&problem, 0.5 * gamma, &ahead, None).unwrap();
    let a = 0.5 * ((gamma * gamma + 4.0 * gamma * lambda).sqrt() - gamma);
    for asset in 0..2 {
        let aim = first[asset] / (gamma * variances[asset]) / (1.0 + fade * a / gamma);
        let expected = (1.0 - a / lambda) * held[asset] + a / lambda * aim;
        let found = plan.weights[0][asset];
        assert!((found - expected).abs() < 1e-7, "{found} {expected}");
    }
    assert!((plan.weights[0].iter().sum::<f64>() - 1.0).abs() < 1e-9);
}

/// Cash between bounds: without costs each period is the textbook's `μ / (2 λ σ²)`.
#[test]
fn a_riskless_asset_takes_the_rest() {
    let moments = moments(Matrix::diagonal(&[0.01, 0.04, 0.0]));
    let long = ["long only".parse().unwrap()];
    let base = problem(&moments, &[0.0, 0.0, 1.0], Costs::default());
    let problem = Problem { constraints: &long, ..base };
    let mean = [0.02, 0.04, 0.0];
    let plan = plan(&problem, 5.0, &[Period { expected_return: &mean, covariance: None }; 6], None);
    for weights in plan.unwrap().weights {
        for (weight, expected) in weights.iter().zip([0.2, 0.1, 0.7]) {
            assert!((weight - expected).abs() < 1e-8, "{weights:?}");
        }
    }
}

/// A limit on the sizes of weights holds in every period, and its price is what the plan would
/// gain by it: within 1e-5 of the change of the objective over a small step.
#[test]
fn limits_on_sizes_hold_and_are_priced() {
    for (name, size) in [
        ("gross", |w: &[f64]| w.iter().map(|w| w.abs()).sum::<f64>()),
        ("long", |w: &[f64]| w.iter().map(|w| w.max(0.0)).sum::<f64>()),
        ("short", |w: &[f64]| w.iter().map(|w| (-w).max(0.0)).sum::<f64>()),
    ] as [(&str, fn(&[f64]) -> f64); 3]
    {
        let mut case = Case::read("shorts.json");
        // Larger forecasts, so that something is worth being short of.
        case.means.iter_mut().flatten().for_each(|mean| *mean *= 6.0);
        let free = case.plan().unwrap();
        let widest = free.weights.iter().map(|w| size(w)).fold(0.0, f64::max);
        let tight = if name == "short" { 0.5 * widest } else { 1.0 + 0.5 * (widest - 1.0) };
        let mut solved = |limit: f64| {
            let sentence = format!("{name} <= {limit:.9}");
            case.constraints.push(sentence.parse().unwrap());
            let plan = case.plan().unwrap();
            case.constraints.pop();
            plan
        };
        let plan = solved(tight);
        for weights in &plan.weights {
            assert!(size(weights) <= tight + 1e-7, "{name}: {weights:?}");
        }
        let step = 1e-4;
        let gained =
            solved(tight + step).certificate.objective - solved(tight - step).certificate.objective;
        let binding = &plan.certificate.binding;
        let own = binding.iter().filter(|b| b.constraint.starts_with(&format!("{name} <=")));
        let price: f64 = own.map(|binding| binding.shadow_price).sum();
        assert!(price > 1e-6, "{name}: {binding:?}");
        assert!((gained / (2.0 * step) - price).abs() < 1e-5, "{name}: {gained} {price}");
    }
}
