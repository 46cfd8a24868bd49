//! A statement that grows, with its values.

use database::Value;

/// A value that the statement owns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Owned {
    Int(i64),
    Real(f64),
    Text(String),
}

impl From<i64> for Owned {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Owned {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Owned {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Owned {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// A statement that grows, with its values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Build {
    sql: String,
    values: Vec<Owned>,
}

impl Build {
    pub(crate) fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), values: vec![] }
    }

    /// Adds text that is ours, never a caller's.
    pub(crate) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a value.
    pub(crate) fn value(&mut self, value: impl Into<Owned>) -> &mut Self {
        self.values.push(value.into());
        self.sql.push('?');
        self.sql.push_str(&self.values.len().to_string());
        self
    }

    /// Adds `(value, value, …)`; nothing is in an empty list.
    pub(crate) fn list(&mut self, values: impl IntoIterator<Item = impl Into<Owned>>) -> &mut Self {
        self.push("(");
        let mut first = true;
        for value in values {
            if !std::mem::take(&mut first) {
                self.push(", ");
            }
            self.value(value);
        }
        self.push(if first { "NULL)" } else { ")" })
    }

    /// Adds another statement's text and values, numbered on.
    pub(crate) fn append(&mut self, other: Self) -> &mut Self {
        let mut parts = other.sql.split('?');
        self.push(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number: usize = part[..digits].parse().expect("every mark has a number");
            self.value(other.values[number - 1].clone());
            self.push(&part[digits..]);
        }
        self
    }

    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    pub(crate) fn values(&self) -> Vec<Value<'_>> {
        self.values
            .iter()
            .map(|value| match value {
                Owned::Int(value) => Value::Int(*value),
                Owned::Real(value) => Value::Real(*value),
                Owned::Text(text) => Value::Text(text),
            })
            .collect()
    }
}
