//! Versions of registered models.

use database::{Tx, values};
use serde::Serialize;
use types::Id;

use super::book::{Asked, Book};
use super::fact::{Fact, Registered};
use super::models::{self, Found};
use super::names::{self, DELETED, check_name, check_tag, parse_version};
use super::policy::{self, Demand};
use super::source::{self, NewVersion};
use super::{metadata, read, signature};
use crate::names::{check_key, check_text};
use crate::{CatalogError, Tag, sql};

/// A version, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelVersion {
    /// The name of its model.
    pub name: String,
    /// Its number, as text.
    pub version: String,
    /// When it was registered, in milliseconds.
    pub creation_timestamp: i64,
    /// When it was last changed.
    pub last_updated_timestamp: i64,
    /// One of [`STAGES`](super::STAGES).
    pub current_stage: String,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it comes from, as it was said.
    pub source: String,
    /// The run that made it; may be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// `READY`.
    pub status: &'static str,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// A link to the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_link: Option<String>,
    /// The aliases that it holds; not said by searches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// Where a version is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The place of its record.
    pub id: i64,
    /// Its number.
    pub version: i64,
}

/// The record that tells of its registration.
pub(super) fn record(id: i64) -> Id {
    format!("{}-{id}", journal::Kind::Registered).into()
}

/// A version that was not deleted, with its model.
pub(super) fn find(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    version: i64,
) -> Result<(Found, Place), CatalogError> {
    check_name(name)?;
    let found = tx.first(
        "SELECT m.id, m.newest, v.id FROM registered_model m
         JOIN model_version v ON v.model = m.id
         WHERE m.workspace = ?1 AND m.name = ?2 AND v.version = ?3 AND v.stage <> ?4",
        values![workspace, name, version, DELETED],
        |row| {
            let model = Found { id: row.get(0)?, name: name.to_owned(), newest: row.get(1)? };
            Ok((model, Place { id: row.get(2)?, version }))
        },
    )?;
    found.ok_or_else(|| {
        CatalogError::missing(format!("Model Version (name={name}, version={version}) not found"))
    })
}

/// Registers the next version of a model. `environment` says how to rebuild what the model needs, if
/// the caller found that beside its files.
pub fn create_version(
    tx: &mut Tx<'_>,
    asked: &Asked,
    new: &NewVersion,
    environment: Option<&str>,
) -> Result<ModelVersion, CatalogError> {
    let prompt = new.is_prompt();
    let resolved = source::resolve(tx, &asked.workspace, new)?;
    let mut book = Book::open(tx, asked)?;
    let model = models::find(book.tx(), &asked.workspace, &new.name)?;
    let mut tags: Vec<Tag> = sql::last_of_each(&new.tags).into_iter().cloned().collect();
    signature::put(&mut tags, new.signature.as_deref());
    let registered = metadata::derive(book.tx(), &asked.workspace, &resolved, environment)?;
    let missing = match prompt {
        true => vec![],
        false => metadata::missing(&registered, &tags),
    };
    if !missing.is_empty() {
        match policy::for_model(book.tx(), &asked.workspace, &model)?.metadata {
            Demand::Off => {}
            Demand::Warn => metadata::warn(&mut tags, &missing),
            Demand::Enforce => return Err(metadata::refuse(&new.name, &missing)),
        }
    }
    let version = model.newest + 1;
    let fact = Fact::Registered(Box::new(Registered {
        version,
        source: resolved.source,
        storage: resolved.storage,
        run_id: resolved.run_id,
        run_link: Some(new.run_link.clone()),
        model_id: resolved.model_id.clone(),
        description: Some(new.description.clone()),
        tags,
        metadata: registered,
        missing: missing.into_iter().map(str::to_owned).collect(),
    }));
    let made: Id = format!("{}-{}", journal::Kind::Created, model.id).into();
    let id = book.enter(model.id, &new.name, fact, &[made])?;
    if let Some(logged) = resolved.model_id.filter(|_| !prompt) {
        source::tell_logged_model(tx, &asked.workspace, &logged, &new.name, version)?;
    }
    read::version(tx, model.id, id)
}

/// A version by its number.
pub fn get_version(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    version: &str,
) -> Result<ModelVersion, CatalogError> {
    check_name(name)?;
    let (model, place) = find(tx, workspace, name, parse_version(version)?)?;
    read::version(tx, model.id, place.id)
}

/// Where the files of a version are.
pub fn download_uri(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    version: &str,
) -> Result<String, CatalogError> {
    check_name(name)?;
    let (_, place) = find(tx, workspace, name, parse_version(version)?)?;
    storage(tx, place)
}

pub(super) fn storage(tx: &mut Tx<'_>, place: Place) -> Result<String, CatalogError> {
    let kept = tx.first(
        "SELECT storage, source FROM model_version WHERE id = ?1",
        values![place.id],
        |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)),
    )?;
    let (storage, source) = kept.unwrap_or_default();
    Ok(if storage.is_empty() { source } else { storage })
}

/// Says what a version is; without a description it is said no more.
pub fn describe_version(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    version: &str,
    description: Option<&str>,
) -> Result<ModelVersion, CatalogError> {
    check_name(name)?;
    check_text("description", description.unwrap_or_default())?;
    let number = parse_version(version)?;
    let mut book = Book::open(tx, asked)?;
    let (model, place) = find(book.tx(), &asked.workspace, name, number)?;
    let description = description.map(str::to_owned);
    let fact = Fact::Described { version: Some(number), description };
    book.enter(model.id, name, fact, &[])?;
    read::version(tx, model.id, place.id)
}

/// Moves a version to a stage; those that are there already can be moved to the archive.
pub fn move_to_stage(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    version: &str,
    stage: &str,
    archive_others: bool,
) -> Result<ModelVersion, CatalogError> {
    let wanted = names::stage(stage)?;
    if archive_others && !matches!(wanted, "Staging" | "Production") {
        return Err(CatalogError::invalid(format!(
            "Model version transition cannot archive existing model versions because '{stage}' is \
             not an Active stage. Valid stages are ['Staging', 'Production']"
        )));
    }
    check_name(name)?;
    let number = parse_version(version)?;
    let mut book = Book::open(tx, asked)?;
    let (model, place) = find(book.tx(), &asked.workspace, name, number)?;
    if archive_others {
        for other in in_stage(book.tx(), &model, wanted)? {
            if other != number {
                stage_to(&mut book, &model, other, wanted, "Archived")?;
            }
        }
    }
    let held = stage_of(book.tx(), place)?;
    stage_to(&mut book, &model, number, &held, wanted)?;
    read::version(tx, model.id, place.id)
}

fn stage_to(
    book: &mut Book<'_, '_>,
    model: &Found,
    version: i64,
    from: &str,
    stage: &str,
) -> Result<i64, CatalogError> {
    let (stage, from) = (stage.to_owned(), from.to_owned());
    book.enter(model.id, &model.name, Fact::Staged { version, stage, from }, &[])
}

fn in_stage(tx: &mut Tx<'_>, model: &Found, stage: &str) -> Result<Vec<i64>, CatalogError> {
    Ok(tx.query(
        "SELECT version FROM model_version WHERE model = ?1 AND stage = ?2 ORDER BY version",
        values![model.id, stage],
        |row| row.get(0),
    )?)
}

fn stage_of(tx: &mut Tx<'_>, place: Place) -> Result<String, CatalogError> {
    let stage =
        tx.first("SELECT stage FROM model_version WHERE id = ?1", values![place.id], |row| {
            row.get(0)
        })?;
    Ok(stage.unwrap_or_default())
}

/// Deletes a version and takes its aliases away. Its number is not given again.
pub fn delete_version(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    version: &str,
) -> Result<(), CatalogError> {
    let number = parse_version(version)?;
    check_name(name)?;
    let mut book = Book::open(tx, asked)?;
    let (model, _) = find(book.tx(), &asked.workspace, name, number)?;
    for (alias, version) in read::aliases(book.tx(), model.id)? {
        if version == number {
            book.enter(model.id, name, Fact::Released { version, alias }, &[])?;
        }
    }
    book.enter(model.id, name, Fact::Deleted { version: Some(number) }, &[])?;
    Ok(())
}

/// Sets a tag.
pub fn tag_version(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    version: &str,
    tag: &Tag,
) -> Result<(), CatalogError> {
    check_name(name)?;
    let number = parse_version(version)?;
    check_tag(&tag.key, &tag.value, true)?;
    signature::check_own(&tag.key)?;
    let mut book = Book::open(tx, asked)?;
    let (model, place) = find(book.tx(), &asked.workspace, name, number)?;
    if self::tag(book.tx(), place, &tag.key)?.as_ref() == Some(&tag.value) {
        return Ok(());
    }
    let Tag { key, value } = tag.clone();
    book.enter(model.id, name, Fact::Tagged { version: Some(number), key, value }, &[])?;
    metadata::after_tag(&mut book, &model, place, &tag.key)
}

/// Takes a tag off, if it is there.
pub fn untag_version(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    version: &str,
    key: &str,
) -> Result<(), CatalogError> {
    check_name(name)?;
    let number = parse_version(version)?;
    check_key("key", key)?;
    signature::check_own(key)?;
    let mut book = Book::open(tx, asked)?;
    let (model, place) = find(book.tx(), &asked.workspace, name, number)?;
    if tag(book.tx(), place, key)?.is_none() {
        return Ok(());
    }
    let fact = Fact::Untagged { version: Some(number), key: key.to_owned() };
    book.enter(model.id, name, fact, &[])?;
    metadata::after_tag(&mut book, &model, place, key)
}

/// The value of a tag of a version.
pub(super) fn tag(
    tx: &mut Tx<'_>,
    place: Place,
    key: &str,
) -> Result<Option<String>, CatalogError> {
    Ok(tx.first(
        "SELECT value FROM model_version_tag WHERE owner = ?1 AND key = ?2",
        values![place.id, key],
        |row| row.get(0),
    )?)
}
