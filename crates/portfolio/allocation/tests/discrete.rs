//! Cardinality, least weights, lots and group counts against all subsets, tried one by one.

use std::collections::BTreeMap;

use allocation::{Constraint, Costs, Discrete, Objective, Problem, allocate, allocate_discrete};
use proptest::prelude::*;
use risk::{Matrix, Moments, Returns, RiskMeasure};
use types::{Status, Symbol};

fn universes() -> impl Strategy<Value = Moments> {
    (4_usize..9).prop_flat_map(|n| {
        let means = proptest::collection::vec(-0.005..0.02_f64, n);
        let exposures = proptest::collection::vec(-0.05..0.1_f64, 2 * n);
        let own = proptest::collection::vec(1e-4..4e-3_f64, n);
        (means, exposures, own).prop_map(move |(mean, b, own)| {
            let covariance = Matrix::from_fn(n, |i, j| {
                let common = b[2 * i] * b[2 * j] + b[2 * i + 1] * b[2 * j + 1];
                common + if i == j { own[i] } else { 0.0 }
            });
            let symbols = (0..n).map(|i| Symbol::from(format!("S{i}")));
            Moments::new(symbols.collect(), mean, covariance, 100).unwrap()
        })
    })
}

fn problem<'a>(
    moments: &'a Moments,
    constraints: &'a [Constraint],
    groups: &'a BTreeMap<String, Vec<Symbol>>,
) -> Problem<'a> {
    let as_of = types::parse_date("2020-01-31").unwrap();
    let expected_return = &moments.mean;
    Problem { expected_return, constraints, groups, ..Problem::new(moments, as_of) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_other_choice_of_names_is_better(moments in universes(), most in 2_usize..4, least in 0.1..0.3_f64, mean in any::<bool>()) {
        let n = moments.mean.len();
        let long = ["long only".parse().unwrap()];
        let groups = BTreeMap::from([("pair".to_owned(), moments.symbols[..2].to_vec())]);
        let objective: Objective =
            if mean { "maximise return - 2 * variance" } else { "minimise variance" }.parse().unwrap();
        let discrete = Discrete {
            most_assets: Some(most),
            least_weight: Some(least),
            group_counts: vec![("pair".to_owned(), 1)],
            ..Discrete::default()
        };
        let target = allocate_discrete(&objective, &problem(&moments, &long, &groups), &discrete).unwrap();
        let met = target.certificate.gap <= 1e-6 * target.certificate.objective.abs();
        prop_assert_eq!(met, target.certificate.status == Status::Solved);
        let held: Vec<usize> = (0..n).filter(|i| target.weights[*i] != 0.0).collect();
        prop_assert!(held.len() <= most && !(held.contains(&0) && held.contains(&1)));
        prop_assert!(held.iter().all(|i| target.weights[*i] >= least - 1e-8));
        prop_assert!((target.weights.iter().sum::<f64>() - 1.0).abs() < 1e-8);
        let sign = if mean { 1.0 } else { -1.0 };
        for subset in 1_usize..1 << n {
            if subset.count_ones() as usize > most || subset & 3 == 3 {
                continue;
            }
            let sentences: Vec<Constraint> = (0..n)
                .map(|i| match subset >> i & 1 {
                    1 => format!("weight(S{i}) >= {least}"),
                    _ => format!("weight(S{i}) == 0"),
                })
                .map(|s| s.parse().unwrap())
                .collect();
            if let Ok(other) = allocate(&objective, &problem(&moments, &sentences, &groups)) {
                let better = sign * (other.certificate.objective - target.certificate.objective);
                prop_assert!(better <= 1e-6 * target.certificate.objective.abs() + 1e-10, "{better}");
            }
        }
    }

    /// Lots of a tenth: every composition of ten tenths.
    #[test]
    fn no_other_number_of_lots_is_better(moments in universes()) {
        let first: Vec<usize> = (0..4).collect();
        let sigma = moments.covariance.submatrix(&first);
        let few = Moments::new(moments.symbols[..4].into(), moments.mean[..4].to_vec(), sigma, 9).unwrap();
        let long = ["long only".parse().unwrap()];
        let groups = BTreeMap::new();
        let discrete = Discrete { lots: vec![0.1; 4], ..Discrete::default() };
        let target = allocate_discrete(&Objective::MinimumVariance, &problem(&few, &long, &groups), &discrete).unwrap();
        let mut best = f64::INFINITY;
        for a in 0..=10_u32 {
            for b in 0..=10 - a {
                for c in 0..=10 - a - b {
                    let weights = [a, b, c, 10 - a - b - c].map(|lots| f64::from(lots) / 10.0);
                    best = best.min(few.covariance.quad_form(&weights));
                }
            }
        }
        prop_assert!((target.certificate.objective - best).abs() <= 2e-6 * best);
        // The linear program's own tolerances leave a gap where the risk is a small part of the
        // variances; the certificate then says so.
        let met = target.certificate.gap <= 1e-6 * target.certificate.objective;
        prop_assert_eq!(met, target.certificate.status == Status::Solved);
        prop_assert!(target.certificate.gap <= 1e-4 * best);
    }
}

#[test]
fn what_cannot_be_had_is_refused() {
    let symbols: Vec<Symbol> = (0..3).map(|i| Symbol::from(format!("S{i}"))).collect();
    let covariance = Matrix::diagonal(&[0.01, 0.02, 0.03]);
    let moments = Moments::new(symbols.into(), vec![0.01; 3], covariance, 9).unwrap();
    let groups = BTreeMap::new();
    let ask = |objective: &str, sentences: &[&str], discrete: &Discrete| {
        let sentences: Vec<Constraint> = sentences.iter().map(|s| s.parse().unwrap()).collect();
        let problem = problem(&moments, &sentences, &groups);
        allocate_discrete(&objective.parse().unwrap(), &problem, discrete).unwrap_err().to_string()
    };
    let two = Discrete { most_assets: Some(2), ..Discrete::default() };
    assert_eq!(
        ask("minimise variance", &["long only", "weight <= 40%"], &two),
        "no weights fulfil the sentences and the counts together: allow more names, a smaller least weight or smaller lots"
    );
    assert!(
        ask("risk parity", &["long only"], &two)
            .starts_with("`risk parity` cannot count names or lots")
    );
    assert!(ask("minimise variance", &[], &two).contains("has no bound"));
    let tight = ask("minimise variance", &["long only", "weight <= 20%"], &two);
    assert!(tight.contains("no weights fulfil all of"));
    let count = Discrete { group_counts: vec![("tech".to_owned(), 1)], ..Discrete::default() };
    assert!(ask("minimise variance", &["long only"], &count).contains("no group tech"));
    for (least, gap, words) in [
        (f64::NAN, 0.0, "the least weight is NaN: it must be finite and not negative"),
        (-0.1, 0.0, "the least weight is -0.1: it must be finite and not negative"),
        (0.1, f64::NAN, "the gap at which to stop is NaN: it must be finite and not negative"),
    ] {
        let odd = Discrete { least_weight: Some(least), gap, ..Discrete::default() };
        assert_eq!(ask("minimise variance", &["long only"], &odd), words);
    }
}

/// The same questions as sentences, through `allocate`, with every choice of names as reference.
#[test]
fn sentences_lead_to_integers() {
    let symbols: Vec<Symbol> = (0..5).map(|i| Symbol::from(format!("S{i}"))).collect();
    let covariance = Matrix::from_fn(5, |i, j| {
        let size = |i: usize| 0.1 + 0.03 * i as f64;
        size(i) * size(j) * if i == j { 1.0 } else { 0.2 + 0.05 * (i + j) as f64 }
    });
    let moments = Moments::new(symbols.clone().into(), vec![0.01; 5], covariance, 9).unwrap();
    let groups = BTreeMap::from([("pair".to_owned(), symbols[3..].to_vec())]);
    let benchmarks = BTreeMap::from([("index".to_owned(), vec![0.2; 5])]);
    let ask = |objective: &str, sentences: &[String]| {
        let sentences: Vec<Constraint> = sentences.iter().map(|s| s.parse().unwrap()).collect();
        let problem = Problem { benchmarks: &benchmarks, ..problem(&moments, &sentences, &groups) };
        allocate(&objective.parse().unwrap(), &problem)
    };
    let said = |sentences: &[&str]| sentences.iter().map(|s| s.to_string()).collect::<Vec<_>>();
    for objective in ["minimise variance", "minimise tracking_error(index)"] {
        let few =
            said(&["long only", "names <= 3", "names(pair) >= 1", "weight >= 10% or nothing"]);
        let target = ask(objective, &few).unwrap();
        assert_eq!(target.certificate.status, Status::Solved);
        let mut best = f64::INFINITY;
        for subset in 1_usize..32 {
            if subset.count_ones() > 3 || subset >> 3 == 0 {
                continue;
            }
            let own: Vec<String> = (0..5)
                .map(|i| match subset >> i & 1 {
                    1 => format!("weight(S{i}) >= 10%"),
                    _ => format!("weight(S{i}) == 0%"),
                })
                .collect();
            best = best.min(ask(objective, &own).unwrap().certificate.objective);
        }
        let found = target.certificate.objective;
        assert!((found - best).abs() <= 1e-6 * best, "{objective}: {found} {best}");
    }
    let lots = ask("minimise variance", &said(&["long only", "lots of 5%"])).unwrap();
    let whole = |w: &f64| (w / 0.05 - (w / 0.05).round()).abs() < 1e-9;
    assert!(lots.weights.iter().all(whole), "{:?}", lots.weights);
    let error = |objective: &str, sentences: &[&str]| {
        ask(objective, &said(sentences)).unwrap_err().to_string()
    };
    assert!(error("minimise variance", &["long only", "names >= 3"]).contains("least weight"));
    assert!(error("risk parity", &["names <= 3"]).contains("cannot count names or lots: ask for"));
    assert!("names <= 2.5".parse::<Constraint>().is_err());
}

/// Scenarios without a generator: sines of incommensurable frequencies, with some heavy losses.
fn waves(assets: usize, rows: usize) -> (Returns, Moments) {
    let value = |s: usize, i: usize| {
        let (s, i) = (s as f64, i as f64);
        let market = (1.7 * s).sin() + (0.37 * s * s).sin();
        let own = (s * (1.3 + 0.71 * i) + i * i).sin();
        0.004 * (1.0 + 0.05 * i) * market + 0.01 * own * own * own + 3e-4 * (i - 1.0)
    };
    let symbols: Vec<Symbol> = (0..assets).map(|i| Symbol::from(format!("S{i}"))).collect();
    let values = (0..rows * assets).map(|k| value(k / assets, k % assets)).collect();
    let returns = Returns::new(symbols.clone(), values).unwrap();
    let mean: Vec<f64> =
        (0..assets).map(|i| returns.column(i).iter().sum::<f64>() / rows as f64).collect();
    let covariance = Matrix::from_fn(assets, |i, j| {
        let part = |s: usize| (returns.row(s)[i] - mean[i]) * (returns.row(s)[j] - mean[j]);
        (0..rows).map(part).sum::<f64>() / (rows - 1) as f64
    });
    let moments = Moments::new(symbols.into(), mean, covariance, rows).unwrap();
    (returns, moments)
}

/// Risks over scenarios with few names, least weights and limits of risk: no choice of names, each
/// asked for in sentences, is better.
#[test]
fn any_risk_goes_with_names() {
    let (returns, moments) = waves(6, 60);
    let groups = BTreeMap::new();
    let benchmarks = BTreeMap::from([("index".to_owned(), vec![1.0 / 6.0; 6])]);
    let ask = |objective: &str, sentences: &[String]| {
        let sentences: Vec<Constraint> = sentences.iter().map(|s| s.parse().unwrap()).collect();
        let costs = Costs { linear: vec![1e-4; 6], holding: vec![5e-5; 6], ..Costs::default() };
        let problem = Problem {
            scenarios: Some(&returns),
            benchmarks: &benchmarks,
            previous: &[0.3, 0.3, 0.2, 0.2, 0.0, 0.0],
            costs: Some(costs),
            ..problem(&moments, &sentences, &groups)
        };
        allocate(&objective.parse().unwrap(), &problem)
    };
    for (objective, limit) in [
        ("minimise cvar(90%)", None),
        ("minimise maximum drawdown", None),
        ("minimise gini mean difference", None),
        ("minimise semi-variance", None),
        ("minimise evar(80%)", None),
        ("minimise square-root kurtosis", None),
        ("minimise robust cvar(90%) within 0.1%", None),
        ("maximise return - 0.05 * cvar(90%) - costs", None),
        ("maximise return - 3 * variance - 0.02 * mad - tracking_variance(index)", None),
        ("maximise return", Some("cvar(90%) <= 1%")),
        ("minimise variance", Some("turnover <= 40%")),
        ("maximise return - 2 * costs", Some("variance <= 0.00003")),
    ] {
        let limits = || limit.into_iter().map(str::to_owned).chain(["long only".to_owned()]);
        let few = ["names <= 3".to_owned(), "weight >= 15% or nothing".to_owned()];
        let sentences: Vec<String> = limits().chain(few).collect();
        let target = ask(objective, &sentences).unwrap();
        assert_eq!(
            target.certificate.status,
            Status::Solved,
            "{objective}: {:?}",
            target.certificate
        );
        let held = target.weights.iter().filter(|w| **w > 0.0);
        assert!(held.clone().count() <= 3 && held.clone().all(|w| *w >= 0.15 - 1e-8));
        let gains = objective.starts_with("maximise");
        let mut best = f64::INFINITY;
        for subset in (1_usize..64).filter(|subset| subset.count_ones() <= 3) {
            let names = (0..6).map(|i| match subset >> i & 1 {
                1 => format!("weight(S{i}) >= 15%"),
                _ => format!("weight(S{i}) == 0%"),
            });
            if let Ok(other) = ask(objective, &limits().chain(names).collect::<Vec<_>>()) {
                let value = other.certificate.objective;
                best = best.min(if gains { -value } else { value });
            }
        }
        let found = target.certificate.objective;
        let found = if gains { -found } else { found };
        assert!((found - best).abs() <= 2e-6 * best.abs(), "{objective}: {found} {best}");
    }
}

/// Whole lots under a limit of risk, against every composition of ten tenths.
#[test]
fn lots_keep_limits_of_risk() {
    let (returns, moments) = waves(4, 60);
    let groups = BTreeMap::new();
    let measure: RiskMeasure = "cvar(90%)".parse().unwrap();
    let cvar = |weights: &[f64]| measure.of(&returns.of_portfolio(weights).unwrap()).unwrap();
    let sentences: Vec<Constraint> =
        ["long only", "cvar(90%) <= 1.1%", "lots of 10%"].map(|s| s.parse().unwrap()).to_vec();
    let problem = Problem { scenarios: Some(&returns), ..problem(&moments, &sentences, &groups) };
    let target = allocate(&"maximise return".parse().unwrap(), &problem).unwrap();
    assert!(cvar(&target.weights) <= 0.011 + 1e-9);
    let mut best = f64::NEG_INFINITY;
    for a in 0..=10_u32 {
        for b in 0..=10 - a {
            for c in 0..=10 - a - b {
                let weights = [a, b, c, 10 - a - b - c].map(|lots| f64::from(lots) / 10.0);
                if cvar(&weights) <= 0.011 {
                    let earned = weights.iter().zip(&moments.mean).map(|(w, m)| w * m);
                    best = best.max(earned.sum());
                }
            }
        }
    }
    assert!((target.certificate.objective - best).abs() < 1e-9, "{:?} {best}", target.certificate);
}

#[test]
fn a_search_that_is_too_large_says_so() {
    let (returns, moments) = waves(30, 200);
    let groups = BTreeMap::new();
    let long = ["long only".parse().unwrap()];
    let problem = Problem { scenarios: Some(&returns), ..problem(&moments, &long, &groups) };
    let few = Discrete {
        most_assets: Some(7),
        least_weight: Some(0.05),
        nodes: 3,
        ..Discrete::default()
    };
    let objective: Objective = "minimise cvar(95%)".parse().unwrap();
    match allocate_discrete(&objective, &problem, &few) {
        Ok(target) => assert!(target.certificate.gap >= 0.0),
        Err(error) => assert!(error.to_string().contains("limit of 3 nodes"), "{error}"),
    }
    let curved = Problem {
        costs: Some(Costs { impact_factor: vec![0.1; 30], ..Costs::default() }),
        ..problem
    };
    let objective: Objective = "maximise return - costs".parse().unwrap();
    let error = allocate_discrete(&objective, &curved, &few).unwrap_err().to_string();
    assert!(error.contains("impact does not go with names or lots"), "{error}");
}
