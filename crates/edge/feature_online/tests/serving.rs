//! A served feature store: spans, what is newer, what changes while it runs, and who is at work.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use feature_online::{
    Columns, Question, Serving, ServingError, Status, Target, Until, Wanted, Whereto, now_micros,
    parse_moment,
};
use feature_store::{FeatureStore, read_folder};
use online::Value;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const DEFINITIONS: &str = r#"
[[entity]]
name = "share"
keys = { symbol = "string" }

[[source]]
name = "prices"
kind = "csv"
path = "prices.csv"
event_time = "at"
created_time = "known"

[[view]]
name = "quote"
entities = ["share"]
source = "prices"
online = true
feature = [{ name = "close", type = "float64" }, { name = "volume", type = "int64" }]

[[view]]
name = "hidden"
entities = ["share"]
source = "prices"
feature = [{ name = "close", type = "float64" }]

[[on_demand]]
name = "money"
inputs = ["quote"]
request = { shares = "int64" }
feature = [
    { name = "value", type = "float64", expression = "close * shares" },
    { name = "turnover", type = "float64", expression = "close * volume" },
]

[[on_demand]]
name = "half"
inputs = ["money:value"]
feature = [{ name = "halved", type = "float64", expression = "value / 2" }]
"#;

const ROWS: &str = "symbol,at,known,close,volume
A,2026-01-05T21:00:00Z,2026-01-05T21:00:01Z,10.0,100
A,2026-01-06T21:00:00Z,2026-01-06T21:00:01Z,11.0,
B,2026-01-05T21:00:00Z,2026-01-05T21:00:01Z,20.0,200
A,2026-01-05T21:00:00Z,2026-01-08T00:00:00Z,10.5,101
,2026-01-06T21:00:00Z,2026-01-06T21:00:01Z,99.0,9
";

struct Site {
    folder: TempDir,
    serving: Arc<Serving>,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("features.toml"), DEFINITIONS).unwrap();
        fs::write(folder.path().join("prices.csv"), ROWS).unwrap();
        apply(folder.path());
        let serving = Arc::new(Serving::open(&folder.path().join("home"), None).unwrap());
        Self { folder, serving }
    }

    fn materialize(&self, until: Until) -> feature_online::Materialized {
        self.serving.materialize("quote", until, &mut |_| {}).unwrap()
    }

    fn ask(
        &self,
        features: &[&str],
        columns: Json,
    ) -> Result<Vec<(String, Vec<Value>)>, ServingError> {
        let answer = self.serving.answer(&question(features, columns))?;
        Ok(answer.columns.into_iter().map(|one| (one.name, one.values)).collect())
    }

    fn closes(&self) -> Vec<Value> {
        self.ask(&["quote:close"], json!({ "symbol": ["A", "B", "C"] })).unwrap().remove(1).1
    }
}

fn apply(folder: &Path) {
    let mut store = FeatureStore::create(&folder.join("home")).unwrap();
    let definitions = read_folder(folder).unwrap();
    store.apply(&definitions, true, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
}

fn question(features: &[&str], columns: Json) -> Question {
    Question {
        wanted: Wanted::Features(features.iter().map(|one| (*one).to_owned()).collect()),
        columns: serde_json::from_value::<Columns>(columns).unwrap(),
        full_names: false,
    }
}

fn day(text: &str) -> i64 {
    parse_moment(text).unwrap()
}

const fn number(number: f64) -> Value {
    Value::Float64(number)
}

#[test]
fn a_span_counts_both_ends_and_leaves_out_who_has_no_key() {
    let site = Site::new();
    let done =
        site.materialize(Until::Span(day("2026-01-05T21:00:00"), day("2026-01-05T21:00:00")));
    assert_eq!((done.loaded.rows, done.loaded.left_out, done.loaded.written.taken), (3, 0, 2));
    assert_eq!(site.closes(), [number(10.5), number(20.0), Value::Null]);
    let done = site.materialize(Until::Span(day("2026-01-01"), day("2026-02-01")));
    assert_eq!((done.loaded.rows, done.loaded.left_out), (5, 1));
    assert_eq!(site.closes(), [number(11.0), number(20.0), Value::Null]);
}

#[test]
fn what_comes_later_is_taken_from_where_the_last_ended() {
    let site = Site::new();
    let done = site.materialize(Until::Incremental(day("2026-01-05T23:00:00")));
    assert_eq!((done.from, done.loaded.rows), (None, 3));
    let later = format!("{ROWS}B,2026-01-07T21:00:00Z,2026-01-07T21:00:01Z,21.0,\n");
    fs::write(site.folder.path().join("prices.csv"), later).unwrap();
    let done = site.materialize(Until::Incremental(day("2026-01-09")));
    assert_eq!((done.from, done.loaded.rows), (Some(day("2026-01-05T23:00:00")), 3));
    assert_eq!(site.closes(), [number(11.0), number(21.0), Value::Null]);
    let stats = site.serving.stats().unwrap();
    assert_eq!((stats[0].view.as_str(), stats[0].entities), ("quote", 2));
    assert_eq!(stats[0].newest_event.as_deref(), Some("2026-01-07T21:00:00Z"));
    assert_eq!(stats[0].materialized_to.as_deref(), Some("2026-01-09T00:00:00Z"));
    assert!(stats[0].lag_seconds.unwrap() > 0.0 && stats[0].pending.is_none());
}

#[test]
fn on_demand_features_read_each_other_and_nulls_stay_nulls() {
    let site = Site::new();
    site.materialize(Until::Incremental(now_micros()));
    let columns = json!({ "symbol": ["A", "B", "C"], "shares": [3, null, 1] });
    let found = site.ask(&["half:halved", "money:turnover"], columns).unwrap();
    let (halved, turnover) = (&found[1].1, &found[2].1);
    assert_eq!(halved, &[number(16.5), Value::Null, Value::Null]);
    assert_eq!(turnover, &[Value::Null, number(4_000.0), Value::Null]);
    let asked = question(&["half:halved"], json!({ "symbol": ["A"], "shares": [2] }));
    let answer = site.serving.answer(&asked).unwrap();
    assert_eq!(answer.columns[1].statuses, [Status::Present]);
}

#[test]
fn definitions_that_are_applied_while_it_runs_count() {
    let site = Site::new();
    site.materialize(Until::Incremental(now_micros()));
    assert!(matches!(
        site.ask(&["quote:high"], json!({ "symbol": ["A"] })),
        Err(ServingError::UnknownFeature { .. })
    ));
    let text = DEFINITIONS.replace(
        r#"{ name = "volume", type = "int64" }"#,
        r#"{ name = "volume", type = "float64" }, { name = "high", type = "float64", column = "close" }"#,
    );
    fs::write(site.folder.path().join("features.toml"), text).unwrap();
    apply(site.folder.path());
    std::thread::sleep(std::time::Duration::from_millis(600));
    let asked = &["quote:high", "quote:close", "quote:volume"];
    let answer = site.serving.answer(&question(asked, json!({ "symbol": ["B"] }))).unwrap();
    // The row is of before: it has no such feature, and none of that type.
    let statuses: Vec<Status> = answer.columns.iter().map(|column| column.statuses[0]).collect();
    use Status::{Present, Unwritten};
    assert_eq!(statuses, [Present, Unwritten, Present, Unwritten]);
    site.materialize(Until::Span(0, now_micros()));
    let found = site.ask(asked, json!({ "symbol": ["B"] })).unwrap();
    assert_eq!((&found[1].1, &found[3].1), (&vec![number(20.0)], &vec![number(200.0)]));
}

#[test]
fn pushed_rows_go_online_and_into_the_history_of_their_source() {
    let site = Site::new();
    let text = DEFINITIONS.replace("source = \"prices\"\nonline", "source = \"pushed\"\nonline")
        + "\n[[source]]\nname = \"pushed\"\nkind = \"push\"\nhistory = \"prices\"\nevent_time = \"at\"\n\
           created_time = \"known\"\n";
    fs::write(site.folder.path().join("features.toml"), text).unwrap();
    apply(site.folder.path());
    std::thread::sleep(std::time::Duration::from_millis(600));
    let rows = |close: Json| -> Columns {
        let at = "2026-01-09T21:00:00Z";
        serde_json::from_value(json!({
            "symbol": ["C"], "at": [at], "known": [at], "close": [close], "volume": [null], "more": [{}],
        }))
        .unwrap()
    };
    let push = |close, to| site.serving.push("pushed", &rows(close), to);
    push(json!(30.0), Whereto::Online).unwrap();
    assert_eq!(site.closes(), [Value::Null, Value::Null, number(30.0)]);
    assert!(
        push(json!("x"), Whereto::Both).is_err() && push(json!("x"), Whereto::History).is_err()
    );
    let done = site.materialize(Until::Span(0, now_micros()));
    assert_eq!(done.loaded.rows, 5, "what was refused or pushed online alone is no history");
    push(json!(31.0), Whereto::History).unwrap();
    assert_eq!(site.closes(), [number(11.0), number(20.0), number(30.0)]);
    push(json!(32.0), Whereto::Both).unwrap();
    assert_eq!(site.closes()[2], number(32.0));
    let done = site.materialize(Until::Span(0, now_micros()));
    assert_eq!(done.loaded.rows, 7);
}

#[test]
fn a_view_that_is_at_work_is_busy_until_it_is_done() {
    let site = Site::new();
    let views = site.serving.online_views(None).unwrap();
    assert_eq!(views, ["quote"]);
    let claim = site.serving.claim(&views).unwrap();
    assert_eq!(site.serving.claim(&views).unwrap_err(), ServingError::Busy(views.clone()));
    drop(claim);
    assert!(site.serving.claim(&views).is_ok());
}

#[test]
fn what_is_wrong_is_said() {
    let site = Site::new();
    let wrong =
        |features: &[&str], columns: Json| site.ask(features, columns).unwrap_err().to_string();
    for (said, expected) in [
        (wrong(&["hidden:close"], json!({ "symbol": ["A"] })), "set `online = true`"),
        (wrong(&["quot:close"], json!({ "symbol": ["A"] })), "did you mean quote?"),
        (wrong(&["quote:clos"], json!({ "symbol": ["A"] })), "did you mean close?"),
        (wrong(&["money:value"], json!({ "symbol": ["A"] })), "[\"shares\"]"),
        (wrong(&["quote:close"], json!({ "symbol": [1] })), "1 is no string"),
        (wrong(&[":close"], json!({ "symbol": ["A"] })), "names no feature"),
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let push = |target| site.serving.write(&target, &Columns::default()).unwrap_err().to_string();
    assert!(push(Target::Source("prices".to_owned())).contains("unable to find push source"));
    assert!(push(Target::View("hidden".to_owned())).contains("set `online = true`"));
    let named = ["hidden".to_owned()];
    assert!(site.serving.online_views(Some(&named)).is_err());
    let home = tempfile::tempdir().unwrap();
    let said = Serving::open(home.path(), None).unwrap_err().to_string();
    assert!(said.contains("there is no feature store"), "{said}");
}
