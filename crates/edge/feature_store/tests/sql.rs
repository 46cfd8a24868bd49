//! Views of SQL texts.
#![cfg(feature = "sql")]

mod common;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use common::*;
use feature_store::history::{Question, Spine, history};

const SQL: &str = r#"
[[view]]
name = "daily"
entities = ["driver"]
sql = "daily.sql"
reads = ["hourly"]
event_time = "day"
known_after = "1d"
[[view.feature]]
name = "trips_of_day"
type = "int64"

[[view]]
name = "busy"
sql = "busy.sql"
reads = ["daily", "stats"]
event_time = "day"
[[view.feature]]
name = "mean_trips"
type = "float64"
"#;

fn site() -> Site {
    let site = Site::new(&format!("{DRIVERS}{SQL}"));
    let rows: Vec<_> = (0..48).map(|hour| (hour % 2, hour, hour, 0.5, hour)).collect();
    site.parquet("hourly.parquet", &hourly(&rows), 10);
    site.write(
        "daily.sql",
        "-- trips of a driver in a day\nSELECT driver_id, date_trunc('day', event_timestamp) AS day,\n\
         sum(trips) AS trips_of_day, 'x' AS unused\nFROM hourly GROUP BY 1, 2;\n",
    );
    site.write(
        "busy.sql",
        "SELECT d.day, avg(d.trips_of_day) AS mean_trips FROM daily d\n\
         JOIN (SELECT DISTINCT driver_id FROM stats) s ON s.driver_id = d.driver_id GROUP BY 1",
    );
    site
}

#[test]
fn sql_views_read_sources_and_views() {
    let site = site();
    // A comment behind the semicolon would hide the rest of a line.
    site.write(
        "daily.sql",
        "SELECT driver_id, date_trunc('day', event_timestamp) AS day,\n\
         sum(trips) AS trips_of_day FROM hourly GROUP BY 1, 2 -- the end",
    );
    let store = site.applied().unwrap();
    const DAY: i64 = 86_400_000_000;
    let asked = batch(vec![
        ("driver_id", int64(&[0, 1, 0])),
        ("event_timestamp", times(&[DAY - 1, DAY, 3 * DAY])),
    ]);
    let question = Question::new(vec!["daily".parse().unwrap(), "busy".parse().unwrap()]);
    let mut rows = Vec::new();
    history(&store, &question, Spine::rows(asked, "event_timestamp").unwrap(), &mut rows).unwrap();
    // Hours 0, 2 … 22 of the first day are driver 0's: 132 trips; of the second 420.
    let trips: Vec<_> = rows[0].column(2).as_primitive::<Int64Type>().iter().collect();
    assert_eq!(trips, [None, Some(144), Some(420)]);
    let mean: Vec<_> = rows[0].column(3).as_primitive::<Float64Type>().iter().collect();
    assert_eq!(mean, [Some(138.0), Some(426.0), Some(426.0)]);
}

#[test]
fn texts_that_do_not_fit_say_why() {
    for (from, to, expected) in [
        ("FROM hourly", "FROM hurly", "no table hurly"),
        ("sum(trips)", "sum(trps)", "no column"),
        ("AS trips_of_day", "AS trips", "there is no column `trips_of_day`"),
        ("sum(trips)", "avg(trips)", "it is Float64, and the definition says int64"),
        ("SELECT driver_id", "DELETE", "its SQL text"),
    ] {
        let site = site();
        let text = "SELECT driver_id, date_trunc('day', event_timestamp) AS day,\n\
             sum(trips) AS trips_of_day FROM hourly GROUP BY 1, 2";
        site.write("daily.sql", &text.replace(from, to));
        let store = site.applied().unwrap();
        let read =
            store.rows("daily", None, None).and_then(|rows| rows.collect::<Result<Vec<_>, _>>());
        let error = read.unwrap_err().to_string();
        assert!(error.contains(expected), "expected {expected}\nfound {error}");
    }
}
