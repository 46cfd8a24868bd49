//! Searching traces.
//!
//! What a filter says becomes conditions on rows of `trace t`. Two things no database does as the
//! other does: regular expressions, and comparisons with one attribute of a span. Those are compared
//! here, with the rows that all other conditions leave, and become a list of numbers.

mod assessed;
mod matched;
mod order;
mod plan;
mod terms;

use database::Tx;
use tracking::search::{Filter, Op, OrderBy, SpanField, Subject, Term};

use super::info::TraceInfo;
use super::read::by_number;
use crate::search::Build;
use crate::values::Page;
use crate::{CatalogError, experiments};

pub(crate) use terms::{linked, usage_equals};

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub struct TraceSearch {
    /// In which experiments.
    pub experiments: Vec<i64>,
    /// Terms that must all hold.
    pub filter: Filter,
    /// The order; what is equal by it comes newest first, then by id.
    pub order: Vec<OrderBy>,
    /// How many to leave out.
    pub offset: usize,
    /// How many a page has.
    pub max: usize,
}

/// A page of traces, without their spans.
pub fn search(
    tx: &mut Tx<'_>,
    workspace: &str,
    search: &TraceSearch,
) -> Result<Page<TraceInfo>, CatalogError> {
    let mut scope = experiments::in_workspace(tx, workspace, &search.experiments)?;
    scope.sort_unstable();
    scope.dedup();
    if scope.is_empty() {
        return Ok(Page { items: vec![], next: None });
    }
    let found = plan::find(tx, &scope, search)?;
    let page = Page::of(found, search.offset, search.max);
    Ok(Page { items: by_number(tx, &page.items)?, next: page.next })
}

/// What a filter asks of a row of `trace t` in these experiments: conditions that must all hold.
pub(crate) fn conditions(
    tx: &mut Tx<'_>,
    experiments: &[i64],
    filter: &Filter,
) -> Result<Vec<Build>, CatalogError> {
    let dialect = tx.dialect();
    let is_span = |term: &&Term| matches!(term.subject, Subject::Span(_));
    let (spans, others): (Vec<&Term>, Vec<&Term>) = filter.terms.iter().partition(is_span);
    let (plain, patterns): (Vec<&Term>, Vec<&Term>) =
        others.into_iter().partition(|term| is_plain(term));
    let mut conditions = Vec::with_capacity(filter.terms.len());
    for term in plain {
        conditions.push(terms::condition(dialect, experiments, term)?);
    }
    let plain_spans = spans.iter().all(|term| is_plain(term));
    if plain_spans && !spans.is_empty() {
        conditions.push(terms::spans(dialect, &spans)?);
    }
    let scope = conditions.clone();
    for term in patterns {
        conditions.push(matched::values(tx, experiments, &scope, term)?);
    }
    if !plain_spans {
        conditions.push(matched::spans(tx, experiments, &scope, &spans)?);
    }
    Ok(conditions)
}

/// Whether a database compares it alike.
fn is_plain(term: &Term) -> bool {
    term.op != Op::RLike && !matches!(term.subject, Subject::Span(SpanField::Attribute(_)))
}
