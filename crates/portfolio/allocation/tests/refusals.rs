//! What is refused, and in which words: one row each.

use std::collections::BTreeMap;

use allocation::{AllocationError, Constraint, Problem, allocate};
use risk::{Matrix, Moments};
use types::{Symbol, Target, parse_date};

const MEAN: [f64; 4] = [0.010, 0.008, 0.006, -0.002];

fn ask(objective: &str, sentences: &[&str], previous: &[f64]) -> Result<Target, AllocationError> {
    let symbols = ["AAPL", "MSFT", "XOM", "CVX"].map(Symbol::from);
    let covariance = Matrix::from_fn(4, |i, j| match (i, j) {
        _ if i == j => 0.004,
        (3, 2) => 0.003,
        _ => 0.001,
    });
    let moments = Moments::new(symbols.to_vec().into(), MEAN.to_vec(), covariance, 100).unwrap();
    let constraints: Vec<Constraint> = sentences.iter().map(|s| s.parse().unwrap()).collect();
    let energy = vec!["XOM".into(), "CVX".into(), "GONE".into()];
    let problem = Problem {
        moments: &moments,
        expected_return: &moments.mean,
        previous,
        constraints: &constraints,
        groups: &BTreeMap::from([("energy".to_owned(), energy)]),
        costs: None,
        as_of: parse_date("2020-01-31").unwrap(),
        ..Problem::new(&moments, parse_date("2020-01-31").unwrap())
    };
    allocate(&objective.parse().unwrap(), &problem)
}

#[test]
fn conflicts_are_irreducible_and_in_the_users_words() {
    for (sentences, previous, conflict) in [
        (vec!["long only", "weight <= 20%"], vec![], vec!["budget == 100%", "weight <= 20%"]),
        (
            vec!["long only", "weight <= 40%", "group(energy) >= 90%"],
            vec![],
            vec!["weight <= 40%", "group(energy) >= 90%"],
        ),
        (
            vec!["long only", "weight(AAPL) >= 30%", "weight <= 25%", "gross <= 150%"],
            vec![],
            vec!["weight(AAPL) >= 30%", "weight <= 25%"],
        ),
        (
            vec!["long only", "fully invested", "cash >= 1%"],
            vec![],
            vec!["fully invested", "cash >= 1%"],
        ),
        (
            vec!["long only", "weight(XOM) == 0%", "turnover <= 10%"],
            vec![0.0, 0.0, 0.9, 0.1],
            vec!["weight(XOM) == 0%", "turnover <= 10%"],
        ),
        (
            vec!["net >= 120%", "gross <= 110%", "weight >= -20%"],
            vec![],
            vec!["net >= 120%", "gross <= 110%"],
        ),
    ] {
        for objective in ["minimise variance", "maximise sharpe", "maximise return - variance"] {
            let found = ask(objective, &sentences, &previous).unwrap_err();
            let AllocationError::Infeasible { conflict: named, relaxation } = found else {
                panic!("{objective} {sentences:?}: {found}");
            };
            assert_eq!(named, conflict, "{objective} {sentences:?}");
            assert!(!relaxation.is_empty(), "{objective} {sentences:?}");
        }
    }
}

#[test]
fn refusals_say_what_to_change() {
    for (objective, sentences, message) in [
        (
            "minimise variance",
            vec!["weight(APPL) <= 5%"],
            "constraint `weight(APPL) <= 5%`: no asset APPL; did you mean `AAPL`?",
        ),
        (
            "minimise variance",
            vec!["group(enrgy) <= 5%"],
            "constraint `group(enrgy) <= 5%`: no group enrgy; did you mean `energy`?",
        ),
        (
            "maximise sharpe over 2%",
            vec!["long only"],
            "no portfolio within the constraints beats the risk-free rate of 2% (the best excess return is -1%): lower the rate or minimise variance instead",
        ),
        (
            "maximise return",
            vec![],
            "mean-variance has no bound under these constraints: add `long only`, a weight limit or `gross <= ...`",
        ),
        (
            "equal weight",
            vec!["long only", "group(energy) <= 25%"],
            "equal weight cannot honour `group(energy) <= 25%` (its weights give 50%): relax it or choose an optimising objective",
        ),
        (
            "hierarchical risk parity",
            vec!["net == 0%"],
            "a long-only method cannot honour `net == 0%` (its weights give a sum of weights of 0% or more): relax it or choose an optimising objective",
        ),
        (
            "risk parity",
            vec!["long only", "weight <= 20%"],
            "no weights fulfil all of: budget == 100%; weight <= 20%: relax one of them; the least in total is `weight <= 20%` by 5%",
        ),
    ] {
        let found = ask(objective, &sentences, &[]).unwrap_err().to_string();
        assert_eq!(found, message, "{objective} {sentences:?}");
    }
}

#[test]
fn ratios_need_assets_that_move_and_are_named_by_their_method() {
    let symbols = ["BOND", "CASH"].map(Symbol::from);
    let covariance = Matrix::diagonal(&[0.04, 0.0]);
    let moments = Moments::new(symbols.to_vec().into(), vec![0.01; 2], covariance, 100).unwrap();
    let day = parse_date("2020-01-31").unwrap();
    let long = ["long only".parse().unwrap()];
    let problem = Problem { constraints: &long, ..Problem::new(&moments, day) };
    for (objective, method) in [
        ("maximise sharpe", "maximum Sharpe"),
        ("maximise diversification", "maximum diversification"),
    ] {
        let words = allocate(&objective.parse().unwrap(), &problem).unwrap_err().to_string();
        let expected =
            format!("{method} needs a positive variance and CASH has none: drop the asset");
        assert_eq!(words, expected);
    }
    for (objective, sentences) in [
        ("maximise diversification", vec!["long only"]),
        ("maximise diversification", vec!["long only", "cash >= 0%"]),
    ] {
        let target = ask(objective, &sentences, &[]).unwrap();
        assert_eq!(target.certificate.method, "maximum diversification");
    }
}

#[test]
fn bounds_are_honoured_by_every_method() {
    let sentences = ["long only", "weight <= 27%", "weight(CVX) >= 23%", "cash >= 2%"];
    for objective in [
        "equal weight",
        "inverse volatility",
        "minimise variance",
        "maximise return - 5 * variance",
        "maximise sharpe",
        "risk parity",
        "hierarchical risk parity",
        "hierarchical risk parity by volatility with ward linkage",
    ] {
        let weights = ask(objective, &sentences, &[]).unwrap().weights;
        let sum: f64 = weights.iter().sum();
        assert!(sum <= 0.98 + 1e-8, "{objective}: {weights:?}");
        assert!(weights.iter().all(|w| *w <= 0.27 + 1e-8), "{objective}: {weights:?}");
        assert!(weights[3] >= 0.23 - 1e-8, "{objective}: {weights:?}");
    }
}

/// The first portfolio is built, not turned over; the next one is held to the sentence.
#[test]
fn turnover_starts_with_the_second_portfolio() {
    let sentences = ["long only", "turnover <= 30%"];
    assert!(ask("minimise variance", &sentences, &[0.0; 4]).is_ok());
    let held = [1.0, 0.0, 0.0, 0.0];
    let target = ask("minimise variance", &sentences, &held).unwrap();
    assert!((target.weights[0] - 0.7).abs() < 1e-8);
    let binding = &target.certificate.binding;
    assert!(binding.iter().any(|b| b.constraint == "turnover <= 30%" && b.shadow_price > 0.0));
    let refused = ask("equal weight", &sentences, &held).unwrap_err().to_string();
    assert!(refused.contains("`turnover <= 30%` (its weights give 75%)"), "{refused}");
}

/// Shadow prices against the difference that they predict: the optimum at a limit a little looser.
#[test]
fn shadow_prices_predict_the_gain() {
    for (objective, sign) in [("minimise variance", -1.0), ("maximise sharpe", 1.0)] {
        let at = |cap: f64| {
            ask(objective, &["long only", &format!("weight(AAPL) <= {cap}")], &[]).unwrap()
        };
        let target = at(0.2);
        let binding = &target.certificate.binding;
        let price = binding.iter().find(|b| b.constraint == "weight(AAPL) <= 20%").unwrap();
        let gain = at(0.2001).certificate.objective - at(0.1999).certificate.objective;
        let slope = sign * gain / 0.0002;
        assert!(
            (price.shadow_price - slope).abs() < 1e-4 * slope.abs().max(1.0),
            "{objective} {} {slope}",
            price.shadow_price
        );
    }
}
