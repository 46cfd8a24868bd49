//! What a search is ordered by: one key a clause, with `ASC` (meant when nothing is said) or `DESC`.

use super::cursor::Cursor;
use super::error::{SearchError, excerpt, hint};
use super::grammar::{Entity, Family, Grammar, find, names};
use super::resolve::resolve;
use super::subject::Subject;
use super::tables::RESERVED_METADATA;
use crate::error::list;

/// The most keys that an order may have: each may need two tables, and SQLite joins 200.
pub const MAX_KEYS: usize = 50;

/// What is ordered by, and which way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderBy {
    /// By what.
    pub subject: Subject,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// Reads the clauses of an order; the first counts most.
///
/// # Errors
///
/// What one clause is refused for, a field that is there twice, and more than [`MAX_KEYS`] clauses.
/// Experiments may repeat a field.
pub fn parse_order<S: AsRef<str>>(
    entity: Entity,
    clauses: &[S],
) -> Result<Vec<OrderBy>, SearchError> {
    if clauses.len() > MAX_KEYS {
        return Err(SearchError::TooLong { what: "keys to order by", limit: MAX_KEYS });
    }
    let mut order: Vec<OrderBy> = Vec::with_capacity(clauses.len());
    for clause in clauses {
        let next = parse_order_by(entity, clause.as_ref())?;
        let twice = order.iter().any(|before| before.subject == next.subject);
        if twice && entity != Entity::Experiments {
            return Err(SearchError::Duplicate { field: next.subject.key().into_owned() });
        }
        order.push(next);
    }
    Ok(order)
}

/// Reads one clause of an order: `metrics.rmse`, `start_time DESC`.
///
/// # Errors
///
/// Anything but a key and a direction, and a key by which the entity cannot be ordered.
pub fn parse_order_by(entity: Entity, source: &str) -> Result<OrderBy, SearchError> {
    let grammar = entity.grammar();
    let mut cursor = Cursor::of(source);
    let name = cursor.name().map_err(|error| clause(source, error))?;
    let descending = direction(&mut cursor).map_err(|error| clause(source, error))?;
    if grammar.ordered.is_empty() && name.prefix.is_some() {
        return Err(unfit(grammar, source));
    }
    let subject = resolve(grammar, grammar.orderable, cursor, &name)
        .map_err(|error| key(grammar, source, error))?;
    if !may_order(grammar, &subject) {
        return Err(unfit(grammar, source));
    }
    Ok(OrderBy { subject, descending })
}

/// Reads the field by which logged models are ordered: the name of an attribute, or `metrics.` and the
/// name of a metric as it is, without quotes.
///
/// # Errors
///
/// Any other field.
pub fn parse_logged_model_order(field: &str, ascending: bool) -> Result<OrderBy, SearchError> {
    let grammar = Entity::LoggedModels.grammar();
    let subject = match field.split_once('.') {
        Some(("metrics", metric)) => Some(Subject::Metric(metric.to_owned())),
        Some(_) => None,
        None => find(grammar.orderable, field).map(|found| Subject::Attribute(found.name)),
    };
    let subject = subject.ok_or_else(|| unfit(grammar, field))?;
    Ok(OrderBy { subject, descending: !ascending })
}

fn direction(cursor: &mut Cursor<'_>) -> Result<bool, SearchError> {
    if cursor.rest().is_empty() {
        return Ok(false);
    }
    let apart = cursor.peek().is_some_and(char::is_whitespace);
    cursor.skip_space();
    let descending = apart && cursor.keyword("DESC");
    if !(descending || apart && cursor.keyword("ASC")) {
        return Err(cursor.clause("`ASC`, `DESC` or the end"));
    }
    if cursor.rest().is_empty() { Ok(descending) } else { Err(cursor.clause("the end")) }
}

fn may_order(grammar: &Grammar, subject: &Subject) -> bool {
    let family = Family::of(subject);
    let reserved =
        matches!(subject, Subject::Metadata(key) if RESERVED_METADATA.contains(&key.as_str()));
    !reserved && (family == Family::Attribute || grammar.ordered.contains(&family))
}

/// The same refusal, of an order.
fn clause(source: &str, error: SearchError) -> SearchError {
    match error {
        SearchError::Clause { column, expected, found } => {
            SearchError::OrderClause { clause: excerpt(source), column, expected, found }
        }
        error => error,
    }
}

/// The same refusal, of a key where only fields can be ordered by.
fn key(grammar: &'static Grammar, source: &str, error: SearchError) -> SearchError {
    match error {
        SearchError::Key { .. } if grammar.ordered.is_empty() => unfit(grammar, source),
        error => clause(source, error),
    }
}

fn unfit(grammar: &'static Grammar, source: &str) -> SearchError {
    let key = source.split_whitespace().next().unwrap_or_default();
    SearchError::OrderKey {
        key: excerpt(key),
        known: list(names(grammar.orderable)),
        hint: hint(key, names(grammar.orderable)),
    }
}
