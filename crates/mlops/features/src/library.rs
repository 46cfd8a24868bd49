//! Features that are ready to use.

/// A feature of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LibraryEntry {
    /// The name.
    pub name: &'static str,
    /// The expression.
    pub source: &'static str,
    /// What it is, and where it comes from.
    pub doc: &'static str,
}

/// The features that a mandate can use by name. Any of them is also there as `NAME_rank`, its
/// cross-sectional rank.
pub fn library() -> &'static [LibraryEntry] {
    &LIBRARY
}

/// The feature that `NAME_rank` is the rank of.
pub(crate) fn ranked(name: &str) -> Option<&str> {
    name.strip_suffix("_rank")
}

const fn entry(name: &'static str, source: &'static str, doc: &'static str) -> LibraryEntry {
    LibraryEntry { name, source, doc }
}

static LIBRARY: [LibraryEntry; 23] = [
    entry(
        "momentum_12_1",
        "shift(close, 21) / shift(close, 252) - 1",
        "The return of the last 12 months without the last one (Jegadeesh & Titman 1993; skipping \
         a month: Asness 1994).",
    ),
    entry(
        "momentum_6_1",
        "shift(close, 21) / shift(close, 126) - 1",
        "The return of the last 6 months without the last one.",
    ),
    entry(
        "time_series_momentum_252d",
        "return(close, 252) / (std(return(close, 1), 252) * sqrt(252))",
        "The return of the last year per unit of its volatility (after Moskowitz, Ooi & Pedersen \
         2012).",
    ),
    entry("reversal_5d", "-return(close, 5)", "The loss of the last week (Lehmann 1990)."),
    entry("reversal_21d", "-return(close, 21)", "The loss of the last month (Jegadeesh 1990)."),
    entry(
        "volatility_21d",
        "std(return(close, 1), 21) * sqrt(252)",
        "The volatility of daily returns over a month, annualised with 252 days.",
    ),
    entry("volatility_63d", "std(return(close, 1), 63) * sqrt(252)", "The same over a quarter."),
    entry("volatility_252d", "std(return(close, 1), 252) * sqrt(252)", "The same over a year."),
    entry(
        "beta_252d",
        "beta(return(close, 1), xs_mean(return(close, 1)), 252)",
        "The slope of daily returns on those of the equal-weighted cross-section over a year.",
    ),
    entry(
        "idiosyncratic_volatility_252d",
        "std(return(close, 1), 252) * sqrt(1 - pow(corr(return(close, 1), xs_mean(return(close, 1)), 252), 2)) * sqrt(252)",
        "The volatility that the equal-weighted cross-section does not explain, annualised (after \
         Ang, Hodrick, Xing & Zhang 2006).",
    ),
    entry(
        "moving_average_distance_50d",
        "close / mean(close, 50) - 1",
        "How far the close is over its mean of 50 days.",
    ),
    entry(
        "moving_average_distance_200d",
        "close / mean(close, 200) - 1",
        "How far the close is over its mean of 200 days.",
    ),
    entry(
        "moving_average_cross_50_200d",
        "mean(close, 50) / mean(close, 200) - 1",
        "How far the mean of 50 days is over that of 200 days.",
    ),
    entry(
        "drawdown_252d",
        "drawdown(close, 252)",
        "How far the close is under its highest close of a year; 0 at the high.",
    ),
    entry(
        "high_52w",
        "close / max(high, 252) - 1",
        "How far the close is under the highest price of a year (George & Hwang 2004). Needs \
         `high`.",
    ),
    entry(
        "low_52w",
        "close / min(low, 252) - 1",
        "How far the close is over the lowest price of a year. Needs `low`.",
    ),
    entry(
        "skewness_63d",
        "skew(return(close, 1), 63)",
        "The skewness of daily returns over a quarter.",
    ),
    entry(
        "max_return_21d",
        "max(return(close, 1), 21)",
        "The largest daily return of a month (Bali, Cakici & Whitelaw 2011).",
    ),
    entry(
        "trend_strength_63d",
        "sign(slope(log(close), 63)) * rsquare(log(close), 63)",
        "The share of the quarter's log prices that a straight line explains, with its sign.",
    ),
    entry(
        "amihud_illiquidity_21d",
        "mean(abs(return(close, 1)) / (close * volume), 21) * 1000000",
        "The absolute daily return per million of traded value, over a month (Amihud 2002). Needs \
         `volume`; unknown if a day has no trades.",
    ),
    entry(
        "dollar_volume_21d",
        "log(mean(close * volume, 21))",
        "The natural logarithm of the mean daily traded value of a month. Needs `volume`.",
    ),
    entry(
        "volume_surge_5_63d",
        "mean(volume, 5) / mean(volume, 63) - 1",
        "How far the volume of a week is over that of a quarter. Needs `volume`.",
    ),
    entry(
        "range_21d",
        "mean((high - low) / close, 21)",
        "The mean daily range as a fraction of the close, over a month. Needs `high` and `low`.",
    ),
];
