//! Nothing appears and nothing is lost, whatever happens in whatever order.

mod common;

use std::collections::VecDeque;

use ledger::{Entry, Ledger, Ratio};
use proptest::prelude::*;
use types::money::rust_decimal::Decimal;
use types::{Date, Fill, Money, Price, Quantity, Side, Symbol};

/// One random event: shares (negative sells) at a price in cents, or a split, or a dividend.
#[derive(Debug, Clone)]
enum Event {
    Trade { shares: i64, cents: i64, commission: i64 },
    Split { new: u32, old: u32, in_lieu: bool },
    Dividend { cents: i64 },
    Cash { cents: i64 },
}

fn trade() -> impl Strategy<Value = Event> {
    (-60i64..60, 1i64..20_000, 0i64..500)
        .prop_filter("a trade of nothing", |(shares, ..)| *shares != 0)
        .prop_map(|(shares, cents, commission)| Event::Trade { shares, cents, commission })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => trade(),
        1 => (1u32..8, 1u32..8, any::<bool>())
            .prop_map(|(new, old, in_lieu)| Event::Split { new, old, in_lieu }),
        1 => (1i64..300).prop_map(|cents| Event::Dividend { cents }),
        1 => (-9_000i64..9_000).prop_map(|cents| Event::Cash { cents }),
    ]
}

fn cents(cents: i64) -> Money {
    Money::from(Decimal::new(cents, 2))
}

fn day(n: usize) -> Date {
    Date::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new(n as u64)
}

fn entry(symbol: &Symbol, at: Date, event: &Event) -> Entry {
    let symbol = symbol.clone();
    match *event {
        Event::Trade { shares, cents: paid, commission } => Entry::Fill(Fill {
            order: "order".into(),
            at,
            symbol,
            side: if shares < 0 { Side::Sell } else { Side::Buy },
            quantity: Quantity::from(Decimal::from(shares.abs())),
            price: Price::from(Decimal::new(paid, 2)),
            commission: cents(commission),
            spread: Money::ZERO,
            impact: Money::ZERO,
        }),
        Event::Split { new, old, in_lieu } => Entry::Split {
            symbol,
            ratio: Ratio { new, old },
            cash_in_lieu: in_lieu.then(|| Price::from(Decimal::from(50))),
            at,
        },
        Event::Dividend { cents: paid } => Entry::Dividend { symbol, per_share: cents(paid), at },
        Event::Cash { cents: 0 } => Entry::Interest { amount: Money::ZERO, at },
        Event::Cash { cents: paid } if paid > 0 => Entry::Deposit { amount: cents(paid), at },
        Event::Cash { cents: paid } => Entry::Withdrawal { amount: cents(-paid), at },
    }
}

/// The same trades share by share in whole cents: a queue of single shares, each with what it cost.
#[derive(Default)]
struct ShareByShare {
    cash: i64,
    realised: i64,
    /// (long?, cents, day) of each open share.
    open: VecDeque<(bool, i64, Date)>,
}

impl ShareByShare {
    fn trade(&mut self, shares: i64, cents: i64, at: Date) {
        let buys = shares > 0;
        self.cash -= shares * cents;
        for _ in 0..shares.abs() {
            match self.open.front() {
                Some((long, paid, _)) if *long != buys => {
                    self.realised += if *long { cents - paid } else { paid - cents };
                    self.open.pop_front();
                }
                _ => self.open.push_back((buys, cents, at)),
            }
        }
    }

    fn quantity(&self) -> i64 {
        let long = self.open.iter().filter(|(long, ..)| *long).count() as i64;
        2 * long - self.open.len() as i64
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is booked, the books balance, and the value at any prices is what came from
    /// outside plus profit and loss.
    #[test]
    fn the_books_balance(events in prop::collection::vec((0usize..3, event()), 1..60)) {
        let symbols: [Symbol; 3] = ["A".into(), "B".into(), "C".into()];
        let mut ledger = Ledger::open(cents(100_000));
        for (n, (symbol, event)) in events.iter().enumerate() {
            ledger.apply(entry(&symbols[*symbol], day(n), event)).unwrap();
            ledger.audit().unwrap();
        }
        let price_of = |symbol: &Symbol| {
            Some(Price::from(Decimal::from(10 + symbol.as_str().len() as i64)))
        };
        let value = ledger.value(price_of).unwrap();
        let outside = ledger.totals().deposits - ledger.totals().withdrawals;
        let profit = ledger.profit_and_loss(price_of).unwrap().total();
        prop_assert_eq!(value, outside + profit);
        prop_assert_eq!(ledger.holdings().value(price_of).unwrap(), value);
    }

    /// First in, first out over lots agrees to the cent with a queue of single shares.
    #[test]
    fn lots_agree_with_single_shares(trades in prop::collection::vec(trade(), 1..40)) {
        let symbol: Symbol = "A".into();
        let mut ledger = Ledger::open(Money::ZERO);
        let mut queue = ShareByShare::default();
        for (n, event) in trades.iter().enumerate() {
            let Event::Trade { shares, cents, .. } = *event else { unreachable!() };
            let free = Event::Trade { shares, cents, commission: 0 };
            ledger.apply(entry(&symbol, day(n), &free)).unwrap();
            queue.trade(shares, cents, day(n));
        }
        prop_assert_eq!(ledger.cash(), cents(queue.cash));
        prop_assert_eq!(ledger.totals().realised, cents(queue.realised));
        prop_assert_eq!(ledger.quantity(&symbol), Quantity::from(Decimal::from(queue.quantity())));
        let mut open = queue.open.iter();
        for lot in ledger.lots(&symbol) {
            let size = lot.quantity.abs().to_f64() as usize;
            let shares: Vec<_> = open.by_ref().take(size).collect();
            prop_assert!(shares.iter().all(|(_, _, at)| *at == lot.opened));
            let cost: i64 = shares.iter().map(|(_, paid, _)| paid).sum();
            prop_assert_eq!(lot.cost.abs(), cents(cost));
        }
        prop_assert!(open.next().is_none());
    }

    /// What happens to one instrument does not depend on when others are traded.
    #[test]
    fn instruments_are_independent(
        events in prop::collection::vec((event(), event()), 1..30),
        a_first in prop::collection::vec(any::<bool>(), 30),
    ) {
        let (a, b): (Symbol, Symbol) = ("A".into(), "B".into());
        let (mut one, mut other) = (Ledger::open(Money::ZERO), Ledger::open(Money::ZERO));
        for (n, (for_a, for_b)) in events.iter().enumerate() {
            let pair = [entry(&a, day(n), for_a), entry(&b, day(n), for_b)];
            for e in pair.clone() {
                one.apply(e).unwrap();
            }
            let [first, second] = pair;
            for e in if a_first[n] { [first, second] } else { [second, first] } {
                other.apply(e).unwrap();
            }
        }
        prop_assert_eq!(one.holdings(), other.holdings());
        prop_assert_eq!(one.totals(), other.totals());
        prop_assert!(one.lots(&a).eq(other.lots(&a)));
    }

    /// A split multiplies the position and keeps its cost; undone, it is as before.
    #[test]
    fn a_split_keeps_the_cost(
        trades in prop::collection::vec(trade(), 1..20),
        ratio in 1u32..12,
    ) {
        let symbol: Symbol = "A".into();
        let mut ledger = Ledger::open(Money::ZERO);
        for (n, event) in trades.iter().enumerate() {
            ledger.apply(entry(&symbol, day(n), event)).unwrap();
        }
        let before = ledger.holdings();
        let split = |new, old| Event::Split { new, old, in_lieu: false };
        ledger.apply(entry(&symbol, day(99), &split(ratio, 1))).unwrap();
        let cost = |of: &types::Holdings| of.positions.get(&symbol).map(|held| held.cost);
        prop_assert_eq!(cost(&ledger.holdings()), cost(&before));
        ledger.apply(entry(&symbol, day(99), &split(1, ratio))).unwrap();
        prop_assert_eq!(ledger.holdings(), before);
    }
}
