//! Runs whose result can be worked out on paper, or by a few lines that share nothing with the
//! engine.

mod common;

use common::*;
use cycle::facts::{Allocated, Filled, Placed};
use journal::Kind;
use market::{ActionKind, CorporateAction};
use types::{Date, Symbol};

/// The rows of the last trading days of months.
fn month_ends(dates: &[Date]) -> Vec<usize> {
    use std::collections::BTreeMap;
    let mut last = BTreeMap::new();
    for (row, day) in dates.iter().enumerate() {
        last.insert(day.format("%Y-%m").to_string(), row);
    }
    let mut rows: Vec<usize> = last.into_values().collect();
    // The last month may have more days than the data.
    rows.pop();
    rows
}

/// Buying k shares and holding them: k is what the capital pays for, and what remains is cash.
#[test]
fn one_symbol_is_bought_and_held() {
    let closes = walks(21, 100, 1);
    let world = history(panel(days(100), symbols(1), vec![("close", closes.clone())]));
    let bought = month_ends(world.panel.dates())[0];
    for delay in [0, 1] {
        let text = format!(
            "[allocation]\nobjective = \"equal weight\"\n[rebalance]\nwhen = \"year end\"\n\
             [execution]\ndelay = \"{delay}d\"\n\
             costs = {{ commission = \"10bps\", spread = \"20bps\" }}\n"
        );
        // A first decision at the first month end, and none after it within the year.
        let text = text.replace("\"year end\"", "[\"drift > 90%\"]");
        let (tape, outcome) = run(&desk(&text), &world);
        let decided = 20; // the first day with an estimate of risk: 21 prices
        assert!(decided > bought);
        let sized = closes[decided];
        let shares = (1e6 / (sized * 1.002)).floor();
        let filled = closes[decided + delay];
        let commission = (shares * filled * 0.001 * 100.0).round() / 100.0;
        let cash = 1e6 - shares * filled * 1.001 - commission;
        let expected = cash + shares * closes[99];
        let fills = tape.of_kind(Kind::Filled);
        assert_eq!(fills.len(), 1);
        assert_eq!(tape.read::<Filled>(fills[0]).quantity.to_f64(), shares);
        let value = *outcome.report.nav.last().unwrap();
        assert!((value - expected).abs() < 0.02, "delay {delay}: {value} is not {expected}");
        let costs = shares * filled * 0.001 + commission;
        assert!((outcome.totals.costs - costs).abs() < 0.02);
    }
}

/// Half in each of two symbols from month end to month end: value grows by the mean of the two
/// price ratios. The portfolio, its benchmark and the index of attribution all say so.
#[test]
fn equal_weight_grows_by_the_mean_of_price_ratios() {
    let (rows, cols) = (260, 2);
    let closes = walks(8, rows, cols);
    let world = history(panel(days(rows), symbols(cols), vec![("close", closes.clone())]));
    let text = format!("{PLAIN}[rebalance]\nwhen = \"month end\"\n");
    let text = format!(
        "[mandate]\nname = \"test\"\ncapital = 1_000_000_000\n[universe]\nprices = \"none.csv\"\n{text}"
    );
    let (_, outcome) = run(&desk_of(&text), &world);
    let mut turns: Vec<usize> =
        month_ends(world.panel.dates()).into_iter().filter(|row| *row >= 20).collect();
    let first = turns[0];
    turns.push(rows - 1);
    let ratio = |from: usize, to: usize, col: usize| closes[to * 2 + col] / closes[from * 2 + col];
    let grown: f64 = turns
        .windows(2)
        .map(|turn| (ratio(turn[0], turn[1], 0) + ratio(turn[0], turn[1], 1)) / 2.0)
        .product();
    let nav = &outcome.report.nav;
    assert!((nav[rows - 1] / 1e9 - grown).abs() < 1e-6 * grown);
    let benchmark = &outcome.report.benchmark.as_ref().unwrap().nav;
    assert!((benchmark[rows - 1] / benchmark[first] - grown).abs() < 1e-12 * grown);

    let attribution = outcome.report.attribution.as_ref().unwrap();
    assert!((attribution.portfolio_return - (grown - 1.0)).abs() < 1e-6);
    assert!((attribution.benchmark_return - (grown - 1.0)).abs() < 1e-9);
    for (name, effect) in attribution.linked.named() {
        assert!(effect.abs() < 1e-6, "{name} earned {effect} where there was nothing to earn");
    }
}

/// With costs, what attribution calls cost is what was paid, and its periods together are the whole
/// run: each cost is counted once, whether orders are filled at once or a day later.
#[test]
fn attribution_counts_each_cost_once() {
    let world = world(8, 260, 3);
    for delay in [0, 1] {
        let text = format!(
            "[allocation]\nobjective = \"inverse volatility\"\n[execution]\ndelay = \"{delay}d\"\n\
             costs = {{ commission = \"100bps\" }}\n"
        );
        let (_, outcome) = run(&desk(&text), &world);
        let attribution = outcome.report.attribution.as_ref().unwrap();
        let last = *outcome.report.nav.last().unwrap();
        let from_first_fill = last / 1e6 - 1.0;
        assert!((attribution.portfolio_return - from_first_fill).abs() < 1e-9, "delay {delay}");
        let paid: f64 = outcome.report.decisions.iter().flat_map(|d| d.costs.values()).sum();
        assert!((paid - outcome.totals.costs).abs() < 1e-6);
        // Each period's cost is a fraction of a value near a million.
        let cost: f64 = attribution.periods.iter().map(|period| period.effects.cost).sum();
        assert!((cost + paid / 1e6).abs() < 0.25 * paid / 1e6, "{cost} against {paid}");
        assert_eq!(attribution.linked.forecast, 0.0, "nothing was forecast");
        let total = attribution.linked.total();
        let active = attribution.portfolio_return - attribution.benchmark_return;
        assert!((total - active).abs() < 1e-9);
    }
}

/// The benchmark of attribution is the benchmark of the report, also where it is one symbol.
#[test]
fn one_symbol_can_be_the_benchmark() {
    let closes = walks(8, 160, 3);
    let world = history(panel(days(160), symbols(3), vec![("close", closes.clone())]));
    let text = format!(
        "[mandate]\nname = \"test\"\ncapital = 1_000_000\nbenchmark = \"S1\"\n\
         [universe]\nprices = \"none.csv\"\n{PLAIN}"
    );
    let (_, outcome) = run(&desk_of(&text), &world);
    let nav = &outcome.report.benchmark.as_ref().unwrap().nav;
    for (row, value) in nav.iter().enumerate() {
        assert!((value - closes[row * 3 + 1] / closes[1]).abs() < 1e-12);
    }
    let attribution = outcome.report.attribution.as_ref().unwrap();
    // Without a forecast, all that differs from the benchmark is the allocation's doing.
    assert_eq!(attribution.linked.forecast, 0.0);
    assert!(attribution.linked.residual.abs() < 1e-3, "{:?}", attribution.linked);
}

/// Free of other demands, the weights nearest to a benchmark are its own: equal weight, or one
/// symbol.
#[test]
fn tracking_error_is_against_the_benchmark_of_the_mandate() {
    for (benchmark, called, weights) in [
        ("equal-weight", "benchmark", [1.0 / 3.0; 3]),
        ("equal-weight", "equal-weight", [1.0 / 3.0; 3]),
        ("S1", "benchmark", [0.0, 1.0, 0.0]),
        ("S1", "S1", [0.0, 1.0, 0.0]),
    ] {
        let text = format!(
            "[mandate]\nname = \"test\"\ncapital = 1_000_000\nbenchmark = \"{benchmark}\"\n\
             [universe]\nprices = \"none.csv\"\n\
             [risk]\ncovariance = {{ estimator = \"sample\", window = \"40d\" }}\n\
             [allocation]\nobjective = {{ minimise = \"tracking_error({called})\" }}\n\
             constraints = [\"long only\"]\n"
        );
        let (tape, _) = run(&desk_of(&text), &world(8, 160, 3));
        let record = tape.of_kind(Kind::Allocated)[0];
        let found = tape.read::<Allocated>(record).target.weights;
        for (found, expected) in found.iter().zip(weights) {
            assert!((found - expected).abs() < 1e-5, "{benchmark} {called}: {found}");
        }
    }
}

/// With all correlations shrunk or penalised away and equal variances, minimum variance is equal
/// weight: `shrunk` by 1 pulls all the way to the mean variance times the identity. A penalty beyond
/// any correlation leaves the variances: weights in proportion to their reciprocals.
#[test]
fn parameters_of_estimators_arrive() {
    let ask = |covariance: &str, objective: &str| {
        let text = format!(
            "[risk]\ncovariance = {{ {covariance}, window = \"40d\" }}\n\
             [allocation]\nobjective = {objective}\nconstraints = [\"long only\"]\n"
        );
        let (tape, _) = run(&desk(&text), &world(6, 90, 4));
        let record = tape.of_kind(Kind::Allocated)[0];
        tape.read::<Allocated>(record).target.weights
    };
    let least = "{ minimise = \"variance\" }";
    for weight in ask("estimator = \"shrunk\", shrinkage = 1.0", least) {
        assert!((weight - 0.25).abs() < 1e-7, "{weight}");
    }
    let apart = ask("estimator = \"graphical-lasso\", penalty = 1.0", least);
    let inverse = ask("estimator = \"sample\"", "\"inverse variance\"");
    for (apart, inverse) in apart.iter().zip(inverse) {
        assert!((apart - inverse).abs() < 1e-7, "{apart} {inverse}");
    }
    for name in ["regime-adjusted", "semi", "minimum-determinant", "detoned"] {
        let weights = ask(&format!("estimator = \"{name}\""), "\"inverse volatility\"");
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{name}");
    }
}

/// Cash earns rate × days / 365 on what it was, to the cent, and the first day earns nothing.
#[test]
fn cash_earns_interest_by_actual_days() {
    let text = format!("{PLAIN}limits = {{ kill_switch = true }}\n");
    let world = with_rate(world(1, 60, 2), 0.0365);
    let (_, outcome) = run(&desk(&text), &world);
    let mut cash = 1e6_f64;
    for pair in world.panel.dates().windows(2) {
        let days = (pair[1] - pair[0]).num_days() as f64;
        cash += (cash * 0.0365 * days / 365.0 * 100.0).round() / 100.0;
    }
    assert!((outcome.report.nav.last().unwrap() - cash).abs() < 0.011);
    assert!((outcome.totals.interest - (cash - 1e6)).abs() < 0.011);
}

/// Deposits make the portfolio larger, not better.
#[test]
fn deposits_are_no_return() {
    let idle = "limits = { kill_switch = true }\n[cash]\n\
                deposit = { amount = 50_000, when = \"month end\" }\n";
    let (tape, outcome) = run(&desk(&format!("{PLAIN}{idle}")), &world(1, 100, 2));
    assert!(outcome.report.nav.iter().all(|value| (value - 1e6).abs() < 1e-6));
    let completed: cycle::facts::Completed = tape.read(tape.of_kind(Kind::Completed)[0]);
    let months = month_ends(&days(100)).len() as f64;
    assert_eq!(completed.net_asset_value.to_f64(), 1e6 + 50_000.0 * months);

    // Invested at once and without cost, they change the time-weighted value by lots alone.
    let without = run(&desk(PLAIN), &world(1, 200, 2)).1;
    let invested = "[cash]\ndeposit = { amount = 50_000, when = \"month end\" }\n";
    let with = run(&desk(&format!("{PLAIN}{invested}")), &world(1, 200, 2)).1;
    let (a, b) = (without.report.nav.last().unwrap(), with.report.nav.last().unwrap());
    assert!((a / b - 1.0).abs() < 1e-4, "{a} {b}");
}

/// A split between the decision and the fill changes the number of shares, not what is bought.
#[test]
fn an_order_waits_through_a_split() {
    let rows = 60;
    let decided = 20;
    for (new, old) in [(2.0, 1.0), (1.0, 4.0)] {
        let traded: Vec<f64> =
            (0..rows).map(|row| if row > decided { 100.0 * old / new } else { 100.0 }).collect();
        let fields = vec![("close", vec![100.0; rows]), ("price", traded)];
        let mut world = history(panel(days(rows), symbols(1), fields));
        let (symbol, ex_date) = (Symbol::from("S0"), world.panel.dates()[decided + 1]);
        let kind = ActionKind::Split { ratio: new / old };
        with_actions(&mut world, vec![CorporateAction { symbol, ex_date, kind }]);
        let text =
            "[allocation]\nobjective = \"equal weight\"\n[rebalance]\nwhen = \"drift > 5%\"\n";
        let (tape, outcome) = run(&desk(text), &world);
        let (placed, filled) = (tape.of_kind(Kind::Placed), tape.of_kind(Kind::Filled));
        assert_eq!((placed.len(), filled.len()), (1, 1));
        let placed: Placed = tape.read(placed[0]);
        assert_eq!(placed.quantity.to_f64(), 10_000.0);
        let filled: Filled = tape.read(filled[0]);
        assert_eq!(filled.quantity.to_f64(), 10_000.0 * new / old);
        assert_eq!(*outcome.report.nav.last().unwrap(), 1e6);
    }
}

/// On a day with a split and a dividend, the dividend is for each new share, in whatever order the
/// two are listed; half shares are paid at the price of new shares.
#[test]
fn a_split_comes_before_the_dividend_of_its_day() {
    let rows = 60;
    let ex = 40;
    // 3 new shares for 2 old ones and 1 of cash for each new share: 150 becomes 99 and 1.
    let traded: Vec<f64> = (0..rows).map(|row| if row < ex { 150.0 } else { 99.0 }).collect();
    let fields = vec![("close", vec![150.0; rows]), ("price", traded)];
    let mut world = history(panel(days(rows), symbols(1), fields));
    let (symbol, ex_date) = (Symbol::from("S0"), world.panel.dates()[ex]);
    let action = |kind| CorporateAction { symbol: symbol.clone(), ex_date, kind };
    let both = [ActionKind::Dividend { amount: 1.0 }, ActionKind::Split { ratio: 1.5 }];
    with_actions(&mut world, both.map(action).to_vec());
    let text = "[mandate]\nname = \"test\"\ncapital = 150_150\n[universe]\nprices = \"none.csv\"\n\
                [allocation]\nobjective = \"equal weight\"\n\
                [rebalance]\nwhen = \"drift > 5%\"\n[execution]\ndelay = \"0d\"\n";
    let (_, outcome) = run(&desk_of(text), &world);
    // 1001 shares become 1501 and a half; the half is paid at 100, the new shares get 1 each.
    let expected = 50.0 + 1501.0 * (99.0 + 1.0);
    assert!((outcome.report.nav.last().unwrap() - expected).abs() < 1e-6);
    assert_eq!(outcome.totals.dividends, 1501.0);
}
