//! The types that a join key or a feature can have.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::nearest;

/// The type of a value. The names are those that Feast's Python API uses, in small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// True or false.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A number of 32 bits.
    Float32,
    /// A number of 64 bits.
    Float64,
    /// Text.
    String,
    /// A moment in UTC, to the microsecond.
    Timestamp,
}

impl ValueKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Bool,
        Self::Int32,
        Self::Int64,
        Self::Float32,
        Self::Float64,
        Self::String,
        Self::Timestamp,
    ];

    /// Its name in definitions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Timestamp => "timestamp",
        }
    }

    /// Whether values are numbers, so that a range can hold them.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int32 | Self::Int64 | Self::Float32 | Self::Float64)
    }

    /// Whether rows can be found by values of this type: equality of floats is no key.
    pub fn is_key(self) -> bool {
        matches!(self, Self::Int32 | Self::Int64 | Self::String)
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ValueKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let near = nearest(text, Self::ALL.into_iter().map(Self::name));
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let known = Self::ALL.map(Self::name).join(", ");
            format!("`{text}` is not a type: use one of {known}{hint}")
        })
    }
}
