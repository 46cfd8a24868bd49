//! To which experiment something belongs, and what kind of thing a name in the registry is. What
//! is not in the workspace belongs nowhere.

use database::{Tx, Value, values};

use super::permission::Resource;
use crate::{CatalogError, sql};

/// The tag that makes a registered model a prompt.
const PROMPT_TAG: &str = "mlflow.prompt.is_prompt";

/// The experiment with this name.
pub fn experiment_named(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
) -> Result<Option<i64>, CatalogError> {
    one(tx, "SELECT id FROM experiment WHERE name = ?1 AND workspace = ?2", name, workspace)
}

/// Whether the workspace has an experiment of this number.
pub fn has_experiment(tx: &mut Tx<'_>, workspace: &str, id: i64) -> Result<bool, CatalogError> {
    Ok(!crate::experiments::in_workspace(tx, workspace, &[id])?.is_empty())
}

/// The experiment of a run.
pub fn experiment_of_run(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
) -> Result<Option<i64>, CatalogError> {
    let sql = "SELECT e.id FROM run x JOIN experiment e ON e.id = x.experiment
               WHERE x.uuid = ?1 AND e.workspace = ?2";
    one(tx, sql, uuid, workspace)
}

/// The experiment of a logged model.
pub fn experiment_of_model(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
) -> Result<Option<i64>, CatalogError> {
    let sql = "SELECT e.id FROM logged_model x JOIN experiment e ON e.id = x.experiment
               WHERE x.uuid = ?1 AND e.workspace = ?2";
    one(tx, sql, uuid, workspace)
}

/// The experiment of a trace.
pub fn experiment_of_trace(
    tx: &mut Tx<'_>,
    workspace: &str,
    id: &str,
) -> Result<Option<i64>, CatalogError> {
    let sql = "SELECT e.id FROM trace x JOIN experiment e ON e.id = x.experiment
               WHERE x.trace_id = ?1 AND e.workspace = ?2";
    one(tx, sql, id, workspace)
}

/// The experiments that an evaluation dataset is for; `None` where there is no such dataset.
pub fn experiments_of_dataset(
    tx: &mut Tx<'_>,
    workspace: &str,
    id: &str,
) -> Result<Option<Vec<i64>>, CatalogError> {
    let sql = "SELECT id FROM eval_dataset WHERE dataset_id = ?1 AND workspace = ?2";
    let Some(dataset) = one(tx, sql, id, workspace)? else { return Ok(None) };
    let named = tx.query(
        "SELECT experiment FROM eval_dataset_experiment WHERE dataset = ?1",
        values![dataset],
        |row| row.get::<String>(0),
    )?;
    named.iter().map(|id| crate::experiments::parse_id(id)).collect::<Result<_, _>>().map(Some)
}

fn one(
    tx: &mut Tx<'_>,
    sql: &str,
    key: &str,
    workspace: &str,
) -> Result<Option<i64>, CatalogError> {
    if key.contains('\0') {
        return Ok(None);
    }
    Ok(tx.first(sql, values![key, workspace], |row| row.get(0))?)
}

/// Whether these names are of models or of prompts; those that are of neither are left out.
pub fn registered(
    tx: &mut Tx<'_>,
    workspace: &str,
    names: &[String],
) -> Result<Vec<(String, Resource)>, CatalogError> {
    let mut found = Vec::with_capacity(names.len());
    let names: Vec<&String> = names.iter().filter(|name| !name.contains('\0')).collect();
    for some in names.chunks(500) {
        let sql = format!(
            "SELECT m.name, coalesce(t.value, 'false') FROM registered_model m
             LEFT JOIN registered_model_tag t ON t.model = m.id AND t.key = ?1
             WHERE m.workspace = ?2 AND m.name IN ({})",
            sql::marks(3, some.len())
        );
        let mut given = vec![Value::Text(PROMPT_TAG), Value::Text(workspace)];
        given.extend(some.iter().map(|name| Value::from(*name)));
        found.extend(tx.query(&sql, &given, |row| {
            let marked: String = row.get(1)?;
            Ok((row.get::<String>(0)?, kind(&marked)))
        })?);
    }
    Ok(found)
}

/// What a registered model is whose prompt tag has this value.
fn kind(marked: &str) -> Resource {
    match marked.eq_ignore_ascii_case("true") {
        true => Resource::Prompt,
        false => Resource::RegisteredModel,
    }
}

/// What a registered model will be that is made with these tags: the last of each key counts.
pub fn kind_of_tags(tags: &[crate::Tag]) -> Resource {
    let marked = tags.iter().rev().find(|tag| tag.key == PROMPT_TAG);
    kind(marked.map_or("false", |tag| &tag.value))
}
