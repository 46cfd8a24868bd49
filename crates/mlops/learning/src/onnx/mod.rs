//! The ONNX file: its messages, writing one, and preparing one to be evaluated.
//!
//! In: bytes. Out: a [`plan::Plan`] of steps over numbered slots. Nothing here trusts the bytes:
//! a malformed file is an error, never a panic, an endless loop or an absurd allocation.

pub(crate) mod attributes;
pub(crate) mod ops;
pub(crate) mod plan;
pub(crate) mod tensor;
pub(crate) mod transform;
pub(crate) mod write;

pub use ops::supported_operators;

/// The messages that `build.rs` generates from `proto/onnx.proto`.
#[allow(missing_docs, clippy::all)]
pub(crate) mod proto {
    include!(concat!(env!("OUT_DIR"), "/onnx.rs"));
}

/// Why one operator cannot be prepared or evaluated; the plan adds which node it is.
#[derive(Debug)]
pub(crate) struct Fault(pub String);

impl<T: Into<String>> From<T> for Fault {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}
