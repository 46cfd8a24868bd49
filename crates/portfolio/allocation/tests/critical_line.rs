//! The critical line against the published one, against the cone solver, and on problems that
//! stop other systems: ties, duplicates, more assets than rows.

use std::collections::BTreeMap;

use allocation::{
    AllocationError, Constraint, CriticalLine, Problem, Structure, allocate, critical_line,
};
use proptest::prelude::*;
use risk::{Matrix, Moments};
use types::Symbol;

fn moments(mean: &[f64], covariance: Matrix) -> Moments {
    let symbols = (0..mean.len()).map(|i| Symbol::from(format!("S{i}")));
    Moments::new(symbols.collect(), mean.to_vec(), covariance, 100).unwrap()
}

fn problem<'a>(
    moments: &'a Moments,
    constraints: &'a [Constraint],
    groups: &'a BTreeMap<String, Vec<Symbol>>,
) -> Problem<'a> {
    let as_of = types::parse_date("2020-01-31").unwrap();
    Problem { constraints, groups, ..Problem::new(moments, as_of) }
}

fn sentences(texts: &[&str]) -> Vec<Constraint> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |max, (x, y)| max.max((x - y).abs()))
}

/// `V` and `E` of the weights, straight from the moments.
fn value(moments: &Moments, weights: &[f64]) -> (f64, f64) {
    let earned = moments.mean.iter().zip(weights).map(|(m, w)| m * w).sum();
    (moments.covariance.quad_form(weights), earned)
}

/// Factor models of 2 to 12 assets. Means are rounded so that ties are common.
fn universes() -> impl Strategy<Value = Moments> {
    (2_usize..13).prop_flat_map(|n| {
        let means = proptest::collection::vec(-3_i32..9, n);
        let exposures = proptest::collection::vec(-0.05..0.1_f64, 2 * n);
        let own = proptest::collection::vec(1e-4..4e-3_f64, n);
        (means, exposures, own).prop_map(move |(means, b, own)| {
            let covariance = Matrix::from_fn(n, |i, j| {
                let common = b[2 * i] * b[2 * j] + b[2 * i + 1] * b[2 * j + 1];
                common + if i == j { own[i] } else { 0.0 }
            });
            let mean: Vec<f64> = means.iter().map(|m| f64::from(*m) / 400.0).collect();
            moments(&mean, covariance)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The sentence about gross exposure changes nothing and sends the problem to the cone solver.
    #[test]
    fn agrees_with_the_cone_solver(moments in universes(), aversion in 0.05..80.0_f64, cap in 0.3..1.0_f64) {
        let cap = cap.max(1.0 / moments.mean.len() as f64 + 0.01);
        let bounds = format!("weight <= {cap}");
        let groups = BTreeMap::new();
        let bounded = sentences(&["long only", &bounds]);
        let line = critical_line(&problem(&moments, &bounded, &groups)).unwrap();
        let solved = sentences(&["long only", &bounds, "gross <= 200%"]);
        let solved = problem(&moments, &solved, &groups);
        let utility = |weights: &[f64]| {
            let (variance, earned) = value(&moments, weights);
            earned - aversion * variance
        };
        let ours = line.at_risk_aversion(aversion);
        let objective = format!("maximise return - {aversion} * variance").parse().unwrap();
        let theirs = allocate(&objective, &solved).unwrap();
        let worse = utility(&theirs.weights) - utility(&ours.weights);
        prop_assert!(worse < 1e-9, "{worse}");
        prop_assert!(apart(&ours.weights, &theirs.weights) < 2e-5);
        let calm = allocate(&"minimise variance".parse().unwrap(), &solved).unwrap();
        prop_assert!(apart(&line.minimum_variance().weights, &calm.weights) < 2e-5);
        prop_assert!(value(&moments, &line.minimum_variance().weights).0 <= calm.certificate.objective + 1e-9);
        if line.maximum_return().expected_return > 1e-4 {
            let best = line.maximum_sharpe(0.0).unwrap();
            let sharpe = allocate(&"maximise sharpe".parse().unwrap(), &solved).unwrap();
            let ratio = best.expected_return / best.volatility;
            prop_assert!((ratio - sharpe.certificate.objective).abs() < 1e-8, "{ratio} {}", sharpe.certificate.objective);
        }
    }

    /// At each corner and between corners: within the bounds and the budget, and the numbers told
    /// are those of the weights.
    #[test]
    fn tells_what_its_weights_have(moments in universes(), part in 0.0..1.0_f64) {
        let (groups, bounded) = (BTreeMap::new(), sentences(&["weight >= -10%", "weight <= 90%"]));
        let line = critical_line(&problem(&moments, &bounded, &groups)).unwrap();
        let (low, high) = (line.minimum_variance(), line.maximum_return());
        let middle = line.at_return(low.expected_return + part * (high.expected_return - low.expected_return)).unwrap();
        let again = line.at_volatility(middle.volatility.clamp(low.volatility, high.volatility)).unwrap();
        prop_assert!((middle.expected_return - again.expected_return).abs() < 1e-8);
        for portfolio in [low, middle, high] {
            let (variance, earned) = value(&moments, &portfolio.weights);
            prop_assert!((variance.sqrt() - portfolio.volatility).abs() < 1e-10);
            prop_assert!((earned - portfolio.expected_return).abs() < 1e-12);
            prop_assert!((portfolio.weights.iter().sum::<f64>() - 1.0).abs() < 1e-11);
            prop_assert!(portfolio.weights.iter().all(|w| (-0.1 - 1e-11..=0.9 + 1e-11).contains(w)));
        }
    }

    /// Two of each asset: the same frontier of returns and risks, and no crash.
    #[test]
    fn duplicates_change_no_risk(moments in universes(), aversion in 0.05..80.0_f64) {
        let n = moments.mean.len();
        let twice: Vec<f64> = (0..2 * n).map(|i| moments.mean[i % n]).collect();
        let sigma = Matrix::from_fn(2 * n, |i, j| moments.covariance.at(i % n, j % n));
        let both = self::moments(&twice, sigma);
        let (groups, bounded) = (BTreeMap::new(), sentences(&["long only"]));
        let one = critical_line(&problem(&moments, &bounded, &groups)).unwrap();
        let two = critical_line(&problem(&both, &bounded, &groups)).unwrap();
        for aversion in [aversion, 1e6, 1e-3] {
            let (one, two) = (one.at_risk_aversion(aversion), two.at_risk_aversion(aversion));
            prop_assert!((one.expected_return - two.expected_return).abs() < 1e-9);
            prop_assert!((one.volatility - two.volatility).abs() < 1e-9);
        }
    }
}

/// Means, three exposures of each asset, and specific variances.
type Factors = (Vec<f64>, Vec<f64>, Vec<f64>);

fn factor_models() -> impl Strategy<Value = Factors> {
    (3_usize..40).prop_flat_map(|n| {
        (
            proptest::collection::vec(-0.01..0.03_f64, n),
            proptest::collection::vec(-0.05..0.1_f64, 3 * n),
            proptest::collection::vec(1e-4..4e-3_f64, n),
        )
    })
}

/// How far the line by factors is from the line by the covariance in full: weights and
/// volatilities.
fn lean_and_full((mean, exposures, specific): &Factors, most: f64) -> (f64, f64) {
    let n = mean.len();
    let sigma = Matrix::from_fn(n, |i, j| {
        let common: f64 = (0..3).map(|k| exposures[3 * i + k] * exposures[3 * j + k]).sum();
        common + if i == j { specific[i] } else { 0.0 }
    });
    let (lower, upper) = (vec![0.0; n], vec![most; n]);
    let trace = |structure| CriticalLine::trace(structure, mean, (&lower, &upper), 1.0).unwrap();
    let full = trace(Structure::Dense(&sigma));
    let lean = trace(Structure::Factors { exposures, specific });
    let each = [0.1, 1.0, 5.0, 30.0, 1e9].map(|aversion| {
        let (full, lean) = (full.at_risk_aversion(aversion), lean.at_risk_aversion(aversion));
        (apart(&full.weights, &lean.weights), (full.volatility - lean.volatility).abs())
    });
    each.iter().fold((0.0, 0.0), |max, one| (max.0.max(one.0), max.1.max(one.1)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// The same covariance by its factors and in full.
    #[test]
    fn factors_give_the_same_line(model in factor_models()) {
        let (weights, volatilities) = lean_and_full(&model, 0.5);
        prop_assert!(weights < 1e-8, "{weights}");
        prop_assert!(volatilities < 1e-9, "{volatilities}");
    }
}

/// Models that once stopped the factors: their only free asset left its place to nobody, or
/// rounding grew over the changes of their inverse.
#[test]
fn factors_hold_where_few_assets_are_free() {
    let models: [Factors; 2] = [
        (
            vec![
                0.0023657509521801366,
                0.0029452185653360587,
                -0.008349090594046666,
                0.0020735555221695103,
            ],
            vec![
                -0.0014704616632489828,
                -0.004194937122965758,
                0.09407179677122622,
                0.05524229071489231,
                0.03270328608289336,
                0.09472205352102532,
                -0.04230267945681987,
                -0.02909300323739901,
                0.0539594484279208,
                0.03352094220688763,
                0.04665647819449653,
                0.05084960586995288,
            ],
            vec![
                0.0022391056532106626,
                0.00011736479969547212,
                0.0011106209661424283,
                0.0038625154025462103,
            ],
        ),
        (
            vec![
                0.027843273236517405,
                0.002664953848243296,
                0.02250464672049999,
                -0.0012565838259997672,
                0.0049801608712538095,
                0.0016267796829306392,
                0.026150133731823427,
                0.004783341757537767,
                0.011869786414039423,
                0.026151353136406888,
                -0.00436499970122926,
                -0.006747628971597974,
                0.017885570216222522,
                0.006568072838810361,
            ],
            vec![
                0.06423969071296172,
                0.08785198161199419,
                0.005442258427975168,
                -0.03319737509812095,
                0.07738901765064678,
                0.022425146003387006,
                0.035135958242898724,
                -0.020475490671396437,
                0.039979653334502735,
                0.04498840159648128,
                0.06473927117125554,
                0.032507517542574915,
                -0.0032301719634150808,
                -0.04337959552961495,
                0.03167787804047838,
                0.0843866847389853,
                0.035034182493378,
                -0.030705997454224147,
                0.04361836081435051,
                -0.027172879992562668,
                -0.045879082179222694,
                0.06291313488198462,
                -0.026985324351124534,
                0.09686247902173693,
                -0.049451232808570694,
                0.05553366071861532,
                0.02031668483332691,
                0.027521827238467286,
                0.09857292806260921,
                -0.04745451408224005,
                -0.0065471528007003815,
                -0.02868090396478851,
                -0.04108454558756882,
                0.07656873148559838,
                -0.034444397296061025,
                0.08527493943623414,
                -0.02744997004783817,
                0.07177006521869303,
                0.016016635847127092,
                0.02059945089182333,
                -0.04030952933217469,
                0.03001379954390246,
            ],
            vec![
                0.0038339238765187117,
                0.0025696596674997583,
                0.0011600841853411366,
                0.00014703810400654664,
                0.0011185243119772397,
                0.00044757281507277065,
                0.001819218666466759,
                0.0012293933679004027,
                0.0008677544192036641,
                0.00024329658100046865,
                0.0015525681750737262,
                0.000512580230582641,
                0.0035127331382881406,
                0.001631069466682698,
            ],
        ),
    ];
    for model in models {
        let (weights, volatilities) = lean_and_full(&model, 0.5);
        assert!(weights < 1e-8, "{weights}");
        assert!(volatilities < 1e-9, "{volatilities}");
    }
}

#[test]
fn factors_refuse_what_is_no_number() {
    let trace = |exposures: &[f64], specific: &[f64]| {
        let structure = Structure::Factors { exposures, specific };
        CriticalLine::trace(structure, &[0.01, 0.02], (&[0.0; 2], &[1.0; 2]), 1.0).unwrap_err()
    };
    let text = trace(&[0.1, f64::NAN], &[0.01; 2]).to_string();
    assert!(text.contains("an exposure is NaN and must be a number"), "{text}");
    let text = trace(&[0.1, 0.2], &[0.01, f64::INFINITY]).to_string();
    assert!(text.contains("a specific variance is inf and must be a number above 0"), "{text}");
}

/// Fewer rows than assets: the covariance of 40 assets has rank 9 at most.
#[test]
fn a_singular_covariance_has_a_frontier() {
    let (n, rows) = (40_usize, 10_usize);
    let mut state = 7_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let returns: Vec<f64> = (0..n * rows).map(|_| 0.04 * next()).collect();
    let mean: Vec<f64> =
        (0..n).map(|i| (0..rows).map(|t| returns[t * n + i]).sum::<f64>() / rows as f64).collect();
    let sigma = Matrix::from_fn(n, |i, j| {
        let product = |t| (returns[t * n + i] - mean[i]) * (returns[t * n + j] - mean[j]);
        (0..rows).map(product).sum::<f64>() / (rows - 1) as f64
    });
    let moments = moments(&mean, sigma);
    let (groups, bounded) = (BTreeMap::new(), sentences(&["long only"]));
    let line = critical_line(&problem(&moments, &bounded, &groups)).unwrap();
    let solved = sentences(&["long only", "gross <= 200%"]);
    for aversion in [0.5, 2.0, 10.0, 100.0] {
        let objective = format!("maximise return - {aversion} * variance").parse().unwrap();
        let theirs = allocate(&objective, &problem(&moments, &solved, &groups)).unwrap();
        let ours = line.at_risk_aversion(aversion);
        let utility = ours.expected_return - aversion * ours.volatility.powi(2);
        assert!((utility - theirs.certificate.objective).abs() < 1e-10, "{aversion}");
    }
}

#[test]
fn equal_means_have_one_efficient_portfolio() {
    let moments = moments(&[0.01; 3], Matrix::diagonal(&[0.01, 0.02, 0.04]));
    let (groups, bounded) = (BTreeMap::new(), sentences(&["long only"]));
    let line = critical_line(&problem(&moments, &bounded, &groups)).unwrap();
    // Inverse variances: 4 : 2 : 1.
    for portfolio in
        [line.minimum_variance(), line.maximum_return(), line.maximum_sharpe(0.0).unwrap()]
    {
        assert!(apart(&portfolio.weights, &[4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0]) < 1e-12);
    }
}

#[test]
fn refuses_what_does_not_fit() {
    let moments = moments(&[0.01, 0.02], Matrix::diagonal(&[0.01, 0.02]));
    let groups = BTreeMap::new();
    let refused = |texts: &[&str]| {
        let bounded = sentences(texts);
        critical_line(&problem(&moments, &bounded, &groups)).unwrap_err()
    };
    assert_eq!(
        refused(&["long only", "gross <= 100%"]).to_string(),
        "the critical line has room for bounds on single assets and one fixed budget, not for `gross <= 100%`: drop it or choose an optimising objective"
    );
    assert!(matches!(refused(&[]), AllocationError::Unbounded { .. }));
    assert_eq!(
        refused(&["long only", "weight <= 30%"]).to_string(),
        "no weights fulfil all of: budget == 100%; weight <= 30%: relax one of them; the least in total is `weight <= 30%` by 20%"
    );
}
