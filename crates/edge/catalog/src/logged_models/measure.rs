//! Metrics of runs that were measured of models: they are kept with the models as well.
//!
//! All values are kept, also two at the same time, step and run: two datasets can be measured within
//! a millisecond.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use database::{Tx, Value, values};

use crate::metrics::{Metric, kept};
use crate::names::{check_text, within};
use crate::{CatalogError, Code, sql};

/// A dataset by its name and its digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetName {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub digest: String,
}

/// Says of which model a metric is, and on which dataset it was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The place of the metric in its list.
    pub metric: usize,
    /// The model.
    pub model_id: String,
    /// The dataset.
    pub dataset: Option<DatasetName>,
}

/// Checks a dataset on which something was measured.
fn check(measured: &[Measured]) -> Result<(), CatalogError> {
    for dataset in measured.iter().filter_map(|one| one.dataset.as_ref()) {
        check_text("dataset_name", &dataset.name)?;
        within("dataset_name", 500, &dataset.name)?;
        check_text("dataset_digest", &dataset.digest)?;
        within("dataset_digest", 36, &dataset.digest)?;
    }
    Ok(())
}

/// Keeps those of the checked metrics of a run that were measured of models; those that are there
/// already are passed over.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    workspace: &str,
    run: &str,
    metrics: &[Metric],
    measured: &[Measured],
) -> Result<(), CatalogError> {
    if measured.is_empty() {
        return Ok(());
    }
    check(measured)?;
    let models = models(tx, workspace, measured)?;
    let datasets = datasets(tx, measured)?;
    let rows: Vec<Row<'_>> = measured
        .iter()
        .map(|one| {
            let (model, experiment) = models[one.model_id.as_str()];
            let dataset = one.dataset.as_ref().map_or(0, |dataset| datasets[dataset]);
            Row::of(model, experiment, dataset, run, &metrics[one.metric])
        })
        .collect();
    put_all(tx, &rows)?;
    put_latest(tx, &rows)
}

/// A value of a model, as it is kept.
#[derive(Clone, Copy)]
struct Row<'a> {
    model: i64,
    experiment: i64,
    dataset: i64,
    run: &'a str,
    metric: &'a Metric,
    value: f64,
    is_nan: bool,
}

impl<'a> Row<'a> {
    fn of(model: i64, experiment: i64, dataset: i64, run: &'a str, metric: &'a Metric) -> Self {
        let (value, is_nan) = kept(metric.value);
        Self { model, experiment, dataset, run, metric, value, is_nan }
    }

    /// Whether it is newer: later, at a later step, then of the first run by id.
    fn is_newer(&self, other: &Self) -> bool {
        let age = |row: &Self| (row.metric.timestamp, row.metric.step);
        age(self) > age(other)
            || age(self) == age(other) && (other.run, self.value) > (self.run, other.value)
    }
}

/// The numbers of the models and of their experiments.
fn models<'a>(
    tx: &mut Tx<'_>,
    workspace: &str,
    measured: &'a [Measured],
) -> Result<HashMap<&'a str, (i64, i64)>, CatalogError> {
    let asked: BTreeSet<&str> = measured.iter().map(|one| one.model_id.as_str()).collect();
    let asked: Vec<&str> = asked.into_iter().collect();
    let mut found = HashMap::new();
    for some in asked.chunks(500) {
        let sql = format!(
            "SELECT m.uuid, m.id, m.experiment
             FROM logged_model m JOIN experiment e ON e.id = m.experiment
             WHERE e.workspace = ?1 AND m.uuid IN ({})",
            sql::marks(2, some.len())
        );
        let mut given = vec![Value::Text(workspace)];
        given.extend(some.iter().map(|id| Value::Text(id)));
        tx.each(&sql, &given, |row| {
            let id: String = row.get(0)?;
            if let Some(asked) = some.iter().find(|asked| **asked == id) {
                found.insert(*asked, (row.get(1)?, row.get(2)?));
            }
            Ok(())
        })?;
    }
    match asked.iter().find(|id| !found.contains_key(*id)) {
        None => Ok(found),
        Some(id) => {
            let message =
                format!("Logged model with ID '{id}' not found: its metric cannot be kept");
            Err(CatalogError::new(Code::BadRequest, message))
        }
    }
}

/// The numbers of the datasets; those that are not there yet are made.
fn datasets<'a>(
    tx: &mut Tx<'_>,
    measured: &'a [Measured],
) -> Result<HashMap<&'a DatasetName, i64>, CatalogError> {
    let asked: BTreeSet<&DatasetName> =
        measured.iter().filter_map(|one| one.dataset.as_ref()).collect();
    let mut found = HashMap::with_capacity(asked.len());
    for dataset in asked {
        let given = values![&dataset.name, &dataset.digest];
        tx.execute(
            "INSERT INTO metric_dataset (name, digest) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            given,
        )?;
        let id =
            tx.number("SELECT id FROM metric_dataset WHERE name = ?1 AND digest = ?2", given)?;
        found.insert(dataset, id);
    }
    Ok(found)
}

fn put_all(tx: &mut Tx<'_>, rows: &[Row<'_>]) -> Result<(), CatalogError> {
    let values: Vec<Value<'_>> = rows
        .iter()
        .flat_map(|row| {
            *values![
                row.model,
                &row.metric.key,
                row.metric.timestamp,
                row.metric.step,
                row.run,
                row.dataset,
                row.value,
                row.is_nan,
                row.experiment
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO model_metric
             (model, key, time, step, run, dataset, value, is_nan, experiment) VALUES",
        9,
        &values,
        "ON CONFLICT DO NOTHING",
    )?;
    Ok(())
}

/// Keeps the newest values apart, in the order of their keys, so that two writers never wait for
/// each other in a circle.
fn put_latest(tx: &mut Tx<'_>, rows: &[Row<'_>]) -> Result<(), CatalogError> {
    let mut latest: BTreeMap<(i64, &str, i64), Row<'_>> = BTreeMap::new();
    for row in rows {
        let of_all = Row { dataset: 0, ..*row };
        for row in [of_all, *row] {
            let held = latest.entry((row.model, &row.metric.key, row.dataset)).or_insert(row);
            if row.is_newer(held) {
                *held = row;
            }
        }
    }
    let values: Vec<Value<'_>> = latest
        .values()
        .flat_map(|row| {
            *values![
                row.model,
                &row.metric.key,
                row.dataset,
                row.experiment,
                row.value,
                row.is_nan,
                row.metric.timestamp,
                row.metric.step,
                row.run
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO latest_model_metric
             (model, key, dataset, experiment, value, is_nan, time, step, run) VALUES",
        9,
        &values,
        "ON CONFLICT (model, key, dataset) DO UPDATE SET value = excluded.value,
             is_nan = excluded.is_nan, time = excluded.time, step = excluded.step,
             run = excluded.run
         WHERE (excluded.time, excluded.step) > (latest_model_metric.time, latest_model_metric.step)
             OR (excluded.time = latest_model_metric.time
                 AND excluded.step = latest_model_metric.step
                 AND (latest_model_metric.run, excluded.value)
                     > (excluded.run, latest_model_metric.value))",
    )?;
    Ok(())
}
