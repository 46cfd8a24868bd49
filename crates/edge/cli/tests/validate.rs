//! `trimtab validate`: the same figures as skfolio's (`conformance/validation`), every kind of test,
//! the search among trials, and what is said when a test cannot be made.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::World;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn near(found: &Value, expected: &Value, what: &str) {
    for figure in ["annual_return", "volatility", "sharpe", "max_drawdown"] {
        let (found, expected) =
            (found[figure].as_f64().unwrap(), expected[figure].as_f64().unwrap());
        // The solver behind skfolio leaves weights at 1e-6.
        assert!((found - expected).abs() < 1e-5, "{what}, {figure}: {found} is not {expected}");
    }
}

#[test]
fn figures_are_those_of_skfolio() {
    let world = World::default();
    let prices = root().join("examples/data/us20.parquet").display().to_string();
    let expected = fs::read(root().join("conformance/validation/walk.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    for (split, shape) in [
        ("walk_forward", "--split walk-forward --train 252 --test 21 --purge 3"),
        ("combinatorial", "--split combinatorial --folds 5 --test-folds 2 --purge 2 --embargo 3"),
    ] {
        let methods = expected[split].as_object().unwrap();
        let objectives: Vec<String> =
            methods.keys().map(|name| format!("--objective \"{name}\"")).collect();
        let found = world.json(&format!(
            "validate {prices} --history 600 --covariance sample --mean sample {shape} {}",
            objectives.join(" ")
        ));
        for ((name, expected), found) in methods.iter().zip(found["methods"].as_array().unwrap()) {
            assert_eq!(found["objective"], *name);
            match expected.as_array() {
                None => near(found, expected, name),
                Some(paths) => {
                    let found = found["paths"].as_array().unwrap();
                    assert_eq!(found.len(), paths.len());
                    for (found, expected) in found.iter().zip(paths) {
                        near(found, expected, name);
                    }
                }
            }
        }
    }
}

#[test]
fn choices_are_tried_counted_and_chosen_among() {
    let world = World::default();
    let asks = "validate prices.csv --train 126 --cost 10bps --choose \
                --objective \"maximise return - {1,10} * variance\" --objective \"equal weight\" \
                --covariance sample,ledoit-wolf --mean sample,bayes-stein,zero";
    let found = world.json(asks);
    assert_eq!(found["trials"], 2 * 2 * 3 + 1, "{found}");
    let methods = found["methods"].as_array().unwrap();
    assert_eq!(methods.len(), 14);
    let chosen: Vec<&Value> = methods.iter().filter(|one| one["chosen"] == true).collect();
    assert_eq!(chosen[0]["objective"], "maximise return - {1,10} * variance (chosen)");
    for one in methods {
        let (sure, deflated) = (&one["probabilistic_sharpe"], &one["deflated_sharpe"]);
        assert!(deflated.as_f64() < sure.as_f64(), "{one}");
        assert!(one["costs"].as_f64() > Some(0.0), "{one}");
    }
    assert_eq!(found, world.json(asks), "the same question has the same answer");
    let says = world.prints(asks);
    assert!(says.contains("13 trials") && says.contains("DSR"), "{says}");
}

#[test]
fn walks_are_drawn_from_their_seed() {
    let world = World::default();
    let asks = "validate prices.csv --split randomised --walks 4 --walk-window 200 --train 100 \
                --walk-symbols 3 --group soft=FIR,YEW --constraint \"group(soft) <= 70%\"";
    let (first, other) = (world.json(asks), world.json(&format!("{asks} --seed 8")));
    assert_eq!(first, world.json(asks));
    assert_ne!(first["methods"], other["methods"]);
    assert_eq!(first["methods"][0]["paths"].as_array().unwrap().len(), 4);
    assert!(world.prints(asks).contains("medians of 4 paths"));
}

#[test]
fn what_fails_is_said_and_the_rest_goes_on() {
    let world = World::default();
    let asks = "validate prices.csv --objective \"equal weight\" --constraint \"weight >= 30%\"";
    let done = world.trimtab(asks);
    assert_eq!(done.code, 1);
    assert!(done.err.contains("no method could be tested: for the test from 20"), "{}", done.err);
    let asks = "validate prices.csv --objective \"equal weight\" --objective \"minimise variance\" \
                --constraint \"long only\" --constraint \"weight(ASH) + weight(ELM) <= 30%\"";
    let says = world.prints(asks);
    assert!(says.contains("failed: equal weight (ledoit-wolf)"), "{says}");
    for (words, said) in [
        ("--train 800", "no test fits into 503 daily returns"),
        ("--embargo 3", "--embargo is for --split combinatorial"),
        ("--split combinatorial --test-folds 6", "change --folds"),
        ("--objective \"maximise return - {1,2 * variance\"", "`{` has no `}` after it"),
        ("--objective \"minimise varience\"", "did you mean `variance`?"),
    ] {
        let done = world.trimtab(&format!("validate prices.csv {words}"));
        assert_eq!(done.code, 1, "{words}");
        assert!(done.err.contains(said), "{words}: {}", done.err);
    }
    let done = world.trimtab("validate prices.csv --cost 5");
    assert_eq!(done.code, 2);
    assert!(done.err.contains("expected a unit, such as 5bps"), "{}", done.err);
}

#[test]
fn a_network_is_learned_beside_the_others() {
    let world = World::default();
    let asks = "validate prices.csv --train 126 --test 63 --cost 5bps --constraint \"long only\" \
                --constraint \"weight <= 40%\" --objective \"equal weight\" \
                --objective \"learned with {2,4} hidden from seed 1\"";
    let found = world.json(asks);
    assert_eq!(found["trials"], 3);
    let methods = found["methods"].as_array().unwrap();
    assert_eq!(methods[2]["objective"], "learned with 4 hidden from seed 1");
    assert!(methods.iter().all(|one| one["sharpe"].is_number()), "{found}");
    assert_eq!(found, world.json(asks), "the same seed gives the same answer");
    let done = world.trimtab("validate prices.csv --train 40 --objective learned");
    assert!(done.err.contains("a learned allocator needs at least 60 days"), "{}", done.err);
    let target = world.json("optimise prices.csv --objective learned");
    assert_eq!(target["certificate"]["method"], "learned");
}

#[test]
fn every_estimator_can_be_named() {
    let world = World::default();
    let named = |option: &str| {
        let done = world.trimtab(&format!("validate prices.csv {option} none"));
        let list = done.err.split("[possible values: ").nth(1).unwrap().to_owned();
        list.split(']').next().unwrap().replace(", ", ",")
    };
    let (covariances, means) = (named("--covariance"), named("--mean"));
    assert_eq!((covariances.split(',').count(), means.split(',').count()), (15, 9));
    let found = world.json(&format!(
        "validate prices.csv --train 252 --test 126 --covariance {covariances} --mean {means} \
         --objective \"maximise return - 5 * variance\""
    ));
    let failed: Vec<&Value> = found["methods"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one.get("failed").is_some())
        // What is singular has no inverse for these to shrink by.
        .filter(|one| one["covariance"] != "detoned")
        .collect();
    assert_eq!(failed, Vec::<&Value>::new());
}
