//! Evaluation datasets: records of inputs, with what is expected of the answers to them.

mod filter;
mod linked;
mod records;
mod schema;
mod search;
mod upsert;

use database::{Row, Tx, values};
use serde::{Serialize, Serializer};
use types::Digest;
use uuid::Uuid;

use crate::names::{self, check_text, within};
use crate::traces::json::Json;
use crate::{CatalogError, Tag, sql};
use linked::link;

pub use linked::{add_experiments, experiment_ids, remove_experiments};
pub use records::{Record, RecordPage, delete_records, records};
pub use search::{DatasetSearch, search};
pub use upsert::{Upserted, upsert_records};

/// The tag that names who made or changed something.
const USER: &str = "mlflow.user";
/// Longest name of a dataset, and longest key of a tag.
const NAME: usize = 255;
/// Longest value of a tag.
const TAG_VALUE: usize = 5_000;

/// An evaluation dataset without its records, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvalDataset {
    /// Its id.
    pub dataset_id: String,
    /// Its name, which others may have as well.
    pub name: String,
    /// Its tags.
    #[serde(serialize_with = "as_text")]
    pub tags: Vec<Tag>,
    /// The types of the fields of its records, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// How many records it has, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Changes with its records.
    pub digest: String,
    /// When it was made, in milliseconds.
    pub created_time: i64,
    /// When it was last changed.
    pub last_update_time: i64,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who last changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated_by: Option<String>,
    /// The experiments that it belongs to, where they are said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub experiment_ids: Vec<String>,
}

/// The wire has tags as an object in text.
fn as_text<S: Serializer>(tags: &[Tag], to: S) -> Result<S::Ok, S::Error> {
    let fields = |tag: &Tag| (tag.key.clone(), Json::text(tag.value.as_str()));
    to.collect_str(&Json::Object(tags.iter().map(fields).collect()))
}

/// Reads tags as the wire has them: an object in text. What is null is left out.
pub fn read_tags(text: &str) -> Result<Vec<Tag>, CatalogError> {
    let parsed = Json::parse(text);
    let fields = parsed.as_ref().and_then(Json::as_object).ok_or_else(|| {
        names::invalid("tags", text, "tags are an object of texts, such as {\"key\": \"value\"}.")
    })?;
    let said = fields.iter().filter(|(_, value)| !value.is_nothing());
    Ok(said.map(|(key, value)| Tag { key: key.clone(), value: plain(value) }).collect())
}

fn plain(value: &Json) -> String {
    match value {
        Json::Text(text) => text.clone(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

fn digest(name: &str, time: i64) -> String {
    Digest::of(format!("{name}:{time}").as_bytes()).to_string()[..8].to_owned()
}

const COLUMNS: &str = "d.id, d.dataset_id, d.name, d.schema, d.profile, d.digest, d.created, \
     d.updated, d.created_by, d.updated_by";

fn read(row: &Row<'_>) -> Result<(i64, EvalDataset), database::DatabaseError> {
    let dataset = EvalDataset {
        dataset_id: row.get(1)?,
        name: row.get(2)?,
        tags: vec![],
        schema: row.get(3)?,
        profile: row.get(4)?,
        digest: row.get(5)?,
        created_time: row.get(6)?,
        last_update_time: row.get(7)?,
        created_by: row.get(8)?,
        last_updated_by: row.get(9)?,
        experiment_ids: vec![],
    };
    Ok((row.get(0)?, dataset))
}

fn with_tags(
    tx: &mut Tx<'_>,
    mut found: Vec<(i64, EvalDataset)>,
) -> Result<Vec<EvalDataset>, CatalogError> {
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    let select = |marks: &str| {
        format!(
            "SELECT dataset, key, value FROM eval_dataset_tag WHERE dataset IN ({marks})
             ORDER BY dataset, key"
        )
    };
    let places: std::collections::HashMap<i64, usize> =
        ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    sql::for_owners(tx, &ids, select, |row| {
        if let Some(place) = places.get(&row.get::<i64>(0)?) {
            found[*place].1.tags.push(sql::tag(row, 1)?);
        }
        Ok(())
    })?;
    Ok(found.into_iter().map(|(_, dataset)| dataset).collect())
}

/// The number of a dataset and what it is, if there is such a one.
fn find(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
) -> Result<Option<(i64, EvalDataset)>, CatalogError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM eval_dataset d WHERE d.dataset_id = ?1 AND d.workspace = ?2"
    );
    Ok(tx.first(&sql, values![dataset_id, workspace], read)?)
}

/// Makes a dataset.
pub fn create(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    experiment_ids: &[String],
    tags: &[Tag],
    now: i64,
) -> Result<EvalDataset, CatalogError> {
    check_text("name", name)?;
    within("name", NAME, name)?;
    let user = tags.iter().find(|tag| tag.key == USER).map(|tag| tag.value.clone());
    let dataset_id = format!("d-{}", Uuid::new_v4().simple());
    let id = tx.number(
        "INSERT INTO eval_dataset (dataset_id, workspace, name, digest, created, updated,
             created_by, updated_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?6) RETURNING id",
        values![&dataset_id, workspace, name, &digest(name, now), now, &user],
    )?;
    put_tags(tx, id, tags)?;
    for experiment in experiment_ids {
        link(tx, id, experiment, now)?;
    }
    let mut dataset = get(tx, workspace, &dataset_id)?;
    dataset.experiment_ids = experiment_ids.to_vec();
    Ok(dataset)
}

/// A dataset without its records.
pub fn get(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
) -> Result<EvalDataset, CatalogError> {
    let found = find(tx, workspace, dataset_id)?.ok_or_else(|| missing(dataset_id))?;
    Ok(with_tags(tx, vec![found])?.remove(0))
}

fn missing(dataset_id: &str) -> CatalogError {
    CatalogError::missing(format!("Evaluation dataset with id '{dataset_id}' not found"))
}

/// Deletes a dataset with its records, if it is there.
pub fn delete(tx: &mut Tx<'_>, workspace: &str, dataset_id: &str) -> Result<(), CatalogError> {
    let Some((id, _)) = find(tx, workspace, dataset_id)? else { return Ok(()) };
    for table in ["eval_record", "eval_dataset_tag", "eval_dataset_experiment"] {
        tx.execute(&format!("DELETE FROM {table} WHERE dataset = ?1"), values![id])?;
    }
    tx.execute("DELETE FROM eval_dataset WHERE id = ?1", values![id])?;
    Ok(())
}

/// Sets tags of a dataset.
pub fn set_tags(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
    tags: &[Tag],
) -> Result<(), CatalogError> {
    let found = find(tx, workspace, dataset_id)?.ok_or_else(|| {
        CatalogError::missing(format!("Could not find evaluation dataset with ID {dataset_id}"))
    })?;
    put_tags(tx, found.0, tags)
}

fn put_tags(tx: &mut Tx<'_>, dataset: i64, tags: &[Tag]) -> Result<(), CatalogError> {
    for tag in sql::last_of_each(tags) {
        check_text("tags", &tag.key)?;
        check_text("tags", &tag.value)?;
        within("tags.key", NAME, &tag.key)?;
        within("tags.value", TAG_VALUE, &tag.value)?;
        tx.execute(
            "INSERT INTO eval_dataset_tag (dataset, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (dataset, key) DO UPDATE SET value = excluded.value",
            values![dataset, &tag.key, &tag.value],
        )?;
    }
    Ok(())
}

/// Removes a tag of a dataset, if they are there.
pub fn delete_tag(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
    key: &str,
) -> Result<(), CatalogError> {
    if let Some((id, _)) = find(tx, workspace, dataset_id)? {
        tx.execute(
            "DELETE FROM eval_dataset_tag WHERE dataset = ?1 AND key = ?2",
            values![id, key],
        )?;
    }
    Ok(())
}
