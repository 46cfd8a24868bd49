//! The learned allocator on made-up histories: a signal that was planted is found, noise is left
//! alone, and the same seed gives the same bits.

use allocation::{Constraint, Costs, Learned, Objective, Problem, Training, allocate, scenarios};
use proptest::prelude::*;
use risk::{CovarianceEstimator, MeanEstimator, Returns, Stream, estimate};
use types::Symbol;

fn symbols(assets: usize) -> Vec<Symbol> {
    (0..assets).map(|asset| format!("S{asset}").as_str().into()).collect()
}

/// Daily noise of about 1 %, plus `strength` times the mean of the asset's last five returns.
fn history(rows: usize, assets: usize, strength: f64, seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, 7, 0);
    let mut values: Vec<f64> = Vec::with_capacity(rows * assets);
    for row in 0..rows {
        for asset in 0..assets {
            let newest = (1..=5).filter(|back| row >= *back);
            let sum: f64 = newest.map(|back| values[(row - back) * assets + asset]).sum();
            let noise = (0..4).map(|_| stream.uniform()).sum::<f64>() - 2.0;
            values.push(0.0173 * noise + strength * sum / 5.0);
        }
    }
    values
}

fn part(values: &[f64], assets: usize, from: usize, to: usize) -> Returns {
    Returns::new(symbols(assets), values[from * assets..to * assets].to_vec()).unwrap()
}

/// What `learned` and equal weight earn day by day after `train` days, rebalanced each day without
/// costs, and the mean turnover of the former.
fn after(learned: &Learned, values: &[f64], assets: usize, train: usize) -> (f64, f64, f64) {
    let rows = values.len() / assets;
    let (mut ours, mut equal, mut traded) = (0.0, 0.0, 0.0);
    let mut held: Vec<f64> = vec![];
    for row in train..rows {
        let seen = part(values, assets, row - 200, row);
        let weights = learned.weights(&learned.features(&seen).unwrap(), &held);
        let moved = weights.iter().zip(&held).map(|(w, d)| (w - d).abs());
        traded += moved.sum::<f64>() / 2.0;
        let today = &values[row * assets..(row + 1) * assets];
        let earned: f64 = weights.iter().zip(today).map(|(w, r)| w * r).sum();
        ours += earned;
        equal += today.iter().sum::<f64>() / assets as f64;
        held = weights.iter().zip(today).map(|(w, r)| w * (1.0 + r) / (1.0 + earned)).collect();
    }
    let days = (rows - train) as f64;
    (ours / days, equal / days, traded / days)
}

#[test]
fn a_planted_signal_is_found() {
    let values = history(700, 8, 0.6, 11);
    let returns = part(&values, 8, 0, 450);
    let learned = Learned::train(&Training { period: 1, ..Training::new(&returns) }).unwrap();
    let (ours, equal, _) = after(&learned, &values, 8, 450);
    // Ten basis points a day: the part of the planted drift that a softmax can hold.
    assert!(ours > equal + 0.001, "{ours} beside {equal}");
    let long_short = Training { period: 1, long_only: false, ..Training::new(&returns) };
    let learned = Learned::train(&long_short).unwrap();
    let (ours, equal, _) = after(&learned, &values, 8, 450);
    assert!(ours > equal + 0.001, "{ours} beside {equal}");
}

/// Equal weight, rebalanced each day, trades `½ Σ |w_i (r_i − r)|` of these returns: 0.37 % a day.
#[test]
fn noise_is_hardly_traded_at_high_costs() {
    for seed in [1, 2, 3, 4] {
        let values = history(700, 8, 0.0, seed);
        let returns = part(&values, 8, 0, 450);
        let dear = Training { period: 1, costs: &[0.01; 8], ..Training::new(&returns) };
        let (_, _, traded) = after(&Learned::train(&dear).unwrap(), &values, 8, 450);
        assert!(traded < 0.0037 / 2.0, "{traded}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let values = history(300, 5, 0.3, 2);
    let returns = part(&values, 5, 0, 300);
    let train = |seed| Learned::train(&Training { seed, ..Training::new(&returns) }).unwrap();
    assert_eq!(train(4), train(4));
    assert_ne!(train(4), train(5));
}

#[test]
fn every_sentence_holds() {
    let values = history(252, 6, 0.5, 9);
    let returns = part(&values, 6, 0, 252);
    let covariance = CovarianceEstimator::LedoitWolf { target: Default::default() };
    let moments = estimate(&returns, &MeanEstimator::Zero, &covariance).unwrap();
    let sentences = |list: &[&str]| -> Vec<Constraint> {
        list.iter().map(|sentence| sentence.parse().unwrap()).collect()
    };
    let day = types::parse_date("2024-01-02").unwrap();
    for (list, short) in [
        (vec!["long only", "weight <= 20%", "weight(S0) + weight(S1) <= 25%"], false),
        (vec!["weight >= -30%", "weight <= 60%", "gross <= 150%"], true),
    ] {
        let constraints = sentences(&list);
        let objective: Objective =
            "learned with 4 hidden every 2 days from seed 3".parse().unwrap();
        let days = scenarios(&objective, &constraints, &returns, 21).unwrap();
        let costs = Costs { linear: vec![0.0005; 6], ..Costs::default() };
        let problem = Problem {
            constraints: &constraints,
            scenarios: days.as_ref(),
            costs: Some(costs),
            ..Problem::new(&moments, day)
        };
        let target = allocate(&objective, &problem).unwrap();
        let weights = &target.weights;
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-7, "{weights:?}");
        assert_eq!(target.certificate.method, "learned");
        if short {
            assert!(weights.iter().map(|w| w.abs()).sum::<f64>() < 1.5 + 1e-6);
        } else {
            assert!(weights.iter().all(|w| (-1e-9..0.2 + 1e-7).contains(w)), "{weights:?}");
            assert!(weights[0] + weights[1] < 0.25 + 1e-7);
        }
        let bare = Problem { scenarios: None, ..problem };
        let error = allocate(&objective, &bare).unwrap_err().to_string();
        assert!(error.contains("learned"), "{error}");
    }
}

#[test]
fn too_little_history_is_refused() {
    let returns = part(&history(59, 3, 0.0, 1), 3, 0, 59);
    let error = Learned::train(&Training::new(&returns)).unwrap_err().to_string();
    assert!(error.contains("59 days") && error.contains("at least"), "{error}");
    let returns = part(&history(200, 3, 0.0, 1), 3, 0, 200);
    assert!(Learned::train(&Training { hidden: 0, ..Training::new(&returns) }).is_err());
    assert!(Learned::train(&Training { costs: &[0.0], ..Training::new(&returns) }).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// The order of the assets is irrelevant, and what comes after the last day changes nothing.
    #[test]
    fn assets_are_alike_and_the_future_is_not_seen(seed in 0_u64..1000) {
        let values = history(120, 4, 0.2, seed);
        let returns = part(&values, 4, 0, 120);
        let turned: Vec<f64> =
            values.chunks_exact(4).flat_map(|row| [row[3], row[2], row[1], row[0]]).collect();
        let turned = part(&turned, 4, 0, 120);
        let train = |returns| Training { epochs: 5, ..Training::new(returns) };
        let (ours, theirs) =
            (Learned::train(&train(&returns)).unwrap(), Learned::train(&train(&turned)).unwrap());
        let a = ours.weights(&ours.features(&returns).unwrap(), &[]);
        let b = theirs.weights(&theirs.features(&turned).unwrap(), &[]);
        for (a, b) in a.iter().zip(b.iter().rev()) {
            prop_assert!((a - b).abs() < 1e-6, "{} {}", a, b);
        }
    }
}
