//! Random problems beside the answers of other systems, which `generate_random.py` in
//! `conformance/allocation` wrote: none off its budget, none worse by more than 1e-6.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use allocation::{Constraint, Objective, Problem, allocate};
use risk::{Matrix, Moments, Returns, RiskMeasure};
use serde::Deserialize;
use types::{Status, Symbol, Target, parse_date};

#[derive(Deserialize)]
struct File<T> {
    source: String,
    problems: Vec<T>,
}

#[derive(Deserialize)]
struct Budget {
    number: u64,
    rows: usize,
    cols: usize,
    risk: String,
    weights: Vec<f64>,
}

#[derive(Deserialize)]
struct Many {
    number: u64,
    rows: usize,
    cols: usize,
    risk: String,
    minimise: bool,
    weights: Vec<f64>,
}

#[derive(Deserialize)]
struct Tree {
    number: u64,
    rows: usize,
    cols: usize,
    linkage: String,
    hrp: Vec<f64>,
    herc: Vec<f64>,
    limits: Vec<f64>,
    hrp_kept: Vec<f64>,
    herc_kept: Vec<f64>,
    schur: Vec<f64>,
    nested: Vec<f64>,
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> File<T> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/allocation/random");
    let bytes = fs::read(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// Knuth's linear congruential generator (The Art of Computer Programming, 3.3.4).
struct Numbers(u64);

impl Numbers {
    fn uniform(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 2.0_f64.powi(53)
    }

    fn bell(&mut self) -> f64 {
        self.uniform() + self.uniform() + self.uniform() - 1.5
    }

    /// The scenarios of `generate_random.py`.
    fn scenarios(&mut self, rows: usize, cols: usize) -> Returns {
        let betas: Vec<f64> = (0..cols).map(|_| 0.4 + self.uniform()).collect();
        let sizes: Vec<f64> = (0..cols).map(|_| 0.5 + 1.5 * self.uniform()).collect();
        let mut values = Vec::with_capacity(rows * cols);
        for _ in 0..rows {
            let market = self.bell();
            for (beta, size) in betas.iter().zip(&sizes) {
                let own = self.bell();
                values.push(0.01 * (beta * market + size * own * own * own + 0.02 * own));
            }
        }
        let symbols = (0..cols).map(|i| Symbol::from(format!("S{i}"))).collect();
        Returns::new(symbols, values).unwrap()
    }
}

fn moments(returns: &Returns) -> Moments {
    let (rows, cols) = (returns.rows(), returns.cols());
    let mean: Vec<f64> =
        (0..cols).map(|i| returns.column(i).iter().sum::<f64>() / rows as f64).collect();
    let covariance = Matrix::from_fn(cols, |i, j| {
        let part = |s: usize| (returns.row(s)[i] - mean[i]) * (returns.row(s)[j] - mean[j]);
        (0..rows).map(part).sum::<f64>() / (rows - 1) as f64
    });
    Moments::new(returns.symbols().clone(), mean, covariance, rows).unwrap()
}

fn ask(objective: &str, returns: &Returns, sentences: &[String]) -> Target {
    let constraints: Vec<Constraint> = sentences.iter().map(|s| s.parse().unwrap()).collect();
    let few = returns.symbols()[..3].to_vec();
    let groups = BTreeMap::from([("few".to_owned(), few)]);
    let moments = moments(returns);
    let problem = Problem {
        constraints: &constraints,
        groups: &groups,
        scenarios: Some(returns),
        ..Problem::new(&moments, parse_date("2020-01-31").unwrap())
    };
    let parsed: Objective = objective.parse().unwrap();
    allocate(&parsed, &problem).unwrap_or_else(|error| panic!("{objective}: {error}"))
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |max, (a, b)| max.max((a - b).abs()))
}

/// The sum of squared relative changes, where a weight counts as a tenth of the mean one at least.
fn moved(start: &[f64], weights: &[f64]) -> f64 {
    let mean = start.iter().sum::<f64>() / start.len() as f64;
    let changes = start.iter().zip(weights);
    changes.map(|(from, to)| ((to - from) / from.max(0.1 * mean)).powi(2)).sum()
}

/// The barrier's value with the size of the portfolio chosen best: `ln ρ(w) − Σ b ln w`.
fn barrier(risk: &str, returns: &Returns, weights: &[f64], budgets: &[f64]) -> f64 {
    let risk = risk.replace("maximum drawdown", "max drawdown");
    let measure: RiskMeasure = risk.parse().unwrap();
    let value = measure.of(&returns.of_portfolio(weights).unwrap()).unwrap();
    let degree = f64::from(measure.degree().unwrap_or(1));
    let logs = weights.iter().zip(budgets);
    let logs: f64 = logs.filter(|(_, b)| **b > 0.0).map(|(w, b)| b * w.ln()).sum();
    value.ln() / degree - logs
}

#[test]
fn risk_budgets_are_as_good_as_the_reference() {
    let file: File<Budget> = read("budgets");
    assert_eq!(file.problems.len(), 300, "{}", file.source);
    let mut wrong = String::new();
    for problem in &file.problems {
        let mut numbers = Numbers(problem.number);
        let returns = numbers.scenarios(problem.rows, problem.cols);
        let budgets: Vec<f64> = (0..problem.cols).map(|_| 0.2 + numbers.uniform()).collect();
        let total: f64 = budgets.iter().sum();
        let shares: Vec<f64> = budgets.iter().map(|b| b / total).collect();
        let named: Vec<String> =
            budgets.iter().enumerate().map(|(i, b)| format!("S{i} {b}")).collect();
        let sentence = format!("risk parity by {} with budgets {}", problem.risk, named.join(", "));
        let target = ask(&sentence, &returns, &[]);
        let sum: f64 = target.weights.iter().sum();
        let ours = barrier(&problem.risk, &returns, &target.weights, &shares);
        let theirs = barrier(&problem.risk, &returns, &problem.weights, &shares);
        let gap = apart(&target.weights, &problem.weights);
        let bad = (sum - 1.0).abs() > 1e-12 || ours > theirs + 1e-6 || gap > 2e-4;
        if bad || target.certificate.status == Status::AlmostSolved {
            wrong += &format!(
                "{} {}: sum {sum}, {ours} after {theirs}, weights {gap:.1e}, {:?}\n",
                problem.number, problem.risk, target.certificate
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// With more scenarios than cones are written for.
#[test]
fn many_scenarios_are_as_good_as_the_reference() {
    let file: File<Many> = read("many");
    assert!(file.problems.len() >= 14, "{}", file.source);
    let mut wrong = String::new();
    for Many { number, rows, cols, risk, minimise, weights } in &file.problems {
        let returns = Numbers(*number).scenarios(*rows, *cols);
        let goal = if *minimise { "minimise" } else { "risk parity by" };
        let target = ask(&format!("{goal} {risk}"), &returns, &["long only".to_owned()]);
        let budgets = vec![if *minimise { 0.0 } else { 1.0 / *cols as f64 }; *cols];
        let ours = barrier(risk, &returns, &target.weights, &budgets);
        let theirs = barrier(risk, &returns, weights, &budgets);
        let sum: f64 = target.weights.iter().sum();
        let solved = target.certificate.status == Status::Solved;
        if (sum - 1.0).abs() > 1e-9 || ours > theirs + 1e-6 || !solved {
            wrong += &format!("{goal} {risk}: {ours} after {theirs}, {:?}\n", target.certificate);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn trees_are_those_of_the_reference() {
    let file: File<Tree> = read("trees");
    assert_eq!(file.problems.len(), 300, "{}", file.source);
    let mut wrong = String::new();
    for problem in &file.problems {
        let returns = Numbers(1000 + problem.number).scenarios(problem.rows, problem.cols);
        let with = format!("with {} linkage", problem.linkage);
        let long = vec!["long only".to_owned()];
        for (objective, sentences, expected, tolerance) in [
            ("hierarchical risk parity", vec![], &problem.hrp, 1e-12),
            ("hierarchical equal risk", vec![], &problem.herc, 1e-12),
            ("schur complementary at 20%", vec![], &problem.schur, 1e-9),
            // As near as the reference's programs, which are in units of variance, come.
            ("nested clusters", long, &problem.nested, 1e-4),
        ] {
            if expected.is_empty() {
                continue;
            }
            let target = ask(&format!("{objective} {with}"), &returns, &sentences);
            let gap = apart(&target.weights, expected);
            let sum: f64 = target.weights.iter().sum();
            if gap > tolerance || (sum - 1.0).abs() > 1e-8 {
                wrong += &format!("{} {objective}: {gap:.1e}\n", problem.number);
            }
        }
        for (objective, start, limit, kept) in [
            ("hierarchical risk parity", &problem.hrp, problem.limits[0], &problem.hrp_kept),
            ("hierarchical equal risk", &problem.herc, problem.limits[1], &problem.herc_kept),
        ] {
            let sentences = ["long only".to_owned(), format!("group(few) <= {limit:.17}")];
            let target = ask(&format!("{objective} {with}"), &returns, &sentences);
            let (sum, few): (f64, f64) =
                (target.weights.iter().sum(), target.weights[..3].iter().sum());
            let (ours, theirs) = (moved(start, &target.weights), moved(start, kept));
            let held = (sum - 1.0).abs() < 1e-8
                && few <= limit + 1e-8
                && target.weights.iter().all(|w| *w >= 0.0);
            if !held || ours > theirs * (1.0 + 1e-6) + 1e-6 {
                wrong += &format!("{} {objective} kept: {ours} after {theirs}\n", problem.number);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
