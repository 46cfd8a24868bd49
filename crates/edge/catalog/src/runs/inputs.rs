//! What runs read and made: datasets and logged models.

use database::{Tx, values};
use serde::Serialize;

use super::batch::check_run_id;
use super::{Found, active};
use crate::names::{check_text, within};
use crate::{CatalogError, Tag};

/// A dataset, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// A digest of its content.
    pub digest: String,
    /// What kind of source it has.
    pub source_type: String,
    /// Where it is from.
    pub source: String,
    /// The columns, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its size and the like, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A dataset as the input of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatasetInput {
    /// Such as the context: `train`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// The dataset.
    pub dataset: Dataset,
}

/// A logged model as the input of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelInput {
    /// The model.
    pub model_id: String,
}

/// A logged model that a run made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelOutput {
    /// The model.
    pub model_id: String,
    /// At which step.
    pub step: i64,
}

/// Binds datasets and models to a run as inputs. What is bound already stays as it is.
pub fn log_inputs(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
    datasets: &[DatasetInput],
    models: &[ModelInput],
) -> Result<(), CatalogError> {
    check_run_id(uuid)?;
    for input in datasets {
        check(input)?;
    }
    let found = active(tx, workspace, uuid)?;
    for input in datasets {
        put(tx, &found, input)?;
    }
    for model in models {
        put_model(tx, &found, "input", &model.model_id, 0)?;
    }
    Ok(())
}

/// Binds models to a run as its outputs.
pub fn log_outputs(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
    models: &[ModelOutput],
) -> Result<(), CatalogError> {
    let found = active(tx, workspace, uuid)?;
    for model in models {
        put_model(tx, &found, "output", &model.model_id, model.step)?;
    }
    Ok(())
}

fn put_model(
    tx: &mut Tx<'_>,
    run: &Found,
    kind: &str,
    model: &str,
    step: i64,
) -> Result<(), CatalogError> {
    check_text("models", model)?;
    tx.execute(
        "INSERT INTO run_model (run, kind, model, step) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
        values![run.id, kind, model, step],
    )?;
    let held = tx.number(
        "SELECT step FROM run_model WHERE run = ?1 AND kind = ?2 AND model = ?3",
        values![run.id, kind, model],
    )?;
    match held == step {
        true => Ok(()),
        false => Err(CatalogError::invalid(format!(
            "the model '{model}' is an {kind} of the run already, at step {held}: it cannot be \
             bound again at step {step}"
        ))),
    }
}

fn put(tx: &mut Tx<'_>, run: &Found, input: &DatasetInput) -> Result<(), CatalogError> {
    let data = &input.dataset;
    tx.execute(
        "INSERT INTO dataset (experiment, name, digest, source_type, source, schema, profile)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        values![
            run.experiment,
            &data.name,
            &data.digest,
            &data.source_type,
            &data.source,
            &data.schema,
            &data.profile
        ],
    )?;
    let id = tx.number(
        "SELECT id FROM dataset WHERE experiment = ?1 AND name = ?2 AND digest = ?3",
        values![run.experiment, &data.name, &data.digest],
    )?;
    let new = tx.execute(
        "INSERT INTO dataset_input (run, dataset) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        values![run.id, id],
    )?;
    let rows: Vec<_> = crate::sql::last_of_each(&input.tags)
        .into_iter()
        .filter(|_| new > 0)
        .flat_map(|tag| *values![run.id, id, &tag.key, &tag.value])
        .collect();
    tx.insert_many(
        "INSERT INTO dataset_input_tag (run, dataset, key, value) VALUES",
        4,
        &rows,
        "ON CONFLICT DO NOTHING",
    )?;
    Ok(())
}

fn check(input: &DatasetInput) -> Result<(), CatalogError> {
    let data = &input.dataset;
    let empty = String::new();
    for (what, limit, value) in [
        ("name", 500, &data.name),
        ("digest", 36, &data.digest),
        ("source_type", 36, &data.source_type),
        ("source", 65_535, &data.source),
        ("schema", 1_048_575, data.schema.as_ref().unwrap_or(&empty)),
        ("profile", 16_777_215, data.profile.as_ref().unwrap_or(&empty)),
    ] {
        check_text(what, value)?;
        within(what, limit, value)?;
    }
    for tag in &input.tags {
        check_text("key", &tag.key)?;
        check_text("value", &tag.value)?;
        within("key", 255, &tag.key)?;
        within("value", 500, &tag.value)?;
    }
    Ok(())
}
