//! Figures of falls from a peak.

use crate::metrics::{sample::Sample, table};
use crate::statistics::{mean, mean_of, quantile};

table! { Drawdown:
    ("max_drawdown", "Maximum drawdown", Fraction, "max_t d_t", "Bacon 2008, ch. 4", "Compounded and positive; skfolio cumulates simple returns by default, which can exceed 100 %.", Sample::deepest)
    ("average_drawdown", "Average drawdown", Fraction, "mean depth over falls from a peak", "Bacon 2008, ch. 4", "One value per fall, an unfinished one included; others average over periods (our pain index).", average)
    ("current_drawdown", "Current drawdown", Fraction, "d_n", "–", "", |s| s.depths.last().copied())
    ("longest_drawdown", "Longest drawdown", Days, "max over falls of (recovery − peak)", "–", "Calendar days; an unfinished fall counts up to the last day.", longest)
    ("longest_recovery", "Longest recovery", Days, "max over falls of (recovery − trough)", "–", "Recovered falls only.", recovery)
    ("time_under_water", "Time under water", Fraction, "#(d_t > 0) / n", "–", "", |s| super::returns::share(&s.depths, |d| d > 1e-12))
    ("pain_index", "Pain index", Fraction, "mean(d_t)", "Becker 2006; Bacon 2008, ch. 4", "", |s| mean(&s.depths))
    ("ulcer_index", "Ulcer index", Fraction, "√(mean(d_t²))", "Martin and McCann 1989", "The start (d = 0) is not counted in n; where it is, the number is smaller.", ulcer)
    ("cdar_95", "Conditional drawdown, 95%", Fraction, "mean of the d_t at or above their 95% quantile", "Chekhlov, Uryasev and Zabarankin 2005", "", conditional)
}

/// The root mean square depth.
pub(super) fn ulcer(s: &Sample) -> Option<f64> {
    mean_of(&s.depths, |d| d * d).map(f64::sqrt)
}

fn average(s: &Sample) -> Option<f64> {
    let depths: Vec<f64> = s.falls.iter().map(|fall| fall.depth).collect();
    mean(&depths)
}

fn longest(s: &Sample) -> Option<f64> {
    s.falls.iter().map(|fall| fall.days as f64).reduce(f64::max)
}

fn recovery(s: &Sample) -> Option<f64> {
    let days = s.falls.iter().filter_map(|fall| fall.recovery_days());
    days.max().map(|days| days as f64)
}

fn conditional(s: &Sample) -> Option<f64> {
    let threshold = quantile(&s.depths, 0.95)?;
    let worst: Vec<f64> = s.depths.iter().copied().filter(|d| *d >= threshold).collect();
    mean(&worst)
}
