//! One term of a filter as a condition.

use database::Dialect;
use tracking::search::{DatasetField, Op, Operand, Subject, Term};

use super::Build;
use crate::CatalogError;

/// Values of parameters and tags are indexed by their first characters.
const INDEXED: usize = 64;

/// Adds `COLUMN OP value`. The texts of `LIKE` have no escapes: `\` is a character like others.
pub(crate) fn compare(
    to: &mut Build,
    dialect: Dialect,
    column: &str,
    op: Op,
    operand: &Operand,
) -> Result<(), CatalogError> {
    match (op, operand) {
        (Op::IsNull, _) => {
            to.push(column).push(" IS NULL");
        }
        (Op::IsNotNull, _) => {
            to.push(column).push(" IS NOT NULL");
        }
        (Op::In, Operand::List(values)) => {
            to.push(column).push(" IN ").list(texts(values)?);
        }
        (Op::NotIn, Operand::List(values)) => {
            to.push(column).push(" NOT IN ").list(texts(values)?);
        }
        (Op::Like, Operand::Text(pattern)) => {
            to.push(column).push(" LIKE ").value(text(pattern)?).push(escape(dialect));
        }
        (Op::ILike, Operand::Text(pattern)) => {
            to.push("lower(").push(column).push(") LIKE lower(").value(text(pattern)?).push(")");
            to.push(escape(dialect));
        }
        (op, operand) => {
            let sign = sign(op).ok_or_else(|| cannot(op, operand))?;
            to.push(column).push(sign);
            match operand {
                Operand::Text(value) => to.value(text(value)?),
                Operand::Number(value) => to.value(*value),
                Operand::Integer(value) => to.value(*value),
                Operand::List(_) | Operand::None => return Err(cannot(op, operand)),
            };
        }
    }
    Ok(())
}

fn cannot(op: Op, operand: &Operand) -> CatalogError {
    CatalogError::invalid(format!("`{op}` cannot compare with {operand:?}"))
}

fn sign(op: Op) -> Option<&'static str> {
    match op {
        Op::Eq => Some(" = "),
        Op::Ne => Some(" <> "),
        Op::Lt => Some(" < "),
        Op::Le => Some(" <= "),
        Op::Gt => Some(" > "),
        Op::Ge => Some(" >= "),
        _ => None,
    }
}

/// SQLite has no escapes unless it is given one; PostgreSQL has `\` unless it is given none.
fn escape(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => " ESCAPE ''",
    }
}

/// Text that may be compared with what is kept.
fn text(value: &str) -> Result<&str, CatalogError> {
    crate::names::check_text("filter", value)?;
    Ok(value)
}

fn texts(values: &[String]) -> Result<Vec<String>, CatalogError> {
    values.iter().map(|value| text(value).map(str::to_owned)).collect()
}

/// Where the values are that a term on runs compares: the table, and the condition on its rows
/// without the run. `None` for fields of the run itself.
pub(crate) fn rows_of_term(
    dialect: Dialect,
    term: &Term,
    experiment: i64,
) -> Result<Option<(&'static str, Build)>, CatalogError> {
    let mut on = Build::new("x.experiment = ");
    on.value(experiment);
    let table = match &term.subject {
        Subject::Metric(key) => {
            on.push(" AND x.key = ").value(key.as_str());
            metric_value(&mut on, dialect, term)?;
            "latest_metric"
        }
        Subject::Param(key) => {
            on.push(" AND x.key = ").value(key.as_str());
            text_value(&mut on, dialect, term)?;
            "param"
        }
        Subject::Tag(key) => {
            on.push(" AND x.key = ").value(key.as_str());
            text_value(&mut on, dialect, term)?;
            "tag"
        }
        Subject::Attribute("run_name") => {
            on.push(" AND x.key = ").value(crate::runs::NAME_TAG);
            text_value(&mut on, dialect, term)?;
            "tag"
        }
        _ => return Ok(None),
    };
    Ok(Some((table, on)))
}

/// Every comparison with NaN is false, except that it differs from every number.
fn metric_value(on: &mut Build, dialect: Dialect, term: &Term) -> Result<(), CatalogError> {
    match term.op {
        Op::IsNull | Op::IsNotNull => {}
        Op::Ne => {
            on.push(" AND (x.is_nan = 1 OR ");
            compare(on, dialect, "x.value", term.op, &term.operand)?;
            on.push(")");
        }
        _ => {
            on.push(" AND x.is_nan = 0 AND ");
            compare(on, dialect, "x.value", term.op, &term.operand)?;
        }
    }
    Ok(())
}

fn text_value(on: &mut Build, dialect: Dialect, term: &Term) -> Result<(), CatalogError> {
    if matches!(term.op, Op::IsNull | Op::IsNotNull) {
        return Ok(());
    }
    if let (Op::Eq, Operand::Text(value)) = (term.op, &term.operand) {
        on.push(" AND substr(x.value, 1, 64) = ").value(crate::names::cut(value, INDEXED));
    }
    on.push(" AND ");
    compare(on, dialect, "x.value", term.op, &term.operand)
}

/// Adds the condition that a term puts on a run `r`, which is in `experiment`.
pub(crate) fn condition(to: &mut Build, dialect: Dialect, term: &Term) -> Result<(), CatalogError> {
    match &term.subject {
        Subject::Metric(key) => owned(to, "latest_metric", key, term, dialect),
        Subject::Param(key) => owned(to, "param", key, term, dialect),
        Subject::Tag(key) => owned(to, "tag", key, term, dialect),
        Subject::Attribute("run_name") => owned(to, "tag", crate::runs::NAME_TAG, term, dialect),
        Subject::Attribute(name) => {
            let column = column(name)?;
            match term.operand {
                // A time that is compared with a fraction is compared as a number with one.
                Operand::Number(_) => {
                    let column = format!("CAST({column} AS DOUBLE PRECISION)");
                    compare(to, dialect, &column, term.op, &term.operand)
                }
                _ => compare(to, dialect, column, term.op, &term.operand),
            }
        }
        Subject::Dataset(field) => dataset(to, dialect, *field, term),
        other => Err(CatalogError::invalid(format!("runs have no {}", other.family()))),
    }
}

/// Behind a condition that is asked of one run after another: with it, PostgreSQL does not turn
/// the whole into a join, whose planning takes minutes for some hundred terms.
const EACH: &str = " LIMIT 1 OFFSET 0)";

/// `EXISTS (a row of the run under the key, with such a value)`.
fn owned(
    to: &mut Build,
    table: &str,
    key: &str,
    term: &Term,
    dialect: Dialect,
) -> Result<(), CatalogError> {
    if term.op == Op::IsNull {
        to.push("NOT ");
    }
    to.push("EXISTS (SELECT 1 FROM ").push(table).push(" x WHERE x.run = r.id AND x.key = ");
    to.value(key);
    if table == "latest_metric" {
        metric_value(to, dialect, term)?;
    } else if !matches!(term.op, Op::IsNull | Op::IsNotNull) {
        to.push(" AND ");
        compare(to, dialect, "x.value", term.op, &term.operand)?;
    }
    to.push(EACH);
    Ok(())
}

fn dataset(
    to: &mut Build,
    dialect: Dialect,
    field: DatasetField,
    term: &Term,
) -> Result<(), CatalogError> {
    let (from, column) = match field {
        DatasetField::Name => ("dataset_input i JOIN dataset d ON d.id = i.dataset", "d.name"),
        DatasetField::Digest => ("dataset_input i JOIN dataset d ON d.id = i.dataset", "d.digest"),
        DatasetField::Context => ("dataset_input_tag i", "i.value"),
    };
    to.push("EXISTS (SELECT 1 FROM ").push(from).push(" WHERE i.run = r.id AND ");
    if field == DatasetField::Context {
        to.push("i.key = ").value("mlflow.data.context").push(" AND ");
    }
    compare(to, dialect, column, term.op, &term.operand)?;
    to.push(EACH);
    Ok(())
}

/// The column of a field of runs.
pub(crate) fn column(name: &str) -> Result<&'static str, CatalogError> {
    Ok(match name {
        "run_id" => "r.uuid",
        "experiment_id" => "r.experiment",
        "run_name" => "r.name",
        "user_id" => "r.user_id",
        "status" => "r.status",
        "start_time" => "r.start_time",
        "end_time" => "r.end_time",
        "artifact_uri" => "r.artifact_uri",
        "lifecycle_stage" => "r.active",
        other => {
            return Err(CatalogError::invalid(format!("runs cannot be searched by '{other}'")));
        }
    })
}
