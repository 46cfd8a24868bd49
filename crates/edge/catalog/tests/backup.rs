//! Backups: what is kept comes back, in either database; what is damaged is seen; nothing is half
//! restored.

mod common;

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use catalog::backup::{BackupError, Manifest, Saving, Told, artifacts, check, load};
use catalog::{CatalogError, Tag, experiments, metrics, runs, workspaces};
use common::on_each;
use database::{Database, DatabaseError, Options, values};

const NOW: i64 = 1_764_000_000_000;

fn options() -> Options {
    Options { readers: 2, writers: 2, ..Options::default() }
}

/// Something of most kinds: odd names, numbers without a word in JSON, bytes, gaps in the numbering.
/// (A minus nought is not among them: SQLite keeps no sign of it.)
fn fill(db: &Database) {
    db.write_blocking(|tx| {
        workspaces::ensure_default(tx)?;
        experiments::ensure_default(tx, "default", "mlflow-artifacts:/", NOW)?;
        let new = runs::NewRun {
            experiment: 0,
            user_id: "zoë".into(),
            name: Some("naïve \"quoted\"\nrun".into()),
            start_time: NOW,
            tags: vec![Tag { key: "emoji".into(), value: "🚂\u{1}\\".into() }],
        };
        let run = runs::create(tx, "default", &new)?;
        let run =
            serde_json::to_value(&run).unwrap()["info"]["run_id"].as_str().unwrap().to_owned();
        for (step, value) in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 5e-324, f64::MAX]
            .into_iter()
            .enumerate()
        {
            let step = step as i64;
            let metric = metrics::Metric { key: "m".into(), value, timestamp: NOW + step, step };
            metrics::log(tx, "default", &run, &metric, &[])?;
        }
        let bytes: Vec<u8> = (0..=255).collect();
        tx.execute(
            "INSERT INTO webhook (uuid, workspace, name, url, description, secret, active, created,
                 updated) VALUES ('u', 'default', 'w', 'https://x', '', ?1, 1, 1, 1)",
            values![&bytes],
        )?;
        Ok::<_, CatalogError>(())
    })
    .unwrap();
    // The last experiment is gone for good: its number must not be given again.
    db.write_blocking(|tx| {
        let sql = "INSERT INTO experiment (workspace, name, artifact_location, active, created,
                       updated) VALUES ('default', ?1, '', 1, 1, 1)";
        for name in ["one", "two", "three"] {
            tx.execute(sql, values![name])?;
        }
        tx.execute("DELETE FROM experiment WHERE name = 'three'", &[])?;
        Ok::<_, DatabaseError>(())
    })
    .unwrap();
}

fn save(db: &Database, file: &Path) -> Manifest {
    let to = BufWriter::new(File::create(file).unwrap());
    Saving::begin(db, to, "trimtab test", NOW, |_| ()).unwrap().finish().unwrap().0
}

fn read(file: &Path) -> BufReader<File> {
    BufReader::new(File::open(file).unwrap())
}

fn checked(file: &Path) -> Result<Manifest, BackupError> {
    check(read(file), |_| ())
}

fn restore(file: &Path, db: &Database) -> Result<(), BackupError> {
    let manifest = checked(file)?;
    let path = file.to_owned();
    load(db, &manifest, move || Ok(BufReader::new(File::open(&path)?)), |_| ())
}

fn empty(folder: &Path, name: &str) -> Database {
    let file = folder.join(name).display().to_string();
    Database::open_as_it_is(&file, &options()).unwrap()
}

/// The digests of all rows, as a backup has them.
fn rows(manifest: &Manifest) -> Vec<(String, u64, Vec<String>)> {
    manifest
        .tables
        .iter()
        .map(|table| {
            let parts = table.parts.iter().map(|part| part.digest.to_string()).collect();
            (table.name.clone(), table.rows, parts)
        })
        .collect()
}

fn number(db: &Database, sql: &'static str) -> i64 {
    db.read_blocking(move |tx| tx.number(sql, &[])).unwrap()
}

/// From each database to a file, from there to SQLite, and from there to each database again.
#[test]
fn what_is_kept_comes_back_in_either_database() {
    on_each(|db| {
        fill(db);
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("1.tar"), folder.path().join("2.tar"));
        let manifest = save(db, &first);
        assert_eq!(checked(&first).unwrap(), manifest);
        let copy = empty(folder.path(), "copy.db");
        restore(&first, &copy).unwrap();
        assert_eq!(rows(&save(&copy, &second)), rows(&manifest));
        let there: Vec<&str> = manifest.tables.iter().map(|table| table.name.as_str()).collect();
        assert!(there.len() > 30 && there.contains(&"webhook_event"), "{there:?}");
        assert_eq!(number(&copy, "SELECT count(*) FROM metric"), 6);
        // What was restored numbers on behind what was once given.
        let root = "mlflow-artifacts:/";
        copy.write_blocking(|tx| experiments::create(tx, "default", "next", None, root, &[], NOW))
            .unwrap();
        let last = number(&copy, "SELECT max(id) FROM experiment");
        let free = number(db, "SELECT max(id) FROM experiment") + 2;
        assert_eq!(last, free, "the number of a deleted experiment was given again");
    });
}

/// The other way: from SQLite to each database.
#[test]
fn a_backup_of_sqlite_is_restored_into_either_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("source.db").display().to_string();
    let source = Database::open(&file, catalog::MIGRATIONS, &options()).unwrap();
    fill(&source);
    let backup = folder.path().join("backup.tar");
    let manifest = save(&source, &backup);
    common::on_each_empty(|db| {
        restore(&backup, db).unwrap();
        let again = folder.path().join("again.tar");
        assert_eq!(rows(&save(db, &again)), rows(&manifest));
        let sql = "INSERT INTO experiment (workspace, name, artifact_location, active, created,
                       updated) VALUES ('default', 'next', '', 1, 1, 1) RETURNING id";
        let next = db.write_blocking(move |tx| tx.number(sql, &[])).unwrap();
        assert_eq!(next, number(&source, "SELECT max(id) FROM experiment") + 2);
        let said = restore(&backup, db).unwrap_err().to_string();
        assert!(said.contains("tables already"), "{said}");
    });
}

/// How many params and tags a backup has.
fn rows_of(manifest: &Manifest) -> (u64, u64) {
    let rows = |name| manifest.tables.iter().find(|table| table.name == name).unwrap().rows;
    (rows("param"), rows("tag"))
}

/// Two rows are always written together, while backups are made: no backup has one alone.
#[test]
fn a_backup_shows_one_moment() {
    on_each(|db| {
        fill(db);
        let folder = tempfile::tempdir().unwrap();
        let begun = rows_of(&save(db, &folder.path().join("begun.tar")));
        let stop = Arc::new(AtomicBool::new(false));
        let (writer, until) = (db.clone(), stop.clone());
        let writing = std::thread::spawn(move || {
            let mut pair = 0_i64;
            while !until.load(Ordering::Relaxed) {
                let key = format!("pair {pair:06}");
                writer
                    .write_blocking(move |tx| {
                        let sql = "INSERT INTO param (run, key, experiment, value)
                                   VALUES (1, ?1, 0, '')";
                        tx.execute(sql, values![&key])?;
                        let sql = "INSERT INTO tag (run, key, experiment, value)
                                   VALUES (1, ?1, 0, '')";
                        tx.execute(sql, values![&key])?;
                        Ok::<_, DatabaseError>(())
                    })
                    .unwrap();
                pair += 1;
            }
            pair
        });
        let mut seen = Vec::new();
        while seen.len() < 5 {
            let manifest = save(db, &folder.path().join("backup.tar"));
            let (params, tags) = rows_of(&manifest);
            assert_eq!(params - begun.0, tags - begun.1, "one of a pair was seen alone");
            seen.push(params);
        }
        stop.store(true, Ordering::Relaxed);
        let pairs = writing.join().unwrap();
        assert!(pairs > 0 && seen.is_sorted(), "{pairs} pairs, seen {seen:?}");
    });
}

/// Each byte counts: whichever of many is changed, and wherever the file ends, it is seen.
#[test]
fn damage_is_seen_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(
        &folder.path().join("t.db").display().to_string(),
        catalog::MIGRATIONS,
        &options(),
    )
    .unwrap();
    fill(&db);
    let file = folder.path().join("backup.tar");
    let to = BufWriter::new(File::create(&file).unwrap());
    let mut saving = Saving::begin(&db, to, "trimtab test", NOW, |_| ()).unwrap();
    saving.with_artifacts();
    for number in 0..3 {
        let content = vec![number; 1_000];
        saving.artifact(&format!("0/run/file-{number}"), 1_000, &mut content.as_slice()).unwrap();
    }
    saving.finish().unwrap();
    let good = std::fs::read(&file).unwrap();
    checked(&file).unwrap();
    let bad = folder.path().join("bad.tar");
    let mut unseen = Vec::new();
    for place in (0..good.len()).step_by(97) {
        let mut bytes = good.clone();
        bytes[place] ^= 0x20;
        std::fs::write(&bad, &bytes).unwrap();
        if checked(&bad).is_ok() {
            unseen.push(place);
        }
    }
    // What nobody reads may change: blanks behind a member, times in its header, the file's end.
    let read = |place: &usize| good[*place] != 0;
    assert!(!unseen.iter().any(read), "changed at {unseen:?} and nothing was seen");
    let end = good.iter().rposition(|byte| *byte != 0).unwrap();
    for length in (0..end).step_by(1_013) {
        std::fs::write(&bad, &good[..length]).unwrap();
        checked(&bad).unwrap_err();
    }
    let mut bytes = good.clone();
    let place = bytes.windows(1_000).position(|some| some == [1; 1_000]).unwrap();
    bytes[place + 500] = 7;
    std::fs::write(&bad, &bytes).unwrap();
    let said = checked(&bad).unwrap_err().to_string();
    assert!(said.contains("0/run/file-1"), "{said}");
}

#[test]
fn what_fails_half_way_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("source.db").display().to_string();
    let source = Database::open(&file, catalog::MIGRATIONS, &options()).unwrap();
    fill(&source);
    let backup = folder.path().join("backup.tar");
    let manifest = save(&source, &backup);
    common::on_each_empty(|db| {
        // The file is changed between the check and the restore: the last table is gone.
        let bytes = std::fs::read(&backup).unwrap();
        let last = b"tables/workspace/";
        let end = bytes.windows(last.len()).position(|some| some == last).unwrap();
        let some = bytes[..end].to_vec();
        let open = move || Ok(std::io::Cursor::new(some.clone()));
        let said = load(db, &manifest, open, |_| ()).unwrap_err().to_string();
        assert!(said.contains("damaged"), "{said}");
        let path = backup.clone();
        let open = move || Ok(BufReader::new(File::open(&path)?));
        load(db, &manifest, open, |_| ()).unwrap();
    });
}

#[test]
fn a_file_that_is_no_backup_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("x");
    std::fs::write(&file, vec![b'x'; 4_096]).unwrap();
    checked(&file).unwrap_err();
    let mut other = tar::Builder::new(File::create(&file).unwrap());
    let mut header = tar::Header::new_gnu();
    header.set_size(2);
    other.append_data(&mut header, "a.txt", &b"hi"[..]).unwrap();
    other.into_inner().unwrap();
    assert!(matches!(checked(&file), Err(BackupError::Refused(_))));
    let fresh = empty(folder.path(), "empty.db");
    let to = File::create(&file).unwrap();
    let said = Saving::begin(&fresh, to, "", NOW, |_| ()).err().unwrap().to_string();
    assert!(said.contains("nothing to keep"), "{said}");
}

#[test]
fn artifacts_come_back_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.db").display().to_string();
    let db = Database::open(&file, catalog::MIGRATIONS, &options()).unwrap();
    let backup = folder.path().join("backup.tar");
    let to = BufWriter::new(File::create(&backup).unwrap());
    let mut saving = Saving::begin(&db, to, "trimtab test", NOW, |_| ()).unwrap();
    // More than share a list, and names that are too long for the oldest form of tar.
    let name = |number: usize| format!("0/{}/ä {number}", "long".repeat(1 + number % 60));
    for number in 0..2_345 {
        let content = number.to_string().into_bytes();
        saving.artifact(&name(number), content.len() as u64, &mut content.as_slice()).unwrap();
    }
    let short = saving.artifact("short", 10, &mut &b"9 bytes.."[..]).unwrap_err().to_string();
    assert!(short.contains("too early"), "{short}");
    let to = BufWriter::new(File::create(&backup).unwrap());
    let mut saving = Saving::begin(&db, to, "trimtab test", NOW, |_| ()).unwrap();
    for number in 0..2_345 {
        let content = number.to_string().into_bytes();
        saving.artifact(&name(number), content.len() as u64, &mut content.as_slice()).unwrap();
    }
    let (manifest, to) = saving.finish().unwrap();
    drop(to);
    assert_eq!(
        manifest.artifacts.as_ref().map(|kept| (kept.files, kept.lists.len())),
        Some((2_345, 3))
    );
    assert_eq!(checked(&backup).unwrap(), manifest);
    let mut seen = 0;
    artifacts(read(&backup), |path, size, content| {
        let mut text = String::new();
        content.read_to_string(&mut text).unwrap();
        assert_eq!((path, text.as_str()), (name(seen).as_str(), seen.to_string().as_str()));
        assert_eq!(size, text.len() as u64);
        seen += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, 2_345);
}

#[test]
fn whoever_waits_hears_of_every_row() {
    on_each(|db| {
        fill(db);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup.tar");
        let (told, heard) = std::sync::mpsc::channel();
        let to = File::create(&file).unwrap();
        let saving = Saving::begin(db, to, "", NOW, move |what| told.send(what).unwrap()).unwrap();
        let (manifest, _) = saving.finish().unwrap();
        let heard: Vec<Told> = heard.iter().collect();
        let done: u64 =
            heard.iter().map(|told| if let Told::Done(_, rows) = told { *rows } else { 0 }).sum();
        assert_eq!(heard[0], Told::Rows(done));
        assert_eq!(done, manifest.rows());
    });
}
