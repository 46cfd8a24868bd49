//! Metrics: numbers that a run measured, with a time and a step.

use std::collections::HashMap;

use database::{Row, Tx, Value, values};
use serde::Serialize;

use crate::logged_models::{self, Measured};
use crate::names::check_key;
use crate::runs::{self, Found};
use crate::values::{Page, wire_number};
use crate::{CatalogError, Code};

/// A measured value, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    /// What was measured.
    pub key: String,
    /// The value; may be NaN.
    #[serde(serialize_with = "wire_number")]
    pub value: f64,
    /// When, in milliseconds.
    pub timestamp: i64,
    /// At which step.
    pub step: i64,
}

/// A measured value with its run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricOfRun {
    /// The value.
    #[serde(flatten)]
    pub metric: Metric,
    /// The run.
    pub run_id: String,
}

/// A value as it is kept: an infinity is the largest number there is, since not every database has
/// infinities, and NaN is 0 with a mark.
pub(crate) fn kept(value: f64) -> (f64, bool) {
    match value {
        v if v.is_nan() => (0.0, true),
        f64::INFINITY => (f64::MAX, false),
        f64::NEG_INFINITY => (f64::MIN, false),
        v => (v, false),
    }
}

/// Reads `key, value, is_nan, time, step` from column `at` on.
pub(crate) fn read(row: &Row<'_>, at: usize) -> Result<Metric, database::DatabaseError> {
    let is_nan: bool = row.get(at + 2)?;
    Ok(Metric {
        key: row.get(at)?,
        value: if is_nan { f64::NAN } else { row.get(at + 1)? },
        timestamp: row.get(at + 3)?,
        step: row.get(at + 4)?,
    })
}

/// Checks a metric that stands at `path` in the request: empty, or `metrics[3].`.
pub fn check(path: &str, metric: &Metric) -> Result<(), CatalogError> {
    check_key(&format!("{path}name"), &metric.key)?;
    if metric.timestamp < 0 {
        return Err(CatalogError::invalid(format!(
            "Invalid value {} for parameter '{path}timestamp' supplied: metric '{}' (value={}). \
             Timestamp must be a nonnegative long (64-bit integer) ",
            metric.timestamp, metric.key, metric.value
        )));
    }
    Ok(())
}

/// Keeps checked metrics of a run; those that are there already are passed over.
pub(crate) fn put(tx: &mut Tx<'_>, run: &Found, metrics: &[Metric]) -> Result<(), CatalogError> {
    if metrics.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(metrics.len() * 6);
    let mut latest: HashMap<&str, (&Metric, f64, bool)> = HashMap::new();
    for metric in metrics {
        let (value, is_nan) = kept(metric.value);
        rows.extend_from_slice(values![
            run.id,
            &metric.key,
            metric.timestamp,
            metric.step,
            value,
            is_nan
        ]);
        let held = latest.entry(&metric.key).or_insert((metric, value, is_nan));
        if (metric.step, metric.timestamp, value) > (held.0.step, held.0.timestamp, held.1) {
            *held = (metric, value, is_nan);
        }
    }
    tx.insert_many(
        "INSERT INTO metric (run, key, time, step, value, is_nan) VALUES",
        6,
        &rows,
        "ON CONFLICT DO NOTHING",
    )?;
    // In the order of keys, so that two writers never wait for each other in a circle.
    let mut latest: Vec<_> = latest.into_values().collect();
    latest.sort_unstable_by(|a, b| a.0.key.cmp(&b.0.key));
    let rows: Vec<Value<'_>> = latest
        .iter()
        .flat_map(|(metric, value, is_nan)| {
            *values![
                run.id,
                &metric.key,
                run.experiment,
                *value,
                *is_nan,
                metric.step,
                metric.timestamp
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO latest_metric (run, key, experiment, value, is_nan, step, time) VALUES",
        7,
        &rows,
        "ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan,
             step = excluded.step, time = excluded.time
         WHERE (excluded.step, excluded.time, excluded.value)
             > (latest_metric.step, latest_metric.time, latest_metric.value)",
    )?;
    Ok(())
}

/// Logs one metric, and keeps it with the model that it was measured of, if there is one.
pub fn log(
    tx: &mut Tx<'_>,
    workspace: &str,
    run: &str,
    metric: &Metric,
    measured: &[Measured],
) -> Result<(), CatalogError> {
    check("", metric)?;
    let found = runs::active(tx, workspace, run)?;
    let metric = std::slice::from_ref(metric);
    put(tx, &found, metric)?;
    logged_models::put_measured(tx, workspace, run, metric, measured)
}

/// The values of a metric in the order of time, step and value: all, or a page of at most `max`.
pub fn history(
    tx: &mut Tx<'_>,
    workspace: &str,
    run: &str,
    key: &str,
    offset: usize,
    max: Option<usize>,
) -> Result<Page<Metric>, CatalogError> {
    let found = runs::find(tx, workspace, run)?;
    let limit = max.map_or(i64::MAX, |max| max as i64 + 1);
    let metrics = tx.query(
        "SELECT key, value, is_nan, time, step FROM metric WHERE run = ?1 AND key = ?2
         ORDER BY time, step, value LIMIT ?3 OFFSET ?4",
        values![found.id, key, limit, offset],
        |row| read(row, 0),
    )?;
    Ok(Page::of(metrics, offset, max.unwrap_or(usize::MAX - offset - 1)))
}

/// The values of a metric of several runs: by the run's id, then in the order of time, step and
/// value, at most `max` of all. Runs that are not there have none.
pub fn histories(
    tx: &mut Tx<'_>,
    workspace: &str,
    runs: &[String],
    key: &str,
    max: usize,
) -> Result<Vec<MetricOfRun>, CatalogError> {
    let mut asked: Vec<&String> = runs.iter().collect();
    asked.sort_unstable();
    asked.dedup();
    let mut found: Vec<MetricOfRun> = Vec::new();
    for run in asked {
        let Some(id) = numbered(tx, workspace, run)? else { continue };
        if found.len() >= max {
            break;
        }
        let metrics = tx.query(
            "SELECT key, value, is_nan, time, step FROM metric WHERE run = ?1 AND key = ?2
             ORDER BY time, step, value LIMIT ?3",
            values![id, key, max - found.len()],
            |row| read(row, 0),
        )?;
        let of_run = |metric| MetricOfRun { metric, run_id: run.clone() };
        found.extend(metrics.into_iter().map(of_run));
    }
    Ok(found)
}

/// The number of a run, if there is such a run.
fn numbered(tx: &mut Tx<'_>, workspace: &str, run: &str) -> Result<Option<i64>, CatalogError> {
    match runs::find(tx, workspace, run) {
        Ok(found) => Ok(Some(found.id)),
        Err(error) if error.code == Code::ResourceDoesNotExist => Ok(None),
        Err(error) => Err(error),
    }
}

/// Up to `max` values of a metric for each run, evenly spread over what was logged in the range of
/// steps, the first and the last among them. Runs that are not there have none.
pub fn sample(
    tx: &mut Tx<'_>,
    workspace: &str,
    runs: &[String],
    key: &str,
    steps: Option<(i64, i64)>,
    max: usize,
) -> Result<Vec<MetricOfRun>, CatalogError> {
    let mut sampled = Vec::new();
    let (first, last) = steps.unwrap_or((i64::MIN, i64::MAX));
    for run in runs {
        let Some(id) = numbered(tx, workspace, run)? else { continue };
        let mut all = tx.query(
            "SELECT key, value, is_nan, time, step FROM metric
             WHERE run = ?1 AND key = ?2 AND step >= ?3 AND step <= ?4
             ORDER BY step, time, value, is_nan",
            values![id, key, first, last],
            |row| read(row, 0),
        )?;
        let chosen = spread(all.len(), max.max(1));
        let mut index = 0;
        let mut wanted = chosen.iter().peekable();
        all.retain(|_| {
            let keep = wanted.next_if(|next| **next == index).is_some();
            index += 1;
            keep
        });
        let of_run = |metric| MetricOfRun { metric, run_id: run.clone() };
        sampled.extend(all.into_iter().map(of_run));
    }
    Ok(sampled)
}

/// The first place of each of `max` buckets whose sizes differ by at most one, the larger ones
/// first (SQL's `ntile`), and the last place instead of the last bucket's first.
fn spread(count: usize, max: usize) -> Vec<usize> {
    if count <= max {
        return (0..count).collect();
    }
    let (size, larger) = (count / max, count % max);
    let mut chosen: Vec<usize> =
        (0..max).map(|bucket| bucket * size + bucket.min(larger)).collect();
    *chosen.last_mut().expect("at least one is asked for") = count - 1;
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_evenly_spread() {
        assert_eq!(spread(3, 5), [0, 1, 2]);
        assert_eq!(spread(10, 1), [9]);
        assert_eq!(spread(10, 3), [0, 4, 9]);
        assert_eq!(spread(100, 4), [0, 25, 50, 99]);
    }
}
