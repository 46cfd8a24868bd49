//! Runs and their metrics, of the journal and of the server's database, as rows.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    Float64Builder, Int64Builder, MapBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use cycle::facts::RunAsked;
use database::{Database, DatabaseError, Options};
use journal::{Kind, Record, Spine};
use serde::de::DeserializeOwned;
use store::Home;
use tracking::{Evaluation, TrainingRun};

/// Microseconds of a millisecond.
const MILLI: i64 = 1_000;

/// A run as a row.
#[derive(Default)]
struct Run {
    run: String,
    kind: &'static str,
    experiment: String,
    name: String,
    status: String,
    started_us: Option<i64>,
    ended_us: Option<i64>,
    params: Vec<(String, String)>,
}

/// A metric as a row.
struct Metric {
    run: String,
    key: String,
    value: f64,
    step: i64,
    at_us: i64,
}

/// The rows of `runs`.
pub fn runs(home: &Path, journal: Option<&Home>) -> anyhow::Result<Vec<RecordBatch>> {
    let mut found = Vec::new();
    for (home, record) in records(journal) {
        found.extend(run_of(home, record)?);
    }
    if let Some(database) = tracking_of(home)? {
        found.extend(database.read_blocking(tracked_runs)?);
    }
    Ok(vec![run_rows(&found)?])
}

/// The rows of `metrics`.
pub fn metrics(home: &Path, journal: Option<&Home>) -> anyhow::Result<Vec<RecordBatch>> {
    let mut found = Vec::new();
    for (home, record) in records(journal) {
        found.extend(metrics_of(home, record)?);
    }
    if let Some(database) = tracking_of(home)? {
        found.extend(database.read_blocking(tracked_metrics)?);
    }
    Ok(vec![metric_rows(&found)?])
}

fn records(journal: Option<&Home>) -> impl Iterator<Item = (&Home, &Record)> {
    journal.into_iter().flat_map(|home| home.records().iter().map(move |record| (home, record)))
}

fn read<T: DeserializeOwned>(home: &Home, record: &Record) -> anyhow::Result<T> {
    Ok(serde_json::from_slice(&home.payload(&record.digest)?)?)
}

fn run_of(home: &Home, record: &Record) -> anyhow::Result<Option<Run>> {
    let started_us = Some(record.at.timestamp_micros());
    Ok(match (record.kind, &record.run) {
        (Kind::Trained, _) => {
            let made: TrainingRun = read(home, record)?;
            Some(Run {
                run: made.id.to_string(),
                kind: "training",
                experiment: made.experiment,
                name: record.id.to_string(),
                status: "FINISHED".to_owned(),
                started_us,
                ended_us: started_us,
                params: made.params.into_iter().collect(),
            })
        }
        (Kind::Commanded, Some(run)) => {
            let asked: RunAsked = read(home, record)?;
            let ended = home.record(&format!("{run}/completed").into());
            Some(Run {
                run: run.to_string(),
                kind: "mandate",
                experiment: asked.file.clone(),
                name: record.id.to_string(),
                status: if ended.is_some() { "FINISHED" } else { "RUNNING" }.to_owned(),
                // A question has no day of its own; that of its end is the last day of the data.
                started_us: None,
                ended_us: ended.map(|record| record.at.timestamp_micros()),
                params: vec![
                    ("code".to_owned(), asked.code),
                    ("revision".to_owned(), asked.revision),
                ],
            })
        }
        _ => None,
    })
}

fn metrics_of(home: &Home, record: &Record) -> anyhow::Result<Vec<Metric>> {
    let at_us = record.at.timestamp_micros();
    let (run, metrics) = match record.kind {
        Kind::Trained => {
            let made: TrainingRun = read(home, record)?;
            (made.id, made.metrics)
        }
        Kind::Evaluated => {
            let made: Evaluation = read(home, record)?;
            (made.run, made.metrics)
        }
        _ => return Ok(vec![]),
    };
    let metric = |(key, value)| Metric { run: run.to_string(), key, value, step: 0, at_us };
    Ok(metrics.into_iter().map(metric).collect())
}

/// The server's database in a home, if there is one.
fn tracking_of(home: &Path) -> anyhow::Result<Option<Database>> {
    let file = home.join("tracking.db");
    if !file.is_file() {
        return Ok(None);
    }
    let options = Options { readers: 1, writers: 1, waiting: 16 };
    Ok(Some(Database::open_as_it_is(&file.display().to_string(), &options)?))
}

fn tracked_runs(tx: &mut database::Tx<'_>) -> Result<Vec<Run>, DatabaseError> {
    let sql = "SELECT run.uuid, experiment.name, run.name, run.status, run.start_time, run.end_time \
               FROM run JOIN experiment ON experiment.id = run.experiment \
               WHERE run.active = 1 ORDER BY run.id";
    let mut runs = tx.query(sql, &[], |row| {
        Ok(Run {
            run: row.get(0)?,
            kind: "tracked",
            experiment: row.get(1)?,
            name: row.get(2)?,
            status: row.get(3)?,
            started_us: Some(row.get::<i64>(4)? * MILLI),
            ended_us: row.get::<Option<i64>>(5)?.map(|time| time * MILLI),
            params: vec![],
        })
    })?;
    let sql = "SELECT run.uuid, param.key, param.value FROM param JOIN run ON run.id = param.run \
               WHERE run.active = 1 ORDER BY run.id, param.key";
    let params = tx.query(sql, &[], |row| {
        Ok((row.get::<String>(0)?, (row.get::<String>(1)?, row.get::<String>(2)?)))
    })?;
    // Both are in the order of the runs.
    let mut at = 0;
    for (run, param) in params {
        while runs[at].run != run {
            at += 1;
        }
        runs[at].params.push(param);
    }
    Ok(runs)
}

fn tracked_metrics(tx: &mut database::Tx<'_>) -> Result<Vec<Metric>, DatabaseError> {
    let sql = "SELECT run.uuid, metric.key, metric.value, metric.is_nan, metric.step, metric.time \
               FROM metric JOIN run ON run.id = metric.run \
               WHERE run.active = 1 ORDER BY run.id, metric.key, metric.step, metric.time";
    tx.query(sql, &[], |row| {
        let value = row.get::<f64>(2)?;
        Ok(Metric {
            run: row.get(0)?,
            key: row.get(1)?,
            value: if row.get::<bool>(3)? { f64::NAN } else { value },
            step: row.get(4)?,
            at_us: row.get::<i64>(5)? * MILLI,
        })
    })
}

fn run_rows(runs: &[Run]) -> anyhow::Result<RecordBatch> {
    let mut texts: [StringBuilder; 5] = std::array::from_fn(|_| StringBuilder::new());
    let moments = || TimestampMicrosecondBuilder::new().with_timezone("UTC");
    let (mut started, mut ended) = (moments(), moments());
    let mut params = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for run in runs {
        let row = [&*run.run, run.kind, &*run.experiment, &*run.name, &*run.status];
        for (column, text) in texts.iter_mut().zip(row) {
            column.append_value(text);
        }
        started.append_option(run.started_us);
        ended.append_option(run.ended_us);
        for (key, value) in &run.params {
            params.keys().append_value(key);
            params.values().append_value(value);
        }
        params.append(true)?;
    }
    let [run, kind, experiment, name, status] =
        texts.map(|mut text| Arc::new(text.finish()) as ArrayRef);
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("run", run, true),
        ("kind", kind, true),
        ("experiment", experiment, true),
        ("name", name, true),
        ("status", status, true),
        ("started", Arc::new(started.finish()) as ArrayRef, true),
        ("ended", Arc::new(ended.finish()), true),
        ("params", Arc::new(params.finish()), true),
    ])?)
}

fn metric_rows(metrics: &[Metric]) -> anyhow::Result<RecordBatch> {
    let mut texts: [StringBuilder; 2] = std::array::from_fn(|_| StringBuilder::new());
    let (mut value, mut step) = (Float64Builder::new(), Int64Builder::new());
    let mut at = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    for metric in metrics {
        texts[0].append_value(&metric.run);
        texts[1].append_value(&metric.key);
        value.append_value(metric.value);
        step.append_value(metric.step);
        at.append_value(metric.at_us);
    }
    let [run, key] = texts.map(|mut text| Arc::new(text.finish()) as ArrayRef);
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("run", run, true),
        ("key", key, true),
        ("value", Arc::new(value.finish()) as ArrayRef, true),
        ("step", Arc::new(step.finish()), true),
        ("at", Arc::new(at.finish()), true),
    ])?)
}
