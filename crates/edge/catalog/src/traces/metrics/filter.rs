//! What is counted can be narrowed: `trace.status = 'OK'`, `trace.tag.env = 'prod'`,
//! `span.name = 'retrieve'`, `assessment.name = 'quality'`. Each filter is one comparison by `=`.

use super::View;
use crate::CatalogError;
use crate::names::check_text;
use crate::search::Build;
use crate::traces::quoted::end_of_name;
use crate::traces::search::{linked, usage_equals};
use crate::traces::usage::{COST, TOKEN_USAGE};
use crate::traces::{NAME, SESSION, SOURCE_RUN};

/// A filter, read.
#[derive(Debug, PartialEq, Eq)]
struct Read<'a> {
    view: &'a str,
    entity: &'a str,
    key: Option<&'a str>,
    value: &'a str,
}

/// Adds the condition of a filter.
pub(super) fn condition(sql: &mut Build, view: View, text: &str) -> Result<(), CatalogError> {
    check_text("filters", text)?;
    let read = read(text)?;
    let other = |noun: &str, only: View| {
        Err(CatalogError::invalid(format!(
            "Filtering by {noun} is only supported for {} view type, got {}",
            only.as_str(),
            view.as_str()
        )))
    };
    let column = match (read.view, read.entity) {
        ("span", _) if view != View::Spans => return other("span", View::Spans),
        ("assessment", _) if view != View::Assessments => {
            return other("assessment", View::Assessments);
        }
        ("span", "name") => "s.name",
        ("span", "status") => "s.status",
        ("span", _) => "s.type",
        ("assessment", "name") => "a.name",
        ("assessment", _) => "a.kind",
        ("trace", "status") => "t.state",
        (_, entity) => {
            of_trace(sql, entity, read.key.unwrap_or_default(), read.value);
            return Ok(());
        }
    };
    sql.push(column).push(" = ").value(read.value);
    Ok(())
}

fn of_trace(sql: &mut Build, entity: &str, key: &str, value: &str) {
    match (entity, key) {
        ("tag", NAME) => {
            sql.push("t.name = ").value(value);
        }
        ("metadata", SESSION) => {
            sql.push("t.session = ").value(value);
        }
        ("metadata", TOKEN_USAGE | COST) => usage_equals(sql, key, value),
        ("metadata", SOURCE_RUN) => {
            sql.push("(");
            linked(sql, "run", value);
            sql.push(" OR ");
            owned(sql, "trace_metadata", key, value);
            sql.push(")");
        }
        ("metadata", key) => owned(sql, "trace_metadata", key, value),
        (_, key) => owned(sql, "trace_tag", key, value),
    }
}

fn owned(sql: &mut Build, table: &str, key: &str, value: &str) {
    sql.push("EXISTS (SELECT 1 FROM ").push(table).push(" x WHERE x.trace = t.id AND x.key = ");
    sql.value(key).push(" AND x.value = ").value(value).push(")");
}

fn read(text: &str) -> Result<Read<'_>, CatalogError> {
    let trimmed = text.trim();
    let clause = || CatalogError::invalid(format!("Invalid clause(s) in filter string: {trimmed}"));
    let end = end_of_name(trimmed).ok_or_else(clause)?;
    let (name, rest) = (trimmed[..end].trim_end(), trimmed[end..].trim_start());
    let operator_end =
        rest.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"')).ok_or_else(clause)?;
    let (operator, value) = (&rest[..operator_end], rest[operator_end..].trim());
    if operator != "=" {
        return Err(CatalogError::invalid(format!(
            "Invalid comparator: '{operator}', only '=' operator is supported"
        )));
    }
    let (view, entity, key) = names(name)?;
    let value = unquoted(value, &['\'', '"']).filter(|value| !value.contains(['\'', '"']));
    let value = value.ok_or_else(|| {
        CatalogError::invalid(format!(
            "Expected a quoted string value for {entity} value (e.g. 'my-value'). Got value {}",
            rest[operator_end..].trim()
        ))
    })?;
    Ok(Read { view, entity, key, value })
}

/// The parts of `view.entity` or `view.entity.key`.
fn names(name: &str) -> Result<(&str, &str, Option<&str>), CatalogError> {
    let mut parts = name.splitn(3, '.');
    let (Some(view), Some(entity)) = (parts.next(), parts.next()) else {
        return Err(CatalogError::invalid(format!(
            "Invalid identifier '{name}'. Columns should be specified as 'trace.<key>', \
             'span.<key>', 'assessment.<key>'."
        )));
    };
    let view = unquoted(view, &['`']).unwrap_or(view);
    let key = parts.next();
    let entities: &[(&str, bool)] = match view {
        "trace" => &[("status", false), ("tag", true), ("metadata", true)],
        "span" => &[("name", false), ("status", false), ("type", false)],
        "assessment" => &[("name", false), ("type", false)],
        other => {
            return Err(CatalogError::invalid(format!(
                "Invalid view type '{other}'. Valid values are trace, span, assessment"
            )));
        }
    };
    let needs = entities.iter().find(|(known, _)| *known == entity).map(|(_, needs)| *needs);
    match (needs, key) {
        (None, _) => {
            let known: Vec<String> = entities.iter().map(|(name, _)| format!("'{name}'")).collect();
            Err(CatalogError::invalid(format!(
                "Invalid entity '{entity}' specified for view type '{view}'. Valid entities are \
                 [{}]",
                known.join(", ")
            )))
        }
        (Some(true), None) => Err(CatalogError::invalid(format!(
            "Filtering by {entity} requires a key, e.g. '{view}.{entity}.<key> = <value>'"
        ))),
        (Some(false), Some(_)) => Err(CatalogError::invalid(format!(
            "Filtering by {entity} does not require a key, use '{view}.{entity}' instead"
        ))),
        (Some(_), key) => {
            let key = key.map(|key| unquoted(key, &['`', '\'', '"']).unwrap_or(key));
            Ok((view, entity, key))
        }
    }
}

/// What stands between two of the same quotes.
fn unquoted<'a>(text: &'a str, quotes: &[char]) -> Option<&'a str> {
    quotes.iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read() {
        let full = |text| read(text).map(|read| (read.view, read.entity, read.key, read.value));
        assert_eq!(full("trace.status = 'OK'"), Ok(("trace", "status", None, "OK")));
        assert_eq!(full("trace.tag.`my key`=\"a b\""), Ok(("trace", "tag", Some("my key"), "a b")));
        assert_eq!(
            full("trace.metadata.mlflow.trace.session = ''"),
            Ok(("trace", "metadata", Some("mlflow.trace.session"), ""))
        );
    }

    /// Expected messages from MLflow 3.17.2, `SearchTraceMetricsUtils.parse_search_filter`.
    #[test]
    fn what_is_no_filter_is_said() {
        for (text, message) in [
            ("bad", "Invalid clause(s) in filter string: bad"),
            ("trace.status != 'OK'", "Invalid comparator: '!=', only '=' operator is supported"),
            (
                "trace.bad = 'x'",
                "Invalid entity 'bad' specified for view type 'trace'. Valid entities are \
                 ['status', 'tag', 'metadata']",
            ),
            (
                "trace.tag = 'x'",
                "Filtering by tag requires a key, e.g. 'trace.tag.<key> = <value>'",
            ),
            (
                "trace.status.x = 'x'",
                "Filtering by status does not require a key, use 'trace.status' instead",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().message, message, "{text}");
        }
        for text in ["trace.status = OK", "trace.status = 'a' AND trace.status = 'b'", "x = 'y'"] {
            read(text).unwrap_err();
        }
    }
}
