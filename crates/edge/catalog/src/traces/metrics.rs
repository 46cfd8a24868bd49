//! Counting traces, their spans and their assessments: how many, how long, how dear, by what they
//! are and by when they were.

mod aggregation;
mod filter;
mod fold;
mod groups;
mod tables;

use database::Tx;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::search::Build;
use crate::{CatalogError, experiments};
use groups::groups;
use tables::{Metric, Source};

pub use aggregation::Aggregation;

/// The dimension that holds when something was.
const BUCKET: &str = "time_bucket";

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Traces.
    Traces,
    /// Spans.
    Spans,
    /// Assessments that are valid.
    Assessments,
}

impl View {
    const ALL: [Self; 3] = [Self::Traces, Self::Spans, Self::Assessments];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "TRACES",
            Self::Spans => "SPANS",
            Self::Assessments => "ASSESSMENTS",
        }
    }

    /// Reads the word or the number on the wire.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let number: Option<usize> = text.parse().ok();
        let fits =
            |(place, view): &(usize, Self)| view.as_str() == text || number == Some(place + 1);
        let found = Self::ALL.into_iter().enumerate().find(fits);
        found.map(|(_, view)| view).ok_or_else(|| {
            CatalogError::invalid(format!(
                "view_type must be one of ['TRACES', 'SPANS', 'ASSESSMENTS'], got '{text}'"
            ))
        })
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// In which experiments.
    pub experiments: Vec<i64>,
    /// What is counted.
    pub view: View,
    /// What of it.
    pub metric: String,
    /// What is made of the values.
    pub aggregations: Vec<Aggregation>,
    /// By what they are grouped.
    pub dimensions: Vec<String>,
    /// Filters that must all hold.
    pub filters: Vec<String>,
    /// By how many seconds they are grouped as well.
    pub interval: Option<i64>,
    /// From when on, in milliseconds.
    pub start: Option<i64>,
    /// Until when.
    pub end: Option<i64>,
    /// How many groups are given.
    pub max: usize,
}

/// The values of a group, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataPoint {
    /// What was counted.
    pub metric_name: String,
    /// What the group has in common.
    #[serde(serialize_with = "map", skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<(String, String)>,
    /// The values, by what was made of them.
    #[serde(serialize_with = "map")]
    pub values: Vec<(String, f64)>,
}

fn map<S: Serializer, V: Serialize>(entries: &[(String, V)], to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(entries.len()))?;
    for (key, value) in entries {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

/// Counts, and gives one point a group, in the order of the groups.
pub fn query(
    tx: &mut Tx<'_>,
    workspace: &str,
    query: &Query,
) -> Result<Vec<DataPoint>, CatalogError> {
    let metric = tables::metric_of(query)?;
    if query.interval.is_some_and(|seconds| seconds != 0)
        && (query.start.is_none() || query.end.is_none())
    {
        return Err(CatalogError::invalid(
            "start_time_ms and end_time_ms are required if time_interval_seconds is set",
        ));
    }
    let mut scope = experiments::in_workspace(tx, workspace, &query.experiments)?;
    scope.sort_unstable();
    scope.dedup();
    let columns = columns(query)?;
    let rows = rows(query, metric, &columns, &scope)?;
    let percentiles = |one: &Aggregation| matches!(one, Aggregation::Percentile(_));
    match query.aggregations.iter().any(percentiles) {
        true => fold::groups(tx, query, &columns, rows),
        false => groups(tx, query, metric, &columns, rows),
    }
}

/// A dimension: what it is called, and its column or expression.
struct Column {
    name: String,
    sql: String,
}

fn columns(query: &Query) -> Result<Vec<Column>, CatalogError> {
    let mut columns = Vec::new();
    if let Some(seconds) = query.interval.filter(|seconds| *seconds != 0) {
        let size = seconds.checked_mul(1_000).filter(|size| *size > 0).ok_or_else(|| {
            CatalogError::invalid("time_interval_seconds must be a positive number of seconds")
        })?;
        let time = tables::time(query.view);
        // The remainder of a moment before 1970 is negative.
        let sql = format!("({time}) - ((({time}) % {size}) + {size}) % {size}");
        columns.push(Column { name: BUCKET.to_owned(), sql });
    }
    for name in &query.dimensions {
        let sql = tables::dimension(query.view, name)?.to_owned();
        columns.push(Column { name: name.clone(), sql });
    }
    Ok(columns)
}

/// The statement that gives a row for each thing that is counted: its dimensions and its value.
fn rows(
    query: &Query,
    metric: &Metric,
    columns: &[Column],
    experiments: &[i64],
) -> Result<Build, CatalogError> {
    let mut sql = Build::new("SELECT ");
    for (place, column) in columns.iter().enumerate() {
        sql.push(&format!("{} AS d{place}, ", column.sql));
    }
    sql.push(metric.value).push(" AS v FROM ");
    let experiments = experiments.iter().copied();
    match (query.view, metric.source) {
        (View::Traces, _) => sql.push("trace t WHERE t.experiment IN ").list(experiments),
        (View::Spans, Source::Span) => {
            sql.push("span s JOIN trace t ON t.id = s.trace WHERE s.experiment IN ");
            sql.list(experiments)
        }
        (View::Spans, _) => {
            sql.push("trace t JOIN span s ON s.trace = t.id WHERE t.experiment IN ");
            sql.list(experiments)
        }
        (View::Assessments, _) => {
            sql.push("assessment a JOIN trace t ON t.id = a.trace WHERE a.valid = 1");
            sql.push(" AND a.experiment IN ").list(experiments)
        }
    };
    sql.push(" AND ").push(metric.value).push(" IS NOT NULL");
    for column in columns {
        sql.push(" AND ").push(&column.sql).push(" IS NOT NULL");
    }
    range(&mut sql, query, metric);
    for text in &query.filters {
        sql.push(" AND ");
        filter::condition(&mut sql, query.view, text)?;
    }
    Ok(sql)
}

/// Costs are of when their spans began; all else is of when its trace began.
fn range(sql: &mut Build, query: &Query, metric: &Metric) {
    const NANOS: i64 = 1_000_000;
    let nanos = metric.source == Source::Span;
    let column = match (query.view, nanos) {
        (_, true) => "s.start_ns",
        (View::Assessments, _) => "a.trace_time",
        _ => "t.start_time",
    };
    if let Some(start) = query.start {
        let start = if nanos { start.saturating_mul(NANOS) } else { start };
        sql.push(" AND ").push(column).push(" >= ").value(start);
    }
    if let Some(end) = query.end {
        let last = |end: i64| end.saturating_add(1).saturating_mul(NANOS).saturating_sub(1);
        let end = if nanos { last(end) } else { end };
        sql.push(" AND ").push(column).push(" <= ").value(end);
    }
}
