//! Views on conditional values at risk.
//!
//! In come linear constraints and tail views; out come probabilities. For any level `η`, the number
//! `η + E[(loss − η)⁺]/tail` is at least the CVaR, and equal to it where `η` is the value at risk
//! (Rockafellar and Uryasev 2002). So "at least `c`" is that linear constraint for every level, and
//! those that matter are found one by one; "at most `c`" is that constraint for some level, and the
//! level follows the quantile until it stays. A view that is an equality is whichever binds.

use super::dual::{Constraint, project};
use super::feature::{series, turned_if, wrong};
use super::opinion::relative_entropy;
use super::{Relation, Statistic, View};
use crate::{Returns, RiskError, RiskMeasure};

/// Rounds of new levels; each is a scenario's loss, so that there are finitely many.
const MAX_ROUNDS: usize = 500;
/// Levels that are tried for an upper bound, before the quantile is followed.
const LEVELS: u8 = 16;
/// How far a CVaR may miss, as a share of the range of losses.
const TOLERANCE: f64 = 1e-10;

/// One view on a CVaR.
pub(super) struct TailView {
    at: usize,
    returns: Vec<f64>,
    tail: f64,
    value: f64,
    relation: Relation,
    /// For an equality: the side that binds.
    side: Option<Relation>,
    levels: Vec<f64>,
}

impl TailView {
    /// The view, if it is one on a CVaR.
    pub(super) fn new(
        view: &View,
        at: usize,
        right: f64,
        returns: &Returns,
    ) -> Result<Option<Self>, RiskError> {
        let [(coefficient, Statistic::ConditionalValueAtRisk { of, tail })] = view.terms.as_slice()
        else {
            return Ok(None);
        };
        let found = Self {
            at,
            returns: series(view, of, returns)?,
            tail: *tail,
            value: right / coefficient,
            relation: turned_if(view.relation, *coefficient < 0.0),
            side: None,
            levels: Vec::new(),
        };
        let losses = || found.returns.iter().map(|r| -r);
        let high = losses().fold(f64::NEG_INFINITY, f64::max);
        let low = losses().fold(f64::INFINITY, f64::min);
        let reached = match found.relation {
            Relation::AtLeast => found.value < high,
            Relation::AtMost => found.value > low,
            Relation::Equal => found.value < high && found.value > low,
        };
        if !reached {
            let reach = format!("these scenarios reach from {low:.6} to {high:.6}");
            return Err(wrong(view, format!("cannot hold: {reach}, and not to either end")));
        }
        Ok(Some(found))
    }

    fn measure(&self, of: fn(f64) -> RiskMeasure, mass: &[f64]) -> f64 {
        let found = of(self.tail).of_weighted(&self.returns, mass);
        found.expect("the probabilities are a solution and the tail was checked")
    }

    fn cvar(&self, mass: &[f64]) -> f64 {
        self.measure(|tail| RiskMeasure::ConditionalValueAtRisk { tail }, mass)
    }

    fn slack(&self) -> f64 {
        let size = self.returns.iter().fold(0.0, |max: f64, r| max.max(r.abs()));
        TOLERANCE * size
    }

    /// The side that is to be imposed: for an equality, the one that `mass` lacks.
    fn side(&mut self, mass: &[f64]) -> Relation {
        let missing = self.value - self.cvar(mass);
        match self.relation {
            Relation::Equal => {
                let binds = if missing > 0.0 { Relation::AtLeast } else { Relation::AtMost };
                *self.side.get_or_insert(binds)
            }
            side => side,
        }
    }

    /// Adds or moves a level for what the view lacks under `mass`. Whether anything changed.
    fn cut(&mut self, mass: &[f64], problem: &Problem<'_>) -> Result<bool, Guilty> {
        let missing = self.value - self.cvar(mass);
        let level = self.measure(|tail| RiskMeasure::ValueAtRisk { tail }, mass);
        match (self.side(mass), self.levels.first()) {
            (Relation::AtLeast, _) => {
                let new = missing > self.slack() && !self.levels.contains(&level);
                if new {
                    self.levels.push(level);
                }
                Ok(new)
            }
            (_, None) if -missing > self.slack() => {
                self.levels = vec![self.search(level, mass, problem)?];
                Ok(true)
            }
            // Where the old level is still a best one, levels may tie.
            (_, Some(old)) if *old != level && missing > self.slack() => {
                self.levels = vec![level];
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// A first level for an upper bound: of some below the bound, that which moves the prior least.
    fn search(&self, level: f64, mass: &[f64], problem: &Problem<'_>) -> Result<f64, Guilty> {
        let mean = -crate::matrix::dot(&self.returns, mass);
        let low = mean.min(self.value - self.slack());
        let step = |k| self.value - (self.value - low) * f64::from(k) / f64::from(LEVELS);
        let mut best: Result<(f64, f64), Guilty> = Err(vec![Some(self.at)]);
        for level in (1..=LEVELS).map(step).chain((level < self.value).then_some(level)) {
            match (problem.solve(self.constraint(Relation::AtMost, level)), &best) {
                (Ok(moved), Ok((least, _))) if moved >= *least => {}
                (Ok(moved), _) => best = Ok((moved, level)),
                (Err(guilty), Err(_)) => best = Err(guilty),
                (Err(_), Ok(_)) => {}
            }
        }
        best.map(|(_, level)| level)
    }

    /// Turns an equality to its other side, if the one that was taken does not bind.
    fn turn(&mut self, mass: &[f64]) -> bool {
        let missing = self.value - self.cvar(mass);
        let wrong = match self.side {
            Some(Relation::AtLeast) => -missing > self.slack() * 10.0,
            Some(Relation::AtMost) => missing > self.slack() * 10.0,
            _ => false,
        };
        if wrong {
            self.side = None;
            self.levels.clear();
        }
        wrong
    }

    fn constraints(&self) -> impl Iterator<Item = Constraint> {
        let side = self.side.unwrap_or(self.relation);
        self.levels.iter().map(move |level| self.constraint(side, *level))
    }

    fn constraint(&self, side: Relation, level: f64) -> Constraint {
        let sign = if side == Relation::AtLeast { -1.0 } else { 1.0 };
        let excess = |r: &f64| sign * (level + (-r - level).max(0.0) / self.tail);
        Constraint {
            feature: self.returns.iter().map(excess).collect(),
            bound: sign * self.value,
            equality: false,
            view: Some(self.at),
        }
    }
}

/// Views that cannot hold together; `None` is a moment that is held.
type Guilty = Vec<Option<usize>>;

/// A prior and the constraints on it.
struct Problem<'a> {
    prior: &'a [f64],
    constraints: Vec<Constraint>,
}

impl Problem<'_> {
    fn mass(&self, constraints: &[Constraint]) -> Result<Vec<f64>, Guilty> {
        project(self.prior, constraints)
            .map_err(|guilty| guilty.into_iter().map(|at| constraints[at].view).collect())
    }

    /// How far the prior moves with one more constraint.
    fn solve(&self, further: Constraint) -> Result<f64, Guilty> {
        let all: Vec<Constraint> =
            self.constraints.iter().cloned().chain(std::iter::once(further)).collect();
        self.mass(&all).map(|mass| relative_entropy(&mass, self.prior))
    }
}

/// The probabilities, or the views among the constraints that cannot hold together.
pub(super) fn solve_with_tails(
    prior: &[f64],
    linear: &[Constraint],
    tails: &mut [TailView],
) -> Result<Vec<f64>, Guilty> {
    let mut turns = 2 * tails.len();
    for _ in 0..MAX_ROUNDS {
        let cuts = tails.iter().flat_map(TailView::constraints);
        let mut problem =
            Problem { prior, constraints: linear.iter().cloned().chain(cuts).collect() };
        let mass = problem.mass(&problem.constraints)?;
        let mut changed = false;
        for tail in tails.iter_mut() {
            let before = tail.levels.len();
            changed |= tail.cut(&mass, &problem)?;
            // A level that was searched for is one that the next search has to live with.
            if tail.levels.len() > before {
                problem.constraints.extend(tail.constraints().skip(before));
            }
        }
        if changed {
            continue;
        }
        let turned = tails.iter_mut().filter_map(|tail| tail.turn(&mass).then_some(())).count();
        if turned == 0 {
            return Ok(mass);
        }
        if turns == 0 {
            break;
        }
        turns -= 1;
    }
    Err(tails.iter().map(|tail| Some(tail.at)).collect())
}
