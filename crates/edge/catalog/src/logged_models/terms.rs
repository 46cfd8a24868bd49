//! One term of a filter on logged models as a condition.

use database::Dialect;
use tracking::search::{Op, Operand, Subject, Term};

use super::search::{ModelSearch, OnDataset};
use super::status::Status;
use crate::search::{Build, compare};
use crate::{CatalogError, experiments, names};

/// Values of parameters and tags are indexed by their first characters.
const INDEXED: usize = 64;

/// Behind a condition that is asked of one model after another: with it, PostgreSQL does not turn
/// the whole into a join, whose planning takes minutes for some hundred terms.
const EACH: &str = " LIMIT 1 OFFSET 0)";

/// Rows that an index finds for a term.
pub(super) struct Rows {
    /// Their table.
    pub(super) table: &'static str,
    /// Its column with the number of the model.
    pub(super) model: &'static str,
    /// The condition on them.
    pub(super) on: Build,
}

/// The rows that an index finds for a term in some experiments, if one can.
pub(super) fn rows_of_term(
    dialect: Dialect,
    term: &Term,
    experiments: &[i64],
) -> Result<Option<Rows>, CatalogError> {
    let mut on = Build::default();
    among(&mut on, "x.experiment", experiments);
    let (table, model) = match (&term.subject, term.op) {
        (Subject::Metric(key), op) if op != Op::Ne => {
            on.push(" AND x.key = ").value(key.as_str()).push(" AND x.is_nan = 0 AND ");
            compare(&mut on, dialect, "x.value", op, &term.operand)?;
            ("model_metric", "model")
        }
        (Subject::Param(key), Op::Eq) => {
            equal_text(&mut on, dialect, key, term)?;
            ("model_param", "model")
        }
        (Subject::Tag(key), Op::Eq) => {
            equal_text(&mut on, dialect, key, term)?;
            ("model_tag", "model")
        }
        (Subject::Attribute(name @ ("name" | "model_id" | "source_run_id")), Op::Eq | Op::In) => {
            on.push(" AND ");
            let column = column(name)?.replace("m.", "x.");
            compare(&mut on, dialect, &column, term.op, &term.operand)?;
            ("logged_model", "id")
        }
        _ => return Ok(None),
    };
    Ok(Some(Rows { table, model, on }))
}

/// Adds that a column is one of these numbers. A database takes only so many values.
pub(super) fn among(to: &mut Build, column: &str, numbers: &[i64]) {
    to.push(column);
    match numbers {
        [only] => to.push(" = ").value(*only),
        few if few.len() <= 500 => to.push(" IN ").list(few.iter().copied()),
        many => {
            let many: Vec<String> = many.iter().map(i64::to_string).collect();
            to.push(" IN (").push(&many.join(", ")).push(")")
        }
    };
}

fn equal_text(
    on: &mut Build,
    dialect: Dialect,
    key: &str,
    term: &Term,
) -> Result<(), CatalogError> {
    on.push(" AND x.key = ").value(key);
    if let Operand::Text(value) = &term.operand {
        on.push(" AND substr(x.value, 1, 64) = ").value(names::cut(value, INDEXED));
    }
    on.push(" AND ");
    compare(on, dialect, "x.value", term.op, &term.operand)
}

/// Adds the condition that a term puts on a model `m`. Metrics count if they were measured on one of
/// the datasets, if there are some.
pub(super) fn condition(
    to: &mut Build,
    dialect: Dialect,
    term: &Term,
    datasets: &[OnDataset],
) -> Result<(), CatalogError> {
    match &term.subject {
        Subject::Metric(key) => metric(to, dialect, key, term, datasets),
        Subject::Param(key) => owned(to, dialect, "model_param", key, term),
        Subject::Tag(key) => owned(to, dialect, "model_tag", key, term),
        Subject::Attribute(name) => attribute(to, dialect, name, term),
        other => {
            let message = format!("logged models have no {}", other.family());
            Err(CatalogError::invalid(message))
        }
    }
}

/// Any value of the metric counts, not only the newest. Every comparison with NaN is false, except
/// that it differs from every number.
fn metric(
    to: &mut Build,
    dialect: Dialect,
    key: &str,
    term: &Term,
    datasets: &[OnDataset],
) -> Result<(), CatalogError> {
    to.push("EXISTS (SELECT 1 FROM model_metric x WHERE x.model = m.id AND x.key = ").value(key);
    to.push(if term.op == Op::Ne { " AND (x.is_nan = 1 OR " } else { " AND (x.is_nan = 0 AND " });
    compare(to, dialect, "x.value", term.op, &term.operand)?;
    to.push(")");
    if !datasets.is_empty() {
        to.push(" AND x.dataset IN ");
        numbers_of(to, datasets);
    }
    to.push(EACH);
    Ok(())
}

fn owned(
    to: &mut Build,
    dialect: Dialect,
    table: &str,
    key: &str,
    term: &Term,
) -> Result<(), CatalogError> {
    to.push("EXISTS (SELECT 1 FROM ").push(table).push(" x WHERE x.model = m.id AND x.key = ");
    to.value(key).push(" AND ");
    compare(to, dialect, "x.value", term.op, &term.operand)?;
    to.push(EACH);
    Ok(())
}

/// Where no term on a metric uses the datasets: something was measured on one of them.
pub(super) fn on_datasets(to: &mut Build, search: &ModelSearch) {
    let used = |term: &Term| matches!(term.subject, Subject::Metric(_));
    if search.datasets.is_empty() || search.filter.terms.iter().any(used) {
        return;
    }
    to.push(" AND EXISTS (SELECT 1 FROM latest_model_metric x WHERE x.model = m.id");
    to.push(" AND x.dataset IN ");
    numbers_of(to, &search.datasets);
    to.push(EACH);
}

/// The numbers of datasets, as a list for `IN`.
pub(super) fn numbers_of(to: &mut Build, datasets: &[OnDataset]) {
    for (place, dataset) in datasets.iter().enumerate() {
        to.push(if place > 0 { " UNION ALL " } else { "(" });
        to.push("SELECT d.id FROM metric_dataset d WHERE d.id > 0");
        for (column, wanted) in
            [(" AND d.name = ", &dataset.name), (" AND d.digest = ", &dataset.digest)]
        {
            if let Some(wanted) = wanted {
                to.push(column).value(wanted.as_str());
            }
        }
    }
    to.push(")");
}

fn attribute(
    to: &mut Build,
    dialect: Dialect,
    name: &str,
    term: &Term,
) -> Result<(), CatalogError> {
    match (name, &term.operand) {
        // None has one.
        ("status_message", _) => {
            to.push("1 = 0");
            Ok(())
        }
        ("status", _) => status(to, dialect, term),
        ("experiment_id", _) => experiment(to, dialect, term),
        // Whole numbers are compared as such, others as what they are.
        ("creation_timestamp_ms" | "last_updated_timestamp_ms", Operand::Number(_)) => {
            let column = format!("CAST({} AS DOUBLE PRECISION)", column(name)?);
            compare(to, dialect, &column, term.op, &term.operand)
        }
        _ => compare(to, dialect, column(name)?, term.op, &term.operand),
    }
}

/// A status is said by its word on the wire, by the clients' word or by its number; texts of `LIKE`
/// are held against the clients' word.
fn status(to: &mut Build, dialect: Dialect, term: &Term) -> Result<(), CatalogError> {
    const WORD: &str = "CASE m.status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' \
                        WHEN 3 THEN 'FAILED' ELSE 'UNSPECIFIED' END";
    let word = |text: &String| Status::read(text).map_or(text.clone(), |at| at.short().to_owned());
    let operand = match &term.operand {
        Operand::Text(text) if matches!(term.op, Op::Eq | Op::Ne) => Operand::Text(word(text)),
        Operand::List(texts) => Operand::List(texts.iter().map(word).collect()),
        operand => operand.clone(),
    };
    compare(to, dialect, WORD, term.op, &operand)
}

/// The id of an experiment is a number; as text it is only compared with patterns.
fn experiment(to: &mut Build, dialect: Dialect, term: &Term) -> Result<(), CatalogError> {
    let number = |text: &String| experiments::parse_id(text);
    match (term.op, &term.operand) {
        (Op::Eq, Operand::Text(id)) => {
            to.push("m.experiment = ").value(number(id)?);
        }
        (Op::Ne, Operand::Text(id)) => {
            to.push("m.experiment <> ").value(number(id)?);
        }
        (op, operand) => {
            return compare(to, dialect, "CAST(m.experiment AS TEXT)", op, operand);
        }
    }
    Ok(())
}

/// Whether the values of a subject differ between the models of a search.
pub(super) fn differs(subject: &Subject) -> bool {
    !matches!(subject, Subject::Attribute("status_message" | "lifecycle_stage"))
}

/// The column of a field of logged models.
pub(super) fn column(name: &str) -> Result<&'static str, CatalogError> {
    Ok(match name {
        "name" => "m.name",
        "model_id" => "m.uuid",
        "model_type" => "m.model_type",
        "status" => "m.status",
        "source_run_id" => "m.source_run",
        "experiment_id" => "m.experiment",
        "artifact_location" => "m.artifact_uri",
        "lifecycle_stage" => "CASE WHEN m.active = 1 THEN 'active' ELSE 'deleted' END",
        "creation_timestamp_ms" => "m.created",
        "last_updated_timestamp_ms" => "m.updated",
        other => {
            let message = format!("logged models cannot be searched by '{other}'");
            return Err(CatalogError::invalid(message));
        }
    })
}
