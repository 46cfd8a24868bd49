//! Text to words, each with its place.

use crate::SyntaxError;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Name,
    /// An operator sign, a parenthesis or a comma.
    Sign,
    /// A character without meaning.
    Unknown,
    End,
}

/// A word of the source, at bytes `start..end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

const SIGNS: [&str; 14] =
    ["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", ",", "="];

/// The words of `text`, with an end mark.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = word(&text[at..]).unwrap_or((Kind::Unknown, first.len_utf8()));
        let end = at + length;
        if kind == Kind::Number {
            check_number(text, at, end)?;
        }
        tokens.push(Token { kind, start: at, end });
        at = end;
    }
    tokens.push(Token { kind: Kind::End, start: at, end: at });
    Ok(tokens)
}

/// The kind and length in bytes of the word that `text` starts with.
fn word(text: &str) -> Option<(Kind, usize)> {
    let first = *text.as_bytes().first()?;
    let starts_name = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    if first == b'$' && text.as_bytes().get(1).is_some_and(|byte| starts_name(*byte)) {
        return Some((Kind::Name, 1 + run(&text[1..], is_name)));
    }
    if starts_name(first) {
        return Some((Kind::Name, run(text, is_name)));
    }
    if first.is_ascii_digit() || first == b'.' {
        return Some((Kind::Number, number(text)));
    }
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign))?;
    Some((Kind::Sign, sign.len()))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn run(text: &str, belongs: fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| belongs(*byte)).count()
}

/// `12`, `0.5`, `1e-12`. A letter that follows belongs to the word, so that `21d` is one mistake.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let after_exponent = length > 0 && matches!(bytes[length - 1], b'e' | b'E');
        let sign = matches!(byte, b'+' | b'-') && after_exponent;
        if !(is_name(*byte) || *byte == b'.' || sign) {
            break;
        }
        length += 1;
    }
    length
}

fn check_number(text: &str, start: usize, end: usize) -> Result<(), SyntaxError> {
    let word = &text[start..end];
    match word.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(()),
        _ => Err(SyntaxError {
            message: format!("`{word}` is not a number (windows count rows and carry no unit)"),
            text: text.to_owned(),
            at: start,
            suggestion: None,
        }),
    }
}
