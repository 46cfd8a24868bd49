//! Where a new version comes from: checked, so that nobody registers files that are not theirs to
//! name, and followed to the place where the files are.
//!
//! What is refused, and in which words, is what clients of the protocol know.

mod host;
mod named;
mod owner;

use database::Tx;

use super::models;
use super::names::{check_name, check_tag};
use super::uri::Uri;
use crate::names::check_text;
use crate::{CatalogError, Tag, logged_models};

pub use host::check_host;

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
    /// The digest of the statement that was signed about its files, if the caller had it signed.
    pub signature: Option<String>,
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
        if self.is_prompt() && !is_placeholder(&self.source) {
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

/// Whether a source is one of those that prompts have: there are no files.
pub(super) fn is_placeholder(source: &str) -> bool {
    PROMPT_SOURCES.contains(&source)
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
        if let Some((held, run)) = named::registered_source(tx, workspace, new)? {
            (source, run_id) = (held, new.run_id.clone().or(run));
        }
        let run = run_id.as_deref().unwrap_or_default();
        owner::check(tx, workspace, &source, run, model_id.as_deref())?;
    }
    let mut run_id = Some(run_id.unwrap_or_default());
    let no_run = |run: &Option<String>| run.as_ref().is_none_or(String::is_empty);
    let mut storage = source.clone();
    if Uri::of(&source).scheme == "models" {
        let (place, run) = named::files(tx, workspace, &source).map_err(|error| {
            let what = error.message;
            CatalogError::invalid(format!(
                "Unable to fetch model from model URI source artifact location '{source}'.\
                 Error: {what}"
            ))
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
