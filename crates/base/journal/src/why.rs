//! From a record to its causes.

use std::collections::HashSet;

use types::Id;

use crate::Record;

/// One line of the tree of causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause<'a> {
    /// How many steps it is from the record that was asked about.
    pub depth: usize,
    /// The record.
    pub record: &'a Record,
    /// Whether its own causes were shown further up and are left out here.
    pub repeated: bool,
}

/// The tree of causes of the record `id`, depth first, each record's own causes once.
///
/// `find` looks a record up by its name. `None` if there is no such record.
pub fn why<'a>(id: &Id, find: impl Fn(&Id) -> Option<&'a Record>) -> Option<Vec<Cause<'a>>> {
    let mut lines = Vec::new();
    let mut seen = HashSet::new();
    let mut stack = vec![(0, find(id)?)];
    while let Some((depth, record)) = stack.pop() {
        let repeated = !seen.insert(&record.id) && !record.because.is_empty();
        lines.push(Cause { depth, record, repeated });
        if !repeated {
            stack.extend(
                record.because.iter().rev().filter_map(|cause| Some((depth + 1, find(cause)?))),
            );
        }
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Because, Draft, Kind, Memory, Spine, SpineError, verify};
    use types::{close_of, parse_date};

    fn story() -> Memory {
        let at = close_of(parse_date("2020-01-31").unwrap());
        let mut journal = Memory::default();
        let fact = |kind, id: &str, because| Draft::fact(kind, at, id, because, id.into());
        journal
            .append(vec![
                Draft::observed(at, "panel", b"panel".to_vec()),
                fact(Kind::Featured, "features", Because::of("panel")),
                fact(Kind::Forecast, "forecast", Because::of("features")),
                fact(Kind::Estimated, "moments", Because::of("panel")),
                fact(Kind::Allocated, "target", Because::of("forecast").and("moments")),
                fact(Kind::Placed, "order", Because::of("target").and("panel")),
            ])
            .unwrap();
        journal
    }

    #[test]
    fn an_order_leads_back_to_what_was_seen() {
        let journal = story();
        let lines: Vec<_> = why(&"order".into(), |id| journal.get(id))
            .unwrap()
            .iter()
            .map(|cause| format!("{}{}", "  ".repeat(cause.depth), cause.record.id))
            .collect();
        let expected = [
            "order",
            "  target",
            "    forecast",
            "      features",
            "        panel",
            "    moments",
            "      panel",
            "  panel",
        ];
        assert_eq!(lines, expected);
        assert!(why(&"nobody".into(), |id| journal.get(id)).is_none());
    }

    #[test]
    fn a_cause_must_exist_and_a_name_is_used_once() {
        let mut journal = story();
        let at = close_of(parse_date("2020-02-28").unwrap());
        let orphan = Draft::fact(Kind::Placed, at, "o2", Because::of("nobody"), vec![]);
        assert!(matches!(journal.append(vec![orphan]), Err(SpineError::UnknownCause { .. })));
        let twice = Draft::observed(at, "panel", vec![]);
        assert!(matches!(journal.append(vec![twice]), Err(SpineError::Duplicate(_))));
        assert_eq!(journal.records().len(), 6);
    }

    #[test]
    fn any_change_to_any_record_breaks_the_chain_there() {
        let journal = story();
        verify(journal.records()).unwrap();
        for place in 0..6 {
            let mut records = journal.records().to_vec();
            records[place].because.push("panel".into());
            assert_eq!(verify(&records).unwrap_err().seq, place as u64);
            let mut records = journal.records().to_vec();
            records.remove(place);
            if place < 5 {
                assert_eq!(verify(&records).unwrap_err().seq, place as u64);
            }
        }
    }
}
