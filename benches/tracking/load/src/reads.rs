//! The questions that read: a search again and again, all pages of a history. The last answers go
//! into a file, so that they can be compared.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::crowd::crowd;
use crate::http::Connection;
use crate::json::{Line, count, member, quoted};
use std::fs;
use std::sync::Mutex;
use std::time::Instant;

const SEARCH: &str = "/api/2.0/mlflow/runs/search";
const HISTORY: &str = "/api/2.0/mlflow/metrics/get-history";
/// The most points that a page of a history may have.
pub const PAGE: u64 = 25_000;

/// One search, by each client again and again.
pub fn search(arguments: &Arguments) -> Outcome<String> {
    let port = arguments.port()?;
    let body = format!(
        r#"{{"experiment_ids": [{}], "filter": {}, "run_view_type": "ACTIVE_ONLY", "max_results": 50, "order_by": [{}]}}"#,
        quoted(arguments.text("experiment")?),
        quoted(arguments.text("filter")?),
        quoted(arguments.text("order")?),
    );
    let last = Mutex::new(String::new());
    let tally = crowd(arguments.window()?, |_| {
        let mut connection = Connection::new(port);
        let (body, last) = (&body, &last);
        Ok(move |number| {
            let answer = connection.post(SEARCH, body)?;
            if number == 0 {
                last.lock().expect("nobody panics with the lock").push_str(answer);
            }
            Ok(())
        })
    })?;
    save(arguments, &last.into_inner().expect("nobody panics with the lock"))?;
    let mut line = Line::new();
    tally.write(&mut line);
    Ok(line.end())
}

/// All pages of the metric `long` of one run, `rounds` times; the median of the seconds.
pub fn history(arguments: &Arguments) -> Outcome<String> {
    let run = arguments.text("run")?;
    let size = arguments.number("page")?;
    let mut connection = Connection::new(arguments.port()?);
    let (mut seconds, mut bodies) = (Vec::new(), Vec::new());
    for _ in 0..arguments.number::<u64>("rounds")? {
        bodies.clear();
        let start = Instant::now();
        pages(&mut connection, run, "long", size, |body| bodies.push(body.to_owned()))?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    save(arguments, &format!("[{}]", bodies.join(",\n")))?;
    let mut line = Line::new();
    line.number("seconds", seconds[seconds.len() / 2]);
    line.number("pages", bodies.len() as f64);
    Ok(line.end())
}

/// How many points of a metric a run has.
pub fn count_points(connection: &mut Connection, run: &str, key: &str, size: u64) -> Outcome<u64> {
    let mut found = 0;
    pages(connection, run, key, size, |body| found += count(body, "timestamp"))?;
    Ok(found)
}

/// How many runs an experiment has.
pub fn count_runs(connection: &mut Connection, experiment: &str) -> Outcome<u64> {
    let (mut found, mut token) = (0, String::new());
    loop {
        let body = format!(
            r#"{{"experiment_ids": ["{experiment}"], "max_results": 5000, "page_token": "{token}"}}"#
        );
        let answer = connection.post(SEARCH, &body)?;
        found += count(answer, "run_uuid");
        match member(answer, "next_page_token") {
            Some(next) if !next.is_empty() => token = next.to_owned(),
            _ => return Ok(found),
        }
    }
}

fn pages(
    connection: &mut Connection,
    run: &str,
    key: &str,
    size: u64,
    mut each: impl FnMut(&str),
) -> Outcome<()> {
    let first =
        format!("{HISTORY}?run_uuid={run}&metric_key={key}&run_id={run}&max_results={size}");
    let mut path = first.clone();
    loop {
        let answer = connection.get(&path)?;
        each(answer);
        match member(answer, "next_page_token") {
            Some(token) if !token.is_empty() => {
                path = format!("{first}&page_token={}", escaped(token));
            }
            _ => return Ok(()),
        }
    }
}

fn escaped(token: &str) -> String {
    let letters = token.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    letters.collect()
}

fn save(arguments: &Arguments, text: &str) -> Outcome<()> {
    let path = arguments.text("out")?;
    fs::write(path, text).map_err(|error| format!("{path}: {error}"))
}
