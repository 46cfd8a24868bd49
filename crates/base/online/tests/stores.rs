//! What every store does, asked of each of them in the same words.

mod kit;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use kit::{key, kits, names, read};
use online::{
    Ask, Batch, EntityKey, Found, Loading, OnlineError, OnlineStore, Progress, Value, ViewState,
    Written,
};
use proptest::prelude::*;

const NOW: i64 = 1_700_000_000_000_000;

fn every_type() -> Vec<Value> {
    vec![
        Value::Null,
        Value::Bool(true),
        Value::Bool(false),
        Value::Int32(i32::MIN),
        Value::Int64(i64::MAX),
        Value::Float32(0.1),
        Value::Float64(f64::NEG_INFINITY),
        Value::Text("naïve 株".to_owned()),
        Value::Bytes(vec![0, 255, 10]),
        Value::Timestamp(-1),
        Value::List(vec![]),
        Value::List(vec![Value::Float32(1.5), Value::Float32(-2.5)]),
        Value::List(vec![Value::Int64(1), Value::Null, Value::Text("x".to_owned())]),
        Value::List(vec![Value::List(vec![Value::Bool(true)]), Value::List(vec![])]),
        Value::List(vec![Value::Bool(true), Value::Bool(true)]),
    ]
}

#[test]
fn every_type_of_value_comes_back_as_it_was() {
    for kit in kits("types") {
        let values = every_type();
        let features: Vec<String> = (0..values.len()).map(|n| format!("f{n}")).collect();
        let view = kit.view("v");
        let mut batch = Batch::new(&view, &features);
        batch.push(&[Value::Int64(7)], 5, Some(6), &values).unwrap();
        let written = kit.store.write(&batch, Progress::None, NOW).unwrap();
        assert_eq!((written.taken, written.superseded), (1, 0), "{}", kit.name);
        let expected = values.into_iter().map(Some).collect();
        let expected = Found { event: 5, created: Some(6), values: expected };
        let found = read(&*kit.store, &view, &features, &[7, 8]);
        assert_eq!(found, [Some(expected), None], "{}", kit.name);
    }
}

#[test]
fn the_newest_row_stays() {
    // Of two rows, in this order: event and created; which one stays.
    let table = [
        ((1, None), (2, None), "second"),
        ((2, None), (1, None), "first"),
        ((1, Some(1)), (1, Some(2)), "second"),
        ((1, Some(2)), (1, Some(1)), "first"),
        ((1, None), (1, Some(-9)), "second"),
        ((1, Some(-9)), (1, None), "first"),
        ((1, Some(3)), (1, Some(3)), "second"),
        ((-5, None), (-4, None), "second"),
        ((-4, Some(0)), (-5, Some(9)), "first"),
    ];
    let features = names(&["which"]);
    for kit in kits("newest") {
        for (case, (first, second, stays)) in table.iter().enumerate() {
            for in_one_batch in [true, false] {
                let view = kit.view(&format!("{case}-{in_one_batch}"));
                let mut batch = Batch::new(&view, &features);
                for (place, (event, created)) in [first, second].into_iter().enumerate() {
                    let which = Value::Text(["first", "second"][place].to_owned());
                    batch.push(&[Value::Int64(1)], *event, *created, &[which]).unwrap();
                    if !in_one_batch {
                        kit.store.write(&batch, Progress::None, NOW).unwrap();
                        batch.clear();
                    }
                }
                kit.store.write(&batch, Progress::None, NOW).unwrap();
                let found = read(&*kit.store, &view, &features, &[1]).remove(0).unwrap();
                let expected = [Some(Value::Text((*stays).to_owned()))];
                assert_eq!(found.values, expected, "{} case {case} {in_one_batch}", kit.name);
            }
        }
    }
}

#[test]
fn a_row_is_read_by_name_whatever_its_view_has_become() {
    for kit in kits("layout") {
        let view = kit.view("v");
        for (id, features) in [(1, names(&["a", "b"])), (2, names(&["c", "b"]))] {
            let mut batch = Batch::new(&view, &features);
            batch
                .push(&[Value::Int64(id)], 1, None, &[Value::Int64(id * 10), Value::Null])
                .unwrap();
            kit.store.write(&batch, Progress::None, NOW).unwrap();
        }
        let asked = names(&["c", "a", "b", "a"]);
        let found = read(&*kit.store, &view, &asked, &[1, 2]);
        let values = |found: &Option<Found>| found.clone().unwrap().values;
        let ten = Some(Value::Int64(10));
        assert_eq!(values(&found[0]), [None, ten.clone(), Some(Value::Null), ten]);
        assert_eq!(values(&found[1]), [Some(Value::Int64(20)), None, Some(Value::Null), None]);
    }
}

#[test]
fn many_views_are_read_at_once_and_unknown_ones_are_empty() {
    for kit in kits("views") {
        let (a, b) = (kit.view("a"), kit.view("b"));
        let features = names(&["x"]);
        for (view, parts) in
            [(&a, vec![Value::Int32(1)]), (&b, vec![Value::Text("q".to_owned()), Value::Int64(2)])]
        {
            let mut batch = Batch::new(view, &features);
            batch.push(&parts, 1, None, &[Value::Bool(true)]).unwrap();
            kit.store.write(&batch, Progress::None, NOW).unwrap();
        }
        let pair = EntityKey::new(&[Value::Text("q".to_owned()), Value::Int32(2)]).unwrap();
        let unknown = kit.view("unknown");
        let asks = [
            Ask { view: &b, features: &features, keys: &[pair.clone(), key(1)] },
            Ask { view: &unknown, features: &features, keys: &[key(1)] },
            Ask { view: &a, features: &features, keys: &[] },
            Ask { view: &a, features: &features, keys: &[key(1)] },
        ];
        let found = kit.store.read(&asks).unwrap();
        let there: Vec<Vec<bool>> =
            found.iter().map(|rows| rows.iter().map(Option::is_some).collect()).collect();
        assert_eq!(there, [vec![true, false], vec![false], vec![], vec![true]], "{}", kit.name);
    }
}

#[test]
fn progress_stands_beside_the_rows() {
    for kit in kits("progress") {
        let view = kit.view("v");
        let features = names(&["x"]);
        assert_eq!(kit.store.state(&view).unwrap(), None);
        let batch = |event| {
            let mut batch = Batch::new(&view, &features);
            batch.push(&[Value::Int64(event)], event, None, &[Value::Null]).unwrap();
            batch
        };
        kit.store.write(&batch(3), Progress::At { job: "j", done: 1 }, NOW).unwrap();
        let state = kit.store.state(&view).unwrap().unwrap();
        let mark = state.mark.clone().unwrap();
        assert_eq!((mark.job.as_str(), mark.done), ("j", 1));
        assert_eq!((state.rows, state.newest_event, state.written), (1, Some(3), Some(NOW)));
        assert_eq!(state.materialized_to, None);
        let empty = Batch::new(&view, &features);
        kit.store.write(&empty, Progress::Done { to: 9 }, NOW + 1).unwrap();
        kit.store.write(&batch(2), Progress::Done { to: 8 }, NOW + 2).unwrap();
        let state = kit.store.state(&view).unwrap().unwrap();
        assert_eq!((state.rows, state.newest_event, state.written), (2, Some(3), Some(NOW + 2)));
        assert_eq!((state.materialized_to, state.mark), (Some(9), None), "{}", kit.name);
        let names: Vec<String> = kit.store.views().unwrap().into_iter().map(|(n, _)| n).collect();
        assert!(names.contains(&view));
        assert_eq!(kit.store.clear(&view).unwrap(), 2);
        assert_eq!(kit.store.state(&view).unwrap(), None);
        assert_eq!(read(&*kit.store, &view, &features, &[2, 3]), [None, None]);
        assert_eq!(kit.store.clear(&view).unwrap(), 0);
    }
}

#[test]
fn what_is_wrong_is_refused() {
    let mut batch = Batch::new("v", &names(&["a", "b"]));
    let error = batch.push(&[Value::Int64(1)], 1, None, &[Value::Null]).unwrap_err();
    assert_eq!(error, OnlineError::Ragged { expected: 2, got: 1 });
    for bad in [Value::Null, Value::Float64(1.0), Value::List(vec![])] {
        let kind = bad.kind();
        let values = [Value::Null, Value::Null];
        let error = batch.push(&[Value::Int64(1), bad], 1, None, &values).unwrap_err();
        assert_eq!(error, OnlineError::Key { kind });
    }
    assert!(batch.is_empty() && batch.bytes() == 0, "nothing of them is left");
    for (address, said) in [
        ("http://x", "cannot be at http://"),
        ("redis://:secret@127.0.0.1:1/", "redis://127.0.0.1:1/0"),
        ("redis://host:port", "cannot be read"),
    ] {
        let error = online::open(address).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains("secret"), "{error}");
    }
}

#[test]
fn a_file_belongs_to_one_process_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("online.redb").display().to_string();
    let features = names(&["x"]);
    {
        let store = online::open(&file).unwrap();
        let mut batch = Batch::new("v", &features);
        batch.push(&[Value::Int64(1)], 1, None, &[Value::Int64(5)]).unwrap();
        store.write(&batch, Progress::None, NOW).unwrap();
        assert!(matches!(online::open(&file), Err(OnlineError::InUse(_))));
    }
    let store = online::open(&file).unwrap();
    let found = read(&*store, "v", &features, &[1]).remove(0).unwrap();
    assert_eq!(found.values, [Some(Value::Int64(5))]);
}

/// An entity, its event and creation, and a number that tells the row.
type Row = (i64, i64, Option<i64>, i64);

fn rows() -> impl Strategy<Value = Vec<Vec<Row>>> {
    let row = (0..6_i64, -3..4_i64, proptest::option::of(-2..3_i64), any::<i64>());
    proptest::collection::vec(proptest::collection::vec(row, 0..8), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However rows come in batches, the newest of each entity is there and nothing else is.
    #[test]
    fn a_store_is_the_map_of_the_newest_rows(batches in rows(), case in any::<u64>()) {
        let features = names(&["n"]);
        for kit in kits("model") {
            let view = kit.view(&case.to_string());
            let mut model: HashMap<i64, (i64, Option<i64>, i64)> = HashMap::new();
            for rows in &batches {
                let mut batch = Batch::new(&view, &features);
                for (id, event, created, n) in rows {
                    batch.push(&[Value::Int64(*id)], *event, *created, &[Value::Int64(*n)]).unwrap();
                    let kept = model.entry(*id).or_insert((*event, *created, *n));
                    if (*event, *created) >= (kept.0, kept.1) {
                        *kept = (*event, *created, *n);
                    }
                }
                kit.store.write(&batch, Progress::None, NOW).unwrap();
            }
            let ids: Vec<i64> = (0..6).collect();
            for (id, found) in ids.iter().zip(read(&*kit.store, &view, &features, &ids)) {
                let found = found.map(|found| (found.event, found.created, found.values));
                let expected = model.get(id).map(|(event, created, n)| {
                    (*event, *created, vec![Some(Value::Int64(*n))])
                });
                prop_assert_eq!(found, expected, "{}", kit.name);
            }
            let counted = kit.store.state(&view).unwrap().map_or(0, |state| state.rows);
            prop_assert_eq!(counted, model.len() as u64);
        }
    }

    /// A load that is cut off anywhere and begun again writes every row once, and of each entity the
    /// newest stays: of rows that are equally new the last.
    #[test]
    fn a_load_goes_on_where_it_was_cut_off(n in 1..40_u64, cuts in proptest::collection::vec(0..40_u64, 0..4)) {
        let features = names(&["n"]);
        for kit in kits("load") {
            let view = kit.view("v");
            let mut written = 0;
            for cut in cuts.iter().chain([&u64::MAX]) {
                let store = Breaks { store: &*kit.store, left: (*cut).into(), rows: 0.into() };
                let loading = Loading::begin(&store, &view, &features, "job", || NOW).unwrap();
                let mut loading = loading.with_batch_bytes(1);
                let mut load = || -> Result<(), OnlineError> {
                    for row in loading.to_leave_out()..n {
                        let row = i64::try_from(row).unwrap();
                        loading.push(&[Value::Int64(row % 5)], row / 10, None, &[Value::Int64(row)])?;
                    }
                    Ok(())
                };
                let loaded = load().and_then(|()| loading.finish(7, &mut |_| {}));
                written += store.rows.into_inner();
                if let Ok(loaded) = loaded {
                    let Written { taken, superseded } = loaded.written;
                    prop_assert_eq!(taken + superseded + loaded.resumed_at, n);
                    break;
                }
            }
            let once = if kit.store.sorts_in().is_some() { n.min(5) } else { n };
            prop_assert_eq!(written, once);
            let state = kit.store.state(&view).unwrap().unwrap();
            prop_assert_eq!((state.mark, state.materialized_to), (None, Some(7)));
            let ids: Vec<i64> = (0..5).collect();
            for (id, found) in ids.iter().zip(read(&*kit.store, &view, &features, &ids)) {
                let newest = (0..i64::try_from(n).unwrap()).rev().find(|row| row % 5 == *id);
                let newest = newest.map(|row| vec![Some(Value::Int64(row))]);
                prop_assert_eq!(found.map(|found| found.values), newest);
            }
            kit.store.clear(&view).unwrap();
        }
    }
}

/// A store that takes only so many batches.
#[derive(Debug)]
struct Breaks<'a> {
    store: &'a dyn OnlineStore,
    left: AtomicU64,
    rows: AtomicU64,
}

impl OnlineStore for Breaks<'_> {
    fn write(
        &self,
        batch: &Batch,
        progress: Progress<'_>,
        now: i64,
    ) -> Result<Written, OnlineError> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 0 {
            self.left.store(0, Ordering::Relaxed);
            return Err(OnlineError::Unavailable("it is cut off".to_owned()));
        }
        self.rows.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.store.write(batch, progress, now)
    }

    fn read(&self, asks: &[Ask<'_>]) -> Result<Vec<Vec<Option<Found>>>, OnlineError> {
        self.store.read(asks)
    }

    fn state(&self, view: &str) -> Result<Option<ViewState>, OnlineError> {
        self.store.state(view)
    }

    fn views(&self) -> Result<Vec<(String, ViewState)>, OnlineError> {
        self.store.views()
    }

    fn clear(&self, view: &str) -> Result<u64, OnlineError> {
        self.store.clear(view)
    }

    fn check(&self) -> Result<(), OnlineError> {
        self.store.check()
    }

    fn is_near(&self) -> bool {
        self.store.is_near()
    }

    fn place(&self) -> &str {
        self.store.place()
    }

    fn batch_bytes(&self) -> usize {
        self.store.batch_bytes()
    }

    fn sorts_in(&self) -> Option<&Path> {
        self.store.sorts_in()
    }
}
