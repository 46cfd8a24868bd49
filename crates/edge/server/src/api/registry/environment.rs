//! How to rebuild what a model needs, as the files beside it say.
//!
//! Where its files are comes in; `requirements.txt blake3:…` goes out, if this server gives access to
//! them and one of the files that clients write is there. A store that cannot be asked is as one that
//! has none: the version is registered all the same, and says less.

use catalog::registry::{self, NewVersion};
use catalog::{CatalogError, runs};
use database::Tx;
use futures_util::TryStreamExt;
use types::Digest;

use crate::app::App;
use crate::ask::Ask;
use crate::error::ApiError;

/// The files that say it, the most exact first.
const FILES: [&str; 4] = ["requirements.txt", "conda.yaml", "python_env.yaml", "uv.lock"];

/// A file of requirements that is larger is none.
const LARGEST: u64 = 1 << 20;

/// For a version that is to be registered.
pub(super) async fn of_new(ask: &Ask, new: &NewVersion) -> Result<Option<String>, ApiError> {
    if new.is_prompt() {
        return Ok(None);
    }
    let (workspace, new) = (ask.workspace.clone(), new.clone());
    let place = ask
        .read(move |tx| {
            let storage = registry::resolve(tx, &workspace, &new)?.storage;
            of_run(tx, &workspace, storage)
        })
        .await?;
    Ok(beside(&ask.app, &place).await)
}

/// For a version that is there.
pub(super) async fn of_version(
    ask: &Ask,
    name: &str,
    version: &str,
) -> Result<Option<String>, ApiError> {
    let (workspace, name) = (ask.workspace.clone(), name.to_owned());
    let version = version.to_owned();
    let place = ask
        .read(move |tx| {
            let storage = registry::download_uri(tx, &workspace, &name, &version)?;
            of_run(tx, &workspace, storage)
        })
        .await?;
    Ok(beside(&ask.app, &place).await)
}

/// `runs:/RUN/path` as the place where the artifacts of the run are.
fn of_run(tx: &mut Tx<'_>, workspace: &str, storage: String) -> Result<String, CatalogError> {
    let Some(path) = storage.strip_prefix("runs:/") else { return Ok(storage) };
    let (run, path) = path.split_once('/').unwrap_or((path, ""));
    let root = runs::get(tx, workspace, run).map(|run| run.info.artifact_uri);
    Ok(root.map_or(storage.clone(), |root| format!("{}/{path}", root.trim_end_matches('/'))))
}

async fn beside(app: &App, place: &str) -> Option<String> {
    let folder = place.strip_prefix("mlflow-artifacts:/")?.trim_matches('/');
    for file in FILES {
        if let Some(digest) = digest(app, &format!("{folder}/{file}")).await {
            return Some(format!("{file} blake3:{digest}"));
        }
    }
    None
}

async fn digest(app: &App, path: &str) -> Option<Digest> {
    let download = app.artifacts().get(&path.parse().ok()?, None).await.ok()?;
    if download.size > LARGEST {
        return None;
    }
    let chunks: Vec<bytes::Bytes> = download.stream.try_collect().await.ok()?;
    Some(Digest::of(&chunks.concat()))
}
