//! Registered models for a server.

use catalog::registry::ModelBrought;
use serde_json::{Value, json};

use super::Server;
use crate::Result;
use crate::origin::{self, Origin};
use crate::things::{Alias, RegisteredModel, Version};

/// So many numbers of deleted versions are used up at most, so that those behind keep theirs.
const GAP: i64 = 200;

/// Gives a model with its versions and aliases to a server.
pub(super) fn put(server: &Server, model: &RegisteredModel) -> Result<ModelBrought> {
    let client = &server.client;
    let mut brought = ModelBrought::default();
    let held = match client.registered_model(&model.name) {
        Ok(held) => held,
        Err(error) if error.is_missing() => {
            let description = model.description.as_deref().unwrap_or_default();
            client.create_registered_model(&model.name, description, &model.tags)?;
            brought.made = true;
            RegisteredModel::default()
        }
        Err(error) => return Err(error),
    };
    if !brought.made {
        add_tags(server, model, &held)?;
    }
    let mut newest = held.versions.iter().map(|version| version.version).max().unwrap_or_default();
    for version in &model.versions {
        let id = identity(version);
        let number = match held.versions.iter().find(|held| identity(held) == id) {
            Some(held) => held.version,
            None => {
                newest = register(server, model, version, newest, brought.made)?;
                brought.versions_made += 1;
                newest
            }
        };
        brought.numbers.push((version.version, number));
    }
    move_aliases(server, model, &held, &mut brought)?;
    Ok(brought)
}

/// What a version is called where it first comes from: its number may have been given twice.
fn identity(version: &Version) -> String {
    if let Some(origin) = Origin::of(&version.tags) {
        return origin.id;
    }
    format!("{}/{}/{}", version.name, version.version, version.creation_timestamp)
}

fn add_tags(server: &Server, model: &RegisteredModel, held: &RegisteredModel) -> Result<()> {
    for tag in model.tags.iter().filter(|tag| !held.tags.iter().any(|held| held.key == tag.key)) {
        let fields = json!({ "name": model.name, "key": tag.key, "value": tag.value });
        server.client.set("registered-models/set-tag", &fields)?;
    }
    Ok(())
}

/// Registers a version and gives its number. Where the model is new there, the numbers of versions
/// that were deleted are used up first.
fn register(
    server: &Server,
    model: &RegisteredModel,
    version: &Version,
    newest: i64,
    fresh: bool,
) -> Result<i64> {
    let client = &server.client;
    let mut tags = origin::without(&version.tags);
    let mark = origin::tags(&server.from, &identity(version));
    tags.extend(mark);
    let mut fields = json!({
        "name": model.name, "source": version.source, "run_link": version.run_link,
        "description": version.description, "tags": tags, "run_id": version.run_id,
        "model_id": version.model_id,
    });
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
    }
    let gap = version.version - newest - 1;
    if fresh && (1..=GAP).contains(&gap) {
        for _ in 0..gap {
            let used_up = client.create_version(&without_tags(&fields, model))?;
            client.delete_version(&model.name, used_up.version)?;
        }
    }
    let made = client.create_version(&fields)?.version;
    if !matches!(version.current_stage.as_str(), "" | "None") {
        let fields = json!({
            "name": model.name, "version": made.to_string(), "stage": version.current_stage,
            "archive_existing_versions": false,
        });
        client.set("model-versions/transition-stage", &fields)?;
    }
    Ok(made)
}

/// The fields of a version that is deleted at once; a prompt must still say that it is one.
fn without_tags(fields: &Value, model: &RegisteredModel) -> Value {
    let mut fields = fields.clone();
    if !model.is_prompt() {
        fields["tags"] = json!([]);
    }
    fields
}

/// Gives aliases to the versions that hold them, unless others hold them there.
fn move_aliases(
    server: &Server,
    model: &RegisteredModel,
    held: &RegisteredModel,
    brought: &mut ModelBrought,
) -> Result<()> {
    for alias in &model.aliases {
        let ours = |number: i64| brought.numbers.iter().any(|(_, there)| *there == number);
        let number = brought.numbers.iter().find(|(here, _)| here.to_string() == alias.version);
        let Some((_, number)) = number else { continue };
        let holder = held.aliases.iter().find(|held| held.alias == alias.alias);
        let holder: Option<i64> = holder.and_then(|held| held.version.parse().ok());
        if holder == Some(*number) {
            continue;
        }
        if let Some(holder) = holder.filter(|holder| !ours(*holder)) {
            brought.left_out.push(format!(
                "alias '{}' of model '{}' stays with version {holder}, which was not copied",
                alias.alias, model.name
            ));
            continue;
        }
        let alias = Alias { alias: alias.alias.clone(), version: number.to_string() };
        server.client.set_alias(&model.name, &alias)?;
        brought.aliases_moved += 1;
    }
    Ok(())
}
