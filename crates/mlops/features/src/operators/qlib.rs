//! Qlib's operators under their own names: `Mean($close, 5)` means here what it means there.
//!
//! They take what is known of a window (`min_periods=1`), and a window of 0 rows reads all rows.
//! Where they differ from Qlib all the same, the table says so.

use crate::kernels::{Binary, Known, Pair, Rolling, Unary};
use crate::operators::{AT_LEAST_1, Group, Operator, Parameter, S, plain};
use crate::plan::{Id, Plan, Values};

const EACH: &str = "row t";
const WINDOW: &str = "rows t−n+1 … t";

/// A name, its signature, what it gives, how it differs, and how it is lowered.
type Row = (&'static str, &'static str, &'static str, &'static str, fn(&mut Plan, &Values) -> Id);

pub(super) fn rows() -> Vec<Operator> {
    let mut all = table(&UNARY, &[S], EACH);
    all.extend(table(&BINARY, &[S, S], EACH));
    all.extend(table(&[IF], &[S, S, S], EACH));
    all.extend(table(&[REF], &[S, Parameter::Lag], "row t−n"));
    all.extend(table(&[DELTA], &[S, AT_LEAST_1], "rows t−n and t"));
    all.extend(table(&ROLLING, &[S, ANY], WINDOW));
    all.extend(table(&[QUANTILE], &[S, ANY, FRACTION], WINDOW));
    all.extend(table(&[EMA], &[S, AT_LEAST_1], "rows t−m+1 … t, m about 10n"));
    all.extend(table(&PAIRS, &[S, S, ANY], WINDOW));
    all
}

const FRACTION: Parameter = Parameter::Fraction { most: 1.0 };

/// A window, or 0 for all rows.
const ANY: Parameter = Parameter::Window { at_least: 0 };

fn table<const N: usize>(
    rows: &[Row],
    parameters: &'static [Parameter; N],
    window: &'static str,
) -> Vec<Operator> {
    rows.iter()
        .map(|(name, signature, doc, differs, lower)| Operator {
            name,
            signature,
            doc,
            differs,
            parameters,
            lower: *lower,
            ..plain(Group::Qlib, window)
        })
        .collect()
}

fn known(p: &mut Plan, v: &Values, kind: Known) -> Id {
    p.rolling(Rolling::Known(kind), v.series(0), v.window(1))
}

fn each(p: &mut Plan, v: &Values, kind: Binary) -> Id {
    p.binary(kind, v.series(0), v.series(1))
}

const UNARY: [Row; 4] = [
    ("Abs", "Abs(x)", "The size without the sign.", "", |p, v| p.unary(Unary::Abs, v.series(0))),
    ("Sign", "Sign(x)", "1, 0 or −1.", "", |p, v| p.unary(Unary::Sign, v.series(0))),
    ("Log", "Log(x)", "The natural logarithm.", "−infinity for 0; here unknown.", |p, v| {
        p.unary(Unary::Log, v.series(0))
    }),
    (
        "Not",
        "Not(x)",
        "1 where `x` is 0, else 0.",
        "The bitwise complement of a number.",
        |p, v| p.with_number(Binary::Equal, v.series(0), 0.0),
    ),
];

const BINARY: [Row; 15] = [
    ("Add", "Add(x, y)", "`x + y`.", "", |p, v| each(p, v, Binary::Add)),
    ("Sub", "Sub(x, y)", "`x - y`.", "", |p, v| each(p, v, Binary::Sub)),
    ("Mul", "Mul(x, y)", "`x * y`.", "", |p, v| each(p, v, Binary::Mul)),
    ("Div", "Div(x, y)", "`x / y`.", "±infinity for a divisor of 0; here unknown.", |p, v| {
        each(p, v, Binary::Div)
    }),
    (
        "Power",
        "Power(x, y)",
        "`x` to the power of `y`.",
        "An unknown to the power of 0 is 1.",
        |p, v| each(p, v, Binary::Pow),
    ),
    ("Greater", "Greater(x, y)", "The larger of two values.", "", |p, v| each(p, v, Binary::Max)),
    ("Less", "Less(x, y)", "The smaller of two values.", "", |p, v| each(p, v, Binary::Min)),
    (
        "Gt",
        "Gt(x, y)",
        "1 where `x` is greater, else 0, also where one side is unknown.",
        BOTH,
        |p, v| p.binary(Binary::Under, v.series(1), v.series(0)),
    ),
    (
        "Ge",
        "Ge(x, y)",
        "1 where `x` is at least `y`, else 0, also where one side is unknown.",
        BOTH,
        |p, v| p.binary(Binary::NotOver, v.series(1), v.series(0)),
    ),
    (
        "Lt",
        "Lt(x, y)",
        "1 where `x` is less, else 0, also where one side is unknown.",
        BOTH,
        |p, v| each(p, v, Binary::Under),
    ),
    (
        "Le",
        "Le(x, y)",
        "1 where `x` is at most `y`, else 0, also where one side is unknown.",
        BOTH,
        |p, v| each(p, v, Binary::NotOver),
    ),
    (
        "Eq",
        "Eq(x, y)",
        "1 where both are equal, else 0, also where one side is unknown.",
        BOTH,
        |p, v| each(p, v, Binary::Same),
    ),
    (
        "Ne",
        "Ne(x, y)",
        "1 where they are not equal or one side is unknown, else 0.",
        BOTH,
        |p, v| {
            let same = each(p, v, Binary::Same);
            p.with_number(Binary::Equal, same, 0.0)
        },
    ),
    (
        "And",
        "And(x, y)",
        "1 where neither is 0, else 0.",
        "Bitwise; whole numbers only.",
        |p, v| each(p, v, Binary::And),
    ),
    (
        "Or",
        "Or(x, y)",
        "1 where either is not 0, else 0.",
        "Bitwise; whole numbers only.",
        |p, v| each(p, v, Binary::Or),
    ),
];

const IF: Row = (
    "If",
    "If(condition, x, y)",
    "`x` where the condition is not 0 or is unknown, `y` where it is 0.",
    "",
    |p, v| {
        let zero = p.number(0.0);
        let fails = p.binary(Binary::Same, v.series(0), zero);
        p.choose(fails, v.series(2), v.series(1))
    },
);

const REF: Row = (
    "Ref",
    "Ref(x, n)",
    "The value `n` rows ago; with a negative `n` a later one, in labels alone.",
    "`Ref(x, 0)` is the first value of all; here it is `x`.",
    |p, v| p.shift(v.series(0), v.lag(1)),
);

const DELTA: Row = (
    "Delta",
    "Delta(x, n)",
    "`x - Ref(x, n)`.",
    "`Delta(x, 0)` is the change since the first row of all; here 0 rows are refused.",
    |p, v| {
        let past = p.shift(v.series(0), v.lag(1));
        p.binary(Binary::Sub, v.series(0), past)
    },
);

const ROLLING: [Row; 18] = [
    ("Sum", "Sum(x, n)", "The sum.", "", |p, v| known(p, v, Known::Sum)),
    ("Mean", "Mean(x, n)", "The mean.", FORGETTING, |p, v| known(p, v, Known::Mean)),
    ("Count", "Count(x, n)", "How many values are known.", "", |p, v| known(p, v, Known::Count)),
    ("Var", "Var(x, n)", "The variance with their number − 1 in the denominator.", "", |p, v| {
        known(p, v, Known::Var)
    }),
    ("Std", "Std(x, n)", "The standard deviation, the root of `Var`.", "", |p, v| {
        let variance = known(p, v, Known::Var);
        p.unary(Unary::Sqrt, variance)
    }),
    ("Skew", "Skew(x, n)", "The sample skewness G₁; unknown for equal values.", "", |p, v| {
        known(p, v, Known::Skew)
    }),
    (
        "Kurt",
        "Kurt(x, n)",
        "The sample excess kurtosis G₂; unknown for equal values.",
        "",
        |p, v| known(p, v, Known::Kurt),
    ),
    ("Max", "Max(x, n)", "The largest value.", "", |p, v| known(p, v, Known::Max)),
    ("Min", "Min(x, n)", "The smallest value.", "", |p, v| known(p, v, Known::Min)),
    (
        "IdxMax",
        "IdxMax(x, n)",
        "The place of the largest value, the oldest of equal ones: 1 for the oldest known row.",
        GAP,
        |p, v| known(p, v, Known::PlaceOfMax),
    ),
    (
        "IdxMin",
        "IdxMin(x, n)",
        "The place of the smallest value, the oldest of equal ones: 1 for the oldest known row.",
        GAP,
        |p, v| known(p, v, Known::PlaceOfMin),
    ),
    ("Med", "Med(x, n)", "The median.", "", |p, v| known(p, v, Known::Quantile(0.5f64.to_bits()))),
    ("Mad", "Mad(x, n)", "The mean size of the deviations from the mean.", "", |p, v| {
        known(p, v, Known::MeanDeviation)
    }),
    (
        "Rank",
        "Rank(x, n)",
        "The rank of the newest value among those of its window, divided by their number. Equal values share the average.",
        "",
        |p, v| known(p, v, Known::Rank),
    ),
    (
        "Slope",
        "Slope(x, n)",
        "The slope of the least-squares line on time, per row.",
        "",
        |p, v| known(p, v, Known::Slope),
    ),
    (
        "Rsquare",
        "Rsquare(x, n)",
        "The share of variance that this line explains; unknown for equal values.",
        NARROW,
        |p, v| known(p, v, Known::Rsquare),
    ),
    ("Resi", "Resi(x, n)", "How far the newest value lies over this line.", "", |p, v| {
        known(p, v, Known::Resid)
    }),
    (
        "WMA",
        "WMA(x, n)",
        "The mean with weights that rise by one from row to row, 1 for the oldest known.",
        "Divides once too often: 2 for a constant 10 with n = 5 (Qlib issue 1993). Here 10.",
        |p, v| known(p, v, Known::DecayLinear),
    ),
];

const BOTH: &str = "0 (`Ne`: 1) also where both sides are unknown; here that is unknown.";
const FORGETTING: &str = "A window between 0 and 1 makes any of these operators an exponential mean; here it is refused.";
const GAP: &str = "The place of the first unknown value, if there is one among the rows.";
const NARROW: &str =
    "Unknown too where the standard deviation is under about 2e-5, whatever the scale.";

const QUANTILE: Row = (
    "Quantile",
    "Quantile(x, n, q)",
    "The `q` quantile, interpolated linearly between neighbours.",
    "",
    |p, v| known(p, v, Known::Quantile(v.fraction(2).to_bits())),
);

const EMA: Row = (
    "EMA",
    "EMA(x, n)",
    "The mean with weights (1 − α)ʲ for the row j rows ago, α = 2 / (n + 1), until a weight is \
     under 1e-9.",
    "Reads all rows since the first.",
    |p, v| {
        let keep = 1.0 - 2.0 / (v.rows(1) as f64 + 1.0);
        let rows = (1e-9f64.ln() / keep.ln()).ceil().clamp(1.0, crate::MAX_WINDOW as f64);
        p.rolling(Rolling::Known(Known::Ema(keep.to_bits())), v.series(0), rows as usize)
    },
);

const PAIRS: [Row; 2] = [
    (
        "Corr",
        "Corr(x, y, n)",
        "Pearson's correlation over the rows on which both are known; unknown where either has equal values only.",
        NARROW,
        |p, v| p.pair(Pair::KnownCorrelation, v.series(0), v.series(1), v.window(2)),
    ),
    (
        "Cov",
        "Cov(x, y, n)",
        "The covariance with the number of such rows − 1 in the denominator.",
        "",
        |p, v| p.pair(Pair::KnownCovariance, v.series(0), v.series(1), v.window(2)),
    ),
];
