//! A run of the server's database: what it was given and what it measured.

use std::collections::BTreeMap;
use std::path::Path;

use database::{Database, DatabaseError, Options, Tx, Value};
use serde::Serialize;

use crate::show::{day, some};

/// A run.
#[derive(Debug, Serialize)]
pub struct TrackedRun {
    run: String,
    experiment: String,
    name: String,
    status: String,
    start_time: i64,
    params: BTreeMap<String, String>,
    metrics: BTreeMap<String, f64>,
    /// Names of data sets that it read, with their digests.
    data: Vec<(String, String)>,
}

impl TrackedRun {
    /// What is printed about it: names and sentences.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let pairs = |pairs: Vec<String>| some(pairs.iter().map(String::as_str));
        let params = self.params.iter().map(|(key, value)| format!("{key} {value}")).collect();
        let metrics = self.metrics.iter().map(|(key, value)| format!("{key} {value}")).collect();
        let data: Vec<String> =
            self.data.iter().map(|(name, digest)| format!("{name} {digest}")).collect();
        let mut facts = vec![
            (
                "training",
                format!(
                    "run {} ({}) of the experiment {}, {} on {}",
                    self.run,
                    self.name,
                    self.experiment,
                    self.status.to_lowercase(),
                    day(self.start_time)
                ),
            ),
            ("params", pairs(params)),
            ("metrics", pairs(metrics)),
        ];
        if !data.is_empty() {
            facts.push(("data", pairs(data)));
        }
        facts.retain(|(_, says)| !says.is_empty());
        facts
    }
}

/// The run with this id in the database of the server in `home`, if both are there.
pub fn tracked_run(home: &Path, run: &str) -> anyhow::Result<Option<TrackedRun>> {
    let file = home.join("tracking.db");
    if !file.is_file() {
        return Ok(None);
    }
    let options = Options { readers: 1, writers: 1, waiting: 16 };
    let database = Database::open_as_it_is(&file.display().to_string(), &options)?;
    let run = run.to_owned();
    Ok(database.read_blocking(move |tx| read(tx, &run))?)
}

fn read(tx: &mut Tx<'_>, uuid: &str) -> Result<Option<TrackedRun>, DatabaseError> {
    let sql = "SELECT run.id, experiment.name, run.name, run.status, run.start_time \
               FROM run JOIN experiment ON experiment.id = run.experiment WHERE run.uuid = ?1";
    let found = tx.query(sql, &[Value::from(uuid)], |row| {
        let run = TrackedRun {
            run: uuid.to_owned(),
            experiment: row.get(1)?,
            name: row.get(2)?,
            status: row.get(3)?,
            start_time: row.get(4)?,
            params: BTreeMap::new(),
            metrics: BTreeMap::new(),
            data: vec![],
        };
        Ok((row.get::<i64>(0)?, run))
    })?;
    let Some((id, mut run)) = found.into_iter().next() else { return Ok(None) };
    let of = [Value::from(id)];
    let params = "SELECT key, value FROM param WHERE run = ?1";
    run.params = tx.query(params, &of, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect();
    let metrics = "SELECT key, value FROM latest_metric WHERE run = ?1 AND is_nan = 0";
    run.metrics =
        tx.query(metrics, &of, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect();
    let data = "SELECT dataset.name, dataset.digest FROM dataset_input AS given JOIN dataset ON dataset.id = given.dataset \
                WHERE given.run = ?1 ORDER BY dataset.name";
    run.data = tx.query(data, &of, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Some(run))
}
