//! The network: features of one asset to its score, scores of all assets to weights, and the way
//! back from the gradient of the weights to that of the parameters.
//!
//! One hidden layer of hyperbolic tangents, `s_i = v'tanh(A x_i + b)`, shared by all assets, so that
//! their order and number do not matter. Long only, weights are the softmax of the scores (Zhang,
//! Zohren and Roberts 2020, "Deep Learning for Portfolio Optimization", §3); else they are equal
//! weights tilted by `tanh s_i` less its mean. Both sum to one. Knows nothing about time.

use risk::Stream;

/// How far a score can move a weight that may be negative, in units of the equal weight.
const TILT: f64 = 4.0;

/// The shape of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    pub features: usize,
    pub hidden: usize,
    pub long_only: bool,
}

/// What one pass through the network leaves for the way back.
pub(super) struct Pass {
    /// The hidden layer, asset by asset.
    hidden: Vec<f64>,
    /// `tanh s_i`, where weights may be negative.
    squashed: Vec<f64>,
    pub weights: Vec<f64>,
}

impl Network {
    /// `A` row by row, `b`, `v`, and the logit of how much of what is held is kept.
    pub fn parameters(&self) -> usize {
        self.hidden * (self.features + 2) + 1
    }

    /// Parameters before training. All scores are nought, and so all weights equal; nine tenths of
    /// what is held are kept, so that training has to learn to trade.
    pub fn start(&self, seed: u64) -> Vec<f64> {
        let mut parameters = vec![0.0; self.parameters()];
        let mut stream = Stream::new(seed, 0, 0);
        // Uniform with variance 1 / features (LeCun 1998).
        let width = (3.0 / self.features.max(1) as f64).sqrt();
        for parameter in &mut parameters[..self.hidden * self.features] {
            *parameter = width * (2.0 * stream.uniform() - 1.0);
        }
        if let Some(last) = parameters.last_mut() {
            *last = 9.0_f64.ln();
        }
        parameters
    }

    fn split<'a>(&self, parameters: &'a [f64]) -> (&'a [f64], &'a [f64], &'a [f64]) {
        let (a, rest) = parameters.split_at(self.hidden * self.features);
        let (b, rest) = rest.split_at(self.hidden);
        (a, b, &rest[..self.hidden])
    }

    /// The weights for `features`, asset by asset.
    pub fn forward(&self, parameters: &[f64], features: &[f64]) -> Pass {
        let (a, b, v) = self.split(parameters);
        let assets = features.len() / self.features;
        let mut hidden = Vec::with_capacity(assets * self.hidden);
        let mut scores = Vec::with_capacity(assets);
        for x in features.chunks_exact(self.features) {
            let mut score = 0.0;
            for (unit, row) in a.chunks_exact(self.features).enumerate() {
                let sum: f64 = row.iter().zip(x).map(|(a, x)| a * x).sum();
                let value = (b[unit] + sum).tanh();
                score += v[unit] * value;
                hidden.push(value);
            }
            scores.push(score);
        }
        if self.long_only {
            let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
            let sum: f64 = powers.iter().sum();
            let weights = powers.iter().map(|power| power / sum).collect();
            return Pass { hidden, squashed: vec![], weights };
        }
        let squashed: Vec<f64> = scores.iter().map(|score| score.tanh()).collect();
        let n = assets as f64;
        let mean = squashed.iter().sum::<f64>() / n;
        let weights = squashed.iter().map(|tilt| (1.0 + TILT * (tilt - mean)) / n).collect();
        Pass { hidden, squashed, weights }
    }

    /// Adds to `gradient` what the gradient `of_weights` means for the parameters.
    pub fn backward(
        &self,
        parameters: &[f64],
        features: &[f64],
        pass: &Pass,
        of_weights: &[f64],
        gradient: &mut [f64],
    ) {
        let (_, _, v) = self.split(parameters);
        let (of_a, rest) = gradient.split_at_mut(self.hidden * self.features);
        let (of_b, of_v) = rest.split_at_mut(self.hidden);
        let of_scores = self.of_scores(pass, of_weights);
        let assets =
            features.chunks_exact(self.features).zip(pass.hidden.chunks_exact(self.hidden));
        for ((x, hidden), of_score) in assets.zip(of_scores) {
            for (unit, value) in hidden.iter().enumerate() {
                of_v[unit] += of_score * value;
                let of_sum = of_score * v[unit] * (1.0 - value * value);
                of_b[unit] += of_sum;
                let row = &mut of_a[unit * self.features..(unit + 1) * self.features];
                for (of_a, x) in row.iter_mut().zip(x) {
                    *of_a += of_sum * x;
                }
            }
        }
    }

    fn of_scores(&self, pass: &Pass, of_weights: &[f64]) -> Vec<f64> {
        let n = of_weights.len() as f64;
        if self.long_only {
            let mean: f64 = pass.weights.iter().zip(of_weights).map(|(w, g)| w * g).sum();
            return pass.weights.iter().zip(of_weights).map(|(w, g)| w * (g - mean)).collect();
        }
        let mean = of_weights.iter().sum::<f64>() / n;
        let tilts = pass.squashed.iter().zip(of_weights);
        tilts.map(|(tilt, g)| TILT / n * (g - mean) * (1.0 - tilt * tilt)).collect()
    }
}
