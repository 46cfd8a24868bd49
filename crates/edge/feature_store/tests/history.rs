//! Training sets: nothing lost, nothing from the future, whatever the files, threads and memory.

mod common;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use common::*;
use feature_store::history::{Question, Report, Spine, TableFile, history};
use feature_store::{FeatureStore, FeatureStoreError};
use features::point_in_time::Knowledge;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000_000;

fn asked(rows: &[(i64, i64)]) -> RecordBatch {
    batch(vec![
        ("driver_id", int64(&rows.iter().map(|row| row.0).collect::<Vec<_>>())),
        ("event_timestamp", times(&rows.iter().map(|row| row.1 * HOUR).collect::<Vec<_>>())),
    ])
}

fn question(features: &[&str]) -> Question {
    Question::new(features.iter().map(|text| text.parse().unwrap()).collect())
}

fn ask(
    store: &FeatureStore,
    question: &Question,
    rows: RecordBatch,
) -> Result<(RecordBatch, Report), FeatureStoreError> {
    let mut batches: Vec<RecordBatch> = Vec::new();
    let spine = Spine::rows(rows, &question.time)?;
    let report = history(store, question, spine, &mut batches)?;
    let whole = arrow_select::concat::concat_batches(&batches[0].schema(), &batches).unwrap();
    Ok((whole, report))
}

fn floats(rows: &RecordBatch, column: &str) -> Vec<Option<f64>> {
    rows.column_by_name(column).unwrap().as_primitive::<Float64Type>().iter().collect()
}

fn wholes(rows: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    rows.column_by_name(column).unwrap().as_primitive::<Int64Type>().iter().collect()
}

/// The five rows of which a store that filters joined pairs gives two back (feast 0.67, file store).
#[test]
fn five_rows_ask_and_five_are_answered() {
    let site = Site::new(DRIVERS);
    site.parquet("hourly.parquet", &hourly(&[(1, 10, 10, 0.1, 1), (2, 200, 200, 0.2, 2)]), 10);
    let store = site.applied().unwrap();
    let rows = asked(&[(1, 12), (1, 5), (2, 100), (1, 12), (1, 50)]);
    let (found, report) = ask(&store, &question(&["stats"]), rows.clone()).unwrap();
    assert_eq!(found.column(0), rows.column(0), "the order stays");
    assert_eq!(floats(&found, "conv_rate"), [Some(0.1), None, None, Some(0.1), None]);
    assert_eq!(wholes(&found, "trips"), [Some(1), None, None, Some(1), None]);
    assert_eq!((report.rows, report.views[0].answered, report.views[0].rows_read), (5, 2, 2));
}

#[test]
fn what_was_corrected_later_is_not_seen_earlier() {
    let site = Site::new(DRIVERS);
    site.parquet("hourly.parquet", &hourly(&[(1, 10, 10, 0.1, 1), (1, 10, 14, 0.9, 9)]), 10);
    let store = site.applied().unwrap();
    let rows = asked(&[(1, 12), (1, 14)]);
    let (found, _) = ask(&store, &question(&["stats:conv_rate"]), rows.clone()).unwrap();
    assert_eq!(floats(&found, "conv_rate"), [Some(0.1), Some(0.9)]);
    let seen = Question { knowledge: Knowledge::Ignored, ..question(&["stats:conv_rate"]) };
    let (found, _) = ask(&store, &seen, rows).unwrap();
    assert_eq!(floats(&found, "conv_rate"), [Some(0.9), Some(0.9)]);
}

const EVERYTHING: &str = r#"
[[entity]]
name = "listing"
keys = { venue = "string", symbol = "string" }

[[entity]]
name = "share"
keys = { symbol = "string" }

[[source]]
name = "quotes"
kind = "csv"
path = "quotes.csv"
event_time = "at"

[[source]]
name = "index"
kind = "csv"
path = "index.csv"
event_time = "day"

[[view]]
name = "quote"
entities = ["listing"]
source = "quotes"
ttl = "2d"
[[view.feature]]
name = "bid"
type = "float32"
[[view.feature]]
name = "open"
type = "bool"
[[view.feature]]
name = "state"
type = "string"
column = "status"
[[view.feature]]
name = "since"
type = "timestamp"
[[view.feature]]
name = "lots"
type = "int32"

[[view]]
name = "fear"
source = "index"
known_after = "21h"
[[view.feature]]
name = "level"
type = "float64"

[[view]]
name = "trend"
entities = ["share"]
source = "quotes_daily"
event_time = "day"
[[view.feature]]
name = "change"
type = "float64"
expression = "close / shift(close, 1) - 1"

[[source]]
name = "quotes_daily"
kind = "csv"
path = "daily.csv"
event_time = "day"

[[on_demand]]
name = "score"
inputs = ["fear:level", "trend:change"]
request = { size = "int64" }
[[on_demand.feature]]
name = "risk"
type = "float64"
expression = "level * change * size"

[[service]]
name = "all"
features = ["quote", "fear", "trend", "score"]
"#;

fn everything() -> Site {
    let site = Site::new(EVERYTHING);
    site.write(
        "quotes.csv",
        "venue,symbol,at,bid,open,status,since,lots\n\
         X,A,2024-01-01T10:00:00Z,1.5,true,quiet,2020-01-01,7\n\
         Y,A,2024-01-01T10:00:00Z,2.5,false,,2021-01-01T00:00:01Z,\n\
         XY,,2024-01-01T10:00:00Z,9,true,none,2020-01-01,7\n",
    );
    site.write("index.csv", "day,level\n2024-01-01,10\n2024-01-02,20\n");
    site.write(
        "daily.csv",
        "symbol,day,close\nA,2023-12-29,100\nA,2024-01-01,110\nB,2024-01-01,5\n",
    );
    site
}

#[test]
fn keys_of_several_columns_of_none_and_every_type() {
    let site = everything();
    let store = site.applied().unwrap();
    let at = |text: &str| micros(text);
    let rows = batch(vec![
        ("venue", strings(&["X", "Y", "Z", "X"])),
        ("symbol", strings(&["A", "A", "A", "B"])),
        (
            "event_timestamp",
            times(&[
                at("2024-01-01T20:59:59Z"),
                at("2024-01-01T21:00:00Z"),
                at("2024-01-01T21:00:00Z"),
                at("2024-01-02T21:00:00Z"),
            ]),
        ),
        ("size", int64(&[2, 2, 2, 2])),
    ]);
    let (found, report) =
        ask(&store, &question(&["quote", "fear", "trend", "score"]), rows).unwrap();
    let shown = arrow_cast::pretty::pretty_format_batches(&[found]).unwrap().to_string();
    let expected = "\
+-------+--------+---------------------+------+-----+-------+-------+----------------------+------+-------+--------+-------+
| venue | symbol | event_timestamp     | size | bid | open  | state | since                | lots | level | change | risk  |
+-------+--------+---------------------+------+-----+-------+-------+----------------------+------+-------+--------+-------+
| X     | A      | 2024-01-01T20:59:59 | 2    | 1.5 | true  | quiet | 2020-01-01T00:00:00Z | 7    |       | 0.1    |       |
| Y     | A      | 2024-01-01T21:00:00 | 2    | 2.5 | false |       | 2021-01-01T00:00:01Z |      | 10.0  | 0.1    | 2.0   |
| Z     | A      | 2024-01-01T21:00:00 | 2    |     |       |       |                      |      | 10.0  | 0.1    | 2.0   |
| X     | B      | 2024-01-02T21:00:00 | 2    |     |       |       |                      |      | 20.0  |        |       |
+-------+--------+---------------------+------+-----+-------+-------+----------------------+------+-------+--------+-------+";
    let rounded = shown.replace("0.10000000000000009", "0.1").replace("2.0000000000000018", "2.0");
    let squeeze = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with('+'))
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(squeeze(&rounded), squeeze(expected));
    assert_eq!(report.columns.len(), 8);
}

#[test]
fn names_that_meet_are_refused_or_made_full() {
    let site = Site::new(&format!(
        "{DRIVERS}\n[[view]]\nname = \"other\"\nentities = [\"driver\"]\nsource = \"hourly\"\n\
         [[view.feature]]\nname = \"trips\"\ntype = \"int64\"\n"
    ));
    site.parquet("hourly.parquet", &hourly(&[(1, 10, 10, 0.1, 1)]), 10);
    let store = site.applied().unwrap();
    let error = ask(&store, &question(&["stats", "other"]), asked(&[(1, 12)])).unwrap_err();
    assert!(error.to_string().starts_with("two columns would be named `trips`"), "{error}");
    let full = Question { full_names: true, ..question(&["stats", "other"]) };
    let (found, _) = ask(&store, &full, asked(&[(1, 12)])).unwrap();
    let names: Vec<String> =
        found.schema().fields().iter().skip(2).map(|field| field.name().clone()).collect();
    assert_eq!(names, ["stats__conv_rate", "stats__trips", "other__trips"]);
}

#[test]
fn files_are_there_whole_or_not_at_all_and_are_the_same_each_time() {
    let site = Site::new(DRIVERS);
    site.parquet("hourly.parquet", &hourly(&[(1, 10, 10, 0.1, 1)]), 10);
    let store = site.applied().unwrap();
    site.write(
        "asked.csv",
        "driver_id,event_timestamp,label\n1,1970-01-01T12:00:00Z,0.5\n2,1970-01-02,\n",
    );
    let keys = [("driver_id".to_owned(), features::store::ValueKind::Int64)];
    let write = |name: &str, what: &str| {
        let spine = Spine::file(&site.path("asked.csv"), "event_timestamp", &keys)?;
        let mut file = TableFile::new(&site.path(name))?;
        history(&store, &question(&[what]), spine, &mut file)
    };
    write("one.parquet", "stats").unwrap();
    write("two.parquet", "stats").unwrap();
    write("one.csv", "stats").unwrap();
    let read = |name: &str| std::fs::read(site.path(name)).unwrap();
    assert_eq!(read("one.parquet"), read("two.parquet"));
    assert_eq!(
        String::from_utf8(read("one.csv")).unwrap(),
        "driver_id,event_timestamp,label,conv_rate,trips\n\
         1,1970-01-01T12:00:00,0.5,0.1,1\n2,1970-01-02T00:00:00,,,\n"
    );
    site.parquet("hourly.parquet", &hourly(&[]), 10);
    let text = std::fs::read(site.path("hourly.parquet")).unwrap();
    std::fs::write(site.path("hourly.parquet"), &text[..text.len() / 2]).unwrap();
    assert!(write("three.parquet", "stats").is_err());
    assert!(!site.path("three.parquet").exists() && !site.path("three.parquet.partial").exists());
}

type FeatureRow = (i64, i64, Option<i64>, f64);

fn rows_of(rows: &[FeatureRow]) -> RecordBatch {
    let created = rows.iter().map(|row| row.2.map(|created| created * HOUR)).collect::<Vec<_>>();
    batch(vec![
        ("driver_id", int64(&rows.iter().map(|row| row.0).collect::<Vec<_>>())),
        ("event_timestamp", times(&rows.iter().map(|row| row.1 * HOUR).collect::<Vec<_>>())),
        ("created", maybe_times(&created)),
        ("conv_rate", float64(&rows.iter().map(|row| row.3).collect::<Vec<_>>())),
        ("trips", int64(&(0..rows.len() as i64).collect::<Vec<_>>())),
    ])
}

/// The definition: of the rows that were known and are not too old, the newest.
fn expected(rows: &[FeatureRow], key: i64, time: i64) -> Option<f64> {
    let known = rows.iter().enumerate().filter(|(_, (of, event, created, _))| {
        *of == key
            && *event <= time
            && *event >= time - 24
            && created.is_some_and(|created| created <= time)
    });
    known.max_by_key(|(at, row)| (row.1, row.2, *at)).map(|(_, row)| row.3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn answers_are_the_definition_whatever_the_files_threads_and_memory(
        rows in proptest::collection::vec(
            (0i64..4, 0i64..60, proptest::option::weighted(0.9, 0i64..70), 0.0f64..1.0), 0..60),
        ask_rows in proptest::collection::vec((0i64..5, 0i64..90), 1..40),
        group in 1usize..20, threads in 1usize..5,
    ) {
        let site = Site::new(DRIVERS);
        site.parquet("hourly.parquet", &rows_of(&rows), group);
        let store = site.applied().unwrap();
        let asking = Question { threads, times: true, ..question(&["stats"]) };
        let (found, _) = ask(&store, &asking, asked(&ask_rows)).unwrap();
        let rates = floats(&found, "conv_rate");
        for ((key, time), rate) in ask_rows.iter().zip(&rates) {
            prop_assert_eq!(*rate, expected(&rows, *key, *time));
        }
        // No value was known after its row's moment.
        let moments = |column: &str| {
            let array = found.column_by_name(column).unwrap();
            array.as_primitive::<TimestampMicrosecondType>().iter().collect::<Vec<_>>()
        };
        for column in ["stats__event_time", "stats__known_time"] {
            for (row, moment) in moments(column).into_iter().enumerate() {
                prop_assert!(moment.is_none_or(|moment| moment <= ask_rows[row].1 * HOUR));
                prop_assert_eq!(moment.is_some(), rates[row].is_some());
            }
        }
    }
}

/// Many rows through little memory: several chunks, and the same answers.
#[test]
fn chunks_change_nothing() {
    let site = Site::new(DRIVERS);
    let rows: Vec<_> = (0..20_000)
        .map(|at| (at % 50, at / 50, at / 50 + 1, (at % 97) as f64 / 97.0, at))
        .collect();
    site.parquet("hourly.parquet", &hourly(&rows), 3_000);
    let store = site.applied().unwrap();
    let ask_rows: Vec<_> = (0..200_000i64).map(|at| (at * 7 % 53, at * 31 % 500)).collect();
    let whole = ask(&store, &question(&["stats"]), asked(&ask_rows)).unwrap();
    let small = Question { memory_bytes: 1, threads: 3, ..question(&["stats"]) };
    let pieces = ask(&store, &small, asked(&ask_rows)).unwrap();
    assert_eq!(whole.0, pieces.0);
    assert_eq!((whole.1.chunks, pieces.1.chunks), (1, 4));
}

#[test]
fn a_missing_number_stays_what_it_was() {
    let site = Site::new(DRIVERS);
    let mut rows = hourly(&[(1, 10, 10, f64::NAN, 1), (2, 10, 10, 0.5, 1)]);
    let rates: ArrayRef = Arc::new(Float64Array::from(vec![Some(f64::NAN), None]));
    let mut columns = rows.columns().to_vec();
    columns[3] = rates;
    rows = RecordBatch::try_new(rows.schema(), columns).unwrap();
    site.parquet("hourly.parquet", &rows, 10);
    let store = site.applied().unwrap();
    let (found, _) = ask(&store, &question(&["stats"]), asked(&[(1, 12), (2, 12)])).unwrap();
    let rates = found.column_by_name("conv_rate").unwrap();
    assert!(rates.is_valid(0) && rates.as_primitive::<Float64Type>().value(0).is_nan());
    assert!(rates.is_null(1));
    assert_eq!(wholes(&found, "trips"), [Some(1), Some(1)]);
}

/// Columns of a CSV file of whole and decimal numbers; an empty cell is none.
fn csv(name: &str) -> Vec<Vec<Option<f64>>> {
    let folder =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../conformance/features/point_in_time/");
    let text = std::fs::read_to_string(format!("{folder}{name}")).unwrap();
    let cells = |line: &str| line.split(',').map(|cell| cell.parse().ok()).collect::<Vec<_>>();
    text.lines().skip(1).map(cells).collect()
}

/// `conformance/features/point_in_time` holds what Feast 0.67 answers with its DuckDB store.
#[test]
fn answers_are_those_of_feast_with_duckdb() {
    let site = Site::new(DRIVERS);
    let whole = |cell: &Option<f64>| cell.unwrap() as i64;
    let rows: Vec<_> = csv("rows.csv")
        .iter()
        .map(|row| {
            (whole(&row[0]), whole(&row[1]), whole(&row[2]), row[3].unwrap(), whole(&row[4]))
        })
        .collect();
    site.parquet("hourly.parquet", &hourly(&rows), 64);
    let store = site.applied().unwrap();
    let ask_rows: Vec<_> =
        csv("asked.csv").iter().map(|row| (whole(&row[0]), whole(&row[1]))).collect();
    let expected = csv("expected.csv");
    for (first, knowledge) in [(0, Knowledge::Ignored), (2, Knowledge::Respected)] {
        let asking = Question { knowledge, ..question(&["stats"]) };
        let (found, _) = ask(&store, &asking, asked(&ask_rows)).unwrap();
        let rates: Vec<_> = expected.iter().map(|row| row[first]).collect();
        let trips: Vec<_> = expected.iter().map(|row| row[first + 1].map(|x| x as i64)).collect();
        assert!(rates.iter().flatten().count() > 100);
        assert_eq!(floats(&found, "conv_rate"), rates, "{knowledge:?}");
        assert_eq!(wholes(&found, "trips"), trips, "{knowledge:?}");
    }
}
