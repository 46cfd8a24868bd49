//! Figures of what was earned.

use crate::metrics::{sample::Sample, table};
use crate::statistics::{mean, ratio};

table! { Return:
    ("total_return", "Total return", Fraction, "∏(1 + r_t) − 1", "Bacon 2008, ch. 2", "", |s| Some(s.wealth.last()? - 1.0))
    ("cagr", "Compound annual growth", Fraction, "∏(1 + r_t)^(P/n) − 1", "Bacon 2008, ch. 2", "n counts known returns. empyrical counts NaN rows too (its fixture: 1.9136 where n = 8 gives 2.3303); quantstats divides calendar days by 365.", Sample::growth)
    ("mean_return", "Mean return, annual", Fraction, "P · mean(r)", "arithmetic", "Not compounded: above the growth by about half the variance.", |s| Some(mean(&s.returns)? * s.periods))
    ("excess_return", "Growth above riskless", Fraction, "g(r) − g(rf)", "Bacon 2008, ch. 3", "A difference of growth rates, not their quotient.", Sample::excess_growth)
    ("best_period", "Best period", Fraction, "max r_t", "–", "A day for daily returns.", |s| best(&s.returns))
    ("worst_period", "Worst period", Fraction, "min r_t", "–", "A return, so negative when it is a loss.", |s| worst(&s.returns))
    ("best_month", "Best month", Fraction, "max over calendar months", "–", "First and last month may be partial.", |s| best(&s.months))
    ("worst_month", "Worst month", Fraction, "min over calendar months", "–", "First and last month may be partial.", |s| worst(&s.months))
    ("best_year", "Best year", Fraction, "max over calendar years", "–", "First and last year may be partial.", |s| best(&s.years))
    ("worst_year", "Worst year", Fraction, "min over calendar years", "–", "First and last year may be partial.", |s| worst(&s.years))
    ("hit_rate", "Hit rate", Fraction, "#(r_t > 0) / n", "–", "A nought return is no hit; some divide by periods that are not nought.", |s| share(&s.returns, |r| r > 0.0))
    ("positive_months", "Positive months", Fraction, "#(month > 0) / #months", "–", "", |s| share(&s.months, |r| r > 0.0))
    ("average_win", "Average gain", Fraction, "mean(r_t | r_t > 0)", "–", "", |s| mean(&wins(&s.returns)))
    ("average_loss", "Average loss", Fraction, "−mean(r_t | r_t < 0)", "–", "Positive.", |s| mean(&losses(&s.returns)))
    ("payoff_ratio", "Payoff ratio", Number, "average gain / average loss", "–", "", |s| ratio(mean(&wins(&s.returns))?, mean(&losses(&s.returns))?))
    ("profit_factor", "Profit factor", Number, "Σ max(r_t, 0) / Σ max(−r_t, 0)", "–", "On returns of periods, not on closed trades; equals the Bernardo–Ledoit ratio.", |s| ratio(sum(&wins(&s.returns)), sum(&losses(&s.returns))))
    ("gain_to_pain", "Gain to pain", Number, "Σ m / Σ max(−m, 0), m monthly returns", "Schwager 2012", "Monthly as its author defines it; quantstats uses the given periods.", |s| ratio(s.months.iter().sum(), sum(&losses(&s.months))))
}

fn best(x: &[f64]) -> Option<f64> {
    x.iter().copied().reduce(f64::max)
}

fn worst(x: &[f64]) -> Option<f64> {
    x.iter().copied().reduce(f64::min)
}

pub(super) fn share(x: &[f64], is: impl Fn(f64) -> bool) -> Option<f64> {
    crate::statistics::mean_of(x, |v| f64::from(u8::from(is(v))))
}

pub(super) fn wins(x: &[f64]) -> Vec<f64> {
    x.iter().copied().filter(|r| *r > 0.0).collect()
}

/// Losses as positive numbers.
pub(super) fn losses(x: &[f64]) -> Vec<f64> {
    x.iter().filter(|r| **r < 0.0).map(|r| -r).collect()
}

fn sum(x: &[f64]) -> f64 {
    x.iter().sum()
}
