//! The MLflow folder: its files, its signature, and that it depends on nothing but its inputs.
//! That MLflow loads it is checked by `conformance/onnx/check_ours.py`.

use learning::folder::{FolderSpec, mlflow_folder};
use learning::{LearnError, Model, ModelSpec, TrainingSet, train};
use types::{close_of, parse_date};

fn model() -> (Vec<u8>, Vec<String>) {
    let names = vec!["mom'entum".to_owned(), "value: 1".to_owned()];
    let set = TrainingSet {
        names: names.clone(),
        x: (0..40).map(|i| f64::from(i % 7)).collect(),
        y: (0..20).map(|i| f64::from(i % 3)).collect(),
        dates: vec![parse_date("2020-01-02").unwrap(); 20],
    };
    (train(&ModelSpec::Ridge { alpha: 1.0 }, &set, 0).unwrap(), names)
}

#[test]
fn folder_holds_what_a_client_needs() {
    let (onnx, names) = model();
    let created = close_of(parse_date("2021-03-04").unwrap());
    let spec = FolderSpec { onnx: &onnx, names: &names, example: &[1.0, f64::NAN], created };
    let folder = mlflow_folder(&spec).unwrap();
    let paths: Vec<&str> = folder.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "MLmodel",
            "conda.yaml",
            "input_example.json",
            "model.onnx",
            "python_env.yaml",
            "requirements.txt",
            "serving_input_example.json"
        ]
    );
    assert_eq!(folder["model.onnx"], onnx);
    let text = |path: &str| String::from_utf8(folder[path].clone()).unwrap();
    assert_eq!(
        text("input_example.json"),
        r#"{"columns":["mom'entum","value: 1"],"data":[[1.0,null]]}"#
    );
    let mlmodel = text("MLmodel");
    for part in [
        "loader_module: mlflow.onnx\n",
        r#"  inputs: '[{"name":"mom''entum","required":true,"type":"double"},{"name":"value: 1","#,
        r#"  outputs: '[{"name":"forecast","required":true,"type":"float"}]'"#,
        "utc_time_created: '2021-03-04 21:00:00.000000'\n",
    ] {
        assert!(mlmodel.contains(part), "{part} is not in\n{mlmodel}");
    }
    assert_eq!(folder, mlflow_folder(&spec).unwrap());
}

#[test]
fn names_and_example_must_fit_the_file() {
    let (onnx, names) = model();
    let created = close_of(parse_date("2021-03-04").unwrap());
    let folder = |names: &[String], example: &[f64]| {
        mlflow_folder(&FolderSpec { onnx: &onnx, names, example, created }).unwrap_err()
    };
    assert_eq!(folder(&names[..1], &[1.0, 2.0]), LearnError::Input { features: 2, found: 1 });
    assert_eq!(folder(&names, &[1.0]), LearnError::Input { features: 2, found: 1 });
    assert_eq!(folder(&names, &[]), LearnError::Input { features: 2, found: 0 });
    assert_eq!(Model::load(&onnx).unwrap().predict(&[]).unwrap(), [0.0; 0]);
}
