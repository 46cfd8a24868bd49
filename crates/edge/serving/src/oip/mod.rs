//! The Open Inference Protocol, version 2: requests and answers as JSON, with tensors within it or, by
//! Triton's extension, as raw bytes behind it.
//!
//! SOURCE: the protocol's public specification, and Triton's extension "binary tensor data".

mod binary;
mod numbers;
mod request;
mod response;

pub use binary::{decode, encode};
pub use numbers::quoted;
pub use request::{InferRequest, Requested};
pub use response::{InferResponse, write_number};
