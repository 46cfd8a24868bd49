//! What webhooks are told when something happens to the registry, in the words of the protocol.

use database::Tx;
use serde_json::{Map, Value, json};

use super::fact::{Entry, Fact, Registered};
use super::models::{self, Found};
use crate::webhooks::{Action, Entity, raise};
use crate::{CatalogError, Tag};

/// Tags by which prompts are known as such; webhooks are not told of them.
const MARKS: [&str; 3] = [models::IS_PROMPT, "_mlflow_prompt_type", TEMPLATE];

/// The tag that holds the text of a prompt.
const TEMPLATE: &str = "mlflow.prompt.text";

/// Tells webhooks of what happened, if it is something that they can ask for.
pub(super) fn tell(tx: &mut Tx<'_>, entry: &Entry, now: i64) -> Result<(), CatalogError> {
    let name = &entry.name;
    let say = |tx: &mut Tx<'_>, entity, action, data: Value| {
        raise(tx, &entry.workspace, entity, action, &data.to_string(), now)
    };
    match &entry.fact {
        Fact::Created { description, tags } => {
            let (entity, tags) = match marked(tags) {
                true => (Entity::Prompt, tags_without(tags, &MARKS)),
                false => (Entity::RegisteredModel, tags_without(tags, &[])),
            };
            let description = description.clone().unwrap_or_default();
            let data = json!({ "name": name, "tags": tags, "description": description });
            say(tx, entity, Action::Created, data)
        }
        Fact::Registered(new) => {
            let (entity, data) = registered(name, new);
            say(tx, entity, Action::Created, data)
        }
        Fact::Tagged { version, key, value } => {
            let data = json!({ "name": name, "key": key, "value": value });
            match tag_of(tx, entry, *version)? {
                Some(entity) => say(tx, entity, Action::Set, with_version(data, *version)),
                None => Ok(()),
            }
        }
        Fact::Untagged { version, key } => {
            let data = json!({ "name": name, "key": key });
            match tag_of(tx, entry, *version)? {
                Some(entity) => say(tx, entity, Action::Deleted, with_version(data, *version)),
                None => Ok(()),
            }
        }
        Fact::Promoted { version, alias, .. } | Fact::RolledBack { version, alias, .. } => {
            let data = with_version(json!({ "name": name, "alias": alias }), Some(*version));
            let entity = alias_of(tx, entry)?;
            say(tx, entity, Action::Created, data)
        }
        Fact::Released { alias, .. } => {
            let entity = alias_of(tx, entry)?;
            say(tx, entity, Action::Deleted, json!({ "name": name, "alias": alias }))
        }
        _ => Ok(()),
    }
}

fn registered(name: &str, new: &Registered) -> (Entity, Value) {
    let version = new.version.to_string();
    let description = new.description.as_ref().filter(|text| !text.is_empty());
    if marked(&new.tags) {
        let template = new.tags.iter().rev().find(|tag| tag.key == TEMPLATE);
        let data = json!({
            "name": name,
            "version": version,
            "template": template.map(|tag| &tag.value),
            "tags": tags_without(&new.tags, &MARKS),
            "description": description,
        });
        return (Entity::PromptVersion, data);
    }
    let data = json!({
        "name": name,
        "version": version,
        "source": new.source,
        "run_id": new.run_id.as_ref().filter(|run| !run.is_empty()),
        "tags": tags_without(&new.tags, &[]),
        "description": description,
    });
    (Entity::ModelVersion, data)
}

fn marked(tags: &[Tag]) -> bool {
    let mark = tags.iter().rev().find(|tag| tag.key == models::IS_PROMPT);
    mark.is_some_and(|tag| tag.value.to_lowercase() == "true")
}

fn tags_without(tags: &[Tag], left_out: &[&str]) -> Map<String, Value> {
    let kept = tags.iter().filter(|tag| !left_out.contains(&tag.key.as_str()));
    kept.map(|tag| (tag.key.clone(), Value::String(tag.value.clone()))).collect()
}

fn with_version(mut data: Value, version: Option<i64>) -> Value {
    if let (Value::Object(fields), Some(version)) = (&mut data, version) {
        fields.insert("version".to_owned(), Value::String(version.to_string()));
    }
    data
}

/// What a tag belongs to. Nobody is told of tags of models that are no prompts.
fn tag_of(
    tx: &mut Tx<'_>,
    entry: &Entry,
    version: Option<i64>,
) -> Result<Option<Entity>, CatalogError> {
    Ok(match (is_prompt(tx, entry)?, version) {
        (true, None) => Some(Entity::PromptTag),
        (true, Some(_)) => Some(Entity::PromptVersionTag),
        (false, None) => None,
        (false, Some(_)) => Some(Entity::ModelVersionTag),
    })
}

fn alias_of(tx: &mut Tx<'_>, entry: &Entry) -> Result<Entity, CatalogError> {
    Ok(match is_prompt(tx, entry)? {
        true => Entity::PromptAlias,
        false => Entity::ModelVersionAlias,
    })
}

fn is_prompt(tx: &mut Tx<'_>, entry: &Entry) -> Result<bool, CatalogError> {
    let found = Found { id: entry.model, name: entry.name.clone(), newest: 0 };
    models::is_prompt(tx, &found)
}
