//! Estimators beside those of skfolio, Riskfolio-Lib, PyPortfolioOpt, scikit-learn and statsmodels.
//!
//! The expected numbers stand in `conformance/risk/estimators.json` with the versions that made
//! them; `conformance/risk/estimators.py` makes them again.

use std::sync::LazyLock;

use risk::{
    Components, CovarianceEstimator, Denoising, Exposures, FactorModel, GerberStatistic, Matrix,
    MeanEstimator, PartialReturns, Returns, Selection, ShrinkageTarget, Side, calibration,
    capital_asset_pricing, cokurtosis, coskewness, cross_sectional, equilibrium,
    exceedance_p_value, forecast_volatilities, minimum_covariance_determinant, nearest_correlation,
    portfolio_comoments, statistical, test_forecast, time_series, with_volatilities,
};
use serde_json::Value;
use types::Symbol;

static CASE: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../../conformance/risk/estimators.json");
    serde_json::from_str(text).unwrap()
});

/// The numbers under a path such as `/means/sample`, row by row; NaN for null.
fn numbers(path: &str) -> Vec<f64> {
    fn flatten(value: &Value) -> Vec<f64> {
        match value {
            Value::Array(items) => items.iter().flat_map(flatten).collect(),
            Value::Null => vec![f64::NAN],
            other => vec![other.as_f64().unwrap()],
        }
    }
    flatten(CASE.pointer(path).unwrap_or_else(|| panic!("{path} is not in the case")))
}

fn names(count: usize) -> Vec<Symbol> {
    let names = CASE["symbols"].as_array().unwrap().iter().take(count);
    names.map(|name| name.as_str().unwrap().into()).collect()
}

fn table(path: &str, cols: usize) -> Returns {
    Returns::new(names(cols), numbers(path)).unwrap()
}

/// 252 returns of 12 symbols.
fn returns() -> Returns {
    table("/returns", 12)
}

/// Some rows of the first `cols` symbols.
fn part(rows: std::ops::Range<usize>, cols: usize) -> Returns {
    let all = returns();
    let values = rows.flat_map(|row| all.row(row)[..cols].to_vec()).collect();
    Returns::new(names(cols), values).unwrap()
}

/// That all values agree to `tolerance` of the largest.
#[track_caller]
fn check(found: &[f64], path: &str, tolerance: f64) {
    near(found, &numbers(path), tolerance);
}

#[track_caller]
fn near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs() / scale;
        assert!(error <= tolerance, "at {at}: {found} is not {expected}, off by {error:e}");
    }
}

fn covariance(estimator: CovarianceEstimator) -> Matrix {
    estimator.estimate(&returns()).unwrap().0
}

fn sample() -> Matrix {
    covariance(CovarianceEstimator::Sample)
}

fn mean(estimator: MeanEstimator, returns: &Returns) -> Vec<f64> {
    let covariance = CovarianceEstimator::Sample.estimate(returns).unwrap().0;
    estimator.estimate(returns, &covariance).unwrap()
}

#[test]
fn means_are_those_of_skfolio_and_pyportfolioopt() {
    use MeanEstimator as M;
    let half_life_days = 21.0;
    let cases = [
        (M::Sample, "sample"),
        (M::Geometric, "geometric"),
        (M::ExponentiallyWeighted { half_life_days }, "exponentially_weighted"),
        (M::JamesStein, "james_stein"),
        (M::BayesStein, "bayes_stein"),
        (M::BodnarOkhrinParolya, "bodnar_okhrin"),
        (M::Equilibrium { risk_aversion: 2.5 }, "equilibrium"),
        (M::CapitalAssetPricing { risk_free: 1e-4 }, "capm"),
    ];
    for (estimator, path) in cases {
        check(&mean(estimator, &returns()), &format!("/means/{path}"), 1e-11);
    }
}

#[test]
fn means_of_a_given_market_are_those_of_skfolio_and_pyportfolioopt() {
    let weights = numbers("/means/weights");
    let found = equilibrium(&sample(), &weights, 2.5).unwrap();
    check(&found, "/means/equilibrium_weighted", 1e-12);
    let market = returns().of_portfolio(&weights).unwrap();
    let found = capital_asset_pricing(&returns(), &market, 1e-4).unwrap();
    check(&found, "/means/capm_market", 1e-11);
}

/// Of two symbols, the first mode always holds more than half of all variance, so the formula of
/// James and Stein would push the means apart; its positive part leaves them.
#[test]
fn james_stein_never_pushes_means_apart() {
    let found = mean(MeanEstimator::JamesStein, &part(0..252, 2));
    near(&found, &numbers("/means/sample")[..2], 1e-12);
}

#[test]
fn covariances_are_those_of_other_systems() {
    use CovarianceEstimator as C;
    let gerber = |statistic, threshold| C::Gerber { statistic, threshold };
    let regime = |half_life_days, regime_half_life_days| C::RegimeAdjusted {
        half_life_days,
        regime_half_life_days,
    };
    let cases = [
        (C::Semi { benchmark: 2e-4 }, "semi", 1e-12),
        (
            C::LedoitWolf { target: ShrinkageTarget::SingleFactor },
            "single_factor/covariance",
            1e-12,
        ),
        (C::OracleApproximating, "oas/covariance", 1e-12),
        (C::Shrunk { shrinkage: 0.25 }, "shrunk", 1e-12),
        (gerber(GerberStatistic::AnyMove, 0.5), "gerber/any_move", 1e-12),
        (gerber(GerberStatistic::OwnMoves, 0.5), "gerber/own_moves", 1e-12),
        (gerber(GerberStatistic::OwnMoves, 0.3), "gerber/own_moves_skfolio", 1e-12),
        (C::GraphicalLasso { alpha: 0.2 }, "graphical_lasso/covariance", 1e-8),
        (C::JLogo, "logo", 1e-11),
        (regime(40.0, None), "regime/40/covariance", 1e-11),
        (regime(60.0, Some(5.0)), "regime/60_5/covariance", 1e-11),
    ];
    for (estimator, path, tolerance) in cases {
        let found = covariance(estimator);
        check(found.as_slice(), &format!("/covariances/{path}"), tolerance);
    }
}

#[test]
fn denoising_is_that_of_skfolio_and_riskfolio() {
    use CovarianceEstimator as C;
    let denoised = |noise| C::Denoised { noise };
    let cases = [
        (denoised(Denoising::Constant), "denoised/constant", 1e-11),
        (denoised(Denoising::Constant), "denoised/constant_riskfolio", 1e-11),
        (denoised(Denoising::Spectral), "denoised/spectral", 1e-11),
        (denoised(Denoising::Shrunk { alpha: 0.3 }), "denoised/shrunk", 1e-11),
        (C::Detoned { components: 1 }, "denoised/detoned", 1e-11),
        (C::Detoned { components: 2 }, "denoised/detoned_2", 1e-11),
    ];
    for (estimator, path, tolerance) in cases {
        let found = estimator.estimate(&part(52..252, 12)).unwrap().0;
        check(found.as_slice(), &format!("/covariances/{path}"), tolerance);
    }
}

#[test]
fn shrinkage_intensities_are_those_of_other_systems() {
    let single = CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::SingleFactor };
    for (estimator, path) in
        [(single, "single_factor"), (CovarianceEstimator::OracleApproximating, "oas")]
    {
        let (_, shrinkage) = estimator.estimate(&returns()).unwrap();
        check(&[shrinkage.unwrap()], &format!("/covariances/{path}/shrinkage"), 1e-11);
    }
}

/// Riskfolio-Lib repairs what is not semidefinite, so this is of six symbols, where it is.
#[test]
fn the_gerber_statistic_of_joint_moves_is_that_of_riskfolio() {
    let estimator =
        CovarianceEstimator::Gerber { statistic: GerberStatistic::JointMoves, threshold: 0.5 };
    let found = estimator.estimate(&part(0..252, 6)).unwrap().0;
    assert!(found.cholesky().is_ok());
    check(found.as_slice(), "/covariances/gerber/joint_moves_6", 1e-12);
}

#[test]
fn the_graphical_lasso_is_as_sparse_as_that_of_scikit_learn() {
    let estimated = covariance(CovarianceEstimator::GraphicalLasso { alpha: 0.2 });
    let precision = estimated.cholesky().unwrap().inverse();
    let scale = precision.diag().fold(0.0, f64::max);
    let zeros = precision.as_slice().iter().filter(|value| value.abs() < 1e-8 * scale).count();
    assert_eq!(zeros as f64, numbers("/covariances/graphical_lasso/zeros")[0]);
}

#[test]
fn the_minimum_determinant_is_that_of_scikit_learn_whatever_the_seed() {
    let returns = table("/covariances/minimum_determinant/returns", 5);
    for seed in [0, 1, 987_654_321] {
        let found = minimum_covariance_determinant(&returns, None, seed).unwrap();
        let sound: Vec<f64> = found.sound.iter().map(|row| *row as f64).collect();
        check(&sound, "/covariances/minimum_determinant/sound", 0.0);
        check(&found.mean, "/covariances/minimum_determinant/mean", 1e-11);
        check(found.covariance.as_slice(), "/covariances/minimum_determinant/covariance", 1e-11);
        let part = minimum_covariance_determinant(&returns, Some(0.8), seed).unwrap();
        check(part.covariance.as_slice(), "/covariances/minimum_determinant/covariance_80", 1e-11);
    }
}

#[test]
fn implied_volatilities_are_those_of_skfolio() {
    let implied = numbers("/covariances/implied/implied");
    let newest = &implied[implied.len() - 12..];
    let given = with_volatilities(&sample(), newest).unwrap();
    check(given.as_slice(), "/covariances/implied/given", 1e-12);
    let forecast = forecast_volatilities(&returns(), &implied, 20).unwrap();
    check(&forecast, "/covariances/implied/forecast", 1e-10);
}

fn factors() -> Returns {
    let symbols = ["MTUM", "QUAL", "SIZE", "USMV", "VLUE"].map(Symbol::from);
    Returns::new(symbols.to_vec(), numbers("/factors")).unwrap()
}

/// Each symbol's intercept and loadings, as the reference prints them.
fn coefficients(model: &FactorModel) -> Vec<f64> {
    let symbols = model.intercepts.iter().enumerate();
    symbols
        .flat_map(|(i, own)| std::iter::once(*own).chain(model.loadings_of(i).to_vec()))
        .collect()
}

#[test]
fn regressions_on_factors_are_those_of_statsmodels_and_riskfolio() {
    let model = time_series(&returns(), &factors(), Selection::All).unwrap();
    check(&coefficients(&model), "/factor_models/all/loadings", 1e-9);
    check(&model.specific_variances, "/factor_models/all/specific", 1e-10);
    for (selection, path) in [
        (Selection::Forward { p_value: 0.05 }, "forward"),
        (Selection::Backward { p_value: 0.05 }, "backward"),
    ] {
        let model = time_series(&returns(), &factors(), selection).unwrap();
        check(&coefficients(&model), &format!("/factor_models/{path}/loadings"), 1e-9);
        check(model.covariance().as_slice(), &format!("/factor_models/{path}/covariance"), 1e-10);
    }
}

#[test]
fn principal_components_are_those_of_scikit_learn() {
    let model = statistical(&returns(), Components::Explained { part: 0.75 }).unwrap();
    let expected = numbers("/factor_models/pca/components");
    assert_eq!(model.factors() as f64, numbers("/factor_models/pca/count")[0]);
    let variances: Vec<f64> = model.factor_covariance.diag().collect();
    check(&variances, "/factor_models/pca/variances", 1e-12);
    let sigma: Vec<f64> = sample().diag().map(f64::sqrt).collect();
    for factor in 0..model.factors() {
        let vector: Vec<f64> = (0..12).map(|i| model.loadings_of(i)[factor] / sigma[i]).collect();
        let expected = &expected[factor * 12..(factor + 1) * 12];
        let sign: f64 = vector.iter().zip(expected).map(|(a, b)| a * b).sum::<f64>().signum();
        let turned: Vec<f64> = expected.iter().map(|value| value * sign).collect();
        near(&vector, &turned, 1e-10);
    }
    let above = statistical(&part(52..252, 12), Components::MarchenkoPastur).unwrap();
    assert_eq!(above.factors() as f64, numbers("/factor_models/pca/above_noise")[0]);
}

#[test]
fn cross_sections_are_those_of_statsmodels() {
    let values = numbers("/factor_models/cross_section/exposures");
    let exposures = Exposures {
        factors: 3,
        values: &values,
        weights: &numbers("/factor_models/cross_section/weights"),
        newest: &values[values.len() - 36..],
    };
    let found = cross_sectional(&part(192..252, 12), exposures).unwrap();
    check(&found.factor_returns, "/factor_models/cross_section/factor_returns", 1e-9);
    let covariance = found.model.covariance();
    check(covariance.as_slice(), "/factor_models/cross_section/covariance", 1e-9);
}

#[test]
fn comoments_are_those_of_riskfolio() {
    let four = part(0..252, 4);
    for (side, prefix) in [(Side::Both, ""), (Side::Below, "semi_")] {
        let third = coskewness(&four, side).unwrap();
        check(&third, &format!("/comoments/{prefix}coskewness"), 1e-12);
        let fourth = cokurtosis(&four, side).unwrap();
        check(fourth.as_slice(), &format!("/comoments/{prefix}cokurtosis"), 1e-12);
        let weights = [0.4, 0.3, 0.2, 0.1];
        let pairs: Vec<f64> =
            weights.iter().flat_map(|a| weights.iter().map(move |b| a * b)).collect();
        let rows = third.chunks_exact(16);
        let along = rows.map(|row| row.iter().zip(&pairs).map(|(a, b)| a * b).sum::<f64>());
        let skewness: f64 = along.zip(weights).map(|(row, weight)| row * weight).sum();
        let found = portfolio_comoments(&four, &weights, side).unwrap();
        near(&[found.0], &[skewness], 1e-10);
        near(&[found.1], &[fourth.quad_form(&pairs)], 1e-10);
    }
}

#[test]
fn the_nearest_correlation_is_that_of_clarabel() {
    let broken = Matrix::new(6, numbers("/nearest/broken")).unwrap();
    let found = nearest_correlation(&broken).unwrap();
    check(found.as_slice(), "/nearest/correlation", 1e-5);
}

/// The example of Higham 2002, to the four digits that are printed there.
#[test]
fn the_nearest_correlation_is_that_of_higham() {
    let broken = Matrix::new(3, vec![1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0]).unwrap();
    let found = nearest_correlation(&broken).unwrap();
    let (near, far) = (0.7607, 0.1573);
    let expected = [1.0, near, far, near, 1.0, near, far, near, 1.0];
    for (found, expected) in found.as_slice().iter().zip(expected) {
        assert!((found - expected).abs() < 5e-5, "{found} is not {expected}");
    }
}

#[test]
fn means_and_covariances_with_gaps_are_those_of_pandas() {
    let partial = PartialReturns::new(names(5), numbers("/gaps/returns")).unwrap();
    check(&partial.mean().unwrap(), "/gaps/mean", 1e-12);
    let found = partial.pairwise_covariance(60).unwrap();
    check(found.as_slice(), "/gaps/covariance", 1e-12);
    let counts: Vec<f64> = partial.counts().into_iter().map(|count| count as f64).collect();
    check(&counts, "/gaps/counts", 0.0);
    assert_eq!(partial.present(100), [0, 1, 3, 4], "the third is not there on the last day");
    assert!(partial.moments(60).unwrap().covariance.quad_form(&[1.0; 5]) > 0.0);
}

#[test]
fn tests_of_forecasts_are_those_of_skfolio() {
    let weights = numbers("/evaluation/weights");
    let mut tests = Vec::new();
    for (step, start) in (60..160).step_by(5).enumerate() {
        let past = part(start - 60..start, 6);
        let covariance = CovarianceEstimator::Sample.estimate(&past).unwrap().0;
        let followed = part(start..start + 5, 6);
        let found = test_forecast(&covariance, &followed, Some(&weights)).unwrap();
        let path = |name: &str| format!("/evaluation/steps/{step}/{name}");
        check(&[found.mahalanobis / 6.0], &path("mahalanobis_ratio"), 1e-10);
        check(&[found.diagonal], &path("diagonal"), 1e-11);
        check(&[found.standardised], &path("standardised"), 1e-11);
        check(&[found.qlike], &path("qlike"), 1e-12);
        let found_plain = test_forecast(&covariance, &followed, None).unwrap();
        check(&[found_plain.qlike], &path("qlike_inverse_volatility"), 1e-12);
        tests.push(found);
    }
    let all = calibration(&tests, 0.95).unwrap();
    let ratios: Vec<f64> = (0..20)
        .map(|step| numbers(&format!("/evaluation/steps/{step}/mahalanobis_ratio"))[0])
        .collect();
    near(&[all.mahalanobis_ratio], &[ratios.iter().sum::<f64>() / 20.0], 1e-10);
    // 12.591587 is the 95 % point of chi-squared with 6 degrees of freedom in any printed table.
    let beyond = ratios.iter().filter(|ratio| *ratio * 6.0 > 12.591_587).count();
    near(&[all.exceedance], &[beyond as f64 / 20.0], 1e-15);
}

/// Kupiec 1995: with 255 days at 5 %, between 7 and 20 exceedances are not rejected at a
/// confidence of 95 % (table 3: non-rejection region 6 < N < 21).
#[test]
fn exceedances_are_rejected_where_kupiec_rejects_them() {
    for exceeded in 0..30 {
        let kept = exceedance_p_value(exceeded, 255, 0.05).unwrap() > 0.05;
        assert_eq!(kept, (7..=20).contains(&exceeded), "{exceeded}");
    }
}
