//! One view joined to the rows that ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use arrow_array::{Array, ArrayRef, RecordBatch, TimestampMicrosecondArray};
use features::point_in_time::{Knowledge, NO_KEY, Offer, Timeline, Winners};
use features::store::{FeatureView, JoinKey};
use types::Digest;

use super::columns::{SlotColumn, Taken, column, width};
use super::keys::KeyIndex;
use super::{Question, ViewReport};
use crate::scan::{Scan, micros};
use crate::{FeatureStore, FeatureStoreError};

/// The keys and moments that are asked for.
pub(super) struct Asked {
    pub index: KeyIndex,
    pub timeline: Timeline,
}

/// A view, ready to be joined.
pub(super) struct ViewJoin {
    name: String,
    digest: Digest,
    keys: Vec<JoinKey>,
    scan: Scan,
    ttl: i64,
    knowledge: Knowledge,
    times: bool,
}

/// What a view answers: columns as long as the rows that ask.
pub(super) struct Answer {
    pub features: Vec<ArrayRef>,
    pub event: Option<ArrayRef>,
    pub created: Option<ArrayRef>,
    pub rows_read: u64,
    pub answered: u64,
    pub never_known: u64,
}

impl ViewJoin {
    pub fn new(
        store: &FeatureStore,
        view: &FeatureView,
        features: &[String],
        question: &Question,
    ) -> Result<Self, FeatureStoreError> {
        Ok(Self {
            name: view.name.clone(),
            digest: view.digest(),
            keys: store.definitions().join_keys(view).into_iter().cloned().collect(),
            scan: Scan::of(store, view, Some(features))?,
            ttl: view.ttl.micros(),
            knowledge: question.knowledge,
            times: question.times,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn keys(&self) -> &[JoinKey] {
        &self.keys
    }

    /// The names of its features, in the order of [`Answer::features`].
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.scan.wanted.features.iter().map(|column| column.name.as_str())
    }

    /// The columns of its features.
    pub fn fields(&self) -> impl Iterator<Item = &arrow_schema::FieldRef> {
        let fields = self.scan.wanted.schema.fields();
        self.scan.wanted.layout().features().map(move |at| &fields[at])
    }

    pub fn report(&self) -> ViewReport {
        let view = self.name.clone();
        ViewReport { view, digest: self.digest, rows_read: 0, answered: 0, never_known: 0 }
    }

    /// What an asking row takes in memory while the view is read.
    pub fn width(&self) -> usize {
        const BEST: usize = 24;
        BEST + self.scan.wanted.features.iter().map(|one| width(one.kind)).sum::<usize>()
    }

    /// What its answers take for an asking row.
    pub fn answered_width(&self) -> usize {
        let features: usize = self.scan.wanted.features.iter().map(|one| width(one.kind)).sum();
        features + if self.times { 18 } else { 0 }
    }

    /// Reads the view on so many threads and answers the rows that ask.
    pub fn answer(&self, asked: &Asked, threads: usize) -> Result<Answer, FeatureStoreError> {
        let parts = self.parts(&asked.timeline);
        let next = AtomicUsize::new(0);
        let work = || -> Result<Stream<'_>, FeatureStoreError> {
            let mut stream = Stream::new(self, asked);
            while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                for batch in self.scan.read(*part)? {
                    let batch = batch?;
                    stream.see(&batch.rows, batch.first);
                }
            }
            Ok(stream)
        };
        let mut streams: Vec<Stream<'_>> = thread::scope(|scope| {
            let helpers: Vec<_> =
                (1..threads.min(parts.len())).map(|_| scope.spawn(work)).collect();
            let mut streams = vec![work()];
            streams.extend(helpers.into_iter().map(|one| one.join().expect("no reader panics")));
            streams.into_iter().collect::<Result<_, _>>()
        })?;
        let mut whole = streams.swap_remove(0);
        for other in streams {
            whole.merge(&other);
        }
        whole.settle()
    }

    /// The parts that may answer, newest first: a row that comes after a newer one of its slot need
    /// not be kept.
    fn parts(&self, timeline: &Timeline) -> Vec<usize> {
        let Some((earliest, latest)) = timeline.span() else { return vec![] };
        let oldest = if self.ttl > 0 { earliest.saturating_sub(self.ttl) } else { i64::MIN };
        let bounds = |part: usize| self.scan.parts[part].bounds();
        let mut parts: Vec<usize> = (0..self.scan.parts.len())
            .filter(|part| bounds(*part).is_none_or(|(low, high)| low <= latest && high >= oldest))
            .collect();
        parts.sort_by_key(|part| {
            let high = bounds(*part).map_or(i64::MAX, |(_, high)| high);
            (std::cmp::Reverse(high), std::cmp::Reverse(*part))
        });
        parts
    }
}

/// The best rows that one thread has seen.
struct Stream<'a> {
    join: &'a ViewJoin,
    asked: &'a Asked,
    winners: Winners,
    columns: Vec<Box<dyn SlotColumn>>,
    latest: i64,
    numbers: Vec<u32>,
    slots: Vec<u32>,
    taken: Vec<Taken>,
    rows_read: u64,
    never_known: u64,
}

impl<'a> Stream<'a> {
    fn new(join: &'a ViewJoin, asked: &'a Asked) -> Self {
        let slots = asked.timeline.times().len();
        let features = &join.scan.wanted.features;
        Self {
            join,
            asked,
            winners: Winners::new(&asked.timeline, join.ttl),
            columns: features.iter().map(|feature| column(feature.kind, slots)).collect(),
            latest: asked.timeline.span().map_or(i64::MIN, |(_, latest)| latest),
            numbers: Vec::new(),
            slots: Vec::new(),
            taken: Vec::new(),
            rows_read: 0,
            never_known: 0,
        }
    }

    /// Offers the rows of a batch, the last first; `first` is the place of the first.
    fn see(&mut self, rows: &RecordBatch, first: u64) {
        let layout = self.join.scan.wanted.layout();
        let keys: Vec<ArrayRef> = layout.keys().map(|at| rows.column(at).clone()).collect();
        self.asked.index.find(&keys, rows.num_rows(), &mut self.numbers);
        let events = micros(rows.column(layout.event()));
        let created = layout.created().map(|at| rows.column(at));
        self.rows_read += rows.num_rows() as u64;
        match created {
            None => self.offer(events, |row| (events[row], events[row]), first),
            Some(created) => {
                let known = micros(created);
                let respected = self.join.knowledge == Knowledge::Respected;
                if respected {
                    self.never_known += created.null_count() as u64;
                }
                let nulls = created.nulls().filter(|nulls| nulls.null_count() > 0);
                let is_null = |row: usize| nulls.is_some_and(|nulls| nulls.is_null(row));
                let of = |row: usize| match (is_null(row), respected) {
                    (false, true) => (known[row], known[row].max(events[row])),
                    (false, false) => (known[row], events[row]),
                    (true, false) => (i64::MIN, events[row]),
                    // Never known: beyond every moment that is asked for.
                    (true, true) => (i64::MIN, i64::MAX),
                };
                if respected && nulls.is_some() {
                    for (row, number) in self.numbers.iter_mut().enumerate() {
                        if is_null(row) {
                            *number = NO_KEY;
                        }
                    }
                }
                self.offer(events, of, first);
            }
        }
        for (column, at) in self.columns.iter_mut().zip(layout.features()) {
            column.put(rows.column(at), &self.taken);
        }
    }

    /// Offers rows; `of` gives the created time of a row and the moment from which it is visible.
    fn offer(&mut self, events: &[i64], of: impl Fn(usize) -> (i64, i64), first: u64) {
        let timeline = &self.asked.timeline;
        // The searches do not wait for each other; the comparisons that follow do.
        self.slots.clear();
        self.slots.extend(self.numbers.iter().enumerate().map(|(row, number)| {
            let (_, visible) = of(row);
            if *number == NO_KEY || visible > self.latest {
                return NO_KEY;
            }
            timeline.first_from(*number, visible).unwrap_or(NO_KEY)
        }));
        self.taken.clear();
        for (row, slot) in self.slots.iter().enumerate().rev().filter(|(_, slot)| **slot != NO_KEY)
        {
            let (created, visible) = of(row);
            let offer = Offer { event: events[row], created, visible, ordinal: first + row as u64 };
            if self.winners.offer_at(timeline, *slot, offer) {
                self.taken.push((*slot, row as u32));
            }
        }
    }

    fn merge(&mut self, other: &Stream<'_>) {
        let mut slots = Vec::new();
        self.winners.merge(&other.winners, |slot| slots.push(slot));
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.adopt(theirs.as_ref(), &slots);
        }
        self.rows_read += other.rows_read;
        self.never_known += other.never_known;
    }

    /// The answers, held against the rule that nothing is told before it was known.
    fn settle(self) -> Result<Answer, FeatureStoreError> {
        let answers = self.winners.settle(&self.asked.timeline);
        let timeline = &self.asked.timeline;
        let slot_of = |slot: &u32| if *slot == NO_KEY { None } else { answers[*slot as usize] };
        let respected = self.join.knowledge == Knowledge::Respected;
        for (slot, answer) in answers.iter().enumerate() {
            let Some(answer) = answer else { continue };
            let moment = timeline.times()[slot];
            let late = |time: Option<i64>| time.is_some_and(|time| time > moment);
            let ahead = late(self.winners.event(*answer))
                || (respected && late(self.winners.created(*answer)));
            assert!(!ahead, "a value of {} is told before it was known", self.join.name);
        }
        let give = |column: &dyn SlotColumn| column.give(&mut timeline.slots().iter().map(slot_of));
        let moments = |of: &dyn Fn(u32) -> Option<i64>| {
            let of = timeline.slots().iter().map(|slot| slot_of(slot).and_then(of));
            Arc::new(of.collect::<TimestampMicrosecondArray>().with_timezone("UTC")) as ArrayRef
        };
        let times = self.join.times;
        Ok(Answer {
            features: self.columns.iter().map(|column| give(column.as_ref())).collect(),
            event: times.then(|| moments(&|slot| self.winners.event(slot))),
            created: times.then(|| {
                moments(&|slot| self.winners.created(slot).filter(|time| *time != i64::MIN))
            }),
            rows_read: self.rows_read,
            answered: timeline.slots().iter().filter(|slot| slot_of(slot).is_some()).count() as u64,
            never_known: self.never_known,
        })
    }
}
