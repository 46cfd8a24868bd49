//! Traces are counted by what they are and by when they were.

use catalog::traces::Span;
use catalog::traces::metrics::{self, Aggregation, Query, View};
use database::Database;

use crate::common::on_each;
use crate::kit::{
    HOME, THEN, assess, experiment, feedback, json, log, span, start, text, trace, write,
};

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
