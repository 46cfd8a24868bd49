//! What must hold for any problem: feasibility and optimality by the certificate, and how the
//! answer changes when the question does.

use std::collections::BTreeMap;

use allocation::{AllocationError, Constraint, Costs, Problem, allocate, frontier};
use proptest::prelude::*;
use risk::{Matrix, Moments};
use types::{Status, Symbol, Target, parse_date};

/// A problem that owns its parts.
#[derive(Debug, Clone)]
struct Set {
    moments: Moments,
    previous: Vec<f64>,
    constraints: Vec<Constraint>,
    groups: BTreeMap<String, Vec<Symbol>>,
    costs: Option<Costs>,
}

impl Set {
    fn new(mean: &[f64], covariance: Matrix, sentences: &[&str]) -> Self {
        let symbols = (0..mean.len()).map(|i| Symbol::from(format!("S{i}")));
        Self {
            moments: Moments::new(symbols.collect(), mean.to_vec(), covariance, 100).unwrap(),
            previous: Vec::new(),
            constraints: sentences.iter().map(|s| s.parse().unwrap()).collect(),
            groups: BTreeMap::new(),
            costs: None,
        }
    }

    fn with(&self, sentence: &str) -> Self {
        let mut set = self.clone();
        set.constraints.push(sentence.parse().unwrap());
        set
    }

    fn problem(&self) -> Problem<'_> {
        Problem {
            moments: &self.moments,
            expected_return: &self.moments.mean,
            previous: &self.previous,
            constraints: &self.constraints,
            groups: &self.groups,
            costs: self.costs.clone(),
            as_of: parse_date("2020-01-31").unwrap(),
            ..Problem::new(&self.moments, parse_date("2020-01-31").unwrap())
        }
    }

    fn allocate(&self, objective: &str) -> Result<Target, AllocationError> {
        allocate(&objective.parse().unwrap(), &self.problem())
    }

    /// The same problem with its assets in another order.
    fn permuted(&self, order: &[usize]) -> Self {
        let pick = |values: &[f64]| order.iter().map(|i| values[*i]).collect::<Vec<_>>();
        let sigma = &self.moments.covariance;
        let covariance = Matrix::from_fn(order.len(), |a, b| sigma.at(order[a], order[b]));
        let mut set = self.clone();
        let symbols = order.iter().map(|i| self.moments.symbols[*i].clone());
        let mean = pick(&self.moments.mean);
        set.moments = Moments::new(symbols.collect(), mean, covariance, 100).unwrap();
        if !self.previous.is_empty() {
            set.previous = pick(&self.previous);
        }
        set.costs = self.costs.as_ref().map(|costs| Costs {
            linear: pick(&costs.linear),
            impact_factor: pick(&costs.impact_factor),
            ..Costs::default()
        });
        set
    }
}

const OBJECTIVES: [&str; 8] = [
    "equal weight",
    "inverse volatility",
    "minimise variance",
    "maximise return - 3 * variance",
    "maximise return - 3 * variance - costs",
    "maximise sharpe",
    "risk parity",
    "hierarchical risk parity",
];

/// 2 to 9 assets with a factor covariance of monthly size, positive means, holdings and costs.
fn sets() -> impl Strategy<Value = Set> {
    (2_usize..10).prop_flat_map(|n| {
        let column = move |low: f64, high: f64| proptest::collection::vec(low..high, n);
        let exposures = proptest::collection::vec(-0.05..0.1_f64, 2 * n);
        (
            column(0.001, 0.03),
            exposures,
            column(1e-4, 4e-3),
            column(0.01, 1.0),
            column(0.0, 0.005),
            column(0.0, 0.02),
        )
            .prop_map(move |(mean, b, own, held, linear, impact)| {
                let covariance = Matrix::from_fn(n, |i, j| {
                    let common = b[2 * i] * b[2 * j] + b[2 * i + 1] * b[2 * j + 1];
                    common + if i == j { own[i] } else { 0.0 }
                });
                let total: f64 = held.iter().sum();
                let mut set = Set::new(&mean, covariance, &["long only"]);
                set.previous = held.iter().map(|w| w / total).collect();
                set.costs = Some(Costs { linear, impact_factor: impact, ..Costs::default() });
                set
            })
    })
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |max, (x, y)| max.max((x - y).abs()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn weights_are_feasible_and_certified(set in sets(), which in 0..OBJECTIVES.len()) {
        let target = set.allocate(OBJECTIVES[which]).unwrap();
        let sum: f64 = target.weights.iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-8, "{sum}");
        prop_assert!(target.weights.iter().all(|w| *w >= 0.0));
        prop_assert!(target.certificate.status != Status::AlmostSolved, "{:?}", target.certificate);
        prop_assert!(target.certificate.gap < 1e-9 && target.certificate.primal_residual < 1e-9);
    }

    /// Stationarity by hand: with `g` the gradient of the variance, `g_i − y >= 0` for every asset
    /// and `= 0` for those held, where `y` is the budget's multiplier.
    #[test]
    fn minimum_variance_satisfies_its_optimality_conditions(set in sets()) {
        let target = set.allocate("minimise variance").unwrap();
        let marginal = set.moments.covariance.mul_vec(&target.weights);
        let variance = target.certificate.objective;
        for (m, w) in marginal.iter().zip(&target.weights) {
            prop_assert!(*m >= variance - 1e-9);
            prop_assert!(*w == 0.0 || *w < 1e-7 || (m - variance).abs() < 1e-8);
        }
        let budget = target.certificate.binding.iter().find(|b| b.constraint == "budget == 100%");
        // Variance is homogeneous of degree two: its derivative with respect to the budget is 2 V.
        prop_assert!((budget.unwrap().shadow_price + 2.0 * variance).abs() < 1e-8);
    }

    #[test]
    fn no_small_trade_improves_utility_net_of_costs(set in sets(), from in 0_usize..9, to in 0_usize..9) {
        let target = set.allocate("maximise return - 3 * variance - costs").unwrap();
        let n = target.weights.len();
        let (from, to) = (from % n, to % n);
        let utility = |w: &[f64]| {
            let returns: f64 = w.iter().zip(&set.moments.mean).map(|(w, m)| w * m).sum();
            returns - 3.0 * set.moments.covariance.quad_form(w)
                - set.costs.as_ref().unwrap().of(&set.previous, w)
        };
        let best = utility(&target.weights);
        prop_assert!((best - target.certificate.objective).abs() < 1e-12);
        for step in [1e-2, 1e-3, 1e-4] {
            let mut moved = target.weights.clone();
            let step = f64::min(step, moved[from]);
            moved[from] -= step;
            moved[to] += step;
            prop_assert!(utility(&moved) <= best + 1e-10);
        }
    }

    #[test]
    fn the_order_of_assets_does_not_matter(set in sets(), which in 0..7_usize, turn in 1_usize..9) {
        let n = set.moments.mean.len();
        let order: Vec<usize> = (0..n).map(|i| (i + turn) % n).rev().collect();
        let (here, there) = (set.allocate(OBJECTIVES[which]), set.permuted(&order).allocate(OBJECTIVES[which]));
        let (here, there) = (here.unwrap(), there.unwrap());
        let back: Vec<f64> = order.iter().map(|i| here.weights[*i]).collect();
        // The utility is flat to second order: a gap of 1e-12 leaves the weights 1e-6 of room.
        prop_assert!(apart(&back, &there.weights) < 1e-5);
    }

    #[test]
    fn tightening_never_improves(set in sets(), cap in 0.2..0.9_f64, turnover in 0.05..0.5_f64) {
        let n = set.moments.mean.len() as f64;
        let cap = cap.max(1.0 / n + 0.01);
        let loose = set.with(&format!("weight <= {cap}"));
        let Ok(tight) = loose.with(&format!("turnover <= {turnover}")).allocate("minimise variance") else {
            // A turnover that is too small to bring the holdings under the cap.
            return Ok(());
        };
        let values = [
            set.allocate("minimise variance").unwrap().certificate.objective,
            loose.allocate("minimise variance").unwrap().certificate.objective,
            tight.certificate.objective,
        ];
        prop_assert!(values[0] <= values[1] + 1e-10 && values[1] <= values[2] + 1e-10, "{values:?}");
        let traded: f64 = tight.weights.iter().zip(&set.previous).map(|(a, b)| (a - b).abs()).sum();
        prop_assert!(traded / 2.0 <= turnover + 1e-8);
    }

    #[test]
    fn a_duplicated_asset_changes_nothing_that_matters(set in sets(), which in 2..6_usize) {
        let mut order: Vec<usize> = (0..set.moments.mean.len()).collect();
        order.push(0);
        let mut twice = set.permuted(&order);
        if OBJECTIVES[which].contains("costs") {
            twice.costs = None;
        }
        let mut once = set.clone();
        once.costs = twice.costs.as_ref().and(once.costs);
        let one = once.allocate(OBJECTIVES[which]).unwrap();
        let two = twice.allocate(OBJECTIVES[which]).unwrap();
        let gap = (one.certificate.objective - two.certificate.objective).abs();
        prop_assert!(gap < 1e-8 * one.certificate.objective.abs().max(1.0), "{gap}");
    }

    #[test]
    fn the_sharpe_ratio_ignores_the_scale_of_returns(set in sets(), scale in 1e-3..1e3_f64) {
        let mut scaled = set.clone();
        scaled.moments.mean.iter_mut().for_each(|mean| *mean *= scale);
        scaled.moments.covariance = scaled.moments.covariance.scaled(scale * scale);
        let (a, b) = (set.allocate("maximise sharpe").unwrap(), scaled.allocate("maximise sharpe").unwrap());
        prop_assert!(apart(&a.weights, &b.weights) < 1e-6);
        prop_assert!((a.certificate.objective - b.certificate.objective).abs() < 1e-8);
    }

    #[test]
    fn a_bound_sharpe_ratio_is_better_than_its_neighbours(set in sets()) {
        let set = set.with("cash >= 2%").with("weight <= 70%");
        let target = set.allocate("maximise sharpe").unwrap();
        let sum: f64 = target.weights.iter().sum();
        let most = target.weights.iter().fold(0.0_f64, |max, w| max.max(*w));
        // The largest copy: either all that may be invested, or some asset at its cap.
        prop_assert!((sum - 0.98).abs() < 1e-7 || (most - 0.7).abs() < 1e-7, "{sum} {most}");
    }

    #[test]
    fn risk_contributions_are_equal(set in sets()) {
        let target = set.allocate("risk parity").unwrap();
        let marginal = set.moments.covariance.mul_vec(&target.weights);
        let parts: Vec<f64> = marginal.iter().zip(&target.weights).map(|(m, w)| m * w).collect();
        let mean = parts.iter().sum::<f64>() / parts.len() as f64;
        prop_assert!(parts.iter().all(|part| (part / mean - 1.0).abs() < 1e-9));
    }

    #[test]
    fn the_frontier_climbs(set in sets()) {
        let points = frontier(&set.problem(), 12).unwrap();
        for pair in points.windows(2) {
            prop_assert!(pair[0].expected_return < pair[1].expected_return + 1e-10);
            prop_assert!(pair[0].volatility < pair[1].volatility + 1e-9);
        }
    }
}

/// Markowitz's critical-line code crashes on equal means in other systems; nothing here divides by
/// their differences.
#[test]
fn equal_means_and_singular_covariances() {
    let ones = Matrix::from_fn(6, |i, j| if i == j { 1e-3 } else { 4e-4 });
    let equal = Set::new(&[0.01; 6], ones, &["long only"]);
    // Rank one: every asset is the same one.
    let singular = Set::new(&[0.01; 6], Matrix::from_fn(6, |_, _| 1e-3), &["long only"]);
    for set in [equal, singular] {
        for objective in OBJECTIVES {
            let target = set.allocate(objective).unwrap();
            let sum: f64 = target.weights.iter().sum();
            assert!((sum - 1.0).abs() < 1e-8, "{objective}: {sum}");
        }
        assert_eq!(frontier(&set.problem(), 10).unwrap().len(), 1);
    }
}

/// The region is a single point: 20 assets of at most 5 %.
#[test]
fn a_region_without_an_interior() {
    let sigma: Vec<f64> = (1..=20).map(|i| 1e-4 * f64::from(i)).collect();
    let mean: Vec<f64> = (1..=20).map(|i| 1e-3 * f64::from(i)).collect();
    let set = Set::new(&mean, Matrix::diagonal(&sigma), &["long only", "weight <= 5%"]);
    for objective in OBJECTIVES {
        let target = set.allocate(objective).unwrap();
        assert!(apart(&target.weights, &[0.05; 20]) < 1e-7, "{objective} {:?}", target.weights);
    }
}
