//! Predictions in the words of MLflow's scoring server.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serving::scoring::{self, Body};

use super::call::Call;
use super::forward;
use super::loaded::Engine;
use super::lookup;
use super::predict::{Choice, Given, predict};
use super::record::Mark;
use super::refusal::Refusal;
use crate::app::App;
use crate::ask::DEFAULT_WORKSPACE;
use crate::reply;

/// The version that answered.
static VERSION: HeaderName = HeaderName::from_static("x-trimtab-model-version");

/// The ids of the predictions in the log; of many rows the first ones. The others stand in the log
/// with the same request.
static PREDICTION: HeaderName = HeaderName::from_static("x-trimtab-prediction-id");

/// So many ids stand in a header.
const NAMED: usize = 32;

/// How many of the predictions cannot be right.
static INVALID: HeaderName = HeaderName::from_static("x-trimtab-invalid");

/// Which rows have features that are stale, missing, or of an entity that is not known.
static FEATURES: HeaderName = HeaderName::from_static("x-trimtab-features");

/// What was sent and not used.
static WARNING: HeaderName = HeaderName::from_static("x-trimtab-warning");

/// Whether the default model can answer. Without one there is nothing that could be missing.
pub(super) async fn ping(State(app): State<App>) -> Response {
    let Some(reference) = app.options().serving.model.clone() else { return "\n".into_response() };
    match app.inference().line(&app, DEFAULT_WORKSPACE, &reference).await {
        Ok(_) => "\n".into_response(),
        Err(refusal) => {
            tracing::warn!(model = %reference, why = refusal.message, "the model is not ready");
            (StatusCode::NOT_FOUND, "\n").into_response()
        }
    }
}

pub(super) async fn invocations(State(app): State<App>, request: Request) -> Response {
    let answer = match Call::read(&app, request).await {
        Ok(call) => answer(&call).await,
        Err(refusal) => Err(refusal),
    };
    answer.unwrap_or_else(|refusal| refusal.scoring())
}

async fn answer(call: &Call) -> Result<Response, Refusal> {
    let app = &call.app;
    let reference = call.reference()?;
    let line = app.inference().line(app, &call.workspace, &reference).await?;
    let choice = Choice::of(line);
    let loaded = choice.loaded();
    let servable = match &loaded.engine {
        Engine::Onnx(batcher) => batcher.servable(),
        Engine::Python(child) => {
            return forward::invocation(call, loaded, child, choice.route()).await;
        }
    };
    let limits = &app.options().serving.limits;
    let read = scoring::read(content_type(&call.headers)?, &call.body, limits);
    let arranged = match read {
        Ok(Body::Entities(columns)) => lookup::arrange(app, loaded, columns).await,
        Ok(Body::Input(input)) => servable.arrange(input).map_err(Refusal::from),
        Err(error) => Err(error.into()),
    };
    let arranged = arranged.inspect_err(|_| {
        loaded.statistics.failed(call.began.elapsed(), false);
    })?;
    let circumstances = call.circumstances(None);
    let given = predict(app, &choice, &arranged, circumstances, call.began).await?;
    let written = Instant::now();
    let outputs = &given.predicted.outputs;
    let body = scoring::write(outputs, arranged.as_records, &given.withheld);
    given.count(written);
    let mut answer = reply::bytes(body);
    mark(&mut answer, &given, &arranged.extra);
    Ok(answer)
}

fn content_type(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let plain = |value: &HeaderValue| value.to_str().is_ok();
    match headers.get(CONTENT_TYPE) {
        Some(value) if !plain(value) => Err(Refusal::invalid("the content type is no plain text")),
        value => Ok(value.and_then(|value| value.to_str().ok())),
    }
}

/// Says in headers which version answered, and what is to be known of its answer.
pub(super) fn mark(answer: &mut Response, given: &Given, extra: &[String]) {
    mark_rows(answer, &given.loaded.version, &given.marks);
    let headers = answer.headers_mut();
    if let Some(troubles) = given.troubles(NAMED).and_then(|troubles| plain(&troubles, 4_000)) {
        headers.insert(FEATURES.clone(), troubles);
    }
    if let (false, Some(named)) = (extra.is_empty(), plain(&extra.join(", "), 500)) {
        let named = named.to_str().unwrap_or_default();
        let warning = format!("columns that the model does not take were left out: {named}");
        if let Ok(warning) = HeaderValue::try_from(warning) {
            headers.insert(WARNING.clone(), warning);
        }
    }
}

/// Says in headers which version answered, under which ids, and how many rows cannot be right.
pub(super) fn mark_rows(answer: &mut Response, version: &str, marks: &[Mark]) {
    let headers = answer.headers_mut();
    if let Ok(version) = HeaderValue::try_from(version) {
        headers.insert(VERSION.clone(), version);
    }
    let ids: Vec<String> = marks.iter().take(NAMED).map(|mark| mark.id.to_string()).collect();
    if let (false, Ok(ids)) = (ids.is_empty(), HeaderValue::try_from(ids.join(","))) {
        headers.insert(PREDICTION.clone(), ids);
    }
    let invalid = marks.iter().filter(|mark| mark.is_invalid()).count();
    if invalid > 0 {
        headers.insert(INVALID.clone(), HeaderValue::from(invalid));
    }
}

/// A text as a header can hold it, and not more than so much of it.
fn plain(text: &str, most: usize) -> Option<HeaderValue> {
    let plain = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    HeaderValue::try_from(text.chars().take(most).map(plain).collect::<String>()).ok()
}
