//! Clients that all ask at once, each again as soon as it is answered → how many, and how long.
//!
//! A call counts if it ends within the timed window; those of the warm-up are made but not counted.
//! What a call is, the caller says.

use crate::Outcome;
use crate::json::Line;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How many ask, and for how long.
#[derive(Clone, Copy)]
pub struct Window {
    /// Threads, each with a connection of its own.
    pub clients: u64,
    /// Asked, but not counted.
    pub warm: Duration,
    /// Counted.
    pub timed: Duration,
    /// A client stops after so many calls.
    pub most: u64,
}

/// What came of it.
#[derive(Default)]
pub struct Tally {
    /// Of each counted call.
    pub nanoseconds: Vec<u64>,
    /// Calls that were answered well, with those of the warm-up.
    pub answered: u64,
    /// Calls that were not.
    pub failed: u64,
    /// Why the first of them was not.
    pub reason: Option<String>,
    /// From the end of the warm-up to the last counted call, or to the window's end.
    pub seconds: f64,
}

/// `open` makes a client; what it makes is called with 0, 1, 2 ... until the time is over.
pub fn crowd<C>(window: Window, open: impl Fn(u64) -> Outcome<C> + Sync) -> Outcome<Tally>
where
    C: FnMut(u64) -> Outcome<()>,
{
    let barrier = Barrier::new(window.clients as usize);
    let total = Mutex::new(Tally::default());
    let opened = thread::scope(|scope| {
        let clients: Vec<_> = (0..window.clients)
            .map(|index| {
                let (open, barrier, total) = (&open, &barrier, &total);
                scope.spawn(move || {
                    let client = open(index);
                    // Everybody waits here, also one that could not open: nobody is left behind.
                    barrier.wait();
                    let tally = run(window, client?);
                    total.lock().expect("no client panics with the lock").add(tally);
                    Ok(())
                })
            })
            .collect();
        clients.into_iter().try_for_each(|client| client.join().expect("a client does not panic"))
    });
    opened.map(|()| total.into_inner().expect("no client panics with the lock"))
}

fn run(window: Window, mut call: impl FnMut(u64) -> Outcome<()>) -> Tally {
    let mut tally = Tally::default();
    let start = Instant::now();
    let (counted_from, over) = (start + window.warm, start + window.warm + window.timed);
    let mut asked = Instant::now();
    let mut number = 0;
    while number < window.most && asked < over {
        let answer = call(number);
        let now = Instant::now();
        number += 1;
        match answer {
            Ok(()) => {
                tally.answered += 1;
                if now > counted_from && now <= over {
                    tally.nanoseconds.push((now - asked).as_nanos() as u64);
                }
            }
            Err(reason) => {
                tally.failed += 1;
                tally.reason.get_or_insert(reason);
            }
        }
        asked = now;
    }
    tally.seconds = asked.min(over).saturating_duration_since(counted_from).as_secs_f64();
    tally
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.nanoseconds.extend(other.nanoseconds);
        self.answered += other.answered;
        self.failed += other.failed;
        self.reason = self.reason.take().or(other.reason);
        self.seconds = self.seconds.max(other.seconds);
    }

    /// The figures, as members of a line of JSON.
    pub fn write(mut self, line: &mut Line) {
        self.nanoseconds.sort_unstable();
        let calls = self.nanoseconds.len();
        let at = |share: f64| {
            let index = ((calls as f64 * share) as usize).min(calls.saturating_sub(1));
            self.nanoseconds.get(index).map_or(f64::NAN, |&nanoseconds| nanoseconds as f64 / 1e6)
        };
        line.number("calls", calls as f64);
        line.number("seconds", self.seconds);
        line.number("p50_ms", at(0.5));
        line.number("p95_ms", at(0.95));
        line.number("p99_ms", at(0.99));
        line.number("answered", self.answered as f64);
        line.number("failed", self.failed as f64);
        line.text("reason", self.reason.as_deref().unwrap_or_default());
    }
}
