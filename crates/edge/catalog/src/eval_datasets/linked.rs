//! The experiments that an evaluation dataset belongs to.

use database::{Tx, values};

use super::{EvalDataset, NAME, find, get};
use crate::names::{check_text, within};
use crate::{CatalogError, experiments};

/// The experiments that a dataset belongs to; none if it is not there.
pub fn experiment_ids(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
) -> Result<Vec<String>, CatalogError> {
    let Some((id, _)) = find(tx, workspace, dataset_id)? else { return Ok(vec![]) };
    let sql = "SELECT experiment FROM eval_dataset_experiment WHERE dataset = ?1
               ORDER BY added, experiment";
    Ok(tx.query(sql, values![id], |row| row.get(0))?)
}

/// Adds a dataset to experiments.
pub fn add_experiments(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
    experiment_ids: &[String],
    now: i64,
) -> Result<EvalDataset, CatalogError> {
    let (id, _) = find(tx, workspace, dataset_id)?.ok_or_else(|| absent(dataset_id))?;
    for experiment in experiment_ids {
        let number = experiments::parse_id(experiment)?;
        if experiments::in_workspace(tx, workspace, &[number])?.is_empty() {
            return Err(CatalogError::missing(format!("No Experiment with id={experiment}")));
        }
        link(tx, id, experiment, now)?;
    }
    touch(tx, id, now)?;
    get(tx, workspace, dataset_id)
}

/// Takes a dataset out of experiments.
pub fn remove_experiments(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
    experiment_ids: &[String],
    now: i64,
) -> Result<EvalDataset, CatalogError> {
    let (id, _) = find(tx, workspace, dataset_id)?.ok_or_else(|| absent(dataset_id))?;
    let mut removed = 0;
    for experiment in experiment_ids {
        removed += tx.execute(
            "DELETE FROM eval_dataset_experiment WHERE dataset = ?1 AND experiment = ?2",
            values![id, experiment],
        )?;
    }
    if removed > 0 {
        touch(tx, id, now)?;
    }
    get(tx, workspace, dataset_id)
}

fn absent(dataset_id: &str) -> CatalogError {
    CatalogError::missing(format!("Dataset '{dataset_id}' not found"))
}

fn touch(tx: &mut Tx<'_>, id: i64, now: i64) -> Result<(), CatalogError> {
    tx.execute("UPDATE eval_dataset SET updated = ?2 WHERE id = ?1", values![id, now])?;
    Ok(())
}

pub(super) fn link(
    tx: &mut Tx<'_>,
    id: i64,
    experiment: &str,
    now: i64,
) -> Result<(), CatalogError> {
    check_text("experiment_ids", experiment)?;
    within("experiment_ids", NAME, experiment)?;
    tx.execute(
        "INSERT INTO eval_dataset_experiment (dataset, experiment, added) VALUES (?1, ?2, ?3)
         ON CONFLICT DO NOTHING",
        values![id, experiment, now],
    )?;
    Ok(())
}
