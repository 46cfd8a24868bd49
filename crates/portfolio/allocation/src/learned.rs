//! A learned allocator: from features straight to weights, trained on what the weights earned after
//! costs.
//!
//! In: daily returns in time, and how to train. Out: a [`Learned`] that turns the newest features and
//! the weights held into the weights wanted. No forecast stands between: the network's parameters
//! climb the after-cost utility of a sequence of rebalances (Zhang, Zohren and Roberts 2020; Moody
//! and Saffell 2001) by Adam (Kingma and Ba 2015). The last fifth of the days is not trained on: the
//! parameters that did best there are kept, if they beat those before training (equal weight, slowly
//! approached) by two standard errors; else training found nothing, and those stay. The same seed gives the same bits. Cost: `epochs × days × assets × hidden × features`.
//!
//! As an objective, `learned with 16 hidden`, it trains on the days of the problem's scenarios, and
//! the weights within the problem's sentences that are nearest to the network's are the answer. A
//! year of days teaches little: test it out of sample before it is believed.

mod features;
mod network;
mod utility;

use risk::Returns;
use types::Target;

use crate::naive::moving;
use crate::nearest;
use crate::region::{Region, sentences};
use crate::scenarios::Scenarios;
use crate::{AllocationError, Problem};
use features::Features;
use network::Network;
use utility::{Judge, Step, kept, towards};

const METHOD: &str = "learned";

/// The fewest days to train on.
const FEWEST: usize = 60;

/// Adam's step, memories and guard; the first is ten times the authors' for a network this small.
const STEP: f64 = 0.01;
const MEMORY: (f64, f64) = (0.9, 0.999);
const GUARD: f64 = 1e-8;

/// The price of a squared parameter, so that none grows without use.
const DECAY: f64 = 1e-6;

/// So many standard errors must training have gained where it was not trained.
const SURE: f64 = 2.0;

/// How a network is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training<'a> {
    /// Daily simple returns, oldest first.
    pub returns: &'a Returns,
    /// Units of the hidden layer.
    pub hidden: usize,
    /// Days from one rebalance to the next.
    pub period: usize,
    /// What half a squared return of one period costs in units of return.
    pub risk_aversion: f64,
    /// What a trade in each asset costs, as a fraction of its value; empty if nothing.
    pub costs: &'a [f64],
    /// Whether no weight may be negative.
    pub long_only: bool,
    /// Passes over the days.
    pub epochs: usize,
    /// Where the random numbers of the first parameters start.
    pub seed: u64,
}

impl<'a> Training<'a> {
    /// The usual training on `returns`.
    pub fn new(returns: &'a Returns) -> Self {
        Self {
            returns,
            hidden: 8,
            period: 5,
            risk_aversion: 5.0,
            costs: &[],
            long_only: true,
            epochs: 150,
            seed: 0,
        }
    }
}

/// A trained network.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    network: Network,
    parameters: Vec<f64>,
}

impl Learned {
    /// Trains a network.
    ///
    /// Fails with fewer than 60 days, with fewer than ten periods after the longest window of the
    /// features, and without a hidden unit, a day in a period, or one cost for each asset.
    pub fn train(training: &Training<'_>) -> Result<Self, AllocationError> {
        let (rows, assets) = (training.returns.rows(), training.returns.cols());
        let features = Features::new(training.returns);
        let needed = FEWEST.max(features.first() + 10 * training.period);
        if rows < needed || training.hidden == 0 || training.period == 0 {
            return Err(AllocationError::Training { needed, rows });
        }
        let free = vec![0.0; assets];
        let costs = if training.costs.is_empty() { &free } else { training.costs };
        if costs.len() != assets {
            let (what, found) = ("the linear cost", costs.len());
            return Err(AllocationError::Shape { what, expected: assets, found });
        }
        let network = Network {
            features: features.count(),
            hidden: training.hidden,
            long_only: training.long_only,
        };
        let judge = Judge { network, risk_aversion: training.risk_aversion, costs };
        let steps = steps(training, &features);
        let (fitted, checked) = parts(&steps, training.period);
        let mut parameters = network.start(training.seed);
        let mut climb = Climb::new(parameters.len());
        let worth = |parameters: &[f64]| -> Vec<f64> {
            let each = checked.iter().map(|steps| judge.utilities(parameters, steps, &mut []));
            each.flatten().collect()
        };
        let (untrained, start) = (worth(&parameters), parameters.clone());
        let mut best = (f64::NEG_INFINITY, start.clone());
        let count = fitted.iter().map(Vec::len).sum::<usize>() as f64;
        for _ in 0..training.epochs {
            let mut gradient = vec![0.0; parameters.len()];
            for sequence in &fitted {
                judge.utilities(&parameters, sequence, &mut gradient);
            }
            for (slope, parameter) in gradient.iter_mut().zip(&parameters) {
                *slope = *slope / count - DECAY * parameter;
            }
            climb.step(&mut parameters, &gradient);
            let worth = worth(&parameters).iter().sum();
            if worth > best.0 {
                best = (worth, parameters.clone());
            }
        }
        let sure = surely_better(&worth(&best.1), &untrained, training.period);
        Ok(Self { network, parameters: if sure { best.1 } else { start } })
    }

    /// The features of `returns` after its last day, asset by asset. They must have as many windows
    /// as those that were trained on: give about as many days.
    pub fn features(&self, returns: &Returns) -> Result<Vec<f64>, AllocationError> {
        let features = Features::new(returns);
        if features.count() != self.network.features {
            let needed = FEWEST.max(features.first());
            return Err(AllocationError::Training { needed, rows: returns.rows() });
        }
        Ok(features.at(returns.rows()))
    }

    /// The weights wanted, which sum to one, for [features](Learned::features) and the weights held;
    /// `previous` is empty, or nought, where nothing is held.
    pub fn weights(&self, features: &[f64], previous: &[f64]) -> Vec<f64> {
        let aim = self.network.forward(&self.parameters, features).weights;
        match previous.iter().all(|weight| *weight == 0.0) {
            true => aim,
            false => towards(self.kept(), previous, &aim),
        }
    }

    /// How much of what is held is kept at a rebalance, from 0 to 1.
    pub fn kept(&self) -> f64 {
        kept(&self.parameters)
    }
}

/// Trains on the scenarios of `problem`, which are days, and gives the nearest weights within its
/// sentences.
pub(crate) fn allocate(
    problem: &Problem<'_>,
    (hidden, period, seed): (usize, usize, u64),
) -> Result<Target, AllocationError> {
    moving(problem, METHOD)?;
    let returns = Scenarios::of(problem, METHOD.to_owned())?.returns;
    let region = Region::new(problem, sentences(problem.constraints))?;
    let training = Training {
        hidden,
        period,
        seed,
        costs: problem.costs.as_ref().map_or(&[], |costs| &costs.linear),
        long_only: region.lower.iter().all(|lower| *lower >= 0.0),
        ..Training::new(returns)
    };
    let learned = Learned::train(&training)?;
    let weights = learned.weights(&learned.features(returns)?, problem.previous);
    nearest::target(region, METHOD, weights)
}

/// A step for each day that has features before it and a period after it.
fn steps(training: &Training<'_>, features: &Features) -> Vec<Step> {
    let returns = training.returns;
    let grown = |asset: usize, from: usize| {
        let days = from..from + training.period;
        days.map(|row| 1.0 + returns.row(row)[asset]).product::<f64>() - 1.0
    };
    let days = features.first()..=returns.rows() - training.period;
    let step = |known: usize| Step {
        features: features.at(known),
        returns: (0..returns.cols()).map(|asset| grown(asset, known)).collect(),
    };
    days.map(step).collect()
}

/// A sequence of rebalances, a period apart.
type Sequence<'a> = Vec<&'a Step>;

/// The steps to train on and those to check on, each as sequences that start a day apart. No step
/// of the first earns in the days of the second.
fn parts(steps: &[Step], period: usize) -> (Vec<Sequence<'_>>, Vec<Sequence<'_>>) {
    let cut = steps.len() * 4 / 5;
    let fitted = &steps[..cut.saturating_sub(period - 1)];
    (sequences(fitted, period), sequences(&steps[cut..], period))
}

fn sequences(steps: &[Step], period: usize) -> Vec<Sequence<'_>> {
    let starts = 0..period.min(steps.len());
    starts.map(|from| steps[from..].iter().step_by(period).collect()).collect()
}

/// Whether `ours` are above `theirs`, step by step, by more than two standard errors. Steps of a
/// period overlap, so that only one in a period counts.
fn surely_better(ours: &[f64], theirs: &[f64], period: usize) -> bool {
    let n = ours.len() as f64;
    let gains = || ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs);
    let mean = gains().sum::<f64>() / n;
    let variance = gains().map(|gain| (gain - mean).powi(2)).sum::<f64>() / n;
    mean > SURE * (variance * period as f64 / n).sqrt()
}

/// Adam, uphill.
struct Climb {
    first: Vec<f64>,
    second: Vec<f64>,
    powers: (f64, f64),
}

impl Climb {
    fn new(parameters: usize) -> Self {
        Self { first: vec![0.0; parameters], second: vec![0.0; parameters], powers: (1.0, 1.0) }
    }

    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        self.powers = (self.powers.0 * MEMORY.0, self.powers.1 * MEMORY.1);
        for (at, slope) in gradient.iter().enumerate() {
            self.first[at] = MEMORY.0 * self.first[at] + (1.0 - MEMORY.0) * slope;
            self.second[at] = MEMORY.1 * self.second[at] + (1.0 - MEMORY.1) * slope * slope;
            let mean = self.first[at] / (1.0 - self.powers.0);
            let square = self.second[at] / (1.0 - self.powers.1);
            parameters[at] += STEP * mean / (square.sqrt() + GUARD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use risk::Stream;

    fn noise(rows: usize, assets: usize, seed: u64) -> Vec<f64> {
        let mut stream = Stream::new(seed, 0, 0);
        let mut draw = || (0..4).map(|_| stream.uniform()).sum::<f64>() - 2.0;
        (0..rows * assets).map(|_| 0.017 * draw()).collect()
    }

    /// The gradient by central differences, for weights of either kind.
    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let values = noise(80, 4, 3);
        let returns = Returns::new(["A", "B", "C", "D"].map(Into::into).to_vec(), values).unwrap();
        let training = Training { period: 3, ..Training::new(&returns) };
        let features = Features::new(&returns);
        let steps = steps(&training, &features);
        for long_only in [true, false] {
            let network = Network { features: features.count(), hidden: 3, long_only };
            let costs = [0.002, 0.001, 0.003, 0.0];
            let judge = Judge { network, risk_aversion: 8.0, costs: &costs };
            let mut stream = Stream::new(5, 1, 0);
            let mut parameters: Vec<f64> =
                (0..network.parameters()).map(|_| stream.uniform() - 0.5).collect();
            let sequence: Sequence<'_> = steps.iter().step_by(3).collect();
            let mut gradient = vec![0.0; parameters.len()];
            judge.utilities(&parameters, &sequence, &mut gradient);
            let size = gradient.iter().fold(0.0_f64, |most, slope| most.max(slope.abs()));
            for at in 0..parameters.len() {
                let (middle, h) = (parameters[at], 1e-5);
                parameters[at] = middle + h;
                let above: f64 = judge.utilities(&parameters, &sequence, &mut []).iter().sum();
                parameters[at] = middle - h;
                let below: f64 = judge.utilities(&parameters, &sequence, &mut []).iter().sum();
                parameters[at] = middle;
                let slope = (above - below) / (2.0 * h);
                let off = (slope - gradient[at]).abs();
                assert!(off < 1e-6 * size, "{at}: {slope} is not {}", gradient[at]);
            }
        }
    }
}
