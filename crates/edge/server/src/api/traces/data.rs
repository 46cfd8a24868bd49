//! The spans of a trace as a file, and what is attached to them.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use catalog::{CatalogError, Code, traces};

use crate::api::artifacts;
use crate::ask::Ask;
use crate::reply::Answer;

/// The file that clients put spans in which they keep themselves.
const FILE: &str = "traces.json";

pub(super) async fn artifact(headers: HeaderMap, ask: Ask) -> Answer {
    let id = ask.fields.opt_text("request_id")?.unwrap_or_default().to_owned();
    if id.is_empty() {
        let message = "Request must include the \"request_id\" query parameter.";
        return Err(CatalogError::new(Code::BadRequest, message).into());
    }
    let attached = ask.fields.opt_text("path")?.filter(|path| !path.is_empty());
    if let Some(path) = attached {
        return file(&ask, &headers, id, format!("attachments/{path}")).await;
    }
    let (trace, workspace) = (id.clone(), ask.workspace.clone());
    match ask.read(move |tx| traces::get_full(tx, &workspace, &trace)).await? {
        Some(trace) => Ok(spans(&trace.spans)),
        None => file(&ask, &headers, id, FILE.to_owned()).await,
    }
}

/// A file that a client put among the artifacts of a trace.
async fn file(ask: &Ask, headers: &HeaderMap, id: String, path: String) -> Answer {
    let workspace = ask.workspace.clone();
    let uri = ask.read(move |tx| traces::artifact_uri(tx, &workspace, &id)).await?;
    Ok(artifacts::file_of_trace(&ask.app, &ask.workspace, &uri, &path, headers).await)
}

/// Spans, as they are kept.
fn spans(contents: &[String]) -> Response {
    let body = format!("{{\"spans\":[{}]}}", contents.join(","));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let disposition = HeaderValue::from_static("attachment; filename=traces.json");
    headers.insert(CONTENT_DISPOSITION, disposition);
    response
}
