//! The search for parameters: what is tried, what is recorded, and what is refused.

mod common;

use common::set;
use learning::importance::Measure;
use learning::search::{Search, Splits, best, folds};
use learning::{Model, ModelSpec, Preparation, TrainingSet, train};
use serde_json::json;

fn search(text: serde_json::Value) -> Search {
    serde_json::from_value(text).unwrap()
}

const RIDGE: ModelSpec = ModelSpec::Ridge { alpha: 1.0 };

#[test]
fn a_grid_is_tried_in_order() {
    let grid = search(json!({"parameters": {"l1_ratio": [0.1, 1], "alpha": [0.1, 0.2]}}));
    let net = ModelSpec::ElasticNet { alpha: 1.0, l1_ratio: 0.5 };
    let names: Vec<String> =
        grid.candidates(&net, 0).unwrap().into_iter().map(|(name, _)| name).collect();
    let expected = [
        "alpha = 0.1, l1_ratio = 0.1",
        "alpha = 0.1, l1_ratio = 1",
        "alpha = 0.2, l1_ratio = 0.1",
        "alpha = 0.2, l1_ratio = 1",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_seed_chooses_among_many() {
    let some = search(json!({"trials": 3, "parameters": {"alpha": [1, 2, 3, 4, 5, 6, 7, 8]}}));
    let chosen = some.candidates(&RIDGE, 1).unwrap();
    assert_eq!(chosen, some.candidates(&RIDGE, 1).unwrap());
    assert_ne!(chosen, some.candidates(&RIDGE, 2).unwrap());
    let mut names: Vec<&String> = chosen.iter().map(|(name, _)| name).collect();
    names.dedup();
    assert_eq!(names.len(), 3);
}

/// Every trial scores what training and judging by hand gives, and the best is the highest.
#[test]
fn trials_are_what_they_say() {
    let set = set();
    let plan = search(json!({"parameters": {"alpha": [0.1, 100, 10000]}, "folds": 2, "by": "r2"}));
    let trials = plan.run(&Preparation::default(), &RIDGE, &set, 1, 7).unwrap();
    let splits = folds(&set.dates, 2, 1, Splits::WalkForward).unwrap();
    let part = |rows: &[usize]| TrainingSet {
        names: set.names.clone(),
        x: rows.iter().flat_map(|r| set.x[r * 6..(r + 1) * 6].to_vec()).collect(),
        y: rows.iter().map(|r| set.y[*r]).collect(),
        dates: rows.iter().map(|r| set.dates[*r]).collect(),
    };
    for trial in &trials {
        for (fold, score) in splits.iter().zip(&trial.scores) {
            let file = train(&trial.spec, &part(&fold.train), 7).unwrap();
            let judged = part(&fold.validate);
            let forecast = Model::load(&file).unwrap().predict(&judged.x).unwrap();
            assert_eq!(Measure::R2.of(&forecast, &judged).unwrap(), *score);
        }
        assert_eq!(trial.mean, (trial.scores[0] + trial.scores[1]) / 2.0);
    }
    let winner = best(&trials).unwrap();
    assert!(trials.iter().all(|trial| trial.mean <= winner.mean));
}

/// A candidate that cannot be trained is a trial without a score; it never wins, and the others go
/// on. If none can, its error is the search's.
#[test]
fn a_failed_trial_is_kept() {
    let set = set();
    let neighbours = ModelSpec::NearestNeighbours { neighbours: 5 };
    let plan = search(json!({"parameters": {"neighbours": [100000, 20]}}));
    let trials = plan.run(&Preparation::default(), &neighbours, &set, 0, 0).unwrap();
    assert!(trials[0].mean.is_nan() && trials[0].scores.iter().all(|s| s.is_nan()));
    assert_eq!(best(&trials).unwrap().name, "neighbours = 20");
    let none = search(json!({"parameters": {"neighbours": [100000]}}));
    let error = none.run(&Preparation::default(), &neighbours, &set, 0, 0).unwrap_err();
    assert!(error.to_string().contains("100000 rows"), "{error}");
}

#[test]
fn what_cannot_be_searched_is_said() {
    for (text, says) in [
        (json!({"parameters": {}}), "name parameters"),
        (json!({"parameters": {"alpha": []}}), "`alpha` has no values"),
        (json!({"parameters": {"depth": [1]}}), "depth = 1: unknown field `depth`"),
        (json!({"parameters": {"alpha": ["much"]}}), "invalid type"),
        (json!({"parameters": {"alpha": [-1]}}), "must not be negative"),
        (json!({"parameters": {"alpha": [1]}, "trials": 0}), "`trials` is 0"),
        (json!({"parameters": {"alpha": [1]}, "folds": 1}), "`folds` is 1"),
    ] {
        let error = search(text).candidates(&RIDGE, 0).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let plan = search(json!({"parameters": {"alpha": [1]}, "folds": 9}));
    let error = plan.run(&Preparation::default(), &RIDGE, &set(), 30, 0).unwrap_err().to_string();
    assert!(error.contains("9 splits with 30 dates between"), "{error}");
}
