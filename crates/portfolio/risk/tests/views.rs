//! Views beside PyPortfolioOpt, skfolio and Riskfolio-Lib, and what must hold whatever the numbers.
//!
//! The expected numbers stand in `conformance/risk/views.json` with the versions that made them;
//! `conformance/risk/views.py` makes them again.

use proptest::prelude::*;
use risk::{
    BlackLitterman, Matrix, Moments, Relation, Returns, RiskError, RiskMeasure, Statistic, View,
    Vocabulary, entropy_pooling, equilibrium as implied_mean, implied_risk_aversion, pool_linear,
    pool_logarithmic, robust_shares, with_factors,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use types::Symbol;

const CASES: &str = include_str!("../../../../conformance/risk/views.json");

#[derive(Deserialize)]
struct Cases {
    symbols: Vec<String>,
    groups: BTreeMap<String, Vec<String>>,
    returns: Vec<Vec<f64>>,
    equilibrium: Equilibrium,
    black_litterman: Vec<Posterior>,
    augmented: Augmented,
    entropy_pooling: Vec<Pooled>,
    opinion_pooling: Opinions,
}

#[derive(Deserialize)]
struct Equilibrium {
    market: Vec<f64>,
    risk_aversion: f64,
    equilibrium: Vec<f64>,
}

#[derive(Deserialize)]
struct Posterior {
    tau: f64,
    views: Vec<String>,
    prior: Vec<f64>,
    uncertainty: Option<Vec<Vec<f64>>>,
    mean: Vec<f64>,
    covariance: Vec<Vec<f64>>,
    tolerance: f64,
}

#[derive(Deserialize)]
struct Augmented {
    factors: Vec<Vec<f64>>,
    factor_symbols: Vec<String>,
    loadings: Vec<Vec<f64>>,
    weights: Vec<f64>,
    risk_aversion: f64,
    tau: f64,
    views: Vec<String>,
    mean: Vec<f64>,
    covariance: Vec<Vec<f64>>,
    tolerance: f64,
}

#[derive(Deserialize)]
struct Pooled {
    views: Vec<String>,
    probabilities: Vec<f64>,
    mean: Vec<f64>,
    covariance: Vec<Vec<f64>>,
    relative_entropy: f64,
    effective_scenarios: f64,
    tolerance: f64,
}

#[derive(Deserialize)]
struct Opinions {
    opinions: Vec<Vec<f64>>,
    shares: Vec<f64>,
    linear: Vec<f64>,
    logarithmic: Vec<f64>,
    penalty: f64,
    robust_shares: Vec<f64>,
}

fn cases() -> Cases {
    serde_json::from_str(CASES).unwrap()
}

fn table(symbols: &[String], rows: &[Vec<f64>]) -> Returns {
    let symbols = symbols.iter().map(|name| Symbol::from(name.as_str())).collect();
    Returns::new(symbols, rows.concat()).unwrap()
}

fn sample(returns: &Returns) -> Moments {
    use risk::{CovarianceEstimator, MeanEstimator, estimate};
    estimate(returns, &MeanEstimator::Sample, &CovarianceEstimator::Sample).unwrap()
}

impl Cases {
    fn returns(&self) -> Returns {
        table(&self.symbols, &self.returns)
    }

    fn names(&self) -> Vocabulary {
        let names = Vocabulary::new(self.returns().symbols());
        self.groups.iter().fold(names, |names, (group, members)| {
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            names.with_group(group, &members).unwrap()
        })
    }
}

fn read(views: &[String], names: &Vocabulary) -> Vec<View> {
    views.iter().map(|view| View::parse(view, names).unwrap()).collect()
}

#[track_caller]
fn check(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs() / scale;
        assert!(error <= tolerance, "{found} is not {expected}, off by {error:e}");
    }
}

#[test]
fn black_litterman_is_that_of_pyportfolioopt_and_skfolio() {
    let cases = cases();
    for case in &cases.black_litterman {
        let prior = Moments { mean: case.prior.clone(), ..sample(&cases.returns()) };
        let matrix = |rows: &Vec<Vec<f64>>| Matrix::new(rows.len(), rows.concat()).unwrap();
        let uncertainty = case.uncertainty.as_ref().map(matrix);
        let model = BlackLitterman { tau: case.tau, uncertainty };
        let found = model.posterior(&prior, &read(&case.views, &cases.names())).unwrap();
        check(&found.mean, &case.mean, case.tolerance);
        check(found.covariance.as_slice(), &case.covariance.concat(), case.tolerance);
    }
}

#[test]
fn equilibrium_is_that_of_pyportfolioopt() {
    let case = cases();
    let Equilibrium { market, risk_aversion, equilibrium } = &case.equilibrium;
    let covariance = sample(&case.returns()).covariance;
    check(&implied_mean(&covariance, market, *risk_aversion).unwrap(), equilibrium, 1e-12);
    // A mean of 1 % and a variance of 0.0002 by hand: (0.01 - 0.002) / 0.0002.
    let found = implied_risk_aversion(0.01, 2e-4, 0.002).unwrap();
    assert!((found - 40.0).abs() < 1e-9);
}

#[test]
fn factor_views_are_those_of_riskfolios_augmented_model() {
    let cases = cases();
    let case = &cases.augmented;
    let assets = sample(&cases.returns());
    let factors = sample(&table(&case.factor_symbols, &case.factors));
    let joint = with_factors(&assets, &factors, &case.loadings.concat()).unwrap();
    let market = [case.weights.clone(), vec![0.0; factors.mean.len()]].concat();
    let mean = implied_mean(&joint.covariance, &market, case.risk_aversion).unwrap();
    let views = read(&case.views, &Vocabulary::new(&joint.symbols));
    let model = BlackLitterman { tau: case.tau, uncertainty: None };
    let found = model.posterior(&Moments { mean, ..joint }, &views).unwrap();
    let found = found.first(cases.symbols.len());
    check(&found.mean, &case.mean, case.tolerance);
    check(found.covariance.as_slice(), &case.covariance.concat(), case.tolerance);
}

#[test]
fn entropy_pooling_is_that_of_skfolio() {
    let cases = cases();
    let returns = cases.returns();
    for case in &cases.entropy_pooling {
        let views = read(&case.views, &cases.names());
        let found = entropy_pooling(&returns, None, &views).unwrap();
        let tolerance = case.tolerance;
        check(&found.probabilities, &case.probabilities, tolerance);
        let moments = found.moments(&returns).unwrap();
        check(&moments.mean, &case.mean, tolerance);
        check(moments.covariance.as_slice(), &case.covariance.concat(), tolerance);
        check(&[found.relative_entropy], &[case.relative_entropy], tolerance);
        check(&[found.effective_scenarios], &[case.effective_scenarios], tolerance);
    }
}

#[test]
fn opinion_pooling_is_that_of_skfolio() {
    let Opinions { mut opinions, shares, linear, logarithmic, penalty, robust_shares: robust } =
        cases().opinion_pooling;
    let count = opinions[0].len();
    opinions.push(vec![1.0 / count as f64; count]);
    check(&pool_linear(&opinions, &shares).unwrap(), &linear, 1e-12);
    check(&pool_logarithmic(&opinions, &shares).unwrap(), &logarithmic, 1e-12);
    check(&robust_shares(&opinions, &shares, penalty).unwrap(), &robust, 1e-12);
    let apart = [vec![1.0, 0.0], vec![0.0, 1.0]];
    let error = pool_logarithmic(&apart, &[0.5, 0.5]);
    assert_eq!(error, Err(RiskError::NoCommonScenario));
    assert_eq!(pool_linear(&apart, &[0.5, 0.5]), Ok(vec![0.5, 0.5]));
    assert!(pool_linear(&apart, &[0.5, 0.6]).is_err());
    assert!(pool_linear(&[], &[]).is_err());
}

#[test]
fn sentences_are_read_into_data() {
    let names = cases().names();
    let view = View::parse(" 2*AAPL - BAC + 1% >= 0.5 * prior(XOM) with confidence 60%", &names);
    let of = |col| Statistic::Mean(vec![(col, 1.0)]);
    assert_eq!(
        view.unwrap(),
        View {
            sentence: "2*AAPL - BAC + 1% >= 0.5 * prior(XOM) with confidence 60%".to_owned(),
            terms: vec![(2.0, of(0)), (-1.0, of(1))],
            relation: Relation::AtLeast,
            constant: -0.01,
            prior: vec![(0.5, of(3))],
            confidence: Some(0.6),
        }
    );
    let view = View::parse("-cvar(growth, 99%) == -4e-2", &names).unwrap();
    let tail = Statistic::ConditionalValueAtRisk { of: vec![(0, 0.5), (2, 0.5)], tail: 0.01 };
    assert_eq!((view.terms, view.constant), (vec![(-1.0, tail)], -0.04));
    // Names that contain signs, and that begin alike.
    let names = Vocabulary::new(&["BF", "BF-B", "BRK.B", "var"].map(Symbol::from));
    let view = View::parse("BF-B - BF == var * 2 - BRK.B", &names).unwrap();
    let expected = vec![(1.0, of(1)), (-1.0, of(0)), (-2.0, of(3)), (1.0, of(2))];
    assert_eq!(view.terms, expected);
}

#[test]
fn errors_name_the_place() {
    let names = cases().names();
    let relation = "expected `+`, `-`, `*`, or one of `==`, `<=` and `>=`";
    for (text, expected) in [
        ("AAPL = 5%", format!("character 6: {relation}; did you mean `==`?")),
        ("AAPL", format!("character 5: {relation}")),
        (
            "AAPL == 5",
            "character 9: expected a return such as `15%`, `25bps` or `0.15`; did you mean `5%`?"
                .into(),
        ),
        ("AAPL == 5%%", "character 11: expected `with confidence 60%`, or the end".into()),
        (
            "AAPL == 5% with confidence 60",
            "character 28: expected a confidence from 0% to 100%".into(),
        ),
        (
            "AAPL == variance(BAC)",
            "character 9: expected a mean as before: a view is about one statistic".into(),
        ),
        ("corr(AAPL) == 1", "character 10: expected `,` and a second name".into()),
        ("cvar(AAPL, 5%) == 1%", "character 12: expected a confidence such as `95%`".into()),
        ("1 == 5%", "character 1: expected a symbol or a statistic on one side".into()),
    ] {
        let error = View::parse(text, &names).unwrap_err().to_string();
        assert_eq!(error, format!("view `{text}`, {expected}"));
    }
    let error = View::parse("APPL == 5%", &names).unwrap_err().to_string();
    assert!(error.starts_with("view `APPL == 5%`, character 1: expected a symbol, a group"));
    assert!(error.ends_with("did you mean `AAPL`?"), "{error}");
    let error = Vocabulary::new(&[]).with_group("all", &["X"]).unwrap_err().to_string();
    assert_eq!(error, "the name `all` has no member `X`");
}

#[test]
fn views_that_cannot_hold_are_named() {
    let cases = cases();
    let (returns, names) = (cases.returns(), cases.names());
    let pool = |views: &[&str]| {
        let views: Vec<View> =
            views.iter().map(|view| View::parse(view, &names).unwrap()).collect();
        entropy_pooling(&returns, None, &views).unwrap_err().to_string()
    };
    assert_eq!(
        pool(&["BAC >= 1%", "AAPL == 1%", "AAPL <= 0.5%"]),
        "these views cannot hold together in the scenarios given: `AAPL == 1%`, `AAPL <= 0.5%`; \
         soften one, or add scenarios that are more extreme"
    );
    let error = pool(&["AAPL == 40%"]);
    assert!(error.starts_with("the view `AAPL == 40%` cannot hold: these scenarios reach"));
    let error = pool(&["cvar(AAPL, 95%) >= 40%"]);
    assert!(error.starts_with("the view `cvar(AAPL, 95%) >= 40%` cannot hold: these scenarios"));
    let error = pool(&["var(AAPL, 95%) == 40%"]);
    assert!(error.ends_with("asks for a loss that no scenario reaches, or that all reach"));
    let error = pool(&["corr(AAPL, BAC) == 0.9", "corr(AAPL, BAC) <= 0.5"]);
    assert!(error.contains("`corr(AAPL, BAC) == 0.9`, `corr(AAPL, BAC) <= 0.5`"), "{error}");

    let believe = |views: &[&str]| {
        let views: Vec<View> =
            views.iter().map(|view| View::parse(view, &names).unwrap()).collect();
        let model = BlackLitterman::default();
        model.posterior(&sample(&returns), &views).unwrap_err().to_string()
    };
    let twice = believe(&["AAPL == 1% with confidence 100%", "AAPL == 2% with confidence 100%"]);
    assert!(twice.starts_with("the view `AAPL == 2% with confidence 100%` follows from"));
    assert!(believe(&["AAPL >= 1%"]).contains("is an inequality"));
    assert!(believe(&["variance(AAPL) == 1%"]).contains("is not about means"));
    assert!(believe(&["AAPL - AAPL == 1%"]).contains("its terms cancel"));
}

/// A lower bound on a tail is convex: no probabilities that satisfy it are nearer.
#[test]
fn tail_views_hold_exactly_and_several_at_once() {
    let cases = cases();
    let (returns, names) = (cases.returns(), cases.names());
    let cvar = RiskMeasure::ConditionalValueAtRisk { tail: 0.05 };
    for wanted in [[0.10, 0.11], [0.05, 0.06], [0.07, 0.07]] {
        let views = [
            View::parse(&format!("cvar(AAPL, 95%) == {}", wanted[0]), &names).unwrap(),
            View::parse(&format!("cvar(BAC, 95%) == {}", wanted[1]), &names).unwrap(),
            View::parse("variance(JNJ) == 0.0003", &names).unwrap(),
        ];
        let found = entropy_pooling(&returns, None, &views).unwrap();
        for (col, wanted) in wanted.into_iter().enumerate() {
            let column: Vec<f64> = (0..returns.rows()).map(|row| returns.row(row)[col]).collect();
            let tail = cvar.of_weighted(&column, &found.probabilities).unwrap();
            assert!((tail - wanted).abs() < 1e-9, "{tail} is not {wanted}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever the scenarios and the views: a posterior satisfies them, or an error says why not;
    /// and views that hold already change nothing.
    #[test]
    fn posteriors_satisfy_their_views(
        values in prop::collection::vec(-0.1..0.1_f64, 60..240),
        mean in -0.03..0.03_f64,
        spread in -0.02..0.02_f64,
        scale in 0.5..1.5_f64,
    ) {
        let symbols = ["A", "B", "C"].map(Symbol::from).to_vec();
        let returns = Returns::new(symbols, values[..values.len() / 3 * 3].to_vec()).unwrap();
        let names = Vocabulary::new(returns.symbols());
        let texts = [
            format!("A == {mean:.6}"),
            format!("B - C >= {spread:.6}"),
            format!("variance(B) == {scale:.6} * prior(variance(B))"),
            "corr(A, B) <= 0.2".to_owned(),
        ];
        let views: Vec<View> = texts.iter().map(|text| View::parse(text, &names).unwrap()).collect();
        match entropy_pooling(&returns, None, &views) {
            Ok(found) => {
                prop_assert!((found.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                let moments = found.moments(&returns).unwrap();
                prop_assert!((moments.mean[0] - mean).abs() < 2e-6);
                prop_assert!(moments.mean[1] - moments.mean[2] >= spread - 2e-6);
                prop_assert!(moments.correlation().at(0, 1) <= 0.2 + 1e-6);
            }
            Err(error) => prop_assert!(
                matches!(error, RiskError::Contradiction { .. } | RiskError::View { .. }),
                "{}", error
            ),
        }
        let held = ["A <= prior(A)", "variance(B) == prior(variance(B))",
            "skew(C) >= prior(skew(C))", "cvar(A, 90%) == prior(cvar(A, 90%))"];
        let held: Vec<View> = held.iter().map(|text| View::parse(text, &names).unwrap()).collect();
        let found = entropy_pooling(&returns, None, &held).unwrap();
        prop_assert!(found.relative_entropy < 1e-12, "{}", found.relative_entropy);
    }
}
