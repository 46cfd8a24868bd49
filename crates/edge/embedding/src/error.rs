//! What can go wrong with a model of texts.

/// An error of this room; the message says what to change.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddingError {
    /// The bytes are no tokenizer, or one that cannot be used.
    #[error("tokenizer.json: {0}")]
    Tokenizer(String),
    /// A text could not be cut into tokens.
    #[error("text {number} could not be cut into tokens: {problem}")]
    Text {
        /// Which text, counted from 1.
        number: usize,
        /// Why.
        problem: String,
    },
    /// The model file is none for texts.
    #[error("model.onnx: {0}")]
    Model(learning::LearnError),
    /// The model gave no vector.
    #[error("text {number} of {tokens} tokens: {problem}")]
    Evaluation {
        /// Which text, counted from 1.
        number: usize,
        /// How many tokens the model was given.
        tokens: usize,
        /// Why.
        problem: learning::LearnError,
    },
}
