//! Models and versions as another registry kept them. They enter by the same door as all others, so
//! that the history tells that they were brought, by whom, when, and from where.
//!
//! A version keeps its number if that is free. What was brought before is brought up to date; what
//! was deleted here since stays deleted.

use database::Tx;
use types::Id;

use super::aliases;
use super::book::{Asked, Book};
use super::fact::{Fact, Registered};
use super::models::{self, Alias, Found};
use super::names::{self, check_name, check_tag, parse_version};
use super::policy::{self, Demand};
use super::source::Resolved;
use super::{metadata, read, versions};
use crate::import::{Mark, ORIGIN_ID, ORIGIN_SERVER, mark, marks};
use crate::names::check_text;
use crate::{CatalogError, Code, Tag, sql};

/// The kind under which versions are marked.
const KIND: &str = "version";

/// A model as another registry has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelElsewhere {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its aliases, with the numbers that their versions have there.
    pub aliases: Vec<Alias>,
    /// When it was made, in milliseconds.
    pub created: i64,
    /// When it was last changed.
    pub updated: i64,
    /// Where it comes from.
    pub from: String,
    /// Its versions, by number.
    pub versions: Vec<VersionElsewhere>,
}

/// A version as another registry has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VersionElsewhere {
    /// Its number there.
    pub number: i64,
    /// What it is.
    pub description: Option<String>,
    /// Its stage.
    pub stage: String,
    /// Where it comes from, in the words that hold here.
    pub source: String,
    /// Where its files are here.
    pub storage: String,
    /// The run that made it.
    pub run_id: Option<String>,
    /// A link to that run.
    pub run_link: Option<String>,
    /// The logged model that it is.
    pub model_id: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// When it was made, in milliseconds.
    pub created: i64,
    /// When it was last changed.
    pub updated: i64,
    /// How to rebuild what it needs, if that is known.
    pub environment: Option<String>,
}

/// What came of bringing a model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelBrought {
    /// Whether it was made.
    pub made: bool,
    /// How many versions were made.
    pub versions_made: usize,
    /// How many aliases moved.
    pub aliases_moved: usize,
    /// Each version's number there and here.
    pub numbers: Vec<(i64, i64)>,
    /// What was not done, and why.
    pub left_out: Vec<String>,
}

/// Brings a model with its versions and aliases, all or nothing.
pub fn import_model(
    tx: &mut Tx<'_>,
    asked: &Asked,
    model: &ModelElsewhere,
) -> Result<ModelBrought, CatalogError> {
    check(model)?;
    let mut brought = ModelBrought { made: ensure(tx, asked, model)?, ..ModelBrought::default() };
    for version in &model.versions {
        match put_version(tx, asked, model, version) {
            Ok((number, made)) => {
                brought.numbers.push((version.number, number));
                brought.versions_made += usize::from(made);
            }
            Err(error) if error.code == Code::InvalidParameterValue => {
                brought.left_out.push(error.message);
            }
            Err(error) => return Err(error),
        }
    }
    for alias in &model.aliases {
        move_alias(tx, asked, model, alias, &mut brought)?;
    }
    if brought.made {
        let mut book = Book::open(tx, asked)?;
        let found = models::find(book.tx(), &asked.workspace, &model.name)?;
        book.enter(found.id, &model.name, said(model, None, model.created, model.updated), &[])?;
    }
    Ok(brought)
}

fn said(model: &ModelElsewhere, version: Option<i64>, created: i64, updated: i64) -> Fact {
    Fact::Imported { version, from: model.from.clone(), created, updated }
}

fn check(model: &ModelElsewhere) -> Result<(), CatalogError> {
    check_name(&model.name)?;
    model.tags.iter().try_for_each(|tag| check_tag(&tag.key, &tag.value, true))?;
    check_text("description", model.description.as_deref().unwrap_or_default())?;
    check_text("from", &model.from)
}

/// Makes the model if it is not there, and says whether; else adds the tags that it does not have.
fn ensure(tx: &mut Tx<'_>, asked: &Asked, model: &ModelElsewhere) -> Result<bool, CatalogError> {
    match models::find(tx, &asked.workspace, &model.name) {
        Ok(found) => {
            let held = read::models(tx, &[found.id])?.pop();
            let held = held.map(|held| held.tags).unwrap_or_default();
            for tag in sql::last_of_each(&model.tags) {
                if !held.iter().any(|held| held.key == tag.key) {
                    models::tag_model(tx, asked, &model.name, tag)?;
                }
            }
            Ok(false)
        }
        Err(error) if error.code == Code::ResourceDoesNotExist => {
            let description = model.description.as_deref();
            models::create_model(tx, asked, &model.name, description, &model.tags)?;
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

/// Registers a version, or brings one up to date that was brought before; gives its number here and
/// whether it was made.
fn put_version(
    tx: &mut Tx<'_>,
    asked: &Asked,
    model: &ModelElsewhere,
    new: &VersionElsewhere,
) -> Result<(i64, bool), CatalogError> {
    let workspace = &asked.workspace;
    let id = format!("{}/{}/{}", model.name, new.number, new.created);
    let held = marks(tx, workspace, KIND, std::slice::from_ref(&id))?.remove(&id);
    if let Some(held) = held {
        let number = parse_version(&held.local)?;
        refresh(tx, asked, &model.name, number, new)?;
        return Ok((number, false));
    }
    let number = register(tx, asked, model, new)?;
    let now = Mark { local: number.to_string(), digest: String::new() };
    mark(tx, workspace, KIND, &id, &now, asked.now)?;
    Ok((number, true))
}

fn register(
    tx: &mut Tx<'_>,
    asked: &Asked,
    model: &ModelElsewhere,
    new: &VersionElsewhere,
) -> Result<i64, CatalogError> {
    let stage = names::stage(&new.stage)?;
    let mut book = Book::open(tx, asked)?;
    let found = models::find(book.tx(), &asked.workspace, &model.name)?;
    let number = if new.number > found.newest { new.number } else { found.newest + 1 };
    let fact = registered(&mut book, asked, model, &found, number, new)?;
    let made: Id = format!("{}-{}", journal::Kind::Created, found.id).into();
    book.enter(found.id, &model.name, fact, &[made])?;
    if stage != names::STAGES[0] {
        let (from, stage) = (names::STAGES[0].to_owned(), stage.to_owned());
        book.enter(found.id, &model.name, Fact::Staged { version: number, stage, from }, &[])?;
    }
    let fact = said(model, Some(number), new.created, new.updated);
    book.enter(found.id, &model.name, fact, &[])?;
    Ok(number)
}

fn registered(
    book: &mut Book<'_, '_>,
    asked: &Asked,
    model: &ModelElsewhere,
    found: &Found,
    number: i64,
    new: &VersionElsewhere,
) -> Result<Fact, CatalogError> {
    let resolved = Resolved {
        source: new.source.clone(),
        storage: new.storage.clone(),
        run_id: Some(new.run_id.clone().unwrap_or_default()),
        model_id: new.model_id.clone(),
    };
    let mut tags: Vec<Tag> = sql::last_of_each(&new.tags).into_iter().cloned().collect();
    if number != new.number {
        let origin = [(ORIGIN_SERVER, model.from.clone()), (ORIGIN_ID, there(model, new))];
        tags.extend(origin.map(|(key, value)| Tag { key: key.to_owned(), value }));
    }
    tags.iter().try_for_each(|tag| check_tag(&tag.key, &tag.value, true))?;
    let workspace = &asked.workspace;
    let metadata = metadata::derive(book.tx(), workspace, &resolved, new.environment.as_deref())?;
    let missing = match models::is_prompt(book.tx(), found)? {
        true => vec![],
        false => metadata::missing(&metadata, &tags),
    };
    if !missing.is_empty() {
        match policy::for_model(book.tx(), workspace, found)?.metadata {
            Demand::Off => {}
            Demand::Warn => metadata::warn(&mut tags, &missing),
            Demand::Enforce => return Err(metadata::refuse(&there(model, new), &missing)),
        }
    }
    Ok(Fact::Registered(Box::new(Registered {
        version: number,
        source: resolved.source,
        storage: resolved.storage,
        run_id: resolved.run_id,
        run_link: Some(new.run_link.clone().unwrap_or_default()),
        model_id: resolved.model_id,
        description: Some(new.description.clone().unwrap_or_default()),
        tags,
        metadata,
        missing: missing.into_iter().map(str::to_owned).collect(),
    })))
}

/// The version as it is called where it comes from.
fn there(model: &ModelElsewhere, version: &VersionElsewhere) -> String {
    format!("{}/{}", model.name, version.number)
}

/// Brings what has changed of a version since it was brought.
fn refresh(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    number: i64,
    new: &VersionElsewhere,
) -> Result<(), CatalogError> {
    let text = number.to_string();
    let held = match versions::get_version(tx, &asked.workspace, name, &text) {
        Ok(held) => held,
        Err(error) if error.code == Code::ResourceDoesNotExist => return Ok(()),
        Err(error) => return Err(error),
    };
    for tag in sql::last_of_each(&new.tags) {
        versions::tag_version(tx, asked, name, &text, tag)?;
    }
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if filled(&held.description) != filled(&new.description) {
        versions::describe_version(tx, asked, name, &text, new.description.as_deref())?;
    }
    if held.current_stage != new.stage {
        versions::move_to_stage(tx, asked, name, &text, &new.stage, false)?;
    }
    Ok(())
}

/// Gives an alias to the version that holds it there, unless a version holds it here that was not
/// brought.
fn move_alias(
    tx: &mut Tx<'_>,
    asked: &Asked,
    model: &ModelElsewhere,
    alias: &Alias,
    brought: &mut ModelBrought,
) -> Result<(), CatalogError> {
    let (name, alias_name) = (&model.name, &alias.alias);
    let there = parse_version(&alias.version)?;
    let number = brought.numbers.iter().find(|(number, _)| *number == there).map(|pair| pair.1);
    let Some(number) = number else { return Ok(()) };
    let found = models::find(tx, &asked.workspace, name)?;
    let holder = aliases::holder(tx, &found, alias_name)?;
    if holder == Some(number) {
        return Ok(());
    }
    if let Some(holder) = holder.filter(|held| !brought.numbers.iter().any(|(_, n)| n == held)) {
        brought.left_out.push(format!(
            "alias '{alias_name}' of model '{name}' stays with version {holder}, which was not \
             imported"
        ));
        return Ok(());
    }
    let why = format!("imported from {}", model.from);
    match aliases::set_alias(tx, asked, name, alias_name, &number.to_string(), Some(&why)) {
        Ok(()) => brought.aliases_moved += 1,
        Err(error) if error.code == Code::PermissionDenied => brought.left_out.push(error.message),
        Err(error) => return Err(error),
    }
    Ok(())
}
