//! Tokens and costs: metadata that is kept as numbers, and what the spans of a trace add up to.

use std::collections::{HashMap, HashSet};

use database::{DatabaseError, Row};

use super::json::Json;
use crate::Tag;

/// The metadata that says how many tokens a trace took.
pub(crate) const TOKEN_USAGE: &str = "mlflow.trace.tokenUsage";
/// The metadata that says what a trace cost.
pub(crate) const COST: &str = "mlflow.trace.cost";

/// The kinds of tokens, as the wire and the columns call them.
pub(crate) const TOKENS: [&str; 6] = [
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_input_tokens_above_1hr",
];
/// The kinds of tokens that are always counted; the others only where they are said.
const ALWAYS: usize = 3;
/// The kinds of costs, as the wire and the columns call them.
pub(crate) const COSTS: [&str; 3] = ["input_cost", "output_cost", "total_cost"];

/// Counts of tokens, by the places of [`TOKENS`].
pub(crate) type Tokens = [Option<i64>; 6];
/// Costs, by the places of [`COSTS`].
pub(crate) type Costs = [Option<f64>; 3];

/// Reads counts of tokens out of an object.
pub(crate) fn tokens_of(usage: &Json) -> Tokens {
    TOKENS.map(|key| usage.get(key).and_then(count))
}

/// Reads costs out of an object.
pub(crate) fn costs_of(costs: &Json) -> Costs {
    COSTS.map(|key| costs.get(key).and_then(cost))
}

/// A count, as a whole number or as text that is one.
fn count(value: &Json) -> Option<i64> {
    match value {
        Json::Int(count) => Some(*count),
        Json::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e18 => {
            Some(*number as i64)
        }
        Json::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn cost(value: &Json) -> Option<f64> {
    match value {
        Json::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        value => value.as_number(),
    }
}

/// Takes tokens and costs out of metadata: they are kept as numbers.
pub(crate) fn split(metadata: &mut Vec<Tag>) -> (Option<Tokens>, Option<Costs>) {
    let mut take = |key: &str| {
        let place = metadata.iter().position(|tag| tag.key == key)?;
        Some(Json::parse(&metadata.remove(place).value).unwrap_or_default())
    };
    let tokens = take(TOKEN_USAGE).map(|usage| tokens_of(&usage));
    (tokens, take(COST).map(|costs| costs_of(&costs)))
}

/// The columns of tokens and costs of a table.
pub(crate) fn columns(table: &str) -> String {
    let columns = TOKENS.iter().chain(&COSTS).map(|column| format!("{table}{column}"));
    columns.collect::<Vec<_>>().join(", ")
}

/// Reads those columns, from one on, as metadata.
pub(crate) fn read(row: &Row<'_>, at: usize) -> Result<Vec<Tag>, DatabaseError> {
    let mut usage = Vec::new();
    for (place, key) in TOKENS.iter().enumerate() {
        if let Some(count) = row.get::<Option<i64>>(at + place)? {
            usage.push(((*key).to_owned(), Json::Int(count)));
        }
    }
    let mut costs = Vec::new();
    for (place, key) in COSTS.iter().enumerate() {
        if let Some(cost) = row.get::<Option<f64>>(at + TOKENS.len() + place)? {
            costs.push(((*key).to_owned(), Json::Float(cost)));
        }
    }
    let said = [(TOKEN_USAGE, usage), (COST, costs)];
    let said = said.into_iter().filter(|(_, fields)| !fields.is_empty());
    Ok(said
        .map(|(key, fields)| Tag { key: key.to_owned(), value: Json::Object(fields).to_string() })
        .collect())
}

/// What a span says, and where it hangs in the tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// The id of the span.
    pub(crate) id: String,
    /// The id of the span above it.
    pub(crate) parent: Option<String>,
    /// What it says.
    pub(crate) said: Option<Json>,
}

/// The tokens of a tree of spans.
pub(crate) fn total_tokens(nodes: &[Node]) -> Option<Tokens> {
    let heard = heard(nodes);
    let mut totals: Tokens = [None; 6];
    totals[..ALWAYS].fill(Some(0));
    for said in &heard {
        for (total, count) in totals.iter_mut().zip(tokens_of(said)) {
            if let Some(count) = count {
                *total = Some(total.unwrap_or(0).saturating_add(count));
            }
        }
    }
    (!heard.is_empty()).then_some(totals)
}

/// The costs of a tree of spans.
pub(crate) fn total_costs(nodes: &[Node]) -> Option<Costs> {
    let heard = heard(nodes);
    let mut totals: Costs = [Some(0.0); 3];
    for said in &heard {
        for (total, cost) in totals.iter_mut().zip(costs_of(said)) {
            *total = total.map(|total| total + cost.unwrap_or(0.0));
        }
    }
    (!heard.is_empty()).then_some(totals)
}

/// What counts of what is said: a span that speaks speaks for all below it, since frameworks say at
/// a span what its children took together.
fn heard(nodes: &[Node]) -> Vec<&Json> {
    let ids: HashSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
    let mut children: HashMap<&str, Vec<&Node>> = HashMap::new();
    let mut waiting: Vec<&Node> = Vec::new();
    for node in nodes {
        match node.parent.as_deref().filter(|parent| ids.contains(parent)) {
            Some(parent) => children.entry(parent).or_default().push(node),
            None => waiting.push(node),
        }
    }
    let mut heard = Vec::new();
    while let Some(node) = waiting.pop() {
        match &node.said {
            Some(said) => heard.push(said),
            // Taken out, so that spans that stand above each other end the walk.
            None => waiting.extend(children.remove(node.id.as_str()).unwrap_or_default()),
        }
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, parent: Option<&str>, said: Option<&str>) -> Node {
        Node {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            said: said.map(|said| Json::parse(said).unwrap()),
        }
    }

    /// Expected values from MLflow 3.17.2, `aggregate_usage_from_span_nodes`.
    #[test]
    fn who_speaks_speaks_for_all_below() {
        let nodes = [
            node("root", None, None),
            node(
                "agent",
                Some("root"),
                Some(r#"{"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}"#),
            ),
            node(
                "llm",
                Some("agent"),
                Some(r#"{"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}"#),
            ),
            node(
                "other",
                Some("gone"),
                Some(r#"{"input_tokens": 1, "cache_read_input_tokens": 5}"#),
            ),
        ];
        let expected = [Some(8), Some(3), Some(10), Some(5), None, None];
        assert_eq!(total_tokens(&nodes), Some(expected));
        assert_eq!(total_tokens(&nodes[..1]), None);
    }

    #[test]
    fn costs_add_up() {
        let nodes = [
            node("a", None, Some(r#"{"input_cost": 0.5, "total_cost": 0.75}"#)),
            node(
                "b",
                None,
                Some(r#"{"input_cost": 0.25, "output_cost": 1.0, "total_cost": 1.25}"#),
            ),
        ];
        assert_eq!(total_costs(&nodes), Some([Some(0.75), Some(1.0), Some(2.0)]));
    }
}
