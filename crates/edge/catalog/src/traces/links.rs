//! What a trace is linked to: the runs that it belongs to, the prompts that it used.

use database::{Tx, values};

use super::read::{anywhere, find};
use crate::CatalogError;
use crate::names::{check_text, within};

/// So many traces are linked at once.
pub const MAX_LINKS: usize = 100;

/// Longest id that is linked to.
const TARGET: usize = 500;

/// Links traces to a run. A link may be made before its trace is there; traces of other workspaces
/// are left out.
pub fn link_to_run(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_ids: &[String],
    run_id: &str,
) -> Result<(), CatalogError> {
    if trace_ids.len() > MAX_LINKS {
        return Err(CatalogError::invalid(format!(
            "Cannot link more than {MAX_LINKS} traces to a run in a single request. Provided {} \
             traces.",
            trace_ids.len()
        )));
    }
    let home = tx.first(
        "SELECT e.workspace FROM run r JOIN experiment e ON e.id = r.experiment WHERE r.uuid = ?1",
        values![run_id],
        |row| row.get::<String>(0),
    )?;
    if home.is_some_and(|home| home != workspace) {
        return Err(CatalogError::missing(format!("Run with id={run_id} not found")));
    }
    for trace_id in trace_ids {
        if anywhere(tx, workspace, trace_id)?.is_none_or(|found| found.here) {
            link(tx, "run", run_id, trace_id)?;
        }
    }
    Ok(())
}

/// Links a trace to versions of prompts, each written `NAME/VERSION`.
pub fn link_prompts(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
    prompts: &[String],
) -> Result<(), CatalogError> {
    find(tx, workspace, trace_id)?;
    for prompt in prompts {
        link(tx, "prompt", prompt, trace_id)?;
    }
    Ok(())
}

pub(super) fn link(
    tx: &mut Tx<'_>,
    kind: &str,
    target: &str,
    trace_id: &str,
) -> Result<(), CatalogError> {
    check_text("trace_id", trace_id)?;
    check_text(kind, target)?;
    within("trace_id", TARGET, trace_id)?;
    within(kind, TARGET, target)?;
    tx.execute(
        "INSERT INTO trace_link (kind, target, trace_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        values![kind, target, trace_id],
    )?;
    Ok(())
}
