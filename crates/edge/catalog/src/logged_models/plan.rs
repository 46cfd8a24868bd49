//! How logged models are found, in one of the three ways in which runs are found: by a term that
//! fits few of them, along an index that has the order which is asked for, or all of them, sorted.

use database::Tx;
use tracking::search::{Subject, Term};

use super::fetch::{From, fetch};
use super::search::{ModelOrder, ModelSearch, OnDataset};
use super::terms::rows_of_term;
use crate::CatalogError;
use crate::search::Build;

/// So many models are sorted rather than walked to.
const FEW: usize = 1_000;

/// So many experiments are each walked by their index; more are sorted as a whole.
const WALKED: usize = 64;

/// The numbers of the first `wanted` models.
pub(super) fn find(
    tx: &mut Tx<'_>,
    search: &ModelSearch,
    wanted: usize,
) -> Result<Vec<i64>, CatalogError> {
    if search.experiments.is_empty() {
        return Ok(vec![]);
    }
    if let Some(term) = selective(tx, search)? {
        return fetch(tx, search, &From::Few(term), wanted);
    }
    let walked = search.experiments.len() <= WALKED;
    match search.order.as_slice() {
        _ if !walked => fetch(tx, search, &From::All, wanted),
        [] => fetch(tx, search, &From::Age, wanted),
        [only] if is_age(only) => fetch(tx, search, &From::Age, wanted),
        [first, ..] => match (&first.by.subject, dataset(tx, &first.on)?) {
            (Subject::Metric(key), Some(dataset)) => by_metric(tx, search, key, dataset, wanted),
            _ => fetch(tx, search, &From::All, wanted),
        },
    }
}

fn is_age(order: &ModelOrder) -> bool {
    order.by.descending && order.by.subject == Subject::Attribute("creation_timestamp_ms")
}

/// The number under which the newest values on a dataset are kept: 0 for whatever dataset. None if
/// several are meant. A dataset that is not there has the number -1, under which there is nothing.
pub(super) fn dataset(tx: &mut Tx<'_>, on: &OnDataset) -> Result<Option<i64>, CatalogError> {
    match (&on.name, &on.digest) {
        (None, None) => Ok(Some(0)),
        (Some(name), Some(digest)) => {
            let id = tx.first(
                "SELECT id FROM metric_dataset WHERE name = ?1 AND digest = ?2",
                database::values![name, digest],
                |row| row.get(0),
            )?;
            Ok(Some(id.unwrap_or(-1)))
        }
        _ => Ok(None),
    }
}

/// First the models with a value of the metric, then those with NaN, then those without.
fn by_metric(
    tx: &mut Tx<'_>,
    search: &ModelSearch,
    key: &str,
    dataset: i64,
    wanted: usize,
) -> Result<Vec<i64>, CatalogError> {
    let key = key.to_owned();
    let mut found = Vec::new();
    for from in [
        From::Metric { key: key.clone(), dataset, nan: false },
        From::Metric { key: key.clone(), dataset, nan: true },
        From::Without { key, dataset },
    ] {
        if found.len() < wanted {
            found.extend(fetch(tx, search, &from, wanted - found.len())?);
        }
    }
    Ok(found)
}

/// A term that fits few models, by a count that stops early.
fn selective(tx: &mut Tx<'_>, search: &ModelSearch) -> Result<Option<Term>, CatalogError> {
    let mut best: Option<(usize, &Term)> = None;
    for term in search.filter.terms.iter().take(8) {
        let Some(rows) = rows_of_term(tx.dialect(), term, &search.experiments)? else { continue };
        let mut sql = Build::new("SELECT count(*) FROM (SELECT 1 AS one FROM ");
        sql.push(rows.table).push(" x WHERE ").append(rows.on);
        sql.push(&format!(" LIMIT {}) few", FEW + 1));
        let count = tx.number(sql.sql(), &sql.values())? as usize;
        if count <= FEW && best.is_none_or(|(fewest, _)| count < fewest) {
            best = Some((count, term));
        }
    }
    Ok(best.map(|(_, term)| term.clone()))
}
