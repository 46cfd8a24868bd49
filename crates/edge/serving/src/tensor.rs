//! A tensor: a name, a datatype, a shape, and its elements row by row.
//!
//! Numbers of every type are held as `f64`, which models compute from; whole numbers that `f64`
//! would round are refused where they are read.

use serde_json::Value;

use crate::{Datatype, ServingError};

/// A tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its name in the model.
    pub name: String,
    /// The type of its elements.
    pub datatype: Datatype,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its elements, row by row.
    pub data: Data,
}

/// The elements of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Numbers; truth values are 0 and 1.
    Numbers(Vec<f64>),
    /// Strings of bytes.
    Bytes(Vec<Vec<u8>>),
}

impl Data {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Tensor {
    /// Rows and the elements of each: the first dimension counts the rows.
    pub fn rows_columns(&self) -> (usize, usize) {
        match self.shape.split_first() {
            None => (1, 1),
            Some((rows, rest)) => (*rows, rest.iter().product()),
        }
    }

    /// The elements as JSON has them: one for each row.
    ///
    /// # Errors
    /// [`ServingError::Invalid`] where there are several in a row, or bytes that are no UTF-8.
    pub fn column(&self) -> Result<Vec<Value>, ServingError> {
        let wrong = |what: String| ServingError::Invalid(format!("input '{}' {what}", self.name));
        if self.rows_columns().1 != 1 || self.shape.is_empty() {
            return Err(wrong(format!("is one column, and its shape is {:?}", self.shape)));
        }
        match &self.data {
            Data::Bytes(texts) => (texts.iter().enumerate())
                .map(|(row, text)| match std::str::from_utf8(text) {
                    Ok(text) => Ok(Value::from(text)),
                    Err(_) => Err(wrong(format!("of BYTES is no UTF-8 in row {row}"))),
                })
                .collect(),
            Data::Numbers(numbers) => Ok(numbers.iter().map(|v| self.json(*v)).collect()),
        }
    }

    fn json(&self, number: f64) -> Value {
        match self.datatype {
            Datatype::Bool => Value::Bool(number != 0.0),
            datatype if datatype.is_float() => match number {
                finite if finite.is_finite() => finite.into(),
                nan if nan.is_nan() => "NaN".into(),
                high if high > 0.0 => "Infinity".into(),
                _ => "-Infinity".into(),
            },
            _ => (number as i64).into(),
        }
    }

    /// The numbers.
    ///
    /// # Errors
    /// [`ServingError::Invalid`] where the elements are bytes.
    pub fn numbers(&self) -> Result<&[f64], ServingError> {
        match &self.data {
            Data::Numbers(numbers) => Ok(numbers),
            Data::Bytes(_) => Err(ServingError::Invalid(format!(
                "input '{}' holds BYTES, and the model takes numbers",
                self.name
            ))),
        }
    }
}

/// The number of elements of a shape that a request states.
///
/// # Errors
/// [`ServingError::Invalid`] for a negative dimension or more elements than can be counted.
pub fn elements(name: &str, shape: &[i64]) -> Result<(Vec<usize>, usize), ServingError> {
    let wrong =
        || ServingError::Invalid(format!("input '{name}' has an impossible shape {shape:?}"));
    let mut dims = Vec::with_capacity(shape.len());
    let mut count = 1usize;
    for dim in shape {
        let dim = usize::try_from(*dim).map_err(|_| wrong())?;
        count = count.checked_mul(dim).ok_or_else(wrong)?;
        dims.push(dim);
    }
    Ok((dims, count))
}

/// Refuses numbers that their datatype cannot hold.
///
/// # Errors
/// [`ServingError::Invalid`].
pub fn check_numbers(name: &str, datatype: Datatype, numbers: &[f64]) -> Result<(), ServingError> {
    let Some((low, high)) = datatype.whole_range() else { return Ok(()) };
    let wrong = |v: &&f64| !(v.fract() == 0.0 && **v >= low && **v <= high);
    match numbers.iter().find(wrong) {
        None => Ok(()),
        Some(value) => Err(ServingError::Invalid(format!(
            "input '{name}': {value} is no {datatype} between {low} and {high}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tensor_is_a_column_of_values_as_json_has_them() {
        let tensor = |datatype, shape: &[usize], data| Tensor {
            name: "k".to_owned(),
            datatype,
            shape: shape.to_vec(),
            data,
        };
        let numbers = |numbers: &[f64]| Data::Numbers(numbers.to_vec());
        let texts = |texts: &[&[u8]]| Data::Bytes(texts.iter().map(|text| text.to_vec()).collect());
        for (one, expected) in [
            (tensor(Datatype::Int64, &[2], numbers(&[7.0, -1.0])), json!([7, -1])),
            (tensor(Datatype::Bool, &[2, 1], numbers(&[1.0, 0.0])), json!([true, false])),
            (tensor(Datatype::Fp64, &[2], numbers(&[0.5, f64::NAN])), json!([0.5, "NaN"])),
            (tensor(Datatype::Bytes, &[1], texts(&["é".as_bytes()])), json!(["é"])),
            (tensor(Datatype::Bytes, &[0], texts(&[])), json!([])),
        ] {
            assert_eq!(one.column().map(Value::from), Ok(expected));
        }
        for (one, words) in [
            (tensor(Datatype::Bytes, &[2], texts(&[b"a", b"\xff"])), "is no UTF-8 in row 1"),
            (tensor(Datatype::Int64, &[1, 2], numbers(&[1.0, 2.0])), "its shape is [1, 2]"),
            (tensor(Datatype::Int64, &[], numbers(&[1.0])), "its shape is []"),
        ] {
            assert!(one.column().unwrap_err().to_string().contains(words));
        }
    }
}
