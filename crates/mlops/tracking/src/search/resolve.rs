//! A written key to a subject: quotes are taken off, aliases resolved, unknown keys refused.

use super::cursor::{Cursor, Name};
use super::error::{SearchError, excerpt, hint};
use super::grammar::{Attribute, Elsewhere, Family, Grammar, find, names};
use super::subject::{DatasetField, SpanField, Subject};
use crate::error::list;

/// The subject that was written; `attributes` are those that may be meant.
pub(super) fn resolve(
    grammar: &'static Grammar,
    attributes: &'static [Attribute],
    cursor: Cursor<'_>,
    name: &Name<'_>,
) -> Result<Subject, SearchError> {
    let family = family(grammar, cursor, name)?;
    let key = key(grammar, family, name).ok_or_else(|| {
        cursor.unfit(name.key_at, "a key that is quoted as a whole, in backticks")
    })?;
    if let Some(other) = elsewhere(grammar, attributes, family, &key) {
        return subject(attributes, other.family, other.means)
            .ok_or_else(|| unknown(grammar, attributes, family, cursor, name, &key));
    }
    let stored = renamed(grammar, family, &key).unwrap_or(&key);
    subject(attributes, family, stored)
        .ok_or_else(|| unknown(grammar, attributes, family, cursor, name, &key))
}

fn family(
    grammar: &'static Grammar,
    cursor: Cursor<'_>,
    name: &Name<'_>,
) -> Result<Family, SearchError> {
    let Some(prefix) = name.prefix else { return Ok(Family::Attribute) };
    let kind = grammar.kind(prefix).ok_or_else(|| SearchError::EntityType {
        found: excerpt(prefix),
        column: cursor.column(name.at),
        known: list(grammar.kind_names()),
        hint: hint(prefix, grammar.kind_names()),
    })?;
    Ok(kind.family)
}

/// The key without its quotes; `None` if they are where they cannot be.
fn key(grammar: &Grammar, family: Family, name: &Name<'_>) -> Option<String> {
    const SPAN: &str = "attributes.";
    let key = match name.quoted {
        None => name.key.to_owned(),
        Some(0) if grammar.backticks => backticks_only(name.key)?.to_owned(),
        Some(0) => unquote(name.key).to_owned(),
        Some(at) if family == Family::Span && &name.key[..at] == SPAN => {
            format!("{SPAN}{}", backticks_only(&name.key[at..])?)
        }
        Some(_) => return None,
    };
    if family != Family::Span {
        return Some(key);
    }
    match key.strip_prefix(SPAN) {
        Some(attribute) => {
            let attribute = trim_pair(attribute, '`');
            (!attribute.contains('`')).then(|| format!("{SPAN}{attribute}"))
        }
        None => Some(key),
    }
}

/// Takes one pair of quotes off, and a pair of backticks within.
fn unquote(key: &str) -> &str {
    let inner = trim_pair(key, '\'');
    let inner = if inner.len() == key.len() { trim_pair(key, '"') } else { inner };
    trim_pair(inner, '`')
}

/// Takes backticks off; other quotes stay. Backticks at the ends of a key cannot be told from quotes,
/// so there is no key.
fn backticks_only(key: &str) -> Option<&str> {
    let inner = trim_pair(key, '`');
    let clear = match inner.len() == key.len() {
        true => !inner.contains('`'),
        false => !inner.starts_with('`') && !inner.ends_with('`'),
    };
    clear.then_some(inner)
}

fn trim_pair(text: &str, quote: char) -> &str {
    text.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote)).unwrap_or(text)
}

/// The other subject that a key stands for. As an attribute it must be exact and, if the order is read,
/// one that can be ordered by; elsewhere its case does not count.
fn elsewhere(
    grammar: &'static Grammar,
    attributes: &'static [Attribute],
    family: Family,
    key: &str,
) -> Option<&'static Elsewhere> {
    let searches = std::ptr::eq(attributes, grammar.attributes);
    grammar.elsewhere.iter().find(|other| match family {
        Family::Span => false,
        Family::Attribute => other.key == key && (searches || other.orderable),
        _ => other.key.eq_ignore_ascii_case(key),
    })
}

/// Where keys can stand for other subjects, the alias of an attribute is resolved behind every dot.
fn renamed(grammar: &'static Grammar, family: Family, key: &str) -> Option<&'static str> {
    if grammar.elsewhere.is_empty() || matches!(family, Family::Span | Family::Attribute) {
        return None;
    }
    let small = key.to_ascii_lowercase();
    grammar
        .attributes
        .iter()
        .find(|attribute| attribute.aliases.contains(&small.as_str()))
        .map(|attribute| attribute.name)
}

fn subject(attributes: &'static [Attribute], family: Family, key: &str) -> Option<Subject> {
    let owned = || key.to_owned();
    Some(match family {
        Family::Attribute => Subject::Attribute(find(attributes, key)?.name),
        Family::Metric => Subject::Metric(owned()),
        Family::Param => Subject::Param(owned()),
        Family::Tag => Subject::Tag(owned()),
        Family::Dataset => Subject::Dataset(DatasetField::read(key)?),
        Family::Metadata => Subject::Metadata(owned()),
        Family::Span => Subject::Span(SpanField::read(key)?),
        Family::Feedback => Subject::Feedback(owned()),
        Family::Expectation => Subject::Expectation(owned()),
        Family::Issue if key == "id" => Subject::Issue,
        Family::Issue => return None,
    })
}

fn unknown(
    grammar: &'static Grammar,
    attributes: &'static [Attribute],
    family: Family,
    cursor: Cursor<'_>,
    name: &Name<'_>,
    key: &str,
) -> SearchError {
    let others = grammar.elsewhere.iter().map(|other| other.key);
    let (word, known): (_, Vec<&'static str>) = match family {
        Family::Dataset => ("dataset", DatasetField::WORDS.to_vec()),
        Family::Span => ("span", SpanField::WORDS.to_vec()),
        Family::Issue => ("issue", vec!["id"]),
        _ => ("attribute", names(attributes).chain(others).collect()),
    };
    SearchError::Key {
        family: word,
        key: excerpt(key),
        column: cursor.column(name.key_at),
        hint: hint(key, known.iter().copied()),
        known: list(known),
    }
}
