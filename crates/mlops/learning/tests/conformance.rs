//! Models that scikit-learn, LightGBM and XGBoost exported: our evaluator gives what onnxruntime
//! gave. The cases lie in `conformance/onnx/cases`; `generate.py` beside them made them.

use std::path::{Path, PathBuf};

use learning::{Model, Output, Values};
use serde_json::Value;

/// Relative to the largest value of an output: `f32` sums in another order and exponentials of
/// another library differ by up to that much.
const TOLERANCE: f64 = 5e-6;
/// Trees are not only near: they add the same `f32` in the same order, and
/// only an exponential of probabilities can differ.
const EXACT: [&str; 6] =
    ["_tree_", "_forest", "_boosting", "_extra_trees", "lightgbm_", "xgboost_"];

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/onnx/cases")
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(cases()).unwrap();
    let paths = files.map(|f| f.unwrap().path());
    let mut names: Vec<String> = paths
        .filter(|p| p.extension().is_some_and(|e| e == "onnx"))
        .map(|p| p.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// The largest difference, relative to the largest expected value; infinite where one side is NaN.
fn gap(expected: &[Value], found: &Output) -> f64 {
    match &found.values {
        Values::Texts(texts) => {
            let same = expected.iter().zip(texts).all(|(e, t)| e.as_str() == Some(t));
            if same { 0.0 } else { f64::INFINITY }
        }
        Values::Numbers(numbers) => {
            let size = expected.iter().map(|v| number(v).abs()).fold(1e-3, f64::max);
            let pairs = expected.iter().map(number).zip(numbers);
            let gaps = pairs.map(|(e, f)| match (e.is_nan(), f.is_nan()) {
                (true, true) => 0.0,
                (false, false) => (e - f).abs() / size,
                _ => f64::INFINITY,
            });
            gaps.fold(0.0, f64::max)
        }
    }
}

/// The worst gap of one case, for the whole batch and for its rows one by one.
fn worst_gap(name: &str) -> f64 {
    let model = std::fs::read(cases().join(format!("{name}.onnx"))).unwrap();
    let case = std::fs::read(cases().join(format!("{name}.json"))).unwrap();
    let case: Value = serde_json::from_slice(&case).unwrap();
    let model = Model::load(&model).unwrap_or_else(|e| panic!("{name}: {e}"));
    let rows = case["x"].as_array().unwrap();
    let x: Vec<f64> = rows.iter().flat_map(|r| r.as_array().unwrap().iter().map(number)).collect();
    let outputs = model.run(&x).unwrap_or_else(|e| panic!("{name}: {e}"));
    let expected = case["outputs"].as_array().unwrap();
    assert_eq!(outputs.len(), expected.len(), "{name}");
    let mut worst = 0.0f64;
    for (e, found) in expected.iter().zip(&outputs) {
        let dims: Vec<usize> = serde_json::from_value(e["dims"].clone()).unwrap();
        assert_eq!(found.dims, dims, "{name}: {}", found.name);
        worst = worst.max(gap(e["values"].as_array().unwrap(), found));
    }
    // `hand_tensors` mixes rows on purpose; of the others a row alone gives the batch's bits.
    if name != "hand_tensors" {
        rows_alone(name, &model, &x, &outputs);
    }
    worst
}

fn rows_alone(name: &str, model: &Model, x: &[f64], batch: &[Output]) {
    for (row, values) in x.chunks_exact(model.features()).enumerate() {
        for (alone, batch) in model.run(values).unwrap().iter().zip(batch) {
            let rows = batch.dims[0];
            let same = match (&alone.values, &batch.values) {
                (Values::Numbers(a), Values::Numbers(b)) => {
                    let width = b.len() / rows;
                    let b = &b[row * width..(row + 1) * width];
                    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
                }
                (Values::Texts(a), Values::Texts(b)) => a[0] == b[row],
                _ => false,
            };
            assert!(same, "{name}: row {row} alone differs from the batch in {}", alone.name);
        }
    }
}

#[test]
fn evaluator_agrees_with_onnxruntime() {
    let names = names();
    assert!(names.len() >= 57, "{} cases", names.len());
    let mut failures = Vec::new();
    for name in &names {
        let gap = worst_gap(name);
        let exact = EXACT.iter().any(|part| name.contains(part));
        let tolerance = if exact { 1e-7 } else { TOLERANCE };
        eprintln!("{name:40} {gap:.1e}");
        if gap > tolerance {
            failures.push(format!("{name}: {gap:e} > {tolerance:e}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
