//! Signed addresses: clients read from and write to a remote store without this server in between.

use std::time::Duration;

use artifacts::{ArtifactError, ArtifactPath, Store};
use catalog::CatalogError;
use serde_json::json;

use super::door::Door;
use super::owned::{uri_of_model, uri_of_run};
use super::path::{file, scoped};
use super::place::{Place, is_proxied};
use super::refusal::{said, unsupported};
use crate::ask::Ask;
use crate::error::ApiError;
use crate::reply::{Answer, json};

/// How long an address holds if nothing is said, in seconds.
const UPLOADS: i64 = 900;
const DOWNLOADS: i64 = 300;
/// The longest time for which remote stores take an address: seven days.
const LONGEST: i64 = 604_800;

/// An address for a file of the store that this server passes on.
pub(super) async fn proxied(door: Door) -> Answer {
    door.must_serve()?;
    let path = scoped(&door.app, &door.workspace, file(door.path()?)?)?;
    let valid = Duration::from_secs(DOWNLOADS as u64);
    let (url, size) = address(door.app.artifacts(), &path, valid, "Multipart download").await?;
    Ok(json(&json!({ "url": url, "headers": {}, "file_size": size })))
}

/// An address for a file of a run whose artifacts are in a remote store.
pub(super) async fn download(ask: Ask) -> Answer {
    let run = ask.fields.text("run_id")?.to_owned();
    let path = file(ask.fields.text("path")?)?;
    let valid = valid(&ask, DOWNLOADS)?;
    let uri = uri_of_run(&ask.app, &ask.workspace, run).await?;
    let place = place(&ask, &uri, "download")?;
    let path = place.at(path.as_str())?;
    let (url, size) = address(&place.store, &path, valid, "Presigned download").await?;
    Ok(json(&json!({ "presigned_url": url, "file_size": size })))
}

/// An address to which a file of a run or a logged model can be written.
pub(super) async fn upload(ask: Ask) -> Answer {
    let some = |name: &str| {
        Ok::<_, CatalogError>(ask.fields.opt_text(name)?.unwrap_or_default().to_owned())
    };
    let (run, model) = (some("run_id")?, some("model_id")?);
    if run.is_empty() == model.is_empty() {
        let message = "Exactly one of run_id and model_id must be provided.";
        return Err(CatalogError::invalid(message).into());
    }
    let path = file(ask.fields.text("path")?)?;
    let valid = valid(&ask, UPLOADS)?;
    let uri = match model.is_empty() {
        true => uri_of_run(&ask.app, &ask.workspace, run).await?,
        false => uri_of_model(&ask.app, &ask.workspace, model).await?,
    };
    let place = place(&ask, &uri, "upload")?;
    let url = place.store.presigned_put(&place.at(path.as_str())?, valid).await;
    let url = url.map_err(|error| or_unsupported(error, "Presigned upload"))?;
    Ok(json(&json!({ "presigned_url": url })))
}

/// An address to read a file at, and how many bytes it has.
async fn address(
    store: &Store,
    path: &ArtifactPath,
    valid: Duration,
    what: &str,
) -> Result<(String, u64), ApiError> {
    if !store.offers_urls() {
        return Err(unsupported(what));
    }
    let head = store.head(path).await.map_err(said)?;
    let url = store.presigned_get(path, valid).await;
    Ok((url.map_err(|error| or_unsupported(error, what))?, head.size))
}

fn or_unsupported(error: ArtifactError, what: &str) -> ApiError {
    match error {
        ArtifactError::Unsupported { .. } => unsupported(what),
        error => said(error),
    }
}

/// The place of an address that is not passed on by this server.
fn place(ask: &Ask, uri: &str, what: &str) -> Result<Place, ApiError> {
    if is_proxied(uri) {
        let scheme = uri.split(':').next().unwrap_or_default();
        return Err(CatalogError::invalid(format!(
            "Presigned {what} is not supported for proxied artifact storage (artifact URI scheme: \
             {scheme}). This endpoint requires a direct cloud storage artifact URI."
        ))
        .into());
    }
    Place::of(&ask.app, &ask.workspace, uri)
}

/// How long an address is to hold.
fn valid(ask: &Ask, default: i64) -> Result<Duration, CatalogError> {
    let seconds = ask.fields.opt_int("expiration")?.unwrap_or(default);
    match u64::try_from(seconds) {
        Ok(valid) if (1..=LONGEST).contains(&seconds) => Ok(Duration::from_secs(valid)),
        _ => Err(CatalogError::invalid(format!(
            "expiration must be between 1 and {LONGEST} seconds (got {seconds})."
        ))),
    }
}
