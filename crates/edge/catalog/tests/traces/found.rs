//! Traces are found by what they are, by what is said of them and by their links.

use catalog::Code;
use catalog::assessments::{self, Change, NewAssessment, Said};
use catalog::traces::{self, NewTrace, TraceSearch};
use tracking::search::{Entity, parse_filter};

use crate::common::on_each;
use crate::kit::{HOME, THEN, assess, experiment, feedback, found, start, tag, trace, write};

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
