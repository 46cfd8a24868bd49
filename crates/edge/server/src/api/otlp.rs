//! Spans as OpenTelemetry sends them: `POST /v1/traces`, as protobuf or JSON.
//!
//! A batch comes in for the experiment that a header names; each of its traces is kept as a whole.
//! Spans that cannot be kept are counted and left out, as the protocol calls a partial success. An
//! error is a `google.rpc.Status` in the encoding of the request; clients of this server's own
//! protocol get the error that they know. Source: the OTLP specification 1.x, "OTLP/HTTP".

mod json;
mod message;
mod taken;
mod unpack;

pub(crate) use unpack::unpack;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use bytes::Bytes;
use catalog::traces::{self, Batch};
use catalog::{CatalogError, Code, experiments, runs};
use prost::Message;

use self::message::{PartialSuccess, Reply, Request, Status};
use crate::app::App;
use crate::ask;
use crate::error::{ApiError, status};
use crate::fields::missing;

/// The header that names the experiment.
const EXPERIMENT: &str = "x-mlflow-experiment-id";
/// The header that names a run which the traces belong to.
const RUN: &str = "x-mlflow-run-id";
/// What the clients of this server's own protocol call themselves.
const OWN_CLIENTS: &str = "mlflow-";

pub(crate) fn pages() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![("/v1/traces", post(export))]
}

/// How a request is encoded, and so its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(';').next().unwrap_or_default().trim();
        match kind.to_ascii_lowercase().as_str() {
            "application/x-protobuf" => Some(Self::Protobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// Why a request is refused.
struct Refusal {
    error: CatalogError,
    status: StatusCode,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { error: CatalogError::new(Code::BadRequest, message), status }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { status: status(error.0.code), error: error.0 }
    }
}

impl From<CatalogError> for Refusal {
    fn from(error: CatalogError) -> Self {
        ApiError(error).into()
    }
}

async fn export(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let encoding = Encoding::of(&headers);
    match accept(&app, &headers, encoding, body).await {
        Ok(partial) => answer(encoding.unwrap_or(Encoding::Protobuf), partial),
        Err(refusal) => refuse(&headers, encoding.unwrap_or(Encoding::Json), refusal),
    }
}

async fn accept(
    app: &App,
    headers: &HeaderMap,
    encoding: Option<Encoding>,
    body: Bytes,
) -> Result<Option<PartialSuccess>, Refusal> {
    let bad = |message: String| Refusal::new(StatusCode::BAD_REQUEST, message);
    let encoding = encoding.ok_or_else(|| {
        let given = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        bad(format!(
            "Invalid Content-Type: {}. Expected: application/x-protobuf or application/json",
            given.unwrap_or("None")
        ))
    })?;
    let workspace = ask::workspace(headers, app)?;
    let experiment = header(headers, EXPERIMENT).ok_or_else(|| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Refusal { status, ..missing(EXPERIMENT).into() }
    })?;
    let experiment = experiments::parse_id(experiment)?;
    let packing = header(headers, CONTENT_ENCODING.as_str()).unwrap_or_default();
    let body = unpack::unpack(body, packing, app.options().body_limit).map_err(bad)?;
    let request = match encoding {
        Encoding::Protobuf => Request::decode(body).ok(),
        Encoding::Json => json::read(&body),
    };
    let request = request.ok_or_else(|| bad("Invalid OpenTelemetry format".to_owned()))?;
    let taken = taken::take(request);
    if taken.kept == 0 && taken.rejected > 0 {
        let message = format!(
            "Cannot convert OpenTelemetry span to MLflow span: {}",
            taken.reason.unwrap_or_default()
        );
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    if taken.kept > 0 {
        let run = header(headers, RUN).map(str::to_owned);
        keep(app, workspace, experiment, taken.batches, run).await?;
    }
    Ok((taken.rejected > 0).then(|| PartialSuccess {
        rejected_spans: taken.rejected,
        error_message: taken.reason.unwrap_or_default(),
    }))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
}

async fn keep(
    app: &App,
    workspace: String,
    experiment: i64,
    batches: Vec<Batch>,
    run: Option<String>,
) -> Result<(), ApiError> {
    let place = workspace.clone();
    let rooted = app.db().write(move |tx| traces::log(tx, &place, experiment, &batches)).await?;
    let Some(run) = run.filter(|_| !rooted.is_empty()) else { return Ok(()) };
    let link = move |tx: &mut database::Tx<'_>| {
        // Who may write to the experiment may not therefore write to runs of others.
        if runs::find(tx, &workspace, &run)?.experiment != experiment {
            let message = format!("the run {run} is not one of experiment {experiment}");
            return Err(CatalogError::invalid(message));
        }
        for some in rooted.chunks(traces::MAX_LINKS) {
            traces::link_to_run(tx, &workspace, some, &run)?;
        }
        Ok::<_, CatalogError>(())
    };
    // The spans are kept; a run that cannot be linked to does not undo that.
    if let Err(error) = app.db().write(link).await {
        tracing::warn!(%error, "traces could not be linked to a run");
    }
    Ok(())
}

fn answer(encoding: Encoding, partial: Option<PartialSuccess>) -> Response {
    let body = match encoding {
        Encoding::Protobuf => Reply { partial_success: partial }.encode_to_vec(),
        Encoding::Json => json::reply(partial.as_ref()),
    };
    with_kind(StatusCode::OK, encoding, body)
}

fn refuse(headers: &HeaderMap, encoding: Encoding, refusal: Refusal) -> Response {
    let Refusal { error, status } = refusal;
    if status.is_server_error() {
        tracing::error!(code = error.code.as_str(), message = %error.message, "spans were refused");
    }
    let client = header(headers, USER_AGENT.as_str()).unwrap_or_default();
    let code = grpc_code(status);
    let mut response = match encoding {
        Encoding::Protobuf if !client.starts_with(OWN_CLIENTS) => {
            let body = Status { code, message: error.message };
            with_kind(status, encoding, body.encode_to_vec())
        }
        _ => {
            let body = json::refusal(code, &error);
            with_kind(status, Encoding::Json, body)
        }
    };
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn with_kind(status: StatusCode, encoding: Encoding, body: Vec<u8>) -> Response {
    let mut response = Body::from(body).into_response();
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(encoding.kind()));
    response
}

/// The code of gRPC that stands for a status of HTTP, of `google.rpc.Code`.
fn grpc_code(status: StatusCode) -> i32 {
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => 3,
        StatusCode::NOT_FOUND => 5,
        StatusCode::FORBIDDEN => 7,
        StatusCode::TOO_MANY_REQUESTS => 8,
        StatusCode::CONFLICT => 9,
        StatusCode::SERVICE_UNAVAILABLE => 14,
        StatusCode::UNAUTHORIZED => 16,
        _ => 13,
    }
}
