//! Dated numbers: net asset values or returns in, checked series out.
//!
//! Use it as the one form in which the room takes histories. It does not know what is measured.

use serde::{Deserialize, Serialize};
use types::Date;

use crate::PerformanceError;

/// Values on strictly increasing dates. A value that is not known is NaN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// One date for each value.
    pub dates: Vec<Date>,
    /// The values.
    pub values: Vec<f64>,
}

impl Series {
    /// A series, if there are as many dates as values and the dates increase.
    pub fn new(dates: Vec<Date>, values: Vec<f64>) -> Result<Self, PerformanceError> {
        check_dates("the series", &dates)?;
        check_length("the series", dates.len(), values.len(), "date")?;
        Ok(Self { dates, values })
    }

    /// Simple returns `v_t / v_{t-1} − 1`, dated by the later day; one shorter than the values.
    ///
    /// Errors when a value is not positive.
    pub fn returns(&self) -> Result<Series, PerformanceError> {
        check_positive("the series", &self.dates, &self.values)?;
        let values = self.values.windows(2).map(|v| v[1] / v[0] - 1.0).collect();
        let dates = self.dates.iter().skip(1).copied().collect();
        Ok(Series { dates, values })
    }
}

/// Errors unless the dates increase.
pub(crate) fn check_dates(what: &str, dates: &[Date]) -> Result<(), PerformanceError> {
    match dates.windows(2).find(|pair| pair[1] <= pair[0]) {
        Some(pair) => Err(PerformanceError::OutOfOrder { what: what.to_owned(), date: pair[1] }),
        None => Ok(()),
    }
}

/// Errors unless `found` is `expected`.
pub(crate) fn check_length(
    what: &str,
    expected: usize,
    found: usize,
    per: &'static str,
) -> Result<(), PerformanceError> {
    if expected == found {
        return Ok(());
    }
    Err(PerformanceError::Length { what: what.to_owned(), expected, found, per })
}

/// Errors unless every value is positive and finite.
pub(crate) fn check_positive(
    what: &str,
    dates: &[Date],
    values: &[f64],
) -> Result<(), PerformanceError> {
    let bad = |value: f64| !(value.is_finite() && value > 0.0);
    match dates.iter().zip(values).find(|(_, value)| bad(**value)) {
        Some((&date, &value)) => {
            Err(PerformanceError::NotPositive { what: what.to_owned(), date, value })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32) -> Date {
        Date::from_ymd_opt(2020, 1, n).unwrap()
    }

    #[test]
    fn returns_are_one_shorter_and_dated_by_the_later_day() {
        let nav = Series::new(vec![day(1), day(2), day(3)], vec![100.0, 110.0, 99.0]).unwrap();
        let returns = nav.returns().unwrap();
        assert_eq!(returns.dates, [day(2), day(3)]);
        assert!((returns.values[0] - 0.1).abs() < 1e-12 && (returns.values[1] + 0.1).abs() < 1e-12);
    }

    #[test]
    fn refuses_disorder_and_bad_values() {
        assert!(matches!(
            Series::new(vec![day(2), day(2)], vec![1.0, 1.0]),
            Err(PerformanceError::OutOfOrder { .. })
        ));
        assert!(matches!(
            Series::new(vec![day(2)], vec![1.0, 1.0]),
            Err(PerformanceError::Length { .. })
        ));
        let broken = Series::new(vec![day(1), day(2)], vec![1.0, f64::NAN]).unwrap();
        let error = broken.returns().unwrap_err().to_string();
        assert!(error.contains("2020-01-02"), "{error}");
    }
}
