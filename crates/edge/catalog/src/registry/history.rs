//! The history of the registry: read, asked what was true at a moment, and verified.

use database::{Row, Tx, Value, values};
use serde::Serialize;

use super::models::{Alias, Found};
use super::names::{DELETED, check_name};
use super::versions::Place;
use crate::names::check_text;
use crate::search::Build;
use crate::values::Page;
use crate::{CatalogError, sql};

/// What is asked of the history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistorySearch {
    /// Of the model that has this name now, and of those that had it before while they had it.
    pub name: Option<String>,
    /// Of this version.
    pub version: Option<i64>,
    /// Of this alias.
    pub alias: Option<String>,
    /// Up to this moment, in milliseconds.
    pub at: Option<i64>,
    /// How many to leave out.
    pub offset: usize,
    /// How many a page has.
    pub max: usize,
}

/// Something that happened to the registry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Happened {
    /// The place of its record in the chain.
    pub seq: i64,
    /// The name of its record.
    pub id: String,
    /// When, in milliseconds.
    pub at: i64,
    /// What kind of thing it was: `promoted`.
    pub kind: String,
    /// The records that it came of.
    pub because: Vec<String>,
    /// What happened: who, to what, from what to what.
    pub said: serde_json::Value,
    /// The hash of its record.
    pub hash: String,
}

/// A page of what happened, the newest first.
pub fn history(
    tx: &mut Tx<'_>,
    workspace: &str,
    search: &HistorySearch,
) -> Result<Page<Happened>, CatalogError> {
    let mut sql = Build::new(
        "SELECT seq, id, at, kind, because, payload, hash FROM record WHERE model IS NOT NULL
         AND workspace = ",
    );
    sql.value(workspace);
    if let Some(name) = &search.name {
        check_name(name)?;
        that_had(tx, workspace, name)?;
        sql.push(" AND (name = ").value(name.as_str());
        sql.push(" OR model IN (SELECT id FROM registered_model WHERE workspace = ");
        sql.value(workspace).push(" AND name = ").value(name.as_str()).push("))");
    }
    if let Some(version) = search.version {
        sql.push(" AND version = ").value(version);
    }
    if let Some(alias) = &search.alias {
        check_text("alias", alias)?;
        sql.push(" AND alias = ").value(alias.as_str());
    }
    if let Some(at) = search.at {
        sql.push(" AND at <= ").value(last_micro(at));
    }
    sql.push(" ORDER BY seq DESC LIMIT ").value(search.max as i64 + 1);
    sql.push(" OFFSET ").value(search.offset as i64);
    let found = tx.query(sql.sql(), &sql.values(), read)?;
    Ok(Page::of(found, search.offset, search.max))
}

fn read(row: &Row<'_>) -> Result<Happened, database::DatabaseError> {
    let (because, payload): (String, String) = (row.get(4)?, row.get(5)?);
    Ok(Happened {
        seq: row.get(0)?,
        id: row.get(1)?,
        at: row.get::<i64>(2)? / 1_000,
        kind: row.get(3)?,
        because: because.lines().map(str::to_owned).collect(),
        said: serde_json::from_str(&payload).unwrap_or(serde_json::Value::String(payload)),
        hash: row.get(6)?,
    })
}

/// The numbers of the models that ever had a name.
fn that_had(tx: &mut Tx<'_>, workspace: &str, name: &str) -> Result<Vec<i64>, CatalogError> {
    let found = tx.query(
        "SELECT DISTINCT model FROM record WHERE workspace = ?1 AND name = ?2",
        values![workspace, name],
        |row| row.get(0),
    )?;
    match found.is_empty() {
        true => Err(CatalogError::missing(format!("Registered Model with name={name} not found"))),
        false => Ok(found),
    }
}

/// The aliases that the model which had this name at a moment (in milliseconds) had then, with the
/// versions that held them.
pub fn aliases_at(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    at: i64,
) -> Result<Vec<Alias>, CatalogError> {
    check_name(name)?;
    let Some(model) = named_at(tx, workspace, name, at)? else { return Ok(vec![]) };
    Ok(tx
        .query(
            "SELECT alias, version, kind FROM record WHERE seq IN (
                 SELECT max(seq) FROM record WHERE model = ?1 AND at <= ?2
                     AND kind IN ('promoted', 'rolled_back', 'released') GROUP BY alias)
             ORDER BY alias",
            values![model, last_micro(at)],
            |row| {
                let held = row.get::<String>(2)? != "released";
                let version = row.get::<i64>(1)?.to_string();
                Ok(held.then_some(Alias { alias: row.get(0)?, version }))
            },
        )?
        .into_iter()
        .flatten()
        .collect())
}

/// The model that had a name at a moment.
fn named_at(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    at: i64,
) -> Result<Option<i64>, CatalogError> {
    for model in that_had(tx, workspace, name)? {
        let last = tx.first(
            "SELECT name, kind FROM record WHERE model = ?1 AND at <= ?2 AND (
                 kind IN ('created', 'renamed') OR kind = 'deleted' AND version IS NULL)
             ORDER BY seq DESC LIMIT 1",
            values![model, last_micro(at)],
            |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)),
        )?;
        if last.is_some_and(|(held, kind)| held == name && kind != "deleted") {
            return Ok(Some(model));
        }
    }
    Ok(None)
}

/// The last microsecond of a millisecond.
fn last_micro(at: i64) -> i64 {
    at.saturating_mul(1_000).saturating_add(999)
}

/// The version to which an alias goes back: the one that held it before, and is still there.
///
/// Going back undoes: what was undone is not gone back to again.
pub(super) fn held_before(
    tx: &mut Tx<'_>,
    model: &Found,
    alias: &str,
) -> Result<Option<Place>, CatalogError> {
    let moves = tx.query(
        "SELECT kind, version FROM record WHERE model = ?1 AND alias = ?2
             AND kind IN ('promoted', 'rolled_back', 'released') ORDER BY seq",
        values![model.id, alias],
        |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)),
    )?;
    let mut holders = holders(&moves);
    let holder = holders.pop().flatten();
    let there = there(tx, model, holders.iter().flatten().copied())?;
    let before = holders.into_iter().rev().flatten().filter(|version| Some(*version) != holder);
    Ok(before
        .filter_map(|version| there.iter().find(|place| place.version == version).copied())
        .next())
}

/// The holders of an alias, the present one last; nobody, where it was taken away.
fn holders(moves: &[(String, i64)]) -> Vec<Option<i64>> {
    let mut holders: Vec<Option<i64>> = Vec::new();
    for (kind, version) in moves {
        match kind.as_str() {
            "promoted" => holders.push(Some(*version)),
            "released" => holders.push(None),
            _ => {
                holders.pop();
                while holders.last().is_some_and(|holder| *holder != Some(*version)) {
                    holders.pop();
                }
            }
        }
    }
    holders
}

/// Of these versions, those that are still there.
fn there(
    tx: &mut Tx<'_>,
    model: &Found,
    versions: impl Iterator<Item = i64>,
) -> Result<Vec<Place>, CatalogError> {
    let mut versions: Vec<i64> = versions.collect();
    versions.sort_unstable();
    versions.dedup();
    let mut found = Vec::with_capacity(versions.len());
    for some in versions.chunks(500) {
        let select = format!(
            "SELECT id, version FROM model_version WHERE model = ?1 AND stage <> ?2
                 AND version IN ({})",
            sql::marks(3, some.len())
        );
        let mut given = vec![Value::Int(model.id), Value::Text(DELETED)];
        given.extend(some.iter().map(|version| Value::Int(*version)));
        found.extend(
            tx.query(&select, &given, |row| Ok(Place { id: row.get(0)?, version: row.get(1)? }))?,
        );
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_undoes() {
        let told = |moves: &[(&str, i64)]| {
            let moves: Vec<_> = moves.iter().map(|(kind, v)| ((*kind).to_owned(), *v)).collect();
            holders(&moves)
        };
        let three = [("promoted", 1), ("promoted", 2), ("promoted", 3)];
        assert_eq!(told(&three), [Some(1), Some(2), Some(3)]);
        let back = [three.as_slice(), &[("rolled_back", 2)]].concat();
        assert_eq!(told(&back), [Some(1), Some(2)]);
        let twice = [back.as_slice(), &[("rolled_back", 1)]].concat();
        assert_eq!(told(&twice), [Some(1)]);
        let taken = [three.as_slice(), &[("released", 3)]].concat();
        assert_eq!(told(&taken), [Some(1), Some(2), Some(3), None]);
        let again = [taken.as_slice(), &[("rolled_back", 3)]].concat();
        assert_eq!(told(&again), [Some(1), Some(2), Some(3)]);
        let passed_over = [three.as_slice(), &[("rolled_back", 1)]].concat();
        assert_eq!(told(&passed_over), [Some(1)]);
        let same = [("promoted", 1), ("promoted", 2), ("promoted", 1), ("rolled_back", 2)];
        assert_eq!(told(&same), [Some(1), Some(2)]);
    }
}
