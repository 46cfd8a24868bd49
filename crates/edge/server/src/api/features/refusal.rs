//! Why something was refused, as Feast's client reads it: the body is a JSON string, which holds JSON
//! with `module`, `class` and `message` where the client has an exception of its own for it.
//!
//! Statuses are Feast's where it has one for the error; what it answers with 500 though the question
//! was wrong is 422 here.

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use feature_online::ServingError;
use serde_json::{Value, json};

use crate::reply;

/// Why something was refused.
#[derive(Debug)]
pub enum Refusal {
    /// This server was not started for it.
    NotServed,
    /// The body did not come to its end, or is too large.
    Body(BytesRejection),
    /// What stands behind `?` is not what the endpoint takes.
    Query(QueryRejection),
    /// The body is not what the endpoint takes.
    Unreadable(String),
    /// What was asked could not be done.
    Serving(ServingError),
    /// Something broke here.
    Broken(String),
}

impl From<ServingError> for Refusal {
    fn from(error: ServingError) -> Self {
        Self::Serving(error)
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::Query(rejection)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::NotServed => {
                let message = "this server does not serve features: start it with --features";
                (StatusCode::NOT_IMPLEMENTED, message.into())
            }
            Self::Body(rejection) => match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    let message =
                        "the request is larger than this server accepts: send it in parts";
                    (StatusCode::PAYLOAD_TOO_LARGE, message.into())
                }
                status => (status, rejection.body_text().into()),
            },
            Self::Query(rejection) => {
                (StatusCode::UNPROCESSABLE_ENTITY, rejection.body_text().into())
            }
            Self::Unreadable(what) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("the body is not what is asked for: {what}").into(),
            ),
            Self::Serving(error) => (status(&error), body(&error)),
            Self::Broken(what) => (StatusCode::INTERNAL_SERVER_ERROR, what.into()),
        };
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            tracing::error!(why = %body, "features failed");
        }
        let mut response = reply::json(&body);
        *response.status_mut() = status;
        response
    }
}

fn status(error: &ServingError) -> StatusCode {
    use ServingError::*;
    match error {
        UnknownView(..) | UnknownService(..) | UnknownFeature { .. } | MissingRequest(_) => {
            StatusCode::NOT_FOUND
        }
        TooMany { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Busy(_) => StatusCode::CONFLICT,
        Online(error) if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
        Online(online::OnlineError::Damaged(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        Store(feature_store::FeatureStoreError::Database(_)) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn body(error: &ServingError) -> Value {
    if let ServingError::Busy(views) = error {
        return json!({ "error": error.to_string(), "feature_views": views });
    }
    // In Feast's own words where they tell a name alone: clients look for them.
    let (class, message) = match error {
        ServingError::UnknownView(name, hint) => {
            ("FeatureViewNotFoundException", format!("Feature view {name} does not exist{hint}"))
        }
        ServingError::UnknownService(name, hint) => (
            "FeatureServiceNotFoundException",
            format!("Feature service {name} does not exist{hint}"),
        ),
        ServingError::UnknownPushSource(name, hint) => {
            ("PushSourceNotFoundException", format!("Unable to find push source '{name}'{hint}."))
        }
        ServingError::MissingRequest(_) => {
            ("RequestDataNotFoundInEntityRowsException", error.to_string())
        }
        ServingError::Collision(_) => ("FeatureNameCollisionError", error.to_string()),
        other => return other.to_string().into(),
    };
    json!({ "module": "feast.errors", "class": class, "message": message }).to_string().into()
}
