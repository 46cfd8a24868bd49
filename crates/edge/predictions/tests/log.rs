//! What a log keeps, and what becomes of it when its files are cut, changed or half-renamed.

mod common;

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use common::{batches, ids, prediction, some};
use predictions::{Durability, Flag, Follow, LogError, Options, PredictionLog, kept};

fn open(folder: &Path) -> PredictionLog {
    PredictionLog::open(folder, Options::default()).unwrap()
}

/// Segments of a few rows, so that files come about and are merged.
fn small() -> Options {
    Options { segment_bytes: 2_000, merge: 2, ..Options::default() }
}

fn texts(rows: &[predictions::Prediction]) -> std::collections::BTreeSet<String> {
    rows.iter().map(|one| one.id.to_string()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Waits until a log has no complete segment left to turn.
fn rolled(log: &PredictionLog) {
    until(|| files(&log.folder().join("wal")).len() <= 1);
}

fn until(done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(30), "it does not come about");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn what_is_appended_is_kept_and_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let mut rows = some(0, 3);
    rows[1].outputs[0] = f64::NAN;
    rows[1].flags.set(Flag::NotFinite);
    rows[1].flags.set(Flag::Withheld);
    rows[2].mandate = Some("us-large-cap".into());
    rows[2].matures_at = Some(rows[2].at + chrono::Duration::days(5));
    for durability in [Durability::Synced, Durability::Written] {
        let receipt = log.append(rows.drain(..1).collect(), durability).await.unwrap();
        assert_eq!((receipt.rows, receipt.durability), (1, durability));
    }
    log.append(rows, Durability::Synced).await.unwrap();
    assert_eq!(log.append(vec![], Durability::Synced).await.unwrap().rows, 0);
    assert_eq!(log.usage().rows, 3);

    let found = batches(folder.path());
    let all = &found[0];
    let text = |column: &str, row: usize| all[column].as_string::<i32>().value(row).to_owned();
    assert_eq!(text("model", 0), "returns");
    assert_eq!(text("alias", 0), "champion");
    assert_eq!(text("entity_key", 2), "symbol=S2");
    assert_eq!(text("flags", 1), "not_finite withheld");
    assert_eq!(text("mandate", 2), "us-large-cap");
    assert!(all["withheld"].as_boolean().value(1) && !all["withheld"].as_boolean().value(0));
    assert!(all["prediction"].as_primitive::<Float64Type>().value(1).is_nan());
    let features = all["features"].as_map().value(2);
    assert_eq!(features.column(0).as_string::<i32>().value(0), "momentum");
    assert_eq!(features.column(1).as_primitive::<Float64Type>().value(0), 1.0);
    assert!(arrow_array::Array::is_null(features.column(1), 1), "beta is missing");
}

#[test]
fn segments_become_files_and_files_become_fewer() {
    let folder = tempfile::tempdir().unwrap();
    let log = PredictionLog::open(folder.path(), small()).unwrap();
    let mut expected = std::collections::BTreeSet::new();
    for n in 0..200 {
        let rows = some(n * 5, n * 5 + 5);
        expected.extend(texts(&rows));
        log.append_blocking(&rows, Durability::Written).unwrap();
        if n % 20 == 0 {
            assert_eq!(ids(folder.path()), expected, "while it is written to");
        }
    }
    rolled(&log);
    assert_eq!(ids(folder.path()), expected);
    drop(log);
    let log = PredictionLog::open(folder.path(), small()).unwrap();
    rolled(&log);
    drop(log);
    assert_eq!(ids(folder.path()), expected);
    let found = kept(folder.path()).unwrap();
    // Two of two neighbours become one of four: of some hundred segments a quarter remains.
    assert!(found.files.len() < 60, "{} files", found.files.len());
    assert_eq!(files(&folder.path().join("parquet")), found.files, "covered files are gone");
    for file in &found.files {
        let reader = fs::File::open(file).unwrap();
        let builder =
            parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(reader);
        let meta = builder.unwrap().metadata().clone();
        assert!(meta.row_group(0).column(0).bloom_filter_offset().is_some());
        assert!(meta.row_group(0).column(0).statistics().is_some());
    }
}

#[test]
fn a_torn_end_is_cut_off_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (some(0, 3), some(3, 6));
    let log = open(folder.path());
    let wal = folder.path().join("wal/00000001.wal");
    log.append_blocking(&first, Durability::Synced).unwrap();
    let whole = fs::metadata(&wal).unwrap().len();
    log.append_blocking(&second, Durability::Synced).unwrap();
    drop(log);
    let bytes = fs::read(&wal).unwrap();
    for length in whole as usize..bytes.len() {
        for filled in [false, true] {
            // The end is missing, or the room was made and never filled.
            let mut torn = bytes[..length].to_vec();
            if filled {
                torn.resize(bytes.len(), 0);
            }
            if torn == bytes {
                continue; // What is missing was nought anyway.
            }
            fs::write(&wal, &torn).unwrap();
            assert_eq!(ids(folder.path()), texts(&first), "a reader does not see the torn end");
            let log = open(folder.path());
            assert_eq!(log.recovered().torn_bytes, torn.len() as u64 - whole);
            let more = some(10, 12);
            log.append_blocking(&more, Durability::Synced).unwrap();
            drop(log);
            assert_eq!(ids(folder.path()), texts(&[first.clone(), more].concat()));
        }
    }
}

#[test]
fn changed_bytes_cost_the_frame_that_has_them_and_the_segment_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let parts = [some(0, 2), some(2, 4), some(4, 6)];
    for part in &parts {
        log.append_blocking(part, Durability::Synced).unwrap();
    }
    drop(log);
    let wal = folder.path().join("wal/00000001.wal");
    let bytes = fs::read(&wal).unwrap();
    let mut changed = bytes.clone();
    let middle = 16 + (bytes.len() - 16) / 2;
    changed[middle] ^= 0x40;
    fs::write(&wal, &changed).unwrap();
    let expected = texts(&[parts[0].clone(), parts[2].clone()].concat());
    assert_eq!(ids(folder.path()), expected);
    let log = open(folder.path());
    let more = some(6, 8);
    log.append_blocking(&more, Durability::Synced).unwrap();
    until(|| !log.recovered().damaged.is_empty());
    rolled(&log);
    let aside = log.recovered().damaged;
    assert_eq!(aside, [folder.path().join("damaged/00000001.wal")]);
    assert_eq!(fs::read(&aside[0]).unwrap(), changed);
    drop(log);
    let expected = expected.into_iter().chain(texts(&more)).collect();
    assert_eq!(ids(folder.path()), expected);
}

#[test]
fn what_a_cut_off_rename_or_merge_leaves_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = PredictionLog::open(folder.path(), Options { merge: 0, ..small() }).unwrap();
    let rows = some(0, 100);
    for part in rows.chunks(4) {
        log.append_blocking(part, Durability::Synced).unwrap();
    }
    let wal = folder.path().join("wal");
    let saved = tempfile::tempdir().unwrap();
    rolled(&log);
    drop(log);
    // Files as they were before a merge of two, which is then done.
    let before = files(&folder.path().join("parquet"));
    for file in &before {
        fs::copy(file, saved.path().join(file.file_name().unwrap())).unwrap();
    }
    let log = PredictionLog::open(folder.path(), small()).unwrap();
    rolled(&log);
    assert!(before.len() > 2, "{before:?}");
    until(|| kept(folder.path()).unwrap().files.len() < before.len());
    drop(log);
    for file in files(saved.path()) {
        let place = folder.path().join("parquet").join(file.file_name().unwrap());
        fs::copy(&file, place).unwrap();
    }
    // A segment that is in a file already, and a file that was not renamed yet.
    fs::copy(files(&wal).last().unwrap(), wal.join("00000001.wal")).unwrap();
    fs::write(folder.path().join("parquet/00000090-00000090.partial"), "PAR1").unwrap();
    assert_eq!(ids(folder.path()), texts(&rows));
    let log = PredictionLog::open(folder.path(), small()).unwrap();
    drop(log);
    assert_eq!(ids(folder.path()), texts(&rows));
    let left = files(&folder.path().join("parquet"));
    assert!(left.iter().all(|file| file.extension().unwrap() == "parquet"), "{left:?}");
}

#[test]
fn an_append_that_is_tried_again_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let rows = some(0, 5);
    log.append_blocking(&rows, Durability::Synced).unwrap();
    log.append_blocking(&rows, Durability::Synced).unwrap();
    assert_eq!(ids(folder.path()), texts(&rows));
}

#[test]
fn a_log_has_one_writer_and_any_number_of_readers() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let error = PredictionLog::open(folder.path(), Options::default()).unwrap_err();
    let told = error.to_string();
    assert!(matches!(error, LogError::InUse { pid: Some(_), .. }), "{told}");
    assert_eq!(ids(folder.path()).len(), 0);
    drop(log);
    open(folder.path());
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_of_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let mut rows = some(0, 2);
    rows[1].outputs.clear();
    let error = log.append_blocking(&rows, Durability::Synced).unwrap_err();
    assert!(matches!(&error, LogError::Invalid(what) if what.contains("outputs")), "{error}");
    assert_eq!(ids(folder.path()).len(), 0);
    let absent = kept(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(absent, LogError::Absent(_)));
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let error =
        PredictionLog::open(&folder.path().join("file/log"), Options::default()).unwrap_err();
    assert!(error.to_string().contains("file/log"), "{error}");
    let path = folder.path().join("log");
    drop(open(&path));
    let wal = path.join("wal/00000001.wal");
    let mut bytes = fs::read(&wal).unwrap();
    bytes[15] = 9;
    fs::write(&wal, bytes).unwrap();
    let error = PredictionLog::open(&path, Options::default()).unwrap_err();
    assert!(matches!(error, LogError::Newer(_)), "{error}");
}

#[test]
fn more_than_may_wait_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { waiting_bytes: 1, ..Options::default() };
    let log = PredictionLog::open(folder.path(), options).unwrap();
    // One append is taken whatever its size; of many at once some find that another waits.
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..32)
            .map(|n| {
                let log = &log;
                scope.spawn(move || {
                    (0..20)
                        .map(|m| {
                            let rows = some(n * 100 + m, n * 100 + m + 1);
                            log.append_blocking(&rows, Durability::Synced)
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(kept > 0 && outcomes.iter().all(|one| matches!(one, Ok(_) | Err(LogError::Busy))));
    assert_eq!(ids(folder.path()).len(), kept);
}

#[test]
fn new_rows_are_followed_across_segments() {
    let folder = tempfile::tempdir().unwrap();
    let log = PredictionLog::open(folder.path(), small()).unwrap();
    log.append_blocking(&some(0, 5), Durability::Written).unwrap();
    let mut follow = Follow::from_now(folder.path()).unwrap();
    assert!(follow.more().unwrap().is_empty());
    let mut seen = Vec::new();
    let rows = some(5, 105);
    for part in rows.chunks(5) {
        log.append_blocking(part, Durability::Written).unwrap();
        seen.extend(follow.more().unwrap());
    }
    let began = Instant::now();
    while seen.len() < rows.len() && began.elapsed() < Duration::from_secs(10) {
        seen.extend(follow.more().unwrap());
    }
    // NaN is not in them, so they can be compared.
    assert_eq!(seen, rows);
}

/// A disk of 2 MiB, which only root may mount.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(place.path())
            .output();
        mounted.is_ok_and(|done| done.status.success()).then_some(Self(place))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_said_and_room_is_all_that_it_takes_to_go_on() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("left out: a tmpfs cannot be mounted here");
        return;
    };
    let folder = disk.0.path().join("log");
    let ballast = disk.0.path().join("ballast");
    fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let options = Options { segment_bytes: 64 << 10, ..Options::default() };
    let log = PredictionLog::open(&folder, options.clone()).unwrap();
    let mut expected = std::collections::BTreeSet::new();
    let mut refused = 0;
    for n in 0..10_000 {
        let rows = some(n * 50, n * 50 + 50);
        match log.append_blocking(&rows, Durability::Synced) {
            Ok(_) => expected.extend(texts(&rows)),
            Err(error) => {
                let told = error.to_string();
                assert!(matches!(error, LogError::Full(_)) && told.contains("make room"), "{told}");
                refused += 1;
            }
        }
        if refused == 20 {
            break;
        }
    }
    assert_eq!(refused, 20, "the disk does not get full");
    assert_eq!(ids(&folder), expected, "what was refused left nothing");
    fs::remove_file(&ballast).unwrap();
    let rows = some(0, 50);
    log.append_blocking(&rows, Durability::Synced).unwrap();
    expected.extend(texts(&rows));
    drop(log);
    let log = PredictionLog::open(&folder, options).unwrap();
    rolled(&log);
    assert_eq!(log.usage().trouble, None);
    assert_eq!(ids(&folder), expected);
}

#[test]
fn rows_of_a_segment_whose_end_is_missing_are_found_after_it_was_sealed() {
    // A segment before the newest one can be torn too, where a sync failed.
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let (first, second) = (vec![prediction(0)], vec![prediction(1)]);
    log.append_blocking(&first, Durability::Synced).unwrap();
    drop(log);
    let (one, two) =
        (folder.path().join("wal/00000001.wal"), folder.path().join("wal/00000002.wal"));
    fs::copy(&one, &two).unwrap();
    let file = OpenOptions::new().append(true).open(&one).unwrap();
    std::io::Write::write_all(&mut &file, &[0xf5; 7]).unwrap();
    let log = open(folder.path());
    log.append_blocking(&second, Durability::Synced).unwrap();
    rolled(&log);
    assert!(ids_of_files(folder.path()).contains(&first[0].id.to_string()));
}

fn ids_of_files(folder: &Path) -> Vec<String> {
    kept(folder)
        .unwrap()
        .files
        .iter()
        .flat_map(|file| {
            let file = fs::File::open(file).unwrap();
            let reader =
                parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file);
            reader.unwrap().build().unwrap().map(Result::unwrap).collect::<Vec<_>>()
        })
        .flat_map(|batch| {
            batch
                .column(0)
                .as_string::<i32>()
                .iter()
                .flatten()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}
