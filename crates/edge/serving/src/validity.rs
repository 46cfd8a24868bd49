//! Predictions that cannot be right: not finite, out of their range, or of inputs that the model never
//! saw the like of.
//!
//! The ranges are the model's own: `trimtab` in the metadata of its `MLmodel`, with `output_range`
//! `[low, high]` and `input_ranges` of such pairs by feature.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Data, ServingError, Tensor};

/// What holds of valid inputs and outputs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// Where predictions lie: all numbers of all outputs.
    #[serde(default)]
    pub output_range: Option<(f64, f64)>,
    /// Where features lie, by name.
    #[serde(default)]
    pub input_ranges: BTreeMap<String, (f64, f64)>,
}

/// Why a prediction cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is NaN or infinite.
    NotFinite,
    /// It is out of the range that the model states.
    OutOfRange,
    /// A feature is out of the range that the model was trained in.
    OutOfDomain,
}

/// A prediction that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invalid {
    /// The row of the request, from nought.
    pub row: usize,
    /// Why.
    pub fault: Fault,
    /// The output or the feature.
    pub of: String,
}

impl Validity {
    /// Reads what the metadata say.
    ///
    /// # Errors
    /// [`ServingError::Model`] where it is something else.
    pub fn read(metadata: &Value) -> Result<Self, ServingError> {
        let read: Self = serde_json::from_value(metadata.clone()).map_err(|error| {
            ServingError::Model(format!("`trimtab` in the metadata of its `MLmodel`: {error}"))
        })?;
        let pairs = read.output_range.iter().chain(read.input_ranges.values());
        match pairs
            .into_iter()
            .find(|(low, high)| low.partial_cmp(high).is_none_or(std::cmp::Ordering::is_gt))
        {
            None => Ok(read),
            Some((low, high)) => Err(ServingError::Model(format!(
                "`trimtab` in the metadata of its `MLmodel`: a range from {low} to {high} is empty"
            ))),
        }
    }

    /// The rows that cannot be right, at most one fault for each, in their order.
    pub fn check(&self, features: &[String], x: &[f64], outputs: &[Tensor]) -> Vec<Invalid> {
        let rows = x.len() / features.len().max(1);
        let ranges: Vec<(usize, &String, (f64, f64))> = (features.iter().enumerate())
            .filter_map(|(at, name)| Some((at, name, *self.input_ranges.get(name)?)))
            .collect();
        (0..rows)
            .filter_map(|row| {
                let (fault, of) = self
                    .of_outputs(row, outputs)
                    .or_else(|| of_inputs(&x[row * features.len()..], &ranges))?;
                Some(Invalid { row, fault, of: of.to_owned() })
            })
            .collect()
    }

    fn of_outputs<'a>(&self, row: usize, outputs: &'a [Tensor]) -> Option<(Fault, &'a str)> {
        let beyond = |v: f64| self.output_range.is_some_and(|(low, high)| v < low || v > high);
        outputs.iter().find_map(|output| {
            let (_, columns) = output.rows_columns();
            let Data::Numbers(numbers) = &output.data else { return None };
            let own = numbers.get(row * columns..(row + 1) * columns)?;
            let fault = own.iter().find_map(|v| match v {
                v if !v.is_finite() => Some(Fault::NotFinite),
                v if output.datatype.is_float() && beyond(*v) => Some(Fault::OutOfRange),
                _ => None,
            })?;
            Some((fault, output.name.as_str()))
        })
    }
}

fn of_inputs<'a>(
    x: &[f64],
    ranges: &[(usize, &'a String, (f64, f64))],
) -> Option<(Fault, &'a str)> {
    let outside = |(at, _, (low, high)): &&(usize, &String, (f64, f64))| {
        let v = x[*at];
        v < *low || v > *high
    };
    ranges.iter().find(outside).map(|(_, name, _)| (Fault::OutOfDomain, name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Datatype;

    #[test]
    fn each_fault_is_told_with_its_row_and_its_place() {
        let metadata = serde_json::json!({
            "output_range": [-1.0, 1.0], "input_ranges": { "b": [0.0, 10.0] },
        });
        let validity = Validity::read(&metadata).unwrap();
        let features = ["a".to_owned(), "b".to_owned()];
        let output = Tensor {
            name: "y".to_owned(),
            datatype: Datatype::Fp32,
            shape: vec![4, 1],
            data: Data::Numbers(vec![0.5, f64::NAN, 2.0, 0.5]),
        };
        let x = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 11.0];
        let found = validity.check(&features, &x, &[output]);
        let told: Vec<(usize, Fault, &str)> =
            found.iter().map(|i| (i.row, i.fault, i.of.as_str())).collect();
        assert_eq!(
            told,
            [(1, Fault::NotFinite, "y"), (2, Fault::OutOfRange, "y"), (3, Fault::OutOfDomain, "b")]
        );
        assert!(Validity::read(&serde_json::json!({ "output_range": [1.0, 0.0] })).is_err());
        assert!(Validity::read(&serde_json::json!({ "ouput_range": [0.0, 1.0] })).is_err());
    }
}
