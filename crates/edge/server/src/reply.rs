//! Answers.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What an endpoint gives.
pub type Answer = Result<Response, crate::error::ApiError>;

/// A value as JSON.
pub fn json(value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).expect("answers have text keys and no fallible parts");
    bytes(body)
}

/// JSON that was written already.
pub fn bytes(body: Vec<u8>) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// `{}`.
pub fn nothing() -> Response {
    bytes(b"{}".to_vec())
}
