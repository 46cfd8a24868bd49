//! Records of an evaluation dataset.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use database::{Row, Tx, Value, values};
use serde::Serialize;

use super::find;
use super::schema::profile;
use crate::traces::json::Json;
use crate::{CatalogError, sql};

/// A record, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// Its id.
    pub dataset_record_id: String,
    /// Its dataset.
    pub dataset_id: String,
    /// What is asked.
    pub inputs: Json,
    /// What is expected of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectations: Option<Json>,
    /// Its tags.
    pub tags: Json,
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Json>,
    /// Which one it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// What kind of thing it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
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
    /// An answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Json>,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordPage {
    /// What is on it.
    pub records: Vec<Record>,
    /// How to ask for the next, if there is one.
    pub next: Option<String>,
}

fn read(row: &Row<'_>, dataset_id: &str) -> Result<Record, database::DatabaseError> {
    let json = |column: usize| {
        let text: Option<String> = row.get(column)?;
        Ok::<_, database::DatabaseError>(text.and_then(|text| Json::parse(&text)))
    };
    Ok(Record {
        dataset_record_id: row.get(0)?,
        dataset_id: dataset_id.to_owned(),
        inputs: json(1)?.unwrap_or_default(),
        outputs: json(2)?,
        expectations: json(3)?,
        tags: json(4)?.unwrap_or(Json::Object(vec![])),
        source: json(5)?,
        source_id: row.get(6)?,
        source_type: row.get(7)?,
        created_time: row.get(8)?,
        last_update_time: row.get(9)?,
        created_by: row.get(10)?,
        last_updated_by: row.get(11)?,
    })
}

/// A page of the records of a dataset, the oldest first; none if the dataset is not there.
pub fn records(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
    max: usize,
    page_token: Option<&str>,
) -> Result<RecordPage, CatalogError> {
    let (time, after) = match page_token {
        Some(token) => read_token(token)?,
        None => (i64::MIN, String::new()),
    };
    let Some((dataset, _)) = find(tx, workspace, dataset_id)? else {
        return Ok(RecordPage::default());
    };
    let mut records = tx.query(
        "SELECT record_id, inputs, outputs, expectations, tags, source, source_id, source_type,
             created, updated, created_by, updated_by
         FROM eval_record
         WHERE dataset = ?1 AND (created > ?2 OR (created = ?2 AND record_id > ?3))
         ORDER BY created, record_id LIMIT ?4",
        values![dataset, time, &after, max + 1],
        |row| read(row, dataset_id),
    )?;
    let more = records.len() > max;
    records.truncate(max);
    let last = records.last().filter(|_| more);
    let next = last.map(|last| token(last.created_time, &last.dataset_record_id));
    Ok(RecordPage { records, next })
}

/// Deletes records of a dataset and gives their number.
pub fn delete_records(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
    record_ids: &[String],
) -> Result<u64, CatalogError> {
    let Some((dataset, _)) = find(tx, workspace, dataset_id)? else { return Ok(0) };
    let mut deleted = 0;
    for some in record_ids.chunks(500) {
        let sql = format!(
            "DELETE FROM eval_record WHERE dataset = ?1 AND record_id IN ({})",
            sql::marks(2, some.len())
        );
        let mut given = vec![Value::Int(dataset)];
        given.extend(some.iter().map(|id| Value::Text(id)));
        deleted += tx.execute(&sql, &given)?;
    }
    if deleted > 0 {
        let left =
            tx.number("SELECT count(*) FROM eval_record WHERE dataset = ?1", values![dataset])?;
        let profile = (left > 0).then(|| profile(left));
        tx.execute(
            "UPDATE eval_dataset SET profile = ?2 WHERE id = ?1",
            values![dataset, &profile],
        )?;
    }
    Ok(deleted)
}

/// Where the next page of records begins, as text.
fn token(created: i64, record_id: &str) -> String {
    STANDARD.encode(format!("{created}:{record_id}"))
}

/// Reads what [`token`] wrote.
fn read_token(token: &str) -> Result<(i64, String), CatalogError> {
    let read = || {
        let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
        let (created, id) = text.split_once(':')?;
        Some((created.parse().ok()?, id.to_owned()))
    };
    read().ok_or_else(|| CatalogError::invalid("Invalid page token, could not base64-decode"))
}
