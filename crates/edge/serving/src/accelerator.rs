//! Another runtime in place of our own evaluator, where one is built in and found.
//!
//! In: the bytes of an ONNX file that our evaluator has read and admitted. Out: what evaluates it
//! faster, or nothing. Without the cargo feature `ort` there is never one.

#[cfg(feature = "ort")]
mod library;

use std::fmt;
use std::sync::Arc;

use learning::{Evaluator, Feed, LearnError, Output};

/// What evaluates a file in place of our own evaluator.
#[derive(Clone)]
pub(crate) struct Accelerator(Arc<dyn Evaluator>);

impl Accelerator {
    /// One for a file; nothing where none is built in, named or able to take the file.
    #[cfg(feature = "ort")]
    pub(crate) fn find(onnx: &[u8]) -> Option<Self> {
        library::session(onnx).map(Self)
    }

    /// Nothing: none is built in.
    #[cfg(not(feature = "ort"))]
    pub(crate) fn find(_: &[u8]) -> Option<Self> {
        None
    }

    pub(crate) fn evaluate(&self, feeds: Vec<Feed>) -> Result<Vec<Output>, LearnError> {
        self.0.evaluate(feeds)
    }
}

impl fmt::Debug for Accelerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Accelerator").field(&self.0.inputs()).finish()
    }
}

/// The path of the library that evaluates models, or why the one that is named cannot; nothing where
/// none is built in or `ORT_DYLIB_PATH` names none.
#[cfg(feature = "ort")]
pub fn accelerator() -> Option<Result<String, String>> {
    library::found().map(|found| found.as_ref().map(library::path).map_err(Clone::clone))
}

/// Nothing: none is built in.
#[cfg(not(feature = "ort"))]
pub fn accelerator() -> Option<Result<String, String>> {
    None
}
