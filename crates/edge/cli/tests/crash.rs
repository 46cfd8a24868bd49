//! `kill -9` at any moment of a run, and then the same command: it goes on and ends the same.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;

use common::World;
use store::Home;

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// As soon as this file of the home is there.
    Made(&'static str),
    /// Once it has said this many times how far it is: it does so at each tenth of its days.
    Tenths(usize),
    /// As soon as this many records are durable.
    Records(usize),
}

fn moments(records: usize) -> Vec<Moment> {
    let mut moments = vec![Moment::Made("home/lock"), Moment::Made("home/trimtab.db")];
    moments.extend((1..=10).map(Moment::Tenths));
    moments.extend([1, 2, records / 3, records * 2 / 3, records - 1, records].map(Moment::Records));
    moments
}

#[test]
fn a_killed_run_goes_on_and_ends_the_same() {
    let whole = daily();
    let expected = whole.run();
    let records = count(&whole.path("home"));
    let (mut cut_off, mut resumed) = (0, 0);
    for moment in moments(records) {
        let world = daily();
        kill(&world, moment);
        let stood = of_run(&world.path("home"));
        let again = world.run();
        if again["already_complete"] == false {
            cut_off += 1;
            assert_eq!(again["resumed_records"], stood, "what was durable stands, {moment:?}");
            resumed += usize::from(stood > 0);
        }
        for key in ["run", "final_value", "totals", "metrics", "an_order"] {
            assert_eq!(again[key], expected[key], "{key}, {moment:?} with {stood} records");
        }
        assert_eq!(count(&world.path("home")), records, "{moment:?}");
        assert!(!world.files().iter().any(|file| file.ends_with(".partial")), "{moment:?}");
        world.prints("verify --home home");
    }
    assert!(cut_off >= 8, "only {cut_off} runs were cut off before their end");
    assert!(resumed >= 4, "only {resumed} runs had something to go on from");
}

#[test]
fn a_run_that_is_killed_again_and_again_comes_to_its_end() {
    let whole = daily();
    let expected = whole.run();
    let world = daily();
    for tenths in [3, 5, 7, 9] {
        kill(&world, Moment::Tenths(tenths));
    }
    let says = world.prints("run mandate.toml --home home --quiet");
    assert!(says.contains("stood and agree") || says.contains("is complete"), "{says}");
    assert_eq!(world.run()["final_value"], expected["final_value"]);
    assert_eq!(count(&world.path("home")), count(&whole.path("home")));
    world.prints("verify --home home");
    world.prints("replay --home home");
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

/// A world with a decision each day: a run long enough to be hit, with some syncs of the disk.
fn daily() -> World {
    let world = World::default();
    world.mandate("month end", "daily");
    world
}

/// Starts the run and kills it at a moment, or lets it end if the moment does not come.
fn kill(world: &World, moment: Moment) {
    let mut command = world.command("run mandate.toml --home home");
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(run.stderr.take().expect("it is piped"));
    let mut ended = || run.try_wait().expect("it is ours").is_some();
    match moment {
        Moment::Made(file) => while !world.path(file).exists() && !ended() {},
        Moment::Records(number) => while count(&world.path("home")) < number && !ended() {},
        Moment::Tenths(number) => drop(said.by_ref().lines().take(number).count()),
    }
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
