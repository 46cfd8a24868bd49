//! The store, passed on: files are read, written, listed and deleted by their paths.

use artifacts::ArtifactPath;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt};

use super::door::{Door, must_serve};
use super::path::{file, parse, scoped};
use super::refusal::{Refusal, TooLarge, said};
use super::{listing, send};
use crate::api::runs::page_json;
use crate::ask::Ask;
use crate::reply::{Answer, bytes, nothing};

pub(super) async fn list(ask: Ask) -> Answer {
    must_serve(&ask.app)?;
    let asked = parse(ask.fields.opt_text("path")?.unwrap_or_default())?;
    let folder = scoped(&ask.app, &ask.workspace, asked)?;
    let lines = listing::of(ask.app.artifacts(), &folder, &ArtifactPath::root()).await?;
    Ok(bytes(page_json("files", &lines, None)))
}

pub(super) async fn download(door: Door) -> Result<Response, Refusal> {
    door.must_serve()?;
    let path = scoped(&door.app, &door.workspace, parse(door.path()?)?)?;
    send::file(door.app.artifacts(), &path, &door.headers).await
}

pub(super) async fn upload(door: Door) -> Result<Response, Refusal> {
    door.must_serve()?;
    let path = scoped(&door.app, &door.workspace, file(door.path()?)?)?;
    let limit = door.app.options().artifact_limit;
    let body = limited(door.body, &door.headers, limit);
    door.app.artifacts().put(&path, body).await?;
    Ok(nothing())
}

pub(super) async fn delete(door: Door) -> Answer {
    door.must_serve()?;
    let path = scoped(&door.app, &door.workspace, file(door.path()?.trim_end_matches('/'))?)?;
    door.app.artifacts().delete(&path).await.map_err(said)?;
    Ok(nothing())
}

/// Why a body ended before its end.
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// The bytes of a body as they come, which break off where there are more than the limit; at once, if
/// the client said that there will be.
pub(super) fn limited(
    body: Body,
    headers: &HeaderMap,
    limit: Option<u64>,
) -> impl Stream<Item = Result<Bytes, Broken>> + Send + use<> {
    let limit = limit.unwrap_or(u64::MAX);
    let told = headers.get(CONTENT_LENGTH).and_then(|told| told.to_str().ok()?.parse::<u64>().ok());
    let mut left = if told.is_some_and(|told| told > limit) { None } else { Some(limit) };
    let refused = futures_util::stream::iter(left.is_none().then(|| Err(TooLarge(limit).into())));
    let bytes = body.into_data_stream().map(move |chunk| {
        let chunk = chunk?;
        left = left.and_then(|left| left.checked_sub(chunk.len() as u64));
        left.map(|_| chunk).ok_or_else(|| TooLarge(limit).into())
    });
    refused.chain(bytes)
}
