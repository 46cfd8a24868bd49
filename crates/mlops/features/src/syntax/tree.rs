//! The tree of an expression, and its canonical text.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use crate::operators::{Operator, operator};
use crate::plan::{Plan, Window};
use crate::{FeatureError, syntax::parser};

/// An expression whose operators, arguments and windows have been checked.
///
/// `Display` gives the canonical text: one spelling for each meaning of spaces, parentheses and
/// aliases. Parsing it gives the same expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub(crate) root: Node,
}

/// One node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Number(f64),
    Field(String),
    Apply { operator: &'static Operator, arguments: Vec<Argument> },
}

/// One argument of an operator.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument {
    Series(Node),
    /// A window or a lag, in rows.
    Rows(i64),
    /// A number between 0 and 1.
    Fraction(f64),
}

impl Expression {
    /// Parses one expression. The error shows the place and what was expected there.
    pub fn parse(source: &str) -> Result<Expression, FeatureError> {
        parser::parse(source).map(|root| Expression { root }).map_err(FeatureError::Syntax)
    }

    /// The rows that are read, relative to the row that is described.
    pub fn window(&self) -> Window {
        self.root.window()
    }

    /// The fields that are read.
    pub fn fields(&self) -> BTreeSet<String> {
        let mut plan = Plan::default();
        plan.lower(&self.root);
        plan.fields().iter().cloned().collect()
    }

    /// The smallest part that looks ahead, if any does.
    pub(crate) fn culprit(&self) -> Option<&Node> {
        self.root.culprit()
    }
}

impl Node {
    pub(crate) fn window(&self) -> Window {
        let mut plan = Plan::default();
        let root = plan.lower(self);
        plan.window(root)
    }

    fn culprit(&self) -> Option<&Node> {
        if self.window().right == 0 {
            return None;
        }
        self.parts().find_map(Node::culprit).or(Some(self))
    }

    fn parts(&self) -> impl Iterator<Item = &Node> {
        let arguments: &[Argument] = match self {
            Node::Apply { arguments, .. } => arguments,
            _ => &[],
        };
        arguments.iter().filter_map(|argument| match argument {
            Argument::Series(node) => Some(node),
            _ => None,
        })
    }

    /// How tightly the node holds together: only a sum inside a product needs parentheses.
    fn precedence(&self) -> u8 {
        match self {
            Node::Apply { operator, .. } => parser::precedence(operator.name).unwrap_or(u8::MAX),
            _ => u8::MAX,
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Number(value) => number(*value, f),
            Node::Field(name) if operator(name).is_some() => write!(f, "${name}"),
            Node::Field(name) => f.write_str(name),
            Node::Apply { operator, arguments } => match (operator.name, &arguments[..]) {
                ("neg", [Argument::Series(inner)]) => {
                    f.write_str("-")?;
                    inside(inner, inner.precedence() < u8::MAX, f)
                }
                (name, [Argument::Series(left), Argument::Series(right)])
                    if parser::precedence(name).is_some() =>
                {
                    infix(self.precedence(), name, left, right, f)
                }
                (name, arguments) => call(name, arguments, f),
            },
        }
    }
}

fn infix(
    own: u8,
    name: &str,
    left: &Node,
    right: &Node,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let comparison = own == parser::COMPARISON;
    inside(left, left.precedence() < own + u8::from(comparison), f)?;
    write!(f, " {name} ")?;
    inside(right, right.precedence() <= own, f)
}

fn call(name: &str, arguments: &[Argument], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{name}(")?;
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        match argument {
            Argument::Series(node) => node.fmt(f)?,
            Argument::Rows(rows) => rows.fmt(f)?,
            Argument::Fraction(value) => number(*value, f)?,
        }
    }
    f.write_str(")")
}

fn inside(node: &Node, parentheses: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if parentheses { write!(f, "({node})") } else { node.fmt(f) }
}

/// The shortest text that reads back as the same number.
fn number(value: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = format!("{value:?}");
    f.write_str(text.strip_suffix(".0").unwrap_or(&text))
}
