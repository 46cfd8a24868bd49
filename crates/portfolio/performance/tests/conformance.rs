//! The metrics beside numbers that this project did not compute.

use performance::{Basis, Metric, Segment, Series, brinson_fachler, metrics};
use types::Date;

/// Bacon, Practical Portfolio Performance Measurement and Attribution (2008): portfolio and
/// benchmark, per cent a month over 24 months.
const BACON: [(f64, f64); 24] = [
    (0.3, 0.2),
    (2.6, 2.5),
    (1.1, 1.8),
    (-1.0, -1.1),
    (1.5, 1.4),
    (2.5, 1.8),
    (1.6, 1.4),
    (6.7, 6.5),
    (-1.4, -1.5),
    (4.0, 4.2),
    (-0.5, -0.6),
    (8.1, 8.3),
    (4.0, 3.9),
    (-3.7, -3.8),
    (-6.1, -6.2),
    (1.7, 1.5),
    (-4.9, -4.8),
    (-2.2, 2.1),
    (7.0, 6.0),
    (5.8, 5.6),
    (-6.5, -6.7),
    (2.4, 1.9),
    (-0.5, -0.3),
    (-0.9, 0.0),
];

/// Month ends from January 2018: AAPL and the S&P 500 index, simple returns to five decimals.
const APPLE: [f64; 60] = [
    -0.01062, 0.06818, -0.05805, -0.01503, 0.13513, -0.00943, 0.02799, 0.20042, -0.00830, -0.03049,
    -0.18120, -0.11670, 0.05515, 0.04478, 0.09704, 0.05643, -0.12422, 0.13053, 0.07638, -0.01647,
    0.07298, 0.11067, 0.07757, 0.09878, 0.05401, -0.11471, -0.06976, 0.15538, 0.08510, 0.14738,
    0.16513, 0.21657, -0.10253, -0.06001, 0.09549, 0.11457, -0.00550, -0.07971, 0.00734, 0.07622,
    -0.05049, 0.09911, 0.06498, 0.04248, -0.06803, 0.05866, 0.10508, 0.07423, -0.01571, -0.05407,
    0.05747, -0.09713, -0.05449, -0.08144, 0.18863, -0.03120, -0.12098, 0.10956, -0.03303,
    -0.14855,
];
const INDEX: [f64; 60] = [
    0.05618, -0.03895, -0.02688, 0.00272, 0.02161, 0.00484, 0.03602, 0.03026, 0.00429, -0.06940,
    0.01786, -0.09178, 0.07868, 0.02973, 0.01792, 0.03931, -0.06578, 0.06893, 0.01313, -0.01809,
    0.01718, 0.02043, 0.03405, 0.02859, -0.00163, -0.08411, -0.12512, 0.12684, 0.04528, 0.01839,
    0.05510, 0.07006, -0.03923, -0.02767, 0.10755, 0.03712, -0.01114, 0.02609, 0.04244, 0.05243,
    0.00549, 0.02221, 0.02275, 0.02899, -0.04757, 0.06914, -0.00833, 0.04361, -0.05259, -0.03136,
    0.03577, -0.08796, 0.00005, -0.08392, 0.09112, -0.04244, -0.09340, 0.07986, 0.05375, -0.07277,
];

fn monthly(first_year: i32, values: Vec<f64>) -> Series {
    let dates = (0..values.len()).map(|i| {
        let (year, month) = (first_year + i as i32 / 12, i as u32 % 12 + 1);
        Date::from_ymd_opt(year, month, 28).unwrap()
    });
    Series::new(dates.collect(), values).unwrap()
}

fn value(measured: &[Metric], id: &str) -> Option<f64> {
    measured.iter().find(|metric| metric.id == id).unwrap_or_else(|| panic!("no metric {id}")).value
}

/// The one door: each row is a metric, what it must be, and how close.
fn check(measured: &[Metric], rows: &[(&str, f64, f64)]) {
    for &(id, expected, tolerance) in rows {
        let found = value(measured, id).unwrap_or_else(|| panic!("{id} is not defined"));
        assert!((found - expected).abs() <= tolerance, "{id}: {found}, expected {expected}");
    }
}

fn bacon(minimum_acceptable: f64) -> Vec<Metric> {
    let returns = monthly(2000, BACON.map(|(r, _)| r / 100.0).to_vec());
    let basis = Basis {
        minimum_acceptable,
        ..Basis::new(12.0).against(BACON.map(|(_, b)| b / 100.0).to_vec())
    };
    metrics(&returns, &basis).unwrap()
}

/// The book's figures against a minimum of 0.5 % a month; annual deviations carry √12.
#[test]
fn bacon_against_a_minimum() {
    let annual = 12f64.sqrt();
    check(
        &bacon(0.005),
        &[
            ("downside_deviation", 0.0255367382 * annual, 4e-10),
            ("downside_potential", 0.0137083333, 1e-10),
            ("upside_risk", 0.0293733156 * annual, 4e-10),
            ("upside_potential", 0.0177083333, 1e-10),
            ("kappa_2", 0.1566370757, 1e-10),
            ("omega_sharpe", 0.2917933131, 1e-10),
            ("upside_frequency", 0.5416667, 1e-7),
            ("downside_frequency", 0.4583333, 1e-7),
            ("volatility_skewness", 1.1502375627, 1e-10),
            ("variability_skewness", 1.3230464507, 1e-10),
        ],
    );
}

/// The book's figures on returns, drawdowns and shape.
#[test]
fn bacon_alone() {
    check(
        &bacon(0.0),
        &[
            ("mean_absolute_deviation", 0.0310833333, 1e-10),
            ("bernardo_ledoit", 1.7797833935, 1e-10),
            ("omega", 1.7797833935, 1e-10),
            ("d_ratio", 0.401, 5e-4),
            ("pain_index", 0.0399896907, 1e-10),
            ("pain_ratio", 2.5926254479, 1e-10),
            ("ulcer_index", 0.0611842873, 1e-10),
            ("martin", 1.6945247607, 1e-10),
            ("skewness_kurtosis", -0.0339420446, 1e-10),
            ("sample_kurtosis_excess", -0.4076603212, 1e-10),
            ("sharpe_geometric", 0.7567749609, 1e-10),
            ("adjusted_sharpe", 0.7591434663, 1e-10),
        ],
    );
}

/// The book's figures beside the benchmark, with a riskless return of nought.
#[test]
fn bacon_beside_the_benchmark() {
    check(
        &bacon(0.0),
        &[
            ("beta", 0.9988502086, 1e-10),
            ("jensen_alpha", -0.0141694447, 1e-10),
            ("fama_beta", 1.0303949091, 1e-10),
            ("net_selectivity", -0.0178911954, 1e-10),
            ("m_squared", 0.1006199553, 1e-10),
            ("modified_treynor", 0.7974653038, 1e-10),
            ("specific_risk", 0.0329310912, 1e-10),
            ("systematic_risk", 0.1300097813, 1e-10),
            ("appraisal_ratio", -0.430, 5e-4),
        ],
    );
}

/// empyrical's `mixed_returns` (tests/conftest.py, Apache-2.0). It counts the NaN row as a period
/// in the annual return (1.9136); here n = 8, which gives 2.3303. Everything else agrees.
#[test]
fn empyrical_fixture() {
    let daily = [f64::NAN, 0.01, 0.10, -0.04, 0.02, 0.03, 0.02, 0.01, -0.10];
    let dates = (1..=9).map(|d| Date::from_ymd_opt(2000, 1, d).unwrap()).collect();
    let returns = Series::new(dates, daily.to_vec()).unwrap();
    let measured = metrics(&returns, &Basis::new(252.0)).unwrap();
    check(
        &measured,
        &[
            ("sharpe", 1.7238613961706866, 1e-12),
            ("sortino", 2.605531251673693, 1e-12),
            ("volatility", 0.9136465399704637, 1e-12),
            ("cagr", 2.3303, 5e-5),
            ("max_drawdown", 0.1, 1e-12),
            ("downside_deviation", 0.604483250388, 1e-11),
            ("mar", 23.303, 5e-4),
        ],
    );
    // empyrical reaches the same annual return if the eight known days are taken for nine.
    let counted_as_nine = (1.0 + value(&measured, "cagr").unwrap()).powf(8.0 / 9.0) - 1.0;
    assert!((counted_as_nine - 1.9135925373194231).abs() < 1e-9);
    let required = Basis { minimum_acceptable: 11f64.powf(1.0 / 252.0) - 1.0, ..Basis::new(252.0) };
    let measured = metrics(&returns, &required).unwrap();
    check(&measured, &[("omega", 0.833542634975798, 1e-12)]);
}

/// empyrical's `negative_returns` (tests/conftest.py): 0, −6, −7, −1, −9, −2, −6, −8, −5 %.
#[test]
fn empyrical_negative_returns() {
    let daily = [0.0, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05];
    let dates = (1..=9).map(|d| Date::from_ymd_opt(2000, 1, d).unwrap()).collect();
    let returns = Series::new(dates, daily.to_vec()).unwrap();
    let measured = metrics(&returns, &Basis::new(252.0)).unwrap();
    check(&measured, &[("sharpe", -24.4068, 5e-5), ("max_drawdown", 0.3659073, 5e-7)]);
    assert_eq!(value(&measured, "average_win"), None);
    assert_eq!(value(&measured, "longest_recovery"), None);
}

/// empyrical-reloaded 0.7.1, monthly, on AAPL and the S&P 500.
#[test]
fn empyrical_on_apple() {
    let returns = monthly(2018, APPLE.to_vec());
    let basis = Basis::new(12.0).against(INDEX.to_vec());
    check(
        &metrics(&returns, &basis).unwrap(),
        &[
            ("total_return", 2.132929009155834, 1e-12),
            ("cagr", 0.256579906552852, 1e-12),
            ("volatility", 0.32620313174929955, 1e-12),
            ("sharpe", 0.8654545972200229, 1e-12),
            ("sortino", 1.5150007049491894, 1e-12),
            ("downside_deviation", 0.1863457878783419, 1e-12),
            ("max_drawdown", 0.3046256441859953, 1e-12),
            ("mar", 0.8422794057226253, 1e-12),
            ("omega", 1.803009358022585, 1e-12),
            ("tail_ratio", 1.3728104208284486, 1e-12),
            ("var_95", 0.121142, 1e-12),
            ("cvar_95", 0.15132333333333334, 1e-12),
            ("stability", 0.8889174796295682, 1e-12),
            ("beta", 1.254523502397986, 1e-12),
            ("batting_average", 35.0 / 60.0, 1e-12),
        ],
    );
}

/// empyrical takes the riskless return per period: here 0.2 % a month.
#[test]
fn sharpe_above_a_riskless_return() {
    let returns = monthly(2018, APPLE.to_vec());
    for risk_free in [
        performance::RiskFree::Series(vec![0.002; 60]),
        performance::RiskFree::Annual(1.002f64.powi(12) - 1.0),
    ] {
        let basis = Basis { risk_free, ..Basis::new(12.0) };
        check(&metrics(&returns, &basis).unwrap(), &[("sharpe", 0.7918808094047514, 1e-10)]);
    }
}

/// quantstats 0.0.86 and scipy 1.x on the same months.
#[test]
fn quantstats_on_apple() {
    let returns = monthly(2018, APPLE.to_vec());
    let basis = Basis::new(12.0).against(INDEX.to_vec());
    check(
        &metrics(&returns, &basis).unwrap(),
        &[
            ("profit_factor", 1.8030093580225848, 1e-12),
            ("payoff_ratio", 1.4751894747457512, 1e-12),
            ("gain_to_pain", 0.8030093580225846, 1e-12),
            ("probabilistic_sharpe", 0.9700874652827173, 2e-4),
            ("information_ratio", 0.24444115509808745 * 12f64.sqrt(), 1e-12),
            ("r_squared", 0.5221698300750058, 1e-12),
            ("sample_kurtosis_excess", -0.7424087995970434, 1e-12),
            ("skewness", -0.07809914371675443, 1e-12),
            ("kurtosis_excess", -0.7803288389741132, 1e-12),
            ("jarque_bera", 1.5832775048296215, 1e-12),
        ],
    );
}

/// Bacon's UK / Japan / US example: three segments, effects in the order of Brinson and Fachler.
#[test]
fn brinson_of_bacon() {
    let rows = [
        ("UK", 0.4, 0.4, 0.20, 0.10, [0.0, 0.04, 0.0]),
        ("Japan", 0.3, 0.2, -0.05, -0.04, [-0.0104, -0.002, -0.001]),
        ("US", 0.3, 0.4, 0.06, 0.08, [-0.0016, -0.008, 0.002]),
    ];
    let segments = rows.map(|(name, w, v, r, b, _)| Segment {
        name: name.to_owned(),
        portfolio_weight: w,
        benchmark_weight: v,
        portfolio_return: r,
        benchmark_return: b,
    });
    let found = brinson_fachler(&segments).unwrap();
    for (effects, (name, .., expected)) in found.segments.iter().zip(rows) {
        let parts = [effects.allocation, effects.selection, effects.interaction];
        for (part, number) in parts.into_iter().zip(expected) {
            assert!((part - number).abs() < 1e-15, "{name}: {parts:?}");
        }
    }
    assert!((found.portfolio_return - 0.083).abs() < 1e-15);
    assert!((found.benchmark_return - 0.064).abs() < 1e-15);
    assert!((found.total.allocation + 0.012).abs() < 1e-15);
    assert!((found.total.selection - 0.03).abs() < 1e-15);
    assert!((found.total.interaction - 0.001).abs() < 1e-15);
    assert!((found.geometric_excess() - 0.01785714).abs() < 1e-8);
}
