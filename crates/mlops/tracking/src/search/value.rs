//! The value of a term: what was written, held against what the subject can be compared with.

use std::fmt;

use super::cursor::Quoted;
use super::error::excerpt;
use super::filter::{Op, Operand};
use super::grammar::Value;
use super::parse::Given;
use super::tuple::Item;

/// What a subject can be compared with.
pub(super) struct Wanted {
    pub value: Value,
    pub op: Op,
}

impl Wanted {
    /// The operand, if the value fits.
    pub(super) fn read(&self, given: &Given<'_>) -> Option<Operand> {
        match given {
            Given::Nothing => Some(Operand::None),
            Given::List(items) => self.list(items),
            Given::Text(quoted) => self.text(*quoted),
            Given::Number(raw) => self.number(raw),
            Given::Word(raw) => self.word(raw),
        }
    }

    fn word(&self, raw: &str) -> Option<Operand> {
        let fits = self.value == Value::Loose && !raw.contains(['\'', '"']);
        fits.then(|| Operand::Text(raw.to_owned()))
    }

    fn text(&self, quoted: Quoted<'_>) -> Option<Operand> {
        let text = &quoted.raw[1..quoted.raw.len() - 1];
        match self.value {
            Value::Text => Some(Operand::Text(text.to_owned())),
            Value::Loose => loose(quoted).map(|text| Operand::Text(text.to_owned())),
            Value::Id => whole(text).map(|id| Operand::Text(id.to_string())),
            Value::Prompt => {
                (text.matches('/').count() == 1).then(|| Operand::Text(text.to_owned()))
            }
            Value::QuotedInteger => whole(text).map(Operand::Integer),
            Value::QuotedNumber => number(text.trim()),
            Value::Assessed if !self.is_ordered() => Some(Operand::Text(text.to_owned())),
            Value::Number | Value::Real | Value::Integer | Value::Assessed => None,
        }
    }

    fn number(&self, raw: &str) -> Option<Operand> {
        match self.value {
            Value::Loose => Some(Operand::Text(raw.to_owned())),
            Value::Number | Value::QuotedNumber => number(raw),
            Value::Assessed if self.is_ordered() => number(raw),
            Value::Real => raw.parse().ok().map(Operand::Number),
            Value::Integer | Value::QuotedInteger => raw.parse().ok().map(Operand::Integer),
            Value::Text | Value::Id | Value::Prompt | Value::Assessed => None,
        }
    }

    fn list(&self, items: &[Item<'_>]) -> Option<Operand> {
        let texts: Option<Vec<String>> = items
            .iter()
            .map(|item| match (item, self.value) {
                (Item::Text(text), Value::Id) => whole(text).map(|id| id.to_string()),
                (Item::Text(text), _) => Some(text.clone()),
                (Item::Number(raw), Value::Loose) => python_number(raw),
                (Item::Number(_), _) => None,
            })
            .collect();
        texts.filter(|texts| self.value == Value::Loose || !texts.is_empty()).map(Operand::List)
    }

    fn is_ordered(&self) -> bool {
        matches!(self.op, Op::Lt | Op::Le | Op::Gt | Op::Ge)
    }

    /// What would fit, for a message.
    pub(super) fn words(&self) -> &'static str {
        match self.value {
            _ if matches!(self.op, Op::In | Op::NotIn) => {
                "a non-empty list of quoted string values"
            }
            Value::Text => "a quoted string value",
            Value::Loose => "a string value in single quotes",
            Value::Id => "a quoted string value that is a whole number",
            Value::Prompt => "a quoted string value 'name/version'",
            Value::Number | Value::Real => "numeric value type",
            Value::Integer => "numeric value type, a whole number,",
            Value::QuotedInteger => "a whole number",
            Value::QuotedNumber => "a number",
            Value::Assessed if self.is_ordered() => "a numeric value",
            Value::Assessed => "a quoted string value",
        }
    }
}

/// Text in single quotes without them, or in double quotes with them. What could be read in two ways
/// (quotes at the ends of the text) is refused.
fn loose(quoted: Quoted<'_>) -> Option<&str> {
    if quoted.raw.starts_with('"') {
        return (!quoted.raw.contains('\'')).then_some(quoted.raw);
    }
    let text = &quoted.raw[1..quoted.raw.len() - 1];
    let clear = !quoted.soft && !text.starts_with('\'') && !text.ends_with('\'');
    clear.then_some(text)
}

fn whole(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// A whole number exactly, any other as `f64`. Words such as `inf` are none.
fn number(raw: &str) -> Option<Operand> {
    if raw.contains(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')) {
        return None;
    }
    if raw.contains(['.', 'e', 'E']) {
        return raw.parse().ok().map(Operand::Number);
    }
    raw.parse().ok().map(Operand::Integer)
}

/// A number of a list as text; whole numbers do not begin with `0`, for so Python reads them.
fn python_number(raw: &str) -> Option<String> {
    match number(raw)? {
        Operand::Integer(whole) => {
            let digits = raw.trim_start_matches('-');
            (digits == "0" || !digits.starts_with('0')).then(|| whole.to_string())
        }
        Operand::Number(number) => Some(format!("{number:?}")),
        _ => None,
    }
}

impl fmt::Display for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(quoted) => f.write_str(&excerpt(quoted.raw)),
            Self::Number(raw) | Self::Word(raw) => f.write_str(&excerpt(raw)),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}
