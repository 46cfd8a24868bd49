//! In which order traces are found.

use tracking::search::{OrderBy, Subject};

use super::terms::column;
use crate::CatalogError;
use crate::search::Build;

/// Where the value of an order is: in the row of the trace, or in a row that belongs to it.
enum Value<'a> {
    Column(&'static str),
    Owned { table: &'static str, key: &'a str },
}

fn value(subject: &Subject) -> Result<Value<'_>, CatalogError> {
    if let Some(column) = column(subject) {
        return Ok(Value::Column(column));
    }
    match subject {
        Subject::Tag(key) => Ok(Value::Owned { table: "trace_tag", key }),
        Subject::Metadata(key) => Ok(Value::Owned { table: "trace_metadata", key }),
        other => {
            let message = format!("traces cannot be ordered by a {}", other.family());
            Err(CatalogError::invalid(message))
        }
    }
}

/// Adds the rows that an order needs.
pub(super) fn join(sql: &mut Build, order: &[OrderBy]) -> Result<(), CatalogError> {
    for (place, by) in order.iter().enumerate() {
        if let Value::Owned { table, key } = value(&by.subject)? {
            sql.push(&format!(" LEFT JOIN {table} o{place} ON o{place}.trace = t.id"));
            sql.push(&format!(" AND o{place}.key = ")).value(key);
        }
    }
    Ok(())
}

/// Adds ` ORDER BY …`: what has no value comes last, what is equal newest first, then by id.
pub(super) fn write(sql: &mut Build, order: &[OrderBy]) -> Result<(), CatalogError> {
    sql.push(" ORDER BY ");
    let (mut by_time, mut by_id) = (false, false);
    for (place, by) in order.iter().enumerate() {
        let column = match value(&by.subject)? {
            Value::Column(column) => column.to_owned(),
            Value::Owned { .. } => format!("o{place}.value"),
        };
        by_time |= column == "t.start_time";
        by_id |= column == "t.trace_id";
        let always =
            matches!(column.as_str(), "t.trace_id" | "t.state" | "t.start_time" | "t.experiment");
        if !always {
            sql.push(&format!("CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, "));
        }
        sql.push(&column).push(if by.descending { " DESC, " } else { ", " });
    }
    sql.push(if by_time { "" } else { "t.start_time DESC, " });
    sql.push(if by_id { "t.id" } else { "t.trace_id" });
    Ok(())
}

/// Whether it is the order of the index of the start.
pub(super) fn is_newest_first(order: &[OrderBy]) -> bool {
    match order {
        [] => true,
        [by] => by.subject == Subject::Attribute("timestamp_ms") && by.descending,
        _ => false,
    }
}
