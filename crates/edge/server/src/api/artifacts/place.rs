//! Where the artifacts of a run or a model are: in the store that this server passes on, or in another
//! place that it was given. It opens no other: a location is text that a client made up.

use artifacts::{ArtifactPath, Store};
use catalog::CatalogError;

use super::path::{below, parse, scoped};
use crate::app::App;
use crate::error::ApiError;

/// What an address begins with that names a path in the store of a server like this.
const PROXIED: [&str; 3] = ["mlflow-artifacts:", "http:", "https:"];

/// Where a path begins in an address of HTTP.
const ANCHOR: &str = "/api/2.0/mlflow-artifacts/artifacts/";

/// A folder in a store.
pub(crate) struct Place {
    /// The store.
    pub(crate) store: Store,
    /// The folder.
    pub(crate) folder: ArtifactPath,
}

impl Place {
    /// The place that an address names.
    pub(crate) fn of(app: &App, workspace: &str, uri: &str) -> Result<Self, ApiError> {
        if is_proxied(uri) {
            super::door::must_serve(app)?;
            let folder = scoped(app, workspace, parse(proxied_path(uri)?)?)?;
            return Ok(Self { store: app.artifacts().clone(), folder });
        }
        let roots = [
            app.root_store().map(|store| (app.options().artifact_root.as_str(), store)),
            Some((app.artifacts().uri(), app.artifacts())),
        ];
        for (root, store) in roots.into_iter().flatten() {
            if let Some(rest) = rest_of(uri, root) {
                return Ok(Self { store: store.clone(), folder: parse(rest)? });
            }
        }
        Err(CatalogError::invalid(format!(
            "artifacts at '{uri}' are not within reach of this server: it opens only its artifact \
             root and its artifacts destination"
        ))
        .into())
    }

    /// A path below the folder; the folder itself for none.
    pub(super) fn at(&self, path: &str) -> Result<ArtifactPath, ApiError> {
        below(&self.folder, &parse(path)?)
    }
}

/// Whether an address names a path in the store of a server, which passes it on.
pub(super) fn is_proxied(uri: &str) -> bool {
    PROXIED.iter().any(|scheme| uri.starts_with(scheme))
}

/// Opens the place where clients put artifacts themselves, if it is such a place and one that this
/// server knows.
pub(crate) fn open_root(root: &str) -> Option<Store> {
    if is_proxied(root) {
        return None;
    }
    let opened = Store::open(root);
    opened.inspect_err(|error| tracing::warn!("artifacts stay out of reach: {error}")).ok()
}

/// The path that such an address names.
fn proxied_path(uri: &str) -> Result<&str, ApiError> {
    let path = match uri.strip_prefix(PROXIED[0]) {
        Some(rest) => match rest.strip_prefix("//") {
            Some(rest) => rest.split_once('/').map(|(_, path)| path),
            None => Some(rest),
        },
        None => uri.split_once(ANCHOR).map(|(_, path)| path),
    };
    let path = path.map(|path| path.trim_matches('/'));
    path.ok_or_else(|| {
        CatalogError::invalid(format!("'{uri}' names no path of artifacts on this server")).into()
    })
}

/// What follows a root in an address, if it is below the root.
fn rest_of<'a>(uri: &'a str, root: &str) -> Option<&'a str> {
    let rest = uri.strip_prefix(root.trim_end_matches('/'))?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_paths() {
        for (uri, path) in [
            ("mlflow-artifacts:/1/r/artifacts", "1/r/artifacts"),
            ("mlflow-artifacts://host:8080/1/r", "1/r"),
            ("mlflow-artifacts:/", ""),
            ("http://host/x/api/2.0/mlflow-artifacts/artifacts/1/r/", "1/r"),
        ] {
            assert_eq!(proxied_path(uri).unwrap(), path, "{uri}");
        }
        assert!(proxied_path("https://host/elsewhere").is_err());
        assert_eq!(rest_of("s3://b/p/1/r", "s3://b/p/"), Some("1/r"));
        assert_eq!(rest_of("s3://b/private", "s3://b/p"), None);
    }
}
