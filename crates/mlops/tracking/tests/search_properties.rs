//! Whatever a client sends, the search grammar answers quickly and does not panic; and the text of a
//! filter, read again, is the same filter.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use tracking::search::{Entity, parse_filter, parse_logged_model_order, parse_order_by};
use tracking::search::{MAX_TERMS, MAX_VALUES, SearchError, page};

/// Pieces that mean something to the grammar, or nearly so.
const PIECES: &[&str] = &[
    "AND",
    " and ",
    "OR",
    "'",
    "\"",
    "`",
    "''",
    "\\'",
    "\\\"",
    "\\",
    "(",
    ")",
    ",",
    ".",
    ";",
    " ",
    "\t",
    "\n",
    "=",
    "!=",
    "<",
    ">=",
    "==",
    " LIKE ",
    " ILIKE ",
    " RLIKE ",
    " IN ",
    " NOT IN ",
    " IS NULL ",
    " IS NOT NULL ",
    "5",
    "-1",
    "1.5",
    "1e5",
    "9223372036854775807",
    "'v'",
    "\"v\"",
    "`k`",
    "('a', \"b\")",
    "(('a'))",
    "params.",
    "tags.",
    "metrics.",
    "span.attributes.",
    "feedback.",
    "metadata.",
    "name",
    "run_id",
    "é",
    "_",
    "\u{0}",
    "\u{3000}",
    "\\x41",
    "u'a'",
    "r'\\'",
    "DESC",
    " ASC",
];

fn entity() -> impl Strategy<Value = Entity> {
    select(Entity::ALL.to_vec())
}

/// The entities with the lines that MLflow takes for each.
fn taken() -> Vec<(Entity, Vec<String>)> {
    let names = [
        (Entity::Runs, "runs"),
        (Entity::Experiments, "experiments"),
        (Entity::RegisteredModels, "registered_models"),
        (Entity::ModelVersions, "model_versions"),
        (Entity::LoggedModels, "logged_models"),
        (Entity::Traces, "traces"),
    ];
    names.into_iter().map(|(entity, name)| (entity, lines(name))).collect()
}

fn lines(name: &str) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../conformance/search");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).expect("cases");
    let cases: Value = serde_json::from_str(&text).expect("cases can be read");
    let filters = cases["filters"].as_array().expect("a list").iter();
    let taken = filters.filter(|case| case.get("terms").is_some());
    taken.filter_map(|case| case["source"].as_str()).map(str::to_owned).collect()
}

/// Taken lines, joined, with pieces put in or taken out at random places.
fn mutated() -> impl Strategy<Value = (Entity, String)> {
    let lines = select(taken()).prop_flat_map(|(entity, lines)| {
        (Just(entity), proptest::collection::vec(select(lines), 1..4))
    });
    let edit = (any::<Index>(), 0_usize..4, select(PIECES.to_vec()));
    (lines, proptest::collection::vec(edit, 0..5)).prop_map(|((entity, lines), edits)| {
        let mut line: Vec<char> = lines.join(" AND ").chars().collect();
        for (place, removed, piece) in edits {
            let begin = place.index(line.len() + 1);
            let end = (begin + removed).min(line.len());
            line.splice(begin..end, piece.chars());
        }
        (entity, line.into_iter().collect())
    })
}

fn pieces() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(PIECES.to_vec()), 0..30).prop_map(|pieces| pieces.concat())
}

fn answers(entity: Entity, source: &str) {
    let begin = Instant::now();
    let _ = parse_order_by(entity, source);
    let _ = parse_logged_model_order(source, true);
    let _ = page::parse(source);
    if let Ok(filter) = parse_filter(entity, source) {
        let written = filter.to_string();
        assert_eq!(parse_filter(entity, &written), Ok(filter), "{source:?} as {written:?}");
    }
    assert!(begin.elapsed() < Duration::from_secs(2), "{source:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_answered(entity in entity(), source in any::<String>()) {
        answers(entity, &source);
    }

    #[test]
    fn any_pieces_are_answered(entity in entity(), source in pieces()) {
        answers(entity, &source);
    }

    #[test]
    fn mutated_filters_are_answered((entity, source) in mutated()) {
        answers(entity, &source);
    }

    #[test]
    fn page_tokens_come_back(offset in 1..=i64::MAX as u64) {
        prop_assert_eq!(page::parse(&page::create(offset)), Ok(offset));
    }
}

#[test]
fn long_lines_are_answered_in_time() {
    for piece in PIECES {
        for entity in Entity::ALL {
            answers(entity, &piece.repeat(100_000 / piece.len()));
            answers(entity, &format!("tags.a = {}", piece.repeat(100_000 / piece.len())));
            answers(entity, &format!("run_id IN ({}", piece.repeat(100_000 / piece.len())));
        }
    }
}

#[test]
fn ten_thousand_terms_are_read_in_milliseconds() {
    let term = "metrics.`a b` >= 0.25 AND ";
    let begin = Instant::now();
    let filter = parse_filter(Entity::Runs, &term.repeat(MAX_TERMS)).expect("as many as allowed");
    assert!(begin.elapsed() < Duration::from_millis(500));
    assert_eq!(filter.terms.len(), MAX_TERMS);
    let error = parse_filter(Entity::Runs, &term.repeat(MAX_TERMS + 1)).expect_err("too many");
    assert_eq!(error, SearchError::TooLong { what: "terms", limit: MAX_TERMS });
}

#[test]
fn lists_have_a_limit_of_values_and_of_depth() {
    let list = |count: usize| format!("run_id IN ({})", "'a',".repeat(count));
    assert!(parse_filter(Entity::Runs, &list(MAX_VALUES)).is_ok());
    let error = parse_filter(Entity::Runs, &list(MAX_VALUES + 1)).expect_err("too many");
    assert_eq!(error, SearchError::TooLong { what: "values", limit: MAX_VALUES });
    let nested = |depth: usize| format!("run_id IN {}'a'{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse_filter(Entity::Runs, &nested(32)).is_ok());
    assert!(parse_filter(Entity::Runs, &nested(33)).is_err());
    assert!(parse_filter(Entity::Runs, &nested(100_000)).is_err());
}
