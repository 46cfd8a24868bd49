//! Things that another server kept, taken in under their ids.

mod common;

use catalog::import::{
    ImportedRun, ImportedSpan, ImportedTrace, Mark, mark, marks, put_experiment, put_run, put_trace,
};
use catalog::metrics::{self, Metric};
use catalog::registry::{
    self, Alias, Asked, HistorySearch, ModelElsewhere, Policy, VersionElsewhere,
};
use catalog::runs::{self, Run, RunData, RunInfo, RunInputs};
use catalog::traces::{NewTrace, State};
use catalog::{CatalogError, Code, Stage, Tag, experiments, traces, workspaces};
use database::{Database, Tx};

const HOME: &str = "default";
const ROOT: &str = "mlflow-artifacts:/";
const UUID: &str = "0123456789abcdef0123456789abcdef";

fn write<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    db.write_blocking(work)
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

fn experiment(id: &str, name: &str) -> experiments::Experiment {
    experiments::Experiment {
        experiment_id: id.into(),
        name: name.into(),
        artifact_location: "/elsewhere".into(),
        lifecycle_stage: Stage::Active,
        last_update_time: 8,
        creation_time: 7,
        tags: vec![tag("team", "a")],
        workspace: String::new(),
    }
}

fn run(experiment: i64, stage: Stage, values: &[f64]) -> ImportedRun {
    let info = RunInfo {
        run_uuid: UUID.into(),
        experiment_id: experiment.to_string(),
        run_name: "whole".into(),
        user_id: "ann".into(),
        status: "FINISHED".into(),
        start_time: 21,
        end_time: Some(22),
        artifact_uri: format!("{ROOT}{experiment}/{UUID}/artifacts"),
        lifecycle_stage: stage,
        run_id: UUID.into(),
    };
    // Longer than a client may log it.
    let params = vec![tag("long", &"x".repeat(7_000))];
    let data = RunData { metrics: vec![], params, tags: vec![tag("k", "v")] };
    let metric = |(step, value): (usize, &f64)| Metric {
        key: "m".into(),
        value: *value,
        timestamp: 30 + step as i64,
        step: step as i64,
    };
    ImportedRun {
        run: Run { info, data, inputs: RunInputs::default(), outputs: None },
        experiment,
        deleted_time: (stage == Stage::Deleted).then_some(40),
        metrics: values.iter().enumerate().map(metric).collect(),
    }
}

#[test]
fn experiments_keep_their_numbers_where_these_are_free() {
    common::on_each(|db| {
        let ids = write(db, |tx| {
            let mut ids = vec![];
            for (id, name) in [("7", "a"), ("7", "b"), ("7", "a"), ("no number", "c")] {
                ids.push(put_experiment(tx, HOME, &experiment(id, name), ROOT)?);
            }
            let next = experiments::create(tx, HOME, "next", None, ROOT, &[], 1)?;
            ids.push((next, true));
            Ok(ids)
        })
        .unwrap();
        assert_eq!(ids, [(7, true), (8, true), (7, false), (9, true), (10, true)]);
        let kept = db.read_blocking(|tx| experiments::get(tx, HOME, 7)).unwrap();
        assert_eq!((kept.creation_time, kept.last_update_time), (7, 8));
        assert_eq!(kept.artifact_location, "mlflow-artifacts:/7");
        assert_eq!(kept.tags, [tag("team", "a")]);
    });
}

#[test]
fn a_run_is_taken_in_twice_and_is_there_once() {
    common::on_each(|db| {
        let made = write(db, |tx| {
            let (id, _) = put_experiment(tx, HOME, &experiment("1", "e"), ROOT)?;
            let first = put_run(tx, HOME, &run(id, Stage::Active, &[1.0, f64::NAN]))?;
            let again = put_run(tx, HOME, &run(id, Stage::Deleted, &[1.0, f64::NAN, 3.0]))?;
            Ok((first, again))
        })
        .unwrap();
        assert_eq!(made, (true, false));
        let (kept, history) = db
            .read_blocking(|tx| {
                let history = metrics::history(tx, HOME, UUID, "m", 0, None)?.items;
                Ok::<_, CatalogError>((runs::get(tx, HOME, UUID)?, history))
            })
            .unwrap();
        assert_eq!((kept.info.start_time, kept.info.end_time), (21, Some(22)));
        assert_eq!((kept.info.status.as_str(), kept.info.run_name.as_str()), ("FINISHED", "whole"));
        assert_eq!(kept.info.lifecycle_stage, Stage::Deleted);
        assert_eq!(kept.data.params[0].value.len(), 7_000);
        assert_eq!(kept.data.metrics[0].value, 3.0);
        let values: Vec<String> = history.iter().map(|one| one.value.to_string()).collect();
        assert_eq!(values, ["1", "NaN", "3"]);
    });
}

#[test]
fn a_run_that_fails_leaves_neither_itself_nor_its_mark() {
    common::on_each(|db| {
        let error = write(db, |tx| {
            let (id, _) = put_experiment(tx, HOME, &experiment("1", "e"), ROOT)?;
            put_run(tx, HOME, &run(id, Stage::Active, &[1.0]))?;
            let says = Mark { local: UUID.into(), digest: "d".into() };
            mark(tx, HOME, "run", UUID, &says, 1)?;
            let mut odd = run(id, Stage::Active, &[]);
            odd.run.info.status = "DONE".into();
            put_run(tx, HOME, &odd)
        })
        .unwrap_err();
        assert!(error.message.contains("\"DONE\""), "{error}");
        let held = db.read_blocking(|tx| marks(tx, HOME, "run", &[UUID.to_owned()])).unwrap();
        assert!(held.is_empty());
        let gone = db.read_blocking(|tx| runs::get(tx, HOME, UUID)).unwrap_err();
        assert_eq!(gone.code, Code::ResourceDoesNotExist);
    });
}

#[test]
fn a_run_is_in_one_workspace() {
    common::on_each(|db| {
        let error = write(db, |tx| {
            workspaces::create(tx, "other", None, None)?;
            let (id, _) = put_experiment(tx, "other", &experiment("1", "e"), ROOT)?;
            put_run(tx, "other", &run(id, Stage::Active, &[]))?;
            let (id, _) = put_experiment(tx, HOME, &experiment("1", "e"), ROOT)?;
            put_run(tx, HOME, &run(id, Stage::Active, &[]))
        })
        .unwrap_err();
        assert!(error.message.contains("in workspace 'other' already"), "{error}");
    });
}

fn asked(now: i64) -> Asked {
    Asked { workspace: HOME.into(), by: "import".into(), call: "import from there".into(), now }
}

fn version(number: i64, stage: &str) -> VersionElsewhere {
    VersionElsewhere {
        number,
        stage: stage.into(),
        source: format!("s3://bucket/{number}"),
        storage: format!("s3://bucket/{number}"),
        tags: vec![tag("n", &number.to_string())],
        created: 100 + number,
        updated: 200 + number,
        ..VersionElsewhere::default()
    }
}

fn model(versions: Vec<VersionElsewhere>, champion: &str) -> ModelElsewhere {
    ModelElsewhere {
        name: "m".into(),
        description: Some("what for".into()),
        tags: vec![tag("owner", "ann")],
        aliases: vec![Alias { alias: "champion".into(), version: champion.into() }],
        created: 90,
        updated: 290,
        from: "there".into(),
        versions,
    }
}

#[test]
fn versions_keep_their_numbers_and_times_and_the_history_tells_of_it() {
    common::on_each(|db| {
        let both = write(db, |tx| {
            let first = model(vec![version(2, "None"), version(5, "Production")], "5");
            let one = registry::import_model(tx, &asked(1_000), &first)?;
            let mut changed = version(5, "Archived");
            changed.tags.push(tag("more", "said"));
            let second = model(vec![version(2, "None"), changed, version(6, "None")], "6");
            Ok((one, registry::import_model(tx, &asked(2_000), &second)?))
        })
        .unwrap();
        assert!(both.0.made && !both.1.made);
        assert_eq!((both.0.versions_made, both.1.versions_made), (2, 1));
        assert_eq!(both.1.numbers, [(2, 2), (5, 5), (6, 6)]);
        let (kept, newest, history) = db
            .read_blocking(|tx| {
                registry::verify(tx)?;
                let search = HistorySearch { max: 100, ..HistorySearch::default() };
                Ok::<_, CatalogError>((
                    registry::get_version(tx, HOME, "m", "5")?,
                    registry::get_by_alias(tx, HOME, "m", "champion")?,
                    registry::history(tx, HOME, &search)?.items,
                ))
            })
            .unwrap();
        assert_eq!(kept.creation_timestamp, 105);
        assert_eq!(kept.current_stage, "Archived");
        assert_eq!(kept.tags, [tag("more", "said"), tag("n", "5")]);
        assert_eq!(newest.version, "6");
        // When it was brought, not when it was made there: the history does not say what was not so.
        assert!(history.iter().all(|record| record.at >= 1_000));
        let told = history.iter().filter(|record| record.said["fact"] == "imported").count();
        assert_eq!(told, 4);
    });
}

#[test]
fn what_is_here_already_stays_what_it_is() {
    common::on_each(|db| {
        let brought = write(db, |tx| {
            registry::create_model(tx, &asked(1), "m", None, &[])?;
            let new = registry::NewVersion {
                name: "m".into(),
                source: "s3://own/1".into(),
                ..Default::default()
            };
            registry::create_version(tx, &asked(2), &new, None)?;
            registry::set_alias(tx, &asked(3), "m", "champion", "1", None)?;
            registry::import_model(tx, &asked(4), &model(vec![version(1, "None")], "1"))
        })
        .unwrap();
        assert_eq!(brought.numbers, [(1, 2)]);
        assert!(brought.left_out[0].contains("stays with version 1"), "{:?}", brought.left_out);
        let kept = db.read_blocking(|tx| registry::get_version(tx, HOME, "m", "2")).unwrap();
        assert!(kept.tags.contains(&tag("trimtab.origin.id", "m/1")), "{:?}", kept.tags);
    });
}

#[test]
fn a_policy_holds_for_imports_too() {
    common::on_each(|db| {
        let brought = write(db, |tx| {
            let policy: Policy = serde_json::from_str(r#"{"metadata": "enforce"}"#).unwrap();
            registry::set_policy(tx, &asked(1), None, Some(&policy))?;
            registry::import_model(tx, &asked(2), &model(vec![version(1, "None")], "1"))
        })
        .unwrap();
        assert_eq!((brought.versions_made, brought.aliases_moved), (0, 0));
        assert!(brought.left_out[0].contains("must say the code revision"), "{brought:?}");
    });
}

#[test]
fn traces_keep_their_spans() {
    common::on_each(|db| {
        let content = r#"{"trace_id":"AAAAAAAAAAAAAAAAAAAAAQ==","span_id":"AAAAAAAAAAE=","name":"outer",
            "parent_span_id":null,"start_time_unix_nano":5000000,"end_time_unix_nano":6000000,
            "events":[],"status":{"code":"STATUS_CODE_OK","message":""},"attributes":{},"links":[]}"#;
        let made = write(db, move |tx| {
            let (id, _) = put_experiment(tx, HOME, &experiment("1", "e"), ROOT)?;
            let imported = ImportedTrace {
                new: NewTrace {
                    trace_id: "tr-1".into(),
                    experiment: id,
                    request_time: 5,
                    duration: Some(1),
                    state: State::Ok,
                    tags: vec![
                        tag("mlflow.traceName", "outer"),
                        tag("mlflow.trace.spansLocation", "TRACKING_STORE"),
                        tag("mlflow.artifactLocation", "/elsewhere/1"),
                    ],
                    ..NewTrace::default()
                },
                spans: vec![ImportedSpan {
                    span_id: "0000000000000001".into(),
                    name: "outer".into(),
                    status: "OK".into(),
                    start: 5_000_000,
                    end: Some(6_000_000),
                    content: content.into(),
                    ..ImportedSpan::default()
                }],
                runs: vec![UUID.into()],
                ..ImportedTrace::default()
            };
            Ok((put_trace(tx, HOME, &imported, 9)?, put_trace(tx, HOME, &imported, 9)?))
        })
        .unwrap();
        assert_eq!(made, (true, false));
        let kept = db.read_blocking(|tx| traces::get_full(tx, HOME, "tr-1")).unwrap().unwrap();
        assert_eq!((kept.info.request_time, kept.spans.len()), (5, 1));
        let place = kept.info.tag("mlflow.artifactLocation");
        assert_eq!(place, Some("mlflow-artifacts:/1/traces/tr-1/artifacts"));
    });
}
