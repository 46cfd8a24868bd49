//! What does not fit is refused with its place; a new case is a row.

mod common;

use common::*;
use feature_store::history::{Question, Spine, history};
use feature_store::{FeatureStoreError, read_folder};

/// Changes to [`DRIVERS`], and what is said of them.
#[test]
fn definitions_that_do_not_fit() {
    let rows: &[(&str, &str, &str)] = &[
        ("keys =", "kyes =", "features.toml:4: unknown key `kyes`; did you mean `keys`?"),
        ("[[view]]", "[[veiw]]", "unknown key `veiw`; did you mean `view`?"),
        (
            "type = \"float64\"",
            "type = \"flaot64\"",
            "unknown value `flaot64`; did you mean `float64`?",
        ),
        (
            "kind = \"parquet\"",
            "kind = \"parket\"",
            "unknown value `parket`; did you mean `parquet`?",
        ),
        ("ttl = \"1d\"", "ttl = \"-1d\"", "features.toml:17: `-1d` is negative"),
        ("ttl = \"1d\"", "ttl = \"1 year\"", "`1 year` is not a length of time"),
        (
            "\"driver\"]",
            "\"drivers\"]",
            "features.toml:14: view `stats`: there is no entity `drivers`; did you mean `driver`?",
        ),
        ("source = \"hourly\"", "source = \"hurly\"", "view `stats`: it needs `event_time`"),
        ("source = \"hourly\"", "", "view `stats`: it needs either `source` or `sql`"),
        ("source = \"hourly\"", "sql = \"gone.sql\"\nevent_time = \"t\"", "gone.sql: No such file"),
        (
            "path = \"hourly.parquet\"",
            "table = \"t\"",
            "source `hourly`: a parquet source needs `path`",
        ),
        (
            "path = \"hourly.parquet\"",
            "path = \"x\"\ntable = \"t\"",
            "`table` means nothing to a parquet source",
        ),
        ("between 0 and 1", "betwen 0 and 1", "`betwen 0 and 1` is not a rule"),
        ("name = \"eta\"", "name = \"e t a\"", "`e t a` is no name"),
        (
            "features = [\"stats\"]",
            "features = [\"stats:trip\"]",
            "there is no feature of `stats` `trip`; did you mean `trips`?",
        ),
        ("features = [\"stats\"]", "features = [\"stats:\"]", "`stats:` names no feature"),
        (
            "name = \"trips\"",
            "name = \"conv_rate\"",
            "`conv_rate` is a feature and another column of the view",
        ),
    ];
    for (from, to, expected) in rows {
        assert!(DRIVERS.contains(from), "{from}");
        let site = Site::new(&DRIVERS.replacen(from, to, 1));
        let error = read_folder(&site.folder()).unwrap_err();
        assert!(error.to_string().contains(expected), "{from} -> {to}\n{error}");
    }
}

#[test]
fn two_files_may_not_define_one_name() {
    let site = Site::new(DRIVERS);
    site.write("again/more.toml", "[[entity]]\nname = \"driver\"\nkeys = { id = \"int64\" }\n");
    let error = read_folder(&site.folder()).unwrap_err().to_string();
    assert!(error.contains("features.toml") || error.contains("more.toml:2"), "{error}");
    assert!(error.contains("entity `driver`: it is defined twice"), "{error}");
}

#[test]
fn every_fault_is_listed() {
    let site =
        Site::new(&DRIVERS.replace("\"driver\"]", "\"x\"]").replace("[\"stats\"]", "[\"y\"]"));
    let Err(FeatureStoreError::Definitions(faults)) = read_folder(&site.folder()) else {
        panic!("it is refused");
    };
    assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [14, 32]);
}

#[test]
fn a_folder_without_definitions_is_named() {
    let site = Site::new("");
    std::fs::remove_file(site.path("features.toml")).unwrap();
    let error = read_folder(&site.folder()).unwrap_err().to_string();
    assert!(error.contains("it has no .toml file"), "{error}");
    let error = read_folder(&site.path("none")).unwrap_err().to_string();
    assert!(error.contains("No such file"), "{error}");
}

/// Views that read each other go round.
#[test]
fn views_that_read_each_other_are_refused() {
    let view = |name: &str, reads: &str| {
        format!(
            "[[view]]\nname = \"{name}\"\nsql = \"q.sql\"\nreads = [\"{reads}\"]\nevent_time = \"t\"\n\
             [[view.feature]]\nname = \"x\"\ntype = \"float64\"\n"
        )
    };
    let site = Site::new(&[view("a", "b"), view("b", "c"), view("c", "a")].concat());
    site.write("q.sql", "SELECT 1");
    let error = read_folder(&site.folder()).unwrap_err().to_string();
    assert!(error.contains("view `a`: it reads itself: a reads b reads c reads a"), "{error}");
}

type Spoil = fn(&Site);

/// Files that do not fit [`DRIVERS`], and what is said when they are read.
#[test]
fn rows_that_do_not_fit() {
    let rows: &[(&str, Spoil)] = &[
        ("hourly.parquet: it cannot be read: No such file", |_| {}),
        ("there is no column `conv_rate`; did you mean `conv_rat`?", |site| {
            let rows = hourly(&[(1, 1, 1, 0.5, 1)]);
            let columns = rows.columns().to_vec();
            let names = ["driver_id", "event_timestamp", "created", "conv_rat", "trips"];
            let renamed = batch(names.into_iter().zip(columns).collect());
            site.parquet("hourly.parquet", &renamed, 10);
        }),
        ("column `conv_rate`: it is Utf8, and the definition says float64", |site| {
            let rows = hourly(&[(1, 1, 1, 0.5, 1)]);
            let mut columns = rows.columns().to_vec();
            columns[3] = strings(&["x"]);
            let names = ["driver_id", "event_timestamp", "created", "conv_rate", "trips"];
            site.parquet("hourly.parquet", &batch(names.into_iter().zip(columns).collect()), 10);
        }),
        ("column `trips`: it is Float64, and the definition says int64", |site| {
            let rows = hourly(&[(1, 1, 1, 0.5, 1)]);
            let mut columns = rows.columns().to_vec();
            columns[4] = float64(&[1.5]);
            let names = ["driver_id", "event_timestamp", "created", "conv_rate", "trips"];
            site.parquet("hourly.parquet", &batch(names.into_iter().zip(columns).collect()), 10);
        }),
        ("the event time `event_timestamp` is null in row 2", |site| {
            let rows = hourly(&[(1, 1, 1, 0.5, 1), (1, 2, 2, 0.5, 1)]);
            let mut columns = rows.columns().to_vec();
            columns[1] = maybe_times(&[Some(1), None]);
            let names = ["driver_id", "event_timestamp", "created", "conv_rate", "trips"];
            site.parquet("hourly.parquet", &batch(names.into_iter().zip(columns).collect()), 10);
        }),
        ("column `event_timestamp`: it is Int64, and a time is due", |site| {
            let rows = hourly(&[(1, 1, 1, 0.5, 1)]);
            let mut columns = rows.columns().to_vec();
            columns[1] = int64(&[5]);
            let names = ["driver_id", "event_timestamp", "created", "conv_rate", "trips"];
            site.parquet("hourly.parquet", &batch(names.into_iter().zip(columns).collect()), 10);
        }),
        ("it cannot be read as Parquet", |site| site.write("hourly.parquet", "no parquet at all")),
    ];
    for (expected, spoil) in rows {
        let site = Site::new(DRIVERS);
        spoil(&site);
        let store = site.applied().unwrap();
        let read =
            store.rows("stats", None, None).and_then(|rows| rows.collect::<Result<Vec<_>, _>>());
        let error = read.unwrap_err().to_string();
        assert!(error.contains(expected), "expected {expected}\nfound {error}");
    }
}

/// Texts of a CSV source that do not fit.
#[test]
fn csv_rows_that_do_not_fit() {
    let rows = [
        (
            "driver_id,event_timestamp,created,conv_rate,trips\n1,2024-01-01,2024-01-01,0.5,1\n2,2024-01-01\n",
            "line 3",
        ),
        (
            "driver_id,event_timestamp,created,conv_rate,trips\n1,2024-01-01,2024-01-01,abc,1\n",
            "abc",
        ),
        (
            "driver_id,event_timestamp,created,conv_rate,trips\n1,yesterday,2024-01-01,0.5,1\n",
            "yesterday",
        ),
        (
            "driver_id,event_timestamp,created,conv_rate,trips\n1,,2024-01-01,0.5,1\n",
            "is null in row 1",
        ),
        ("driver_id,event_timestamp,created,conv_rate\n", "there is no column `trips`"),
        ("driver_id,trips,event_timestamp,created,conv_rate,trips\n", "names `trips` twice"),
    ];
    for (text, expected) in rows {
        let site =
            Site::new(&DRIVERS.replace("\"parquet\"", "\"csv\"").replace(".parquet", ".csv"));
        site.write("hourly.csv", text);
        let store = site.applied().unwrap();
        let read =
            store.rows("stats", None, None).and_then(|rows| rows.collect::<Result<Vec<_>, _>>());
        let error = read.unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("hourly.csv"), "{text}\n{error}");
    }
}

/// An empty source is no error: it knows nothing.
#[test]
fn an_empty_source_answers_nothing() {
    let site = Site::new(DRIVERS);
    site.parquet("hourly.parquet", &hourly(&[]), 10);
    let store = site.applied().unwrap();
    let asked = batch(vec![("driver_id", int64(&[1])), ("event_timestamp", times(&[5]))]);
    let mut rows = Vec::new();
    let question = Question::new(vec!["stats".parse().unwrap()]);
    let spine = Spine::rows(asked, "event_timestamp").unwrap();
    let report = history(&store, &question, spine, &mut rows).unwrap();
    assert_eq!((report.rows, report.views[0].answered), (1, 0));
}

/// Rows that ask and do not fit.
#[test]
fn asking_rows_that_do_not_fit() {
    let site = Site::new(DRIVERS);
    site.parquet("hourly.parquet", &hourly(&[(1, 1, 1, 0.5, 1)]), 10);
    let store = site.applied().unwrap();
    let rows: Vec<(arrow_array::RecordBatch, &str, &str)> = vec![
        (
            batch(vec![("driver", int64(&[1])), ("event_timestamp", times(&[5]))]),
            "stats",
            "there is no column `driver_id`, the join key of view `stats`; did you mean `driver`?",
        ),
        (
            batch(vec![("driver_id", int64(&[1])), ("event_time", times(&[5]))]),
            "stats",
            "there is no column `event_timestamp` with the moment of each row; did you mean `event_time`?",
        ),
        (
            batch(vec![("driver_id", strings(&["x"])), ("event_timestamp", times(&[5]))]),
            "stats",
            "column `driver_id`: it is Utf8, and the definition says int64",
        ),
        (
            batch(vec![("driver_id", int64(&[1])), ("event_timestamp", maybe_times(&[None]))]),
            "stats",
            "`event_timestamp` is null in row 1",
        ),
        (
            batch(vec![("driver_id", int64(&[1])), ("event_timestamp", times(&[5]))]),
            "stat",
            "there is no view `stat`; did you mean `stats`?",
        ),
        (
            batch(vec![("driver_id", int64(&[1])), ("event_timestamp", times(&[5]))]),
            "stats:trip",
            "there is no feature of `stats` `trip`; did you mean `trips`?",
        ),
    ];
    for (asked, feature, expected) in rows {
        let question = Question::new(vec![feature.parse().unwrap()]);
        let asked = Spine::rows(asked, "event_timestamp");
        let error = asked.and_then(|spine| history(&store, &question, spine, &mut Vec::new()));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "expected {expected}\nfound {error}");
    }
}

/// What is applied from another folder must still fit.
#[test]
fn a_folder_that_breaks_what_is_applied_is_refused() {
    let site = Site::new(DRIVERS);
    let mut store = site.applied().unwrap();
    site.write("features.toml", &DRIVERS.split("[[service]]").next().unwrap().replace(
        "[[view.feature]]\nname = \"conv_rate\"\ntype = \"float64\"\nrules = [\"not null\", \"between 0 and 1\"]\n", ""));
    site.write("more.toml", "[[service]]\nname = \"x\"\nfeatures = [\"stats\"]\n");
    let at = moment("2024-01-02T00:00:00Z");
    store.apply(&read_folder(&site.folder()).unwrap(), false, at).unwrap();
    site.write("more.toml", "[[entity]]\nname = \"stats2\"\nkeys = { a = \"int64\" }\n[[source]]\nname = \"eta2\"\nkind = \"push\"\nevent_time = \"t\"\n");
    site.write("features.toml", "[[service]]\nname = \"s\"\nfeatures = [\"stats\"]\n");
    let error = read_folder(&site.folder()).unwrap_err().to_string();
    assert!(error.contains("there is no view `stats`"), "{error}");
}
