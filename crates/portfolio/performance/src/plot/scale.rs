//! Ranges of numbers and days in, positions and round ticks out.

use chrono::{Datelike, NaiveDate};
use types::Date;

/// A range of values along one edge of a plot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
}

impl Scale {
    /// From `low` at pixel `from` to `high` at pixel `to`; widened if it has no extent.
    pub fn linear(low: f64, high: f64, from: f64, to: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, from, to, log: false }
    }

    /// The same on a logarithmic scale; both ends positive.
    pub fn log(low: f64, high: f64, from: f64, to: f64) -> Self {
        let high = if high > low * 1.05 { high } else { low * 1.05 };
        Self { low: low.ln(), high: high.ln(), from, to, log: true }
    }

    /// The pixel of a value.
    pub fn at(&self, value: f64) -> f64 {
        let value = if self.log { value.ln() } else { value };
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Round values inside the range, about `count` of them.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        if self.log {
            return log_ticks(self.low, self.high, count);
        }
        let step = round_step((self.high - self.low) / count.max(1) as f64);
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last).map(|k| k as f64 * step).collect()
    }
}

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `x`.
pub(super) fn round_step(x: f64) -> f64 {
    let power = 10f64.powf(x.max(1e-12).log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    let step = steps.into_iter().find(|s| s * power >= x * (1.0 - 1e-9));
    step.unwrap_or(10.0) * power
}

fn log_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let decades = (high - low) / std::f64::consts::LN_10;
    if decades < 0.35 {
        let inner = Scale::linear(low.exp(), high.exp(), 0.0, 1.0);
        return inner.ticks(count);
    }
    let multiples: &[f64] = match decades {
        d if d < 2.2 => &[1.0, 2.0, 5.0],
        d if d < 4.5 => &[1.0, 3.0],
        _ => &[1.0],
    };
    let exponents = (low / std::f64::consts::LN_10).floor() as i32
        ..=(high / std::f64::consts::LN_10).ceil() as i32;
    exponents
        .flat_map(|e| multiples.iter().map(move |m| m * 10f64.powi(e)))
        .filter(|v| v.ln() >= low - 1e-9 && v.ln() <= high + 1e-9)
        .collect()
}

/// The number of a day, for positions.
pub(super) fn day_number(date: Date) -> f64 {
    f64::from(date.num_days_from_ce())
}

/// Dates to mark between two days, with their texts: years, months when the span is short, or the
/// two days themselves.
pub(super) fn date_ticks(first: Date, last: Date) -> Vec<(Date, String)> {
    let round = round_dates(first, last);
    if round.len() > 1 {
        return round;
    }
    [first, last].map(|date| (date, date.to_string())).to_vec()
}

fn round_dates(first: Date, last: Date) -> Vec<(Date, String)> {
    let months = (last - first).num_days() as f64 / 30.44;
    let step = match months {
        m if m < 7.0 => 1,
        m if m < 20.0 => 2,
        m if m < 42.0 => 6,
        m if m < 150.0 => 12,
        m if m < 300.0 => 24,
        m if m < 720.0 => 60,
        _ => 120,
    };
    let in_range = |date: &Date| *date >= first && *date <= last;
    let start = first.year() * 12 / step * step;
    (start..=(last.year() + 1) * 12)
        .step_by(step as usize)
        .filter_map(|m| NaiveDate::from_ymd_opt(m.div_euclid(12), m.rem_euclid(12) as u32 + 1, 1))
        .filter(in_range)
        .map(|date| {
            let form = if step < 12 { "%b %Y" } else { "%Y" };
            (date, date.format(form).to_string())
        })
        .collect()
}

/// A fraction in per cent, with the decimals that a tick of `step` needs.
pub(super) fn percent(value: f64, step: f64) -> String {
    let decimals = match 100.0 * step.abs() {
        s if s >= 1.0 - 1e-9 && (s - s.round()).abs() < 1e-6 => 0,
        s if s >= 0.1 - 1e-9 => 1,
        _ => 2,
    };
    super::signed(&format!("{:.decimals$}%", 100.0 * value))
}

/// A number with the decimals that a tick of `step` needs.
pub(super) fn number(value: f64, step: f64) -> String {
    let step = step.abs();
    let decimals = match step {
        s if s >= 1.0 && (s - s.round()).abs() < 1e-9 => 0,
        s if s >= 0.1 - 1e-12 && (10.0 * s - (10.0 * s).round()).abs() < 1e-9 => 1,
        _ => 2,
    };
    if decimals == 0 {
        return super::thousands(value);
    }
    super::signed(&format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(Scale::linear(-0.2, 1.1, 0.0, 1.0).ticks(5), [0.0, 0.5, 1.0]);
        assert_eq!(Scale::log(0.8, 55.0, 0.0, 1.0).ticks(6), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0]);
        let day = |y, m| Date::from_ymd_opt(y, m, 5).unwrap();
        let texts =
            |a, b| -> Vec<String> { date_ticks(a, b).into_iter().map(|(_, text)| text).collect() };
        assert_eq!(
            texts(day(1990, 1), day(2002, 12)),
            ["1992", "1994", "1996", "1998", "2000", "2002"]
        );
        assert_eq!(
            texts(day(2020, 11), day(2021, 3)),
            ["Dec 2020", "Jan 2021", "Feb 2021", "Mar 2021"]
        );
    }

    #[test]
    fn texts_have_the_decimals_of_their_step() {
        assert_eq!(percent(-0.05, 0.05), "−5%");
        assert_eq!(percent(0.125, 0.025), "12.5%");
        assert_eq!(percent(-0.00001, 0.1), "0%");
        assert_eq!(number(1500.0, 500.0), "1,500");
        assert_eq!(number(-0.5, 0.5), "−0.5");
    }
}
