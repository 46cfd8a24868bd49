//! A model of texts: tokens of a file's rules through a graph.
//!
//! In: texts. Out: their vectors, in their order. Texts are embedded one by one, so that none is
//! filled up to the length of another and each gives the same bits alone and among others.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use learning::Evaluator;
use learning::text::{Encoder, Pooling, Tokens};

use crate::{Cutter, EmbeddingError};

/// How texts are embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// How the states of the tokens become one vector.
    pub pooling: Pooling,
    /// Whether vectors are brought to length 1.
    pub normalise: bool,
    /// Tokens that the model sees at once, its special ones included.
    pub max_tokens: usize,
    /// Pieces of so many tokens that are embedded of a text, from its start on; the vector of the
    /// text is the mean of theirs.
    pub windows: usize,
}

/// A model of texts.
#[derive(Clone)]
pub struct Embedder {
    cutter: Cutter,
    encoder: Encoder,
    width: usize,
    threads: usize,
}

impl Embedder {
    /// A model of a graph and the bytes of its `tokenizer.json`. The width of its vectors is found
    /// out by embedding one word.
    ///
    /// # Errors
    /// [`EmbeddingError::Tokenizer`] and [`EmbeddingError::Model`] where one of the two is none for
    /// texts, or they do not go together.
    pub fn new(
        graph: Arc<dyn Evaluator>,
        tokenizer: &[u8],
        spec: Spec,
    ) -> Result<Self, EmbeddingError> {
        let cutter = Cutter::read(tokenizer, spec.max_tokens, spec.windows.max(1))?;
        let encoder = Encoder::new(graph, spec.pooling, spec.normalise);
        let encoder = encoder.map_err(EmbeddingError::Model)?;
        let word = cutter.cut("rate").map_err(EmbeddingError::Tokenizer)?;
        let word = word.first().ok_or_else(|| {
            EmbeddingError::Tokenizer("it makes no token of the word `rate`".to_owned())
        })?;
        let width = encoder.encode(word).map_err(EmbeddingError::Model)?.len();
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self { cutter, encoder, width, threads })
    }

    /// How many numbers a vector has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// A vector for each text; one without words has NaN.
    ///
    /// # Errors
    /// [`EmbeddingError::Text`] and [`EmbeddingError::Evaluation`] with the first text that fails.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f64>>, EmbeddingError> {
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            let mut done = Vec::new();
            while !failed.load(Ordering::Relaxed) {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(text) = texts.get(at) else { break };
                let vector = self.one(at + 1, text);
                failed.fetch_or(vector.is_err(), Ordering::Relaxed);
                done.push((at, vector));
            }
            done
        };
        let threads = self.threads.min(texts.len()).max(1);
        let mut all = thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut all = work();
            for other in others {
                match other.join() {
                    Ok(done) => all.extend(done),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        });
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, vector)| vector).collect()
    }

    fn one(&self, number: usize, text: &str) -> Result<Vec<f64>, EmbeddingError> {
        let pieces = self.cutter.cut(text);
        let pieces = pieces.map_err(|problem| EmbeddingError::Text { number, problem })?;
        if pieces.is_empty() {
            return Ok(vec![f64::NAN; self.width]);
        }
        let encode = |piece: &Tokens| {
            let failed =
                |problem| EmbeddingError::Evaluation { number, tokens: piece.ids.len(), problem };
            self.encoder.encode(piece).map_err(failed)
        };
        let mut vectors = pieces.iter().map(encode).collect::<Result<Vec<_>, _>>()?;
        match vectors.len() {
            1 => Ok(vectors.swap_remove(0)),
            _ => Ok(self.encoder.joined(&vectors)),
        }
    }
}
