//! Features online, in the words of Feast's feature server (0.67): the unchanged `feast` client with
//! `online_store: {type: remote}` reads and writes here.
//!
//! Requests come in as JSON, are handed to `feature_online` on a thread that may block unless they are
//! answered sooner than that, and are answered in columns. Without `--features` every endpoint says so
//! with 501. `/health` is that of the whole server.

mod materialize;
mod push;
mod read;
mod refusal;
mod wire;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use feature_online::{Serving, ServingError};
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::reply::json;
use crate::routes::gotten;
use refusal::Refusal;
pub(crate) use wire::count;

/// How features are served.
#[derive(Clone, PartialEq, Eq)]
pub struct Features {
    /// Where the online store is: a file, `redis://…` or `rediss://…`; without an address it is
    /// `online.redb` in the home folder.
    pub online: Option<String>,
}

/// Without the address, which may hold a password.
impl std::fmt::Debug for Features {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Features").finish_non_exhaustive()
    }
}

/// The endpoints of Feast's protocol, with their whole paths.
pub(crate) fn pages() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/get-online-features", post(read::get_online_features)),
        ("/push", post(push::push)),
        ("/write-to-online-store", post(push::write)),
        ("/materialize", post(materialize::span)),
        ("/materialize-incremental", post(materialize::incremental)),
    ]
}

/// What this server has beside the protocol.
pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![gotten("2.0/trimtab/features/stats", stats)]
}

async fn stats(State(app): State<App>) -> Result<Response, Refusal> {
    let serving = serving(&app)?;
    let views = apart(move || serving.stats()).await?;
    Ok(json(&serde_json::json!({ "views": views })))
}

/// What is served, if features are.
fn serving(app: &App) -> Result<Arc<Serving>, Refusal> {
    app.features().cloned().ok_or(Refusal::NotServed)
}

/// Reads a body.
fn body<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Refusal> {
    let body = body.map_err(Refusal::Body)?;
    serde_json::from_slice(&body).map_err(|error| Refusal::Unreadable(error.to_string()))
}

/// Runs work that may wait for a disk or for Redis.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServingError> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(Refusal::Broken(error.to_string())),
    }
}
