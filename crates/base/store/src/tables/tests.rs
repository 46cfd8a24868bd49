//! Tables through the doors of the module: bytes and files in, tables or clear refusals out.

use std::fs;

use types::{Table, Values, parse_date};

use super::{TableError, from_csv, from_parquet, read, read_all, to_parquet};

fn mixed() -> Table {
    let date = |text| Some(parse_date(text).unwrap());
    Table {
        origin: "mixed.csv".into(),
        first_line: 2,
        columns: vec![
            ("date".into(), Values::Date(vec![date("1969-12-31"), None, date("2024-02-29")])),
            ("close".into(), Values::Number(vec![1.5, f64::NAN, -2e-9])),
            ("name".into(), Values::Text(vec![Some("a, b".into()), None, Some("ß".into())])),
        ],
    }
}

/// NaN is not equal to itself, so tables are compared as text.
fn same(left: &Table, right: &Table) {
    assert_eq!(format!("{:?}", left.columns), format!("{:?}", right.columns));
}

#[test]
fn csv_finds_the_types_of_its_columns() {
    let text = "date,close,name\n1969-12-31,1.5,\"a, b\"\n,,\n2024-02-29,-2e-9,ß\n";
    let table = from_csv("mixed.csv", text.as_bytes()).unwrap();
    same(&table, &mixed());
    assert_eq!((table.first_line, table.rows()), (2, 3));
}

#[test]
fn codes_words_and_half_dates_stay_text() {
    for cell in ["0700", "inf", "1.5%", "2024-2-9", "2024-02-30", "1,5"] {
        let table = from_csv("t.csv", format!("x\n\"{cell}\"\n").as_bytes()).unwrap();
        let expected = Values::Text(vec![Some(cell.to_owned())]);
        assert_eq!(table.column("x"), Some(&expected), "{cell}");
    }
    for cell in ["NaN", "0.5", "-.5", "1e3", "0"] {
        let table = from_csv("t.csv", format!("x\n{cell}\n").as_bytes()).unwrap();
        assert!(matches!(table.column("x"), Some(Values::Number(_))), "{cell}");
    }
}

#[test]
fn bad_csv_is_refused_with_its_line() {
    for (bytes, message) in [
        (&b"a,b\n1,2\n3\n"[..], "x.csv line 3: 1 cells, but the header names 2 columns"),
        (
            b"a\n1\n\n2\n",
            "x.csv line 3: every row must stand on one line, without empty lines between",
        ),
        (b"a,b\n1,2\n3,\xff\n", "x.csv line 3: not UTF-8 text: save the file as UTF-8"),
        (b"", "x.csv has no columns: its first line must name them"),
        (b"a,b,a\n", "x.csv: column 3 is named `a`: every column needs a name of its own"),
    ] {
        assert_eq!(from_csv("x.csv", bytes).unwrap_err().to_string(), message);
    }
}

#[test]
fn byte_order_mark_and_windows_lines_are_read() {
    let table = from_csv("x.csv", b"\xef\xbb\xbfa,b\r\n1,2\r\n3,4\r\n").unwrap();
    assert_eq!(table.column("a"), Some(&Values::Number(vec![1.0, 3.0])));
}

#[test]
fn parquet_keeps_every_cell_and_is_the_same_each_time() {
    let bytes = to_parquet(&mixed()).unwrap();
    assert_eq!(bytes, to_parquet(&mixed()).unwrap());
    let back = from_parquet("mixed.parquet", &bytes).unwrap();
    same(&back, &mixed());
    assert_eq!((back.origin.as_str(), back.first_line), ("mixed.parquet", 1));
}

#[test]
fn parquet_of_several_batches_and_of_no_rows() {
    let long = Table {
        columns: vec![("x".into(), Values::Number((0..200_000).map(f64::from).collect()))],
        ..Table::default()
    };
    same(&from_parquet("", &to_parquet(&long).unwrap()).unwrap(), &long);
    let none = Table { columns: vec![("x".into(), Values::Text(vec![]))], ..Table::default() };
    same(&from_parquet("", &to_parquet(&none).unwrap()).unwrap(), &none);
}

#[test]
fn truncated_parquet_is_refused_wherever_it_is_cut() {
    let bytes = to_parquet(&mixed()).unwrap();
    for length in [0, 3, 11, bytes.len() / 2, bytes.len() - 1] {
        let error = from_parquet("cut.parquet", &bytes[..length]).unwrap_err();
        assert!(matches!(error, TableError::Parquet { .. }));
        assert!(error.to_string().starts_with("cut.parquet cannot be read as Parquet"));
    }
}

#[test]
fn columns_of_different_length_cannot_be_written() {
    let mut table = mixed();
    table.columns.push(("short".into(), Values::Number(vec![1.0])));
    assert_eq!(
        to_parquet(&table).unwrap_err().to_string(),
        "column `short` has 1 rows, expected 3"
    );
}

#[test]
fn a_folder_is_read_in_name_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("b.CSV"), "x\n1\n").unwrap();
    fs::write(at("a.parquet"), to_parquet(&mixed()).unwrap()).unwrap();
    fs::write(at("notes.txt"), "not a table").unwrap();
    let tables = read_all(folder.path()).unwrap();
    let names: Vec<bool> = tables.iter().map(|t| t.origin.ends_with("a.parquet")).collect();
    assert_eq!(names, [true, false]);
    assert_eq!(read_all(&at("b.CSV")).unwrap().len(), 1);
}

#[test]
fn what_is_not_a_table_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = |path: &std::path::Path| read_all(path).unwrap_err().to_string();
    assert!(error(folder.path()).ends_with("holds no .csv and no .parquet file"));
    assert!(error(&folder.path().join("none.csv")).starts_with("cannot read "));
    assert!(matches!(
        read(&folder.path().join("prices.xlsx")),
        Err(TableError::UnknownFormat { .. })
    ));
}

/// `testdata/pyarrow_types.parquet` and `pyarrow_list.parquet` were written by pyarrow; each column
/// is named after its type and holds one value and one null.
#[test]
fn what_pyarrow_writes_is_read() {
    let bytes = include_bytes!("testdata/pyarrow_types.parquet");
    let table = from_parquet("types", bytes).unwrap();
    let cells: Vec<String> = table
        .columns
        .iter()
        .map(|(name, values)| match values {
            Values::Date(v) => format!("{name} {} {:?}", v[0].unwrap(), v[1]),
            Values::Number(v) => format!("{name} {} {}", v[0], v[1]),
            Values::Text(v) => format!("{name} {} {:?}", v[0].as_ref().unwrap(), v[1]),
        })
        .collect();
    assert_eq!(
        cells,
        [
            "day 2020-02-29 None",
            "ns 2020-02-29 None",
            "ms_utc 1969-12-31 None",
            "f32 0.5 NaN",
            "i64 7989435 NaN",
            "u8 255 NaN",
            "price 12.34 NaN",
            "word AAPL None",
            "dict USD None",
            "large x None",
            "flag true None",
        ]
    );
    let list = from_parquet("l.parquet", include_bytes!("testdata/pyarrow_list.parquet"));
    let message = list.unwrap_err().to_string();
    assert!(message.starts_with("l.parquet column `l` has type List"), "{message}");
}
