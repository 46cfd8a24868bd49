//! A request, read: who asks, in which workspace, with which fields.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::RequestExt;
use axum::extract::{FromRequest, Path, Request};
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use catalog::{CatalogError, Code};
use database::Tx;
use http_body_util::LengthLimitError;
use tracing::Instrument;

use crate::app::App;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::operate::statements;

/// The workspace of those who name none.
pub const DEFAULT_WORKSPACE: &str = "default";

/// The header that names a workspace.
pub const WORKSPACE_HEADER: &str = "x-mlflow-workspace";

/// Who asks, as the layer before the endpoints found out. Without authentication, nobody in
/// particular.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// Their name, where it is known.
    pub user: Option<String>,
}

/// A request, read.
#[derive(Clone)]
pub struct Ask {
    /// What the server works with.
    pub app: App,
    /// The fields of the body or of the query, with those that the path names.
    pub fields: Fields,
    /// The workspace that is meant.
    pub workspace: String,
    /// Who asks.
    pub caller: Caller,
    /// The body as it came.
    pub body: Bytes,
    /// When it was read, in milliseconds.
    pub now: i64,
}

impl Ask {
    /// Runs statements that do not write.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let span = statements(self.app.db().dialect(), "read");
        Ok(self.app.db().read(work).instrument(span).await?)
    }

    /// Runs statements as one transaction, durable on return.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let span = statements(self.app.db().dialect(), "write");
        Ok(self.app.db().write(work).instrument(span).await?)
    }
}

impl FromRequest<App> for Ask {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, app: &App) -> Result<Self, ApiError> {
        let caller = request.extensions().get::<Caller>().cloned().unwrap_or_default();
        let path: Option<Path<Vec<(String, String)>>> = request.extract_parts().await.ok();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let in_query = request.method() == Method::GET && !query.is_empty();
        let workspace = workspace(request.headers(), app)?;
        if !in_query {
            check_content_type(request.headers())?;
        }
        let body = request.with_limited_body().into_body();
        let body = read_body(body).await?;
        let mut fields = if in_query { Fields::of_query(&query)? } else { Fields::of_json(&body)? };
        for (name, value) in path.into_iter().flat_map(|Path(named)| named) {
            fields.set(&name, &value);
        }
        Ok(Self { app: app.clone(), fields, workspace, caller, body, now: now() })
    }
}

/// The time, in milliseconds. A clock before 1970 counts as 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Reads a body to its end, up to the limit that is on it.
pub(crate) async fn read_body(body: axum::body::Body) -> Result<Bytes, ApiError> {
    axum::body::to_bytes(body, usize::MAX).await.map_err(|error| {
        let message = if is_too_long(&error) {
            "the request is larger than this server accepts: send it in parts".to_owned()
        } else {
            format!("the request could not be read to its end: {error}")
        };
        ApiError(CatalogError::new(Code::BadRequest, message))
    })
}

/// Layers that look at a body wrap its errors.
fn is_too_long(error: &axum::Error) -> bool {
    let first: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut causes = std::iter::successors(first, |error| error.source());
    causes.any(|error| error.is::<LengthLimitError>())
}

/// The workspace that a request names.
pub(crate) fn workspace(headers: &HeaderMap, app: &App) -> Result<String, ApiError> {
    let Some(named) = headers.get(WORKSPACE_HEADER) else {
        return Ok(DEFAULT_WORKSPACE.to_owned());
    };
    let named = named.to_str().map_err(|_| {
        CatalogError::invalid("the workspace header is not plain text: name a workspace")
    })?;
    let named = named.trim();
    if !app.options().workspaces && !named.is_empty() && named != DEFAULT_WORKSPACE {
        return Err(ApiError(CatalogError::invalid(format!(
            "workspace '{named}' cannot be used: this server was started without --enable-workspaces"
        ))));
    }
    Ok(if named.is_empty() { DEFAULT_WORKSPACE.to_owned() } else { named.to_owned() })
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(given) = headers.get(axum::http::header::CONTENT_TYPE) else { return Ok(()) };
    let given = given.to_str().unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    if kind.is_empty() || kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message =
        format!("Bad Request. Content-Type must be one of ['application/json'], not {kind}");
    Err(ApiError(CatalogError::invalid(message)))
}
