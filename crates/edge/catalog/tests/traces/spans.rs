//! Spans come in and say what their trace is.

use catalog::traces::{self, NewTrace, Span, State, Status};
use database::Tx;

use crate::common::on_each;
use crate::kit::{
    HOME, THEN, experiment, found, info, json, log, log_from, span, start, tag, text, trace, write,
};

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
        assert_eq!(log_from(db, home, resource, vec![root]), [id.as_str()]);
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
