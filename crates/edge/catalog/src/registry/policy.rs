//! What must hold before the registry changes: which metadata a version must have, and what an alias
//! asks of a version before it moves to it.

use database::{Tx, values};
use serde::{Deserialize, Serialize};
use tracking::Gate;

use super::book::{Asked, Book};
use super::fact::{ALL_MODELS, Fact};
use super::models::{self, Found};
use super::names::check_new_alias;
use crate::CatalogError;

/// Whether a version must have something: all four metadata, or a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Demand {
    /// It need not.
    #[default]
    Off,
    /// What is missing is told: of metadata in the tag `trimtab.missing`, of a signature when the
    /// version is loaded.
    Warn,
    /// Without it, it is not registered; with a signature that no longer holds, not loaded.
    Enforce,
}

/// The policy of a model, or of all models without one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Whether a version must say all four metadata.
    #[serde(default)]
    pub metadata: Demand,
    /// Whether a version must be signed, and still be as it was signed when it is loaded.
    #[serde(default)]
    pub signature: Demand,
    /// The aliases that are protected.
    #[serde(default)]
    pub protect: Vec<Protection>,
}

/// What an alias asks of a version before it moves to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// The alias.
    #[serde(default = "champion")]
    pub alias: String,
    /// How many people must have approved the version.
    #[serde(default = "one")]
    pub approvals: u32,
    /// Whether who registered the version may be one of them.
    #[serde(default)]
    pub own_approval: bool,
    /// Rules on its metrics: `rmse < champion`.
    #[serde(default)]
    pub gates: Vec<Gate>,
}

/// A policy with where it was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyFound {
    /// `model`, `registry`, or `default` where none was set.
    pub from: &'static str,
    /// The policy.
    pub policy: Policy,
}

fn champion() -> String {
    tracking::CHAMPION.to_owned()
}

const fn one() -> u32 {
    1
}

impl Policy {
    /// What it asks for an alias.
    pub fn protection(&self, alias: &str) -> Option<&Protection> {
        self.protect.iter().find(|protection| protection.alias == alias)
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("policies have text keys")
    }

    fn check(&self) -> Result<(), CatalogError> {
        for (place, protection) in self.protect.iter().enumerate() {
            check_new_alias(&protection.alias)?;
            if self.protect[..place].iter().any(|earlier| earlier.alias == protection.alias) {
                return Err(CatalogError::invalid(format!(
                    "the policy protects the alias '{}' twice: say all of it in one place",
                    protection.alias
                )));
            }
        }
        Ok(())
    }
}

/// Sets the policy of a model, or without a name that of all models without one. `None` takes it
/// away.
pub fn set_policy(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: Option<&str>,
    policy: Option<&Policy>,
) -> Result<PolicyFound, CatalogError> {
    policy.map_or(Ok(()), Policy::check)?;
    let mut book = Book::open(tx, asked)?;
    let model = match name {
        None => ALL_MODELS,
        Some(name) => models::find(book.tx(), &asked.workspace, name)?.id,
    };
    let held = own(book.tx(), &asked.workspace, model)?;
    if held.as_ref() != policy {
        let fact = Fact::Ruled { policy: policy.cloned() };
        book.enter(model, name.unwrap_or_default(), fact, &[])?;
    }
    of(book.tx(), &asked.workspace, model)
}

/// The policy of a model, or without a name that of all models without one.
pub fn get_policy(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: Option<&str>,
) -> Result<PolicyFound, CatalogError> {
    let model = match name {
        None => ALL_MODELS,
        Some(name) => models::find(tx, workspace, name)?.id,
    };
    of(tx, workspace, model)
}

/// The policy that holds for a model.
pub(super) fn for_model(
    tx: &mut Tx<'_>,
    workspace: &str,
    model: &Found,
) -> Result<Policy, CatalogError> {
    Ok(of(tx, workspace, model.id)?.policy)
}

fn of(tx: &mut Tx<'_>, workspace: &str, model: i64) -> Result<PolicyFound, CatalogError> {
    if model != ALL_MODELS
        && let Some(policy) = own(tx, workspace, model)?
    {
        return Ok(PolicyFound { from: "model", policy });
    }
    Ok(match own(tx, workspace, ALL_MODELS)? {
        Some(policy) => PolicyFound { from: "registry", policy },
        None => PolicyFound { from: "default", policy: Policy::default() },
    })
}

fn own(tx: &mut Tx<'_>, workspace: &str, model: i64) -> Result<Option<Policy>, CatalogError> {
    let kept = tx.first(
        "SELECT policy FROM registry_policy WHERE workspace = ?1 AND model = ?2",
        values![workspace, model],
        |row| row.get::<String>(0),
    )?;
    kept.map(|json| serde_json::from_str(&json)).transpose().map_err(|error| {
        let message = format!("the policy that is kept cannot be read: {error}");
        CatalogError::new(crate::Code::InternalError, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protection_that_says_nothing_protects_the_champion_by_one_approval() {
        let policy: Policy = serde_json::from_str(r#"{"protect": [{}]}"#).unwrap();
        let expected = Protection {
            alias: "champion".to_owned(),
            approvals: 1,
            own_approval: false,
            gates: vec![],
        };
        assert_eq!(policy.protection("champion"), Some(&expected));
        assert_eq!(policy.metadata, Demand::Off);
        assert_eq!(policy.protection("challenger"), None);
        let again: Policy = serde_json::from_str(&policy.to_json()).unwrap();
        assert_eq!(again, policy);
    }

    #[test]
    fn a_policy_that_cannot_be_meant_is_refused() {
        for bad in [
            r#"{"metadata": "sometimes"}"#,
            r#"{"protects": []}"#,
            r#"{"protect": [{"gates": ["rmse = 3"]}]}"#,
            r#"{"protect": [{"approvals": -1}]}"#,
        ] {
            serde_json::from_str::<Policy>(bad).unwrap_err();
        }
        let twice: Policy = serde_json::from_str(r#"{"protect": [{}, {}]}"#).unwrap();
        twice.check().unwrap_err();
    }
}
