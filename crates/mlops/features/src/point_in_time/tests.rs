//! The join beside its definition, row by row; and the cases that other stores are known to lose.

use proptest::prelude::*;

use super::{Asking, Knowledge, Known, NO_KEY, Offer, Timeline, Winners, join};

/// The definition, asked of every pair: n × m.
fn naive(asking: Asking<'_>, known: Known<'_>, ttl: i64, how: Knowledge) -> Vec<Option<usize>> {
    let respected = how == Knowledge::Respected;
    let answer = |(key, time): (&u32, &i64)| {
        let mut best: Option<(i64, Option<i64>, usize)> = None;
        for row in 0..known.keys.len() {
            let event = known.events[row];
            let created = known.created.map_or(Some(event), |created| created[row]);
            let valid = *key != NO_KEY
                && known.keys[row] == *key
                && event <= *time
                && (ttl == 0 || event >= *time - ttl)
                && (!respected || created.is_some_and(|created| created <= *time));
            if valid && best.is_none_or(|best| (event, created, row) > best) {
                best = Some((event, created, row));
            }
        }
        best.map(|(_, _, row)| row)
    };
    asking.keys.iter().zip(asking.times).map(answer).collect()
}

fn key() -> impl Strategy<Value = u32> {
    prop_oneof![9 => 0u32..4, 1 => Just(NO_KEY), 1 => 90u32..92]
}

type FeatureRow = (u32, i64, Option<i64>);

fn rows() -> impl Strategy<Value = Vec<FeatureRow>> {
    let created = prop_oneof![4 => (-5i64..30).prop_map(Some), 1 => Just(None)];
    proptest::collection::vec((key(), -5i64..25, created), 0..40)
}

fn asked() -> impl Strategy<Value = Vec<(u32, i64)>> {
    proptest::collection::vec((key(), -5i64..30), 0..30)
}

/// A join of owned rows.
fn joined(
    asked: &[(u32, i64)],
    rows: &[FeatureRow],
    ttl: i64,
    how: Knowledge,
    with_created: bool,
    by: fn(Asking<'_>, Known<'_>, i64, Knowledge) -> Vec<Option<usize>>,
) -> Vec<Option<usize>> {
    let (keys, times): (Vec<_>, Vec<_>) = asked.iter().copied().unzip();
    let feature_keys: Vec<u32> = rows.iter().map(|row| row.0).collect();
    let events: Vec<i64> = rows.iter().map(|row| row.1).collect();
    let created: Vec<Option<i64>> = rows.iter().map(|row| row.2).collect();
    let known = Known {
        keys: &feature_keys,
        events: &events,
        created: with_created.then_some(created.as_slice()),
    };
    by(Asking { keys: &keys, times: &times }, known, ttl, how)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_join_is_its_definition(
        asked in asked(), rows in rows(), ttl in 0i64..12, ignored: bool, with_created: bool,
    ) {
        let how = if ignored { Knowledge::Ignored } else { Knowledge::Respected };
        let ours = joined(&asked, &rows, ttl, how, with_created, join);
        prop_assert_eq!(ours.len(), asked.len());
        prop_assert_eq!(ours, joined(&asked, &rows, ttl, how, with_created, naive));
    }

    /// Rows that became known later change no earlier answer.
    #[test]
    fn nothing_is_known_before_its_time(
        asked in asked(), rows in rows(), ttl in 0i64..12, now in -5i64..25,
    ) {
        let past: Vec<_> = asked.iter().copied().filter(|(_, time)| *time <= now).collect();
        let told = |row: &FeatureRow| row.1 <= now && row.2.is_some_and(|created| created <= now);
        let known: Vec<_> = rows.iter().copied().filter(told).collect();
        let seen = |rows: &[FeatureRow]| {
            let found = joined(&past, rows, ttl, Knowledge::Respected, true, join);
            found.into_iter().map(|row| row.map(|row| rows[row])).collect::<Vec<_>>()
        };
        prop_assert_eq!(seen(&rows), seen(&known));
    }

    /// Streams that meet later agree with one stream, whatever was in which.
    #[test]
    fn streams_can_be_merged(
        asked in asked(), rows in rows(), ttl in 0i64..12, halves in any::<u64>(),
    ) {
        let (keys, times): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let timeline = Timeline::new(&keys, &times);
        let mut streams = [0, 1, 2].map(|_| Winners::new(&timeline, ttl));
        for (row, (key, event, _)) in rows.iter().enumerate() {
            let offer = Offer::at(*event, row as u64);
            streams[0].offer(&timeline, *key, offer);
            streams[1 + (halves >> (row % 64) & 1) as usize].offer(&timeline, *key, offer);
        }
        let [whole, mut one, other] = streams;
        one.merge(&other, |_| {});
        let told = |winners: &Winners| {
            let answers = winners.settle(&timeline).into_iter();
            answers.map(|slot| slot.and_then(|slot| winners.ordinal(slot))).collect::<Vec<_>>()
        };
        prop_assert_eq!(told(&whole), told(&one));
    }
}

/// Five rows ask, and a store that filters joined pairs gives two back: the row before the first
/// event, the row beyond the ttl and the duplicate are lost there (feast 0.67 with its file store;
/// issue 6787 of feast-dev/feast for the duplicate). Here five ask and five are answered.
#[test]
fn no_row_is_lost() {
    let asking = Asking { keys: &[1, 1, 1, 2, 1], times: &[5, 15, 15, 15, 100] };
    let known = Known { keys: &[1, 2], events: &[10, 20], created: None };
    let answers = join(asking, known, 30, Knowledge::Respected);
    assert_eq!(answers, [None, Some(0), Some(0), None, None]);
}

#[test]
fn both_ends_of_the_ttl_count() {
    for (time, answer) in [(9, None), (10, Some(0)), (20, Some(0)), (21, None)] {
        let known = Known { keys: &[0], events: &[10], created: None };
        let found = join(Asking { keys: &[0], times: &[time] }, known, 10, Knowledge::Respected);
        assert_eq!(found, [answer], "at {time}");
    }
}

#[test]
fn a_correction_counts_from_when_it_was_known() {
    let known = Known { keys: &[0, 0], events: &[10, 10], created: Some(&[Some(10), Some(50)]) };
    let asking = Asking { keys: &[0, 0], times: &[20, 60] };
    assert_eq!(join(asking, known, 0, Knowledge::Respected), [Some(0), Some(1)]);
    assert_eq!(join(asking, known, 0, Knowledge::Ignored), [Some(1), Some(1)]);
}

#[test]
fn the_ends_of_time_are_moments_too() {
    let known = Known { keys: &[0], events: &[i64::MIN], created: None };
    let asking = Asking { keys: &[0, 0], times: &[i64::MIN, i64::MAX] };
    assert_eq!(join(asking, known, 0, Knowledge::Respected), [Some(0), Some(0)]);
    assert_eq!(join(asking, known, 5, Knowledge::Respected), [Some(0), None]);
}
