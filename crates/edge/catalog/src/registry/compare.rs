//! What differs between two versions of a model.

use database::{Tx, values};
use serde::Serialize;
use tracking::{Difference, Facts, Section, differences};

use super::models::{self, Found};
use super::names::{DELETED, parse_version};
use super::versions::{self, Place};
use super::{measured, metadata};
use crate::CatalogError;

/// What differs between a version and another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The model.
    pub name: String,
    /// The version, `b` of each difference.
    pub version: String,
    /// The one that it is compared with, `a` of each difference.
    pub with: String,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// Compares a version with another: without one, with the first that is there.
pub fn compare_versions(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    version: &str,
    with: Option<&str>,
) -> Result<Comparison, CatalogError> {
    let (model, place) = versions::find(tx, workspace, name, parse_version(version)?)?;
    let with = match with {
        Some(with) => parse_version(with)?,
        None => original(tx, &model)?.unwrap_or(place.version),
    };
    let (_, other) = versions::find(tx, workspace, name, with)?;
    let (a, b) = (facts(tx, workspace, other)?, facts(tx, workspace, place)?);
    Ok(Comparison {
        name: models::find(tx, workspace, name)?.name,
        version: place.version.to_string(),
        with: with.to_string(),
        differences: differences(&a, &b),
    })
}

fn original(tx: &mut Tx<'_>, model: &Found) -> Result<Option<i64>, CatalogError> {
    Ok(tx.first(
        "SELECT version FROM model_version WHERE model = ?1 AND stage <> ?2
         ORDER BY version LIMIT 1",
        values![model.id, DELETED],
        |row| row.get(0),
    )?)
}

fn facts(tx: &mut Tx<'_>, workspace: &str, place: Place) -> Result<Facts, CatalogError> {
    let mut facts = Facts::new();
    let mut add = |section, name: &str, value: String| {
        if !value.is_empty() {
            facts.insert((section, name.to_owned()), value);
        }
    };
    let said = metadata::of_version(tx, workspace, place, None)?;
    add(Section::Artifact, "location", said.artifact_location);
    add(Section::Code, "revision", said.code_revision);
    add(Section::Environment, "environment", said.environment);
    add(Section::Data, "training data", said.training_data);
    for (key, value) in measured::params(tx, workspace, place)? {
        add(Section::Params, &key, value);
    }
    for (key, value) in measured::metrics(tx, workspace, place)? {
        add(Section::Metrics, &key, value.to_string());
    }
    for (name, digest) in measured::datasets(tx, workspace, place)? {
        add(Section::Data, &name, digest);
    }
    Ok(facts)
}
