//! Real prices with their splits and dividends, held against another source of the same history.

mod common;

use std::path::Path;

use common::*;
use market::{Calendar, ImportOptions, import, import_actions};
use types::{Digest, Symbol, Values};

fn data(file: &str) -> types::Table {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/data");
    store::tables::read(&folder.join(file)).expect("the example data is in the repository")
}

/// Apple from 2012 to 2021: a 7:1 and a 4:1 split and 38 dividends, put back into shares at each
/// month end. The adjusted closes of the other example file, which come from another vendor,
/// say what a holder earned who reinvested on each ex-date.
#[test]
fn holding_raw_apple_earns_its_adjusted_return() {
    let read = import_actions(&data("lean_actions.parquet"), &Calendar::nyse()).unwrap();
    let apple = Symbol::from("AAPL");
    let actions: Vec<_> =
        read.actions.into_iter().filter(|action| action.symbol == apple).collect();
    let options = ImportOptions { actions: actions.clone(), ..ImportOptions::default() };
    let imported = import(&[data("lean_daily_raw.parquet")], &options).unwrap().accept().unwrap();
    let (from, to) = (date("2012-01-03"), date("2021-03-30"));
    let prices = imported.only(|symbol| *symbol == apple).chained(&actions).unwrap();
    let mut world = history(prices.panel(Digest::of(b"raw")).as_of(to));
    with_actions(&mut world, actions);
    let text = format!(
        "[mandate]\nname = \"test\"\ncapital = 1_000_000\nstart = \"{from}\"\n\
         [universe]\nprices = \"none.csv\"\n{PLAIN}"
    );
    let (_, outcome) = run(&desk_of(&text), &world);
    let dates = &outcome.report.dates;
    let bought = date("2012-01-31");
    let value = |day| outcome.report.nav[dates.binary_search(&day).expect("a day of the run")];
    let earned = value(*dates.last().unwrap()) / value(bought);

    let table = data("us20.parquet");
    let (Some(Values::Date(days)), Some(Values::Number(closes))) =
        (table.column("date"), table.column("AAPL"))
    else {
        panic!("the table has days and Apple");
    };
    let close = |day| closes[days.iter().position(|known| *known == Some(day)).expect("a day")];
    let adjusted = close(*dates.last().unwrap()) / close(bought);
    assert!((earned / adjusted - 1.0).abs() < 5e-3, "{earned} against {adjusted}");
    assert!(outcome.totals.dividends > 50_000.0);
}
