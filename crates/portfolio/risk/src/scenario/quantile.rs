//! Quantiles of a great many numbers, exact, in three passes.
//!
//! In come numbers in several pieces and levels; out come quantiles. Numbers are counted by their
//! leading bits, and only those that share them with a quantile are sorted.

use crate::RiskError;

/// Bits of the count: 8192 buckets fit the first cache.
const BUCKETS: u32 = 13;

/// The quantile at each level from 0 to 1 of all numbers in `parts` together: between the two
/// nearest order statistics by linear interpolation (type 7 of Hyndman and Fan 1996).
///
/// Fails if there are no numbers, one is NaN, or a level is out of its range. How the numbers are
/// cut into parts does not matter. Cost: three passes.
pub fn quantiles(parts: &[&[f64]], levels: &[f64]) -> Result<Vec<f64>, RiskError> {
    let count: usize = parts.iter().map(|part| part.len()).sum();
    crate::covariance::require_rows("quantiles", count, 1)?;
    if let Some(found) = levels.iter().find(|level| !(0.0..=1.0).contains(*level)) {
        let must = "from 0 to 1, such as 0.05";
        return Err(RiskError::Parameter { name: "the level of a quantile", found: *found, must });
    }
    let places: Vec<f64> = levels.iter().map(|level| level * (count - 1) as f64).collect();
    let mut ranks: Vec<usize> =
        places.iter().flat_map(|at| [at.floor() as usize, at.ceil() as usize]).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let found = order_statistics(parts, &ranks)?;
    let at = |rank: f64| found[ranks.binary_search(&(rank as usize)).expect("asked for above")];
    Ok(places
        .iter()
        .map(|place| {
            let (low, high) = (at(place.floor()), at(place.ceil()));
            if low == high { low } else { low + (place - place.floor()) * (high - low) }
        })
        .collect())
}

/// Bits in the order of the numbers.
#[inline]
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    bits ^ ((bits as i64 >> 63) as u64 | 1 << 63)
}

/// The numbers at these ranks, which rise.
fn order_statistics(parts: &[&[f64]], ranks: &[usize]) -> Result<Vec<f64>, RiskError> {
    let (mut low, mut high) = (u64::MAX, 0);
    for (row, part) in parts.iter().enumerate() {
        let mut missing = false;
        for value in *part {
            missing |= value.is_nan();
            (low, high) = (low.min(key(*value)), high.max(key(*value)));
        }
        if missing {
            let col = part.iter().position(|value| value.is_nan()).unwrap_or(0);
            return Err(RiskError::NotFinite { what: "numbers", row, col });
        }
    }
    let shift = (64 - (high - low).leading_zeros()).saturating_sub(BUCKETS);
    let bucket = |value: f64| ((key(value) - low) >> shift) as usize;
    let mut counts = vec![0_usize; (((high - low) >> shift) + 1) as usize];
    for part in parts {
        part.iter().for_each(|value| counts[bucket(*value)] += 1);
    }
    // For each bucket with a rank in it, where its numbers are gathered.
    let mut gathers = vec![usize::MAX; counts.len()];
    let mut places = Vec::new();
    let (mut seen, mut at) = (0, 0);
    for (number, count) in counts.iter().enumerate() {
        let from = at;
        while at < ranks.len() && ranks[at] < seen + count {
            at += 1;
        }
        if at > from {
            gathers[number] = places.len();
            places.push((seen, from..at, Vec::with_capacity(*count)));
        }
        seen += count;
    }
    for part in parts {
        for value in *part {
            let gather = gathers[bucket(*value)];
            if gather != usize::MAX {
                places[gather].2.push(*value);
            }
        }
    }
    let mut found = Vec::with_capacity(ranks.len());
    for (before, wanted, mut values) in places {
        values.sort_unstable_by(f64::total_cmp);
        found.extend(ranks[wanted].iter().map(|rank| values[rank - before]));
    }
    Ok(found)
}
