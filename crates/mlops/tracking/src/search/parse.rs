//! Text to terms: `key op value`, joined by `AND`. What a term means is settled elsewhere.

use super::cursor::{Cursor, Name, Quoted, is_word};
use super::error::{SearchError, excerpt};
use super::filter::{Filter, Op, Operand, Term};
use super::grammar::Entity;
use super::settle;
use super::tuple::{self, Item};
use crate::error::list;

/// The most terms that a filter may have. SQLite takes about 400; PostgreSQL plans 100 of some kinds in
/// three seconds, and 200 in twenty.
pub const MAX_TERMS: usize = 100;

/// The most values that all lists of a filter may have together.
pub const MAX_VALUES: usize = 10_000;

/// A term as it was written.
pub(super) struct Written<'a> {
    pub name: Name<'a>,
    pub op: Op,
    /// Where the operator stands.
    pub op_at: usize,
    pub op_written: &'a str,
    pub given: Given<'a>,
    /// Where the value stands.
    pub given_at: usize,
}

/// A value as it was written.
pub(super) enum Given<'a> {
    Text(Quoted<'a>),
    Number(&'a str),
    /// A bare word or a key in backticks.
    Word(&'a str),
    List(Vec<Item<'a>>),
    Nothing,
}

/// Reads a filter. Text without a term gives a filter without terms. `AND` may be left out between
/// comparisons, as in MLflow, though not before `IN` and `IS`, where MLflow would take the term before
/// for a part of the key.
///
/// # Errors
///
/// What the entity's grammar does not have, with its column, and more than [`MAX_TERMS`] terms or
/// [`MAX_VALUES`] values.
pub fn parse_filter(entity: Entity, source: &str) -> Result<Filter, SearchError> {
    let mut cursor = Cursor::of(source);
    let mut terms: Vec<Term> = Vec::new();
    let (mut room, mut joined) = (MAX_VALUES, true);
    loop {
        cursor.skip_space();
        if cursor.rest().is_empty() {
            return Ok(Filter { terms });
        }
        if cursor.keyword("AND") {
            joined = true;
            continue;
        }
        if terms.len() == MAX_TERMS {
            return Err(SearchError::TooLong { what: "terms", limit: MAX_TERMS });
        }
        let written = term(&mut cursor, &mut room)?;
        let behind_value = terms.last().is_some_and(|term| term.operand != Operand::None);
        if behind_value && !joined && written.op.is_keyword() {
            return Err(cursor.unfit(written.name.at, "`AND` between the terms"));
        }
        terms.push(settle::term(entity.grammar(), cursor, &written)?);
        joined = false;
    }
}

fn term<'a>(cursor: &mut Cursor<'a>, room: &mut usize) -> Result<Written<'a>, SearchError> {
    let mut ahead = *cursor;
    if ahead.keyword("OR") {
        return Err(cursor.clause("`AND`: there is no `OR`, search once for each side"));
    }
    if cursor.peek() == Some('(') {
        return Err(cursor.clause("a key: terms cannot be grouped"));
    }
    let name = cursor.name()?;
    cursor.skip_space();
    let (op_at, begin) = (cursor.at(), cursor.rest());
    let op = operator(cursor, name.key)?;
    let op_written = &begin[..begin.len() - cursor.rest().len()];
    cursor.skip_space();
    let given_at = cursor.at();
    let given = given(cursor, op, room)?;
    Ok(Written { name, op, op_at, op_written, given, given_at })
}

fn operator(cursor: &mut Cursor<'_>, key: &str) -> Result<Op, SearchError> {
    let mut ahead = *cursor;
    let word = match ahead.word() {
        "" => ahead.run(|c| matches!(c, '<' | '>' | '=' | '~' | '!')),
        word => word,
    };
    let op = match word.to_ascii_uppercase().as_str() {
        "IN" => Op::In,
        "NOT" if follows(&mut ahead, "IN") => Op::NotIn,
        "IS" if follows(&mut ahead, "NULL") => Op::IsNull,
        "IS" if follows(&mut ahead, "NOT") && follows(&mut ahead, "NULL") => Op::IsNotNull,
        one => SINGLE.into_iter().find(|op| op.word() == one).ok_or_else(|| {
            if word.contains(is_word) { no_operator(*cursor) } else { unknown(*cursor, word, key) }
        })?,
    };
    *cursor = ahead;
    Ok(op)
}

/// The operators of one word or sign, besides `IN`.
const SINGLE: [Op; 9] =
    [Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::Like, Op::ILike, Op::RLike];

fn follows(cursor: &mut Cursor<'_>, keyword: &str) -> bool {
    cursor.skip_space();
    cursor.keyword(keyword)
}

fn no_operator(cursor: Cursor<'_>) -> SearchError {
    cursor.clause(
        "a comparator (`=`, `!=`, `<`, `<=`, `>`, `>=`, `LIKE`, `ILIKE`, `IN`, `NOT IN`, \
         `IS NULL`, `IS NOT NULL`)",
    )
}

/// Signs that are no operator: nothing at all, or such as `==`.
fn unknown(cursor: Cursor<'_>, signs: &str, key: &str) -> SearchError {
    if signs.is_empty() {
        return no_operator(cursor);
    }
    SearchError::Comparator {
        found: excerpt(signs),
        subject: format!("`{}`", excerpt(key)),
        column: cursor.column(cursor.at()),
        known: list(SINGLE),
    }
}

fn given<'a>(cursor: &mut Cursor<'a>, op: Op, room: &mut usize) -> Result<Given<'a>, SearchError> {
    if matches!(op, Op::IsNull | Op::IsNotNull) {
        return Ok(Given::Nothing);
    }
    if matches!(op, Op::In | Op::NotIn) {
        return tuple::read(cursor, room).map(Given::List);
    }
    match cursor.peek() {
        Some(quote @ ('\'' | '"')) => {
            let text = cursor.quoted(quote).map(Given::Text);
            text.ok_or_else(|| cursor.clause("text whose quotes are closed"))
        }
        Some('-' | '.' | '0'..='9') => {
            let number = cursor.number().map(Given::Number);
            number.ok_or_else(|| cursor.clause("a number, such as `5`, `-0.25` or `1e-3`"))
        }
        Some(c) if (c == '`' || is_word(c)) && !(*cursor).keyword("AND") => {
            let begin = cursor.rest();
            cursor.name()?;
            Ok(Given::Word(&begin[..begin.len() - cursor.rest().len()]))
        }
        _ => Err(cursor.clause("a value: text in single quotes, or a number")),
    }
}
