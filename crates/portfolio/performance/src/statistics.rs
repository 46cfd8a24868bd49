//! Slices of numbers in, one number out; `None` where it is not defined.
//!
//! Use it for the sums behind the metrics. It knows nothing about dates or money.

use std::f64::consts::PI;

/// The arithmetic mean of a non-empty slice.
pub(crate) fn mean(x: &[f64]) -> Option<f64> {
    (!x.is_empty()).then(|| x.iter().sum::<f64>() / x.len() as f64)
}

/// The mean of `f` over a non-empty slice.
pub(crate) fn mean_of(x: &[f64], f: impl Fn(f64) -> f64) -> Option<f64> {
    (!x.is_empty()).then(|| x.iter().map(|&v| f(v)).sum::<f64>() / x.len() as f64)
}

/// The mean of products of deviations, divided by `n − lost`.
pub(crate) fn covariance(x: &[f64], y: &[f64], lost: usize) -> Option<f64> {
    let (mx, my) = (mean(x)?, mean(y)?);
    let count = x.len().checked_sub(lost).filter(|&n| n > 0)?;
    let sum: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    Some(sum / count as f64)
}

/// Sample standard deviation (`n − 1`).
pub(crate) fn deviation(x: &[f64]) -> Option<f64> {
    covariance(x, x, 1).map(f64::sqrt)
}

/// Population standard deviation (`n`).
pub(crate) fn population_deviation(x: &[f64]) -> Option<f64> {
    covariance(x, x, 0).map(f64::sqrt)
}

/// `a / b`, unless `b` is nought next to `a` (or to rounding).
pub(crate) fn ratio(a: f64, b: f64) -> Option<f64> {
    (b.abs() > 1e-15).then(|| a / b)
}

/// The standardised central moment of order `k`, by population moments.
pub(crate) fn standard_moment(x: &[f64], k: i32) -> Option<f64> {
    let (m, s) = (mean(x)?, population_deviation(x)?);
    (s > 1e-15).then_some(())?;
    mean_of(x, |v| ((v - m) / s).powi(k))
}

/// The quantile `p` by linear interpolation (type 7 of Hyndman and Fan 1996).
pub(crate) fn quantile(x: &[f64], p: f64) -> Option<f64> {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len().checked_sub(1)?) as f64 * p;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    Some(sorted[low] + (at - at.floor()) * (sorted[high] - sorted[low]))
}

/// `∏(1 + r)^(periods / n) − 1`; `None` once wealth is negative.
pub(crate) fn annualised(returns: &[f64], periods: f64) -> Option<f64> {
    let wealth: f64 = returns.iter().map(|r| 1.0 + r).product();
    let usable = !returns.is_empty() && returns.iter().all(|r| *r >= -1.0);
    usable.then(|| wealth.powf(periods / returns.len() as f64) - 1.0)
}

/// The density of the standard normal distribution.
pub(crate) fn normal_density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// The standard normal distribution function.
///
/// Series near the centre, continued fraction in the tails (Abramowitz and Stegun 26.2.10 and
/// 26.2.14); accurate to about 1e-15.
pub(crate) fn normal_distribution(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x < 0.0 {
        return 1.0 - normal_distribution(-x);
    }
    if x > 3.0 {
        return 1.0 - upper_tail(x);
    }
    let (mut term, mut sum, mut k) = (x, x, 1.0);
    while term.abs() > 1e-17 {
        k += 2.0;
        term *= x * x / k;
        sum += term;
    }
    0.5 + normal_density(x) * sum
}

fn upper_tail(x: f64) -> f64 {
    let fraction = (1..=60).rev().fold(x, |below, k| x + f64::from(k) / below);
    normal_density(x) / fraction
}

/// The inverse of [`normal_distribution`] on (0, 1), by bisection.
pub(crate) fn normal_quantile(p: f64) -> Option<f64> {
    (p > 0.0 && p < 1.0).then_some(())?;
    let (mut low, mut high) = (-9.0, 9.0);
    for _ in 0..90 {
        let middle = 0.5 * (low + high);
        if normal_distribution(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz and Stegun, tables 26.1 and 26.5.
    #[test]
    fn normal_table() {
        for (x, p) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (1.96, 0.975_002_104_851_780),
            (3.5, 0.999_767_370_920_964),
            (-2.0, 0.022_750_131_948_179),
        ] {
            assert!((normal_distribution(x) - p).abs() < 1e-14, "{x}");
        }
        assert!((normal_quantile(0.95).unwrap() - 1.644_853_626_951_47).abs() < 1e-12);
        assert_eq!(normal_quantile(1.0), None);
    }

    /// Type 7 as in numpy's documentation: the quantiles of 1..4.
    #[test]
    fn quantile_interpolates() {
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5), Some(2.5));
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.25), Some(1.75));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
