//! Searching logged models.

use std::collections::HashMap;

use database::{Tx, Value};
use tracking::search::page::LoggedModelSearch;
use tracking::search::{Filter, OrderBy};

use super::{INFO, LoggedModel, ModelInfo, data, plan, read_info};
use crate::values::Page;
use crate::{CatalogError, experiments, sql};

/// A dataset, or all that have the name or the digest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnDataset {
    /// Its name.
    pub name: Option<String>,
    /// Its digest.
    pub digest: Option<String>,
}

/// What is ordered by.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelOrder {
    /// By what, and which way.
    pub by: OrderBy,
    /// The newest value on such a dataset counts, if it is a metric.
    pub on: OnDataset,
}

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub struct ModelSearch {
    /// In which experiments.
    pub experiments: Vec<i64>,
    /// Terms that must all hold.
    pub filter: Filter,
    /// If there are some, only values that were measured on one of these count.
    pub datasets: Vec<OnDataset>,
    /// The order; what is equal by it comes newest first, then by id.
    pub order: Vec<ModelOrder>,
    /// The question in the client's words, to which the token of the next page is bound.
    pub question: LoggedModelSearch,
    /// How many to leave out.
    pub offset: usize,
    /// How many a page has.
    pub max: usize,
}

/// A page of logged models that were not deleted.
pub fn search(
    tx: &mut Tx<'_>,
    workspace: &str,
    search: &ModelSearch,
) -> Result<Page<LoggedModel>, CatalogError> {
    if search.datasets.iter().any(|dataset| dataset.name.is_none()) {
        let message = "`dataset_name` in the `datasets` clause must be specified.";
        return Err(CatalogError::invalid(message));
    }
    let mut search = search.clone();
    search.experiments = experiments::in_workspace(tx, workspace, &search.experiments)?;
    search.experiments.sort_unstable();
    search.experiments.dedup();
    let wanted = search.offset.saturating_add(search.max).saturating_add(1);
    let mut found = plan::find(tx, &search, wanted)?;
    let mut page = found.split_off(search.offset.min(found.len()));
    let more = page.len() > search.max;
    page.truncate(search.max);
    let infos = infos(tx, &page)?;
    let items = data::assemble(tx, infos)?;
    let next = more.then(|| search.question.create((search.offset + search.max) as u64));
    Ok(Page { items, next })
}

/// The models with these numbers, in this order.
fn infos(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<(i64, ModelInfo)>, CatalogError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(500) {
        let places = some.len().next_power_of_two().min(500);
        let mut values: Vec<Value<'_>> = some.iter().map(|id| Value::Int(*id)).collect();
        values.resize(places, values[0]);
        let sql =
            format!("SELECT {INFO} FROM logged_model m WHERE m.id IN ({})", sql::marks(1, places));
        tx.each(&sql, &values, |row| {
            let (id, info) = read_info(row)?;
            found.insert(id, info);
            Ok(())
        })?;
    }
    Ok(ids.iter().filter_map(|id| found.remove_entry(id)).collect())
}
