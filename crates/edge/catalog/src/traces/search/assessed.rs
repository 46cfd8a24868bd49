//! Terms on feedback and expectations.
//!
//! What is said of a session as a whole is kept at one of its traces, and holds for all of them.

use database::Dialect;
use tracking::search::{Op, Operand, Subject, Term};

use crate::CatalogError;
use crate::names::cut;
use crate::search::{Build, compare};
use crate::traces::json::Json;

/// What the metadata of an assessment of a session has.
const OF_SESSION: &str = "%\"mlflow.trace.session\":%";

pub(super) fn condition(
    dialect: Dialect,
    experiments: &[i64],
    term: &Term,
) -> Result<Build, CatalogError> {
    let fits = fitting(dialect, term)?;
    let mut to = Build::new(if term.op == Op::IsNull { "NOT (" } else { "(" });
    to.push("EXISTS (SELECT 1 FROM assessment a WHERE a.trace = t.id AND ").append(fits.clone());
    to.push(") OR (t.session IS NOT NULL AND t.session IN (SELECT o.session FROM assessment a");
    to.push(" JOIN trace o ON o.id = a.trace WHERE a.experiment IN ");
    to.list(experiments.iter().copied()).push(" AND o.session IS NOT NULL AND ").append(fits);
    to.push(" AND a.metadata LIKE ").value(OF_SESSION).push(")))");
    Ok(to)
}

/// The condition on a row of `assessment a`.
fn fitting(dialect: Dialect, term: &Term) -> Result<Build, CatalogError> {
    let (kind, name) = kind_and_name(term)?;
    let mut to = Build::new("a.kind = ");
    to.value(kind).push(" AND substr(a.name, 1, 64) = ").value(cut(name, 64));
    to.push(" AND a.name = ").value(name).push(" AND a.valid = 1");
    match (term.op, &term.operand) {
        (Op::IsNull | Op::IsNotNull, _) => {}
        (Op::Lt | Op::Le | Op::Gt | Op::Ge, operand) => {
            to.push(" AND a.is_number = 1 AND ");
            compare(&mut to, dialect, "a.number", term.op, operand)?;
        }
        (Op::Eq | Op::Ne, Operand::Text(value)) => {
            // A value is JSON: a text is compared with its quotes, anything else as it is.
            let values = [value.clone(), Json::text(value.as_str()).to_string()];
            let op = if term.op == Op::Eq { Op::In } else { Op::NotIn };
            to.push(" AND ");
            compare(&mut to, dialect, "a.value", op, &Operand::List(values.to_vec()))?;
        }
        (op, operand) => {
            to.push(" AND ");
            compare(&mut to, dialect, "a.value", op, operand)?;
        }
    }
    Ok(to)
}

/// The kind and the name of the assessments that a term is about.
pub(super) fn kind_and_name(term: &Term) -> Result<(&'static str, &str), CatalogError> {
    match &term.subject {
        Subject::Feedback(name) => Ok(("feedback", name)),
        Subject::Expectation(name) => Ok(("expectation", name)),
        other => Err(CatalogError::invalid(format!("a {} is no assessment", other.family()))),
    }
}

/// The numbers of the traces that have an assessment of a name.
pub(super) fn of_name(to: &mut Build, experiments: &[i64], kind: &str, name: &str) {
    to.push("SELECT a.trace AS id FROM assessment a WHERE a.experiment IN ");
    to.list(experiments.iter().copied());
    to.push(" AND substr(a.name, 1, 64) = ").value(cut(name, 64));
    to.push(" AND a.name = ").value(name).push(" AND a.kind = ").value(kind);
}
