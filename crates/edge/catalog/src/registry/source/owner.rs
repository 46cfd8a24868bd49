//! Whether a source belongs to the run or the logged model that a request says: nobody registers files
//! that are not theirs to name. Paths are held against each other as text; no file is looked at.

use database::Tx;

use super::super::uri::{Uri, decoded, local_path};
use super::named::Named;
use crate::{CatalogError, Code, logged_models, runs};

/// Refuses a source that does not belong to the run or the logged model which the request says.
pub(super) fn check(
    tx: &mut Tx<'_>,
    workspace: &str,
    source: &str,
    run: &str,
    model: Option<&str>,
) -> Result<(), CatalogError> {
    let what = if model.is_some() { "model_id" } else { "run_id" };
    let uri = Uri::of(source);
    if is_local(source, &uri)? {
        let root = root(tx, workspace, source, run, model)?;
        return match &root {
            Some(root) if is_in_folder(source, root) => Ok(()),
            Some(_) => Err(local(&shown(source), what)),
            None => Err(local(source, what)),
        };
    }
    check_plain(source)?;
    match uri.scheme.as_str() {
        "runs" if model.is_some() || !uri.authority.is_empty() => Err(not_of(source, what)),
        "runs" => {
            let named = uri.path.strip_prefix('/').unwrap_or_default();
            let named = named.split('/').next().unwrap_or_default();
            if !run.is_empty() && named == run { Ok(()) } else { Err(not_of(source, what)) }
        }
        "models" => match Named::read(source) {
            _ if !uri.authority.is_empty() => Err(not_of(source, "model_id")),
            Some(Named::Logged(id)) if model != Some(&id) => Err(not_of(source, "model_id")),
            Some(_) => Ok(()),
            None => Err(not_of(source, "model_id")),
        },
        _ if uri.is_proxied() => {
            let root = root(tx, workspace, source, run, model)?;
            match root.is_some_and(|root| uri.is_within(&Uri::of(&root))) {
                true => Ok(()),
                false => Err(not_of(source, what)),
            }
        }
        _ => Ok(()),
    }
}

/// Where the files of the logged model, or else of the run, are that the request says.
fn root(
    tx: &mut Tx<'_>,
    workspace: &str,
    source: &str,
    run: &str,
    model: Option<&str>,
) -> Result<Option<String>, CatalogError> {
    let (found, what) = match model {
        Some(id) => (logged_models::artifact_uri(tx, workspace, id), "model_id"),
        None if run.is_empty() => return Ok(None),
        None => (runs::get(tx, workspace, run).map(|run| run.info.artifact_uri), "run_id"),
    };
    match found {
        Ok(root) => Ok(Some(root)),
        Err(error) if error.code == Code::ResourceDoesNotExist => Err(not_of(source, what)),
        Err(error) => Err(error),
    }
}

/// Whether it names a file on the machine of whoever reads it.
fn is_local(source: &str, uri: &Uri<'_>) -> Result<bool, CatalogError> {
    if uri.scheme.is_empty() {
        return Ok(source != "databricks");
    }
    let host = uri.host();
    let remote = !(host.is_empty()
        || host == "."
        || host.starts_with("localhost")
        || host.starts_with("127.0.0.1"));
    if uri.scheme == "file" && remote {
        return Err(CatalogError::new(
            Code::InternalError,
            format!("{source} is not a valid remote uri: a file of another machine cannot be read"),
        ));
    }
    Ok(uri.scheme == "file")
}

fn is_in_folder(source: &str, root: &str) -> bool {
    let uri = Uri::of(root);
    let local = is_local(root, &uri).unwrap_or(false);
    match (local_path(source), local_path(root)) {
        (Some(source), Some(root)) => local && source.starts_with(&root),
        _ => false,
    }
}

/// A local source as a plain path.
fn shown(source: &str) -> String {
    local_path(source).map_or(source.to_owned(), |parts| format!("/{}", parts.join("/")))
}

/// Refuses a source that is not an absolute path as it stands: `..`, `.`, nothing.
fn check_plain(source: &str) -> Result<(), CatalogError> {
    let text = decoded(&source.replace('+', " ")).replace('+', " ");
    let path = Uri::of(&text).path.trim_end_matches('/');
    let upwards = text.split('/').any(|part| part == "..");
    let plain = path.split('/').all(|part| part != ".") && path.starts_with('/');
    if plain && !upwards && !text.contains('\0') {
        return Ok(());
    }
    Err(CatalogError::invalid(format!(
        "Invalid model version source: '{source}'. If supplying a source as an http, https, local \
         file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided \
         without relative path references present. Please provide an absolute path."
    )))
}

fn local(source: &str, what: &str) -> CatalogError {
    CatalogError::invalid(format!(
        "Invalid model version source: '{source}'. To use a local path as a model version source, \
         the {what} request parameter has to be specified and the local path has to be contained \
         within the artifact directory of the run specified by the {what}."
    ))
}

pub(super) fn not_of(source: &str, what: &str) -> CatalogError {
    CatalogError::invalid(format!(
        "Invalid model version source: '{source}'. The {what} request parameter must identify the \
         resource that contains the source."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_absolute_and_plain() {
        for good in ["s3://b/a", "models:/m/1", "mlflow-artifacts:/1/a b", "dbfs:/a/"] {
            check_plain(good).unwrap();
        }
        for bad in [
            "s3://b/a/../c",
            "s3://b",
            "s3:a/b",
            "mlflow-artifacts:/1/%2e%2e/2",
            "mlflow-artifacts:/1/%252e%252e/2",
            "mlflow-artifacts:/..%2f..%2fx",
            "s3://b/./a",
            "http://h/a%00",
        ] {
            check_plain(bad).unwrap_err();
        }
    }
}
