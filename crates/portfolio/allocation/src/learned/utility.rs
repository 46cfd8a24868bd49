//! What a sequence of rebalances is worth after costs, and how that changes with the parameters.
//!
//! In: a network's parameters, features and returns step by step. Out: the mean over steps of
//! `w'r − γ/2 (w'r)² − Σ c_i |w_i − d_i|`, where `d` are the weights as they drifted since the step
//! before, and its gradient, back through time: today's weights are what tomorrow's trades start
//! from (Moody and Saffell 2001, "Learning to Trade via Direct Reinforcement", §II).
//!
//! At each step `w = ρ d + (1 − ρ) p`, with the network's weights `p` and one learned `ρ`: trading
//! part of the way towards an aim is what is best under costs (Gârleanu and Pedersen 2013, "Dynamic
//! Trading with Predictable Returns and Transaction Costs"). The absolute value is rounded off
//! within a hundredth of a per cent, so that a gradient exists everywhere.

use super::network::{Network, Pass};

/// Where the corner of the absolute value is rounded off.
const CORNER: f64 = 1e-4;

/// One step: what is seen, and what is earned until the next.
pub(super) struct Step {
    pub features: Vec<f64>,
    pub returns: Vec<f64>,
}

/// What a sequence is judged by.
pub(super) struct Judge<'a> {
    pub network: Network,
    pub risk_aversion: f64,
    /// The cost rate of each asset.
    pub costs: &'a [f64],
}

/// How a step went.
struct Lived {
    pass: Pass,
    drifted: Vec<f64>,
    weights: Vec<f64>,
    earned: f64,
}

impl Judge<'_> {
    /// The utility of each of `steps`; adds the gradient of their sum to `gradient` if that is not
    /// empty.
    pub fn utilities(&self, parameters: &[f64], steps: &[&Step], gradient: &mut [f64]) -> Vec<f64> {
        let kept = kept(parameters);
        let mut lived: Vec<Lived> = Vec::with_capacity(steps.len());
        let mut utilities = Vec::with_capacity(steps.len());
        for step in steps {
            let pass = self.network.forward(parameters, &step.features);
            let drifted = match (lived.last(), lived.len()) {
                (Some(before), at) => before.drift(&steps[at - 1].returns),
                (None, _) => pass.weights.clone(),
            };
            let weights = towards(kept, &drifted, &pass.weights);
            let earned: f64 = weights.iter().zip(&step.returns).map(|(w, r)| w * r).sum();
            let trades = weights.iter().zip(&drifted).zip(self.costs);
            let paid: f64 = trades.map(|((w, d), cost)| cost * rounded(w - d).0).sum();
            utilities.push(earned - 0.5 * self.risk_aversion * earned * earned - paid);
            lived.push(Lived { pass, drifted, weights, earned });
        }
        if !gradient.is_empty() {
            self.back(parameters, steps, &lived, gradient);
        }
        utilities
    }

    /// From the last step to the first.
    fn back(&self, parameters: &[f64], steps: &[&Step], lived: &[Lived], gradient: &mut [f64]) {
        let kept = kept(parameters);
        let mut of_drifted: Vec<f64> = vec![];
        for (at, (step, now)) in steps.iter().zip(lived).enumerate().rev() {
            let slope = 1.0 - self.risk_aversion * now.earned;
            let mut of_weights: Vec<f64> = step.returns.iter().map(|r| slope * r).collect();
            if !of_drifted.is_empty() {
                // d' = w (1 + r) / (1 + w'r)
                let grown = 1.0 + now.earned;
                let next = now.drift(&step.returns);
                let along: f64 = of_drifted.iter().zip(&next).map(|(g, d)| g * d).sum();
                for ((of, r), g) in of_weights.iter_mut().zip(&step.returns).zip(&of_drifted) {
                    *of += (g * (1.0 + r) - r * along) / grown;
                }
            }
            let trades = now.weights.iter().zip(&now.drifted).zip(self.costs);
            let paid: Vec<f64> = trades.map(|((w, d), cost)| cost * rounded(w - d).1).collect();
            if at == 0 {
                // The first portfolio is the network's own, and is not paid for.
                self.network.backward(parameters, &step.features, &now.pass, &of_weights, gradient);
                return;
            }
            for (of, paid) in of_weights.iter_mut().zip(&paid) {
                *of -= paid;
            }
            let aims = now.drifted.iter().zip(&now.pass.weights);
            let of_kept: f64 = of_weights.iter().zip(aims).map(|(g, (d, p))| g * (d - p)).sum();
            if let Some(last) = gradient.last_mut() {
                *last += of_kept * kept * (1.0 - kept);
            }
            of_drifted = of_weights.iter().zip(&paid).map(|(g, paid)| kept * g + paid).collect();
            let of_aim: Vec<f64> = of_weights.iter().map(|g| (1.0 - kept) * g).collect();
            self.network.backward(parameters, &step.features, &now.pass, &of_aim, gradient);
        }
    }
}

impl Lived {
    fn drift(&self, returns: &[f64]) -> Vec<f64> {
        let grown = 1.0 + self.earned;
        self.weights.iter().zip(returns).map(|(w, r)| w * (1.0 + r) / grown).collect()
    }
}

/// `ρ`: how much of what is held is kept.
pub(super) fn kept(parameters: &[f64]) -> f64 {
    parameters.last().map_or(0.0, |logit| 1.0 / (1.0 + (-logit).exp()))
}

/// Part of the way from `held` to `aim`.
pub(super) fn towards(kept: f64, held: &[f64], aim: &[f64]) -> Vec<f64> {
    held.iter().zip(aim).map(|(held, aim)| kept * held + (1.0 - kept) * aim).collect()
}

/// The absolute value without its corner, and its slope.
fn rounded(x: f64) -> (f64, f64) {
    let root = (x * x + CORNER * CORNER).sqrt();
    (root - CORNER, x / root)
}
