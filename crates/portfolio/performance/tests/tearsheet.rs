//! The report as a whole: complete, self-contained, safe, small, and strict about its input.

use std::collections::BTreeMap;

use performance::*;
use types::Date;

const EVIL: &str = "<script>alert('x')</script> & \"quoted\" \u{1}";

fn days(count: u64, step: u64) -> Vec<Date> {
    let first = Date::from_ymd_opt(1990, 1, 2).unwrap();
    (0..count).map(|t| first + chrono::Days::new(t * step)).collect()
}

/// A made-up path without randomness: growth with waves of two lengths.
fn wavy(count: usize, drift: f64) -> Vec<f64> {
    let at = |t: f64| (drift * t + 0.1 * (t / 97.0).sin() + 0.02 * (t * 1.7).sin()).exp();
    (0..count).map(|t| 1e6 * at(t as f64)).collect()
}

/// Nothing but values.
fn bare(count: usize) -> TearsheetInput {
    TearsheetInput {
        title: "Bare".to_owned(),
        mandate: Vec::new(),
        currency: "USD".to_owned(),
        periods_per_year: 252.0,
        risk_free_annual: 0.0,
        dates: days(count as u64, 1),
        nav: wavy(count, 4e-4),
        benchmark: None,
        weights: None,
        exposure: None,
        decisions: Vec::new(),
        frontier: None,
        drift: None,
        attribution: None,
        metrics: Vec::new(),
        resources: Vec::new(),
        models: Vec::new(),
        provenance: Provenance::default(),
        notes: Vec::new(),
    }
}

/// 8,313 days, 396 decisions, 20 symbols, and hostile names wherever a name can be.
fn full() -> TearsheetInput {
    let count = 8313;
    let mut input = bare(count);
    let decided = days(396, 21);
    let nav = Series::new(input.dates.clone(), input.nav.clone()).unwrap();
    let theirs = wavy(count, 3e-4);
    let index = Series::new(input.dates.clone(), theirs.clone()).unwrap();
    let basis = Basis::new(252.0).against(index.returns().unwrap().values);
    input.metrics = metrics(&nav.returns().unwrap(), &basis).unwrap();
    input.title = EVIL.to_owned();
    input.currency = EVIL.to_owned();
    input.benchmark = Some(Benchmark { name: EVIL.to_owned(), nav: theirs });
    input.mandate = vec![Fact { name: EVIL.to_owned(), value: EVIL.to_owned() }];
    input.notes = vec![EVIL.to_owned()];
    input.provenance = Provenance {
        run: EVIL.to_owned(),
        snapshots: vec![Fact { name: EVIL.to_owned(), value: EVIL.to_owned() }],
        code_revision: EVIL.to_owned(),
    };
    input.weights = Some(weights(&decided));
    input.exposure = Some(Exposure {
        dates: decided.clone(),
        net: vec![0.9; 396],
        gross: vec![1.1; 396],
        cash: vec![0.1; 396],
    });
    input.decisions = decided
        .iter()
        .map(|&date| Decision {
            date,
            turnover: 0.1,
            costs: BTreeMap::from([(EVIL.to_owned(), 20.0), ("spread".to_owned(), 30.0)]),
        })
        .collect();
    input.frontier = Some(frontier());
    input.drift = Some(Drift {
        dates: decided.clone(),
        features: vec![EVIL.to_owned(), "volatility".to_owned()],
        psi: (0..396).map(|t| vec![Some(f64::from(t) / 400.0), None]).collect(),
        alarm: 0.25,
    });
    input.attribution = Some(decision_attribution(&periods(&decided)).unwrap());
    input.resources =
        vec![StageCost { stage: EVIL.to_owned(), cpu_seconds: 0.5, bytes: 3_000_000 }];
    input.models = vec![ModelVersion {
        version: EVIL.to_owned(),
        trained_at: decided[3],
        information_coefficient: Some(-0.01),
        champion_since: None,
    }];
    input
}

fn weights(decided: &[Date]) -> Weights {
    let row = |t: usize| (0..20).map(|i| 0.045 + 0.02 * ((t + 7 * i) as f64).sin()).collect();
    let names = std::iter::once(EVIL.to_owned()).chain((1..20).map(|i| format!("STOCK{i}")));
    Weights {
        dates: decided.to_vec(),
        symbols: names.collect(),
        values: (0..decided.len()).map(row).collect(),
    }
}

fn frontier() -> Frontier {
    let at = |volatility, expected_return| RiskReturn { volatility, expected_return };
    Frontier {
        as_of: Date::from_ymd_opt(2022, 12, 1).unwrap(),
        points: vec![at(0.1, 0.05), at(0.12, 0.08), at(0.2, 0.12)],
        assets: vec![Asset { name: EVIL.to_owned(), at: at(0.2, 0.12) }],
        chosen: Some(at(0.13, 0.08)),
    }
}

fn periods(decided: &[Date]) -> Vec<DecisionPeriod> {
    let pair = |pair: &[Date]| DecisionPeriod {
        start: pair[0],
        end: pair[1],
        asset_returns: vec![0.02, -0.01],
        cash_return: 0.0,
        benchmark: vec![0.5, 0.5],
        forecast: vec![0.8, 0.2],
        unconstrained: vec![0.7, 0.3],
        constrained: vec![0.6, 0.4],
        rounded: vec![0.59, 0.4],
        cost: 0.0004,
        portfolio_return: 0.007,
        benchmark_return: 0.005,
    };
    decided.windows(2).map(pair).collect()
}

#[test]
fn a_long_report_is_complete_and_small() {
    let input = full();
    let names: Vec<String> = plots(&input).unwrap().into_iter().map(|plot| plot.name).collect();
    let expected = [
        "equity",
        "drawdown",
        "weights",
        "exposure",
        "monthly",
        "yearly",
        "rolling_sharpe",
        "rolling_volatility",
        "rolling_beta",
        "attribution",
        "attribution_by_year",
        "costs",
        "turnover",
        "frontier",
        "drift",
    ];
    assert_eq!(names, expected);
    let html = tearsheet_html(&input).unwrap();
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
    assert_eq!(html.matches("<svg ").count(), expected.len());
    for word in ["Deepest drawdowns", "Where the active return came from", "Information ratio"] {
        assert!(html.contains(word), "{word}");
    }
}

#[test]
fn every_name_from_outside_is_escaped() {
    let input = full();
    let html = tearsheet_html(&input).unwrap();
    let pictures: String = plots(&input).unwrap().into_iter().map(|plot| plot.svg).collect();
    for text in [&html, &pictures] {
        assert!(!text.contains("<script"), "a script came through");
        assert!(!text.contains("alert('x')"), "a quote came through");
        assert!(!text.contains('\u{1}'), "a control character came through");
    }
    assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)"));
}

#[test]
fn nothing_is_fetched() {
    let html = tearsheet_html(&full()).unwrap();
    let without_namespace = html.replace("http://www.w3.org/2000/svg", "");
    for word in ["http", "src=", "href=", "@import", "url("] {
        assert!(!without_namespace.contains(word), "{word}");
    }
}

#[test]
fn no_position_is_unknown() {
    let pictures: String = plots(&full()).unwrap().into_iter().map(|plot| plot.svg).collect();
    assert!(!pictures.contains("NaN") && !pictures.contains("inf"));
}

#[test]
fn input_survives_json() {
    let input = full();
    let text = serde_json::to_string(&input).unwrap();
    let read: TearsheetInput = serde_json::from_str(&text).unwrap();
    assert_eq!(tearsheet_html(&read).unwrap(), tearsheet_html(&input).unwrap());
}

#[test]
fn what_is_missing_is_left_out() {
    let html = tearsheet_html(&bare(600)).unwrap();
    assert!(html.contains("Growth of 1"));
    for word in ["Holdings", "frontier", "drift", "Turnover", "Provenance", "Notes"] {
        assert!(!html.contains(word), "{word}");
    }
    let names: Vec<String> = plots(&bare(2)).unwrap().into_iter().map(|plot| plot.name).collect();
    assert_eq!(names, ["equity", "drawdown", "monthly", "yearly"]);
}

#[test]
fn contradictions_are_named() {
    type Break = fn(&mut TearsheetInput);
    let rows: [(Break, &str); 7] = [
        (|i| i.nav.truncate(5), "the net asset value has 5 values, expected 8313"),
        (|i| i.nav[7] = 0.0, "the net asset value is 0 on 1990-01-09"),
        (|i| i.dates.swap(3, 4), "the valuation days: 1990-01-05 does not come after"),
        (
            |i| i.weights.as_mut().unwrap().values[1] = vec![1.0],
            "the row of weights on 1990-01-23 has 1 values, expected 20",
        ),
        (|i| i.drift.as_mut().unwrap().alarm = 0.0, "the alarm threshold of the drift is 0"),
        (|i| i.decisions[0].turnover = f64::NAN, "the turnover on 1990-01-02 is NaN"),
        (
            |i| {
                i.dates.truncate(1);
                i.nav.truncate(1);
            },
            "the history of net asset values has 1 values, at least 2",
        ),
    ];
    for (spoil, expected) in rows {
        let mut input = full();
        spoil(&mut input);
        let error = tearsheet_html(&input).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn pictures_of_one_decision() {
    let names: Vec<String> = ["A", "B", EVIL].map(str::to_owned).to_vec();
    let weights = vec![vec![0.5, 0.5, 0.0], vec![0.2, 0.7, 0.1]];
    let along = frontier_weights(&names, &[0.1, 0.2], &weights).unwrap();
    let shares = risk_contributions(&names, &weights[1], &[0.1, 0.8, 0.1]).unwrap();
    let tree = dendrogram(&names, &[2, 0, 1], &[(0, 1, 0.2), (2, 3, 0.7)], &[0, 0, 1]).unwrap();
    for plot in [along, shares, tree] {
        assert!(!plot.svg.contains("<script") && !plot.svg.contains("NaN"), "{}", plot.name);
        assert!(plot.svg.ends_with("</svg>\n"), "{}", plot.name);
    }
    // What is no tree, and what has no extent, is not drawn.
    assert_eq!(dendrogram(&names, &[0, 1, 2], &[(0, 1, 0.2)], &[0, 0, 1]), None);
    assert_eq!(dendrogram(&names, &[0, 1, 9], &[(0, 1, 0.2), (2, 3, 0.7)], &[0, 0, 1]), None);
    assert_eq!(frontier_weights(&names, &[0.1], &weights[..1]), None);
    assert_eq!(risk_contributions(&names, &[0.0; 3], &[0.0; 3]), None);
}
