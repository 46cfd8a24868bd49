//! Artifacts on the wire: the files of runs and models, read and written through this server.
//!
//! Requests come in with a path, or with a run or model and a path below it; bytes stream between the
//! client and the store, however many they are. What is kept where, and how durably, the store knows.

mod door;
mod header;
mod kind;
mod listing;
mod owned;
mod parts;
mod path;
mod place;
mod proxy;
mod refusal;
mod send;
mod signed;
mod traced;

use axum::routing::{MethodRouter, get, post, put};

use crate::app::App;
use crate::routes::{gotten, posted};

pub(crate) use parts::{offers_downloads, offers_uploads};
pub(crate) use place::{Place, open_root};
pub(crate) use refusal::said;
pub(crate) use traced::file_of_trace;

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        gotten("2.0/mlflow-artifacts/artifacts", proxy::list),
        (
            "2.0/mlflow-artifacts/artifacts/{*path}",
            get(proxy::download).put(proxy::upload).delete(proxy::delete),
        ),
        ("2.0/mlflow-artifacts/mpu/create/{*path}", post(parts::create)),
        ("2.0/mlflow-artifacts/mpu/complete/{*path}", post(parts::complete)),
        ("2.0/mlflow-artifacts/mpu/abort/{*path}", post(parts::abort)),
        ("2.0/mlflow-artifacts/mpu/part/{*path}", put(parts::take)),
        ("2.0/mlflow-artifacts/presigned/{*path}", get(signed::proxied)),
        posted("2.0/mlflow/artifacts/presigned-upload-url", signed::upload),
        posted("2.0/mlflow/artifacts/presigned-download-url", signed::download),
        gotten("2.0/mlflow/artifacts/list", owned::list_of_run),
        gotten("2.0/mlflow/logged-models/{model_id}/artifacts/directories", owned::list_of_model),
    ]
}

/// The endpoints that only pages in a browser use.
pub(crate) fn pages() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/get-artifact", get(owned::of_run)),
        ("/model-versions/get-artifact", get(owned::of_version)),
        ("/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files", get(owned::of_model)),
        ("/ajax-api/2.0/mlflow/upload-artifact", post(owned::upload)),
    ]
}
