//! The questions that write: points, batches and runs go in; afterwards the server is asked what it
//! kept, and the line says both.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::crowd::{Tally, Window, crowd};
use crate::data::{EPOCH, Run, point, value};
use crate::http::Connection;
use crate::json::{Line, member};
use crate::reads::{PAGE, count_points, count_runs};
use std::fmt::Write;
use std::time::Duration;

const CREATE: &str = "/api/2.0/mlflow/runs/create";
const METRIC: &str = "/api/2.0/mlflow/runs/log-metric";
const BATCH: &str = "/api/2.0/mlflow/runs/log-batch";
const KEYS: u64 = 10;
const STEPS: u64 = 100;

/// Single points, each client into a run of its own.
pub fn log_metric(arguments: &Arguments) -> Outcome<String> {
    each_in_a_run(arguments, METRIC, "loss", 1, |out, run, number| {
        write!(
            out,
            r#"{{"run_uuid": "{run}", "run_id": "{run}", "key": "loss", "value": {}, "timestamp": {}, "step": {number}}}"#,
            value(number, 1),
            EPOCH + number,
        )
    })
}

/// Batches of 1,000 points, 100 new steps of 10 metrics, each client into a run of its own.
pub fn log_batch(arguments: &Arguments) -> Outcome<String> {
    each_in_a_run(arguments, BATCH, "key-0", STEPS, |out, run, number| {
        write!(out, r#"{{"run_id": "{run}", "params": [], "tags": [], "metrics": ["#)?;
        for index in 0..KEYS * STEPS {
            let (key, step) = (index % KEYS, number * STEPS + index / KEYS);
            let comma = if index == 0 { "" } else { ", " };
            let value = value(step, key);
            let at = EPOCH + step;
            write!(
                out,
                r#"{comma}{{"key": "key-{key}", "value": {value}, "timestamp": {at}, "step": {step}}}"#
            )?;
        }
        out.write_str("]}")
    })
}

/// Calls of `path` with what `body` writes. `kept` is what a call puts under `key`, counted later.
fn each_in_a_run(
    arguments: &Arguments,
    path: &str,
    key: &str,
    kept: u64,
    body: impl Fn(&mut String, &str, u64) -> std::fmt::Result + Sync,
) -> Outcome<String> {
    let (port, experiment) = (arguments.port()?, arguments.text("experiment")?);
    let window = arguments.window()?;
    let mut connection = Connection::new(port);
    // One after the other: MLflow refuses some of many that come at once.
    let runs = (0..window.clients)
        .map(|index| create(&mut connection, &Run::new(index).creation(experiment)))
        .collect::<Outcome<Vec<_>>>()?;
    let tally = crowd(window, |index| {
        let mut connection = Connection::new(port);
        let (run, body, mut text) = (&runs[index as usize], &body, String::new());
        Ok(move |number| {
            text.clear();
            body(&mut text, run, number).expect("memory takes what is written to it");
            connection.post(path, &text).map(drop)
        })
    })?;
    let mut connection = Connection::new(port);
    let mut found = 0;
    for run in &runs {
        found += count_points(&mut connection, run, key, PAGE)?;
    }
    Ok(line(tally, found as f64 / kept as f64))
}

/// Runs, without metrics.
pub fn create_run(arguments: &Arguments) -> Outcome<String> {
    let (port, experiment) = (arguments.port()?, arguments.text("experiment")?);
    let tally = crowd(arguments.window()?, |index| {
        let mut connection = Connection::new(port);
        Ok(move |number| {
            let run = Run::new(index * 10_000 + number);
            connection.post(CREATE, &run.creation(experiment)).map(drop)
        })
    })?;
    let found = count_runs(&mut Connection::new(port), experiment)?;
    Ok(line(tally, found as f64))
}

/// The runs of a span of indexes, with all their values.
pub fn fill(arguments: &Arguments) -> Outcome<String> {
    let (port, experiment) = (arguments.port()?, arguments.text("experiment")?);
    let (from, to) = (arguments.number::<u64>("from")?, arguments.number::<u64>("to")?);
    let clients = arguments.number::<u64>("clients")?;
    let most = (to - from).div_ceil(clients);
    let tally = crowd(Window { clients, most, ..unhurried() }, |client| {
        let mut connection = Connection::new(port);
        Ok(move |number| {
            let index = from + number * clients + client;
            if index >= to {
                return Ok(());
            }
            let run = Run::new(index);
            let run_id = create(&mut connection, &run.creation(experiment))?;
            connection.post(BATCH, &run.batch(&run_id)).map(drop)
        })
    })?;
    let found = count_runs(&mut Connection::new(port), experiment)?;
    Ok(line(tally, found as f64))
}

/// A run with one long metric, `long`, by batches of 1,000 steps.
pub fn points(arguments: &Arguments) -> Outcome<String> {
    let (port, experiment) = (arguments.port()?, arguments.text("experiment")?);
    let batches = arguments.number::<u64>("points")?.div_ceil(1_000);
    let mut connection = Connection::new(port);
    let run = create(&mut connection, &Run::new(0).creation(experiment))?;
    for batch in 0..batches {
        let metrics: Vec<_> = (batch * 1_000..(batch + 1) * 1_000)
            .map(|step| point("long", &value(step, 0), EPOCH + step, step))
            .collect();
        let body = format!(r#"{{"run_id": "{run}", "metrics": [{}]}}"#, metrics.join(", "));
        connection.post(BATCH, &body)?;
    }
    let mut line = Line::new();
    line.text("run", &run);
    Ok(line.end())
}

fn create(connection: &mut Connection, body: &str) -> Outcome<String> {
    let answer = connection.post(CREATE, body)?;
    member(answer, "run_id").map(str::to_owned).ok_or("a new run has no run_id".to_owned())
}

fn line(tally: Tally, kept: f64) -> String {
    let mut line = Line::new();
    tally.write(&mut line);
    line.number("kept", kept);
    line.end()
}

/// For loads that end by their number.
fn unhurried() -> Window {
    Window { clients: 1, warm: Duration::ZERO, timed: Duration::from_secs(3_600), most: 0 }
}
