//! Bodies of MLflow's scoring protocol, beside what MLflow answered.
//!
//! `conformance/serving/cases.json` was written by `generate.py` beside it, from mlflow 3.17.2. Where we
//! answer otherwise, [`OTHERWISE`] says so and why.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use serving::scoring::Body;
use serving::{Limits, Manifest, Predicted, Servable, ServingError, scoring};

/// Cases in which we answer otherwise: the model, the case, our status, and why.
#[rustfmt::skip]
const OTHERWISE: &[(&str, &str, u16, &str)] = &[
    ("*", "params, a list", 400, "MLflow drops what it cannot use; we say that it is wrong"),
    ("tensor", "inputs, tensors", 200, "a tensor without a name in the signature has one in the file"),
    ("tensor", "inputs, columns", 400, "another code: the name is unknown"),
    ("tensor", "inputs, columns of unlike lengths", 400, "another code: the name is unknown"),
    ("tensor", "CSV", 200, "numbers are numbers, whatever the width of their type"),
    ("tensor", "CSV, columns turned", 200, "the same"),
    ("tensor", "CSV, missing values", 200, "the same"),
    ("tensor", "CSV with an index", 400, "another code: the shape is wrong"),
    ("tensor", "CSV, one missing", 400, "another code: the shape is wrong"),
    ("tensor", "Parquet", 200, "numbers are numbers, whatever the width of their type"),
    ("tensor", "Parquet, columns turned", 200, "the same"),
    ("unnamed", "inputs, records", 200, "records stand in the order of their fields, as in `instances`"),
    ("wholes", "CSV, one missing", 400, "another code: two things are wrong"),
];

#[derive(Deserialize)]
struct Case {
    model: String,
    case: String,
    #[serde(rename = "type")]
    kind: String,
    body: String,
    status: u16,
    error_code: Option<String>,
    #[serde(default)]
    fails: bool,
    predictions: Option<Value>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/serving")
}

fn servable(model: &str) -> Servable {
    let read = |file: &str| std::fs::read(folder().join(model).join(file)).unwrap();
    let manifest = Manifest::read(&read("MLmodel")).unwrap();
    assert_eq!(manifest.onnx_file.as_deref(), Some("model.onnx"));
    assert!(manifest.is_python());
    Servable::read(manifest, &read("model.onnx")).unwrap()
}

/// The predictions with words for what JSON does not have.
fn answer(servable: &Servable, kind: &str, body: &[u8]) -> Result<Value, ServingError> {
    let Body::Input(input) = scoring::read(Some(kind), body, &Limits::default())? else {
        panic!("these bodies have features");
    };
    let arranged = servable.arrange(input)?;
    let outputs = match arranged.rows {
        0 => Predicted::nothing(servable),
        rows => Predicted::new(servable, servable.evaluate(&arranged.x, 1)?, rows),
    };
    let json = scoring::write(&outputs.outputs, arranged.as_records, &[]);
    let json = serving::oip::quoted(&json).into_owned();
    let mut said: Value = serde_json::from_slice(&json).unwrap();
    Ok(said["predictions"].take())
}

fn told(error: &ServingError) -> (u16, Option<&'static str>) {
    match error {
        ServingError::Malformed(_) => (400, Some("BAD_REQUEST")),
        ServingError::Invalid(_) | ServingError::Schema(_) => {
            (400, Some("INVALID_PARAMETER_VALUE"))
        }
        ServingError::MediaType(_) => (415, None),
        other => panic!("{other}"),
    }
}

/// Whether numbers agree to the precision of `f32`, and all else exactly.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|b| same(v, b)))
        }
        (Value::Number(a), Value::Number(b)) => {
            let whole = a.is_i64() == b.is_i64();
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            whole && (a - b).abs() <= 1e-6 * b.abs().max(1.0)
        }
        (Value::String(a), Value::String(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    }
}

#[test]
fn bodies_are_answered_as_mlflow_answers_them() {
    let text = std::fs::read(folder().join("cases.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_slice(&text).unwrap();
    let mut differ = Vec::new();
    let mut otherwise = 0;
    for case in &cases {
        let body = base64(&case.body);
        let found = answer(&servable(&case.model), &case.kind, &body);
        let name = format!("{}: {}", case.model, case.case);
        let exception =
            OTHERWISE.iter().find(|o| (o.0 == "*" || o.0 == case.model) && o.1 == case.case);
        let status = match &found {
            Ok(_) => 200,
            Err(error) => told(error).0,
        };
        if let Some((_, _, ours, why)) = exception {
            otherwise += 1;
            assert!(!why.is_empty(), "{name}");
            if status != *ours {
                differ.push(format!("{name}: {ours} is said, and {status} found: {found:?}"));
            }
            continue;
        }
        if case.fails {
            // What MLflow's runtime breaks off over is answered or refused here, and nothing else.
            continue;
        }
        match (&found, &case.predictions) {
            (Ok(ours), Some(theirs)) if same(ours, theirs) => {}
            (Err(error), None) if told(error) == (case.status, case.error_code.as_deref()) => {}
            _ => differ.push(format!(
                "{name}: {found:?}, and MLflow {} {:?} {:?}",
                case.status, case.error_code, case.predictions
            )),
        }
    }
    assert!(cases.len() > 250, "only {} cases", cases.len());
    assert!(otherwise >= OTHERWISE.len());
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(digit).collect();
    let bits = digits.chunks(4).flat_map(|four| {
        let word = four.iter().fold(0u32, |word, d| word << 6 | u32::from(*d));
        let word = word << (6 * (4 - four.len()));
        (0..four.len() - 1).map(move |at| (word >> (16 - 8 * at)) as u8).collect::<Vec<_>>()
    });
    bits.collect()
}
