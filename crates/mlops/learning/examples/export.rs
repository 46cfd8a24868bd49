//! Writes models that this crate trains, each in its MLflow folder, with our own forecasts beside:
//! what `conformance/onnx/check_ours.py` gives to onnxruntime and to MLflow.
//!
//! `cargo run -p learning --example export -- FOLDER`

use std::error::Error;
use std::fs;
use std::path::Path;

use learning::folder::{FolderSpec, mlflow_folder};
use learning::{Model, ModelSpec, Preparation, TrainingSet, train_prepared};
use serde_json::json;

const ROWS: usize = 1200;
const COLUMNS: usize = 8;
const SPECS: [(&str, &str); 14] = [
    ("ridge", r#"{"kind": "ridge"}"#),
    ("lasso", r#"{"kind": "lasso", "alpha": 0.05}"#),
    ("elastic_net", r#"{"kind": "elastic-net", "alpha": 0.05}"#),
    ("logistic", r#"{"kind": "logistic"}"#),
    ("logistic_quantiles", r#"{"kind": "logistic", "quantiles": 5}"#),
    ("naive_bayes", r#"{"kind": "naive-bayes"}"#),
    ("naive_bayes_quantiles", r#"{"kind": "naive-bayes", "quantiles": 5}"#),
    ("neighbours", r#"{"kind": "nearest-neighbours"}"#),
    ("forest", r#"{"kind": "random-forest"}"#),
    ("network", r#"{"kind": "network"}"#),
    ("network_deep", r#"{"kind": "network", "hidden": [16, 8, 4], "activation": "tanh"}"#),
    ("boosting", r#"{"kind": "gradient-boosting"}"#),
    (
        "boosting_deep",
        r#"{"kind": "gradient-boosting", "depth": 7, "min_leaf_weight": 2, "bins": 255}"#,
    ),
    (
        "boosting_sampled",
        r#"{"kind": "gradient-boosting", "trees": 300, "row_sample": 0.7, "column_sample": 0.5}"#,
    ),
];
/// What stands in front of some of them.
const PREPARED: [(&str, &str); 3] = [
    ("", "{}"),
    ("_selected", r#"{"select": {"by": "mutual-information", "top": 5}}"#),
    ("_components", r#"{"select": {"top": 7}, "components": 4}"#),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: export FOLDER")?;
    let set = training_set();
    for (name, spec) in SPECS {
        let spec: ModelSpec = serde_json::from_str(spec)?;
        for (end, prepare) in PREPARED {
            let prepare: Preparation = serde_json::from_str(prepare)?;
            write(&Path::new(&folder).join(format!("{name}{end}")), &prepare, &spec, &set)?;
        }
    }
    Ok(())
}

fn write(
    folder: &Path,
    prepare: &Preparation,
    spec: &ModelSpec,
    set: &TrainingSet,
) -> Result<(), Box<dyn Error>> {
    let onnx = train_prepared(prepare, spec, set, 7)?;
    let files = mlflow_folder(&FolderSpec {
        onnx: &onnx,
        names: &set.names,
        example: &set.x[..3 * COLUMNS],
        created: types::close_of(set.dates[0]),
    })?;
    fs::create_dir_all(folder)?;
    for (path, bytes) in files {
        fs::write(folder.join(path), bytes)?;
    }
    let rows: Vec<&[f64]> = set.x.chunks_exact(COLUMNS).collect();
    let forecast = Model::load(&onnx)?.predict(&set.x)?;
    let ours = json!({"names": set.names, "x": rows, "forecast": forecast});
    fs::write(folder.with_extension("json"), ours.to_string())?;
    Ok(())
}

/// Returns of a few per cent with a linear and a crossed part; a tenth of the features unknown.
fn training_set() -> TrainingSet {
    let mut state = 42u64;
    let mut uniform = move || {
        // Knuth's linear congruential generator (MMIX): good enough to make numbers to learn from.
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    let full: Vec<f64> = (0..ROWS * COLUMNS).map(|_| uniform()).collect();
    let label = |row: &[f64], noise: f64| 0.1 * row[0] * row[1] + 0.05 * row[2] + 0.02 * noise;
    let y = full.chunks_exact(COLUMNS).map(|row| label(row, uniform())).collect();
    let gap = |(i, v): (usize, &f64)| if i % 10 == 7 { f64::NAN } else { *v * 3.0 };
    let date = types::parse_date("2020-01-02").expect("it is a date");
    TrainingSet {
        names: (0..COLUMNS).map(|c| format!("feature_{c}")).collect(),
        x: full.iter().enumerate().map(gap).collect(),
        y,
        dates: vec![date; ROWS],
    }
}
