//! Rows of views: from files of several kinds, between two moments, in the types of the view.

mod common;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use common::*;
use feature_store::{FeatureStore, FeatureStoreError};

fn all(
    store: &FeatureStore,
    view: &str,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<Vec<RecordBatch>, FeatureStoreError> {
    store.rows(view, from.map(moment), to.map(moment))?.collect()
}

fn keys(batches: &[RecordBatch]) -> Vec<i64> {
    let of = |batch: &RecordBatch| batch.column(0).as_primitive::<Int64Type>().values().to_vec();
    batches.iter().flat_map(of).collect()
}

#[test]
fn both_ends_of_a_time_range_count_and_row_groups_outside_are_not_read() {
    let site = Site::new(DRIVERS);
    let rows: Vec<_> = (0..100).map(|hour| (hour, hour, hour + 1, 0.5, hour * 2)).collect();
    site.parquet("hourly.parquet", &hourly(&rows), 10);
    let store = site.applied().unwrap();
    assert_eq!(keys(&all(&store, "stats", None, None).unwrap()), (0..100).collect::<Vec<_>>());
    let some = all(&store, "stats", Some("1970-01-01T05:00:00Z"), Some("1970-01-01T12:00:00Z"));
    let some = some.unwrap();
    assert_eq!(keys(&some), (5..=12).collect::<Vec<_>>());
    assert_eq!(some.len(), 2, "two row groups of ten were read");
}

#[test]
fn the_layout_says_where_columns_are() {
    let site = Site::new(DRIVERS);
    site.parquet("hourly.parquet", &hourly(&[(7, 1, 2, 0.25, 3)]), 10);
    let store = site.applied().unwrap();
    let rows = store.rows("stats", None, None).unwrap();
    let (layout, schema) = (rows.layout(), rows.schema());
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["driver_id", "event_timestamp", "created", "conv_rate", "trips"]);
    assert_eq!((layout.keys(), layout.event(), layout.created()), (0..1, 1, Some(2)));
    let batch = rows.map(Result::unwrap).next().unwrap();
    assert_eq!(layout.features(), 3..5);
    let created = batch.column(2).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(created.value(0), micros("1970-01-01T02:00:00Z"));
    assert_eq!(batch.column(3).as_primitive::<Float64Type>().value(0), 0.25);
}

#[test]
fn csv_is_read_in_the_types_of_the_view() {
    let site = Site::new(&DRIVERS.replace("\"parquet\"", "\"csv\"").replace(".parquet", ".csv"));
    site.write(
        "hourly.csv",
        "\u{feff}note,driver_id,event_timestamp,created,conv_rate,trips\n\
         x,1,2024-01-01,2024-01-01T06:00:00+02:00,0.5,\n\
         \"a, b\",2,2024-01-02 03:04:05.678,2024-01-02T03:04:06Z,,9\n",
    );
    let store = site.applied().unwrap();
    let batches = all(&store, "stats", None, None).unwrap();
    assert_eq!(keys(&batches), [1, 2]);
    let times = |column: usize| {
        batches[0].column(column).as_primitive::<TimestampMicrosecondType>().values().to_vec()
    };
    let events = [micros("2024-01-01T00:00:00Z"), micros("2024-01-02T03:04:05.678Z")];
    assert_eq!(times(1), events);
    assert_eq!(times(2)[0], micros("2024-01-01T04:00:00Z"));
    assert!(batches[0].column(3).is_null(1) && batches[0].column(4).is_null(0));
}

#[test]
fn applying_again_changes_nothing_and_a_change_makes_a_version() {
    let site = Site::new(DRIVERS);
    site.parquet("hourly.parquet", &hourly(&[(7, 1, 2, 0.25, 3)]), 10);
    let mut store = site.applied().unwrap();
    let folder = feature_store::read_folder(&site.folder()).unwrap();
    let at = moment("2024-02-01T00:00:00Z");
    assert_eq!(store.apply(&folder, false, at).unwrap(), []);
    site.write("features.toml", &DRIVERS.replace("ttl = \"1d\"", "ttl = \"2d\""));
    let folder = feature_store::read_folder(&site.folder()).unwrap();
    assert_eq!(store.apply(&folder, false, at).unwrap().len(), 1);
    let view = store.get(features::store::DefinitionKind::View, "stats").unwrap();
    assert_eq!(view.version.version, 2);
    let store = FeatureStore::open(&site.home()).unwrap();
    assert_eq!(store.view("stats").unwrap().ttl.to_string(), "2d");
    let book = store.book(Some("stats")).unwrap();
    let told: Vec<_> = book.iter().map(|line| (line.action.as_str(), line.note.as_str())).collect();
    assert_eq!(told, [("added", ""), ("changed", "ttl: \"1d\" -> \"2d\"")]);
}

#[test]
fn a_home_without_a_store_is_named() {
    let error = FeatureStore::open(std::path::Path::new("nowhere")).err().unwrap().to_string();
    assert_eq!(
        error,
        "there is no feature store in nowhere: `trimtab features apply FOLDER` makes one"
    );
}
