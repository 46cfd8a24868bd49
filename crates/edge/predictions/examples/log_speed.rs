//! How many predictions a second a log takes, and how it grows to many rows, for `benches/serving`.
//!
//! `log_speed append FOLDER ROWS FEATURES BATCH CALLERS synced|written` logs rows from several callers
//! at once and prints a line of JSON: rows a second, milliseconds of an append at the median and the
//! 99th percentile. `log_speed fill FOLDER ROWS FEATURES` writes the Parquet files that a log of so many
//! rows has, without going through the log, and prints some ids of it. `log_speed find FOLDER ID…`
//! looks ids up without SQL.

// What it measures is what it prints.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use predictions::{
    Durability, Options, Prediction, PredictionId, PredictionLog, Served, find, record_batch,
    write_parquet,
};
use types::Timestamp;

/// Rows of a Parquet file that was merged twice.
const FILE_ROWS: usize = 2_000_000;

/// Rows that are made at a time.
const BATCH_ROWS: usize = 8_192;

/// What all rows share.
struct Shape {
    model: Arc<Served>,
    features: Arc<[String]>,
    outputs: Arc<[String]>,
    keys: Arc<[String]>,
}

impl Shape {
    fn new(features: usize) -> Self {
        let model = Served {
            name: "returns".to_owned(),
            version: "7".to_owned(),
            alias: Some("champion".to_owned()),
            run: Some("8d6f2c0e4b5a4f0c9b1e7d3a2c5f6e80".to_owned()),
            digest: Some("3b".repeat(32)),
            route: Some("primary".to_owned()),
        };
        Self {
            model: Arc::new(model),
            features: (0..features).map(|n| format!("feature_{n:02}")).collect(),
            outputs: Arc::new(["expected_return".to_owned()]),
            keys: Arc::new(["symbol".to_owned()]),
        }
    }

    /// Row number `n`: other values in each, so that nothing is squeezed that would not be.
    fn row(&self, n: u64, at: Timestamp) -> Prediction {
        let value = |k: u64| {
            let mixed = (n * 31 + k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            ((mixed >> 11) as f64 / (1_u64 << 53) as f64 - 0.5).into()
        };
        let features = (0..self.features.len() as u64).map(value).collect();
        let mut one = Prediction::new(
            at,
            self.model.clone(),
            self.features.clone(),
            features,
            self.outputs.clone(),
            vec![(n % 2_001) as f64 / 1e4 - 0.1],
        );
        one.caller = Some("bench".into());
        one.entity_names = self.keys.clone();
        one.entity = vec![format!("S{:04}", n % 500).into()];
        one.latency_us = 40 + n % 60;
        one
    }
}

fn now() -> Timestamp {
    std::time::SystemTime::now().into()
}

fn append(
    folder: &Path,
    rows: usize,
    features: usize,
    batch: usize,
    callers: usize,
    how: Durability,
) {
    let log = PredictionLog::open(folder, Options::default()).expect("the log opens");
    let shape = Shape::new(features);
    let each = rows / callers / batch;
    // Made before the clock starts: what is measured is the log.
    let lists: Vec<Vec<Vec<Prediction>>> = (0..callers)
        .map(|caller| {
            let list =
                |n: usize| (0..batch).map(|k| shape.row((n * batch + k) as u64, now())).collect();
            (0..each).map(|n| list(caller * each + n)).collect()
        })
        .collect();
    let began = Instant::now();
    let mut times: Vec<f64> = std::thread::scope(|scope| {
        let log = &log;
        let threads: Vec<_> = lists
            .iter()
            .map(|lists| {
                scope.spawn(move || {
                    let append = |list: &Vec<Prediction>| {
                        let began = Instant::now();
                        while let Err(error) = log.append_blocking(list, how) {
                            assert_eq!(error, predictions::LogError::Busy);
                        }
                        began.elapsed().as_secs_f64() * 1e3
                    };
                    lists.iter().map(append).collect::<Vec<f64>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("an append")).collect()
    });
    let seconds = began.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let usage = log.usage();
    println!(
        "{{\"rows\": {}, \"seconds\": {seconds:.3}, \"rows_a_second\": {:.0}, \"append_ms_p50\": {:.3}, \
         \"append_ms_p99\": {:.3}, \"syncs\": {}, \"bytes_a_row\": {:.0}}}",
        usage.rows,
        usage.rows as f64 / seconds,
        at(0.5),
        at(0.99),
        usage.syncs,
        usage.bytes as f64 / usage.rows as f64
    );
}

fn fill(folder: &Path, rows: usize, features: usize) {
    let shape = Shape::new(features);
    let start = now() - chrono::Duration::days(30);
    let place = folder.join("parquet");
    std::fs::create_dir_all(&place).expect("the folder can be made");
    let began = Instant::now();
    for (number, from) in (0..rows).step_by(FILE_ROWS).enumerate() {
        let to = (from + FILE_ROWS).min(rows);
        let mut shown = None;
        let batches = (from..to).step_by(BATCH_ROWS).map(|from| {
            let mut made: Vec<Prediction> = (from..(from + BATCH_ROWS).min(to))
                .map(|n| {
                    // A thousand a second; ids as they were made then.
                    let at = start + chrono::Duration::milliseconds(n as i64);
                    let mut one = shape.row(n as u64, at);
                    one.id = PredictionId::derived(at, &n.to_le_bytes());
                    one
                })
                .collect();
            made.sort_by_key(|one| one.id);
            shown.get_or_insert(made[made.len() / 2].id);
            Ok(record_batch(&made))
        });
        // Sixty-four segments each, as after two merges.
        let (first, last) = (number * 64 + 1, number * 64 + 64);
        write_parquet(&place.join(format!("{first:08}-{last:08}.parquet")), batches)
            .expect("the file can be written");
        println!("{}", shown.expect("a file has rows"));
    }
    eprintln!("{rows} rows in {:.0} s", began.elapsed().as_secs_f64());
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| words[place].replace('_', "").parse().expect("a number");
    let folder = || PathBuf::from(&words[1]);
    match words.first().map(String::as_str) {
        Some("append") if words.len() == 7 => {
            let how = if words[6] == "synced" { Durability::Synced } else { Durability::Written };
            append(&folder(), number(2), number(3), number(4), number(5), how);
        }
        Some("fill") if words.len() == 4 => fill(&folder(), number(2), number(3)),
        Some("find") if words.len() > 2 => {
            for id in &words[2..] {
                let began = Instant::now();
                let found =
                    find(&folder(), id.parse().expect("an id")).expect("the log can be read");
                println!(
                    "{{\"id\": \"{id}\", \"rows\": {}, \"ms\": {:.1}}}",
                    found.map_or(0, |row| row.num_rows()),
                    began.elapsed().as_secs_f64() * 1e3
                );
            }
        }
        _ => {
            eprintln!(
                "log_speed append FOLDER ROWS FEATURES BATCH CALLERS synced|written\n\
                 log_speed fill FOLDER ROWS FEATURES\nlog_speed find FOLDER ID…"
            );
            std::process::exit(2);
        }
    }
}
