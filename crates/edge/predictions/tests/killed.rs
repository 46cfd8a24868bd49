//! A process that logs is killed at any moment: what it acknowledged is there, once.
//!
//! The child is this test itself, run again with a folder in its environment. It prints the id of
//! each prediction after it was acknowledged; the parent kills it with SIGKILL, opens the log and
//! compares.

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{ids, some};
use predictions::{Durability, Options, PredictionLog};

const FOLDER: &str = "PREDICTIONS_TEST_FOLDER";

/// Segments so small that files come about and are merged all the time.
fn options() -> Options {
    Options { segment_bytes: 8_000, merge: 2, ..Options::default() }
}

/// Logs until it is killed. Not a test of its own.
fn child(folder: &Path) {
    let log = PredictionLog::open(folder, options()).unwrap();
    std::thread::scope(|scope| {
        for durability in [Durability::Synced, Durability::Written] {
            let log = &log;
            scope.spawn(move || {
                for n in 0.. {
                    let rows = some(n, n + 1 + n % 7);
                    log.append_blocking(&rows, durability).unwrap();
                    let told: String = rows.iter().map(|one| format!("id {}\n", one.id)).collect();
                    std::io::stdout().lock().write_all(told.as_bytes()).unwrap();
                }
            });
        }
    });
}

/// Runs the child for a while and kills it; gives the ids that it acknowledged.
fn killed_after(folder: &Path, time: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_a_killed_process_acknowledged_is_there_once", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let whole = |line: String| line.strip_prefix("id ").map(str::to_owned);
        // A line that was cut off has no whole id; what was printed whole was acknowledged.
        lines
            .map_while(Result::ok)
            .filter_map(whole)
            .filter(|id| id.len() == 36)
            .collect::<Vec<_>>()
    });
    std::thread::sleep(time);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn what_a_killed_process_acknowledged_is_there_once() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return child(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeSet<String> = BTreeSet::new();
    for round in 0_u64..12 {
        // Some moments apart that have nothing to do with each other.
        let time = Duration::from_millis(60 + round * 7_919 % 240);
        acknowledged.extend(killed_after(folder.path(), time));
        let found = ids(folder.path());
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} lost", lost.len(), acknowledged.len());
    }
    assert!(acknowledged.len() > 100, "only {} were acknowledged", acknowledged.len());
    let log = PredictionLog::open(folder.path(), options()).unwrap();
    assert_eq!(log.recovered().damaged, Vec::<std::path::PathBuf>::new());
    drop(log);
    let found = ids(folder.path());
    assert!(acknowledged.is_subset(&found));
}
