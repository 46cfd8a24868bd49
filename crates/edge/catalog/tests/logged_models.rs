//! Logged models: made, finalised, tagged, measured, deleted and searched. Expected values of searches
//! were measured at an MLflow 3.17.2 server with the same models; what differs is said beside it.

mod common;

use catalog::logged_models::{
    self, DatasetName, LoggedModel, Measured, ModelOrder, ModelSearch, NewModel, OnDataset, Status,
};
use catalog::metrics::{self, Metric};
use catalog::runs::{self, Batch, NewRun};
use catalog::{CatalogError, Code, Tag, experiments};
use database::{Database, Tx};
use tracking::search::page::LoggedModelSearch;
use tracking::search::{Entity, parse_filter, parse_logged_model_order};

const HOME: &str = "default";

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

fn write<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> T {
    db.write_blocking(work).unwrap()
}

fn refused<T: Send + std::fmt::Debug + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> CatalogError {
    db.write_blocking(work).unwrap_err()
}

/// An experiment with a run.
fn start(db: &Database) -> (i64, String) {
    write(db, |tx| {
        let id = experiments::create(tx, HOME, "models", None, "mlflow-artifacts:/", &[], 1)?;
        let new = NewRun { experiment: id, start_time: 1, ..NewRun::default() };
        Ok((id, runs::create(tx, HOME, &new)?.info.run_id))
    })
}

fn make(db: &Database, new: NewModel, now: i64) -> LoggedModel {
    write(db, move |tx| logged_models::create(tx, HOME, &new, now))
}

fn named(experiment: i64, name: &str) -> NewModel {
    NewModel { experiment, name: Some(name.to_owned()), ..NewModel::default() }
}

fn on(name: &str, digest: &str) -> OnDataset {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    OnDataset { name: some(name), digest: some(digest) }
}

/// Logs a metric of a model, on a dataset unless its name is empty.
fn measure(
    db: &Database,
    run: &str,
    model: &str,
    key: &str,
    value: f64,
    at: (i64, i64),
    on: (&str, &str),
) {
    let metric = Metric { key: key.to_owned(), value, timestamp: at.0, step: at.1 };
    let dataset =
        (!on.0.is_empty()).then(|| DatasetName { name: on.0.to_owned(), digest: on.1.to_owned() });
    let measured = [Measured { metric: 0, model_id: model.to_owned(), dataset }];
    let run = run.to_owned();
    write(db, move |tx| metrics::log(tx, HOME, &run, &metric, &measured));
}

/// Six models as in the measured server, and one that was deleted.
fn six(db: &Database) -> (i64, String, Vec<String>) {
    let (experiment, run) = start(db);
    let of = |name: &str, kind: &str, depth: &str, colour: &str, source: &str| NewModel {
        model_type: kind.to_owned(),
        params: if depth.is_empty() { vec![] } else { vec![tag("depth", depth)] },
        tags: if colour.is_empty() { vec![] } else { vec![tag("colour", colour)] },
        source_run_id: source.to_owned(),
        ..named(experiment, name)
    };
    let ids: Vec<String> = [
        of("ant", "tree", "3", "red", &run),
        of("Bee", "tree", "4", "Red", ""),
        of("cow", "linear", "", "", ""),
        of("dog", "", "", "", ""),
        of("eel", "", "", "", ""),
        of("fox", "", "", "", ""),
        of("gnu", "", "", "", ""),
    ]
    .into_iter()
    .zip(10..)
    .map(|(new, now)| make(db, new, now).info.model_id)
    .collect();
    let nothing = ("", "");
    for (place, key, value, at, on) in [
        (0, "m", 0.1, (1, 0), nothing),
        (0, "m", 0.9, (2, 0), nothing),
        (1, "m", 0.2, (1, 0), nothing),
        (1, "m", 0.05, (0, 5), nothing),
        (2, "m", 0.3, (1, 0), nothing),
        (3, "m", f64::NAN, (1, 0), nothing),
        (4, "m", f64::INFINITY, (1, 0), nothing),
        (0, "h", 0.9, (1, 0), ("p", "1")),
        (1, "h", 0.8, (1, 0), ("p", "1")),
        (1, "h", 0.95, (2, 0), ("p", "2")),
        (2, "h", 0.7, (1, 0), ("q", "1")),
        (3, "h", 0.6, (1, 0), nothing),
    ] {
        measure(db, &run, &ids[place], key, value, at, on);
    }
    let (ant, gnu) = (ids[0].clone(), ids[6].clone());
    write(db, move |tx| {
        logged_models::finalize(tx, HOME, &ant, Status::Ready, 99)?;
        logged_models::delete(tx, HOME, &gnu, 99)
    });
    (experiment, run, ids)
}

fn filtered(experiment: i64, filter: &str) -> ModelSearch {
    ModelSearch {
        experiments: vec![experiment],
        filter: parse_filter(Entity::LoggedModels, filter).expect(filter),
        max: 100,
        ..ModelSearch::default()
    }
}

fn names(db: &Database, search: ModelSearch) -> String {
    let page = db.read_blocking(move |tx| logged_models::search(tx, HOME, &search)).unwrap();
    page.items.into_iter().map(|model| model.info.name).collect::<Vec<_>>().join(" ")
}

#[test]
fn filters_find_what_the_measured_server_found() {
    common::on_each(|db| {
        let (experiment, run, ids) = six(db);
        let (by_run, by_id) =
            (format!("source_run_id = '{run}'"), format!("model_id = '{}'", ids[0]));
        for (filter, expected) in [
            ("", "fox eel dog cow Bee ant"),
            ("name='ant'", "ant"),
            ("name != 'ant'", "fox eel dog cow Bee"),
            ("name ilike 'B%'", "Bee"),
            ("name LIKE 'b%'", ""),
            ("name IN ('ant', 'cow')", "cow ant"),
            ("name NOT IN ('ant')", "fox eel dog cow Bee"),
            ("attributes.name='ant'", "ant"),
            ("name=\"ant\"", ""),
            (&by_run, "ant"),
            (&by_id, "ant"),
            ("source_run_id=''", "fox eel dog cow Bee"),
            ("model_type='tree'", "Bee ant"),
            ("model_type!='tree'", "fox eel dog cow"),
            ("status=2", "ant"),
            ("status = '2'", "ant"),
            ("lifecycle_stage='active'", "fox eel dog cow Bee ant"),
            ("lifecycle_stage='deleted'", ""),
            ("status_message='x'", ""),
            ("artifact_location LIKE '%models%'", "fox eel dog cow Bee ant"),
            ("creation_timestamp > 1", "fox eel dog cow Bee ant"),
            ("creation_time <= 11", "Bee ant"),
            ("creation_timestamp = 11.5", ""),
            ("creation_timestamp < 11.5", "Bee ant"),
            ("last_updated_timestamp_ms > 98", "ant"),
            ("params.depth='3'", "ant"),
            ("params.depth!='3'", "Bee"),
            ("params.depth = 3", "ant"),
            ("params.depth IN ('3','4')", "Bee ant"),
            ("params.depth NOT IN ('3')", "Bee"),
            ("params.nope='x'", ""),
            ("tags.colour='red'", "ant"),
            ("tags.colour ILIKE 'RED'", "Bee ant"),
            ("tags.`colour`='red'", "ant"),
            ("metrics.m > 0.15", "eel cow Bee ant"),
            ("metrics.m >= 1e300", "eel"),
            ("metrics.m != 0.3", "eel dog Bee ant"),
            ("metrics.nope > 0", ""),
            ("metrics.h > 0.5", "dog cow Bee ant"),
            ("metrics.m > 0.15 AND metrics.h > 0.5", "cow Bee ant"),
            ("name='ant' and metrics.m>0", "ant"),
            // There NaN counts as 0, and these two find `dog` as well.
            ("metrics.m < 0.06", "Bee"),
            ("metrics.m = 0", ""),
            // There a status is only known by its number, and these three find none, all, none.
            ("status='READY'", "ant"),
            ("status!='LOGGED_MODEL_READY'", "fox eel dog cow Bee"),
            ("status LIKE 'PEND%'", "fox eel dog cow Bee"),
        ] {
            assert_eq!(names(db, filtered(experiment, filter)), expected, "{filter}");
        }
    });
}

#[test]
fn orders_are_those_of_the_measured_server() {
    common::on_each(|db| {
        let (experiment, _, _) = six(db);
        let none = || on("", "");
        for (fields, expected) in [
            (vec![("name", true, none())], "Bee ant cow dog eel fox"),
            (vec![("name", false, none())], "fox eel dog cow ant Bee"),
            (vec![("model_type", true, none())], "fox eel dog cow Bee ant"),
            (vec![("model_type", false, none())], "Bee ant cow fox eel dog"),
            (vec![("source_run_id", true, none())], "fox eel dog cow Bee ant"),
            (vec![("creation_timestamp", true, none())], "ant Bee cow dog eel fox"),
            (vec![("creation_timestamp_ms", false, none())], "fox eel dog cow Bee ant"),
            (vec![("last_updated_timestamp", true, none())], "Bee cow dog eel fox ant"),
            (vec![("status", true, none())], "fox eel dog cow Bee ant"),
            (vec![("name", true, none()), ("name", false, none())], "Bee ant cow dog eel fox"),
            // There NaN counts as 0, and `dog` comes before all others, or before `fox`.
            (vec![("metrics.m", true, none())], "Bee cow ant eel dog fox"),
            (vec![("metrics.m", false, none())], "eel ant cow Bee dog fox"),
            (vec![("metrics.h", true, none())], "dog cow ant Bee fox eel"),
            (vec![("metrics.h", true, on("p", ""))], "ant Bee fox eel dog cow"),
            (vec![("metrics.h", true, on("p", "1"))], "Bee ant fox eel dog cow"),
            (vec![("metrics.h", true, on("", "1"))], "cow Bee ant fox eel dog"),
            (vec![("metrics.h", true, on("p", "nope"))], "fox eel dog cow Bee ant"),
            (
                vec![("model_type", true, none()), ("metrics.m", true, none())],
                "eel dog fox cow Bee ant",
            ),
        ] {
            let order = fields
                .iter()
                .map(|(field, ascending, on)| ModelOrder {
                    by: parse_logged_model_order(field, *ascending).unwrap(),
                    on: on.clone(),
                })
                .collect();
            let search = ModelSearch { order, ..filtered(experiment, "") };
            assert_eq!(names(db, search), expected, "{fields:?}");
        }
    });
}

#[test]
fn datasets_say_which_values_count() {
    common::on_each(|db| {
        let (experiment, _, _) = six(db);
        for (datasets, filter, expected) in [
            (vec![on("p", "1")], "", "Bee ant"),
            (vec![on("p", "1")], "metrics.h > 0.75", "Bee ant"),
            (vec![on("p", "1")], "metrics.h > 0.75 AND metrics.m > 0", ""),
            (vec![on("p", "2")], "metrics.h > 0.75", "Bee"),
            (vec![on("p", "1"), on("q", "1")], "", "cow Bee ant"),
            (vec![on("p", "1"), on("q", "1")], "metrics.h > 0.75", "Bee ant"),
            (vec![on("zz", "")], "", ""),
            // Its documentation has the digest optional; the server finds none without it.
            (vec![on("p", "")], "metrics.h > 0.92", "Bee"),
        ] {
            let search = ModelSearch { datasets: datasets.clone(), ..filtered(experiment, filter) };
            assert_eq!(names(db, search), expected, "{datasets:?} {filter}");
        }
        let nameless = ModelSearch { datasets: vec![on("", "1")], ..filtered(experiment, "") };
        let error = refused(db, move |tx| logged_models::search(tx, HOME, &nameless));
        assert_eq!(error.message, "`dataset_name` in the `datasets` clause must be specified.");
    });
}

/// Enough models that terms and orders are taken from their indexes, against a sort of all.
#[test]
fn every_plan_finds_the_same() {
    common::on_each(|db| {
        let (experiment, run) = start(db);
        let values: Vec<i64> = (0..1_300).map(|number| number * 7_919 % 1_300).collect();
        let sorted = values.clone();
        write(db, move |tx| {
            for (number, value) in values.iter().enumerate() {
                let new = NewModel {
                    params: vec![tag("kind", if number % 100 == 0 { "rare" } else { "usual" })],
                    ..named(experiment, &format!("n{value}"))
                };
                let model = logged_models::create(tx, HOME, &new, number as i64)?.info.model_id;
                let metric =
                    Metric { key: "m".into(), value: *value as f64, timestamp: 1, step: 0 };
                let measured = [Measured { metric: 0, model_id: model, dataset: None }];
                metrics::log(tx, HOME, &run, &metric, &measured)?;
            }
            Ok(())
        });
        let page = |filter: &str, field: &str, offset: usize| {
            let by = parse_logged_model_order(field, false).unwrap();
            let order = vec![ModelOrder { by, on: on("", "") }];
            names(db, ModelSearch { order, offset, max: 3, ..filtered(experiment, filter) })
        };
        assert_eq!(page("", "metrics.m", 0), "n1299 n1298 n1297");
        assert_eq!(page("metrics.m < 1000", "metrics.m", 2), "n997 n996 n995");
        assert_eq!(page("metrics.m < 5", "metrics.m", 3), "n1 n0");
        assert_eq!(page("name = 'n17'", "metrics.m", 0), "n17");
        let rare: Vec<String> =
            (0..13).rev().map(|n| format!("n{}", sorted[n * 100])).take(3).collect();
        assert_eq!(page("params.kind = 'rare'", "creation_timestamp", 0), rare.join(" "));
        let usual: Vec<String> = (0..1_300)
            .rev()
            .filter(|n| n % 100 > 0)
            .map(|n| format!("n{}", sorted[n]))
            .take(3)
            .collect();
        assert_eq!(page("params.kind = 'usual'", "creation_timestamp", 0), usual.join(" "));
    });
}

#[test]
fn pages_follow_each_other_and_belong_to_their_question() {
    common::on_each(|db| {
        let (experiment, _, _) = six(db);
        let question = LoggedModelSearch {
            experiment_ids: vec![experiment.to_string()],
            ..LoggedModelSearch::default()
        };
        let mut seen = vec![];
        let mut offset = 0;
        loop {
            let search = ModelSearch {
                offset,
                max: 4,
                question: question.clone(),
                ..filtered(experiment, "")
            };
            let page =
                db.read_blocking(move |tx| logged_models::search(tx, HOME, &search)).unwrap();
            seen.extend(page.items.into_iter().map(|model| model.info.name));
            let Some(token) = page.next else { break };
            offset = question.parse(&token).unwrap() as usize;
        }
        assert_eq!(seen.join(" "), "fox eel dog cow Bee ant");
    });
}

#[test]
fn a_model_is_made_finalised_and_deleted() {
    common::on_each(|db| {
        let (experiment, run) = start(db);
        let made = make(
            db,
            NewModel {
                model_type: "tree".into(),
                source_run_id: run.clone(),
                params: vec![tag("q", "2"), tag("p", "")],
                tags: vec![tag("t", "v")],
                ..named(experiment, "forest")
            },
            7,
        );
        let id = made.info.model_id.clone();
        let digits = id.strip_prefix("m-").expect("the prefix");
        assert!(digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
        // The shape and the order of fields as the measured server gives them.
        assert_eq!(
            serde_json::to_string(&made).unwrap(),
            format!(
                r#"{{"info":{{"model_id":"{id}","experiment_id":"{experiment}","name":"forest","creation_timestamp_ms":7,"last_updated_timestamp_ms":7,"artifact_uri":"mlflow-artifacts:/{experiment}/models/{id}/artifacts","status":"LOGGED_MODEL_PENDING","model_type":"tree","source_run_id":"{run}","tags":[{{"key":"t","value":"v"}}]}},"data":{{"params":[{{"key":"p","value":""}},{{"key":"q","value":"2"}}]}}}}"#
            )
        );
        let unnamed = NewModel { experiment, ..NewModel::default() };
        assert!(!make(db, unnamed, 7).info.name.is_empty());
        let at = id.clone();
        let ready = write(db, move |tx| logged_models::finalize(tx, HOME, &at, Status::Ready, 9));
        assert_eq!((ready.info.status, ready.info.last_updated_timestamp_ms), (Status::Ready, 9));
        let at = id.clone();
        write(db, move |tx| {
            logged_models::set_tags(tx, HOME, &at, &[tag("a", "1"), tag("a", "2"), tag("t", "")])?;
            logged_models::delete_tag(tx, HOME, &at, "t")?;
            logged_models::log_params(tx, HOME, &at, &[tag("r", "3")])
        });
        let at = id.clone();
        let again =
            refused(db, move |tx| logged_models::log_params(tx, HOME, &at, &[tag("r", "3")]));
        assert_eq!(again.code, Code::BadRequest);
        let at = id.clone();
        let gone = refused(db, move |tx| logged_models::delete_tag(tx, HOME, &at, "t"));
        assert_eq!(
            (gone.code, gone.message),
            (
                Code::ResourceDoesNotExist,
                format!("No tag with key 't' found for model with ID '{id}'.")
            )
        );
        let at = id.clone();
        write(db, move |tx| logged_models::delete(tx, HOME, &at, 11));
        let at = id.clone();
        let gone = refused(db, move |tx| logged_models::get(tx, HOME, &at, false));
        assert_eq!(gone.message, format!("Logged model with ID '{id}' not found."));
        let at = id.clone();
        let kept = write(db, move |tx| logged_models::get(tx, HOME, &at, true));
        assert_eq!(kept.info.tags, [tag("a", "2")]);
        assert_eq!(kept.data.params.len(), 3);
        let elsewhere = refused(db, move |tx| logged_models::get(tx, "elsewhere", &id, true));
        assert_eq!(elsewhere.code, Code::ResourceDoesNotExist);
    });
}

#[test]
fn what_cannot_be_a_model_is_refused() {
    common::on_each(|db| {
        let (experiment, _) = start(db);
        let long = "x".repeat(501);
        for (new, code) in [
            (named(experiment, "a/b"), Code::InvalidParameterValue),
            (named(experiment, ""), Code::InvalidParameterValue),
            (named(experiment, "a\0b"), Code::InvalidParameterValue),
            (named(experiment, &long), Code::InvalidParameterValue),
            (named(98_765, "a"), Code::ResourceDoesNotExist),
            (
                NewModel { params: vec![tag("p", "1"), tag("p", "2")], ..named(experiment, "a") },
                Code::BadRequest,
            ),
            (
                NewModel { tags: vec![tag("p", "1"), tag("p", "2")], ..named(experiment, "a") },
                Code::BadRequest,
            ),
        ] {
            let shown = format!("{new:?}");
            let error = refused(db, move |tx| logged_models::create(tx, HOME, &new, 1));
            assert_eq!(error.code, code, "{shown}: {error}");
        }
        assert_eq!(names(db, filtered(experiment, "")), "");
        assert_eq!(Status::parse("LOGGED_MODEL_READY"), Ok(Status::Ready));
        assert_eq!(Status::parse("3"), Ok(Status::Failed));
        Status::parse("7").unwrap_err();
    });
}

#[test]
fn metrics_are_kept_with_the_model_and_with_the_run() {
    common::on_each(|db| {
        let (experiment, run) = start(db);
        let id = make(db, named(experiment, "x"), 1).info.model_id;
        let metric = |value, timestamp| Metric { key: "m".into(), value, timestamp, step: 0 };
        let batch = Batch {
            metrics: vec![metric(1.0, 5), metric(2.0, 5), metric(3.0, 4)],
            measured: vec![
                Measured { metric: 0, model_id: id.clone(), dataset: None },
                Measured {
                    metric: 1,
                    model_id: id.clone(),
                    dataset: Some(DatasetName { name: "d".into(), digest: "1".into() }),
                },
            ],
            ..Batch::default()
        };
        let (at, again) = (run.clone(), batch.clone());
        write(db, move |tx| {
            runs::log_batch(tx, HOME, &at, &batch)?;
            runs::log_batch(tx, HOME, &at, &again)
        });
        let at = id.clone();
        let model = write(db, move |tx| logged_models::get(tx, HOME, &at, false));
        // As the measured server writes the metrics of a model.
        assert_eq!(
            serde_json::to_string(&model.data).unwrap(),
            format!(
                r#"{{"metrics":[{{"key":"m","value":1.0,"timestamp":5,"step":0,"model_id":"{id}","run_id":"{run}"}},{{"key":"m","value":2.0,"timestamp":5,"step":0,"dataset_name":"d","dataset_digest":"1","model_id":"{id}","run_id":"{run}"}}]}}"#
            )
        );
        let at = run.clone();
        let of_run = write(db, move |tx| metrics::history(tx, HOME, &at, "m", 0, None));
        assert_eq!(of_run.items.iter().map(|m| m.value).collect::<Vec<_>>(), [3.0, 1.0, 2.0]);
        let unknown = [Measured { metric: 0, model_id: "m-nope".into(), dataset: None }];
        let at = run.clone();
        let error = refused(db, move |tx| metrics::log(tx, HOME, &at, &metric(9.0, 9), &unknown));
        assert_eq!(error.code, Code::BadRequest, "{error}");
        let of_run = write(db, move |tx| metrics::history(tx, HOME, &run, "m", 0, None));
        assert_eq!(of_run.items.len(), 3, "nothing is kept of what was refused");
    });
}
