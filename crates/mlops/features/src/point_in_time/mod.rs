//! The point-in-time join: for each row that asks, the newest feature row that was known then.
//!
//! In: rows that ask (an interned key and a moment each) and feature rows (key, event time, and
//! where there is one the time from which the row was known). Out: for each asking row the feature
//! row that answers it, or none. An asking row is never lost, moved or merged with another.
//!
//! A feature row with event time `e` that was known from `c` answers an asking row of the same key
//! at `t` if `e <= t`, if `c <= t` (unless knowledge is ignored), and if `ttl` is nought or
//! `e >= t - ttl`; both ends count. Of those the latest event wins, then the latest known, then the
//! row that stands last. [`join`] does this on slices; [`Timeline`] and [`Winners`] do it for rows
//! that stream by in any order, with memory for the asking rows only.
//!
//! Knows nothing about files, columns or types: a key is a number, and so is a moment.

mod timeline;
mod winners;

pub use timeline::Timeline;
pub use winners::{Offer, Winners};

/// The key of a row whose key is missing: it matches nothing, not even another missing key.
pub const NO_KEY: u32 = u32::MAX;

/// Rows that ask: one key and one moment each, of the same length.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Interned keys, from nought; [`NO_KEY`] where there is none.
    pub keys: &'a [u32],
    /// Moments, in any unit that the feature rows share.
    pub times: &'a [i64],
}

/// Feature rows: slices of the same length, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Interned keys; [`NO_KEY`] where there is none or where nobody asks for it.
    pub keys: &'a [u32],
    /// Event times.
    pub events: &'a [i64],
    /// The times from which the rows were known: a row without one is never known. Without the
    /// slice, every row is known from its event on.
    pub created: Option<&'a [Option<i64>]>,
}

/// What counts as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Knowledge {
    /// Rows that were known by the asking row's moment. What a model could have seen.
    #[default]
    Respected,
    /// Rows whose event had happened, even if they were written or corrected later; the created
    /// time decides between rows of one event only. For comparison with stores that do no more.
    Ignored,
}

/// For each asking row the index of the feature row that answers it.
///
/// `ttl` is how old an event may be, in the unit of the times; nought is for ever. Cost: n log n for
/// n asking rows, and log of the rows of its key for each feature row.
///
/// ```
/// use features::point_in_time::{Asking, Known, Knowledge, join};
///
/// let asking = Asking { keys: &[0, 0, 1], times: &[10, 25, 25] };
/// let known = Known { keys: &[0, 0, 0], events: &[10, 20, 30], created: None };
/// assert_eq!(join(asking, known, 0, Knowledge::Respected), [Some(0), Some(1), None]);
/// assert_eq!(join(asking, known, 4, Knowledge::Respected), [Some(0), None, None]);
/// ```
pub fn join(
    asking: Asking<'_>,
    known: Known<'_>,
    ttl: i64,
    knowledge: Knowledge,
) -> Vec<Option<usize>> {
    let timeline = Timeline::new(asking.keys, asking.times);
    let mut winners = Winners::new(&timeline, ttl);
    for row in 0..known.keys.len() {
        let created = known.created.map(|created| created[row]);
        let offer = match (created, knowledge) {
            (None, _) => Offer::at(known.events[row], row as u64),
            (Some(None), Knowledge::Respected) => continue,
            (Some(None), Knowledge::Ignored) => {
                Offer { created: i64::MIN, ..Offer::at(known.events[row], row as u64) }
            }
            (Some(Some(created)), Knowledge::Respected) => Offer {
                created,
                visible: created.max(known.events[row]),
                ..Offer::at(known.events[row], row as u64)
            },
            (Some(Some(created)), Knowledge::Ignored) => {
                Offer { created, ..Offer::at(known.events[row], row as u64) }
            }
        };
        winners.offer(&timeline, known.keys[row], offer);
    }
    let answers = winners.settle(&timeline);
    let row_of = |slot: u32| winners.ordinal(answers[slot as usize]?).map(|row| row as usize);
    timeline.slots().iter().map(|slot| (*slot != NO_KEY).then(|| row_of(*slot)).flatten()).collect()
}

#[cfg(test)]
mod tests;
