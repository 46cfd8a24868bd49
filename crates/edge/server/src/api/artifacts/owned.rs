//! The artifacts of a run, a logged model or a version of a registered model: listed, and sent to or
//! taken from a page in a browser.

use artifacts::ArtifactPath;
use axum::body::to_bytes;
use axum::response::Response;
use bytes::Bytes;
use catalog::{CatalogError, logged_models, registry, runs};
use serde_json::{Value, json};

use super::door::Door;
use super::path::{file, parse};
use super::place::Place;
use super::refusal::{Refusal, said};
use super::{listing, send};
use crate::app::App;
use crate::ask::Ask;
use crate::error::ApiError;
use crate::fields::missing;
use crate::reply::{Answer, bytes, json};

/// The largest file that a page may upload.
const UPLOAD: usize = 10 << 20;

pub(super) async fn list_of_run(ask: Ask) -> Answer {
    let path = parse(ask.fields.opt_text("path")?.unwrap_or_default())?;
    let run = ask.fields.either("run_id", "run_uuid")?.to_owned();
    let uri = uri_of_run(&ask.app, &ask.workspace, run).await?;
    list(&ask, &uri, &path).await
}

pub(super) async fn list_of_model(ask: Ask) -> Answer {
    let path = parse(ask.fields.opt_text("artifact_directory_path")?.unwrap_or_default())?;
    let model = ask.fields.text("model_id")?.to_owned();
    let uri = uri_of_model(&ask.app, &ask.workspace, model).await?;
    list(&ask, &uri, &path).await
}

async fn list(ask: &Ask, uri: &str, path: &ArtifactPath) -> Answer {
    let place = Place::of(&ask.app, &ask.workspace, uri)?;
    let lines = listing::of(&place.store, &place.at(path.as_str())?, path).await?;
    let mut answer = json!({ "root_uri": uri });
    if !lines.is_empty() {
        answer["files"] = serde_json::to_value(lines).unwrap_or(Value::Null);
    }
    Ok(json(&answer))
}

pub(super) async fn of_run(door: Door) -> Result<Response, Refusal> {
    let path = door.path()?.to_owned();
    let run = door.fields.either("run_id", "run_uuid")?.to_owned();
    let uri = uri_of_run(&door.app, &door.workspace, run).await?;
    one(door, &uri, &path).await
}

pub(super) async fn of_model(door: Door) -> Result<Response, Refusal> {
    let path = door.fields.text("artifact_file_path")?.to_owned();
    let model = door.fields.text("model_id")?.to_owned();
    let uri = uri_of_model(&door.app, &door.workspace, model).await?;
    one(door, &uri, &path).await
}

pub(super) async fn of_version(door: Door) -> Result<Response, Refusal> {
    let path = door.path()?.to_owned();
    let name = door.fields.text("name")?.to_owned();
    let version = door.fields.text("version")?.to_owned();
    let workspace = door.workspace.clone();
    let uri = door
        .app
        .db()
        .read(move |tx| registry::download_uri(tx, &workspace, &name, &version))
        .await
        .map_err(ApiError::from)?;
    one(door, &uri, &path).await
}

async fn one(door: Door, uri: &str, path: &str) -> Result<Response, Refusal> {
    let path = file(path)?;
    let place = Place::of(&door.app, &door.workspace, uri)?;
    send::file(&place.store, &place.at(path.as_str())?, &door.headers).await
}

pub(super) async fn upload(door: Door) -> Answer {
    let run = door.fields.opt_text("run_uuid")?.unwrap_or_default().to_owned();
    if run.is_empty() {
        return Err(CatalogError::invalid("Request must specify run_uuid.").into());
    }
    let path = door.fields.opt_text("path")?.unwrap_or_default();
    if path.is_empty() {
        return Err(CatalogError::invalid("Request must specify path.").into());
    }
    let path = file(path)?;
    let data = to_bytes(door.body, UPLOAD)
        .await
        .map_err(|_| CatalogError::invalid("Artifact size is too large. Max size is 10MB."))?;
    if data.is_empty() {
        return Err(CatalogError::invalid("Request must specify data.").into());
    }
    let uri = uri_of_run(&door.app, &door.workspace, run).await?;
    let place = Place::of(&door.app, &door.workspace, &uri)?;
    let body = futures_util::stream::iter([Ok::<Bytes, std::io::Error>(data)]);
    place.store.put(&place.at(path.as_str())?, body).await.map_err(said)?;
    Ok(bytes(Vec::new()))
}

/// Where the artifacts of a run are.
pub(super) async fn uri_of_run(
    app: &App,
    workspace: &str,
    run: String,
) -> Result<String, ApiError> {
    if run.is_empty() {
        return Err(missing("run_id").into());
    }
    let workspace = workspace.to_owned();
    Ok(app.db().read(move |tx| runs::artifact_uri(tx, &workspace, &run)).await?)
}

/// Where the files of a logged model are.
pub(super) async fn uri_of_model(
    app: &App,
    workspace: &str,
    model: String,
) -> Result<String, ApiError> {
    let workspace = workspace.to_owned();
    Ok(app.db().read(move |tx| logged_models::artifact_uri(tx, &workspace, &model)).await?)
}
