//! Which sentences cannot hold together.
//!
//! In: a problem. Out: an irreducible set of its sentences that no weights fulfil, by deletion
//! filtering (Chinneck, *Feasibility and Infeasibility in Optimization*, 2008, ch. 6): drop each
//! sentence in turn for good if the rest still conflict. It costs one linear program for each
//! sentence, and is only asked for once a solve has failed.

use crate::constraint::Constraint;
use crate::region::{Region, sentences};
use crate::relaxation::cheapest;
use crate::solver::{Outcome, Program, solve};
use crate::{AllocationError, Problem};

/// The conflicting sentences as an error; `None` if there is no conflict.
pub(crate) fn conflict(problem: &Problem<'_>) -> Result<Option<AllocationError>, AllocationError> {
    let mut kept = sentences(problem.constraints);
    if feasible(problem, &kept)? {
        return Ok(None);
    }
    let mut index = 0;
    while index < kept.len() {
        let dropped = kept.remove(index);
        if feasible(problem, &kept)? {
            kept.insert(index, dropped);
            index += 1;
        }
    }
    let conflict = kept.iter().map(Constraint::to_string).collect();
    let relaxation = cheapest(problem, &sentences(problem.constraints))?;
    Ok(Some(AllocationError::Infeasible { conflict, relaxation }))
}

fn feasible(problem: &Problem<'_>, sentences: &[Constraint]) -> Result<bool, AllocationError> {
    let region = Region::new(problem, sentences.to_vec())?;
    let program = Program {
        linear: vec![0.0; region.columns],
        rows: region.rows,
        epigraphs: region.epigraphs,
        ..Program::default()
    };
    Ok(!matches!(solve(&program), Outcome::Infeasible))
}

/// The error for an outcome that is not a solution.
pub(crate) fn refuse(
    problem: &Problem<'_>,
    method: &'static str,
    outcome: Outcome,
) -> Result<AllocationError, AllocationError> {
    let (status, primal, dual, gap) = match outcome {
        Outcome::Unbounded => return Ok(AllocationError::Unbounded { method }),
        Outcome::Failed(status, r) => (status, r.primal, r.dual, r.gap),
        Outcome::Infeasible | Outcome::Solved(_) => {
            ("infeasible by a hair".to_owned(), f64::NAN, f64::NAN, f64::NAN)
        }
    };
    Ok(conflict(problem)?.unwrap_or(AllocationError::Unsolved {
        method,
        status,
        primal_residual: primal,
        dual_residual: dual,
        gap,
    }))
}
