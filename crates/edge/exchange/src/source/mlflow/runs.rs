//! Experiments and runs, from their tables.

use std::collections::HashMap;

use catalog::Tag;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::tables::Tables;
use crate::things::{Dataset, DatasetInput, Experiment, Metric, ModelLink, Run, RunInfo};

type Read<T> = rusqlite::Result<T>;

pub(super) fn experiments(
    db: &Connection,
    tables: &Tables,
    workspace: &str,
) -> Read<Vec<Experiment>> {
    let sql = format!(
        "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time,
             last_update_time
         FROM experiments WHERE {} ORDER BY experiment_id",
        tables.in_workspace("experiments")
    );
    let mut found = all(db, &sql, params![workspace], |row| {
        Ok(Experiment {
            experiment_id: row.get::<_, i64>(0)?.to_string(),
            name: row.get(1)?,
            artifact_location: text(row, 2)?,
            lifecycle_stage: text(row, 3)?,
            creation_time: number(row, 4)?,
            last_update_time: number(row, 5)?,
            tags: vec![],
        })
    })?;
    for experiment in &mut found {
        let sql = "SELECT key, value FROM experiment_tags WHERE experiment_id = ?1 ORDER BY key";
        experiment.tags = all(db, sql, params![experiment.experiment_id], |row| tag(row, 0))?;
    }
    Ok(found)
}

/// The ids of the runs of an experiment, the oldest first.
pub(super) fn ids(db: &Connection, experiment: &str) -> Read<Vec<String>> {
    let sql = "SELECT run_uuid FROM runs WHERE experiment_id = ?1 ORDER BY start_time, run_uuid";
    all(db, sql, params![experiment], |row| row.get(0))
}

/// These runs with all that belongs to them but their histories, in their order.
pub(super) fn full(db: &Connection, tables: &Tables, ids: &[String]) -> Read<Vec<Run>> {
    let mut runs: Vec<Run> = ids.iter().map(|_| Run::default()).collect();
    let places: HashMap<&str, usize> =
        ids.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
    let each =
        |sql: &str, take: &mut dyn FnMut(&mut Run, &Row<'_>) -> Read<()>, runs: &mut [Run]| {
            of_runs(db, sql, ids, &mut |id, row| {
                places.get(id).map_or(Ok(()), |place| take(&mut runs[*place], row))
            })
        };
    each(INFO, &mut info, &mut runs)?;
    each(
        "SELECT run_uuid, key, value, timestamp, step, is_nan FROM latest_metrics
         WHERE run_uuid IN (#) ORDER BY run_uuid, key",
        &mut |run, row| {
            run.data.metrics.push(metric(row, 1)?);
            Ok(())
        },
        &mut runs,
    )?;
    each(
        "SELECT run_uuid, key, value FROM params WHERE run_uuid IN (#) ORDER BY run_uuid, key",
        &mut |run, row| {
            run.data.params.push(tag(row, 1)?);
            Ok(())
        },
        &mut runs,
    )?;
    each(
        "SELECT run_uuid, key, value FROM tags WHERE run_uuid IN (#) ORDER BY run_uuid, key",
        &mut |run, row| {
            run.data.tags.push(tag(row, 1)?);
            Ok(())
        },
        &mut runs,
    )?;
    if tables.have("inputs") {
        datasets(db, ids, &places, &mut runs)?;
        links(db, tables, ids, &places, &mut runs)?;
    }
    for run in runs.iter_mut().filter(|run| run.info.run_name.is_empty()) {
        let tag = run.data.tags.iter().find(|tag| tag.key == "mlflow.runName");
        run.info.run_name = tag.map(|tag| tag.value.clone()).unwrap_or_default();
    }
    Ok(runs)
}

const INFO: &str = "SELECT run_uuid, experiment_id, name, user_id, status, start_time, end_time,
         artifact_uri, lifecycle_stage, deleted_time
     FROM runs WHERE run_uuid IN (#)";

fn info(run: &mut Run, row: &Row<'_>) -> Read<()> {
    run.info = RunInfo {
        run_id: row.get(0)?,
        experiment_id: row.get::<_, i64>(1)?.to_string(),
        run_name: text(row, 2)?,
        user_id: text(row, 3)?,
        status: text(row, 4)?,
        start_time: number(row, 5)?,
        end_time: row.get(6)?,
        artifact_uri: text(row, 7)?,
        lifecycle_stage: text(row, 8)?,
        deleted_time: row.get(9)?,
    };
    Ok(())
}

fn datasets(
    db: &Connection,
    ids: &[String],
    places: &HashMap<&str, usize>,
    runs: &mut [Run],
) -> Read<()> {
    let mut inputs: HashMap<String, (usize, usize)> = HashMap::new();
    let sql = "SELECT i.destination_id, i.input_uuid, d.name, d.digest, d.dataset_source_type,
             d.dataset_source, d.dataset_schema, d.dataset_profile
         FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
         WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN'
             AND i.destination_id IN (#) ORDER BY i.destination_id, d.name, d.digest";
    of_runs(db, sql, ids, &mut |id, row| {
        let Some(place) = places.get(id) else { return Ok(()) };
        let dataset = Dataset {
            name: row.get(2)?,
            digest: row.get(3)?,
            source_type: row.get(4)?,
            source: row.get(5)?,
            schema: row.get(6)?,
            profile: row.get(7)?,
        };
        let held = &mut runs[*place].inputs.dataset_inputs;
        inputs.insert(row.get(1)?, (*place, held.len()));
        held.push(DatasetInput { tags: vec![], dataset });
        Ok(())
    })?;
    let sql = "SELECT i.destination_id, t.input_uuid, t.name, t.value
         FROM inputs i JOIN input_tags t ON t.input_uuid = i.input_uuid
         WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN'
             AND i.destination_id IN (#) ORDER BY t.name";
    of_runs(db, sql, ids, &mut |_, row| {
        if let Some((run, input)) = inputs.get(&row.get::<_, String>(1)?) {
            runs[*run].inputs.dataset_inputs[*input].tags.push(tag(row, 2)?);
        }
        Ok(())
    })
}

/// The logged models that runs read and made.
fn links(
    db: &Connection,
    tables: &Tables,
    ids: &[String],
    places: &HashMap<&str, usize>,
    runs: &mut [Run],
) -> Read<()> {
    let sql = format!(
        "SELECT source_id, source_type, destination_id, {} FROM inputs
         WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id IN (#)
         ORDER BY source_id, destination_id",
        tables.column("inputs", "step")
    );
    of_runs(db, &sql, ids, &mut |id, row| {
        let Some(place) = places.get(id) else { return Ok(()) };
        let link = ModelLink { model_id: row.get(2)?, step: number(row, 3)? };
        match row.get_ref(1)?.as_str()? {
            "RUN_INPUT" => runs[*place].inputs.model_inputs.push(link),
            _ => runs[*place].outputs.model_outputs.push(link),
        }
        Ok(())
    })
}

/// All that a run measured, by metric and time.
pub(super) fn history(db: &Connection, run: &str) -> Read<Vec<Metric>> {
    let sql = "SELECT key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ?1
               ORDER BY key, timestamp, step, value";
    all(db, sql, params![run], |row| metric(row, 0))
}

/// Reads `key, value, timestamp, step, is_nan` from column `at` on.
fn metric(row: &Row<'_>, at: usize) -> Read<Metric> {
    let is_nan: bool = row.get(at + 4)?;
    let value: Option<f64> = row.get(at + 1)?;
    Ok(Metric {
        key: row.get(at)?,
        value: value.filter(|_| !is_nan).unwrap_or(f64::NAN),
        timestamp: number(row, at + 2)?,
        step: number(row, at + 3)?,
    })
}

/// All rows of an answer.
pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    given: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> Read<T>,
) -> Read<Vec<T>> {
    db.prepare_cached(sql)?.query_map(given, read)?.collect()
}

/// Gives each row of an answer about these runs, whose id stands first, to `take`; `#` in the
/// statement stands for their ids.
pub(super) fn of_runs(
    db: &Connection,
    sql: &str,
    ids: &[String],
    take: &mut dyn FnMut(&str, &Row<'_>) -> Read<()>,
) -> Read<()> {
    let marks = vec!["?"; ids.len()].join(", ");
    let mut statement = db.prepare(&sql.replace('#', &marks))?;
    let mut rows = statement.query(params_from_iter(ids))?;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        take(&id, row)?;
    }
    Ok(())
}

/// Text; nothing where there is none.
pub(super) fn text(row: &Row<'_>, at: usize) -> Read<String> {
    Ok(row.get::<_, Option<String>>(at)?.unwrap_or_default())
}

/// A whole number; nought where there is none.
pub(super) fn number(row: &Row<'_>, at: usize) -> Read<i64> {
    Ok(row.get::<_, Option<i64>>(at)?.unwrap_or_default())
}

/// Two columns as a key with a value.
pub(super) fn tag(row: &Row<'_>, at: usize) -> Read<Tag> {
    Ok(Tag { key: row.get(at)?, value: text(row, at + 1)? })
}
