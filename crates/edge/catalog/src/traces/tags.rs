//! Tags and metadata of a trace.

use database::{Tx, values};

use super::NAME;
use super::read::find;
use crate::names::{self, check_text, cut, within};
use crate::runs::checked_tag;
use crate::{CatalogError, Tag};

/// Which of the two tables of keys with values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Tags,
    Metadata,
}

impl Table {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tags => "trace_tag",
            Self::Metadata => "trace_metadata",
        }
    }
}

/// Keeps keys with values; of two with a key the last counts. They are written in the order of
/// their keys, so that two writers do not wait for each other.
pub(super) fn put(
    tx: &mut Tx<'_>,
    table: Table,
    trace: i64,
    experiment: i64,
    tags: &[Tag],
) -> Result<(), CatalogError> {
    let mut tags = crate::sql::last_of_each(tags);
    tags.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let rows: Vec<_> =
        tags.iter().flat_map(|tag| *values![trace, &tag.key, experiment, &tag.value]).collect();
    let head = format!("INSERT INTO {} (trace, key, experiment, value) VALUES", table.name());
    let tail = "ON CONFLICT (trace, key) DO UPDATE SET value = excluded.value";
    tx.insert_many(&head, 4, &rows, tail)?;
    Ok(())
}

/// Sets a tag of a trace. The tag of its name names it.
pub fn set_tag(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
    tag: &Tag,
) -> Result<(), CatalogError> {
    let tag = checked_tag("", tag)?;
    let found = find(tx, workspace, trace_id)?;
    if tag.key == NAME {
        within("Trace name", 4_096, &tag.value)?;
        tx.execute("UPDATE trace SET name = ?2 WHERE id = ?1", values![found.id, &tag.value])?;
        return Ok(());
    }
    put(tx, Table::Tags, found.id, found.experiment, &[tag])
}

/// Removes a tag of a trace.
pub fn delete_tag(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
    key: &str,
) -> Result<(), CatalogError> {
    let found = find(tx, workspace, trace_id)?;
    let removed = match key == NAME {
        true => tx.execute(
            "UPDATE trace SET name = NULL WHERE id = ?1 AND name IS NOT NULL",
            values![found.id],
        )?,
        false => tx.execute(
            "DELETE FROM trace_tag WHERE trace = ?1 AND key = ?2",
            values![found.id, key],
        )?,
    };
    if removed == 0 {
        return Err(CatalogError::missing(format!(
            "No trace tag with key '{key}' for trace with ID '{trace_id}'"
        )));
    }
    Ok(())
}

/// A tag that came with spans, if it can be kept.
pub(super) fn fitting(key: &str, value: &str) -> Option<Tag> {
    names::check_key("key", key).ok()?;
    check_text("value", value).ok()?;
    Some(Tag { key: key.to_owned(), value: cut(value, names::TAG_VALUE).to_owned() })
}
