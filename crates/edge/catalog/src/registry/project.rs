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

fn touch(tx: &mut Tx<'_>, at: i64, model: i64) -> Result<(), CatalogError> {
    tx.execute("UPDATE registered_model SET updated = ?2 WHERE id = ?1", values![model, at])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use database::{Database, Options};

    use super::super::{Asked, NewVersion, Policy};
    use super::*;
    use crate::registry;

    /// What is written to here and nowhere else.
    const TABLES: [&str; 7] = [
        "registered_model",
        "registered_model_tag",
        "model_version",
        "model_version_tag",
        "model_alias",
        "approval",
        "registry_policy",
    ];

    fn asked(by: &str, now: i64) -> Asked {
        Asked { workspace: "default".into(), by: by.into(), call: "test".into(), now }
    }

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.into(), value: value.into() }
    }

    /// Everything that can happen, at least once.
    fn live(tx: &mut Tx<'_>) -> Result<(), CatalogError> {
        let (ann, bob) = (asked("ann", 10), asked("bob", 20));
        registry::create_model(tx, &ann, "m", Some("first"), &[tag("a", "1")])?;
        registry::create_model(tx, &ann, "gone", None, &[])?;
        registry::tag_model(tx, &ann, "m", &tag("b", "2"))?;
        registry::untag_model(tx, &ann, "m", "a")?;
        registry::describe_model(tx, &bob, "m", "second")?;
        for number in 0..4 {
            let new = NewVersion {
                name: "m".into(),
                source: format!("s3://b/{number}"),
                tags: vec![tag("n", &number.to_string()), tag("trimtab.code_revision", "c0ffee")],
                ..NewVersion::default()
            };
            registry::create_version(tx, &ann, &new, Some("requirements.txt"))?;
        }
        let new =
            NewVersion { name: "gone".into(), source: "s3://b/a".into(), ..Default::default() };
        registry::create_version(tx, &ann, &new, None)?;
        registry::describe_version(tx, &bob, "m", "2", Some("two"))?;
        registry::tag_version(tx, &bob, "m", "2", &tag("n", "two"))?;
        registry::untag_version(tx, &bob, "m", "3", "n")?;
        registry::move_to_stage(tx, &bob, "m", "1", "Production", false)?;
        registry::move_to_stage(tx, &bob, "m", "2", "Production", true)?;
        let policy: Policy = serde_json::from_str(r#"{"protect": [{}]}"#).expect("a policy");
        registry::set_policy(tx, &bob, Some("m"), Some(&policy))?;
        registry::set_policy(tx, &bob, None, Some(&Policy::default()))?;
        registry::set_policy(tx, &bob, None, None)?;
        for version in ["1", "2"] {
            registry::approve(tx, &bob, "m", version, "champion", "seen")?;
            registry::set_alias(tx, &ann, "m", "champion", version, None)?;
        }
        registry::roll_back(tx, &ann, "m", "champion", Some("worse"))?;
        registry::set_alias(tx, &ann, "m", "shadow", "4", None)?;
        registry::set_alias(tx, &ann, "m", "spare", "3", None)?;
        registry::delete_alias(tx, &ann, "m", "spare")?;
        registry::delete_version(tx, &ann, "m", "4")?;
        registry::rename_model(tx, &ann, "m", "n")?;
        registry::delete_model(tx, &ann, "gone")
    }

    fn dump(tx: &mut Tx<'_>) -> Vec<String> {
        let mut rows = Vec::new();
        for (table, columns) in TABLES.iter().zip([
            "id, workspace, name, description, created, updated, newest",
            "model, key, value",
            "id, model, version, workspace, author, description, stage, source, storage, run_id, \
             run_link, model_id, metadata, created, updated",
            "owner, key, value, model",
            "model, alias, version",
            "model, alias, version, person, why, at, record",
            "workspace, model, policy",
        ]) {
            let texts: Vec<String> = columns
                .split(", ")
                .map(|column| format!("coalesce(cast({column} AS TEXT), 'null')"))
                .collect();
            let sql =
                format!("SELECT {} AS line FROM {table} ORDER BY line", texts.join("||' '||"));
            rows.extend(tx.query(&sql, &[], |row| row.get::<String>(0)).unwrap());
        }
        rows
    }

    #[test]
    fn the_same_records_give_the_same_tables() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tracking.db").display().to_string();
        let db = Database::open(&file, crate::MIGRATIONS, &Options::default()).unwrap();
        let (lived, told) = db
            .write_blocking(|tx| {
                live(tx)?;
                let lived = dump(tx);
                for table in TABLES {
                    tx.execute(&format!("DELETE FROM {table}"), &[])?;
                }
                let entries = tx.query(
                    "SELECT seq, at, payload FROM record WHERE model IS NOT NULL ORDER BY seq",
                    &[],
                    |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?)),
                )?;
                for (seq, at, payload) in entries {
                    let entry: Entry = serde_json::from_str(&payload).expect("an entry");
                    apply(tx, seq, at / 1_000, &entry)?;
                }
                Ok::<_, CatalogError>((lived, dump(tx)))
            })
            .unwrap();
        assert!(lived.len() > 12, "{lived:#?}");
        assert_eq!(lived, told);
        db.read_blocking(registry::verify).unwrap();
    }

    #[test]
    fn nothing_else_writes_to_these_tables() {
        let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("registry/project.rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for table in TABLES {
                        for write in ["INSERT INTO", "UPDATE", "DELETE FROM"] {
                            let write = format!("{write} {table} ");
                            assert!(!text.contains(&write), "{}: {write}", path.display());
                        }
                    }
                }
            }
        }
    }
}
