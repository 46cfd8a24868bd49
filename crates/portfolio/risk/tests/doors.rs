//! What is refused, and in which words; what is taken although it is odd.

use std::collections::BTreeMap;

use risk::{
    Components, CovarianceEstimator, Denoising, Exposures, Gaps, GerberStatistic, Matrix,
    MeanEstimator, Moments, PartialReturns, Returns, RiskError, Selection, ShrinkageTarget, Window,
    conditional_value_at_risk, cross_sectional, estimate, qlike, statistical, test_forecast,
    time_series, value_at_risk,
};
use types::{Date, Digest, Panel, Symbol};

const UNKNOWN: f64 = f64::NAN;

fn day(n: u32) -> Date {
    Date::from_ymd_opt(2024, 1, n).unwrap()
}

/// Two symbols, one row of closes for each day from 1 January 2024 on.
fn panel(closes: &[[f64; 2]]) -> Panel {
    Panel::new(
        (1..=closes.len() as u32).map(day).collect(),
        vec!["A".into(), "B".into()],
        BTreeMap::from([("close".to_owned(), closes.concat())]),
        Digest::ZERO,
    )
    .unwrap()
}

fn dropping(rows: usize, at_least: usize) -> Window {
    Window { gaps: Gaps::Drop { at_least }, ..Window::last(rows) }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(found: Result<T, RiskError>, words: &str) {
    assert_eq!(found.unwrap_err().to_string(), words);
}

#[test]
fn a_price_that_gives_no_return_is_named() {
    let missing = panel(&[[1.0, 1.0], [1.0, UNKNOWN], [1.0, 1.0]]);
    refused(
        Returns::from_panel(&missing, Window::last(2)),
        "B has no price on 2024-01-02; fill the gap, leave B out, or let incomplete rows be dropped",
    );
    for (price, text) in [(0.0, "0"), (-1.5, "-1.5"), (f64::INFINITY, "inf")] {
        let bad = panel(&[[1.0, 1.0], [1.0, 1.0], [price, 1.0]]);
        for window in [Window::last(2), dropping(2, 1)] {
            refused(
                Returns::from_panel(&bad, window),
                &format!(
                    "A has the price {text} on 2024-01-03; a price must be positive and finite"
                ),
            );
        }
    }
}

#[test]
fn what_lies_before_the_window_is_not_read() {
    let panel = panel(&[[-1.0, UNKNOWN], [1.0, 4.0], [2.0, 2.0]]);
    let returns = Returns::from_panel(&panel, Window::last(1)).unwrap();
    assert_eq!(returns.as_slice(), [1.0, -0.5]);
}

#[test]
fn a_short_panel_is_refused_or_used_as_it_is() {
    let panel = panel(&[[1.0, 4.0], [2.0, 2.0]]);
    refused(
        Returns::from_panel(&panel, Window::last(2)),
        "2 returns need 3 days of prices, the panel ending 2024-01-02 has 2; shorten the window \
         or start later",
    );
    let returns = Returns::from_panel(&panel, dropping(504, 1)).unwrap();
    assert_eq!(returns.rows(), 1);
    refused(
        Returns::from_panel(&panel, dropping(504, 2)),
        "2 returns need 3 days of prices, the panel ending 2024-01-02 has 2; shorten the window \
         or start later",
    );
    let none = panel.head(0);
    refused(
        Returns::from_panel(&none, Window::last(1)),
        "1 returns need 2 days of prices, the panel ending nowhere has 0; shorten the window or \
         start later",
    );
}

#[test]
fn incomplete_days_are_dropped_for_all_symbols() {
    let panel = panel(&[[1.0, UNKNOWN], [2.0, UNKNOWN], [3.0, 1.0], [6.0, 2.0], [3.0, 3.0]]);
    let returns = Returns::from_panel(&panel, dropping(4, 2)).unwrap();
    assert_eq!(returns.as_slice(), [1.0, 1.0, -0.5, 0.5]);
    refused(
        Returns::from_panel(&panel, dropping(4, 3)),
        "only 2 of the 3 returns needed are complete; B lacks the most (2, last on 2024-01-03): \
         leave it out or shorten the window",
    );
}

#[test]
fn a_panel_without_closes_is_refused() {
    let fields = BTreeMap::from([("open".to_owned(), vec![1.0, 2.0])]);
    let panel = Panel::new(vec![day(1), day(2)], vec!["A".into()], fields, Digest::ZERO).unwrap();
    refused(
        Returns::from_panel(&panel, Window::last(1)),
        "no field `close` in the panel; it has open",
    );
}

fn returns(cols: usize, values: &[f64]) -> Returns {
    let symbols = (0..cols).map(|i| Symbol::from(format!("S{i}")));
    Returns::new(symbols.collect(), values.to_vec()).unwrap()
}

#[test]
fn one_return_has_no_covariance() {
    let single = returns(2, &[0.1, 0.2]);
    refused(
        estimate(&single, &MeanEstimator::Zero, &CovarianceEstimator::Sample),
        "a covariance needs at least 2 returns, got 1; lengthen the window",
    );
}

#[test]
fn a_column_that_never_moves_has_zero_variance_or_is_named() {
    let still = returns(2, &[0.0, 0.1, 0.0, -0.1, 0.0, 0.2]);
    let zero = MeanEstimator::Zero;
    let sample = estimate(&still, &zero, &CovarianceEstimator::Sample).unwrap();
    assert_eq!(sample.covariance.row(0), [0.0, 0.0]);
    assert_eq!(sample.correlation().row(0), [1.0, 0.0]);
    assert_eq!(sample.risk_contributions(&[1.0, 0.0]), Ok(vec![0.0, 0.0]));
    let wolf = estimate(&still, &zero, &CovarianceEstimator::default()).unwrap();
    assert!(wolf.covariance.at(0, 0) > 0.0);
    let target = ShrinkageTarget::ConstantCorrelation;
    refused(
        estimate(&still, &zero, &CovarianceEstimator::LedoitWolf { target }),
        "S0 never moves in the window; leave it out or use another estimator",
    );
    refused(
        estimate(&still, &MeanEstimator::BayesStein, &CovarianceEstimator::Sample),
        "the matrix is not positive definite (first failing at row 0); use a shrinkage estimator \
         or a longer window",
    );
}

#[test]
fn a_half_life_is_positive() {
    let two = returns(1, &[0.1, 0.2]);
    for half_life_days in [0.0, -1.0, UNKNOWN, f64::INFINITY] {
        let estimator = CovarianceEstimator::ExponentiallyWeighted { half_life_days };
        let found = estimate(&two, &MeanEstimator::Zero, &estimator);
        assert!(matches!(found, Err(RiskError::Parameter { .. })), "{half_life_days}");
    }
    let estimator = CovarianceEstimator::ExponentiallyWeighted { half_life_days: 1e-3 };
    refused(
        estimate(&two, &MeanEstimator::Zero, &estimator),
        "half_life_days is 0.001, it must be long enough that more than one row counts",
    );
}

#[test]
fn returns_and_matrices_are_complete() {
    let symbols = || vec![Symbol::from("A"), Symbol::from("B")];
    refused(
        Returns::new(symbols(), vec![0.1, 0.2, 0.3]),
        "last row of returns: 1 values, expected 2",
    );
    refused(
        Returns::new(symbols(), vec![0.1, 0.2, 0.3, UNKNOWN]),
        "returns: the value in row 1, column 1 is not a finite number",
    );
    refused(
        Returns::new(vec![], vec![]),
        "there are no symbols; the universe is empty on this day",
    );
    refused(Matrix::new(2, vec![1.0]), "matrix: 1 values, expected 4");
    refused(
        Matrix::new(2, vec![1.0, 0.5, 0.4, 1.0]),
        "not symmetric: 0.5 in row 0, column 1, but 0.4 mirrored",
    );
    let moments = Moments::new(symbols().into(), vec![0.0; 2], Matrix::diagonal(&[1.0, 1.0]), 2);
    refused(moments.unwrap().volatility(&[1.0]), "weights: 1 values, expected 2");
}

/// Correlations 0.9, 0.9 and −0.9 among three assets contradict one another: the eigenvalues are
/// 1.9, 1.9 and −0.8 (a matrix `a I + b J` up to signs, with a = 1.9, b = −0.9).
#[test]
fn a_repair_is_noted() {
    let values = vec![1.0, 0.9, 0.9, 0.9, 1.0, -0.9, 0.9, -0.9, 1.0];
    let symbols = ["A", "B", "C"].map(Symbol::from).to_vec();
    let matrix = Matrix::new(3, values).unwrap();
    let moments = Moments::new(symbols.into(), vec![0.0; 3], matrix, 0).unwrap();
    let repair = moments.repair.unwrap();
    assert_eq!(repair.clipped, 1);
    assert!((repair.smallest + 0.8).abs() < 1e-12);
    let scaled = moments.scaled(10.0);
    assert!((scaled.repair.unwrap().smallest + 8.0).abs() < 1e-11);
}

#[test]
fn a_horizon_scales_means_and_covariances_alike() {
    let daily = estimate(
        &returns(1, &[0.01, -0.01, 0.03]),
        &MeanEstimator::Sample,
        &CovarianceEstimator::Sample,
    );
    let monthly = daily.unwrap().scaled(21.0);
    assert!((monthly.mean[0] - 0.21).abs() < 1e-15);
    assert!((monthly.covariance.at(0, 0) - 0.0084).abs() < 1e-15);
}

#[test]
fn a_tail_is_a_fraction_of_some_returns() {
    for tail in [0.0, 1.0, UNKNOWN] {
        assert!(matches!(value_at_risk(&[0.1], tail), Err(RiskError::Parameter { .. })));
    }
    refused(
        conditional_value_at_risk(&[], 0.05),
        "a tail needs at least 1 returns, got 0; lengthen the window",
    );
}

#[test]
fn estimators_are_written_as_in_a_mandate() {
    let cases = [
        (r#"{"estimator":"sample"}"#, CovarianceEstimator::Sample),
        (
            r#"{"estimator":"exponentially-weighted","half_life_days":63.0}"#,
            CovarianceEstimator::ExponentiallyWeighted { half_life_days: 63.0 },
        ),
        (
            r#"{"estimator":"ledoit-wolf","target":"constant-correlation"}"#,
            CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::ConstantCorrelation },
        ),
        (
            r#"{"estimator":"denoised","noise":{"method":"shrunk","alpha":0.2}}"#,
            CovarianceEstimator::Denoised { noise: Denoising::Shrunk { alpha: 0.2 } },
        ),
        (
            r#"{"estimator":"gerber","statistic":"own-moves","threshold":0.5}"#,
            CovarianceEstimator::Gerber { statistic: GerberStatistic::OwnMoves, threshold: 0.5 },
        ),
        (
            r#"{"estimator":"graphical-lasso","alpha":0.1}"#,
            CovarianceEstimator::GraphicalLasso { alpha: 0.1 },
        ),
        (r#"{"estimator":"j-logo"}"#, CovarianceEstimator::JLogo),
    ];
    for (text, estimator) in cases {
        assert_eq!(serde_json::to_string(&estimator).unwrap(), text);
        let read: CovarianceEstimator = serde_json::from_str(text).unwrap();
        assert_eq!(read, estimator);
    }
    let short: CovarianceEstimator =
        serde_json::from_str(r#"{"estimator":"ledoit-wolf"}"#).unwrap();
    assert_eq!(short, CovarianceEstimator::default());
    for short in ["denoised", "gerber", "shrunk", "detoned", "minimum-determinant", "semi"] {
        let text = format!(r#"{{"estimator":"{short}"}}"#);
        assert!(serde_json::from_str::<CovarianceEstimator>(&text).is_ok(), "{short}");
    }
    let typo = r#"{"estimator":"ledoit-wolf","targt":"scaled-identity"}"#;
    assert!(serde_json::from_str::<CovarianceEstimator>(typo).is_err());
    let mean: MeanEstimator = serde_json::from_str(r#"{"estimator":"bayes-stein"}"#).unwrap();
    assert_eq!(mean, MeanEstimator::BayesStein);
}

/// 0.1 thirty times has a mean of 0.10000000000000002, so its sample variance is not quite nought.
#[test]
fn a_column_that_only_moves_by_rounding_never_moves() {
    let wiggle = |row: i32| f64::from(row * row % 7) / 100.0;
    let values: Vec<f64> = (0..30).flat_map(|row| [wiggle(row), 0.1, wiggle(row + 3)]).collect();
    let still = returns(3, &values);
    let words = "S1 never moves in the window; leave it out or use another estimator";
    let statistic = GerberStatistic::AnyMove;
    for estimator in [
        CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::ConstantCorrelation },
        CovarianceEstimator::Denoised { noise: Denoising::Constant },
        CovarianceEstimator::Detoned { components: 1 },
        CovarianceEstimator::Gerber { statistic, threshold: 0.5 },
        CovarianceEstimator::GraphicalLasso { alpha: 0.1 },
        CovarianceEstimator::MinimumDeterminant { support: None, seed: 0 },
    ] {
        refused(estimator.estimate(&still), words);
    }
    refused(statistical(&still, Components::MarchenkoPastur), words);
}

#[test]
fn parameters_of_estimators_have_ranges() {
    let some = returns(3, &[0.1, 0.2, 0.0, -0.1, 0.3, 0.1, 0.2, -0.2, 0.3, 0.0, 0.1, -0.1]);
    let gerber =
        |threshold| CovarianceEstimator::Gerber { statistic: GerberStatistic::AnyMove, threshold };
    for (estimator, words) in [
        (
            CovarianceEstimator::Shrunk { shrinkage: 1.5 },
            "shrinkage is 1.5, it must be from 0 (the sample) to 1 (the target)",
        ),
        (gerber(1.0), "threshold is 1, it must be between 0 and 1, such as 0.5"),
        (
            CovarianceEstimator::GraphicalLasso { alpha: 0.0 },
            "alpha is 0, it must be a positive penalty, in units of correlation",
        ),
        (
            CovarianceEstimator::Detoned { components: 2 },
            "components is 2, it must be at least 1 and smaller than the number of symbols less 1",
        ),
        (
            CovarianceEstimator::MinimumDeterminant { support: None, seed: 0 },
            "the minimum covariance determinant needs at least 7 returns, got 4; lengthen the window",
        ),
        (
            CovarianceEstimator::JLogo,
            "a clique of four needs at least 5 returns, got 4; lengthen the window",
        ),
    ] {
        refused(estimator.estimate(&some), words);
    }
    let lost = returns(1, &[0.1, -1.0]);
    refused(
        MeanEstimator::Geometric.estimate(&lost, &Matrix::diagonal(&[1.0])),
        "return is -1, it must be above -1 to be compounded; a symbol that lost all has no \
         geometric mean",
    );
    refused(
        MeanEstimator::BodnarOkhrinParolya
            .estimate(&returns(2, &[0.1; 4]), &Matrix::diagonal(&[1.0; 2])),
        "the Bodnar-Okhrin-Parolya mean needs at least 3 returns, got 2; lengthen the window",
    );
    assert!(matches!(qlike(0.0, 1.0), Err(RiskError::Parameter { .. })));
    refused(
        test_forecast(&Matrix::diagonal(&[1.0]), &some, None),
        "columns of the returns: 3 values, expected 1",
    );
}

#[test]
fn factors_are_independent_and_known() {
    let one = [0.01, -0.02, 0.03, 0.01, -0.01, 0.02];
    let twice: Vec<f64> = one.iter().flat_map(|value| [*value, 2.0 * value]).collect();
    let symbol = returns(1, &[0.02, -0.01, 0.05, 0.0, -0.03, 0.01]);
    refused(
        time_series(&symbol, &returns(2, &twice), Selection::All),
        "regressor 1 (from 0) is constant or a combination of the others; leave one of them out",
    );
    let forward = Selection::Forward { p_value: 0.5 };
    let model = time_series(&symbol, &returns(2, &twice), forward).unwrap();
    assert_eq!(model.loadings[1], 0.0, "the second of two that say the same is not wanted");
    refused(
        time_series(&symbol, &returns(1, &one[..5]), Selection::All),
        "rows of factor returns: 5 values, expected 6",
    );
    let exposures = Exposures { factors: 1, values: &[1.0; 6], weights: &[0.0; 6], newest: &[1.0] };
    refused(
        cross_sectional(&symbol, exposures),
        "weight of a regression is 0, it must be positive and finite for a symbol that has \
         characteristics",
    );
}

#[test]
fn returns_with_gaps_name_the_pair_that_never_met() {
    let symbols = ["A", "B"].map(Symbol::from).to_vec();
    let values = vec![0.1, UNKNOWN, 0.2, UNKNOWN, UNKNOWN, 0.1, UNKNOWN, 0.3];
    let partial = PartialReturns::new(symbols, values).unwrap();
    refused(
        partial.pairwise_covariance(2),
        "A and B have 0 returns in common, 2 are needed; leave one out or lengthen the window",
    );
    assert_eq!(partial.present(2), [1]);
    assert_eq!(partial.complete().unwrap().rows(), 0);
    assert!(partial.select(&[1]).unwrap().pairwise_covariance(2).is_ok());
    refused(
        PartialReturns::new(vec![], vec![]),
        "there are no symbols; the universe is empty on this day",
    );
    let closes = panel(&[[1.0, UNKNOWN], [2.0, 1.0], [3.0, 2.0]]);
    let partial = PartialReturns::from_panel(&closes, 10, risk::ReturnKind::Simple).unwrap();
    assert_eq!((partial.rows(), partial.counts()), (2, vec![2, 1]));
}
