//! What a fact does to the tables: the only statements that write to them.
//!
//! The tables follow from the records alone, so that the same records give the same tables.

use database::{Tx, values};

use super::fact::{Entry, Fact, Registered};
use super::names::DELETED;
use crate::{CatalogError, Tag, sql};

/// Lets the tables follow a fact, whose record stands at `place`; `at` is in milliseconds.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    place: i64,
    at: i64,
    entry: &Entry,
) -> Result<(), CatalogError> {
    let model = entry.model;
    match &entry.fact {
        Fact::Created { description, tags } => created(tx, at, entry, description, tags),
        Fact::Renamed { .. } => renamed(tx, at, entry),
        Fact::Described { version, description } => described(tx, at, model, *version, description),
        Fact::Tagged { version, key, value } => tagged(tx, model, *version, key, value),
        Fact::Untagged { version, key } => untagged(tx, model, *version, key),
        Fact::Registered(registered) => self::registered(tx, place, at, entry, registered),
        Fact::Staged { version, stage, .. } => staged(tx, at, model, *version, stage),
        Fact::Promoted { version, alias, .. } => moved(tx, model, alias, *version),
        Fact::RolledBack { version, alias, previous, .. } => {
            if let Some(previous) = previous {
                disapprove(tx, model, alias, *previous)?;
            }
            moved(tx, model, alias, *version)
        }
        Fact::Released { version, alias } => released(tx, model, alias, *version),
        Fact::Approved { version, alias, why } => {
            approved(tx, place, at, entry, (alias, *version, why))
        }
        Fact::Deleted { version: Some(version) } => version_deleted(tx, at, model, *version),
        Fact::Deleted { version: None } => model_deleted(tx, model),
        Fact::Ruled { policy } => {
            let policy = policy.as_ref().map(|policy| policy.to_json());
            ruled(tx, &entry.workspace, model, policy.as_deref())
        }
        Fact::Imported { version, created, updated, .. } => {
            imported(tx, model, *version, *created, *updated)
        }
    }
}

fn created(
    tx: &mut Tx<'_>,
    at: i64,
    entry: &Entry,
    description: &Option<String>,
    tags: &[Tag],
) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO registered_model (id, workspace, name, description, created, updated, newest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0)",
        values![entry.model, &entry.workspace, &entry.name, description, at],
    )?;
    tags.iter().try_for_each(|tag| tagged(tx, entry.model, None, &tag.key, &tag.value))
}

fn renamed(tx: &mut Tx<'_>, at: i64, entry: &Entry) -> Result<(), CatalogError> {
    tx.execute(
        "UPDATE registered_model SET name = ?2, updated = ?3 WHERE id = ?1",
        values![entry.model, &entry.name, at],
    )?;
    tx.execute("UPDATE model_version SET updated = ?2 WHERE model = ?1", values![entry.model, at])?;
    Ok(())
}

fn described(
    tx: &mut Tx<'_>,
    at: i64,
    model: i64,
    version: Option<i64>,
    description: &Option<String>,
) -> Result<(), CatalogError> {
    match version {
        None => tx.execute(
            "UPDATE registered_model SET description = ?2, updated = ?3 WHERE id = ?1",
            values![model, description, at],
        )?,
        Some(version) => tx.execute(
            "UPDATE model_version SET description = ?3, updated = ?4
             WHERE model = ?1 AND version = ?2",
            values![model, version, description, at],
        )?,
    };
    Ok(())
}

fn tagged(
    tx: &mut Tx<'_>,
    model: i64,
    version: Option<i64>,
    key: &str,
    value: &str,
) -> Result<(), CatalogError> {
    match version {
        None => tx.execute(
            "INSERT INTO registered_model_tag (model, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
            values![model, key, value],
        )?,
        Some(version) => tx.execute(
            "INSERT INTO model_version_tag (owner, key, value, model)
             SELECT id, ?3, ?4, model FROM model_version WHERE model = ?1 AND version = ?2
             ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value",
            values![model, version, key, value],
        )?,
    };
    Ok(())
}

fn untagged(
    tx: &mut Tx<'_>,
    model: i64,
    version: Option<i64>,
    key: &str,
) -> Result<(), CatalogError> {
    match version {
        None => tx.execute(
            "DELETE FROM registered_model_tag WHERE model = ?1 AND key = ?2",
            values![model, key],
        )?,
        Some(version) => tx.execute(
            "DELETE FROM model_version_tag WHERE key = ?3 AND owner IN
                 (SELECT id FROM model_version WHERE model = ?1 AND version = ?2)",
            values![model, version, key],
        )?,
    };
    Ok(())
}

fn registered(
    tx: &mut Tx<'_>,
    place: i64,
    at: i64,
    entry: &Entry,
    new: &Registered,
) -> Result<(), CatalogError> {
    let metadata = serde_json::to_string(&new.metadata).expect("metadata are text");
    tx.execute(
        "INSERT INTO model_version (id, model, version, workspace, author, description, stage,
             source, storage, run_id, run_link, model_id, metadata, created, updated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'None', ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
        values![
            place,
            entry.model,
            new.version,
            &entry.workspace,
            &entry.by,
            &new.description,
            &new.source,
            &new.storage,
            &new.run_id,
            &new.run_link,
            &new.model_id,
            &metadata,
            at
        ],
    )?;
    tx.execute(
        "UPDATE registered_model SET newest = ?2, updated = ?3 WHERE id = ?1",
        values![entry.model, new.version, at],
    )?;
    let rows: Vec<_> = sql::last_of_each(&new.tags)
        .into_iter()
        .flat_map(|tag| *values![place, &tag.key, &tag.value, entry.model])
        .collect();
    tx.insert_many(
        "INSERT INTO model_version_tag (owner, key, value, model) VALUES",
        4,
        &rows,
        "",
    )?;
    Ok(())
}

fn staged(
    tx: &mut Tx<'_>,
    at: i64,
    model: i64,
    version: i64,
    stage: &str,
) -> Result<(), CatalogError> {
    tx.execute(
        "UPDATE model_version SET stage = ?3, updated = ?4 WHERE model = ?1 AND version = ?2",
        values![model, version, stage, at],
    )?;
    touch(tx, at, model)
}

fn moved(tx: &mut Tx<'_>, model: i64, alias: &str, version: i64) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO model_alias (model, alias, version) VALUES (?1, ?2, ?3)
         ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version",
        values![model, alias, version],
    )?;
    Ok(())
}

fn released(tx: &mut Tx<'_>, model: i64, alias: &str, version: i64) -> Result<(), CatalogError> {
    tx.execute(
        "DELETE FROM model_alias WHERE model = ?1 AND alias = ?2 AND version = ?3",
        values![model, alias, version],
    )?;
    Ok(())
}

/// What was rolled back must be approved anew before it can come again.
fn disapprove(tx: &mut Tx<'_>, model: i64, alias: &str, version: i64) -> Result<(), CatalogError> {
    tx.execute(
        "DELETE FROM approval WHERE model = ?1 AND alias = ?2 AND version = ?3",
        values![model, alias, version],
    )?;
    Ok(())
}

fn approved(
    tx: &mut Tx<'_>,
    place: i64,
    at: i64,
    entry: &Entry,
    (alias, version, why): (&str, i64, &str),
) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO approval (model, alias, version, person, why, at, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (model, alias, version, person) DO UPDATE SET why = excluded.why,
             at = excluded.at, record = excluded.record",
        values![entry.model, alias, version, &entry.by, why, at, place],
    )?;
    Ok(())
}

/// Keeps the row, so that its number is never given again, without what it said.
fn version_deleted(tx: &mut Tx<'_>, at: i64, model: i64, version: i64) -> Result<(), CatalogError> {
    tx.execute(
        "UPDATE model_version SET stage = ?3, updated = ?4, description = NULL,
             source = 'REDACTED-SOURCE-PATH', storage = 'REDACTED-SOURCE-PATH',
             run_id = 'REDACTED-RUN-ID', run_link = 'REDACTED-RUN-LINK', model_id = NULL,
             metadata = '{}'
         WHERE model = ?1 AND version = ?2",
        values![model, version, DELETED, at],
    )?;
    tx.execute("DELETE FROM approval WHERE model = ?1 AND version = ?2", values![model, version])?;
    touch(tx, at, model)
}

fn model_deleted(tx: &mut Tx<'_>, model: i64) -> Result<(), CatalogError> {
    for table in [
        "model_version_tag WHERE model",
        "model_version WHERE model",
        "registered_model_tag WHERE model",
        "model_alias WHERE model",
        "approval WHERE model",
        "registry_policy WHERE model",
        "registered_model WHERE id",
    ] {
        tx.execute(&format!("DELETE FROM {table} = ?1"), values![model])?;
    }
    Ok(())
}

fn ruled(
    tx: &mut Tx<'_>,
    workspace: &str,
    model: i64,
    policy: Option<&str>,
) -> Result<(), CatalogError> {
    match policy {
        None => tx.execute(
            "DELETE FROM registry_policy WHERE workspace = ?1 AND model = ?2",
            values![workspace, model],
        )?,
        Some(policy) => tx.execute(
            "INSERT INTO registry_policy (workspace, model, policy) VALUES (?1, ?2, ?3)
             ON CONFLICT (workspace, model) DO UPDATE SET policy = excluded.policy",
            values![workspace, model, policy],
        )?,
    };
    Ok(())
}

/// What was made elsewhere keeps its times.
fn imported(
    tx: &mut Tx<'_>,
    model: i64,
    version: Option<i64>,
    created: i64,
    updated: i64,
) -> Result<(), CatalogError> {
    match version {
        None => tx.execute(
            "UPDATE registered_model SET created = ?2, updated = ?3 WHERE id = ?1",
            values![model, created, updated],
        )?,
        Some(version) => tx.execute(
            "UPDATE model_version SET created = ?3, updated = ?4
             WHERE model = ?1 AND version = ?2",
            values![model, version, created, updated],
        )?,
    };
    Ok(())
}

fn touch(tx: &mut Tx<'_>, at: i64, model: i64) -> Result<(), CatalogError> {
    tx.execute("UPDATE registered_model SET updated = ?2 WHERE id = ?1", values![model, at])?;
    Ok(())
}

#[cfg(test)]
mod tests;
