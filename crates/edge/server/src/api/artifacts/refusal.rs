//! Errors of the store, as the wire has them.

use artifacts::ArtifactError;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_RANGE, HeaderValue};
use axum::response::{IntoResponse, Response};
use catalog::{CatalogError, Code};

use crate::error::ApiError;

/// An upload that has more bytes than this server takes.
#[derive(Debug, thiserror::Error)]
#[error("it has more than {0} bytes")]
pub(super) struct TooLarge(pub(super) u64);

/// An error of the store on its way to the client.
pub(super) struct Refusal {
    error: ApiError,
    status: Option<StatusCode>,
    size: Option<u64>,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error, status: None, size: None }
    }
}

impl From<CatalogError> for Refusal {
    fn from(error: CatalogError) -> Self {
        ApiError(error).into()
    }
}

impl From<ArtifactError> for Refusal {
    fn from(error: ArtifactError) -> Self {
        let (mut status, mut size) = (None, None);
        let api = match &error {
            ArtifactError::Body { source, .. } if source.is::<TooLarge>() => {
                status = Some(StatusCode::PAYLOAD_TOO_LARGE);
                let message = format!("the artifact is refused: {source}");
                ApiError(CatalogError::new(Code::BadRequest, message))
            }
            ArtifactError::Range { size: whole, .. } => {
                status = Some(StatusCode::RANGE_NOT_SATISFIABLE);
                size = Some(*whole);
                ApiError(CatalogError::invalid(error.to_string()))
            }
            _ => said(error),
        };
        Self { error: api, status, size }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.error.into_response();
        if let Some(status) = self.status {
            *response.status_mut() = status;
        }
        let range =
            self.size.and_then(|size| HeaderValue::try_from(format!("bytes */{size}")).ok());
        if let Some(range) = range {
            response.headers_mut().insert(CONTENT_RANGE, range);
        }
        response
    }
}

/// The same error with the protocol's code.
pub(crate) fn said(error: ArtifactError) -> ApiError {
    let (code, message) = match &error {
        ArtifactError::Path { why, .. } => return invalid_path(why),
        ArtifactError::Missing { path } => {
            (Code::ResourceDoesNotExist, format!("No such artifact: '{path}'"))
        }
        ArtifactError::Upload { .. } | ArtifactError::Range { .. } => {
            (Code::InvalidParameterValue, error.to_string())
        }
        ArtifactError::Occupied { .. } => (Code::ResourceConflict, error.to_string()),
        ArtifactError::Unavailable { .. } | ArtifactError::Full { .. } => {
            (Code::TemporarilyUnavailable, error.to_string())
        }
        ArtifactError::Refused { .. } => (Code::PermissionDenied, error.to_string()),
        ArtifactError::Body { .. } => (Code::BadRequest, error.to_string()),
        ArtifactError::Unsupported { .. } => (Code::NotImplemented, error.to_string()),
        _ => (Code::InternalError, error.to_string()),
    };
    ApiError(CatalogError::new(code, message))
}

/// The path cannot be one of an artifact. Where it would lead out of the store, nothing more is said.
pub(super) fn invalid_path(why: &str) -> ApiError {
    let message =
        if why.is_empty() { "Invalid path".to_owned() } else { format!("Invalid path: {why}") };
    ApiError(CatalogError::invalid(message))
}

/// This kind of store cannot do it. Clients know the beginning of the message.
pub(super) fn unsupported(what: &str) -> ApiError {
    let message = format!("{what} is not supported for the current artifact repository");
    ApiError(CatalogError::new(Code::NotImplemented, message))
}
