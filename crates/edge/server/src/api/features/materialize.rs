//! `/materialize` and `/materialize-incremental`: from the sources into the online store.
//!
//! The answer comes when all is in, or with `async=true` at once (202). A view that is at work already
//! is refused with 409 unless `force=true`; two at once do no harm, but the work is done twice.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use feature_online::{Claim, Serving, ServingError, Until, now_micros, parse_moment};
use serde::Deserialize;
use serde_json::json;

use super::refusal::Refusal;
use crate::app::App;
use crate::reply;

#[derive(Deserialize)]
struct SpanBody {
    #[serde(default)]
    start_ts: Option<String>,
    #[serde(default)]
    end_ts: Option<String>,
    #[serde(default)]
    feature_views: Option<Vec<String>>,
    #[serde(default)]
    disable_event_timestamp: bool,
}

#[derive(Deserialize)]
struct IncrementalBody {
    end_ts: String,
    #[serde(default)]
    feature_views: Option<Vec<String>>,
}

/// How it is done.
#[derive(Deserialize)]
pub struct How {
    #[serde(default, rename = "async")]
    in_background: Option<String>,
    #[serde(default)]
    force: Option<String>,
}

pub async fn span(
    State(app): State<App>,
    how: Result<Query<How>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let Query(how) = how?;
    let asked: SpanBody = super::body(body)?;
    let until = match asked.disable_event_timestamp {
        true => Until::Span(0, now_micros()),
        false => between(asked.start_ts.as_deref(), asked.end_ts.as_deref())?,
    };
    materialize(&app, &how, asked.feature_views, until).await
}

pub async fn incremental(
    State(app): State<App>,
    how: Result<Query<How>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let Query(how) = how?;
    let asked: IncrementalBody = super::body(body)?;
    let until = Until::Incremental(moment(&asked.end_ts)?);
    materialize(&app, &how, asked.feature_views, until).await
}

fn between(start: Option<&str>, end: Option<&str>) -> Result<Until, Refusal> {
    let (Some(start), Some(end)) = (start, end) else {
        let message = "start_ts and end_ts are required when disable_event_timestamp is False";
        return Err(ServingError::Asked(message.to_owned()).into());
    };
    let (from, to) = (moment(start)?, moment(end)?);
    if from >= to {
        let message = format!("start_ts ({start}) must be before end_ts ({end})");
        return Err(ServingError::Asked(message).into());
    }
    Ok(Until::Span(from, to))
}

fn moment(text: &str) -> Result<i64, Refusal> {
    let message = || format!("Invalid timestamp format: {text}; write 2026-11-23T12:30:00");
    parse_moment(text).ok_or_else(|| ServingError::Asked(message()).into())
}

/// What counts as yes in a query.
fn yes(said: Option<&String>) -> bool {
    said.is_some_and(|said| {
        matches!(said.to_ascii_lowercase().as_str(), "true" | "1" | "on" | "yes")
    })
}

async fn materialize(
    app: &App,
    how: &How,
    named: Option<Vec<String>>,
    until: Until,
) -> Result<Response, Refusal> {
    let serving = super::serving(app)?;
    let force = yes(how.force.as_ref());
    let meant = serving.clone();
    let (views, claim) = super::apart(move || {
        let views = meant.online_views(named.as_deref())?;
        let claim = if force { None } else { Some(meant.claim(&views)?) };
        Ok((views, claim))
    })
    .await?;
    let work = all(app.clone(), serving, views.clone(), claim, until);
    if !yes(how.in_background.as_ref()) {
        work.await?;
        return Ok(reply::bytes(b"null".to_vec()));
    }
    tokio::spawn(async move {
        if let Err(refusal) = work.await {
            tracing::error!(?refusal, "materialising in the background failed");
        }
    });
    let mut response = reply::json(&json!({ "status": "accepted", "feature_views": views }));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// Views one after the other: each has the machine to itself.
async fn all(
    app: App,
    serving: Arc<Serving>,
    views: Vec<String>,
    claim: Option<Claim>,
    until: Until,
) -> Result<(), Refusal> {
    for view in views {
        let serving = serving.clone();
        let done = super::apart(move || serving.materialize(&view, until, &mut |_| {})).await?;
        let written = done.loaded.written;
        app.meters().features().written(&done.view, written.taken, written.superseded);
        tracing::info!(
            view = done.view,
            rows = done.loaded.rows,
            entities = written.taken,
            resumed_at = done.loaded.resumed_at,
            "materialised"
        );
    }
    drop(claim);
    Ok(())
}
