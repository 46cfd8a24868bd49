//! The canonical text of a filter: read again for the same entity, it gives the same filter.
//!
//! Keys are bare or in backticks, texts in single quotes, where that can be read again. A text that
//! ends in a backslash can only be closed if its quote does not come again; so behind it the other
//! kind of quote is used.

use std::fmt;

use super::cursor::{Cursor, is_word};
use super::filter::{Filter, Operand, Term};
use super::subject::{SpanField, Subject};

const QUOTES: [char; 2] = ['\'', '"'];

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut banned = None;
        for (i, term) in self.terms.iter().enumerate() {
            if i > 0 {
                f.write_str(" AND ")?;
            }
            f.write_str(&written(term, &self.terms[i + 1..], &mut banned))?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(self, &[], &mut None))
    }
}

/// A term's text, with `later` terms behind it and perhaps a quote that must not be used.
fn written(term: &Term, later: &[Term], banned: &mut Option<char>) -> String {
    let subject = subject(&term.subject, *banned);
    let op = term.op;
    match &term.operand {
        Operand::None => format!("{subject} {op}"),
        Operand::Integer(number) => format!("{subject} {op} {number}"),
        Operand::Number(number) => format!("{subject} {op} {}", decimal(*number)),
        Operand::List(texts) => format!("{subject} {op} {}", list(texts, *banned)),
        Operand::Text(text) => {
            let quote = quote(text, later, banned);
            format!("{subject} {op} {quote}{text}{quote}")
        }
    }
}

fn subject(subject: &Subject, banned: Option<char>) -> String {
    match subject {
        Subject::Attribute(name) => (*name).to_owned(),
        Subject::Metric(name) => format!("metrics.{}", key(name, banned)),
        Subject::Param(name) => format!("params.{}", key(name, banned)),
        Subject::Tag(name) => format!("tags.{}", key(name, banned)),
        Subject::Metadata(name) => format!("metadata.{}", key(name, banned)),
        Subject::Feedback(name) => format!("feedback.{}", key(name, banned)),
        Subject::Expectation(name) => format!("expectation.{}", key(name, banned)),
        Subject::Span(SpanField::Attribute(name)) => {
            format!("span.attributes.{}", key(name, banned))
        }
        Subject::Dataset(_) | Subject::Span(_) | Subject::Issue => {
            format!("{}.{}", subject.family(), subject.key())
        }
    }
}

/// A key, bare if it is words with dots, else in the first quotes that can hold it.
fn key(name: &str, banned: Option<char>) -> String {
    let bare = |part: &str| part.chars().all(is_word) && !part.bytes().all(|b| b.is_ascii_digit());
    if name.split('.').all(bare) {
        return name.to_owned();
    }
    let holds = |quote: &char| Some(*quote) != banned && holds(name, *quote) == Some(Held::Closed);
    let quote = ['`', '"', '\''].into_iter().find(holds).unwrap_or('`');
    format!("{quote}{name}{quote}")
}

/// A number that is read as one with a fraction.
fn decimal(number: f64) -> String {
    match number.is_infinite() {
        true if number > 0.0 => "1e999".to_owned(),
        true => "-1e999".to_owned(),
        false => format!("{number:?}"),
    }
}

fn list(texts: &[String], banned: Option<char>) -> String {
    let quote = if banned == Some('\'') { '"' } else { '\'' };
    let texts: Vec<String> =
        texts.iter().map(|text| format!("{quote}{}{quote}", escaped(text))).collect();
    format!("({})", texts.join(", "))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '\'' | '"' => escaped.push_str(&format!("\\x{:02x}", c as u32)),
            c if c.is_control() => escaped.push_str(&format!("\\u{:04x}", c as u32)),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The quote for a text; bans it from what comes if it only closes because it does not come again.
fn quote(text: &str, later: &[Term], banned: &mut Option<char>) -> char {
    for quote in QUOTES.into_iter().filter(|quote| Some(*quote) != *banned) {
        match holds(text, quote) {
            Some(Held::Closed) => return quote,
            Some(Held::Soft) if !later.iter().any(|term| mentions(term, quote)) => {
                *banned = Some(quote);
                return quote;
            }
            _ => {}
        }
    }
    QUOTES[0]
}

fn mentions(term: &Term, quote: char) -> bool {
    let text = matches!(&term.operand, Operand::Text(text) if text.contains(quote));
    text || term.subject.key().contains(quote)
}

#[derive(PartialEq)]
enum Held {
    Closed,
    Soft,
}

/// Whether a text is read again from between such quotes.
fn holds(text: &str, quote: char) -> Option<Held> {
    let written = format!("{quote}{text}{quote}");
    let read = Cursor::of(&written).quoted(quote)?;
    let all = read.raw.len() == written.len();
    all.then_some(if read.soft { Held::Soft } else { Held::Closed })
}
