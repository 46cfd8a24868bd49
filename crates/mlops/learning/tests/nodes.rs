//! Operators against the tests that ONNX ships for them: `conformance/onnx/nodes.json`, by
//! `nodes.py` beside it.

use std::path::Path;

use learning::{Data, Evaluator, Feed, Graph, Output, Values};
use serde_json::Value;

/// Cases that are refused: texts are not compared, truth values not ordered, and no tensor is empty.
const REFUSED: [(&str, &str); 9] = [
    ("test_equal_string", "needs numbers"),
    ("test_equal_string_broadcast", "needs numbers"),
    ("test_reduce_max_bool_inputs", "needs numbers"),
    ("test_layer_normalization_4d_axis0_expanded", "has no elements"),
    ("test_layer_normalization_4d_axis_negative_4_expanded", "has no elements"),
    ("test_layer_normalization_2d_axis0_expanded", "has no elements"),
    ("test_layer_normalization_2d_axis_negative_2_expanded", "has no elements"),
    ("test_layer_normalization_3d_axis0_epsilon_expanded", "has no elements"),
    ("test_layer_normalization_3d_axis_negative_3_epsilon_expanded", "has no elements"),
];

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        other => other.as_f64().unwrap(),
    }
}

fn data(tensor: &Value) -> Data {
    let values = tensor["values"].as_array().unwrap();
    match tensor["kind"].as_str().unwrap() {
        "F32" => Data::F32(values.iter().map(|v| number(v) as f32).collect()),
        "F64" => Data::F64(values.iter().map(number).collect()),
        "I64" => Data::I64(values.iter().map(|v| v.as_i64().unwrap()).collect()),
        "Bool" => Data::Bool(values.iter().map(|v| v.as_bool().unwrap()).collect()),
        _ => Data::Text(values.iter().map(|v| v.as_str().unwrap().to_owned()).collect()),
    }
}

fn dims(tensor: &Value) -> Vec<usize> {
    serde_json::from_value(tensor["dims"].clone()).unwrap()
}

/// What is wrong with an output, if anything.
fn objection(found: &Output, expected: &Value, rtol: f64, atol: f64) -> Option<String> {
    if found.dims != dims(expected) {
        return Some(format!("dimensions {:?}, not {:?}", found.dims, dims(expected)));
    }
    let expected = expected["values"].as_array().unwrap();
    match &found.values {
        Values::Texts(texts) => {
            let same = texts.iter().zip(expected).all(|(f, e)| e.as_str() == Some(f));
            (!same).then(|| format!("{texts:?}"))
        }
        Values::Numbers(numbers) => {
            let near = |(f, e): (&f64, f64)| {
                f == &e || (f.is_nan() && e.is_nan()) || (f - e).abs() <= atol + rtol * e.abs()
            };
            let wrong = numbers.iter().zip(expected.iter().map(number)).find(|pair| !near(*pair));
            wrong.map(|(f, e)| format!("{f} is not {e}"))
        }
    }
}

fn tried(case: &Value) -> Result<(), String> {
    let hex = case["model"].as_str().unwrap().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let model: Vec<u8> = hex.chunks_exact(2).map(byte).collect();
    let graph = Graph::load(&model).map_err(|error| error.to_string())?;
    let feed = |tensor: &Value| Feed {
        name: tensor["name"].as_str().unwrap().to_owned(),
        dims: dims(tensor),
        data: data(tensor),
    };
    let feeds = case["inputs"].as_array().unwrap().iter().map(feed).collect();
    let outputs = graph.evaluate(feeds).map_err(|error| error.to_string())?;
    let expected = case["outputs"].as_array().unwrap();
    if outputs.len() != expected.len() {
        return Err(format!("{} outputs", outputs.len()));
    }
    let tolerance = (number(&case["rtol"]), number(&case["atol"]));
    let wrong = outputs.iter().zip(expected);
    match wrong.filter_map(|(f, e)| objection(f, e, tolerance.0, tolerance.1)).next() {
        Some(wrong) => Err(wrong),
        None => Ok(()),
    }
}

#[test]
fn operators_are_those_of_the_specification() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/onnx");
    let all: Value =
        serde_json::from_slice(&std::fs::read(folder.join("nodes.json")).unwrap()).unwrap();
    let cases = all["cases"].as_array().unwrap();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let mut failures = Vec::new();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let refused = REFUSED.iter().find(|(other, _)| *other == name);
        match (tried(case), refused) {
            (Ok(()), None) => {}
            (Ok(()), Some(_)) => failures.push(format!("{name}: is refused no more")),
            (Err(problem), Some((_, says))) if problem.contains(says) => {}
            (Err(problem), _) => failures.push(format!("{name}: {problem}")),
        }
    }
    assert!(failures.is_empty(), "{} failures: {failures:#?}", failures.len());
}
