//! A load in a process of its own that is killed at random moments, again and again, until it ends:
//! the store is then as that of a load which nobody disturbed, and no row was counted twice.

mod kit;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kit::{names, read};
use online::{Loading, OnlineStore, Value};

/// Rows of the source, and entities among them.
const ROWS: i64 = 500_000;
const ENTITIES: i64 = 50_000;

/// Some hundred rows are a batch.
const BATCH_BYTES: usize = 50_000;

const VIEW: &str = "killed";
const PLACE: &str = "TRIMTAB_TEST_KILLED_PLACE";

fn features() -> Vec<String> {
    names(&["n", "half"])
}

/// A source: entities come again and again, their event times in no order.
fn row(n: i64) -> (i64, i64, Option<i64>, [Value; 2]) {
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64);
    let (entity, event) = (mixed.rem_euclid(ENTITIES), (mixed >> 20).rem_euclid(1_000));
    (entity, event, Some(n % 3), [Value::Int64(n), Value::Float64(n as f64 / 2.0)])
}

fn load(store: &dyn OnlineStore, view: &str, batch_bytes: usize) {
    let loading = Loading::begin(store, view, &features(), "job", || 1).unwrap();
    let mut loading = loading.with_batch_bytes(batch_bytes);
    for n in i64::try_from(loading.to_leave_out()).unwrap()..ROWS {
        let (entity, event, created, values) = row(n);
        loading.push(&[Value::Int64(entity)], event, created, &values).unwrap();
    }
    loading.finish(1_000, &mut |_| {}).unwrap();
}

/// The process that is killed: run by the test below, and by nobody else.
#[test]
fn child() {
    if let Ok(place) = std::env::var(PLACE) {
        let (place, view) = place.split_once('|').unwrap();
        load(&*online::open(place).unwrap(), view, BATCH_BYTES);
    }
}

/// `whole` is how many milliseconds a load takes that is not killed, about.
fn killed_until_it_ends(place: &str, view: &str, whole: u64) -> u32 {
    const ROUNDS: u64 = 12;
    let mut kills = 0;
    for round in 0.. {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--test-threads", "1"])
            .env(PLACE, format!("{place}|{view}"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Different moments in every round: 10 to 79 % of the way, then as long as it takes.
        let percent = 10 + (round * 7_919) % 70;
        let wait = if round < ROUNDS { whole * percent / 100 } else { 60_000 };
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if began.elapsed().as_millis() >= wait.into() {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        match status {
            Some(status) => {
                assert!(status.success(), "the load failed: {status}");
                return kills;
            }
            None => kills += 1,
        }
    }
    unreachable!("the rounds have no end")
}

fn same_as_undisturbed(store: &dyn OnlineStore, view: &str) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("undisturbed.redb");
    let calm = online::open(&place.display().to_string()).unwrap();
    load(&*calm, VIEW, usize::MAX);
    let ids: Vec<i64> = (0..ENTITIES).collect();
    let expected = read(&*calm, VIEW, &features(), &ids);
    assert!(expected.iter().filter(|row| row.is_some()).count() > 40_000);
    assert!(read(store, view, &features(), &ids) == expected, "a row differs");
    assert_eq!(store.state(view).unwrap(), calm.state(VIEW).unwrap());
}

#[test]
fn a_file_after_kills() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("online.redb");
    let began = Instant::now();
    load(
        &*online::open(&folder.path().join("timed").display().to_string()).unwrap(),
        VIEW,
        BATCH_BYTES,
    );
    let whole = u64::try_from(began.elapsed().as_millis()).unwrap();
    let kills = killed_until_it_ends(&place.display().to_string(), VIEW, whole);
    assert!(kills >= 3, "it was killed {kills} times only");
    same_as_undisturbed(&*online::open(&place.display().to_string()).unwrap(), VIEW);
    assert!(Path::new(&place).exists());
}

#[test]
fn redis_after_kills() {
    let Some(address) = kit::redis() else { return };
    let view = format!("{VIEW}{}", std::process::id());
    let store = online::open(&address).unwrap();
    store.clear(&view).unwrap();
    let kills = killed_until_it_ends(&address, &view, 100);
    assert!(kills >= 3, "it was killed {kills} times only");
    same_as_undisturbed(&*store, &view);
    store.clear(&view).unwrap();
}
