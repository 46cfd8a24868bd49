//! How runs are found.
//!
//! There are three ways. If a term of the filter fits few runs, those are fetched by its index and
//! sorted. Otherwise, if the first order is by a metric or by the start, the index of that order is
//! walked from its end, and the walk stops when the page is full. What is left, an order by text, is
//! sorted as a whole. The first two cost the same for a thousand runs and for a million.

use database::Tx;
use tracking::search::{OrderBy, Subject, Term};

use super::Build;
use super::fetch::{From, fetch};
use super::runs::RunSearch;
use super::terms::rows_of_term;
use crate::CatalogError;

/// So many runs are sorted rather than walked to.
const FEW: usize = 1_000;

/// So many experiments are each asked by their index; more are sorted as a whole.
const WALKED: usize = 64;

/// The numbers of the first `wanted` runs.
pub(super) fn find(
    tx: &mut Tx<'_>,
    search: &RunSearch,
    wanted: usize,
) -> Result<Vec<i64>, CatalogError> {
    if search.experiments.is_empty() {
        return Ok(vec![]);
    }
    let walk = Walk::of(search);
    if let Some(term) = selective(tx, search, walk.as_ref())? {
        return fetch(tx, search, &From::Few(term), wanted);
    }
    match walk {
        Some(Walk::Start) => fetch(tx, search, &From::Start, wanted),
        Some(Walk::Metric(key)) => by_metric(tx, search, &key, wanted),
        None => fetch(tx, search, &From::All, wanted),
    }
}

/// First the runs with a value of the metric, then those with NaN, then those without.
fn by_metric(
    tx: &mut Tx<'_>,
    search: &RunSearch,
    key: &str,
    wanted: usize,
) -> Result<Vec<i64>, CatalogError> {
    let mut found = Vec::new();
    for from in [
        From::Metric { key: key.to_owned(), nan: false },
        From::Metric { key: key.to_owned(), nan: true },
        From::Without(key.to_owned()),
    ] {
        if found.len() < wanted {
            found.extend(fetch(tx, search, &from, wanted - found.len())?);
        }
    }
    Ok(found)
}

/// The index that has the order which is asked for.
enum Walk {
    Start,
    Metric(String),
}

impl Walk {
    fn of(search: &RunSearch) -> Option<Self> {
        if search.experiments.len() > WALKED {
            return None;
        }
        match search.order.first() {
            None => Some(Self::Start),
            Some(OrderBy { subject: Subject::Attribute("start_time"), descending: true })
                if search.order.len() == 1 =>
            {
                Some(Self::Start)
            }
            Some(OrderBy { subject: Subject::Metric(key), .. }) => Some(Self::Metric(key.clone())),
            _ => None,
        }
    }

    /// Whether the walk itself keeps to the term.
    fn keeps(&self, term: &Term) -> bool {
        matches!((self, &term.subject), (Self::Metric(key), Subject::Metric(name)) if key == name)
    }
}

/// A term that fits few runs, by a count that stops early.
fn selective(
    tx: &mut Tx<'_>,
    search: &RunSearch,
    walk: Option<&Walk>,
) -> Result<Option<Term>, CatalogError> {
    if search.experiments.len() > WALKED {
        return Ok(None);
    }
    let mut best: Option<(usize, &Term)> = None;
    let countable = |term: &&Term| {
        use tracking::search::Op;
        let sought = match &term.subject {
            Subject::Metric(_) => !matches!(term.op, Op::Ne | Op::IsNull),
            Subject::Param(_) | Subject::Tag(_) | Subject::Attribute("run_name") => {
                term.op == Op::Eq
            }
            _ => false,
        };
        sought && !walk.is_some_and(|walk| walk.keeps(term))
    };
    for term in search.filter.terms.iter().filter(countable).take(8) {
        let mut count = 0;
        for experiment in &search.experiments {
            let Some((table, on)) = rows_of_term(tx.dialect(), term, *experiment)? else { break };
            let mut sql = Build::new("SELECT count(*) FROM (SELECT 1 AS one FROM ");
            sql.push(table).push(" x WHERE ").append(on);
            sql.push(&format!(" LIMIT {}) few", FEW + 1 - count));
            count += tx.number(sql.sql(), &sql.values())? as usize;
            if count > FEW {
                break;
            }
        }
        if count <= FEW && best.is_none_or(|(fewest, _)| count < fewest) {
            best = Some((count, term));
        }
    }
    Ok(best.map(|(_, term)| term.clone()))
}
