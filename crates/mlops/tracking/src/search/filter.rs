//! A filter that was read: terms that must all hold.

use std::fmt;

use super::subject::Subject;

/// Terms that must all hold; without terms, everything fits. Its text is canonical: read again for
/// the same entity, it gives the same filter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// The terms in the order in which they were written.
    pub terms: Vec<Term>,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What is compared.
    pub subject: Subject,
    /// How.
    pub op: Op,
    /// With what.
    pub operand: Operand,
}

/// How a subject is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `LIKE`: `%` stands for any text and `_` for any character.
    Like,
    /// `ILIKE`: like `LIKE`, whatever the case.
    ILike,
    /// `RLIKE`: a regular expression.
    RLike,
    /// `IN`
    In,
    /// `NOT IN`
    NotIn,
    /// `IS NULL`: there is no such key.
    IsNull,
    /// `IS NOT NULL`: there is such a key.
    IsNotNull,
}

/// What a subject is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A text, as it stands between its quotes: what looks like an escape in it is not one.
    Text(String),
    /// A number with a fraction or an exponent, and whatever a metric is compared with.
    Number(f64),
    /// A whole number, exact.
    Integer(i64),
    /// The texts of `IN` and `NOT IN`.
    List(Vec<String>),
    /// Nothing, of `IS NULL` and `IS NOT NULL`.
    None,
}

impl Op {
    /// The operator as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Like => "LIKE",
            Self::ILike => "ILIKE",
            Self::RLike => "RLIKE",
            Self::In => "IN",
            Self::NotIn => "NOT IN",
            Self::IsNull => "IS NULL",
            Self::IsNotNull => "IS NOT NULL",
        }
    }

    /// Whether it is made of `IN` or `IS`.
    pub(super) fn is_keyword(self) -> bool {
        matches!(self, Self::In | Self::NotIn | Self::IsNull | Self::IsNotNull)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
