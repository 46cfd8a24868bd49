//! The artifacts of a database: those that its server gave access to, and those elsewhere.

use std::path::{Path, PathBuf};

use artifacts::{ArtifactPath, Store};
use futures_util::{StreamExt, TryStreamExt};

use super::Mlflow;
use crate::source::{File, Owner};
use crate::{ByteStream, ExchangeError, Result};

/// The folder that MLflow's server uses where it is told none.
const DEFAULT: &str = "mlartifacts";

/// Opens the place that the server gave access to.
pub(super) fn beside(file: &Path, artifacts: Option<&str>) -> Result<Option<Store>> {
    let beside = file.parent().unwrap_or(Path::new("")).join(DEFAULT);
    let place = match artifacts {
        Some(place) => place.to_owned(),
        None if beside.is_dir() => beside.display().to_string(),
        None => return Ok(None),
    };
    if !place.contains("://") && !Path::new(&place).is_dir() {
        return Err(ExchangeError::File {
            file: place,
            why: "no such folder; name the one that the server had as --artifacts-destination"
                .to_owned(),
        });
    }
    Ok(Some(Store::open(&place)?))
}

/// A store, and the folder in it that is meant.
fn place(source: &Mlflow, of: &Owner<'_>) -> Result<(Store, ArtifactPath)> {
    if let Some(folder) = of.proxied() {
        let store = source.artifacts.clone().ok_or_else(|| {
            ExchangeError::Missing(
                "where the artifacts are is not known: name the folder that the server had as \
                 --artifacts-destination with --artifacts"
                    .to_owned(),
            )
        })?;
        return Ok((store, ArtifactPath::parse(folder)?));
    }
    let uri = of.uri();
    let (store, top) = match local(&source.file, uri) {
        Some(folder) => (Store::open(&folder.display().to_string())?, ArtifactPath::root()),
        None => (Store::open(uri)?, ArtifactPath::root()),
    };
    Ok((store, top))
}

/// The folder on this machine that an address names. A relative one counts from where the database
/// is, as MLflow is mostly started there.
fn local(file: &Path, uri: &str) -> Option<PathBuf> {
    if let Some(path) = uri.strip_prefix("file:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
        return Some(PathBuf::from(decoded.as_ref()));
    }
    if uri.contains(':') {
        return None;
    }
    Some(file.parent().unwrap_or(Path::new("")).join(uri))
}

pub(super) fn all(source: &Mlflow, of: &Owner<'_>) -> Result<Vec<File>> {
    if of.uri().is_empty() {
        return Ok(vec![]);
    }
    let (store, folder) = place(source, of)?;
    let found: Vec<artifacts::Found> =
        source.runtime.block_on(store.walk(&folder).try_collect())?;
    let file = |found: artifacts::Found| {
        let path = found.path.below(&folder)?.as_str().to_owned();
        Some(File { path, size: Some(found.head.size) })
    };
    Ok(found.into_iter().filter_map(file).collect())
}

pub(super) fn open(source: &Mlflow, of: &Owner<'_>, path: &str) -> Result<ByteStream> {
    let (store, folder) = place(source, of)?;
    let download = source.runtime.block_on(store.get(&folder.join(path)?, None))?;
    Ok(download.stream.map_err(std::io::Error::other).boxed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_on_this_machine_are_known() {
        let of =
            |uri| local(Path::new("/srv/mlflow.db"), uri).map(|path| path.display().to_string());
        for (uri, path) in [
            ("/a/mlruns/1/r/artifacts", Some("/a/mlruns/1/r/artifacts")),
            ("file:///a/b%20c", Some("/a/b c")),
            ("./mlruns/1", Some("/srv/./mlruns/1")),
            ("s3://bucket/1", None),
            ("mlflow-artifacts:/1", None),
        ] {
            assert_eq!(of(uri).as_deref(), path, "{uri}");
        }
    }
}
