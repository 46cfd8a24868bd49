//! The algebra that every estimator keeps, on returns that nobody chose.

use proptest::collection::vec;
use proptest::prelude::*;
use risk::{
    Components, CovarianceEstimator, Denoising, GerberStatistic, Matrix, MeanEstimator, Moments,
    PartialReturns, Returns, RiskError, Selection, ShrinkageTarget, equilibrium, estimate,
    implied_risk_aversion, matrix_qlike, nearest_correlation, nearest_covariance, nearest_psd,
    statistical, time_series,
};
use types::Symbol;

/// Those that take any returns.
const ESTIMATORS: [CovarianceEstimator; 7] = [
    CovarianceEstimator::Sample,
    CovarianceEstimator::ExponentiallyWeighted { half_life_days: 5.0 },
    CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::ScaledIdentity },
    CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::ConstantCorrelation },
    CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::SingleFactor },
    CovarianceEstimator::OracleApproximating,
    CovarianceEstimator::Shrunk { shrinkage: 0.1 },
];

/// Those that ask for more: enough days, or a structure to look for.
const CHOOSY: [CovarianceEstimator; 11] = [
    CovarianceEstimator::Semi { benchmark: 0.0 },
    CovarianceEstimator::RegimeAdjusted { half_life_days: 5.0, regime_half_life_days: None },
    CovarianceEstimator::Denoised { noise: Denoising::Constant },
    CovarianceEstimator::Denoised { noise: Denoising::Spectral },
    CovarianceEstimator::Denoised { noise: Denoising::Shrunk { alpha: 0.5 } },
    CovarianceEstimator::Detoned { components: 1 },
    CovarianceEstimator::Gerber { statistic: GerberStatistic::JointMoves, threshold: 0.5 },
    CovarianceEstimator::Gerber { statistic: GerberStatistic::AnyMove, threshold: 0.5 },
    CovarianceEstimator::Gerber { statistic: GerberStatistic::OwnMoves, threshold: 0.5 },
    CovarianceEstimator::GraphicalLasso { alpha: 0.1 },
    CovarianceEstimator::JLogo,
];

/// Its search ends where rounding sends it if there are no outliers, so it keeps no order.
const ROBUST: CovarianceEstimator =
    CovarianceEstimator::MinimumDeterminant { support: None, seed: 7 };

fn symbols(n: usize) -> Vec<Symbol> {
    (0..n).map(|i| format!("S{i}").into()).collect()
}

/// Between 2 and 40 returns of between 1 and 12 symbols: fewer returns than symbols, too.
fn any_returns() -> impl Strategy<Value = Returns> {
    (2..40_usize, 1..12_usize).prop_flat_map(|(rows, cols)| {
        vec(-0.2..0.2_f64, rows * cols)
            .prop_map(move |values| Returns::new(symbols(cols), values).unwrap())
    })
}

/// Between 30 and 60 returns of between 4 and 9 symbols.
fn enough_returns() -> impl Strategy<Value = Returns> {
    (30..60_usize, 4..10_usize).prop_flat_map(|(rows, cols)| {
        vec(-0.2..0.2_f64, rows * cols)
            .prop_map(move |values| Returns::new(symbols(cols), values).unwrap())
    })
}

fn times(returns: &Returns, factor: f64) -> Returns {
    let values = returns.as_slice().iter().map(|value| value * factor).collect();
    Returns::new(returns.symbols().to_vec(), values).unwrap()
}

fn moments(returns: &Returns, estimator: &CovarianceEstimator) -> Moments {
    estimate(returns, &MeanEstimator::Sample, estimator).unwrap()
}

/// The columns in the order of `order`.
fn permuted(returns: &Returns, order: &[usize]) -> Returns {
    let names = order.iter().map(|i| returns.symbols()[*i].clone());
    let values = (0..returns.rows())
        .flat_map(|row| order.iter().map(move |i| returns.row(row)[*i]))
        .collect();
    Returns::new(names.collect(), values).unwrap()
}

fn close(a: &Matrix, b: &Matrix, tolerance: f64) -> bool {
    let scale = a.diag().fold(0.0, f64::max);
    let pairs = a.as_slice().iter().zip(b.as_slice());
    pairs.fold(0.0, |max: f64, (a, b)| max.max((a - b).abs())) <= tolerance * scale
}

/// A quarter as many returns as symbols: most eigenvalues are zero, some of them just below.
#[test]
fn a_singular_covariance_is_not_mistaken_for_an_indefinite_one() {
    let values = (0..50 * 200).map(|i| f64::from(i * i).sin() / 50.0);
    let returns = Returns::new(symbols(200), values.collect()).unwrap();
    for estimator in &ESTIMATORS {
        let moments = moments(&returns, estimator);
        assert_eq!(moments.repair, None, "{estimator:?}");
        let regular = moments.shrinkage.is_some_and(|shrinkage| shrinkage > 0.0);
        assert_eq!(moments.covariance.cholesky().is_ok(), regular);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn choosy_estimators_keep_order_scale_and_sign(
        returns in enough_returns(),
        turn in 0..12_usize,
        power in -8..8_i32,
    ) {
        let n = returns.cols();
        let order: Vec<usize> = (0..n).map(|i| n - 1 - (i + turn) % n).collect();
        let factor = f64::from(power).exp2();
        for estimator in &CHOOSY {
            let straight = moments(&returns, estimator);
            let turned = moments(&permuted(&returns, &order), estimator).covariance;
            let expected = straight.covariance.submatrix(&order);
            prop_assert!(close(&turned, &expected, 1e-6), "{estimator:?}, in another order");
            let scaled = moments(&times(&returns, factor), estimator).covariance;
            let expected = straight.covariance.scaled(factor * factor);
            prop_assert!(close(&scaled, &expected, 1e-6), "{estimator:?}, scaled");
            let smallest = straight.covariance.eigenvalues().unwrap()[0];
            let scale: f64 = straight.covariance.diag().sum();
            prop_assert!(smallest >= -1e-12 * scale, "{estimator:?}: {smallest}");
            prop_assert_eq!(&moments(&returns, estimator), &straight);
        }
    }

    /// More symbols than returns: an answer or an error that says what is missing, never a panic.
    #[test]
    fn choosy_estimators_answer_or_refuse(returns in any_returns()) {
        for estimator in CHOOSY.iter().chain([&ROBUST]) {
            match estimator.estimate(&returns) {
                Ok((covariance, _)) => {
                    prop_assert!(covariance.as_slice().iter().all(|value| value.is_finite()));
                }
                Err(
                    RiskError::TooFew { .. }
                    | RiskError::Parameter { .. }
                    | RiskError::Constant { .. }
                    | RiskError::NotPositiveDefinite { .. }
                    | RiskError::NoConvergence { .. },
                ) => {}
                Err(other) => prop_assert!(false, "{estimator:?}: {other}"),
            }
        }
    }

    #[test]
    fn means_between_sample_and_target_stay_there(returns in enough_returns()) {
        let sample = moments(&returns, &CovarianceEstimator::Sample);
        let centre = sample.mean.iter().sum::<f64>() / sample.mean.len() as f64;
        let shrunk = MeanEstimator::JamesStein.estimate(&returns, &sample.covariance).unwrap();
        for (shrunk, own) in shrunk.iter().zip(&sample.mean) {
            let (low, high) = (own.min(centre) - 1e-15, own.max(centre) + 1e-15);
            prop_assert!((low..=high).contains(shrunk));
        }
        let geometric = MeanEstimator::Geometric.estimate(&returns, &sample.covariance).unwrap();
        for (geometric, own) in geometric.iter().zip(&sample.mean) {
            prop_assert!(geometric <= own);
        }
        // A market that is priced by its own weights implies the risk aversion it was priced with.
        let weights = vec![1.0 / sample.mean.len() as f64; sample.mean.len()];
        let priced = equilibrium(&sample.covariance, &weights, 2.5).unwrap();
        let mean: f64 = priced.iter().zip(&weights).map(|(mean, weight)| mean * weight).sum();
        let variance = sample.variance(&weights).unwrap();
        prop_assert!((implied_risk_aversion(mean, variance, 0.0).unwrap() - 2.5).abs() < 1e-9);
    }

    /// Factors with all components are the sample; fewer keep the variances.
    #[test]
    fn factor_models_keep_variances(returns in enough_returns()) {
        let sample = moments(&returns, &CovarianceEstimator::Sample).covariance;
        let count = returns.cols();
        let all = statistical(&returns, Components::Count { count }).unwrap().covariance();
        prop_assert!(close(&all, &sample, 1e-10));
        let one = statistical(&returns, Components::Count { count: 1 }).unwrap().covariance();
        for (found, expected) in one.diag().zip(sample.diag()) {
            prop_assert!((found - expected).abs() <= 1e-12 * expected);
        }
        // A regression on an intercept and factors splits the variance in two.
        let factors = Returns::new(symbols(2), returns.as_slice().chunks_exact(count)
            .flat_map(|row| row[..2].to_vec()).collect()).unwrap();
        let model = time_series(&returns, &factors, Selection::All).unwrap().covariance();
        for (found, expected) in model.diag().zip(sample.diag()) {
            prop_assert!((found - expected).abs() <= 1e-10 * expected);
        }
    }

    #[test]
    fn without_gaps_the_pairwise_moments_are_the_samples(returns in enough_returns()) {
        let partial =
            PartialReturns::new(returns.symbols().to_vec(), returns.as_slice().to_vec()).unwrap();
        let sample = moments(&returns, &CovarianceEstimator::Sample).covariance;
        prop_assert!(close(&partial.pairwise_covariance(2).unwrap(), &sample, 1e-12));
        prop_assert_eq!(&partial.complete().unwrap(), &returns);
        prop_assert_eq!(partial.present(2).len(), returns.cols());
    }

    /// The loss is least at the second moments themselves (Patton 2011, proposition 1).
    #[test]
    fn no_covariance_beats_the_realised_one(returns in enough_returns(), factor in 0.2..5.0_f64) {
        let n = returns.cols();
        let realised = Matrix::from_fn(n, |row, col| {
            let pairs = returns.column(row).into_iter().zip(returns.column(col));
            pairs.map(|(a, b)| a * b).sum::<f64>() / returns.rows() as f64
        });
        let least = matrix_qlike(&realised, &returns).unwrap();
        prop_assert!(matrix_qlike(&realised.scaled(factor), &returns).unwrap() >= least - 1e-9);
        let diagonal = Matrix::diagonal(&realised.diag().collect::<Vec<_>>());
        prop_assert!(matrix_qlike(&diagonal, &returns).unwrap() >= least - 1e-9);
    }

    #[test]
    fn a_nearest_correlation_is_one(lower in vec(-1.0..1.0_f64, 36)) {
        let matrix =
            Matrix::from_fn(6, |row, col| if row == col { 1.0 } else { lower[row * 6 + col] });
        let found = nearest_correlation(&matrix).unwrap();
        prop_assert!(found.diag().all(|value| value == 1.0));
        prop_assert!(found.eigenvalues().unwrap()[0] >= -1e-10);
        prop_assert!(close(&nearest_correlation(&found).unwrap(), &found, 1e-8));
        let sigma = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
        let covariance =
            Matrix::from_fn(6, |row, col| matrix.at(row, col) * sigma[row] * sigma[col]);
        let nearest = nearest_covariance(&covariance).unwrap();
        for (found, sigma) in nearest.diag().zip(sigma) {
            prop_assert!((found - sigma * sigma).abs() < 1e-14);
        }
    }
}

proptest! {
    #[test]
    fn the_order_of_symbols_is_irrelevant(returns in any_returns(), turn in 0..12_usize) {
        let n = returns.cols();
        let order: Vec<usize> = (0..n).map(|i| n - 1 - (i + turn) % n).collect();
        for estimator in &ESTIMATORS {
            let straight = moments(&returns, estimator);
            let turned = moments(&permuted(&returns, &order), estimator);
            let expected = straight.covariance.submatrix(&order);
            prop_assert!(close(&turned.covariance, &expected, 1e-10), "{estimator:?}");
        }
    }

    #[test]
    fn scaling_returns_scales_the_covariance_by_the_square(
        returns in any_returns(),
        factor in 0.01..100.0_f64,
    ) {
        let scaled = times(&returns, factor);
        for estimator in &ESTIMATORS {
            let expected = moments(&returns, estimator).covariance.scaled(factor * factor);
            let found = moments(&scaled, estimator).covariance;
            prop_assert!(close(&found, &expected, 1e-10), "{estimator:?}");
        }
    }

    #[test]
    fn no_portfolio_has_negative_variance(returns in any_returns()) {
        for estimator in &ESTIMATORS {
            let moments = moments(&returns, estimator);
            let smallest = moments.covariance.eigenvalues().unwrap()[0];
            let scale: f64 = moments.covariance.diag().sum();
            prop_assert!(smallest >= -1e-12 * scale, "{estimator:?}: {smallest}");
            prop_assert_eq!(moments.repair, None);
        }
    }

    /// The target's eigenvalues are all the mean variance, the sample's are not negative.
    #[test]
    fn shrinkage_to_the_identity_lifts_the_smallest_eigenvalue(returns in any_returns()) {
        let moments = moments(&returns, &CovarianceEstimator::default());
        let shrinkage = moments.shrinkage.unwrap();
        prop_assert!((0.0..=1.0).contains(&shrinkage));
        let mean_variance = moments.covariance.diag().sum::<f64>() / returns.cols() as f64;
        let smallest = moments.covariance.eigenvalues().unwrap()[0];
        prop_assert!(smallest >= (shrinkage - 1e-12) * mean_variance);
    }

    #[test]
    fn contributions_sum_to_the_volatility(
        returns in any_returns(),
        weights in vec(-1.0..1.0_f64, 12),
    ) {
        let weights = &weights[..returns.cols()];
        for estimator in &ESTIMATORS {
            let moments = moments(&returns, estimator);
            let volatility = moments.volatility(weights).unwrap();
            let sum: f64 = moments.risk_contributions(weights).unwrap().iter().sum();
            prop_assert!((sum - volatility).abs() <= 1e-12 + 1e-9 * volatility);
        }
    }

    #[test]
    fn the_portfolio_of_returns_has_the_portfolio_variance(
        returns in any_returns(),
        weights in vec(-1.0..1.0_f64, 12),
    ) {
        let weights = &weights[..returns.cols()];
        let series = returns.of_portfolio(weights).unwrap();
        let single = Returns::new(symbols(1), series).unwrap();
        for estimator in &ESTIMATORS[..2] {
            let direct = moments(&single, estimator).covariance.at(0, 0);
            let formed = moments(&returns, estimator).variance(weights).unwrap();
            prop_assert!((direct - formed).abs() <= 1e-12);
        }
    }

    #[test]
    fn the_same_input_gives_the_same_bits(returns in any_returns()) {
        for estimator in &ESTIMATORS {
            prop_assert_eq!(moments(&returns, estimator), moments(&returns, estimator));
        }
    }

    #[test]
    fn what_is_repaired_is_semidefinite_and_no_farther_than_it_must_be(
        lower in vec(-1.0..1.0_f64, 36),
    ) {
        let matrix = Matrix::from_fn(6, |row, col| lower[row * 6 + col]);
        let before = matrix.eigenvalues().unwrap();
        let (repaired, note) = nearest_psd(matrix.clone()).unwrap();
        prop_assert_eq!(note.is_some(), before[0] < -1e-9);
        prop_assert!(repaired.eigenvalues().unwrap()[0] >= -1e-12);
        // The distance is the norm of the negative part of the spectrum (Higham 1988, (2.1)).
        let least: f64 = before.iter().map(|value| value.min(0.0).powi(2)).sum();
        let pairs = matrix.as_slice().iter().zip(repaired.as_slice());
        let moved: f64 = pairs.map(|(a, b)| (a - b).powi(2)).sum();
        prop_assert!((moved - least).abs() < 1e-10);
    }

    #[test]
    fn a_factor_solves(returns in any_returns(), b in vec(-1.0..1.0_f64, 12)) {
        let sample = moments(&returns, &CovarianceEstimator::Sample).covariance;
        let matrix = Matrix::from_fn(sample.n(), |row, col| {
            sample.at(row, col) + if row == col { 0.01 } else { 0.0 }
        });
        let x = matrix.cholesky().unwrap().solve(&b[..matrix.n()]);
        for (found, expected) in matrix.mul_vec(&x).iter().zip(&b) {
            prop_assert!((found - expected).abs() < 1e-12);
        }
    }
}
