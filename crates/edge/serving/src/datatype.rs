//! The datatypes of tensors, as the Open Inference Protocol names them.

use std::fmt;

use crate::ServingError;

/// Whole numbers up to this are told apart as `f64`, which models compute from: 2⁵³ − 1.
pub(crate) const EXACT: f64 = 9_007_199_254_740_991.0;

/// The type of the elements of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Datatype {
    Bool,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Int8,
    Int16,
    Int32,
    Int64,
    Fp16,
    Fp32,
    Fp64,
    Bytes,
}

impl Datatype {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Bool,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Fp16,
        Self::Fp32,
        Self::Fp64,
        Self::Bytes,
    ];

    /// Reads the word of the protocol.
    ///
    /// # Errors
    /// [`ServingError::Invalid`] for another word.
    pub fn parse(word: &str) -> Result<Self, ServingError> {
        Self::ALL.into_iter().find(|known| known.word() == word).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|known| known.word()).collect();
            ServingError::Invalid(format!(
                "datatype '{word}' is unknown: use one of {}",
                known.join(", ")
            ))
        })
    }

    /// The datatype of an input or output of an ONNX file.
    pub fn of_port(port: &learning::Port) -> Self {
        match port.element {
            Some(2) => Self::Uint8,
            Some(3) => Self::Int8,
            Some(4) => Self::Uint16,
            Some(5) => Self::Int16,
            Some(6) => Self::Int32,
            Some(7) => Self::Int64,
            Some(8) => Self::Bytes,
            Some(9) => Self::Bool,
            Some(10) => Self::Fp16,
            Some(11) => Self::Fp64,
            Some(12) => Self::Uint32,
            Some(13) => Self::Uint64,
            _ => Self::Fp32,
        }
    }

    /// The word of the protocol.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bool => "BOOL",
            Self::Uint8 => "UINT8",
            Self::Uint16 => "UINT16",
            Self::Uint32 => "UINT32",
            Self::Uint64 => "UINT64",
            Self::Int8 => "INT8",
            Self::Int16 => "INT16",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Fp16 => "FP16",
            Self::Fp32 => "FP32",
            Self::Fp64 => "FP64",
            Self::Bytes => "BYTES",
        }
    }

    /// Bytes of an element; `None` where each element says its own length.
    pub const fn size(self) -> Option<usize> {
        match self {
            Self::Bool | Self::Uint8 | Self::Int8 => Some(1),
            Self::Uint16 | Self::Int16 | Self::Fp16 => Some(2),
            Self::Uint32 | Self::Int32 | Self::Fp32 => Some(4),
            Self::Uint64 | Self::Int64 | Self::Fp64 => Some(8),
            Self::Bytes => None,
        }
    }

    /// Whether elements may have a fraction, and be not a number.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::Fp16 | Self::Fp32 | Self::Fp64)
    }

    /// The smallest and the largest whole number that is taken: those of the type, within what `f64`
    /// holds exactly.
    pub const fn whole_range(self) -> Option<(f64, f64)> {
        match self {
            Self::Bool => Some((0.0, 1.0)),
            Self::Uint8 => Some((0.0, u8::MAX as f64)),
            Self::Uint16 => Some((0.0, u16::MAX as f64)),
            Self::Uint32 => Some((0.0, u32::MAX as f64)),
            Self::Uint64 => Some((0.0, EXACT)),
            Self::Int8 => Some((i8::MIN as f64, i8::MAX as f64)),
            Self::Int16 => Some((i16::MIN as f64, i16::MAX as f64)),
            Self::Int32 => Some((i32::MIN as f64, i32::MAX as f64)),
            Self::Int64 => Some((-EXACT, EXACT)),
            Self::Fp16 | Self::Fp32 | Self::Fp64 | Self::Bytes => None,
        }
    }
}

impl fmt::Display for Datatype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
