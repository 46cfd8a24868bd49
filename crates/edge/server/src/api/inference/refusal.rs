//! Why there is no prediction, in the words of each protocol.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use axum::response::Response;
use catalog::{CatalogError, Code};
use serde_json::json;
use serving::ServingError;
use tonic::Status;

use crate::error::{ApiError, status};
use crate::reply;

/// Why there is no prediction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The status of HTTP.
    pub status: StatusCode,
    code: Option<&'static str>,
    class: Option<&'static str>,
    /// What is wrong and what to change.
    pub message: String,
    after: Option<Duration>,
}

impl Refusal {
    /// Something that is asked for is not there.
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::from(CatalogError::missing(message))
    }

    /// What is asked for cannot be meant.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::from(CatalogError::invalid(message))
    }

    /// It is not to be had now.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::from(CatalogError::new(Code::TemporarilyUnavailable, message))
    }

    /// This server was not started for it.
    pub(crate) fn not_served(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_IMPLEMENTED,
            code: Some("NOT_IMPLEMENTED"),
            class: None,
            message: message.into(),
            after: None,
        }
    }

    /// In the words of the Open Inference Protocol.
    pub(crate) fn inference(&self) -> Response {
        self.answer(&json!({ "error": self.message }))
    }

    /// In the words of MLflow's scoring server.
    pub(crate) fn scoring(&self) -> Response {
        let mut body = json!({ "message": self.message });
        if let Some(code) = self.code {
            body["error_code"] = code.into();
        }
        if let Some(class) = self.class {
            body["sqlstate"] = "KAM00".into();
            body["error_class"] = class.into();
        }
        self.answer(&body)
    }

    fn answer(&self, body: &serde_json::Value) -> Response {
        if self.status.is_server_error() && self.status != StatusCode::NOT_IMPLEMENTED {
            tracing::error!(why = %self.message, "no prediction");
        }
        let mut response = reply::json(body);
        *response.status_mut() = self.status;
        if let Some(after) = self.after {
            let seconds = HeaderValue::from(after.as_secs().max(1));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }

    /// In the words of gRPC.
    pub(crate) fn grpc(&self) -> Status {
        let message = self.message.clone();
        match self.status {
            StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Status::invalid_argument(message)
            }
            StatusCode::UNAUTHORIZED => Status::unauthenticated(message),
            StatusCode::FORBIDDEN => Status::permission_denied(message),
            StatusCode::NOT_FOUND => Status::not_found(message),
            StatusCode::PAYLOAD_TOO_LARGE => Status::out_of_range(message),
            StatusCode::TOO_MANY_REQUESTS => Status::resource_exhausted(message),
            StatusCode::UNPROCESSABLE_ENTITY => Status::failed_precondition(message),
            StatusCode::NOT_IMPLEMENTED => Status::unimplemented(message),
            StatusCode::SERVICE_UNAVAILABLE => Status::unavailable(message),
            _ => Status::internal(message),
        }
    }
}

impl From<ServingError> for Refusal {
    fn from(error: ServingError) -> Self {
        let message = error.to_string();
        let (status, code, class) = match error {
            ServingError::Malformed(_) => {
                (StatusCode::BAD_REQUEST, "BAD_REQUEST", "INVALID_PARAMETER_VALUE")
            }
            ServingError::Invalid(_) => {
                (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", "INVALID_PARAMETER_VALUE")
            }
            ServingError::Schema(_) => {
                (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", "SCHEMA_ENFORCEMENT_FAILED")
            }
            ServingError::MediaType(_) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", "INVALID_PARAMETER_VALUE")
            }
            ServingError::TooLarge(_) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", "INVALID_PARAMETER_VALUE")
            }
            ServingError::Crowded { after, .. } => {
                let code = Some("REQUEST_LIMIT_EXCEEDED");
                let status = StatusCode::TOO_MANY_REQUESTS;
                return Self { status, code, class: None, message, after: Some(after) };
            }
            ServingError::Withheld(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "INVALID_STATE", "INVALID_STATE")
            }
            ServingError::Evaluation(_) => {
                (StatusCode::BAD_REQUEST, "BAD_REQUEST", "INVALID_PARAMETER_VALUE")
            }
            ServingError::Model(_) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                return Self {
                    status,
                    code: Some("INVALID_STATE"),
                    class: None,
                    message,
                    after: None,
                };
            }
        };
        Self { status, code: Some(code), class: Some(class), message, after: None }
    }
}

impl From<CatalogError> for Refusal {
    fn from(error: CatalogError) -> Self {
        Self {
            status: status(error.code),
            code: Some(error.code.as_str()),
            class: None,
            message: error.message,
            after: None,
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        error.0.into()
    }
}
