//! What the ledger refuses, one row each; after a refusal nothing has changed.

mod common;

use common::{day, fill, money, split};
use ledger::{Entry, Ledger};

#[test]
fn what_is_wrong_is_named() {
    let on = "2024-03-04";
    let deposit = |amount: &str| Entry::Deposit { amount: money(amount), at: day(on) };
    let cases = [
        (fill("2024-03-01", "A", "1", "10", "0"), "in the order of dates"),
        (fill(on, "A", "0", "10", "0"), "fill of order in A has quantity 0"),
        (fill(on, "A", "1", "0", "0"), "price 0 of A on 2024-03-04"),
        (fill(on, "A", "1000000000", "1000000000", "0"), "larger than 1e15"),
        (fill(on, "B", "-1", "10", "0"), "cannot sell 1 B on 2024-03-04, only 0 held"),
        (fill(on, "A", "-11", "10", "0"), "cannot sell 11 A on 2024-03-04, only 10 held"),
        (split(on, "A", 0, 1, None), "split of A by 0:1"),
        (split(on, "A", 3, 2, Some("0")), "price 0 of A"),
        (deposit("0"), "deposit of 0 on 2024-03-04 is not positive"),
        (deposit("-5"), "deposit of -5"),
    ];
    let mut ledger = Ledger::open_long_only(money("1000"));
    ledger.apply(fill("2024-03-02", "A", "10", "10", "0")).unwrap();
    for (entry, message) in cases {
        let before = ledger.clone();
        let error = ledger.apply(entry).unwrap_err().to_string();
        assert!(error.contains(message), "{error:?} should contain {message:?}");
        assert_eq!(ledger, before);
    }
}

#[test]
fn a_position_without_a_price_is_named() {
    let mut ledger = Ledger::open(money("1000"));
    ledger.apply(fill("2024-03-02", "A", "10", "10", "0")).unwrap();
    let error = ledger.value(|_| None).unwrap_err().to_string();
    assert_eq!(error, "no price of A: give one for every position that is held");
}
