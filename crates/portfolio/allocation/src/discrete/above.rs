//! Planes below a risk, as rows of the linear program.
//!
//! In: a plane in the units of weights and returns. Out: a row for the variable above the risk, and the
//! tangent for the one above its square. Knows no names and no lots.

use microlp::{ComparisonOp, Problem, Variable};

use super::question::Question;
use super::relaxation::sum;
use crate::epigraph::{Plane, RiskTerm, dot};

/// Planes this near to each other, in parts of their slopes, are one.
const SAME: f64 = 1e-10;

/// A variable above a risk, in its own unit, and one above its square if that is priced.
pub(super) struct Above<'q> {
    pub term: &'q RiskTerm<'q>,
    unit: f64,
    root: Variable,
    square: Option<Variable>,
    planes: Vec<Plane>,
}

impl<'q> Above<'q> {
    /// No planes yet.
    pub(super) fn new(
        term: &'q RiskTerm<'q>,
        unit: f64,
        root: Variable,
        square: Option<Variable>,
    ) -> Self {
        Self { term, unit, root, square, planes: Vec::new() }
    }

    /// Adds a plane below the risk, and its tangent to the square at `weights`; whether it is new.
    pub(super) fn add(
        &mut self,
        program: &mut Problem,
        weights: &[Variable],
        plane: Plane,
        at: &[f64],
    ) -> bool {
        let near = |known: &Plane| {
            let apart = known.gradient.iter().zip(&plane.gradient);
            apart
                .fold((known.constant - plane.constant).abs(), |max, (a, b)| max.max((a - b).abs()))
                <= SAME * self.unit
        };
        if self.planes.iter().any(near) {
            return false;
        }
        let slopes: Vec<f64> = plane.gradient.iter().map(|g| g / self.unit).collect();
        let constant = plane.constant / self.unit;
        // `variable − factor · slopes · w >= limit`.
        let mut row = |variable: Variable, factor: f64, limit: f64| {
            let slopes = slopes.iter().map(|slope| -factor * slope);
            let mut terms = sum(weights.iter().copied().zip(slopes).filter(|(_, a)| *a != 0.0));
            terms.add(variable, 1.0);
            program.add_constraint(terms, ComparisonOp::Ge, limit);
        };
        row(self.root, 1.0, constant);
        if let Some(square) = self.square {
            let height = dot(&slopes, at) + constant;
            if height > 0.0 {
                row(square, 2.0 * height, 2.0 * height * constant - height * height);
            }
        }
        self.planes.push(plane);
        true
    }
}

/// The size of a risk: the largest slope of a plane.
pub(super) fn unit(term: &RiskTerm<'_>, around: &[f64]) -> f64 {
    let slopes = term.plane(around).map(|(_, plane)| plane.gradient).unwrap_or_default();
    match slopes.iter().fold(0.0_f64, |max, g| max.max(g.abs())) {
        size if size > 0.0 => size,
        _ => 1.0,
    }
}

/// The size of the objective.
pub(super) fn scale(
    question: &Question<'_>,
    units: &[f64],
    squares: &[(usize, f64)],
    variance: f64,
) -> f64 {
    let n = question.bounds.len();
    let priced = question.epigraphs.iter().map(|e| question.linear[e.column] * units[e.column]);
    let squared = squares.iter().map(|(column, price)| price * units[*column] * units[*column]);
    let risks = variance + priced.chain(squared).sum::<f64>();
    let slopes = question.linear[..n].iter().fold(0.0_f64, |max, slope| max.max(slope.abs()));
    match (risks > 0.0, slopes > 0.0) {
        (true, _) => risks,
        (false, true) => slopes,
        (false, false) => 1.0,
    }
}
