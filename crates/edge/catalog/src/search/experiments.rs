//! Searching experiments.

use database::Tx;
use tracking::search::{Filter, Op, Operand, OrderBy, Subject, Term};

use super::{Build, compare};
use crate::experiments::{self, Experiment, SEARCHED};
use crate::values::Page;
use crate::{CatalogError, ViewType};

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub struct ExperimentSearch {
    /// Terms that must all hold.
    pub filter: Filter,
    /// The order; without one, those made last come first.
    pub order: Vec<OrderBy>,
    /// Deleted ones too?
    pub view: ViewType,
    /// How many to leave out.
    pub offset: usize,
    /// How many a page has.
    pub max: usize,
}

/// A page of experiments.
pub fn experiments(
    tx: &mut Tx<'_>,
    workspace: &str,
    search: &ExperimentSearch,
) -> Result<Page<Experiment>, CatalogError> {
    let mut sql = Build::new("SELECT ");
    sql.push(SEARCHED).push(" FROM experiment e WHERE e.workspace = ").value(workspace);
    sql.push(" AND e.active IN ").list(search.view.actives().iter().copied());
    for term in &search.filter.terms {
        sql.push(" AND ");
        condition(&mut sql, tx, term)?;
    }
    sql.push(" ORDER BY ");
    let mut by_id = false;
    for order in &search.order {
        let column = order_column(&order.subject)?;
        by_id |= column == "e.id";
        sql.push(column).push(if order.descending { " DESC, " } else { ", " });
    }
    if search.order.is_empty() {
        sql.push("e.created DESC, ");
    }
    sql.push(if by_id { "e.name" } else { "e.id" });
    sql.push(" LIMIT ").value(search.max as i64 + 1).push(" OFFSET ").value(search.offset as i64);
    let found = tx.query(sql.sql(), &sql.values(), experiments::read_searched)?;
    let page = Page::of(found, search.offset, search.max);
    Ok(Page { items: experiments::with_tags(tx, page.items)?, next: page.next })
}

fn condition(sql: &mut Build, tx: &Tx<'_>, term: &Term) -> Result<(), CatalogError> {
    match &term.subject {
        Subject::Attribute("experiment_id") => {
            sql.push("e.id");
            ids(sql, term)
        }
        Subject::Attribute(name) => {
            compare(sql, tx.dialect(), column(name)?, term.op, &term.operand)
        }
        Subject::Tag(key) => {
            if term.op == Op::IsNull {
                sql.push("NOT ");
            }
            sql.push(
                "EXISTS (SELECT 1 FROM experiment_tag x WHERE x.experiment = e.id AND x.key = ",
            );
            sql.value(key.as_str());
            if !matches!(term.op, Op::IsNull | Op::IsNotNull) {
                sql.push(" AND ");
                compare(sql, tx.dialect(), "x.value", term.op, &term.operand)?;
            }
            sql.push(")");
            Ok(())
        }
        other => {
            let message = format!("experiments cannot be searched by a {}", other.family());
            Err(CatalogError::invalid(message))
        }
    }
}

/// Ids are numbers that are written as text.
fn ids(sql: &mut Build, term: &Term) -> Result<(), CatalogError> {
    let parse = |text: &String| experiments::parse_id(text);
    match (term.op, &term.operand) {
        (Op::Eq, Operand::Text(id)) => sql.push(" = ").value(parse(id)?),
        (Op::Ne, Operand::Text(id)) => sql.push(" <> ").value(parse(id)?),
        (Op::Eq, Operand::Integer(id)) => sql.push(" = ").value(*id),
        (Op::Ne, Operand::Integer(id)) => sql.push(" <> ").value(*id),
        (Op::In, Operand::List(ids)) => {
            sql.push(" IN ").list(ids.iter().map(parse).collect::<Result<Vec<_>, _>>()?)
        }
        (Op::NotIn, Operand::List(ids)) => {
            sql.push(" NOT IN ").list(ids.iter().map(parse).collect::<Result<Vec<_>, _>>()?)
        }
        (op, _) => {
            let message = format!("the id of an experiment cannot be compared by `{op}`");
            return Err(CatalogError::invalid(message));
        }
    };
    Ok(())
}

fn order_column(subject: &Subject) -> Result<&'static str, CatalogError> {
    match subject {
        Subject::Attribute(name) => column(name),
        other => {
            let message = format!("experiments cannot be ordered by a {}", other.family());
            Err(CatalogError::invalid(message))
        }
    }
}

fn column(name: &str) -> Result<&'static str, CatalogError> {
    Ok(match name {
        "experiment_id" => "e.id",
        "name" => "e.name",
        "creation_time" => "e.created",
        "last_update_time" => "e.updated",
        other => {
            let message = format!("experiments cannot be searched by '{other}'");
            return Err(CatalogError::invalid(message));
        }
    })
}
