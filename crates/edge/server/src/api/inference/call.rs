//! A request for a prediction, read: its body, who sends it, which model it means.

use std::time::Instant;

use axum::RequestExt;
use axum::extract::{Path, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use bytes::Bytes;

use super::record::Circumstances;
use super::refusal::Refusal;
use super::{MODEL_HEADER, Pick, Reference};
use crate::access::Me;
use crate::api::otlp::unpack;
use crate::app::App;
use crate::ask::{self, Caller};

/// The header that says on whose behalf a prediction is asked for; it is then on the disk before the
/// answer goes out.
const MANDATE: &str = "x-trimtab-mandate";

/// A request for a prediction.
pub(super) struct Call {
    /// What the server works with.
    pub app: App,
    /// The workspace that is meant.
    pub workspace: String,
    /// Who asks, where that is known.
    pub caller: Option<String>,
    /// Their account, where there is authentication.
    pub me: Option<Me>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, unpacked.
    pub body: Bytes,
    /// When it came.
    pub began: Instant,
    model: Option<String>,
    version: Option<String>,
}

impl Call {
    /// Reads a request to its end.
    pub(super) async fn read(app: &App, mut request: Request) -> Result<Self, Refusal> {
        let began = Instant::now();
        let path: Option<Path<Vec<(String, String)>>> = request.extract_parts().await.ok();
        let named = path.map(|Path(named)| named).unwrap_or_default();
        let part = |name: &str| named.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let (model, version) = (part("model"), part("version"));
        let caller = request.extensions().get::<Caller>().and_then(|caller| caller.user.clone());
        let me = request.extensions().get::<Me>().cloned();
        let headers = request.headers().clone();
        let workspace = ask::workspace(&headers, app)?;
        let body = ask::read_body(request.with_limited_body().into_body()).await?;
        let packing = headers.get(CONTENT_ENCODING).map_or("", |h| h.to_str().unwrap_or("?"));
        let body = unpack(body, packing, app.options().body_limit).map_err(Refusal::invalid)?;
        let app = app.clone();
        Ok(Self { app, workspace, caller, me, headers, body, began, model, version })
    }

    /// Which model is meant: by the path, by the header, or by default.
    pub(super) fn reference(&self) -> Result<Reference, Refusal> {
        let text = self.model.as_deref().or_else(|| self.header(MODEL_HEADER));
        match text {
            Some(text) => {
                Reference::of_path(text, self.version.as_deref()).map_err(Refusal::invalid)
            }
            None => self.app.options().serving.model.clone().ok_or_else(|| {
                Refusal::missing(format!(
                    "no model is meant: name one in the path, `/invocations/NAME`, or in the \
                     header {MODEL_HEADER}, or start the server with --model models:/NAME@alias"
                ))
            }),
        }
    }

    /// A header, if it is plain text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Who asks, and how.
    pub(super) fn circumstances(&self, id: Option<&str>) -> Circumstances {
        let alias = match self.reference() {
            Ok(Reference { pick: Pick::Alias(alias), .. }) => Some(alias),
            _ => None,
        };
        Circumstances {
            caller: self.caller.as_deref().map(Into::into),
            mandate: self.header(MANDATE).map(Into::into),
            request: id.or_else(|| self.header("x-request-id")).map(Into::into),
            alias,
            route: "primary",
            input: Some(types::Digest::of(&self.body)),
        }
    }
}
