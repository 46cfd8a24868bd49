//! Cases with numbers that others published.

mod common;

use common::{day, dividend, fill, money, price, shares, split};
use ledger::{Entry, Ledger, Lot};

fn booked(entries: Vec<Entry>) -> Ledger {
    let mut ledger = Ledger::open(money("1000000"));
    for entry in entries {
        ledger.apply(entry).unwrap();
        ledger.audit().unwrap();
    }
    ledger
}

fn lots(ledger: &Ledger, symbol: &str) -> Vec<(String, Lot)> {
    ledger.lots(&symbol.into()).map(|lot| (lot.opened.to_string(), *lot)).collect()
}

/// IRS Publication 550, "Stock dividends", new and old stock identical: two shares bought for $30
/// and $45, two new ones for each: three with a basis of $10 and three with a basis of $15.
#[test]
fn basis_after_two_new_shares_for_each() {
    let ledger = booked(vec![
        fill("2001-01-02", "X", "1", "30", "0"),
        fill("2002-01-02", "X", "1", "45", "0"),
        split("2003-01-02", "X", 3, 1, None),
        fill("2003-01-03", "X", "-1", "20", "0"),
        fill("2003-01-03", "X", "-3", "20", "0"),
    ]);
    let costs: Vec<_> = ledger.gains().iter().map(|gain| gain.cost).collect();
    assert_eq!(costs, [money("10"), money("20"), money("15")]);
    assert_eq!(lots(&ledger, "X")[0].1.cost, money("30"));
}

/// IRS Publication 4491, "Basis of Stock", case study 1: 100 shares for $1,100 with the broker's
/// commission of $25 in it, then 10 more as a stock dividend: a basis of $10 a share.
#[test]
fn commission_is_part_of_the_basis() {
    let ledger = booked(vec![
        fill("2010-03-01", "ABC", "100", "10.75", "25"),
        split("2010-06-01", "ABC", 110, 100, None),
        fill("2010-07-01", "ABC", "-1", "12", "0"),
    ]);
    assert_eq!(ledger.gains()[0].cost, money("10"));
    assert_eq!(ledger.quantity(&"ABC".into()), shares("109"));
}

/// J. K. Lasser, *Your Income Tax 2013*, 30.3: 100 shares for $1,000 and 100 more as a stock
/// dividend; 50 sold for $560 are a profit of $310, and the holding period goes back to the first
/// purchase.
#[test]
fn a_stock_dividend_keeps_the_holding_period() {
    let ledger = booked(vec![
        fill("1999-12-03", "X", "100", "10", "0"),
        split("2012-08-10", "X", 2, 1, Some("11")),
        fill("2012-12-14", "X", "-50", "11.20", "0"),
    ]);
    let gain = &ledger.gains()[0];
    assert_eq!(gain.amount(), money("310"));
    assert!(gain.long_term);
    assert_eq!(gain.opened, day("1999-12-03"));
    assert_eq!(lots(&ledger, "X")[0].1.cost, money("750"));
}

/// J. K. Lasser, 30.2: 100 Acme Steel at $77 (1998), 200 at $84 (1999), 100 at $105 (2000); of 100
/// sold at $90 without identification, the lot of 1998 is sold.
#[test]
fn first_in_is_first_out() {
    let ledger = booked(vec![
        fill("1998-05-01", "ACME", "100", "77", "0"),
        fill("1999-05-03", "ACME", "200", "84", "0"),
        fill("2000-05-01", "ACME", "100", "105", "0"),
        fill("2000-12-01", "ACME", "-100", "90", "0"),
    ]);
    assert_eq!(ledger.gains()[0].cost, money("7700"));
    assert_eq!(lots(&ledger, "ACME")[0].0, "1999-05-03");
}

/// *Isaac v. Commissioner*, T.C. Summary Opinion 2002-111, the table of IBM trades of 1997: sums of
/// money as the court found them, shares through a 2:1 split, and a balance that crosses nought
/// twice. (The court's prices are totals; per share they end at 8 places.)
#[test]
fn isaac_against_the_commissioner() {
    let ibm = |ledger: &Ledger| ledger.quantity(&"IBM".into());
    let mut ledger = Ledger::open(money("100000"));
    let trades = [
        (fill("1996-03-11", "IBM", "100", "120", "0"), "100"),
        (fill("1997-01-23", "IBM", "-100", "153.74", "0"), "0"),
        (fill("1997-01-28", "IBM", "100", "152.87", "0"), "100"),
        (fill("1997-05-16", "IBM", "-100", "154.24", "0"), "0"),
        (split("1997-05-27", "IBM", 2, 1, None), "0"),
        (fill("1997-09-19", "IBM", "-600", "99.875", "2"), "-600"),
        (fill("1997-09-26", "IBM", "200", "102.5", "0"), "-400"),
        (fill("1997-10-28", "IBM", "400", "97.4375", "0"), "0"),
        (fill("1997-10-29", "IBM", "200", "101.185", "0"), "200"),
    ];
    for (entry, balance) in trades {
        ledger.apply(entry).unwrap();
        ledger.audit().unwrap();
        assert_eq!(ibm(&ledger), shares(balance));
    }
    let short = &ledger.gains()[2..];
    assert_eq!(short.iter().map(|gain| gain.proceeds).sum::<types::Money>(), money("59923"));
    assert_eq!(short[0].cost, money("20500"));
    assert_eq!(short[1].cost, money("38975"));
    assert!(short.iter().all(|gain| !gain.long_term));
    assert_eq!(lots(&ledger, "IBM")[0].1.cost, money("20237"));
}

/// The Motley Fool, "How to Report Cash in Lieu on Schedule D": 105 shares at $50, a 3-for-2 split
/// to 157.5, basis $33.33 a share; the half share goes at $38, $4.67 a share above its basis.
#[test]
fn cash_in_lieu_of_half_a_share() {
    let ledger = booked(vec![
        fill("2014-01-02", "X", "105", "50", "0"),
        split("2015-01-02", "X", 3, 2, Some("38")),
    ]);
    assert_eq!(ledger.quantity(&"X".into()), shares("157"));
    assert_eq!(ledger.totals().cash_in_lieu, money("19"));
    let gain = &ledger.gains()[0];
    assert_eq!(gain.quantity, shares("0.5"));
    let per_share = gain.amount().to_f64() / 0.5;
    assert!((per_share - 4.67).abs() < 0.005, "{per_share}");
}

/// IRS Publication 550, "Holding Period": bought on February 5 and sold on February 5 of the next
/// year is not more than one year; on February 6 it is. Leap years change nothing.
#[test]
fn more_than_one_year_is_counted_from_the_day_after() {
    for (bought, sold, long_term) in [
        ("2009-02-05", "2010-02-05", false),
        ("2009-02-05", "2010-02-06", true),
        ("2023-03-01", "2024-03-01", false),
        ("2023-03-01", "2024-03-02", true),
        ("2024-02-29", "2025-03-01", true),
    ] {
        let ledger =
            booked(vec![fill(bought, "X", "1", "10", "0"), fill(sold, "X", "-1", "10", "0")]);
        assert_eq!(ledger.gains()[0].long_term, long_term, "{bought} to {sold}");
    }
}

/// Apple's dividend of $0.24 on 100 shares is $24.00 (paid 2024-02-15, ex 2024-02-09); whoever is
/// short owes it to the lender (FINRA, "Short Sales": payments in lieu of dividends).
#[test]
fn the_short_pay_the_dividend() {
    for (quantity, cash) in [("100", "24"), ("-100", "-24")] {
        let ledger = booked(vec![
            fill("2024-02-01", "AAPL", quantity, "185", "0"),
            dividend("2024-02-09", "AAPL", "0.24"),
            dividend("2024-02-09", "MSFT", "0.75"),
        ]);
        assert_eq!(ledger.totals().dividends, money(cash));
        let value = ledger.value(|_| Some(price("185"))).unwrap();
        assert_eq!(value, money("1000000") + money(cash));
    }
}
