//! Terms that are compared here: regular expressions, and attributes of spans.

use std::collections::BTreeSet;

use database::{Dialect, Tx};
use regex::{Regex, RegexBuilder};
use tracking::search::{Op, Operand, SpanField, Subject, Term};

use super::{assessed, is_plain, terms};
use crate::CatalogError;
use crate::search::Build;
use crate::traces::json::Json;

/// Most memory that a regular expression may take, in bytes.
const PATTERN: usize = 1 << 20;

/// The condition that a trace is one of those whose value fits a regular expression.
pub(super) fn values(
    tx: &mut Tx<'_>,
    experiments: &[i64],
    scope: &[Build],
    term: &Term,
) -> Result<Build, CatalogError> {
    let test = Test::of(term)?;
    let mut sql = Build::new("SELECT t.id, ");
    match &term.subject {
        Subject::Tag(key) | Subject::Metadata(key) if terms::column(&term.subject).is_none() => {
            let table = match term.subject {
                Subject::Tag(_) => "trace_tag",
                _ => "trace_metadata",
            };
            sql.push("x.value FROM trace t JOIN ").push(table);
            sql.push(" x ON x.trace = t.id AND x.key = ").value(key.as_str());
        }
        Subject::Feedback(_) | Subject::Expectation(_) => {
            let (kind, name) = assessed::kind_and_name(term)?;
            sql.push("a.value FROM trace t JOIN assessment a ON a.trace = t.id AND a.valid = 1");
            sql.push(" AND a.kind = ").value(kind).push(" AND a.name = ").value(name);
        }
        subject => {
            let column = terms::column(subject).ok_or_else(|| {
                let message = format!("a {} has no patterns", subject.family());
                CatalogError::invalid(message)
            })?;
            sql.push(column).push(" FROM trace t");
        }
    }
    within(&mut sql, experiments, scope);
    let mut found = BTreeSet::new();
    tx.each(sql.sql(), &sql.values(), |row| {
        let value: Option<String> = row.get(1)?;
        if value.is_some_and(|value| test.fits(&value)) {
            found.insert(row.get::<i64>(0)?);
        }
        Ok(())
    })?;
    Ok(one_of(tx.dialect(), &found))
}

/// The condition that a trace is one of those with a span that fits all terms.
pub(super) fn spans(
    tx: &mut Tx<'_>,
    experiments: &[i64],
    scope: &[Build],
    terms: &[&Term],
) -> Result<Build, CatalogError> {
    let dialect = tx.dialect();
    let (plain, here): (Vec<&Term>, Vec<&Term>) = terms.iter().partition(|term| is_plain(term));
    let mut sql = Build::new("SELECT t.id");
    let mut tests = Vec::with_capacity(here.len());
    for term in &here {
        let attribute = match &term.subject {
            Subject::Span(SpanField::Attribute(key)) => {
                sql.push(", s.content");
                Some(key.as_str())
            }
            subject => {
                sql.push(", ").push(terms::span_column(subject)?);
                None
            }
        };
        tests.push((attribute, Test::of(term)?));
    }
    sql.push(" FROM trace t JOIN span s ON s.trace = t.id");
    for (attribute, _) in &tests {
        if let Some(key) = attribute {
            let named = format!("%{}: %", Json::text(*key));
            sql.push(" AND s.content LIKE ").value(named);
            sql.push(if dialect == Dialect::Postgres { " ESCAPE ''" } else { "" });
        }
    }
    for term in plain {
        sql.push(" AND ");
        terms::span(&mut sql, dialect, term)?;
    }
    within(&mut sql, experiments, scope);
    let mut found = BTreeSet::new();
    tx.each(sql.sql(), &sql.values(), |row| {
        let id: i64 = row.get(0)?;
        if found.contains(&id) {
            return Ok(());
        }
        for (place, (attribute, test)) in tests.iter().enumerate() {
            let value: Option<String> = row.get(place + 1)?;
            let value = value.and_then(|value| match attribute {
                Some(key) => of_content(&value, key),
                None => Some(value),
            });
            if !value.is_some_and(|value| test.fits(&value)) {
                return Ok(());
            }
        }
        found.insert(id);
        Ok(())
    })?;
    Ok(one_of(dialect, &found))
}

/// Adds which traces are looked at.
fn within(sql: &mut Build, experiments: &[i64], scope: &[Build]) {
    sql.push(" WHERE t.experiment IN ").list(experiments.iter().copied());
    for condition in scope {
        sql.push(" AND ").append(condition.clone());
    }
}

/// The value of an attribute of a span: a text without its quotes, anything else as JSON.
fn of_content(content: &str, key: &str) -> Option<String> {
    let content = Json::parse(content)?;
    let text = content.get("attributes")?.get(key)?.as_text()?;
    match Json::parse(text) {
        Some(Json::Text(text)) => Some(text),
        _ => Some(text.to_owned()),
    }
}

/// A comparison of texts.
enum Test {
    Equals(String),
    Differs(String),
    Matches(Regex),
}

impl Test {
    fn of(term: &Term) -> Result<Self, CatalogError> {
        let Operand::Text(text) = &term.operand else {
            let message = format!("`{}` of a span's attribute needs a text", term.op);
            return Err(CatalogError::invalid(message));
        };
        match term.op {
            Op::Eq => Ok(Self::Equals(text.clone())),
            Op::Ne => Ok(Self::Differs(text.clone())),
            Op::RLike => regex(text, false).map(Self::Matches),
            Op::Like => regex(&like(text), false).map(Self::Matches),
            Op::ILike => regex(&like(text), true).map(Self::Matches),
            op => Err(CatalogError::invalid(format!("a span's attribute has no `{op}`"))),
        }
    }

    fn fits(&self, value: &str) -> bool {
        match self {
            Self::Equals(text) => value == text,
            Self::Differs(text) => value != text,
            Self::Matches(pattern) => pattern.is_match(value),
        }
    }
}

fn regex(pattern: &str, any_case: bool) -> Result<Regex, CatalogError> {
    let built = RegexBuilder::new(pattern).case_insensitive(any_case).size_limit(PATTERN).build();
    built.map_err(|error| {
        let what = error.to_string();
        let what = what.lines().last().unwrap_or_default();
        CatalogError::invalid(format!("'{pattern}' is not a regular expression: {what}"))
    })
}

/// The regular expression of a pattern of `LIKE`.
fn like(pattern: &str) -> String {
    let mut regex = "(?s)^".to_owned();
    for c in pattern.chars() {
        match c {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            c => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push('$');
    regex
}

/// The condition that a trace has one of these numbers. Many of them are one value, since statements
/// take only so many.
fn one_of(dialect: Dialect, ids: &BTreeSet<i64>) -> Build {
    const FEW: usize = 200;
    let mut to = Build::new("t.id IN ");
    if ids.len() <= FEW {
        to.list(ids.iter().copied());
        return to;
    }
    let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    match dialect {
        Dialect::Sqlite => {
            to.push("(SELECT value FROM json_each(").value(format!("[{list}]")).push("))");
        }
        Dialect::Postgres => {
            to.push("(SELECT CAST(one AS BIGINT) FROM unnest(string_to_array(").value(list);
            to.push(", ',')) one)");
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_like_is_a_regular_expression() {
        let fits = |pattern: &str, text: &str| regex(&like(pattern), false).unwrap().is_match(text);
        assert!(fits("%gpt_4%", "my gpt-4\nmini"));
        assert!(!fits("gpt", "gpt-4"));
        assert!(fits("a.b", "a.b") && !fits("a.b", "axb"));
    }

    #[test]
    fn a_huge_pattern_is_refused() {
        let error = regex("(a{1000}){1000}", false).unwrap_err();
        assert!(error.message.contains("is not a regular expression"), "{}", error.message);
        regex("[", false).unwrap_err();
    }
}
