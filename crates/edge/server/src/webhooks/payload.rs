//! What webhooks are told.

use catalog::webhooks::{Action, Entity, Event};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json, value::RawValue};

/// The body: what happened, when, and to what. `data` is JSON.
pub fn body(event: Event, data: &str, raised: i64, workspace: Option<&str>) -> String {
    let at = DateTime::from_timestamp_millis(raised).unwrap_or_default();
    let told = Told {
        entity: event.entity.as_str(),
        action: event.action.as_str(),
        timestamp: at.to_rfc3339_opts(SecondsFormat::Micros, false),
        data: serde_json::from_str(data).unwrap_or_else(|_| RawValue::NULL.to_owned()),
        workspace,
    };
    serde_json::to_string(&told).expect("text and JSON are JSON")
}

#[derive(serde::Serialize)]
struct Told<'a> {
    entity: &'static str,
    action: &'static str,
    timestamp: String,
    data: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<&'a str>,
}

/// What an event may look like, for whoever tries a webhook out.
pub fn example(event: Event) -> Value {
    let prompt = matches!(
        event.entity,
        Entity::Prompt
            | Entity::PromptVersion
            | Entity::PromptTag
            | Entity::PromptVersionTag
            | Entity::PromptAlias
    );
    let name = if prompt { "example_prompt" } else { "example_model" };
    let (key, value, alias, version) = ("example_key", "example_value", "example_alias", "1");
    let tags = json!({ key: value });
    match (event.entity, event.action) {
        (Entity::RegisteredModel, _) => {
            json!({ "name": name, "tags": tags, "description": "An example registered model" })
        }
        (Entity::ModelVersion, _) => json!({
            "name": name,
            "version": version,
            "source": "models:/123",
            "run_id": "abcd1234abcd5678",
            "tags": tags,
            "description": "An example model version",
        }),
        (Entity::Prompt, _) => {
            json!({ "name": name, "tags": tags, "description": "An example prompt" })
        }
        (Entity::PromptVersion, _) => json!({
            "name": name,
            "version": version,
            "template": "Hello {{name}}!",
            "tags": tags,
            "description": "An example prompt version",
        }),
        (Entity::ModelVersionTag | Entity::PromptVersionTag, Action::Deleted) => {
            json!({ "name": name, "version": version, "key": key })
        }
        (Entity::ModelVersionTag | Entity::PromptVersionTag, _) => {
            json!({ "name": name, "version": version, "key": key, "value": value })
        }
        (Entity::PromptTag, Action::Deleted) => json!({ "name": name, "key": key }),
        (Entity::PromptTag, _) => json!({ "name": name, "key": key, "value": value }),
        (Entity::ModelVersionAlias | Entity::PromptAlias, Action::Deleted) => {
            json!({ "name": name, "alias": alias })
        }
        (Entity::ModelVersionAlias | Entity::PromptAlias, _) => {
            json!({ "name": name, "alias": alias, "version": version })
        }
        (Entity::BudgetPolicy, _) => json!({
            "budget_policy_id": "bp-abc123",
            "budget_unit": "USD",
            "budget_amount": 100.0,
            "current_spend": 105.5,
            "duration_unit": "MONTHS",
            "duration_value": 1,
            "target_scope": "ENDPOINT",
            "workspace": "default",
            "target_value": "ep-abc123",
            "window_start": 1_704_067_200_000_i64,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_what_happened_when_and_to_what() {
        let event = Event::parse("model_version", "created").unwrap();
        let told = body(event, r#"{"name":"m","version":"1"}"#, 1_753_950_452_080, None);
        // The layout of `datetime.isoformat()` in UTC.
        assert_eq!(
            told,
            r#"{"entity":"model_version","action":"created","timestamp":"2025-07-31T08:27:32.080000+00:00","data":{"name":"m","version":"1"}}"#
        );
        assert!(body(event, "{}", 0, Some("w")).ends_with(r#""data":{},"workspace":"w"}"#));
    }
}
