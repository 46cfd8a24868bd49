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
//! algorithms"). Planes hold for any objective and constraints: [`WarmStart`] keeps those that
//! mattered for the next solve over the same scenarios.
//!
//! A measure that is smooth, such as the semi-deviation, has infinitely many planes and ends near:
//! with many scenarios that is far cheaper than a cone for each of them.
//!
//! Cost of a round: assets held × scenarios for the returns, plus the tail × assets for the plane.

use crate::cones::{expanded, typical};
use crate::epigraph::{Epigraph, Plane, RiskTerm, dot, supported, touching};
use crate::master::{Master, NoVertex};
use crate::measure::ScenarioMeasure;
use crate::oracle::tail_of;
use crate::region::{Label, Row};
use crate::scenarios::{Columns, Scenarios};
use crate::separable::Start;
use crate::solver::{Outcome, Program, Residuals, Solution, interior};
use crate::tail::Tail;
use types::Status;

/// A plane is missing where the risk is above the master's by this part of it.
const EXACT: f64 = 1e-10;

/// The same where a measure has infinitely many planes.
const SMOOTH: f64 = 3e-9;

/// Scenarios beyond which planes write every measure of them; a plane of a relativistic one takes
/// longer to find.
const MANY: usize = 600;
const VERY_MANY: usize = 3_000;

/// The same where an interior-point method solves the master.
const NEAR: f64 = 3e-8;

/// Planes kept for the next solve, beyond one for each asset.
const KEPT: usize = 5;

/// Rounds of whole planes before tails are opened up: these, and one for so many assets.
const COARSE: u32 = 30;
const ASSETS: u32 = 40;

/// The gap, in parts of the size of the risk, at which a failing master is left alone.
const SALVAGED: f64 = 1e-6;

/// The boxes around an unbounded interior master.
const SMALLEST: f64 = 10.0;
const LARGEST: f64 = 1e4;

const MAX_ROUNDS: u32 = 5_000;

/// Rounds of an interior master after which less exactness will do.
const PATIENCE: u32 = 300;

/// The part of the master's solution in the next point.
const TOWARDS: f64 = 0.5;

/// What earlier solves found out about scenarios, for the next solve over the same ones.
///
/// It knows scenarios by a fingerprint of their numbers: over others it keeps the last weights as
/// a first point and forgets the rest.
#[derive(Debug, Clone, Default)]
pub struct WarmStart {
    fingerprint: Option<u64>,
    columns: Option<Columns>,
    planes: Vec<(ScenarioMeasure, Plane)>,
    weights: Vec<f64>,
    assets: usize,
    /// A return too small to matter: a thousandth of the mean absolute one.
    small: f64,
    /// Where the newest mean-variance solve ended.
    start: Option<Start>,
}

impl WarmStart {
    /// Makes ready for `scenarios`.
    fn ready(&mut self, scenarios: &Scenarios<'_>) {
        let fingerprint = Some(scenarios.fingerprint());
        if self.fingerprint != fingerprint {
            *self = Self {
                fingerprint,
                columns: Some(Columns::new(scenarios)),
                planes: Vec::new(),
                weights: std::mem::take(&mut self.weights),
                assets: scenarios.returns.cols(),
                small: 1e-3 * typical(scenarios),
                start: self.start.take(),
            };
        }
    }

    /// Where the newest mean-variance solve ended, of any moments and holdings.
    pub(crate) fn start(&mut self) -> &mut Option<Start> {
        &mut self.start
    }

    /// The planes below `measure` that the newest solve left.
    pub(crate) fn planes_of(&self, measure: ScenarioMeasure) -> impl Iterator<Item = &Plane> {
        self.planes.iter().filter(move |(known, _)| *known == measure).map(|(_, plane)| plane)
    }

    /// The weights that the newest solve ended with.
    pub(crate) fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn returns(&self, weights: &[f64]) -> Vec<f64> {
        self.columns.as_ref().expect("it was made ready").of_portfolio(weights)
    }
}

/// Solves `program` with planes from, and for, `warm`.
pub(crate) fn solve<'a>(program: &Program<'a>, warm: &mut WarmStart) -> Outcome {
    let scenarios = program.epigraphs.iter().filter(|e| by_planes(&e.risk)).find_map(scenario);
    let cut = expanded(program, by_planes);
    let Some((_, scenarios)) = scenarios else { return interior(&cut) };
    warm.ready(&scenarios);
    let outcome = rounds(&cut, warm);
    // Planes that cannot close the gap: cones may, if there are not too many.
    let open = match &outcome {
        Outcome::Solved(solution) => solution.status != Status::Solved,
        Outcome::Failed(..) => true,
        Outcome::Infeasible | Outcome::Unbounded => false,
    };
    let smooth = cut.epigraphs.iter().any(|epigraph| !epigraph.risk.polyhedral());
    if smooth && open && scenarios.count() <= VERY_MANY {
        let exact = solve_polyhedral(program, warm);
        return if matches!(exact, Outcome::Failed(..)) { outcome } else { exact };
    }
    // An interior-point method may fail on a few planes beside a cone: planes for the cone too.
    let distance = |risk: &RiskTerm<'a>| matches!(risk, RiskTerm::Distance { .. });
    if matches!(outcome, Outcome::Failed(..)) && !cut.cones.is_empty() {
        let flat = expanded(program, |risk| by_planes(risk) || distance(risk));
        if vertices(&flat) {
            return rounds(&flat, warm);
        }
    }
    outcome
}

/// Planes for what is a maximum of them, cones for all else.
fn solve_polyhedral<'a>(program: &Program<'a>, warm: &mut WarmStart) -> Outcome {
    let cut = expanded(program, RiskTerm::polyhedral);
    match cut.epigraphs.is_empty() {
        true => interior(&cut),
        false => rounds(&cut, warm),
    }
}

/// Whether planes and not cones write a risk: where it is a maximum of planes, and where there are so
/// many scenarios that a cone for each is slow and less exact.
fn by_planes(risk: &RiskTerm<'_>) -> bool {
    match risk {
        // Its cone is as small as the covariance.
        RiskTerm::Scenario(ScenarioMeasure::StandardDeviation, _) => false,
        RiskTerm::Scenario(measure, scenarios) => {
            let many = if measure.relativistic() { VERY_MANY } else { MANY };
            risk.polyhedral() || scenarios.count() > many
        }
        _ => false,
    }
}

/// Whether the master program is linear.
fn vertices(program: &Program<'_>) -> bool {
    program.quadratic.is_none_or(|q| q.factor == 0.0)
        && program.squares.is_empty()
        && program.powers.is_empty()
        && program.cones.is_empty()
}

fn rounds<'a>(program: &Program<'a>, warm: &mut WarmStart) -> Outcome {
    let linear = vertices(program);
    match Rounds::new(program, warm, linear).run() {
        // The vertices went astray: the interior-point method is slower and steadier.
        Err(NoVertex::Stalled) if linear => {
            Rounds::new(program, warm, false).run().unwrap_or_else(failure)
        }
        other => other.unwrap_or_else(failure),
    }
}

/// How exact the rounds are to be.
fn accuracy(program: &Program<'_>, linear: bool) -> f64 {
    match (linear, program.epigraphs.iter().all(|e| e.risk.polyhedral())) {
        (true, true) => EXACT,
        (true, false) => SMOOTH,
        (false, _) => NEAR,
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
    warm: &'r mut WarmStart,
    assets: usize,
    exact: f64,
    master: Option<Master<'r>>,
    /// The cuts as rows, with the epigraph that each is about and its plane.
    cuts: Vec<(usize, Plane, Row)>,
    /// The number of each among the master's cuts.
    numbers: Vec<usize>,
    best: Option<Point>,
    /// The refinement of each epigraph, once there are some.
    tails: Vec<Tail<'a>>,
    polished: bool,
    /// The point at which the planes ended, before the vertex was polished.
    ended: Option<Point>,
    /// The last solution of the master.
    last: Option<Outer>,
    /// How large weights may be where planes do not bound an interior master.
    boxed: Option<f64>,
    rounds: u32,
}

impl<'r, 'a> Rounds<'r, 'a> {
    fn new(program: &'r Program<'a>, warm: &'r mut WarmStart, linear: bool) -> Self {
        let assets = warm.assets;
        let mut rounds = Self {
            program,
            warm,
            assets,
            exact: accuracy(program, linear),
            master: None,
            cuts: Vec::new(),
            numbers: Vec::new(),
            best: None,
            tails: Vec::new(),
            polished: false,
            ended: None,
            last: None,
            boxed: None,
            rounds: 0,
        };
        rounds.start(linear);
        rounds
    }

    /// The first planes: those of earlier solves, and one at the last or at equal weights.
    fn start(&mut self, linear: bool) {
        let known = self.warm.planes.clone();
        let has = |e: &Epigraph<'a>| {
            let measure = scenario(e).map(|(measure, _)| measure);
            known.iter().any(|(m, _)| Some(*m) == measure)
        };
        let mut first = Vec::new();
        if !self.program.epigraphs.iter().all(has) {
            let weights = match self.warm.weights.len() == self.assets {
                true => self.warm.weights.clone(),
                false => vec![1.0 / self.assets as f64; self.assets],
            };
            let planes = self.supports(&weights, &self.warm.returns(&weights), 1.0).into_iter();
            first.extend(planes.enumerate().map(|(index, (_, plane))| (index, plane)));
        }
        for (index, epigraph) in self.program.epigraphs.iter().enumerate() {
            let measure = scenario(epigraph).map(|(measure, _)| measure);
            let own = known.iter().filter(|(m, _)| Some(*m) == measure);
            first.extend(own.map(|(_, plane)| (index, plane.clone())));
        }
        if linear {
            let mut units = vec![1.0; self.program.linear.len()];
            for (index, plane) in &first {
                let gradient = plane.gradient.iter();
                let size = gradient.fold(self.warm.small, |max, g| max.max(g.abs()));
                units[self.program.epigraphs[*index].column] = size;
            }
            self.master = Some(Master::new(self.program, units));
        }
        for (index, plane) in &first {
            self.add(*index, plane);
        }
        if !known.is_empty() && self.warm.weights.len() == self.assets && self.refinable() {
            let around = self.warm.returns(&self.warm.weights);
            self.refine(&around);
        }
    }

    /// The risk of each epigraph and its supporting plane at `weights`, which have `returns`.
    fn supports(&self, weights: &[f64], returns: &[f64], unit: f64) -> Vec<(f64, Plane)> {
        let of = |epigraph: &Epigraph<'a>| match &epigraph.risk {
            RiskTerm::Scenario(measure, scenarios) => {
                let found = supported(*measure, scenarios, returns, unit);
                let found = found.expect("every measure of scenarios has a support");
                let gradient = scenarios.weighted(&found.scenarios);
                (found.value, Plane { gradient, constant: found.constant })
            }
            RiskTerm::Distance { root, from } => touching(root, from, weights, unit),
            other => unreachable!("{other:?} was written as rows or cones"),
        };
        self.program.epigraphs.iter().map(of).collect()
    }

    /// Adds a plane, unless an interior master has it already; whether it was new.
    fn add(&mut self, index: usize, plane: &Plane) -> bool {
        let same = |(at, known, _): &(usize, Plane, Row)| *at == index && known == plane;
        if self.master.is_none() && self.cuts.iter().any(same) {
            return false;
        }
        let epigraph = &self.program.epigraphs[index];
        let mut terms: Vec<(usize, f64)> = plane.gradient.iter().copied().enumerate().collect();
        terms.push((epigraph.column, -1.0));
        let mut limit = 0.0;
        match epigraph.unit {
            Some(unit) if plane.constant != 0.0 => terms.push((unit, plane.constant)),
            _ => limit = -plane.constant,
        }
        let row = Row { terms, equality: false, limit, label: Label::Support };
        let number = match &mut self.master {
            Some(master) => master.cut(row.clone()),
            None => self.cuts.len(),
        };
        self.numbers.push(number);
        self.cuts.push((index, plane.clone(), row));
        true
    }

    fn run(mut self) -> Result<Outcome, NoVertex> {
        loop {
            let outer = match self.outer()? {
                Ok(outer) => outer,
                Err(outcome) => return Ok(self.salvaged(outcome)),
            };
            self.rounds += 1;
            if self.rounds > MAX_ROUNDS {
                return Err(NoVertex::Stalled);
            }
            if self.master.is_none() && self.rounds.is_multiple_of(PATIENCE) {
                // So many planes are nearly parallel, and the solver cannot tell them apart.
                self.exact = (3.0 * self.exact).min(SALVAGED);
            }
            if let Some(point) = self.unmoved(&outer) {
                return Ok(self.finish(outer, point));
            }
            let returns = self.warm.returns(&outer.x[..self.assets]);
            let coarse = COARSE + self.assets as u32 / ASSETS;
            if self.tails.is_empty() && self.rounds == coarse && self.refinable() {
                let around = self.best.as_ref().map_or(returns, |best| best.returns.clone());
                self.refine(&around);
                continue;
            }
            if self.tails.is_empty() && self.between(&outer, &returns) {
                continue;
            }
            let (point, planes) =
                self.point(outer.x[..self.program.linear.len()].to_vec(), returns);
            let missing = self.missing(&outer, &planes);
            let lower = self.objective(&outer.x);
            let closed = point.objective - lower <= self.exact * (lower.abs() + self.size());
            if missing.is_empty() || closed && point.broken <= self.exact * self.size() {
                if !self.grow(&outer)? {
                    if self.settled()? {
                        return Ok(self.finish(outer, point));
                    }
                    self.ended = Some(point);
                }
                continue;
            }
            self.polished = false;
            let mut learnt = false;
            for index in missing {
                let hinged = !self.tails.is_empty() && self.hinge(index, &outer, &point.returns);
                learnt |= hinged || self.add(index, &planes[index].1);
            }
            if !learnt {
                // All is known and the difference is the solver's own.
                return Ok(self.finish(outer, point));
            }
            self.keep(point);
            self.last = Some(outer);
            if let Some(master) = &mut self.master {
                master.tidy();
            }
        }
    }

    /// The point at which the planes ended, if the polished vertex is the same.
    fn unmoved(&mut self, outer: &Outer) -> Option<Point> {
        let point = self.ended.take()?;
        let mut own = outer.x[..self.assets].iter().zip(&point.x);
        own.all(|(a, b)| (a - b).abs() <= 1e-12).then_some(point)
    }

    /// The best point so far if a master of many planes failed and the gap was small before.
    fn salvaged(mut self, outcome: Outcome) -> Outcome {
        if !matches!(outcome, Outcome::Failed(..)) {
            return outcome;
        }
        match (self.last.take(), self.best.take()) {
            (Some(outer), Some(point)) if self.ends(&outer, &point) => self.finish(outer, point),
            _ => outcome,
        }
    }

    fn ends(&self, outer: &Outer, point: &Point) -> bool {
        let allowed = SALVAGED * self.size();
        let gap = point.objective - self.objective(&outer.x[..self.program.linear.len()]);
        gap <= allowed && point.broken <= allowed
    }

    /// Looks beyond the box if the box holds the solution; whether it did.
    fn grow(&mut self, outer: &Outer) -> Result<bool, NoVertex> {
        let (held, grown) = match (&mut self.master, self.boxed) {
            (Some(master), _) => {
                let held = master.at_the_box();
                (held, held && master.grow())
            }
            (None, None) => (false, false),
            (None, Some(size)) => {
                let held = outer.x[..self.assets].iter().any(|w| w.abs() > 0.99 * size);
                self.boxed = Some(100.0 * size);
                (held, size < LARGEST)
            }
        };
        match (held, grown) {
            (true, false) => Err(NoVertex::Unbounded),
            (held, _) => Ok(held),
        }
    }

    /// Whether the last vertex is free of rounding; if not, it is computed afresh.
    fn settled(&mut self) -> Result<bool, NoVertex> {
        let Some(master) = &mut self.master else { return Ok(true) };
        if std::mem::replace(&mut self.polished, true) {
            return Ok(true);
        }
        master.polish()?;
        Ok(false)
    }

    /// Whether every epigraph is a mean of losses in a tail, and vertices solve the master.
    fn refinable(&self) -> bool {
        let tail = |epigraph: &Epigraph<'a>| {
            let measure = scenario(epigraph).map(|(measure, _)| measure);
            matches!(measure, Some(ScenarioMeasure::ConditionalValueAtRisk(_)))
        };
        self.master.is_some() && self.program.epigraphs.iter().all(tail)
    }

    /// Opens up the plane of each epigraph at the returns of a good point: see [`Tail`].
    fn refine(&mut self, returns: &[f64]) {
        for index in 0..self.program.epigraphs.len() {
            let epigraph = &self.program.epigraphs[index];
            let master = self.master.as_mut().expect("it was asked for");
            let (measure, scenarios) = scenario(epigraph).expect("it was asked for");
            let ScenarioMeasure::ConditionalValueAtRisk(level) = measure else { continue };
            let tail = Tail::open(master, epigraph.column, scenarios, tail_of(level), returns);
            self.tails.push(tail);
        }
    }

    /// Tells the master of scenarios that it has on the wrong side of the tail's border; whether
    /// there were any.
    fn hinge(&mut self, index: usize, outer: &Outer, returns: &[f64]) -> bool {
        let master = self.master.as_mut().expect("there are tails");
        self.tails[index].correct(master, &outer.x, returns)
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
        self.cuts[0].1.gradient.iter().fold(self.warm.small, |max, g| max.max(g.abs()))
    }

    /// The point `x` with its epigraph columns at the true risks.
    fn point(&self, mut x: Vec<f64>, returns: Vec<f64>) -> (Point, Vec<(f64, Plane)>) {
        let unit = self.program.epigraphs.iter().find_map(|e| e.unit).map_or(1.0, |u| x[u]);
        let planes = self.supports(&x[..self.assets], &returns, unit);
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
        let mut outcome = interior(&self.inner());
        if matches!(outcome, Outcome::Unbounded) && self.boxed.is_none() {
            // A few planes need not bound what all of them do.
            self.boxed = Some(SMALLEST);
            outcome = interior(&self.inner());
        }
        Ok(match outcome {
            Outcome::Solved(solution) => {
                let rows = self.program.rows.len();
                Ok(Outer {
                    rows: solution.duals[..rows].to_vec(),
                    cuts: solution.duals[rows..rows + self.cuts.len()].to_vec(),
                    x: solution.x,
                    residuals: solution.residuals,
                    iterations: solution.iterations,
                })
            }
            other => Err(other),
        })
    }

    /// The program with its cuts, and the box if there is one.
    fn inner(&self) -> Program<'a> {
        let mut program = Program { epigraphs: Vec::new(), ..self.program.clone() };
        program.rows.extend(self.cuts.iter().map(|(.., row)| row.clone()));
        if let Some(size) = self.boxed {
            for side in [1.0, -1.0] {
                program.rows.extend((0..self.assets).map(|asset| Row {
                    terms: vec![(asset, side)],
                    equality: false,
                    limit: size,
                    label: Label::Support,
                }));
            }
        }
        program
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
        let cuts = self.master.iter().flat_map(Master::cuts).zip(&outer.cuts);
        let own = slopes.len();
        slopes.resize(outer.x.len(), 0.0);
        for (row, multiplier) in rows.chain(cuts).filter(|(_, z)| **z != 0.0) {
            for (column, a) in &row.terms {
                slopes[*column] += multiplier * a;
            }
            value -= multiplier * row.limit;
        }
        // Columns of single scenarios start at nought: their slope may be positive.
        let borders: Vec<usize> = self.tails.iter().map(|tail| tail.border).collect();
        let wrong = slopes.iter().enumerate().map(|(column, slope)| {
            let free = column < own || borders.contains(&column);
            if free { slope.abs() } else { -slope }
        });
        (wrong.fold(0.0, f64::max), value)
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
        let most = self.assets + KEPT;
        let mut order: Vec<usize> = (0..self.cuts.len()).rev().collect();
        order.sort_by_key(|cut| {
            let multiplier = self.numbers.get(*cut).map_or(0.0, |number| outer.cuts[*number]);
            multiplier <= 0.0
        });
        order.truncate(most);
        order.sort_unstable();
        self.warm.planes.clear();
        for cut in order {
            let (index, plane, _) = &self.cuts[cut];
            if let Some((measure, _)) = scenario(&self.program.epigraphs[*index]) {
                self.warm.planes.push((measure, plane.clone()));
            }
        }
        let unit = self.program.epigraphs.iter().find_map(|e| e.unit).map_or(1.0, |u| point.x[u]);
        let unit = if unit > 0.0 { unit } else { 1.0 };
        self.warm.weights = point.x[..self.assets].iter().map(|w| w / unit).collect();
    }
}
