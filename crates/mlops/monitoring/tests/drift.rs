//! Drift through the public door: against NumPy and SciPy, and its algebra.

use monitoring::{Alarm, FeatureDrift, MonitoringError, Reference, Response, Test, drift, judge};
use proptest::prelude::*;
use serde::Deserialize;

/// Written by `conformance/monitoring/generate.py`.
const EXPECTED: &str = include_str!("../../../../conformance/monitoring/expected.json");

#[derive(Deserialize)]
struct Case {
    name: String,
    reference: Vec<f64>,
    recent: Vec<f64>,
    psi: f64,
    ks: f64,
    ks_p: f64,
}

fn compare(reference: &[f64], recent: &[f64]) -> FeatureDrift {
    let names = ["f".to_owned()];
    let reference = Reference::from_training(&names, reference).unwrap();
    drift(&reference, &names, recent).unwrap().remove(0)
}

/// PSI and the KS distance agree with NumPy and SciPy to rounding. SciPy's asymptotic p-value is the
/// exact one-sample distribution at the *rounded* effective size, hence the tolerance: 0.001, and
/// 0.003 where that size is not whole.
#[test]
fn agrees_with_numpy_and_scipy() {
    let cases: Vec<Case> = serde_json::from_str(EXPECTED).unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let found = compare(&case.reference, &case.recent);
        let name = case.name;
        assert!((found.psi - case.psi).abs() < 1e-12, "psi: {name}");
        assert!((found.ks.unwrap() - case.ks).abs() < 1e-12, "ks: {name}");
        let tolerance = if name.contains("not divide") { 3e-3 } else { 1e-3 };
        let p = found.ks_p.unwrap();
        assert!((p - case.ks_p).abs() < tolerance, "{p} {}: {name}", case.ks_p);
    }
}

/// The thinned sample of a large training keeps the distance within the promised 0.001.
#[test]
fn a_large_training_is_thinned_without_harm() {
    let uniform = |n: u32| (0..n).map(move |i| (f64::from(i) + 0.5) / f64::from(n));
    let training: Vec<f64> = uniform(40_000).collect();
    let recent: Vec<f64> = uniform(1_000).map(|u| u * u).collect();
    // sup |u − √u| on [0, 1] is 1/4, at u = 1/4.
    let found = compare(&training, &recent);
    assert!((found.ks.unwrap() - 0.25).abs() < 2e-3, "{:?}", found.ks);
}

#[test]
fn edges_of_the_data_have_clear_results() {
    let spread: Vec<f64> = (0..200).map(f64::from).collect();
    let nan = [f64::NAN; 60];
    struct Row<'a>(&'a str, &'a [f64], &'a [f64], bool, Option<f64>);
    for Row(what, training, recent, drifted, ks) in [
        Row("constant stays", &[3.0; 200], &[3.0; 60], false, Some(0.0)),
        Row("constant rises", &[3.0; 200], &[3.1; 60], true, Some(1.0)),
        Row("constant falls", &[3.0; 200], &[2.9; 60], true, Some(1.0)),
        Row("becomes constant", &spread, &[100.0; 60], true, Some(0.5)),
        Row("vanishes", &spread, &nan, true, None),
        Row("appears", &nan, &spread, true, None),
        Row("never there", &nan, &nan, false, None),
        Row("minus nought is nought", &[0.0; 50], &[-0.0; 50], false, Some(0.0)),
    ] {
        let found = compare(training, recent);
        assert!(found.psi.is_finite(), "{what}");
        assert_eq!(found.psi > 0.25, drifted, "{what}: {}", found.psi);
        assert_eq!(found.ks.is_some(), ks.is_some(), "{what}");
        if let (Some(found), Some(ks)) = (found.ks, ks) {
            assert!((found - ks).abs() < 1e-12, "{what}: {found}");
        }
        assert!(serde_json::to_string(&found).is_ok());
    }
}

#[test]
fn other_features_are_refused_and_columns_are_kept_apart() {
    let names = ["a".to_owned(), "b".to_owned()];
    let training: Vec<f64> = (0..100).flat_map(|i| [f64::from(i), 0.0]).collect();
    let reference = Reference::from_training(&names, &training).unwrap();
    let swapped = ["b".to_owned(), "a".to_owned()];
    let error = drift(&reference, &swapped, &training).unwrap_err();
    assert_eq!(error.to_string(), "recent features [b, a] are not those of the training [a, b]");
    assert!(matches!(drift(&reference, &names, &[]), Err(MonitoringError::NoRows("recent"))));
    let recent: Vec<f64> = (0..100).flat_map(|i| [f64::from(i), 1.0]).collect();
    let found = drift(&reference, &names, &recent).unwrap();
    let alarm = Alarm::new(Test::Psi, 0.25).unwrap();
    let verdict = judge(&found, &alarm, Response::Retrain);
    assert_eq!(verdict.response, Some(Response::Retrain));
    let alarmed: Vec<_> = verdict.alarms.iter().map(|a| a.feature.as_str()).collect();
    assert_eq!(alarmed, ["b"]);
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -3.0..3.0, 1 => Just(0.0), 1 => Just(f64::NAN)]
}

proptest! {
    #[test]
    fn nothing_drifts_from_itself(values in prop::collection::vec(value(), 1..80)) {
        let same = compare(&values, &values);
        prop_assert_eq!(same.psi, 0.0);
        prop_assert!(same.ks.is_none_or(|d| d == 0.0));
        prop_assert_eq!(same.missing_recent, same.missing_training);
    }

    #[test]
    fn the_order_of_rows_is_irrelevant_and_all_is_in_range(
        training in prop::collection::vec(value(), 1..80),
        (recent, shuffled) in prop::collection::vec(value(), 1..80)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let found = compare(&training, &recent);
        prop_assert_eq!(&found, &compare(&training, &shuffled));
        prop_assert!(found.psi >= 0.0 && found.psi.is_finite());
        prop_assert!(found.ks.is_none_or(|d| (0.0..=1.0).contains(&d)));
        prop_assert!(found.ks_p.is_none_or(|p| (0.0..=1.0).contains(&p)));
    }
}
