//! Serving: requests for predictions in the words of their protocols, and models that answer them.
//!
//! In: the bytes of a request, in the JSON of the Open Inference Protocol with or without Triton's
//! binary tensors ([`oip`]), or in one of the bodies that MLflow's scoring server takes
//! ([`scoring`]); the files of a model ([`Servable`]); which features it takes ([`ModelFeatures`]). Out: a matrix of features held against the
//! model's signature, outputs, and the bytes of the answer. Requests that wait while others compute
//! are joined ([`Batcher`]); decisions of two versions are compared ([`Agreement`]).
//!
//! It does not know HTTP, who asks, or where the files of a model come from.

mod accelerator;
mod agreement;
mod answer;
mod batcher;
mod datatype;
mod error;
mod features;
mod flat;
mod limits;
mod manifest;
pub mod oip;
pub mod scoring;
mod servable;
mod signature;
mod statistics;
mod table;
mod tensor;

pub use accelerator::accelerator;
pub use agreement::{Agreement, Compared};
pub use answer::Predicted;
pub use batcher::{Batcher, Computed, Rules};
pub use datatype::Datatype;
pub use error::ServingError;
pub use features::{Entities, ModelFeatures};
pub use flat::Flat;
pub use limits::Limits;
pub use manifest::Manifest;
pub use servable::{Arranged, Servable};
pub use signature::{Column, ColumnType, Inputs, Signature, TensorSpec};
pub use statistics::{Quantiles, Statistics, Tally, Timing};
pub use table::Table;
pub use tensor::{Data, Tensor, check_numbers, elements};
