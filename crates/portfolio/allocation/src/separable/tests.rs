//! The method beside the cone solver, on the same programs.

use std::collections::BTreeMap;

use proptest::prelude::*;
use risk::{Matrix, Moments};
use types::{Symbol, parse_date};

use super::{Start, reading};
use crate::critical_line::Structure;
use crate::region::{Region, sentences};
use crate::solver::{Outcome, Program, Solution, interior};
use crate::utility::Utility;
use crate::{Constraint, Costs, Problem};

/// A problem that owns its parts.
#[derive(Debug, Clone)]
struct Case {
    exposures: Vec<f64>,
    specific: Vec<f64>,
    mean: Vec<f64>,
    held: Vec<f64>,
    linear: Vec<f64>,
    impact: Vec<f64>,
    aversion: f64,
    sentences: Vec<String>,
    members: Vec<bool>,
}

const FACTORS: usize = 3;

fn cases() -> impl Strategy<Value = Case> {
    (3_usize..25).prop_flat_map(|n| {
        let column = move |low: f64, high: f64| proptest::collection::vec(low..high, n);
        let choices = proptest::collection::vec(any::<bool>(), 10);
        (
            proptest::collection::vec(-0.05..0.08_f64, FACTORS * n),
            (column(1e-4, 4e-3), column(-0.01, 0.03), column(0.01, 1.0)),
            (column(0.0, 0.004), column(0.0, 0.02), proptest::collection::vec(any::<bool>(), n)),
            choices,
            (0.0..12.0_f64, 0.05..0.6_f64, 1.5..3.0_f64),
        )
            .prop_map(move |(exposures, (specific, mean, held), costs, choices, sizes)| {
                let (mut linear, mut impact, members) = costs;
                let (aversion, turnover, looseness) = sizes;
                let total: f64 = held.iter().sum();
                let mut held: Vec<f64> = held.iter().map(|w| w / total).collect();
                if choices[0] {
                    held.fill(0.0);
                }
                if choices[1] {
                    linear.fill(0.0);
                }
                if choices[2] {
                    impact.fill(0.0);
                }
                let mut sentences = match choices[3] {
                    true => vec!["long only".to_owned()],
                    false => vec!["weight >= -50%".to_owned(), "gross <= 180%".to_owned()],
                };
                let cap = looseness / n as f64;
                let more = [
                    format!("weight <= {cap}"),
                    format!("turnover <= {turnover}"),
                    "group(some) <= 60%".to_owned(),
                    format!("weight(S0) <= {}", 0.5 * cap),
                    "budget == 100%".to_owned(),
                ];
                let chosen = more.into_iter().zip(&choices[4..]).filter(|(_, chosen)| **chosen);
                sentences.extend(chosen.map(|(sentence, _)| sentence));
                Case {
                    exposures,
                    specific,
                    mean,
                    held,
                    linear,
                    impact,
                    aversion,
                    sentences,
                    members,
                }
            })
    })
}

impl Case {
    fn moments(&self) -> Moments {
        let n = self.mean.len();
        let row = |i: usize| &self.exposures[i * FACTORS..(i + 1) * FACTORS];
        let covariance = Matrix::from_fn(n, |i, j| {
            let common: f64 = row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum();
            common + if i == j { self.specific[i] } else { 0.0 }
        });
        let symbols = (0..n).map(|i| Symbol::from(format!("S{i}").as_str())).collect();
        Moments::new(symbols, self.mean.clone(), covariance, 100).unwrap()
    }

    fn structure(&self) -> Structure<'_> {
        Structure::Factors { exposures: &self.exposures, specific: &self.specific }
    }

    /// Asks `question` about the program.
    fn ask<T>(&self, question: impl FnOnce(&Program<'_>, &Region<'_>) -> T) -> T {
        let moments = self.moments();
        let constraints: Vec<Constraint> =
            self.sentences.iter().map(|sentence| sentence.parse().unwrap()).collect();
        let symbols = moments.symbols.iter().zip(&self.members);
        let some = symbols.filter(|(_, member)| **member).map(|(symbol, _)| symbol.clone());
        let groups = BTreeMap::from([("some".to_owned(), some.collect())]);
        let part = |share: f64, of: &[f64]| match self.members[0] {
            true => of.iter().map(|rate| share * rate).collect(),
            false => Vec::new(),
        };
        let costs = Costs {
            linear: self.linear.clone(),
            impact_factor: self.impact.clone(),
            quadratic: part(2.0, &self.impact),
            borrow: part(0.5, &self.linear),
            holding: part(0.2, &self.linear),
        };
        let problem = Problem {
            previous: &self.held,
            constraints: &constraints,
            groups: &groups,
            costs: Some(costs),
            ..Problem::new(&moments, parse_date("2024-01-02").unwrap())
        };
        let utility = Utility {
            method: "mean-variance",
            risk_aversion: self.aversion,
            returns: true,
            costs: true,
            least_return: None,
        };
        let mut region = Region::new(&problem, sentences(problem.constraints)).unwrap();
        let program = utility.program(&mut region);
        question(&program, &region)
    }
}

/// The program's objective at a solution.
fn value(program: &Program<'_>, x: &[f64]) -> f64 {
    let linear: f64 = program.linear.iter().zip(x).map(|(c, x)| c * x).sum();
    let squares: f64 = program.squares.iter().map(|(i, factor)| factor * x[*i] * x[*i]).sum();
    let linear = linear + squares;
    let Some(q) = program.quadratic else { return linear };
    let row = |i: usize| (0..q.n).map(|j| q.values[i * q.n + j] * x[j]).sum::<f64>();
    linear + q.factor * (0..q.n).map(|i| x[i] * row(i)).sum::<f64>()
}

fn short(program: &Program<'_>, x: &[f64]) -> f64 {
    program.rows.iter().fold(0.0, |worst, row| {
        let over = row.terms.iter().map(|(c, a)| a * x[*c]).sum::<f64>() - row.limit;
        worst.max(if row.equality { over.abs() } else { over })
    })
}

/// Stationarity over the weights by the multipliers of the rows alone.
fn missing(case: &Case, program: &Program<'_>, solution: &Solution) -> f64 {
    let n = case.mean.len();
    let mut slopes = program.linear.clone();
    if let Some(q) = program.quadratic {
        for (slope, sigma) in slopes.iter_mut().zip(q.values.chunks_exact(n)) {
            let own: f64 = sigma.iter().zip(&solution.x).map(|(s, x)| s * x).sum();
            *slope += 2.0 * q.factor * own;
        }
    }
    for (column, factor) in &program.squares {
        slopes[*column] += 2.0 * factor * solution.x[*column];
    }
    for (row, dual) in program.rows.iter().zip(&solution.duals) {
        row.terms.iter().for_each(|(column, a)| slopes[*column] += a * dual);
    }
    slopes[..n].iter().fold(0.0_f64, |max, slope| max.max(slope.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn it_finds_what_the_cone_solver_finds(case in cases()) {
        case.ask(|program, _| {
            let n = case.mean.len();
            let peer = match interior(program) {
                Outcome::Solved(peer) => peer,
                _ => {
                    prop_assert!(reading::solve(program, n, None, &mut None).is_none());
                    return Ok(());
                }
            };
            let dense = reading::solve(program, n, None, &mut None).unwrap();
            let factors = reading::solve(program, n, Some(case.structure()), &mut None).unwrap();
            for own in [&dense, &factors] {
                let (ours, theirs) = (value(program, &own.x), value(program, &peer.x));
                prop_assert!((ours - theirs).abs() < 1e-9, "{ours} {theirs}");
                prop_assert!(short(program, &own.x) < 1e-10);
                prop_assert!(own.residuals.gap < 1e-10 && own.iterations < 40);
                let powerless = program.powers.is_empty();
                prop_assert!(!powerless || missing(&case, program, own) < 1e-9);
                prop_assert!(own.duals.iter().zip(&program.rows).all(|(z, r)| r.equality || *z >= 0.0));
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_warm_start_ends_at_the_same_weights(case in cases(), drift in 0.98..1.02_f64) {
        let n = case.mean.len();
        let mut start: Option<Start> = None;
        let first = case.ask(|program, _| {
            reading::solve(program, n, Some(case.structure()), &mut start)
        });
        prop_assume!(first.is_some());
        let mut next = case.clone();
        next.mean.iter_mut().for_each(|mean| *mean *= drift);
        next.ask(|program, _| {
            let cold = reading::solve(program, n, Some(case.structure()), &mut None).unwrap();
            let warm = reading::solve(program, n, Some(case.structure()), &mut start).unwrap();
            let apart = (value(program, &cold.x) - value(program, &warm.x)).abs();
            prop_assert!(apart < 1e-10, "{apart}");
            Ok(())
        })?;
    }
}
