//! Searching evaluation datasets.

use database::Tx;

use super::filter::{self, Subject};
use super::{COLUMNS, EvalDataset, read, with_tags};
use crate::CatalogError;
use crate::names::check_text;
use crate::search::{Build, compare};
use crate::values::Page;

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatasetSearch {
    /// In which experiments; in all, if there are none.
    pub experiment_ids: Vec<String>,
    /// Comparisons that must all hold.
    pub filter: String,
    /// The order; without one, those made last come first.
    pub order: Vec<String>,
    /// How many to leave out.
    pub offset: usize,
    /// How many a page has.
    pub max: usize,
}

/// A page of datasets, without their records.
pub fn search(
    tx: &mut Tx<'_>,
    workspace: &str,
    search: &DatasetSearch,
) -> Result<Page<EvalDataset>, CatalogError> {
    check_text("filter_string", &search.filter)?;
    let mut sql = Build::new("SELECT ");
    sql.push(COLUMNS).push(" FROM eval_dataset d WHERE d.workspace = ").value(workspace);
    if !search.experiment_ids.is_empty() {
        sql.push(" AND d.id IN (SELECT x.dataset FROM eval_dataset_experiment x");
        sql.push(" WHERE x.experiment IN ");
        sql.list(search.experiment_ids.iter().map(String::as_str)).push(")");
    }
    let dialect = tx.dialect();
    let terms = match search.filter.trim().is_empty() {
        true => vec![],
        false => filter::read(&search.filter)?,
    };
    for term in &terms {
        sql.push(" AND ");
        match &term.subject {
            Subject::Column(column) => {
                compare(&mut sql, dialect, column, term.op, &term.operand)?;
            }
            Subject::Tag(key) => {
                sql.push("EXISTS (SELECT 1 FROM eval_dataset_tag x WHERE x.dataset = d.id");
                sql.push(" AND x.key = ").value(*key).push(" AND ");
                compare(&mut sql, dialect, "x.value", term.op, &term.operand)?;
                sql.push(")");
            }
        }
    }
    sql.push(" ORDER BY ");
    for clause in &search.order {
        let (column, descending) = filter::order(clause)?;
        sql.push(column).push(if descending { " DESC, " } else { ", " });
    }
    sql.push(if search.order.is_empty() { "d.created DESC, " } else { "" });
    sql.push("d.dataset_id DESC LIMIT ").value(search.max as i64 + 1);
    sql.push(" OFFSET ").value(search.offset as i64);
    let found = tx.query(sql.sql(), &sql.values(), read)?;
    let page = Page::of(found, search.offset, search.max);
    Ok(Page { items: with_tags(tx, page.items)?, next: page.next })
}
