//! Questions over small tables whose answers can be worked out by hand, and the words for those that
//! cannot be answered.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use sql::{Limits, Session, SqlError};

fn prices(symbols: &[&str], prices: &[f64]) -> RecordBatch {
    let symbols: ArrayRef = Arc::new(StringArray::from(symbols.to_vec()));
    let prices: ArrayRef = Arc::new(Float64Array::from(prices.to_vec()));
    RecordBatch::try_from_iter([("symbol", symbols), ("Close", prices)]).unwrap()
}

fn write(path: &Path, batch: &RecordBatch) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::create(path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn session() -> Session {
    Session::new(Limits::default()).unwrap()
}

fn with_prices() -> Session {
    let session = session();
    let batch = prices(&["AAPL", "MSFT", "AAPL"], &[10.0, 20.0, 40.0]);
    session.register_batches("prices", batch.schema(), vec![batch]).unwrap();
    session
}

fn numbers(session: &Session, text: &str) -> Vec<f64> {
    let batches = session.wait(session.query(text)).unwrap();
    batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Float64Type>().values().to_vec())
        .collect()
}

fn count(session: &Session, table: &str) -> i64 {
    let text = format!("SELECT count(*) FROM {table}");
    let batches = session.wait(session.query(&text)).unwrap();
    batches[0].column(0).as_primitive::<Int64Type>().value(0)
}

#[test]
fn files_folders_batches_and_views_are_tables() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(&here.join("days/2024/a *[1].parquet"), &prices(&["A", "B"], &[1.0, 2.0]));
    write(&here.join("days/2025/b.parquet"), &prices(&["A"], &[4.0]));
    fs::write(here.join("days/notes.txt"), "not a table").unwrap();
    fs::write(here.join("names.csv"), "symbol,name\nA,Alpha\nB,Beta\n").unwrap();
    let session = session();
    let days = [here.join("days")];
    session.wait(session.register_parquet("days", &days)).unwrap();
    session.wait(session.register_csv("names", &[here.join("names.csv")], None)).unwrap();
    let view =
        "SELECT name, sum(\"Close\") AS total FROM days JOIN names USING (symbol) GROUP BY name";
    session.wait(session.register_view("totals", view)).unwrap();
    assert_eq!(session.tables(), ["days", "names", "totals"]);
    assert_eq!(numbers(&session, "SELECT total FROM totals ORDER BY name"), [5.0, 2.0]);
    assert_eq!(numbers(&session, "SELECT \"Close\" FROM days WHERE symbol = 'A'"), [1.0, 4.0]);
    let columns = session.wait(session.schema("totals")).unwrap();
    assert_eq!(columns.field(1).data_type(), &DataType::Float64);
    let columns = session.wait(session.columns("SELECT symbol AS s FROM names")).unwrap();
    assert_eq!(columns.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), ["s"]);

    // Registered again, a folder shows what came into it; the old table is replaced.
    write(&here.join("days/2025/c.parquet"), &prices(&["C"], &[8.0]));
    assert_eq!(count(&session, "days"), 3);
    session.wait(session.register_parquet("days", &days)).unwrap();
    assert_eq!(count(&session, "days"), 4);
}

#[test]
fn files_of_one_table_are_united_by_the_names_of_their_columns() {
    let folder = tempfile::tempdir().unwrap();
    let more: ArrayRef = Arc::new(Int64Array::from(vec![7]));
    write(&folder.path().join("a.parquet"), &prices(&["A"], &[1.0]));
    write(&folder.path().join("b.parquet"), &RecordBatch::try_from_iter([("lots", more)]).unwrap());
    let session = session();
    let paths = [folder.path().to_owned()];
    session.wait(session.register_parquet("t", &paths)).unwrap();
    let found =
        session.wait(session.query("SELECT lots FROM t ORDER BY lots NULLS FIRST")).unwrap();
    assert!(found[0].column(0).is_null(0));
    assert_eq!(found[0].column(0).as_primitive::<Int64Type>().value(1), 7);

    let other: ArrayRef = Arc::new(Int64Array::from(vec![7]));
    let other = RecordBatch::try_from_iter([("symbol", other)]).unwrap();
    write(&folder.path().join("c.parquet"), &other);
    let error = session.wait(session.register_parquet("t", &paths)).unwrap_err();
    assert!(matches!(&error, SqlError::Differ { table, .. } if table == "t"), "{error}");
}

#[test]
fn the_types_of_csv_columns_can_be_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, "id,x\n007,1\n008,2.5\n").unwrap();
    let session = session();
    session.wait(session.register_csv("t", std::slice::from_ref(&path), None)).unwrap();
    assert_eq!(numbers(&session, "SELECT x FROM t WHERE id = 7"), [1.0]);
    let fields =
        vec![Field::new("id", DataType::Utf8, true), Field::new("x", DataType::Float64, true)];
    let schema = Arc::new(Schema::new(fields));
    session.wait(session.register_csv("t", &[path], Some(schema))).unwrap();
    assert_eq!(numbers(&session, "SELECT x FROM t WHERE id = '008'"), [2.5]);
}

#[test]
fn a_result_without_rows_has_its_columns() {
    let session = with_prices();
    let found =
        session.wait(session.query("SELECT symbol FROM prices WHERE symbol = 'X'")).unwrap();
    assert_eq!((found.len(), found[0].num_rows()), (1, 0));
    assert_eq!(found[0].schema().field(0).name(), "symbol");
}

#[test]
fn what_cannot_be_asked_is_said_with_what_to_ask_instead() {
    let session = with_prices();
    for (text, expected) in [
        ("SELECT * FROM price", "no table price; did you mean prices?"),
        ("SELECT * FROM zz", "no table zz; there are prices"),
        ("SELECT symbl FROM prices", "no column symbl; did you mean symbol?"),
        ("SELECT Close FROM prices", "no column close; did you mean \"Close\"?"),
        ("SELECT p.zz FROM prices p", "no column p.zz; there are symbol, \"Close\""),
        ("SELEC symbol FROM prices", "the SQL text cannot be understood: "),
        ("SELECT avgg(\"Close\") FROM prices", "the SQL text cannot be understood: "),
        ("  ; ", "the SQL text cannot be understood: it is empty"),
        ("SELECT 1; SELECT 2", "the SQL text cannot be understood: "),
        ("SELECT CAST(symbol AS INT) FROM prices", "the question failed: "),
        ("SELECT 1/0", "the question failed: "),
    ] {
        let error = session.wait(session.query(text)).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}\n  {error}");
        assert!(!error.contains('\n') && !error.ends_with('.'), "{error}");
    }
}

#[test]
fn nothing_is_written_and_nothing_is_read_that_was_not_registered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.parquet");
    write(&path, &prices(&["A"], &[1.0]));
    let out = folder.path().join("out.csv");
    let session = with_prices();
    for text in [
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        "DROP TABLE prices".to_owned(),
        "INSERT INTO prices VALUES ('X', 1.0)".to_owned(),
        "DELETE FROM prices".to_owned(),
        "UPDATE prices SET symbol = 'X'".to_owned(),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        format!("COPY prices TO '{}'", out.display()),
        format!("CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{}'", path.display()),
        format!("SELECT * FROM '{}'", path.display()),
        format!("EXPLAIN ANALYZE COPY prices TO '{}'", out.display()),
        format!("SELECT * FROM read_parquet('{}')", path.display()),
    ] {
        let error = session.wait(session.query(&text)).expect_err(&text);
        let told = error.to_string();
        assert!(
            matches!(error, SqlError::ReadOnly(_) | SqlError::NoTable { .. } | SqlError::Text(_)),
            "{text}\n  {told}"
        );
    }
    assert!(!out.exists());
    assert_eq!(count(&session, "prices"), 3);
    // What there is can be asked for.
    let found = session.wait(session.query("SHOW TABLES")).unwrap();
    assert!(found.iter().map(RecordBatch::num_rows).sum::<usize>() > 0);
}

#[test]
fn a_damaged_or_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.parquet");
    fs::write(&bad, b"PAR1 and then nothing that a reader could use").unwrap();
    let session = session();
    for path in [bad, folder.path().join("none.parquet")] {
        let error =
            session.wait(session.register_parquet("t", std::slice::from_ref(&path))).unwrap_err();
        let told = error.to_string();
        assert!(told.contains(&path.display().to_string()) && told.contains("table t"), "{told}");
    }
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let error = session.wait(session.register_parquet("t", &[empty])).unwrap_err();
    assert!(matches!(error, SqlError::NoFile { .. }), "{error}");
}

/// A table of a million rows in an order that no sort leaves as it is.
fn million() -> RecordBatch {
    let n = 1_000_000_i64;
    // 7,919 and a million have no common divisor, so each number comes once.
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values((0..n).map(|i| i * 7_919 % n)));
    let pad: ArrayRef = Arc::new(StringArray::from_iter_values((0..n).map(|i| format!("{i:024}"))));
    RecordBatch::try_from_iter([("key", keys), ("pad", pad)]).unwrap()
}

#[test]
fn what_does_not_fit_into_memory_goes_to_files_and_comes_back_right() {
    let folder = tempfile::tempdir().unwrap();
    let spill_folder = Some(folder.path().join("spill"));
    fs::create_dir(folder.path().join("spill")).unwrap();
    let limits = Limits { memory_bytes: 16 << 20, spill_folder, ..Limits::default() };
    let session = Session::new(limits).unwrap();
    let path = folder.path().join("t.parquet");
    write(&path, &million());
    session.wait(session.register_parquet("t", &[path])).unwrap();
    session.wait(async {
        let mut rows = session.stream("SELECT key, pad FROM t ORDER BY key").await.unwrap();
        let mut next = 0;
        while let Some(batch) = rows.next_batch().await {
            for key in batch.unwrap().column(0).as_primitive::<Int64Type>().values() {
                assert_eq!(*key, next);
                next += 1;
            }
        }
        assert_eq!(next, 1_000_000);
    });
    let error = session.wait(session.query("SELECT key, pad FROM t")).unwrap_err();
    assert!(matches!(error, SqlError::TooLarge(_)), "{error}");
    drop(session);

    let limits = Limits { memory_bytes: 16 << 20, spill_bytes: 1 << 20, ..Limits::default() };
    let session = Session::new(limits).unwrap();
    session.wait(session.register_parquet("t", &[folder.path().join("t.parquet")])).unwrap();
    let text = "SELECT key, pad FROM t ORDER BY key";
    let error = session.wait(async {
        let mut rows = session.stream(text).await.unwrap();
        loop {
            match rows.next_batch().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => panic!("the limit of files was not kept"),
            }
        }
    });
    assert!(matches!(error, SqlError::TooLarge(_)), "{error}");
}

#[test]
fn rows_outlive_the_session_and_work_that_nobody_reads_ends() {
    let rows = {
        let session = with_prices();
        session.wait(session.stream("SELECT \"Close\" FROM prices")).unwrap()
    };
    let total: usize = futures_util::StreamExt::collect::<Vec<_>>(rows)
        .now_or_later()
        .into_iter()
        .map(|batch| batch.unwrap().num_rows())
        .sum();
    assert_eq!(total, 3);
    let session = session();
    let endless =
        "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b";
    drop(session.wait(session.stream(endless)).unwrap());
    // Dropped in a task of another runtime, which must not wait for it.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async move { drop(session) });
}

/// Waits without a session.
trait Later: std::future::Future + Sized {
    fn now_or_later(self) -> Self::Output {
        tokio::runtime::Runtime::new().unwrap().block_on(self)
    }
}

impl<F: std::future::Future> Later for F {}

#[test]
fn a_filter_reads_only_the_row_groups_that_can_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100_000));
    let batch = RecordBatch::try_from_iter([("key", keys)]).unwrap();
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_max_row_group_row_count(Some(1_000))
        .build();
    let file = File::create(&path).unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let session = session();
    session.wait(session.register_parquet("t", &[path])).unwrap();
    let text = "EXPLAIN ANALYZE SELECT * FROM t WHERE key = 4242";
    let found = session.wait(session.query(text)).unwrap();
    let plan = found[0].column(1).as_string::<i32>().value(0).to_owned();
    assert!(plan.contains("row_groups_pruned_statistics=100 total → 1 matched"), "{plan}");
}
