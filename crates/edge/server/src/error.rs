//! Errors as the wire has them, and errors of starting.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use catalog::{CatalogError, Code};
use serde_json::json;

use crate::reply;

/// Why the server could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database could not be opened.
    #[error("{0}")]
    Database(#[from] database::DatabaseError),
    /// A first statement failed.
    #[error("{0}")]
    Catalog(#[from] CatalogError),
    /// The place of the artifacts could not be opened.
    #[error("{0}")]
    Artifacts(#[from] artifacts::ArtifactError),
    /// The address could not be listened on, or a file could not be made.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The features could not be served.
    #[error("{0}")]
    Features(#[from] feature_online::ServingError),
    /// What was asked for is not safe, and was not insisted on.
    #[error("{0}")]
    Refused(String),
}

/// An error on its way to the client.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError(pub CatalogError);

impl<E: Into<CatalogError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = status(self.0.code);
        // What is not offered is no fault of the server.
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            tracing::error!(code = self.0.code.as_str(), why = %self.0.message, "failed");
        }
        let mut body = json!({ "error_code": self.0.code.as_str(), "message": self.0.message });
        if let Some((state, class)) = classes(self.0.code) {
            body["sqlstate"] = state.into();
            body["error_class"] = class.into();
        }
        let mut response = reply::json(&body);
        *response.status_mut() = status;
        response
    }
}

/// The status that goes with a code.
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::InvalidParameterValue | Code::BadRequest | Code::ResourceAlreadyExists => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::ResourceDoesNotExist | Code::EndpointNotFound => StatusCode::NOT_FOUND,
        Code::ResourceConflict => StatusCode::CONFLICT,
        Code::RequestLimitExceeded => StatusCode::TOO_MANY_REQUESTS,
        Code::InvalidState | Code::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        Code::NotImplemented => StatusCode::NOT_IMPLEMENTED,
        Code::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The SQLSTATE of an error and its class, as MLflow 3.17.2 derives them from the code
/// (`error_classification`); some codes have none.
fn classes(code: Code) -> Option<(&'static str, &'static str)> {
    match code {
        Code::InvalidParameterValue | Code::BadRequest => {
            Some(("KAM00", "INVALID_PARAMETER_VALUE"))
        }
        Code::ResourceDoesNotExist | Code::EndpointNotFound => {
            Some(("KAM00", "RESOURCE_NOT_FOUND"))
        }
        Code::ResourceAlreadyExists => Some(("KAM00", "RESOURCE_ALREADY_EXISTS")),
        Code::PermissionDenied => Some(("KAM00", "PERMISSION_DENIED")),
        Code::InternalError | Code::TemporarilyUnavailable | Code::InvalidState => {
            Some(("XXM00", "CLIENT_INTERNAL_ERROR"))
        }
        Code::Unauthenticated
        | Code::ResourceConflict
        | Code::RequestLimitExceeded
        | Code::NotImplemented => None,
    }
}
