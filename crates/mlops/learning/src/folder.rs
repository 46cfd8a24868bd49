//! The MLflow model folder: an ONNX file with what a client needs to load and call it.
//!
//! In: the file, the features' names and some example rows. Out: relative paths with their bytes.
//! An unchanged MLflow client loads the folder as flavour `onnx` and as `python_function`. The
//! folder's bytes depend on nothing else than what is given.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use types::{Digest, Timestamp};

use crate::{LearnError, Model};

/// The MLflow version whose folder format is followed.
pub const MLFLOW_VERSION: &str = "3.17.2";
const PYTHON: &str = "3.11.7";
/// What Python needs to load the folder, in the versions with which that was tried.
const REQUIREMENTS: [&str; 5] =
    ["mlflow==3.17.2", "numpy==2.4.6", "onnx==1.23.2", "onnxruntime==1.32.0", "pandas==3.1.1"];

/// What a model folder is made of.
#[derive(Debug, Clone, Copy)]
pub struct FolderSpec<'a> {
    /// The model file.
    pub onnx: &'a [u8],
    /// The features' names, in the order of the columns.
    pub names: &'a [String],
    /// Some rows × names as an example; NaN where unknown.
    pub example: &'a [f64],
    /// When the model was made.
    pub created: Timestamp,
}

/// The files of the folder by their relative path: `MLmodel`, `model.onnx`, the input example in
/// two forms and three descriptions of the environment.
///
/// The signature has one `double` column for each feature, which takes data frames of Python's
/// usual numbers (the client converts them to the `float` that the file takes), and one `float`
/// column for each output.
///
/// # Errors
/// Those of [`Model::load`], and [`LearnError::Input`] where names or example do not fit the file.
pub fn mlflow_folder(spec: &FolderSpec) -> Result<BTreeMap<String, Vec<u8>>, LearnError> {
    let model = Model::load(spec.onnx)?;
    let features = model.features();
    let outputs = model.run(spec.example)?;
    if spec.names.len() != features || spec.example.is_empty() {
        let found = if spec.example.is_empty() { 0 } else { spec.names.len() };
        return Err(LearnError::Input { features, found });
    }
    let columns = |kind: &str, names: Vec<&str>| -> String {
        let column = |name| json!({"type": kind, "name": name, "required": true});
        Value::from_iter(names.into_iter().map(column)).to_string()
    };
    let inputs = columns("double", spec.names.iter().map(String::as_str).collect());
    let outputs = columns("float", outputs.iter().map(|o| o.name.as_str()).collect());
    let example = example(spec);
    let requirements = REQUIREMENTS.join("\n");
    let files = [
        ("MLmodel", mlmodel(spec, &inputs, &outputs)),
        ("conda.yaml", conda()),
        ("input_example.json", example.to_string()),
        ("python_env.yaml", python_env()),
        ("requirements.txt", requirements + "\n"),
        ("serving_input_example.json", json!({"dataframe_split": example}).to_string()),
    ];
    let mut folder: BTreeMap<String, Vec<u8>> =
        files.map(|(path, text)| (path.to_owned(), text.into_bytes())).into();
    folder.insert("model.onnx".to_owned(), spec.onnx.to_vec());
    Ok(folder)
}

/// A data frame in `split` orientation; unknown values are `null`.
fn example(spec: &FolderSpec) -> Value {
    let rows: Vec<&[f64]> = spec.example.chunks_exact(spec.names.len()).collect();
    json!({"columns": spec.names, "data": rows})
}

fn mlmodel(spec: &FolderSpec, inputs: &str, outputs: &str) -> String {
    let quoted = |json: &str| format!("'{}'", json.replace('\'', "''"));
    let (inputs, outputs) = (quoted(inputs), quoted(outputs));
    let created = spec.created.format("%Y-%m-%d %H:%M:%S%.6f");
    let uuid = &Digest::of(spec.onnx).to_string()[..32];
    format!(
        "flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_version: 1.23.2
    providers:
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: {PYTHON}
mlflow_version: {MLFLOW_VERSION}
model_uuid: {uuid}
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  serving_input_path: serving_input_example.json
  type: dataframe
signature:
  inputs: {inputs}
  outputs: {outputs}
  params: null
utc_time_created: '{created}'
"
    )
}

fn conda() -> String {
    let packages: String = REQUIREMENTS.map(|r| format!("  - {r}\n")).concat();
    format!(
        "channels:\n- conda-forge\ndependencies:\n- python={PYTHON}\n- pip\n- pip:\n{packages}name: mlflow-env\n"
    )
}

fn python_env() -> String {
    format!(
        "python: {PYTHON}\nbuild_dependencies:\n- pip\n- setuptools\n- wheel\ndependencies:\n- -r requirements.txt\n"
    )
}
