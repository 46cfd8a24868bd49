//! Operators on each symbol over a window of its own rows.

use crate::kernels::{Binary, EMA_SPANS, Rolling, Unary};
use crate::operators::{
    AT_LEAST_1, AT_LEAST_2, AT_LEAST_3, AT_LEAST_4, Group, Operator, Parameter, S, plain,
};
use crate::plan::{Id, Plan};

const WINDOW: &str = "rows t−n+1 … t";
const LAGGED: &str = "rows t−n and t";

pub(super) fn rows() -> Vec<Operator> {
    let mut rows = lags();
    rows.extend(moments());
    rows.extend(extremes());
    rows.extend(ordered());
    rows.extend(weighted());
    rows.extend(trend());
    rows
}

/// A row that takes a series and a window of one row or more.
fn over(window_rule: &'static str) -> Operator {
    Operator { parameters: &[S, AT_LEAST_1], ..plain(Group::Time, window_rule) }
}

fn mean(p: &mut Plan, x: Id, rows: usize) -> Id {
    let sum = p.rolling(Rolling::Sum, x, rows);
    p.with_number(Binary::Div, sum, rows as f64)
}

fn std(p: &mut Plan, x: Id, rows: usize) -> Id {
    let variance = p.rolling(Rolling::Var, x, rows);
    p.unary(Unary::Sqrt, variance)
}

fn ratio(p: &mut Plan, x: Id, rows: i64) -> Id {
    let past = p.shift(x, rows);
    p.binary(Binary::Div, x, past)
}

fn lags() -> Vec<Operator> {
    vec![
        Operator {
            name: "shift",
            aliases: &["ref", "delay"],
            signature: "shift(x, n)",
            doc: "The value `n` rows ago. The only operator that can look ahead: with a negative \
                  `n`, which is allowed in labels alone.",
            differs: "Qlib `Ref(x, 0)` is the first value of all; here it is `x`.",
            parameters: &[S, Parameter::Lag],
            lower: |p, v| p.shift(v.series(0), v.lag(1)),
            ..plain(Group::Time, "row t−n")
        },
        Operator {
            name: "delta",
            signature: "delta(x, n)",
            doc: "`x - shift(x, n)`.",
            differs: "Qlib `Delta(x, 0)`: the change since the first row of all; here 0 rows are refused.",
            lower: |p, v| {
                let past = p.shift(v.series(0), v.lag(1));
                p.binary(Binary::Sub, v.series(0), past)
            },
            ..over(LAGGED)
        },
        Operator {
            name: "return",
            signature: "return(x, n)",
            doc: "The simple return over `n` rows, `x / shift(x, n) - 1`.",
            differs: "pandas `pct_change` gives infinity after a 0; here unknown.",
            lower: |p, v| {
                let ratio = ratio(p, v.series(0), v.lag(1));
                p.with_number(Binary::Sub, ratio, 1.0)
            },
            ..over(LAGGED)
        },
        Operator {
            name: "log_return",
            signature: "log_return(x, n)",
            doc: "The logarithmic return over `n` rows, `log(x / shift(x, n))`.",
            lower: |p, v| {
                let ratio = ratio(p, v.series(0), v.lag(1));
                p.unary(Unary::Log, ratio)
            },
            ..over(LAGGED)
        },
    ]
}

fn moments() -> Vec<Operator> {
    vec![
        Operator {
            name: "sum",
            signature: "sum(x, n)",
            doc: "The sum, added pairwise in a fixed order.",
            lower: |p, v| p.rolling(Rolling::Sum, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "mean",
            signature: "mean(x, n)",
            doc: "The arithmetic mean.",
            lower: |p, v| mean(p, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "count",
            signature: "count(condition, n)",
            doc: "The number of rows on which the condition is not 0.",
            differs: "Qlib `Count` counts the rows that are known, whatever their value.",
            lower: |p, v| {
                let holds = p.with_number(Binary::Unequal, v.series(0), 0.0);
                p.rolling(Rolling::Sum, holds, v.rows(1))
            },
            ..over(WINDOW)
        },
        Operator {
            name: "var",
            signature: "var(x, n)",
            doc: "The variance with n − 1 in the denominator; exactly 0 for equal values.",
            parameters: &[S, AT_LEAST_2],
            lower: |p, v| p.rolling(Rolling::Var, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "std",
            signature: "std(x, n)",
            doc: "The standard deviation, `sqrt(var(x, n))`.",
            differs: "numpy divides by n; Qlib and pandas by n − 1, as here.",
            parameters: &[S, AT_LEAST_2],
            lower: |p, v| std(p, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "ts_zscore",
            signature: "ts_zscore(x, n)",
            doc: "`(x - mean(x, n)) / std(x, n)`; unknown for equal values.",
            parameters: &[S, AT_LEAST_2],
            lower: |p, v| {
                let mean = mean(p, v.series(0), v.rows(1));
                let std = std(p, v.series(0), v.rows(1));
                let away = p.binary(Binary::Sub, v.series(0), mean);
                p.binary(Binary::Div, away, std)
            },
            ..over(WINDOW)
        },
        Operator {
            name: "skew",
            signature: "skew(x, n)",
            doc: "The sample skewness G₁, corrected for bias (Joanes & Gill 1998); unknown for \
                  equal values.",
            differs: "pandas: 0 for equal values.",
            parameters: &[S, AT_LEAST_3],
            lower: |p, v| p.rolling(Rolling::Skew, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "kurt",
            signature: "kurt(x, n)",
            doc: "The sample excess kurtosis G₂, corrected for bias (Joanes & Gill 1998): 0 for a \
                  normal distribution; unknown for equal values.",
            differs: "pandas: −3 for equal values.",
            parameters: &[S, AT_LEAST_4],
            lower: |p, v| p.rolling(Rolling::Kurt, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
    ]
}

fn extremes() -> Vec<Operator> {
    vec![
        Operator {
            name: "max",
            signature: "max(x, n)",
            doc: "The largest value.",
            lower: |p, v| p.rolling(Rolling::Max, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "min",
            signature: "min(x, n)",
            doc: "The smallest value.",
            lower: |p, v| p.rolling(Rolling::Min, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "drawdown",
            signature: "drawdown(x, n)",
            doc: "`x / max(x, n) - 1`: 0 at the window's high, negative under it.",
            lower: |p, v| {
                let high = p.rolling(Rolling::Max, v.series(0), v.rows(1));
                let ratio = p.binary(Binary::Div, v.series(0), high);
                p.with_number(Binary::Sub, ratio, 1.0)
            },
            ..over(WINDOW)
        },
        Operator {
            name: "argmax",
            signature: "argmax(x, n)",
            doc: "Rows since the largest value: 0 is row t. The newest of equal values counts.",
            differs: "Qlib `IdxMax`: the position counted from 1 at the oldest row, the oldest of \
                      equal values; `n - argmax(x, n)` for distinct values.",
            lower: |p, v| p.rolling(Rolling::ArgMax, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "argmin",
            signature: "argmin(x, n)",
            doc: "Rows since the smallest value: 0 is row t. The newest of equal values counts.",
            differs: "Qlib `IdxMin`: as for `argmax`.",
            lower: |p, v| p.rolling(Rolling::ArgMin, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
    ]
}

fn ordered() -> Vec<Operator> {
    vec![
        Operator {
            name: "median",
            aliases: &["med"],
            signature: "median(x, n)",
            doc: "The middle value; the mean of the middle two for an even `n`.",
            lower: |p, v| p.rolling(Rolling::quantile(0.5), v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "quantile",
            signature: "quantile(x, n, q)",
            doc: "The `q` quantile, interpolated linearly between neighbours (type 7 of Hyndman & \
                  Fan 1996).",
            parameters: &[S, AT_LEAST_1, Parameter::Fraction { most: 1.0 }],
            lower: |p, v| p.rolling(Rolling::quantile(v.fraction(2)), v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "ts_rank",
            signature: "ts_rank(x, n)",
            doc: "The rank of the newest value within its window, divided by n: 1 for the \
                  largest. Equal values share the average of their ranks.",
            differs: "Qlib calls it `Rank`; some Alpha101 implementations do not divide by n.",
            lower: |p, v| p.rolling(Rolling::Rank, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
    ]
}

fn weighted() -> Vec<Operator> {
    vec![
        Operator {
            name: "decay_linear",
            aliases: &["wma"],
            signature: "decay_linear(x, n)",
            doc: "The mean with weights n, n − 1, … 1, the newest row weighing most.",
            differs: "Qlib `WMA` divides once too often (2 for a constant 10 with n = 5); \
                      vnpy `ts_decay_linear` weighs the oldest row most.",
            lower: |p, v| p.rolling(Rolling::DecayLinear, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "ema",
            signature: "ema(x, n)",
            doc: "The mean with weights (1 − α)ʲ for the row j rows ago, α = 2 / (n + 1), over 4n \
                  rows and divided by their sum. What lies further back would weigh under 0.04 %.",
            differs: "Qlib, pandas `ewm(span=n)` read all rows since the first, so that the value \
                      depends on where the data starts.",
            stretch: EMA_SPANS as i64,
            lower: |p, v| p.rolling(Rolling::Ema, v.series(0), EMA_SPANS * v.rows(1)),
            ..over("rows t−4n+1 … t")
        },
    ]
}

fn trend() -> Vec<Operator> {
    vec![
        Operator {
            name: "slope",
            signature: "slope(x, n)",
            doc: "The slope of the least-squares line of `x` on time, per row.",
            parameters: &[S, AT_LEAST_2],
            lower: |p, v| p.rolling(Rolling::Slope, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "rsquare",
            signature: "rsquare(x, n)",
            doc: "The share of variance that the least-squares line on time explains; unknown for \
                  equal values.",
            differs: "Qlib: unknown where the standard deviation is under about 2e-5, whatever \
                      the scale of `x`.",
            parameters: &[S, AT_LEAST_3],
            lower: |p, v| rsquare(p, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
        Operator {
            name: "resid",
            aliases: &["resi"],
            signature: "resid(x, n)",
            doc: "How far the newest value lies over the least-squares line on time.",
            parameters: &[S, AT_LEAST_2],
            lower: |p, v| resid(p, v.series(0), v.rows(1)),
            ..over(WINDOW)
        },
    ]
}

/// R² = slope² · Σ(i − ī)² / Σ(x − x̄)², with Σ(i − ī)² = n(n² − 1) / 12 and
/// Σ(x − x̄)² = (n − 1) · var: the ratio of the two sums is n(n + 1) / (12 · var).
fn rsquare(p: &mut Plan, x: Id, rows: usize) -> Id {
    let n = rows as f64;
    let slope = p.rolling(Rolling::Slope, x, rows);
    let squared = p.binary(Binary::Mul, slope, slope);
    let explained = p.with_number(Binary::Mul, squared, n * (n + 1.0) / 12.0);
    let variance = p.rolling(Rolling::Var, x, rows);
    let share = p.binary(Binary::Div, explained, variance);
    p.with_number(Binary::Min, share, 1.0)
}

/// The line passes through the mean at the middle of the window, (n − 1) / 2 rows ago.
fn resid(p: &mut Plan, x: Id, rows: usize) -> Id {
    let slope = p.rolling(Rolling::Slope, x, rows);
    let risen = p.with_number(Binary::Mul, slope, (rows as f64 - 1.0) / 2.0);
    let mean = mean(p, x, rows);
    let away = p.binary(Binary::Sub, x, mean);
    p.binary(Binary::Sub, away, risen)
}
