//! Views, drawn scenarios and chains of aims, against closed forms.

use std::borrow::Cow;

use allocation::{
    Aim, AllocationError, Answer, Constraint, Problem, Prospects, Source, SourceKind, ViewMethod,
    chain,
};
use risk::{Matrix, Moments, Returns, View, Vocabulary};
use types::Symbol;

fn symbols() -> Vec<Symbol> {
    ["A", "B"].map(Symbol::from).to_vec()
}

/// Means of 2 % and 4 %, variances of 0.01 and 0.04, no correlation.
fn moments() -> Moments {
    Moments::new(symbols().into(), vec![0.02, 0.04], Matrix::diagonal(&[0.01, 0.04]), 100).unwrap()
}

/// Days that fall and rise in turn, B by twice as much.
fn daily(rows: usize) -> Returns {
    let moves = (0..rows).map(|row| if row % 3 == 0 { -0.02 } else { 0.015 });
    let values = moves.enumerate().flat_map(|(row, r)| [r, 2.0 * r + 0.001 * (row % 5) as f64]);
    Returns::new(symbols(), values.collect()).unwrap()
}

fn views(sentences: &[&str]) -> Vec<View> {
    let names = Vocabulary::new(&symbols());
    sentences.iter().map(|sentence| View::parse(sentence, &names).unwrap()).collect()
}

fn prospects<'a>(daily: &'a Returns, days: usize, source: Source) -> Prospects<'a> {
    Prospects::new(Cow::Owned(moments()), Some(daily), days, source)
}

fn answer(
    prospects: &Prospects<'_>,
    text: &str,
    sentences: &[&str],
) -> Result<Answer, AllocationError> {
    let aims: Vec<Aim> = chain(text).unwrap();
    let constraints: Vec<Constraint> = sentences.iter().map(|s| s.parse().unwrap()).collect();
    let day = types::parse_date("2024-01-02").unwrap();
    let problem = Problem { constraints: &constraints, ..Problem::new(prospects.moments(), day) };
    prospects.allocate(&aims, &problem)
}

/// He and Litterman (1999) by hand: without a correlation, a view at 50 % goes half-way, one at
/// 100 % all the way, and the other asset stays where it was. Scenarios move with the means.
#[test]
fn black_litterman_moves_means_and_scenarios_alike() {
    let daily = daily(60);
    let before = prospects(&daily, 3, Source::default());
    let aim = "minimise cvar(95%)".parse().unwrap();
    let (plain, none) = before.scenarios(&[&aim], &[]).unwrap().unwrap();
    assert!(none.is_empty());
    let plain = plain.into_owned();
    let sure = views(&["A == 6%", "B == 8% with confidence 100%"]);
    let (after, moved) = before.with_views(ViewMethod::BlackLitterman, &sure, 0.05).unwrap();
    for (found, expected) in moved.after.iter().zip([0.04, 0.08]) {
        assert!((found - expected).abs() < 1e-12, "{found}");
    }
    assert_eq!(moved.after, after.moments().mean);
    let (shifted, _) = after.scenarios(&[&aim], &[]).unwrap().unwrap();
    for (row, plain) in (0..plain.rows()).map(|row| (shifted.row(row), plain.row(row))) {
        assert!((row[0] - plain[0] - 0.02).abs() < 1e-12);
        assert!((row[1] - plain[1] - 0.04).abs() < 1e-12);
    }
    // Of days, the horizon's part.
    let drawdown = "minimise cdar(95%)".parse().unwrap();
    let (days, _) = after.scenarios(&[&drawdown], &[]).unwrap().unwrap();
    assert!((days.row(0)[0] - daily.row(0)[0] - 0.02 / 3.0).abs() < 1e-12);
}

/// Two scenarios and one mean leave no choice: 20 % and 80 % (as in the page on views).
#[test]
fn entropy_pooling_weighs_the_scenarios_that_an_aim_reads() {
    let daily =
        Returns::new(symbols(), vec![-0.01, 0.0, 0.01, 0.001, -0.01, 0.0, 0.01, 0.001]).unwrap();
    let moments = Moments { mean: vec![0.0, 0.0005], ..moments() };
    let prior = Prospects::new(Cow::Owned(moments), Some(&daily), 1, Source::default());
    let view = views(&["A == 0.6%"]);
    let (after, moved) = prior.with_views(ViewMethod::EntropyPooling, &view, 0.05).unwrap();
    assert!((after.moments().mean[0] - 0.006).abs() < 1e-9);
    let aim = "minimise cvar(95%)".parse().unwrap();
    let (_, probabilities) = after.scenarios(&[&aim], &[]).unwrap().unwrap();
    let up: f64 = probabilities.iter().skip(1).step_by(2).sum();
    assert!((up - 0.8).abs() < 1e-9, "{probabilities:?}");
    let (effective, all) = moved.effective_scenarios.unwrap();
    let entropy = -2.0 * (0.1 * 0.1_f64.ln() + 0.4 * 0.4_f64.ln());
    assert!((effective - entropy.exp()).abs() < 1e-8 && all == 4);
    // A view on a mean leaves the estimate of the covariance alone.
    assert_eq!(after.moments().covariance, self::moments().covariance);
    assert!(answer(&after, "minimise cvar(95%)", &["long only"]).is_ok());
}

#[test]
fn a_view_on_a_variance_changes_the_covariance() {
    let daily = daily(60);
    let normal = Source { kind: SourceKind::Gaussian, count: Some(2_000), ..Source::default() };
    let prior = prospects(&daily, 21, normal);
    let calm = views(&["variance(B) <= 0.03"]);
    let (after, _) = prior.with_views(ViewMethod::EntropyPooling, &calm, 0.05).unwrap();
    let found = after.moments().covariance.at(1, 1);
    assert!((found - 0.03).abs() < 1e-3, "{found}");
}

#[test]
fn what_views_cannot_do_is_said() {
    let daily = daily(60);
    let with = |method, sentence: &str| {
        let prior = prospects(&daily, 5, Source::default());
        prior.with_views(method, &views(&[sentence]), 0.05).map(|(after, _)| after)
    };
    let text =
        with(ViewMethod::EntropyPooling, "A == 2% with confidence 60%").unwrap_err().to_string();
    assert!(text.contains("takes views for certain"), "{text}");
    let text = with(ViewMethod::BlackLitterman, "A >= 2%").unwrap_err().to_string();
    assert!(text.contains("use entropy pooling"), "{text}");
    let pooled = with(ViewMethod::EntropyPooling, "A <= 2.1%").unwrap();
    let text = answer(&pooled, "minimise cdar(95%)", &["long only"]).unwrap_err().to_string();
    assert!(text.contains("use Black-Litterman"), "{text}");
}

/// Each aim of a chain reads its own scenarios: drawdowns days, and a tail the horizon.
#[test]
fn each_aim_of_a_chain_reads_its_own_scenarios() {
    let daily = daily(60);
    let prospects = prospects(&daily, 5, Source::default());
    let first = answer(&prospects, "minimise cdar(95%), else minimise cvar(95%)", &["long only"]);
    assert_eq!(first.unwrap().scenarios, Some(60));
    let text = "maximise sharpe over 90%, else minimise cvar(95%), else equal weight";
    let second = answer(&prospects, text, &["long only"]).unwrap();
    assert_eq!((second.aim, second.scenarios), (1, Some(56)));
    assert!(second.target.certificate.fallbacks[0].starts_with("maximise sharpe over 0.9: no"));
}

/// The middle between minimum variance (80 %) and equal weight (50 %).
#[test]
fn portfolios_are_mixed_by_a_sentence() {
    let daily = daily(60);
    let prospects = prospects(&daily, 5, Source::default());
    let text = "equal weight among (minimise variance; equal weight)";
    let mixed = answer(&prospects, text, &["long only"]).unwrap();
    assert!((mixed.target.weights[0] - 0.65).abs() < 1e-6);
    assert!(mixed.shares.iter().all(|share| (share - 0.5).abs() < 1e-9));
}

fn drawn(
    daily: &Returns,
    days: usize,
    source: Source,
    aim: &str,
) -> Result<Returns, AllocationError> {
    let prospects = prospects(daily, days, source);
    let (found, _) = prospects.scenarios(&[&aim.parse().unwrap()], &[])?.unwrap();
    Ok(found.into_owned())
}

/// Where each day is like the other, so is each stretch of days: `1.01⁵ − 1`.
#[test]
fn bootstraps_compound_the_days_that_they_draw() {
    let even = Returns::new(symbols(), [0.01, -0.02].repeat(40)).unwrap();
    for kind in [SourceKind::BlockBootstrap, SourceKind::StationaryBootstrap] {
        let source = Source { kind, count: Some(7), block: Some(3.0), ..Source::default() };
        let found = drawn(&even, 5, source, "minimise cvar(95%)").unwrap();
        assert_eq!(found.rows(), 7);
        for row in 0..7 {
            assert!((found.row(row)[0] - (1.01_f64.powi(5) - 1.0)).abs() < 1e-12);
            assert!((found.row(row)[1] - (0.98_f64.powi(5) - 1.0)).abs() < 1e-12);
        }
    }
}

/// Every generator draws as many as it is told, the same from the same seed and others from another.
#[test]
fn generators_depend_on_their_seed_alone() {
    let daily = daily(300);
    for (kind, _, _) in SourceKind::ALL.into_iter().skip(1) {
        let source = |seed| Source { kind, count: Some(400), seed, ..Source::default() };
        let draw = |seed| drawn(&daily, 2, source(seed), "minimise cvar(95%)").unwrap();
        let once = draw(3);
        assert_eq!(once.rows(), 400, "{kind}");
        assert_eq!(once, draw(3), "{kind}");
        assert_ne!(once, draw(4), "{kind}");
    }
}

/// The mean and the deviation of 20,000 draws, within five standard errors of the moments.
#[test]
fn elliptical_scenarios_have_the_moments_of_the_question() {
    let daily = daily(60);
    for kind in [SourceKind::Gaussian, SourceKind::Student] {
        let source = Source { kind, count: Some(20_000), seed: 1, ..Source::default() };
        let found = drawn(&daily, 21, source, "minimise cvar(95%)").unwrap();
        for (col, (mean, sigma)) in [(0.02, 0.1), (0.04, 0.2)].into_iter().enumerate() {
            let values = found.column(col);
            let average = values.iter().sum::<f64>() / 20_000.0;
            let variance = values.iter().map(|r| (r - average).powi(2)).sum::<f64>() / 20_000.0;
            assert!((average - mean).abs() < 5.0 * sigma / 20_000_f64.sqrt(), "{kind} {average}");
            assert!((variance.sqrt() / sigma - 1.0).abs() < 0.05, "{kind} {variance}");
        }
    }
}

#[test]
fn wrong_generators_are_refused() {
    let daily = daily(300);
    let base = Source { kind: SourceKind::Student, ..Source::default() };
    for (source, said) in [
        (Source { count: Some(5), ..Source::default() }, "leave `count` out"),
        (Source { count: Some(1), ..base }, "from 2 to 10000000"),
        (Source { block: Some(3.0), ..base }, "`block` is a number of the bootstraps"),
        (Source { degrees: Some(2.0), ..base }, "above 2, or there is no variance"),
        (Source { degrees: Some(f64::NAN), ..base }, "above 2, or there is no variance"),
        (
            Source { kind: SourceKind::Gaussian, degrees: Some(4.0), ..base },
            "`degrees` is a number of `student`",
        ),
        (
            Source { kind: SourceKind::BlockBootstrap, block: Some(0.5), ..base },
            "`block` is at least one day",
        ),
        (
            Source { kind: SourceKind::BlockBootstrap, block: Some(2.5), ..base },
            "`block` is a whole number of days",
        ),
    ] {
        let text = source.check().unwrap_err().to_string();
        assert!(text.contains(said), "{text}");
        assert!(drawn(&daily, 5, source, "minimise cvar(95%)").is_err());
    }
    let single = Source { kind: SourceKind::FilteredHistorical, ..Source::default() };
    let text = drawn(&daily, 1, single, "minimise cdar(95%)").unwrap_err().to_string();
    assert!(text.contains("which filtered-historical does not draw: use a bootstrap"), "{text}");
    let text = "block-bootstrp".parse::<SourceKind>().unwrap_err().to_string();
    assert!(text.ends_with("did you mean `block-bootstrap`?"), "{text}");
}
