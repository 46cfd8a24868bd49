//! Signatures of versions: what was signed when a version was registered, and whether it may be loaded
//! without.
//!
//! The tag [`SIGNATURE`] holds the digest of the statement that was signed. It is written with the
//! version, by the server alone: clients cannot set it or take it off. So files that were replaced
//! together with their signature, by others that were signed for something else, are told apart.

use database::{Tx, values};

use super::names::{check_name, parse_version};
use super::policy::{self, Demand};
use super::{models, source, versions};
use crate::{CatalogError, Code, Tag, runs};

/// The tag with the digest of the statement that was signed: `sha256:…`.
pub const SIGNATURE: &str = "trimtab.signature";

/// What is to hold of a version that is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Where its files are; `None` for a prompt, which has none.
    pub files: Option<String>,
    /// The digest of the statement that was signed, if one was.
    pub statement: Option<String>,
    /// Whether the policy of the model asks for a signature.
    pub demand: Demand,
}

/// What is to hold of a version that is loaded.
pub fn claim(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    version: &str,
) -> Result<Claim, CatalogError> {
    check_name(name)?;
    let (model, place) = versions::find(tx, workspace, name, parse_version(version)?)?;
    let storage = versions::storage(tx, place)?;
    let files = match source::is_placeholder(&storage) {
        true => None,
        false => Some(located(tx, workspace, storage)?),
    };
    let statement = tx.first(
        "SELECT value FROM model_version_tag WHERE owner = ?1 AND key = ?2",
        values![place.id, SIGNATURE],
        |row| row.get::<String>(0),
    )?;
    let demand = policy::for_model(tx, workspace, &model)?.signature;
    Ok(Claim { files, statement, demand })
}

/// Whether a version that is about to be registered must be signed.
pub fn signature_demand(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
) -> Result<Demand, CatalogError> {
    check_name(name)?;
    let model = models::find(tx, workspace, name)?;
    Ok(policy::for_model(tx, workspace, &model)?.signature)
}

/// `runs:/RUN/path` as the place where the artifacts of the run are; other places as they are.
pub fn located(tx: &mut Tx<'_>, workspace: &str, storage: String) -> Result<String, CatalogError> {
    let Some(path) = storage.strip_prefix("runs:/") else { return Ok(storage) };
    let (run, path) = path.split_once('/').unwrap_or((path, ""));
    match runs::artifact_uri(tx, workspace, run) {
        Ok(root) => Ok(format!("{}/{path}", root.trim_end_matches('/'))),
        Err(error) if error.code == Code::ResourceDoesNotExist => Ok(storage),
        Err(error) => Err(error),
    }
}

/// Puts the digest among the tags of a new version. One that a client sent along is left out: clients
/// copy a version with all of its tags.
pub(super) fn put(tags: &mut Vec<Tag>, statement: Option<&str>) {
    tags.retain(|tag| tag.key != SIGNATURE);
    let own = |value: &str| Tag { key: SIGNATURE.to_owned(), value: value.to_owned() };
    tags.extend(statement.map(own));
}

/// Refuses a tag that only the server writes.
pub(super) fn check_own(key: &str) -> Result<(), CatalogError> {
    if key == SIGNATURE {
        return Err(CatalogError::invalid(format!(
            "the tag '{SIGNATURE}' says what was signed at registration: it cannot be set or \
             deleted"
        )));
    }
    Ok(())
}
