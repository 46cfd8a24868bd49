//! Optimisation over scenarios: closed forms, and what must hold whatever the numbers.

use std::collections::BTreeMap;

use allocation::{
    AllocationError, Constraint, Objective, Problem, WarmStart, allocate, allocate_first,
    allocate_from, chain,
};
use proptest::prelude::*;
use risk::{Matrix, Moments, Returns};
use types::{Status, Symbol, Target, parse_date};

fn symbols(n: usize) -> Vec<Symbol> {
    (0..n).map(|i| Symbol::from(format!("S{i}"))).collect()
}

/// Scenarios and their moments.
#[derive(Debug, Clone)]
struct Set {
    returns: Returns,
    moments: Moments,
}

impl Set {
    fn new(assets: usize, values: Vec<f64>) -> Self {
        let returns = Returns::new(symbols(assets), values).unwrap();
        let rows = returns.rows();
        let mean: Vec<f64> = (0..assets)
            .map(|i| (0..rows).map(|s| returns.row(s)[i]).sum::<f64>() / rows as f64)
            .collect();
        let covariance = Matrix::from_fn(assets, |i, j| {
            let part = |s: usize| (returns.row(s)[i] - mean[i]) * (returns.row(s)[j] - mean[j]);
            (0..rows).map(part).sum::<f64>() / (rows - 1) as f64
        });
        let moments = Moments::new(symbols(assets).into(), mean, covariance, rows).unwrap();
        Self { returns, moments }
    }

    fn problem<'a>(&'a self, constraints: &'a [Constraint]) -> Problem<'a> {
        Problem {
            constraints,
            scenarios: Some(&self.returns),
            ..Problem::new(&self.moments, parse_date("2020-01-31").unwrap())
        }
    }

    fn ask(&self, objective: &str, sentences: &[&str]) -> Result<Target, AllocationError> {
        let constraints = parsed(sentences);
        allocate(&objective.parse().unwrap(), &self.problem(&constraints))
    }

    /// The mean of the worst `count` losses.
    fn worst(&self, weights: &[f64], count: usize) -> f64 {
        let mut returns = self.returns.of_portfolio(weights).unwrap();
        returns.sort_by(f64::total_cmp);
        -returns[..count].iter().sum::<f64>() / count as f64
    }
}

fn parsed(sentences: &[&str]) -> Vec<Constraint> {
    sentences.iter().map(|s| s.parse().unwrap()).collect()
}

/// Smooth pseudo-random returns without a generator: sines of incommensurable frequencies.
fn waves(assets: usize, rows: usize) -> Set {
    let value = |s: usize, i: usize| {
        let (s, i) = (s as f64, i as f64);
        let market = (1.7 * s).sin() + (0.37 * s * s).sin();
        0.004 * (1.0 + 0.05 * i) * market + 0.01 * (s * (1.3 + 0.71 * i) + i * i).sin() + 2e-4 * i
    };
    Set::new(assets, (0..rows * assets).map(|k| value(k / assets, k % assets)).collect())
}

#[test]
fn two_assets_that_take_turns_at_losing() {
    let set = Set::new(2, vec![-0.04, 0.01, 0.01, -0.02, 0.02, 0.02, 0.03, 0.01]);
    let target = set.ask("minimise worst realisation", &["long only"]).unwrap();
    // −0.04 a + 0.01 (1 − a) = 0.01 a − 0.02 (1 − a) at a = 0.03 / 0.08.
    assert!((target.weights[0] - 0.375).abs() < 1e-9);
    assert!((target.certificate.objective - 0.00875).abs() < 1e-12);
    assert!(target.certificate.gap < 1e-12);
}

#[test]
fn a_limit_on_cvar_has_the_shadow_price_of_its_derivative() {
    let set = waves(8, 200);
    let at = |limit: f64| {
        let limit = format!("cvar(95%) <= {limit}");
        set.ask("maximise return", &["long only", &limit]).unwrap().certificate
    };
    let least = set.ask("minimise cvar(95%)", &["long only"]).unwrap().certificate.objective;
    let limit = least + 0.001;
    let here = at(limit);
    let price = here.binding.iter().find(|b| b.constraint.starts_with("cvar")).unwrap();
    let step = 1e-6;
    let slope = (at(limit + step).objective - at(limit - step).objective) / (2.0 * step);
    assert!((price.shadow_price - slope).abs() < 1e-6 * slope, "{} {slope}", price.shadow_price);
}

#[test]
fn limits_on_squares_have_prices_in_their_own_units() {
    let set = waves(6, 120);
    for measure in ["variance", "semi-variance"] {
        let goal = format!("minimise {measure}");
        let least = set.ask(&goal, &["long only"]).unwrap().certificate.objective;
        let at = |limit: f64| {
            let limit = format!("{measure} <= {limit:.15}");
            set.ask("maximise return", &["long only", &limit]).unwrap().certificate
        };
        let limit = 1.2 * least;
        let here = at(limit);
        let price = here.binding.iter().find(|b| b.constraint.starts_with(measure)).unwrap();
        let step = 0.01 * least;
        let slope = (at(limit + step).objective - at(limit - step).objective) / (2.0 * step);
        let price = price.shadow_price;
        assert!((price - slope).abs() < 1e-3 * slope, "{measure}: {price} {slope}");
    }
}

#[test]
fn a_warm_start_gives_the_same_answers() {
    let set = waves(10, 1000);
    let mut warm = WarmStart::default();
    let objective: Objective = "minimise cvar(95%)".parse().unwrap();
    let characteristics = BTreeMap::from([("mu".to_owned(), set.moments.mean.clone())]);
    for step in 0..9 {
        let floor = format!("5 * net + 1000 * mu >= {}", 5.5 + 0.1 * f64::from(step));
        let constraints = parsed(&["long only", &floor]);
        let problem = Problem { characteristics: &characteristics, ..set.problem(&constraints) };
        let cold = allocate(&objective, &problem).unwrap().certificate;
        let again = allocate_from(&objective, &problem, &mut warm).unwrap().certificate;
        assert!((cold.objective - again.objective).abs() < 1e-12, "{step}");
        assert!(step == 0 || again.iterations <= cold.iterations, "{step}");
    }
    // Other scenarios: nothing of the old ones may leak into the answer.
    let other = waves(10, 999);
    let constraints = parsed(&["long only"]);
    let cold = allocate(&objective, &other.problem(&constraints)).unwrap();
    let again = allocate_from(&objective, &other.problem(&constraints), &mut warm).unwrap();
    assert!((cold.certificate.objective - again.certificate.objective).abs() < 1e-12);
}

#[test]
fn conflicts_name_the_risk_and_the_cheapest_way_out() {
    let set = waves(5, 100);
    let least = set.ask("minimise cvar(95%)", &["long only"]).unwrap().certificate.objective;
    let limit = format!("cvar(95%) <= {:.6}", least - 0.001);
    let error = set.ask("maximise return", &["long only", "gross <= 150%", &limit]).unwrap_err();
    let AllocationError::Infeasible { conflict, relaxation } = error else { panic!("{error}") };
    // Selling short would not help either.
    assert_eq!(conflict, ["budget == 100%", limit.as_str()]);
    assert_eq!(relaxation.len(), 1, "{relaxation:?}");
    assert!(relaxation[0].by <= 0.001 + 1e-6);
    // Five limits of 15 % hold 75 %: each gives 1 % for 80 %.
    let error = set.ask("minimise variance", &["long only", "net >= 80%", "weight <= 15%"]);
    let words = error.unwrap_err().to_string();
    assert_eq!(
        words,
        "no weights fulfil all of: net >= 80%; weight <= 15%: relax one of them; the least in \
         total is `weight <= 15%` by 1%"
    );
}

#[test]
fn a_chain_of_objectives_records_what_failed() {
    let set = waves(4, 60);
    let chain = chain("maximise sharpe over 50%, else minimise cvar(95%)").unwrap();
    let constraints = parsed(&["long only"]);
    let target = allocate_first(&chain, &set.problem(&constraints)).unwrap().target;
    assert_eq!(target.certificate.method, "minimum risk");
    let tried = &target.certificate.fallbacks;
    assert!(tried.len() == 1 && tried[0].starts_with("maximise sharpe over 0.5: no portfolio"));
}

#[test]
fn what_is_refused() {
    let set = waves(3, 50);
    for (objective, sentences, words) in [
        (
            "maximise return / semi-variance",
            vec![],
            "return / semi-variance depends on the size of the portfolio: divide by semi-deviation",
        ),
        ("minimise tracking_error(idx)", vec![], "`tracking_error(idx)`: no benchmark idx"),
        ("minimise variance", vec!["esg >= 0.5"], "`esg >= 0.5`: no group or characteristic esg"),
        ("minimise variance", vec!["no trade: S9"], "constraint `no trade: S9`: no asset S9"),
        (
            "minimise cvar(90%)",
            vec!["net >= -1000%", "cash >= -100%", "weight(S0) + weight(S1) >= 0%"],
            "",
        ),
    ] {
        match set.ask(objective, &sentences) {
            Err(error) => assert!(error.to_string().starts_with(words), "{error}"),
            Ok(target) => assert!(words.is_empty() && target.certificate.gap < 1e-9),
        }
    }
    let objective: Objective = "minimise cvar(95%)".parse().unwrap();
    let none = Problem { scenarios: None, ..set.problem(&[]) };
    let words = allocate(&objective, &none).unwrap_err().to_string();
    assert_eq!(words, "cvar(95%) needs scenarios and the problem has none: give `scenarios`");
    let half = Problem { probabilities: &[0.5; 50], ..set.problem(&[]) };
    let words = allocate(&objective, &half).unwrap_err().to_string();
    assert!(words.contains("they sum to 25"), "{words}");
}

/// Those that take probabilities.
const EVERY_MEASURE: [&str; 18] = [
    "cvar(95%)",
    "evar(95%)",
    "mad",
    "standard deviation",
    "semi-deviation",
    "semi-variance",
    "first lower partial moment",
    "second lower partial moment",
    "worst realisation",
    "range",
    "cvar range(95%)",
    "gini mean difference",
    "tail gini(95%)",
    "maximum drawdown",
    "average drawdown",
    "cdar(95%)",
    "edar(95%)",
    "ulcer index",
];

#[test]
fn impossible_scenarios_count_for_nothing() {
    // The first scenario cannot happen. The others, the worst of the tail first, are those of
    // `two_assets_that_take_turns_at_losing` and a calm day, as likely as it is said.
    let with = Set::new(2, vec![-0.9, 0.5, -0.04, 0.01, 0.01, -0.02, 0.02, 0.02]);
    let without = Set::new(2, vec![-0.04, 0.01, 0.01, -0.02, 0.02, 0.02]);
    let long = parsed(&["long only"]);
    for measure in EVERY_MEASURE {
        let objective: Objective = format!("minimise {measure}").parse().unwrap();
        let ask = |set: &Set, probabilities: &[f64]| {
            let problem = Problem { probabilities, ..set.problem(&long) };
            allocate(&objective, &problem).unwrap().certificate.objective
        };
        let plain = ask(&without, &[0.4, 0.3, 0.3]);
        let padded = ask(&with, &[0.0, 0.4, 0.3, 0.3]);
        // On a path the impossible day still moves the sum that peaks are taken from.
        if !measure.contains("drawdown") && !measure.contains("dar") && measure != "ulcer index" {
            assert!((plain - padded).abs() < 1e-7, "{measure}: {plain} {padded}");
        }
    }
    // −0.04 a + 0.01 (1 − a) = 0.01 a − 0.02 (1 − a) at a = 0.03 / 0.08; both are in the tail.
    for measure in ["cvar(95%)", "worst realisation"] {
        let objective: Objective = format!("minimise {measure}").parse().unwrap();
        let probabilities = &[0.0, 0.4, 0.3, 0.3];
        let target = allocate(&objective, &Problem { probabilities, ..with.problem(&long) });
        let target = target.unwrap();
        assert!((target.weights[0] - 0.375).abs() < 1e-9, "{measure}");
        assert!((target.certificate.objective - 0.00875).abs() < 1e-12, "{measure}");
    }
}

#[test]
fn a_drawdown_on_an_impossible_day_is_none() {
    // One asset: the sum of returns is -10 %, -5 %, -15 %; of the last day's depth nobody hears.
    let set = Set::new(1, vec![-0.10, 0.05, -0.10]);
    for (measure, value) in [
        ("maximum drawdown", 0.10),
        ("cdar(50%)", 0.10),
        ("average drawdown", 0.5 * 0.10 + 0.5 * 0.05),
    ] {
        let objective: Objective = format!("minimise {measure}").parse().unwrap();
        let problem = Problem { probabilities: &[0.5, 0.5, 0.0], ..set.problem(&[]) };
        let found = allocate(&objective, &problem).unwrap().certificate.objective;
        assert!((found - value).abs() < 1e-12, "{measure}: {found}");
    }
}

#[test]
fn growth_heeds_only_what_can_happen() {
    // Double or lose half, as likely: bet half of all. That all is lost cannot happen.
    let set = Set::new(1, vec![1.0, -3.0, -0.5]);
    let constraints = parsed(&["long only", "cash >= 0%"]);
    let problem = Problem { probabilities: &[0.5, 0.0, 0.5], ..set.problem(&constraints) };
    let target = allocate(&"maximise growth".parse().unwrap(), &problem).unwrap();
    assert!((target.weights[0] - 0.5).abs() < 1e-5);
    assert!((target.certificate.objective - 0.5 * 1.125_f64.ln()).abs() < 1e-8);
}

#[test]
fn spread_needs_two_scenarios_that_can_happen() {
    let one = Set::new(2, vec![-0.01, 0.02, 0.01, 0.0]);
    for measure in [
        "standard deviation",
        "semi-deviation",
        "semi-variance",
        "second lower partial moment",
        "gini mean difference",
    ] {
        let problem = Problem { probabilities: &[0.0, 1.0], ..one.problem(&[]) };
        let objective: Objective = format!("minimise {measure}").parse().unwrap();
        let words = allocate(&objective, &problem).unwrap_err().to_string();
        let expected = format!(
            "{measure} needs two scenarios that can happen and there is 1: give more scenarios"
        );
        assert_eq!(words, expected);
    }
}

const MEASURES: [&str; 11] = [
    "cvar(90%)",
    "mad",
    "first lower partial moment",
    "worst realisation",
    "range",
    "cvar range(80%)",
    "gini mean difference",
    "tail gini(80%)",
    "maximum drawdown",
    "average drawdown",
    "cdar(90%)",
];

fn sets() -> impl Strategy<Value = Set> {
    (2usize..7, 12usize..50).prop_flat_map(|(assets, rows)| {
        prop::collection::vec(-0.05..0.06, assets * rows).prop_map(move |v| Set::new(assets, v))
    })
}

/// Every asset alone, and all alike.
fn corners(n: usize) -> Vec<Vec<f64>> {
    let alone = |i: usize| (0..n).map(|j| f64::from(u8::from(i == j))).collect();
    (0..n).map(alone).chain([vec![1.0 / n as f64; n]]).collect()
}

fn mean(set: &Set, target: &Target) -> f64 {
    target.weights.iter().zip(&set.moments.mean).map(|(w, m)| w * m).sum()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, ..ProptestConfig::with_cases(60)
    })]

    #[test]
    fn every_polyhedral_measure_ends_exact(set in sets(), which in 0..MEASURES.len()) {
        let objective = format!("minimise {}", MEASURES[which]);
        let target = set.ask(&objective, &["long only"]).unwrap();
        let evidence = &target.certificate;
        prop_assert!(evidence.status == Status::Solved, "{evidence:?} {objective}");
        prop_assert!(evidence.gap < 1e-9 && evidence.primal_residual < 1e-9, "{evidence:?}");
        for weights in corners(target.weights.len()) {
            let fixed: Vec<String> = weights.iter().enumerate()
                .map(|(i, w)| format!("weight(S{i}) == {w:.17}")).collect();
            let fixed: Vec<&str> = fixed.iter().map(String::as_str).collect();
            let there = set.ask(&objective, &[&["net >= 0%"], &fixed[..]].concat()).unwrap();
            prop_assert!(evidence.objective <= there.certificate.objective + 1e-9);
        }
    }

    #[test]
    fn cvar_is_the_mean_of_the_worst(set in sets()) {
        let rows = set.returns.rows();
        let level = format!("minimise cvar({})", 1.0 - 3.0 / rows as f64);
        let target = set.ask(&level, &["weight >= -20%", "gross <= 160%"]).unwrap();
        let worst = set.worst(&target.weights, 3);
        prop_assert!((target.certificate.objective - worst).abs() < 1e-10);
    }

    #[test]
    fn free_weights_and_cones_beside_cuts(set in sets()) {
        prop_assume!(set.returns.rows() > 3 * set.returns.cols());
        let n = set.returns.cols();
        let equal = BTreeMap::from([("equal".to_owned(), vec![1.0 / n as f64; n])]);
        let constraints = parsed(&["tracking_error(equal) <= 1%", "fully invested"]);
        let problem = Problem { benchmarks: &equal, ..set.problem(&constraints) };
        let at = |objective: &str| allocate(&objective.parse().unwrap(), &problem).unwrap();
        let (risk, free) = (at("minimise cvar(90%)"), at("maximise return"));
        let best = at("maximise return - 0.5 * cvar(90%)");
        let calm = mean(&set, &risk) - 0.5 * risk.certificate.objective;
        prop_assert!(best.certificate.objective >= calm - 1e-8);
        prop_assert!(mean(&set, &best) <= mean(&set, &free) + 1e-8);
        prop_assert!(best.certificate.gap < 1e-7, "{:?}", best.certificate);
    }

    #[test]
    fn scaling_the_returns_scales_the_risk(set in sets(), scale in 0.01f64..50.0) {
        let values = set.returns.as_slice().iter().map(|r| r * scale).collect();
        let scaled = Set::new(set.returns.cols(), values);
        let (a, b) = (set.ask("minimise cvar(90%)", &["long only"]).unwrap().certificate,
            scaled.ask("minimise cvar(90%)", &["long only"]).unwrap().certificate);
        prop_assert!((a.objective * scale - b.objective).abs() < 1e-9 * scale);
    }

    #[test]
    fn a_tighter_limit_never_helps(set in sets(), room in 0.0f64..0.02) {
        let least = set.ask("minimise cvar(90%)", &["long only"]).unwrap().certificate.objective;
        let at = |limit: f64| {
            let limit = format!("cvar(90%) <= {limit:.12}");
            set.ask("maximise return", &["long only", &limit]).unwrap().certificate.objective
        };
        prop_assert!(at(least + 1e-6 + room) <= at(least + 2e-6 + 2.0 * room) + 1e-10);
    }

    #[test]
    fn the_ratio_is_no_worse_than_that_of_least_risk(set in sets()) {
        let calm = set.ask("minimise cvar(90%)", &["long only"]).unwrap();
        prop_assume!(mean(&set, &calm) > 1e-4 && calm.certificate.objective > 1e-4);
        let best = set.ask("maximise return / cvar(90%)", &["long only"]).unwrap();
        let ratio = mean(&set, &calm) / calm.certificate.objective;
        prop_assert!(best.certificate.objective >= ratio * (1.0 - 1e-9));
        prop_assert!(best.certificate.gap < 1e-8);
    }
}
