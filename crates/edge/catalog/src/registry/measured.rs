//! What was measured of a version: the metrics of its run, and those of its logged model that the
//! run does not have.

use database::{Tx, values};
use tracking::Metrics;

use super::versions::Place;
use crate::{CatalogError, runs};

/// The newest value of each metric of a version.
pub(super) fn metrics(
    tx: &mut Tx<'_>,
    workspace: &str,
    place: Place,
) -> Result<Metrics, CatalogError> {
    let (run, model) = makers(tx, place)?;
    let mut found = Metrics::new();
    let mut take = |key: String, is_nan: bool, value: f64| {
        found.insert(key, if is_nan { f64::NAN } else { value });
    };
    if let Some(model) = model {
        tx.each(
            "SELECT x.key, x.is_nan, x.value FROM latest_model_metric x
             JOIN logged_model m ON m.id = x.model JOIN experiment e ON e.id = m.experiment
             WHERE m.uuid = ?1 AND e.workspace = ?2 AND x.dataset = 0",
            values![&model, workspace],
            |row| {
                take(row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(())
            },
        )?;
    }
    if let Some(run) = run_number(tx, workspace, run)? {
        tx.each(
            "SELECT key, is_nan, value FROM latest_metric WHERE run = ?1",
            values![run],
            |row| {
                take(row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(())
            },
        )?;
    }
    Ok(found)
}

/// The parameters of the run of a version.
pub(super) fn params(
    tx: &mut Tx<'_>,
    workspace: &str,
    place: Place,
) -> Result<Vec<(String, String)>, CatalogError> {
    let (run, _) = makers(tx, place)?;
    let Some(run) = run_number(tx, workspace, run)? else { return Ok(vec![]) };
    Ok(tx.query(
        "SELECT key, value FROM param WHERE run = ?1 ORDER BY key",
        values![run],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?)
}

/// The datasets that the run of a version read, with their digests.
pub(super) fn datasets(
    tx: &mut Tx<'_>,
    workspace: &str,
    place: Place,
) -> Result<Vec<(String, String)>, CatalogError> {
    let (run, _) = makers(tx, place)?;
    let Some(run) = run_number(tx, workspace, run)? else { return Ok(vec![]) };
    Ok(tx.query(
        "SELECT d.name, d.digest FROM dataset_input i JOIN dataset d ON d.id = i.dataset
         WHERE i.run = ?1 ORDER BY d.name, d.digest",
        values![run],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?)
}

type Makers = (Option<String>, Option<String>);

/// The ids of the run and of the logged model of a version.
fn makers(tx: &mut Tx<'_>, place: Place) -> Result<Makers, CatalogError> {
    let found = tx.first(
        "SELECT run_id, model_id FROM model_version WHERE id = ?1",
        values![place.id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}

/// The number of a run; none if it is not in the workspace, as a version may say any run.
fn run_number(
    tx: &mut Tx<'_>,
    workspace: &str,
    run: Option<String>,
) -> Result<Option<i64>, CatalogError> {
    let Some(run) = run.filter(|run| !run.is_empty()) else { return Ok(None) };
    match runs::find(tx, workspace, &run) {
        Ok(found) => Ok(Some(found.id)),
        Err(error) if error.code == crate::Code::ResourceDoesNotExist => Ok(None),
        Err(error) => Err(error),
    }
}
