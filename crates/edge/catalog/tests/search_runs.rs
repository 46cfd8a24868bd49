//! Searching runs: whatever plan is taken, it gives what a sort of all runs gives.

mod common;

use catalog::metrics::Metric;
use catalog::runs::{self, Batch, NewRun, Run};
use catalog::search::RunSearch;
use catalog::{CatalogError, Tag, ViewType, experiments};
use database::Database;
use tracking::search::{Entity, parse_filter, parse_order_by};

const HOME: &str = "default";

/// Makes 40 runs in each of two experiments, with equal and missing values and NaN among them.
fn fill(db: &Database) -> Vec<i64> {
    db.write_blocking(|tx| {
        let mut made = vec![];
        for name in ["one", "two"] {
            let id = experiments::create(tx, HOME, name, None, "mlflow-artifacts:", &[], 1)?;
            made.push(id);
            for number in 0..40_i64 {
                let new = NewRun {
                    experiment: id,
                    start_time: 1_000 + number % 7,
                    name: Some(format!("run-{number}")),
                    ..NewRun::default()
                };
                let run = runs::create(tx, HOME, &new)?.info.run_id;
                runs::log_batch(tx, HOME, &run, &batch(number))?;
                if number % 11 == 0 {
                    runs::delete(tx, HOME, &run, 5)?;
                }
            }
        }
        Ok::<_, CatalogError>(made)
    })
    .unwrap()
}

fn batch(number: i64) -> Batch {
    let metric =
        |key: &str, value: f64| Metric { key: key.to_owned(), value, timestamp: number, step: 0 };
    let mut batch = Batch {
        metrics: vec![metric("loss", (number % 5) as f64 / 4.0)],
        params: vec![Tag { key: "depth".into(), value: (number % 3).to_string() }],
        ..Batch::default()
    };
    match number % 4 {
        0 => {}
        1 => batch.metrics.push(metric("acc", f64::NAN)),
        _ => batch.metrics.push(metric("acc", (number % 9) as f64)),
    }
    if number % 2 == 0 {
        batch.tags.push(Tag { key: "kind".into(), value: format!("k{}", number % 6) });
    }
    batch
}

fn search(db: &Database, search: RunSearch) -> (Vec<Run>, Option<String>) {
    let page = db.read_blocking(move |tx| catalog::search::runs(tx, HOME, &search)).unwrap();
    (page.items, page.next)
}

fn ask(experiments: &[i64], filter: &str, order: &[&str]) -> RunSearch {
    RunSearch {
        experiments: experiments.to_vec(),
        filter: parse_filter(Entity::Runs, filter).unwrap(),
        order: order.iter().map(|one| parse_order_by(Entity::Runs, one).unwrap()).collect(),
        max: 1_000,
        ..RunSearch::default()
    }
}

fn metric(run: &Run, key: &str) -> Option<f64> {
    run.data.metrics.iter().find(|metric| metric.key == key).map(|metric| metric.value)
}

fn param<'a>(run: &'a Run, key: &str) -> Option<&'a str> {
    run.data.params.iter().find(|param| param.key == key).map(|param| param.value.as_str())
}

/// MLflow 3.17.2 orders NaN behind all numbers and what is missing behind NaN, in both directions;
/// then the newest comes first, then the least id (`_get_orderby_clauses`).
fn place(value: Option<f64>, descending: bool) -> (u8, f64) {
    match value {
        None => (2, 0.0),
        Some(v) if v.is_nan() => (1, 0.0),
        Some(v) => (0, if descending { -v } else { v }),
    }
}

fn by_acc(runs: &mut [Run], descending: bool) {
    runs.sort_by(|a, b| {
        let key = |run: &Run| place(metric(run, "acc"), descending);
        key(a)
            .partial_cmp(&key(b))
            .unwrap()
            .then(b.info.start_time.cmp(&a.info.start_time))
            .then(a.info.run_id.cmp(&b.info.run_id))
    });
}

fn ids(runs: &[Run]) -> Vec<&str> {
    runs.iter().map(|run| run.info.run_id.as_str()).collect()
}

#[test]
fn a_walk_along_a_metric_is_a_sort() {
    common::on_each(|db| {
        let both = fill(db);
        for experiments in [&both[..1], &both[..]] {
            let (all, _) = search(db, ask(experiments, "", &[]));
            assert_eq!(all.len(), 36 * experiments.len());
            for (order, descending) in [("metrics.acc DESC", true), ("metrics.acc", false)] {
                let (found, _) = search(db, ask(experiments, "", &[order]));
                let mut expected = all.clone();
                by_acc(&mut expected, descending);
                assert_eq!(ids(&found), ids(&expected), "{order}");
            }
        }
    });
}

#[test]
fn pages_are_the_whole_in_pieces() {
    common::on_each(|db| {
        let both = fill(db);
        let order = ["metrics.acc DESC", "params.depth"];
        let (whole, none) = search(db, ask(&both, "params.depth != '2'", &order));
        assert_eq!(none, None);
        let mut pieces = vec![];
        loop {
            let mut one = ask(&both, "params.depth != '2'", &order);
            (one.offset, one.max) = (pieces.len(), 7);
            let (page, next) = search(db, one);
            assert!(page.len() == 7 || next.is_none());
            pieces.extend(page);
            if next.is_none() {
                break;
            }
        }
        assert_eq!(ids(&pieces), ids(&whole));
    });
}

#[test]
fn every_comparison_finds_what_it_says() {
    type Fits = fn(&Run) -> bool;
    common::on_each(|db| {
        let both = fill(db);
        let (all, _) = search(db, ask(&both, "", &[]));
        let cases: &[(&str, Fits)] = &[
            ("metrics.acc > 4", |r| metric(r, "acc").is_some_and(|v| v > 4.0)),
            ("metrics.acc >= 4", |r| metric(r, "acc").is_some_and(|v| v >= 4.0)),
            ("metrics.acc < 4", |r| metric(r, "acc").is_some_and(|v| v < 4.0)),
            ("metrics.acc <= 0", |r| metric(r, "acc").is_some_and(|v| v <= 0.0)),
            ("metrics.acc = 0", |r| metric(r, "acc") == Some(0.0)),
            // NaN differs from every number.
            ("metrics.acc != 0", |r| metric(r, "acc").is_some_and(|v| v != 0.0)),
            ("metrics.acc > 2 and metrics.loss < 0.5", |r| {
                metric(r, "acc").is_some_and(|v| v > 2.0)
                    && metric(r, "loss").is_some_and(|v| v < 0.5)
            }),
            ("params.depth = '1'", |r| param(r, "depth") == Some("1")),
            ("params.depth != '1'", |r| param(r, "depth") != Some("1")),
            ("tags.kind = 'k4'", |r| {
                r.data.tags.iter().any(|t| t.key == "kind" && t.value == "k4")
            }),
            ("tags.kind LIKE 'K%'", |_| false),
            ("tags.kind ILIKE 'K%'", |r| r.data.tags.iter().any(|t| t.key == "kind")),
            ("tags.kind IS NULL", |r| !r.data.tags.iter().any(|t| t.key == "kind")),
            ("tags.kind IS NOT NULL", |r| r.data.tags.iter().any(|t| t.key == "kind")),
            ("attributes.run_name = 'run-3'", |r| r.info.run_name == "run-3"),
            ("attributes.start_time > 1003", |r| r.info.start_time > 1_003),
            ("attributes.start_time > 1003.5", |r| r.info.start_time > 1_003),
            ("attributes.status = 'FINISHED'", |_| false),
        ];
        for (filter, fits) in cases {
            let expected: Vec<Run> = all.iter().filter(|run| fits(run)).cloned().collect();
            let (found, _) = search(db, ask(&both, filter, &[]));
            assert_eq!(ids(&found), ids(&expected), "{filter}");
            let mut sorted = expected;
            by_acc(&mut sorted, true);
            let (found, _) = search(db, ask(&both, filter, &["metrics.acc DESC"]));
            assert_eq!(ids(&found), ids(&sorted), "{filter}, by metrics.acc DESC");
        }
    });
}

#[test]
fn deleted_runs_are_seen_by_those_who_ask_for_them() {
    common::on_each(|db| {
        let both = fill(db);
        let of = |view| search(db, RunSearch { view, ..ask(&both, "", &[]) }).0;
        assert_eq!(of(ViewType::ActiveOnly).len(), 72);
        assert_eq!(of(ViewType::DeletedOnly).len(), 8);
        let all = of(ViewType::All);
        assert_eq!(all.len(), 80);
        assert!(all.is_sorted_by(|a, b| {
            (b.info.start_time, &a.info.run_id) <= (a.info.start_time, &b.info.run_id)
        }));
    });
}

#[test]
fn another_workspace_sees_nothing() {
    common::on_each(|db| {
        let both = fill(db);
        let asked = ask(&both, "", &["metrics.acc"]);
        let page = db.read_blocking(move |tx| catalog::search::runs(tx, "other", &asked)).unwrap();
        assert_eq!(page.items, []);
    });
}
