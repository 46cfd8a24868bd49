//! Shapley values against shap 0.51.0, importance against scikit-learn 1.9.1, by
//! `conformance/learning/generate.py`; and what must hold of both whatever the numbers.

mod common;

use common::{expected, folder, numbers, set};
use learning::explain::{Method, Sampling, shapley};
use learning::importance::{Measure, permutation_importance};
use learning::{Model, ModelSpec, Preparation, TrainingSet, train, train_prepared};
use proptest::prelude::*;

const FEW: Sampling = Sampling { orders: 8, seed: 3 };

fn case(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("cases/{name}.onnx"))).unwrap()
}

#[test]
fn values_are_shaps() {
    let all = expected();
    let known = &all["explained"];
    let (background, some) = (numbers(&known["x"]), numbers(&known["some"]));
    for (name, method) in [
        ("tree", Method::Trees),
        ("boosting", Method::Trees),
        ("forest", Method::Trees),
        ("linear", Method::Linear),
    ] {
        let found = shapley(&case(name), &background, &some, FEW).unwrap();
        assert_eq!(found.method, method, "{name}");
        let values = numbers(&known["shapley"][name]["values"]);
        let size = values.iter().map(|v| v.abs()).fold(0.0, f64::max);
        let gaps = values.iter().zip(&found.values).map(|(a, b)| (a - b).abs() / size);
        let gap = gaps.fold(0.0, f64::max);
        eprintln!("{name}: {gap:.1e}");
        // The file holds leaves and weights in f32, shap has them in f64.
        assert!(gap < 2e-6, "{name}: {gap:e}");
        let base = known["shapley"][name]["expected"].as_f64().unwrap();
        assert!((found.base - base).abs() < 1e-6, "{name}: {} is not {base}", found.base);
    }
}

/// A linear model gives up to each feature what sampling finds, whatever the orders: its features
/// do not meet. One order for each background row visits all of them.
#[test]
fn sampling_finds_what_is_exact() {
    let set = set();
    let file = train(&ModelSpec::Ridge { alpha: 1.0 }, &set, 0).unwrap();
    let (background, some) = (&set.x[..30 * 6], &set.x[60 * 6..64 * 6]);
    let exact = shapley(&file, background, some, FEW).unwrap();
    let mut network: ModelSpec = serde_json::from_str(r#"{"kind": "network"}"#).unwrap();
    if let ModelSpec::Network { epochs, .. } = &mut network {
        *epochs = 2;
    }
    let other = train(&network, &set, 0).unwrap();
    assert_eq!(shapley(&other, background, some, FEW).unwrap().method, Method::Sampled);
    // Components in front hide from the file that it is linear.
    let prepare = Preparation { components: Some(6), ..Preparation::default() };
    let hidden = train_prepared(&prepare, &ModelSpec::Lasso { alpha: 0.0 }, &set, 0).unwrap();
    let plain = train(&ModelSpec::Lasso { alpha: 0.0 }, &set, 0).unwrap();
    let sampling = Sampling { orders: 30, seed: 1 };
    let sampled = shapley(&hidden, background, some, sampling).unwrap();
    let direct = shapley(&plain, background, some, sampling).unwrap();
    assert_eq!((exact.method, direct.method), (Method::Linear, Method::Linear));
    assert_eq!(sampled.method, Method::Sampled);
    for (a, b) in sampled.values.iter().zip(&direct.values) {
        assert!((a - b).abs() < 1e-6, "{a} is not {b}");
    }
}

/// The loss of a linear model without a feature, within what 400 deals leave open.
#[test]
fn importance_is_scikit_learns() {
    let all = expected();
    let known = &all["explained"];
    let x = numbers(&known["x"]);
    let set = TrainingSet { x, y: numbers(&known["y"]), ..set() };
    let model = Model::load(&case("linear")).unwrap();
    let forecast = model.predict(&set.x).unwrap();
    let rmse = -Measure::Rmse.of(&forecast, &set).unwrap();
    let means = numbers(&known["permutation"]["mean"]);
    let deviations = numbers(&known["permutation"]["deviation"]);
    let found = permutation_importance(&model, &set, Measure::Rmse, 400, 5).unwrap();
    for ((found, mean), deviation) in found.iter().zip(means).zip(deviations) {
        // From roots to squares: (rmse + loss)² - rmse², of the mean loss.
        let squared = (rmse + found.mean).powi(2) - rmse * rmse + found.deviation.powi(2);
        let error = 5.0 * deviation * (2.0f64 / 400.0).sqrt() + 1e-9;
        assert!((squared - mean).abs() < error, "{}: {squared} is not {mean}", found.feature);
    }
    let again = permutation_importance(&model, &set, Measure::Rmse, 3, 5).unwrap();
    assert_eq!(again, permutation_importance(&model, &set, Measure::Rmse, 3, 5).unwrap());
}

const KINDS: [&str; 5] = [
    r#"{"kind": "ridge"}"#,
    r#"{"kind": "gradient-boosting", "trees": 8, "depth": 4, "min_leaf_weight": 1}"#,
    r#"{"kind": "random-forest", "trees": 5, "min_leaf": 2}"#,
    r#"{"kind": "logistic"}"#,
    r#"{"kind": "nearest-neighbours", "neighbours": 5}"#,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the model, values and base add up to the forecast, unknown features or not, with
    /// fewer features in front or not, and whether or not the background reached every leaf.
    #[test]
    fn values_add_up(kind in 0usize..KINDS.len(), top in 1usize..7, from in 0usize..300) {
        let set = set();
        let spec: ModelSpec = serde_json::from_str(KINDS[kind]).unwrap();
        let prepare: Preparation =
            serde_json::from_value(serde_json::json!({"select": {"top": top}})).unwrap();
        let file = train_prepared(&prepare, &spec, &set, 2).unwrap();
        let some = &set.x[from * 6..(from + 5) * 6];
        let background = &set.x[(from / 2) * 6..(from / 2 + 12) * 6];
        let found = shapley(&file, background, some, FEW).unwrap();
        let forecast = Model::load(&file).unwrap().predict(some).unwrap();
        for (values, forecast) in found.values.chunks_exact(6).zip(forecast) {
            let sum = found.base + values.iter().sum::<f64>();
            prop_assert!((sum - forecast).abs() < 1e-6, "{sum} is not {forecast}");
        }
        let silent = found.importance().iter().filter(|v| **v == 0.0).count();
        prop_assert!(silent >= 6 - top, "a feature that is left out moves nothing");
    }
}
