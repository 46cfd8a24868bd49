//! Logged models and registered models, from their tables.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::runs::{all, number, tag, text};
use super::tables::Tables;
use crate::things::{
    Alias, LoggedModel, Metric, ModelData, ModelInfo, ModelMetric, RegisteredModel, Version,
};

type Read<T> = rusqlite::Result<T>;

/// The words of the wire for the numbers of the table.
const STATUSES: [&str; 4] = [
    "LOGGED_MODEL_STATUS_UNSPECIFIED",
    "LOGGED_MODEL_PENDING",
    "LOGGED_MODEL_READY",
    "LOGGED_MODEL_UPLOAD_FAILED",
];
/// The stage of a version that was deleted.
const DELETED: &str = "Deleted_Internal";

/// The logged models of an experiment, the oldest first.
pub(super) fn logged(db: &Connection, tables: &Tables, experiment: &str) -> Read<Vec<LoggedModel>> {
    if !tables.have("logged_models") {
        return Ok(vec![]);
    }
    let sql = "SELECT model_id, experiment_id, name, artifact_location, creation_timestamp_ms,
             last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id
         FROM logged_models WHERE experiment_id = ?1 ORDER BY creation_timestamp_ms, model_id";
    let infos = all(db, sql, params![experiment], |row| {
        let status = usize::try_from(number(row, 6)?).unwrap_or_default();
        Ok(ModelInfo {
            model_id: row.get(0)?,
            experiment_id: row.get::<_, i64>(1)?.to_string(),
            name: row.get(2)?,
            artifact_uri: row.get(3)?,
            creation_timestamp_ms: row.get(4)?,
            last_updated_timestamp_ms: row.get(5)?,
            status: STATUSES.get(status).unwrap_or(&STATUSES[0]).to_string(),
            deleted: text(row, 7)? == "deleted",
            model_type: text(row, 8)?,
            source_run_id: text(row, 9)?,
            tags: vec![],
        })
    })?;
    infos.into_iter().map(|info| with_data(db, info)).collect()
}

fn with_data(db: &Connection, mut info: ModelInfo) -> Read<LoggedModel> {
    let id = info.model_id.clone();
    let sql = "SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ?1
               ORDER BY tag_key";
    info.tags = all(db, sql, params![id], |row| tag(row, 0))?;
    let sql = "SELECT param_key, param_value FROM logged_model_params WHERE model_id = ?1
               ORDER BY param_key";
    let params = all(db, sql, params![id], |row| tag(row, 0))?;
    let sql = "SELECT metric_name, metric_value, metric_timestamp_ms, metric_step, run_id,
                   dataset_name, dataset_digest
               FROM logged_model_metrics WHERE model_id = ?1
               ORDER BY metric_name, metric_timestamp_ms, metric_step, run_id";
    let metrics = all(db, sql, params![id], |row| {
        Ok(ModelMetric {
            metric: Metric {
                key: row.get(0)?,
                value: row.get::<_, Option<f64>>(1)?.unwrap_or(f64::NAN),
                timestamp: number(row, 2)?,
                step: number(row, 3)?,
            },
            run_id: text(row, 4)?,
            dataset_name: row.get(5)?,
            dataset_digest: row.get(6)?,
        })
    })?;
    Ok(LoggedModel { info, data: ModelData { params, metrics } })
}

/// The registered models with their versions and aliases.
pub(super) fn registered(
    db: &Connection,
    tables: &Tables,
    workspace: &str,
) -> Read<Vec<RegisteredModel>> {
    let within = |table: &str| tables.in_workspace(table);
    let sql = format!(
        "SELECT name, creation_time, last_updated_time, description FROM registered_models
         WHERE {} ORDER BY name",
        within("registered_models")
    );
    let mut models = all(db, &sql, params![workspace], |row| {
        Ok(RegisteredModel {
            name: row.get(0)?,
            creation_timestamp: number(row, 1)?,
            last_updated_timestamp: number(row, 2)?,
            description: row.get(3)?,
            ..RegisteredModel::default()
        })
    })?;
    let places: HashMap<String, usize> =
        models.iter().enumerate().map(|(place, model)| (model.name.clone(), place)).collect();
    let sql = format!(
        "SELECT name, key, value FROM registered_model_tags WHERE {} ORDER BY name, key",
        within("registered_model_tags")
    );
    for (name, tag) in
        all(db, &sql, params![workspace], |row| Ok((row.get::<_, String>(0)?, tag(row, 1)?)))?
    {
        if let Some(place) = places.get(&name) {
            models[*place].tags.push(tag);
        }
    }
    if tables.have("registered_model_aliases") {
        let sql = format!(
            "SELECT name, alias, version FROM registered_model_aliases WHERE {}
             ORDER BY name, alias",
            within("registered_model_aliases")
        );
        for (name, alias) in all(db, &sql, params![workspace], |row| {
            let version = row.get::<_, i64>(2)?.to_string();
            Ok((row.get::<_, String>(0)?, Alias { alias: row.get(1)?, version }))
        })? {
            if let Some(place) = places.get(&name) {
                models[*place].aliases.push(alias);
            }
        }
    }
    for version in versions(db, tables, workspace)? {
        if let Some(place) = places.get(&version.name) {
            models[*place].versions.push(version);
        }
    }
    Ok(models)
}

fn versions(db: &Connection, tables: &Tables, workspace: &str) -> Read<Vec<Version>> {
    let sql = format!(
        "SELECT name, version, creation_time, last_updated_time, description, current_stage,
             source, run_id, run_link
         FROM model_versions WHERE {} AND current_stage <> '{DELETED}' ORDER BY name, version",
        tables.in_workspace("model_versions")
    );
    let mut found = all(db, &sql, params![workspace], |row| {
        let source = text(row, 6)?;
        let named = source.strip_prefix("models:/").filter(|id| !id.contains('/'));
        Ok(Version {
            name: row.get(0)?,
            version: row.get(1)?,
            creation_timestamp: number(row, 2)?,
            last_updated_timestamp: number(row, 3)?,
            description: row.get(4)?,
            current_stage: text(row, 5)?,
            model_id: named.map(str::to_owned),
            source,
            run_id: row.get(7)?,
            run_link: row.get(8)?,
            ..Version::default()
        })
    })?;
    let places: HashMap<(String, i64), usize> = found
        .iter()
        .enumerate()
        .map(|(place, version)| ((version.name.clone(), version.version), place))
        .collect();
    let sql = format!(
        "SELECT name, version, key, value FROM model_version_tags WHERE {}
         ORDER BY name, version, key",
        tables.in_workspace("model_version_tags")
    );
    for (owner, tag) in all(db, &sql, params![workspace], |row| {
        Ok(((row.get::<_, String>(0)?, row.get::<_, i64>(1)?), tag(row, 2)?))
    })? {
        if let Some(place) = places.get(&owner) {
            found[*place].tags.push(tag);
        }
    }
    Ok(found)
}
