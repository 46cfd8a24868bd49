//! Risk measures beside those of Riskfolio-Lib and skfolio, and what must hold whatever the numbers.
//!
//! The expected numbers stand in `conformance/risk/measures.json` with the versions that made them
//! and how exact they are; `conformance/risk/measures.py` makes them again.

use proptest::prelude::*;
use risk::{Returns, RiskError, RiskMeasure, Target, Wealth};
use serde::Deserialize;

const CASES: &str = include_str!("../../../../conformance/risk/measures.json");

#[derive(Deserialize)]
struct Cases {
    symbols: Vec<String>,
    weights: Vec<f64>,
    windows: Vec<Window>,
}

#[derive(Deserialize)]
struct Window {
    returns: Vec<Vec<f64>>,
    portfolio: Vec<f64>,
    probabilities: Vec<f64>,
    values: Vec<Case<f64>>,
    weighted: Vec<Case<f64>>,
    contributions: Vec<Case<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Case<T> {
    measure: RiskMeasure,
    expected: T,
    tolerance: f64,
}

fn cases() -> Cases {
    serde_json::from_str(CASES).unwrap()
}

#[track_caller]
fn check(measure: RiskMeasure, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs();
    assert!(error <= tolerance, "{measure}: {found} is not {expected}, off by {error:e}");
}

#[test]
fn values_are_those_of_riskfolio_and_skfolio() {
    for window in cases().windows {
        for case in &window.values {
            let found = case.measure.of(&window.portfolio).unwrap();
            check(case.measure, found, case.expected, case.tolerance);
        }
    }
}

#[test]
fn values_under_unequal_probabilities_are_those_of_skfolio() {
    for window in cases().windows {
        for case in &window.weighted {
            let found = case.measure.of_weighted(&window.portfolio, &window.probabilities).unwrap();
            check(case.measure, found, case.expected, case.tolerance);
        }
    }
}

#[test]
fn contributions_are_those_of_riskfolio_and_add_up() {
    let cases = cases();
    for window in &cases.windows {
        let symbols = cases.symbols.iter().map(|name| name.as_str().into()).collect();
        let returns = Returns::new(symbols, window.returns.concat()).unwrap();
        for case in &window.contributions {
            let found = case.measure.contributions(&cases.weights, &returns).unwrap();
            let degree = case.measure.degree();
            let scale = case.expected.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
            for (found, expected) in found.component.iter().zip(&case.expected) {
                let error = (found - expected).abs() / scale;
                assert!(error <= case.tolerance, "{}: {found} {expected}", case.measure);
            }
            if degree.is_some() {
                assert!(found.remainder.abs() <= 1e-12 * found.value, "{}", case.measure);
            }
        }
    }
}

/// Every name, with its usual parameters.
fn all() -> Vec<RiskMeasure> {
    RiskMeasure::names().map(|name| name.parse().unwrap()).collect()
}

#[test]
fn every_measure_is_printed_as_it_is_read() {
    for measure in all() {
        assert_eq!(measure.to_string().parse(), Ok(measure), "{measure}");
    }
    let compounded = RiskMeasure::MaxDrawdown { wealth: Wealth::Compounded };
    assert_eq!("MDD_Rel".parse(), Ok(compounded));
    assert_eq!(compounded.to_string(), "max drawdown(compounded)");
    let sortino = RiskMeasure::SemiDeviation { target: Target::Fixed(-0.001) };
    assert_eq!("semi deviation (-10bps)".parse(), Ok(sortino));
    assert_eq!(sortino.to_string(), "semi-deviation(-0.1%)");
    let range = "rlvar range(95%, 0.4)".parse::<RiskMeasure>().unwrap();
    assert_eq!(range.to_string(), "rlvar range(95%, 95%, 0.4, 0.4)");
    assert_eq!(range.to_string().parse(), Ok(range));
}

/// The 26 measures that Riskfolio-Lib optimises, by its codes, its seven compounded ones, and the 20
/// of skfolio, by its names.
#[test]
fn measures_of_other_systems_are_found_by_their_names() {
    let riskfolio = "MV KT EM MAD GMD CVRG TGRG EVRG RVRG RG MSV SKT ESM FLPM SLPM CVaR TG EVaR \
        RLVaR WR ADD UCI CDaR EDaR RLDaR MDD VaR DaR VRG vol MDD_Rel ADD_Rel DaR_Rel CDaR_Rel \
        EDaR_Rel RLDaR_Rel UCI_Rel";
    let skfolio = "variance semi_variance standard_deviation semi_deviation \
        mean_absolute_deviation first_lower_partial_moment cvar evar worst_realization cdar \
        max_drawdown average_drawdown edar ulcer_index gini_mean_difference value_at_risk \
        drawdown_at_risk entropic_risk_measure fourth_central_moment fourth_lower_partial_moment \
        skew kurtosis";
    for name in riskfolio.split_whitespace().chain(skfolio.split_whitespace()) {
        assert!(name.parse::<RiskMeasure>().is_ok(), "{name}");
    }
}

#[test]
fn errors_name_the_place_and_what_exists() {
    for (text, expected) in [
        (
            "cvar(5%)",
            "risk measure `cvar(5%)`, character 6: expected a confidence from 50% to below 100%, such as `95%` for the worst 5%",
        ),
        ("cvar(95%", "risk measure `cvar(95%`, character 9: expected `)`"),
        (
            "variance(3)",
            "risk measure `variance(3)`, character 10: expected no further parameter here",
        ),
        (
            "cdar(95%, daily)",
            "risk measure `cdar(95%, daily)`, character 11: expected `compounded` or `uncompounded`",
        ),
        (
            "range()",
            "risk measure `range()`, character 7: expected a parameter, such as `95%`, and `)`",
        ),
    ] {
        assert_eq!(text.parse::<RiskMeasure>().unwrap_err().to_string(), expected);
    }
    let error = "cvra(95%)".parse::<RiskMeasure>().unwrap_err().to_string();
    assert!(error.contains("expected one of variance, standard deviation"), "{error}");
    assert!(error.ends_with("did you mean `cvar`?"), "{error}");
}

#[test]
fn bad_input_is_refused() {
    let cvar = RiskMeasure::ConditionalValueAtRisk { tail: 0.05 };
    assert!(matches!(cvar.of(&[]), Err(RiskError::TooFew { .. })));
    assert!(matches!(cvar.of(&[0.0, f64::NAN]), Err(RiskError::NotFinite { .. })));
    assert!(matches!(RiskMeasure::Variance.of(&[0.1]), Err(RiskError::TooFew { .. })));
    assert!(matches!(RiskMeasure::Skewness.of(&[0.1; 9]), Err(RiskError::NoSpread { .. })));
    let deep = RiskMeasure::MaxDrawdown { wealth: Wealth::Compounded };
    let error = deep.of(&[0.1, -1.0]).unwrap_err().to_string();
    assert!(error.starts_with("the return in row 1 is -1: wealth cannot compound"), "{error}");
    for tail in [0.0, 1.0, f64::NAN] {
        let measure = RiskMeasure::EntropicValueAtRisk { tail };
        assert!(matches!(measure.of(&[0.1, 0.2]), Err(RiskError::Parameter { name: "tail", .. })));
    }
    for probabilities in [[0.5, 0.6], [-0.1, 1.1]] {
        assert!(cvar.of_weighted(&[0.1, 0.2], &probabilities).is_err());
    }
    let relativistic: RiskMeasure = "rlvar".parse().unwrap();
    let error = relativistic.of_weighted(&[0.1, 0.2], &[0.4, 0.6]);
    assert!(matches!(error, Err(RiskError::EqualProbabilities { .. })));
}

/// A portfolio that never moves: spreads are nothing, losses are its loss.
#[test]
fn constant_returns_have_an_answer() {
    for measure in all() {
        let Ok(found) = measure.of(&[0.01; 40]) else {
            assert!(matches!(measure, RiskMeasure::Skewness | RiskMeasure::Kurtosis), "{measure}");
            continue;
        };
        let name = measure.name();
        let loss = ["var", "cvar", "evar", "rlvar", "tail gini", "worst realisation"];
        if loss.contains(&name) {
            assert!((found + 0.01).abs() < 1e-15, "{measure}: {found}");
        } else if name != "entropic risk" {
            assert!(found.abs() < 1e-15, "{measure}: {found}");
        }
    }
}

fn series() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-0.2..0.2_f64, 5..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Tails in the order of their caution: each bounds the one before it.
    #[test]
    fn cautious_measures_are_larger(returns in series(), tail in 0.01..0.5_f64) {
        use RiskMeasure::*;
        let ladder = [
            ValueAtRisk { tail },
            ConditionalValueAtRisk { tail },
            EntropicValueAtRisk { tail },
            RelativisticValueAtRisk { tail, kappa: 0.1 },
            RelativisticValueAtRisk { tail, kappa: 0.6 },
            WorstRealisation,
        ];
        let values = ladder.map(|measure| measure.of(&returns).unwrap());
        prop_assert!(values.is_sorted_by(|a, b| *a <= *b + 1e-9), "{values:?}");
    }

    /// Times `c`, a measure of degree `d` grows by `c^d`.
    #[test]
    fn measures_grow_by_their_degree(returns in series(), factor in 0.1..3.0_f64) {
        let scaled: Vec<f64> = returns.iter().map(|r| r * factor).collect();
        for measure in all() {
            let Some(degree) = measure.degree() else { continue };
            let expected = measure.of(&returns).unwrap() * factor.powi(degree.into());
            let found = measure.of(&scaled).unwrap();
            prop_assert!((found - expected).abs() <= 1e-9 * (1.0 + expected.abs()), "{measure}");
        }
    }

    /// A subgradient bounds a convex measure from below, everywhere.
    #[test]
    fn subgradients_support_convex_measures(
        pairs in prop::collection::vec((-0.2..0.2_f64, -0.2..0.2_f64), 5..60),
    ) {
        let (here, there): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        for measure in all().into_iter().filter(RiskMeasure::is_convex) {
            let found = measure.subgradient(&here).unwrap();
            let steps = found.slopes.iter().zip(here.iter().zip(&there));
            let bound = found.value + steps.map(|(slope, (a, b))| slope * (b - a)).sum::<f64>();
            let value = measure.of(&there).unwrap();
            prop_assert!(value >= bound - 1e-9, "{measure}: {value} below {bound}");
        }
    }

    /// Weights that are all alike are no weights.
    #[test]
    fn equal_probabilities_change_nothing(returns in series()) {
        let probabilities = vec![1.0 / returns.len() as f64; returns.len()];
        for measure in all() {
            prop_assert_eq!(
                measure.of(&returns).unwrap(),
                measure.of_weighted(&returns, &probabilities).unwrap()
            );
        }
    }

    /// The order of days matters to drawdowns and to nothing else.
    #[test]
    fn order_matters_to_drawdowns_only(returns in series()) {
        let reversed: Vec<f64> = returns.iter().rev().copied().collect();
        for measure in all().into_iter().filter(|measure| measure.wealth().is_none()) {
            let (a, b) = (measure.of(&returns).unwrap(), measure.of(&reversed).unwrap());
            prop_assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{measure}: {a} {b}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What is written is read as the same, whatever the parameters.
    #[test]
    fn words_are_read_as_they_were_written(
        tail in prop_oneof![Just(1.0), 1e-15..1e-9_f64, 0.0..1.0_f64, (1_u8..50).prop_map(|p| f64::from(p) / 100.0)],
        gain_tail in prop_oneof![1e-12..0.5_f64, 0.5..1.0_f64],
        kappa in prop_oneof![1e-12..0.5_f64, 0.5..1.0_f64],
        gain_kappa in 1e-3..1.0_f64,
        target in prop_oneof![-1e-15..1e-15_f64, -8.0..8.0_f64, Just(0.05), Just(-0.001)],
        theta in prop_oneof![1e-12..1e12_f64, Just(1.0)],
        p in 1_u8..=255,
        relative in any::<bool>(),
    ) {
        use RiskMeasure::*;
        let tail = tail.max(1e-15);
        let target = Target::Fixed(target);
        let wealth = if relative { Wealth::Compounded } else { Wealth::Uncompounded };
        for measure in [
            ConditionalValueAtRisk { tail },
            RelativisticValueAtRisk { tail, kappa },
            EntropicRisk { theta, tail },
            ValueAtRiskRange { tail, gain_tail },
            RelativisticValueAtRiskRange { tail, gain_tail, kappa, gain_kappa },
            RelativisticDrawdownAtRisk { tail, kappa, wealth },
            DrawdownAtRisk { tail, wealth },
            SemiDeviation { target },
            FirstLowerPartialMoment { target },
            FourthLowerPartialMoment { target },
            EvenSemiMoment { p },
        ] {
            let text = measure.to_string();
            let read = text.parse::<RiskMeasure>();
            prop_assert_eq!(read, Ok(measure), "{}", text);
        }
    }
}

#[test]
fn one_name_has_one_column() {
    let twice = Returns::new(["A", "B", "A"].map(Into::into).to_vec(), vec![0.0; 6]);
    assert_eq!(twice.unwrap_err().to_string(), "A comes twice; give each symbol one column");
}
