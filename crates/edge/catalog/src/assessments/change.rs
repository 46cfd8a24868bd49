//! Changing and deleting assessments.

use database::{Tx, values};

use super::{Assessment, NAME, Said, by_id, trace};
use crate::names::{check_text, within};
use crate::traces::{self, json::Json};
use crate::{CatalogError, Tag};

/// What changes in an assessment; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// What it says: of the kind that it is.
    pub said: Option<Said>,
    /// Why.
    pub rationale: Option<String>,
    /// What else is said, beside what was said before.
    pub metadata: Vec<Tag>,
    /// Whether it counts.
    pub valid: Option<bool>,
}

/// Changes an assessment.
pub fn update(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
    id: &str,
    change: &Change,
    now: i64,
) -> Result<Assessment, CatalogError> {
    let trace = trace(tx, workspace, trace_id)?;
    let held = by_id(tx, trace, trace_id, id)?;
    if let Some(said) = &change.said {
        held.said.check_kind(said)?;
        said.check()?;
        let (number, is_number) = said.number();
        tx.execute(
            "UPDATE assessment SET value = ?2, error = ?3, number = ?4, is_number = ?5
             WHERE assessment_id = ?1",
            values![id, &said.value_text(), &said.error_text(), number, is_number],
        )?;
    }
    let mut metadata = held.metadata;
    if metadata.is_nothing() && !change.metadata.is_empty() {
        metadata = Json::Object(vec![]);
    }
    for tag in &change.metadata {
        check_text("metadata", &tag.value)?;
        metadata.set(&tag.key, Json::text(tag.value.as_str()));
    }
    let metadata = (!metadata.is_nothing()).then(|| metadata.to_string());
    for text in [&change.name, &change.rationale].into_iter().flatten() {
        check_text("assessment", text)?;
    }
    within("assessment_name", NAME, change.name.as_deref().unwrap_or_default())?;
    tx.execute(
        "UPDATE assessment SET name = coalesce(?2, name), rationale = coalesce(?3, rationale),
             metadata = ?4, valid = coalesce(?5, valid), updated = ?6 WHERE assessment_id = ?1",
        values![id, &change.name, &change.rationale, &metadata, change.valid, now],
    )?;
    by_id(tx, trace, trace_id, id)
}

/// Deletes an assessment, if it is there; one that it overrides counts again.
pub fn delete(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
    id: &str,
) -> Result<(), CatalogError> {
    let Ok(found) = traces::find(tx, workspace, trace_id) else { return Ok(()) };
    tx.execute(
        "UPDATE assessment SET valid = 1 WHERE trace = ?1 AND assessment_id IN
             (SELECT overrides FROM assessment WHERE trace = ?1 AND assessment_id = ?2)",
        values![found.id, id],
    )?;
    tx.execute(
        "DELETE FROM assessment WHERE trace = ?1 AND assessment_id = ?2",
        values![found.id, id],
    )?;
    Ok(())
}
