//! Figures of the shape of the returns.

use crate::metrics::{sample::Sample, table};
use crate::statistics::{covariance, mean, ratio, standard_moment};

table! { Distribution:
    ("skewness", "Skewness", Number, "γ3 = mean(((r − mean(r))/σ)³)", "Joanes and Gill 1998 (g1)", "Population moments; pandas corrects for bias (G1).", |s| standard_moment(&s.returns, 3))
    ("kurtosis_excess", "Excess kurtosis", Number, "γ4 − 3, γ4 = mean(((r − mean(r))/σ)⁴)", "Joanes and Gill 1998 (g2)", "Population moments; pandas and quantstats correct for bias, as `sample_kurtosis_excess`.", |s| Some(standard_moment(&s.returns, 4)? - 3.0))
    ("sample_kurtosis_excess", "Excess kurtosis, sample", Number, "(n − 1)/((n − 2)(n − 3)) · ((n + 1)(γ4 − 3) + 6)", "Joanes and Gill 1998 (G2)", "", sample_kurtosis)
    ("skewness_kurtosis", "Skewness over kurtosis", Number, "γ3 / γ4", "Watanabe 2006; Bacon 2008, ch. 4", "Full kurtosis, not the excess.", |s| ratio(standard_moment(&s.returns, 3)?, standard_moment(&s.returns, 4)?))
    ("jarque_bera", "Jarque–Bera statistic", Number, "n/6 · (γ3² + (γ4 − 3)²/4)", "Jarque and Bera 1987", "Chi-squared with 2 degrees of freedom if normal: above 5.99 in 5% of samples.", jarque_bera)
    ("autocorrelation", "Autocorrelation, lag 1", Number, "Σ (r_t − m)(r_{t−1} − m) / Σ (r_t − m)²", "Box and Jenkins 1976, ch. 2", "One mean for both; pandas uses the correlation of the two shifted series.", autocorrelation)
    ("stability", "Stability", Number, "R² of ln ∏(1 + r) on time", "empyrical", "1 is a straight line on a log scale, up or down.", stability)
}

fn sample_kurtosis(s: &Sample) -> Option<f64> {
    let n = s.returns.len() as f64;
    (n > 3.0).then_some(())?;
    let excess = standard_moment(&s.returns, 4)? - 3.0;
    Some((n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * excess + 6.0))
}

fn jarque_bera(s: &Sample) -> Option<f64> {
    let (skew, kurtosis) = (standard_moment(&s.returns, 3)?, standard_moment(&s.returns, 4)?);
    Some(s.returns.len() as f64 / 6.0 * (skew * skew + (kurtosis - 3.0).powi(2) / 4.0))
}

fn autocorrelation(s: &Sample) -> Option<f64> {
    let centre = mean(&s.returns)?;
    let products = s.returns.windows(2).map(|r| (r[1] - centre) * (r[0] - centre));
    let squares: f64 = s.returns.iter().map(|r| (r - centre).powi(2)).sum();
    ratio(products.sum(), squares)
}

fn stability(s: &Sample) -> Option<f64> {
    let path: Vec<f64> = s.wealth.iter().map(|w| w.ln()).collect();
    let time: Vec<f64> = (0..path.len()).map(|t| t as f64).collect();
    let together = covariance(&path, &time, 0)?;
    let apart = covariance(&path, &path, 0)? * covariance(&time, &time, 0)?;
    ratio(together * together, apart)
}
