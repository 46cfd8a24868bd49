//! Taking in what another server kept, under the ids that it has there.
//!
//! Whoever imports says things in full: a run that ended last year, with its id, its times and all its
//! metrics. Nothing is cut and nothing made up. What is there already under the same id is completed,
//! so that an import that was cut off can be repeated; a [`Mark`] in the same transaction says what
//! was brought, so that it is not brought twice. Models and versions enter the registry through its
//! history, see [`registry::import_model`](crate::registry::import_model).
//!
//! It does not know where things come from, nor where their artifacts are.

mod models;
mod runs;

use std::collections::HashMap;

use database::{Dialect, Tx, Value, values};

use crate::experiments::{self, Experiment};
use crate::names::check_text;
use crate::{CatalogError, Stage, Tag, sql};

pub use crate::traces::{ImportedSpan, ImportedTrace, put_trace};
pub use models::{ImportedModel, put_logged_model};
pub use runs::{ImportedRun, put_run};

/// The tag that says from which server a thing comes that has another id here.
pub const ORIGIN_SERVER: &str = "trimtab.origin.server";
/// The tag that says which id it has there.
pub const ORIGIN_ID: &str = "trimtab.origin.id";
/// The tag that says that all of it was brought: the digest of what it was there.
pub const ORIGIN_DIGEST: &str = "trimtab.origin.digest";

/// What is known of a thing that was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it is called here.
    pub local: String,
    /// The digest of what was brought.
    pub digest: String,
}

/// What is known of things of a kind, by what they are called where they come from.
pub fn marks(
    tx: &mut Tx<'_>,
    workspace: &str,
    kind: &str,
    ids: &[String],
) -> Result<HashMap<String, Mark>, CatalogError> {
    let mut found = HashMap::new();
    for some in ids.chunks(500) {
        let sql = format!(
            "SELECT id, local, digest FROM imported WHERE workspace = ?1 AND kind = ?2
             AND id IN ({})",
            sql::marks(3, some.len())
        );
        let mut given = vec![Value::Text(workspace), Value::Text(kind)];
        given.extend(some.iter().map(|id| Value::Text(id)));
        tx.each(&sql, &given, |row| {
            found.insert(row.get(0)?, Mark { local: row.get(1)?, digest: row.get(2)? });
            Ok(())
        })?;
    }
    Ok(found)
}

/// Says that a thing was brought.
pub fn mark(
    tx: &mut Tx<'_>,
    workspace: &str,
    kind: &str,
    id: &str,
    mark: &Mark,
    now: i64,
) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO imported (workspace, kind, id, local, digest, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (workspace, kind, id) DO UPDATE SET local = excluded.local,
             digest = excluded.digest, at = excluded.at",
        values![workspace, kind, id, &mark.local, &mark.digest, now],
    )?;
    Ok(())
}

/// Takes an experiment in and gives its number: that of the experiment of its name, if there is one;
/// else the number that it has where it comes from, if that is free; else the next. Its artifacts go
/// below `root`. Also gives whether it was made.
pub fn put_experiment(
    tx: &mut Tx<'_>,
    workspace: &str,
    experiment: &Experiment,
    root: &str,
) -> Result<(i64, bool), CatalogError> {
    check_text("name", &experiment.name)?;
    let held = tx.first(
        "SELECT id FROM experiment WHERE workspace = ?1 AND name = ?2",
        values![workspace, &experiment.name],
        |row| row.get::<i64>(0),
    )?;
    let (id, made) = match held {
        Some(id) => (id, false),
        None => (make_experiment(tx, workspace, experiment, root)?, true),
    };
    let tags: Vec<Tag> = sql::last_of_each(&experiment.tags).into_iter().cloned().collect();
    for tag in &tags {
        check_text("tag", &tag.value)?;
    }
    let rows: Vec<_> = tags.iter().flat_map(|tag| *values![id, &tag.key, &tag.value]).collect();
    let head = "INSERT INTO experiment_tag (experiment, key, value) VALUES";
    tx.insert_many(head, 3, &rows, "ON CONFLICT DO NOTHING")?;
    Ok((id, made))
}

fn make_experiment(
    tx: &mut Tx<'_>,
    workspace: &str,
    new: &Experiment,
    root: &str,
) -> Result<i64, CatalogError> {
    let active = new.lifecycle_stage == Stage::Active;
    let said = values![workspace, &new.name, active, new.creation_time, new.last_update_time];
    let mut id = None;
    if let Some(wanted) = experiments::parse_id(&new.experiment_id).ok().filter(|id| *id > 0) {
        let mut given = said.to_vec();
        given.push(Value::Int(wanted));
        id = tx.first(
            "INSERT INTO experiment (workspace, name, active, created, updated, id,
                 artifact_location)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, '') ON CONFLICT DO NOTHING RETURNING id",
            &given,
            |row| row.get::<i64>(0),
        )?;
    }
    let id = match id {
        Some(id) => count_from(tx, id)?,
        None => tx.number(
            "INSERT INTO experiment (workspace, name, active, created, updated,
                 artifact_location)
             VALUES (?1, ?2, ?3, ?4, ?5, '') RETURNING id",
            said,
        )?,
    };
    let place = format!("{}/{id}", root.trim_end_matches('/'));
    tx.execute("UPDATE experiment SET artifact_location = ?2 WHERE id = ?1", values![id, &place])?;
    Ok(id)
}

/// Lets the database count on behind a number that it did not give itself.
fn count_from(tx: &mut Tx<'_>, id: i64) -> Result<i64, CatalogError> {
    if tx.dialect() == Dialect::Postgres {
        tx.first(
            "SELECT setval(pg_get_serial_sequence('experiment', 'id'),
                 (SELECT max(id) FROM experiment))",
            &[],
            |_| Ok(()),
        )?;
    }
    Ok(id)
}
