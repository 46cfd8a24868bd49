//! Evaluation datasets. What a test expects was measured at MLflow 3.17.2.

mod common;

use catalog::eval_datasets::{self, DatasetSearch};
use catalog::{CatalogError, Code, Tag, experiments};
use common::on_each;
use database::{Database, Tx};

const HOME: &str = "default";

fn write<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    db.write_blocking(work)
}

fn create(db: &Database, name: &'static str, tags: &[(&str, &str)], now: i64) -> String {
    let tags: Vec<Tag> = tags
        .iter()
        .map(|(key, value)| Tag { key: (*key).to_owned(), value: (*value).to_owned() })
        .collect();
    let made = write(db, move |tx| eval_datasets::create(tx, HOME, name, &[], &tags, now));
    made.unwrap().dataset_id
}

fn upsert(db: &Database, id: &str, records: &str, now: i64) -> (i64, i64) {
    let (id, records) = (id.to_owned(), records.to_owned());
    let counts =
        write(db, move |tx| eval_datasets::upsert_records(tx, HOME, &id, &records, now)).unwrap();
    (counts.inserted, counts.updated)
}

#[test]
fn records_are_known_by_their_inputs() {
    on_each(|db| {
        let id = create(db, "qa", &[("mlflow.user", "bob")], 10);
        let first = r#"[{"inputs": {"q": "hi", "n": 1}, "outputs": {"a": "x"},
            "expectations": {"e": true}, "tags": {"mlflow.user": "amy", "z": "1"},
            "source": {"source_type": "trace", "source_data": {"trace_id": "tr-1"}}},
            {"inputs": {"q": "yo"}}]"#;
        assert_eq!(upsert(db, &id, first, 20), (2, 0));
        let second = r#"[{"inputs": {"n": 1, "q": "hi"}, "outputs": "text",
            "expectations": {"f": 2.5}, "tags": {"y": "2"}}, {"inputs": {"l": [1], "z": null}}]"#;
        assert_eq!(upsert(db, &id, second, 30), (1, 1));

        let of = id.clone();
        let page = write(db, move |tx| eval_datasets::records(tx, HOME, &of, 10, None)).unwrap();
        let hi = page.records.iter().find(|record| record.source_id.is_some()).unwrap();
        let written = serde_json::to_value(hi).unwrap();
        assert_eq!(hi.inputs.to_string(), r#"{"q": "hi", "n": 1}"#);
        assert_eq!(written["outputs"], "text");
        assert_eq!(written["expectations"], serde_json::json!({"e": true, "f": 2.5}));
        assert_eq!(hi.tags.to_string(), r#"{"mlflow.user": "amy", "z": "1", "y": "2"}"#);
        assert_eq!(
            (written["source_type"].as_str(), &written["created_by"]),
            (Some("TRACE"), &"amy".into())
        );
        assert_eq!((hi.created_time, hi.last_update_time), (20, 30));

        let of = id.clone();
        let dataset = write(db, move |tx| eval_datasets::get(tx, HOME, &of)).unwrap();
        assert_eq!(dataset.profile.as_deref(), Some(r#"{"num_records": 3}"#));
        assert_eq!(
            dataset.schema.as_deref(),
            Some(
                r#"{"inputs": {"q": "string", "n": "integer", "l": "array", "z": "null"}, "outputs": {"a": "string"}, "expectations": {"e": "boolean", "f": "float"}, "version": "1.0"}"#
            )
        );
        assert_eq!((dataset.created_by.as_deref(), dataset.last_update_time), (Some("bob"), 30));

        let gone = hi.dataset_record_id.clone();
        let of = id.clone();
        let delete = move |tx: &mut Tx<'_>| {
            eval_datasets::delete_records(tx, HOME, &of, &[gone.clone(), "none".to_owned()])
        };
        assert_eq!(write(db, delete).unwrap(), 1);
        let dataset = write(db, move |tx| eval_datasets::get(tx, HOME, &id)).unwrap();
        assert_eq!(dataset.profile.as_deref(), Some(r#"{"num_records": 2}"#));
    });
}

#[test]
fn pages_of_records_follow_each_other() {
    on_each(|db| {
        let id = create(db, "paged", &[], 1);
        for number in 0..5 {
            let record = format!(r#"[{{"inputs": {{"n": {number}}}}}]"#);
            upsert(db, &id, &record, 10 + number / 2);
        }
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let (id, asked): (String, Option<String>) = (id.clone(), token);
            let page =
                write(db, move |tx| eval_datasets::records(tx, HOME, &id, 2, asked.as_deref()))
                    .unwrap();
            seen.extend(page.records.into_iter().map(|record| record.dataset_record_id));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 5);
        seen.dedup();
        assert_eq!(seen.len(), 5);
        let bad = write(db, move |tx| eval_datasets::records(tx, HOME, &id, 2, Some("bad!")));
        assert_eq!(bad.unwrap_err().code, Code::InvalidParameterValue);
    });
}

#[test]
fn records_that_are_none_are_refused() {
    on_each(|db| {
        let id = create(db, "refused", &[], 1);
        for records in [
            "{",
            "{}",
            "[1]",
            r#"[{"inputs": [1]}]"#,
            r#"[{"inputs": {"q": 1}, "source": {"source_type": "weird"}}]"#,
        ] {
            let (id, given) = (id.clone(), records.to_owned());
            let refused =
                write(db, move |tx| eval_datasets::upsert_records(tx, HOME, &id, &given, 2));
            assert_eq!(refused.unwrap_err().code, Code::InvalidParameterValue, "{records}");
        }
        let missing = write(db, |tx| {
            eval_datasets::upsert_records(tx, HOME, "d-none", r#"[{"inputs": {}}]"#, 2)
        });
        assert_eq!(missing.unwrap_err().code, Code::ResourceDoesNotExist);
    });
}

#[test]
fn datasets_are_found() {
    on_each(|db| {
        let home = write(db, |tx| {
            experiments::create(tx, HOME, "evaluated", None, "mlflow-artifacts:/", &[], 1)
        })
        .unwrap()
        .to_string();
        let first = create(db, "qa", &[("team", "search")], 10);
        create(db, "chat", &[("team", "ads")], 20);
        create(db, "quality", &[], 30);
        let (id, of) = (first.clone(), home.clone());
        write(db, move |tx| {
            eval_datasets::add_experiments(tx, HOME, &id, std::slice::from_ref(&of), 40)
        })
        .unwrap();
        let search = |filter: &str, order: &[&str], experiments: Vec<String>| {
            let search = DatasetSearch {
                experiment_ids: experiments,
                filter: filter.to_owned(),
                order: order.iter().map(|clause| (*clause).to_owned()).collect(),
                offset: 0,
                max: 10,
            };
            let page = write(db, move |tx| eval_datasets::search(tx, HOME, &search)).unwrap();
            page.items.into_iter().map(|one| one.name).collect::<Vec<_>>().join(" ")
        };
        for (filter, expected) in [
            ("", "quality chat qa"),
            ("name = 'qa'", "qa"),
            ("name LIKE 'q%'", "quality qa"),
            ("name ILIKE 'QA'", "qa"),
            ("name IN ('qa', 'chat')", "chat qa"),
            ("tags.team != 'ads'", "qa"),
            ("created_time >= 20 AND name != 'chat'", "quality"),
            ("last_update_time > 35", "qa"),
        ] {
            assert_eq!(search(filter, &[], vec![]), expected, "{filter}");
        }
        assert_eq!(search("", &["name"], vec![]), "chat qa quality");
        assert_eq!(search("", &["last_update_time DESC"], vec![]), "qa quality chat");
        assert_eq!(search("", &[], vec![home.clone()]), "qa");

        let ids = |id: &str| {
            let id = id.to_owned();
            write(db, move |tx| eval_datasets::experiment_ids(tx, HOME, &id)).unwrap()
        };
        assert_eq!(ids(&first), [home.as_str()]);
        let id = first.clone();
        write(db, move |tx| {
            eval_datasets::remove_experiments(tx, HOME, &id, std::slice::from_ref(&home), 50)
        })
        .unwrap();
        assert!(ids(&first).is_empty() && ids("d-none").is_empty());
        let id = first.clone();
        let unknown = write(db, move |tx| {
            eval_datasets::add_experiments(tx, HOME, &id, &["88888".to_owned()], 50)
        });
        assert_eq!(unknown.unwrap_err().message, "No Experiment with id=88888");
        let id = first.clone();
        write(db, move |tx| eval_datasets::delete(tx, HOME, &id)).unwrap();
        let gone = write(db, move |tx| eval_datasets::get(tx, HOME, &first));
        assert_eq!(gone.unwrap_err().code, Code::ResourceDoesNotExist);
    });
}
