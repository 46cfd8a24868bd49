//! Experiments: what runs are grouped by.

use database::{Row, Tx, Value, values};
use serde::Serialize;

use crate::names::{self, check_key, check_text, within};
use crate::{CatalogError, Stage, Tag, sql};

/// The experiment that is always there.
pub const DEFAULT: &str = "Default";

/// An experiment, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Experiment {
    /// Its number, as text.
    pub experiment_id: String,
    /// Its name, unique in a workspace.
    pub name: String,
    /// Where the artifacts of its runs go by default.
    pub artifact_location: String,
    /// Whether it was deleted.
    pub lifecycle_stage: Stage,
    /// When it was last changed, in milliseconds.
    pub last_update_time: i64,
    /// When it was made, in milliseconds.
    pub creation_time: i64,
    /// Its tags, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// The workspace that it is in.
    pub workspace: String,
}

const COLUMNS: &str = "id, name, artifact_location, active, updated, created, workspace";

fn read(row: &Row<'_>) -> Result<(i64, Experiment), database::DatabaseError> {
    let id: i64 = row.get(0)?;
    let experiment = Experiment {
        experiment_id: id.to_string(),
        name: row.get(1)?,
        artifact_location: row.get(2)?,
        lifecycle_stage: Stage::of(row.get(3)?),
        last_update_time: row.get(4)?,
        creation_time: row.get(5)?,
        tags: vec![],
        workspace: row.get(6)?,
    };
    Ok((id, experiment))
}

/// Reads the id of an experiment, which is a number in text.
pub fn parse_id(text: &str) -> Result<i64, CatalogError> {
    text.trim().parse().map_err(|_| {
        CatalogError::invalid(format!(
            "Invalid experiment ID '{text}'. Experiment ID must be a valid integer."
        ))
    })
}

/// Makes an experiment and gives its id. Without a location its artifacts go below `root`, in a
/// folder with its number.
pub fn create(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    location: Option<&str>,
    root: &str,
    tags: &[Tag],
    now: i64,
) -> Result<i64, CatalogError> {
    check_name(name)?;
    for tag in tags {
        check_tag(&tag.key, &tag.value)?;
    }
    if let Some(location) = location {
        check_location(location)?;
    }
    let id = tx
        .first(
            "INSERT INTO experiment (workspace, name, artifact_location, active, created, updated)
             VALUES (?1, ?2, ?3, 1, ?4, ?4) ON CONFLICT DO NOTHING RETURNING id",
            values![workspace, name, location.unwrap_or_default(), now],
            |row| row.get::<i64>(0),
        )?
        .ok_or_else(|| CatalogError::exists(format!("Experiment(name={name}) already exists.")))?;
    if location.is_none() {
        let place = format!("{}/{id}", root.trim_end_matches('/'));
        tx.execute(
            "UPDATE experiment SET artifact_location = ?2 WHERE id = ?1",
            values![id, &place],
        )?;
    }
    for tag in sql::last_of_each(tags) {
        put_tag(tx, id, &tag.key, &tag.value)?;
    }
    Ok(id)
}

/// Makes the experiment number 0, `Default`, if it is not there.
pub fn ensure_default(
    tx: &mut Tx<'_>,
    workspace: &str,
    root: &str,
    now: i64,
) -> Result<(), CatalogError> {
    let place = format!("{}/0", root.trim_end_matches('/'));
    tx.execute(
        "INSERT INTO experiment (id, workspace, name, artifact_location, active, created, updated)
         VALUES (0, ?1, ?2, ?3, 1, ?4, ?4) ON CONFLICT DO NOTHING",
        values![workspace, DEFAULT, &place, now],
    )?;
    Ok(())
}

/// An experiment by its id.
pub fn get(tx: &mut Tx<'_>, workspace: &str, id: i64) -> Result<Experiment, CatalogError> {
    let found = tx.first(
        &format!("SELECT {COLUMNS} FROM experiment WHERE id = ?1 AND workspace = ?2"),
        values![id, workspace],
        read,
    )?;
    let found =
        found.ok_or_else(|| CatalogError::missing(format!("No Experiment with id={id} exists")))?;
    Ok(with_tags(tx, vec![found])?.remove(0))
}

/// An experiment by its name.
pub fn get_by_name(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
) -> Result<Experiment, CatalogError> {
    let found = tx.first(
        &format!("SELECT {COLUMNS} FROM experiment WHERE name = ?1 AND workspace = ?2"),
        values![name, workspace],
        read,
    )?;
    let found = found.ok_or_else(|| {
        CatalogError::missing(format!("Could not find experiment with name '{name}'"))
    })?;
    Ok(with_tags(tx, vec![found])?.remove(0))
}

/// The experiments with these numbers, in this order, with their tags.
pub(crate) fn with_tags(
    tx: &mut Tx<'_>,
    found: Vec<(i64, Experiment)>,
) -> Result<Vec<Experiment>, CatalogError> {
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    let mut experiments: Vec<Experiment> = found.into_iter().map(|(_, one)| one).collect();
    let select = |marks: &str| {
        format!(
            "SELECT experiment, key, value FROM experiment_tag WHERE experiment IN ({marks})
             ORDER BY experiment, key"
        )
    };
    sql::for_owners(tx, &ids, select, |row| {
        let owner: i64 = row.get(0)?;
        if let Some(at) = ids.iter().position(|id| *id == owner) {
            experiments[at].tags.push(sql::tag(row, 1)?);
        }
        Ok(())
    })?;
    Ok(experiments)
}

/// Reads the rows of a search over `experiment e`.
pub(crate) fn read_searched(row: &Row<'_>) -> Result<(i64, Experiment), database::DatabaseError> {
    read(row)
}

/// The columns that [`read_searched`] reads.
pub(crate) const SEARCHED: &str =
    "e.id, e.name, e.artifact_location, e.active, e.updated, e.created, e.workspace";

/// Gives an experiment another name.
pub fn rename(
    tx: &mut Tx<'_>,
    workspace: &str,
    id: i64,
    name: &str,
    now: i64,
) -> Result<(), CatalogError> {
    check_name(name)?;
    must_be_active(tx, workspace, id)?;
    tx.execute(
        "UPDATE experiment SET name = ?2, updated = ?3 WHERE id = ?1",
        values![id, name, now],
    )
    .map_err(|error| match CatalogError::from(error) {
        error if error.is_duplicate() => {
            CatalogError::exists(format!("Experiment(name={name}) already exists."))
        }
        error => error,
    })?;
    Ok(())
}

/// Deletes an experiment and its runs, so that they can be restored.
pub fn delete(tx: &mut Tx<'_>, workspace: &str, id: i64, now: i64) -> Result<(), CatalogError> {
    if get(tx, workspace, id)?.lifecycle_stage == Stage::Deleted {
        return Err(CatalogError::missing(format!("No Experiment with id={id} exists")));
    }
    tx.execute("UPDATE experiment SET active = 0, updated = ?2 WHERE id = ?1", values![id, now])?;
    tx.execute(
        "UPDATE run SET active = 0, deleted_time = ?2 WHERE experiment = ?1 AND active = 1",
        values![id, now],
    )?;
    Ok(())
}

/// Brings a deleted experiment and its runs back.
pub fn restore(tx: &mut Tx<'_>, workspace: &str, id: i64, now: i64) -> Result<(), CatalogError> {
    if get(tx, workspace, id)?.lifecycle_stage == Stage::Active {
        return Err(CatalogError::missing(format!("No Experiment with id={id} exists")));
    }
    tx.execute("UPDATE experiment SET active = 1, updated = ?2 WHERE id = ?1", values![id, now])?;
    tx.execute(
        "UPDATE run SET active = 1, deleted_time = NULL WHERE experiment = ?1",
        values![id],
    )?;
    Ok(())
}

/// Sets a tag.
pub fn set_tag(
    tx: &mut Tx<'_>,
    workspace: &str,
    id: i64,
    key: &str,
    value: &str,
) -> Result<(), CatalogError> {
    check_tag(key, value)?;
    must_be_active(tx, workspace, id)?;
    put_tag(tx, id, key, value)
}

/// Removes a tag.
pub fn delete_tag(
    tx: &mut Tx<'_>,
    workspace: &str,
    id: i64,
    key: &str,
) -> Result<(), CatalogError> {
    must_be_active(tx, workspace, id)?;
    let removed = tx.execute(
        "DELETE FROM experiment_tag WHERE experiment = ?1 AND key = ?2",
        values![id, key],
    )?;
    if removed == 0 {
        let message = format!("No tag with name: {key} in experiment with id {id}");
        return Err(CatalogError::missing(message));
    }
    Ok(())
}

/// Of these experiments, those that are in the workspace.
pub fn in_workspace(
    tx: &mut Tx<'_>,
    workspace: &str,
    ids: &[i64],
) -> Result<Vec<i64>, CatalogError> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(500) {
        let sql = format!(
            "SELECT id FROM experiment WHERE workspace = ?1 AND id IN ({})",
            sql::marks(2, some.len())
        );
        let mut given = vec![Value::Text(workspace)];
        given.extend(some.iter().map(|id| Value::Int(*id)));
        found.extend(tx.query(&sql, &given, |row| row.get::<i64>(0))?);
    }
    Ok(found)
}

/// Refuses an experiment that is not there or was deleted; gives where its artifacts go.
pub fn must_be_active(tx: &mut Tx<'_>, workspace: &str, id: i64) -> Result<String, CatalogError> {
    let found = tx.first(
        "SELECT active, artifact_location FROM experiment WHERE id = ?1 AND workspace = ?2",
        values![id, workspace],
        |row| Ok((row.get::<bool>(0)?, row.get::<String>(1)?)),
    )?;
    match found {
        None => Err(CatalogError::missing(format!("No Experiment with id={id} exists"))),
        Some((false, _)) => Err(CatalogError::invalid(format!(
            "The experiment {id} must be in the 'active' state. Current state is deleted."
        ))),
        Some((true, location)) => Ok(location),
    }
}

fn put_tag(tx: &mut Tx<'_>, id: i64, key: &str, value: &str) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO experiment_tag (experiment, key, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value",
        values![id, key, value],
    )?;
    Ok(())
}

fn check_name(name: &str) -> Result<(), CatalogError> {
    if name.is_empty() {
        return Err(CatalogError::invalid("Invalid experiment name: ''"));
    }
    check_text("name", name)?;
    within("name", names::EXPERIMENT_NAME, name)
}

fn check_tag(key: &str, value: &str) -> Result<(), CatalogError> {
    check_key("key", key)?;
    check_text("value", value)?;
    within("value", names::EXPERIMENT_TAG_VALUE, value)
}

/// Refuses a location that names more than a place: a query, a fragment, a way upwards.
fn check_location(location: &str) -> Result<(), CatalogError> {
    check_text("artifact_location", location)?;
    let path = location.split_once("://").map_or(location, |(_, rest)| rest);
    let odd = location.contains(['?', '#']) || path.split('/').any(|part| part == "..");
    if odd {
        let why = "it must not contain a query, a fragment or `..`.";
        return Err(names::invalid("artifact_location", location, why));
    }
    within("artifact_location", 2_048, location)
}
