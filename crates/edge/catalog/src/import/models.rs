//! Logged models with their ids, times and metrics.

use std::collections::BTreeMap;

use database::{Tx, Value, values};

use crate::logged_models::{self, DatasetName, LoggedModel, Measured, ModelMetric};
use crate::metrics::Metric;
use crate::names::check_text;
use crate::{CatalogError, Code, Tag, sql};

/// A logged model as it was kept elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedModel {
    /// What it is, what it was given and how it did.
    pub model: LoggedModel,
    /// The number of its experiment here.
    pub experiment: i64,
    /// Whether it was not deleted.
    pub active: bool,
}

/// Takes a logged model in. One that is there under its id is completed. Gives whether it was made.
pub fn put_logged_model(
    tx: &mut Tx<'_>,
    workspace: &str,
    new: &ImportedModel,
) -> Result<bool, CatalogError> {
    let info = &new.model.info;
    for (path, text) in [
        ("name", &info.name),
        ("model_type", &info.model_type),
        ("source_run_id", &info.source_run_id),
    ] {
        check_text(path, text)?;
    }
    let (id, experiment, made) = put_info(tx, workspace, new)?;
    put_pairs(tx, "model_tag", id, experiment, &info.tags)?;
    put_pairs(tx, "model_param", id, experiment, &new.model.data.params)?;
    put_metrics(tx, workspace, &info.model_id, &new.model.data.metrics)?;
    Ok(made)
}

/// The number of the model and that of its experiment, and whether it was made.
fn put_info(
    tx: &mut Tx<'_>,
    workspace: &str,
    new: &ImportedModel,
) -> Result<(i64, i64, bool), CatalogError> {
    let info = &new.model.info;
    let made = tx.first(
        "INSERT INTO logged_model (uuid, experiment, name, model_type, source_run, status, active,
             created, updated, artifact_uri)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT DO NOTHING RETURNING id",
        values![
            &info.model_id,
            new.experiment,
            &info.name,
            &info.model_type,
            &info.source_run_id,
            info.status.number(),
            new.active,
            info.creation_timestamp_ms,
            info.last_updated_timestamp_ms,
            &info.artifact_uri
        ],
        |row| row.get::<i64>(0),
    )?;
    if let Some(id) = made {
        return Ok((id, new.experiment, true));
    }
    let held = tx.first(
        "SELECT m.id, m.experiment FROM logged_model m JOIN experiment e ON e.id = m.experiment
         WHERE m.uuid = ?1 AND e.workspace = ?2",
        values![&info.model_id, workspace],
        |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
    )?;
    let (id, experiment) = held.ok_or_else(|| {
        let message = format!(
            "logged model {} is in another workspace already: import it there, or delete it",
            info.model_id
        );
        CatalogError::new(Code::ResourceAlreadyExists, message)
    })?;
    tx.execute(
        "UPDATE logged_model SET status = ?2, active = ?3, updated = ?4 WHERE id = ?1",
        values![id, info.status.number(), new.active, info.last_updated_timestamp_ms],
    )?;
    Ok((id, experiment, false))
}

fn put_pairs(
    tx: &mut Tx<'_>,
    table: &str,
    model: i64,
    experiment: i64,
    pairs: &[Tag],
) -> Result<(), CatalogError> {
    for pair in pairs {
        check_text(&pair.key, &pair.value)?;
    }
    let rows: Vec<Value<'_>> = sql::last_of_each(pairs)
        .into_iter()
        .flat_map(|pair| *values![model, &pair.key, experiment, &pair.value])
        .collect();
    tx.insert_many(
        &format!("INSERT INTO {table} (model, key, experiment, value) VALUES"),
        4,
        &rows,
        "ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
    )?;
    Ok(())
}

/// Keeps what was measured of a model, the values of each run together.
fn put_metrics(
    tx: &mut Tx<'_>,
    workspace: &str,
    model_id: &str,
    all: &[ModelMetric],
) -> Result<(), CatalogError> {
    let mut of_runs: BTreeMap<&str, Vec<&ModelMetric>> = BTreeMap::new();
    for one in all {
        of_runs.entry(&one.run_id).or_default().push(one);
    }
    for (run, some) in of_runs {
        let metrics: Vec<Metric> = some
            .iter()
            .map(|one| Metric {
                key: one.key.clone(),
                value: one.value,
                timestamp: one.timestamp,
                step: one.step,
            })
            .collect();
        let measured: Vec<Measured> = some
            .iter()
            .enumerate()
            .map(|(metric, one)| Measured {
                metric,
                model_id: model_id.to_owned(),
                dataset: dataset(one),
            })
            .collect();
        logged_models::put_measured(tx, workspace, run, &metrics, &measured)?;
    }
    Ok(())
}

fn dataset(one: &ModelMetric) -> Option<DatasetName> {
    let name = one.dataset_name.clone()?;
    Some(DatasetName { name, digest: one.dataset_digest.clone().unwrap_or_default() })
}
