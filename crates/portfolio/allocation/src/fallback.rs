//! A chain of objectives: the first that has an answer.
//!
//! In: objectives in order of preference. Out: the target of the first that is solved, whose
//! certificate records what came before it and why it failed. Use it where a decision is due and a
//! simpler portfolio is better than none. Knows nothing about how an objective is solved.

use types::Target;

use crate::{AllocationError, Objective, ParseError, Problem, allocate};

/// The objectives of `maximise sharpe, else minimise variance`, for [`allocate_first`].
pub fn chain(text: &str) -> Result<Vec<Objective>, ParseError> {
    text.split(", else ").map(str::parse).collect()
}

/// The target of the first objective that can be solved. Its certificate names each one before it
/// with its error. Fails with the first error if none can be solved, and as
/// [`AllocationError::Empty`] if there is no objective.
pub fn allocate_first(
    objectives: &[Objective],
    problem: &Problem<'_>,
) -> Result<Target, AllocationError> {
    let (mut first, mut fallbacks) = (None, Vec::new());
    for objective in objectives {
        match allocate(objective, problem) {
            Ok(mut target) => {
                target.certificate.fallbacks = fallbacks;
                return Ok(target);
            }
            Err(error) => {
                fallbacks.push(format!("{objective}: {error}"));
                first = first.or(Some(error));
            }
        }
    }
    Err(first.unwrap_or(AllocationError::Empty))
}
