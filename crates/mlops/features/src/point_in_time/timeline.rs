//! The moments at which each key is asked for, in order.
//!
//! In: the keys and moments of the asking rows. Out: slots, one for each distinct moment of a key,
//! and the slot of every row. Rows of the same key and moment share a slot, so duplicates cost
//! nothing and stay duplicates.

use super::NO_KEY;

/// Slots in the order of keys, and of moments within a key.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// For each key the first of its slots; one more at the end.
    starts: Vec<u32>,
    /// The moment of each slot.
    times: Vec<i64>,
    /// The slot of each asking row; [`NO_KEY`] where the row has no key.
    slots: Vec<u32>,
}

impl Timeline {
    /// The timeline of asking rows; a row whose key is [`NO_KEY`] has no slot.
    ///
    /// # Panics
    ///
    /// If the slices differ in length or hold four thousand million rows: cut them before.
    pub fn new(keys: &[u32], times: &[i64]) -> Self {
        assert_eq!(keys.len(), times.len(), "each asking row has a key and a moment");
        assert!(keys.len() < NO_KEY as usize, "rows are counted in 32 bits");
        let known = keys.iter().copied().filter(|key| *key != NO_KEY);
        let n_keys = known.max().map_or(0, |most| most as usize + 1);
        let (bounds, mut order) = by_key(keys, n_keys);
        let mut timeline = Self {
            starts: Vec::with_capacity(n_keys + 1),
            times: Vec::with_capacity(order.len()),
            slots: vec![NO_KEY; keys.len()],
        };
        for key in 0..n_keys {
            timeline.starts.push(timeline.times.len() as u32);
            let rows = &mut order[bounds[key] as usize..bounds[key + 1] as usize];
            rows.sort_unstable_by_key(|row| times[*row as usize]);
            let first = timeline.times.len();
            for row in rows {
                let time = times[*row as usize];
                if timeline.times.len() == first || timeline.times.last() != Some(&time) {
                    timeline.times.push(time);
                }
                timeline.slots[*row as usize] = timeline.times.len() as u32 - 1;
            }
        }
        timeline.starts.push(timeline.times.len() as u32);
        timeline
    }

    /// The slot of each asking row, [`NO_KEY`] where it has none.
    pub fn slots(&self) -> &[u32] {
        &self.slots
    }

    /// The moment of each slot.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// The earliest and the latest moment that is asked for.
    pub fn span(&self) -> Option<(i64, i64)> {
        Some((*self.times.iter().min()?, *self.times.iter().max()?))
    }

    /// The keys that are asked for.
    pub fn keys(&self) -> usize {
        self.starts.len() - 1
    }

    /// The slots of a key; none for a key that nobody asks for.
    pub(super) fn of(&self, key: u32) -> std::ops::Range<usize> {
        match self.starts.get(key as usize..(key as usize).saturating_add(2)) {
            Some([start, end]) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// The first slot of a key at or after a moment.
    pub fn first_from(&self, key: u32, moment: i64) -> Option<u32> {
        let slots = self.of(key);
        let (start, times) = (slots.start, &self.times[slots]);
        let before = times.partition_point(|time| *time < moment);
        (before < times.len()).then(|| (start + before) as u32)
    }
}

/// Rows in the order of their keys, by counting, and where each key begins.
fn by_key(keys: &[u32], n_keys: usize) -> (Vec<u32>, Vec<u32>) {
    let mut bounds = vec![0u32; n_keys + 1];
    for key in keys.iter().filter(|key| **key != NO_KEY) {
        bounds[*key as usize + 1] += 1;
    }
    for key in 0..n_keys {
        bounds[key + 1] += bounds[key];
    }
    let mut next = bounds.clone();
    let mut order = vec![0u32; bounds[n_keys] as usize];
    for (row, key) in keys.iter().enumerate().filter(|(_, key)| **key != NO_KEY) {
        order[next[*key as usize] as usize] = row as u32;
        next[*key as usize] += 1;
    }
    (bounds, order)
}
