//! Models of the registry, served: every protocol, versions that take each other's place, and what is
//! refused.
//!
//! The models are those of `conformance/serving`, which scikit-learn trained and skl2onnx exported;
//! expected predictions are MLflow's, in `cases.json` there.

#![allow(missing_docs)]

mod common;
#[path = "inference/crowded.rs"]
mod crowded;
#[path = "inference/grpc.rs"]
mod grpc;
#[path = "inference/log.rs"]
mod log;
#[path = "inference/lookup.rs"]
mod lookup;
#[path = "inference/protocols.rs"]
mod protocols;
#[path = "inference/python.rs"]
mod python;
#[path = "inference/refused.rs"]
mod refused;
#[path = "inference/second.rs"]
mod second;
#[path = "inference/swap.rs"]
mod swap;

use std::path::{Path, PathBuf};

use common::{Answer, Server, request};
use serde_json::{Value, json};
use server::Options;

/// Where a model of the conformance cases is.
pub fn folder(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/serving").join(model)
}

/// A server with registered models.
pub struct Serving {
    pub server: Server,
    pub run: String,
    experiment: String,
}

impl Serving {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let server = Server::with(change).await;
        let (experiment, run) = server.run("e").await;
        Self { server, run, experiment }
    }

    /// Registers a model of the conformance cases as the next version; its folder on the disk.
    pub async fn register(&self, name: &str, model: &str) -> (String, PathBuf) {
        let _ = self.server.post("registered-models/create", json!({ "name": name })).await;
        let unique =
            format!("{model}-{}", std::fs::read_dir(self.root()).map_or(0, Iterator::count));
        let path = format!("{}/{}/artifacts/{unique}", self.experiment, self.run);
        for file in ["MLmodel", "model.onnx"] {
            let bytes = std::fs::read(folder(model).join(file)).unwrap();
            let put = format!("/api/2.0/mlflow-artifacts/artifacts/{path}/{file}");
            assert_eq!(self.server.put(&put, bytes).await.status, 200);
        }
        let fields = json!({
            "name": name, "source": format!("mlflow-artifacts:/{path}"), "run_id": self.run,
        });
        let made = self.server.ok("POST", "model-versions/create", fields).await;
        let version = made["model_version"]["version"].as_str().unwrap().to_owned();
        (version, self.server.home.path().join("artifacts").join(path))
    }

    fn root(&self) -> PathBuf {
        let below = format!("artifacts/{}/{}/artifacts", self.experiment, self.run);
        self.server.home.path().join(below)
    }

    pub async fn alias(&self, name: &str, alias: &str, version: &str) {
        let fields = json!({ "name": name, "alias": alias, "version": version });
        self.server.ok("POST", "registered-models/alias", fields).await;
    }

    pub async fn tag(&self, name: &str, key: &str, value: &str) {
        let fields = json!({ "name": name, "key": key, "value": value });
        self.server.ok("POST", "registered-models/set-tag", fields).await;
    }

    pub async fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.server.send(request(method, path, &headers, body.to_string().into())).await
    }
}

/// A body of one row of features.
pub fn frame(rows: &[[f64; 3]]) -> Value {
    json!({ "dataframe_split": { "columns": ["a", "b", "c"], "data": rows } })
}

/// The predictions of a scoring answer, as numbers.
pub fn numbers(answer: &Answer) -> Vec<f64> {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let said = answer.json();
    let records = said["predictions"].as_array().expect("a list").iter();
    records.map(|record| record["variable"].as_f64().unwrap_or(f64::NAN)).collect()
}

/// The rows of the cases, and what MLflow predicts for them with the model `columns`.
pub const ROWS: [[f64; 3]; 2] = [[1.0, 2.0, 3.0], [-0.5, 0.25, 4.0]];
pub const EXPECTED: [f64; 2] = [-1.249999761581421, 1.2500015497207642];
