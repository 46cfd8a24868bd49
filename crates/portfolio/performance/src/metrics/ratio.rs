//! Figures of what was earned for the risk.

use crate::metrics::returns::{losses, wins};
use crate::metrics::risk::{downside, downside_potential, upside_potential};
use crate::metrics::{Trials, sample::Sample, table};
use crate::statistics::{
    deviation, mean, normal_distribution, normal_quantile, ratio, standard_moment,
};

table! { Ratio:
    ("sharpe", "Sharpe ratio", Number, "√P · mean(r − rf) / sd(r − rf)", "Sharpe 1994", "Arithmetic, n − 1. Bacon's annualised form is `sharpe_geometric`.", |s| Some(s.sharpe()? * s.periods.sqrt()))
    ("sharpe_geometric", "Sharpe ratio, geometric", Number, "(g(r) − g(rf)) / (√P · sd(r − rf))", "Bacon 2008, ch. 4", "", sharpe_geometric)
    ("adjusted_sharpe", "Adjusted Sharpe ratio", Number, "S · (1 + γ3/6 · S − (γ4 − 3)/24 · S²), S geometric", "Pezier and White 2006", "S is the annual figure and γ3, γ4 those of the periods, as in Bacon.", adjusted_sharpe)
    ("probabilistic_sharpe", "Probabilistic Sharpe ratio", Fraction, "Φ(S √(n − 1) / √(1 − γ3 S + (γ4 − 1)/4 · S²)), S per period", "Bailey and López de Prado 2012", "The probability that the true Sharpe ratio is above 0.", |s| probabilistic(s, 0.0))
    ("deflated_sharpe", "Deflated Sharpe ratio", Fraction, "probabilistic Sharpe above √V · ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e)))", "Bailey and López de Prado 2014", "Needs the number of trials N and the variance V of their Sharpe ratios; γ is Euler's constant.", |s| probabilistic(s, expected_maximum(s.trials?)?))
    ("sortino", "Sortino ratio", Number, "√P · (mean(r) − a) / √(mean(min(r − a, 0)²))", "Sortino and Price 1994", "Against a, not against the riskless rate. None without a loss; some report huge numbers there.", |s| Some(ratio(mean(&s.returns)? - s.acceptable, downside(s)?)? * s.periods.sqrt()))
    ("omega", "Omega ratio", Number, "Σ max(r − a, 0) / Σ max(a − r, 0)", "Keating and Shadwick 2002", "", |s| ratio(upside_potential(s)?, downside_potential(s)?))
    ("omega_sharpe", "Omega–Sharpe ratio", Number, "(mean(r) − a) / mean(max(a − r, 0))", "Bacon 2008, ch. 4", "Omega minus 1.", |s| ratio(mean(&s.returns)? - s.acceptable, downside_potential(s)?))
    ("kappa_2", "Kappa 2", Number, "(mean(r) − a) / mean(max(a − r, 0)²)^(1/2)", "Kaplan and Knowles 2004", "Per period; the Sortino ratio before it is annualised.", |s| kappa(s, 2))
    ("kappa_3", "Kappa 3", Number, "(mean(r) − a) / mean(max(a − r, 0)³)^(1/3)", "Kaplan and Knowles 2004", "Per period.", |s| kappa(s, 3))
    ("upside_potential_ratio", "Upside potential ratio", Number, "mean(max(r − a, 0)) / √(mean(min(r − a, 0)²))", "Sortino, van der Meer and Plantinga 1999", "All n periods in both means.", |s| ratio(upside_potential(s)?, downside(s)?))
    ("bernardo_ledoit", "Bernardo–Ledoit ratio", Number, "Σ max(r, 0) / Σ max(−r, 0)", "Bernardo and Ledoit 2000", "Omega at a = 0.", |s| ratio(wins(&s.returns).iter().sum(), losses(&s.returns).iter().sum()))
    ("d_ratio", "d ratio", Number, "#(r < 0) Σ max(−r, 0) / (#(r > 0) Σ max(r, 0))", "Lavinio 1999", "Between 0 (good) and infinity.", d_ratio)
    ("calmar", "Calmar ratio", Number, "growth / max drawdown, last 36 months", "Young 1991", "None with less than 36 months. empyrical and quantstats divide over the whole history: that is `mar`.", calmar)
    ("mar", "MAR ratio", Number, "growth / max drawdown, whole history", "Bacon 2008, ch. 4", "", |s| ratio(s.growth()?, s.deepest()?))
    ("recovery_factor", "Recovery factor", Number, "total return / max drawdown", "–", "", |s| ratio(s.wealth.last()? - 1.0, s.deepest()?))
    ("martin", "Martin ratio", Number, "(g(r) − g(rf)) / ulcer index", "Martin and McCann 1989", "", |s| ratio(s.excess_growth()?, super::drawdown::ulcer(s)?))
    ("pain_ratio", "Pain ratio", Number, "(g(r) − g(rf)) / pain index", "Bacon 2008, ch. 4", "PerformanceAnalytics prints 2.66 for Bacon's series; 2.5926 follows from the formula.", |s| ratio(s.excess_growth()?, mean(&s.depths)?))
}

fn sharpe_geometric(s: &Sample) -> Option<f64> {
    ratio(s.excess_growth()?, deviation(&s.excess)? * s.periods.sqrt())
}

fn adjusted_sharpe(s: &Sample) -> Option<f64> {
    let sharpe = sharpe_geometric(s)?;
    let (skew, kurtosis) = (standard_moment(&s.returns, 3)?, standard_moment(&s.returns, 4)?);
    Some(sharpe * (1.0 + skew / 6.0 * sharpe - (kurtosis - 3.0) / 24.0 * sharpe * sharpe))
}

fn probabilistic(s: &Sample, threshold: f64) -> Option<f64> {
    let (skew, kurtosis) = (standard_moment(&s.excess, 3)?, standard_moment(&s.excess, 4)?);
    confidence(s.sharpe()?, threshold, s.excess.len(), skew, kurtosis)
}

/// The probability that the true Sharpe ratio is above `threshold`, all per period.
fn confidence(sharpe: f64, threshold: f64, n: usize, skew: f64, kurtosis: f64) -> Option<f64> {
    let spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe;
    let scale = ((n as f64 - 1.0) / spread).sqrt();
    scale.is_finite().then(|| normal_distribution((sharpe - threshold) * scale))
}

/// The Sharpe ratio that the best of so many worthless trials is expected to show.
fn expected_maximum(trials: Trials) -> Option<f64> {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let n = f64::from(trials.count);
    let best = (1.0 - EULER) * normal_quantile(1.0 - 1.0 / n)?
        + EULER * normal_quantile(1.0 - 1.0 / (n * std::f64::consts::E))?;
    Some(trials.sharpe_variance.sqrt() * best)
}

fn kappa(s: &Sample, order: i32) -> Option<f64> {
    let partial = s.mean_above(|x| (-x).max(0.0).powi(order))?;
    ratio(mean(&s.returns)? - s.acceptable, partial.powf(1.0 / f64::from(order)))
}

fn d_ratio(s: &Sample) -> Option<f64> {
    let (up, down) = (wins(&s.returns), losses(&s.returns));
    let weighted = |x: &[f64]| x.len() as f64 * x.iter().sum::<f64>();
    ratio(weighted(&down), weighted(&up))
}

fn calmar(s: &Sample) -> Option<f64> {
    let rows = (3.0 * s.periods).round() as usize;
    let recent = &s.returns[s.returns.len().checked_sub(rows)?..];
    let mut wealth = 1.0;
    let path: Vec<f64> = recent
        .iter()
        .map(|r| {
            wealth *= 1.0 + r;
            wealth
        })
        .collect();
    let deepest = crate::drawdown::depths(&path, 1.0).into_iter().reduce(f64::max)?;
    ratio(crate::statistics::annualised(recent, s.periods)?, deepest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Bailey and López de Prado 2014, "The deflated Sharpe ratio": annual
    /// Sharpe 2.5 over 1250 days, skewness −3, kurtosis 10, 100 trials with annual variance 1/2
    /// deflate to 0.9004; the threshold is 0.1132 a day.
    #[test]
    fn deflated_sharpe_of_the_paper() {
        let trials = Trials { count: 100, sharpe_variance: 0.5 / 250.0 };
        let threshold = expected_maximum(trials).unwrap();
        assert!((threshold - 0.1132).abs() < 5e-5, "{threshold}");
        let daily = 2.5 / 250f64.sqrt();
        let deflated = confidence(daily, threshold, 1250, -3.0, 10.0).unwrap();
        assert!((deflated - 0.9004).abs() < 5e-5, "{deflated}");
    }
}
