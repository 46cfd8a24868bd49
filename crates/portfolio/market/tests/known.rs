//! Values that became known now and then, as fields of a panel.

mod common;

use std::collections::BTreeMap;

use chrono::Days;
use common::{day, table};
use market::{MarketError, with_known, with_known_of_all};
use proptest::prelude::*;
use types::{Date, Digest, Panel, Symbol, Table, Values};

fn panel(days: &[Date], symbols: &[&str]) -> Panel {
    let cells = days.len() * symbols.len();
    let close = (0..cells).map(|cell| cell as f64).collect();
    let symbols = symbols.iter().map(|symbol| Symbol::from(*symbol)).collect();
    let fields = BTreeMap::from([("close".to_owned(), close)]);
    Panel::new(days.to_vec(), symbols, fields, Digest::of(b"prices")).unwrap()
}

fn add(panel: &Panel, table: &Table, fields: &[&str], valid: usize) -> Result<Panel, MarketError> {
    let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    with_known(panel, table, "known", &fields, valid, Digest::of(b"both"))
}

fn row(panel: &Panel, field: &str, day: Date) -> Vec<Option<f64>> {
    let row = panel.dates().binary_search(&day).unwrap();
    let known = |value: &f64| Some(*value).filter(|value| !value.is_nan());
    panel.view(field).unwrap().row(row).iter().map(known).collect()
}

/// Source: pandas documentation of `merge_asof`, the example of trades and quotes with
/// `by="ticker", tolerance="10ms", allow_exact_matches=False`; a millisecond there is a day here.
#[test]
fn the_as_of_join_of_pandas() {
    let quotes = table(
        "quotes.csv",
        "known,Ticker,bid,ask\n2016-05-23,GOOG,720.50,720.93\n2016-05-23,MSFT,51.95,51.96\n\
         2016-05-30,MSFT,51.97,51.98\n2016-06-10,MSFT,51.99,52.00\n2016-06-17,GOOG,720.50,720.93\n\
         2016-06-18,AAPL,97.99,98.01\n2016-07-11,GOOG,720.50,720.88\n2016-07-14,MSFT,52.01,52.03",
    );
    let days = ["2016-05-23", "2016-06-07", "2016-06-17"].map(day);
    let trades = panel(&days, &["AAPL", "GOOG", "MSFT"]);
    let joined = add(&trades, &quotes, &["bid", "ask"], 10).unwrap();
    assert_eq!(row(&joined, "bid", days[0])[2], None);
    assert_eq!(row(&joined, "bid", days[1])[2], Some(51.97));
    assert_eq!(row(&joined, "ask", days[1])[2], Some(51.98));
    assert_eq!(row(&joined, "bid", days[2])[..2], [None, None]);
}

#[test]
fn a_value_is_used_from_the_next_day_until_it_is_too_old() {
    let days = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08"].map(day);
    let prices = panel(&days, &["B", "A"]);
    let facts = table(
        "facts.csv",
        "symbol,known,Price to Book,note\nA,2020-01-06,3,x\nA,2020-01-02,1,x\n\
         A,2020-01-02,2,x\nC,2020-01-02,9,x",
    );
    let joined = add(&prices, &facts, &["price to book"], 4).unwrap();
    let value = |at: usize| row(&joined, "price_to_book", days[at]);
    assert_eq!(value(0), [None, None], "became known during the day");
    assert_eq!(value(1), [None, Some(2.0)], "the last of two rows");
    assert_eq!(value(2), [None, Some(2.0)], "four days old");
    assert_eq!(value(3), [None, Some(3.0)]);
    let brief = add(&prices, &facts, &["Price to Book"], 3).unwrap();
    assert_eq!(row(&brief, "price_to_book", days[2]), [None, None], "more than three days old");
    assert_eq!(joined.source(), Digest::of(b"both"));
    assert_eq!(joined.symbols(), prices.symbols());
    assert_eq!(joined.view("close").unwrap().values, prices.view("close").unwrap().values);
}

/// What is said without a symbol is said of each: the same as a table that repeats it for all.
#[test]
fn what_is_said_of_the_economy_is_known_to_all() {
    let days = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08"].map(day);
    let prices = panel(&days, &["B", "A"]);
    let economy = table("macro.csv", "known,rate\n2020-01-06,3\n2020-01-02,1\n2020-01-02,2");
    let each = table(
        "each.csv",
        "symbol,known,rate\nA,2020-01-06,3\nB,2020-01-06,3\nA,2020-01-02,1\nA,2020-01-02,2\n\
         B,2020-01-02,1\nB,2020-01-02,2",
    );
    let fields = ["rate".to_owned()];
    let source = Digest::of(b"both");
    let joined = with_known_of_all(&prices, &economy, "known", &fields, 4, source).unwrap();
    assert_eq!(row(&joined, "rate", days[0]), [None, None]);
    assert_eq!(row(&joined, "rate", days[1]), [Some(2.0), Some(2.0)]);
    let repeated = add(&prices, &each, &["rate"], 4).unwrap();
    for at in days {
        assert_eq!(row(&joined, "rate", at), row(&repeated, "rate", at), "{at}");
    }
    let undated = table("macro.csv", "known,rate\n,3");
    assert!(with_known_of_all(&prices, &undated, "known", &fields, 4, source).is_err());
}

/// That the newest report leaves out a value, or gives none that can be used, is what is known.
#[test]
fn an_older_row_does_not_stand_in_for_an_empty_cell() {
    let days = ["2020-01-03", "2020-01-07"].map(day);
    let text = "symbol,known,pb\nA,2020-01-02,1\nA,2020-01-06,\nB,2020-01-02,inf";
    let joined = add(&panel(&days, &["A", "B"]), &table("f.csv", text), &["pb"], 99).unwrap();
    assert_eq!(row(&joined, "pb", days[0]), [Some(1.0), None]);
    assert_eq!(row(&joined, "pb", days[1]), [None, None]);
}

#[test]
fn tables_that_do_not_fit_are_refused() {
    let prices = panel(&[day("2020-01-02")], &["A"]);
    for (text, fields, expected) in [
        (
            "symbol,known,pb\nA,2020-01-02,1",
            "pe",
            "f.csv has no column `pe`; it has symbol, known, pb",
        ),
        (
            "symbol,day,pb\nA,2020-01-02,1",
            "pb",
            "f.csv has no column `known`; it has symbol, day, pb",
        ),
        (
            "name,known,pb\nA,2020-01-02,1",
            "pb",
            "f.csv has no column `symbol`; it has name, known, pb",
        ),
        ("symbol,known,pb\nA,2020-01-02,x", "pb", "f.csv line 2 column `pb`: `x` is not a number"),
        ("symbol,known,pb\n,2020-01-02,1", "pb", "f.csv line 2: the column `symbol` is empty"),
        (
            "symbol,known,pb\nA,2020-01-02,1\nA,,1",
            "pb",
            "f.csv line 3 column `known`: `` is not a day, expected YYYY-MM-DD",
        ),
        (
            "symbol,known,pb\nA,soon,1",
            "pb",
            "f.csv line 2 column `known`: `soon` is not a day, expected YYYY-MM-DD",
        ),
        (
            "symbol,known,Close\nA,2020-01-02,1",
            "close",
            "there would be two fields `close`: import one of them under another name",
        ),
        (
            "symbol,known,pb\nA,2020-01-02,1",
            "pb PB",
            "there would be two fields `pb`: import one of them under another name",
        ),
    ] {
        let fields: Vec<&str> = fields.split(' ').collect();
        let error = add(&prices, &table("f.csv", text), &fields, 99).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

fn nth(day_index: u64) -> Date {
    day("2020-01-01") + Days::new(day_index)
}

/// Rows `(symbol, days since the start, value)` in any order, as a table.
fn facts(rows: &[(usize, u64, f64)]) -> Table {
    let symbol = |at: &usize| Some(["A", "B", "C"][*at].to_owned());
    let columns = vec![
        ("symbol".to_owned(), Values::Text(rows.iter().map(|row| symbol(&row.0)).collect())),
        ("known".to_owned(), Values::Date(rows.iter().map(|row| Some(nth(row.1))).collect())),
        ("pb".to_owned(), Values::Number(rows.iter().map(|row| row.2).collect())),
    ];
    Table { origin: "facts".to_owned(), first_line: 1, columns }
}

fn bits(panel: &Panel) -> Vec<u64> {
    panel.view("pb").unwrap().values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    /// Without all that became known on or after a day, the panel up to that day is the same.
    #[test]
    fn later_rows_change_no_earlier_value(
        rows in prop::collection::vec((0..3usize, 0..60u64, -9.0..9.0f64), 0..80),
        days in prop::collection::btree_set(0..60u64, 1..40),
        cut in 0..60u64,
        valid in 0..40usize,
    ) {
        let days: Vec<Date> = days.into_iter().map(nth).collect();
        let prices = panel(&days, &["C", "A", "D"]);
        let whole = add(&prices, &facts(&rows), &["pb"], valid).unwrap();
        let earlier: Vec<_> = rows.iter().copied().filter(|row| row.1 < cut).collect();
        let truncated = add(&prices, &facts(&earlier), &["pb"], valid).unwrap();
        prop_assert_eq!(bits(&whole.as_of(nth(cut))), bits(&truncated.as_of(nth(cut))));
    }

    /// The panel's other days do not matter to a day.
    #[test]
    fn a_day_is_the_same_alone(
        rows in prop::collection::vec((0..3usize, 0..30u64, -9.0..9.0f64), 0..60),
        valid in 0..30usize,
    ) {
        let days: Vec<Date> = (0..32).map(nth).collect();
        let whole = add(&panel(&days, &["A", "B"]), &facts(&rows), &["pb"], valid).unwrap();
        for day in days {
            let alone = add(&panel(&[day], &["A", "B"]), &facts(&rows), &["pb"], valid).unwrap();
            prop_assert_eq!(row(&whole, "pb", day), row(&alone, "pb", day));
        }
    }
}
