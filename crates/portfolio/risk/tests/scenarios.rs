//! Scenarios beside arch, numpy and closed forms, and what must hold whatever the numbers.
//!
//! The expected numbers stand in `conformance/risk/scenarios.json`; `conformance/risk/scenarios.py`
//! makes them again. Samples are held to four standard errors of what they estimate; they are the
//! same in every run.

use proptest::prelude::*;
use risk::{
    Bootstrap, CovarianceEstimator, FilteredHistory, Garch, Growth, Matrix, MeanEstimator, Moments,
    Returns, RiskError, RiskMeasure, Walk, estimate, fan, gaussian, optimal_block_length,
    quantiles, stress, student,
};
use serde::Deserialize;
use types::Symbol;

const CASES: &str = include_str!("../../../../conformance/risk/scenarios.json");

#[derive(Deserialize)]
struct Cases {
    block_lengths: Vec<Lengths>,
    garch: Vec<Clusters>,
    quantiles: Quantiles,
}

#[derive(Deserialize)]
struct Lengths {
    series: Vec<f64>,
    stationary: f64,
    circular: f64,
}

#[derive(Deserialize)]
struct Clusters {
    moves: Vec<f64>,
    omega: f64,
    alpha: f64,
    beta: f64,
    log_likelihood: f64,
    variances: Vec<f64>,
}

#[derive(Deserialize)]
struct Quantiles {
    numbers: Vec<f64>,
    levels: Vec<f64>,
    expected: Vec<f64>,
}

fn cases() -> Cases {
    serde_json::from_str(CASES).unwrap()
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected} ± {tolerance}");
}

#[test]
fn block_lengths_are_those_of_arch() {
    for case in cases().block_lengths {
        let found = optimal_block_length(&case.series).unwrap();
        // A block shorter than one day is one day.
        near(found.stationary, case.stationary.max(1.0), 1e-9);
        near(found.circular, case.circular.max(1.0), 1e-9);
    }
    assert!(matches!(optimal_block_length(&[0.1; 20]), Err(RiskError::NoSpread { .. })));
    assert!(matches!(optimal_block_length(&[0.1; 5]), Err(RiskError::TooFew { .. })));
}

#[test]
fn quantiles_are_those_of_numpy_however_the_numbers_are_cut() {
    let Quantiles { numbers, levels, expected } = cases().quantiles;
    let (a, rest) = numbers.split_at(37);
    let (b, c) = rest.split_at(500);
    for parts in [vec![numbers.as_slice()], vec![c, a, &[], b]] {
        for (found, expected) in quantiles(&parts, &levels).unwrap().iter().zip(&expected) {
            near(*found, *expected, 1e-15 * expected.abs());
        }
    }
    assert!(quantiles(&[], &[0.5]).is_err());
    assert!(quantiles(&[&[1.0]], &[1.5]).is_err());
    assert!(matches!(quantiles(&[&[1.0, f64::NAN]], &[0.5]), Err(RiskError::NotFinite { .. })));
}

/// The other side's parameters give its variances and likelihood to rounding; and the likelihood of
/// what is fitted here is at least that of what is fitted there.
#[test]
fn garch_is_that_of_arch() {
    for case in cases().garch {
        let theirs = Garch { omega: case.omega, alpha: case.alpha, beta: case.beta };
        for (found, expected) in theirs.variances(&case.moves).iter().zip(&case.variances) {
            near(*found, *expected, 1e-12 * expected);
        }
        near(theirs.log_likelihood(&case.moves), case.log_likelihood, 1e-8);
        let ours = Garch::fit(&case.moves).unwrap();
        assert!(ours.log_likelihood(&case.moves) >= case.log_likelihood - 1e-8);
        near(ours.alpha, case.alpha, 2e-4);
        near(ours.beta, case.beta, 2e-4);
        let scaled = case.moves.iter().map(|r| 3.0 * r).collect::<Vec<_>>();
        near(Garch::fit(&scaled).unwrap().omega / 9.0, ours.omega, 1e-5 * ours.omega);
    }
    assert!(matches!(Garch::fit(&[0.1; 20]), Err(RiskError::TooFew { .. })));
    assert!(matches!(Garch::fit(&[0.0; 90]), Err(RiskError::NoSpread { .. })));
    assert!(Garch::exponential(1.0).is_err());
}

/// One day ahead, the scenarios are the shocks of the past at the volatility of today, so that they
/// have its standard deviation; and symbols that moved together still do.
#[test]
fn filtered_history_has_the_volatility_of_today() {
    let clusters = cases().garch;
    let symbols = ["AAPL", "BAC", "JNJ"].map(Symbol::from).to_vec();
    let rows = clusters[0].moves.len();
    let values = (0..rows).flat_map(|row| clusters.iter().map(move |c| c.moves[row])).collect();
    let returns = Returns::new(symbols, values).unwrap();
    let filtered = FilteredHistory::new(&returns, Garch::fit).unwrap();
    let drawn = filtered.draw(1, 50_000, 3).unwrap();
    assert_eq!(drawn.row(7), filtered.draw(1, 10, 3).unwrap().row(7));
    let found = estimate(&drawn, &MeanEstimator::Sample, &CovarianceEstimator::Sample).unwrap();
    let volatilities = filtered.volatilities();
    for col in 0..3 {
        let case = &clusters[col];
        near(volatilities[col], case.variances[rows].sqrt(), 1e-4 * volatilities[col]);
        // Shocks have unit variance to within the fit.
        near(found.volatilities()[col] / volatilities[col], 1.0, 0.05);
    }
    let before = estimate(&returns, &MeanEstimator::Sample, &CovarianceEstimator::Sample).unwrap();
    near(found.correlation().at(0, 1), before.correlation().at(0, 1), 0.25);
    let steady = FilteredHistory::new(&returns, |_| Garch::exponential(0.94)).unwrap();
    assert_eq!(steady.models()[1].omega, 0.0);
    assert!(steady.draw(0, 10, 3).is_err());
    assert_eq!(steady.draw(20, 100, 3).unwrap().rows(), 100);
}

fn moments() -> Moments {
    let symbols: Vec<Symbol> = ["A", "B", "C"].map(Symbol::from).to_vec();
    let covariance = [4.0, 1.0, -0.5, 1.0, 1.0, 0.2, -0.5, 0.2, 2.0].map(|x| x * 1e-4).to_vec();
    let covariance = Matrix::new(3, covariance).unwrap();
    Moments::new(symbols.into(), vec![0.001, -0.002, 0.0], covariance, 0).unwrap()
}

fn check_moments(returns: &Returns, expected: &Moments, kurtosis: f64) {
    let found = estimate(returns, &MeanEstimator::Sample, &CovarianceEstimator::Sample).unwrap();
    let root = (returns.rows() as f64).sqrt();
    for row in 0..3 {
        let sigma = expected.covariance.at(row, row).sqrt();
        near(found.mean[row], expected.mean[row], 4.0 * sigma / root);
        for col in 0..=row {
            let size = sigma * expected.covariance.at(col, col).sqrt();
            let error = 4.0 * size * (kurtosis - 1.0).sqrt() / root;
            near(found.covariance.at(row, col), expected.covariance.at(row, col), error);
        }
    }
}

#[test]
fn elliptical_scenarios_have_their_moments() {
    let moments = moments();
    check_moments(&gaussian(&moments, 40_000, 1).unwrap(), &moments, 3.0);
    // The kurtosis of a Student-t is 3 + 6 / (ν − 4).
    let heavy = student(&moments, 8.0, 40_000, 1).unwrap();
    check_moments(&heavy, &moments, 4.5);
    let column: Vec<f64> = (0..heavy.rows()).map(|row| heavy.row(row)[0]).collect();
    near(RiskMeasure::Kurtosis.of(&column).unwrap(), 4.5, 0.6);
    assert!(student(&moments, 2.0, 10, 1).is_err());
    // Two symbols that are one, and so a covariance without an inverse.
    let pair = Matrix::new(2, vec![1.0; 4]).unwrap();
    let symbols: Vec<Symbol> = ["A", "B"].map(Symbol::from).to_vec();
    let pair = Moments::new(symbols.into(), vec![0.0; 2], pair, 0).unwrap();
    let drawn = gaussian(&pair, 100, 5).unwrap();
    (0..100).for_each(|row| near(drawn.row(row)[0], drawn.row(row)[1], 1e-7));
}

#[test]
fn scenarios_do_not_depend_on_how_many_are_drawn() {
    let (few, many) = (gaussian(&moments(), 10, 9).unwrap(), gaussian(&moments(), 100, 9).unwrap());
    assert_eq!(few.as_slice(), &many.as_slice()[..30]);
    assert_ne!(few, gaussian(&moments(), 10, 10).unwrap());
}

#[test]
fn bootstraps_draw_blocks_of_history() {
    let len = 50;
    let rows = |bootstrap: Bootstrap| bootstrap.rows(len, 100_000, 3, 0).unwrap();
    let breaks = |drawn: &[usize]| {
        drawn.windows(2).filter(|pair| pair[1] != (pair[0] + 1) % len).count() as f64
    };
    let shares = |drawn: &[usize]| {
        let mut counts = vec![0.0; len];
        drawn.iter().for_each(|row| counts[*row] += 1.0 / drawn.len() as f64);
        counts
    };
    let moving = rows(Bootstrap::Moving { block: 10 });
    assert!(moving.chunks(10).all(|block| block.windows(2).all(|pair| pair[1] == pair[0] + 1)));
    // Of 41 places to start, one block holds the first day and ten hold a day in the middle.
    near(shares(&moving)[0], 1.0 / 410.0, 1e-3);
    near(shares(&moving)[25], 10.0 / 410.0, 3e-3);
    let circular = rows(Bootstrap::Circular { block: 10 });
    let stationary = rows(Bootstrap::Stationary { mean_block: 10.0 });
    for drawn in [circular, stationary.clone()] {
        shares(&drawn).into_iter().for_each(|share| near(share, 0.02, 3e-3));
    }
    // One step in ten starts a block, and one start in fifty goes on by chance.
    near(breaks(&stationary) / 99_999.0, 0.1 * 0.98, 4e-3);
    assert_eq!(breaks(&rows(Bootstrap::Stationary { mean_block: 1e12 })), 0.0);
    for wrong in [Bootstrap::Moving { block: 0 }, Bootstrap::Circular { block: 51 }] {
        assert!(matches!(wrong.rows(len, 10, 3, 0), Err(RiskError::Parameter { .. })));
    }
    assert!(Bootstrap::Stationary { mean_block: f64::NAN }.rows(len, 10, 3, 0).is_err());
}

/// The regression of one normal number on another: slope 1e-4 / 4e-4, what is left 1e-4 − 0.25e-4.
#[test]
fn stress_is_the_conditional_mean() {
    let found = stress(&moments(), &[(0, -0.1)]).unwrap();
    near(found.moments.mean[1], -0.002 + 0.25 * -0.101, 1e-15);
    near(found.moments.mean[2], -0.125 * -0.101, 1e-15);
    near(found.moments.covariance.at(1, 1), 0.75e-4, 1e-18);
    near(found.distance, 0.101 / 0.02, 1e-12);
    assert_eq!((found.moments.mean[0], found.moments.covariance.at(0, 1)), (-0.1, 0.0));
    // Shocks together are shocks one after the other.
    let both = stress(&moments(), &[(0, -0.1), (2, 0.05)]).unwrap().moments;
    let then = stress(&found.moments, &[(2, 0.05)]).unwrap().moments;
    near(both.mean[1], then.mean[1], 1e-15);
    near(both.covariance.at(1, 1), then.covariance.at(1, 1), 1e-18);
    assert_eq!(stress(&moments(), &[]).unwrap().moments, moments());
    assert!(stress(&moments(), &[(3, 0.1)]).is_err());
    assert!(stress(&moments(), &[(0, 0.1), (0, 0.2)]).is_err());
}

fn growths() -> [Growth; 4] {
    [
        Growth::Normal { mean: 0.005, volatility: 0.04 },
        Growth::LogNormal { mean: 0.005, volatility: 0.04 },
        Growth::Student { mean: 0.005, volatility: 0.04, degrees: 4.0 },
        Growth::Historical { returns: vec![0.04, -0.03, 0.01, 0.02] },
    ]
}

/// However paths are shared out, each is the same, bit for bit.
#[test]
fn paths_do_not_depend_on_how_they_are_split() {
    for growth in growths() {
        let run = |paths: std::ops::Range<u64>| {
            let mut walk = Walk::new(growth.clone(), 100.0, 77, paths).unwrap();
            (0..30).for_each(|_| walk.advance(1.0));
            walk.wealth().to_vec()
        };
        let whole = run(0..1001);
        for cuts in [[0, 1, 500, 1001], [0, 333, 334, 1001], [0, 0, 7, 1001]] {
            let parts = cuts.windows(2).flat_map(|cut| run(cut[0]..cut[1])).collect::<Vec<_>>();
            assert_eq!(parts, whole);
        }
    }
}

/// The median of a lognormal is `e^(tμ)`, other quantiles are those of the normal in the exponent;
/// and the mean of any growth is `(1 + mean)ᵗ`, here with payments as an annuity.
#[test]
fn wealth_has_its_closed_form() {
    let (paths, steps) = (200_000, 60);
    let walk = Walk::new(growths()[1].clone(), 1.0, 5, 0..paths).unwrap();
    let found = fan(walk, steps, 0.0, &[0.05, 0.5, 0.95]).unwrap();
    let sigma = 0.04 * (steps as f64).sqrt();
    for (found, z) in
        found[steps - 1].iter().zip([-1.644_853_626_951_472_2_f64, 0.0, 1.644_853_626_951_472_2])
    {
        // Four standard errors of a quantile: √(p(1−p)/n) over the density, in the exponent.
        let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let share = if z == 0.0 { 0.5 } else { 0.05_f64 };
        let error = 4.0 * sigma * (share * (1.0 - share) / paths as f64).sqrt() / density;
        near(found.ln(), 0.3 + sigma * z, error);
    }
    for (growth, mean) in growths().into_iter().zip([0.005, 0.005_f64, 0.005, 0.01]) {
        let mean = if matches!(growth, Growth::LogNormal { .. }) {
            (mean + 0.0008).exp_m1()
        } else {
            mean
        };
        let mut walk = Walk::new(growth, 10.0, 6, 0..paths).unwrap();
        (0..steps).for_each(|_| walk.advance(0.1));
        let n = paths as f64;
        let average = walk.wealth().iter().sum::<f64>() / n;
        let spread = walk.wealth().iter().map(|w| (w - average).powi(2)).sum::<f64>() / n;
        let growth = (1.0 + mean).powi(steps as i32);
        let expected = 10.0 * growth + 0.1 * (growth - 1.0) / mean;
        near(average, expected, 4.0 * (spread / n).sqrt());
    }
}

#[test]
fn wealth_that_is_gone_is_gone() {
    let growth = Growth::Historical { returns: vec![-1.5, 0.1] };
    let mut walk = Walk::new(growth, 1.0, 1, 0..100).unwrap();
    (0..50).for_each(|_| walk.advance(0.0));
    assert!(walk.wealth().iter().all(|wealth| *wealth == 0.0));
    assert!(Walk::new(Growth::Historical { returns: vec![] }, 1.0, 1, 0..9).is_err());
    assert!(Walk::new(Growth::Normal { mean: 0.0, volatility: -1.0 }, 1.0, 1, 0..9).is_err());
    assert!(Walk::new(growths()[0].clone(), f64::NAN, 1, 0..9).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Quantiles are what sorting gives.
    #[test]
    fn quantiles_are_those_of_a_sorted_list(
        numbers in prop::collection::vec(prop_oneof![-1e3..1e3_f64, Just(0.0), -1e-9..1e-9], 1..300),
        rank in 0.0..1.0_f64,
    ) {
        let mut sorted = numbers.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (rank * numbers.len() as f64) as usize;
        let level = at as f64 / (numbers.len() - 1).max(1) as f64;
        let found = quantiles(&[&numbers], &[level]).unwrap()[0];
        prop_assert!((found - sorted[at]).abs() <= 1e-9);
    }
}
