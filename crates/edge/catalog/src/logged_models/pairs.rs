//! Tags and parameters of logged models: keys with values.

use database::{Tx, Value, values};

use super::{Found, find};
use crate::names::{check_text, within};
use crate::{CatalogError, Code, Tag, sql};

/// Longest key of a parameter or tag of a model.
const KEY: usize = 255;

/// Sets tags; of several with the same key, the last.
pub fn set_tags(
    tx: &mut Tx<'_>,
    workspace: &str,
    model_id: &str,
    tags: &[Tag],
) -> Result<(), CatalogError> {
    check("tags", tags)?;
    let found = find(tx, workspace, model_id)?;
    put_tags(tx, &found, &sql::last_of_each(tags))
}

/// Removes a tag.
pub fn delete_tag(
    tx: &mut Tx<'_>,
    workspace: &str,
    model_id: &str,
    key: &str,
) -> Result<(), CatalogError> {
    let found = find(tx, workspace, model_id)?;
    let removed =
        tx.execute("DELETE FROM model_tag WHERE model = ?1 AND key = ?2", values![found.id, key])?;
    if removed == 0 {
        let message = format!("No tag with key '{key}' found for model with ID '{model_id}'.");
        return Err(CatalogError::missing(message));
    }
    Ok(())
}

/// Adds parameters. A key that the model has already is refused.
pub fn log_params(
    tx: &mut Tx<'_>,
    workspace: &str,
    model_id: &str,
    params: &[Tag],
) -> Result<(), CatalogError> {
    check("params", params)?;
    let found = find(tx, workspace, model_id)?;
    put_params(tx, &found, params)
}

pub(super) fn put_tags(tx: &mut Tx<'_>, model: &Found, tags: &[&Tag]) -> Result<(), CatalogError> {
    tx.insert_many(
        "INSERT INTO model_tag (model, key, experiment, value) VALUES",
        4,
        &rows(model, tags),
        "ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
    )?;
    Ok(())
}

pub(super) fn put_params(
    tx: &mut Tx<'_>,
    model: &Found,
    params: &[Tag],
) -> Result<(), CatalogError> {
    let params: Vec<&Tag> = params.iter().collect();
    let inserted = tx.insert_many(
        "INSERT INTO model_param (model, key, experiment, value) VALUES",
        4,
        &rows(model, &params),
        "ON CONFLICT DO NOTHING",
    )?;
    if inserted < params.len() as u64 {
        return Err(twice("a parameter"));
    }
    Ok(())
}

/// The rows of tags or parameters, by key, so that writers never wait for each other in a circle.
fn rows<'a>(model: &Found, pairs: &[&'a Tag]) -> Vec<Value<'a>> {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let row = |pair: &&'a Tag| *values![model.id, &pair.key, model.experiment, &pair.value];
    pairs.iter().flat_map(row).collect()
}

fn twice(what: &str) -> CatalogError {
    let message = format!("{what} of a logged model has a key that is there already: leave it out");
    CatalogError::new(Code::BadRequest, message)
}

/// Refuses a tag that is there twice.
pub(super) fn check_unique(tags: &[Tag]) -> Result<(), CatalogError> {
    let unique = sql::last_of_each(tags).len() == tags.len();
    if unique { Ok(()) } else { Err(twice("a tag")) }
}

/// Refuses keys and values that cannot be kept.
pub(super) fn check(what: &str, pairs: &[Tag]) -> Result<(), CatalogError> {
    for (index, pair) in pairs.iter().enumerate() {
        let key = format!("{what}[{index}].key");
        check_text(&key, &pair.key)?;
        within(&key, KEY, &pair.key)?;
        check_text(&format!("{what}[{index}].value"), &pair.value)?;
    }
    Ok(())
}
