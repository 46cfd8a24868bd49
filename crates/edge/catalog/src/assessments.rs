//! Assessments: what people, judges and programs say of a trace.
//!
//! Feedback says how good an answer was, an expectation what the answer should have been, an issue
//! which known problem a trace shows. A newer assessment can override an older one, which then counts
//! no longer.

mod change;
mod value;

use database::{Row, Tx, values};
use serde::Serialize;
use uuid::Uuid;

use crate::names::{check_text, within};
use crate::traces::{self, clock, json::Json};
use crate::{CatalogError, Tag, sql};

pub use change::{Change, delete, update};
pub use value::{Failure, Said, Written};

/// The metadata that says which run made an assessment.
const SOURCE_RUN: &str = "mlflow.assessment.sourceRunId";
/// Longest name, and longest id of what made it.
const NAME: usize = 250;
/// Who can make an assessment.
pub const SOURCES: [&str; 4] = ["SOURCE_TYPE_UNSPECIFIED", "LLM_JUDGE", "HUMAN", "CODE"];

/// What made an assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// One of [`SOURCES`].
    pub source_type: String,
    /// Who or which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
}

/// An assessment that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAssessment {
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// What it says.
    pub said: Said,
    /// What made it.
    pub source: Source,
    /// When it was made, in milliseconds; now, where it is not said.
    pub created: Option<i64>,
    /// When it was last changed.
    pub updated: Option<i64>,
    /// Why.
    pub rationale: Option<String>,
    /// What else is said.
    pub metadata: Vec<Tag>,
    /// The span that it is about.
    pub span_id: Option<String>,
    /// The assessment that it overrides.
    pub overrides: Option<String>,
}

/// An assessment, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assessment {
    /// Its id.
    pub assessment_id: String,
    /// Its name.
    pub assessment_name: String,
    /// The trace that it is about.
    pub trace_id: String,
    /// The span that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// What made it.
    pub source: Source,
    /// When it was made.
    pub create_time: String,
    /// When it was last changed.
    pub last_update_time: String,
    /// What it says.
    #[serde(flatten)]
    pub said: Written,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// What else is said.
    #[serde(skip_serializing_if = "Json::is_nothing")]
    pub metadata: Json,
    /// The assessment that it overrides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overrides: Option<String>,
    /// Whether none overrides it.
    pub valid: bool,
}

/// The trace of an assessment.
pub(crate) struct Owner<'a> {
    pub(crate) trace: i64,
    pub(crate) trace_id: &'a str,
    pub(crate) experiment: i64,
    pub(crate) time: i64,
}

const COLUMNS: &str = "a.assessment_id, a.name, a.kind, a.value, a.error, a.created, a.updated, \
     a.source_type, a.source_id, a.span_id, a.rationale, a.overrides, a.valid, a.metadata, \
     t.trace_id, a.trace";

fn read(row: &Row<'_>) -> Result<(i64, Assessment), database::DatabaseError> {
    let (kind, value): (String, String) = (row.get(2)?, row.get(3)?);
    let error: Option<String> = row.get(4)?;
    let metadata: Option<String> = row.get(13)?;
    let assessment = Assessment {
        assessment_id: row.get(0)?,
        assessment_name: row.get(1)?,
        said: Said::kept(&kind, &value, error.as_deref()).written(),
        create_time: clock::timestamp(row.get(5)?),
        last_update_time: clock::timestamp(row.get(6)?),
        source: Source { source_type: row.get(7)?, source_id: row.get(8)? },
        span_id: row.get(9)?,
        rationale: row.get(10)?,
        overrides: row.get(11)?,
        valid: row.get(12)?,
        metadata: metadata.and_then(|text| Json::parse(&text)).unwrap_or_default(),
        trace_id: row.get(14)?,
    };
    Ok((row.get(15)?, assessment))
}

/// Gives the assessments of traces, by the numbers of the traces, to `take`.
pub(crate) fn of_traces(
    tx: &mut Tx<'_>,
    traces: &[i64],
    mut take: impl FnMut(i64, Assessment),
) -> Result<(), CatalogError> {
    let select = |marks: &str| {
        format!(
            "SELECT {COLUMNS} FROM assessment a JOIN trace t ON t.id = a.trace
             WHERE a.trace IN ({marks}) ORDER BY a.trace, a.id"
        )
    };
    sql::for_owners(tx, traces, select, |row| {
        let (trace, assessment) = read(row)?;
        take(trace, assessment);
        Ok(())
    })
}

/// Makes an assessment of a trace.
pub fn create(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
    new: &NewAssessment,
    now: i64,
) -> Result<Assessment, CatalogError> {
    let found = traces::find(tx, workspace, trace_id)?;
    let owner =
        Owner { trace: found.id, trace_id, experiment: found.experiment, time: found.start_time };
    let id = insert(tx, &owner, new, now)?;
    by_id(tx, found.id, trace_id, &id)
}

/// Keeps an assessment and gives its id. One that is there with its id is replaced.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    owner: &Owner<'_>,
    new: &NewAssessment,
    now: i64,
) -> Result<String, CatalogError> {
    check(new)?;
    if let Some(overrides) = &new.overrides {
        let changed = tx.execute(
            "UPDATE assessment SET valid = 0 WHERE trace = ?1 AND assessment_id = ?2",
            values![owner.trace, overrides],
        )?;
        if changed == 0 {
            return Err(not_found(owner.trace_id, overrides));
        }
    }
    let id = new.id.clone().unwrap_or_else(|| format!("a-{}", Uuid::new_v4().simple()));
    let (number, is_number) = new.said.number();
    let run = new.metadata.iter().find(|tag| tag.key == SOURCE_RUN).map(|tag| tag.value.as_str());
    let kept = tx.execute(
        "INSERT INTO assessment (assessment_id, trace, experiment, trace_time, name, kind, value,
             number, is_number, error, created, updated, source_type, source_id, run_id, span_id,
             rationale, overrides, valid, metadata)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, 1,
             ?19)
         ON CONFLICT (assessment_id) DO UPDATE SET name = excluded.name, kind = excluded.kind,
             value = excluded.value, number = excluded.number, is_number = excluded.is_number,
             error = excluded.error, updated = excluded.updated,
             source_type = excluded.source_type, source_id = excluded.source_id,
             run_id = excluded.run_id, span_id = excluded.span_id,
             rationale = excluded.rationale, overrides = excluded.overrides,
             metadata = excluded.metadata
         WHERE assessment.trace = excluded.trace",
        values![
            &id,
            owner.trace,
            owner.experiment,
            owner.time,
            &new.name,
            new.said.kind(),
            &new.said.value_text(),
            number,
            is_number,
            &new.said.error_text(),
            new.created.unwrap_or(now),
            new.updated.unwrap_or(now),
            &new.source.source_type,
            &new.source.source_id,
            run,
            &new.span_id,
            &new.rationale,
            &new.overrides,
            &metadata_text(&new.metadata)
        ],
    )?;
    if kept == 0 {
        let message = format!("Assessment with ID '{id}' exists already for another trace");
        return Err(CatalogError::exists(message));
    }
    Ok(id)
}

fn check(new: &NewAssessment) -> Result<(), CatalogError> {
    within("assessment_name", NAME, &new.name)?;
    within("assessment_id", NAME, new.id.as_deref().unwrap_or_default())?;
    for (path, text) in [
        ("assessment_name", Some(&new.name)),
        ("assessment_id", new.id.as_ref()),
        ("source.source_id", new.source.source_id.as_ref()),
        ("rationale", new.rationale.as_ref()),
        ("span_id", new.span_id.as_ref()),
        ("overrides", new.overrides.as_ref()),
    ] {
        check_text(path, text.map_or("", |text| text))?;
    }
    for tag in &new.metadata {
        check_text("metadata", &tag.value)?;
    }
    new.said.check()
}

fn metadata_text(metadata: &[Tag]) -> Option<String> {
    let fields = |tag: &Tag| (tag.key.clone(), Json::text(tag.value.as_str()));
    let object = Json::Object(metadata.iter().map(fields).collect());
    (!metadata.is_empty()).then(|| object.to_string())
}

/// An assessment of a trace.
pub fn get(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
    id: &str,
) -> Result<Assessment, CatalogError> {
    let trace = trace(tx, workspace, trace_id)?;
    by_id(tx, trace, trace_id, id)
}

fn by_id(
    tx: &mut Tx<'_>,
    trace: i64,
    trace_id: &str,
    id: &str,
) -> Result<Assessment, CatalogError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM assessment a JOIN trace t ON t.id = a.trace
         WHERE a.assessment_id = ?1 AND a.trace = ?2"
    );
    let found = tx.first(&sql, values![id, trace], read)?;
    found.map(|(_, assessment)| assessment).ok_or_else(|| not_found(trace_id, id))
}

fn trace(tx: &mut Tx<'_>, workspace: &str, trace_id: &str) -> Result<i64, CatalogError> {
    let found = traces::find(tx, workspace, trace_id);
    found.map(|found| found.id).map_err(|error| match error.code {
        crate::Code::ResourceDoesNotExist => {
            CatalogError::missing(format!("Trace with request_id '{trace_id}' not found"))
        }
        _ => error,
    })
}

fn not_found(trace_id: &str, id: &str) -> CatalogError {
    CatalogError::missing(format!("Assessment with ID '{id}' not found for trace '{trace_id}'"))
}
