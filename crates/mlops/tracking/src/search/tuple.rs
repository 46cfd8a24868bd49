//! The list of `IN`: a tuple of texts as Python writes it, with Python's escapes, since that is what
//! clients format into their filters: `('a', "b")`, `('a',)`, `(('a', 'b'))`.

use super::cursor::Cursor;
use super::error::SearchError;

/// How deep parentheses may stand in parentheses.
const MAX_DEPTH: usize = 32;

/// One value of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item<'a> {
    Text(String),
    Number(&'a str),
}

enum Literal<'a> {
    One(Item<'a>),
    Tuple(Vec<Item<'a>>),
}

/// Reads a list; `room` is how many values may still come, and is lowered by as many.
pub(super) fn read<'a>(
    cursor: &mut Cursor<'a>,
    room: &mut usize,
) -> Result<Vec<Item<'a>>, SearchError> {
    if cursor.peek() != Some('(') {
        return Err(cursor.clause("a list, such as `('a', 'b')`"));
    }
    match parenthesis(cursor, room, 0)? {
        Literal::One(item) => Ok(vec![item]),
        Literal::Tuple(items) => Ok(items),
    }
}

/// What stands between parentheses: a tuple if there is a comma or nothing, otherwise the thing itself.
fn parenthesis<'a>(
    cursor: &mut Cursor<'a>,
    room: &mut usize,
    depth: usize,
) -> Result<Literal<'a>, SearchError> {
    if depth == MAX_DEPTH {
        return Err(cursor.clause("fewer parentheses"));
    }
    cursor.take('(');
    cursor.skip_space();
    if cursor.take(')') {
        return Ok(Literal::Tuple(Vec::new()));
    }
    let mut items = match element(cursor, room, depth)? {
        Literal::One(item) => vec![item],
        tuple => return close(cursor, "`)`").map(|()| tuple),
    };
    let mut tuple = false;
    while after(cursor, ',') {
        tuple = true;
        cursor.skip_space();
        if cursor.peek() == Some(')') {
            break;
        }
        match element(cursor, room, depth)? {
            Literal::One(item) => items.push(item),
            Literal::Tuple(_) => return Err(cursor.clause("texts only: a list cannot hold lists")),
        }
    }
    close(cursor, "`,` or `)`")?;
    match items.pop() {
        Some(item) if !tuple => Ok(Literal::One(item)),
        last => Ok(Literal::Tuple(items.into_iter().chain(last).collect())),
    }
}

fn after(cursor: &mut Cursor<'_>, sign: char) -> bool {
    cursor.skip_space();
    cursor.take(sign)
}

fn close(cursor: &mut Cursor<'_>, expected: &str) -> Result<(), SearchError> {
    if after(cursor, ')') { Ok(()) } else { Err(cursor.clause(expected)) }
}

fn element<'a>(
    cursor: &mut Cursor<'a>,
    room: &mut usize,
    depth: usize,
) -> Result<Literal<'a>, SearchError> {
    cursor.skip_space();
    if cursor.peek() == Some('(') {
        return parenthesis(cursor, room, depth + 1);
    }
    let limit = super::parse::MAX_VALUES;
    *room = room.checked_sub(1).ok_or(SearchError::TooLong { what: "values", limit })?;
    if let Some(number) = cursor.number() {
        return Ok(Literal::One(Item::Number(number)));
    }
    let mut text = String::new();
    let mut any = false;
    while let Some((quote, raw)) = opening(cursor) {
        read_string(cursor, quote, raw, &mut text)?;
        any = true;
        cursor.skip_space();
    }
    if any { Ok(Literal::One(Item::Text(text))) } else { Err(cursor.clause("a quoted text")) }
}

/// Takes an opening quote with its prefix: `r` for a text without escapes, or a `u` that says nothing.
fn opening(cursor: &mut Cursor<'_>) -> Option<(char, bool)> {
    let mut ahead = *cursor;
    let prefix = ahead.run(|c| matches!(c, 'r' | 'R' | 'u' | 'U'));
    let quote = ahead.peek().filter(|c| prefix.len() < 2 && matches!(c, '\'' | '"'))?;
    ahead.take(quote);
    *cursor = ahead;
    Some((quote, prefix.eq_ignore_ascii_case("r")))
}

/// Reads up to the closing quote.
fn read_string(
    cursor: &mut Cursor<'_>,
    quote: char,
    raw: bool,
    text: &mut String,
) -> Result<(), SearchError> {
    loop {
        text.push_str(cursor.run(|c| c != quote && c != '\\'));
        if cursor.take(quote) {
            return Ok(());
        }
        let begin = *cursor;
        if !cursor.take('\\') {
            return Err(cursor.clause("text whose quotes are closed"));
        }
        let Some(escaped) = cursor.peek() else { continue };
        cursor.take(escaped);
        if raw {
            text.extend(['\\', escaped]);
        } else {
            unescape(cursor, escaped, text).ok_or_else(|| begin.clause("an escape of Python's"))?;
        }
    }
}

/// What the character behind a backslash stands for; one that means nothing keeps its backslash.
fn unescape(cursor: &mut Cursor<'_>, escaped: char, text: &mut String) -> Option<()> {
    let plain = match escaped {
        '\n' => return Some(()),
        '\\' | '\'' | '"' => escaped,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => digits(cursor, 2)?,
        'u' => digits(cursor, 4)?,
        'U' => digits(cursor, 8)?,
        'N' => return None,
        '0'..='7' => octal(cursor, escaped)?,
        other => {
            text.push('\\');
            other
        }
    };
    text.push(plain);
    Some(())
}

/// A character by exactly so many hexadecimal digits.
fn digits(cursor: &mut Cursor<'_>, count: usize) -> Option<char> {
    let digits = cursor.rest().get(..count)?;
    let all = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| all)?;
    digits.chars().for_each(|c| {
        cursor.take(c);
    });
    char::from_u32(code)
}

/// A character by one to three octal digits.
fn octal(cursor: &mut Cursor<'_>, first: char) -> Option<char> {
    let mut code = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = cursor.peek().and_then(|c| c.to_digit(8)) else { break };
        cursor.take(char::from_digit(digit, 8)?);
        code = code * 8 + digit;
    }
    char::from_u32(code)
}
