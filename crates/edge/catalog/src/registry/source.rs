//! Where a new version comes from: checked, so that nobody registers files that are not theirs to
//! name, and followed to the place where the files are.
//!
//! What is refused, and in which words, is what clients of the protocol know.

use database::Tx;

use super::aliases;
use super::models;
use super::names::{check_name, check_tag, parse_version};
use super::uri::{Uri, decoded, local_path};
use super::versions;
use crate::names::check_text;
use crate::{CatalogError, Code, Tag, logged_models, runs};

/// What prompts say in place of a source.
const PROMPT_SOURCES: [&str; 2] = ["dummy-source", "prompt-template"];

/// The tag of a logged model that lists the versions it was registered as.
const VERSIONS_TAG: &str = "mlflow.modelVersions";

/// A version that is to be registered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewVersion {
    /// The model that it is a version of.
    pub name: String,
    /// Where its files are: `models:/m-…`, `runs:/…`, `mlflow-artifacts:/…`, `s3://…`.
    pub source: String,
    /// The run that made it, if the request says one.
    pub run_id: Option<String>,
    /// The logged model that it is, if the request says one.
    pub model_id: Option<String>,
    /// A link to the run.
    pub run_link: String,
    /// What it is.
    pub description: String,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// Where a version comes from, followed to its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The source as it is kept.
    pub source: String,
    /// Where the files are.
    pub storage: String,
    /// The run that made it; may be empty.
    pub run_id: Option<String>,
    /// The logged model that it is.
    pub model_id: Option<String>,
}

impl NewVersion {
    /// Whether it is a version of a prompt.
    pub fn is_prompt(&self) -> bool {
        let mark = self.tags.iter().rev().find(|tag| tag.key == models::IS_PROMPT);
        mark.is_some_and(|tag| tag.value.to_lowercase() == "true")
    }

    fn check(&self) -> Result<(), CatalogError> {
        if self.is_prompt() && !PROMPT_SOURCES.contains(&self.source.as_str()) {
            return Err(CatalogError::invalid(format!(
                "Invalid prompt source: '{}'. Prompt sources must use an MLflow placeholder.",
                self.source
            )));
        }
        check_name(&self.name)?;
        self.tags.iter().try_for_each(|tag| check_tag(&tag.key, &tag.value, true))?;
        let id = |id: &Option<String>| id.clone().unwrap_or_default();
        for (path, text) in [
            ("source", &self.source),
            ("run_id", &id(&self.run_id)),
            ("model_id", &id(&self.model_id)),
            ("run_link", &self.run_link),
            ("description", &self.description),
        ] {
            check_text(path, text)?;
        }
        Ok(())
    }
}

/// Follows the source of a version to its files; refuses one that is not for the caller to name.
pub fn resolve(
    tx: &mut Tx<'_>,
    workspace: &str,
    new: &NewVersion,
) -> Result<Resolved, CatalogError> {
    new.check()?;
    let (mut source, mut run_id) = (new.source.clone(), new.run_id.clone());
    let model_id = new.model_id.clone().filter(|id| !id.is_empty());
    if !new.is_prompt() {
        if let Some((held, run)) = registered_source(tx, workspace, new)? {
            (source, run_id) = (held, new.run_id.clone().or(run));
        }
        let run = run_id.as_deref().unwrap_or_default();
        check(tx, workspace, &source, run, model_id.as_deref())?;
    }
    let mut run_id = Some(run_id.unwrap_or_default());
    let no_run = |run: &Option<String>| run.as_ref().is_none_or(String::is_empty);
    let mut storage = source.clone();
    if Uri::of(&source).scheme == "models" {
        let (place, run) = files(tx, workspace, &source).map_err(|error| {
            let what = error.message;
            CatalogError::new(
                Code::InternalError,
                format!(
                    "Unable to fetch model from model URI source artifact location '{source}'.\
                     Error: {what}"
                ),
            )
        })?;
        storage = place;
        if no_run(&run_id) {
            run_id = run.or(run_id);
        }
    }
    if let Some(id) = model_id.as_deref().filter(|_| no_run(&run_id)) {
        run_id = Some(logged_models::get(tx, workspace, id, false)?.info.source_run_id);
    }
    Ok(Resolved { source, storage, run_id, model_id })
}

/// What `models:/…` names.
enum Named {
    Logged(String),
    Version { name: String, version: i64 },
    Stage { name: String, stage: String },
    Latest { name: String },
    Alias { name: String, alias: String },
}

impl Named {
    fn read(source: &str) -> Option<Self> {
        // A fragment belongs to the name here.
        let path = source.split_once(':')?.1.strip_prefix('/')?;
        let path = path.split('?').next().unwrap_or_default().trim_start_matches('/');
        let (name, suffix) = path.split_once('/').map_or((path, None), |(a, b)| (a, Some(b)));
        if name.trim().is_empty() || suffix.is_some_and(|s| s.contains('/') || s.trim().is_empty())
        {
            return None;
        }
        let name = name.to_owned();
        match suffix {
            Some(suffix) if suffix.chars().all(|c| c.is_ascii_digit()) => {
                Some(Self::Version { name, version: suffix.parse().ok()? })
            }
            Some(suffix) if suffix.eq_ignore_ascii_case("latest") => Some(Self::Latest { name }),
            Some(suffix) => Some(Self::Stage { name, stage: suffix.to_owned() }),
            None => match name.rsplit_once('@') {
                Some((_, alias)) if alias.trim().is_empty() => None,
                Some((name, alias)) => {
                    Some(Self::Alias { name: name.to_owned(), alias: alias.to_owned() })
                }
                None => Some(Self::Logged(name)),
            },
        }
    }
}

/// A source that is a registered version: as it is kept, with the run of that version.
fn registered_source(
    tx: &mut Tx<'_>,
    workspace: &str,
    new: &NewVersion,
) -> Result<Option<(String, Option<String>)>, CatalogError> {
    let source = &new.source;
    let uri = Uri::of(source);
    if uri.scheme != "models" {
        return Ok(None);
    }
    let invalid = |why: &str| {
        CatalogError::invalid(format!("Invalid model version source: '{source}'. {why}"))
    };
    if !uri.authority.is_empty() {
        return Err(invalid("Registered model sources must use the active model registry."));
    }
    let named = Named::read(source).ok_or_else(|| not_of(source, "model_id"))?;
    let name = match &named {
        Named::Logged(_) => return Ok(None),
        Named::Version { name, .. }
        | Named::Stage { name, .. }
        | Named::Latest { name }
        | Named::Alias { name, .. } => name.clone(),
    };
    let model = models::find(tx, workspace, &name)?;
    if models::is_prompt(tx, &model)? {
        return Err(invalid("Prompt versions cannot be used as model version sources."));
    }
    let version = number(tx, workspace, named)?;
    let held = versions::get_version(tx, workspace, &name, &version.to_string())?;
    let other_run = new.run_id.as_ref().is_some_and(|run| *run != text(&held.run_id));
    if other_run || new.model_id.as_ref().is_some_and(|id| !id.is_empty()) {
        return Err(invalid(
            "The run_id and model_id request parameters must match the referenced model version.",
        ));
    }
    Ok(Some((format!("models:/{name}/{version}"), held.run_id)))
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

/// The number of the version that is named.
fn number(tx: &mut Tx<'_>, workspace: &str, named: Named) -> Result<i64, CatalogError> {
    match named {
        Named::Version { version, .. } => Ok(version),
        Named::Alias { name, alias } => {
            parse_version(&aliases::get_by_alias(tx, workspace, &name, &alias)?.version)
        }
        Named::Stage { name, stage } => newest(tx, workspace, &name, &[stage]),
        Named::Latest { name } | Named::Logged(name) => newest(tx, workspace, &name, &[]),
    }
}

fn newest(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    stages: &[String],
) -> Result<i64, CatalogError> {
    let latest = models::latest_versions(tx, workspace, name, stages)?;
    let numbers = latest.iter().filter_map(|version| version.version.parse::<i64>().ok());
    numbers.max().ok_or_else(|| {
        let stage = stages.first().map(|stage| format!(" and stage '{stage}'"));
        CatalogError::new(
            Code::InternalError,
            format!("No versions of model with name '{name}'{} found", stage.unwrap_or_default()),
        )
    })
}

/// Where the files of `models:/…` are, and the run that made them.
fn files(
    tx: &mut Tx<'_>,
    workspace: &str,
    source: &str,
) -> Result<(String, Option<String>), CatalogError> {
    match Named::read(source) {
        Some(Named::Logged(id)) => {
            let info = logged_models::get(tx, workspace, &id, false)?.info;
            Ok((info.artifact_uri, Some(info.source_run_id).filter(|run| !run.is_empty())))
        }
        Some(Named::Version { name, version }) => {
            let place = versions::download_uri(tx, workspace, &name, &version.to_string())?;
            Ok((place, Some(String::new())))
        }
        _ => Err(not_of(source, "model_id")),
    }
}

/// Refuses a source that does not belong to the run or the logged model which the request says.
fn check(
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

fn not_of(source: &str, what: &str) -> CatalogError {
    CatalogError::invalid(format!(
        "Invalid model version source: '{source}'. The {what} request parameter must identify the \
         resource that contains the source."
    ))
}

/// Writes into a logged model's tag that it was registered as this version.
pub(super) fn tell_logged_model(
    tx: &mut Tx<'_>,
    workspace: &str,
    model_id: &str,
    name: &str,
    version: i64,
) -> Result<(), CatalogError> {
    let held = logged_models::get(tx, workspace, model_id, false)?.info.tags;
    let held = held.into_iter().find(|tag| tag.key == VERSIONS_TAG);
    let mut all: Vec<serde_json::Value> =
        held.and_then(|tag| serde_json::from_str(&tag.value).ok()).unwrap_or_default();
    let this = serde_json::json!({ "name": name, "version": version });
    if !all.contains(&this) {
        all.push(this);
    }
    let value = serde_json::Value::Array(all).to_string();
    let tag = Tag { key: VERSIONS_TAG.to_owned(), value };
    logged_models::set_tags(tx, workspace, model_id, &[tag])
}

/// Refuses a source by which the server, or a client of it, would be led to a host that is not one
/// of those where this server keeps artifacts (`roots`).
pub fn check_host(source: &str, roots: &[&str]) -> Result<(), CatalogError> {
    let uri = Uri::of(source);
    let Some(targets) = targets(&uri) else { return Ok(()) };
    let trusted: Vec<Target> =
        roots.iter().filter_map(|root| self::targets(&Uri::of(root))).flatten().collect();
    if targets.iter().any(|target| trusted.contains(target)) {
        return Ok(());
    }
    let scheme = uri.scheme;
    Err(CatalogError::invalid(format!(
        "'source' cannot use the '{scheme}' scheme: the '{scheme}' scheme addresses a host other \
         than the tracking server's configured artifact storage, so the server would connect to \
         the host named in the URI. Put the files where this server keeps artifacts."
    )))
}

/// A family of schemes, a host and a port, if it is known.
type Target = (&'static str, String, Option<u16>);

/// The hosts that an address leads to; `None` if it does not choose one.
fn targets(uri: &Uri<'_>) -> Option<Vec<Target>> {
    let (family, ports): (_, &[u16]) = match uri.scheme.as_str() {
        "ftp" => ("ftp", &[21]),
        "sftp" => ("sftp", &[22]),
        "hdfs" | "viewfs" => ("hdfs", &[]),
        "http" => ("http", &[80]),
        "https" => ("http", &[443]),
        "mlflow-artifacts" if uri.authority.is_empty() => return None,
        "mlflow-artifacts" => ("http", &[80, 443]),
        "r2" => ("r2", &[443]),
        "b2" => ("b2", &[443]),
        "abfss" => ("abfss", &[443]),
        _ => return None,
    };
    let odd = uri.authority.contains(|c: char| c == '\\' || c.is_whitespace());
    let target = |port| (family, uri.host(), port);
    Some(match uri.port() {
        _ if odd => vec![],
        Err(()) => vec![],
        Ok(Some(port)) => vec![target(Some(port))],
        Ok(None) if ports.is_empty() => vec![target(None)],
        Ok(None) => ports.iter().map(|port| target(Some(*port))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_leads_to_no_other_host() {
        let roots = ["mlflow-artifacts:/", "https://store:8443/a"];
        for good in
            ["s3://bucket/a", "mlflow-artifacts:/1/x", "/a", "https://store:8443/b", "runs:/r/m"]
        {
            check_host(good, &roots).unwrap();
        }
        for bad in [
            "http://store/a",
            "https://store/a",
            "ftp://store/a",
            "mlflow-artifacts://store/a",
            "abfss://c@account.dfs.core.windows.net/a",
            "https://store:8443\\@other/a",
            "https://store:x/a",
        ] {
            check_host(bad, &roots).unwrap_err();
        }
    }

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
