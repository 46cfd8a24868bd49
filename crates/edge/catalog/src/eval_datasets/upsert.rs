//! Adding and changing records of an evaluation dataset.
//!
//! A record is known by its inputs: one with the same inputs is changed, not added.

use database::{Tx, values};
use serde::Serialize;
use types::Digest;
use uuid::Uuid;

use super::schema::{profile, schema};
use super::{USER, digest, find, missing};
use crate::CatalogError;
use crate::names::{self, check_text};
use crate::traces::json::Json;

/// Where records can come from.
const SOURCES: [&str; 5] = ["UNSPECIFIED", "TRACE", "HUMAN", "DOCUMENT", "CODE"];

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
