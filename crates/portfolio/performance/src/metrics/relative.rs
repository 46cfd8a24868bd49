//! Figures beside a benchmark, over the periods in which both are known.

use crate::metrics::sample::{Pairs, Sample};
use crate::metrics::{returns::share, table};
use crate::statistics::{annualised, covariance, deviation, mean, population_deviation, ratio};

table! { Relative:
    ("active_return", "Active return", Fraction, "g(r) − g(b)", "Bacon 2008, ch. 3", "Arithmetic difference of growth rates.", |s| active_growth(s))
    ("geometric_excess", "Active return, geometric", Fraction, "(1 + g(r)) / (1 + g(b)) − 1", "Bacon 2008, ch. 3", "", |s| Some((1.0 + growth(s)?) / (1.0 + benchmark_growth(s)?) - 1.0))
    ("tracking_error", "Tracking error", Fraction, "√P · sd(r − b), n − 1", "Grinold and Kahn 2000, ch. 3", "", |s| Some(deviation(&pairs(s)?.active())? * s.periods.sqrt()))
    ("information_ratio", "Information ratio", Number, "√P · mean(r − b) / sd(r − b)", "Grinold and Kahn 2000, ch. 5", "Arithmetic. PerformanceAnalytics divides the difference of growth rates by the tracking error.", information)
    ("beta", "Beta", Number, "cov(r − rf, b − rf) / var(b − rf)", "Sharpe 1964", "", |s| beta(pairs(s)?))
    ("beta_up", "Beta in rising markets", Number, "beta over periods with b > 0", "Bacon 2008, ch. 4", "", |s| beta(&chosen(pairs(s)?, |b| b > 0.0)))
    ("beta_down", "Beta in falling markets", Number, "beta over periods with b < 0", "Bacon 2008, ch. 4", "", |s| beta(&chosen(pairs(s)?, |b| b < 0.0)))
    ("alpha", "Alpha, annual", Fraction, "P · (mean(r − rf) − β mean(b − rf))", "Jensen 1968", "The intercept of the regression times P; empyrical compounds it.", |s| Some(residual_mean(pairs(s)?)? * s.periods))
    ("jensen_alpha", "Jensen's alpha, geometric", Fraction, "g(r) − g(rf) − β (g(b) − g(rf))", "Bacon 2008, ch. 4", "On growth rates.", jensen)
    ("correlation", "Correlation", Number, "cov(r, b) / (sd(r) sd(b))", "Pearson", "", |s| correlation(pairs(s)?))
    ("r_squared", "R²", Number, "correlation²", "–", "", |s| Some(correlation(pairs(s)?)?.powi(2)))
    ("treynor", "Treynor ratio", Number, "(g(r) − g(rf)) / β", "Treynor 1965", "", |s| ratio(excess_growth(s)?, beta(pairs(s)?)?))
    ("modified_treynor", "Modified Treynor ratio", Number, "(g(r) − g(rf)) / systematic risk", "Bacon 2008, ch. 4", "", |s| ratio(excess_growth(s)?, systematic(s)?))
    ("systematic_risk", "Systematic risk", Fraction, "β · √P · σ(b), n", "Bacon 2008, ch. 4", "PerformanceAnalytics documents 0.013 for Bacon's series; 0.13001 follows.", systematic)
    ("specific_risk", "Specific risk", Fraction, "√P · σ(ε), ε = r − rf − α − β (b − rf), n", "Bacon 2008, ch. 4", "", specific)
    ("appraisal_ratio", "Appraisal ratio", Number, "Jensen's alpha / specific risk", "Treynor and Black 1973", "", |s| ratio(jensen(s)?, specific(s)?))
    ("m_squared", "M²", Fraction, "(g(r) − g(rf)) σ(b)/σ(r) + g(rf)", "Modigliani and Modigliani 1997", "", m_squared)
    ("fama_beta", "Fama's beta", Number, "σ(r) / σ(b)", "Fama 1972", "", |s| fama_beta(pairs(s)?))
    ("net_selectivity", "Net selectivity", Fraction, "Jensen's alpha − (Fama's beta − β)(g(b) − g(rf))", "Fama 1972", "", net_selectivity)
    ("up_capture", "Up capture", Number, "geometric mean of r over that of b, periods with b > 0", "Morningstar 2011", "Means per period; empyrical annualises both, which explodes on daily data.", |s| capture(pairs(s)?, |b| b > 0.0))
    ("down_capture", "Down capture", Number, "the same, periods with b < 0", "Morningstar 2011", "Below 1 is good.", |s| capture(pairs(s)?, |b| b < 0.0))
    ("capture_ratio", "Capture ratio", Number, "up capture / down capture", "Morningstar 2011", "", |s| ratio(capture(pairs(s)?, |b| b > 0.0)?, capture(pairs(s)?, |b| b < 0.0)?))
    ("batting_average", "Batting average", Fraction, "#(r_t > b_t) / n", "Bacon 2008, ch. 4", "", |s| share(&pairs(s)?.active(), |a| a > 0.0))
}

fn pairs(s: &Sample) -> Option<&Pairs> {
    s.pairs.as_ref()
}

fn growth(s: &Sample) -> Option<f64> {
    annualised(&pairs(s)?.portfolio, s.periods)
}

fn benchmark_growth(s: &Sample) -> Option<f64> {
    annualised(&pairs(s)?.benchmark, s.periods)
}

fn riskless_growth(s: &Sample) -> Option<f64> {
    annualised(&pairs(s)?.riskless, s.periods)
}

fn active_growth(s: &Sample) -> Option<f64> {
    Some(growth(s)? - benchmark_growth(s)?)
}

fn excess_growth(s: &Sample) -> Option<f64> {
    Some(growth(s)? - riskless_growth(s)?)
}

fn information(s: &Sample) -> Option<f64> {
    let active = pairs(s)?.active();
    Some(ratio(mean(&active)?, deviation(&active)?)? * s.periods.sqrt())
}

fn beta(p: &Pairs) -> Option<f64> {
    ratio(
        covariance(&p.portfolio_excess, &p.benchmark_excess, 1)?,
        covariance(&p.benchmark_excess, &p.benchmark_excess, 1)?,
    )
}

fn residual_mean(p: &Pairs) -> Option<f64> {
    Some(mean(&p.portfolio_excess)? - beta(p)? * mean(&p.benchmark_excess)?)
}

fn jensen(s: &Sample) -> Option<f64> {
    let market = benchmark_growth(s)? - riskless_growth(s)?;
    Some(excess_growth(s)? - beta(pairs(s)?)? * market)
}

fn correlation(p: &Pairs) -> Option<f64> {
    ratio(
        covariance(&p.portfolio, &p.benchmark, 1)?,
        deviation(&p.portfolio)? * deviation(&p.benchmark)?,
    )
}

fn systematic(s: &Sample) -> Option<f64> {
    let p = pairs(s)?;
    Some(beta(p)? * population_deviation(&p.benchmark)? * s.periods.sqrt())
}

fn specific(s: &Sample) -> Option<f64> {
    let p = pairs(s)?;
    let slope = beta(p)?;
    let both = p.portfolio_excess.iter().zip(&p.benchmark_excess);
    let residuals: Vec<f64> = both.map(|(r, b)| r - slope * b).collect();
    Some(population_deviation(&residuals)? * s.periods.sqrt())
}

fn m_squared(s: &Sample) -> Option<f64> {
    Some(ratio(excess_growth(s)?, fama_beta(pairs(s)?)?)? + riskless_growth(s)?)
}

fn fama_beta(p: &Pairs) -> Option<f64> {
    ratio(population_deviation(&p.portfolio)?, population_deviation(&p.benchmark)?)
}

fn net_selectivity(s: &Sample) -> Option<f64> {
    let p = pairs(s)?;
    let market = benchmark_growth(s)? - riskless_growth(s)?;
    Some(jensen(s)? - (fama_beta(p)? - beta(p)?) * market)
}

fn chosen(p: &Pairs, is: impl Fn(f64) -> bool) -> Pairs {
    let rows: Vec<usize> = (0..p.benchmark.len()).filter(|&t| is(p.benchmark[t])).collect();
    let pick = |x: &[f64]| rows.iter().map(|&t| x[t]).collect();
    Pairs {
        portfolio: pick(&p.portfolio),
        benchmark: pick(&p.benchmark),
        portfolio_excess: pick(&p.portfolio_excess),
        benchmark_excess: pick(&p.benchmark_excess),
        riskless: pick(&p.riskless),
    }
}

fn capture(p: &Pairs, is: impl Fn(f64) -> bool) -> Option<f64> {
    let rows = chosen(p, is);
    ratio(annualised(&rows.portfolio, 1.0)?, annualised(&rows.benchmark, 1.0)?)
}
