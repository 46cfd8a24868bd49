//! How long an estimate takes; not part of the suite.
//!
//!     cargo test --release -p risk --test speed -- --ignored --nocapture
//!
//! Beside it, on the same machine and in the same minute:
//!
//!     python -m timeit -n 1 -r 30 -s 'import numpy as np; from sklearn.covariance import \
//!       ledoit_wolf; x = np.random.default_rng(0).normal(size=(1260, 500)) / 100' 'ledoit_wolf(x)'

use std::hint::black_box;
use std::time::{Duration, Instant};

use risk::{CovarianceEstimator, Returns};

/// The best of 30.
fn best(estimator: &CovarianceEstimator, returns: &Returns) -> Duration {
    let once = |_| {
        let start = Instant::now();
        black_box(estimator.estimate(black_box(returns)).unwrap());
        start.elapsed()
    };
    (0..30).map(once).min().unwrap()
}

#[test]
#[ignore = "measures, and asserts nothing"]
fn ledoit_wolf_of_500_symbols_over_1260_days() {
    let values = (0..1260 * 500).map(|i| f64::from(i % 9973 * (i % 797)).sin() / 100.0);
    let symbols = (0..500).map(|i| format!("S{i}").into()).collect();
    let returns = Returns::new(symbols, values.collect()).unwrap();
    for estimator in [CovarianceEstimator::default(), CovarianceEstimator::Sample] {
        eprintln!("{estimator:?}: {:?}", best(&estimator, &returns));
    }
}
