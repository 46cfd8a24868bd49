//! Registered models: a name under which versions are numbered.

use database::{Tx, values};
use serde::Serialize;

use super::book::{Asked, Book};
use super::fact::Fact;
use super::names::{STAGES, check_name, check_new_name, check_tag, stage};
use super::read;
use super::versions::ModelVersion;
use crate::names::{check_key, check_text};
use crate::{CatalogError, Tag, sql};

/// The tag that makes a prompt of a model.
pub const IS_PROMPT: &str = "mlflow.prompt.is_prompt";

/// A registered model, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegisteredModel {
    /// Its name, unique in a workspace.
    pub name: String,
    /// When it was made, in milliseconds.
    pub creation_timestamp: i64,
    /// When it or its versions were last changed.
    pub last_updated_timestamp: i64,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The newest version of each stage, without aliases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub latest_versions: Vec<ModelVersion>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Its aliases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
}

/// A name for whatever version holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alias {
    /// The name.
    pub alias: String,
    /// The number of the version, as text.
    pub version: String,
}

/// Where a model is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The number of its newest version, deleted or not; 0 before the first.
    pub newest: i64,
}

/// A model by its name.
pub(super) fn find(tx: &mut Tx<'_>, workspace: &str, name: &str) -> Result<Found, CatalogError> {
    check_name(name)?;
    look_up(tx, workspace, name)?.ok_or_else(|| {
        CatalogError::missing(format!("Registered Model with name={name} not found"))
    })
}

fn look_up(tx: &mut Tx<'_>, workspace: &str, name: &str) -> Result<Option<Found>, CatalogError> {
    Ok(tx.first(
        "SELECT id, newest FROM registered_model WHERE workspace = ?1 AND name = ?2",
        values![workspace, name],
        |row| Ok(Found { id: row.get(0)?, name: name.to_owned(), newest: row.get(1)? }),
    )?)
}

/// Makes a model.
pub fn create_model(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    description: Option<&str>,
    tags: &[Tag],
) -> Result<RegisteredModel, CatalogError> {
    check_name(name)?;
    tags.iter().try_for_each(|tag| check_tag(&tag.key, &tag.value, false))?;
    check_text("description", description.unwrap_or_default())?;
    let tags: Vec<Tag> = sql::last_of_each(tags).into_iter().cloned().collect();
    let mut book = Book::open(tx, asked)?;
    if let Some(held) = look_up(book.tx(), &asked.workspace, name)? {
        return Err(taken(book.tx(), &held, &tags)?);
    }
    let description = description.map(str::to_owned);
    book.create(name, Fact::Created { description, tags })?;
    get_model(tx, &asked.workspace, name)
}

/// A model and a prompt share their names; which of them has it is said.
fn taken(tx: &mut Tx<'_>, held: &Found, tags: &[Tag]) -> Result<CatalogError, CatalogError> {
    let name = &held.name;
    let is_prompt = tag(tx, held.id, IS_PROMPT)?.is_some();
    let (old, new) = (kind(is_prompt), kind(tags.iter().any(|tag| tag.key == IS_PROMPT)));
    Ok(CatalogError::exists(if old == new {
        format!("{new} (name={name}) already exists.")
    } else {
        format!(
            "Tried to create a {} with name '{name}', but the name is already taken by a {}. \
             MLflow does not allow creating a model and a prompt with the same name.",
            new.to_lowercase(),
            old.to_lowercase()
        )
    }))
}

fn kind(is_prompt: bool) -> &'static str {
    if is_prompt { "Prompt" } else { "Registered Model" }
}

/// Whether a model is a prompt.
pub(super) fn is_prompt(tx: &mut Tx<'_>, model: &Found) -> Result<bool, CatalogError> {
    Ok(tag(tx, model.id, IS_PROMPT)?.is_some_and(|value| value.to_lowercase() == "true"))
}

fn tag(tx: &mut Tx<'_>, model: i64, key: &str) -> Result<Option<String>, CatalogError> {
    Ok(tx.first(
        "SELECT value FROM registered_model_tag WHERE model = ?1 AND key = ?2",
        values![model, key],
        |row| row.get(0),
    )?)
}

/// A model with the newest version of each stage.
pub fn get_model(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
) -> Result<RegisteredModel, CatalogError> {
    let found = find(tx, workspace, name)?;
    let models = read::models(tx, &[found.id])?;
    models.into_iter().next().ok_or_else(|| {
        CatalogError::missing(format!("Registered Model with name={name} not found"))
    })
}

/// Gives a model another name.
pub fn rename_model(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    new_name: &str,
) -> Result<RegisteredModel, CatalogError> {
    check_new_name(new_name)?;
    let mut book = Book::open(tx, asked)?;
    let found = find(book.tx(), &asked.workspace, name)?;
    if new_name != name && look_up(book.tx(), &asked.workspace, new_name)?.is_some() {
        return Err(CatalogError::exists(format!(
            "Registered Model (name={new_name}) already exists."
        )));
    }
    book.enter(found.id, new_name, Fact::Renamed { from: found.name }, &[])?;
    get_model(tx, &asked.workspace, new_name)
}

/// Says what a model is.
pub fn describe_model(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    description: &str,
) -> Result<RegisteredModel, CatalogError> {
    check_text("description", description)?;
    let mut book = Book::open(tx, asked)?;
    let found = find(book.tx(), &asked.workspace, name)?;
    let description = Some(description.to_owned());
    book.enter(found.id, name, Fact::Described { version: None, description }, &[])?;
    get_model(tx, &asked.workspace, name)
}

/// Deletes a model with all its versions. Its history stays.
pub fn delete_model(tx: &mut Tx<'_>, asked: &Asked, name: &str) -> Result<(), CatalogError> {
    let mut book = Book::open(tx, asked)?;
    let found = find(book.tx(), &asked.workspace, name)?;
    for (alias, version) in read::aliases(book.tx(), found.id)? {
        book.enter(found.id, name, Fact::Released { version, alias }, &[])?;
    }
    book.enter(found.id, name, Fact::Deleted { version: None }, &[])?;
    Ok(())
}

/// Sets a tag.
pub fn tag_model(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    tag: &Tag,
) -> Result<(), CatalogError> {
    check_name(name)?;
    check_tag(&tag.key, &tag.value, false)?;
    let mut book = Book::open(tx, asked)?;
    let found = find(book.tx(), &asked.workspace, name)?;
    if self::tag(book.tx(), found.id, &tag.key)?.as_ref() != Some(&tag.value) {
        let Tag { key, value } = tag.clone();
        book.enter(found.id, name, Fact::Tagged { version: None, key, value }, &[])?;
    }
    Ok(())
}

/// Takes a tag off, if it is there.
pub fn untag_model(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    key: &str,
) -> Result<(), CatalogError> {
    check_name(name)?;
    check_key("key", key)?;
    let mut book = Book::open(tx, asked)?;
    let found = find(book.tx(), &asked.workspace, name)?;
    if tag(book.tx(), found.id, key)?.is_some() {
        let key = key.to_owned();
        book.enter(found.id, name, Fact::Untagged { version: None, key }, &[])?;
    }
    Ok(())
}

/// The newest version of each of these stages, or without any of each stage, with aliases.
pub fn latest_versions(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    stages: &[String],
) -> Result<Vec<ModelVersion>, CatalogError> {
    let found = find(tx, workspace, name)?;
    let wanted = match stages {
        [] => STAGES.to_vec(),
        stages => stages.iter().map(|text| stage(text)).collect::<Result<_, _>>()?,
    };
    let mut latest: Vec<ModelVersion> = read::latest(tx, &[found.id])?
        .into_iter()
        .map(|(_, version)| version)
        .filter(|version| wanted.contains(&version.current_stage.as_str()))
        .collect();
    read::add_aliases(tx, found.id, &mut latest)?;
    Ok(latest)
}
