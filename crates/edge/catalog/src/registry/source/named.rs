//! Sources that are something in the registry or beside it: `models:/m-…`, `models:/name/3`,
//! `models:/name@champion`.

use database::Tx;

use super::super::names::parse_version;
use super::super::uri::Uri;
use super::super::{aliases, models, versions};
use super::NewVersion;
use super::owner::not_of;
use crate::{CatalogError, Code, logged_models};

/// What `models:/…` names.
pub(super) enum Named {
    Logged(String),
    Version { name: String, version: i64 },
    Stage { name: String, stage: String },
    Latest { name: String },
    Alias { name: String, alias: String },
}

impl Named {
    /// Reads the address; `None` if it names nothing.
    pub(super) fn read(source: &str) -> Option<Self> {
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
pub(super) fn registered_source(
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
pub(super) fn files(
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
