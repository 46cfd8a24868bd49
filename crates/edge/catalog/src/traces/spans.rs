//! Traces with their spans.

use std::collections::HashMap;

use database::Tx;
use serde::{Serialize, Serializer};

use super::info::TraceInfo;
use super::json::Json;
use super::read::{by_number, numbers};
use super::{IN_STORE, SIZE_STATS, SPANS_LOCATION, proto};
use crate::{CatalogError, Code, sql};

/// A trace with its spans, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// What it is.
    #[serde(rename = "trace_info")]
    pub info: TraceInfo,
    /// Its spans as they are kept: the first above all others, then by when they began.
    #[serde(serialize_with = "write", skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<String>,
}

fn write<S: Serializer>(spans: &[String], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(spans.iter().map(|content| proto::of_content(content)))
}

impl Trace {
    /// Whether all spans are there that the trace says it has.
    pub fn is_whole(&self) -> bool {
        let said = self.info.metadata(SIZE_STATS).and_then(Json::parse);
        let count = said.and_then(|stats| stats.get("num_spans")?.as_number());
        self.spans.len() as f64 >= count.unwrap_or(0.0)
    }

    /// Whether its spans are kept here.
    fn is_here(&self) -> bool {
        self.info.tag(SPANS_LOCATION) == Some(IN_STORE)
    }
}

/// A trace with the spans that are there. `None` if its spans are not kept here.
pub fn get_full(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
) -> Result<Option<Trace>, CatalogError> {
    let found = fetch(tx, workspace, &[trace_id.to_owned()], None)?.pop();
    let found = found
        .ok_or_else(|| CatalogError::missing(format!("Trace with ID {trace_id} is not found.")))?;
    Ok(Some(found).filter(Trace::is_here))
}

/// Traces with all of their spans, in the order in which they are asked for. Those that are not
/// there, or not yet whole, are left out.
pub fn get_full_some(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_ids: &[String],
    experiments: Option<&[i64]>,
) -> Result<Vec<Trace>, CatalogError> {
    let mut found = fetch(tx, workspace, trace_ids, experiments)?;
    if !found.iter().all(Trace::is_here) {
        return Err(elsewhere());
    }
    found.retain(|trace| trace.is_whole() && !trace.spans.is_empty());
    Ok(found)
}

/// The spans are where the client put them. Clients know the message.
pub fn elsewhere() -> CatalogError {
    CatalogError::new(Code::InternalError, "Trace data not stored in tracking store")
}

fn fetch(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_ids: &[String],
    experiments: Option<&[i64]>,
) -> Result<Vec<Trace>, CatalogError> {
    let numbers: Vec<i64> =
        numbers(tx, workspace, trace_ids, experiments)?.into_iter().map(|(_, id)| id).collect();
    let infos = by_number(tx, &numbers)?;
    let mut spans: HashMap<i64, Vec<String>> = HashMap::new();
    let select = |marks: &str| {
        format!(
            "SELECT trace, content FROM span WHERE trace IN ({marks})
             ORDER BY trace, CASE WHEN parent_id IS NULL THEN 0 ELSE 1 END, start_ns, id"
        )
    };
    sql::for_owners(tx, &numbers, select, |row| {
        spans.entry(row.get(0)?).or_default().push(row.get(1)?);
        Ok(())
    })?;
    let spans = numbers.iter().map(|id| spans.remove(id).unwrap_or_default());
    Ok(infos.into_iter().zip(spans).map(|(info, spans)| Trace { info, spans }).collect())
}
