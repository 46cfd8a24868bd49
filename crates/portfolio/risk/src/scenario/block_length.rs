//! How long the blocks of a bootstrap should be.
//!
//! In comes one series; out come the lengths at which the error of the variance of a bootstrapped
//! mean is least. It does not draw anything.

use crate::matrix::dot;
use crate::{RiskError, moments::check_len};

/// Lengths of blocks, not rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockLength {
    /// Mean length for the stationary bootstrap.
    pub stationary: f64,
    /// Length for the circular and the moving one.
    pub circular: f64,
}

/// The lengths for this series (Politis and White 2004, "Automatic block-length selection for the
/// dependent bootstrap", with the correction of Patton, Politis and White 2009).
///
/// The autocorrelations, each of the two parts of the series that overlap, are cut off at twice the
/// lag after which five or more in a row are within `2√(log₁₀ n / n)`. Fails for fewer than 9
/// returns, or a series that never moves.
pub fn optimal_block_length(series: &[f64]) -> Result<BlockLength, RiskError> {
    let n = series.len();
    crate::covariance::require_rows("a block length", n, 9)?;
    check_len("returns", series, n)?;
    let mean = series.iter().sum::<f64>() / n as f64;
    let moves: Vec<f64> = series.iter().map(|x| x - mean).collect();
    let size = n as f64;
    if dot(&moves, &moves) <= size * (8.0 * f64::EPSILON * mean).powi(2) {
        return Err(RiskError::NoSpread { measure: "block length" });
    }
    let run = (size.log10() as usize).max(5);
    let last = (size.sqrt().ceil() as usize + run).min(n - 2);
    let band = 2.0 * (size.log10() / size).sqrt();
    let cut = cut_off(&moves, run, last, band).map_or(last, |lag| (2 * lag.max(1)).min(last));
    let covariance = |lag: usize| dot(&moves[lag..], &moves[..n - lag]) / size;
    let (mut slope, mut long_run) = (0.0, covariance(0));
    for lag in 1..=cut {
        // The flat-top window of Politis and Romano 1995.
        let share = lag as f64 / cut as f64;
        let window = if share <= 0.5 { 1.0 } else { 2.0 * (1.0 - share) };
        slope += 2.0 * window * lag as f64 * covariance(lag);
        long_run += 2.0 * window * covariance(lag);
    }
    let longest = (3.0 * size.sqrt()).min(size / 3.0).ceil();
    let length = |factor: f64| {
        (2.0 * slope * slope / (factor * long_run * long_run) * size).cbrt().clamp(1.0, longest)
    };
    Ok(BlockLength { stationary: length(2.0), circular: length(4.0 / 3.0) })
}

/// The lag after which `run` autocorrelations in a row are inside the band.
fn cut_off(moves: &[f64], run: usize, last: usize, band: f64) -> Option<usize> {
    let n = moves.len();
    let within = |lag: usize| {
        let (ahead, behind) = (&moves[lag + 1..], &moves[..n - lag - 1]);
        let scale = (dot(ahead, ahead) * dot(behind, behind)).sqrt();
        dot(&moves[lag..], &moves[..n - lag]).abs() / scale < band
    };
    let inside: Vec<bool> = (0..=last).map(within).collect();
    (run..=last).map(|end| end - run).find(|from| inside[*from..from + run].iter().all(|x| *x))
}
