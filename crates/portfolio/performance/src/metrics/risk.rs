//! Figures of how much the returns moved.

use crate::metrics::{returns::share, sample::Sample, table};
use crate::statistics::{deviation, mean, mean_of, ratio};

table! { Risk:
    ("volatility", "Volatility", Fraction, "√P · sd(r), n − 1", "Bacon 2008, ch. 4", "Bacon divides by n.", |s| Some(deviation(&s.returns)? * s.periods.sqrt()))
    ("semi_deviation", "Semi-deviation", Fraction, "√P · √(mean(min(r − mean(r), 0)²))", "Markowitz 1959, ch. 9", "All n periods in the mean.", semi_deviation)
    ("downside_deviation", "Downside deviation", Fraction, "√P · √(mean(min(r − a, 0)²))", "Bacon 2008, ch. 4", "All n periods in the mean, not only those below a.", |s| Some(downside(s)? * s.periods.sqrt()))
    ("upside_risk", "Upside deviation", Fraction, "√P · √(mean(max(r − a, 0)²))", "Bacon 2008, ch. 4", "", |s| Some(upside(s)? * s.periods.sqrt()))
    ("downside_potential", "Downside potential", Fraction, "mean(max(a − r, 0))", "Bacon 2008, ch. 4", "Per period; the first lower partial moment.", downside_potential)
    ("upside_potential", "Upside potential", Fraction, "mean(max(r − a, 0))", "Bacon 2008, ch. 4", "Per period.", upside_potential)
    ("mean_absolute_deviation", "Mean absolute deviation", Fraction, "mean |r − mean(r)|", "Konno and Yamazaki 1991", "Per period.", mean_absolute)
    ("downside_frequency", "Downside frequency", Fraction, "#(r_t < a) / n", "Bacon 2008, ch. 4", "", |s| share(&s.returns, |r| r < s.acceptable))
    ("upside_frequency", "Upside frequency", Fraction, "#(r_t > a) / n", "Bacon 2008, ch. 4", "", |s| share(&s.returns, |r| r > s.acceptable))
    ("volatility_skewness", "Volatility skewness", Number, "upside deviation / downside deviation", "Bacon 2008, ch. 4", "", |s| ratio(upside(s)?, downside(s)?))
    ("variability_skewness", "Variability skewness", Number, "upside variance / downside variance", "Bacon 2008, ch. 4", "", |s| ratio(upside(s)?.powi(2), downside(s)?.powi(2)))
}

/// Downside deviation per period.
pub(super) fn downside(s: &Sample) -> Option<f64> {
    s.mean_above(|x| x.min(0.0).powi(2)).map(f64::sqrt)
}

fn upside(s: &Sample) -> Option<f64> {
    s.mean_above(|x| x.max(0.0).powi(2)).map(f64::sqrt)
}

/// The mean shortfall per period.
pub(super) fn downside_potential(s: &Sample) -> Option<f64> {
    s.mean_above(|x| (-x).max(0.0))
}

/// The mean surplus per period.
pub(super) fn upside_potential(s: &Sample) -> Option<f64> {
    s.mean_above(|x| x.max(0.0))
}

fn semi_deviation(s: &Sample) -> Option<f64> {
    let centre = mean(&s.returns)?;
    let below = mean_of(&s.returns, |r| (r - centre).min(0.0).powi(2))?;
    Some((below * s.periods).sqrt())
}

fn mean_absolute(s: &Sample) -> Option<f64> {
    let centre = mean(&s.returns)?;
    mean_of(&s.returns, |r| (r - centre).abs())
}
