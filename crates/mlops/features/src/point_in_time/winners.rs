//! The best feature row of each slot, while feature rows stream by.
//!
//! A row is offered to the first slot from which it is visible and to no other. When all have been
//! offered, [`Winners::settle`] carries the best of each slot on to the later slots of its key. The
//! outcome does not depend on the order of the offers, so rows may come from several files or
//! threads.

use super::{NO_KEY, Timeline};

/// A feature row as it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Its event time.
    pub event: i64,
    /// Decides between rows of one event: the later wins.
    pub created: i64,
    /// From when on it may answer: not before its event.
    pub visible: i64,
    /// Its place among all feature rows; decides between rows that are equal otherwise.
    pub ordinal: u64,
}

impl Offer {
    /// A row that is known from its event on.
    pub fn at(event: i64, ordinal: u64) -> Self {
        Self { event, created: event, visible: event, ordinal }
    }
}

/// The best row so far: compared field by field, so that the order of the fields is the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Best {
    event: i64,
    created: i64,
    ordinal: u64,
}

/// Below every row that can be offered, since ordinals are stored from one.
const NOTHING: Best = Best { event: i64::MIN, created: i64::MIN, ordinal: 0 };

/// The best row of each slot of a [`Timeline`].
#[derive(Debug, Clone)]
pub struct Winners {
    best: Vec<Best>,
    ttl: i64,
}

impl Winners {
    /// No row has been offered yet. `ttl` is how old an event may be; nought is for ever.
    pub fn new(timeline: &Timeline, ttl: i64) -> Self {
        Self { best: vec![NOTHING; timeline.times().len()], ttl }
    }

    /// Offers a row of `key`; the slot whose best it now is, if it is.
    pub fn offer(&mut self, timeline: &Timeline, key: u32, offer: Offer) -> Option<u32> {
        if key == NO_KEY {
            return None;
        }
        let slot = timeline.first_from(key, offer.visible)?;
        self.offer_at(timeline, slot, offer).then_some(slot)
    }

    /// Offers a row to the slot that [`Timeline::first_from`] gave for the moment from which it is
    /// visible; whether it is now the best there.
    pub fn offer_at(&mut self, timeline: &Timeline, slot: u32, offer: Offer) -> bool {
        // Too old for this slot is too old for every later one.
        if self.is_stale(offer.event, timeline.times()[slot as usize]) {
            return false;
        }
        let best = &mut self.best[slot as usize];
        let offered =
            Best { event: offer.event, created: offer.created, ordinal: offer.ordinal + 1 };
        let better = offered > *best;
        if better {
            *best = offered;
        }
        better
    }

    fn is_stale(&self, event: i64, time: i64) -> bool {
        self.ttl > 0 && event < time.saturating_sub(self.ttl)
    }

    /// For each slot the slot whose best answers it: itself, an earlier one of its key, or none
    /// where nothing was known or all of it is older than the ttl.
    pub fn settle(&self, timeline: &Timeline) -> Vec<Option<u32>> {
        let mut answers = vec![None; self.best.len()];
        for key in 0..timeline.keys() as u32 {
            let mut leader: Option<usize> = None;
            for slot in timeline.of(key) {
                let better = leader.is_none_or(|first| self.best[slot] > self.best[first]);
                if better && self.best[slot] != NOTHING {
                    leader = Some(slot);
                }
                let time = timeline.times()[slot];
                let fresh = leader.filter(|first| !self.is_stale(self.best[*first].event, time));
                answers[slot] = fresh.map(|first| first as u32);
            }
        }
        answers
    }

    /// Takes what another stream of rows found for the same timeline; `take` is called for each
    /// slot whose best is now the other's.
    pub fn merge(&mut self, other: &Winners, mut take: impl FnMut(u32)) {
        for (slot, (mine, theirs)) in self.best.iter_mut().zip(&other.best).enumerate() {
            if theirs > mine {
                *mine = *theirs;
                take(slot as u32);
            }
        }
    }

    /// The ordinal of the best row of a slot.
    pub fn ordinal(&self, slot: u32) -> Option<u64> {
        self.best[slot as usize].ordinal.checked_sub(1)
    }

    /// The event time of the best row of a slot.
    pub fn event(&self, slot: u32) -> Option<i64> {
        let best = self.best[slot as usize];
        (best != NOTHING).then_some(best.event)
    }

    /// The created time of the best row of a slot: its event time where rows have none.
    pub fn created(&self, slot: u32) -> Option<i64> {
        let best = self.best[slot as usize];
        (best != NOTHING).then_some(best.created)
    }
}
