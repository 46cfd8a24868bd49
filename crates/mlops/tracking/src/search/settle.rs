//! What a written term means for its entity: aliases are resolved, and the operator and the value are
//! held against what the subject allows.

use super::cursor::Cursor;
use super::error::SearchError;
use super::filter::{Op, Term};
use super::grammar::Grammar;
use super::parse::Written;
use super::resolve::resolve;
use super::subject::Subject;
use super::value::Wanted;
use crate::error::list;

/// The term that was written.
pub(super) fn term(
    grammar: &'static Grammar,
    cursor: Cursor<'_>,
    written: &Written<'_>,
) -> Result<Term, SearchError> {
    let subject = resolve(grammar, grammar.attributes, cursor, &written.name)?;
    let kind = grammar.kind(written.name.prefix.unwrap_or("attribute"));
    let capitals = kind.is_some_and(|kind| kind.capitals);
    let rule = grammar.rule(&subject);
    if !rule.ops.contains(&written.op) || capitals && is_small(written) {
        return Err(SearchError::Comparator {
            found: written.op_written.to_owned(),
            subject: describe(&subject),
            column: cursor.column(written.op_at),
            known: list(rule.ops),
        });
    }
    let wanted = Wanted { value: rule.value, op: written.op };
    let operand = wanted.read(&written.given).ok_or_else(|| SearchError::Value {
        expected: wanted.words().to_owned(),
        subject: describe(&subject),
        found: written.given.to_string(),
        column: cursor.column(written.given_at),
    })?;
    Ok(Term { subject, op: written.op, operand })
}

/// Whether an operator that is one word is not in capitals.
fn is_small(written: &Written<'_>) -> bool {
    !matches!(written.op, Op::NotIn | Op::IsNull | Op::IsNotNull)
        && written.op_written != written.op.word()
}

fn describe(subject: &Subject) -> String {
    format!("{} `{}`", subject.family(), subject.key())
}
