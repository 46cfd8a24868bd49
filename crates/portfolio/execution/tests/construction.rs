//! From weights to whole lots.

mod common;

use std::collections::BTreeMap;

use common::{holdings, money, prices, run, said, target};
use execution::{Construction, ExecutionError, Lots, TrimReason, construct};
use proptest::prelude::*;
use types::money::rust_decimal::Decimal;
use types::{CostModel, Holdings, Money, Price, Quantity, Side, Symbol};

type Row<'a> =
    (&'a str, &'a [(&'a str, f64)], Holdings, Lots, &'a [&'a str], &'a [(&'a str, TrimReason)]);

fn made(weights: &[(&str, f64)], held: &Holdings, lots: &Lots) -> Construction {
    let prices = prices(&[("A", "100"), ("B", "60"), ("C", "7")]);
    let nav = held.value(|symbol| prices.get(symbol).copied()).unwrap();
    construct(&target(weights), held, &prices, nav, lots, &run()).unwrap()
}

/// A table through one door: weights at A 100, B 60, C 7 against holdings. Each expected row can be
/// checked in the head.
#[test]
fn weights_become_orders() {
    use TrimReason::{Cash, LotRounding, MinimumTrade, NoTrade};
    let plain = Lots::default();
    let hundreds = Lots { lot: 100, ..Lots::default() };
    let minimum = Lots { min_trade_value: money("500"), ..Lots::default() };
    let buffer = Lots { cash_buffer: money("1000"), ..Lots::default() };
    let rows: &[Row] = &[
        ("all in one", &[("A", 1.0)], holdings("10000", &[]), plain.clone(), &["A 100"], &[]),
        ("nothing to do", &[("A", 0.5)], holdings("1000", &[("A", "10")]), plain.clone(), &[], &[]),
        (
            "not in the target: closed, odd lots and fractions too",
            &[("A", 0.0)],
            holdings("0", &[("A", "37.25"), ("B", "5")]),
            hundreds.clone(),
            &["A -37.25", "B -5"],
            &[],
        ),
        (
            "sales first",
            &[("A", 0.6), ("B", 0.0), ("C", 0.35)],
            holdings("4000", &[("B", "100")]),
            plain.clone(),
            &["B -100", "A 60", "C 500"],
            &[],
        ),
        (
            "a cheap lot fills up what a dear one leaves",
            &[("A", 0.5), ("C", 0.5)],
            holdings("1010", &[]),
            plain.clone(),
            &["A 5", "C 72"],
            &[("A", LotRounding), ("C", LotRounding)],
        ),
        (
            "less than half a lot is no trade",
            &[("A", 0.0401)],
            holdings("9600", &[("A", "4")]),
            plain.clone(),
            &[],
            &[("A", NoTrade)],
        ),
        (
            "lots of a hundred",
            &[("C", 0.5)],
            holdings("10000", &[]),
            hundreds.clone(),
            &["C 700"],
            &[("C", LotRounding)],
        ),
        (
            "small trades are left out",
            &[("A", 0.5), ("B", 0.03)],
            holdings("10000", &[]),
            minimum,
            &["A 50"],
            &[("B", MinimumTrade)],
        ),
        (
            "the buffer stays",
            &[("A", 1.0)],
            holdings("10000", &[]),
            buffer,
            &["A 90"],
            &[("A", Cash)],
        ),
        ("short", &[("A", -0.5)], holdings("10000", &[]), plain.clone(), &["A -50"], &[]),
        (
            "long to short",
            &[("A", -0.5)],
            holdings("9000", &[("A", "10")]),
            plain.clone(),
            &["A -60"],
            &[],
        ),
        (
            "cover",
            &[("B", 0.0)],
            holdings("10000", &[("B", "-12.5")]),
            hundreds.clone(),
            &["B 12.5"],
            &[],
        ),
        (
            "rounding does not cross nought",
            &[("A", 0.003)],
            holdings("0", &[("A", "150")]),
            hundreds,
            &["A -150"],
            &[("A", LotRounding)],
        ),
        (
            "borrowing that is asked for",
            &[("A", 1.5)],
            holdings("10000", &[]),
            plain,
            &["A 150"],
            &[],
        ),
    ];
    for (name, weights, held, lots, orders, trims) in rows {
        let made = made(weights, held, lots);
        assert_eq!(&said(&made.orders), orders, "{name}");
        let reasons: Vec<_> =
            made.trims.iter().map(|trim| (trim.symbol.as_str(), trim.reason)).collect();
        assert_eq!(&reasons, trims, "{name}");
    }
}

/// 5 bps commission and a spread of 10 bps on 10,000 at full weight: 99 shares cost 9,900 + 9.90.
#[test]
fn costs_are_paid_from_the_same_cash() {
    let lots = Lots {
        costs: CostModel { commission_bps: 5.0, spread_bps: 10.0, impact: None },
        ..Lots::default()
    };
    let made = made(&[("A", 1.0)], &holdings("10000", &[]), &lots);
    assert_eq!(said(&made.orders), ["A 99"]);
    assert_eq!(made.costs, money("9.9"));
    assert_eq!(made.cash_after, money("90.1"));
    assert!((made.trims[0].residual_weight - 0.01).abs() < 1e-12);
}

#[test]
fn what_is_wrong_is_named() {
    let prices = prices(&[("A", "100")]);
    let held = holdings("1000", &[]);
    let attempt = |weights: &[(&str, f64)], held: &Holdings, nav: &str, lot: u32| {
        let lots = Lots { lot, ..Lots::default() };
        construct(&target(weights), held, &prices, money(nav), &lots, &run()).unwrap_err()
    };
    let messages = [
        (attempt(&[("B", 0.5)], &held, "1000", 1), "no price of B on 2024-03-01: import one"),
        (attempt(&[], &holdings("0", &[("B", "1")]), "1000", 1), "no price of B"),
        (attempt(&[("A", f64::NAN)], &held, "1000", 1), "target weight of A on 2024-03-01 is NaN"),
        (attempt(&[("A", 0.5), ("A", 0.1)], &held, "1000", 1), "1 symbols and 2 weights"),
        (attempt(&[("A", 0.5)], &held, "0", 1), "net asset value on 2024-03-01 is 0"),
        (attempt(&[("A", 0.5)], &held, "1000", 0), "lot size is 0"),
    ];
    for (error, message) in messages {
        assert!(error.to_string().contains(message), "{error} should contain {message}");
    }
    // A symbol without a price that is neither wanted nor held is nobody's business.
    let idle = target(&[("A", 0.5), ("B", 0.0)]);
    let fine: Result<_, ExecutionError> =
        construct(&idle, &held, &prices, money("1000"), &Lots::default(), &run());
    assert_eq!(said(&fine.unwrap().orders), ["A 5"]);
}

/// Shares held, price in cents and raw weight of each symbol; cash in cents; lot; cost.
fn case() -> impl Strategy<Value = (Vec<(i64, i64, f64)>, i64, u32, f64)> {
    (
        prop::collection::vec((0i64..200, 50i64..90_000, 0.0f64..1.0), 1..9),
        0i64..20_000_000,
        prop_oneof![Just(1u32), Just(10), Just(100)],
        prop_oneof![Just(0.0f64), Just(7.0), Just(100.0)],
    )
}

struct Made {
    target: types::Target,
    held: Holdings,
    prices: BTreeMap<Symbol, Price>,
    nav: Money,
    lots: Lots,
    made: Construction,
}

fn make(case: &(Vec<(i64, i64, f64)>, i64, u32, f64)) -> Option<Made> {
    let (symbols, cash, lot, bps) = case;
    let total: f64 = symbols.iter().map(|(_, _, weight)| weight).sum::<f64>().max(1e-3);
    let names: Vec<String> = (0..symbols.len()).map(|n| format!("S{n}")).collect();
    let weights: Vec<_> = names
        .iter()
        .zip(symbols)
        .map(|(name, (_, _, weight))| (name.as_str(), weight / total))
        .collect();
    let mut held = holdings("0", &[]);
    held.cash = Money::from(Decimal::new(*cash, 2));
    let mut prices = BTreeMap::new();
    for (name, (shares, cents, _)) in names.iter().zip(symbols) {
        prices.insert(name.as_str().into(), Price::from(Decimal::new(*cents, 2)));
        if *shares > 0 {
            let quantity = Quantity::from(Decimal::from(*shares));
            let position = types::Position { quantity, cost: Money::ZERO };
            held.positions.insert(name.as_str().into(), position);
        }
    }
    let nav = held.value(|symbol| prices.get(symbol).copied()).unwrap();
    if nav.is_zero() {
        return None;
    }
    let lots = Lots {
        lot: *lot,
        costs: CostModel { commission_bps: *bps, spread_bps: *bps, impact: None },
        ..Lots::default()
    };
    let target = target(&weights);
    let made = construct(&target, &held, &prices, nav, &lots, &run()).unwrap();
    Some(Made { target, held, prices, nav, lots, made })
}

/// What each position and cash lack in value, squared and added.
fn distance(made: &Made, trades: &BTreeMap<Symbol, f64>) -> f64 {
    let nav = made.nav.to_f64();
    let mut idle = 0.0;
    let mut sum = 0.0;
    for (symbol, weight) in made.target.symbols.iter().zip(&made.target.weights) {
        let shares = made.held.quantity(symbol).to_f64() + trades.get(symbol).unwrap_or(&0.0);
        let lacks = weight * nav - shares * made.prices[symbol].to_f64();
        sum += lacks * lacks;
        idle += lacks;
    }
    sum + idle * idle
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Cash never ends below nought, the account of cash is exact, lots are whole, nothing held is
    /// sold twice, and order ids are unique.
    #[test]
    fn cash_is_never_overspent(case in case()) {
        let Some(case) = make(&case) else { return Ok(()) };
        let made = &case.made;
        prop_assert!(made.cash_after >= Money::ZERO, "{:?}", made);
        let mut cash = case.held.cash - made.costs;
        for order in &made.orders {
            cash += match order.side { Side::Buy => -order.value(), Side::Sell => order.value() };
            let lot = Decimal::from(case.lots.lot);
            let closes = order.quantity == case.held.quantity(&order.symbol);
            prop_assert!(closes || (order.quantity.decimal() % lot).is_zero());
            let end = case.held.quantity(&order.symbol) + order.signed_quantity();
            prop_assert!(end >= Quantity::ZERO);
        }
        prop_assert_eq!(cash, made.cash_after);
        let sides: Vec<_> = made.orders.iter().map(|order| order.side == Side::Buy).collect();
        prop_assert!(sides.is_sorted());
    }

    /// Every position is less than a lot from its wish, or cash was short; wish = kept + residual.
    #[test]
    fn the_residual_is_recorded(case in case()) {
        let Some(case) = make(&case) else { return Ok(()) };
        let nav = case.nav.to_f64();
        for (symbol, weight) in case.target.symbols.iter().zip(&case.target.weights) {
            let order = case.made.orders.iter().find(|order| order.symbol == *symbol);
            let kept = order.map_or(0.0, |order| order.signed_quantity().to_f64());
            let end = case.held.quantity(symbol).to_f64() + kept;
            let missing = weight - end * case.prices[symbol].to_f64() / nav;
            let trim = case.made.trims.iter().find(|trim| trim.symbol == *symbol);
            let residual = trim.map_or(0.0, |trim| trim.residual_weight);
            prop_assert!((missing - residual).abs() < 1e-7, "{} {}", missing, residual);
            if trim.is_some_and(|trim| trim.reason == TrimReason::LotRounding) {
                let shares = residual * nav / case.prices[symbol].to_f64();
                prop_assert!(shares.abs() < f64::from(case.lots.lot) * (1.0 + 1e-9));
            }
        }
    }

    /// Without costs and with single shares, no share more that cash could pay, and no share less,
    /// brings the portfolio closer to its target.
    #[test]
    fn no_single_share_brings_it_closer(mut case in case()) {
        (case.2, case.3) = (1, 0.0);
        let Some(case) = make(&case) else { return Ok(()) };
        let trades: BTreeMap<Symbol, f64> = case.made.orders.iter()
            .map(|order| (order.symbol.clone(), order.signed_quantity().to_f64()))
            .collect();
        let reached = distance(&case, &trades);
        for trim in &case.made.trims {
            let step = trim.residual_weight.signum();
            if step * case.prices[&trim.symbol].to_f64() > case.made.cash_after.to_f64() {
                continue;
            }
            let mut other = trades.clone();
            *other.entry(trim.symbol.clone()).or_default() += step;
            let nearer = distance(&case, &other) < reached - 1e-6 * (1.0 + reached);
            prop_assert!(!nearer, "{} more of {} is nearer", step, trim.symbol);
        }
    }

    /// The order in which symbols are given changes nothing.
    #[test]
    fn the_order_of_symbols_is_irrelevant(case in case()) {
        let Some(case) = make(&case) else { return Ok(()) };
        let mut turned = case.target.clone();
        turned.symbols = case.target.symbols.iter().rev().cloned().collect();
        turned.weights.reverse();
        let again = construct(&turned, &case.held, &case.prices, case.nav, &case.lots, &run());
        prop_assert_eq!(&again.unwrap(), &case.made);
    }
}
