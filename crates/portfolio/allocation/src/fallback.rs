//! A chain of aims: the first that has an answer.
//!
//! In: aims in order of preference. Out: the answer of the first that is solved, whose certificate
//! records what came before it and why it failed. Use it where a decision is due and a simpler
//! portfolio is better than none. Knows nothing about how an aim is solved.

use risk::Returns;
use types::Target;

use crate::{Aim, AllocationError, ParseError, Problem};

/// What came of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The weights; the certificate names each aim before the one that was answered, with its error.
    pub target: Target,
    /// Which aim was answered.
    pub aim: usize,
    /// For a portfolio of portfolios, the share of each part.
    pub shares: Vec<f64>,
    /// How many scenarios it read, if it read any.
    pub scenarios: Option<usize>,
}

/// The aims of `maximise sharpe, else minimise variance`, for [`allocate_first`].
pub fn chain(text: &str) -> Result<Vec<Aim>, ParseError> {
    text.split(", else ").map(str::parse).collect()
}

/// The answer of the first aim that can be solved. Fails with the first error if none can be
/// solved, and as [`AllocationError::Empty`] if there is no aim.
pub fn allocate_first(aims: &[Aim], problem: &Problem<'_>) -> Result<Answer, AllocationError> {
    first_of(aims, |aim| Ok((aim.allocate(problem)?, problem.scenarios.map(Returns::rows))))
}

/// A target, and the share of each part in it.
type Solved = (Target, Vec<f64>);

/// The same, where `solve` knows how an aim is answered and how many scenarios
/// it reads.
pub(crate) fn first_of(
    aims: &[Aim],
    mut solve: impl FnMut(&Aim) -> Result<(Solved, Option<usize>), AllocationError>,
) -> Result<Answer, AllocationError> {
    let (mut first, mut fallbacks) = (None, Vec::new());
    for (at, aim) in aims.iter().enumerate() {
        match solve(aim) {
            Ok(((mut target, shares), scenarios)) => {
                target.certificate.fallbacks = fallbacks;
                return Ok(Answer { target, aim: at, shares, scenarios });
            }
            Err(error) => {
                fallbacks.push(format!("{aim}: {error}"));
                first = first.or(Some(error));
            }
        }
    }
    Err(first.unwrap_or(AllocationError::Empty))
}
