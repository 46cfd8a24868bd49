//! Each limit at its edge, and that nothing goes round them.

mod common;

use std::collections::BTreeMap;

use common::{decimal, holdings, money, order, prices, said};
use execution::{Context, Limits, RefusalReason, Screening, TrimReason, reasons};
use proptest::prelude::*;
use types::money::rust_decimal::Decimal;
use types::{Holdings, Order, Quantity, Symbol};

/// Net asset value 100,000, A closes at 100 (1,000,000 traded a day), B at 50 (volume unknown).
fn screen(limits: &Limits, held: &Holdings, orders: Vec<Order>) -> Screening {
    let context = Context {
        nav: money("100000"),
        holdings: held,
        closes: &prices(&[("A", "100"), ("B", "50")]),
        daily_value: &BTreeMap::from([("A".into(), 1e6), ("B".into(), f64::NAN)]),
        lot: 1,
        cash_reserve: money("0"),
    };
    limits.check(orders, &context)
}

fn limits(change: impl Fn(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[test]
fn each_limit_refuses_beyond_its_edge() {
    use RefusalReason::*;
    let held = holdings("100000", &[("A", "100")]);
    let cases = [
        (limits(|l| l.kill_switch = true), order("1", "A", "1", "100"), Some(KillSwitch)),
        (limits(|_| ()), order("1", "A", "0", "100"), Some(Quantity)),
        (limits(|_| ()), order("1", "X", "1", "100"), Some(NoPrice)),
        (limits(|_| ()), order("1", "A", "1", "120"), None),
        (limits(|_| ()), order("1", "A", "1", "120.01"), Some(PriceCollar)),
        (limits(|_| ()), order("1", "A", "-1", "79.99"), Some(PriceCollar)),
        (limits(|l| l.max_order_value = 1000.0), order("1", "A", "10", "100"), None),
        (limits(|l| l.max_order_value = 1000.0), order("1", "A", "11", "100"), Some(OrderValue)),
        (limits(|l| l.max_order_value = f64::NAN), order("1", "A", "1", "100"), Some(OrderValue)),
        (limits(|l| l.max_orders = 0), order("1", "A", "1", "100"), Some(MaxOrders)),
        (limits(|l| l.max_turnover = 0.01), order("1", "A", "10", "100"), None),
        (limits(|l| l.max_turnover = 0.01), order("1", "A", "11", "100"), Some(Turnover)),
        (limits(|l| l.max_position = 0.1), order("1", "A", "1", "100"), Some(NothingLeft)),
        (limits(|l| l.max_position = 0.1), order("1", "A", "-50", "100"), None),
    ];
    for (limits, order, expected) in cases {
        let screening = screen(&limits, &held, vec![order.clone()]);
        let reason = screening.refusals.first().map(|refusal| refusal.reason);
        assert_eq!(reason, expected, "{order:?} {limits:?}");
        assert_eq!(screening.checked.len(), usize::from(expected.is_none()));
    }
}

#[test]
fn too_much_is_cut() {
    let held = holdings("100000", &[("A", "100")]);
    let cases = [
        // 15 % of 100,000 is 150 shares of A, 100 are held.
        (
            limits(|l| l.max_position = 0.15),
            order("1", "A", "80", "100"),
            "A 50",
            TrimReason::Position,
        ),
        // Short: 150 shares below nought are 250 below what is held.
        (
            limits(|l| l.max_position = 0.15),
            order("1", "A", "-300", "100"),
            "A -250",
            TrimReason::Position,
        ),
        // 2 % of 1,000,000 traded are 200 shares.
        (
            limits(|l| l.max_participation = 0.02),
            order("1", "A", "300", "100"),
            "A 200",
            TrimReason::Participation,
        ),
    ];
    for (limits, order, expected, reason) in cases {
        let screening = screen(&limits, &held, vec![order.clone()]);
        assert_eq!(said(screening.checked.iter().map(|checked| checked.get())), [expected]);
        let trim = &screening.trims[0];
        assert_eq!(trim.reason, reason);
        assert_eq!(trim.wanted, order.signed_quantity().to_f64());
    }
}

#[test]
fn orders_of_a_decision_are_held_together() {
    let held = holdings("100000", &[]);
    let twice = vec![order("1", "A", "100", "100"), order("2", "A", "100", "100")];
    let tight = limits(|l| l.max_position = 0.15);
    let screening = screen(&tight, &held, twice.clone());
    assert_eq!(said(screening.checked.iter().map(|c| c.get())), ["A 100", "A 50"]);
    let tight = limits(|l| l.max_participation = 0.012);
    let screening = screen(&tight, &held, twice);
    assert_eq!(said(screening.checked.iter().map(|c| c.get())), ["A 100", "A 20"]);
    let same = vec![order("1", "A", "1", "100"), order("1", "A", "1", "100")];
    let screening = screen(&Limits::default(), &held, same);
    assert_eq!(screening.refusals[0].reason, RefusalReason::Duplicate);
}

/// A sale of 40,000 is cut to 10,000 (1 % of a day), so of a purchase of 50,000 only what cash pays
/// is left: 10,000 at hand and 10,000 from the sale.
#[test]
fn a_cut_sale_cuts_the_purchase_that_it_pays_for() {
    let held = holdings("10000", &[("A", "900")]);
    let orders = vec![order("1", "B", "1000", "50"), order("2", "A", "-400", "100")];
    let screening = screen(&limits(|l| l.max_participation = 0.01), &held, orders);
    assert_eq!(said(screening.checked.iter().map(|c| c.get())), ["A -100", "B 400"]);
    let reasons: Vec<_> = screening.trims.iter().map(|trim| trim.reason).collect();
    assert_eq!(reasons, [TrimReason::Participation, TrimReason::Cash]);
}

#[test]
fn every_reason_has_its_sentence() {
    let mut names: Vec<_> = reasons().iter().map(|reason| (reason.outcome, reason.name)).collect();
    assert!(reasons().iter().all(|reason| reason.meaning.ends_with('.')));
    names.dedup();
    assert_eq!(names.len(), TrimReason::ALL.len() + RefusalReason::ALL.len());
    for reason in TrimReason::ALL {
        let written = serde_json::to_string(reason).unwrap();
        assert_eq!(written, format!("\"{}\"", reason.as_str()));
    }
    for reason in RefusalReason::ALL {
        let written = serde_json::to_string(reason).unwrap();
        assert_eq!(written, format!("\"{}\"", reason.as_str()));
    }
}

#[test]
fn unknown_limits_are_refused() {
    let read = |text: &str| serde_json::from_str::<Limits>(text);
    let changed = read(r#"{"max_position": 0.1, "max_order_value": 5000}"#).unwrap();
    assert_eq!(changed.max_position, 0.1);
    assert_eq!(changed.price_collar, Limits::default().price_collar);
    assert!(read(r#"{"max_positions": 0.1}"#).unwrap_err().to_string().contains("max_positions"));
}

proptest! {
    /// Whatever is sent, what passes is within the limits, every order comes back once, and cash
    /// ends no lower than the orders as given would have left it.
    #[test]
    fn what_passes_is_within_the_limits(
        sent in prop::collection::vec((any::<bool>(), -400i64..400, 70i64..130), 0..8),
        shares in -300i64..300,
        cash in 0i64..60_000,
        position in 0.01f64..0.5,
        participation in 0.0f64..0.05,
    ) {
        let held = holdings(&cash.to_string(), &[("A", &shares.to_string())]);
        let limits = limits(|l| {
            l.max_position = position;
            l.max_participation = participation;
            l.max_turnover = 0.8;
        });
        let orders: Vec<_> = sent.iter().enumerate().map(|(n, (a, quantity, price))| {
            let (symbol, price) = if *a { ("A", *price) } else { ("B", *price / 2) };
            order(&n.to_string(), symbol, &quantity.to_string(), &price.to_string())
        }).collect();
        let screening = screen(&limits, &held, orders.clone());
        prop_assert_eq!(screening.checked.len() + screening.refusals.len(), orders.len());
        let flow = |orders: &[Order]| orders.iter().fold(held.cash.decimal(), |cash, order| {
            cash - order.signed_quantity().decimal() * order.reference_price.decimal()
        });
        let passed: Vec<_> = screening.checked.iter().map(|checked| checked.get().clone()).collect();
        prop_assert!(flow(&passed) >= flow(&orders).min(Decimal::ZERO));
        let value: Decimal = passed.iter().map(|order| order.value().decimal()).sum();
        prop_assert!(value <= decimal("80000"));
        let (mut sold, mut bought) = (Quantity::ZERO, Quantity::ZERO);
        let a: Symbol = "A".into();
        for order in passed.iter().filter(|order| order.symbol == a) {
            *(if order.signed_quantity() < Quantity::ZERO { &mut sold } else { &mut bought }) += order.quantity;
        }
        let end = held.quantity(&a) + bought - sold;
        let cap = (position * 1000.0).max(shares.unsigned_abs() as f64);
        prop_assert!(end.abs().to_f64() <= cap + 1e-9);
    }
}
