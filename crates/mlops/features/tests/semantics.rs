//! What operators give at their edges. Expected values are worked out by hand from the definition,
//! or are the traps named beside them.

mod common;

use common::{bits, panel};
use features::{Definition, FeatureSet};

const NAN: f64 = f64::NAN;

/// The newest value of `source` for one symbol with these closes.
fn newest(source: &str, close: &[f64]) -> f64 {
    let prices = panel(1, &[("close", close.to_vec())]);
    let set = FeatureSet::compile(&[Definition::new("feature", source)]).unwrap();
    set.newest(&prices).unwrap().values[0]
}

/// The values of `source` for the symbols of one row.
fn across(source: &str, close: &[f64]) -> Vec<f64> {
    let prices = panel(close.len(), &[("close", close.to_vec())]);
    let set = FeatureSet::compile(&[Definition::new("feature", source)]).unwrap();
    set.newest(&prices).unwrap().values
}

#[test]
fn windows_are_full_or_unknown() {
    for (source, close, expected) in [
        ("mean(close, 3)", &[1.0, 2.0, 6.0][..], 3.0),
        ("mean(close, 3)", &[1.0, 2.0], NAN),
        ("mean(close, 3)", &[NAN, 2.0, 6.0], NAN),
        ("mean(close, 3)", &[NAN, 1.0, 2.0, 6.0], 3.0),
        ("max(close, 3)", &[NAN, 2.0, 6.0], NAN),
        ("max(close, 3)", &[6.0, NAN, 2.0], NAN),
        ("argmax(close, 3)", &[6.0, 2.0, NAN], NAN),
        ("argmax(close, 3)", &[NAN, 2.0, 3.0], NAN),
        ("ts_rank(close, 3)", &[NAN, 2.0, 3.0], NAN),
        ("median(close, 3)", &[1.0, NAN, 3.0], NAN),
        ("shift(close, 1)", &[1.0], NAN),
        ("count(close > 1, 3)", &[NAN, 2.0, 3.0], NAN),
    ] {
        let value = newest(source, close);
        assert_eq!(bits(&[value]), bits(&[expected]), "{source} of {close:?}: {value}");
    }
}

#[test]
fn edges() {
    for (source, close, expected) in [
        // Qlib's WMA gives 2 here (Qlib issue 1993).
        ("decay_linear(close, 5)", &[10.0; 5][..], 10.0),
        // vnpy's ts_decay_linear gives (3 + 4 + 3) / 6.
        ("decay_linear(close, 3)", &[1.0, 2.0, 3.0], 14.0 / 6.0),
        ("ema(close, 1)", &[9.0, 1.0, 2.0, 4.0], 4.0),
        ("ema(close, 7)", &[0.1; 28], 0.1),
        // A constant has variance 0, not a rounding error.
        ("var(close, 7)", &[0.1; 7], 0.0),
        ("skew(close, 7)", &[0.1; 7], NAN),
        ("kurt(close, 7)", &[0.1; 7], NAN),
        ("slope(close, 7)", &[0.1; 7], 0.0),
        ("corr(close, -close, 7)", &[0.1; 7], NAN),
        ("ts_zscore(close, 7)", &[0.1; 7], NAN),
        ("slope(close, 4)", &[1.0, 3.0, 5.0, 7.0], 2.0),
        ("rsquare(close, 4)", &[1.0, 3.0, 5.0, 7.0], 1.0),
        ("resid(close, 4)", &[1.0, 3.0, 5.0, 9.0], 0.6),
        ("corr(close, 3 - close, 4)", &[1.0, 3.0, 5.0, 8.0], -1.0),
        ("argmax(close, 4)", &[7.0, 7.0, 1.0, 2.0], 2.0),
        ("argmin(close, 4)", &[7.0, 1.0, 1.0, 2.0], 1.0),
        ("ts_rank(close, 4)", &[7.0, 1.0, 1.0, 1.0], 0.5),
        ("median(close, 4)", &[7.0, 1.0, 3.0, 2.0], 2.5),
        ("quantile(close, 5, 1)", &[7.0, 1.0, 3.0, 2.0, 4.0], 7.0),
        ("quantile(close, 5, 0)", &[7.0, 1.0, 3.0, 2.0, 4.0], 1.0),
        ("close / 0", &[1.0], NAN),
        ("log(0 * close)", &[1.0], NAN),
        ("sqrt(-close)", &[1.0], NAN),
        ("exp(1000 * close)", &[1.0], NAN),
        ("pow(close, 0)", &[NAN], NAN),
        ("sign(-close)", &[3.0], -1.0),
        ("close > 2", &[3.0], 1.0),
        ("close >= 3", &[3.0], 1.0),
        ("close < 3", &[3.0], 0.0),
        ("close != 3", &[3.0], 0.0),
        ("close == 3", &[NAN], NAN),
        ("or(close, 1)", &[NAN], NAN),
        ("not(close)", &[0.0], 1.0),
        ("if(close > 2, close, 1 / 0)", &[3.0], 3.0),
        ("if(close > 2, close, 1 / 0)", &[1.0], NAN),
        ("if(close > 2, 1, 0)", &[NAN], NAN),
        ("clip(close, 1, 2)", &[3.0], 2.0),
        ("clip(close, 4, 2)", &[3.0], 2.0),
        ("max2(close, 1)", &[NAN], NAN),
        ("max2(1, close)", &[NAN], NAN),
        ("2 - 3 - 4 * -close", &[2.0], 7.0),
    ] {
        let value = newest(source, close);
        let near = expected != 0.0 && (value - expected).abs() <= 2e-15;
        assert!(near || bits(&[value]) == bits(&[expected]), "{source} of {close:?}: {value}");
    }
}

#[test]
fn unknown_values_take_no_part_across_symbols() {
    for (source, expected) in [
        ("rank(close)", [1.0, NAN, 0.5, 0.5]),
        ("demean(close)", [4.0, NAN, -2.0, -2.0]),
        ("xs_mean(close)", [3.0; 4]),
        ("xs_sum(close)", [9.0; 4]),
        ("xs_median(close)", [1.0; 4]),
        ("winsorize(close, 0.5)", [1.0, NAN, 1.0, 1.0]),
        ("scale(demean(close))", [0.5, NAN, -0.25, -0.25]),
        ("xs_mean(1 / 0 * close)", [NAN; 4]),
        ("xs_sum(1 / 0 * close)", [NAN; 4]),
        ("zscore(close * 0)", [NAN; 4]),
    ] {
        let values = across(source, &[7.0, NAN, 1.0, 1.0]);
        assert_eq!(bits(&values), bits(&expected), "{source}: {values:?}");
    }
    assert!(across("xs_std(close)", &[7.0])[0].is_nan());
}

/// A large level under small changes: a running update would keep few digits; Wilkinson's NASTY
/// statistics ask for the variance of 99999991 … 99999999, which is that of 1 … 9, 7.5.
#[test]
fn a_large_level_costs_no_digits() {
    let close: Vec<f64> = (1..=9).map(|digit| 99_999_990.0 + f64::from(digit)).collect();
    assert_eq!(newest("var(close, 9)", &close), 7.5);
    assert_eq!(newest("slope(close, 9)", &close), 1.0);
    assert!((newest("kurt(close, 9)", &close) + 1.2).abs() < 1e-12);
}

/// Groups 1 (7 and 3), 2 (1 and unknown), 3 (5 alone), and one symbol without a group.
#[test]
fn groups_are_values_of_the_second_argument() {
    let close = vec![7.0, 1.0, 3.0, NAN, 5.0, 9.0];
    let sector = vec![1.0, 2.0, 1.0, 2.0, 3.0, NAN];
    let prices = panel(6, &[("close", close), ("sector", sector)]);
    for (source, expected) in [
        ("neutralize(close, sector)", [2.0, 0.0, -2.0, NAN, 0.0, NAN]),
        ("group_rank(close, sector)", [1.0, 1.0, 0.5, NAN, 1.0, NAN]),
        ("group_zscore(close, sector) * sqrt(8)", [2.0, NAN, -2.0, NAN, NAN, NAN]),
    ] {
        let set = FeatureSet::compile(&[Definition::new("feature", source)]).unwrap();
        let values = set.newest(&prices).unwrap().values;
        for (value, expected) in values.iter().zip(expected) {
            let near = (value - expected).abs() <= 1e-15 || value.is_nan() && expected.is_nan();
            assert!(near, "{source}: {values:?}");
        }
    }
}

/// Qlib's operators take what is known; the anchor of places and weights is the oldest known row.
#[test]
fn qlib_windows_take_what_is_known() {
    for (source, close, expected) in [
        ("Mean($close, 3)", &[2.0, 4.0][..], 3.0),
        ("Mean($close, 3)", &[NAN, 2.0, NAN], 2.0),
        ("Mean($close, 3)", &[1.0, NAN, NAN, NAN], NAN),
        ("Mean($close, 0)", &[1.0, NAN, 5.0, 6.0], 4.0),
        ("Std($close, 3)", &[2.0], NAN),
        ("IdxMax($close, 3)", &[9.0, NAN, 2.0, 4.0], 2.0),
        ("IdxMax($close, 3)", &[1.0, 4.0, 4.0], 2.0),
        ("Rank($close, 4)", &[NAN, 3.0, 1.0, 1.0], 0.5),
        ("Count($close, 4)", &[NAN, 3.0, 1.0], 2.0),
        // Qlib's WMA gives 2 here (Qlib issue 1993).
        ("WMA($close, 5)", &[10.0; 5], 10.0),
        ("WMA($close, 5)", &[NAN, 1.0, 4.0], 3.0),
        ("EMA($close, 3)", &[1.0, NAN], 1.0),
        ("Gt($close, 1)", &[NAN], 0.0),
        ("Gt($close, Ref($close, 1))", &[NAN], NAN),
        ("If($close, 1, 2)", &[NAN], 1.0),
        ("Resi($close, 3)", &[1.0, 2.0, NAN], NAN),
        ("Slope($close, 3)", &[1.0, 2.0, NAN], 1.0),
    ] {
        let value = newest(source, close);
        let near = (value - expected).abs() <= 1e-15 || value.is_nan() && expected.is_nan();
        assert!(near, "{source} of {close:?}: {value}");
    }
}
