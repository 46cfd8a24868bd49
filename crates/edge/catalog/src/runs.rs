//! Runs: one execution of code, with its parameters, tags, metrics, inputs and outputs.

mod assemble;
mod batch;
mod datasets;
mod inputs;
mod record;
mod word;

use database::{Row, Tx, values};
use serde::Serialize;
use uuid::Uuid;

use crate::metrics::Metric;
use crate::names::{self, check_key, check_text, cut};
use crate::{CatalogError, Stage, Tag, experiments, sql};

pub use assemble::{assemble, get};
pub use batch::{Batch, log_batch, log_param};
pub use datasets::{DatasetSummary, datasets};
pub use inputs::{Dataset, DatasetInput, ModelInput, ModelOutput, log_inputs, log_outputs};
pub use record::record_model;
pub(crate) use word::made_up_name;

/// The tag that holds a run's name.
pub const NAME_TAG: &str = "mlflow.runName";

/// How a run stands.
pub const STATUSES: [&str; 5] = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

/// What a run is, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunInfo {
    /// Its id, as old clients call it.
    pub run_uuid: String,
    /// Its experiment.
    pub experiment_id: String,
    /// Its name.
    pub run_name: String,
    /// Who started it.
    pub user_id: String,
    /// One of [`STATUSES`].
    pub status: String,
    /// When it began, in milliseconds.
    pub start_time: i64,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// Where its artifacts are.
    pub artifact_uri: String,
    /// Whether it was deleted.
    pub lifecycle_stage: Stage,
    /// Its id.
    pub run_id: String,
}

/// What a run measured and was given.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RunData {
    /// The newest value of each metric.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// Its parameters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Tag>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// What a run read.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RunInputs {
    /// Datasets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dataset_inputs: Vec<DatasetInput>,
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_inputs: Vec<ModelInput>,
}

/// What a run made.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RunOutputs {
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_outputs: Vec<ModelOutput>,
}

/// A run with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// What it is.
    pub info: RunInfo,
    /// What it measured and was given.
    pub data: RunData,
    /// What it read.
    pub inputs: RunInputs,
    /// What it made; not said of a run that was just created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<RunOutputs>,
}

/// Where a run is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub id: i64,
    /// The number of its experiment.
    pub experiment: i64,
    /// Whether it was not deleted.
    pub active: bool,
}

/// A run that is to be made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewRun {
    /// Its experiment.
    pub experiment: i64,
    /// Who starts it.
    pub user_id: String,
    /// Its name; one is made up where there is none.
    pub name: Option<String>,
    /// When it began, in milliseconds.
    pub start_time: i64,
    /// Its tags.
    pub tags: Vec<Tag>,
}

pub(crate) const INFO: &str = "r.id, r.uuid, r.experiment, r.name, r.user_id, r.status, \
     r.start_time, r.end_time, r.artifact_uri, r.active";

pub(crate) fn read_info(row: &Row<'_>) -> Result<(i64, RunInfo), database::DatabaseError> {
    let uuid: String = row.get(1)?;
    let info = RunInfo {
        run_id: uuid.clone(),
        run_uuid: uuid,
        experiment_id: row.get::<i64>(2)?.to_string(),
        run_name: row.get(3)?,
        user_id: row.get(4)?,
        status: row.get(5)?,
        start_time: row.get(6)?,
        end_time: row.get(7)?,
        artifact_uri: row.get(8)?,
        lifecycle_stage: Stage::of(row.get(9)?),
    };
    Ok((row.get(0)?, info))
}

/// Makes a run in an experiment that is there.
pub fn create(tx: &mut Tx<'_>, workspace: &str, new: &NewRun) -> Result<Run, CatalogError> {
    let location = experiments::must_be_active(tx, workspace, new.experiment)?;
    let mut tags: Vec<Tag> = sql::last_of_each(&new.tags).into_iter().cloned().collect();
    for (index, tag) in tags.iter_mut().enumerate() {
        check_key(&format!("tags[{index}].key"), &tag.key)?;
        check_text(&format!("tags[{index}].value"), &tag.value)?;
        tag.value = cut(&tag.value, names::TAG_VALUE).to_owned();
    }
    let tagged = tags.iter().find(|tag| tag.key == NAME_TAG).map(|tag| tag.value.clone());
    let given = new.name.clone().filter(|name| !name.is_empty());
    if let (Some(name), Some(tag)) = (&given, &tagged)
        && !tag.is_empty()
        && name != tag
    {
        return Err(CatalogError::invalid(format!(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different \
             values (run_name='{name}', mlflow.runName='{tag}')."
        )));
    }
    let named = given.or_else(|| tagged.clone().filter(|name| !name.is_empty()));
    let name = named.unwrap_or_else(word::made_up_name);
    check_text("run_name", &name)?;
    names::within("run_name", names::KEY, &name)?;
    if tagged.is_none() {
        tags.push(Tag { key: NAME_TAG.to_owned(), value: name.clone() });
    }
    let uuid = Uuid::new_v4().simple().to_string();
    let info = RunInfo {
        run_id: uuid.clone(),
        experiment_id: new.experiment.to_string(),
        run_name: name,
        user_id: new.user_id.clone(),
        status: "RUNNING".to_owned(),
        start_time: new.start_time,
        end_time: None,
        artifact_uri: format!("{}/{uuid}/artifacts", location.trim_end_matches('/')),
        lifecycle_stage: Stage::Active,
        run_uuid: uuid,
    };
    let found = insert(tx, new.experiment, &info)?;
    put_tags(tx, &found, &tags.iter().collect::<Vec<_>>())?;
    let data = RunData { tags, ..RunData::default() };
    Ok(Run { info, data, inputs: RunInputs::default(), outputs: None })
}

/// Keeps a run that is said in full, as an importer does.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    experiment: i64,
    info: &RunInfo,
) -> Result<Found, CatalogError> {
    let active = info.lifecycle_stage == Stage::Active;
    let id = tx.number(
        "INSERT INTO run (uuid, experiment, name, user_id, status, start_time, end_time, active,
             artifact_uri)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id",
        values![
            &info.run_id,
            experiment,
            &info.run_name,
            &info.user_id,
            &info.status,
            info.start_time,
            info.end_time,
            active,
            &info.artifact_uri
        ],
    )?;
    Ok(Found { id, experiment, active })
}

/// Where a run is kept; refused if there is none in the workspace.
pub fn find(tx: &mut Tx<'_>, workspace: &str, uuid: &str) -> Result<Found, CatalogError> {
    let found = tx.first(
        "SELECT r.id, r.experiment, r.active FROM run r JOIN experiment e ON e.id = r.experiment
         WHERE r.uuid = ?1 AND e.workspace = ?2",
        values![uuid, workspace],
        |row| Ok(Found { id: row.get(0)?, experiment: row.get(1)?, active: row.get(2)? }),
    )?;
    found.ok_or_else(|| CatalogError::missing(format!("Run with id={uuid} not found")))
}

/// Where the artifacts of a run are, deleted or not.
pub fn artifact_uri(tx: &mut Tx<'_>, workspace: &str, uuid: &str) -> Result<String, CatalogError> {
    let found = tx.first(
        "SELECT r.artifact_uri FROM run r JOIN experiment e ON e.id = r.experiment
         WHERE r.uuid = ?1 AND e.workspace = ?2",
        values![uuid, workspace],
        |row| row.get(0),
    )?;
    found.ok_or_else(|| CatalogError::missing(format!("Run with id={uuid} not found")))
}

/// Where a run is kept that was not deleted.
pub fn active(tx: &mut Tx<'_>, workspace: &str, uuid: &str) -> Result<Found, CatalogError> {
    let found = find(tx, workspace, uuid)?;
    if !found.active {
        return Err(CatalogError::invalid(format!(
            "The run {uuid} must be in the 'active' state. Current state is deleted."
        )));
    }
    Ok(found)
}

/// Changes how a run stands, when it ended, and what it is called.
pub fn update(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
    status: Option<&str>,
    end_time: Option<i64>,
    name: Option<&str>,
) -> Result<RunInfo, CatalogError> {
    let found = active(tx, workspace, uuid)?;
    let name = name.filter(|name| !name.is_empty());
    if let Some(status) = status
        && !STATUSES.contains(&status)
    {
        let why = format!("use one of {}.", STATUSES.join(", "));
        return Err(names::invalid("status", status, &why));
    }
    if let Some(name) = name {
        check_text("run_name", name)?;
        names::within("run_name", names::KEY, name)?;
        let tag = Tag { key: NAME_TAG.to_owned(), value: name.to_owned() };
        put_tags(tx, &found, &[&tag])?;
    }
    let info = tx.first(
        &format!(
            "UPDATE run AS r SET status = coalesce(?2, status), end_time = coalesce(?3, end_time),
                 name = coalesce(?4, name)
             WHERE id = ?1 RETURNING {}",
            INFO.replace("r.", "")
        ),
        values![found.id, status, end_time, name],
        |row| Ok(read_info(row)?.1),
    )?;
    info.ok_or_else(|| CatalogError::missing(format!("Run with id={uuid} not found")))
}

/// Deletes a run, so that it can be restored.
pub fn delete(tx: &mut Tx<'_>, workspace: &str, uuid: &str, now: i64) -> Result<(), CatalogError> {
    let found = find(tx, workspace, uuid)?;
    tx.execute(
        "UPDATE run SET active = 0, deleted_time = ?2 WHERE id = ?1",
        values![found.id, now],
    )?;
    Ok(())
}

/// Brings a deleted run back.
pub fn restore(tx: &mut Tx<'_>, workspace: &str, uuid: &str) -> Result<(), CatalogError> {
    let found = find(tx, workspace, uuid)?;
    tx.execute("UPDATE run SET active = 1, deleted_time = NULL WHERE id = ?1", values![found.id])?;
    Ok(())
}

/// Sets a tag. The tag of the name renames the run.
pub fn set_tag(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
    tag: &Tag,
) -> Result<(), CatalogError> {
    let tag = checked_tag("", tag)?;
    let found = active(tx, workspace, uuid)?;
    put_tags(tx, &found, &[&tag])
}

/// Removes a tag.
pub fn delete_tag(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
    key: &str,
) -> Result<(), CatalogError> {
    let found = active(tx, workspace, uuid)?;
    let removed =
        tx.execute("DELETE FROM tag WHERE run = ?1 AND key = ?2", values![found.id, key])?;
    if removed == 0 {
        let message = format!("No tag with name: {key} in run with id {uuid}");
        return Err(CatalogError::missing(message));
    }
    Ok(())
}

/// A tag that may be kept, with its value cut to the limit.
pub(crate) fn checked_tag(path: &str, tag: &Tag) -> Result<Tag, CatalogError> {
    check_key(&format!("{path}key"), &tag.key)?;
    check_text(&format!("{path}value"), &tag.value)?;
    Ok(Tag { key: tag.key.clone(), value: cut(&tag.value, names::TAG_VALUE).to_owned() })
}

/// Keeps checked tags with different keys.
pub(crate) fn put_tags(tx: &mut Tx<'_>, run: &Found, tags: &[&Tag]) -> Result<(), CatalogError> {
    let mut tags = tags.to_vec();
    tags.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let rows: Vec<_> = tags
        .iter()
        .flat_map(|tag| *values![run.id, &tag.key, run.experiment, &tag.value])
        .collect();
    tx.insert_many(
        "INSERT INTO tag (run, key, experiment, value) VALUES",
        4,
        &rows,
        "ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
    )?;
    if let Some(name) = tags.iter().find(|tag| tag.key == NAME_TAG) {
        tx.execute("UPDATE run SET name = ?2 WHERE id = ?1", values![run.id, &name.value])?;
    }
    Ok(())
}
