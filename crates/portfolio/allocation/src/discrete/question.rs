//! One question with integers, and the search for its answer.
//!
//! In: an aim, rows and counts. Out: the best weights found, and a bound that none can beat. The
//! [relaxation](super::relaxation) proposes names; a convex program finds the best weights for them;
//! tangents and planes at both, and the planes that the program ended with, tell the relaxation where
//! it was too hopeful.

use types::{Status, Target};

use super::aim::{Aim, Kind};
use super::relaxation::{Proposal, Relaxation};
use super::{Counts, Discrete, not_discrete};
use crate::certificate::{cleaned, solved};
use crate::conflict::refuse;
use crate::cutting::{self, WarmStart};
use crate::epigraph::Epigraph;
use crate::region::{Label, Region, Row};
use crate::solver::{Outcome, Program, Quadratic, Residuals, Solution};
use crate::utility::fees;
use crate::{AllocationError, Problem};

/// Rounds before the answer is given with the gap it has.
const ROUNDS: u32 = 200;

/// How far a lot may break a limit of risk, in parts of the limit.
const BROKEN: f64 = 1e-9;

pub(super) struct Question<'a> {
    pub problem: &'a Problem<'a>,
    pub method: &'static str,
    pub aim: Aim<'a>,
    /// What a unit of each column costs.
    pub linear: Vec<f64>,
    /// What is left of the linear costs if every column is nought.
    pub constant: f64,
    pub rows: Vec<Row>,
    pub bounds: Vec<(f64, f64)>,
    /// Those of the sentences, then those of the aim.
    pub epigraphs: Vec<Epigraph<'a>>,
    previous: Vec<f64>,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        method: &'static str,
        aim: Aim<'a>,
        mut region: Region<'a>,
        bounds: Vec<(f64, f64)>,
    ) -> Self {
        let mut constant = aim.constant;
        let mut priced: Vec<(usize, f64)> = Vec::new();
        if let Some(costs) = &aim.costs {
            if costs.linear.iter().any(|rate| *rate > 0.0) {
                for (trade, rate) in region.trades().iter().zip(&costs.linear) {
                    priced.push((trade.column, rate * trade.slope));
                    constant += rate * trade.constant;
                }
            }
            priced.extend(fees(costs, &mut region));
        }
        for risk in &aim.risks {
            let column = region.epigraph(risk.term.clone());
            priced.push((column, if risk.squared { 0.0 } else { risk.price }));
        }
        let mut linear = aim.slopes.clone();
        linear.resize(region.columns, 0.0);
        priced.into_iter().for_each(|(column, price)| linear[column] += price);
        Self {
            problem: region.problem,
            method,
            aim,
            linear,
            constant,
            rows: region.rows,
            bounds,
            epigraphs: region.epigraphs,
            previous: region.previous,
        }
    }

    /// The columns whose squares are priced, with the prices.
    pub(super) fn squares(&self) -> Vec<(usize, f64)> {
        let own = &self.epigraphs[self.epigraphs.len() - self.aim.risks.len()..];
        let squared = own.iter().zip(&self.aim.risks).filter(|(_, risk)| risk.squared);
        squared.map(|(epigraph, risk)| (epigraph.column, risk.price)).collect()
    }

    /// The best weights for what `discrete` and `counts` ask.
    pub(super) fn answer(
        &self,
        discrete: &Discrete,
        counts: &Counts,
    ) -> Result<Target, AllocationError> {
        let mut warm = WarmStart::default();
        // A conflict of the sentences alone is told in their own words.
        let relaxed = match self.solve(&vec![true; self.bounds.len()], None, &mut warm)? {
            Some(weights) => weights,
            None => return Err(refuse(self.problem, self.method, Outcome::Infeasible)?),
        };
        let mut relaxation = Relaxation::new(self, discrete, counts, &relaxed);
        relaxation.touch(&relaxed);
        relaxation.learn(&warm);
        let (value, weights, bound, rounds) = self.search(discrete, relaxation, &mut warm)?;
        Ok(self.target(discrete, (value, weights), bound, rounds))
    }

    fn search(
        &self,
        discrete: &Discrete,
        mut relaxation: Relaxation<'_>,
        warm: &mut WarmStart,
    ) -> Result<(f64, Vec<f64>, f64, u32), AllocationError> {
        let mut best: Option<(f64, Vec<f64>)> = None;
        let mut bound = f64::NEG_INFINITY;
        let mut rounds = 0;
        while rounds < ROUNDS {
            rounds += 1;
            let known = best.as_ref().map(|(_, weights)| weights.as_slice());
            let proposal = match relaxation.propose(known) {
                Ok(proposal) => proposal,
                // What is known is an answer, with the gap it has.
                Err(_) if best.is_some() => break,
                Err(error) => return Err(error),
            };
            bound = bound.max(proposal.bound);
            let mut learnt = relaxation.touch(&proposal.weights);
            if let Some(weights) = self.best_of(discrete, &proposal, warm)? {
                learnt |= relaxation.touch(&weights);
                learnt |= relaxation.learn(warm);
                let value = self.value(&weights);
                if best.as_ref().is_none_or(|(known, _)| value < *known) {
                    best = Some((value, weights));
                }
            }
            let known = best.as_ref().map_or(f64::INFINITY, |(known, _)| *known);
            if known - bound <= discrete.gap * known.abs() || !learnt {
                break;
            }
        }
        let (value, weights) = best.ok_or_else(|| {
            not_discrete(
                "no names were found that keep the sentences about risk: relax one of them"
                    .to_owned(),
            )
        })?;
        Ok((value, weights, bound, rounds))
    }

    /// The best weights for the names of a proposal, if there are any; in lots, the proposal itself.
    fn best_of(
        &self,
        discrete: &Discrete,
        proposal: &Proposal,
        warm: &mut WarmStart,
    ) -> Result<Option<Vec<f64>>, AllocationError> {
        match discrete.lots.is_empty() {
            true => self.solve(&proposal.held, discrete.least_weight, warm),
            false => Ok(Some(proposal.weights.clone()).filter(|weights| self.keeps(weights))),
        }
    }

    fn value(&self, weights: &[f64]) -> f64 {
        self.aim.value(self.problem, &self.previous, weights)
    }

    /// Whether `weights` keep the sentences about risk.
    fn keeps(&self, weights: &[f64]) -> bool {
        let n = weights.len();
        let value = |column: usize| match column < n {
            true => Some(weights[column]),
            false => {
                let own = self.epigraphs.iter().find(|epigraph| epigraph.column == column)?;
                own.risk.value(weights, 1.0)
            }
        };
        let kept = |row: &Row| {
            let parts = row.terms.iter().map(|(column, a)| value(*column).map(|x| a * x));
            // Rows with columns of other kinds are the relaxation's own.
            parts.sum::<Option<f64>>().is_none_or(|sum| sum <= row.limit + BROKEN * row.limit.abs())
        };
        let about_risk = |row: &&Row| row.terms.iter().any(|(column, _)| *column >= n);
        self.rows.iter().filter(about_risk).all(kept)
    }

    /// The best weights with these names and no others, if any keep the sentences.
    fn solve(
        &self,
        held: &[bool],
        least: Option<f64>,
        warm: &mut WarmStart,
    ) -> Result<Option<Vec<f64>>, AllocationError> {
        let n = held.len();
        let mut rows = self.rows.clone();
        let mut push = |asset: usize, slope: f64, equality, limit| {
            let terms = vec![(asset, slope)];
            rows.push(Row { terms, equality, limit, label: Label::Support });
        };
        for (asset, held) in held.iter().enumerate() {
            match (held, least) {
                (false, _) => push(asset, 1.0, true, 0.0),
                (true, Some(least)) => push(asset, -1.0, false, -least),
                (true, None) => {}
            }
        }
        let values = self.problem.moments.covariance.as_slice();
        let factor = self.aim.aversion;
        let program = Program {
            quadratic: (factor > 0.0).then_some(Quadratic { n, values, factor }),
            linear: self.linear.clone(),
            squares: self.squares(),
            rows,
            epigraphs: self.epigraphs.clone(),
            ..Program::default()
        };
        match cutting::solve(&program, warm) {
            Outcome::Solved(solution) => Ok(Some(cleaned(solution.x[..n].to_vec()))),
            Outcome::Infeasible => Ok(None),
            other => Err(refuse(self.problem, self.method, other)?),
        }
    }

    fn target(
        &self,
        discrete: &Discrete,
        (value, weights): (f64, Vec<f64>),
        bound: f64,
        rounds: u32,
    ) -> Target {
        let met = value - bound <= discrete.gap * value.abs();
        let root = |x: f64| x.max(0.0).sqrt();
        let (objective, gap) = match self.aim.kind {
            Kind::Risk => (value, value - bound),
            Kind::Root => (root(value), root(value) - root(bound)),
            Kind::Gain => (-value, value - bound),
        };
        let gap = gap.max(0.0);
        let n = weights.len();
        let on_weights = self.rows.iter().filter(|row| row.terms.iter().all(|(c, _)| *c < n));
        let primal = on_weights.fold(0.0_f64, |worst, row| {
            let over = row.terms.iter().map(|(c, a)| a * weights[*c]).sum::<f64>() - row.limit;
            worst.max(if row.equality { over.abs() } else { over })
        });
        let solution = Solution {
            x: Vec::new(),
            duals: Vec::new(),
            status: match met {
                true => Status::Solved,
                false => Status::AlmostSolved,
            },
            residuals: Residuals { primal, dual: 0.0, gap },
            iterations: rounds,
        };
        solved(self.problem, self.method, weights, objective, &solution, Vec::new())
    }
}
