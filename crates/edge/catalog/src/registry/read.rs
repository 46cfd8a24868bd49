//! Models and versions with all that belongs to them, gathered a whole page at a time.

use std::collections::HashMap;

use database::{DatabaseError, Row, Tx, values};

use super::models::{Alias, RegisteredModel};
use super::names::DELETED;
use super::versions::ModelVersion;
use crate::{CatalogError, sql};

/// The models with these numbers, in this order.
pub(super) fn models(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<RegisteredModel>, CatalogError> {
    let mut found: HashMap<i64, RegisteredModel> = HashMap::with_capacity(ids.len());
    let select = |marks: &str| {
        format!(
            "SELECT id, name, description, created, updated FROM registered_model
             WHERE id IN ({marks})"
        )
    };
    sql::for_owners(tx, ids, select, |row| {
        let model = RegisteredModel {
            name: row.get(1)?,
            description: row.get::<Option<String>>(2)?.filter(|text| !text.is_empty()),
            creation_timestamp: row.get(3)?,
            last_updated_timestamp: row.get(4)?,
            latest_versions: vec![],
            tags: vec![],
            aliases: vec![],
        };
        found.insert(row.get(0)?, model);
        Ok(())
    })?;
    let mut of = |id: i64, add: &mut dyn FnMut(&mut RegisteredModel)| {
        if let Some(model) = found.get_mut(&id) {
            add(model);
        }
    };
    let select = |marks: &str| {
        format!(
            "SELECT model, key, value FROM registered_model_tag WHERE model IN ({marks})
             ORDER BY model, key"
        )
    };
    sql::for_owners(tx, ids, select, |row| {
        let tag = sql::tag(row, 1)?;
        of(row.get(0)?, &mut |model| model.tags.push(tag.clone()));
        Ok(())
    })?;
    each_alias(tx, ids, |id, alias, version| {
        of(id, &mut |model| {
            let (alias, version) = (alias.to_owned(), version.to_string());
            model.aliases.push(Alias { alias, version });
        });
    })?;
    for (id, version) in latest(tx, ids)? {
        of(id, &mut |model| model.latest_versions.push(version.clone()));
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// The newest version of each stage of these models, each with the number of its model. The stages
/// of a model come in the order in which its versions first had them.
pub(super) fn latest(
    tx: &mut Tx<'_>,
    models: &[i64],
) -> Result<Vec<(i64, ModelVersion)>, CatalogError> {
    let mut places: Vec<(i64, i64)> = Vec::new();
    let select = |marks: &str| {
        format!(
            "SELECT model, max(id), min(version) AS first FROM model_version
             WHERE model IN ({marks}) AND stage <> '{DELETED}' GROUP BY model, stage
             ORDER BY model, first"
        )
    };
    sql::for_owners(tx, models, select, |row| {
        places.push((row.get(0)?, row.get(1)?));
        Ok(())
    })?;
    let ids: Vec<i64> = places.iter().map(|(_, id)| *id).collect();
    let found = versions(tx, &ids)?;
    Ok(places.into_iter().map(|(model, _)| model).zip(found).collect())
}

const VERSION: &str = "v.id, m.name, v.version, v.created, v.updated, v.description, v.stage, \
     v.source, v.run_id, v.run_link";

fn read_version(row: &Row<'_>) -> Result<(i64, ModelVersion), DatabaseError> {
    let version = ModelVersion {
        name: row.get(1)?,
        version: row.get::<i64>(2)?.to_string(),
        creation_timestamp: row.get(3)?,
        last_updated_timestamp: row.get(4)?,
        current_stage: row.get(6)?,
        description: row.get(5)?,
        source: row.get(7)?,
        run_id: row.get(8)?,
        status: "READY",
        tags: vec![],
        run_link: row.get(9)?,
        aliases: vec![],
    };
    Ok((row.get(0)?, version))
}

/// The versions with these numbers (the places of their records), in this order, without aliases.
pub(super) fn versions(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<ModelVersion>, CatalogError> {
    let mut found: HashMap<i64, ModelVersion> = HashMap::with_capacity(ids.len());
    let select = |marks: &str| {
        format!(
            "SELECT {VERSION} FROM model_version v JOIN registered_model m ON m.id = v.model
             WHERE v.id IN ({marks})"
        )
    };
    sql::for_owners(tx, ids, select, |row| {
        let (id, version) = read_version(row)?;
        found.insert(id, version);
        Ok(())
    })?;
    let select = |marks: &str| {
        format!(
            "SELECT owner, key, value FROM model_version_tag WHERE owner IN ({marks})
             ORDER BY owner, key"
        )
    };
    sql::for_owners(tx, ids, select, |row| {
        if let Some(version) = found.get_mut(&row.get(0)?) {
            version.tags.push(sql::tag(row, 1)?);
        }
        Ok(())
    })?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// A version with its aliases.
pub(super) fn version(tx: &mut Tx<'_>, model: i64, id: i64) -> Result<ModelVersion, CatalogError> {
    let mut found = versions(tx, &[id])?;
    add_aliases(tx, model, &mut found)?;
    found.pop().ok_or_else(|| CatalogError::missing("the version was deleted meanwhile"))
}

/// Gives versions of one model their aliases.
pub(super) fn add_aliases(
    tx: &mut Tx<'_>,
    model: i64,
    versions: &mut [ModelVersion],
) -> Result<(), CatalogError> {
    each_alias(tx, &[model], |_, alias, number| {
        let number = number.to_string();
        let held = versions.iter_mut().find(|version| version.version == number);
        if let Some(version) = held {
            version.aliases.push(alias.to_owned());
        }
    })
}

/// The aliases of a model with the versions that hold them.
pub(super) fn aliases(tx: &mut Tx<'_>, model: i64) -> Result<Vec<(String, i64)>, CatalogError> {
    Ok(tx.query(
        "SELECT alias, version FROM model_alias WHERE model = ?1 ORDER BY alias",
        values![model],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?)
}

fn each_alias(
    tx: &mut Tx<'_>,
    models: &[i64],
    mut take: impl FnMut(i64, &str, i64),
) -> Result<(), CatalogError> {
    let select = |marks: &str| {
        format!(
            "SELECT model, alias, version FROM model_alias WHERE model IN ({marks})
             ORDER BY model, alias"
        )
    };
    sql::for_owners(tx, models, select, |row| {
        take(row.get(0)?, &row.get::<String>(1)?, row.get(2)?);
        Ok(())
    })
}
