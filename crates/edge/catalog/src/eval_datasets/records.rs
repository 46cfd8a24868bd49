//! Records of an evaluation dataset.
//!
//! A record is known by its inputs: one with the same inputs is changed, not added.

use database::{Row, Tx, Value, values};
use serde::Serialize;
use types::Digest;
use uuid::Uuid;

use super::{USER, digest, find, missing, read_token, token};
use crate::names::{self, check_text};
use crate::traces::json::Json;
use crate::{CatalogError, sql};

/// Where records can come from.
const SOURCES: [&str; 5] = ["UNSPECIFIED", "TRACE", "HUMAN", "DOCUMENT", "CODE"];

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

/// How many records were added and changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Upserted {
    /// Added.
    #[serde(rename = "inserted_count")]
    pub inserted: i64,
    /// Changed.
    #[serde(rename = "updated_count")]
    pub updated: i64,
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

/// Adds records to a dataset, or changes those with the same inputs. `text` is a list of objects.
pub fn upsert_records(
    tx: &mut Tx<'_>,
    workspace: &str,
    dataset_id: &str,
    text: &str,
    now: i64,
) -> Result<Upserted, CatalogError> {
    let parsed = Json::parse(text);
    let given = parsed.as_ref().and_then(Json::as_list).ok_or_else(|| {
        names::invalid("records", names::cut(text, 200), "records are a list of objects.")
    })?;
    let found = match find(tx, workspace, dataset_id)? {
        None if given.is_empty() => return Ok(Upserted::default()),
        found => found,
    };
    let (dataset, known) = found.ok_or_else(|| missing(dataset_id))?;
    let mut counts = Upserted::default();
    for record in given {
        match put(tx, dataset, record, now)? {
            true => counts.inserted += 1,
            false => counts.updated += 1,
        }
    }
    let schema = schema(known.schema.as_deref(), given);
    let total =
        tx.number("SELECT count(*) FROM eval_record WHERE dataset = ?1", values![dataset])?;
    let profile = (total > 0).then(|| profile(total));
    let user = given.iter().rev().find_map(user);
    tx.execute(
        "UPDATE eval_dataset SET updated = ?2, updated_by = ?3, digest = ?4,
             schema = coalesce(?5, schema), profile = coalesce(?6, profile) WHERE id = ?1",
        values![dataset, now, &user, &digest(&known.name, now), &schema, &profile],
    )?;
    Ok(counts)
}

fn profile(count: i64) -> String {
    Json::Object(vec![("num_records".to_owned(), Json::Int(count))]).to_string()
}

fn user(record: &Json) -> Option<String> {
    record.get("tags")?.get(USER)?.as_text().map(str::to_owned)
}

/// An object under a key, where there is something.
fn object<'a>(record: &'a Json, key: &str) -> Result<Option<&'a Json>, CatalogError> {
    match record.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(found @ Json::Object(_)) => Ok(Some(found)),
        Some(other) => Err(names::invalid(key, &other.to_string(), "it must be an object.")),
    }
}

/// Keeps a record; whether it is new.
fn put(tx: &mut Tx<'_>, dataset: i64, record: &Json, now: i64) -> Result<bool, CatalogError> {
    if record.as_object().is_none() {
        return Err(names::invalid("records", &record.to_string(), "a record is an object."));
    }
    let none = Json::Object(vec![]);
    let inputs = object(record, "inputs")?.unwrap_or(&none);
    let hash = Digest::of(sorted(inputs).to_string().as_bytes()).to_string();
    let held = tx.first(
        "SELECT id, expectations, tags FROM eval_record WHERE dataset = ?1 AND input_hash = ?2",
        values![dataset, &hash],
        |row| Ok((row.get::<i64>(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let (expectations, tags) = (object(record, "expectations")?, object(record, "tags")?);
    let user = user(record);
    check_text("tags", user.as_deref().unwrap_or_default())?;
    let Some((id, held_expectations, held_tags)) = held else {
        let source = object(record, "source")?.map(source).transpose()?;
        let outputs = record.get("outputs").unwrap_or(&none);
        insert(
            tx,
            dataset,
            &hash,
            inputs,
            &New { outputs, expectations, tags, source, user },
            now,
        )?;
        return Ok(true);
    };
    let outputs = record.get("outputs").filter(|outputs| !outputs.is_nothing());
    tx.execute(
        "UPDATE eval_record SET outputs = CASE WHEN ?2 = 1 THEN ?3 ELSE outputs END,
             expectations = ?4, tags = ?5, updated = ?6, updated_by = coalesce(?7, updated_by)
         WHERE id = ?1",
        values![
            id,
            record.get("outputs").is_some(),
            &outputs.map(Json::to_string),
            &merged(held_expectations, expectations),
            &merged(held_tags, tags),
            now,
            &user
        ],
    )?;
    Ok(false)
}

struct New<'a> {
    outputs: &'a Json,
    expectations: Option<&'a Json>,
    tags: Option<&'a Json>,
    source: Option<Source>,
    user: Option<String>,
}

struct Source {
    json: Json,
    kind: String,
    id: Option<String>,
}

fn insert(
    tx: &mut Tx<'_>,
    dataset: i64,
    hash: &str,
    inputs: &Json,
    new: &New<'_>,
    now: i64,
) -> Result<(), CatalogError> {
    let record_id = format!("dr-{}", Uuid::new_v4().simple());
    let text = |json: Option<&Json>| json.map(Json::to_string);
    let source = new.source.as_ref();
    tx.execute(
        "INSERT INTO eval_record (record_id, dataset, input_hash, inputs, outputs, expectations,
             tags, source, source_id, source_type, created, updated, created_by, updated_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?12)",
        values![
            &record_id,
            dataset,
            hash,
            &inputs.to_string(),
            &text(Some(new.outputs).filter(|outputs| !outputs.is_nothing())),
            &text(new.expectations),
            &text(new.tags),
            &text(source.map(|source| &source.json)),
            &source.and_then(|source| source.id.clone()),
            &source.map(|source| source.kind.clone()),
            now,
            &new.user
        ],
    )?;
    Ok(())
}

/// Where a record comes from.
fn source(given: &Json) -> Result<Source, CatalogError> {
    let kind = given.get("source_type").and_then(Json::as_text).unwrap_or("UNSPECIFIED");
    let kind = kind.to_uppercase();
    if !SOURCES.contains(&kind.as_str()) {
        return Err(CatalogError::invalid(format!(
            "Invalid dataset record source type: {kind}. Valid source types: ['{}']",
            SOURCES.join("', '")
        )));
    }
    let data = object(given, "source_data")?.cloned().unwrap_or(Json::Object(vec![]));
    let key = if kind == "TRACE" { "trace_id" } else { "source_id" };
    let id = data.get(key).and_then(Json::as_text).map(str::to_owned);
    check_text("source", id.as_deref().unwrap_or_default())?;
    let json = Json::Object(vec![
        ("source_type".to_owned(), Json::text(kind.as_str())),
        ("source_data".to_owned(), data),
    ]);
    Ok(Source { json, kind, id })
}

/// What is kept, with what is new over it.
fn merged(held: Option<String>, new: Option<&Json>) -> Option<String> {
    let fields = new.and_then(Json::as_object).unwrap_or_default();
    if fields.is_empty() {
        return held;
    }
    let mut merged = held.and_then(|text| Json::parse(&text)).unwrap_or(Json::Object(vec![]));
    for (key, value) in fields {
        merged.set(key, value.clone());
    }
    Some(merged.to_string())
}

/// The value with the keys of objects in order.
fn sorted(value: &Json) -> Json {
    match value {
        Json::List(values) => Json::List(values.iter().map(sorted).collect()),
        Json::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(fields)
        }
        other => other.clone(),
    }
}

/// The types of the fields of records; the first value of a field says its type.
fn schema(held: Option<&str>, records: &[Json]) -> Option<String> {
    if records.is_empty() && held.is_none() {
        return None;
    }
    let none = || Json::Object(vec![]);
    let mut schema = held.and_then(Json::parse).unwrap_or_else(|| {
        Json::Object(vec![
            ("inputs".to_owned(), none()),
            ("outputs".to_owned(), none()),
            ("expectations".to_owned(), none()),
            ("version".to_owned(), Json::text("1.0")),
        ])
    });
    for record in records {
        for part in ["inputs", "outputs", "expectations"] {
            let mut types = schema.get(part).cloned().unwrap_or_else(none);
            match record.get(part) {
                Some(Json::Object(fields)) => {
                    for (key, value) in fields {
                        if types.get(key).is_none() {
                            types.set(key, Json::text(type_of(value)));
                        }
                    }
                }
                Some(value) if part == "outputs" && !value.is_nothing() && !types.is_truthy() => {
                    types = Json::text(type_of(value));
                }
                _ => {}
            }
            schema.set(part, types);
        }
    }
    Some(schema.to_string())
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Int(_) | Json::Big(_) => "integer",
        Json::Float(_) => "float",
        Json::Text(_) => "string",
        Json::List(_) => "array",
        Json::Object(_) => "object",
    }
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
