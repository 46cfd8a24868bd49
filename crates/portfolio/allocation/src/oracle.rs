//! The value of a risk measure and the scenarios that make it up.
//!
//! In: the portfolio's return in each scenario. Out: the risk, and weights `q` over scenarios with
//! `risk(w) >= constant + Σ_s q_s (R w)_s` for every `w`, with equality here: a subgradient, read
//! off the dual representation of each measure. Knows nothing about assets or optimisation.
//! Source: Rockafellar, Uryasev and Zabarankin (2006), "Generalized deviations in risk analysis",
//! for the risk envelopes; Chekhlov, Uryasev and Zabarankin (2005), section 3, for drawdowns.

use crate::measure::ScenarioMeasure as M;
use crate::scenarios::Scenarios;

/// A supporting plane of a risk measure, in scenarios.
#[derive(Debug, Clone, Default)]
pub(crate) struct Support {
    pub value: f64,
    pub constant: f64,
    /// Scenario and its part of the sum.
    pub scenarios: Vec<(usize, f64)>,
}

impl Support {
    fn of_losses(value: f64, tail: Vec<(usize, f64)>) -> Self {
        let scenarios = tail.into_iter().map(|(s, q)| (s, -q)).collect();
        Self { value, constant: 0.0, scenarios }
    }

    fn and(mut self, other: Self) -> Self {
        self.value += other.value;
        self.constant += other.constant;
        self.scenarios.extend(other.scenarios);
        self
    }
}

/// The support at `returns`; `None` for measures that are not a formula (see [`crate::cones`]).
pub(crate) fn support(measure: M, scenarios: &Scenarios<'_>, returns: &[f64]) -> Option<Support> {
    let losses = || returns.iter().map(|r| -r).collect::<Vec<f64>>();
    let p = |s: usize| scenarios.probability(s);
    Some(match measure {
        M::ConditionalValueAtRisk(level) => {
            let (value, tail) = tail_mean(scenarios, &losses(), tail_of(level));
            Support::of_losses(value, tail)
        }
        M::ConditionalValueAtRiskRange(level) => {
            let (worst, low) = tail_mean(scenarios, &losses(), tail_of(level));
            let (best, high) = tail_mean(scenarios, returns, tail_of(level));
            let high = Support { value: best, constant: 0.0, scenarios: high };
            Support::of_losses(worst, low).and(high)
        }
        M::WorstRealisation => {
            let (at, loss) = largest(scenarios, &losses());
            Support::of_losses(loss, vec![(at, 1.0)])
        }
        M::Range => {
            let (low, loss) = largest(scenarios, &losses());
            let (high, gain) = largest(scenarios, returns);
            Support { value: gain + loss, constant: 0.0, scenarios: vec![(low, -1.0), (high, 1.0)] }
        }
        M::FirstLowerPartialMoment(target) => {
            let short = returns.iter().enumerate().filter(|(_, r)| **r < target);
            let scenarios: Vec<(usize, f64)> = short.map(|(s, _)| (s, -p(s))).collect();
            let constant = target * scenarios.iter().map(|(_, q)| -q).sum::<f64>();
            let value = constant + scenarios.iter().map(|(s, q)| q * returns[*s]).sum::<f64>();
            Support { value, constant, scenarios }
        }
        M::MeanAbsoluteDeviation => deviation(scenarios, returns, f64::signum, |mean| mean),
        M::GiniMeanDifference => {
            let spread = 2.0 / scenarios.correction();
            spectral(scenarios, &losses(), |from, to| spread * (to - from) * (1.0 - from - to))
        }
        M::TailGini(level) => {
            let tail = tail_of(level);
            let rest = |c: f64| (1.0 - c / tail).max(0.0).powi(2);
            spectral(scenarios, &losses(), |from, to| rest(from) - rest(to))
        }
        M::TailGiniRange(level) => {
            let tail = tail_of(level);
            let rest = |c: f64| (1.0 - c / tail).max(0.0).powi(2);
            let weight = |from: f64, to: f64| rest(from) - rest(to);
            let mut gains = spectral(scenarios, returns, weight);
            gains.scenarios.iter_mut().for_each(|(_, q)| *q = -*q);
            spectral(scenarios, &losses(), weight).and(gains)
        }
        M::EvenMoment(p) => even(scenarios, returns, p, |d| d),
        M::EvenSemiMoment(p) => even(scenarios, returns, p, |d| d.min(0.0)),
        M::MaximumDrawdown => drawdown(returns, |depths| {
            let (at, depth) = largest(scenarios, depths);
            (depth, vec![(at, 1.0)])
        }),
        M::AverageDrawdown => drawdown(returns, |depths| {
            let all = depths.iter().enumerate().map(|(s, _)| (s, p(s))).collect();
            (depths.iter().enumerate().map(|(s, d)| p(s) * d).sum(), all)
        }),
        M::ConditionalDrawdownAtRisk(level) => {
            drawdown(returns, |depths| tail_mean(scenarios, depths, tail_of(level)))
        }
        M::UlcerIndex => drawdown(returns, |depths| {
            let square: f64 = depths.iter().enumerate().map(|(s, d)| p(s) * d * d).sum();
            let root = square.sqrt();
            let unit = if root > 0.0 { root } else { 1.0 };
            (root, depths.iter().enumerate().map(|(s, d)| (s, p(s) * d / unit)).collect())
        }),
        M::StandardDeviation | M::SemiDeviation | M::SemiVariance => {
            let short = |d: f64| if measure == M::StandardDeviation { d } else { d.min(0.0) };
            let correction = scenarios.correction().max(f64::MIN_POSITIVE);
            let square = deviation(scenarios, returns, |d| short(d) / correction, |mean| mean);
            match measure {
                M::SemiVariance => Support {
                    constant: -square.value,
                    scenarios: square.scenarios.iter().map(|(s, q)| (*s, 2.0 * q)).collect(),
                    ..square
                },
                _ => root(square),
            }
        }
        M::SecondLowerPartialMoment(target) => {
            let correction = scenarios.correction().max(f64::MIN_POSITIVE);
            let part = |r: f64| (r - target).min(0.0) / correction;
            let short = returns.iter().enumerate().filter(|(_, r)| **r < target);
            let scenarios: Vec<(usize, f64)> = short.map(|(s, r)| (s, p(s) * part(*r))).collect();
            let square: f64 = scenarios.iter().map(|(s, q)| q * (returns[*s] - target)).sum();
            let constant = -target * scenarios.iter().map(|(_, q)| q).sum::<f64>();
            root(Support { value: square, constant, scenarios })
        }
        M::EntropicValueAtRisk(_)
        | M::RelativisticValueAtRisk(..)
        | M::EntropicValueAtRiskRange(_)
        | M::RelativisticValueAtRiskRange(..)
        | M::EntropicDrawdownAtRisk(_)
        | M::RelativisticDrawdownAtRisk(..) => return None,
    })
}

/// The share of scenarios in the tail: `0.05` exactly for a level of `0.95`.
pub(crate) fn tail_of(level: f64) -> f64 {
    ((1.0 - level) * 1e12).round() / 1e12
}

/// `(E d^2p)^(1/2p)` of the part `d` of each deviation: the root of an even moment, which grows in
/// proportion to the weights.
fn even(scenarios: &Scenarios<'_>, returns: &[f64], p: u8, part: impl Fn(f64) -> f64) -> Support {
    let probability = |s: usize| scenarios.probability(s);
    let mean: f64 = returns.iter().enumerate().map(|(s, r)| probability(s) * r).sum();
    let parts: Vec<f64> = returns.iter().map(|r| part(r - mean)).collect();
    let largest = parts.iter().fold(0.0_f64, |max, d| max.max(d.abs()));
    if largest == 0.0 {
        return Support::default();
    }
    // In units of the largest, lest high powers vanish.
    let power = 2 * i32::from(p);
    let moment = parts.iter().enumerate();
    let moment: f64 = moment.map(|(s, d)| probability(s) * (d / largest).powi(power)).sum();
    let root = moment.powf(1.0 / f64::from(power));
    let slope = |(s, d): (usize, &f64)| probability(s) * (d / largest / root).powi(power - 1);
    let slopes: Vec<f64> = parts.iter().enumerate().map(slope).collect();
    let offset: f64 = slopes.iter().sum();
    let sum = slopes.iter().enumerate().map(|(s, q)| (s, q - probability(s) * offset)).collect();
    Support { value: root * largest, constant: 0.0, scenarios: sum }
}

/// From a mean square with half its slope to its root with its slope.
fn root(square: Support) -> Support {
    let value = square.value.max(0.0).sqrt();
    let unit = if value > 0.0 { value } else { 1.0 };
    let scenarios = square.scenarios.into_iter().map(|(s, q)| (s, q / unit)).collect();
    Support { value, constant: square.constant / unit, scenarios }
}

/// `Σ p f(r − m)(r − m)` about the mean `m`, with weights `p (f − Σ p f)`.
fn deviation(
    scenarios: &Scenarios<'_>,
    returns: &[f64],
    part: impl Fn(f64) -> f64,
    centre: impl Fn(f64) -> f64,
) -> Support {
    let p = |s: usize| scenarios.probability(s);
    let mean = centre(returns.iter().enumerate().map(|(s, r)| p(s) * r).sum());
    let parts: Vec<f64> = returns.iter().map(|r| part(r - mean)).collect();
    let offset: f64 = parts.iter().enumerate().map(|(s, f)| p(s) * f).sum();
    let sum = parts.iter().enumerate().map(|(s, f)| (s, p(s) * (f - offset))).collect();
    let value = parts.iter().zip(returns).enumerate();
    Support {
        value: value.map(|(s, (f, r))| p(s) * f * (r - mean)).sum(),
        constant: 0.0,
        scenarios: sum,
    }
}

/// The first and largest value of those that are possible.
fn largest(scenarios: &Scenarios<'_>, values: &[f64]) -> (usize, f64) {
    let possible = values.iter().enumerate().filter(|(s, _)| scenarios.possible(*s));
    let start = (0, f64::NEG_INFINITY);
    possible.fold(start, |best, (s, v)| if *v > best.1 { (s, *v) } else { best })
}

/// The mean of the largest `tail` of `losses`, the one at the border in part, and who is in it.
fn tail_mean(scenarios: &Scenarios<'_>, losses: &[f64], tail: f64) -> (f64, Vec<(usize, f64)>) {
    let mut members = candidates(scenarios, losses, tail);
    members.sort_unstable_by(|a, b| losses[*b].total_cmp(&losses[*a]).then(a.cmp(b)));
    let (mut left, mut value, mut sum) = (tail, 0.0, Vec::with_capacity(members.len()));
    for scenario in members {
        if left <= 0.0 {
            break;
        }
        let part = scenarios.probability(scenario).min(left);
        if part == 0.0 {
            continue;
        }
        left -= part;
        value += part * losses[scenario];
        sum.push((scenario, part / tail));
    }
    (value / tail, sum)
}

/// Scenarios that hold the tail: by selection where all are equally likely.
fn candidates(scenarios: &Scenarios<'_>, losses: &[f64], tail: f64) -> Vec<usize> {
    let count = losses.len();
    if !scenarios.probabilities.is_empty() {
        return (0..count).collect();
    }
    let rank = ((tail * count as f64).ceil() as usize + 1).clamp(1, count) - 1;
    let mut values = losses.to_vec();
    let (_, border, _) = values.select_nth_unstable_by(rank, |a, b| b.total_cmp(a));
    let border = *border;
    (0..count).filter(|s| losses[*s] >= border).collect()
}

/// `Σ φ_s loss_s` over losses from the greatest down, with `φ = weight(from, to)` for the
/// scenario that covers the probabilities from `from` to `to`.
fn spectral(
    scenarios: &Scenarios<'_>,
    losses: &[f64],
    weight: impl Fn(f64, f64) -> f64,
) -> Support {
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_unstable_by(|a, b| losses[*b].total_cmp(&losses[*a]).then(a.cmp(b)));
    let (mut from, mut value, mut sum) = (0.0, 0.0, Vec::new());
    for scenario in order {
        let to = from + scenarios.probability(scenario);
        let part = weight(from, to);
        if part != 0.0 {
            value += part * losses[scenario];
            sum.push((scenario, part));
        }
        from = to;
    }
    Support::of_losses(value, sum)
}

/// How far below its highest sum so far each day is; the peak's day, 0 for the start.
pub(crate) fn depths(returns: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let (mut sum, mut peak, mut at) = (0.0_f64, 0.0_f64, 0);
    let (mut depths, mut peaks) = (Vec::new(), Vec::new());
    for (day, r) in returns.iter().enumerate() {
        sum += r;
        if sum > peak {
            (peak, at) = (sum, day + 1);
        }
        depths.push(peak - sum);
        peaks.push(at);
    }
    (depths, peaks)
}

/// A measure of the depths, with its weights brought back to the days that made them.
fn drawdown(returns: &[f64], measure: impl Fn(&[f64]) -> (f64, Vec<(usize, f64)>)) -> Support {
    let (depths, peaks) = depths(returns);
    let (value, tail) = measure(&depths);
    // A depth is minus the returns after its peak up to its day: count starts and ends.
    let mut change = vec![0.0; returns.len() + 1];
    for (day, q) in tail {
        change[peaks[day]] += q;
        change[day + 1] -= q;
    }
    let (mut running, mut sum) = (0.0, Vec::new());
    for (day, step) in change[..returns.len()].iter().enumerate() {
        running += step;
        if running != 0.0 {
            sum.push((day, -running));
        }
    }
    Support { value, constant: 0.0, scenarios: sum }
}
