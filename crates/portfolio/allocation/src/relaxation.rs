//! The cheapest way out of a conflict.
//!
//! In: sentences that no weights fulfil together. Out: by how much each would have to give way so
//! that the sum of what they give is least: a linear program in which every sentence has an
//! elastic variable (Chinneck, *Feasibility and Infeasibility in Optimization*, 2008, ch. 6). Its
//! solution is a vertex, so that few sentences give way. Each counts in its own units, a fraction
//! as a rule; `variance` gives way in its root. Knows nothing about objectives.

use crate::constraint::{Constraint, Quantity, Relation};
use crate::cutting::{self, WarmStart};
use crate::error::Relaxation;
use crate::master::Master;
use crate::region::{Label, Region, Row, asset};
use crate::solver::{Outcome, Program};
use crate::{AllocationError, Problem};

/// Sentences that give less than this hold.
const HOLDS: f64 = 1e-8;

/// What the sentences give way; empty if the solver finds no way out.
pub(crate) fn cheapest(
    problem: &Problem<'_>,
    sentences: &[Constraint],
) -> Result<Vec<Relaxation>, AllocationError> {
    let (single, whole): (Vec<&Constraint>, Vec<&Constraint>) =
        sentences.iter().partition(|s| about_assets(&s.quantity));
    let whole: Vec<Constraint> = whole.into_iter().cloned().collect();
    let mut region = Region::new(problem, whole)?;
    let first = region.columns;
    let mut rows = Vec::new();
    for row in std::mem::take(&mut region.rows) {
        match row.label {
            Label::Sentence(index) => {
                let factor = match region.sentences[index].quantity {
                    Quantity::Turnover => 2.0,
                    Quantity::Participation => problem.volumes[row.terms[0].0],
                    _ => 1.0,
                };
                give(&mut rows, row, first + index, factor);
            }
            _ => rows.push(row),
        }
    }
    let count = region.sentences.len();
    for (index, sentence) in single.iter().enumerate() {
        for row in asset_rows(problem, &region.previous, sentence)? {
            give(&mut rows, row, first + count + index, 1.0);
        }
    }
    let elastic = first..first + sentences.len();
    rows.extend(elastic.clone().map(|column| Row {
        terms: vec![(column, -1.0)],
        equality: false,
        limit: 0.0,
        label: Label::Support,
    }));
    let mut linear = vec![0.0; elastic.end];
    linear[elastic.clone()].fill(1.0);
    let program = Program { linear, rows, epigraphs: region.epigraphs, ..Program::default() };
    let Some(x) = vertex(&program) else { return Ok(Vec::new()) };
    let order = region.sentences.iter().chain(single);
    let given = order.zip(&x[elastic]).filter(|(_, by)| **by > HOLDS);
    Ok(given.map(|(s, by)| Relaxation { sentence: s.to_string(), by: *by }).collect())
}

fn about_assets(quantity: &Quantity) -> bool {
    matches!(quantity, Quantity::Weight(_) | Quantity::NoTrade(_))
}

/// A vertex of the solutions where linear rows are all there is.
fn vertex(program: &Program<'_>) -> Option<Vec<f64>> {
    if program.epigraphs.is_empty() {
        let mut master = Master::new(program, vec![1.0; program.linear.len()]);
        if let (Ok(vertex), Ok(())) = (master.solve(), master.polish()) {
            return Some(vertex.x);
        }
    }
    match cutting::solve(program, &mut WarmStart::default()) {
        Outcome::Solved(solution) => Some(solution.x),
        _ => None,
    }
}

/// Lets a row give way by `factor` times a column; an equality to either side.
fn give(rows: &mut Vec<Row>, row: Row, column: usize, factor: f64) {
    let mut over = Row { equality: false, ..row.clone() };
    over.terms.push((column, -factor));
    rows.push(over);
    if row.equality {
        let mirrored = row.terms.into_iter().map(|(at, a)| (at, -a));
        let terms = mirrored.chain([(column, -factor)]).collect();
        rows.push(Row { terms, equality: false, limit: -row.limit, label: row.label });
    }
}

/// The rows of a sentence about single assets.
fn asset_rows(
    problem: &Problem<'_>,
    previous: &[f64],
    sentence: &Constraint,
) -> Result<Vec<Row>, AllocationError> {
    let bounds: Vec<(usize, f64)> = match &sentence.quantity {
        Quantity::Weight(Some(symbol)) => vec![(asset(problem, sentence, symbol)?, sentence.bound)],
        Quantity::NoTrade(symbols) => {
            let found = symbols.iter().map(|symbol| asset(problem, sentence, symbol));
            let found = found.map(|asset| asset.map(|asset| (asset, previous[asset])));
            found.collect::<Result<_, _>>()?
        }
        _ => (0..problem.n_assets()).map(|asset| (asset, sentence.bound)).collect(),
    };
    let rows = bounds.into_iter().map(|(asset, bound)| {
        let sign = if sentence.relation == Relation::AtLeast { -1.0 } else { 1.0 };
        Row {
            terms: vec![(asset, sign)],
            equality: sentence.relation == Relation::Equal,
            limit: sign * bound,
            label: Label::Support,
        }
    });
    Ok(rows.collect())
}
