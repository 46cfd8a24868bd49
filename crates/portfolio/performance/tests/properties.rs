//! What must hold for any history: figures are finite or absent, and effects add up.

use performance::{
    Basis, Brinson, DecisionPeriod, RiskFree, Segment, Series, Trials, brinson_fachler, catalogue,
    decision_attribution, link_brinson, metrics, reference_markdown,
};
use proptest::prelude::*;
use types::Date;

fn day(n: usize) -> Date {
    Date::from_ymd_opt(2001, 1, 1).unwrap() + chrono::Days::new(n as u64)
}

fn full_basis(benchmark: Vec<f64>) -> Basis {
    Basis {
        risk_free: RiskFree::Annual(0.02),
        trials: Some(Trials { count: 20, sharpe_variance: 0.001 }),
        ..Basis::new(252.0).against(benchmark)
    }
}

/// A return that may be unknown, nought, or a total loss.
fn any_return() -> impl Strategy<Value = f64> {
    prop_oneof![6 => -0.2..0.2, 1 => Just(0.0), 1 => Just(f64::NAN), 1 => Just(-1.0)]
}

proptest! {
    #[test]
    fn no_figure_is_ever_infinite(
        pairs in prop::collection::vec((any_return(), any_return()), 0..40),
    ) {
        let dates = (0..pairs.len()).map(day).collect();
        let returns = Series::new(dates, pairs.iter().map(|p| p.0).collect()).unwrap();
        let basis = full_basis(pairs.iter().map(|p| p.1).collect());
        let measured = metrics(&returns, &basis).unwrap();
        prop_assert_eq!(measured.len(), catalogue().len());
        for metric in measured {
            prop_assert!(metric.value.is_none_or(f64::is_finite), "{}", metric.id);
        }
    }

    #[test]
    fn unknown_rows_change_nothing(
        pairs in prop::collection::vec((-0.1..0.1, -0.1..0.1), 3..30),
        at in 0usize..3,
    ) {
        let known: Vec<usize> = (0..=pairs.len()).filter(|&i| i != at).collect();
        let series = |x: Vec<f64>, days: &[usize]| {
            Series::new(days.iter().map(|&d| day(d)).collect(), x).unwrap()
        };
        let (mut r, mut b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let without = metrics(&series(r.clone(), &known), &full_basis(b.clone())).unwrap();
        r.insert(at, f64::NAN);
        b.insert(at, 0.05);
        let all: Vec<usize> = (0..r.len()).collect();
        let with = metrics(&series(r, &all), &full_basis(b)).unwrap();
        for (a, b) in without.iter().zip(&with).filter(|(a, _)| !a.id.starts_with("longest")) {
            prop_assert_eq!(a, b);
        }
    }

    #[test]
    fn linked_brinson_adds_up(
        periods in prop::collection::vec(
            prop::collection::vec((0.0..1.0, 0.0..1.0, -0.1..0.1, -0.1..0.1), 3), 1..12),
    ) {
        let singles: Vec<Brinson> = periods.iter().map(|rows| {
            let segments: Vec<Segment> = rows.iter().enumerate().map(|(i, row)| Segment {
                name: format!("segment {i}"),
                portfolio_weight: row.0,
                benchmark_weight: row.1,
                portfolio_return: row.2,
                benchmark_return: row.3,
            }).collect();
            brinson_fachler(&segments).unwrap()
        }).collect();
        // Free weights leave the sum of over-weights times B in the single periods; close them.
        let closed = |b: &Brinson| {
            let parts = b.total.allocation + b.total.selection + b.total.interaction;
            Brinson { portfolio_return: b.benchmark_return + parts, ..b.clone() }
        };
        let singles: Vec<Brinson> = singles.iter().map(closed).collect();
        let ends: Vec<Date> = (0..singles.len()).map(day).collect();
        let whole = link_brinson(&singles, &ends).unwrap();
        let parts = whole.total.allocation + whole.total.selection + whole.total.interaction;
        let active = whole.portfolio_return - whole.benchmark_return;
        prop_assert!((parts - active).abs() < 1e-12, "{parts} {active}");
        let compounded: f64 = singles.iter().map(|b| 1.0 + b.portfolio_return).product();
        prop_assert!((whole.portfolio_return - (compounded - 1.0)).abs() < 1e-12);
    }

    #[test]
    fn decision_effects_add_up(
        rows in prop::collection::vec(
            (prop::collection::vec(-0.5..0.5, 3 * 6), 0.0..0.01, -0.3..0.3, -0.3..0.3), 1..30),
    ) {
        let periods: Vec<DecisionPeriod> = rows.iter().enumerate().map(|(t, row)| {
            let part = |k: usize| row.0[3 * k..3 * k + 3].to_vec();
            DecisionPeriod {
                start: day(30 * t),
                end: day(30 * t + 30),
                asset_returns: part(0),
                cash_return: 0.001,
                benchmark: part(1),
                forecast: part(2),
                unconstrained: part(3),
                constrained: part(4),
                rounded: part(5),
                cost: row.1,
                portfolio_return: row.2,
                benchmark_return: row.3,
            }
        }).collect();
        let found = decision_attribution(&periods).unwrap();
        for period in &found.periods {
            let active = period.portfolio_return - period.benchmark_return;
            prop_assert!((period.effects.total() - active).abs() < 1e-12);
        }
        let grown = |r: fn(&DecisionPeriod) -> f64| -> f64 {
            periods.iter().map(|p| 1.0 + r(p)).product()
        };
        let (ours, theirs) = (grown(|p| p.portfolio_return), grown(|p| p.benchmark_return));
        let scale = 1.0f64.max(ours.abs()).max(theirs.abs());
        prop_assert!((found.linked.total() - (ours - theirs)).abs() < 1e-9 * scale);
        let years = 30.0 * periods.len() as f64 / 365.25;
        let annual = (ours.ln() - theirs.ln()) / years;
        prop_assert!((found.annual.total() - annual).abs() < 1e-9 * annual.abs().max(1.0));
        let by_year: f64 = found.years.iter().map(|y| y.effects.total()).sum();
        prop_assert!((by_year - (ours.ln() - theirs.ln())).abs() < 1e-9 * scale);
    }
}

/// Counted by hand: two assets returning 10 % and 0 %; each stage moves weight to the first.
#[test]
fn each_stage_earns_its_step() {
    let period = DecisionPeriod {
        start: day(0),
        end: day(30),
        asset_returns: vec![0.10, 0.0],
        cash_return: 0.0,
        benchmark: vec![0.5, 0.5],
        forecast: vec![0.9, 0.1],
        unconstrained: vec![0.8, 0.2],
        constrained: vec![0.6, 0.4],
        rounded: vec![0.59, 0.40],
        cost: 0.001,
        portfolio_return: 0.0575,
        benchmark_return: 0.05,
    };
    let found = decision_attribution(std::slice::from_ref(&period)).unwrap();
    let expected = [0.04, -0.01, -0.02, -0.001, -0.001, -0.0005];
    for ((name, value), number) in found.periods[0].effects.named().into_iter().zip(expected) {
        assert!((value - number).abs() < 1e-14, "{name}: {value}");
    }
    assert!((found.linked.total() - 0.0075).abs() < 1e-14);
    let short = DecisionPeriod { rounded: vec![1.0], ..period };
    let error = decision_attribution(&[short]).unwrap_err().to_string();
    assert!(error.contains("rounded weights on 2001-01-01 has 1 values, expected 2"), "{error}");
}

#[test]
fn the_catalogue_is_complete_and_its_page_current() {
    assert!(catalogue().len() >= 40);
    let mut ids: Vec<&str> = catalogue().iter().map(|doc| doc.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), catalogue().len(), "an id is used twice");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/metrics.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == reference_markdown(),
        "docs/metrics.md is stale: run `cargo run -p performance --example metrics_page > docs/metrics.md`"
    );
}
