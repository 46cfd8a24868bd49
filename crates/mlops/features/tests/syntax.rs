//! What is refused, and how it is said.

mod common;

use std::collections::BTreeMap;

use common::{day, panel};
use features::{Definition, Expression, FeatureError, FeatureSet, Label, Window, library};
use insta::assert_snapshot;
use proptest::prelude::*;
use types::{Digest, Panel};

fn check(source: &str) -> String {
    Expression::parse(source).unwrap_err().to_string()
}

#[test]
fn errors_point_at_the_place() {
    let sources = [
        "mean(close, 5] / close",
        "maen(close, 5)",
        "close +",
        "mean(close, 21d)",
        "mean(close, 0)",
        "mean(close, n)",
        "std(close, 1)",
        "mean(close, 20000)",
        "ema(close, 2501)",
        "mean(close, 2 + 3)",
        "quantile(close, 5, 1.5)",
        "mean(close)",
        "mean(close, 5, 6)",
        "mean / 2",
        "close = open",
        "1 < close < 2",
        "close\n  * (open - §)",
        "close open",
        "",
        "1e999",
    ];
    let shown: Vec<String> = sources.into_iter().map(check).collect();
    assert_snapshot!("syntax_errors", shown.join("\n\n"));
}

#[test]
fn canonical_text() {
    let cases = [
        ("close", "close"),
        ("((close))+ 1.0", "close + 1"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("a/(b*c)*d", "a / (b * c) * d"),
        ("-(a+b)", "-(a + b)"),
        ("--2", "2"),
        ("neg(2) + neg(a)", "-2 + -a"),
        ("(a<b)==(c<d)", "(a < b) == (c < d)"),
        ("ref(close,-5)", "shift(close, -5)"),
        ("wma( x , 8 )", "decay_linear(x, 8)"),
        ("1e-12+0.10", "1e-12 + 0.1"),
    ];
    for (source, expected) in cases {
        assert_eq!(Expression::parse(source).unwrap().to_string(), expected);
    }
}

#[test]
fn windows_add_up() {
    let cases = [
        ("close", 0, 0),
        ("mean(close, 5) / close - 1", 4, 0),
        ("shift(close, 5)", 5, 0),
        ("std(return(close, 1), 252)", 252, 0),
        ("mean(shift(close, 21), 5)", 25, 0),
        ("ema(close, 10)", 39, 0),
        ("shift(close, -5) / close", 0, 5),
        ("std(shift(return(close, 1), -21), 21)", 0, 21),
        ("shift(shift(close, -5), 5)", 0, 0),
        ("shift(mean(close, 10), -4)", 5, 4),
        ("beta(return(close, 1), xs_mean(return(close, 1)), 252)", 252, 0),
    ];
    for (source, left, right) in cases {
        let window = Expression::parse(source).unwrap().window();
        assert_eq!(window, Window { left, right }, "{source}");
    }
}

#[test]
fn looking_ahead_is_refused_in_features_and_needed_in_labels() {
    let define = |source| FeatureSet::compile(&[Definition::new("peek", source)]).unwrap_err();
    let shown = [
        define("rank(mean(shift(close, -5), 3) / close)"),
        define("std(close, 3) / shift(close + 1, -1)"),
        Label::compile("return(close, 21)").unwrap_err(),
    ];
    assert_snapshot!("looking_ahead", shown.map(|error| error.to_string()).join("\n\n"));
    assert_eq!(Label::compile("demean(shift(close, -21) / close - 1)").unwrap().horizon(), 21);
    assert!(Label::forward_return(0).is_err());
}

#[test]
fn what_a_set_refuses() {
    let compile = |definitions: &[(&str, &str)]| {
        let definitions: Vec<_> =
            definitions.iter().map(|(name, source)| Definition::new(*name, *source)).collect();
        FeatureSet::compile(&definitions).unwrap_err()
    };
    let resolve = |name: &str| FeatureSet::resolve(&[name.to_owned()], &BTreeMap::new());
    let prices = panel(1, &[("close", vec![1.0]), ("volume", vec![1.0])]);
    let missing =
        FeatureSet::compile(&[Definition::new("a", "close"), Definition::new("b", "volumes")]);
    let shown = [
        compile(&[("a", "close"), ("a", "open")]),
        compile(&[("a b", "close")]),
        compile(&[("trend", "mean(close 5)")]),
        resolve("momentum_12").unwrap_err(),
        resolve("quality").unwrap_err(),
        missing.unwrap().newest(&prices).unwrap_err(),
        Label::compile("shift(open, -1)").unwrap().history(&prices).unwrap_err(),
    ];
    assert_snapshot!("refused_sets", shown.map(|error| error.to_string()).join("\n\n"));
    let empty =
        Panel::new(vec![], vec![], [("close".to_owned(), vec![])].into(), Digest::ZERO).unwrap();
    let set = resolve("momentum_12_1").unwrap();
    assert_eq!(set.newest(&empty), Err(FeatureError::NoRows));
    assert!(set.history(&empty).unwrap().values.is_empty());
}

#[test]
fn the_library_compiles_with_and_without_ranks() {
    let names: Vec<String> = library()
        .iter()
        .flat_map(|entry| [entry.name.to_owned(), format!("{}_rank", entry.name)])
        .collect();
    let set = FeatureSet::resolve(&names, &BTreeMap::new()).unwrap();
    assert_eq!(set.names(), names);
    assert_eq!(set.window(), Window { left: 252, right: 0 });
    for (entry, definitions) in library().iter().zip(set.definitions().chunks(2)) {
        assert_eq!(definitions[0].source, entry.source, "write the entry as canonical text");
        assert_eq!(definitions[1].source, format!("rank({})", entry.source));
    }
}

#[test]
fn the_digest_covers_names_and_meaning_but_not_spelling() {
    let digest = |name: &str, source: &str| {
        FeatureSet::compile(&[Definition::new(name, source)]).unwrap().digest()
    };
    let base = digest("a", "shift(close, 1) + 1");
    assert_eq!(base, digest("a", "(ref(close,1)+1.0)"));
    assert_ne!(base, digest("b", "shift(close, 1) + 1"));
    assert_ne!(base, digest("a", "shift(close, 2) + 1"));
}

#[test]
fn own_definitions_come_first() {
    let own = BTreeMap::from([
        ("reversal_5d".to_owned(), "open".to_owned()),
        ("mine".to_owned(), "high".to_owned()),
    ]);
    let names = ["reversal_5d", "mine_rank"].map(str::to_owned);
    let set = FeatureSet::resolve(&names, &own).unwrap();
    let sources: Vec<&str> =
        set.definitions().iter().map(|definition| definition.source.as_str()).collect();
    assert_eq!(sources, ["open", "rank(high)"]);
}

#[test]
fn a_table_gives_the_features_of_a_day() {
    let prices = panel(2, &[("close", vec![1.0, 2.0, 3.0, 5.0])]);
    let set = FeatureSet::compile(&[
        Definition::new("a", "close"),
        Definition::new("b", "delta(close, 1)"),
    ]);
    let set = set.unwrap();
    let features = set.history(&prices).unwrap().features(1);
    assert_eq!(features, set.newest(&prices).unwrap());
    assert_eq!(features.as_of, day(1));
    assert_eq!(features.row(1), [5.0, 3.0]);
}

#[test]
fn bombs_are_refused() {
    let bombs = [
        "(".repeat(100_000),
        "-".repeat(100_000),
        "abs(".repeat(50_000),
        format!("close{}", " + close".repeat(50_000)),
        format!("{}close{}", "(".repeat(65), ")".repeat(65)),
        "9".repeat(100_000),
    ];
    for bomb in bombs {
        assert!(Expression::parse(&bomb).is_err());
    }
    let long = format!("close{}", " + close".repeat(490));
    let expression = Expression::parse(&long).unwrap();
    assert_eq!(expression.to_string(), long);
    assert_eq!(expression.window(), Window { left: 0, right: 0 });
}

proptest! {
    #[test]
    fn any_text_is_an_expression_or_an_error(text in ".*") {
        let _ = Expression::parse(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn any_words_are_an_expression_or_an_error(words in proptest::collection::vec(
        prop::sample::select(&["close", "mean(", "shift(", "rank(", "if(", "(", ")", ",", "5", "-", "+",
            "*", "<", "==", "0.5", "1e3", "quantile(", "é", "\n", " ", "=", ".", "21d", "max"][..]), 0..40)) {
        let text = words.concat();
        if let Err(error) = Expression::parse(&text) {
            let _ = error.to_string();
        }
    }
}
