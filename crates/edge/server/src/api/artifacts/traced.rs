//! Files among the artifacts of a trace.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::path::file;
use super::place::Place;
use super::refusal::Refusal;
use super::send;
use crate::app::App;

/// A file below the place of a trace's artifacts, or why it cannot be sent.
pub(crate) async fn file_of_trace(
    app: &App,
    workspace: &str,
    uri: &str,
    path: &str,
    asked: &HeaderMap,
) -> Response {
    sent(app, workspace, uri, path, asked).await.unwrap_or_else(IntoResponse::into_response)
}

async fn sent(
    app: &App,
    workspace: &str,
    uri: &str,
    path: &str,
    asked: &HeaderMap,
) -> Result<Response, Refusal> {
    let path = file(path)?;
    let place = Place::of(app, workspace, uri)?;
    send::file(&place.store, &place.at(path.as_str())?, asked).await
}
