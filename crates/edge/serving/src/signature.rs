//! The signature of a model: which columns or tensors it takes.
//!
//! SOURCE: MLflow's model signatures, as `MLmodel` holds them: a JSON list within YAML.

use serde::Deserialize;

use crate::ServingError;

/// What a model takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// Its inputs.
    pub inputs: Inputs,
}

/// The inputs of a signature.
#[derive(Debug, Clone, PartialEq)]
pub enum Inputs {
    /// Columns of a table.
    Columns(Vec<Column>),
    /// Tensors.
    Tensors(Vec<TensorSpec>),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name; columns without names go by their places.
    pub name: Option<String>,
    /// Its type.
    pub kind: ColumnType,
    /// Whether it must be there.
    pub required: bool,
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnType {
    /// Truth values.
    Boolean,
    /// Whole numbers of 32 bits.
    Integer,
    /// Whole numbers of 64 bits.
    Long,
    /// Numbers, in 32 or 64 bits.
    Float,
    /// Numbers of 64 bits.
    Double,
    /// Anything that is no number.
    Other(String),
}

impl ColumnType {
    fn read(word: &str) -> Self {
        match word {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "long" => Self::Long,
            "float" => Self::Float,
            "double" => Self::Double,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word of a signature.
    pub fn word(&self) -> &str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::Other(word) => word,
        }
    }
}

/// A tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Its name; a single tensor may have none.
    pub name: Option<String>,
    /// Its type, as NumPy calls it.
    pub dtype: String,
    /// Its dimensions; −1 is any.
    pub shape: Vec<i64>,
}

#[derive(Deserialize)]
struct Wire {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: serde_json::Value,
    required: Option<bool>,
    optional: Option<bool>,
    #[serde(rename = "tensor-spec")]
    tensor: Option<WireTensor>,
}

#[derive(Deserialize)]
struct WireTensor {
    dtype: String,
    shape: Vec<i64>,
}

impl Signature {
    /// Reads the JSON list of inputs.
    ///
    /// # Errors
    /// [`ServingError::Model`] where it is not such a list, or mixes columns with tensors.
    pub fn read(inputs: &str) -> Result<Self, ServingError> {
        let wrong = |what: &str| ServingError::Model(format!("its signature {what}"));
        let wire: Vec<Wire> = serde_json::from_str(inputs)
            .map_err(|error| wrong(&format!("is not a list of inputs: {error}")))?;
        if wire.is_empty() {
            return Err(wrong("has no inputs"));
        }
        let tensors = wire.iter().filter(|input| input.tensor.is_some()).count();
        if tensors == 0 {
            return Ok(Self { inputs: Inputs::Columns(wire.into_iter().map(column).collect()) });
        }
        if tensors != wire.len() {
            return Err(wrong("mixes columns with tensors"));
        }
        let specs = wire.into_iter().filter_map(|input| {
            let WireTensor { dtype, shape } = input.tensor?;
            Some(TensorSpec { name: input.name, dtype, shape })
        });
        Ok(Self { inputs: Inputs::Tensors(specs.collect()) })
    }

    /// The names of its columns, where all have one.
    pub fn column_names(&self) -> Option<Vec<String>> {
        match &self.inputs {
            Inputs::Columns(columns) => columns.iter().map(|column| column.name.clone()).collect(),
            Inputs::Tensors(_) => None,
        }
    }
}

fn column(wire: Wire) -> Column {
    let required = wire.required.unwrap_or(!wire.optional.unwrap_or(false));
    let kind = match &wire.kind {
        serde_json::Value::String(word) => ColumnType::read(word),
        other => ColumnType::Other(other.to_string()),
    };
    Column { name: wire.name, kind, required }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_tensors_as_mlflow_writes_them() {
        let columns = r#"[{"type": "double", "name": "a", "required": true},
            {"type": "long", "name": "b", "optional": true}]"#;
        let read = Signature::read(columns).unwrap();
        assert_eq!(read.column_names().unwrap(), ["a", "b"]);
        let Inputs::Columns(columns) = read.inputs else { panic!("columns") };
        assert_eq!((columns[0].required, columns[1].required), (true, false));
        let tensor =
            r#"[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]"#;
        let Inputs::Tensors(tensors) = Signature::read(tensor).unwrap().inputs else {
            panic!("tensors")
        };
        assert_eq!((tensors[0].dtype.as_str(), &tensors[0].shape[..]), ("float64", &[-1, 3][..]));
        assert!(Signature::read("[]").is_err());
    }
}
