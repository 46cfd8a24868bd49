//! Predictions: models of the registry, served.
//!
//! A request names a model by its name, a version or an alias, in the words of the Open Inference
//! Protocol (`/v2`, or gRPC on the same port) or of MLflow's scoring server (`/invocations`). The
//! model is looked up in the registry, its files are verified and read once; when an alias moves, the
//! next version is loaded beside the old one and takes over between two requests. A version that
//! cannot be loaded takes nobody's place.
//!
//! What bytes mean and how models compute, the room `serving` knows.

mod call;
mod find;
mod forward;
mod forwarded;
mod grpc;
mod known;
mod line;
mod load;
mod loaded;
mod lookup;
mod metadata;
mod models;
mod options;
mod predict;
mod protocol;
mod python;
mod record;
mod reference;
mod refusal;
mod repository;
mod scoring;
mod stats;

use axum::http::HeaderMap;
use axum::routing::{MethodRouter, get, post};

use crate::app::App;

pub use options::{OnInvalid, Serving};

pub(crate) use models::Inference;
pub(crate) use record::Log;
pub use reference::{Pick, Reference};

/// The header that names the model of a scoring request.
pub(crate) const MODEL_HEADER: &str = "x-trimtab-model";

/// The endpoints; they stand at the root.
pub(crate) fn pages() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/v2", get(metadata::server)),
        ("/v2/health/live", get(metadata::live)),
        ("/v2/health/ready", get(metadata::ready)),
        ("/v2/models/stats", get(stats::all)),
        ("/v2/models/{model}", get(metadata::model)),
        ("/v2/models/{model}/ready", get(metadata::model_ready)),
        ("/v2/models/{model}/infer", post(protocol::infer)),
        ("/v2/models/{model}/stats", get(stats::of_model)),
        ("/v2/models/{model}/versions/{version}", get(metadata::model)),
        ("/v2/models/{model}/versions/{version}/ready", get(metadata::model_ready)),
        ("/v2/models/{model}/versions/{version}/infer", post(protocol::infer)),
        ("/v2/models/{model}/versions/{version}/stats", get(stats::of_model)),
        ("/v2/repository/index", post(repository::index)),
        ("/v2/repository/models/{model}/load", post(repository::load)),
        ("/v2/repository/models/{model}/unload", post(repository::unload)),
        ("/ping", get(scoring::ping)),
        ("/invocations", post(scoring::invocations)),
        ("/invocations/{model}", post(scoring::invocations)),
        ("/invocations/{model}/{version}", post(scoring::invocations)),
        ("/inference.GRPCInferenceService/{method}", post(grpc::service)),
    ]
}

/// The name of the registered model that a request to the endpoints above is about: what its path
/// names, or its header, or else the default.
pub(crate) fn named(app: &App, headers: &HeaderMap, path: Option<&str>) -> Option<String> {
    let header = headers.get(MODEL_HEADER).and_then(|header| header.to_str().ok());
    let text = path.or(header);
    let reference = match text {
        Some(text) => Reference::parse(text).ok()?,
        None => app.options().serving.model.clone()?,
    };
    Some(reference.name)
}
