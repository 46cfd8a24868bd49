//! The four things that a version must say about itself, taken from what clients log anyway.
//!
//! | | by default | or the tag |
//! |---|---|---|
//! | artifact location | where the version's files are | |
//! | code revision | `mlflow.source.git.commit` of the run, or of the logged model | `trimtab.code_revision` |
//! | environment | the requirements beside the files, as the caller found them | `trimtab.environment` |
//! | training data | the datasets that the run read, by name and digest | `trimtab.training_data` |

use database::{Tx, values};
use serde::Serialize;
use tracking::Metadata;

use super::book::Book;
use super::fact::Fact;
use super::models::Found;
use super::names::parse_version;
use super::policy::{self, Demand};
use super::source::Resolved;
use super::versions::{self, Place};
use crate::{CatalogError, Tag, logged_models, runs};

const CODE: &str = "trimtab.code_revision";
const ENVIRONMENT: &str = "trimtab.environment";
const DATA: &str = "trimtab.training_data";

/// The tag that says what is missing.
const MISSING: &str = "trimtab.missing";

/// The tag of runs and logged models with the revision of their code.
const COMMIT: &str = "mlflow.source.git.commit";

/// What a version says about itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionMetadata {
    /// Its model.
    pub name: String,
    /// Its number, as text.
    pub version: String,
    /// The four metadata; what is not known is empty.
    pub metadata: Metadata,
    /// Those that are not known, in words.
    pub missing: Vec<&'static str>,
}

/// What is known of a version that is about to be registered.
pub(super) fn derive(
    tx: &mut Tx<'_>,
    workspace: &str,
    resolved: &Resolved,
    environment: Option<&str>,
) -> Result<Metadata, CatalogError> {
    let run = resolved.run_id.as_deref().filter(|run| !run.is_empty());
    let (code, data) = match run {
        Some(run) => of_run(tx, workspace, run)?,
        None => (String::new(), String::new()),
    };
    let code = match &resolved.model_id {
        Some(model) if code.is_empty() => of_logged_model(tx, workspace, model)?,
        _ => code,
    };
    Ok(Metadata {
        artifact_location: resolved.storage.clone(),
        code_revision: code,
        environment: environment.unwrap_or_default().to_owned(),
        training_data: data,
    })
}

/// The code revision and the training data of a run, as far as they are known.
fn of_run(tx: &mut Tx<'_>, workspace: &str, run: &str) -> Result<(String, String), CatalogError> {
    let Ok(found) = runs::find(tx, workspace, run) else {
        return Ok((String::new(), String::new()));
    };
    let code = tx.first(
        "SELECT value FROM tag WHERE run = ?1 AND key = ?2",
        values![found.id, COMMIT],
        |row| row.get::<String>(0),
    )?;
    let inputs = tx.query(
        "SELECT d.name, d.digest, coalesce(t.value, '') FROM dataset_input i
         JOIN dataset d ON d.id = i.dataset
         LEFT JOIN dataset_input_tag t
             ON t.run = i.run AND t.dataset = i.dataset AND t.key = 'mlflow.data.context'
         WHERE i.run = ?1 ORDER BY d.name, d.digest",
        values![found.id],
        |row| {
            let reference = format!("{}@{}", row.get::<String>(0)?, row.get::<String>(1)?);
            Ok((reference, row.get::<String>(2)?.to_lowercase().starts_with("train")))
        },
    )?;
    // A dataset that was read for something else than training counts only if none was for that.
    let for_training = inputs.iter().any(|(_, training)| *training);
    let data: Vec<String> = inputs
        .into_iter()
        .filter(|(_, training)| *training || !for_training)
        .map(|(reference, _)| reference)
        .collect();
    Ok((code.unwrap_or_default(), data.join(", ")))
}

fn of_logged_model(tx: &mut Tx<'_>, workspace: &str, model: &str) -> Result<String, CatalogError> {
    let tags = match logged_models::get(tx, workspace, model, true) {
        Ok(model) => model.info.tags,
        Err(_) => vec![],
    };
    Ok(tags.into_iter().find(|tag| tag.key == COMMIT).map(|tag| tag.value).unwrap_or_default())
}

/// The metadata with the tags before what was derived.
fn with_tags(mut metadata: Metadata, tags: &[Tag]) -> Metadata {
    for (key, field) in [
        (CODE, &mut metadata.code_revision),
        (ENVIRONMENT, &mut metadata.environment),
        (DATA, &mut metadata.training_data),
    ] {
        let tag = tags.iter().rev().find(|tag| tag.key == key);
        if let Some(tag) = tag.filter(|tag| !tag.value.trim().is_empty()) {
            field.clone_from(&tag.value);
        }
    }
    metadata
}

/// What a version with these tags does not say.
pub(super) fn missing(metadata: &Metadata, tags: &[Tag]) -> Vec<&'static str> {
    with_tags(metadata.clone(), tags).missing()
}

/// Says in a tag what is missing.
pub(super) fn warn(tags: &mut Vec<Tag>, missing: &[&str]) {
    tags.retain(|tag| tag.key != MISSING);
    tags.push(Tag { key: MISSING.to_owned(), value: missing.join(", ") });
}

/// Says what is missing and how to give it.
pub(super) fn refuse(name: &str, missing: &[&str]) -> CatalogError {
    let how: Vec<&str> = missing
        .iter()
        .map(|what| match *what {
            "the code revision" => {
                "train from a git repository, or give the version the tag `trimtab.code_revision`"
            }
            "how to rebuild the environment" => {
                "log the model with its requirements, or give the version the tag \
                 `trimtab.environment`"
            }
            "a reference to the training data" => {
                "call mlflow.log_input in the run, or give the version the tag \
                 `trimtab.training_data`"
            }
            _ => "say a source",
        })
        .collect();
    CatalogError::invalid(format!(
        "a version of model '{name}' must say {}: {}",
        missing.join(" and "),
        how.join("; ")
    ))
}

/// What a version says about itself now; `environment` is what the caller found beside its files.
pub fn version_metadata(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    version: &str,
    environment: Option<&str>,
) -> Result<VersionMetadata, CatalogError> {
    let (_, place) = versions::find(tx, workspace, name, parse_version(version)?)?;
    let metadata = of_version(tx, workspace, place, environment)?;
    let missing = metadata.missing();
    let version = place.version.to_string();
    Ok(VersionMetadata { name: name.to_owned(), version, metadata, missing })
}

/// Tags before what was known at registration before what became known since.
pub(super) fn of_version(
    tx: &mut Tx<'_>,
    workspace: &str,
    place: Place,
    environment: Option<&str>,
) -> Result<Metadata, CatalogError> {
    let kept = tx.first(
        "SELECT metadata, source, storage, run_id, model_id FROM model_version WHERE id = ?1",
        values![place.id],
        |row| {
            let resolved = Resolved {
                source: row.get(1)?,
                storage: row.get(2)?,
                run_id: row.get(3)?,
                model_id: row.get(4)?,
            };
            Ok((row.get::<String>(0)?, resolved))
        },
    )?;
    let (json, resolved) = kept.ok_or_else(|| CatalogError::missing("the version is gone"))?;
    let mut held: Metadata = serde_json::from_str(&json).unwrap_or_default();
    let now = derive(tx, workspace, &resolved, environment)?;
    for (held, now) in [
        (&mut held.artifact_location, now.artifact_location),
        (&mut held.code_revision, now.code_revision),
        (&mut held.environment, now.environment),
        (&mut held.training_data, now.training_data),
    ] {
        if held.trim().is_empty() {
            *held = now;
        }
    }
    Ok(with_tags(held, &tags(tx, place)?))
}

fn tags(tx: &mut Tx<'_>, place: Place) -> Result<Vec<Tag>, CatalogError> {
    Ok(tx.query(
        "SELECT key, value FROM model_version_tag WHERE owner = ?1 ORDER BY key",
        values![place.id],
        |row| crate::sql::tag(row, 0),
    )?)
}

/// Behind a change of a tag: keeps the tag of what is missing true, and refuses the change if it
/// leaves a version without what its policy enforces.
pub(super) fn after_tag(
    book: &mut Book<'_, '_>,
    model: &Found,
    place: Place,
    key: &str,
) -> Result<(), CatalogError> {
    if ![CODE, ENVIRONMENT, DATA].contains(&key) {
        return Ok(());
    }
    let workspace = book.workspace();
    let missing = of_version(book.tx(), workspace, place, None)?.missing();
    let demand = policy::for_model(book.tx(), workspace, model)?.metadata;
    if demand == Demand::Enforce && !missing.is_empty() {
        return Err(refuse(&model.name, &missing));
    }
    let (held, wanted) = (versions::tag(book.tx(), place, MISSING)?, missing.join(", "));
    let version = Some(place.version);
    let fact = match held {
        Some(_) if missing.is_empty() => Fact::Untagged { version, key: MISSING.to_owned() },
        None if missing.is_empty() || demand == Demand::Off => return Ok(()),
        Some(held) if held == wanted => return Ok(()),
        _ => Fact::Tagged { version, key: MISSING.to_owned(), value: wanted },
    };
    book.enter(model.id, &model.name, fact, &[])?;
    Ok(())
}
