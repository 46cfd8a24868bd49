//! Approvals, and the leave to move an alias: what its protection asks for, held against what is
//! there.

use database::{Tx, values};
use serde::Serialize;
use types::Id;

use super::book::{Asked, Book};
use super::fact::Fact;
use super::models::Found;
use super::names::{check_new_alias, parse_version};
use super::policy::{self, Protection};
use super::versions::{self, Place};
use super::{measured, names};
use crate::names::check_text;
use crate::{CatalogError, Code};

/// That somebody approved a version for an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// When, in milliseconds.
    pub at: i64,
    /// Why.
    pub why: String,
    /// The record that tells of it.
    pub record: String,
    /// Whether the policy counts it.
    pub counts: bool,
}

/// How far a version is on its way to an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approvals {
    /// The model.
    pub name: String,
    /// The version, as text.
    pub version: String,
    /// The alias.
    pub alias: String,
    /// Who approved it, by name.
    pub approvals: Vec<Approval>,
    /// How many the policy asks for; 0 where the alias is not protected.
    pub needed: u32,
    /// Whether there are enough.
    pub enough: bool,
}

/// The leave to move an alias.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Leave {
    /// The records of the approvals that counted.
    pub approvals: Vec<Id>,
    /// What the gates said.
    pub gates: Vec<String>,
}

/// Approves a version for an alias, in the name of who asks.
pub fn approve(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
    version: &str,
    alias: &str,
    why: &str,
) -> Result<Approvals, CatalogError> {
    names::check_name(name)?;
    check_new_alias(alias)?;
    check_text("why", why)?;
    let number = parse_version(version)?;
    let mut book = Book::open(tx, asked)?;
    let (model, place) = versions::find(book.tx(), &asked.workspace, name, number)?;
    let protection = protection(book.tx(), &asked.workspace, &model, alias)?;
    let author = author(book.tx(), place)?;
    if author == asked.by && protection.as_ref().is_some_and(|wanted| !wanted.own_approval) {
        return Err(own(name, number, alias, &asked.by));
    }
    let (alias_text, why) = (alias.to_owned(), why.to_owned());
    let fact = Fact::Approved { version: number, alias: alias_text, why };
    book.enter(model.id, name, fact, &[versions::record(place.id)])?;
    standing(tx, &model, place, alias, protection.as_ref())
}

/// How far a version is on its way to an alias.
pub fn approvals(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    version: &str,
    alias: &str,
) -> Result<Approvals, CatalogError> {
    names::check_alias(alias)?;
    let (model, place) = versions::find(tx, workspace, name, parse_version(version)?)?;
    let protection = protection(tx, workspace, &model, alias)?;
    standing(tx, &model, place, alias, protection.as_ref())
}

/// The leave to move an alias from the version that has it to another, or why there is none.
pub(super) fn leave(
    book: &mut Book<'_, '_>,
    model: &Found,
    alias: &str,
    place: Place,
    previous: Option<i64>,
) -> Result<Leave, CatalogError> {
    let workspace = book.workspace();
    let tx = book.tx();
    let Some(protection) = protection(tx, workspace, model, alias)? else {
        return Ok(Leave::default());
    };
    let standing = standing(tx, model, place, alias, Some(&protection))?;
    if !standing.enough {
        return Err(too_few(&standing));
    }
    let gates = pass_gates(tx, workspace, model, place, previous, &protection)?;
    let counted = standing.approvals.into_iter().filter(|approval| approval.counts);
    Ok(Leave { approvals: counted.map(|approval| approval.record.into()).collect(), gates })
}

/// What the gates say, unless one of them is closed.
fn pass_gates(
    tx: &mut Tx<'_>,
    workspace: &str,
    model: &Found,
    place: Place,
    previous: Option<i64>,
    protection: &Protection,
) -> Result<Vec<String>, CatalogError> {
    if protection.gates.is_empty() {
        return Ok(vec![]);
    }
    let challenger = measured::metrics(tx, workspace, place)?;
    let champion = match previous {
        None => None,
        Some(version) => {
            let (_, place) = versions::find(tx, workspace, &model.name, version)?;
            Some(measured::metrics(tx, workspace, place)?)
        }
    };
    let mut said = Vec::with_capacity(protection.gates.len());
    for gate in &protection.gates {
        let verdict = gate.decide(&challenger, champion.as_ref());
        if !verdict.promote {
            return Err(denied(format!(
                "alias '{}' of model '{}' cannot move to version {}: its gate `{gate}` is closed, \
                 {}",
                protection.alias, model.name, place.version, verdict.reason
            )));
        }
        said.push(verdict.reason);
    }
    Ok(said)
}

fn protection(
    tx: &mut Tx<'_>,
    workspace: &str,
    model: &Found,
    alias: &str,
) -> Result<Option<Protection>, CatalogError> {
    Ok(policy::for_model(tx, workspace, model)?.protection(alias).cloned())
}

fn author(tx: &mut Tx<'_>, place: Place) -> Result<String, CatalogError> {
    let author =
        tx.first("SELECT author FROM model_version WHERE id = ?1", values![place.id], |row| {
            row.get(0)
        })?;
    Ok(author.unwrap_or_default())
}

fn standing(
    tx: &mut Tx<'_>,
    model: &Found,
    place: Place,
    alias: &str,
    protection: Option<&Protection>,
) -> Result<Approvals, CatalogError> {
    let author = author(tx, place)?;
    let own_counts = protection.is_none_or(|wanted| wanted.own_approval);
    let approvals = tx.query(
        "SELECT person, at, why, record FROM approval
         WHERE model = ?1 AND alias = ?2 AND version = ?3 ORDER BY person",
        values![model.id, alias, place.version],
        |row| {
            let by: String = row.get(0)?;
            Ok(Approval {
                counts: own_counts || by != author,
                by,
                at: row.get(1)?,
                why: row.get(2)?,
                record: format!("{}-{}", journal::Kind::Approved, row.get::<i64>(3)?),
            })
        },
    )?;
    let needed = protection.map_or(0, |wanted| wanted.approvals);
    let counted = approvals.iter().filter(|approval| approval.counts).count();
    Ok(Approvals {
        name: model.name.clone(),
        version: place.version.to_string(),
        alias: alias.to_owned(),
        approvals,
        needed,
        enough: counted >= needed as usize,
    })
}

fn too_few(standing: &Approvals) -> CatalogError {
    let Approvals { name, version, alias, needed, .. } = standing;
    let counted = standing.approvals.iter().filter(|approval| approval.counts).count();
    let request = serde_json::json!({ "name": name, "version": version, "alias": alias });
    denied(format!(
        "alias '{alias}' of model '{name}' is protected: version {version} has {counted} of \
         {needed} approvals. Whoever approves it calls POST \
         /api/2.0/trimtab/registry/approvals with {request} and `why`"
    ))
}

fn own(name: &str, version: i64, alias: &str, by: &str) -> CatalogError {
    let hint = match by {
        "anonymous" => {
            "this server does not know its callers by name: start it with authentication"
        }
        _ => "somebody else must",
    };
    denied(format!(
        "{by} registered version {version} of model '{name}' and may not approve it for '{alias}': \
         {hint}, or the policy must say `own_approval`"
    ))
}

fn denied(message: String) -> CatalogError {
    CatalogError::new(Code::PermissionDenied, message)
}
