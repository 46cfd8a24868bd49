//! Tables of every layout in, prices and findings out.

mod common;

use common::{day, table};
use market::{ImportOptions, Imported, MarketError, Prices, import};
use proptest::prelude::*;
use types::{Digest, Table, Values};

fn read(tables: &[Table]) -> Imported {
    import(tables, &ImportOptions::default()).unwrap()
}

fn findings(text: &str) -> Vec<String> {
    read(&[table("t.csv", text)]).findings.iter().map(ToString::to_string).collect()
}

fn same(left: &Prices, right: &Prices) -> bool {
    format!("{:?}", left.to_table("")) == format!("{:?}", right.to_table(""))
}

const LONG: &str = "Date,Ticker,Close,Volume,Adj Close\n\
                    2020-01-02,B,20,7,19\n2020-01-02,A,10,5,9\n\
                    2020-01-03,A,11,6,9.5";

#[test]
fn long_wide_and_one_file_a_symbol_are_the_same_prices() {
    let wide = table("w.csv", "date,B,A\n2020-01-02,20,10\n2020-01-03,,11");
    let files = [
        table("prices/A.csv", "date,close\n2020-01-02,10\n2020-01-03,11"),
        table("prices/B.csv", "date,close\n2020-01-02,20"),
    ];
    let long = "symbol,date,close\nB,2020-01-02,20\nA,2020-01-02,10\nA,2020-01-03,11";
    let expected = read(&[table("l.csv", long)]).accept().unwrap();
    assert!(same(&read(&[wide]).accept().unwrap(), &expected));
    assert!(same(&read(&files).accept().unwrap(), &expected));
}

#[test]
fn the_panel_is_the_union_of_days() {
    let prices = read(&[table("l.csv", LONG)]).accept().unwrap();
    let panel = prices.panel(Digest::of(b"snapshot"));
    assert_eq!(panel.dates(), [day("2020-01-02"), day("2020-01-03")]);
    assert_eq!(panel.symbols(), ["A".into(), "B".into()]);
    assert_eq!(panel.fields().collect::<Vec<_>>(), ["adj_close", "close", "volume"]);
    let close = panel.view("close").unwrap();
    assert_eq!(close.row(0), [10.0, 20.0]);
    assert_eq!(close.at(1, 0), 11.0);
    assert!(close.at(1, 1).is_nan());
    assert_eq!(panel.source(), Digest::of(b"snapshot"));
}

#[test]
fn fields_in_tables_of_their_own_are_joined() {
    let closes = read(&[table("c.csv", "date,A,B\n2020-01-02,10,20\n2020-01-03,11,21")]);
    let options = ImportOptions { field: "volume".into(), ..ImportOptions::default() };
    let volumes = import(&[table("v.csv", "date,A\n2020-01-03,500")], &options).unwrap();
    let closes = closes.accept().unwrap();
    let joined = closes.join(&volumes.accept().unwrap()).unwrap();
    let panel = joined.panel(Digest::ZERO);
    assert_eq!(panel.view("close").unwrap().values, [10.0, 20.0, 11.0, 21.0]);
    assert_eq!(panel.view("volume").unwrap().at(1, 0), 500.0);
    assert!(panel.view("volume").unwrap().at(0, 0).is_nan());
    assert_eq!(closes.join(&joined).unwrap_err(), MarketError::FieldTwice("close".into()));
}

#[test]
fn only_the_symbols_picked_remain_with_all_fields() {
    let prices = read(&[table("l.csv", LONG)]).accept().unwrap();
    let picked = prices.only(|symbol| symbol.as_str() == "B");
    let expected = "Date,Ticker,Close,Volume,Adj Close\n2020-01-02,B,20,7,19";
    assert!(same(&picked, &read(&[table("l.csv", expected)]).accept().unwrap()));
    let none = prices.only(|_| false);
    assert_eq!((none.rows(), none.fields().count()), (0, 3));
}

/// One row for each kind of fault.
#[test]
fn faults_are_found_with_their_place() {
    for (text, expected) in [
        (
            "symbol,date,close\nA,2020-01-02,10\nA,2020-01-02,11",
            "error: A 2020-01-02 (t.csv:3): t.csv:2 has other values for this day",
        ),
        (
            "symbol,date,close\nA,2020-01-02,10\nA,2020-01-02,10",
            "warning: A 2020-01-02 (t.csv:3): says the same as t.csv:2 and is left out",
        ),
        ("date,A\n2020-01-02,0", "error: A 2020-01-02 (t.csv:2): close is 0"),
        ("date,A\n2020-01-02,inf", "error: A 2020-01-02 (t.csv:2): close is inf"),
        (
            "symbol,date,close,volume\nA,2020-01-02,1,-5",
            "error: A 2020-01-02 (t.csv:2): volume is -5",
        ),
        (
            "symbol,date,open,close\nA,2020-01-02,5,",
            "error: A 2020-01-02 (t.csv:2): the row has no close",
        ),
        (
            "symbol,date,close,currency\nA,2020-01-02,10,USD\nB,2020-01-02,9,EUR\n\
             B,2020-01-03,9,EUR",
            "error: B 2020-01-02 (t.csv:3): currency EUR, but the first row is in USD",
        ),
        (
            "date,A\n2020-01-02,10\n2020-01-08,11",
            "warning: A 2020-01-08 (t.csv:3): \
             no price on 3 trading days, 2020-01-03 to 2020-01-07",
        ),
        (
            "date,A,B\n2020-01-02,10,1\n2020-01-03,,1\n2020-01-06,10,1",
            "warning: A 2020-01-06 (t.csv:4): \
             no price on the trading day 2020-01-03",
        ),
        (
            "date,A\n2020-01-03,10\n2020-01-04,10\n2020-01-05,10\n2020-01-06,10",
            "warning: A 2020-01-04 (t.csv:3): \
             prices on 2 days without trading, this is the first",
        ),
        (
            "date,A\n2020-01-06,10\n2020-01-03,10\n2020-01-02,10",
            "warning: A 2020-01-03 (t.csv:3): stands below 2020-01-06; the rows are sorted",
        ),
        (
            "symbol,date,high,low,close\nA,2020-01-02,9,11,10",
            "warning: A 2020-01-02 (t.csv:2): high 9 is below low 11",
        ),
        (
            "symbol,date,high,low,close\nA,2020-01-02,11,9,12",
            "warning: A 2020-01-02 (t.csv:2): close 12 is outside low 9 to high 11",
        ),
        (
            "symbol,date,open,high,low,close\nA,2020-01-02,8,11,9,10",
            "warning: A 2020-01-02 (t.csv:2): open 8 is outside low 9 to high 11",
        ),
        (
            "date,A\n2020-01-02,30\n2020-01-03,60.3",
            "warning: A 2020-01-03 (t.csv:3): \
             +101.0 % overnight looks like a 1:2 split that was not taken out",
        ),
        (
            "symbol,date,close,exchange\nA,2020-01-02,10,XNYS",
            "warning: (t.csv): column `exchange` is not numbers and is left out",
        ),
    ] {
        assert_eq!(findings(text), [expected], "{text}");
    }
}

#[test]
fn sound_data_has_no_findings() {
    for text in [
        LONG,
        "date,A,B\n2001-09-10,10,\n2001-09-17,9,5\n2001-09-18,9,5",
        "date,A\n1985-07-04,10\n1985-08-05,10",
        "symbol,date,close\n600519,2020-01-02,10",
        // A crash that is no split: -57 %; and a stock whose usual day is ±25 %.
        "date,A\n2020-01-02,100\n2020-01-03,43",
        "date,A\n2020-01-02,100\n2020-01-03,125\n2020-01-06,100\n2020-01-07,75\n2020-01-08,100\n\
         2020-01-09,75\n2020-01-10,100\n2020-01-13,75\n2020-01-14,100\n2020-01-15,75\n\
         2020-01-16,100\n2020-01-17,125\n2020-01-21,62.5\n2020-01-22,75",
    ] {
        assert_eq!(findings(text), [""; 0], "{text}");
    }
}

#[test]
fn data_with_errors_is_not_accepted() {
    let text = "date,A\n2020-01-02,10\n2020-01-03,-1\n2020-01-06,0";
    assert_eq!(
        read(&[table("t.csv", text)]).accept().unwrap_err().to_string(),
        "2 errors in the data, the first: error: A 2020-01-03 (t.csv:3): close is -1"
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_its_line() {
    for (text, expected) in [
        ("a,b\n1,2", "t.csv has no column `date`; it has a, b"),
        (
            "date,A\n2020-01-02,1\n3.1.2020,1",
            "t.csv line 3 column `date`: `3.1.2020` is not a day, expected YYYY-MM-DD",
        ),
        (
            "date,A\n2020-01-02,1\n,1",
            "t.csv line 3 column `date`: `` is not a day, expected YYYY-MM-DD",
        ),
        ("date,A\n2020-01-02,1\n2020-01-03,n/a", "t.csv line 3 column `A`: `n/a` is not a number"),
        (
            "symbol,date,close\nA,2020-01-02,1\nA,2020-01-03,1x",
            "t.csv line 3 column `close`: `1x` is not a number",
        ),
        ("symbol,date,close\n,2020-01-02,1", "t.csv line 2: the column `symbol` is empty"),
        (
            "symbol,date,close,Close\nA,2020-01-02,1,2",
            "t.csv: columns `close` and `Close` are both the field `close`: drop one",
        ),
    ] {
        let error = import(&[table("t.csv", text)], &ImportOptions::default()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_canonical_table_has_each_day_once() {
    let twice = table("t", "symbol,date,close\nA,2020-01-02,1\nA,2020-01-02,1");
    assert!(matches!(Prices::from_table(&twice), Err(MarketError::TwoRows { .. })));
}

proptest! {
    /// Any rows in any order: the canonical table keeps them all and comes back unchanged.
    #[test]
    fn table_to_prices_and_back(
        cells in prop::collection::btree_map((0..5u8, 0..60i32), (1.0..1e4f64, 0.0..1e9f64), 1..80)
            .prop_map(|cells| cells.into_iter().collect::<Vec<_>>())
            .prop_shuffle()
    ) {
        let date = |n: i32| Some(types::Date::from_num_days_from_ce_opt(737_000 + n).unwrap());
        let column = |of: fn(&(f64, f64)) -> f64| {
            Values::Number(cells.iter().map(|(_, values)| of(values)).collect())
        };
        let table = Table {
            origin: "t".into(),
            first_line: 1,
            columns: vec![
                ("date".into(), Values::Date(cells.iter().map(|(k, _)| date(k.1)).collect())),
                (
                    "symbol".into(),
                    Values::Text(cells.iter().map(|(k, _)| Some(format!("S{}", k.0))).collect()),
                ),
                ("volume".into(), column(|v| v.1)),
                ("close".into(), column(|v| v.0)),
            ],
        };
        let prices = Prices::from_table(&table).unwrap();
        prop_assert_eq!(prices.rows(), cells.len());
        for ((symbol, n), (close, volume)) in &cells {
            let series = prices.series(&format!("S{symbol}").into()).unwrap();
            let row = series.dates().binary_search(&date(*n).unwrap()).unwrap();
            prop_assert_eq!(series.field("close").unwrap()[row], *close);
            prop_assert_eq!(series.field("volume").unwrap()[row], *volume);
        }
        let canonical = prices.to_table("canonical");
        let back = Prices::from_table(&canonical).unwrap().to_table("canonical");
        prop_assert_eq!(canonical, back);
    }
}
