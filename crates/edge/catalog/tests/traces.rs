//! Traces: how they come in, what their spans say of them, how they are found, counted and deleted.
//!
//! What a test expects was measured at MLflow 3.17.2, which was sent the same requests.

mod common;

use catalog::assessments::{self, Change, NewAssessment, Said, Source};
use catalog::traces::json::Json;
use catalog::traces::metrics::{self, Aggregation, Query, View};
use catalog::traces::{self, Batch, Doomed, End, NewTrace, Span, State, Status, TraceSearch};
use catalog::{CatalogError, Code, Tag, experiments};
use common::on_each;
use database::{Database, Tx};
use tracking::search::{Entity, parse_filter, parse_order};

const HOME: &str = "default";
/// 1 January 2020.
const THEN: i64 = 1_577_836_800_000;

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

fn write<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    db.write_blocking(work)
}

fn experiment(db: &Database, name: &'static str) -> i64 {
    write(db, move |tx| experiments::create(tx, HOME, name, None, "mlflow-artifacts:/", &[], THEN))
        .unwrap()
}

fn trace(experiment: i64, number: i64) -> NewTrace {
    NewTrace {
        trace_id: format!("tr-{number}"),
        experiment,
        request_time: THEN + number * 1_000,
        duration: Some(number * 10),
        state: if number % 3 == 0 { State::Error } else { State::Ok },
        tags: vec![
            tag("mlflow.traceName", &format!("name{}", number % 4)),
            tag("parity", if number % 2 == 0 { "even" } else { "odd" }),
        ],
        metadata: vec![tag("mod5", &(number % 5).to_string())],
        ..NewTrace::default()
    }
}

fn start(db: &Database, new: NewTrace) -> traces::TraceInfo {
    write(db, move |tx| traces::start(tx, HOME, &new, THEN)).unwrap()
}

fn found(db: &Database, experiments: Vec<i64>, filter: &str, order: &[&str]) -> Vec<String> {
    let search = TraceSearch {
        experiments,
        filter: parse_filter(Entity::Traces, filter).unwrap(),
        order: parse_order(Entity::Traces, order).unwrap(),
        offset: 0,
        max: 1_000,
    };
    let page = write(db, move |tx| traces::search(tx, HOME, &search)).unwrap();
    page.items.into_iter().map(|info| info.trace_id.replace("tr-", "")).collect()
}

fn text(key: &str, value: &str) -> (String, Json) {
    (key.to_owned(), Json::text(value))
}

fn json(key: &str, value: &str) -> (String, Json) {
    (key.to_owned(), Json::parse(value).unwrap())
}

fn span(trace: u8, id: u8, parent: Option<u8>) -> Span {
    let short = |id: u8| [0, 0, 0, 0, 0, 0, 0, id];
    let start = (THEN + i64::from(trace) * 1_000) * 1_000_000;
    Span {
        trace: [trace; 16],
        id: short(id),
        parent: parent.map(short),
        name: format!("span{id}"),
        start,
        end: Some(start + 1_500_000),
        status: Status::Ok,
        ..Span::default()
    }
}

fn log(db: &Database, experiment: i64, spans: Vec<Span>) -> Vec<String> {
    log_from(db, experiment, vec![], spans)
}

fn log_from(
    db: &Database,
    experiment: i64,
    resource: Vec<(String, Json)>,
    spans: Vec<Span>,
) -> Vec<String> {
    let batches = [Batch { resource, spans }];
    write(db, move |tx| traces::log(tx, HOME, experiment, &batches)).unwrap()
}

fn info(db: &Database, trace_id: &str) -> traces::TraceInfo {
    let id = trace_id.to_owned();
    write(db, move |tx| traces::get(tx, HOME, &id)).unwrap()
}

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
fn a_trace_is_found_by_what_it_is() {
    on_each(|db| {
        let (home, other) = (experiment(db, "found"), experiment(db, "other"));
        for number in 1..=8 {
            start(db, trace(home, number));
        }
        start(db, trace(other, 9));
        start(db, NewTrace { tags: vec![], ..trace(home, 10) });
        for (filter, expected) in [
            ("", "10 8 7 6 5 4 3 2 1"),
            ("status = 'ERROR'", "6 3"),
            ("attributes.status != 'OK' AND timestamp_ms > 1577836804000", "6"),
            ("trace.status IN ('OK', 'IN_PROGRESS') AND execution_time <= 20", "2 1"),
            ("name = 'name1'", "5 1"),
            ("name LIKE 'name%' AND tags.parity = 'odd'", "7 5 3 1"),
            ("name ILIKE 'NAME0'", "8 4"),
            ("name RLIKE '^name[13]$'", "7 5 3 1"),
            ("tags.mlflow.traceName IS NULL", "10"),
            ("tags.parity IS NULL", "10"),
            ("tag.parity != 'odd'", "8 6 4 2"),
            ("tags.parity RLIKE 'v.n$' AND status = 'OK'", "8 4 2"),
            ("metadata.mod5 = '1'", "6 1"),
            ("metadata.`mod5` RLIKE '[34]'", "8 4 3"),
            ("end_time_ms > 1577836808000.5", "10 8"),
            ("end_time_ms >= 1577836808080.5", "10"),
            ("request_id = 'tr-4'", "4"),
            ("request_id IN ('tr-4', 'tr-9')", "4"),
            ("client_request_id = 'none'", ""),
        ] {
            assert_eq!(found(db, vec![home], filter, &[]).join(" "), expected, "{filter}");
        }
        assert_eq!(found(db, vec![other, home], "", &[]).len(), 10);
        assert_eq!(found(db, vec![other, home], "tags.parity = 'odd'", &[]).join(" "), "9 7 5 3 1");
        for (order, expected) in [
            (vec!["timestamp_ms"], "1 2 3 4 5 6 7 8 10"),
            (vec!["status", "timestamp_ms ASC"], "3 6 1 2 4 5 7 8 10"),
            (vec!["name DESC"], "7 3 6 2 5 1 8 4 10"),
            (vec!["tags.parity DESC", "execution_time"], "1 3 5 7 2 4 6 8 10"),
            (vec!["metadata.mod5", "request_id"], "10 5 1 6 2 7 3 8 4"),
            (vec!["end_time DESC"], "10 8 7 6 5 4 3 2 1"),
        ] {
            assert_eq!(found(db, vec![home], "", &order).join(" "), expected, "{order:?}");
        }
    });
}

#[test]
fn pages_follow_each_other() {
    on_each(|db| {
        let (home, other) = (experiment(db, "pages"), experiment(db, "pages too"));
        for number in 1..=7 {
            start(db, trace(if number % 2 == 0 { home } else { other }, number));
        }
        let mut seen = Vec::new();
        let mut offset = 0;
        loop {
            let search = TraceSearch {
                experiments: vec![home, other],
                offset,
                max: 3,
                ..TraceSearch::default()
            };
            let page = write(db, move |tx| traces::search(tx, HOME, &search)).unwrap();
            seen.extend(page.items.into_iter().map(|info| info.trace_id));
            match page.next {
                Some(token) => {
                    offset = tracking::search::page::parse(&token).unwrap() as usize;
                }
                None => break,
            }
        }
        assert_eq!(seen, ["tr-7", "tr-6", "tr-5", "tr-4", "tr-3", "tr-2", "tr-1"]);
    });
}

#[test]
fn spans_make_a_trace_and_say_what_it_is() {
    on_each(|db| {
        let home = experiment(db, "spans");
        let id = format!("tr-{}", "07".repeat(16));
        let usage = r#"{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}"#;
        let child = Span {
            attributes: vec![json("mlflow.chat.tokenUsage", usage), text("model", "gpt-4")],
            ..span(7, 2, Some(1))
        };
        assert!(log(db, home, vec![child]).is_empty());
        let partial = info(db, &id);
        assert_eq!((partial.state, partial.duration), (State::InProgress, Some(1)));
        assert_eq!(partial.metadata("mlflow.trace.tokenUsage"), Some(usage));

        // The first span comes last; what it says of tokens stands for all below it.
        let mut root = span(7, 1, None);
        root.start -= 5_000_000;
        root.status = Status::Error;
        root.attributes = vec![
            json("mlflow.spanInputs", r#"{"q": "hello"}"#),
            json("mlflow.spanOutputs", "[1, 2.5]"),
            json(
                "mlflow.chat.tokenUsage",
                r#"{"input_tokens": 30, "output_tokens": 40, "total_tokens": 70}"#,
            ),
            text("user.id", "u1"),
            text("session.id", "s1"),
            text("mlflow.traceTag.team", "search"),
        ];
        let resource = vec![text("service.name", "svc"), text("telemetry.sdk.name", "x")];
        assert_eq!(log_from(db, home, resource, vec![root]), [id.clone()]);
        let whole = info(db, &id);
        assert_eq!(whole.state, State::Error);
        assert_eq!((whole.request_time, whole.duration), (THEN + 6_995, Some(6)));
        assert_eq!(whole.request_preview.as_deref(), Some(r#"{"q": "hello"}"#));
        assert_eq!(whole.response_preview.as_deref(), Some("[1, 2.5]"));
        let usage = r#"{"input_tokens": 30, "output_tokens": 40, "total_tokens": 70}"#;
        assert_eq!(whole.metadata("mlflow.trace.tokenUsage"), Some(usage));
        assert_eq!(whole.metadata("mlflow.trace.session"), Some("s1"));
        assert_eq!(whole.metadata("mlflow.trace.user"), Some("u1"));
        assert_eq!(whole.tag("mlflow.trace.spansLocation"), Some("TRACKING_STORE"));
        assert_eq!((whole.tag("team"), whole.tag("service.name")), (Some("search"), Some("svc")));
        assert_eq!(whole.tag("telemetry.sdk.name"), None);

        let full = write(db, move |tx| traces::get_full(tx, HOME, &id)).unwrap().unwrap();
        assert_eq!(full.spans.len(), 2);
        assert!(full.spans[0].contains("\"name\": \"span1\""), "the first span comes first");
        assert!(full.spans[1].contains("\"model\": \"\\\"gpt-4\\\"\""));

        for (filter, expected) in [
            ("span.name = 'span2'", 1),
            ("span.name = 'span1' AND span.status = 'OK'", 0),
            ("span.name LIKE 'span%' AND span.attributes.model LIKE '%gpt%'", 1),
            ("span.attributes.model = 'gpt-4'", 1),
            ("span.attributes.model != 'gpt-4'", 0),
            ("span.attributes.model RLIKE '^gpt-[0-9]$'", 1),
            ("span.name RLIKE '^span1$' AND span.attributes.model RLIKE 'gpt'", 0),
            ("span.content LIKE '%hello%'", 1),
            ("trace.text ILIKE '%HELLO%'", 1),
            ("span.name IN ('x', 'span1')", 1),
        ] {
            assert_eq!(found(db, vec![home], filter, &[]).len(), expected, "{filter}");
        }
    });
}

#[test]
fn what_was_said_counts_more_than_what_spans_say() {
    on_each(|db| {
        let home = experiment(db, "order");
        let id = format!("tr-{}", "03".repeat(16));
        let mut root = span(3, 1, None);
        root.attributes = vec![json("mlflow.chat.tokenUsage", r#"{"input_tokens": 1}"#)];
        let said = || NewTrace {
            trace_id: id.clone(),
            metadata: vec![tag("mlflow.trace.tokenUsage", r#"{"input_tokens": 9}"#)],
            ..trace(home, 50)
        };
        log(db, home, vec![root.clone()]);
        let after = start(db, said());
        assert_eq!((after.request_time, after.duration), (THEN + 50_000, Some(500)));
        assert_eq!(after.state, State::Ok);
        let usage = r#"{"input_tokens": 9, "output_tokens": 0, "total_tokens": 0}"#;
        assert_eq!(after.metadata("mlflow.trace.tokenUsage"), Some(usage));

        log(db, home, vec![root]);
        let again = info(db, &id);
        assert_eq!((again.request_time, again.duration), (THEN + 50_000, Some(500)));
        assert_eq!(again.metadata("mlflow.trace.tokenUsage"), Some(usage));
        let one = write(db, move |tx| traces::get_full(tx, HOME, &id)).unwrap().unwrap();
        assert_eq!(one.spans.len(), 1, "a span that is sent twice is there once");
    });
}

#[test]
fn a_trace_is_whole_when_all_its_spans_are_there() {
    on_each(|db| {
        let home = experiment(db, "whole");
        let id = format!("tr-{}", "05".repeat(16));
        let stats = tag("mlflow.trace.sizeStats", r#"{"num_spans": 2}"#);
        start(db, NewTrace { trace_id: id.clone(), metadata: vec![stats], ..trace(home, 5) });
        let full = {
            let id = id.clone();
            move |tx: &mut Tx<'_>| traces::get_full(tx, HOME, &id)
        };
        assert_eq!(write(db, full.clone()).unwrap(), None, "its spans are not here yet");
        log(db, home, vec![span(5, 1, None)]);
        assert!(!write(db, full.clone()).unwrap().unwrap().is_whole());
        let some = vec![id];
        let batch = move |tx: &mut Tx<'_>| traces::get_full_some(tx, HOME, &some, None);
        assert!(write(db, batch.clone()).unwrap().is_empty());
        log(db, home, vec![span(5, 2, Some(1))]);
        assert!(write(db, full).unwrap().unwrap().is_whole());
        assert_eq!(write(db, batch).unwrap().len(), 1);
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

fn feedback(name: &str, value: &str) -> NewAssessment {
    NewAssessment {
        id: None,
        name: name.to_owned(),
        said: Said::feedback(&serde_json::from_str(value).unwrap(), None),
        source: Source { source_type: "HUMAN".to_owned(), source_id: Some("me".to_owned()) },
        created: None,
        updated: None,
        rationale: None,
        metadata: vec![],
        span_id: None,
        overrides: None,
    }
}

fn assess(db: &Database, trace: &'static str, new: NewAssessment) -> assessments::Assessment {
    write(db, move |tx| assessments::create(tx, HOME, trace, &new, THEN)).unwrap()
}

#[test]
fn assessments_are_made_changed_and_found() {
    on_each(|db| {
        let home = experiment(db, "assessed");
        for number in 1..=3 {
            let session = tag("mlflow.trace.session", if number < 3 { "s1" } else { "s2" });
            start(db, NewTrace { metadata: vec![session], ..trace(home, number) });
        }
        let first = assess(db, "tr-1", feedback("rating", "5"));
        let of_session = NewAssessment {
            metadata: vec![tag("mlflow.trace.session", "s1")],
            ..feedback("tone", "\"calm\"")
        };
        assess(db, "tr-1", of_session);
        assess(db, "tr-3", feedback("flag", "true"));
        let expected = NewAssessment {
            said: Said::serialized("JSON_FORMAT", r#"{"a": [1, 2]}"#).unwrap(),
            ..feedback("wanted", "0")
        };
        assess(db, "tr-3", expected);
        for (filter, expected) in [
            ("feedback.rating = '5.0'", "1"),
            ("feedback.rating = '5'", ""),
            ("feedback.rating >= 5", "1"),
            ("feedback.rating IS NULL", "3 2"),
            ("feedback.tone = 'calm'", "2 1"),
            ("feedback.tone != 'calm'", ""),
            ("feedback.tone IS NULL", "3"),
            ("feedback.flag = 'true'", "3"),
            ("feedback.flag > 0", ""),
            ("feedback.tone RLIKE 'c.lm'", "1"),
            ("expectation.wanted LIKE '%[1, 2]%'", "3"),
            ("feedback.wanted IS NOT NULL", ""),
        ] {
            assert_eq!(found(db, vec![home], filter, &[]).join(" "), expected, "{filter}");
        }

        // A newer one overrides an older one, which counts again when the newer is gone.
        let newer = NewAssessment {
            overrides: Some(first.assessment_id.clone()),
            ..feedback("rating", "3")
        };
        let newer = assess(db, "tr-1", newer);
        assert_eq!(found(db, vec![home], "feedback.rating >= 5", &[]).len(), 0);
        let get = |id: String| write(db, move |tx| assessments::get(tx, HOME, "tr-1", &id));
        assert!(!get(first.assessment_id.clone()).unwrap().valid);
        let (id, other) = (newer.assessment_id.clone(), newer.assessment_id.clone());
        write(db, move |tx| assessments::delete(tx, HOME, "tr-1", &id)).unwrap();
        assert!(get(first.assessment_id.clone()).unwrap().valid);
        assert_eq!(get(other).unwrap_err().code, Code::ResourceDoesNotExist);

        let id = first.assessment_id.clone();
        let changed = write(db, move |tx| {
            let change = Change {
                said: Some(Said::feedback(&serde_json::json!("no"), None)),
                rationale: Some("because".to_owned()),
                metadata: vec![tag("k", "v")],
                ..Change::default()
            };
            assessments::update(tx, HOME, "tr-1", &id, &change, THEN + 5)
        })
        .unwrap();
        let written = serde_json::to_value(&changed).unwrap();
        assert_eq!(written["feedback"]["value"], "no");
        assert_eq!(written["metadata"]["k"], "v");
        assert_eq!(written["last_update_time"], "2020-01-01T00:00:00.005Z");
        assert_eq!(written["create_time"], "2020-01-01T00:00:00Z");
        let id = first.assessment_id;
        let error = write(db, move |tx| {
            let said = Some(Said::expectation(&serde_json::json!("x")));
            let change = Change { said, ..Change::default() };
            assessments::update(tx, HOME, "tr-1", &id, &change, THEN)
        })
        .unwrap_err();
        assert_eq!(error.message, "Cannot update expectation value on a Feedback assessment.");
    });
}

#[test]
fn links_are_found() {
    on_each(|db| {
        let home = experiment(db, "linked");
        write(db, |tx| traces::link_to_run(tx, HOME, &["tr-1".to_owned()], "run1")).unwrap();
        for number in 1..=2 {
            start(db, trace(home, number));
        }
        let source = vec![tag("mlflow.sourceRun", "run1")];
        start(db, NewTrace { metadata: source, ..trace(home, 3) });
        write(db, |tx| traces::link_prompts(tx, HOME, "tr-2", &["qa/1".to_owned()])).unwrap();
        assert_eq!(found(db, vec![home], "run_id = 'run1'", &[]), ["3", "1"]);
        assert_eq!(found(db, vec![home], "metadata.mlflow.sourceRun != 'run2'", &[]), ["3"]);
        assert_eq!(found(db, vec![home], "prompt = 'qa/1'", &[]), ["2"]);
        let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
        let error = write(db, move |tx| traces::link_to_run(tx, HOME, &many, "run1")).unwrap_err();
        assert!(error.message.starts_with("Cannot link more than 100 traces to a run"));
        let missing = write(db, |tx| traces::link_prompts(tx, HOME, "tr-9", &["qa/1".to_owned()]));
        assert_eq!(missing.unwrap_err().message, "Trace with ID 'tr-9' not found.");
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

fn count(
    db: &Database,
    experiment: i64,
    metric: &str,
    aggregations: Vec<Aggregation>,
    dimensions: &[&str],
    change: impl FnOnce(&mut Query),
) -> Vec<(String, String)> {
    let mut query = Query {
        experiments: vec![experiment],
        view: View::Traces,
        metric: metric.to_owned(),
        aggregations,
        dimensions: dimensions.iter().map(|name| (*name).to_owned()).collect(),
        filters: vec![],
        interval: None,
        start: None,
        end: None,
        max: 1_000,
    };
    change(&mut query);
    let points = write(db, move |tx| metrics::query(tx, HOME, &query)).unwrap();
    let joined = |entries: Vec<String>| entries.join(" ");
    points
        .into_iter()
        .map(|point| {
            let dimensions = point.dimensions.into_iter().map(|(_, value)| value).collect();
            let values = point.values.into_iter().map(|(key, value)| format!("{key}={value}"));
            (joined(dimensions), joined(values.collect()))
        })
        .collect()
}

#[test]
fn traces_are_counted() {
    use Aggregation::{Avg, Count, Max, Percentile, Sum};
    on_each(|db| {
        let home = experiment(db, "counted");
        for number in 1..=8 {
            start(db, trace(home, number));
        }
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let all = count(db, home, "trace_count", vec![Count], &[], |_| {});
        assert_eq!(all, [pair("", "COUNT=8")]);
        let by_state = count(db, home, "trace_count", vec![Count], &["trace_status"], |_| {});
        assert_eq!(by_state, [pair("ERROR", "COUNT=2"), pair("OK", "COUNT=6")]);
        let spread = vec![Avg, Max, Percentile(50.0), Percentile(90.0)];
        let latency = count(db, home, "latency", spread, &[], |_| {});
        assert_eq!(latency, [pair("", "AVG=45 MAX=80 P50.0=45 P90.0=73")]);
        let by_name = count(db, home, "latency", vec![Percentile(50.0)], &["trace_name"], |_| {});
        assert_eq!(by_name[0], pair("name0", "P50.0=60"));
        let by_time = count(db, home, "trace_count", vec![Count], &[], |query| {
            query.interval = Some(5);
            (query.start, query.end) = (Some(THEN), Some(THEN + 7_000));
        });
        let expected = [
            pair("2020-01-01T00:00:00+00:00", "COUNT=4"),
            pair("2020-01-01T00:00:05+00:00", "COUNT=3"),
        ];
        assert_eq!(by_time, expected);
        let narrowed = count(db, home, "trace_count", vec![Count], &[], |query| {
            query.filters =
                vec!["trace.tag.parity = 'odd'".to_owned(), "trace.status = 'OK'".to_owned()];
        });
        assert_eq!(narrowed, [pair("", "COUNT=3")]);
        assert!(count(db, home, "input_tokens", vec![Sum], &[], |_| {}).is_empty());

        assess(db, "tr-1", feedback("rating", "5"));
        assess(db, "tr-2", feedback("rating", "2"));
        let rated = count(db, home, "assessment_value", vec![Avg], &["assessment_name"], |query| {
            query.view = View::Assessments;
        });
        assert_eq!(rated, [pair("rating", "AVG=3.5")]);
        let costs = |id, cost: &str| Span {
            attributes: vec![json("mlflow.llm.cost", cost), text("mlflow.llm.model", "m")],
            ..span(9, id, (id > 1).then_some(1))
        };
        log(
            db,
            home,
            vec![costs(1, r#"{"total_cost": 0.5}"#), costs(2, r#"{"total_cost": 0.25}"#)],
        );
        let cost = count(db, home, "total_cost", vec![Sum], &["span_model_name"], |query| {
            query.view = View::Spans;
        });
        assert_eq!(cost, [pair("m", "SUM=0.75")]);
        let spans = count(db, home, "latency", vec![Percentile(50.0)], &["span_name"], |query| {
            query.view = View::Spans;
        });
        assert_eq!(spans, [pair("span1", "P50.0=1"), pair("span2", "P50.0=1")]);
    });
}

#[test]
fn two_filters_are_compared() {
    on_each(|db| {
        let home = experiment(db, "compared");
        for number in 1..=8 {
            start(db, trace(home, number));
        }
        let filter = |text: &str| parse_filter(Entity::Traces, text).unwrap();
        let (first, second) = (filter("status = 'OK'"), filter("tags.parity = 'odd'"));
        let base = filter("timestamp_ms <= 1577836806000");
        let found =
            write(db, move |tx| traces::correlate(tx, HOME, &[home], &base, [&first, &second]))
                .unwrap();
        let counts =
            (found.filter1_count, found.filter2_count, found.joint_count, found.total_count);
        assert_eq!(counts, (4, 3, 2, 6));
        // 2 of 6, where 4/6 · 3/6 = 2/6 are expected of independent filters.
        assert!(found.npmi.unwrap().abs() < 1e-12);
    });
}
