//! Searching runs.

use database::{Tx, Value};
use tracking::search::{Filter, OrderBy};

use super::plan;
use crate::runs::{INFO, Run, RunInfo, assemble, read_info};
use crate::values::Page;
use crate::{CatalogError, ViewType, experiments, sql};

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub struct RunSearch {
    /// In which experiments.
    pub experiments: Vec<i64>,
    /// Terms that must all hold.
    pub filter: Filter,
    /// The order; what is equal by it comes newest first, then by id.
    pub order: Vec<OrderBy>,
    /// Deleted ones too?
    pub view: ViewType,
    /// How many to leave out.
    pub offset: usize,
    /// How many a page has.
    pub max: usize,
}

/// A page of runs.
pub fn runs(
    tx: &mut Tx<'_>,
    workspace: &str,
    search: &RunSearch,
) -> Result<Page<Run>, CatalogError> {
    let mut search = search.clone();
    search.experiments = experiments::in_workspace(tx, workspace, &search.experiments)?;
    search.experiments.sort_unstable();
    search.experiments.dedup();
    let wanted = search.offset.saturating_add(search.max).saturating_add(1);
    let mut found = plan::find(tx, &search, wanted)?;
    let page = found.split_off(search.offset.min(found.len()));
    let page = Page::of(page, search.offset, search.max);
    let infos = infos(tx, &page.items)?;
    Ok(Page { items: assemble(tx, infos)?, next: page.next })
}

/// The runs with these numbers, in this order.
fn infos(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<(i64, RunInfo)>, CatalogError> {
    let mut found = std::collections::HashMap::with_capacity(ids.len());
    for some in ids.chunks(500) {
        let places = some.len().next_power_of_two().min(500);
        let mut values: Vec<Value<'_>> = some.iter().map(|id| Value::Int(*id)).collect();
        values.resize(places, values[0]);
        let sql = format!("SELECT {INFO} FROM run r WHERE r.id IN ({})", sql::marks(1, places));
        tx.each(&sql, &values, |row| {
            let (id, info) = read_info(row)?;
            found.insert(id, info);
            Ok(())
        })?;
    }
    Ok(ids.iter().filter_map(|id| found.remove_entry(id)).collect())
}
