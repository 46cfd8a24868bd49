//! Members and requirements, seen from a day.

mod common;

use common::{day, table};
use market::{Memberships, Prices, Requirement, Universe};
use proptest::prelude::*;
use std::collections::BTreeMap;
use types::{Digest, Panel, Symbol};

/// Rows of the S&P 500 and 400 around some changes, from fja05680/sp500 (GitHub, MIT) and pitindex
/// 0.2.1 (PyPI, MIT).
const MEMBERS: &str = "index,ticker,start_date,end_date\n\
    sp400,ETSY,2019-10-31,2020-09-21\n\
    sp500,ETSY,2020-09-21,2024-09-23\n\
    sp500,AMD,1996-01-02,2013-09-23\n\
    sp500,AMD,2017-03-20,\n\
    sp500,AIV,2003-03-14,2020-12-21\n\
    sp500,TSLA,2020-12-21,";

fn names(symbols: &[Symbol]) -> Vec<&str> {
    symbols.iter().map(Symbol::as_str).collect()
}

#[test]
fn members_come_and_go() {
    let sp500 = Memberships::from_table(&table("m.csv", MEMBERS), Some("sp500")).unwrap();
    for (date, expected) in [
        ("2013-09-20", vec!["AIV", "AMD"]),
        ("2013-09-23", vec!["AIV"]),
        ("2020-09-18", vec!["AIV", "AMD"]),
        ("2020-12-18", vec!["AIV", "AMD", "ETSY"]),
        ("2020-12-21", vec!["AMD", "ETSY", "TSLA"]),
        ("2030-01-02", vec!["AMD", "TSLA"]),
        ("1990-01-02", vec![]),
    ] {
        assert_eq!(names(&sp500.members(day(date))), expected, "{date}");
    }
    assert!(sp500.contains(&"AMD".into(), day("2017-03-20")));
    assert_eq!(sp500.symbols().count(), 4);
}

#[test]
fn tables_of_members_that_are_not_clear_are_refused() {
    let error = |text: &str, index| {
        Memberships::from_table(&table("m.csv", text), index).unwrap_err().to_string()
    };
    assert_eq!(error(MEMBERS, None), "m.csv: name one index of sp400, sp500");
    assert_eq!(error(MEMBERS, Some("sp600")), "m.csv: name one index of sp400, sp500");
    let backwards = "ticker,start_date,end_date\nA,2020-01-02,2019-01-02";
    assert_eq!(
        error(backwards, None),
        "m.csv line 2: A leaves on 2019-01-02, before it joins on 2020-01-02"
    );
    assert_eq!(
        error("ticker,start_date,end_date\nA,2020-01-02,", Some("x")),
        "m.csv has no column `index`; it has ticker, start_date, end_date"
    );
}

#[test]
fn requirements_are_read_and_written() {
    for (text, canonical) in [
        ("history >= 252d", "history >= 252d"),
        ("  history>=1 d ", "history >= 1d"),
        ("price >= 5", "price >= 5"),
        ("volume >= 1_000_000", "volume >= 1000000"),
    ] {
        assert_eq!(text.parse::<Requirement>().unwrap().to_string(), canonical);
    }
    for (text, position, expected) in [
        ("histori >= 252d", 1, "`history`, `price` or `volume`"),
        ("history > 252d", 9, "`>=`"),
        ("history >= 252", 12, "days, such as `252d`"),
        ("history >= 1.5d", 12, "days, such as `252d`"),
        ("price >= -1", 10, "a number that is not negative"),
        ("price >= ", 10, "a number that is not negative"),
        ("", 1, "`history`, `price` or `volume`"),
    ] {
        assert_eq!(
            text.parse::<Requirement>().unwrap_err().to_string(),
            format!("requirement `{text}`, position {position}: expected {expected}")
        );
    }
}

#[test]
fn eligible_is_who_has_a_price_is_a_member_and_has_history() {
    let text = "symbol,date,close,volume\n\
                AMD,2020-12-17,97,1\nAMD,2020-12-18,96,1\nAMD,2020-12-21,93,1\n\
                AIV,2020-12-17,5,1\nAIV,2020-12-18,5,1\nAIV,2020-12-21,5,1\n\
                ETSY,2020-12-17,190,1\nETSY,2020-12-18,190,1\n\
                TSLA,2020-12-21,650,9";
    let panel = Prices::from_table(&table("p.csv", text)).unwrap().panel(Digest::ZERO);
    let members = Memberships::from_table(&table("m.csv", MEMBERS), Some("sp500")).unwrap();
    let eligible = |universe: &Universe, date: &str, must: &[&str]| {
        let must: Vec<Requirement> = must.iter().map(|text| text.parse().unwrap()).collect();
        names(&universe.eligible(&panel.as_of(day(date)), &must)).join(" ")
    };
    let sp500 = Universe::Members(members);
    for (universe, date, must, expected) in [
        (&Universe::Everything, "2020-12-21", &[][..], "AIV AMD TSLA"),
        (&Universe::Everything, "2020-12-18", &[], "AIV AMD ETSY"),
        (&Universe::Everything, "2020-12-16", &[], ""),
        (&Universe::Everything, "2020-12-21", &["history >= 3d"], "AIV AMD"),
        (&Universe::Everything, "2020-12-21", &["history >= 4d"], ""),
        (&Universe::Everything, "2020-12-21", &["price >= 93", "volume >= 2"], "TSLA"),
        (&sp500, "2020-12-18", &[], "AIV AMD ETSY"),
        (&sp500, "2020-12-21", &[], "AMD TSLA"),
        (&sp500, "2020-12-21", &["history >= 2d"], "AMD"),
    ] {
        assert_eq!(eligible(universe, date, must), expected, "{date} {must:?}");
    }
}

fn panel(values: &[Option<f64>], cols: usize) -> Panel {
    let rows = values.len() / cols;
    let date = |n: usize| types::Date::from_num_days_from_ce_opt(737_000 + n as i32).unwrap();
    let closes = values[..rows * cols].iter().map(|v| v.unwrap_or(f64::NAN)).collect();
    Panel::new(
        (0..rows).map(date).collect(),
        (0..cols).map(|n| format!("S{n}").into()).collect(),
        BTreeMap::from([("close".to_owned(), closes)]),
        Digest::ZERO,
    )
    .unwrap()
}

proptest! {
    /// The panel that ends at a day and the panel of a file that ends there give the same symbols.
    #[test]
    fn truncating_the_future_changes_no_eligibility(
        values in prop::collection::vec(prop::option::weighted(0.7, 1.0..100.0f64), 4..120),
        history in 0..6u32,
    ) {
        let cols = 4;
        let whole = panel(&values, cols);
        let must = [format!("history >= {history}d").parse().unwrap()];
        for rows in 1..=whole.rows() {
            let cut = panel(&values[..rows * cols], cols);
            let seen = whole.as_of(whole.dates()[rows - 1]);
            prop_assert_eq!(
                Universe::Everything.eligible(&seen, &must),
                Universe::Everything.eligible(&cut, &must)
            );
        }
    }
}
