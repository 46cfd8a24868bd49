//! Weights that this project did not compute: published tables, other optimisers, and models
//! written a second time. Each case in `conformance/allocation/cases` names its source and
//! tolerance; `generate.py` beside them says how they were made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use allocation::{
    Constraint, Costs, CovarianceSet, MeanSet, Objective, Problem, Uncertainty, allocate,
    allocate_stacked, critical_line, frontier,
};
use risk::{Matrix, Moments, Returns};
use serde::Deserialize;
use types::{Status, Symbol, parse_date};

#[derive(Deserialize)]
struct MomentsFile {
    symbols: Vec<Symbol>,
    mean: Vec<f64>,
    covariance_lower_triangle: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    source: String,
    moments: String,
    objective: Objective,
    constraints: Vec<Constraint>,
    #[serde(default)]
    previous: Vec<f64>,
    #[serde(default)]
    groups: BTreeMap<String, Vec<Symbol>>,
    costs: Option<CostsFile>,
    #[serde(default)]
    benchmarks: BTreeMap<String, Vec<f64>>,
    #[serde(default)]
    characteristics: BTreeMap<String, Vec<f64>>,
    #[serde(default)]
    probabilities: Vec<f64>,
    #[serde(default)]
    volumes: Vec<f64>,
    uncertainty: Option<UncertaintyFile>,
    /// The parts of a portfolio of portfolios.
    #[serde(default)]
    stack: Vec<Objective>,
    expected: Expected,
}

/// Sets by their numbers, or as constructed from the moments at a level.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncertaintyFile {
    observations: f64,
    level: f64,
    mean_box: Option<Vec<f64>>,
    /// Whether the ellipsoid of the mean is diagonal.
    mean_ellipsoid: Option<bool>,
    /// Parts of the absolute covariance.
    covariance_box: Option<f64>,
    covariance_interval: Option<bool>,
    /// Whether the ellipsoid of the covariance is diagonal.
    covariance_ellipsoid: Option<bool>,
}

impl UncertaintyFile {
    fn set(&self, moments: &Moments) -> Uncertainty {
        let (t, level) = (self.observations, self.level);
        let sigma = &moments.covariance;
        let wide = |part: f64| CovarianceSet::Box {
            lower: Matrix::from_fn(sigma.n(), |i, j| sigma.at(i, j) - part * sigma.at(i, j).abs()),
            upper: Matrix::from_fn(sigma.n(), |i, j| sigma.at(i, j) + part * sigma.at(i, j).abs()),
        };
        let interval = |_| CovarianceSet::interval(moments, t, level);
        let ellipsoid = |d| CovarianceSet::ellipsoid(moments, t, level, d);
        let mean = self.mean_ellipsoid.map(|d| MeanSet::ellipsoid(moments, t, level, d));
        let covariance = self.covariance_ellipsoid.map(ellipsoid);
        Uncertainty {
            mean: mean.or_else(|| self.mean_box.clone().map(MeanSet::Box)),
            covariance: covariance
                .or_else(|| self.covariance_box.map(wide))
                .or_else(|| self.covariance_interval.map(interval)),
        }
    }
}

#[derive(Deserialize)]
struct ScenariosFile {
    returns: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct CostsFile {
    linear: Vec<f64>,
    impact_factor: Vec<f64>,
    #[serde(default)]
    borrow: Vec<f64>,
    #[serde(default)]
    holding: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    tolerance: f64,
    weights: Option<Vec<f64>>,
    objective: Option<f64>,
    objective_tolerance: Option<f64>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/allocation")
}

fn moments(name: &str) -> Moments {
    let path = folder().join("moments").join(format!("{name}.json"));
    let file: MomentsFile = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let lower = &file.covariance_lower_triangle;
    let covariance = Matrix::from_fn(file.symbols.len(), |row, col| lower[row][col]);
    Moments::new(file.symbols.into(), file.mean, covariance, 0).unwrap()
}

/// The scenarios that have the name of the moments, if there are any.
fn scenarios(name: &str, symbols: &[Symbol]) -> Option<Returns> {
    let path = folder().join("scenarios").join(format!("{name}.json"));
    let file: ScenariosFile = serde_json::from_slice(&fs::read(path).ok()?).unwrap();
    Some(Returns::new(symbols.to_vec(), file.returns.concat()).unwrap())
}

/// The largest difference of weights, and of the objective where one is known.
fn run(case: &Case) -> (f64, Option<f64>) {
    let moments = moments(&case.moments);
    let scenarios = scenarios(&case.moments, &moments.symbols);
    let uncertainty = case.uncertainty.as_ref().map(|file| file.set(&moments));
    let problem = Problem {
        moments: &moments,
        expected_return: &moments.mean,
        previous: &case.previous,
        constraints: &case.constraints,
        groups: &case.groups,
        costs: case.costs.as_ref().map(|costs| Costs {
            linear: costs.linear.clone(),
            impact_factor: costs.impact_factor.clone(),
            borrow: costs.borrow.clone(),
            holding: costs.holding.clone(),
            ..Costs::default()
        }),
        scenarios: scenarios.as_ref(),
        probabilities: &case.probabilities,
        benchmarks: &case.benchmarks,
        characteristics: &case.characteristics,
        volumes: &case.volumes,
        uncertainty: uncertainty.as_ref(),
        ..Problem::new(&moments, parse_date("2022-12-28").unwrap())
    };
    let found = match case.stack.is_empty() {
        true => allocate(&case.objective, &problem),
        false => allocate_stacked(&case.objective, &case.stack, &problem).map(|(target, _)| target),
    };
    let target = found.unwrap_or_else(|error| panic!("{}: {error}", case.objective));
    let evidence = &target.certificate;
    assert_ne!(evidence.status, Status::AlmostSolved, "{}: {evidence:?}", case.objective);
    let weights = case.expected.weights.iter().flatten().zip(&target.weights);
    let apart = weights.fold(0.0_f64, |max, (a, b)| max.max((a - b).abs()));
    let objective = case.expected.objective;
    (apart, objective.map(|value| (value - target.certificate.objective).abs()))
}

#[test]
fn cases() {
    let mut paths: Vec<_> =
        fs::read_dir(folder().join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 20, "only {} cases were found", paths.len());
    let mut wrong = String::new();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let case: Case = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let (apart, objective) = run(&case);
        let allowed = case.expected.objective_tolerance.unwrap_or(0.0);
        let line =
            format!("{name}: weights {apart:.1e}, objective {objective:?}; {}\n", case.source);
        if apart > case.expected.tolerance || objective.is_some_and(|gap| gap > allowed) {
            wrong.push_str(&line);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[derive(Deserialize)]
struct LineCase {
    source: String,
    moments: String,
    constraints: Vec<Constraint>,
    portfolios: Vec<LinePortfolio>,
    minimum_variance: Vec<f64>,
}

#[derive(Deserialize)]
struct LinePortfolio {
    risk_aversion: f64,
    weights: Vec<f64>,
}

/// Whole frontiers of cvxcla and PyPortfolioOpt.
#[test]
fn critical_lines() {
    let apart =
        |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0_f64, |max, (x, y)| max.max((x - y).abs()));
    let mut paths: Vec<_> = fs::read_dir(folder().join("critical_line"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert_eq!(paths.len(), 3);
    for path in paths {
        let case: LineCase = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let moments = moments(&case.moments);
        let as_of = parse_date("2022-12-28").unwrap();
        let problem = Problem { constraints: &case.constraints, ..Problem::new(&moments, as_of) };
        let line = critical_line(&problem).unwrap();
        for portfolio in &case.portfolios {
            let ours = line.at_risk_aversion(portfolio.risk_aversion);
            let gap = apart(&ours.weights, &portfolio.weights);
            assert!(
                gap < 1e-8,
                "{path:?} at {}: {gap:.1e}; {}",
                portfolio.risk_aversion,
                case.source
            );
        }
        let gap = apart(&line.minimum_variance().weights, &case.minimum_variance);
        assert!(gap < 1e-8, "{path:?}: {gap:.1e}; {}", case.source);
    }
}

/// The corners themselves: risk tolerance, expected return and variance, as printed.
#[test]
fn turning_points_are_the_published_ones() {
    let moments = moments("markowitz_todd");
    let constraints = ["long only".parse().unwrap()];
    let as_of = parse_date("2013-03-22").unwrap();
    let problem = Problem { constraints: &constraints, ..Problem::new(&moments, as_of) };
    let line = critical_line(&problem).unwrap();
    let published = [
        (58.303, 1.19, 0.906_304_7),
        (4.174, 1.180_259_5, 0.297_741_4),
        (1.946, 1.160_056_5, 0.174_102_3),
        (0.165, 1.111_262_3, 0.071_139_4),
        (0.147, 1.108_360_2, 0.070_234_0),
        (0.056, 1.022_483_9, 0.052_752_9),
        (0.052, 1.015_305_9, 0.051_976_1),
        (0.037, 0.972_720_4, 0.048_204_3),
        (0.031, 0.949_936_8, 0.046_666_6),
        (0.0, 0.803_215_4, 0.042_122_5),
    ];
    assert_eq!(line.turning_points().len(), published.len());
    for (point, (tolerance, earned, variance)) in line.turning_points().iter().zip(published) {
        assert!((point.risk_tolerance - tolerance).abs() <= 6e-4, "{point:?}");
        assert!((point.expected_return - earned).abs() < 6e-8, "{point:?}");
        assert!((point.variance - variance).abs() < 6e-8, "{point:?}");
    }
    let best = line.maximum_sharpe(0.0).unwrap();
    assert!((best.expected_return / best.volatility - 4.453_533_476_646).abs() < 1e-11);
}

/// The turning points of Bailey and López de Prado (2013), table 2: the least variance at each
/// expected return, read off the frontier by asking for exactly that return.
#[test]
fn frontier_passes_through_the_published_turning_points() {
    let moments = moments("markowitz_todd");
    let constraints = ["long only".parse().unwrap()];
    let problem = Problem {
        moments: &moments,
        expected_return: &moments.mean,
        previous: &[],
        constraints: &constraints,
        groups: &BTreeMap::new(),
        costs: None,
        as_of: parse_date("2013-03-22").unwrap(),
        ..Problem::new(&moments, parse_date("2013-03-22").unwrap())
    };
    let points = frontier(&problem, 201).unwrap();
    assert!((points[0].volatility - 0.205_237_619_813_87).abs() < 1e-9);
    assert!((points[200].expected_return - 1.19).abs() < 1e-8);
    assert!((points[200].volatility - 0.9063047_f64.sqrt()).abs() < 1e-6);
    for (expected, variance) in [
        (1.180_259_5, 0.297_741_4),
        (1.160_056_5, 0.174_102_3),
        (1.111_262_3, 0.071_139_4),
        (1.108_360_2, 0.070_234_0),
        (1.022_483_9, 0.052_752_9),
        (1.015_305_9, 0.051_976_1),
        (0.972_720_4, 0.048_204_3),
        (0.949_936_8, 0.046_666_6),
    ] {
        let after = points.partition_point(|p| p.expected_return < expected);
        let (a, b) = (&points[after - 1], &points[after]);
        // Variance is convex along the frontier: it lies between the chord and the tangent at `a`.
        let part = (expected - a.expected_return) / (b.expected_return - a.expected_return);
        let (va, vb) = (a.volatility.powi(2), b.volatility.powi(2));
        let chord = va + part * (vb - va);
        let slope = a.certificate.binding.iter().find(|b| b.constraint.starts_with("expected"));
        let tangent = va + slope.map_or(0.0, |b| b.shadow_price) * (expected - a.expected_return);
        assert!(
            tangent - 2e-7 <= variance && variance <= chord + 2e-7,
            "{expected}: {tangent} {chord}"
        );
        assert!(chord - tangent < 3e-3, "{expected}: {tangent} {chord}");
    }
}
