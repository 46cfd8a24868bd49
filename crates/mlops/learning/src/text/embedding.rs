//! Sentence embeddings: tokens through an encoder, whose states become one vector.
//!
//! In: a graph that gives a state for each token, and the tokens of a text. Out: one vector. It cuts
//! no text into tokens and does not know where graphs come from.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::Date;

use super::{Document, Measures};
use crate::onnx::tensor::Data;
use crate::{Evaluator, Feed, LearnError, Output, Values};

/// The inputs that encoders have: numbers of tokens, which of them count, and to which of two
/// sentences they belong.
const INPUTS: [&str; 3] = ["input_ids", "attention_mask", "token_type_ids"];
/// The names that exporters give to the states of the tokens.
const STATES: [&str; 2] = ["last_hidden_state", "token_embeddings"];

/// How the states of the tokens become one vector (Reimers and Gurevych 2019, "Sentence-BERT",
/// section 3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The mean of the tokens that the mask counts.
    #[default]
    Mean,
    /// The state of the first token, which stands for the whole.
    Cls,
}

/// The tokens of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Their numbers in the vocabulary.
    pub ids: Vec<i64>,
    /// 1 for what counts and 0 for what only fills up.
    pub mask: Vec<i64>,
    /// 0 or 1, for the first or the second of two sentences.
    pub kinds: Vec<i64>,
}

/// A graph with what makes sentences of its tokens.
#[derive(Clone)]
pub struct Encoder {
    graph: Arc<dyn Evaluator>,
    pooling: Pooling,
    normalise: bool,
}

impl Encoder {
    /// An encoder whose vectors are brought to length 1 if `normalise`.
    ///
    /// # Errors
    /// [`LearnError::Feed`] where the graph takes anything but numbers of tokens, their mask and
    /// their kinds.
    pub fn new(
        graph: Arc<dyn Evaluator>,
        pooling: Pooling,
        normalise: bool,
    ) -> Result<Self, LearnError> {
        let wrong =
            |input: &str, problem: String| LearnError::Feed { input: input.to_owned(), problem };
        let known = INPUTS.join(", ");
        if let Some(other) = graph.inputs().iter().find(|name| !INPUTS.contains(name)) {
            return Err(wrong(other, format!("is none that an encoder of texts has: {known}")));
        }
        if !graph.inputs().contains(&INPUTS[0]) {
            return Err(wrong(INPUTS[0], "is not there: it is no encoder of texts".to_owned()));
        }
        Ok(Self { graph, pooling, normalise })
    }

    /// The vector of a text.
    ///
    /// # Errors
    /// [`LearnError::Text`] where there are no tokens, their parts differ in length, the graph gives
    /// no state for each of them, or a number of the vector is not finite; what the evaluation says.
    pub fn encode(&self, tokens: &Tokens) -> Result<Vec<f64>, LearnError> {
        let count = tokens.ids.len();
        if count == 0 || [tokens.mask.len(), tokens.kinds.len()] != [count; 2] {
            let problem = format!(
                "{count} tokens with {} masks and {} kinds make no vector",
                tokens.mask.len(),
                tokens.kinds.len()
            );
            return Err(LearnError::Text { problem });
        }
        let feed = |name: &str| {
            let of = [&tokens.ids, &tokens.mask, &tokens.kinds];
            let at = INPUTS.iter().position(|input| *input == name).unwrap_or(0);
            Feed { name: name.to_owned(), dims: vec![1, count], data: Data::I64(of[at].clone()) }
        };
        let feeds = self.graph.inputs().into_iter().map(feed).collect();
        let (states, width) = states(self.graph.evaluate(feeds)?, count)?;
        let mut vector = self.pool(&states, width, &tokens.mask);
        if self.normalise {
            unit(&mut vector);
        }
        match vector.iter().all(|number| number.is_finite()) {
            true => Ok(vector),
            false => {
                let problem = "its embedding is not finite: the model overflows".to_owned();
                Err(LearnError::Text { problem })
            }
        }
    }

    /// The mean of the vectors of parts of one text, of length 1 if the encoder's are.
    pub fn joined(&self, parts: &[Vec<f64>]) -> Vec<f64> {
        let width = parts.first().map_or(0, Vec::len);
        let mean =
            |place: usize| parts.iter().map(|part| part[place]).sum::<f64>() / parts.len() as f64;
        let mut vector: Vec<f64> = (0..width).map(mean).collect();
        if self.normalise {
            unit(&mut vector);
        }
        vector
    }

    fn pool(&self, states: &[f64], width: usize, mask: &[i64]) -> Vec<f64> {
        if self.pooling == Pooling::Cls {
            return states[..width].to_vec();
        }
        let mut sums = vec![0.0; width];
        for (state, _) in states.chunks_exact(width).zip(mask).filter(|(_, mask)| **mask != 0) {
            sums.iter_mut().zip(state).for_each(|(sum, state)| *sum += state);
        }
        let count = mask.iter().filter(|mask| **mask != 0).count();
        sums.iter_mut().for_each(|sum| *sum /= count.max(1) as f64);
        sums
    }
}

/// Brings a vector to length 1; one of length 0 stays.
fn unit(vector: &mut [f64]) {
    let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-12);
    vector.iter_mut().for_each(|v| *v /= length);
}

/// The states of the tokens and their width, from the output that has one for each.
fn states(outputs: Vec<Output>, count: usize) -> Result<(Vec<f64>, usize), LearnError> {
    let names: Vec<String> =
        outputs.iter().map(|output| format!("`{}` {:?}", output.name, output.dims)).collect();
    let named = outputs.iter().position(|output| STATES.contains(&output.name.as_str()));
    let deep = || outputs.iter().position(|output| output.dims.len() == 3);
    let found = named.or_else(deep).and_then(|at| outputs.into_iter().nth(at));
    match found.map(|output| (output.dims, output.values)) {
        Some((dims, Values::Numbers(states))) if matches!(dims[..], [1, n, _] if n == count) => {
            Ok((states, dims[2]))
        }
        _ => {
            let names = names.join(", ");
            let problem =
                format!("the encoder gives {names}, and no state for each of {count} tokens");
            Err(LearnError::Text { problem })
        }
    }
}

/// The cosine of two vectors; NaN where one of them is not known or has no length.
fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { f64::NAN }
}

/// The numbers of embedded documents, in the order in which they became known:
///
/// * `embedding_0`, `embedding_1`, …: the numbers of the vector;
/// * `embedding_change`: one minus the cosine with the document before;
/// * `like_NAME`: the cosine with the vector of a sentence of that name.
///
/// `vectors` has one for each document, NaN where it has none, of `width` numbers. Documents of one
/// day stay in the order that they are given in.
///
/// # Errors
/// [`LearnError::Text`] where there are not as many vectors as documents, or one has another width.
pub fn embedded(
    documents: &[Document],
    vectors: &[Vec<f64>],
    width: usize,
    like: &[(String, Vec<f64>)],
) -> Result<Measures, LearnError> {
    let all = || vectors.iter().chain(like.iter().map(|(_, vector)| vector));
    if vectors.len() != documents.len() || all().any(|vector| vector.len() != width) {
        let problem = format!(
            "{} vectors of {width} numbers do not fit {} documents",
            vectors.len(),
            documents.len()
        );
        return Err(LearnError::Text { problem });
    }
    let mut order: Vec<(Date, &[f64])> =
        documents.iter().zip(vectors).map(|(d, vector)| (d.known, vector.as_slice())).collect();
    order.sort_by_key(|(known, _)| *known);
    let mut names: Vec<String> = (0..width).map(|place| format!("embedding_{place}")).collect();
    names.push("embedding_change".to_owned());
    names.extend(like.iter().map(|(name, _)| format!("like_{name}")));
    let mut measures = Measures { names, known: Vec::new(), values: Vec::new() };
    let mut before: Option<&[f64]> = None;
    for (known, vector) in order {
        measures.known.push(known);
        measures.values.extend_from_slice(vector);
        measures.values.push(before.map_or(f64::NAN, |before| 1.0 - cosine(vector, before)));
        measures.values.extend(like.iter().map(|(_, sentence)| cosine(vector, sentence)));
        before = Some(vector);
    }
    Ok(measures)
}
