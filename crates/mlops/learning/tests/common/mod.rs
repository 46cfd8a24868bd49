//! The training rows and the numbers of `conformance/learning`.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use learning::TrainingSet;
use serde_json::Value;
use types::parse_date;

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/learning")
}

fn read(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

/// What other systems say.
pub fn expected() -> Value {
    read("expected.json")
}

/// Numbers of any nesting, in their order; null is NaN.
pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap_or(f64::NAN)],
    }
}

/// Monthly features of twenty stocks, some unknown, and their returns over the next month.
pub fn set() -> TrainingSet {
    let rows = read("rows.json");
    let texts = |key: &str| -> Vec<String> { serde_json::from_value(rows[key].clone()).unwrap() };
    TrainingSet {
        names: texts("names"),
        x: numbers(&rows["x"]),
        y: numbers(&rows["y"]),
        dates: texts("dates").iter().map(|day| parse_date(day).unwrap()).collect(),
    }
}
