//! What a run does when things go wrong or change: gaps, vanished symbols, changed memberships,
//! drift alarms, deposits, orders that find no price.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use backtest::{BacktestError, Vanished};
use common::*;
use cycle::facts::{Allocated, Forecasted, Measurement, ObservedDay, Placed, Rejected};
use journal::{Kind, why};
use market::{Memberships, Universe};
use tracking::TrainingRun;
use types::{Side, Symbol, Table, Values};

/// A month end that is not the first with enough days to decide.
const MONTH_END: usize = 60;

fn row_of_month_end(after: usize) -> usize {
    use types::Date;
    let dates = days(after + 40);
    let month = |day: &Date| day.format("%Y-%m").to_string();
    (after..).find(|row| month(&dates[*row]) != month(&dates[row + 1])).expect("months end")
}

/// A symbol without a price on the day of a decision is neither bought nor sold that day.
#[test]
fn what_has_no_price_today_is_kept() {
    let (rows, cols) = (120, 3);
    let gap = row_of_month_end(MONTH_END);
    let mut closes = walks(2, rows, cols);
    closes[gap * cols + 1] = f64::NAN;
    let world = history(panel(days(rows), symbols(cols), vec![("close", closes)]));
    let (tape, outcome) = run(&desk(PLAIN), &world);
    let day = world.panel.dates()[gap];
    let stuck = Symbol::from("S1");
    let on_day = |kind| {
        tape.of_kind(kind).into_iter().filter(|r| r.at.date_naive() == day).collect::<Vec<_>>()
    };
    let placed: Vec<Placed> = on_day(Kind::Placed).iter().map(|r| tape.read(r)).collect();
    assert!(!placed.is_empty() && placed.iter().all(|order| order.symbol != stuck));
    let measured: Measurement = tape.read(on_day(Kind::Measured)[0]);
    assert_eq!(measured.untraded, [stuck]);
    // The others share what is left, half each.
    let says: Allocated = tape.read(on_day(Kind::Allocated)[0]);
    let free: f64 = says.target.weights.iter().sum();
    assert!((free + says.previous["S1"] - 1.0).abs() < 1e-9);
    assert_eq!(says.target.weights[0], says.target.weights[1]);
    assert!(outcome.report.exposure.unwrap().cash.iter().skip(gap).all(|cash| *cash >= 0.0));
}

/// A month whose last trading day is missing from the data is not a month without a decision.
#[test]
fn a_missing_month_end_is_made_up_for() {
    let missing = row_of_month_end(MONTH_END);
    let (mut dates, mut closes) = (days(120), walks(2, 120, 2));
    dates.remove(missing);
    closes.drain(missing * 2..missing * 2 + 2);
    let after = dates[missing];
    let world = history(panel(dates, symbols(2), vec![("close", closes)]));
    let (tape, _) = run(&desk(PLAIN), &world);
    let days: Vec<_> = tape.of_kind(Kind::Observed).iter().map(|r| r.at.date_naive()).collect();
    assert!(days.contains(&after), "{days:?}");
    let whole = run(&desk(PLAIN), &common::world(2, 120, 2)).0;
    assert_eq!(days.len(), whole.of_kind(Kind::Observed).len());
}

fn vanishing(rows: usize, at: usize) -> backtest::History {
    let mut closes = walks(4, rows, 3);
    for row in at..rows {
        closes[row * 3 + 2] = f64::NAN;
    }
    history(panel(days(rows), symbols(3), vec![("close", closes)]))
}

#[test]
fn a_symbol_that_vanishes_stops_the_run_or_is_sold() {
    let mut world = vanishing(160, 100);
    let (tape, stopped) = try_run(&desk(PLAIN), &world);
    let Err(BacktestError::Vanished { symbol, last_seen, today }) = stopped else {
        panic!("{stopped:?}");
    };
    assert_eq!(symbol.as_str(), "S2");
    let dates = world.panel.dates();
    assert_eq!((last_seen, today), (dates[99], dates[110]));
    assert!(tape.of_kind(Kind::Completed).is_empty());

    world.vanished = Vanished::SellAtLastPrice;
    for when in ["month end", "daily"] {
        let text = format!("{PLAIN}[rebalance]\nwhen = \"{when}\"\n").replace("0d", "1d");
        let (tape, outcome) = run(&desk(&text), &world);
        let last: Measurement = tape.read(tape.of_kind(Kind::Measured).last().unwrap());
        assert_eq!(last.quantities.len(), 2);
        let cash = outcome.report.exposure.unwrap().cash;
        assert!(cash.iter().all(|cash| *cash > -0.05), "{when}");
        assert!(outcome.report.nav.iter().all(|value| *value > 5e5));
    }
}

/// An order that finds no price is rejected, and does not keep the next decision from being made.
#[test]
fn an_order_without_a_price_gives_way() {
    let (rows, cols) = (80, 2);
    let mut closes = walks(4, rows, cols);
    let decided = 40;
    for row in decided + 1..decided + 4 {
        closes[row * cols + 1] = f64::NAN;
    }
    let world = history(panel(days(rows), symbols(cols), vec![("close", closes)]));
    let text = "[allocation]\nobjective = \"equal weight\"\n[rebalance]\nwhen = \"daily\"\n";
    let (tape, outcome) = run(&desk(text), &world);
    let rejected = tape.of_kind(Kind::Rejected);
    assert_eq!(rejected.len(), 1);
    assert_eq!(outcome.totals.rejected, 1);
    let says: Rejected = tape.read(rejected[0]);
    assert!(says.contains("newer decision"), "{says}");
    // A decision on every day with an estimate of risk.
    assert_eq!(outcome.totals.decisions, rows - 20);
    let unfilled = outcome.totals.orders - tape.of_kind(Kind::Filled).len() - rejected.len();
    assert!(unfilled <= cols, "only the last day's orders are left over, not {unfilled}");
}

/// What the calendar asks for while orders are under way is done once they have arrived.
#[test]
fn a_long_delay_puts_decisions_off_and_loses_none() {
    let world = world(4, 240, 2);
    let text = "[allocation]\nobjective = \"equal weight\"\n[execution]\ndelay = \"25d\"\n";
    let (tape, outcome) = run(&desk(text), &world);
    let months = run(&desk(PLAIN), &world).1.totals.decisions;
    assert!(outcome.totals.decisions >= months - 2, "{} of {months}", outcome.totals.decisions);
    assert!(tape.of_kind(Kind::Rejected).is_empty());
}

fn members(rows: &[(&str, &str, Option<&str>)]) -> Memberships {
    let table = Table {
        origin: "members".to_owned(),
        first_line: 1,
        columns: vec![
            (
                "ticker".to_owned(),
                Values::Text(rows.iter().map(|row| Some(row.0.to_owned())).collect()),
            ),
            (
                "start_date".to_owned(),
                Values::Date(rows.iter().map(|row| Some(date(row.1))).collect()),
            ),
            ("end_date".to_owned(), Values::Date(rows.iter().map(|row| row.2.map(date)).collect())),
        ],
    };
    Memberships::from_table(&table, None).expect("memberships")
}

/// A symbol is held while it is a member, and teaches nothing before it is one.
#[test]
fn whoever_joins_later_does_not_teach_before() {
    let mut world = world(9, 300, 4);
    let everybody = run(&desk(LEARNED), &world).0;
    let joined = "2016-02-01";
    world.universe = Universe::Members(members(&[
        ("S0", "2000-01-01", None),
        ("S1", "2000-01-01", Some("2016-01-15")),
        ("S2", "2000-01-01", None),
        ("S3", joined, None),
    ]));
    let (tape, _) = run(&desk(LEARNED), &world);
    for record in tape.of_kind(Kind::Allocated) {
        let target = tape.read::<Allocated>(record).target;
        let held: BTreeSet<&str> = target.symbols.iter().map(Symbol::as_str).collect();
        assert_eq!(held.contains("S3"), target.as_of >= date(joined));
        assert_eq!(held.contains("S1"), target.as_of < date("2016-01-15"));
    }
    let rows = |tape: &Tape| -> Vec<f64> {
        let runs = tape.of_kind(Kind::Trained).into_iter();
        runs.map(|r| tape.read::<TrainingRun>(r).params["rows"].parse().unwrap()).collect()
    };
    let (some, all) = (rows(&tape), rows(&everybody));
    assert!(!some.is_empty());
    assert_eq!(some[0] / all[0], 0.75, "three of four were members");
}

/// A calm market that turns wild: features move far from those of the training.
fn turning(rows: usize, at: usize) -> backtest::History {
    let mut dice = Dice(77);
    let mut now = [50.0; 3];
    let mut closes = vec![];
    for row in 0..rows {
        let size = if row < at { 0.004 } else { 0.03 };
        for price in &mut now {
            *price *= 1.0 + size * dice.normal();
            closes.push(*price);
        }
    }
    history(panel(days(rows), symbols(3), vec![("close", closes)]))
}

fn learned(on_alarm: &str, alarm: &str) -> String {
    LEARNED
        .replace("on_alarm = \"retrain\"", &format!("on_alarm = \"{on_alarm}\"\nrecent = \"40d\""))
        .replace("alarm = 0.2", &format!("alarm = {alarm}"))
        .replace("every = \"40d\"", "every = \"60d\"")
        .replace("[risk]", "promote_if = \"always\"\n[risk]")
}

#[test]
fn an_alarm_can_call_for_a_training() {
    let world = turning(420, 300);
    let calm = run(&desk(&learned("retrain", "50")), &world).0;
    assert!(calm.of_kind(Kind::Alerted).is_empty());
    let (tape, outcome) = run(&desk(&learned("retrain", "1")), &world);
    let alerts = tape.of_kind(Kind::Alerted);
    assert!(!alerts.is_empty() && outcome.totals.alarms == alerts.len());
    let because_of_alarm = tape.of_kind(Kind::Trained).into_iter().any(|trained| {
        trained.because.iter().any(|cause| alerts.iter().any(|alert| alert.id == *cause))
    });
    assert!(because_of_alarm, "a training names the alarm that called for it");
    assert!(outcome.totals.trainings > calm.of_kind(Kind::Trained).len());
}

#[test]
fn an_alarm_can_stop_trading() {
    let (tape, _) = run(&desk(&learned("hold", "1")), &turning(420, 300));
    let alerted: BTreeSet<_> = tape.of_kind(Kind::Alerted).iter().map(|r| r.at).collect();
    let held: BTreeSet<_> = tape.of_kind(Kind::Held).iter().map(|r| r.at).collect();
    assert!(!held.is_empty());
    assert_eq!(held, alerted);
    assert!(tape.of_kind(Kind::Placed).iter().all(|order| !alerted.contains(&order.at)));
}

#[test]
fn an_alarm_can_roll_the_champion_back() {
    let (tape, _) = run(&desk(&learned("roll back", "1")), &turning(480, 330));
    let back = tape.of_kind(Kind::RolledBack);
    assert!(!back.is_empty());
    let rows = |record: &journal::Record| {
        days(480).iter().position(|day| *day == record.at.date_naive()).unwrap()
    };
    for pair in back.windows(2) {
        assert!(rows(pair[1]) >= rows(pair[0]) + 40, "one step back for one set of days");
    }
    for record in back {
        let says: tracking::Promotion = tape.read(record);
        let forecast =
            tape.of_kind(Kind::Forecast).into_iter().find(|f| f.at == record.at).unwrap();
        let by: Forecasted = tape.read(forecast);
        // Unless a training of the same day took its place at once.
        let crowned = tape.of_kind(Kind::Promoted).into_iter().any(|p| p.at == record.at);
        assert!(crowned || by.model.unwrap().version == says.version);
        assert!(says.version < says.previous.unwrap());
        if !crowned {
            let causes = why(&forecast.id, |id| tape.memory.get(id)).unwrap();
            assert!(causes.iter().any(|cause| cause.record.id == record.id));
        }
    }
}

/// Cash that comes in buys what lacks most; nothing is sold for it, and each purchase leads back
/// to the forecast behind the target.
#[test]
fn cash_flow_first_never_sells() {
    let text = "[allocation]\nobjective = \"risk parity\"\n\
                [risk]\ncovariance = { window = \"40d\" }\n\
                [rebalance]\nwhen = \"quarter end\"\ncash_flow_first = true\n\
                [cash]\ndeposit = { amount = 30_000, when = \"month end\" }\n";
    let (rows, cols) = (200, 3);
    let mut closes = walks(14, rows, cols);
    // One symbol has no price on some days when money comes in.
    let gap = row_of_month_end(130);
    closes[gap * cols] = f64::NAN;
    let world = history(panel(days(rows), symbols(cols), vec![("close", closes)]));
    let (tape, outcome) = run(&desk(text), &world);
    let mut by_day: BTreeMap<_, Vec<Placed>> = BTreeMap::new();
    for record in tape.of_kind(Kind::Placed) {
        by_day.entry(record.at).or_default().push(tape.read(record));
    }
    let mut invested = 0;
    for record in tape.of_kind(Kind::Observed) {
        if tape.read::<ObservedDay>(record).reason != "cash flow" {
            continue;
        }
        let orders = by_day.get(&record.at).cloned().unwrap_or_default();
        assert!(orders.iter().all(|order| order.side == Side::Buy));
        let spent: f64 = orders.iter().map(|order| order.value().to_f64()).sum();
        // What came in, less what the last fills cost beyond the prices that they were sized at.
        assert!(spent > 15_000.0 && spent < 45_000.0, "{spent}");
        for order in orders {
            let causes = why(&(&order.id).into(), |id| tape.memory.get(id)).unwrap();
            assert!(causes.iter().any(|cause| cause.record.kind == Kind::Forecast));
            invested += 1;
        }
    }
    assert!(invested >= 6);
    assert!(outcome.totals.decisions > 6);
}

/// A mandate that only looks at forecasts decides when there is a first model, and trades on it.
#[test]
fn waiting_for_a_forecast_is_not_waiting_forever() {
    let text = LEARNED.replace("[risk]", "[rebalance]\nwhen = \"forecast changed > 50%\"\n[risk]");
    let (tape, outcome) = run(&desk(&text), &world(3, 320, 4));
    assert!(outcome.totals.trainings >= 2, "{:?}", outcome.totals);
    let reasons: BTreeSet<String> = tape
        .of_kind(Kind::Observed)
        .into_iter()
        .map(|record| tape.read::<ObservedDay>(record).reason)
        .collect();
    assert!(reasons.contains("first decision") && reasons.contains("a training is due"));
    assert!(reasons.iter().any(|reason| reason.starts_with("forecast changed")), "{reasons:?}");
}

/// The highest Sharpe ratio is that of the least variance as long as nothing is foreseen.
#[test]
fn before_there_is_a_model_least_variance_is_best() {
    let mut text = LEARNED.replace("return - 5 * variance - costs", "sharpe");
    let world = world(3, 120, 4);
    let weights = |text: &str| {
        let (tape, _) = run(&desk(text), &world);
        tape.read::<Allocated>(tape.of_kind(Kind::Allocated)[0]).target.weights
    };
    let sharpe = weights(&text);
    text = text.replace("maximise = \"sharpe\"", "minimise = \"variance\"");
    for (a, b) in sharpe.iter().zip(weights(&text)) {
        assert!((a - b).abs() < 1e-9);
    }
}

/// More symbols than complete returns: the sample covariance is singular, and the weights are
/// still within the constraints.
#[test]
fn fewer_returns_than_symbols_still_give_a_portfolio() {
    let text = "[risk]\ncovariance = { estimator = \"sample\", window = \"22d\" }\n\
                [allocation]\nobjective = { minimise = \"variance\" }\n\
                constraints = [\"long only\", \"weight <= 10%\"]\n";
    let (tape, _) = run(&desk(text), &world(6, 90, 30));
    for record in tape.of_kind(Kind::Allocated) {
        let weights = tape.read::<Allocated>(record).target.weights;
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        assert!(weights.iter().all(|weight| *weight > -1e-6 && *weight < 0.1 + 1e-6));
    }
}

/// Volatilities alone give the same weights as the whole covariance does.
#[test]
fn weights_by_volatility_need_no_covariance() {
    let text = |estimator: &str, objective: &str| {
        format!(
            "[risk]\ncovariance = {{ estimator = \"{estimator}\", window = \"40d\" }}\n\
             [allocation]\nobjective = \"{objective}\"\n"
        )
    };
    let world = world(6, 90, 5);
    let (tape, _) = run(&desk(&text("sample", "inverse volatility")), &world);
    let says: Allocated = tape.read(tape.of_kind(Kind::Allocated)[0]);
    let estimated: cycle::facts::Estimated = tape.read(tape.of_kind(Kind::Estimated)[0]);
    assert_eq!(estimated.covariance, None);
    // By hand: sample deviations of the newest 40 (or as many as there are) daily returns.
    let closes = world.panel.view("close").unwrap();
    let day = world.panel.dates().binary_search(&says.target.as_of).unwrap();
    let inverse: Vec<f64> = (0..5)
        .map(|col| {
            let returns: Vec<f64> = (day.saturating_sub(39).max(1)..=day)
                .map(|row| closes.at(row, col) / closes.at(row - 1, col) - 1.0)
                .collect();
            let mean = returns.iter().sum::<f64>() / returns.len() as f64;
            let squares: f64 = returns.iter().map(|value| (value - mean).powi(2)).sum();
            1.0 / (squares / (returns.len() - 1) as f64).sqrt()
        })
        .collect();
    let total: f64 = inverse.iter().sum();
    for (weight, inverse) in says.target.weights.iter().zip(&inverse) {
        assert!((weight - inverse / total).abs() < 1e-12);
    }
}

/// Views from a day on, on top of an equilibrium: recorded with who holds them, among the causes of
/// the choice, and held to the last digit where they are certain.
#[test]
fn views_move_what_is_expected_while_they_are_held() {
    let rows = 160;
    let (from, until) = (days(rows)[70], days(rows)[110]);
    let text = format!(
        "[risk]\ncovariance = {{ window = \"40d\" }}\n\
         [views]\nprior = \"equilibrium\"\nhold = [\n\
         {{ view = \"S0 - S1 == 2% with confidence 100%\", from = {from}, until = {until}, by = \"ana\" }}]\n\
         [allocation]\nobjective = \"maximise sharpe\"\nconstraints = [\"long only\"]\n"
    );
    let (tape, _) = run(&desk(&text), &world(5, rows, 3));
    let seen = |record: &journal::Record| tape.read::<Forecasted>(record).views.is_some();
    let viewed: Vec<_> = tape.of_kind(Kind::Forecast).into_iter().filter(|r| seen(r)).collect();
    let mut held = 0;
    for record in viewed {
        let says: Forecasted = tape.read(record);
        let views = says.views.unwrap();
        let apart = |of: &BTreeMap<Symbol, f64>| of["S0"] - of["S1"];
        let (day, before, after) =
            (record.at.date_naive(), apart(&views.before), apart(&says.expected_return));
        if (from..=until).contains(&day) {
            held += 1;
            assert_eq!(views.held[0].by.as_deref(), Some("ana"));
            assert!((after - 0.02).abs() < 1e-12, "{after}");
            let allocated = tape.of_kind(Kind::Allocated).into_iter().find(|r| r.at == record.at);
            let causes = why(&allocated.unwrap().id, |id| tape.memory.get(id)).unwrap();
            assert!(causes.iter().any(|cause| cause.record.id == record.id));
        } else {
            assert!(views.held.is_empty() && (after - before).abs() < 1e-15);
        }
    }
    assert!(held >= 1);
}

/// Views by entropy pooling, scenarios that are drawn, and a chain whose first aim has no answer.
#[test]
fn a_chain_says_what_it_tried_and_what_it_read() {
    let text = "[risk]\ncovariance = { window = \"60d\" }\n\
         scenarios = { kind = \"stationary-bootstrap\", count = 300, block = 5 }\n\
         stress = { slump = { S0 = \"-10%\" } }\n\
         [views]\nmethod = \"entropy-pooling\"\nhold = [\"S0 <= 1%\", \"pair >= 0.2%\"]\n\
         [allocation]\n\
         objective = \"maximise sharpe over 90%, else minimise cvar(95%) among (minimise cvar(95%); equal weight)\"\n\
         constraints = [\"long only\", \"slump >= -9%\", \"esg >= 0.1\", \"calm <= 1\"]\n\
         [allocation.characteristics]\nesg = { S1 = 0.5, S2 = 0.5 }\ncalm = \"std(return(close, 1), 20)\"\n";
    let text = format!(
        "[mandate]\nname = \"test\"\ncapital = 1_000_000\nseed = 3\n\
         [universe]\nprices = \"none.csv\"\ngroups = {{ pair = [\"S1\", \"S2\"] }}\n{text}"
    );
    let (tape, _) = run(&desk_of(&text), &world(8, 150, 3));
    let records = tape.of_kind(Kind::Allocated);
    assert!(!records.is_empty());
    for record in records {
        let says: Allocated = tape.read(record);
        assert!(says.target.certificate.fallbacks[0].starts_with("maximise sharpe over 0.9: "));
        assert!(says.answered.unwrap().starts_with("minimise cvar(95%) among ("));
        assert_eq!(says.shares.len(), 2);
        assert_eq!(says.scenarios.as_deref(), Some("300 by stationary-bootstrap from seed 3"));
        assert!(says.stress["slump"] >= -0.09 - 1e-9, "{:?}", says.stress);
        assert!(says.target.weights[1] + says.target.weights[2] >= 0.2 - 1e-9);
    }
}

/// A view about what may not be held today is left out, and said to be; a name that no price has
/// stops the run.
#[test]
fn a_view_on_what_may_not_be_held_is_left_out() {
    let text = |view: &str| {
        format!(
            "[mandate]\nname = \"test\"\ncapital = 1_000_000\n\
             [universe]\nprices = \"none.csv\"\n\
             [risk]\ncovariance = {{ window = \"40d\" }}\n\
             [views]\nhold = [\"{view}\"]\n\
             [allocation]\nobjective = \"maximise return - 5 * variance\"\nconstraints = [\"long only\"]\n"
        )
    };
    let (rows, cols) = (120, 3);
    let mut closes = walks(2, rows, cols);
    for row in 0..rows - 20 {
        closes[row * cols + 2] = f64::NAN;
    }
    let mut young = history(panel(days(rows), symbols(cols), vec![("close", closes)]));
    require(&mut young, "history >= 30d");
    let (tape, _) = run(&desk_of(&text("S2 - S0 == 1%")), &young);
    let left = tape.of_kind(Kind::Forecast).into_iter().find_map(|record| {
        tape.read::<Forecasted>(record).views.and_then(|views| views.left_out.first().cloned())
    });
    assert!(left.unwrap().why.contains("may not be held on the day"));
    let (_, stopped) = try_run(&desk_of(&text("S9 == 1%")), &young);
    let message = stopped.unwrap_err().to_string();
    assert!(message.contains("views") && message.contains("S9 == 1%"), "{message}");
}

/// A plan of one period is one allocation; one of several looks ahead, and is recorded as such.
#[test]
fn a_plan_of_one_period_is_one_allocation() {
    let text = |plan: &str| {
        format!(
            "[forecast]\nsignal = \"return(close, 20)\"\ntarget = \"forward_return_21d\"\n\
             [risk]\ncovariance = {{ window = \"40d\" }}\n\
             [allocation]\nobjective = \"maximise return - 5 * variance - costs\"\n\
             constraints = [\"long only\"]\n{plan}\n\
             [execution]\ncosts = {{ commission = \"20bps\" }}\n"
        )
    };
    let world = world(6, 110, 4);
    let targets = |plan: &str| -> Vec<types::Target> {
        let (tape, _) = run(&desk(&text(plan)), &world);
        let records = tape.of_kind(Kind::Allocated).into_iter();
        records.map(|record| tape.read::<Allocated>(record).target).collect()
    };
    let (plain, one) = (targets(""), targets("plan = { periods = 1 }"));
    for (a, b) in plain[0].weights.iter().zip(&one[0].weights) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    let ahead = targets("plan = { periods = 4, half_life = \"42d\" }");
    assert_eq!(ahead[0].certificate.method, "multi-period mean-variance");
    assert!((ahead[0].weights.iter().sum::<f64>() - 1.0).abs() < 1e-6);
}
