//! Models that are recorded in a tag of their run, as clients did before there were logged models.

use database::{Tx, values};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{active, put_tags};
use crate::names::check_text;
use crate::{CatalogError, Tag};

/// The tag that holds the models of a run, as a JSON list.
const MODELS_TAG: &str = "mlflow.log-model.history";

/// What is recorded of a model.
#[derive(Serialize)]
struct Recorded<'a> {
    run_id: &'a Value,
    artifact_path: &'a Value,
    utc_time_created: &'a Value,
    model_uuid: &'a Value,
    flavors: Map<String, Value>,
}

/// Adds a model, which its client describes in JSON, to those that its run made.
///
/// # Errors
/// Refuses what is no description of a model.
pub fn record_model(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
    description: &str,
) -> Result<(), CatalogError> {
    let model = parse(description)?;
    let recorded = recorded(&model)?;
    let found = active(tx, workspace, uuid)?;
    // Whoever records another model of this run at the same time waits until this one is there.
    tx.execute("UPDATE run SET status = status WHERE id = ?1", values![found.id])?;
    let held: Option<String> = tx.first(
        "SELECT value FROM tag WHERE run = ?1 AND key = ?2",
        values![found.id, MODELS_TAG],
        |row| row.get(0),
    )?;
    let mut models: Vec<Value> = match &held {
        None => vec![],
        Some(held) => serde_json::from_str(held).map_err(|_| {
            CatalogError::invalid(format!(
                "the tag '{MODELS_TAG}' of run {uuid} is no list of models: delete it"
            ))
        })?,
    };
    models.push(recorded);
    let value = serde_json::to_string(&models).expect("JSON can be written");
    check_text("model_json", &value)?;
    put_tags(tx, &found, &[&Tag { key: MODELS_TAG.to_owned(), value }])
}

fn parse(description: &str) -> Result<Map<String, Value>, CatalogError> {
    let malformed = || {
        CatalogError::invalid(format!(
            "Malformed model info. \n {description} \n is not a valid JSON."
        ))
    };
    let model: Value = serde_json::from_str(description).map_err(|_| malformed())?;
    let Value::Object(model) = model else { return Err(malformed()) };
    let missing: Vec<String> = ["artifact_path", "flavors", "utc_time_created", "run_id"]
        .iter()
        .filter(|field| !model.contains_key(**field))
        .map(|field| format!("'{field}'"))
        .collect();
    if !missing.is_empty() {
        return Err(CatalogError::invalid(format!(
            "Model json is missing mandatory fields: {{{}}}",
            missing.join(", ")
        )));
    }
    Ok(model)
}

/// The flavours of a model are recorded without their configuration, which may be long.
fn recorded(model: &Map<String, Value>) -> Result<Value, CatalogError> {
    let Value::Object(mut flavors) = model["flavors"].clone() else {
        let message = "Model json has flavors that are no object";
        return Err(CatalogError::invalid(message));
    };
    for flavor in flavors.values_mut().filter_map(Value::as_object_mut) {
        flavor.remove("config");
    }
    let recorded = Recorded {
        run_id: &model["run_id"],
        artifact_path: &model["artifact_path"],
        utc_time_created: &model["utc_time_created"],
        model_uuid: model.get("model_uuid").unwrap_or(&Value::Null),
        flavors,
    };
    Ok(serde_json::to_value(recorded).expect("JSON can be written"))
}
