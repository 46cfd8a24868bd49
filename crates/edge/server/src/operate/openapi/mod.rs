//! What the server answers, as an OpenAPI 3.1 document.
//!
//! The tables of this folder tell of every endpoint in a line; `document.rs` makes the document
//! of them, which is checked in beside this crate as `openapi.json` and served from there. A test holds
//! the tables against the routes and the file against the tables. After a change of the tables,
//! `TRIMTAB_WRITE_OPENAPI=1 cargo test -p server openapi` writes the file anew.

#[cfg(test)]
mod document;
#[cfg(test)]
mod features;
#[cfg(test)]
mod inference;
#[cfg(test)]
mod models;
#[cfg(test)]
mod server;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod tracking;
#[cfg(test)]
mod words;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// The document as it is checked in.
const CHECKED_IN: &str = include_str!("../../../openapi.json");

/// The document.
pub async fn openapi() -> Response {
    let mut response = CHECKED_IN.into_response();
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
