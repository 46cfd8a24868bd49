//! Copulas beside pyvinecopulib, margins beside scipy, and what must hold whatever the numbers.
//!
//! The expected numbers stand in `conformance/risk/copulas.json`; `conformance/risk/copulas.py`
//! makes them again.

use proptest::prelude::*;
use risk::{
    Family, Margin, MarginFamily, PairCopula, Returns, RiskError, RiskMeasure, Rotation, Vine,
};
use serde::Deserialize;
use types::Symbol;

const CASES: &str = include_str!("../../../../conformance/risk/copulas.json");

#[derive(Deserialize)]
struct Cases {
    symbols: Vec<String>,
    returns: Vec<Vec<f64>>,
    pairs: Vec<Pair>,
    fits: Vec<Fit>,
    vines: Vec<Whole>,
    margins: Vec<Tails>,
}

#[derive(Deserialize)]
struct Pair {
    family: String,
    rotation: String,
    parameters: Vec<f64>,
    points: Vec<[f64; 2]>,
    ln_density: Vec<f64>,
    second_given_first: Vec<f64>,
    first_given_second: Vec<f64>,
    second_at: Vec<f64>,
}

#[derive(Deserialize)]
struct Fit {
    family: String,
    rotation: String,
    columns: [usize; 2],
    parameters: Vec<f64>,
    log_likelihood: f64,
}

#[derive(Deserialize)]
struct Whole {
    first: Vec<usize>,
    families: Vec<String>,
    log_likelihood: f64,
}

#[derive(Deserialize)]
struct Tails {
    degrees: f64,
    location: f64,
    scale: f64,
}

fn family(name: &str) -> Family {
    match name {
        "gaussian" => Family::Gaussian,
        "student" => Family::Student,
        "clayton" => Family::Clayton,
        "gumbel" => Family::Gumbel,
        "joe" => Family::Joe,
        other => panic!("{other}"),
    }
}

fn rotation(name: &str) -> Rotation {
    match name {
        "none" => Rotation::None,
        "first" => Rotation::First,
        "both" => Rotation::Both,
        "second" => Rotation::Second,
        other => panic!("{other}"),
    }
}

fn cases() -> Cases {
    serde_json::from_str(CASES).unwrap()
}

impl Cases {
    fn returns(&self) -> Returns {
        let symbols = self.symbols.iter().map(|name| Symbol::from(name.as_str())).collect();
        Returns::new(symbols, self.returns.concat()).unwrap()
    }

    fn uniform(&self, col: usize) -> Vec<f64> {
        let mut sorted: Vec<f64> = self.returns.iter().map(|row| row[col]).collect();
        sorted.sort_by(f64::total_cmp);
        let margin = Margin::Empirical(sorted);
        self.returns.iter().map(|row| margin.probability(row[col])).collect()
    }
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected} ± {tolerance}");
}

#[test]
fn pairs_are_those_of_pyvinecopulib() {
    for case in cases().pairs {
        let degrees = *case.parameters.get(1).unwrap_or(&4.0);
        let copula = PairCopula {
            family: family(&case.family),
            rotation: rotation(&case.rotation),
            parameter: case.parameters[0],
            degrees,
        };
        copula.check().unwrap();
        for (at, [u, v]) in case.points.iter().enumerate() {
            // The other side inverts Student's distribution to about 1e-8.
            near(copula.ln_density(*u, *v), case.ln_density[at], 2e-7);
            near(copula.second_given_first(*v, *u), case.second_given_first[at], 1e-7);
            near(copula.first_given_second(*u, *v), case.first_given_second[at], 1e-7);
            near(copula.second_at(*v, *u), case.second_at[at], 1e-6);
        }
    }
}

/// The likelihood is at least the other side's, and parameters agree where its search ends well.
#[test]
fn fits_are_those_of_pyvinecopulib() {
    let cases = cases();
    for pair in [[0, 1], [2, 3]] {
        let (u, v) = (cases.uniform(pair[0]), cases.uniform(pair[1]));
        for name in ["gaussian", "student", "clayton", "gumbel", "joe"] {
            let (found, likelihood) = PairCopula::fit(&u, &v, &[family(name)]).unwrap();
            let theirs = cases.fits.iter().filter(|fit| fit.columns == pair && fit.family == name);
            let best = theirs.max_by(|a, b| a.log_likelihood.total_cmp(&b.log_likelihood)).unwrap();
            assert!(likelihood >= best.log_likelihood - 1e-6, "{name}: {likelihood}");
            near(likelihood, best.log_likelihood, 0.05);
            near(found.parameter, best.parameters[0], 0.01);
            assert_eq!(found.rotation, rotation(&best.rotation));
        }
    }
}

#[test]
fn vines_are_as_likely_as_those_of_pyvinecopulib() {
    let cases = cases();
    for case in &cases.vines {
        let families: Vec<Family> = case.families.iter().map(|name| family(name)).collect();
        let vine = Vine::fit(&cases.returns(), &case.first, &families, MarginFamily::Empirical);
        let vine = vine.unwrap();
        assert_eq!(vine.order(), case.first);
        // A pair that is hardly dependent may be left out here and not there: 2 for each.
        near(vine.log_likelihood(), case.log_likelihood, 2.0);
    }
}

#[test]
fn student_margins_are_those_of_scipy() {
    let cases = cases();
    let vine = Vine::fit(&cases.returns(), &[], &[Family::Gaussian], MarginFamily::Student);
    for (margin, case) in vine.unwrap().margins().iter().zip(&cases.margins) {
        let Margin::Student { location, scale, degrees } = margin else { panic!("{margin:?}") };
        near(*location, case.location, 1e-5);
        near(*scale, case.scale, 1e-4 * case.scale);
        near(*degrees, case.degrees, 1e-3 * case.degrees);
        for p in [0.001, 0.3, 0.999] {
            near(margin.probability(margin.at(p)), p, 1e-12);
        }
    }
}

/// Scenarios have the margins and the dependence of what they were fitted to.
#[test]
fn scenarios_resemble_history() {
    let cases = cases();
    let returns = cases.returns();
    let families = [Family::Student, Family::Clayton, Family::Gumbel];
    let vine = Vine::fit(&returns, &[0, 1], &families, MarginFamily::Empirical).unwrap();
    let drawn = vine.draw(20_000, 8).unwrap();
    assert_eq!(drawn.row(5), vine.draw(6, 8).unwrap().row(5));
    let column = |table: &Returns, col: usize| -> Vec<f64> {
        (0..table.rows()).map(|row| table.row(row)[col]).collect()
    };
    let cvar = RiskMeasure::ConditionalValueAtRisk { tail: 0.05 };
    for col in 0..4 {
        let (before, after) = (column(&returns, col), column(&drawn, col));
        let (before, after) = (cvar.of(&before).unwrap(), cvar.of(&after).unwrap());
        near(after / before, 1.0, 0.06);
    }
    // How often two symbols are both among their worst tenth; history itself is a sample of 500.
    let together = |table: &Returns| {
        let worst = |col: usize| -risk::value_at_risk(&column(table, col), 0.1).unwrap();
        let (a, b) = (worst(0), worst(1));
        let count =
            (0..table.rows()).filter(|row| table.row(*row)[0] <= a && table.row(*row)[1] <= b);
        count.count() as f64 / table.rows() as f64
    };
    near(together(&drawn), together(&returns), 0.02);
}

/// What is given is in every scenario; and for Gaussian pairs the rest has the conditional mean of
/// normal returns.
#[test]
fn stress_is_passed_on() {
    let cases = cases();
    let returns = cases.returns();
    let vine = Vine::fit(&returns, &[1, 3], &[Family::Gaussian], MarginFamily::Student).unwrap();
    let drawn = vine.draw_given(&[(3, -0.12), (1, -0.10)], 4_000, 2).unwrap();
    assert!((0..drawn.rows()).all(|row| drawn.row(row)[1] == -0.10 && drawn.row(row)[3] == -0.12));
    let mean = |col: usize| (0..drawn.rows()).map(|row| drawn.row(row)[col]).sum::<f64>() / 4_000.0;
    assert!(mean(0) < -0.01 && mean(2) < -0.005, "{} {}", mean(0), mean(2));
    let calm = vine.draw_given(&[(1, 0.0)], 4_000, 2).unwrap();
    let mean = (0..calm.rows()).map(|row| calm.row(row)[0]).sum::<f64>() / 4_000.0;
    assert!(mean.abs() < 0.005, "{mean}");
    let wrong = |given: &[(usize, f64)]| vine.draw_given(given, 10, 2).unwrap_err();
    assert!(matches!(wrong(&[(3, 0.0)]), RiskError::Parameter { .. }));
    assert!(matches!(wrong(&[(1, f64::NAN)]), RiskError::NotFinite { .. }));
    assert!(matches!(wrong(&[(1, 0.0), (1, 0.1)]), RiskError::Parameter { .. }));
    let again = |first: &[usize]| Vine::fit(&returns, first, &[], MarginFamily::Empirical);
    assert!(again(&[9]).is_err() && again(&[1, 1]).is_err());
    let constant = Returns::new(vec![Symbol::from("A")], vec![0.01; 30]).unwrap();
    let error = Vine::fit(&constant, &[], &[], MarginFamily::Empirical);
    assert!(matches!(error, Err(RiskError::Constant { .. })));
}

fn copula() -> impl Strategy<Value = PairCopula> {
    let rotations = [Rotation::None, Rotation::First, Rotation::Both, Rotation::Second];
    (0..5_usize, 0..4_usize, 0.05..0.9_f64, 2.5..30.0_f64).prop_map(move |(family, turn, x, nu)| {
        let (family, parameter) = [
            (Family::Gaussian, x),
            (Family::Student, -x),
            (Family::Clayton, 5.0 * x),
            (Family::Gumbel, 1.0 + 4.0 * x),
            (Family::Joe, 1.0 + 4.0 * x),
        ][family];
        PairCopula { family, rotation: rotations[turn], parameter, degrees: nu }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// A conditional distribution and its inverse undo each other, and its slope is the density.
    #[test]
    fn inverses_undo(copula in copula(), u in 0.02..0.98_f64, v in 0.02..0.98_f64) {
        let w = copula.second_given_first(v, u);
        prop_assume!(w > 1e-6 && w < 1.0 - 1e-6);
        prop_assert!((copula.second_at(w, u) - v).abs() < 1e-7, "{copula:?}");
        let step = 1e-6;
        let slope = |f: &dyn Fn(f64) -> f64, at: f64| (f(at + step) - f(at - step)) / (2.0 * step);
        let density = copula.ln_density(u, v).exp();
        for slope in [
            slope(&|v| copula.second_given_first(v, u), v),
            slope(&|u| copula.first_given_second(u, v), u),
        ] {
            prop_assert!((slope - density).abs() < 1e-3 * (1.0 + density), "{slope} {density}");
        }
    }
}
