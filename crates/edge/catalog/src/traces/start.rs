//! Saying what a trace is.

use database::{Tx, Value, values};
use uuid::Uuid;

use super::info::{State, TraceInfo};
use super::read::{anywhere, by_number, find, missing};
pub(super) use super::said::Said;
use super::tags::{Table, put};
use super::usage;
use super::{ARTIFACT_LOCATION, FINALIZED};
use crate::assessments::{self, NewAssessment};
use crate::names::{self, check_text, within};
use crate::{CatalogError, Tag, experiments, sql};

/// Longest id of a trace, and of a request by its application.
const TRACE_ID: usize = 250;

/// A trace, as it is said when it has ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewTrace {
    /// Its id.
    pub trace_id: String,
    /// The number of its experiment.
    pub experiment: i64,
    /// The id that its application has for it.
    pub client_request_id: Option<String>,
    /// When it began, in milliseconds.
    pub request_time: i64,
    /// How long it took, in milliseconds.
    pub duration: Option<i64>,
    /// How it ended.
    pub state: State,
    /// What is said of it.
    pub metadata: Vec<Tag>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// What was asked.
    pub request_preview: Option<String>,
    /// What was answered.
    pub response_preview: Option<String>,
    /// What was found of it.
    pub assessments: Vec<NewAssessment>,
}

/// Says what a trace is. If its spans came first, this completes it and overrules them.
pub fn start(
    tx: &mut Tx<'_>,
    workspace: &str,
    new: &NewTrace,
    now: i64,
) -> Result<TraceInfo, CatalogError> {
    let location = experiments::must_be_active(tx, workspace, new.experiment)?;
    check(new)?;
    let mut said = Said::of(&new.metadata, &new.tags)?;
    said.metadata.push(Tag { key: FINALIZED.to_owned(), value: "true".to_owned() });
    said.tags.push(artifact_location(&location, &new.trace_id));
    let id = match insert(tx, new, &said, true)? {
        Some(id) => id,
        None => complete(tx, workspace, new, &said)?,
    };
    put(tx, Table::Tags, id, new.experiment, &said.tags)?;
    put(tx, Table::Metadata, id, new.experiment, &said.metadata)?;
    for assessment in &new.assessments {
        let owner = assessments::Owner {
            trace: id,
            trace_id: &new.trace_id,
            experiment: new.experiment,
            time: new.request_time,
        };
        assessments::insert(tx, &owner, assessment, now)?;
    }
    by_number(tx, &[id])?.pop().ok_or_else(|| missing(&new.trace_id))
}

/// Begins a trace as the second version of the protocol does.
pub fn start_v2(
    tx: &mut Tx<'_>,
    workspace: &str,
    experiment: i64,
    request_time: i64,
    metadata: &[Tag],
    tags: &[Tag],
) -> Result<TraceInfo, CatalogError> {
    let location = experiments::must_be_active(tx, workspace, experiment)?;
    let new = NewTrace {
        trace_id: Uuid::new_v4().simple().to_string(),
        experiment,
        request_time,
        state: State::InProgress,
        ..NewTrace::default()
    };
    let mut said = Said::of(metadata, tags)?;
    said.tags.push(artifact_location(&location, &new.trace_id));
    let id = insert(tx, &new, &said, false)?.ok_or_else(|| missing(&new.trace_id))?;
    put(tx, Table::Tags, id, experiment, &said.tags)?;
    put(tx, Table::Metadata, id, experiment, &said.metadata)?;
    by_number(tx, &[id])?.pop().ok_or_else(|| missing(&new.trace_id))
}

/// How a trace of the second version ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct End {
    /// When, in milliseconds.
    pub time: i64,
    /// How.
    pub state: State,
    /// More metadata.
    pub metadata: Vec<Tag>,
    /// More tags.
    pub tags: Vec<Tag>,
}

/// Ends a trace as the second version of the protocol does.
pub fn end_v2(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
    end: &End,
) -> Result<TraceInfo, CatalogError> {
    let found = find(tx, workspace, trace_id)?;
    let said = Said::of(&end.metadata, &end.tags)?;
    tx.execute(
        "UPDATE trace SET duration = ?2, state = ?3 WHERE id = ?1",
        values![found.id, end.time.saturating_sub(found.start_time), end.state.as_str()],
    )?;
    overwrite(tx, found.id, &said)?;
    put(tx, Table::Tags, found.id, found.experiment, &said.tags)?;
    put(tx, Table::Metadata, found.id, found.experiment, &said.metadata)?;
    by_number(tx, &[found.id])?.pop().ok_or_else(|| missing(trace_id))
}

/// Where the artifacts of a trace are. The tag that says so can be set by anybody, so it is not asked.
pub fn artifact_uri(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
) -> Result<String, CatalogError> {
    let found = find(tx, workspace, trace_id)?;
    let experiment = experiments::get(tx, workspace, found.experiment)?;
    Ok(artifact_location(&experiment.artifact_location, trace_id).value)
}

/// The tag that says where the artifacts of a trace go.
pub(super) fn artifact_location(experiment: &str, trace_id: &str) -> Tag {
    let root = experiment.trim_end_matches('/');
    Tag { key: ARTIFACT_LOCATION.to_owned(), value: format!("{root}/traces/{trace_id}/artifacts") }
}

pub(super) fn check(new: &NewTrace) -> Result<(), CatalogError> {
    check_id(&new.trace_id)?;
    for (path, text) in [
        ("client_request_id", &new.client_request_id),
        ("request_preview", &new.request_preview),
        ("response_preview", &new.response_preview),
    ] {
        check_text(path, text.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

/// The id is a part of the path of the artifacts, so it must not lead elsewhere.
pub(super) fn check_id(trace_id: &str) -> Result<(), CatalogError> {
    within("trace_id", TRACE_ID, trace_id)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let leads = trace_id.chars().all(|c| c == '.');
    if leads || !trace_id.chars().all(plain) {
        let why = "an id has letters, digits and -_.: only.";
        return Err(names::invalid("trace_id", trace_id, why));
    }
    Ok(())
}

/// Makes the trace, if there is none with its id.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    new: &NewTrace,
    said: &Said,
    finalized: bool,
) -> Result<Option<i64>, CatalogError> {
    let sql = format!(
        "INSERT INTO trace (trace_id, experiment, start_time, duration, state, client_request_id,
             request_preview, response_preview, finalized, name, session, {})
         VALUES ({}) ON CONFLICT (trace_id) DO NOTHING RETURNING id",
        usage::columns(""),
        sql::marks(1, 20)
    );
    let mut given = values![
        &new.trace_id,
        new.experiment,
        new.request_time,
        new.duration,
        new.state.as_str(),
        &new.client_request_id,
        &new.request_preview,
        &new.response_preview,
        finalized
    ]
    .to_vec();
    given.extend(said.values());
    Ok(tx.first(&sql, &given, |row| row.get::<i64>(0))?)
}

/// Overrules what spans said of a trace that is there.
pub(super) fn complete(
    tx: &mut Tx<'_>,
    workspace: &str,
    new: &NewTrace,
    said: &Said,
) -> Result<i64, CatalogError> {
    let found = anywhere(tx, workspace, &new.trace_id)?.filter(|found| found.here);
    let found = found.ok_or_else(|| {
        let message = format!("Trace with ID '{}' no longer exists.", new.trace_id);
        CatalogError::missing(message)
    })?;
    tx.execute(
        "UPDATE trace SET experiment = ?2, start_time = ?3, duration = ?4, state = ?5,
             client_request_id = ?6, request_preview = coalesce(?7, request_preview),
             response_preview = coalesce(?8, response_preview), finalized = 1
         WHERE id = ?1",
        values![
            found.id,
            new.experiment,
            new.request_time,
            new.duration,
            new.state.as_str(),
            &new.client_request_id,
            &new.request_preview,
            &new.response_preview
        ],
    )?;
    overwrite(tx, found.id, said)?;
    if found.experiment != new.experiment {
        for table in ["trace_tag", "trace_metadata", "span", "assessment"] {
            let sql = format!("UPDATE {table} SET experiment = ?2 WHERE trace = ?1");
            tx.execute(&sql, values![found.id, new.experiment])?;
        }
    }
    if found.start_time != new.request_time {
        tx.execute(
            "UPDATE assessment SET trace_time = ?2 WHERE trace = ?1",
            values![found.id, new.request_time],
        )?;
    }
    Ok(found.id)
}

/// Sets the columns of what is said, and leaves those of what is not.
fn overwrite(tx: &mut Tx<'_>, id: i64, said: &Said) -> Result<(), CatalogError> {
    let columns = ["name", "session"].into_iter().chain(usage::TOKENS).chain(usage::COSTS);
    let set: Vec<String> = columns
        .enumerate()
        .map(|(place, column)| format!("{column} = coalesce(?{}, {column})", place + 2))
        .collect();
    let mut given = vec![Value::Int(id)];
    given.extend(said.values());
    tx.execute(&format!("UPDATE trace SET {} WHERE id = ?1", set.join(", ")), &given)?;
    Ok(())
}
