//! `kill -9` at any moment of a run, and then the same command: it goes on and ends the same.

mod common;

use std::path::Path;
use std::process::Stdio;

use common::World;
use store::Home;

/// Moments at which a run is killed, from before its first record to near its last.
const MOMENTS: usize = 14;

#[test]
fn a_killed_run_goes_on_and_ends_the_same() {
    let whole = World::default();
    let expected = whole.run();
    let records = count(&whole.path("home"));
    let mut cut_off = 0;
    for moment in 0..MOMENTS {
        let world = World::default();
        kill(&world, moment * records / MOMENTS);
        let stood = of_run(&world.path("home"));
        let again = world.run();
        let resumed = again["resumed_records"].as_u64().expect("a number");
        if again["already_complete"] == false {
            cut_off += 1;
            assert_eq!(resumed, stood as u64, "what was durable stands, killed at {moment}");
        }
        for key in ["run", "final_value", "totals", "metrics", "an_order"] {
            assert_eq!(again[key], expected[key], "{key}, killed at {moment} with {stood} records");
        }
        assert_eq!(count(&world.path("home")), records, "killed at {moment}");
        assert!(!world.files().iter().any(|file| file.ends_with(".partial")), "killed at {moment}");
        world.prints("verify --home home");
        world.prints("replay --home home");
    }
    assert!(cut_off >= MOMENTS / 2, "only {cut_off} runs were cut off: poll faster");
}

#[test]
fn a_run_that_is_killed_again_and_again_comes_to_its_end() {
    let whole = World::default();
    let expected = whole.run();
    let records = count(&whole.path("home"));
    let world = World::default();
    for part in 1..5 {
        kill(&world, part * records / 5);
    }
    let says = world.prints("run mandate.toml --home home --quiet");
    assert!(says.contains("stood and agree") || says.contains("is complete"), "{says}");
    assert_eq!(world.run()["final_value"], expected["final_value"]);
    assert_eq!(count(&world.path("home")), records);
    world.prints("verify --home home");
}

/// What a run leaves that is killed while it writes a large object.
#[test]
fn a_partial_file_does_no_harm() {
    let world = World::default();
    let expected = world.run();
    let object = world.files().into_iter().find(|file| file.contains("objects/"));
    let partial = format!("{}.partial", object.expect("an outcome is a large object"));
    world.write(&partial, "half of it");
    world.prints("verify --home home");
    assert_eq!(world.run()["final_value"], expected["final_value"]);
}

/// Starts the run and kills it once this many records are durable.
fn kill(world: &World, records: usize) {
    let mut command = world.command("run mandate.toml --home home --quiet");
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    while count(&world.path("home")) < records && run.try_wait().expect("it is ours").is_none() {}
    run.kill().expect("it can be killed, or has ended");
    run.wait().expect("it has ended");
}

/// Durable records; none where there is no journal yet.
fn count(home: &Path) -> usize {
    Home::read(home).map_or(0, |home| home.records().len())
}

/// Durable records of the run itself: snapshots are kept beside it.
fn of_run(home: &Path) -> usize {
    Home::read(home)
        .map_or(0, |home| home.records().iter().filter(|record| record.run.is_some()).count())
}
