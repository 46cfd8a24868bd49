//! What other vocabularies say of a span, in the words of this one.
//!
//! Libraries that record spans with OpenTelemetry have each their own attributes for the type of a
//! span, its inputs and outputs, its tokens and its model. They are looked for in the order of
//! [`tables::VOCABULARIES`]; what a span says in our words itself stays.

mod tables;

use super::json::Json;
use super::span::{Attributes, INPUTS, MODEL, OUTPUTS, PROVIDER, TOKENS, TYPE};
use tables::{VOCABULARIES, Vocabulary};

/// Adds what the attributes say in other words.
pub(crate) fn translate(attributes: &mut Attributes) {
    let unsaid = attributes.text(TYPE).is_none_or(|kind| kind == "UNKNOWN");
    if unsaid && let Some(kind) = first(attributes, kind) {
        attributes.set(TYPE, Json::text(kind).to_string());
    }
    for (key, found) in [
        (INPUTS, first(attributes, |words, said| value(said, words.inputs))),
        (OUTPUTS, first(attributes, |words, said| value(said, words.outputs))),
        (TOKENS, first(attributes, tokens).map(|usage| usage.to_string())),
    ] {
        attributes.fill(key, found);
    }
    let model = first(attributes, |words, said| named(said, words.models));
    let model = model.or_else(|| model_within(attributes));
    attributes.fill(MODEL, model.map(|model| Json::text(model).to_string()));
    let provider = first(attributes, |words, said| named(said, words.provider));
    attributes.fill(PROVIDER, provider.map(|provider| Json::text(provider).to_string()));
}

fn first<T>(
    attributes: &Attributes,
    look: impl Fn(&Vocabulary, &Attributes) -> Option<T>,
) -> Option<T> {
    VOCABULARIES.iter().find_map(|words| look(words, attributes))
}

fn kind(words: &Vocabulary, attributes: &Attributes) -> Option<&'static str> {
    let said = attributes.text(words.kind)?;
    words.kinds.iter().find(|(theirs, _)| *theirs == said).map(|(_, ours)| *ours)
}

/// The text of the first value that is there and says something. A key may have a `*` for a number.
fn value(attributes: &Attributes, keys: &[&str]) -> Option<String> {
    let says = |text: &&String| Json::parse(text).is_none_or(|value| value.is_truthy());
    keys.iter().find_map(|key| {
        let mut fitting = attributes.0.iter().filter(|(name, _)| fits(key, name));
        fitting.find_map(|(_, text)| Some(text).filter(says).cloned())
    })
}

/// Whether a name is a key, in which `*` stands for digits.
fn fits(key: &str, name: &str) -> bool {
    let mut rest = name;
    let mut parts = key.split('*');
    let Some(after) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    rest = after;
    for part in parts {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match rest[digits..].strip_prefix(part) {
            Some(after) if digits > 0 => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

fn named(attributes: &Attributes, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| attributes.text(key).filter(|name| !name.is_empty()))
}

fn tokens(words: &Vocabulary, attributes: &Attributes) -> Option<Json> {
    let count = |keys: &[&str]| keys.iter().find_map(|key| whole(&attributes.json(key)?));
    let (input, output) = (count(words.input_tokens), count(words.output_tokens));
    let both = || Some(input?.saturating_add(output?));
    let total = count(words.total_tokens).or_else(both);
    if input.is_none() && output.is_none() && total.is_none() {
        return None;
    }
    let said = [
        ("input_tokens", input),
        ("output_tokens", output),
        ("total_tokens", total),
        ("cache_read_input_tokens", count(words.cache_read)),
        ("cache_creation_input_tokens", count(words.cache_creation)),
    ];
    let said =
        said.into_iter().filter_map(|(key, count)| Some((key.to_owned(), Json::Int(count?))));
    Some(Json::Object(said.collect()))
}

/// A whole number, or text that is one.
fn whole(value: &Json) -> Option<i64> {
    match value {
        Json::Int(whole) => Some(*whole),
        Json::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The model that inputs or outputs name.
fn model_within(attributes: &Attributes) -> Option<String> {
    [INPUTS, OUTPUTS].iter().find_map(|key| {
        let model = attributes.json(key)?.get("model")?.as_text()?.to_owned();
        Some(model).filter(|model| !model.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(said: &[(&str, &str)]) -> Attributes {
        let said = said.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let mut attributes = Attributes(said.collect());
        translate(&mut attributes);
        attributes
    }

    /// Expected values from MLflow 3.17.2, which was sent such spans at `/v1/traces`.
    #[test]
    fn other_vocabularies_are_understood() {
        let genai = translated(&[
            ("gen_ai.operation.name", "\"chat\""),
            ("gen_ai.usage.input_tokens", "11"),
            ("gen_ai.usage.output_tokens", "\"22\""),
            ("gen_ai.request.model", "\"mymodel\""),
            ("gen_ai.provider.name", "\"prov\""),
            ("gen_ai.input.messages", "[{\"role\": \"user\"}]"),
        ]);
        assert_eq!(genai.get(TYPE), Some("\"CHAT_MODEL\""));
        assert_eq!(genai.get(INPUTS), Some("[{\"role\": \"user\"}]"));
        let usage = r#"{"input_tokens": 11, "output_tokens": 22, "total_tokens": 33}"#;
        assert_eq!(genai.get(TOKENS), Some(usage));
        assert_eq!(genai.get(MODEL), Some("\"mymodel\""));
        assert_eq!(genai.get(PROVIDER), Some("\"prov\""));

        let traceloop = translated(&[
            ("traceloop.span.kind", "\"workflow\""),
            ("gen_ai.prompt.0.content", "\"pp\""),
            ("gen_ai.completion.0.content", "\"cc\""),
            ("gen_ai.usage.prompt_tokens", "1"),
            ("gen_ai.usage.completion_tokens", "2"),
            ("llm.usage.total_tokens", "9"),
        ]);
        assert_eq!(traceloop.get(TYPE), Some("\"WORKFLOW\""));
        assert_eq!(traceloop.get(INPUTS), Some("\"pp\""));
        assert_eq!(traceloop.get(OUTPUTS), Some("\"cc\""));
        let usage = r#"{"input_tokens": 1, "output_tokens": 2, "total_tokens": 9}"#;
        assert_eq!(traceloop.get(TOKENS), Some(usage));
    }

    #[test]
    fn what_is_said_in_our_words_stays() {
        let said = translated(&[
            (TYPE, "\"TOOL\""),
            (INPUTS, "1"),
            ("openinference.span.kind", "\"LLM\""),
            ("input.value", "2"),
        ]);
        assert_eq!(said.get(TYPE), Some("\"TOOL\""));
        assert_eq!(said.get(INPUTS), Some("1"));
        let unknown = translated(&[(TYPE, "\"UNKNOWN\""), ("openinference.span.kind", "\"LLM\"")]);
        assert_eq!(unknown.get(TYPE), Some("\"LLM\""));
    }

    #[test]
    fn a_star_stands_for_a_number() {
        assert!(fits("gen_ai.prompt.*.content", "gen_ai.prompt.12.content"));
        assert!(!fits("gen_ai.prompt.*.content", "gen_ai.prompt.x.content"));
        assert!(!fits("input", "input.value"));
    }
}
