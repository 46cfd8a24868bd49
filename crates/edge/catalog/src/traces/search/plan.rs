//! How traces are found.
//!
//! If a term fits few traces, those are fetched by its index and sorted. Otherwise, if the newest
//! come first, each experiment is walked from its newest trace on until the page is full. What is
//! left is sorted as a whole.

use database::Tx;
use tracking::search::Term;

use super::{TraceSearch, conditions, order, terms};
use crate::CatalogError;
use crate::search::Build;

/// So many traces are sorted rather than walked to.
const FEW: usize = 1_000;
/// So many experiments are each walked; more are sorted as a whole.
const WALKED: usize = 32;

/// The numbers of the traces of a page, and of one more.
pub(super) fn find(
    tx: &mut Tx<'_>,
    experiments: &[i64],
    search: &TraceSearch,
) -> Result<Vec<i64>, CatalogError> {
    let few = selective(tx, experiments, search)?;
    let conditions = conditions(tx, experiments, &search.filter)?;
    let walks = few.is_none() && order::is_newest_first(&search.order);
    let mut sql = match walks && experiments.len() > 1 && experiments.len() <= WALKED {
        true => walk(experiments, &conditions, search),
        false => whole(experiments, &conditions, few, search)?,
    };
    sql.push(" LIMIT ").value(search.max as i64 + 1);
    sql.push(" OFFSET ").value(search.offset as i64);
    Ok(tx.query(sql.sql(), &sql.values(), |row| row.get(0))?)
}

fn whole(
    experiments: &[i64],
    conditions: &[Build],
    few: Option<Build>,
    search: &TraceSearch,
) -> Result<Build, CatalogError> {
    let mut sql = Build::new("SELECT t.id FROM trace t");
    order::join(&mut sql, &search.order)?;
    sql.push(" WHERE ");
    match few {
        // A `+` keeps SQLite from using the index of the experiment.
        Some(few) => sql.push("t.id IN (").append(few).push(") AND +t.experiment IN "),
        None if experiments.len() == 1 => {
            sql.push("t.experiment = ").value(experiments[0]);
            return finish(sql, conditions, search);
        }
        None => sql.push("t.experiment IN "),
    };
    sql.list(experiments.iter().copied());
    finish(sql, conditions, search)
}

fn finish(
    mut sql: Build,
    conditions: &[Build],
    search: &TraceSearch,
) -> Result<Build, CatalogError> {
    for condition in conditions {
        sql.push(" AND ").append(condition.clone());
    }
    order::write(&mut sql, &search.order)?;
    Ok(sql)
}

/// The newest of each experiment, and of those the newest.
fn walk(experiments: &[i64], conditions: &[Build], search: &TraceSearch) -> Build {
    let wanted = search.offset.saturating_add(search.max).saturating_add(1);
    let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
    let mut sql = Build::new("SELECT id FROM (");
    for (place, experiment) in experiments.iter().enumerate() {
        sql.push(if place > 0 { " UNION ALL " } else { "" });
        sql.push("SELECT * FROM (SELECT t.id AS id, t.start_time AS start_time, t.trace_id AS");
        sql.push(" trace_id FROM trace t WHERE t.experiment = ").value(*experiment);
        for condition in conditions {
            sql.push(" AND ").append(condition.clone());
        }
        sql.push(" ORDER BY t.start_time DESC, t.trace_id LIMIT ").value(wanted).push(") part");
    }
    sql.push(") whole ORDER BY start_time DESC, trace_id");
    sql
}

/// The traces of the term that fits the fewest, if those are few, by counts that stop early.
fn selective(
    tx: &mut Tx<'_>,
    experiments: &[i64],
    search: &TraceSearch,
) -> Result<Option<Build>, CatalogError> {
    let mut best: Option<(i64, Build)> = None;
    let terms: &[Term] = &search.filter.terms;
    for term in terms.iter().take(8) {
        let Some(rows) = terms::by_index(tx.dialect(), experiments, term)? else { continue };
        let mut sql = Build::new("SELECT count(*) FROM (SELECT 1 AS one FROM (");
        sql.append(rows.clone()).push(&format!(") fitting LIMIT {}) few", FEW + 1));
        let count = tx.number(sql.sql(), &sql.values())?;
        let fewer = best.as_ref().is_none_or(|(fewest, _)| count < *fewest);
        if count <= FEW as i64 && fewer {
            best = Some((count, rows));
        }
    }
    Ok(best.map(|(_, rows)| rows))
}
