//! Runs with their ids, times and whole histories.

use database::{Tx, Value, values};

use crate::metrics::{self, Metric};
use crate::names::{check_text, invalid};
use crate::runs::{self, Found, Run, RunInfo};
use crate::{CatalogError, Code, Stage, Tag, sql};

/// So many values are prepared at once.
const AT_ONCE: usize = 4_000;

/// A run as it was kept elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedRun {
    /// What it is, with its parameters, tags, inputs and outputs. Its newest metrics are not read.
    pub run: Run,
    /// The number of its experiment here.
    pub experiment: i64,
    /// When it was deleted, if it was and that is known.
    pub deleted_time: Option<i64>,
    /// All that it measured.
    pub metrics: Vec<Metric>,
}

/// Takes a run in. One that is there under its id is completed, and stays in its experiment. Gives
/// whether it was made.
pub fn put_run(tx: &mut Tx<'_>, workspace: &str, new: &ImportedRun) -> Result<bool, CatalogError> {
    check(new)?;
    let (found, made) = put_info(tx, workspace, new)?;
    let Run { info, data, inputs, outputs } = &new.run;
    put_params(tx, &found, &data.params)?;
    runs::put_tags(tx, &found, &sql::last_of_each(&data.tags))?;
    for some in new.metrics.chunks(AT_ONCE) {
        metrics::put(tx, &found, some)?;
    }
    let id = &info.run_id;
    if !inputs.dataset_inputs.is_empty() || !inputs.model_inputs.is_empty() {
        runs::log_inputs(tx, workspace, id, &inputs.dataset_inputs, &inputs.model_inputs)?;
    }
    let made_models = outputs.iter().flat_map(|outputs| &outputs.model_outputs);
    let made_models: Vec<_> = made_models.cloned().collect();
    if !made_models.is_empty() {
        runs::log_outputs(tx, workspace, id, &made_models)?;
    }
    // The tag of the name may say something else; deleted runs take nothing, so this comes last.
    tx.execute(
        "UPDATE run SET name = ?2, active = ?3, deleted_time = ?4 WHERE id = ?1",
        values![found.id, &info.run_name, info.lifecycle_stage == Stage::Active, new.deleted_time],
    )?;
    Ok(made)
}

fn check(new: &ImportedRun) -> Result<(), CatalogError> {
    let Run { info, data, .. } = &new.run;
    if !runs::STATUSES.contains(&info.status.as_str()) {
        let why = format!("run {}: use one of {}.", info.run_id, runs::STATUSES.join(", "));
        return Err(invalid("status", &info.status, &why));
    }
    for (path, text) in [("run_name", &info.run_name), ("user_id", &info.user_id)] {
        check_text(path, text)?;
    }
    let mut texts = data.params.iter().chain(&data.tags);
    texts.try_for_each(|Tag { key, value }| check_text(key, value))
}

/// The row of the run, active for now, so that things can be logged to it.
fn put_info(
    tx: &mut Tx<'_>,
    workspace: &str,
    new: &ImportedRun,
) -> Result<(Found, bool), CatalogError> {
    let info = &new.run.info;
    let held = tx.first(
        "SELECT r.id, r.experiment, e.workspace FROM run r
         JOIN experiment e ON e.id = r.experiment WHERE r.uuid = ?1",
        values![&info.run_id],
        |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?)),
    )?;
    let Some((id, experiment, theirs)) = held else {
        let active = RunInfo { lifecycle_stage: Stage::Active, ..info.clone() };
        return Ok((runs::insert(tx, new.experiment, &active)?, true));
    };
    if theirs != workspace {
        return Err(CatalogError::new(
            Code::ResourceAlreadyExists,
            format!(
                "run {} is in workspace '{theirs}' already: import it there, or delete it",
                info.run_id
            ),
        ));
    }
    tx.execute(
        "UPDATE run SET user_id = ?2, status = ?3, start_time = ?4, end_time = ?5, active = 1
         WHERE id = ?1",
        values![id, &info.user_id, &info.status, info.start_time, info.end_time],
    )?;
    Ok((Found { id, experiment, active: true }, false))
}

fn put_params(tx: &mut Tx<'_>, run: &Found, params: &[Tag]) -> Result<(), CatalogError> {
    let rows: Vec<Value<'_>> = sql::last_of_each(params)
        .into_iter()
        .flat_map(|param| *values![run.id, &param.key, run.experiment, &param.value])
        .collect();
    tx.insert_many(
        "INSERT INTO param (run, key, experiment, value) VALUES",
        4,
        &rows,
        "ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
    )?;
    Ok(())
}
