//! Periodic returns in, returns of calendar months and years out.
//!
//! Use it for the monthly heat map and the yearly table. The first and the last month or year may
//! be partial: they hold the periods that there are. Unknown returns (NaN) are skipped.

use chrono::Datelike;
use serde::{Deserialize, Serialize};
use types::Date;

use crate::{PerformanceError, Series, drawdown::depths, series::check_length, statistics};

/// The months of one calendar year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthlyReturns {
    /// The calendar year.
    pub year: i32,
    /// January to December; `None` where there is no return.
    pub months: [Option<f64>; 12],
    /// The whole year, compounded.
    pub year_return: f64,
}

/// One calendar year beside its benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct YearlyReturn {
    /// The calendar year.
    pub year: i32,
    /// The portfolio's compounded return.
    pub portfolio: f64,
    /// The benchmark's compounded return.
    pub benchmark: Option<f64>,
    /// Annualised volatility within the year.
    pub volatility: Option<f64>,
    /// The deepest fall within the year, positive.
    pub max_drawdown: f64,
}

/// Compounded returns of each calendar month, one row a year.
pub fn monthly_returns(returns: &Series) -> Vec<MonthlyReturns> {
    let mut rows: Vec<MonthlyReturns> = Vec::new();
    for ((year, month), values) in grouped(returns, |date| (date.year(), date.month0())) {
        if rows.last().is_none_or(|row| row.year != year) {
            rows.push(MonthlyReturns { year, months: [None; 12], year_return: 0.0 });
        }
        let row = rows.last_mut().expect("a row was just pushed");
        let value = compound(&values);
        row.months[month as usize] = Some(value);
        row.year_return = (1.0 + row.year_return) * (1.0 + value) - 1.0;
    }
    rows
}

/// Compounded returns of each calendar year, beside the benchmark's on the same dates.
///
/// `periods_per_year` scales the volatility. Errors when the benchmark has another length.
pub fn yearly_returns(
    returns: &Series,
    benchmark: Option<&[f64]>,
    periods_per_year: f64,
) -> Result<Vec<YearlyReturn>, PerformanceError> {
    let benchmark = benchmark
        .map(|values| {
            check_length("the benchmark", returns.values.len(), values.len(), "date")?;
            Series::new(returns.dates.clone(), values.to_vec())
        })
        .transpose()?;
    let theirs = benchmark.map(|series| grouped(&series, |date| date.year()));
    let rows = grouped(returns, |date| date.year()).into_iter();
    Ok(rows
        .map(|(year, values)| YearlyReturn {
            year,
            portfolio: compound(&values),
            benchmark: theirs.as_ref().and_then(|all| {
                let found = all.iter().find(|(other, _)| *other == year)?;
                Some(compound(&found.1))
            }),
            volatility: statistics::deviation(&values).map(|sd| sd * periods_per_year.sqrt()),
            max_drawdown: deepest(&values),
        })
        .collect())
}

/// The compounded return of each run of equal keys.
pub(crate) fn compounded_by<K: PartialEq>(returns: &Series, key: impl Fn(Date) -> K) -> Vec<f64> {
    let groups = grouped(returns, key);
    groups.iter().map(|(_, values)| compound(values)).collect()
}

fn grouped<K: PartialEq>(returns: &Series, key: impl Fn(Date) -> K) -> Vec<(K, Vec<f64>)> {
    let mut groups: Vec<(K, Vec<f64>)> = Vec::new();
    let known = returns.dates.iter().zip(&returns.values);
    for (&date, &value) in known.filter(|(_, value)| value.is_finite()) {
        let k = key(date);
        match groups.last_mut() {
            Some((last, values)) if *last == k => values.push(value),
            _ => groups.push((k, vec![value])),
        }
    }
    groups
}

fn compound(returns: &[f64]) -> f64 {
    returns.iter().fold(1.0, |wealth, r| wealth * (1.0 + r)) - 1.0
}

fn deepest(returns: &[f64]) -> f64 {
    let wealth: Vec<f64> = returns
        .iter()
        .scan(1.0, |wealth, r| {
            *wealth *= 1.0 + r;
            Some(*wealth)
        })
        .collect();
    depths(&wealth, 1.0).into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand: 1.1 × 1.1 in January, 0.5 in February, 2.0 next year.
    #[test]
    fn compounds_by_month_and_year() {
        let day = |y, m, d| Date::from_ymd_opt(y, m, d).unwrap();
        let dates = vec![day(2020, 1, 3), day(2020, 1, 6), day(2020, 2, 3), day(2021, 1, 4)];
        let series = Series::new(dates, vec![0.1, 0.1, -0.5, 1.0]).unwrap();
        let months = monthly_returns(&series);
        assert!((months[0].months[0].unwrap() - 0.21).abs() < 1e-12);
        assert_eq!(months[0].months[2], None);
        assert!((months[0].year_return + 0.395).abs() < 1e-12);
        let years = yearly_returns(&series, Some(&[0.0, 0.0, 0.1, 0.2]), 12.0).unwrap();
        assert!((years[0].benchmark.unwrap() - 0.1).abs() < 1e-12);
        assert!((years[0].max_drawdown - 0.5).abs() < 1e-12);
        assert!((years[1].portfolio - 1.0).abs() < 1e-12);
        assert!(yearly_returns(&series, Some(&[0.0]), 12.0).is_err());
    }
}
