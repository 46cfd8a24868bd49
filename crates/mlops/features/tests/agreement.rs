//! The newest row, all history, and history that starts late or ends early agree bit for bit.

mod common;

use common::{bits, expressions, panel, panels, tail};
use features::{Definition, Expression, FeatureSet, Label};
use proptest::prelude::*;
use types::Symbol;

/// A feature set of one feature, or of none if it looks ahead.
fn set(source: &str) -> Option<FeatureSet> {
    let ahead = Expression::parse(source).unwrap().window().right > 0;
    (!ahead).then(|| FeatureSet::compile(&[Definition::new("feature", source)]).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn newest_is_the_last_row_of_history_from_any_start(source in expressions(), panel in panels(1..70)) {
        let Some(set) = set(&source) else { return Ok(()) };
        let history = set.history(&panel).unwrap();
        let newest = set.newest(&panel).unwrap();
        prop_assert_eq!(bits(&newest.values), bits(history.row(panel.rows() - 1)), "{}", source);

        let window = tail(&panel, set.window().left + 1);
        let late = set.history(&window).unwrap();
        prop_assert_eq!(bits(&newest.values), bits(late.row(window.rows() - 1)), "{}", source);
        prop_assert_eq!(bits(&newest.values), bits(&set.newest(&window).unwrap().values));
    }

    #[test]
    fn the_future_changes_nothing(source in expressions(), panel in panels(2..60), share in 0.0..1.0f64) {
        let Some(set) = set(&source) else { return Ok(()) };
        let rows = 1 + (share * (panel.rows() - 1) as f64) as usize;
        let whole = set.history(&panel).unwrap();
        let seen = set.history(&panel.head(rows)).unwrap();
        prop_assert_eq!(bits(&seen.values), bits(&whole.values[..seen.values.len()]), "{}", source);
    }

    #[test]
    fn canonical_text_reads_back_as_the_same(source in expressions()) {
        let expression = Expression::parse(&source).unwrap();
        let again = Expression::parse(&expression.to_string()).unwrap();
        prop_assert_eq!(&again, &expression);
        prop_assert_eq!(again.to_string(), expression.to_string());
    }

    /// Sums across symbols round in column order, so this holds for what does not sum.
    #[test]
    fn the_order_of_symbols_is_irrelevant(panel in panels(20..50)) {
        let definitions = ["mean(close, 9)", "rank(close)", "winsorize(close, 0.1)", "corr(close, volume, 7)"];
        let definitions: Vec<_> = definitions
            .iter()
            .enumerate()
            .map(|(index, source)| Definition::new(format!("f{index}"), *source))
            .collect();
        let set = FeatureSet::compile(&definitions).unwrap();
        let turned: Vec<Symbol> = panel.symbols().iter().rev().cloned().collect();
        let there = set.newest(&panel).unwrap();
        let back = set.newest(&panel.select(&turned).unwrap()).unwrap();
        for row in 0..turned.len() {
            prop_assert_eq!(bits(there.row(row)), bits(back.row(turned.len() - 1 - row)));
        }
    }

    #[test]
    fn a_label_is_the_feature_seen_from_the_past(panel in panels(15..40), days in 1..12usize) {
        let label = Label::forward_return(days).unwrap().history(&panel).unwrap();
        let source = format!("return(close, {days})");
        let back = set(&source).unwrap().history(&panel).unwrap();
        let cols = panel.symbols().len();
        let known = (panel.rows() - days) * cols;
        prop_assert_eq!(bits(&label[..known]), bits(&back.values[days * cols..]));
        prop_assert!(label[known..].iter().all(|value| value.is_nan()));
    }
}

/// Against the definition, on windows with gaps, ties and zeros of both signs.
#[test]
fn extremes_and_ranks_are_those_of_a_search() {
    let value = |t: usize| match (t * t + 3 * t) % 11 {
        0 if t.is_multiple_of(4) => f64::NAN,
        1 => -0.0,
        2 => 0.0,
        other => other as f64 - 5.0,
    };
    let close: Vec<f64> = (0..900).map(value).collect();
    let panel = panel(1, &[("close", close.clone())]);
    for n in [1, 2, 7, 300] {
        let of = |name: &str| {
            set(&format!("{name}(close, {n})")).unwrap().history(&panel).unwrap().values
        };
        let (most, least, place, rank) = (of("Max"), of("Min"), of("IdxMax"), of("Rank"));
        for t in 0..close.len() {
            let window = &close[(t + 1).saturating_sub(n)..=t];
            let known: Vec<f64> = window.iter().copied().filter(|x| !x.is_nan()).collect();
            let largest = known.iter().copied().fold(f64::NAN, f64::max);
            let smallest = known.iter().copied().fold(f64::NAN, f64::min);
            assert!(most[t] == largest || largest.is_nan() && most[t].is_nan());
            assert!(least[t] == smallest || smallest.is_nan() && least[t].is_nan());
            let from_known = window.iter().skip_while(|x| x.is_nan());
            let expected = from_known.enumerate().find(|(_, x)| **x == largest);
            assert_eq!(expected.map_or(0.0, |(at, _)| at as f64 + 1.0), place[t].max(0.0));
            let under = known.iter().filter(|x| **x < close[t]).count();
            let up_to = known.iter().filter(|x| **x <= close[t]).count();
            let expected = (under + up_to + 1) as f64 / 2.0 / known.len() as f64;
            assert!(rank[t] == expected || close[t].is_nan() && rank[t].is_nan());
        }
    }
}

/// Long panels of many columns are computed in blocks of columns; one row at a time is not.
#[test]
fn blocks_of_columns_agree_with_single_rows() {
    let (rows, cols) = (2_500, 40);
    let wave = |t: usize, speed: f64| 50.0 + 20.0 * (t as f64 * speed).sin() + (t % 7) as f64;
    let close: Vec<f64> = (0..rows * cols).map(|t| wave(t, 0.37)).collect();
    let volume: Vec<f64> = (0..rows * cols).map(|t| wave(t, 0.11)).collect();
    let panel = panel(cols, &[("close", close), ("volume", volume)]);
    let sources = [
        "sum(close, 252)",
        "var(close, 255)",
        "kurt(close, 128)",
        "beta(close, volume, 100)",
        "max(close, 33)",
        "argmin(close, 70)",
        "ts_rank(close, 280)",
        "Rank(close, 280)",
        "Rank(close, 0)",
        "Resi(close, 60)",
        "Corr(close, volume, 0)",
        "IdxMax(volume, 45)",
    ];
    for source in sources {
        let set = set(source).unwrap();
        let history = set.history(&panel).unwrap();
        for seen in [300, 1_111, rows] {
            let newest = set.newest(&panel.head(seen)).unwrap();
            assert_eq!(bits(&newest.values), bits(history.row(seen - 1)), "{source} at {seen}");
        }
    }
}
