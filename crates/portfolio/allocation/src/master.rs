//! The linear program behind a cutting-plane method, kept between cuts.
//!
//! In: a [`Program`] without quadratic or conic parts, and cuts one after another. Out: a vertex
//! with one multiplier for each row and each cut. Rows about one column become bounds; other
//! inequalities wait until a vertex breaks them, so that the dictionary stays as small as the
//! portfolio that it describes. Knows nothing of scenarios.

use crate::region::Row;
use crate::simplex::{Dictionary, LpRow, Stop};
use crate::solver::Program;

/// How far a row of order one may be broken before it joins the dictionary.
const BROKEN: f64 = 1e-10;

/// What stands for an infinite bound, in turn.
const BOXES: [f64; 3] = [10.0, 1e3, 1e5];

/// Cuts in play beyond those that are tight, before idle ones are dropped.
const IDLE_CUTS: usize = 60;

/// A vertex of the master program and its multipliers, in the units of the program.
#[derive(Debug, Clone)]
pub(crate) struct Vertex {
    pub x: Vec<f64>,
    pub rows: Vec<f64>,
    pub cuts: Vec<f64>,
}

/// Why the master program has no vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoVertex {
    Infeasible,
    /// Said by the caller, once it knows that the box holds the best vertex of all cuts.
    Unbounded,
    Stalled,
}

/// Rounds without a price after which a cut may be dropped.
const IDLE_ROUNDS: usize = 8;

/// Said of cuts that may not be dropped.
const PINNED: usize = 1 << 40;

#[derive(Debug)]
pub(crate) struct Master<'a> {
    program: &'a Program<'a>,
    /// What a unit of each column is in the dictionary.
    units: Vec<f64>,
    cuts: Vec<Row>,
    size: usize,
    lower: Vec<(f64, Option<usize>)>,
    upper: Vec<(f64, Option<usize>)>,
    dictionary: Dictionary,
    /// The number in the dictionary of each row and each cut, with its scale.
    places: Vec<Option<(usize, f64)>>,
    cut_places: Vec<Option<(usize, f64)>>,
    /// Rounds since each cut was tight.
    idle: Vec<usize>,
    /// The bounds of columns beyond the program's, in the units of the dictionary.
    extra: Vec<(f64, f64)>,
}

impl<'a> Master<'a> {
    /// The program with its bounds and equalities. `units` are the sizes of the columns.
    pub(crate) fn new(program: &'a Program<'a>, units: Vec<f64>) -> Self {
        let columns = program.linear.len();
        let mut master = Self {
            program,
            units,
            cuts: Vec::new(),
            size: 0,
            lower: vec![(f64::NEG_INFINITY, None); columns],
            upper: vec![(f64::INFINITY, None); columns],
            dictionary: Dictionary::new(Vec::new(), Vec::new(), Vec::new()),
            places: Vec::new(),
            cut_places: Vec::new(),
            idle: Vec::new(),
            extra: Vec::new(),
        };
        for (index, row) in program.rows.iter().enumerate() {
            master.bound(index, row);
        }
        master.start();
        master
    }

    /// Takes a row about one column as a bound, if it is one and it is the tightest.
    fn bound(&mut self, index: usize, row: &Row) {
        let Some((column, a)) = single(row) else { return };
        let limit = row.limit / a / self.units[column];
        if (row.equality || a > 0.0) && limit < self.upper[column].0 {
            self.upper[column] = (limit, Some(index));
        }
        if (row.equality || a < 0.0) && limit > self.lower[column].0 {
            self.lower[column] = (limit, Some(index));
        }
    }

    /// A fresh dictionary in the box at hand, with equalities and all cuts that were in play.
    fn start(&mut self) {
        let size = BOXES[self.size];
        let costs = self.program.linear.iter().zip(&self.units).map(|(c, unit)| c * unit);
        let own = |(bound, row): &(f64, Option<usize>)| match row {
            Some(_) => *bound,
            None => bound.clamp(-size, size),
        };
        let more = self.extra.iter();
        self.dictionary = Dictionary::new(
            costs.chain(more.clone().map(|_| 0.0)).collect(),
            self.lower.iter().map(own).chain(more.clone().map(|(lower, _)| *lower)).collect(),
            self.upper.iter().map(own).chain(more.map(|(_, upper)| *upper)).collect(),
        );
        self.places = vec![None; self.program.rows.len()];
        for (index, row) in self.program.rows.iter().enumerate() {
            if row.equality && single(row).is_none() {
                self.places[index] = Some(add(&mut self.dictionary, row, &self.units));
            }
        }
        for (cut, place) in self.cuts.iter().zip(&mut self.cut_places) {
            if place.is_some() {
                *place = Some(add(&mut self.dictionary, cut, &self.units));
            }
        }
    }

    /// Adds a cut; returns its number.
    pub(crate) fn cut(&mut self, row: Row) -> usize {
        self.cut_places.push(Some(add(&mut self.dictionary, &row, &self.units)));
        self.cuts.push(row);
        self.idle.push(0);
        self.cuts.len() - 1
    }

    /// A new column in the row of a cut, in the units of another column.
    pub(crate) fn column(
        &mut self,
        cut: usize,
        coefficient: f64,
        like: usize,
        bounds: (f64, f64),
    ) -> usize {
        let (number, scale) = self.cut_places[cut].expect("the cut is in play");
        let unit = self.units[like];
        let column = self.dictionary.add_column(number, coefficient * unit * scale, bounds);
        self.units.push(unit);
        self.extra.push(bounds);
        self.cuts[cut].terms.push((column, coefficient));
        // Its columns would be lost with it.
        self.idle[cut] = PINNED;
        column
    }

    /// Whether the cut has not been dropped.
    pub(crate) fn in_play(&self, cut: usize) -> bool {
        self.cut_places[cut].is_some()
    }

    /// All cuts, in the order in which they were added.
    pub(crate) fn cuts(&self) -> &[Row] {
        &self.cuts
    }

    /// The last vertex without the rounding of earlier pivots.
    pub(crate) fn polish(&mut self) -> Result<(), NoVertex> {
        self.dictionary.polish().map_err(|_| NoVertex::Stalled)
    }

    /// Pivots so far.
    pub(crate) fn pivots(&self) -> u32 {
        self.dictionary.pivots()
    }

    /// The best vertex within all rows and cuts, and within the box.
    pub(crate) fn solve(&mut self) -> Result<Vertex, NoVertex> {
        if self.lower.iter().zip(&self.upper).any(|(lower, upper)| lower.0 > upper.0 + 1e-12) {
            return Err(NoVertex::Infeasible);
        }
        loop {
            match self.within_box() {
                Ok(vertex) => return Ok(vertex),
                Err(Stop::Infeasible) if self.boxed() && self.grow() => {}
                Err(Stop::Infeasible) => return Err(NoVertex::Infeasible),
                Err(Stop::Stalled) => return Err(NoVertex::Stalled),
            }
        }
    }

    /// Takes the next larger box; `false` if there is none.
    pub(crate) fn grow(&mut self) -> bool {
        let more = self.size + 1 < BOXES.len();
        if more {
            self.size += 1;
            self.start();
        }
        more
    }

    /// Whether any column has no bound of its own on some side.
    fn boxed(&self) -> bool {
        self.lower.iter().chain(&self.upper).any(|(_, row)| row.is_none())
    }

    /// Whether the box and not the program holds the last vertex.
    pub(crate) fn at_the_box(&self) -> bool {
        let (_, bounds) = self.dictionary.multipliers();
        let held = |column: usize, reduced: f64| match reduced {
            d if d > 1e-11 => self.lower[column].1.is_none(),
            d if d < -1e-11 => self.upper[column].1.is_none(),
            _ => false,
        };
        let mut own = bounds.iter().take(self.lower.len()).enumerate();
        own.any(|(column, reduced)| held(column, *reduced))
    }

    fn within_box(&mut self) -> Result<Vertex, Stop> {
        loop {
            self.dictionary.optimise()?;
            let columns = self.dictionary.columns();
            let mut complete = true;
            for (index, row) in self.program.rows.iter().enumerate() {
                if self.places[index].is_some() || single(row).is_some() {
                    continue;
                }
                let (value, size) = self.at(row, &columns);
                if value - row.limit > BROKEN * size {
                    self.places[index] = Some(add(&mut self.dictionary, row, &self.units));
                    complete = false;
                }
            }
            if complete {
                return Ok(self.vertex(&columns));
            }
        }
    }

    /// A row at a vertex, and the size of its largest coefficient.
    fn at(&self, row: &Row, columns: &[f64]) -> (f64, f64) {
        row.terms.iter().fold((0.0, 0.0_f64), |(value, size), (column, a)| {
            let a = a * self.units[*column];
            (value + a * columns[*column], size.max(a.abs()))
        })
    }

    fn vertex(&mut self, columns: &[f64]) -> Vertex {
        let (in_rows, bounds) = self.dictionary.multipliers();
        let of = |place: &Option<(usize, f64)>| {
            place.map_or(0.0, |(number, scale)| in_rows[number] * scale)
        };
        let mut rows: Vec<f64> = self.places.iter().map(of).collect();
        for (column, reduced) in bounds.iter().take(self.lower.len()).enumerate() {
            let side = if *reduced > 0.0 { self.lower[column] } else { self.upper[column] };
            if let (Some(row), true) = (side.1, *reduced != 0.0) {
                let (_, a) = single(&self.program.rows[row]).expect("only such rows are bounds");
                rows[row] = -reduced / a / self.units[column];
            }
        }
        let cuts: Vec<f64> = self.cut_places.iter().map(of).collect();
        for (idle, dual) in self.idle.iter_mut().zip(&cuts) {
            *idle = match *idle {
                PINNED.. => PINNED,
                _ if *dual > 0.0 => 0,
                rounds => rounds + 1,
            };
        }
        let x = columns.iter().zip(&self.units).map(|(x, unit)| x * unit).collect();
        Vertex { x, rows, cuts }
    }

    /// Drops cuts that have not been tight for a while, once there are many.
    pub(crate) fn tidy(&mut self) {
        let in_play = self.cut_places.iter().flatten().count();
        let tight = self.idle.iter().filter(|idle| **idle == 0).count();
        if in_play < tight + IDLE_CUTS {
            return;
        }
        let rows = self.dictionary.row_count();
        let mut idle = vec![false; rows];
        for (place, rounds) in self.cut_places.iter_mut().zip(&self.idle) {
            if let (Some((number, _)), true) = (*place, *rounds > IDLE_ROUNDS && *rounds < PINNED) {
                idle[number] = true;
            }
        }
        let mut dropped = vec![false; rows];
        self.dictionary.drop_rows(|row, slack| {
            dropped[row] = idle[row] && slack > BROKEN;
            dropped[row]
        });
        for place in &mut self.cut_places {
            if place.is_some_and(|(number, _)| dropped[number]) {
                *place = None;
            }
        }
    }
}

/// The column and coefficient of a row about one column.
fn single(row: &Row) -> Option<(usize, f64)> {
    match row.terms[..] {
        [(column, a)] if a != 0.0 => Some((column, a)),
        _ => None,
    }
}

/// Adds a row in the units of the dictionary, scaled to order one; its number and its scale.
fn add(dictionary: &mut Dictionary, row: &Row, units: &[f64]) -> (usize, f64) {
    let mut terms: Vec<(usize, f64)> =
        row.terms.iter().map(|(column, a)| (*column, a * units[*column])).collect();
    let size = terms.iter().fold(0.0_f64, |max, (_, a)| max.max(a.abs()));
    let scale = if size > 0.0 { 1.0 / size } else { 1.0 };
    terms.iter_mut().for_each(|(_, a)| *a *= scale);
    let row = LpRow { terms, limit: row.limit * scale, equality: row.equality };
    (dictionary.add(row), scale)
}
