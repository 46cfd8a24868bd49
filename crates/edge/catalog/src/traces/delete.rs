//! Deleting traces, with all that belongs to them.

use database::Tx;

use crate::search::Build;
use crate::{CatalogError, experiments, sql};

/// Which traces of an experiment are deleted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Doomed {
    /// Those that began at this moment or before, in milliseconds.
    pub until: Option<i64>,
    /// At most so many, the oldest.
    pub max: Option<i64>,
    /// Those with these ids.
    pub trace_ids: Vec<String>,
}

/// Deletes traces of an experiment and gives their number.
pub fn delete(
    tx: &mut Tx<'_>,
    workspace: &str,
    experiment: i64,
    doomed: &Doomed,
) -> Result<u64, CatalogError> {
    check(doomed)?;
    if experiments::in_workspace(tx, workspace, &[experiment])?.is_empty() {
        return Ok(0);
    }
    let mut sql = Build::new("SELECT id FROM trace WHERE experiment = ");
    sql.value(experiment);
    if let Some(until) = doomed.until {
        sql.push(" AND start_time <= ").value(until);
    }
    let mut ids: Vec<i64> = Vec::new();
    if doomed.trace_ids.is_empty() {
        sql.push(" ORDER BY start_time, trace_id");
        if let Some(max) = doomed.max {
            sql.push(" LIMIT ").value(max);
        }
        ids = tx.query(sql.sql(), &sql.values(), |row| row.get(0))?;
    }
    for some in doomed.trace_ids.chunks(500) {
        let mut sql = sql.clone();
        sql.push(" AND trace_id IN ").list(some.iter().map(String::as_str));
        ids.extend(tx.query(sql.sql(), &sql.values(), |row| row.get::<i64>(0))?);
    }
    remove(tx, &ids)?;
    Ok(ids.len() as u64)
}

fn check(doomed: &Doomed) -> Result<(), CatalogError> {
    let wrong = |what: String| Err(CatalogError::invalid(what));
    match (doomed.until, doomed.max, doomed.trace_ids.is_empty()) {
        (None, _, true) => {
            wrong("Either `max_timestamp_millis` or `trace_ids` must be specified.".to_owned())
        }
        (Some(_), _, false) => {
            wrong("Only one of `max_timestamp_millis` and `trace_ids` can be specified.".to_owned())
        }
        (_, Some(_), false) => {
            wrong("`max_traces` can't be specified if `trace_ids` is specified.".to_owned())
        }
        (_, Some(max), _) if max <= 0 => {
            wrong(format!("`max_traces` must be a positive integer, received {max}."))
        }
        _ => Ok(()),
    }
}

/// Removes traces by number.
fn remove(tx: &mut Tx<'_>, ids: &[i64]) -> Result<(), CatalogError> {
    for some in ids.chunks(500) {
        let given: Vec<_> = some.iter().map(|id| database::Value::Int(*id)).collect();
        let marks = sql::marks(1, some.len());
        tx.execute(
            &format!(
                "DELETE FROM trace_link WHERE trace_id IN
                     (SELECT trace_id FROM trace WHERE id IN ({marks}))"
            ),
            &given,
        )?;
        for table in ["trace_tag", "trace_metadata", "span", "assessment"] {
            tx.execute(&format!("DELETE FROM {table} WHERE trace IN ({marks})"), &given)?;
        }
        tx.execute(&format!("DELETE FROM trace WHERE id IN ({marks})"), &given)?;
    }
    Ok(())
}
