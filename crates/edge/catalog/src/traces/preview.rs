//! A line that shows what a trace was asked, or what it answered.

use super::json::Json;
use crate::names::cut;

/// Longest preview, in characters.
const LONGEST: usize = 1_000;

/// Who speaks in the message that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    User,
    Assistant,
}

/// The preview of inputs or outputs, which are JSON in text: the last message of who speaks, where
/// the value is a conversation as chat models have it; otherwise the text itself.
pub(crate) fn of(text: &str, role: Role) -> String {
    let role = if role == Role::User { "user" } else { "assistant" };
    let message = Json::parse(text).and_then(|value| last_message(&value, role));
    let shown = message.as_deref().unwrap_or(text);
    match shown.chars().count() > LONGEST {
        true => format!("{}...", cut(shown, LONGEST - 3)),
        false => shown.to_owned(),
    }
}

/// The text of the last message of a role, or of the last one, if there is any.
fn last_message(value: &Json, role: &str) -> Option<String> {
    let messages = messages(value)?;
    let has_role = |message: &&&Json| message.get("role").and_then(Json::as_text) == Some(role);
    let found = messages.iter().rev().find(has_role).or(messages.last())?;
    text_of(found.get("content")?).filter(|text| !text.is_empty())
}

/// The messages of a request or an answer, by the shapes that chat models have.
fn messages(value: &Json) -> Option<Vec<&Json>> {
    let list = |key: &str| {
        let list = value.get(key).and_then(Json::as_list).filter(|list| !list.is_empty())?;
        Some(list.iter().filter(|item| is_message(item)).collect())
    };
    let choice = || {
        let first = value.get("choices")?.as_list()?.first()?;
        first.get("message").filter(|message| is_message(message)).map(|message| vec![message])
    };
    list("messages")
        .or_else(choice)
        .or_else(|| list("input"))
        .or_else(|| list("output"))
        .or_else(|| messages(value.get("request")?))
}

fn is_message(item: &Json) -> bool {
    item.get("role").is_some() && item.get("content").is_some()
}

fn text_of(content: &Json) -> Option<String> {
    match content {
        Json::Text(text) => Some(text.clone()),
        Json::List(parts) => parts.iter().find_map(|part| match part {
            Json::Text(text) => Some(text.clone()),
            part => {
                let kind = part.get("type").and_then(Json::as_text)?;
                let text = matches!(kind, "text" | "output_text").then(|| part.get("text"))??;
                text.as_text().map(str::to_owned)
            }
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from MLflow 3.17.2, `_get_truncated_preview`.
    #[test]
    fn a_conversation_shows_its_last_message() {
        for (text, role, shown) in [
            (r#"{"q": "hello", "n": 1}"#, Role::User, r#"{"q": "hello", "n": 1}"#),
            (
                r#"{"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}, {"role": "assistant", "content": "c"}]}"#,
                Role::User,
                "b",
            ),
            (
                r#"{"choices": [{"message": {"role": "assistant", "content": "yes"}}]}"#,
                Role::Assistant,
                "yes",
            ),
            (
                r#"{"input": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "t"}]}]}"#,
                Role::User,
                "t",
            ),
            (r#"{"request": {"input": [{"role": "user", "content": "r"}]}}"#, Role::User, "r"),
            (r#"{"messages": [{"role": "system", "content": "only"}]}"#, Role::User, "only"),
            ("not json", Role::User, "not json"),
        ] {
            assert_eq!(of(text, role), shown, "{text}");
        }
    }

    #[test]
    fn a_long_one_is_cut() {
        let long = "ä".repeat(1_001);
        assert_eq!(of(&long, Role::User), format!("{}...", "ä".repeat(997)));
        assert_eq!(of(&"ä".repeat(1_000), Role::User), "ä".repeat(1_000));
    }
}
