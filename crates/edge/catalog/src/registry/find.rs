//! Searching models and versions.
//!
//! A search sees models or prompts, never both. It sees prompts if its first term on the tag
//! `mlflow.prompt.is_prompt` asks for what is true; otherwise terms on that tag are left out, since
//! models do not have it, and whatever is a prompt is left out of the answer.

use database::{Dialect, Tx};
use tracking::search::{Filter, Op, Operand, OrderBy, Subject, Term};

use super::models::{IS_PROMPT, RegisteredModel};
use super::names::DELETED;
use super::read;
use super::versions::ModelVersion;
use crate::CatalogError;
use crate::names::cut;
use crate::search::{Build, compare};
use crate::values::Page;

/// Values are indexed by their first characters.
const INDEXED: usize = 64;

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub struct RegistrySearch {
    /// Terms that must all hold.
    pub filter: Filter,
    /// The order; what is equal by it is ordered by name, then the newest version comes first.
    pub order: Vec<OrderBy>,
    /// How many to leave out.
    pub offset: usize,
    /// How many a page has.
    pub max: usize,
}

/// A page of models with the newest version of each stage.
pub fn search_models(
    tx: &mut Tx<'_>,
    workspace: &str,
    search: &RegistrySearch,
) -> Result<Page<RegisteredModel>, CatalogError> {
    let mut sql = Build::new("SELECT m.id FROM registered_model m WHERE m.workspace = ");
    sql.value(workspace);
    let prompts = wants_prompts(&search.filter);
    for term in terms(&search.filter, prompts) {
        sql.push(" AND ");
        model_condition(&mut sql, tx.dialect(), term)?;
    }
    if !prompts {
        sql.push(
            " AND NOT EXISTS (SELECT 1 FROM registered_model_tag t WHERE t.model = m.id
                 AND t.key = ",
        );
        sql.value(IS_PROMPT).push(" AND t.value = 'true')");
    }
    order(&mut sql, &search.order, model_column, &[("m.name", "")])?;
    page(&mut sql, search);
    let ids = tx.query(sql.sql(), &sql.values(), |row| row.get::<i64>(0))?;
    let ids = Page::of(ids, search.offset, search.max);
    let mut models = read::models(tx, &ids.items)?;
    for model in &mut models {
        // A search names the stages by the alphabet, where the model itself has the oldest first.
        model.latest_versions.sort_by(|a, b| a.current_stage.cmp(&b.current_stage));
    }
    Ok(Page { items: models, next: ids.next })
}

/// A page of versions, without their aliases.
pub fn search_versions(
    tx: &mut Tx<'_>,
    workspace: &str,
    search: &RegistrySearch,
) -> Result<Page<ModelVersion>, CatalogError> {
    let mut sql = Build::new(
        "SELECT v.id FROM model_version v JOIN registered_model m ON m.id = v.model
         WHERE v.workspace = ",
    );
    sql.value(workspace).push(" AND v.stage <> ").value(DELETED);
    let prompts = wants_prompts(&search.filter);
    for term in terms(&search.filter, prompts) {
        sql.push(" AND ");
        version_condition(&mut sql, tx.dialect(), term)?;
    }
    if !prompts {
        sql.push(" AND NOT EXISTS (SELECT 1 FROM model_version_tag t WHERE t.key = ");
        sql.value(IS_PROMPT).push(" AND substr(t.value, 1, 64) = 'true' AND t.model = v.model)");
    }
    let ends = [("m.name", ""), ("v.version", " DESC")];
    if search.order.is_empty() {
        sql.push(" ORDER BY v.updated DESC, m.name, v.version DESC");
    } else {
        order(&mut sql, &search.order, version_column, &ends)?;
    }
    page(&mut sql, search);
    let ids = tx.query(sql.sql(), &sql.values(), |row| row.get::<i64>(0))?;
    let ids = Page::of(ids, search.offset, search.max);
    Ok(Page { items: read::versions(tx, &ids.items)?, next: ids.next })
}

fn page(sql: &mut Build, search: &RegistrySearch) {
    sql.push(" LIMIT ").value(search.max as i64 + 1).push(" OFFSET ").value(search.offset as i64);
}

fn is_on_prompts(term: &Term) -> bool {
    matches!(&term.subject, Subject::Tag(key) if key == IS_PROMPT)
}

fn wants_prompts(filter: &Filter) -> bool {
    let first = filter.terms.iter().find(|term| is_on_prompts(term));
    first.is_some_and(|term| match (&term.op, &term.operand) {
        (Op::Eq, Operand::Text(value)) => value.to_lowercase() == "true",
        (Op::Ne, Operand::Text(value)) => value.to_lowercase() == "false",
        _ => false,
    })
}

fn terms(filter: &Filter, prompts: bool) -> impl Iterator<Item = &Term> {
    filter.terms.iter().filter(move |term| prompts || !is_on_prompts(term))
}

fn model_condition(sql: &mut Build, dialect: Dialect, term: &Term) -> Result<(), CatalogError> {
    match &term.subject {
        Subject::Attribute("name") => compare(sql, dialect, "m.name", term.op, &term.operand),
        Subject::Tag(key) => {
            sql.push("EXISTS (SELECT 1 FROM registered_model_tag t WHERE t.model = m.id");
            tag_condition(sql, dialect, key, term)
        }
        other => Err(CatalogError::invalid(format!(
            "registered models cannot be searched by {} '{}'",
            other.family(),
            other.key()
        ))),
    }
}

fn version_condition(sql: &mut Build, dialect: Dialect, term: &Term) -> Result<(), CatalogError> {
    match &term.subject {
        Subject::Attribute("name") => compare(sql, dialect, "m.name", term.op, &term.operand),
        Subject::Attribute("source_path") => {
            if let (Op::Eq, Operand::Text(value)) = (term.op, &term.operand) {
                sql.push("substr(v.source, 1, 64) = ").value(cut(value, INDEXED)).push(" AND ");
            }
            compare(sql, dialect, "v.source", term.op, &term.operand)
        }
        Subject::Attribute("version_number") => {
            compare(sql, dialect, "v.version", term.op, &term.operand)
        }
        Subject::Attribute("run_id") => compare(sql, dialect, "v.run_id", term.op, &term.operand),
        Subject::Tag(key) => {
            sql.push("EXISTS (SELECT 1 FROM model_version_tag t WHERE t.owner = v.id");
            tag_condition(sql, dialect, key, term)
        }
        other => Err(CatalogError::invalid(format!(
            "model versions cannot be searched by {} '{}'",
            other.family(),
            other.key()
        ))),
    }
}

fn tag_condition(
    sql: &mut Build,
    dialect: Dialect,
    key: &str,
    term: &Term,
) -> Result<(), CatalogError> {
    sql.push(" AND t.key = ").value(key).push(" AND ");
    if let (Op::Eq, Operand::Text(value)) = (term.op, &term.operand) {
        sql.push("substr(t.value, 1, 64) = ").value(cut(value, INDEXED)).push(" AND ");
    }
    compare(sql, dialect, "t.value", term.op, &term.operand)?;
    sql.push(")");
    Ok(())
}

/// Adds the order, and behind it the columns that it does not have yet.
fn order(
    sql: &mut Build,
    order: &[OrderBy],
    column: fn(&Subject) -> Result<&'static str, CatalogError>,
    ends: &[(&'static str, &'static str)],
) -> Result<(), CatalogError> {
    let mut clauses: Vec<(&str, &str)> = Vec::with_capacity(order.len() + ends.len());
    for by in order {
        clauses.push((column(&by.subject)?, if by.descending { " DESC" } else { "" }));
    }
    for end in ends {
        if !clauses.iter().any(|(column, _)| *column == end.0) {
            clauses.push(*end);
        }
    }
    for (place, (column, direction)) in clauses.into_iter().enumerate() {
        sql.push(if place == 0 { " ORDER BY " } else { ", " }).push(column).push(direction);
    }
    Ok(())
}

fn model_column(subject: &Subject) -> Result<&'static str, CatalogError> {
    match subject {
        Subject::Attribute("name") => Ok("m.name"),
        Subject::Attribute("last_updated_timestamp") => Ok("m.updated"),
        other => Err(CatalogError::invalid(format!(
            "registered models cannot be ordered by {} '{}'",
            other.family(),
            other.key()
        ))),
    }
}

fn version_column(subject: &Subject) -> Result<&'static str, CatalogError> {
    match subject {
        Subject::Attribute("name") => Ok("m.name"),
        Subject::Attribute("version_number") => Ok("v.version"),
        Subject::Attribute("creation_timestamp") => Ok("v.created"),
        Subject::Attribute("last_updated_timestamp") => Ok("v.updated"),
        other => Err(CatalogError::invalid(format!(
            "model versions cannot be ordered by {} '{}'",
            other.family(),
            other.key()
        ))),
    }
}
