//! Text to terms: `key op value`, joined by `AND`. What a term means is settled elsewhere.

use super::cursor::{Cursor, Name, Quoted};
use super::error::SearchError;
use super::filter::{Filter, Op};
use super::grammar::Entity;
use super::list::{self, Item};
use super::settle;

/// The most terms that a filter may have.
pub const MAX_TERMS: usize = 10_000;

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

/// Reads a filter. Text without a term gives a filter without terms.
///
/// # Errors
///
/// What the entity's grammar does not have, with its column, and more than [`MAX_TERMS`] terms or
/// [`MAX_VALUES`] values.
pub fn parse_filter(entity: Entity, source: &str) -> Result<Filter, SearchError> {
    let mut cursor = Cursor::of(source);
    let mut terms = Vec::new();
    let mut room = MAX_VALUES;
    loop {
        cursor.skip_space();
        if cursor.rest().is_empty() {
            return Ok(Filter { terms });
        }
        if cursor.keyword("AND") {
            continue;
        }
        if terms.len() == MAX_TERMS {
            return Err(SearchError::TooLong { what: "terms", limit: MAX_TERMS });
        }
        let written = term(&mut cursor, &mut room)?;
        terms.push(settle::term(entity.grammar(), cursor, &written)?);
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
    let op = operator(cursor)?;
    let op_written = &begin[..begin.len() - cursor.rest().len()];
    cursor.skip_space();
    let given_at = cursor.at();
    let given = given(cursor, op, room)?;
    Ok(Written { name, op, op_at, op_written, given, given_at })
}

fn operator(cursor: &mut Cursor<'_>) -> Result<Op, SearchError> {
    let mut ahead = *cursor;
    let word = if ahead.peek().is_some_and(char::is_alphabetic) {
        ahead.word()
    } else {
        ahead.run(|c| matches!(c, '<' | '>' | '=' | '~' | '!'))
    };
    let op = match word.to_ascii_uppercase().as_str() {
        "=" => Op::Eq,
        "!=" => Op::Ne,
        "<" => Op::Lt,
        "<=" => Op::Le,
        ">" => Op::Gt,
        ">=" => Op::Ge,
        "LIKE" => Op::Like,
        "ILIKE" => Op::ILike,
        "RLIKE" => Op::RLike,
        "IN" => Op::In,
        "NOT" if follows(&mut ahead, "IN") => Op::NotIn,
        "IS" if follows(&mut ahead, "NULL") => Op::IsNull,
        "IS" if follows(&mut ahead, "NOT") && follows(&mut ahead, "NULL") => Op::IsNotNull,
        _ => return Err(no_operator(*cursor, word)),
    };
    *cursor = ahead;
    Ok(op)
}

fn follows(cursor: &mut Cursor<'_>, keyword: &str) -> bool {
    cursor.skip_space();
    cursor.keyword(keyword)
}

fn no_operator(cursor: Cursor<'_>, word: &str) -> SearchError {
    match word {
        "==" => cursor.clause("a comparator, as `=`"),
        "<>" => cursor.clause("a comparator, as `!=`"),
        _ => cursor.clause(
            "a comparator (`=`, `!=`, `<`, `<=`, `>`, `>=`, `LIKE`, `ILIKE`, `IN`, `NOT IN`, \
             `IS NULL`, `IS NOT NULL`)",
        ),
    }
}

fn given<'a>(
    cursor: &mut Cursor<'a>,
    op: Op,
    room: &mut usize,
) -> Result<Given<'a>, SearchError> {
    if matches!(op, Op::IsNull | Op::IsNotNull) {
        return Ok(Given::Nothing);
    }
    if matches!(op, Op::In | Op::NotIn) {
        return list::read(cursor, room).map(Given::List);
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
        Some(c) if c == '`' || super::cursor::is_word(c) => {
            let begin = cursor.rest();
            cursor.name()?;
            Ok(Given::Word(&begin[..begin.len() - cursor.rest().len()]))
        }
        _ => Err(cursor.clause("a value: text in single quotes, or a number")),
    }
}
