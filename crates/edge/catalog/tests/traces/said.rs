//! Traces are said, changed, ended and deleted.

use catalog::Code;
use catalog::traces::{self, Doomed, End, NewTrace, State};

use crate::common::on_each;
use crate::kit::{HOME, THEN, assess, experiment, feedback, found, info, start, tag, trace, write};

#[test]
fn a_trace_is_what_was_said_of_it() {
    on_each(|db| {
        let home = experiment(db, "said");
        let mut new = trace(home, 1);
        new.metadata.push(tag("mlflow.trace.session", "s1"));
        new.metadata.push(tag(
            "mlflow.trace.tokenUsage",
            r#"{"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, "odd": 1}"#,
        ));
        let made = start(db, new.clone());
        assert_eq!(made, info(db, "tr-1"));
        assert_eq!(made.tag("mlflow.traceName"), Some("name1"));
        let place = format!("mlflow-artifacts:/{home}/traces/tr-1/artifacts");
        assert_eq!(made.tag("mlflow.artifactLocation"), Some(place.as_str()));
        assert_eq!(made.metadata("mlflow.trace.infoFinalized"), Some("true"));
        assert_eq!(
            made.metadata("mlflow.trace.tokenUsage"),
            Some(r#"{"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}"#)
        );

        // Said again, it is completed: what is left out stays, tags and metadata are added.
        new.state = State::Error;
        new.tags = vec![tag("parity", "again")];
        new.metadata = vec![tag("more", "1")];
        new.request_preview = Some("asked".to_owned());
        let again = start(db, new);
        assert_eq!(again.state, State::Error);
        assert_eq!(again.tag("mlflow.traceName"), Some("name1"));
        assert_eq!(again.tag("parity"), Some("again"));
        assert_eq!((again.metadata("mod5"), again.metadata("more")), (Some("1"), Some("1")));
        assert_eq!(again.request_preview.as_deref(), Some("asked"));
        assert_eq!(again.metadata("mlflow.trace.session"), Some("s1"));
    });
}

#[test]
fn an_id_that_leads_elsewhere_is_refused() {
    on_each(|db| {
        let home = experiment(db, "ids");
        for id in ["../../x", "a/b", "..", "a\0b", "a b"] {
            let new = NewTrace { trace_id: id.to_owned(), ..trace(home, 1) };
            let error = write(db, move |tx| traces::start(tx, HOME, &new, THEN)).unwrap_err();
            assert_eq!(error.code, Code::InvalidParameterValue, "{id}");
        }
        let gone = NewTrace { experiment: 99_999, ..trace(home, 1) };
        let error = write(db, move |tx| traces::start(tx, HOME, &gone, THEN)).unwrap_err();
        assert_eq!(error.message, "No Experiment with id=99999 exists");
    });
}

#[test]
fn tags_are_set_and_removed() {
    on_each(|db| {
        let home = experiment(db, "tags");
        start(db, trace(home, 1));
        let set = |key: &str, value: &str| {
            let tag = tag(key, value);
            write(db, move |tx| traces::set_tag(tx, HOME, "tr-1", &tag))
        };
        set("a", "b").unwrap();
        set("mlflow.traceName", "renamed").unwrap();
        set("long", &"v".repeat(9_000)).unwrap();
        let named = info(db, "tr-1");
        assert_eq!((named.tag("a"), named.tag("mlflow.traceName")), (Some("b"), Some("renamed")));
        assert_eq!(named.tag("long").unwrap().len(), 8_000);
        assert_eq!(set("bad;key", "x").unwrap_err().code, Code::InvalidParameterValue);
        let remove = |id: &'static str, key: &'static str| {
            write(db, move |tx| traces::delete_tag(tx, HOME, id, key))
        };
        remove("tr-1", "a").unwrap();
        remove("tr-1", "mlflow.traceName").unwrap();
        for (id, key, message) in [
            ("tr-1", "a", "No trace tag with key 'a' for trace with ID 'tr-1'"),
            (
                "tr-1",
                "mlflow.traceName",
                "No trace tag with key 'mlflow.traceName' for trace with ID 'tr-1'",
            ),
            ("tr-9", "a", "Trace with ID 'tr-9' not found."),
        ] {
            assert_eq!(remove(id, key).unwrap_err().message, message);
        }
        let elsewhere =
            write(db, |tx| traces::set_tag(tx, "elsewhere", "tr-1", &tag("a", "b"))).unwrap_err();
        assert_eq!(elsewhere.code, Code::ResourceDoesNotExist, "another workspace does not see it");
    });
}

#[test]
fn the_second_version_begins_and_ends_a_trace() {
    on_each(|db| {
        let home = experiment(db, "v2");
        let begun = write(db, move |tx| {
            let metadata = [tag("m", "1"), tag("mlflow.trace.session", "s9")];
            traces::start_v2(tx, HOME, home, THEN, &metadata, &[tag("q", "1")])
        })
        .unwrap();
        assert_eq!((begun.state, begun.duration), (State::InProgress, None));
        let id = begun.trace_id;
        let ended = write(db, move |tx| {
            let end = End {
                time: THEN + 1_500,
                state: State::Ok,
                metadata: vec![tag("n", "2")],
                tags: vec![tag("q", "2"), tag("mlflow.traceName", "named")],
            };
            traces::end_v2(tx, HOME, &id, &end)
        })
        .unwrap();
        assert_eq!((ended.state, ended.duration), (State::Ok, Some(1_500)));
        assert_eq!((ended.metadata("m"), ended.metadata("n")), (Some("1"), Some("2")));
        assert_eq!((ended.tag("q"), ended.tag("mlflow.traceName")), (Some("2"), Some("named")));
        let written = serde_json::to_value(ended.v2()).unwrap();
        assert_eq!(written["execution_time_ms"], 1_500);
        assert_eq!(written["status"], "OK");
    });
}

#[test]
fn the_oldest_are_deleted_with_all_that_belongs_to_them() {
    on_each(|db| {
        let home = experiment(db, "deleted");
        for number in 1..=5 {
            start(db, trace(home, number));
        }
        assess(db, "tr-1", feedback("x", "1"));
        let delete = |doomed: Doomed| write(db, move |tx| traces::delete(tx, HOME, home, &doomed));
        let until = |until, max| Doomed { until: Some(until), max, trace_ids: vec![] };
        assert_eq!(delete(until(THEN + 3_000, Some(2))).unwrap(), 2);
        assert_eq!(found(db, vec![home], "", &[]), ["5", "4", "3"]);
        assert_eq!(found(db, vec![home], "feedback.x IS NOT NULL", &[]).len(), 0);
        let ids = |ids: &[&str]| Doomed {
            trace_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            ..Doomed::default()
        };
        assert_eq!(delete(ids(&["tr-5", "tr-1", "none"])).unwrap(), 1);
        for (doomed, message) in [
            (Doomed::default(), "Either `max_timestamp_millis` or `trace_ids` must be specified."),
            (
                Doomed { max: Some(1), ..ids(&["tr-3"]) },
                "`max_traces` can't be specified if `trace_ids` is specified.",
            ),
            (until(1, Some(0)), "`max_traces` must be a positive integer, received 0."),
        ] {
            assert_eq!(delete(doomed).unwrap_err().message, message);
        }
    });
}
