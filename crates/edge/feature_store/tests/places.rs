//! Rows from places that are no files: pushed, kept, in a database, computed.

mod common;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use common::*;
use feature_store::history::{Question, Spine, TableFile, history};
use feature_store::{FeatureStore, Made};

fn read(
    store: &FeatureStore,
    view: &str,
) -> Result<Vec<RecordBatch>, feature_store::FeatureStoreError> {
    store.rows(view, None, None)?.collect()
}

fn trips(batches: &[RecordBatch]) -> Vec<i64> {
    let of = |batch: &RecordBatch| batch.column(4).as_primitive::<Int64Type>().values().to_vec();
    batches.iter().flat_map(of).collect()
}

#[test]
fn pushed_rows_follow_their_history() {
    let pushed = DRIVERS.replace(
        "source = \"hourly\"",
        "source = \"live\"\nevent_time = \"event_timestamp\"\ncreated_time = \"created\"",
    );
    let site = Site::new(&format!(
        "{pushed}\n[[source]]\nname = \"live\"\nkind = \"push\"\nhistory = \"hourly\"\n\
         event_time = \"event_timestamp\"\ncreated_time = \"created\"\n"
    ));
    site.parquet("hourly.parquet", &hourly(&[(1, 1, 1, 0.1, 1)]), 10);
    let store = site.applied().unwrap();
    assert_eq!(trips(&read(&store, "stats").unwrap()), [1]);
    let at = moment("2024-01-01T00:00:00Z");
    store.push("live", &hourly(&[(1, 2, 2, 0.2, 2), (2, 2, 2, 0.3, 3)]), at).unwrap();
    store.push("live", &hourly(&[(1, 3, 3, 0.4, 4)]), at).unwrap();
    assert_eq!(trips(&read(&store, "stats").unwrap()), [1, 2, 3, 4]);
    let error = store.push("hourly", &hourly(&[]), at).unwrap_err().to_string();
    assert!(error.contains("it is a parquet source"), "{error}");
    let short = batch(vec![("driver_id", int64(&[1]))]);
    let error = store.push("live", &short, at).unwrap_err().to_string();
    assert!(error.contains("the rows have no column `event_timestamp`"), "{error}");
}

#[test]
fn a_data_set_is_a_source_until_it_is_altered() {
    let site = Site::new(DRIVERS);
    site.parquet("hourly.parquet", &hourly(&[(1, 1, 1, 0.5, 7)]), 10);
    let store = site.applied().unwrap();
    let asked = batch(vec![
        ("driver_id", int64(&[1, 2])),
        ("event_timestamp", times(&[2 * 3_600_000_000, 0])),
    ]);
    let question = Question::new(vec!["stats".parse().unwrap()]);
    let out = site.path("set.parquet");
    let spine = Spine::rows(asked, "event_timestamp").unwrap();
    let report = history(&store, &question, spine, &mut TableFile::new(&out).unwrap()).unwrap();
    let made = || Made::of(&question, &report, None, None);
    let at = moment("2024-03-01T00:00:00Z");
    let saved = store.save("drivers", &out, made(), at).unwrap();
    assert_eq!(store.save("drivers", &out, made(), at).unwrap(), saved, "the same is kept once");
    assert_eq!(store.dataset("drivers").unwrap(), saved);
    assert_eq!(store.dataset("drivers@1").unwrap(), saved);
    let unknown = store.dataset("divers").unwrap_err().to_string();
    assert!(unknown.contains("did you mean `drivers`?"), "{unknown}");
    site.write(
        "features.toml",
        &format!(
            "{DRIVERS}\n[[source]]\nname = \"kept\"\nkind = \"snapshot\"\ndigest = \"{}\"\n\
             event_time = \"event_timestamp\"\n[[view]]\nname = \"old\"\nentities = [\"driver\"]\n\
             source = \"kept\"\n[[view.feature]]\nname = \"trips\"\ntype = \"int64\"\n",
            saved.digest
        ),
    );
    let store = site.applied().unwrap();
    let rows = read(&store, "old").unwrap();
    assert_eq!(rows[0].column(2).as_primitive::<Int64Type>().value(0), 7);
    assert!(rows[0].column(2).is_null(1));
    let file = store.dataset_file(&saved).unwrap();
    std::fs::write(file, "altered").unwrap();
    let error = read(&store, "old").unwrap_err().to_string();
    assert!(error.contains("snapshot"), "{error}");
}

/// Where TRIMTAB_TEST_POSTGRES names a server; the definition names that variable.
#[test]
fn a_table_of_postgresql_is_read_through_a_cursor() {
    let Ok(address) = std::env::var("TRIMTAB_TEST_POSTGRES") else {
        return eprintln!("TRIMTAB_TEST_POSTGRES is not set");
    };
    let options = database::Options { readers: 1, writers: 1, ..Default::default() };
    let database = database::Database::open_as_it_is(&address, &options).unwrap();
    let table = format!("feature_rows_{}", std::process::id());
    let sql = format!(
        "DROP TABLE IF EXISTS {table};
         CREATE TABLE {table} (driver_id integer, event_timestamp timestamptz, created timestamp,
                               conv_rate numeric(10, 4), trips bigint, note text);
         INSERT INTO {table} SELECT n % 100, '2024-01-01 00:00:00+02'::timestamptz + n * interval '1 hour',
             '2024-01-01'::timestamp + n * interval '1 hour', n / 40000.0, n, 'x' FROM generate_series(0, 39999) n;"
    );
    database.write_blocking(move |tx| tx.batch(&sql)).unwrap();
    let toml = DRIVERS.replace(
        "kind = \"parquet\"\npath = \"hourly.parquet\"",
        &format!("kind = \"postgres\"\naddress = \"TRIMTAB_TEST_POSTGRES\"\ntable = \"{table}\""),
    );
    let site = Site::new(&toml);
    let store = site.applied().unwrap();
    let rows = read(&store, "stats").unwrap();
    assert!(rows.len() > 1, "it comes in pieces");
    let all = arrow_select::concat::concat_batches(&rows[0].schema(), &rows).unwrap();
    assert_eq!(all.num_rows(), 40_000);
    let events = all.column(1).as_primitive::<arrow_array::types::TimestampMicrosecondType>();
    assert_eq!(events.value(0), micros("2023-12-31T22:00:00Z"));
    assert_eq!(all.column(3).as_primitive::<Float64Type>().value(10_000), 0.25);
    for (from, to, expected) in [
        ("name = \"trips\"", "name = \"trip\"", "there is no column `trip`; did you mean `trips`?"),
        (
            "type = \"float64\"",
            "type = \"int64\"",
            "column `conv_rate` is numeric(10,4), and the definition says int64",
        ),
        (&table, "no_such_table", "there is no table no_such_table"),
    ] {
        let site = Site::new(&toml.replacen(from, to, 1));
        let error = site.applied().and_then(|store| read(&store, "stats")).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let drop = format!("DROP TABLE {table}");
    database.write_blocking(move |tx| tx.batch(&drop)).unwrap();
}

const PANEL: &str = r#"
[[entity]]
name = "share"
keys = { symbol = "string" }
[[source]]
name = "prices"
kind = "csv"
path = "prices.csv"
event_time = "day"
created_time = "written"
[[view]]
name = "own"
entities = ["share"]
source = "prices"
[[view.feature]]
name = "mean_2d"
type = "float64"
expression = "mean(close, 2)"
[[view]]
name = "across"
entities = ["share"]
source = "prices"
[[view.feature]]
name = "rank_of_close"
type = "float64"
expression = "rank(close)"
"#;

/// A value is known when the last row that it read is: of its own symbol, or of all.
#[test]
fn what_expressions_give_is_known_when_all_that_they_read_is() {
    let site = Site::new(PANEL);
    site.write(
        "prices.csv",
        "symbol,day,close,written\n\
         A,2024-01-01,1,2024-01-09\nA,2024-01-02,3,2024-01-02\nA,2024-01-03,5,2024-01-03\n\
         B,2024-01-02,7,2024-01-05\n",
    );
    let store = site.applied().unwrap();
    let known = |view: &str| {
        let mut found = Vec::new();
        for batch in read(&store, view).unwrap() {
            let symbols = batch.column(0).as_string::<i32>().clone();
            let created = batch
                .column(2)
                .as_primitive::<arrow_array::types::TimestampMicrosecondType>()
                .clone();
            let values = batch.column(3).as_primitive::<Float64Type>().clone();
            found.extend((0..batch.num_rows()).map(|row| {
                let value = values.is_valid(row).then(|| values.value(row));
                (symbols.value(row).to_owned(), created.value(row) / 86_400_000_000 - 19_722, value)
            }));
        }
        found
    };
    let of = |symbol: &str, day: i64, value: Option<f64>| (symbol.to_owned(), day, value);
    assert_eq!(
        known("own"),
        [of("A", 9, None), of("A", 9, Some(2.0)), of("B", 5, None), of("A", 3, Some(4.0))]
    );
    let days: Vec<i64> = known("across").iter().map(|row| row.1).collect();
    assert_eq!(days, [9, 5, 5, 3], "a rank is known when all that are compared are");
}

#[test]
fn panels_that_are_none_are_refused() {
    for (rows, expected) in [
        (
            "A,2024-01-01,1,2024-01-01\nA,2024-01-01,2,2024-01-02\n",
            "`A` has two rows on 2024-01-01",
        ),
        ("A,2024-01-01T10:00:00,1,2024-01-01\n", "`day` has a time of day"),
        (",2024-01-01,1,2024-01-01\n", "the key `symbol` is null"),
    ] {
        let site = Site::new(PANEL);
        site.write("prices.csv", &format!("symbol,day,close,written\n{rows}"));
        let error = site.applied().and_then(|store| read(&store, "own")).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn stats_describe_a_view_and_hold_its_rules() {
    let site = Site::new(DRIVERS);
    let rows = hourly(&[(1, 1, 1, 0.5, 1), (1, 2, 2, 1.5, 3), (1, 3, 3, f64::NAN, 5)]);
    site.parquet("hourly.parquet", &rows, 2);
    let store = site.applied().unwrap();
    let stats = store.stats("stats", None, None).unwrap();
    let rate = &stats.features[0];
    assert_eq!((stats.rows, rate.nulls, rate.nans), (3, 0, 1));
    assert_eq!((rate.mean, rate.min, rate.max), (Some(1.0), Some(0.5), Some(1.5)));
    assert!((rate.std.unwrap() - 0.5f64.sqrt()).abs() < 1e-15);
    let broken: Vec<_> =
        rate.broken.iter().map(|one| (one.rule.as_str(), one.rows, one.first_row)).collect();
    assert_eq!(broken, [("not null", 1, 2), ("between 0 and 1", 1, 1)]);
    assert_eq!((stats.features[1].mean, stats.features[1].std), (Some(3.0), Some(2.0)));
}
