//! Net asset values in, falls from a peak and their recoveries out.
//!
//! Use it for the table of the worst drawdowns. Depths are compounded (relative to the peak) and
//! positive: 0.25 is a fall of 25 %.

use serde::{Deserialize, Serialize};
use types::Date;

use crate::Series;

/// One fall below a peak, until the peak is reached again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrawdownPeriod {
    /// The day of the peak.
    pub start: Date,
    /// The day of the lowest value.
    pub trough: Date,
    /// The first day at or above the peak; `None` while it lasts.
    pub recovery: Option<Date>,
    /// The fall from peak to trough as a positive fraction.
    pub depth: f64,
    /// Calendar days from the peak to the recovery, or to the last day.
    pub days: i64,
}

impl DrawdownPeriod {
    /// Calendar days from the trough to the recovery.
    pub fn recovery_days(&self) -> Option<i64> {
        Some((self.recovery? - self.trough).num_days())
    }
}

/// The `top` deepest drawdowns of `nav` (positive values), deepest first; ties by date.
pub fn drawdown_periods(nav: &Series, top: usize) -> Vec<DrawdownPeriod> {
    let mut periods = all_periods(nav);
    periods.sort_by(|a, b| b.depth.total_cmp(&a.depth).then(a.start.cmp(&b.start)));
    periods.truncate(top);
    periods
}

/// How far each value is below the highest so far, as positive fractions.
pub(crate) fn depths(values: &[f64], start: f64) -> Vec<f64> {
    let mut peak = start;
    values
        .iter()
        .map(|&value| {
            peak = peak.max(value);
            1.0 - value / peak
        })
        .collect()
}

fn all_periods(nav: &Series) -> Vec<DrawdownPeriod> {
    let mut periods = Vec::new();
    let mut open: Option<DrawdownPeriod> = None;
    let mut peak: Option<(Date, f64)> = None;
    for (&date, &value) in nav.dates.iter().zip(&nav.values) {
        let (start, highest) = *peak.get_or_insert((date, value));
        if value >= highest {
            if let Some(period) = open.take() {
                periods.push(closed(period, date, true));
            }
            peak = Some((date, value));
        } else {
            deepen(&mut open, start, date, 1.0 - value / highest);
        }
    }
    if let (Some(period), Some(&last)) = (open, nav.dates.last()) {
        periods.push(closed(period, last, false));
    }
    periods
}

fn deepen(open: &mut Option<DrawdownPeriod>, start: Date, date: Date, depth: f64) {
    let period =
        open.get_or_insert(DrawdownPeriod { start, trough: date, recovery: None, depth, days: 0 });
    if depth > period.depth {
        (period.trough, period.depth) = (date, depth);
    }
}

fn closed(mut period: DrawdownPeriod, end: Date, recovered: bool) -> DrawdownPeriod {
    period.recovery = recovered.then_some(end);
    period.days = (end - period.start).num_days();
    period
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand.
    #[test]
    fn finds_falls_and_recoveries() {
        let dates = (1..=8).map(|d| Date::from_ymd_opt(2021, 3, d).unwrap());
        let values = vec![100.0, 90.0, 80.0, 95.0, 100.0, 110.0, 99.0, 104.5];
        let nav = Series::new(dates.clone().collect(), values).unwrap();
        let found = drawdown_periods(&nav, 5);
        let day: Vec<Date> = dates.collect();
        assert_eq!(found.len(), 2);
        assert!((found[0].depth - 0.2).abs() < 1e-12);
        assert_eq!(
            (found[0].start, found[0].trough, found[0].recovery, found[0].days),
            (day[0], day[2], Some(day[4]), 4)
        );
        assert_eq!(found[0].recovery_days(), Some(2));
        assert!((found[1].depth - 0.1).abs() < 1e-12);
        assert_eq!((found[1].recovery, found[1].days), (None, 2));
    }
}
