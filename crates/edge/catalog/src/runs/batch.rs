//! Parameters, and many things of a run at once.

use std::collections::HashMap;

use database::{Tx, Value, values};

use super::{Found, active, checked_tag, put_tags};
use crate::logged_models::{self, Measured};
use crate::metrics::{self, Metric};
use crate::names::{self, check_key, check_text, cut};
use crate::{CatalogError, Tag, sql};

/// Many things of a run, kept all or none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// Metrics, at most 1,000.
    pub metrics: Vec<Metric>,
    /// Which of the metrics were measured of logged models.
    pub measured: Vec<Measured>,
    /// Parameters, at most 100.
    pub params: Vec<Tag>,
    /// Tags, at most 100.
    pub tags: Vec<Tag>,
}

/// Keeps a batch, all or nothing.
pub fn log_batch(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
    batch: &Batch,
) -> Result<(), CatalogError> {
    check_run_id(uuid)?;
    for (index, metric) in batch.metrics.iter().enumerate() {
        metrics::check(&format!("metrics[{index}]."), metric)?;
    }
    let params = checked_params(&batch.params)?;
    let tags: Vec<Tag> = batch
        .tags
        .iter()
        .enumerate()
        .map(|(index, tag)| checked_tag(&format!("tags[{index}]."), tag))
        .collect::<Result<_, _>>()?;
    check_counts(batch)?;
    check_unique(&params)?;
    let found = active(tx, workspace, uuid)?;
    put_params(tx, uuid, &found, &params)?;
    metrics::put(tx, &found, &batch.metrics)?;
    logged_models::put_measured(tx, workspace, uuid, &batch.metrics, &batch.measured)?;
    put_tags(tx, &found, &sql::last_of_each(&tags))
}

/// Keeps one parameter. It may be logged again with the same value, and never with another.
pub fn log_param(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
    param: &Tag,
) -> Result<(), CatalogError> {
    let param = checked_param("", param)?;
    let found = active(tx, workspace, uuid)?;
    put_params(tx, uuid, &found, &[param])
}

fn checked_params(params: &[Tag]) -> Result<Vec<Tag>, CatalogError> {
    let one = |(index, param)| checked_param(&format!("params[{index}]."), param);
    params.iter().enumerate().map(one).collect()
}

fn checked_param(path: &str, param: &Tag) -> Result<Tag, CatalogError> {
    check_key(&format!("{path}key"), &param.key)?;
    check_text(&format!("{path}value"), &param.value)?;
    Ok(Tag { key: param.key.clone(), value: cut(&param.value, names::PARAM_VALUE).to_owned() })
}

pub(super) fn put_params(
    tx: &mut Tx<'_>,
    uuid: &str,
    run: &Found,
    params: &[Tag],
) -> Result<(), CatalogError> {
    if params.is_empty() {
        return Ok(());
    }
    let mut params: Vec<&Tag> = params.iter().collect();
    params.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let rows: Vec<Value<'_>> = params
        .iter()
        .flat_map(|param| *values![run.id, &param.key, run.experiment, &param.value])
        .collect();
    let inserted = tx.insert_many(
        "INSERT INTO param (run, key, experiment, value) VALUES",
        4,
        &rows,
        "ON CONFLICT DO NOTHING",
    )?;
    if inserted == params.len() as u64 {
        return Ok(());
    }
    let held: HashMap<String, String> = tx
        .query("SELECT key, value FROM param WHERE run = ?1", values![run.id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .into_iter()
        .collect();
    let changed = params.iter().find(|param| held.get(&param.key) != Some(&param.value));
    changed.map_or(Ok(()), |param| {
        Err(CatalogError::invalid(format!(
            "Changing param values is not allowed. Param with key='{}' was already logged with \
             value='{}' for run ID='{uuid}'. Attempted logging new value '{}'.",
            param.key,
            held.get(&param.key).map_or("", String::as_str),
            param.value
        )))
    })
}

pub(super) fn check_run_id(uuid: &str) -> Result<(), CatalogError> {
    let first = uuid.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    let rest = uuid.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if first && rest && uuid.chars().count() <= 256 {
        return Ok(());
    }
    Err(names::invalid("run_id", uuid, "it is no id of a run."))
}

fn check_counts(batch: &Batch) -> Result<(), CatalogError> {
    let (metrics, params, tags) = (batch.metrics.len(), batch.params.len(), batch.tags.len());
    for (what, limit, count) in [
        ("metrics", 1_000, metrics),
        ("params", 100, params),
        ("tags", 100, tags),
        ("metrics, params, and tags", 1_000, metrics + params + tags),
    ] {
        if count > limit {
            return Err(CatalogError::invalid(format!(
                "A batch logging request can contain at most {limit} {what}. Got {count} {what}. \
                 Please split up {what} across multiple requests and try again."
            )));
        }
    }
    Ok(())
}

fn check_unique(params: &[Tag]) -> Result<(), CatalogError> {
    let mut seen = std::collections::HashSet::new();
    match params.iter().find(|param| !seen.insert(param.key.as_str())) {
        None => Ok(()),
        Some(twice) => Err(CatalogError::invalid(format!(
            "Duplicate parameter keys have been submitted: ['{}']. Please ensure the request \
             contains only one param value per param key.",
            twice.key
        ))),
    }
}
