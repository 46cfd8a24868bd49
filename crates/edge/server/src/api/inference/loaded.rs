//! A version that is loaded.

use std::sync::Arc;

use serving::{Batcher, ModelFeatures, Servable, Statistics};

use super::python::Child;
use super::record::Names;
use super::refusal::Refusal;

/// A version that is loaded.
pub(super) struct Loaded {
    /// Its model.
    pub name: String,
    /// Its number.
    pub version: String,
    /// The run that made it.
    pub run: Option<String>,
    /// The tag of the version that states which features it takes, as it was found.
    pub tag: Option<String>,
    /// Which features it takes, where they can be looked up: as the tag says, or else its `MLmodel`.
    pub features: Option<ModelFeatures>,
    /// What computes.
    pub engine: Engine,
    /// How its predictions are kept: under which names, and what is held against them.
    pub names: Names,
    /// What it was asked.
    pub statistics: Statistics,
}

/// What computes.
pub(super) enum Engine {
    /// The evaluator of this server.
    Onnx(Arc<Batcher>),
    /// MLflow's scoring server, which this server started.
    Python(Child),
}

impl Loaded {
    /// The model, if this server computes it itself.
    pub(super) fn servable(&self) -> Option<&Arc<Servable>> {
        match &self.engine {
            Engine::Onnx(batcher) => Some(batcher.servable()),
            Engine::Python(_) => None,
        }
    }

    /// What computes it, for protocols that do not reach Python.
    pub(super) fn batcher(&self) -> Result<&Arc<Batcher>, Refusal> {
        match &self.engine {
            Engine::Onnx(batcher) => Ok(batcher),
            Engine::Python(_) => Err(Refusal::invalid(format!(
                "model '{}' is served by Python: ask it at /invocations/{}",
                self.name, self.name
            ))),
        }
    }

    /// What kind of model it is, in the words of the Open Inference Protocol.
    pub(super) fn platform(&self) -> &'static str {
        match &self.engine {
            Engine::Onnx(batcher) if batcher.servable().is_accelerated() => "onnx_onnxruntime",
            Engine::Onnx(_) => "onnx_trimtab",
            Engine::Python(_) => "mlflow_python",
        }
    }
}
