//! What these tests begin with: experiments, traces, spans and feedback.

use catalog::assessments::{self, NewAssessment, Said, Source};
use catalog::traces::json::Json;
use catalog::traces::{self, Batch, NewTrace, Span, State, Status, TraceSearch};
use catalog::{CatalogError, Tag, experiments};
use database::{Database, Tx};
use tracking::search::{Entity, parse_filter, parse_order};

pub const HOME: &str = "default";
/// 1 January 2020.
pub const THEN: i64 = 1_577_836_800_000;

pub fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

pub fn write<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    db.write_blocking(work)
}

pub fn experiment(db: &Database, name: &'static str) -> i64 {
    write(db, move |tx| experiments::create(tx, HOME, name, None, "mlflow-artifacts:/", &[], THEN))
        .unwrap()
}

pub fn trace(experiment: i64, number: i64) -> NewTrace {
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

pub fn start(db: &Database, new: NewTrace) -> traces::TraceInfo {
    write(db, move |tx| traces::start(tx, HOME, &new, THEN)).unwrap()
}

pub fn found(db: &Database, experiments: Vec<i64>, filter: &str, order: &[&str]) -> Vec<String> {
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

pub fn text(key: &str, value: &str) -> (String, Json) {
    (key.to_owned(), Json::text(value))
}

pub fn json(key: &str, value: &str) -> (String, Json) {
    (key.to_owned(), Json::parse(value).unwrap())
}

pub fn span(trace: u8, id: u8, parent: Option<u8>) -> Span {
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

pub fn log(db: &Database, experiment: i64, spans: Vec<Span>) -> Vec<String> {
    log_from(db, experiment, vec![], spans)
}

pub fn log_from(
    db: &Database,
    experiment: i64,
    resource: Vec<(String, Json)>,
    spans: Vec<Span>,
) -> Vec<String> {
    let batches = [Batch { resource, spans }];
    write(db, move |tx| traces::log(tx, HOME, experiment, &batches)).unwrap()
}

pub fn info(db: &Database, trace_id: &str) -> traces::TraceInfo {
    let id = trace_id.to_owned();
    write(db, move |tx| traces::get(tx, HOME, &id)).unwrap()
}

pub fn feedback(name: &str, value: &str) -> NewAssessment {
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

pub fn assess(db: &Database, trace: &'static str, new: NewAssessment) -> assessments::Assessment {
    write(db, move |tx| assessments::create(tx, HOME, trace, &new, THEN)).unwrap()
}
