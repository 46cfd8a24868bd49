//! The example of Almgren and Chriss (2000), section 4: a million shares in five days.

use execution::{Impact, trajectory};

const SHARES: f64 = 1e6;
/// $50 a share, 30 % a year, a spread of 1/8, 5 million shares a day.
const IMPACT: Impact =
    Impact { volatility: 0.95, fixed: 0.0625, permanent: 2.5e-7, temporary: 2.5e-6 };

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found / expected - 1.0).abs() < relative, "{found} {expected}");
}

/// Risk aversion, expected cost, variance and half-life of the paper, to the digits recomputed from
/// its formulas.
#[test]
fn the_frontier_of_the_paper() {
    for (aversion, cost, variance, half_life) in [
        (1e-9, 662_500.903_7, 1.081_191_800_978e12, 51.299_729_8),
        (1e-6, 911_226.986_3, 3.641_285_720_581e11, 1.0 / 0.607_076_163_25),
        (2e-6, 1_140_715.167, 2.019_312_871_506e11, 1.0 / 0.846_297_134_50),
    ] {
        let found = trajectory(SHARES, 5.0, 5, IMPACT, aversion).unwrap();
        close(found.expected_cost, cost, 1e-9);
        close(found.variance, variance, 1e-10);
        close(found.half_life, half_life, 1e-9);
    }
    let even = trajectory(SHARES, 5.0, 5, IMPACT, 0.0).unwrap();
    close(even.expected_cost, 662_500.0, 1e-12);
    close(even.variance, 1.083e12, 1e-12);
    assert_eq!(even.half_life, f64::INFINITY);
}

#[test]
fn what_is_left_after_each_day() {
    let found = trajectory(SHARES, 5.0, 5, IMPACT, 1e-6).unwrap();
    let expected = [1e6, 541_955.55, 289_854.22, 147_897.49, 62_141.80, 0.0];
    for (found, expected) in found.remaining.iter().zip(expected) {
        assert!((found - expected).abs() < 0.01, "{found} {expected}");
    }
    let sold = trajectory(-SHARES, 5.0, 5, IMPACT, 1e-6).unwrap();
    assert!((sold.expected_cost - found.expected_cost).abs() < 1e-6);
}

/// No perturbation that ends with nothing left is cheaper.
#[test]
fn no_other_way_is_better() {
    let (aversion, intervals) = (1e-6, 8);
    let best = trajectory(SHARES, 4.0, intervals, IMPACT, aversion).unwrap();
    let step = 4.0 / intervals as f64;
    let eta = IMPACT.temporary - 0.5 * IMPACT.permanent * step;
    let value = |x: &[f64]| {
        let trades: f64 = x.windows(2).map(|pair| (pair[0] - pair[1]).powi(2)).sum();
        let held: f64 = x[1..].iter().map(|x| x * x).sum();
        eta / step * trades + aversion * IMPACT.volatility.powi(2) * step * held
    };
    for at in 1..intervals {
        for by in [-1_000.0, 1_000.0] {
            let mut other = best.remaining.clone();
            other[at] += by;
            assert!(value(&other) > value(&best.remaining));
        }
    }
}

#[test]
fn a_great_hurry_does_not_overflow() {
    let found = trajectory(SHARES, 1e3, 1_000, IMPACT, 1.0).unwrap();
    assert!(found.remaining.iter().all(|x| x.is_finite()) && found.remaining[1] < 10.0);
    assert_eq!(found.remaining[1_000], 0.0);
}

#[test]
fn what_is_out_of_range_is_said() {
    for (horizon, intervals, impact, aversion, said) in [
        (0.0, 5, IMPACT, 1e-6, "the horizon must be above 0"),
        (5.0, 0, IMPACT, 1e-6, "must be"),
        (5.0, 5, IMPACT, -1.0, "risk aversion must be 0 or more"),
        (5.0, 5, Impact { volatility: f64::NAN, ..IMPACT }, 1e-6, "volatility, fixed cost"),
        (5.0, 5, Impact { permanent: 1e-5, ..IMPACT }, 1e-6, "shorten it"),
    ] {
        let error = trajectory(SHARES, horizon, intervals, impact, aversion).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
}
