//! Values of features and of entity keys.

/// A value. Times are microseconds since 1970 in UTC.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Known to be missing.
    #[default]
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number of 32 bits.
    Int32(i32),
    /// A whole number of 64 bits.
    Int64(i64),
    /// A number of 32 bits.
    Float32(f32),
    /// A number of 64 bits.
    Float64(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A moment, in microseconds since 1970 in UTC.
    Timestamp(i64),
    /// Several values.
    List(Vec<Value>),
}

impl Value {
    /// The name of its type, as errors say it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int32(_) => "int32",
            Self::Int64(_) => "int64",
            Self::Float32(_) => "float32",
            Self::Float64(_) => "float64",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "timestamp",
            Self::List(_) => "list",
        }
    }
}
