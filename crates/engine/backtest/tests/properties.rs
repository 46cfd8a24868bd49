//! What holds for every run: nothing is known before its time, the same is decided again, nothing
//! is lost, and every order can say why.

mod common;

use std::collections::BTreeSet;

use common::*;
use cycle::Desk;
use cycle::facts::{Allocated, Booked, CheckedOrders, Completed, Filled, Refused};
use journal::{Kind, Record, why};
use ledger::{Entry, Ledger};
use market::{ActionKind, CorporateAction};
use proptest::prelude::*;
use types::{Id, Money, Order, Symbol};

const DAILY: &str = r#"
[risk]
covariance = { estimator = "sample", window = "40d" }
[allocation]
objective = { minimise = "variance" }
constraints = ["long only", "weight <= 70%"]
[rebalance]
when = "week end"
[execution]
delay = "2d"
costs = { commission = "1bps", spread = "4bps" }
[cash]
deposit = { amount = 10_000, when = "month end" }
"#;

const SIGNAL: &str = r#"
[forecast]
target = "forward_return_5d"
signal = "-return(close, 5)"
[risk]
covariance = { estimator = "exponentially-weighted", window = "40d", half_life = "10d" }
[allocation]
objective = { maximise = "return - 3 * variance" }
constraints = ["long only"]
[rebalance]
when = ["drift > 6%", "forecast changed > 60%"]
cash_flow_first = true
[cash]
deposit = { amount = 20_000, when = "quarter end" }
"#;

fn desks() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(LEARNED), Just(DAILY), Just(SIGNAL)]
}

/// Records by all that they say. Their place in the chain follows from their order.
fn said(record: &Record) -> (Id, Kind, Vec<Id>, String) {
    let Record { id, kind, because, digest, .. } = record;
    (id.clone(), *kind, because.clone(), format!("{} {digest}", record.at))
}

/// The records up to the last decision that was made by `rows` days.
fn until_last_decision(records: &[Record], last: types::Date) -> Vec<(Id, Kind, Vec<Id>, String)> {
    let at = types::close_of(last);
    let decided = |record: &Record| {
        record.at <= at
            && matches!(record.kind, Kind::Checked | Kind::Placed | Kind::Refused | Kind::Held)
    };
    let end = records.iter().rposition(decided).map_or(0, |place| place + 1);
    records[..end].iter().map(said).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Without the future, every decision is the same: no record up to it differs in a byte.
    #[test]
    fn truncating_the_future_changes_no_decision(
        text in desks(), seed in 0u64..1000, cut in 210usize..330,
    ) {
        let desk = desk(text);
        let mut whole = earning(seed, 340, 4);
        require(&mut whole, "history >= 45d");
        let (full, _) = run(&desk, &whole);
        let last = whole.panel.dates()[cut - 1];
        let mut past = earning(seed, 340, 4);
        past.panel = past.panel.head(cut);
        require(&mut past, "history >= 45d");
        let (early, _) = run(&desk, &past);
        let decisions = until_last_decision(full.records(), last);
        prop_assert!(decisions.len() > 10);
        prop_assert_eq!(&decisions, &until_last_decision(early.records(), last));
        // Fills belong to no decision of their day, but must agree as well.
        let fills = |tape: &Tape| -> Vec<_> {
            let filled = tape.of_kind(Kind::Filled).into_iter();
            filled.filter(|fill| fill.at <= types::close_of(last)).map(said).collect()
        };
        prop_assert_eq!(fills(&full), fills(&early));
    }

    /// The values of the future may be anything: a price that comes later moves nothing.
    #[test]
    fn another_future_changes_no_decision(text in desks(), seed in 0u64..1000) {
        let (rows, cut) = (300, 260);
        let desk = desk(text);
        let one = earning(seed, rows, 3);
        let mut closes = walks(seed, rows, 3);
        let elsewhere = walks(seed + 1, rows, 3);
        for place in cut * 3..closes.len() {
            let here = (cut - 1) * 3 + place % 3;
            closes[place] = closes[here] * elsewhere[place] / elsewhere[here];
        }
        let other = panel(days(rows), symbols(3), vec![("close", closes)]);
        let other = with_rate(history(other), 0.03);
        let last = one.panel.dates()[cut - 1];
        let (a, b) = (run(&desk, &one).0, run(&desk, &other).0);
        prop_assert_eq!(
            until_last_decision(a.records(), last),
            until_last_decision(b.records(), last)
        );
    }

    #[test]
    fn the_same_run_twice_is_the_same(text in desks(), seed in 0u64..1000) {
        let (desk, world) = (desk(text), earning(seed, 300, 4));
        let (one, first) = run(&desk, &world);
        let (two, second) = run(&desk, &world);
        prop_assert_eq!(one.records(), two.records());
        prop_assert_eq!(first, second);
        journal::verify(one.records()).expect("the chain holds");
    }

    /// Net asset value is what the journal's own fills and bookings make of the capital, at the
    /// last prices: nothing comes from nowhere, nothing is lost, and each cost is paid once.
    #[test]
    fn the_journal_accounts_for_every_cent(text in desks(), seed in 0u64..1000) {
        let (desk, mut world) = (desk(text), earning(seed, 300, 4));
        let dates = world.panel.dates().to_vec();
        with_actions(&mut world, vec![
            CorporateAction {
                symbol: "S1".into(),
                ex_date: dates[250],
                kind: ActionKind::Dividend { amount: 0.37 },
            },
        ]);
        let (tape, outcome) = run(&desk, &world);
        let mut ledger = Ledger::open(Money::from_f64(1_000_000.0).unwrap());
        let mut costs = Money::ZERO;
        let mut entries: Vec<(types::Date, Entry)> = vec![];
        for record in tape.records() {
            match record.kind {
                Kind::Filled => {
                    let fill: Filled = tape.read(record);
                    costs += fill.commission + fill.spread + fill.impact;
                    entries.push((fill.at, Entry::Fill(fill)));
                }
                Kind::Booked => {
                    for booked in tape.read::<Booked>(record).entries {
                        let (amount, at) = (booked.amount, booked.day);
                        // As cash: what each was for is the ledger's own affair.
                        entries.push((at, Entry::Interest { amount, at }));
                    }
                }
                _ => {}
            }
        }
        entries.sort_by_key(|(day, _)| *day);
        for (_, entry) in entries {
            ledger.apply(entry).unwrap();
        }
        ledger.audit().unwrap();
        let closes = world.panel.view("close").unwrap().last().unwrap().to_vec();
        let price = |symbol: &Symbol| {
            let column = world.panel.column(symbol).ok()?;
            types::Price::from_f64(closes[column]).ok()
        };
        let completed: Completed = tape.read(tape.of_kind(Kind::Completed)[0]);
        prop_assert_eq!(ledger.value(price).unwrap(), completed.net_asset_value);
        prop_assert!((costs.to_f64() - outcome.totals.costs).abs() < 1e-6);
    }

    /// Every order leads back to a day that was seen, a forecast and an allocation; it was held
    /// against the limits, and what was filled was placed.
    #[test]
    fn every_order_says_why(text in desks(), seed in 0u64..1000) {
        let (tape, outcome) = run(&desk(text), &earning(seed, 300, 4));
        let placed = tape.of_kind(Kind::Placed);
        prop_assert!(!placed.is_empty());
        prop_assert_eq!(placed.len(), outcome.totals.orders);
        let mut passed = BTreeSet::new();
        for record in tape.of_kind(Kind::Checked) {
            passed.extend(tape.read::<CheckedOrders>(record).passed);
        }
        for record in &placed {
            let causes = why(&record.id, |id| tape.memory.get(id)).unwrap();
            let kinds: BTreeSet<Kind> = causes.iter().map(|cause| cause.record.kind).collect();
            for kind in [Kind::Commanded, Kind::Observed, Kind::Measured, Kind::Forecast,
                         Kind::Estimated, Kind::Allocated, Kind::Checked] {
                prop_assert!(kinds.contains(&kind), "{} lacks {kind}", record.id);
            }
            prop_assert!(passed.contains(record.id.as_str()));
        }
        let placed: BTreeSet<&Id> = placed.iter().map(|record| &record.id).collect();
        for record in tape.of_kind(Kind::Filled) {
            prop_assert!(placed.contains(&record.because[0]));
        }
    }

    /// The order of columns is no information.
    #[test]
    fn the_order_of_symbols_does_not_matter(
        text in prop_oneof![Just(DAILY), Just(SIGNAL)], seed in 0u64..1000,
    ) {
        let (rows, cols) = (200, 4);
        let closes = walks(seed, rows, cols);
        let order = [2, 0, 3, 1];
        let mixed: Vec<f64> =
            closes.chunks(cols).flat_map(|row| order.map(|column| row[column])).collect();
        let names = symbols(cols);
        let renamed = order.map(|column| names[column].clone()).to_vec();
        let desk = desk(text);
        let straight = history(panel(days(rows), names, vec![("close", closes)]));
        let crooked = history(panel(days(rows), renamed, vec![("close", mixed)]));
        let weights = |tape: &Tape| -> Vec<_> {
            let targets = tape.of_kind(Kind::Allocated).into_iter();
            targets.map(|record| {
                let target = tape.read::<Allocated>(record).target;
                let pairs = target.symbols.iter().cloned().zip(target.weights);
                pairs.collect::<std::collections::BTreeMap<Symbol, f64>>()
            }).collect()
        };
        let (a, b) = (run(&desk, &straight).0, run(&desk, &crooked).0);
        let (a, b) = (weights(&a), weights(&b));
        prop_assert_eq!(a.len(), b.len());
        // The first decision: after it, holdings may differ by a lot.
        for (symbol, weight) in &a[0] {
            prop_assert!((weight - b[0][symbol]).abs() < 1e-9, "{symbol}");
        }
        for (a, b) in a.iter().zip(&b) {
            for (symbol, weight) in a {
                prop_assert!((weight - b[symbol]).abs() < 2e-3, "{symbol} {weight} {}", b[symbol]);
            }
        }
    }
}

fn resumes_anywhere(desk: &Desk, seed: u64, rows: usize) {
    let world = earning(seed, rows, 3);
    let (whole, outcome) = run(desk, &world);
    for records in 0..=whole.records().len() {
        let mut tape = whole.prefix(records);
        let again = resume(&mut tape, desk, &world).expect("it resumes");
        assert_eq!(again, outcome, "cut off behind record {records}");
        assert_eq!(tape.records(), whole.records(), "cut off behind record {records}");
    }
    assert_eq!(replay(&mut whole.clone(), desk, &world, None).unwrap(), 0);
}

/// A crash behind any record, and the same command again, ends in the same journal.
#[test]
fn a_run_resumes_behind_every_record() {
    resumes_anywhere(&desk(DAILY), 5, 70);
    resumes_anywhere(&desk(SIGNAL), 6, 90);
    resumes_anywhere(&desk(LEARNED), 7, 270);
}

/// A replay up to the day of any order agrees, whatever came after it.
#[test]
fn a_replay_up_to_any_order_agrees() {
    for text in [DAILY, SIGNAL, PLAIN] {
        let (desk, world) = (desk(text), earning(11, 130, 3));
        let (mut tape, _) = run(&desk, &world);
        let days: BTreeSet<_> =
            tape.of_kind(Kind::Placed).iter().map(|record| record.at.date_naive()).collect();
        for day in days {
            replay(&mut tape, &desk, &world, Some(day)).expect("every byte agrees");
        }
    }
}

/// What has changed is found: another price on one day, another seed.
#[test]
fn a_replay_over_other_data_disagrees() {
    let desk = desk(DAILY);
    let (tape, _) = run(&desk, &earning(11, 130, 3));
    let mut closes = walks(11, 130, 3);
    closes[250] += 0.01;
    let other = panel(days(130), symbols(3), vec![("close", closes)]);
    let other = with_rate(history(other), 0.03);
    let error = replay(&mut tape.clone(), &desk, &other, None).unwrap_err().to_string();
    assert!(error.contains("differs from the journal"), "{error}");
}

/// With the kill switch on nothing is placed, and each refusal is a fact with its reason.
#[test]
fn refusals_are_facts() {
    let text = format!("{PLAIN}limits = {{ kill_switch = true }}\n");
    let (tape, outcome) = run(&desk(&text), &world(1, 60, 3));
    assert!(tape.of_kind(Kind::Placed).is_empty() && tape.of_kind(Kind::Filled).is_empty());
    let refused = tape.of_kind(Kind::Refused);
    assert_eq!(refused.len(), outcome.totals.refused);
    assert_eq!(refused.len(), 3 * outcome.totals.decisions);
    let says: Refused = tape.read(refused[0]);
    let order: &Order = &says.order;
    assert_eq!(refused[0].id.as_str(), format!("{}/refused", order.id));
    assert!(says.detail.contains("kill switch"), "{}", says.detail);
    assert_eq!(outcome.report.nav.last(), Some(&1_000_000.0));
}
