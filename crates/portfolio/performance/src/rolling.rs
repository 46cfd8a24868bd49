//! Periodic returns in, figures over a moving window out.
//!
//! Each value is dated by the last day of its window and reads that window only; the first value
//! stands on the day on which the window is full. A figure that is not defined is NaN.

use crate::{PerformanceError, Series, series::check_length, statistics};

/// Annualised volatility over `window` periods.
pub fn volatility(returns: &Series, window: usize, periods_per_year: f64) -> Series {
    roll(returns, window, |range| {
        let sd = statistics::deviation(&returns.values[range])?;
        Some(sd * periods_per_year.sqrt())
    })
}

/// Annualised Sharpe ratio over `window` periods, above `risk_free` per period.
pub fn sharpe(returns: &Series, window: usize, periods_per_year: f64, risk_free: f64) -> Series {
    roll(returns, window, |range| {
        let values = &returns.values[range];
        let excess = statistics::mean(values)? - risk_free;
        let per_period = statistics::ratio(excess, statistics::deviation(values)?)?;
        Some(per_period * periods_per_year.sqrt())
    })
}

/// Beta to `benchmark` (returns on the same dates) over `window` periods.
///
/// Errors when the benchmark has another length.
pub fn beta(
    returns: &Series,
    benchmark: &[f64],
    window: usize,
) -> Result<Series, PerformanceError> {
    check_length("the benchmark", returns.values.len(), benchmark.len(), "date")?;
    Ok(roll(returns, window, |range| {
        let (r, b) = (&returns.values[range.clone()], &benchmark[range]);
        statistics::ratio(statistics::covariance(r, b, 1)?, statistics::covariance(b, b, 1)?)
    }))
}

fn roll(
    returns: &Series,
    window: usize,
    figure: impl Fn(std::ops::Range<usize>) -> Option<f64>,
) -> Series {
    let window = window.max(2);
    let ends = window..=returns.values.len();
    Series {
        dates: returns.dates.iter().skip(window - 1).copied().collect(),
        values: ends.map(|end| figure(end - window..end).unwrap_or(f64::NAN)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Date;

    /// A portfolio of twice its benchmark has beta 2 in every window; a flat one has no Sharpe.
    #[test]
    fn windows_are_full_and_dated_by_their_end() {
        let dates: Vec<Date> = (1..=5).map(|d| Date::from_ymd_opt(2020, 5, d).unwrap()).collect();
        let market = [0.01, -0.02, 0.03, 0.0, 0.01];
        let series = Series::new(dates.clone(), market.map(|r| 2.0 * r).to_vec()).unwrap();
        let beta = beta(&series, &market, 3).unwrap();
        assert_eq!(beta.dates, dates[2..]);
        assert!(beta.values.iter().all(|b| (b - 2.0).abs() < 1e-12));
        let flat = Series::new(dates, vec![0.0; 5]).unwrap();
        assert!(sharpe(&flat, 3, 252.0, 0.0).values.iter().all(|v| v.is_nan()));
        assert_eq!(volatility(&flat, 9, 252.0).values.len(), 0);
    }
}
