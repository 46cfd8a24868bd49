//! One large file up and down through the server's artifact proxy → seconds.
//!
//! What comes down is written to a file and synced, so that it can be held against a copy on the same
//! disk.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::http::Connection;
use crate::json::Line;
use std::fs::File;
use std::time::Instant;

/// Sends `--file` to `--path`.
pub fn upload(arguments: &Arguments) -> Outcome<String> {
    let name = arguments.text("file")?;
    let mut file = File::open(name).map_err(|error| format!("{name}: {error}"))?;
    let mut connection = Connection::new(arguments.port()?);
    let start = Instant::now();
    connection.put_file(arguments.text("path")?, &mut file)?;
    Ok(seconds(start))
}

/// Brings `--path` into `--file`, synced.
pub fn download(arguments: &Arguments) -> Outcome<String> {
    let name = arguments.text("file")?;
    let mut connection = Connection::new(arguments.port()?);
    let start = Instant::now();
    let mut file = File::create(name).map_err(|error| format!("{name}: {error}"))?;
    connection.get_file(arguments.text("path")?, &mut file)?;
    file.sync_all().map_err(|error| format!("{name}: {error}"))?;
    Ok(seconds(start))
}

fn seconds(start: Instant) -> String {
    let mut line = Line::new();
    line.number("seconds", start.elapsed().as_secs_f64());
    line.end()
}
