//! What can be counted, how, and by what.

use super::{Query, View};
use crate::CatalogError;

/// Which row says when something was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Trace,
    Span,
}

/// Something that can be counted.
pub(super) struct Metric {
    name: &'static str,
    /// Its value.
    pub(super) value: &'static str,
    /// Whether a value counts once.
    pub(super) distinct: bool,
    pub(super) source: Source,
    aggregations: &'static [&'static str],
    dimensions: &'static [&'static str],
}

const COUNT: &[&str] = &["COUNT"];
const SPREAD: &[&str] = &["AVG", "MAX", "MIN", "PERCENTILE"];
const AMOUNT: &[&str] = &["AVG", "MAX", "MIN", "PERCENTILE", "SUM"];

const fn metric(
    name: &'static str,
    value: &'static str,
    aggregations: &'static [&'static str],
    dimensions: &'static [&'static str],
) -> Metric {
    Metric { name, value, distinct: false, source: Source::Trace, aggregations, dimensions }
}

const fn tokens(name: &'static str, value: &'static str) -> Metric {
    metric(name, value, AMOUNT, &["trace_name"])
}

const fn cost(name: &'static str, value: &'static str) -> Metric {
    let dimensions = &["span_model_name", "span_model_provider"];
    Metric { source: Source::Span, ..metric(name, value, AMOUNT, dimensions) }
}

const TRACES: &[Metric] = &[
    metric("trace_count", "1", COUNT, &["trace_name", "trace_status"]),
    Metric { distinct: true, ..metric("session_count", "t.session", COUNT, &[]) },
    metric("latency", "CAST(t.duration AS DOUBLE PRECISION)", SPREAD, &["trace_name"]),
    tokens("input_tokens", "CAST(t.input_tokens AS DOUBLE PRECISION)"),
    tokens("output_tokens", "CAST(t.output_tokens AS DOUBLE PRECISION)"),
    tokens("total_tokens", "CAST(t.total_tokens AS DOUBLE PRECISION)"),
    tokens("cache_read_input_tokens", "CAST(t.cache_read_input_tokens AS DOUBLE PRECISION)"),
    tokens(
        "cache_creation_input_tokens",
        "CAST(t.cache_creation_input_tokens AS DOUBLE PRECISION)",
    ),
];

const SPANS: &[Metric] = &[
    metric(
        "span_count",
        "1",
        COUNT,
        &["span_model_name", "span_model_provider", "span_name", "span_status", "span_type"],
    ),
    metric(
        "latency",
        "CAST((s.end_ns - s.start_ns) / 1000000 AS DOUBLE PRECISION)",
        SPREAD,
        &["span_name", "span_status"],
    ),
    cost("input_cost", "s.input_cost"),
    cost("output_cost", "s.output_cost"),
    cost("total_cost", "s.total_cost"),
];

const ASSESSMENTS: &[Metric] = &[
    metric("assessment_count", "1", COUNT, &["assessment_name", "assessment_value"]),
    metric("assessment_value", "a.number", SPREAD, &["assessment_name"]),
];

/// The metric that is asked for, if it can be counted so.
pub(super) fn metric_of(query: &Query) -> Result<&'static Metric, CatalogError> {
    let metrics = match query.view {
        View::Traces => TRACES,
        View::Spans => SPANS,
        View::Assessments => ASSESSMENTS,
    };
    let names: Vec<&str> = metrics.iter().map(|metric| metric.name).collect();
    let found = metrics.iter().find(|metric| metric.name == query.metric).ok_or_else(|| {
        CatalogError::invalid(format!(
            "metric_name must be one of {}, got '{}'",
            list(&names),
            query.metric
        ))
    })?;
    let kinds = query.aggregations.iter().map(|aggregation| aggregation.kind());
    let wrong = unknown(kinds, found.aggregations);
    if !wrong.is_empty() {
        return Err(CatalogError::invalid(format!(
            "Found invalid aggregation_type(s): {}. Supported aggregation types: {}",
            list(&wrong),
            list(found.aggregations)
        )));
    }
    let wrong = unknown(query.dimensions.iter().map(String::as_str), found.dimensions);
    if !wrong.is_empty() {
        return Err(CatalogError::invalid(format!(
            "Found invalid dimension(s): {}. Supported dimensions: {}",
            list(&wrong),
            list(found.dimensions)
        )));
    }
    Ok(found)
}

/// What is not known, sorted, each once.
fn unknown<'a>(given: impl Iterator<Item = &'a str>, known: &[&str]) -> Vec<&'a str> {
    let wrong: std::collections::BTreeSet<&str> =
        given.filter(|one| !known.contains(one)).collect();
    wrong.into_iter().collect()
}

/// As Python writes a list of texts.
fn list(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("'{text}'")).collect();
    format!("[{}]", quoted.join(", "))
}

/// When what is counted was, in milliseconds.
pub(super) const fn time(view: View) -> &'static str {
    match view {
        View::Traces => "t.start_time",
        View::Spans => "s.start_ns / 1000000",
        View::Assessments => "a.trace_time",
    }
}

/// The column of a dimension.
pub(super) fn dimension(view: View, name: &str) -> Result<&'static str, CatalogError> {
    Ok(match name {
        "trace_name" => "t.name",
        "trace_status" => "t.state",
        "span_name" => "s.name",
        "span_type" => "s.type",
        "span_status" => "s.status",
        "span_model_name" => "s.model",
        "span_model_provider" => "s.provider",
        "assessment_name" => "a.name",
        "assessment_value" => "a.value",
        other => {
            let message =
                format!("Unsupported dimension `{other}` with view type {}", view.as_str());
            return Err(CatalogError::invalid(message));
        }
    })
}
