//! Estimates beside those of scikit-learn, pandas, skfolio and PyPortfolioOpt on real prices.
//!
//! The expected numbers stand in `conformance/risk/*.json` with the versions that made them;
//! `conformance/risk/generate.py` makes them again.

use std::collections::BTreeMap;

use risk::{
    CovarianceEstimator, Matrix, MeanEstimator, Moments, ReturnKind, Returns, ShrinkageTarget,
    Window, conditional_value_at_risk, estimate, value_at_risk,
};
use serde_json::Value;
use types::{Digest, Panel, Symbol, parse_date};

/// 59 returns of 6 symbols around March 2020.
const WINDOW: &str = include_str!("../../../../conformance/risk/window.json");
/// 12 returns of 20 symbols: the sample covariance is singular.
const SHORT: &str = include_str!("../../../../conformance/risk/short.json");

/// Relative to the largest entry. Both sides sum in `f64`, in different orders.
const TOLERANCE: f64 = 1e-12;

struct Case(Value);

impl Case {
    fn all() -> [Case; 2] {
        [WINDOW, SHORT].map(Case::parse)
    }

    fn parse(text: &str) -> Case {
        Case(serde_json::from_str(text).unwrap())
    }

    /// The numbers under a path such as `/ledoit_wolf/covariance`, row by row.
    fn numbers(&self, path: &str) -> Vec<f64> {
        fn flatten(value: &Value) -> Vec<f64> {
            match value {
                Value::Array(items) => items.iter().flat_map(flatten).collect(),
                other => vec![other.as_f64().unwrap()],
            }
        }
        flatten(self.0.pointer(path).unwrap())
    }

    fn number(&self, path: &str) -> f64 {
        self.numbers(path)[0]
    }

    fn texts(&self, key: &str) -> Vec<String> {
        serde_json::from_value(self.0[key].clone()).unwrap()
    }

    fn panel(&self) -> Panel {
        let dates = self.texts("dates");
        let symbols: Vec<Symbol> = self.texts("symbols").into_iter().map(Into::into).collect();
        let fields = BTreeMap::from([("close".to_owned(), self.numbers("/prices"))]);
        let dates = dates.iter().map(|date| parse_date(date).unwrap()).collect();
        Panel::new(dates, symbols, fields, Digest::ZERO).unwrap()
    }

    fn returns(&self, kind: ReturnKind) -> Returns {
        let panel = self.panel();
        let window = Window { kind, ..Window::last(panel.rows() - 1) };
        Returns::from_panel(&panel, window).unwrap()
    }

    fn moments(&self, mean: MeanEstimator, covariance: CovarianceEstimator) -> Moments {
        estimate(&self.returns(ReturnKind::Simple), &mean, &covariance).unwrap()
    }
}

#[track_caller]
fn check(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs() / scale;
        assert!(error < TOLERANCE, "at {at}: {found} is not {expected}");
    }
}

fn sample(case: &Case) -> Moments {
    case.moments(MeanEstimator::Sample, CovarianceEstimator::Sample)
}

#[test]
fn sample_moments_are_those_of_pandas() {
    for case in Case::all() {
        let moments = sample(&case);
        check(&moments.mean, &case.numbers("/mean"));
        check(moments.covariance.as_slice(), &case.numbers("/sample"));
        check(moments.correlation().as_slice(), &case.numbers("/correlation"));
        assert_eq!((moments.shrinkage, moments.repair), (None, None));
    }
}

#[test]
fn log_returns_are_differences_of_log_prices() {
    for case in Case::all() {
        let returns = case.returns(ReturnKind::Log);
        let unit = Matrix::diagonal(&vec![1.0; returns.cols()]);
        let mean = MeanEstimator::Sample.estimate(&returns, &unit).unwrap();
        check(&mean, &case.numbers("/mean_log"));
    }
}

#[test]
fn exponential_weights_are_those_of_pandas_ewm() {
    for case in Case::all() {
        let half_life_days = case.number("/half_life_days");
        let moments = case.moments(
            MeanEstimator::ExponentiallyWeighted { half_life_days },
            CovarianceEstimator::ExponentiallyWeighted { half_life_days },
        );
        check(&moments.mean, &case.numbers("/mean_ewm"));
        check(moments.covariance.as_slice(), &case.numbers("/ewm"));
    }
}

#[test]
fn shrinkage_to_the_scaled_identity_is_that_of_scikit_learn() {
    check_shrinkage("/ledoit_wolf", ShrinkageTarget::ScaledIdentity);
}

#[test]
fn shrinkage_to_constant_correlation_is_that_of_pyportfolioopt() {
    check_shrinkage("/constant_correlation", ShrinkageTarget::ConstantCorrelation);
}

fn check_shrinkage(path: &str, target: ShrinkageTarget) {
    for case in Case::all() {
        let estimator = CovarianceEstimator::LedoitWolf { target };
        let moments = case.moments(MeanEstimator::Zero, estimator);
        let expected = case.numbers(&format!("{path}/covariance"));
        check(moments.covariance.as_slice(), &expected);
        let expected = case.number(&format!("{path}/shrinkage"));
        check(&[moments.shrinkage.unwrap()], &[expected]);
        assert!(moments.covariance.cholesky().is_ok());
    }
}

#[test]
fn bayes_stein_means_are_those_of_skfolio() {
    let case = Case::parse(WINDOW);
    let moments = case.moments(MeanEstimator::BayesStein, CovarianceEstimator::Sample);
    check(&moments.mean, &case.numbers("/mean_bayes_stein"));
}

#[test]
fn portfolio_risk_is_that_of_numpy_and_skfolio() {
    for case in Case::all() {
        let weights = case.numbers("/weights");
        let volatility = sample(&case).volatility(&weights).unwrap();
        check(&[volatility], &[case.number("/volatility")]);
        let returns = case.returns(ReturnKind::Simple);
        let portfolio = returns.of_portfolio(&weights).unwrap();
        let found = [
            value_at_risk(&portfolio, 0.05).unwrap(),
            conditional_value_at_risk(&portfolio, 0.05).unwrap(),
        ];
        let expected = ["/value_at_risk_5", "/conditional_value_at_risk_5"];
        check(&found, &expected.map(|path| case.number(path)));
    }
}

/// Computed by hand from the formulas of a two-asset portfolio: volatilities 20 % and 10 %,
/// correlation 0.5, weights 60/40 give a variance of 0.0144 + 0.0016 + 0.0048 = 0.0208; the first
/// asset's part is (0.0144 + 0.0024) / √0.0208.
#[test]
fn two_assets_by_hand() {
    let covariance = Matrix::new(2, vec![0.04, 0.01, 0.01, 0.01]).unwrap();
    let symbols = ["A", "B"].map(Symbol::from).to_vec();
    let moments = Moments::new(symbols.into(), vec![0.08, 0.03], covariance, 0).unwrap();
    let weights = [0.6, 0.4];
    check(&[moments.expected_return(&weights).unwrap()], &[0.06]);
    check(&[moments.variance(&weights).unwrap()], &[0.0208]);
    let parts = moments.risk_contributions(&weights).unwrap();
    check(&parts, &[0.11648704120729812, 0.02773500981126146]);
}
