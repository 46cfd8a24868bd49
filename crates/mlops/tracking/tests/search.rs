//! The search grammar held to MLflow 3.17.2: `conformance/search` (make.py) has what MLflow's own
//! stores and parsers made of each line.

use serde::Deserialize;
use serde_json::Value;
use tracking::search::page::{self, LoggedModelOrder, LoggedModelSearch};
use tracking::search::{
    Entity, Operand, OrderBy, SearchError, Term, parse_filter, parse_logged_model_order,
    parse_order_by,
};

#[derive(Deserialize)]
struct Cases {
    filters: Vec<FilterCase>,
    orders: Vec<OrderCase>,
}

#[derive(Deserialize)]
struct FilterCase {
    source: String,
    terms: Option<Vec<Expected>>,
}

#[derive(Deserialize)]
struct Expected {
    r#type: String,
    key: String,
    comparator: String,
    value: Value,
}

#[derive(Deserialize)]
struct OrderCase {
    source: String,
    order: Option<ExpectedOrder>,
}

#[derive(Deserialize)]
struct ExpectedOrder {
    r#type: String,
    key: String,
    ascending: bool,
}

/// Lines that we take and MLflow does not: blanks, quotes around the name of a field, and fields that
/// MLflow itself lists but whose column its SQL store does not find.
const WIDER: &[(Entity, &str)] = &[
    (Entity::Runs, "   "),
    (Entity::Runs, "params.a IS NOT  NULL"),
    (Entity::RegisteredModels, "`name` = 'a'"),
    (Entity::LoggedModels, "last_updated_time > 5"),
    (Entity::LoggedModels, "last_updated_time"),
    (Entity::Traces, "end_time"),
    (Entity::Traces, "end_time ASC"),
    (Entity::Traces, "end_time_ms"),
    (Entity::Traces, "end_time_ms DESC"),
];

/// Lines that MLflow takes and we do not.
const NARROWER: &[(Entity, &str)] = &[
    // a metric without a name
    (Entity::Runs, "metrics. > 1"),
];

/// MLflow compares the times of traces with any text. We refuse text that is no number.
fn is_narrower(entity: Entity, source: &str, error: &SearchError) -> bool {
    let time = matches!(error, SearchError::Value { subject, .. } if subject.ends_with("_ms`"));
    entity == Entity::Traces && time || NARROWER.contains(&(entity, source))
}

fn file(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../conformance/search");
    std::fs::read_to_string(format!("{folder}/{name}.json")).expect("the cases are there")
}

fn check(entity: Entity, name: &str) {
    let cases: Cases = serde_json::from_str(&file(name)).expect("the cases can be read");
    assert!(cases.filters.len() > 100 && cases.orders.len() > 20);
    let filters = cases.filters.iter().filter_map(|case| filter_differs(entity, case));
    let orders = cases.orders.iter().filter_map(|case| order_differs(entity, case));
    let differences: Vec<String> = filters.chain(orders).collect();
    assert!(differences.is_empty(), "{name}:\n{}", differences.join("\n"));
}

fn filter_differs(entity: Entity, case: &FilterCase) -> Option<String> {
    let source = case.source.as_str();
    match (parse_filter(entity, source), &case.terms) {
        (Ok(filter), Some(expected)) => {
            let same = filter.terms.len() == expected.len()
                && filter.terms.iter().zip(expected).all(|(term, expected)| same(term, expected));
            let again = parse_filter(entity, &filter.to_string());
            (!same || again.as_ref() != Ok(&filter)).then(|| format!("{source:?}: {filter:?}"))
        }
        (Ok(_), None) if !WIDER.contains(&(entity, source)) => Some(format!("{source:?}: taken")),
        (Err(error), Some(_)) if !is_narrower(entity, source, &error) => {
            Some(format!("{source:?}: {error}"))
        }
        (Ok(_), None) | (Err(_), _) => None,
    }
}

fn same(term: &Term, expected: &Expected) -> bool {
    term.subject.family() == expected.r#type
        && term.subject.key() == expected.key
        && term.op.word() == expected.comparator
        && same_value(&term.operand, &expected.value)
}

/// MLflow keeps numbers behind metrics, and ids and versions in quotes, as text.
fn same_value(operand: &Operand, expected: &Value) -> bool {
    let written = expected.as_str().unwrap_or_default();
    let text = |text: &str| text == written || is_id(written, text);
    match operand {
        Operand::None => expected.is_null(),
        Operand::Text(found) => expected.is_string() && text(found),
        Operand::Integer(number) => match expected.as_f64() {
            Some(_) if expected.is_i64() => expected.as_i64() == Some(*number),
            Some(float) => float == *number as f64,
            None => text(&number.to_string()),
        },
        Operand::Number(number) => match expected {
            Value::String(found) => found.parse() == Ok(*number),
            other => other.as_f64() == Some(*number),
        },
        Operand::List(texts) => expected.as_array().is_some_and(|expected| {
            let expected: Vec<&str> = expected.iter().filter_map(Value::as_str).collect();
            *texts == expected
        }),
    }
}

fn is_id(written: &str, id: &str) -> bool {
    written.trim().parse::<i64>().is_ok_and(|number| number.to_string() == id)
}

fn order_differs(entity: Entity, case: &OrderCase) -> Option<String> {
    let source = case.source.as_str();
    let order = match entity {
        Entity::LoggedModels => parse_logged_model_order(source, true),
        entity => parse_order_by(entity, source),
    };
    match (order, &case.order) {
        (Ok(order), Some(expected)) if same_order(&order, expected) => None,
        (Err(_), None) => None,
        (Ok(_), None) if WIDER.contains(&(entity, source)) => None,
        (order, expected) => Some(format!("order {source:?} ({}): {order:?}", expected.is_some())),
    }
}

fn same_order(order: &OrderBy, expected: &ExpectedOrder) -> bool {
    order.subject.family() == expected.r#type
        && order.subject.key() == expected.key
        && order.descending != expected.ascending
}

#[test]
fn runs() {
    check(Entity::Runs, "runs");
}

#[test]
fn experiments() {
    check(Entity::Experiments, "experiments");
}

#[test]
fn registered_models() {
    check(Entity::RegisteredModels, "registered_models");
}

#[test]
fn model_versions() {
    check(Entity::ModelVersions, "model_versions");
}

#[test]
fn logged_models() {
    check(Entity::LoggedModels, "logged_models");
}

#[test]
fn traces() {
    check(Entity::Traces, "traces");
}

#[derive(Deserialize)]
struct Pages {
    offsets: Vec<(u64, String)>,
    logged_models: Vec<PageCase>,
}

#[derive(Deserialize)]
struct PageCase {
    experiment_ids: Vec<String>,
    filter_string: Option<String>,
    order_by: Option<Vec<LoggedModelOrder>>,
    offset: u64,
    token: String,
}

#[test]
fn page_tokens_are_mlflows() {
    let pages: Pages = serde_json::from_str(&file("pages")).expect("the cases can be read");
    for (offset, token) in pages.offsets {
        assert_eq!(page::create(offset), token);
        assert_eq!(page::parse(&token), Ok(offset));
    }
    for case in pages.logged_models {
        let PageCase { experiment_ids, filter_string, order_by, offset, token } = case;
        let search = LoggedModelSearch { experiment_ids, filter_string, order_by };
        assert_eq!(search.parse(&token), Ok(offset));
        assert_eq!(search.parse(&search.create(offset)), Ok(offset));
    }
}
