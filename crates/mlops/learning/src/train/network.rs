//! A multilayer network on standardised features and label, trained with Adam.
//!
//! The error is the mean of half the squared differences, the penalty half of `l2` times the
//! squared weights over the rows of a batch, and a step is Adam's (Kingma and Ba 2015, algorithm 1,
//! with the decay rates they suggest). Weights begin uniform with Glorot and Bengio's bound (2010,
//! equation 16). In the file: `Imputer → Scaler → (Gemm → Relu or Tanh)* → Gemm`.

use super::TrainingSet;
use super::standard::{STANDARD, Standard};
use crate::LearnError;
use crate::onnx::write::{Graph, OUTPUT};
use crate::random::Random;
use crate::spec::Activation;

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The parameters of a network.
pub(super) struct Network<'a> {
    pub hidden: &'a [usize],
    pub activation: Activation,
    pub epochs: usize,
    pub batch: usize,
    pub learning_rate: f64,
    pub l2: f64,
}

/// Inputs × outputs, and an offset for each output.
#[derive(Debug, Clone, PartialEq)]
struct Layer {
    inputs: usize,
    outputs: usize,
    weights: Vec<f64>,
    offsets: Vec<f64>,
}

impl Layer {
    fn zeros(inputs: usize, outputs: usize) -> Self {
        Self { inputs, outputs, weights: vec![0.0; inputs * outputs], offsets: vec![0.0; outputs] }
    }

    fn random(inputs: usize, outputs: usize, random: &mut Random) -> Self {
        let bound = (6.0 / (inputs + outputs) as f64).sqrt();
        let mut layer = Self::zeros(inputs, outputs);
        let all = layer.weights.iter_mut().chain(&mut layer.offsets);
        all.for_each(|w| *w = bound * (2.0 * random.uniform() - 1.0));
        layer
    }

    /// `x·W + b` for rows of inputs.
    fn forward(&self, x: &[f64]) -> Vec<f64> {
        let mut out = Vec::with_capacity(x.len() / self.inputs * self.outputs);
        for row in x.chunks_exact(self.inputs) {
            let start = out.len();
            out.extend_from_slice(&self.offsets);
            for (x, weights) in row.iter().zip(self.weights.chunks_exact(self.outputs)) {
                out[start..].iter_mut().zip(weights).for_each(|(sum, w)| *sum += x * w);
            }
        }
        out
    }

    /// The gradient of this layer, and what reaches the inputs.
    fn backward(&self, x: &[f64], errors: &[f64]) -> (Layer, Vec<f64>) {
        let mut gradient = Self::zeros(self.inputs, self.outputs);
        let mut back = Vec::with_capacity(x.len());
        for (row, error) in x.chunks_exact(self.inputs).zip(errors.chunks_exact(self.outputs)) {
            gradient.offsets.iter_mut().zip(error).for_each(|(g, e)| *g += e);
            let both = gradient.weights.chunks_exact_mut(self.outputs);
            for ((x, g), w) in row.iter().zip(both).zip(self.weights.chunks_exact(self.outputs)) {
                g.iter_mut().zip(error).for_each(|(g, e)| *g += x * e);
                back.push(w.iter().zip(error).map(|(w, e)| w * e).sum());
            }
        }
        (gradient, back)
    }

    fn parameters(&mut self) -> impl Iterator<Item = &mut f64> {
        self.weights.iter_mut().chain(&mut self.offsets)
    }
}

/// Adam's moving moments of the gradient.
struct Adam {
    learning_rate: f64,
    step: i32,
    moments: Vec<(f64, f64)>,
}

impl Adam {
    fn new(learning_rate: f64, layers: &[Layer]) -> Self {
        let count = layers.iter().map(|l| l.weights.len() + l.offsets.len()).sum();
        Self { learning_rate, step: 0, moments: vec![(0.0, 0.0); count] }
    }

    fn update(&mut self, layers: &mut [Layer], gradients: &mut [Layer]) {
        self.step += 1;
        let corrected = (1.0 - SECOND_DECAY.powi(self.step)).sqrt();
        let rate = self.learning_rate * corrected / (1.0 - FIRST_DECAY.powi(self.step));
        let parameters = layers.iter_mut().flat_map(Layer::parameters);
        let slopes = gradients.iter_mut().flat_map(Layer::parameters);
        for ((w, g), (first, second)) in parameters.zip(slopes).zip(&mut self.moments) {
            *first = FIRST_DECAY * *first + (1.0 - FIRST_DECAY) * *g;
            *second = SECOND_DECAY * *second + (1.0 - SECOND_DECAY) * *g * *g;
            *w -= rate * *first / (second.sqrt() + EPSILON);
        }
    }
}

fn activate(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => x.max(0.0),
        Activation::Tanh => x.tanh(),
    }
}

/// The slope where the activation has the value `y`.
fn slope(activation: Activation, y: f64) -> f64 {
    match activation {
        Activation::Relu => f64::from(u8::from(y > 0.0)),
        Activation::Tanh => 1.0 - y * y,
    }
}

impl Network<'_> {
    pub(super) fn file(
        &self,
        set: &TrainingSet,
        seed: u64,
        mut graph: Graph,
    ) -> Result<Vec<u8>, LearnError> {
        let data = Standard::of(set);
        let layers = self.train(&data, seed);
        let mut numbers = layers.iter().flat_map(|l| l.weights.iter().chain(&l.offsets));
        if !numbers.all(|w| (*w as f32).is_finite()) {
            let reason = "its weights grew without bound: lower `learning_rate`".to_owned();
            return Err(LearnError::Solver { model: "network", reason });
        }
        data.write(&mut graph);
        let last = layers.len() - 1;
        let mut value = STANDARD.to_owned();
        for (at, layer) in layers.iter().enumerate() {
            let (scale, offset) = if at == last { (data.y_scale, data.y_mean) } else { (1.0, 0.0) };
            let names = ["weights", "offsets", "sum", "layer"].map(|n| format!("{n}_{}", at + 1));
            let weights = layer.weights.iter().map(|w| (w * scale) as f32).collect();
            let offsets = layer.offsets.iter().map(|b| (b * scale + offset) as f32).collect();
            graph.floats(&names[0], &[layer.inputs, layer.outputs], weights);
            graph.floats(&names[1], &[layer.outputs], offsets);
            let output = if at == last { OUTPUT } else { names[2].as_str() };
            graph.ai("Gemm", &[&value, &names[0], &names[1]], &[output], vec![]);
            if at < last {
                let operator = match self.activation {
                    Activation::Relu => "Relu",
                    Activation::Tanh => "Tanh",
                };
                graph.ai(operator, &[&names[2]], &[&names[3]], vec![]);
                value = names[3].clone();
            }
        }
        Ok(graph.finish())
    }

    fn train(&self, data: &Standard, seed: u64) -> Vec<Layer> {
        let mut random = Random::new(seed);
        let sizes = [&[data.columns], self.hidden, &[1]].concat();
        let mut layers: Vec<Layer> =
            sizes.windows(2).map(|pair| Layer::random(pair[0], pair[1], &mut random)).collect();
        let mut adam = Adam::new(self.learning_rate, &layers);
        let mut order: Vec<usize> = (0..data.rows).collect();
        for _ in 0..self.epochs {
            random.shuffle(&mut order, data.rows);
            for batch in order.chunks(self.batch) {
                let x: Vec<f64> = batch.iter().flat_map(|row| data.row(*row)).collect();
                let y: Vec<f64> = batch.iter().map(|row| data.y[*row]).collect();
                let mut gradients = self.gradients(&layers, x, &y);
                adam.update(&mut layers, &mut gradients);
            }
        }
        layers
    }

    fn gradients(&self, layers: &[Layer], x: Vec<f64>, y: &[f64]) -> Vec<Layer> {
        let mut values = vec![x];
        for (at, layer) in layers.iter().enumerate() {
            let mut out = layer.forward(values.last().expect("the rows are there"));
            if at + 1 < layers.len() {
                out.iter_mut().for_each(|v| *v = activate(self.activation, *v));
            }
            values.push(out);
        }
        let n = y.len() as f64;
        let forecast = values.pop().expect("every layer has a value");
        let mut errors: Vec<f64> = forecast.iter().zip(y).map(|(f, y)| f - y).collect();
        let mut gradients = Vec::with_capacity(layers.len());
        for (layer, x) in layers.iter().zip(&values).rev() {
            let (mut gradient, mut back) = layer.backward(x, &errors);
            let penalised = gradient.weights.iter_mut().zip(&layer.weights);
            penalised.for_each(|(g, w)| *g += self.l2 * w);
            gradient.parameters().for_each(|g| *g /= n);
            gradients.push(gradient);
            let slopes = back.iter_mut().zip(x);
            slopes.for_each(|(error, y)| *error *= slope(self.activation, *y));
            errors = back;
        }
        gradients.reverse();
        gradients
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn numbers(value: &Value) -> Vec<f64> {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn layer(value: &Value) -> Layer {
        let weights: Vec<Vec<f64>> = serde_json::from_value(value["weights"].clone()).unwrap();
        let (inputs, outputs) = (weights.len(), weights[0].len());
        Layer { inputs, outputs, weights: weights.concat(), offsets: numbers(&value["offsets"]) }
    }

    /// Steps over the whole batch from given weights. Expected: scikit-learn 1.9.1 `MLPRegressor`,
    /// `conformance/learning/generate.py`.
    #[test]
    fn steps_are_scikit_learns() {
        let text = include_str!("../../../../../conformance/learning/expected.json");
        let all: Value = serde_json::from_str(text).unwrap();
        for (case, activation) in [("relu", Activation::Relu), ("tanh", Activation::Tanh)] {
            let case = &all["network"][case];
            let layers = |key: &str| -> Vec<Layer> {
                case[key].as_array().unwrap().iter().map(layer).collect()
            };
            let network = Network {
                hidden: &[],
                activation,
                epochs: 0,
                batch: 1,
                learning_rate: 0.01,
                l2: 0.1,
            };
            let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
            let mut found = layers("before");
            let mut adam = Adam::new(network.learning_rate, &found);
            for _ in 0..case["steps"].as_u64().unwrap() {
                let mut gradients = network.gradients(&found, x.clone(), &y);
                adam.update(&mut found, &mut gradients);
            }
            for (found, expected) in found.iter().zip(layers("after")) {
                let pairs = found.weights.iter().zip(&expected.weights);
                let gap = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(gap < 1e-9, "{gap:e}");
            }
        }
    }
}
