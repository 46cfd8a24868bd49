//! What the server says of itself.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use catalog::{CatalogError, Code};
use serde_json::json;

use crate::api::artifacts;
use crate::app::App;
use crate::error::ApiError;
use crate::reply::{Answer, json};
use crate::routes::gotten;

/// The version of the protocol that is spoken; clients compare it with their own.
pub const PROTOCOL: &str = "3.17.2";

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![gotten("3.0/mlflow/server-info", info)]
}

/// The version of the protocol.
pub async fn version() -> &'static str {
    PROTOCOL
}

/// What clients ask before they choose how to speak.
async fn info(State(app): State<App>, headers: HeaderMap) -> Answer {
    Ok(json(&json!({
        "store_type": "SqlStore",
        "workspaces_enabled": app.options().workspaces,
        "trace_archival_enabled": false,
        "multipart_uploads_enabled": artifacts::offers_uploads(&app, &headers),
        "multipart_downloads_enabled": artifacts::offers_downloads(&app),
        "presigned_upload_run_id_supported": true,
        "presigned_upload_model_id_supported": true,
        "features_enabled": { "gateway": false },
    })))
}

/// The path has no such method.
pub async fn method_not_allowed() -> Response {
    let error = CatalogError::new(Code::EndpointNotFound, "the path has no such method");
    let mut response = ApiError(error).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
