//! Embeddings of texts: texts and the files of a model in, vectors out.
//!
//! In: the bytes of a `tokenizer.json`, a graph that gives states of tokens, and texts. Out: one
//! vector for each text, the same whatever the number of threads. The rules by which texts are cut
//! are those of the file; what becomes of the tokens is `learning`'s ([`learning::text::Encoder`]).
//!
//! It knows no folder, no terminal, and not what the vectors are for.

mod cutter;
mod embedder;
mod error;

pub use cutter::Cutter;
pub use embedder::{Embedder, Spec};
pub use error::EmbeddingError;
