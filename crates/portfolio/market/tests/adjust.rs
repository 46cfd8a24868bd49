//! Adjustment against published numbers, and its algebra.

mod common;

use std::fmt::Write;

use common::{day, table};
use market::{
    ActionKind, Adjustment, Calendar, CorporateAction, ImportOptions, MarketError, Prices, import,
    import_actions,
};
use proptest::prelude::*;
use types::Date;

fn prices(text: &str) -> Prices {
    Prices::from_table(&table("prices.csv", text)).unwrap()
}

fn action(symbol: &str, ex_date: Date, kind: ActionKind) -> CorporateAction {
    CorporateAction { symbol: symbol.into(), ex_date, kind }
}

fn field(prices: &Prices, symbol: &str, field: &str) -> Vec<f64> {
    prices.series(&symbol.into()).unwrap().field(field).unwrap().to_vec()
}

fn near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }
}

/// Source: Yahoo Finance help, "What is the adjusted close?": the worked example (Microsoft, 2003),
/// rounded to cents there.
#[test]
fn the_example_of_yahoo() {
    let raw = prices(
        "symbol,date,close\nMSFT,2003-02-13,46.99\nMSFT,2003-02-14,48.30\n\
         MSFT,2003-02-18,24.96\nMSFT,2003-02-19,24.53",
    );
    let actions = [
        action("MSFT", day("2003-02-18"), ActionKind::Split { ratio: 2.0 }),
        action("MSFT", day("2003-02-19"), ActionKind::Dividend { amount: 0.08 }),
    ];
    let adjusted = raw.adjusted(&actions, Adjustment::SplitsAndDividends).unwrap();
    near(&field(&adjusted, "MSFT", "close"), &[23.42, 24.07, 24.88, 24.53], 0.005);
}

fn apple() -> (Prices, Vec<CorporateAction>) {
    let actions = table("actions.csv", include_str!("fixtures/aapl_actions.csv"));
    let read = import_actions(&actions, &Calendar::nyse()).unwrap();
    assert_eq!(read.findings, []);
    (prices(include_str!("fixtures/aapl_raw.csv")), read.actions)
}

/// Rows and factors: QuantConnect LEAN (Apache-2.0), `Data/equity/usa/daily/aapl.zip` and
/// `factor_files/aapl.csv`. Ex-dates: Apple, "Stock splits" (investor.apple.com), 9 June 2014 7:1 and
/// 31 August 2020 4:1. LEAN dates them by the Friday before.
#[test]
fn lean_dates_become_ex_dates() {
    let (_, actions) = apple();
    let expected = [
        ("2014-05-08", ActionKind::Dividend { amount: 3.2899561242803825 }),
        ("2014-06-09", ActionKind::Split { ratio: 7.0 }),
        ("2020-08-31", ActionKind::Split { ratio: 4.0 }),
    ]
    .map(|(date, kind)| action("AAPL", day(date), kind));
    assert_eq!(actions, expected);
}

/// The split-adjusted closes that Yahoo shows for AAPL: 23.06 on 2014-06-06, 124.81 on 2020-08-28,
/// and 23.43 on 2014-06-09.
#[test]
fn apple_without_its_splits() {
    let (raw, actions) = apple();
    let adjusted = raw.adjusted(&actions, Adjustment::Splits).unwrap();
    let series = adjusted.series(&"AAPL".into()).unwrap();
    let close = |date: &str| {
        let row = series.dates().binary_search(&day(date)).unwrap();
        series.field("close").unwrap()[row]
    };
    let shown = [close("2014-06-06"), close("2014-06-09"), close("2020-08-28")];
    near(&shown, &[23.06, 23.43, 124.81], 0.006);
    let turnover = |prices: &Prices| {
        let (close, volume) = (field(prices, "AAPL", "close"), field(prices, "AAPL", "volume"));
        close.iter().zip(volume).map(|(c, v)| c * v).collect::<Vec<f64>>()
    };
    near(&turnover(&adjusted), &turnover(&raw), 1e-3);
}

/// Apple paid 3.29 USD with ex-date 8 May 2014 (press release of 23 April 2014). LEAN's factor for
/// it is 0.994445737807843.
#[test]
fn a_dividend_gives_the_factor_of_lean() {
    let (raw, _) = apple();
    let dividend = [action("AAPL", day("2014-05-08"), ActionKind::Dividend { amount: 3.29 })];
    let adjusted = raw.adjusted(&dividend, Adjustment::SplitsAndDividends).unwrap();
    let factor = field(&adjusted, "AAPL", "close")[0] / field(&raw, "AAPL", "close")[0];
    assert!((factor - 0.994445737807843).abs() < 1e-6);
    assert_eq!(field(&adjusted, "AAPL", "volume"), field(&raw, "AAPL", "volume"));
}

/// Raw prices are reported, known splits are not, adjusted prices are not.
#[test]
fn a_split_that_was_not_taken_out_is_seen() {
    let raw = table("aapl.csv", include_str!("fixtures/aapl_raw.csv"));
    let splits = |table, actions| {
        let options = ImportOptions { actions, max_gap_days: 2000, ..ImportOptions::default() };
        let found = import(&[table], &options).unwrap().findings;
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (prices, actions) = apple();
    assert_eq!(
        splits(raw.clone(), vec![]),
        [
            "warning: AAPL 2014-06-09 (aapl.csv:11): \
             -85.6 % overnight looks like a 7:1 split that was not taken out",
            "warning: AAPL 2020-08-31 (aapl.csv:17): \
             -74.4 % overnight looks like a 4:1 split that was not taken out",
        ]
    );
    assert_eq!(splits(raw, actions.clone()), [""; 0]);
    let adjusted = prices.adjusted(&actions, Adjustment::Splits).unwrap();
    assert_eq!(splits(adjusted.to_table("adjusted"), vec![]), [""; 0]);
}

/// The oldest price stays, and a share of that day has become 7 and then 28 by splits, and more by
/// the dividend put back into it: LEAN's factor 0.994445737807843 (see above), from its ex-date on.
#[test]
fn apple_chained() {
    let (raw, actions) = apple();
    let chained = raw.chained(&actions).unwrap();
    let at = |date: &str| {
        let series = chained.series(&"AAPL".into()).unwrap();
        let row = series.dates().binary_search(&day(date)).unwrap();
        (series.field("close").unwrap()[row], series.field("price").unwrap()[row])
    };
    for (date, traded, shares) in [
        ("2014-05-05", 600.96, 1.0),
        ("2014-05-07", 592.33, 1.0),
        ("2014-05-08", 588.12, 1.0 / 0.994445737807843),
        ("2014-06-06", 645.57, 1.0 / 0.994445737807843),
        ("2014-06-09", 93.70, 7.0 / 0.994445737807843),
        ("2020-08-31", 129.04, 28.0 / 0.994445737807843),
    ] {
        let (close, price) = at(date);
        assert_eq!(price, traded);
        near(&[close], &[traded * shares], traded * 1e-12 * shares);
    }
    assert_same_returns(&raw, &actions, "AAPL");
    assert_value_kept(&raw, &chained, "AAPL");
}

/// All prices of a day, against the close of the day before, as with adjustment backwards.
fn assert_same_returns(raw: &Prices, actions: &[CorporateAction], symbol: &str) {
    let adjusted = raw.adjusted(actions, Adjustment::SplitsAndDividends).unwrap();
    let chained = raw.chained(actions).unwrap();
    let returns = |prices: &Prices, name: &str| -> Vec<f64> {
        let close = field(prices, symbol, "close");
        field(prices, symbol, name)[1..].iter().zip(&close).map(|(now, then)| now / then).collect()
    };
    for name in raw.fields().filter(|name| *name != "volume") {
        for (chained, adjusted) in returns(&chained, name).iter().zip(returns(&adjusted, name)) {
            assert!((chained / adjusted - 1.0).abs() <= 1e-12, "{name}: {chained}, {adjusted}");
        }
    }
}

/// `close × volume` is what was traded, and `price` is the close as traded.
fn assert_value_kept(raw: &Prices, chained: &Prices, symbol: &str) {
    let traded = |prices: &Prices| {
        let (close, volume) = (field(prices, symbol, "close"), field(prices, symbol, "volume"));
        close.iter().zip(volume).map(|(close, volume)| close * volume).collect::<Vec<f64>>()
    };
    for (found, expected) in traded(chained).iter().zip(traded(raw)) {
        assert!((found / expected - 1.0).abs() <= 1e-12, "{found} is not {expected}");
    }
    assert_eq!(field(chained, symbol, "price"), field(raw, symbol, "close"));
}

#[test]
fn the_price_as_traded_has_one_field() {
    let action = [action("A", day("2020-01-03"), ActionKind::Split { ratio: 2.0 })];
    let with_price = prices("symbol,date,close,price\nA,2020-01-02,10,10\nA,2020-01-03,5,5");
    let error = with_price.chained(&action).unwrap_err();
    assert_eq!(error, MarketError::FieldTwice("price".into()));
    let volumes = prices("symbol,date,volume\nA,2020-01-02,10\nA,2020-01-03,20");
    let chained = volumes.chained(&action).unwrap();
    assert_eq!(chained.fields().collect::<Vec<_>>(), ["volume"]);
    assert_eq!(field(&chained, "A", "volume"), [10.0, 10.0]);
}

#[test]
fn impossible_actions_are_refused() {
    let raw = prices("symbol,date,close\nA,2020-01-02,10\nA,2020-01-03,10");
    let adjust = |kind| {
        let action = action("A", day("2020-01-03"), kind);
        raw.adjusted(&[action], Adjustment::SplitsAndDividends)
    };
    assert!(matches!(
        adjust(ActionKind::Split { ratio: 0.0 }),
        Err(MarketError::SplitRatio { .. })
    ));
    for amount in [10.0, -1.0, f64::NAN] {
        assert!(matches!(
            adjust(ActionKind::Dividend { amount }),
            Err(MarketError::DividendAmount { .. })
        ));
    }
}

#[test]
fn rows_of_actions_that_say_too_little_are_named() {
    let text = "symbol,ex_date,type,factor,split_new_old,amount_usd_est,prev_close\n\
                A,2020-01-03,split,,3:2,,\n\
                A,2020-01-06,split,,,,\n\
                A,2020-01-07,dividend,0.99,,,50\n\
                A,2020-01-08,spin-off,0.9,,,50\n\
                A,2020-01-09,split,0.997307,1.0027:1,,565.06\n\
                A,2020-01-10,split,3.0003,0.3333:1,,8.42";
    let read = import_actions(&table("a.csv", text), &Calendar::nyse()).unwrap();
    let kinds: Vec<ActionKind> = read.actions.iter().map(|action| action.kind).collect();
    assert_eq!(
        kinds,
        [
            ActionKind::Split { ratio: 1.5 },
            ActionKind::Dividend { amount: (1.0 - 0.99) * 50.0 },
            ActionKind::Split { ratio: 1.0 / 0.997307 },
            ActionKind::Split { ratio: 1.0 / 3.0 },
        ]
    );
    let findings: Vec<String> = read.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "error: A 2020-01-06 (a.csv:3): a split without a ratio: fill `ratio`, such as 2 for 2:1",
            "warning: A 2020-01-08 (a.csv:5): \
             type `spin-off` is neither `split` nor `dividend`; the row is left out",
        ]
    );
}

/// A history as a holder of one share lived it: growth of wealth day by day, and what the company
/// did in the night before each day.
#[derive(Debug, Clone)]
struct Night {
    growth: f64,
    split: f64,
    paid: f64,
}

fn nights() -> impl Strategy<Value = Vec<Night>> {
    let split = prop_oneof![6 => Just(1.0), 1 => Just(2.0), 1 => Just(7.0), 1 => Just(0.1)];
    let paid = prop_oneof![3 => Just(0.0), 1 => 0.001..0.2f64];
    let night =
        (0.8..1.25f64, split, paid).prop_map(|(growth, split, paid)| Night { growth, split, paid });
    prop::collection::vec(night, 1..40)
}

/// Prices as traded and the actions, from the growth of wealth: on the ex-date the price falls by
/// the split, and the holder's wealth grows from what the price was without the dividend.
fn lived(nights: &[Night]) -> (Prices, Vec<CorporateAction>) {
    let mut date = day("2020-01-01");
    let mut price = 100.0;
    let mut text = format!("symbol,date,close,volume\nA,{date},{price},1000");
    let mut actions = Vec::new();
    for night in nights {
        date = date.succ_opt().unwrap();
        let before = price / night.split;
        let amount = before * night.paid;
        price = (before - amount) * night.growth;
        write!(text, "\nA,{date},{price},1000").unwrap();
        if amount > 0.0 {
            actions.push(action("A", date, ActionKind::Dividend { amount }));
        }
        if night.split != 1.0 {
            actions.push(action("A", date, ActionKind::Split { ratio: night.split }));
        }
    }
    (prices(&text), actions)
}

proptest! {
    #[test]
    fn adjusted_returns_are_those_of_the_holder(nights in nights()) {
        let (raw, actions) = lived(&nights);
        let adjusted = raw.adjusted(&actions, Adjustment::SplitsAndDividends).unwrap();
        let close = field(&adjusted, "A", "close");
        for (pair, night) in close.windows(2).zip(&nights) {
            prop_assert!((pair[1] / pair[0] - night.growth).abs() < 1e-9);
        }
    }

    #[test]
    fn splits_alone_leave_the_price_return(nights in nights()) {
        let (raw, actions) = lived(&nights);
        let adjusted = raw.adjusted(&actions, Adjustment::Splits).unwrap();
        let close = field(&adjusted, "A", "close");
        for (pair, night) in close.windows(2).zip(&nights) {
            let price_return = (1.0 - night.paid) * night.growth;
            prop_assert!((pair[1] / pair[0] - price_return).abs() < 1e-9);
        }
    }

    #[test]
    fn the_newest_row_stays_and_so_do_prices_without_adjustment(nights in nights()) {
        let (raw, actions) = lived(&nights);
        for adjustment in
            [Adjustment::None, Adjustment::Splits, Adjustment::SplitsAndDividends]
        {
            let adjusted = raw.adjusted(&actions, adjustment).unwrap();
            for name in ["close", "volume"] {
                let (raw, adjusted) = (field(&raw, "A", name), field(&adjusted, "A", name));
                prop_assert_eq!(raw.last(), adjusted.last());
                prop_assert!(adjustment != Adjustment::None || raw == adjusted);
            }
        }
    }

    /// Actions that are announced but not yet ex leave every price alone.
    #[test]
    fn what_comes_later_changes_nothing(nights in nights(), ratio in 0.1..10.0f64) {
        let (raw, mut actions) = lived(&nights);
        let now = raw.adjusted(&actions, Adjustment::SplitsAndDividends).unwrap();
        actions.push(action("A", day("2030-01-02"), ActionKind::Split { ratio }));
        actions.push(action("A", day("2030-01-03"), ActionKind::Dividend { amount: 1e9 }));
        actions.push(action("B", day("2020-01-03"), ActionKind::Split { ratio }));
        let later = raw.adjusted(&actions, Adjustment::SplitsAndDividends).unwrap();
        prop_assert_eq!(field(&now, "A", "close"), field(&later, "A", "close"));
    }

    #[test]
    fn chained_returns_are_those_of_the_holder(nights in nights()) {
        let (raw, actions) = lived(&nights);
        let chained = raw.chained(&actions).unwrap();
        let mut wealth = 100.0;
        for (close, night) in field(&chained, "A", "close")[1..].iter().zip(&nights) {
            wealth *= night.growth;
            prop_assert!((close / wealth - 1.0).abs() < 1e-9);
        }
        assert_same_returns(&raw, &actions, "A");
        assert_value_kept(&raw, &chained, "A");
    }

    /// A history that ends earlier, with the actions known then, is the start of the longer one.
    #[test]
    fn no_later_action_changes_an_earlier_value(nights in nights(), end in 0..40usize) {
        let (raw, actions) = lived(&nights);
        let end = end.min(nights.len());
        let (short, known) = lived(&nights[..end]);
        let (whole, without_later) = (raw.chained(&actions).unwrap(), raw.chained(&known).unwrap());
        let (then, early) = (short.chained(&known).unwrap(), short.chained(&actions).unwrap());
        for name in ["close", "volume", "price"] {
            let bits = |prices: &Prices| -> Vec<u64> {
                field(prices, "A", name)[..=end].iter().map(|value| value.to_bits()).collect()
            };
            prop_assert_eq!(bits(&whole), bits(&then));
            prop_assert_eq!(bits(&without_later), bits(&then));
            prop_assert_eq!(bits(&early), bits(&then));
        }
    }
}
