//! Ridge and elastic net against scikit-learn 1.9.1 (`StandardScaler`, gaps set to 0, then `Ridge`
//! or `ElasticNet(tol=1e-14)` on the standardised label).

use learning::{LearnError, Model, ModelSpec, TrainingSet, train};
use types::parse_date;

fn set() -> TrainingSet {
    let row = |i: usize| {
        let t = i as f64;
        [
            (t * 0.7).sin() * 3.0 + 1.0,
            (t * 1.3).cos() * 0.2,
            (i * 37 % 11) as f64 / 11.0,
            (t * 2.1).sin(),
        ]
    };
    let y = |i: usize| {
        let f = |v: f64| f64::from(v as f32);
        0.5 * f(row(i)[0]) - 2.0 * f(row(i)[1]) + 0.1 * (i as f64 * 5.0).sin()
    };
    let mut x: Vec<f64> = (0..60).flat_map(row).collect();
    x[5 * 4] = f64::NAN;
    x[11 * 4 + 2] = f64::NAN;
    TrainingSet {
        names: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
        x,
        y: (0..60).map(y).collect(),
        dates: vec![parse_date("2020-01-02").unwrap(); 60],
    }
}

/// Forecasts of rows 0, 5, 11 and 30: two of them have a gap.
fn check(spec: &ModelSpec, expected: [f64; 4]) {
    let set = set();
    let bytes = train(spec, &set, 1).unwrap();
    assert_eq!(bytes, train(spec, &set, 2).unwrap(), "linear models do not use the seed");
    let forecast = Model::load(&bytes).unwrap().predict(&set.x).unwrap();
    for (row, expected) in [0, 5, 11, 30].into_iter().zip(expected) {
        let gap = (forecast[row] - expected).abs();
        assert!(gap < 2e-6, "row {row}: {} is not {expected}", forecast[row]);
    }
}

#[test]
fn ridge_is_scikit_learns() {
    let expected =
        [0.15030815358399918, 0.17644501684825603, 1.9458262868402278, 1.5760539614336935];
    check(&ModelSpec::Ridge { alpha: 3.0 }, expected);
}

#[test]
fn elastic_net_is_scikit_learns() {
    let expected =
        [0.20653261985287147, 0.27588810960368443, 1.8797161229256658, 1.5511171068776477];
    check(&ModelSpec::ElasticNet { alpha: 0.1, l1_ratio: 0.5 }, expected);
    let lasso = [0.5026550419616825, 0.5506440515044446, 1.5287561577699076, 1.371427410377476];
    check(&ModelSpec::ElasticNet { alpha: 0.3, l1_ratio: 1.0 }, lasso);
}

/// A pure lasso drops features: forecasts do not move with them.
#[test]
fn lasso_drops_features() {
    let bytes = train(&ModelSpec::ElasticNet { alpha: 0.3, l1_ratio: 1.0 }, &set(), 0).unwrap();
    let model = Model::load(&bytes).unwrap();
    let y = model.predict(&[1.0, 5.0, 0.0, 0.0, 1.0, -5.0, 9.0, 9.0]).unwrap();
    assert_eq!(y[0].to_bits(), y[1].to_bits());
}

#[test]
fn a_constant_label_or_feature_teaches_nothing() {
    let mut set = set();
    set.y = vec![0.25; 60];
    set.x.iter_mut().skip(1).step_by(4).for_each(|v| *v = 0.1);
    set.x.iter_mut().skip(3).step_by(4).for_each(|v| *v = f64::NAN);
    for spec in [
        ModelSpec::Ridge { alpha: 1.0 },
        ModelSpec::ElasticNet { alpha: 0.1, l1_ratio: 0.5 },
        serde_json::from_str(r#"{"kind": "gradient-boosting", "trees": 3}"#).unwrap(),
    ] {
        let model = Model::load(&train(&spec, &set, 0).unwrap()).unwrap();
        assert_eq!(model.predict(&[9.0, 9.0, 9.0, 9.0]).unwrap(), [0.25], "{spec:?}");
        let unknown = [f64::NAN; 4];
        assert_eq!(model.predict(&unknown).unwrap(), [0.25], "{spec:?}");
    }
}

#[test]
fn bad_training_sets_are_refused() {
    let spec = ModelSpec::Ridge { alpha: 1.0 };
    let with = |change: fn(&mut TrainingSet)| {
        let mut set = set();
        change(&mut set);
        train(&spec, &set, 0).unwrap_err()
    };
    let label = with(|s| s.y[7] = f64::NAN);
    assert_eq!(
        label.to_string(),
        "label in training row 7 is NaN: drop the row or mend its source"
    );
    let feature = with(|s| s.x[4 * 9 + 2] = f64::INFINITY).to_string();
    assert!(feature.starts_with("feature `c` in training row 9 is inf"), "{feature}");
    assert!(matches!(with(|s| s.y.truncate(9)), LearnError::Shape { what: "labels", .. }));
    assert!(matches!(with(|s| s.x.truncate(9)), LearnError::Shape { .. }));
    let short = with(|s| {
        s.x.truncate(16);
        s.y.truncate(4);
        s.dates.truncate(4);
    });
    assert_eq!(short, LearnError::TooFewRows { needed: 5, found: 4 });
}
