//! Figures of the worst outcomes, per period, as positive losses.

use crate::metrics::{sample::Sample, table};
use crate::statistics::{
    mean, normal_density, population_deviation, quantile, ratio, standard_moment,
};

/// Φ⁻¹(0.95).
const Z: f64 = 1.644_853_626_951_472_7;

table! { Tail:
    ("var_95", "Value at risk, 95%", Fraction, "−q_5%(r)", "Jorion 2007, ch. 5", "Historical, type-7 quantile; a positive loss, where empyrical and quantstats report a return.", |s| Some(-quantile(&s.returns, 0.05)?))
    ("cvar_95", "Expected shortfall, 95%", Fraction, "−mean(r_t | r_t ≤ q_5%(r))", "Rockafellar and Uryasev 2000", "Mean of the periods at or below the historical quantile.", expected_shortfall)
    ("var_gaussian_95", "Value at risk, Gaussian, 95%", Fraction, "z σ − mean(r), z = 1.645, σ with n", "Jorion 2007, ch. 5", "Divided by n. PerformanceAnalytics divides by n here but by n − 1 in component VaR (−.012133 against .012916 on one fixture).", |s| Some(Z * population_deviation(&s.returns)? - mean(&s.returns)?))
    ("cvar_gaussian_95", "Expected shortfall, Gaussian, 95%", Fraction, "σ φ(z)/0.05 − mean(r)", "McNeil, Frey and Embrechts 2005, ch. 2", "", |s| Some(normal_density(Z) / 0.05 * population_deviation(&s.returns)? - mean(&s.returns)?))
    ("var_cornish_fisher_95", "Value at risk, Cornish–Fisher, 95%", Fraction, "−mean(r) − σ (x + (x² − 1)γ3/6 + (x³ − 3x)(γ4 − 3)/24 − (2x³ − 5x)γ3²/36), x = −1.645", "Favre and Galeano 2002", "Not monotone for large γ3, γ4.", cornish_fisher)
    ("tail_ratio", "Tail ratio", Number, "|q_95%(r)| / |q_5%(r)|", "empyrical", "", |s| ratio(quantile(&s.returns, 0.95)?.abs(), quantile(&s.returns, 0.05)?.abs()))
    ("starr_95", "Return over shortfall", Number, "mean(r − rf) / expected shortfall 95%", "Martin, Rachev and Siboulet 2003", "Per period.", |s| ratio(mean(&s.excess)?, expected_shortfall(s)?))
    ("rachev_95", "Rachev ratio", Number, "mean(r | r ≥ q_95%) / −mean(r | r ≤ q_5%)", "Biglova, Ortobelli, Rachev and Stoyanov 2004", "", rachev)
}

fn expected_shortfall(s: &Sample) -> Option<f64> {
    let threshold = quantile(&s.returns, 0.05)?;
    Some(-mean(&chosen(&s.returns, |r| r <= threshold))?)
}

fn rachev(s: &Sample) -> Option<f64> {
    let threshold = quantile(&s.returns, 0.95)?;
    let gain = mean(&chosen(&s.returns, |r| r >= threshold))?;
    ratio(gain, expected_shortfall(s)?)
}

fn chosen(x: &[f64], is: impl Fn(f64) -> bool) -> Vec<f64> {
    x.iter().copied().filter(|v| is(*v)).collect()
}

fn cornish_fisher(s: &Sample) -> Option<f64> {
    let (skew, excess) = (standard_moment(&s.returns, 3)?, standard_moment(&s.returns, 4)? - 3.0);
    let x = -Z;
    let expanded = x + (x * x - 1.0) * skew / 6.0 + (x.powi(3) - 3.0 * x) * excess / 24.0
        - (2.0 * x.powi(3) - 5.0 * x) * skew * skew / 36.0;
    Some(-mean(&s.returns)? - population_deviation(&s.returns)? * expanded)
}
