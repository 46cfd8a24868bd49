//! Splits against skfolio's (`conformance/validation`), and drifting weights against closed forms.

use std::fs;
use std::path::Path;

use performance::validation::{
    Combinatorial, Design, Fees, History, Known, Plan, Rebalance, Split, WalkForward, choose,
    combinatorial, compare, held, out_of_sample, walk_forward,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    combinatorial: Vec<CombinatorialCase>,
    walk_forward: Vec<WalkCase>,
}

#[derive(Deserialize)]
struct CombinatorialCase {
    rows: usize,
    folds: usize,
    test_folds: usize,
    purge: usize,
    embargo: usize,
    splits: Vec<SplitCase>,
    paths: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct WalkCase {
    rows: usize,
    train: usize,
    test: usize,
    purge: usize,
    expanding: bool,
    partial: bool,
    splits: Vec<SplitCase>,
}

#[derive(Deserialize)]
struct SplitCase {
    train: Vec<usize>,
    test: Vec<(usize, usize)>,
}

fn same(ours: &[Split], theirs: &[SplitCase]) {
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours.train, theirs.train);
        let tests: Vec<(usize, usize)> = ours.test.iter().map(|t| (t.start, t.end)).collect();
        assert_eq!(tests, theirs.test);
    }
}

#[test]
fn splits_are_those_of_skfolio() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.join("../../../conformance/validation/splits.json");
    let file: File = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for case in &file.combinatorial {
        let &CombinatorialCase { folds, test_folds, purge, embargo, .. } = case;
        let shape = Combinatorial { folds, test_folds, purge, embargo };
        let ours = combinatorial(case.rows, shape).unwrap();
        same(&ours.splits, &case.splits);
        assert_eq!(ours.paths, case.paths);
    }
    for case in &file.walk_forward {
        let &WalkCase { train, test, purge, expanding, partial, .. } = case;
        let shape = WalkForward { train, test, purge, expanding, partial };
        same(&walk_forward(case.rows, shape).unwrap(), &case.splits);
    }
}

#[test]
fn wrong_shapes_are_refused() {
    let shape = Combinatorial { folds: 5, test_folds: 5, purge: 0, embargo: 0 };
    assert_eq!(
        combinatorial(50, shape).unwrap_err().to_string(),
        "the folds of a combinatorial test has 5 values, at least 6 are needed"
    );
    let shape = Combinatorial { folds: 5, test_folds: 2, purge: 6, embargo: 4 };
    assert!(combinatorial(50, shape).is_err());
    let wanted = |row, weights: &[f64]| Rebalance { row, weights: weights.to_vec() };
    let refused = |schedule: &[Rebalance]| held(&[0.1; 6], 2, schedule, 0.0, 0.0).is_err();
    assert!(refused(&[]));
    assert!(refused(&[wanted(3, &[0.5, 0.5])]));
    assert!(refused(&[wanted(0, &[0.5])]));
    assert!(refused(&[wanted(1, &[0.5, 0.5]), wanted(1, &[0.5, 0.5])]));
    assert!(refused(&[wanted(0, &[-20.0, 0.5])]));
    assert!(!refused(&[wanted(0, &[0.5, 0.5])]));
    let words = |schedule: &[Rebalance], cost, cash| {
        held(&[0.1; 6], 2, schedule, cost, cash).unwrap_err().to_string()
    };
    let half = [wanted(0, &[0.5, 0.5])];
    for cost in [f64::NAN, f64::INFINITY, -0.01] {
        assert!(words(&half, cost, 0.0).starts_with("the cost of a trade is"));
    }
    for cash in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(words(&half, 0.0, cash).starts_with("what cash earns in a row is"));
    }
    // Costs leave 1 - 0.6 * 20 = -11 and growth is 1 - 20 * 0.1 = -1: their product is no gain.
    let short = words(&[wanted(0, &[-20.0, 0.0])], 0.6, 0.0);
    assert_eq!(
        short,
        "the growth of the portfolio in row 0 is -11: give a finite number in its range"
    );
    let twice = [wanted(1, &[0.5, 0.5]), wanted(1, &[0.5, 0.5])];
    assert_eq!(
        words(&twice, 0.0, 0.0),
        "a rebalance at row 1 follows one at row 1: sort them, one for each row"
    );
}

/// Two assets: the first rises, the second falls, both with a ripple.
fn up_and_down(rows: usize) -> Vec<f64> {
    let ripple = |row: usize| if row.is_multiple_of(2) { 0.004 } else { -0.004 };
    (0..rows).flat_map(|row| [0.003 + ripple(row), -0.003 + ripple(row)]).collect()
}

#[test]
fn trials_hold_what_they_decide_and_know_what_they_hold() {
    let returns = up_and_down(20);
    let fees = Fees { cost_rate: 0.001, cash_return: 0.0 };
    let history = History { returns: &returns, assets: 2, fees };
    let walk = WalkForward { train: 6, test: 4, purge: 1, expanding: false, partial: true };
    let plan = Plan::new(20, 2, Design::WalkForward(walk)).unwrap();
    let mut seen = Vec::new();
    let tested = out_of_sample(&history, &plan, 3, &mut |known: Known<'_>| {
        let last = known.rows[known.rows.len() - 1];
        if known.trial == 0 {
            seen.push((last, known.previous.to_vec()));
        }
        match known.trial {
            2 if last > 8 => Err("enough"),
            trial => Ok(vec![0.5 + 0.3 * trial as f64, 0.5 - 0.3 * trial as f64]),
        }
    })
    .unwrap();
    let half = |row| Rebalance { row, weights: vec![0.5; 2] };
    let expected = held(&returns, 2, &[half(7), half(11), half(15), half(19)], 0.001, 0.0).unwrap();
    assert_eq!(tested[0].as_ref().unwrap(), &[expected]);
    assert_eq!(tested[2].as_ref().unwrap_err().row, 11);
    assert_eq!(tested[2].as_ref().unwrap_err().why, "enough");
    // Four rows on, the first asset has grown to its part of the whole.
    assert_eq!(seen.iter().map(|(last, _)| *last).collect::<Vec<_>>(), [5, 9, 13, 17]);
    assert!(seen[0].1.is_empty());
    let grown: Vec<f64> =
        (0..2).map(|a| (7..11).map(|row| 1.0 + returns[2 * row + a]).product()).collect();
    assert!((seen[1].1[0] - grown[0] / (grown[0] + grown[1])).abs() < 1e-12);
    let day = |row: u64| types::parse_date("2024-01-01").unwrap() + chrono::Days::new(row);
    let days: Vec<_> = (0..20).map(day).collect();
    let found = compare(&days, fees, &tested, 3, 252.0).unwrap();
    assert_eq!(found.trials, 3);
    let figures = |trial: usize| found.scores[trial].as_ref().unwrap().middle;
    assert!(figures(1).sharpe > figures(0).sharpe && found.scores[2].is_err());
    assert!(figures(0).deflated_sharpe < figures(0).probabilistic_sharpe);
    // Bought once in full: ten basis points over 13 days; what drifted back adds little.
    let year = 252.0 / 13.0;
    assert!(
        (figures(0).costs.unwrap() - 0.001 * (year + 2.0 * figures(0).turnover.unwrap())).abs()
            < 1e-12
    );
}

#[test]
fn the_better_trial_is_chosen_from_the_rows_it_may_see() {
    let mut returns = up_and_down(60);
    returns[60..].chunks_exact_mut(2).for_each(|row| row.swap(0, 1));
    let history = History { returns: &returns, assets: 2, fees: Fees::default() };
    let walk = WalkForward { train: 5, test: 5, purge: 0, expanding: false, partial: false };
    let mut all_of = |known: Known<'_>| {
        let mut weights = vec![0.0; 2];
        weights[known.trial] = 1.0;
        Ok::<_, String>(weights)
    };
    for (rows, best) in [(0..30, 0), (30..60, 1)] {
        let rows: Vec<usize> = rows.collect();
        let among = (rows.as_slice(), [0, 1].as_slice());
        let found = choose(&history, among, Design::WalkForward(walk), 2, &mut all_of).unwrap();
        assert_eq!(found, best);
    }
    let short = choose(&history, (&[1, 2], &[0, 1]), Design::WalkForward(walk), 2, &mut all_of);
    assert!(short.unwrap_err().to_string().contains("at least 10 are needed"));
}

proptest! {
    /// Bought once, a portfolio grows by the weighted growth of its assets, whatever the path; each
    /// trade costs its rate.
    #[test]
    fn what_is_bought_and_held_grows_with_its_assets(
        returns in proptest::collection::vec(-0.2..0.3_f64, 3 * 12),
        raw in proptest::collection::vec(0.05..0.3_f64, 3),
        rate in 0.0..0.01_f64,
        cash_return in 0.0..0.001_f64,
    ) {
        let schedule = [Rebalance { row: 2, weights: raw.clone() }];
        let result = held(&returns, 3, &schedule, rate, cash_return).unwrap();
        let growth: f64 = result.returns.iter().map(|r| 1.0 + r).product();
        let invested: f64 = raw.iter().sum();
        let by_asset = (0..3).map(|asset| {
            raw[asset] * (2..12).map(|row| 1.0 + returns[3 * row + asset]).product::<f64>()
        });
        let cash = (1.0 - invested) * (1.0 + cash_return).powi(10);
        let expected = (1.0 - rate * invested) * (by_asset.sum::<f64>() + cash);
        prop_assert!((growth - expected).abs() < 1e-12);
        prop_assert!((result.turnover[0] - invested).abs() < 1e-15);
    }

    /// Rebalanced in every row, a portfolio earns the weighted return, less what the drift of the
    /// row before costs to undo.
    #[test]
    fn what_is_rebalanced_daily_earns_the_mean(
        returns in proptest::collection::vec(-0.2..0.3_f64, 2 * 8), share in 0.0..1.0_f64
    ) {
        let weights = vec![share, 1.0 - share];
        let schedule: Vec<Rebalance> =
            (0..8).map(|row| Rebalance { row, weights: weights.clone() }).collect();
        let result = held(&returns, 2, &schedule, 0.001, 0.0).unwrap();
        let mut before: Option<(f64, f64)> = None;
        for (row, value) in result.returns.iter().enumerate() {
            let (a, b) = (returns[2 * row], returns[2 * row + 1]);
            let mean = share * a + (1.0 - share) * b;
            let traded = before.map_or(1.0, |(a, mean)| {
                2.0 * share * ((1.0 + a) / (1.0 + mean) - 1.0).abs()
            });
            prop_assert!((value - ((1.0 - 0.001 * traded) * (1.0 + mean) - 1.0)).abs() < 1e-12);
            before = Some((a, mean));
        }
    }
}
