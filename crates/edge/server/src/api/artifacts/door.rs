//! A request whose body is not read yet: artifacts stream.

use axum::RequestExt;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequest, RawPathParams, Request};
use axum::http::HeaderMap;
use catalog::{CatalogError, Code};

use super::refusal::invalid_path;
use crate::app::App;
use crate::ask;
use crate::error::ApiError;
use crate::fields::Fields;

/// A request, as far as it is read before its body.
pub(super) struct Door {
    /// What the server works with.
    pub(super) app: App,
    /// The workspace that is meant.
    pub(super) workspace: String,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// What the path names, and the fields of the query.
    pub(super) fields: Fields,
    /// The body.
    pub(super) body: Body,
}

impl Door {
    /// The artifact that the path names, as it came: percent-decoded once.
    pub(super) fn path(&self) -> Result<&str, ApiError> {
        Ok(self.fields.text("path")?)
    }

    /// Refuses to pass artifacts on if this server was asked not to.
    pub(super) fn must_serve(&self) -> Result<(), ApiError> {
        must_serve(&self.app)
    }
}

/// Refuses to pass artifacts on if the server was asked not to.
pub(super) fn must_serve(app: &App) -> Result<(), ApiError> {
    if app.options().serve_artifacts {
        return Ok(());
    }
    let message = "Artifact serving is disabled: the server is running with `--no-serve-artifacts`. \
                   To enable it, run the server with `--serve-artifacts`";
    Err(CatalogError::new(Code::TemporarilyUnavailable, message).into())
}

impl FromRequest<App> for Door {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, app: &App) -> Result<Self, ApiError> {
        let mut fields = Fields::of_query(request.uri().query().unwrap_or_default())?;
        match request.extract_parts::<RawPathParams>().await {
            Ok(named) => named.iter().for_each(|(name, value)| fields.set(name, value)),
            Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => {
                return Err(invalid_path("it is not UTF-8"));
            }
            Err(_) => {}
        }
        let headers = request.headers().clone();
        let workspace = ask::workspace(&headers, app)?;
        let body = request.into_body();
        Ok(Self { app: app.clone(), workspace, headers, fields, body })
    }
}
