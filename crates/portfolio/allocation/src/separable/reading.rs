//! From a program of the cone solver to a separable one, and back.
//!
//! In: a [`Program`] whose columns are weights, absolute differences of weights, and powers 3/2 of
//! such. Out: its solution in the program's own columns and rows, so that certificates do not know
//! which method found it; or `None` if the program has another form or was not solved.

use types::Status;

use super::{Answer, Curvature, Line, Ramp, Separable, Span, Start};
use crate::critical_line::Structure;
use crate::region::{Label, Row};
use crate::solver::{Program, Residuals, Solution};

/// Residuals and gap up to here, in the scale of order one, are a full solution.
const FULL: f64 = 1e-9;

/// Bounds closer than this are one.
const SAME: f64 = 1e-13;

/// What a row of the program has become.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// A lower or an upper bound, and the row's coefficient.
    Bound(usize, usize, f64),
    /// A fixed column, and the row's coefficient.
    Held(usize, f64),
    /// One side of a span.
    Side(usize, usize),
    Row(usize),
    /// Implied by a tighter bound.
    Loose,
}

struct Reading<'a> {
    n: usize,
    program: Separable<'a>,
    places: Vec<Place>,
    /// The row behind each lower and upper bound.
    behind: [Vec<Option<usize>>; 2],
    /// The spans of each weight.
    of: Vec<Vec<usize>>,
    /// The span behind each column after the weights.
    spans: Vec<Option<usize>>,
    /// Which of these columns are understood, and which have their span from one before.
    read: Vec<bool>,
    shared: Vec<bool>,
}

/// Solves a program over `n` weights. `structure` is what the covariance is made of, if known;
/// `start` is where an earlier solve ended, and is replaced by where this one did.
pub(crate) fn solve(
    program: &Program<'_>,
    n: usize,
    structure: Option<Structure<'_>>,
    start: &mut Option<Start>,
) -> Option<Solution> {
    let reading = Reading::of(program, n, structure)?;
    let answer = reading.program.solve(start.as_ref())?;
    let worst = answer.primal.max(answer.dual).max(answer.gap / answer.scale);
    if worst.is_nan() || worst > FULL {
        return None;
    }
    *start = Some(Start { x: answer.x.clone(), multipliers: answer.multipliers.clone() });
    Some(reading.solution(program, answer))
}

impl<'a> Reading<'a> {
    fn of(program: &Program<'a>, n: usize, structure: Option<Structure<'a>>) -> Option<Self> {
        if !program.cones.is_empty() || !program.epigraphs.is_empty() {
            return None;
        }
        let columns = program.linear.len();
        let mut reading = Self {
            n,
            program: Separable {
                curvature: curvature(program, structure),
                slope: program.linear[..n].to_vec(),
                square: vec![0.0; n],
                lower: vec![f64::NEG_INFINITY; n],
                upper: vec![f64::INFINITY; n],
                spans: Vec::new(),
                ramps: Vec::new(),
                rows: Vec::new(),
            },
            places: Vec::with_capacity(program.rows.len()),
            behind: [vec![None; n], vec![None; n]],
            of: vec![Vec::new(); n],
            spans: vec![None; columns - n],
            read: vec![false; columns - n],
            shared: vec![false; columns - n],
        };
        for (column, factor) in &program.squares {
            *reading.program.square.get_mut(*column)? += 2.0 * factor;
        }
        for row in &program.rows {
            let place = reading.read(row, program)?;
            reading.places.push(place);
        }
        reading.close();
        reading.read_powers(program)?;
        Some(reading)
    }

    fn read(&mut self, row: &Row, program: &Program<'_>) -> Option<Place> {
        match row.terms[..] {
            [(column, a)] if column < self.n && a != 0.0 => Some(self.bound(row, column, a)),
            [(column, slope), (t, -1.0)]
                if row.label == Label::Support && column < self.n && t >= self.n =>
            {
                Some(self.side(column, slope, row.limit, (t, program.linear[t])))
            }
            _ => self.general(row),
        }
    }

    /// One side of a distance; distances of a weight from one reference are one span.
    fn side(&mut self, column: usize, slope: f64, limit: f64, (t, price): (usize, f64)) -> Place {
        let reference = slope * limit;
        let spans = &mut self.program.spans;
        let mut own = self.of[column].iter().copied();
        let known = own.find(|span| spans[*span].reference == reference);
        let first = self.spans[t - self.n].is_none();
        let span = known.unwrap_or_else(|| {
            spans.push(Span { column, from: None, reference, slope: 0.0, power: 0.0 });
            self.of[column].push(spans.len() - 1);
            spans.len() - 1
        });
        if first {
            spans[span].slope += price;
            self.spans[t - self.n] = Some(span);
            self.read[t - self.n] = true;
        }
        let side = usize::from(slope < 0.0);
        match (known.is_some() && first) || self.shared[t - self.n] {
            true => {
                self.shared[t - self.n] = true;
                Place::Loose
            }
            false => Place::Side(side, span),
        }
    }

    /// A row that bounds one weight.
    fn bound(&mut self, row: &Row, column: usize, a: f64) -> Place {
        let value = row.limit / a;
        let index = self.places.len();
        let program = &mut self.program;
        if row.equality {
            (program.lower[column], program.upper[column]) =
                (program.lower[column].max(value), program.upper[column].min(value));
            return Place::Held(column, a);
        }
        let (side, tighter) = match a > 0.0 {
            true => (1, value < program.upper[column]),
            false => (0, value > program.lower[column]),
        };
        if !tighter {
            return Place::Loose;
        }
        match side {
            0 => program.lower[column] = value,
            _ => program.upper[column] = value,
        }
        if let Some(looser) = self.behind[side][column].replace(index) {
            self.places[looser] = Place::Loose;
        }
        Place::Bound(side, column, a)
    }

    fn general(&mut self, row: &Row) -> Option<Place> {
        let mut line =
            Line { on_x: vec![], on_t: vec![], equality: row.equality, limit: row.limit };
        for (column, a) in &row.terms {
            match *column < self.n {
                true => line.on_x.push((*column, *a)),
                false => line.on_t.push((self.spans[column - self.n]?, *a)),
            }
        }
        self.program.rows.push(line);
        Some(Place::Row(self.program.rows.len() - 1))
    }

    /// Powers become prices of the spans that they are powers of, or of the weight itself where
    /// bounds fix its side.
    fn read_powers(&mut self, program: &Program<'_>) -> Option<()> {
        let own = &mut self.program;
        for power in &program.powers {
            *self.read.get_mut(power.epigraph.checked_sub(self.n)?)? = true;
            let (price, column, reference) =
                (program.linear[power.epigraph], power.column, power.reference);
            let found = self.of.get(column)?.iter().find(|i| own.spans[**i].reference == reference);
            let above = own.lower[column] >= reference;
            match found {
                Some(index) => own.spans[*index].power += price,
                None if above || own.upper[column] <= reference => {
                    own.ramps.push(Ramp { column, reference, power: price, above });
                }
                None => {
                    let slope = 0.0;
                    own.spans.push(Span { column, from: None, reference, slope, power: price });
                }
            }
        }
        self.read.iter().all(|read| *read).then_some(())
    }

    /// Bounds that differ by rounding are one.
    fn close(&mut self) {
        for (lower, upper) in self.program.lower.iter().zip(&mut self.program.upper) {
            if (*upper - lower).abs() <= SAME {
                *upper = *lower;
            }
        }
    }

    fn solution(&self, program: &Program<'_>, answer: Answer) -> Solution {
        let dual = |place: &Place| match *place {
            Place::Bound(side, column, a) => answer.bounds[side][column] / a.abs(),
            Place::Held(column, a) => (answer.bounds[1][column] - answer.bounds[0][column]) / a,
            Place::Side(side, span) => answer.sides[side][span],
            Place::Row(row) => answer.multipliers[row],
            Place::Loose => 0.0,
        };
        let mut x = answer.x.clone();
        x.extend(self.spans.iter().map(|span| span.map_or(0.0, |span| answer.t[span])));
        for power in &program.powers {
            x[power.epigraph] = (x[power.column] - power.reference).abs().powf(1.5);
        }
        Solution {
            duals: self.places.iter().map(dual).collect(),
            x,
            status: Status::Solved,
            residuals: Residuals { primal: answer.primal, dual: answer.dual, gap: answer.gap },
            iterations: answer.iterations,
        }
    }
}

/// The factors where they are known, else the covariance in full.
fn curvature<'a>(program: &Program<'a>, structure: Option<Structure<'a>>) -> Curvature<'a> {
    let Some(quadratic) = program.quadratic else {
        return Curvature::Dense { values: &[], factor: 0.0 };
    };
    let factor = 2.0 * quadratic.factor;
    match structure {
        Some(Structure::Factors { exposures, specific }) => {
            Curvature::Factors { exposures, specific, factor }
        }
        _ => Curvature::Dense { values: quadratic.values, factor },
    }
}
