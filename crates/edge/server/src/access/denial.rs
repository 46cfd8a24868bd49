//! Why a request is not let through.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use catalog::{CatalogError, Code};

use crate::error::ApiError;

/// Why a request is not let through.
#[derive(Debug, Clone, PartialEq)]
pub enum Denial {
    /// It does not say who sends it, or nobody is called so or has that password.
    Unauthenticated,
    /// Who sends it may not do that.
    Forbidden,
    /// Too many tried before; this long must be waited.
    TooOften(Duration),
    /// It was sent under a name that is not this server's.
    Host,
    /// A page of somebody else sent it.
    Origin,
    /// Anything else.
    Other(CatalogError),
}

impl Denial {
    /// Something failed that should not have.
    pub fn broken(what: &str) -> Self {
        Self::Other(CatalogError::new(Code::InternalError, format!("{what} failed")))
    }
}

impl<E: Into<CatalogError>> From<E> for Denial {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl From<Denial> for ApiError {
    fn from(denial: Denial) -> Self {
        Self(match denial {
            Denial::Other(error) => error,
            Denial::TooOften(wait) => too_often(wait),
            Denial::Unauthenticated => CatalogError::new(Code::Unauthenticated, UNKNOWN),
            Denial::Forbidden | Denial::Host | Denial::Origin => {
                CatalogError::new(Code::PermissionDenied, "Permission denied")
            }
        })
    }
}

const UNKNOWN: &str =
    "You are not authenticated. Send a username and a password, or a token, with the request.";

fn too_often(wait: Duration) -> CatalogError {
    let seconds = wait.as_secs().max(1);
    let message = format!("Too many logins failed: try again in {seconds} seconds.");
    CatalogError::new(Code::RequestLimitExceeded, message)
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthenticated => {
                let mut response = plain(StatusCode::UNAUTHORIZED, UNKNOWN);
                let ask = HeaderValue::from_static("Basic realm=\"mlflow\"");
                response.headers_mut().insert(WWW_AUTHENTICATE, ask);
                response
            }
            Self::Forbidden => plain(StatusCode::FORBIDDEN, "Permission denied"),
            Self::Host => plain(
                StatusCode::FORBIDDEN,
                "Invalid Host header - possible DNS rebinding attack detected",
            ),
            Self::Origin => plain(StatusCode::FORBIDDEN, "Cross-origin request blocked"),
            Self::TooOften(wait) => {
                let mut response = ApiError(too_often(wait)).into_response();
                let seconds = HeaderValue::from(wait.as_secs().max(1));
                response.headers_mut().insert(RETRY_AFTER, seconds);
                response
            }
            Self::Other(error) => ApiError(error).into_response(),
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    (status, [(CONTENT_TYPE, kind)], text).into_response()
}
