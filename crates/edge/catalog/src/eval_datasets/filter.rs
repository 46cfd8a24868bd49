//! What a filter of evaluation datasets may say: `name LIKE 'qa%' AND tags.team = 'search'`.

use tracking::search::{Op, Operand};

use crate::CatalogError;
use crate::traces::quoted::end_of_name;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// A column.
    Column(&'static str),
    /// A tag.
    Tag(&'a str),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) op: Op,
    pub(super) operand: Operand,
}

/// Names and their columns; those of times are numbers.
const COLUMNS: [(&str, &str); 5] = [
    ("name", "d.name"),
    ("created_time", "d.created"),
    ("last_update_time", "d.updated"),
    ("created_by", "d.created_by"),
    ("last_updated_by", "d.updated_by"),
];

/// Operators; the longer of two with a beginning comes first.
const OPERATORS: [(&str, Op); 9] = [
    ("!=", Op::Ne),
    ("<=", Op::Le),
    (">=", Op::Ge),
    ("=", Op::Eq),
    ("<", Op::Lt),
    (">", Op::Gt),
    ("ILIKE", Op::ILike),
    ("LIKE", Op::Like),
    ("IN", Op::In),
];

/// Reads a filter: comparisons that must all hold.
pub(super) fn read(filter: &str) -> Result<Vec<Term<'_>>, CatalogError> {
    clauses(filter).into_iter().map(term).collect()
}

/// Reads a clause of an order: a column and a direction.
pub(super) fn order(clause: &str) -> Result<(&'static str, bool), CatalogError> {
    let (name, direction) = match clause.trim().split_once(char::is_whitespace) {
        Some((name, direction)) => (name, direction.trim()),
        None => (clause.trim(), "ASC"),
    };
    let descending = direction.eq_ignore_ascii_case("DESC");
    if !descending && !direction.eq_ignore_ascii_case("ASC") {
        return Err(CatalogError::invalid(format!("Invalid order_by clause '{clause}'.")));
    }
    match subject(name)? {
        Subject::Tag(_) => Err(CatalogError::invalid("Invalid order_by entity: tag")),
        Subject::Column("d.created_by" | "d.updated_by") => Err(unknown(name)),
        Subject::Column(column) => Ok((column, descending)),
    }
}

/// The comparisons between `AND`, which may be in small letters, outside of quotes.
fn clauses(filter: &str) -> Vec<&str> {
    let (mut clauses, mut from, mut quote) = (Vec::new(), 0, None);
    for (at, c) in filter.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None if c.is_whitespace() && at >= from => {
                let after = &filter[at + c.len_utf8()..];
                let word = after.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("and"));
                if word && after[3..].starts_with(char::is_whitespace) {
                    clauses.push(filter[from..at].trim());
                    from = at + c.len_utf8() + 3;
                }
            }
            None => {}
        }
    }
    clauses.push(filter[from..].trim());
    clauses
}

fn term(clause: &str) -> Result<Term<'_>, CatalogError> {
    let wrong = || CatalogError::invalid(format!("Invalid clause(s) in filter string: {clause}"));
    let name_end = end_of_name(clause).filter(|end| *end > 0).ok_or_else(wrong)?;
    let (name, rest) = (&clause[..name_end], clause[name_end..].trim_start());
    let found = OPERATORS.iter().find_map(|(sign, op)| {
        let after = rest.get(sign.len()..)?;
        rest[..sign.len()].eq_ignore_ascii_case(sign).then_some((*op, after.trim()))
    });
    let (op, value) = found.ok_or_else(wrong)?;
    let subject = subject(name)?;
    let operand = match &subject {
        Subject::Tag(_) if !matches!(op, Op::Eq | Op::Ne | Op::Like | Op::ILike) => {
            let message = format!("Invalid comparator for tag: {op}");
            return Err(CatalogError::invalid(message));
        }
        Subject::Column("d.created" | "d.updated") => whole(name, op, value)?,
        Subject::Column("d.name") if op == Op::In => list(value).ok_or_else(wrong)?,
        _ if op == Op::In => return Err(wrong()),
        _ => Operand::Text(text(value).ok_or_else(|| unquoted(value))?.to_owned()),
    };
    Ok(Term { subject, op, operand })
}

fn subject(name: &str) -> Result<Subject<'_>, CatalogError> {
    match name.split_once('.') {
        Some(("tags", key)) => {
            let inner = key.strip_prefix('`').and_then(|key| key.strip_suffix('`'));
            Ok(Subject::Tag(inner.unwrap_or(key)))
        }
        Some((other, _)) => {
            Err(CatalogError::invalid(format!("Invalid identifier token '{other}' specified")))
        }
        None => COLUMNS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, column)| Subject::Column(column))
            .ok_or_else(|| unknown(name)),
    }
}

fn unknown(name: &str) -> CatalogError {
    let known: Vec<String> = COLUMNS.iter().map(|(name, _)| format!("'{name}'")).collect();
    CatalogError::invalid(format!(
        "Invalid attribute key '{name}' specified. Valid keys are: {{{}}}",
        known.join(", ")
    ))
}

fn unquoted(value: &str) -> CatalogError {
    CatalogError::invalid(format!(
        "Parameter value is either not quoted or unidentified quote types used for string value \
         {value}. Use either single or double quotes."
    ))
}

fn text(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let inner = value[1..].strip_suffix(quote)?;
    (!inner.contains(quote)).then_some(inner)
}

fn whole(name: &str, op: Op, value: &str) -> Result<Operand, CatalogError> {
    if matches!(op, Op::Like | Op::ILike | Op::In) {
        let message = format!("Invalid comparator for numeric attribute: {op}");
        return Err(CatalogError::invalid(message));
    }
    value.parse().map(Operand::Integer).map_err(|_| {
        CatalogError::invalid(format!(
            "Expected numeric value type for numeric attribute: {name}. Found {value}"
        ))
    })
}

/// A list of texts in parentheses.
fn list(value: &str) -> Option<Operand> {
    let mut rest = value.strip_prefix('(')?.strip_suffix(')')?.trim();
    let mut texts = Vec::new();
    while let Some(quote) = rest.chars().next() {
        matches!(quote, '\'' | '"').then_some(())?;
        let end = rest[1..].find(quote)? + 1;
        texts.push(rest[1..end].to_owned());
        rest = rest[end + 1..].trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }
    (!texts.is_empty()).then_some(Operand::List(texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read() {
        let read =
            read("name LIKE 'a AND b' and tags.`my key`!=\"x\" AND created_time >= 5").unwrap();
        assert_eq!(read[0].operand, Operand::Text("a AND b".to_owned()));
        assert_eq!(read[1].subject, Subject::Tag("my key"));
        assert_eq!((read[1].op, read[2].op), (Op::Ne, Op::Ge));
        assert_eq!(read[2].operand, Operand::Integer(5));
        let listed = super::read("name IN ('a', \"b\")").unwrap();
        assert_eq!(listed[0].operand, Operand::List(vec!["a".to_owned(), "b".to_owned()]));
    }

    /// Expected messages from MLflow 3.17.2.
    #[test]
    fn what_is_no_filter_is_said() {
        for (filter, message) in [
            ("foo.a = 'x'", "Invalid identifier token 'foo' specified"),
            ("tags.a > '1'", "Invalid comparator for tag: >"),
            (
                "created_time > 'x'",
                "Expected numeric value type for numeric attribute: created_time. Found 'x'",
            ),
        ] {
            assert_eq!(read(filter).unwrap_err().message, message);
        }
        for filter in ["", "name", "name =", "= 'x'", "name = x", "name ~ 'x'", "bad = 'x'"] {
            read(filter).unwrap_err();
        }
        assert_eq!(order("tags.a").unwrap_err().message, "Invalid order_by entity: tag");
        assert_eq!(order("name desc"), Ok(("d.name", true)));
    }
}
