//! Logged models: what a training made, with its parameters, tags and metrics.
//!
//! A model is made pending; it is ready once its files are in place, and it can be deleted. Where its
//! files are is said here; the files themselves are not known here.

mod data;
mod fetch;
mod measure;
mod pairs;
mod plan;
mod search;
mod status;
mod terms;

use database::{Row, Tx, values};
use serde::Serialize;
use uuid::Uuid;

use crate::names::{check_text, within};
use crate::values::wire_number;
use crate::{CatalogError, Tag, experiments, runs};

pub(crate) use measure::put as put_measured;
pub use measure::{DatasetName, Measured};
pub use pairs::{delete_tag, log_params, set_tags};
pub use search::{ModelOrder, ModelSearch, OnDataset, search};
pub use status::Status;

/// Longest name and longest type of a model.
const NAME: usize = 500;
/// Longest id of the run that made a model.
const RUN: usize = 256;

/// A logged model, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedModel {
    /// What it is.
    pub info: ModelInfo,
    /// What it was given and how it did.
    pub data: ModelData,
}

/// What a logged model is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelInfo {
    /// Its id: `m-` and 32 hexadecimal digits.
    pub model_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: String,
    /// Its name, which need not be unique.
    pub name: String,
    /// When it was made, in milliseconds.
    pub creation_timestamp_ms: i64,
    /// When it was last finalised or deleted, in milliseconds.
    pub last_updated_timestamp_ms: i64,
    /// Where its files are.
    pub artifact_uri: String,
    /// How it stands.
    pub status: Status,
    /// What kind of model it is; may be empty.
    pub model_type: String,
    /// The run that made it; may be empty.
    pub source_run_id: String,
    /// Its tags, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// What a logged model was given and how it did.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ModelData {
    /// Its parameters, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Tag>,
    /// All its metrics, by key and time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<ModelMetric>,
}

/// A value that was measured of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelMetric {
    /// What was measured.
    pub key: String,
    /// The value; may be NaN.
    #[serde(serialize_with = "wire_number")]
    pub value: f64,
    /// When, in milliseconds.
    pub timestamp: i64,
    /// At which step.
    pub step: i64,
    /// On which dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// The digest of that dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<String>,
    /// The model.
    pub model_id: String,
    /// The run that measured it.
    pub run_id: String,
}

/// A model that is to be made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewModel {
    /// The experiment that it belongs to.
    pub experiment: i64,
    /// Its name; one is made up where there is none.
    pub name: Option<String>,
    /// What kind of model it is.
    pub model_type: String,
    /// The run that makes it.
    pub source_run_id: String,
    /// Its parameters.
    pub params: Vec<Tag>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// Where a model is kept.
struct Found {
    id: i64,
    experiment: i64,
}

const INFO: &str = "m.id, m.uuid, m.experiment, m.name, m.created, m.updated, m.artifact_uri, \
     m.status, m.model_type, m.source_run";

fn read_info(row: &Row<'_>) -> Result<(i64, ModelInfo), database::DatabaseError> {
    let info = ModelInfo {
        model_id: row.get(1)?,
        experiment_id: row.get::<i64>(2)?.to_string(),
        name: row.get(3)?,
        creation_timestamp_ms: row.get(4)?,
        last_updated_timestamp_ms: row.get(5)?,
        artifact_uri: row.get(6)?,
        status: Status::of(row.get(7)?),
        model_type: row.get(8)?,
        source_run_id: row.get(9)?,
        tags: vec![],
    };
    Ok((row.get(0)?, info))
}

/// Makes a model in an experiment that is there. It is pending.
pub fn create(
    tx: &mut Tx<'_>,
    workspace: &str,
    new: &NewModel,
    now: i64,
) -> Result<LoggedModel, CatalogError> {
    check_new(new)?;
    let location = experiments::must_be_active(tx, workspace, new.experiment)?;
    let model_id = format!("m-{}", Uuid::new_v4().simple());
    let name = new.name.clone().unwrap_or_else(runs::made_up_name);
    let uri = format!("{}/models/{model_id}/artifacts", location.trim_end_matches('/'));
    let id = tx.number(
        "INSERT INTO logged_model (uuid, experiment, name, model_type, source_run, status, active,
             created, updated, artifact_uri)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, ?8) RETURNING id",
        values![
            &model_id,
            new.experiment,
            &name,
            &new.model_type,
            &new.source_run_id,
            Status::Pending.number(),
            now,
            &uri
        ],
    )?;
    let found = Found { id, experiment: new.experiment };
    pairs::put_params(tx, &found, &new.params)?;
    pairs::put_tags(tx, &found, &new.tags.iter().collect::<Vec<_>>())?;
    get(tx, workspace, &model_id, false)
}

/// A model by its id; one that was deleted only if `deleted_too`.
pub fn get(
    tx: &mut Tx<'_>,
    workspace: &str,
    model_id: &str,
    deleted_too: bool,
) -> Result<LoggedModel, CatalogError> {
    let found = tx.first(
        &format!(
            "SELECT {INFO} FROM logged_model m JOIN experiment e ON e.id = m.experiment
             WHERE m.uuid = ?1 AND e.workspace = ?2 AND m.active >= ?3"
        ),
        values![model_id, workspace, !deleted_too],
        read_info,
    )?;
    let found = found.ok_or_else(|| missing(model_id))?;
    Ok(data::assemble(tx, vec![found])?.remove(0))
}

/// Where the files of a model are that was not deleted.
pub fn artifact_uri(
    tx: &mut Tx<'_>,
    workspace: &str,
    model_id: &str,
) -> Result<String, CatalogError> {
    let found = tx.first(
        "SELECT m.artifact_uri FROM logged_model m JOIN experiment e ON e.id = m.experiment
         WHERE m.uuid = ?1 AND e.workspace = ?2 AND m.active = 1",
        values![model_id, workspace],
        |row| row.get(0),
    )?;
    found.ok_or_else(|| missing(model_id))
}

/// Says how a model stands.
pub fn finalize(
    tx: &mut Tx<'_>,
    workspace: &str,
    model_id: &str,
    status: Status,
    now: i64,
) -> Result<LoggedModel, CatalogError> {
    let found = find(tx, workspace, model_id)?;
    tx.execute(
        "UPDATE logged_model SET status = ?2, updated = ?3 WHERE id = ?1",
        values![found.id, status.number(), now],
    )?;
    get(tx, workspace, model_id, true)
}

/// Deletes a model.
pub fn delete(
    tx: &mut Tx<'_>,
    workspace: &str,
    model_id: &str,
    now: i64,
) -> Result<(), CatalogError> {
    let found = find(tx, workspace, model_id)?;
    tx.execute(
        "UPDATE logged_model SET active = 0, updated = ?2 WHERE id = ?1",
        values![found.id, now],
    )?;
    Ok(())
}

/// Where a model is kept, deleted or not; refused if there is none in the workspace.
fn find(tx: &mut Tx<'_>, workspace: &str, model_id: &str) -> Result<Found, CatalogError> {
    let found = tx.first(
        "SELECT m.id, m.experiment FROM logged_model m JOIN experiment e ON e.id = m.experiment
         WHERE m.uuid = ?1 AND e.workspace = ?2",
        values![model_id, workspace],
        |row| Ok(Found { id: row.get(0)?, experiment: row.get(1)? }),
    )?;
    found.ok_or_else(|| missing(model_id))
}

fn missing(model_id: &str) -> CatalogError {
    CatalogError::missing(format!("Logged model with ID '{model_id}' not found."))
}

fn check_new(new: &NewModel) -> Result<(), CatalogError> {
    if let Some(name) = &new.name {
        check_name(name)?;
    }
    for (what, limit, value) in
        [("model_type", NAME, &new.model_type), ("source_run_id", RUN, &new.source_run_id)]
    {
        check_text(what, value)?;
        within(what, limit, value)?;
    }
    pairs::check("params", &new.params)?;
    pairs::check("tags", &new.tags)?;
    pairs::check_unique(&new.tags)
}

fn check_name(name: &str) -> Result<(), CatalogError> {
    if name.is_empty() || name.contains(['/', ':', '.', '%', '"', '\'']) {
        return Err(CatalogError::invalid(format!(
            "Invalid model name ('{name}') provided. Model name must be a non-empty string and \
             cannot contain the following characters: ('/', ':', '.', '%', '\"', \"'\")"
        )));
    }
    check_text("name", name)?;
    within("name", NAME, name)
}
