//! Aliases: names that move from version to version.

use database::{Tx, values};

use super::approvals;
use super::book::{Asked, Book};
use super::fact::Fact;
use super::history::held_before;
use super::models::{self, Found};
use super::names::{check_alias, check_name, check_new_alias, is_latest, parse_version};
use super::read;
use super::versions::{self, ModelVersion};
use crate::names::check_text;
use crate::{CatalogError, Code};

/// Moves an alias to a version, if the policy lets it. A version that holds it keeps it.
pub fn set_alias(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    alias: &str,
    version: &str,
    why: Option<&str>,
) -> Result<(), CatalogError> {
    check_name(name)?;
    check_new_alias(alias)?;
    check_text("why", why.unwrap_or_default())?;
    let number = parse_version(version)?;
    let mut book = Book::open(tx, asked)?;
    let (model, place) = versions::find(book.tx(), &asked.workspace, name, number)?;
    let previous = holder(book.tx(), &model, alias)?;
    if previous == Some(number) {
        return Ok(());
    }
    let leave = approvals::leave(&mut book, &model, alias, place, previous)?;
    let mut causes = vec![versions::record(place.id)];
    causes.extend(leave.approvals);
    let why = why.filter(|why| !why.is_empty()).map(str::to_owned);
    let (alias, gates) = (alias.to_owned(), leave.gates);
    let fact = Fact::Promoted { version: number, alias, previous, why, gates };
    book.enter(model.id, name, fact, &causes)?;
    Ok(())
}

/// Takes an alias away, if it is held.
pub fn delete_alias(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    alias: &str,
) -> Result<(), CatalogError> {
    check_name(name)?;
    check_alias(alias)?;
    let mut book = Book::open(tx, asked)?;
    let model = models::find(book.tx(), &asked.workspace, name)?;
    if let Some(version) = holder(book.tx(), &model, alias)? {
        let alias = alias.to_owned();
        book.enter(model.id, name, Fact::Released { version, alias }, &[])?;
    }
    Ok(())
}

/// The version that holds an alias; `latest` is the newest.
pub fn get_by_alias(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    alias: &str,
) -> Result<ModelVersion, CatalogError> {
    check_name(name)?;
    check_alias(alias)?;
    let model = models::find(tx, workspace, name)?;
    if is_latest(alias) {
        let latest = models::latest_versions(tx, workspace, name, &[])?;
        let number = |version: &ModelVersion| version.version.parse().unwrap_or(0);
        return latest.into_iter().max_by_key(number).ok_or_else(|| {
            CatalogError::missing(format!("Latest version not found for model {name}."))
        });
    }
    let number = holder(tx, &model, alias)?.ok_or_else(|| not_found(alias))?;
    let (_, place) = versions::find(tx, workspace, name, number)?;
    read::version(tx, model.id, place.id)
}

/// Moves an alias back to the version that held it before, whatever the policy asks for: that
/// version was let through once. Doing it again goes one further back. Gives the version.
pub fn roll_back(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    alias: &str,
    why: Option<&str>,
) -> Result<ModelVersion, CatalogError> {
    check_name(name)?;
    check_alias(alias)?;
    check_text("why", why.unwrap_or_default())?;
    let mut book = Book::open(tx, asked)?;
    let model = models::find(book.tx(), &asked.workspace, name)?;
    let previous = holder(book.tx(), &model, alias)?;
    let before = held_before(book.tx(), &model, alias)?;
    let Some(place) = before else { return Err(nothing_before(name, alias, previous)) };
    let why = why.filter(|why| !why.is_empty()).map(str::to_owned);
    let (alias, version) = (alias.to_owned(), place.version);
    let fact = Fact::RolledBack { version, alias, previous, why };
    book.enter(model.id, name, fact, &[versions::record(place.id)])?;
    read::version(tx, model.id, place.id)
}

/// The number of the version that holds an alias.
pub(super) fn holder(
    tx: &mut Tx<'_>,
    model: &Found,
    alias: &str,
) -> Result<Option<i64>, CatalogError> {
    Ok(tx.first(
        "SELECT version FROM model_alias WHERE model = ?1 AND alias = ?2",
        values![model.id, alias],
        |row| row.get(0),
    )?)
}

fn not_found(alias: &str) -> CatalogError {
    CatalogError::invalid(format!("Registered model alias {alias} not found."))
}

fn nothing_before(name: &str, alias: &str, holder: Option<i64>) -> CatalogError {
    let what = match holder {
        Some(version) => format!("no version that is still there held it before version {version}"),
        None => "no version that is still there held it".to_owned(),
    };
    CatalogError::new(
        Code::ResourceDoesNotExist,
        format!("alias '{alias}' of model '{name}' cannot be rolled back: {what}"),
    )
}
