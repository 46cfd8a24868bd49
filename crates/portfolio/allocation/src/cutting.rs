//! Cutting planes: risk measures of many scenarios without a row for any of them.
//!
//! In: a program with epigraphs. Out: its solution, with a gap between an upper bound (the risk
//! of the weights, summed over all scenarios) and a lower bound (the dual of the master program).
//!
//! The master program knows each risk through planes below it, at first one. Its solution is a
//! point where the planes are too low; the supporting plane there joins them (Künzi-Bay and Mayer,
//! 2006, "Computational aspects of minimizing conditional value-at-risk"; Kelley, 1960). A risk
//! that is a maximum of finitely many planes ends exact. Planes are taken halfway between the
//! master's solution and the best point so far, which needs far fewer of them than its vertices
//! alone (Ben-Ameur and Neto, 2007, "Acceleration of cutting-plane and column generation
//! algorithms"). Planes hold for any objective and constraints: [`Warm`] keeps those that
//! mattered for the next solve over the same scenarios.
//!
//! Cost of a round: assets held × scenarios for the returns, plus the tail × assets for the plane.

use crate::cones::expanded;
use crate::epigraph::{Epigraph, RiskTerm, dot, measured};
use crate::master::{Master, NoVertex};
use crate::measure::ScenarioMeasure;
use crate::region::{Label, Row};
use crate::scenarios::{Columns, Scenarios};
use crate::solver::{Outcome, Program, Residuals, Solution, interior};
use types::Status;

/// A plane is missing where the risk is above the master's by this part of it.
const EXACT: f64 = 1e-10;

/// The same where an interior-point method solves the master.
const NEAR: f64 = 1e-9;

/// Planes kept for the next solve, beyond two for each asset.
const KEPT: usize = 30;

const MAX_ROUNDS: u32 = 5_000;

/// The part of the master's solution in the next point.
const TOWARDS: f64 = 0.5;

/// Planes of earlier solves over the same scenarios.
#[derive(Debug, Clone, Default)]
pub(crate) struct Warm<'a> {
    scenarios: Option<Scenarios<'a>>,
    columns: Option<Columns>,
    planes: Vec<(ScenarioMeasure, Plane)>,
    weights: Vec<f64>,
}

/// `risk >= gradient · weights + constant · unit`.
#[derive(Debug, Clone)]
struct Plane {
    gradient: Vec<f64>,
    constant: f64,
}

impl<'a> Warm<'a> {
    /// Makes ready for `scenarios`: forgets all if they are others.
    fn ready(&mut self, scenarios: Scenarios<'a>) {
        if !self.scenarios.is_some_and(|known| known.same(&scenarios)) {
            *self = Self { scenarios: Some(scenarios), ..Self::default() };
        }
        if self.columns.is_none() {
            self.columns = Some(Columns::new(&scenarios));
        }
    }

    fn returns(&self, weights: &[f64]) -> Vec<f64> {
        self.columns.as_ref().expect("it was made ready").of_portfolio(weights)
    }
}

/// Solves `program` with planes from, and for, `warm`.
pub(crate) fn solve<'a>(program: &Program<'a>, warm: &mut Warm<'a>) -> Outcome {
    let program = expanded(program);
    let Some((_, scenarios)) = program.epigraphs.first().and_then(|e| scenario(e)) else {
        return interior(&program);
    };
    warm.ready(scenarios);
    let linear = program.quadratic.is_none_or(|q| q.factor == 0.0)
        && program.squares.is_empty()
        && program.powers.is_empty()
        && program.cones.is_empty();
    let outcome = Rounds::new(&program, warm, linear).run();
    match outcome {
        // The vertices went astray: the interior-point method is slower and steadier.
        Err(NoVertex::Stalled) if linear => {
            let again = Rounds::new(&program, warm, false).run();
            again.unwrap_or_else(failure)
        }
        other => other.unwrap_or_else(failure),
    }
}

fn failure(why: NoVertex) -> Outcome {
    match why {
        NoVertex::Infeasible => Outcome::Infeasible,
        NoVertex::Unbounded => Outcome::Unbounded,
        NoVertex::Stalled => {
            let unknown = Residuals { primal: f64::NAN, dual: f64::NAN, gap: f64::NAN };
            Outcome::Failed("the cutting planes did not settle".to_owned(), unknown)
        }
    }
}

fn scenario<'a>(epigraph: &Epigraph<'a>) -> Option<(ScenarioMeasure, Scenarios<'a>)> {
    match &epigraph.risk {
        RiskTerm::Scenario(measure, scenarios) => Some((*measure, *scenarios)),
        _ => None,
    }
}

/// A solution of the master program.
struct Outer {
    x: Vec<f64>,
    rows: Vec<f64>,
    cuts: Vec<f64>,
    residuals: Residuals,
    iterations: u32,
}

/// A point whose risk is known.
#[derive(Clone)]
struct Point {
    x: Vec<f64>,
    returns: Vec<f64>,
    /// Objective with the true risks, and by how much they break the rows.
    objective: f64,
    broken: f64,
}

struct Rounds<'r, 'a> {
    program: &'r Program<'a>,
    warm: &'r mut Warm<'a>,
    assets: usize,
    exact: f64,
    master: Option<Master<'r>>,
    /// The cuts as rows, with the epigraph that each is about and its plane.
    cuts: Vec<(usize, Plane, Row)>,
    best: Option<Point>,
    rounds: u32,
}

impl<'r, 'a> Rounds<'r, 'a> {
    fn new(program: &'r Program<'a>, warm: &'r mut Warm<'a>, linear: bool) -> Self {
        let assets = warm.scenarios.expect("it was made ready").returns.cols();
        let mut rounds = Self {
            program,
            warm,
            assets,
            exact: if linear { EXACT } else { NEAR },
            master: None,
            cuts: Vec::new(),
            best: None,
            rounds: 0,
        };
        rounds.start(linear);
        rounds
    }

    /// The first planes: those of earlier solves, and one at the last or at equal weights.
    fn start(&mut self, linear: bool) {
        let weights = match self.warm.weights.len() == self.assets {
            true => self.warm.weights.clone(),
            false => vec![1.0 / self.assets as f64; self.assets],
        };
        let returns = self.warm.returns(&weights);
        let planes = self.supports(&returns, 1.0);
        if linear {
            let mut units = vec![1.0; self.program.linear.len()];
            for (epigraph, (_, plane)) in self.program.epigraphs.iter().zip(&planes) {
                let size = plane.gradient.iter().fold(0.0_f64, |max, g| max.max(g.abs()));
                units[epigraph.column] = if size > 0.0 { size } else { 1.0 };
            }
            self.master = Some(Master::new(self.program, units));
        }
        for (index, (_, plane)) in planes.iter().enumerate() {
            self.add(index, plane);
        }
        for (measure, plane) in self.warm.planes.clone() {
            for index in 0..self.program.epigraphs.len() {
                if scenario(&self.program.epigraphs[index]).is_some_and(|(m, _)| m == measure) {
                    self.add(index, &plane);
                }
            }
        }
    }

    /// The risk of each epigraph and its supporting plane at `returns`.
    fn supports(&self, returns: &[f64], unit: f64) -> Vec<(f64, Plane)> {
        let of = |epigraph: &Epigraph<'a>| {
            let (measure, scenarios) = scenario(epigraph).expect("others were written as cones");
            let found = measured(measure, &scenarios, returns, unit).expect("it is a formula");
            let gradient = scenarios.weighted(&found.scenarios);
            (found.value, Plane { gradient, constant: found.constant })
        };
        self.program.epigraphs.iter().map(of).collect()
    }

    fn add(&mut self, index: usize, plane: &Plane) {
        let epigraph = &self.program.epigraphs[index];
        let mut terms: Vec<(usize, f64)> = plane.gradient.iter().copied().enumerate().collect();
        terms.push((epigraph.column, -1.0));
        let mut limit = 0.0;
        match epigraph.unit {
            Some(unit) if plane.constant != 0.0 => terms.push((unit, plane.constant)),
            _ => limit = -plane.constant,
        }
        let row = Row { terms, equality: false, limit, label: Label::Support };
        if let Some(master) = &mut self.master {
            master.cut(row.clone());
        }
        self.cuts.push((index, plane.clone(), row));
    }

    fn run(mut self) -> Result<Outcome, NoVertex> {
        loop {
            let outer = match self.outer()? {
                Ok(outer) => outer,
                Err(outcome) => return Ok(outcome),
            };
            self.rounds += 1;
            if self.rounds > MAX_ROUNDS {
                return Err(NoVertex::Stalled);
            }
            let returns = self.warm.returns(&outer.x[..self.assets]);
            if self.between(&outer, &returns) {
                continue;
            }
            let (point, planes) = self.point(outer.x.clone(), returns);
            let missing = self.missing(&outer, &planes);
            let lower = self.objective(&outer.x);
            let closed = point.objective - lower <= self.exact * (lower.abs() + self.size());
            if missing.is_empty() || closed && point.broken <= self.exact * self.size() {
                return Ok(self.finish(outer, point));
            }
            for index in missing {
                self.add(index, &planes[index].1);
            }
            self.keep(point);
            if let Some(master) = &mut self.master {
                master.tidy();
            }
        }
    }

    /// A plane between the best point and the master's solution, if it cuts the latter off.
    fn between(&mut self, outer: &Outer, returns: &[f64]) -> bool {
        let Some(best) = &self.best else { return false };
        let mix = |inner: &[f64], outer: &[f64]| -> Vec<f64> {
            inner.iter().zip(outer).map(|(i, o)| i + TOWARDS * (o - i)).collect()
        };
        let (x, returns) = (mix(&best.x, &outer.x), mix(&best.returns, returns));
        let (point, planes) = self.point(x, returns);
        let cutting = self.cutting(outer, &planes);
        for index in &cutting {
            self.add(*index, &planes[*index].1);
        }
        self.keep(point);
        !cutting.is_empty()
    }

    fn unit(&self, index: usize, x: &[f64]) -> f64 {
        self.program.epigraphs[index].unit.map_or(1.0, |column| x[column])
    }

    /// The epigraphs whose plane lies above the master's solution.
    fn cutting(&self, outer: &Outer, planes: &[(f64, Plane)]) -> Vec<usize> {
        let above = |index: &usize| {
            let plane = &planes[*index].1;
            let height = dot(&plane.gradient, &outer.x[..self.assets])
                + plane.constant * self.unit(*index, &outer.x);
            let at = outer.x[self.program.epigraphs[*index].column];
            height - at > self.tolerance(height)
        };
        (0..planes.len()).filter(above).collect()
    }

    fn missing(&self, outer: &Outer, planes: &[(f64, Plane)]) -> Vec<usize> {
        let above = |index: &usize| {
            let at = outer.x[self.program.epigraphs[*index].column];
            planes[*index].0 - at > self.tolerance(planes[*index].0)
        };
        (0..planes.len()).filter(above).collect()
    }

    fn tolerance(&self, risk: f64) -> f64 {
        self.exact * (risk.abs() + 1e-3 * self.size())
    }

    /// The size of the risks: the largest coefficient of the first plane.
    fn size(&self) -> f64 {
        self.cuts[0].1.gradient.iter().fold(0.0_f64, |max, g| max.max(g.abs()))
    }

    /// The point `x` with its epigraph columns at the true risks.
    fn point(&self, mut x: Vec<f64>, returns: Vec<f64>) -> (Point, Vec<(f64, Plane)>) {
        let unit = self.program.epigraphs.iter().find_map(|e| e.unit).map_or(1.0, |u| x[u]);
        let planes = self.supports(&returns, unit);
        for (epigraph, (value, _)) in self.program.epigraphs.iter().zip(&planes) {
            x[epigraph.column] = *value;
        }
        let (objective, broken) = (self.objective(&x), self.broken(&x));
        (Point { x, returns, objective, broken }, planes)
    }

    fn objective(&self, x: &[f64]) -> f64 {
        let program = self.program;
        let squares: f64 = program.squares.iter().map(|(c, f)| f * x[*c] * x[*c]).sum();
        let quadratic = program.quadratic.map_or(0.0, |q| {
            let rows = q.values.chunks(q.n).zip(x);
            q.factor * rows.map(|(row, a)| a * dot(row, &x[..q.n])).sum::<f64>()
        });
        dot(&program.linear, x) + squares + quadratic
    }

    /// The largest violation of a row that bounds a risk.
    fn broken(&self, x: &[f64]) -> f64 {
        let columns = |row: &&Row| {
            self.program.epigraphs.iter().any(|e| row.terms.iter().any(|(c, _)| *c == e.column))
        };
        let over = |row: &Row| row.terms.iter().map(|(c, a)| a * x[*c]).sum::<f64>() - row.limit;
        self.program.rows.iter().filter(columns).map(over).fold(0.0, f64::max)
    }

    /// Keeps the better of two points: the one that breaks less, then the one of lower objective.
    fn keep(&mut self, point: Point) {
        let allowed = self.exact * self.size();
        let better = self.best.as_ref().is_none_or(|best| {
            match (point.broken <= allowed, best.broken <= allowed) {
                (true, true) => point.objective < best.objective,
                (true, false) => true,
                (false, true) => false,
                (false, false) => point.broken < best.broken,
            }
        });
        if better {
            self.best = Some(point);
        }
    }

    /// The master's solution.
    fn outer(&mut self) -> Result<Result<Outer, Outcome>, NoVertex> {
        if let Some(master) = &mut self.master {
            let vertex = master.solve()?;
            let none = Residuals { primal: 0.0, dual: 0.0, gap: 0.0 };
            let iterations = master.pivots();
            let (x, rows, cuts) = (vertex.x, vertex.rows, vertex.cuts);
            return Ok(Ok(Outer { x, rows, cuts, residuals: none, iterations }));
        }
        let mut program = Program { epigraphs: Vec::new(), ..self.program.clone() };
        program.rows.extend(self.cuts.iter().map(|(.., row)| row.clone()));
        Ok(match interior(&program) {
            Outcome::Solved(solution) => {
                let (rows, cuts) = solution.duals.split_at(self.program.rows.len());
                Ok(Outer {
                    rows: rows.to_vec(),
                    cuts: cuts.to_vec(),
                    x: solution.x,
                    residuals: solution.residuals,
                    iterations: solution.iterations,
                })
            }
            other => Err(other),
        })
    }

    /// The evidence, and the planes for the next solve.
    fn finish(mut self, outer: Outer, point: Point) -> Outcome {
        let gap = point.objective - self.objective(&outer.x);
        let mut residuals = outer.residuals;
        residuals.primal = residuals.primal.max(point.broken);
        residuals.gap = residuals.gap.max(0.0) + gap.abs();
        if self.master.is_some() {
            let (dual, value) = self.dual(&outer);
            residuals.dual = dual;
            residuals.primal = residuals.primal.max(self.violation(&point.x));
            residuals.gap = (point.objective - value).abs();
        }
        self.remember(&outer, &point);
        let scale = self.size().max(f64::MIN_POSITIVE);
        let worst = residuals.primal.max(residuals.dual / scale).max(residuals.gap / scale);
        let status = if worst <= 1e-8 { Status::Solved } else { Status::AlmostSolved };
        Outcome::Solved(Solution {
            x: point.x,
            duals: outer.rows,
            status,
            residuals,
            iterations: if self.master.is_some() { self.rounds } else { outer.iterations },
        })
    }

    /// Stationarity of the master program, and its dual objective, from its multipliers alone.
    fn dual(&self, outer: &Outer) -> (f64, f64) {
        let mut slopes = self.program.linear.clone();
        let mut value = 0.0;
        let rows = self.program.rows.iter().zip(&outer.rows);
        let cuts = self.cuts.iter().map(|(.., row)| row).zip(&outer.cuts);
        for (row, multiplier) in rows.chain(cuts).filter(|(_, z)| **z != 0.0) {
            for (column, a) in &row.terms {
                slopes[*column] += multiplier * a;
            }
            value -= multiplier * row.limit;
        }
        (slopes.iter().fold(0.0_f64, |max, s| max.max(s.abs())), value)
    }

    fn violation(&self, x: &[f64]) -> f64 {
        let over = |row: &Row| {
            let value = row.terms.iter().map(|(c, a)| a * x[*c]).sum::<f64>() - row.limit;
            if row.equality { value.abs() } else { value }
        };
        self.program.rows.iter().map(over).fold(0.0, f64::max)
    }

    /// Keeps the planes that were tight, and then the latest, for the next solve.
    fn remember(&mut self, outer: &Outer, point: &Point) {
        let most = 2 * self.assets + KEPT;
        let mut order: Vec<usize> = (0..self.cuts.len()).rev().collect();
        order.sort_by_key(|cut| outer.cuts[*cut] <= 0.0);
        order.truncate(most);
        order.sort_unstable();
        self.warm.planes.clear();
        for cut in order {
            let (index, plane, _) = &self.cuts[cut];
            let (measure, _) = scenario(&self.program.epigraphs[*index]).expect("it has a cut");
            self.warm.planes.push((measure, plane.clone()));
        }
        let unit = self.program.epigraphs.iter().find_map(|e| e.unit).map_or(1.0, |u| point.x[u]);
        let unit = if unit > 0.0 { unit } else { 1.0 };
        self.warm.weights = point.x[..self.assets].iter().map(|w| w / unit).collect();
    }
}
