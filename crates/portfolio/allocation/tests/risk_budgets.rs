//! Risk budgets: contributions are as budgeted where no constraint binds, and sentences hold where
//! they do.

use std::collections::BTreeMap;

use allocation::{Constraint, Problem, allocate, risk_budgets};
use proptest::prelude::*;
use risk::{Matrix, Moments};
use types::{Status, Symbol};

fn problem<'a>(
    moments: &'a Moments,
    constraints: &'a [Constraint],
    groups: &'a BTreeMap<String, Vec<Symbol>>,
) -> Problem<'a> {
    let as_of = types::parse_date("2020-01-31").unwrap();
    Problem { constraints, groups, ..Problem::new(moments, as_of) }
}

fn universes(most: usize) -> impl Strategy<Value = Moments> {
    (4..most).prop_flat_map(|n| {
        let exposures = proptest::collection::vec(-0.05..0.1_f64, 2 * n);
        let own = proptest::collection::vec(1e-4..4e-3_f64, n);
        (exposures, own).prop_map(move |(b, own)| {
            let covariance = Matrix::from_fn(n, |i, j| {
                let common = b[2 * i] * b[2 * j] + b[2 * i + 1] * b[2 * j + 1];
                common + if i == j { own[i] } else { 0.0 }
            });
            let symbols = (0..n).map(|i| Symbol::from(format!("S{i}")));
            Moments::new(symbols.collect(), vec![0.0; n], covariance, 100).unwrap()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn contributions_are_as_budgeted(moments in universes(60), seed in proptest::collection::vec(0.01..1.0_f64, 60)) {
        let n = moments.covariance.n();
        let total: f64 = seed[..n].iter().sum();
        let groups = BTreeMap::new();
        let target = risk_budgets(&problem(&moments, &[], &groups), &seed[..n]).unwrap();
        let marginal = moments.covariance.mul_vec(&target.weights);
        let variance = moments.covariance.quad_form(&target.weights);
        for ((weight, marginal), budget) in target.weights.iter().zip(&marginal).zip(&seed) {
            let part = weight * marginal / variance;
            prop_assert!((part / (budget / total) - 1.0).abs() < 1e-9);
        }
        prop_assert_eq!(target.certificate.status, Status::Solved);
    }

    /// A group that is held down keeps its sentence; assets outside it still contribute equally.
    #[test]
    fn groups_hold(moments in universes(12), part in 0.3..0.9_f64) {
        let group: Vec<Symbol> = moments.symbols[..2].to_vec();
        let groups = BTreeMap::from([("few".to_owned(), group)]);
        let free = allocate(&"risk parity".parse().unwrap(), &problem(&moments, &[], &groups)).unwrap();
        let cap = part * (free.weights[0] + free.weights[1]);
        let sentence = [format!("group(few) <= {cap}").parse().unwrap()];
        let held = allocate(&"risk parity".parse().unwrap(), &problem(&moments, &sentence, &groups)).unwrap();
        prop_assert!((held.weights.iter().sum::<f64>() - 1.0).abs() < 1e-8);
        prop_assert!(held.weights[0] + held.weights[1] <= cap + 1e-8);
        let marginal = moments.covariance.mul_vec(&held.weights);
        let parts: Vec<f64> = held.weights.iter().zip(&marginal).map(|(w, m)| w * m).collect();
        for part in &parts[3..] {
            prop_assert!((part / parts[2] - 1.0).abs() < 1e-5, "{parts:?}");
        }
    }
}
