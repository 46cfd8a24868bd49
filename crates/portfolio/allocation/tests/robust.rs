//! Robust, stacked and parity methods against full programs written down here a second time.
//!
//! Every reference is one conic program over all scenarios, solved by Clarabel without cuts, roots
//! or anything else that the methods do to be fast.

use std::collections::BTreeMap;

use allocation::{
    Constraint, CovarianceSet, MeanSet, Objective, Problem, Uncertainty, allocate,
    allocate_stacked, factor_risk_budgets,
};
use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, IPSolver, NonnegativeConeT, SecondOrderConeT, SupportedConeT,
    ZeroConeT,
};
use proptest::prelude::*;
use risk::{Matrix, Moments, Returns};
use types::Symbol;

/// `minimise x'Px/2 + q'x` with blocks `b − A x` in cones.
struct Reference {
    hessian: Vec<(usize, usize, f64)>,
    linear: Vec<f64>,
    terms: Vec<(usize, usize, f64)>,
    limits: Vec<f64>,
    cones: Vec<SupportedConeT<f64>>,
}

impl Reference {
    fn new(columns: usize) -> Self {
        Self {
            hessian: Vec::new(),
            linear: vec![0.0; columns],
            terms: Vec::new(),
            limits: Vec::new(),
            cones: Vec::new(),
        }
    }

    /// Rows `(terms, limit)` for `limit − terms · x`, which lie in `cone`.
    fn block(&mut self, cone: SupportedConeT<f64>, rows: Vec<(Vec<(usize, f64)>, f64)>) {
        for (terms, limit) in rows {
            let row = self.limits.len();
            self.terms.extend(terms.into_iter().map(|(column, a)| (row, column, a)));
            self.limits.push(limit);
        }
        self.cones.push(cone);
    }

    /// `x >= 0` for the first `n`, which sum to one.
    fn simplex(&mut self, n: usize) {
        self.block(ZeroConeT(1), vec![((0..n).map(|i| (i, 1.0)).collect(), 1.0)]);
        self.block(NonnegativeConeT(n), (0..n).map(|i| (vec![(i, -1.0)], 0.0)).collect());
    }

    fn variance(&mut self, sigma: &Matrix, factor: f64) {
        for j in 0..sigma.n() {
            let upper = (0..=j).map(|i| (i, j, 2.0 * factor * sigma.at(i, j)));
            self.hessian.extend(upper);
        }
    }

    fn solve(self) -> f64 {
        let n = self.linear.len();
        let csc = |rows, terms: Vec<(usize, usize, f64)>| {
            let part = |f: fn(&(usize, usize, f64)) -> usize| terms.iter().map(f).collect();
            let values = terms.iter().map(|t| t.2).collect();
            CscMatrix::new_from_triplets(rows, n, part(|t| t.0), part(|t| t.1), values)
        };
        let settings = DefaultSettings { verbose: false, ..DefaultSettings::default() };
        let (p, a) = (csc(n, self.hessian), csc(self.limits.len(), self.terms));
        let mut solver =
            DefaultSolver::new(&p, &self.linear, &a, &self.limits, &self.cones, settings).unwrap();
        solver.solve();
        solver.solution.obj_val
    }
}

/// Annual numbers: three to six assets, forty years.
fn universes() -> impl Strategy<Value = (Moments, Returns)> {
    (3_usize..7).prop_flat_map(|n| {
        proptest::collection::vec(-0.3..0.4_f64, 40 * n).prop_map(move |values| {
            let symbols: Vec<Symbol> = (0..n).map(|i| Symbol::from(format!("S{i}"))).collect();
            let column = |i: usize| values.iter().skip(i).step_by(n).copied();
            let mean: Vec<f64> = (0..n).map(|i| column(i).sum::<f64>() / 40.0).collect();
            let covariance = Matrix::from_fn(n, |i, j| {
                let product = |(a, b): (f64, f64)| (a - mean[i]) * (b - mean[j]);
                column(i).zip(column(j)).map(product).sum::<f64>() / 39.0
            });
            let moments = Moments::new(symbols.clone().into(), mean, covariance, 40).unwrap();
            (moments, Returns::new(symbols, values.clone()).unwrap())
        })
    })
}

/// What `allocate` finds, checked to be within the budget.
fn found(objective: &str, problem: &Problem<'_>) -> (Vec<f64>, f64) {
    let target = allocate(&objective.parse().unwrap(), problem).unwrap();
    assert!((target.weights.iter().sum::<f64>() - 1.0).abs() < 1e-8);
    assert!(target.weights.iter().all(|w| *w >= -1e-8));
    (target.weights, target.certificate.objective)
}

fn as_of() -> types::Date {
    types::parse_date("2020-01-31").unwrap()
}

fn long_only() -> [Constraint; 1] {
    ["long only".parse().unwrap()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_worst_return_is_that_of_the_full_program((moments, _) in universes(), level in 0.3..0.99_f64, aversion in 0.2..10.0_f64) {
        let n = moments.mean.len();
        let sigma = &moments.covariance;
        let constraints = long_only();
        let sentence = format!("maximise robust return - {aversion} * variance");
        for ellipsoid in [true, false] {
            let mean = match ellipsoid {
                true => MeanSet::ellipsoid(&moments, 40.0, level, false),
                false => MeanSet::interval(&moments, 40.0, level),
            };
            let set = Uncertainty { mean: Some(mean.clone()), covariance: None };
            let problem = Problem { constraints: &constraints, uncertainty: Some(&set), ..Problem::new(&moments, as_of()) };
            let (_, utility) = found(&sentence, &problem);
            let mut reference = Reference::new(n + 1);
            reference.variance(sigma, aversion);
            reference.simplex(n);
            for i in 0..n {
                reference.linear[i] = -moments.mean[i];
            }
            match &mean {
                MeanSet::Box(errors) => (0..n).for_each(|i| reference.linear[i] += errors[i]),
                MeanSet::Ellipsoid { shape, radius } => {
                    reference.linear[n] = *radius;
                    let root = shape.cholesky().unwrap();
                    let mut rows = vec![(vec![(n, -1.0)], 0.0)];
                    rows.extend((0..n).map(|k| ((k..n).map(|i| (i, -root.at(i, k))).collect(), 0.0)));
                    reference.block(SecondOrderConeT(n + 1), rows);
                }
            }
            let best = -reference.solve();
            prop_assert!((best - utility).abs() < 1e-6, "{best} {utility}");
        }
    }

    #[test]
    fn the_worst_variance_is_that_of_the_full_program((moments, _) in universes(), level in 0.3..0.99_f64) {
        let n = moments.mean.len();
        let sigma = &moments.covariance;
        let constraints = long_only();
        let set = Uncertainty {
            mean: None,
            covariance: Some(CovarianceSet::ellipsoid(&moments, 40.0, level, true)),
        };
        let problem = Problem { constraints: &constraints, uncertainty: Some(&set), ..Problem::new(&moments, as_of()) };
        let (_, variance) = found("minimise robust variance", &problem);
        let Some(CovarianceSet::Ellipsoid { radius, .. }) = set.covariance else { unreachable!() };
        // Columns: weights, squares, the norm.
        let mut reference = Reference::new(2 * n + 1);
        reference.variance(sigma, 1.0);
        reference.linear[2 * n] = radius / 40.0_f64.sqrt();
        reference.simplex(n);
        for i in 0..n {
            // (1 + q, 1 − q, 2 σ w)
            let rows = vec![
                (vec![(n + i, -1.0)], 1.0),
                (vec![(n + i, 1.0)], 1.0),
                (vec![(i, -2.0 * sigma.at(i, i).sqrt())], 0.0),
            ];
            reference.block(SecondOrderConeT(3), rows);
        }
        let mut rows = vec![(vec![(2 * n, -1.0)], 0.0)];
        rows.push(((0..n).map(|i| (n + i, -1.0)).collect(), 0.0));
        rows.extend((0..n).map(|i| (vec![(n + i, -1.0)], 0.0)));
        reference.block(SecondOrderConeT(n + 2), rows);
        let best = reference.solve();
        prop_assert!((best - variance).abs() < 1e-6, "{best} {variance}");
    }

    #[test]
    fn the_worst_tail_is_that_of_the_full_program((moments, returns) in universes(), radius in 0.0..0.02_f64, aversion in 0.2..5.0_f64) {
        let n = moments.mean.len();
        let rows = returns.rows();
        let constraints = long_only();
        let problem = Problem { constraints: &constraints, scenarios: Some(&returns), ..Problem::new(&moments, as_of()) };
        let sentence = format!("maximise return - {aversion} * robust cvar(90%) within {radius}");
        let (_, utility) = found(&sentence, &problem);
        // Columns: weights, value at risk, the largest weight, what each scenario is beyond.
        let mut reference = Reference::new(n + 2 + rows);
        (0..n).for_each(|i| reference.linear[i] = -moments.mean[i]);
        reference.linear[n] = aversion;
        reference.linear[n + 1] = aversion * radius / 0.1;
        reference.linear[n + 2..].fill(aversion / (0.1 * rows as f64));
        reference.simplex(n);
        let largest = (0..n).map(|i| (vec![(i, 1.0), (n + 1, -1.0)], 0.0)).collect();
        reference.block(NonnegativeConeT(n), largest);
        for s in 0..rows {
            let mut beyond: Vec<(usize, f64)> = (0..n).map(|i| (i, -returns.row(s)[i])).collect();
            beyond.extend([(n, -1.0), (n + 2 + s, -1.0)]);
            reference.block(NonnegativeConeT(2), vec![(beyond, 0.0), (vec![(n + 2 + s, -1.0)], 0.0)]);
        }
        let best = -reference.solve();
        prop_assert!((best - utility).abs() < 1e-6, "{best} {utility}");
    }

    #[test]
    fn relaxed_parity_is_parity_where_it_can_be((moments, _) in universes()) {
        let constraints = long_only();
        let problem = Problem { constraints: &constraints, ..Problem::new(&moments, as_of()) };
        let (_, spread) = found("relaxed risk parity", &problem);
        prop_assert!(spread.abs() < 1e-6, "{spread}");
        let parity = found("risk parity", &problem).0;
        // Regularised, the value at parity bounds the least from above.
        let sigma = &moments.covariance;
        let n = parity.len() as f64;
        for (sentence, penalty) in [("relaxed risk parity regularised", None), ("relaxed risk parity penalised by 2", Some(2.0))] {
            let value = |w: &[f64]| {
                let risk = sigma.quad_form(w);
                let own: f64 = sigma.diag().zip(w).map(|(v, w)| v * w * w).sum();
                let least = sigma.mul_vec(w).iter().zip(w).map(|(m, w)| m * w).fold(f64::INFINITY, f64::min);
                (risk + penalty.map_or(risk, |p| p * own)).sqrt() - (n * least.max(0.0)).sqrt()
            };
            let (weights, objective) = found(sentence, &problem);
            prop_assert!(objective <= value(&parity) + 1e-6);
            prop_assert!((value(&weights) - objective).abs() < 1e-5, "{} {objective}", value(&weights));
        }
    }

    #[test]
    fn factors_contribute_as_budgeted((moments, _) in universes(), slopes in proptest::collection::vec(-1.0..1.0_f64, 6), part in 0.1..0.9_f64) {
        let n = moments.mean.len();
        let factors = BTreeMap::from([
            ("market".to_owned(), vec![1.0; n]),
            ("tilt".to_owned(), slopes[..n].to_vec()),
        ]);
        let problem = Problem { characteristics: &factors, ..Problem::new(&moments, as_of()) };
        let budgets = [("market".to_owned(), part), ("tilt".to_owned(), 1.0 - part)];
        let Ok(target) = factor_risk_budgets(&problem, &budgets) else { return Ok(()) };
        let weights = &target.weights;
        prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-8);
        // y = Bᵀw, and the marginal risk of y_k is that of its portfolio: contributions add up.
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (b0, b1) = (&factors["market"], &factors["tilt"]);
        let (g00, g01, g11) = (dot(b0, b0), dot(b0, b1), dot(b1, b1));
        let determinant = g00 * g11 - g01 * g01;
        prop_assume!(determinant > 1e-3);
        let marginal = moments.covariance.mul_vec(weights);
        let (m0, m1) = (dot(b0, &marginal), dot(b1, &marginal));
        let y = (dot(b0, weights), dot(b1, weights));
        let of_market = y.0 * (g11 * m0 - g01 * m1) / determinant;
        let of_tilt = y.1 * (g00 * m1 - g01 * m0) / determinant;
        let whole = moments.covariance.quad_form(weights);
        prop_assert!((of_market / whole - part).abs() < 1e-6, "{} {part}", of_market / whole);
        prop_assert!((of_tilt / whole - 1.0 + part).abs() < 1e-6);
    }

    #[test]
    fn a_stack_is_the_best_mixture((moments, returns) in universes(), cap in 0.4..1.0_f64) {
        let constraints = ["long only".to_owned(), format!("weight <= {cap}")].map(|s| s.parse::<Constraint>().unwrap());
        let problem = Problem { constraints: &constraints, scenarios: Some(&returns), ..Problem::new(&moments, as_of()) };
        let parts: Vec<Objective> = ["risk parity", "minimise cvar(90%)", "maximise return - 2 * variance"]
            .map(|s| s.parse().unwrap())
            .to_vec();
        let (target, shares) = allocate_stacked(&Objective::MinimumVariance, &parts, &problem).unwrap();
        prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-8);
        prop_assert!((target.weights.iter().sum::<f64>() - 1.0).abs() < 1e-8);
        prop_assert!(target.weights.iter().all(|w| *w >= -1e-8 && *w <= cap + 1e-7));
        let held: Vec<Vec<f64>> = parts.iter().map(|part| allocate(part, &problem).unwrap().weights).collect();
        let among = Matrix::from_fn(3, |a, b| {
            moments.covariance.mul_vec(&held[a]).iter().zip(&held[b]).map(|(m, w)| m * w).sum()
        });
        let mut reference = Reference::new(3);
        reference.variance(&among, 1.0);
        reference.simplex(3);
        let best = reference.solve();
        let variance = moments.covariance.quad_form(&target.weights);
        prop_assert!((variance - best).abs() < 1e-6, "{best} {variance}");
    }
}

#[test]
fn what_cannot_be_had_is_refused() {
    let symbols: Vec<Symbol> = (0..2).map(|i| Symbol::from(format!("S{i}"))).collect();
    let covariance = Matrix::diagonal(&[0.04, 0.09]);
    let moments = Moments::new(symbols.into(), vec![0.01; 2], covariance, 9).unwrap();
    let ask = |objective: &str, sentences: &[&str], set: Option<&Uncertainty>| {
        let constraints: Vec<Constraint> = sentences.iter().map(|s| s.parse().unwrap()).collect();
        let problem = Problem {
            constraints: &constraints,
            uncertainty: set,
            ..Problem::new(&moments, as_of())
        };
        allocate(&objective.parse().unwrap(), &problem).unwrap_err().to_string()
    };
    assert_eq!(
        ask("maximise robust return", &["long only"], None),
        "robust return needs to know how wrong the moments may be: give `uncertainty`"
    );
    let short = Uncertainty { mean: Some(MeanSet::Box(vec![0.1])), covariance: None };
    assert!(
        ask("maximise robust return", &["long only"], Some(&short))
            .contains("has 1 values for 2 assets")
    );
    let wide = Matrix::from_fn(2, |i, j| if i == j { 0.1 } else { 0.5 });
    let set = CovarianceSet::Box { lower: Matrix::diagonal(&[0.04, 0.09]), upper: wide };
    let set = Uncertainty { mean: None, covariance: Some(set) };
    assert!(
        ask("minimise robust variance", &["weight >= -10%"], Some(&set))
            .contains("no covariances themselves")
    );
}
