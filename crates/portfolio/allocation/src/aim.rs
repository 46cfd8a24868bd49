//! What a decision is for: one objective, or an objective among the portfolios of others.
//!
//! In: a sentence such as `maximise sharpe`, or `minimise variance among (risk parity; equal
//! weight)`. Out: an [`Aim`], and its target with the share of each part. Knows nothing about how an
//! objective is solved, nor what comes after one that fails.

use std::fmt;
use std::str::FromStr;

use types::Target;

use crate::sentence::{Cursor, ParseError};
use crate::{AllocationError, Objective, Problem, allocate, allocate_stacked};

/// Between the last objective and its parts.
const AMONG: &str = " among ";

/// One objective, or one among the portfolios of others.
#[derive(Debug, Clone, PartialEq)]
pub enum Aim {
    /// One objective.
    One(Objective),
    /// A portfolio of portfolios ([`allocate_stacked`]).
    Among {
        /// What the mixture is for.
        last: Objective,
        /// What its parts are for.
        parts: Vec<Objective>,
    },
}

impl Aim {
    /// Every objective in it.
    pub fn objectives(&self) -> Vec<&Objective> {
        match self {
            Aim::One(objective) => vec![objective],
            Aim::Among { last, parts } => std::iter::once(last).chain(parts).collect(),
        }
    }

    /// The target, and the share of each part in it; no shares for a single objective.
    pub fn allocate(&self, problem: &Problem<'_>) -> Result<(Target, Vec<f64>), AllocationError> {
        match self {
            Aim::One(objective) => Ok((allocate(objective, problem)?, Vec::new())),
            Aim::Among { last, parts } => allocate_stacked(last, parts, problem),
        }
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Aim::One(objective) => objective.fmt(f),
            Aim::Among { last, parts } => {
                let parts: Vec<String> = parts.iter().map(Objective::to_string).collect();
                write!(f, "{last}{AMONG}({})", parts.join("; "))
            }
        }
    }
}

impl FromStr for Aim {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        let Some(at) = text.find(AMONG) else {
            return text.parse().map(Aim::One);
        };
        let rest = &text[at + AMONG.len()..];
        let inner = rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let Some(inner) = inner else {
            let expected = "objectives in parentheses, such as `(risk parity; equal weight)`";
            return Err(Cursor::new("objective", text).error_at(at + AMONG.len(), expected, None));
        };
        let parts = inner.split(';').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Aim::Among { last: text[..at].parse()?, parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_is_read_and_written() {
        for text in [
            "risk parity",
            "minimise variance among (risk parity; maximise sharpe over 0.02; equal weight)",
        ] {
            assert_eq!(text.parse::<Aim>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, said) in [
            ("minimise variance among risk parity", "character 25: expected objectives in paren"),
            ("minimise variance among (risk party)", "did you mean `risk parity`?"),
            ("minimise variants among (risk parity)", "did you mean `variance`?"),
            ("minimise variance among ()", "objective ``"),
        ] {
            let error = text.parse::<Aim>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
