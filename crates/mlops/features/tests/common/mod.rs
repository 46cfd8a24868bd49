//! Panels and random expressions for the tests.
#![allow(dead_code)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use types::{Date, Digest, Panel};

/// The n-th day of the test calendar.
pub fn day(n: usize) -> Date {
    Date::from_num_days_from_ce_opt(730_000 + n as i32).unwrap()
}

/// A panel of `cols` symbols named `S0`, `S1` …; each field in day order.
pub fn panel(cols: usize, fields: &[(&str, Vec<f64>)]) -> Panel {
    let rows = fields[0].1.len() / cols;
    let fields: BTreeMap<_, _> =
        fields.iter().map(|(name, values)| (name.to_string(), values.clone())).collect();
    Panel::new(
        (0..rows).map(day).collect(),
        (0..cols).map(|col| format!("S{col}").into()).collect(),
        fields,
        Digest::ZERO,
    )
    .unwrap()
}

/// The last `rows` rows of a panel, as a panel of their own.
pub fn tail(panel: &Panel, rows: usize) -> Panel {
    let skip = panel.rows().saturating_sub(rows);
    let cols = panel.symbols().len();
    let fields = panel
        .fields()
        .map(|name| {
            let values = panel.view(name).unwrap().values[skip * cols..].to_vec();
            (name.to_owned(), values)
        })
        .collect();
    Panel::new(panel.dates()[skip..].to_vec(), panel.symbols().to_vec(), fields, Digest::ZERO)
        .unwrap()
}

/// Bits, with one pattern for unknown.
pub fn bits(values: &[f64]) -> Vec<u64> {
    let one = |value: &f64| if value.is_nan() { u64::MAX } else { value.to_bits() };
    values.iter().map(one).collect()
}

/// Prices and volumes with gaps, ties and zeros: `rows` x `cols` of fields `close` and `volume`.
pub fn panels(rows: std::ops::Range<usize>) -> impl Strategy<Value = Panel> {
    let value = prop_oneof![
        12 => 1.0..200.0f64,
        3 => (1..5i32).prop_map(f64::from),
        1 => Just(0.0),
        1 => Just(f64::NAN),
    ];
    (rows, 1..7usize).prop_flat_map(move |(rows, cols)| {
        let field = || proptest::collection::vec(value.clone(), rows * cols);
        (field(), field())
            .prop_map(move |(close, volume)| panel(cols, &[("close", close), ("volume", volume)]))
    })
}

/// Every operator, with `@` for an expression and `#` for a window.
pub const TEMPLATES: [&str; 53] = [
    "@ + @",
    "@ - @",
    "@ * @",
    "@ / @",
    "@ < @",
    "@ <= @",
    "@ > @",
    "@ >= @",
    "@ == @",
    "@ != @",
    "-@",
    "abs(@)",
    "sign(@)",
    "log(@)",
    "exp(@)",
    "sqrt(@)",
    "not(@)",
    "pow(@, @)",
    "max2(@, @)",
    "min2(@, @)",
    "and(@, @)",
    "or(@, @)",
    "if(@, @, @)",
    "clip(@, @, @)",
    "shift(@, #)",
    "delta(@, #)",
    "return(@, #)",
    "log_return(@, #)",
    "sum(@, #)",
    "mean(@, #)",
    "count(@, #)",
    "var(@, #)",
    "std(@, #)",
    "ts_zscore(@, #)",
    "skew(@, #)",
    "kurt(@, #)",
    "max(@, #)",
    "min(@, #)",
    "drawdown(@, #)",
    "argmax(@, #)",
    "argmin(@, #)",
    "median(@, #)",
    "quantile(@, #, 0.3)",
    "ts_rank(@, #)",
    "decay_linear(@, #)",
    "slope(@, #)",
    "rsquare(@, #)",
    "resid(@, #)",
    "corr(@, @, #)",
    "cov(@, @, #)",
    "beta(@, @, #)",
    "ema(@, 3)",
    "shift(shift(@, -2) * 2, #)",
];

/// Qlib's operators, which take what is known of a window.
pub const QLIB: [&str; 43] = [
    "Abs(@)",
    "Sign(@)",
    "Log(@)",
    "Not(@)",
    "Add(@, @)",
    "Sub(@, @)",
    "Mul(@, @)",
    "Div(@, @)",
    "Power(@, @)",
    "Greater(@, @)",
    "Less(@, @)",
    "Gt(@, @)",
    "Ge(@, @)",
    "Lt(@, @)",
    "Le(@, @)",
    "Eq(@, @)",
    "Ne(@, @)",
    "And(@, @)",
    "Or(@, @)",
    "If(@, @, @)",
    "Ref(@, #)",
    "Delta(@, #)",
    "Sum(@, #)",
    "Mean(@, #)",
    "Count(@, #)",
    "Var(@, #)",
    "Std(@, #)",
    "Skew(@, #)",
    "Kurt(@, #)",
    "Max(@, #)",
    "Min(@, #)",
    "IdxMax(@, #)",
    "IdxMin(@, #)",
    "Med(@, #)",
    "Mad(@, #)",
    "Rank(@, #)",
    "Slope(@, #)",
    "Rsquare(@, #)",
    "Resi(@, #)",
    "WMA(@, #)",
    "Quantile(@, #, 0.3)",
    "Corr(@, @, #)",
    "EMA(@, 2)",
];

/// Operators across symbols, and features with windows of windows.
pub const ACROSS: [&str; 12] = [
    "neutralize(@, @)",
    "group_zscore(@, sign(@ - 50))",
    "group_rank(@, sign(@ - 50))",
    "rank(@)",
    "zscore(@)",
    "demean(@)",
    "scale(@)",
    "winsorize(@, 0.1)",
    "xs_mean(@)",
    "xs_std(@)",
    "xs_sum(@)",
    "xs_median(@)",
];

/// Random expressions over `close` and `volume`.
pub fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => Just("close".to_owned()),
        3 => Just("volume".to_owned()),
        1 => (-3..10i32).prop_map(|number| number.to_string()),
        1 => Just("0.1".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let template = prop_oneof![
            TEMPLATES.len() as u32 => prop::sample::select(&TEMPLATES[..]),
            QLIB.len() as u32 => prop::sample::select(&QLIB[..]),
            ACROSS.len() as u32 => prop::sample::select(&ACROSS[..]),
        ];
        (template, proptest::collection::vec(inner, 3), 4..14usize)
            .prop_map(|(template, parts, window)| fill(template, &parts, window))
    })
}

fn fill(template: &str, parts: &[String], window: usize) -> String {
    let mut text = template.replace('#', &window.to_string());
    for part in parts {
        text = text.replacen('@', &format!("({part})"), 1);
    }
    text
}
