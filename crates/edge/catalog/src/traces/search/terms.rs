//! One term of a filter as a condition on a row of `trace t`.

use database::Dialect;
use tracking::search::{Op, Operand, SpanField, Subject, Term};

use super::assessed;
use crate::CatalogError;
use crate::names::cut;
use crate::search::{Build, compare};
use crate::traces::json::Json;
use crate::traces::usage::{self, COST, COSTS, TOKEN_USAGE, TOKENS};
use crate::traces::{NAME, SESSION, SOURCE_RUN};

/// The tag that stands for the prompts that a trace is linked to.
const PROMPTS: &str = "mlflow.linkedPrompts";

/// Texts are indexed by their first characters.
const INDEXED: usize = 64;

pub(super) fn condition(
    dialect: Dialect,
    experiments: &[i64],
    term: &Term,
) -> Result<Build, CatalogError> {
    let mut to = Build::default();
    match &term.subject {
        Subject::Issue => {
            to.push(
                "EXISTS (SELECT 1 FROM assessment a WHERE a.trace = t.id AND a.kind = 'issue' AND ",
            );
            compare(&mut to, dialect, "a.name", term.op, &term.operand)?;
            to.push(")");
        }
        Subject::Feedback(_) | Subject::Expectation(_) => {
            return assessed::condition(dialect, experiments, term);
        }
        Subject::Tag(key) if key == PROMPTS => {
            linked(&mut to, "prompt", text(term)?);
        }
        Subject::Metadata(key) if key == SOURCE_RUN && term.op == Op::Eq => {
            to.push("(");
            linked(&mut to, "run", text(term)?);
            to.push(" OR ");
            owned(&mut to, dialect, "trace_metadata", key, term)?;
            to.push(")");
        }
        Subject::Metadata(key) if key == TOKEN_USAGE || key == COST => usage(&mut to, key, term)?,
        subject => match column(subject) {
            Some(column) => {
                indexed(&mut to, column, term);
                match &term.operand {
                    Operand::Number(bound) => whole(&mut to, column, term.op, *bound),
                    operand => compare(&mut to, dialect, column, term.op, operand)?,
                }
            }
            None => match subject {
                Subject::Tag(key) => owned(&mut to, dialect, "trace_tag", key, term)?,
                Subject::Metadata(key) => owned(&mut to, dialect, "trace_metadata", key, term)?,
                other => return Err(unknown(other)),
            },
        },
    }
    Ok(to)
}

fn unknown(subject: &Subject) -> CatalogError {
    let message = format!("traces cannot be searched by {} '{}'", subject.family(), subject.key());
    CatalogError::invalid(message)
}

/// The column of what is kept in the row of a trace itself.
pub(super) fn column(subject: &Subject) -> Option<&'static str> {
    Some(match subject {
        Subject::Attribute("request_id") => "t.trace_id",
        Subject::Attribute("client_request_id") => "t.client_request_id",
        Subject::Attribute("status") => "t.state",
        Subject::Attribute("timestamp_ms") => "t.start_time",
        Subject::Attribute("execution_time_ms") => "t.duration",
        Subject::Attribute("end_time_ms") => "(t.start_time + coalesce(t.duration, 0))",
        Subject::Attribute("experiment_id") => "t.experiment",
        Subject::Tag(key) if key == NAME => "t.name",
        Subject::Metadata(key) if key == SESSION => "t.session",
        _ => return None,
    })
}

/// Compares a column of whole numbers with a number that has a fraction.
fn whole(to: &mut Build, column: &str, op: Op, bound: f64) {
    let (below, is_whole) = (bound.floor(), bound.fract() == 0.0);
    to.push(column);
    match op {
        Op::Lt if is_whole => to.push(" < ").value(below as i64),
        Op::Lt | Op::Le => to.push(" <= ").value(below as i64),
        Op::Ge if is_whole => to.push(" >= ").value(below as i64),
        Op::Ge | Op::Gt => to.push(" > ").value(below as i64),
        Op::Eq if is_whole => to.push(" = ").value(below as i64),
        Op::Ne if is_whole => to.push(" <> ").value(below as i64),
        Op::Ne => to.push(" IS NOT NULL"),
        _ => to.push(" IS NULL AND 1 = 0"),
    };
}

/// Says the beginning of a text as its index has it.
fn indexed(to: &mut Build, column: &str, term: &Term) {
    if let (Op::Eq, Operand::Text(value)) = (term.op, &term.operand)
        && matches!(column, "t.name" | "t.client_request_id")
    {
        to.push("substr(").push(column).push(", 1, 64) = ").value(cut(value, INDEXED));
        to.push(" AND ");
    }
}

/// `EXISTS (a row of the trace under the key, with such a value)`.
fn owned(
    to: &mut Build,
    dialect: Dialect,
    table: &str,
    key: &str,
    term: &Term,
) -> Result<(), CatalogError> {
    if term.op == Op::IsNull {
        to.push("NOT ");
    }
    to.push("EXISTS (SELECT 1 FROM ").push(table).push(" x WHERE x.trace = t.id AND x.key = ");
    to.value(key);
    if !matches!(term.op, Op::IsNull | Op::IsNotNull) {
        to.push(" AND ");
        compare(to, dialect, "x.value", term.op, &term.operand)?;
    }
    to.push(")");
    Ok(())
}

/// Adds the condition that a trace is linked.
pub(crate) fn linked(to: &mut Build, kind: &str, target: &str) {
    to.push("EXISTS (SELECT 1 FROM trace_link x WHERE x.kind = ").value(kind);
    to.push(" AND x.target = ").value(target).push(" AND x.trace_id = t.trace_id)");
}

fn text(term: &Term) -> Result<&str, CatalogError> {
    match (term.op, &term.operand) {
        (Op::Eq, Operand::Text(text)) => Ok(text),
        _ => Err(CatalogError::invalid(format!("`{term:?}` is no comparison by `=`"))),
    }
}

/// Tokens and costs are kept as numbers, and compared as their one way of being written.
fn usage(to: &mut Build, key: &str, term: &Term) -> Result<(), CatalogError> {
    let columns: &[&str] = if key == COST { &COSTS } else { &TOKENS };
    let said: Vec<_> = columns.iter().map(|column| format!("t.{column} IS NOT NULL")).collect();
    let said = said.join(" OR ");
    match (term.op, &term.operand) {
        (Op::IsNull, _) => {
            to.push("NOT (").push(&said).push(")");
        }
        (Op::IsNotNull, _) => {
            to.push("(").push(&said).push(")");
        }
        (Op::Eq, Operand::Text(value)) => usage_equals(to, key, value),
        (Op::Ne, Operand::Text(value)) => {
            to.push("(").push(&said).push(") AND NOT (");
            usage_equals(to, key, value);
            to.push(")");
        }
        (op, _) => {
            return Err(CatalogError::invalid(format!(
                "Comparator '{op}' is not supported for reserved metadata '{key}'. Only '=', '!=', \
                 'IS NULL', and 'IS NOT NULL' are supported."
            )));
        }
    }
    Ok(())
}

/// Adds the condition that tokens or costs are written so.
pub(crate) fn usage_equals(to: &mut Build, key: &str, value: &str) {
    let object = Json::parse(value).filter(|object| object.to_string() == value);
    let fields = object.as_ref().and_then(Json::as_object).unwrap_or_default();
    let columns: &[&str] = if key == COST { &COSTS } else { &TOKENS };
    let known = fields.iter().all(|(name, _)| columns.contains(&name.as_str()));
    let (Some(object), true, false) = (&object, known, fields.is_empty()) else {
        to.push("1 = 0");
        return;
    };
    let (tokens, costs) = (usage::tokens_of(object), usage::costs_of(object));
    to.push("(1 = 1");
    for (place, column) in columns.iter().enumerate() {
        to.push(" AND t.").push(column);
        match key {
            COST if costs[place].is_some() => {
                to.push(" = ").value(costs[place].unwrap_or_default());
            }
            TOKEN_USAGE if tokens[place].is_some() => {
                to.push(" = ").value(tokens[place].unwrap_or_default());
            }
            _ => {
                to.push(" IS NULL");
            }
        }
    }
    to.push(")");
}

/// The condition that one span fits all terms.
pub(super) fn spans(dialect: Dialect, terms: &[&Term]) -> Result<Build, CatalogError> {
    let mut to = Build::new("EXISTS (SELECT 1 FROM span s WHERE s.trace = t.id");
    for term in terms {
        to.push(" AND ");
        span(&mut to, dialect, term)?;
    }
    to.push(")");
    Ok(to)
}

/// Adds the condition of a term on a row of `span s`.
pub(super) fn span(to: &mut Build, dialect: Dialect, term: &Term) -> Result<(), CatalogError> {
    compare(to, dialect, span_column(&term.subject)?, term.op, &term.operand)
}

/// The column of a field of spans.
pub(super) fn span_column(subject: &Subject) -> Result<&'static str, CatalogError> {
    match subject {
        Subject::Span(SpanField::Name) => Ok("s.name"),
        Subject::Span(SpanField::Type) => Ok("s.type"),
        Subject::Span(SpanField::Status) => Ok("s.status"),
        Subject::Span(SpanField::Content) => Ok("s.content"),
        other => Err(unknown(other)),
    }
}

/// The numbers of the traces that fit a term, by an index, where there is one.
pub(super) fn by_index(
    dialect: Dialect,
    experiments: &[i64],
    term: &Term,
) -> Result<Option<Build>, CatalogError> {
    let mut to = Build::default();
    let owned = |to: &mut Build, table: &str, key: &str, value: &str| {
        to.push("SELECT x.trace AS id FROM ").push(table).push(" x WHERE x.experiment IN ");
        to.list(experiments.iter().copied()).push(" AND x.key = ").value(key);
        to.push(" AND substr(x.value, 1, 64) = ").value(cut(value, INDEXED));
        to.push(" AND x.value = ").value(value);
    };
    match (&term.subject, term.op, &term.operand) {
        (Subject::Tag(key), Op::Eq, Operand::Text(value)) if key == PROMPTS => {
            of_link(&mut to, "prompt", value);
        }
        (Subject::Metadata(key), Op::Eq, Operand::Text(value)) if key == SOURCE_RUN => {
            of_link(&mut to, "run", value);
            to.push(" UNION ");
            owned(&mut to, "trace_metadata", key, value);
        }
        (Subject::Metadata(key), ..) if key == TOKEN_USAGE || key == COST => return Ok(None),
        (subject, Op::Eq | Op::In, _)
            if matches!(
                column(subject),
                Some("t.trace_id" | "t.client_request_id" | "t.name" | "t.session")
            ) =>
        {
            to.push("SELECT t.id AS id FROM trace t WHERE t.experiment IN ");
            to.list(experiments.iter().copied()).push(" AND ");
            to.append(condition(dialect, experiments, term)?);
        }
        (Subject::Tag(key), Op::Eq, Operand::Text(value)) => {
            owned(&mut to, "trace_tag", key, value);
        }
        (Subject::Metadata(key), Op::Eq, Operand::Text(value)) => {
            owned(&mut to, "trace_metadata", key, value);
        }
        (Subject::Span(SpanField::Name), Op::Eq, Operand::Text(name)) => {
            to.push("SELECT s.trace AS id FROM span s WHERE s.experiment IN ");
            to.list(experiments.iter().copied());
            to.push(" AND substr(s.name, 1, 64) = ").value(cut(name, INDEXED));
            to.push(" AND s.name = ").value(name.as_str());
        }
        (Subject::Issue, Op::Eq, Operand::Text(name)) => {
            assessed::of_name(&mut to, experiments, "issue", name);
        }
        _ => return Ok(None),
    }
    Ok(Some(to))
}

fn of_link(to: &mut Build, kind: &str, target: &str) {
    to.push("SELECT t.id AS id FROM trace_link x JOIN trace t ON t.trace_id = x.trace_id");
    to.push(" WHERE x.kind = ").value(kind).push(" AND x.target = ").value(target);
}
