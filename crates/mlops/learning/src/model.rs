//! A model file that forecasts.
//!
//! In: the bytes of an ONNX file, then rows of features. Out: the file's outputs. What the file
//! does to NaN is its own business: ours impute them, scikit-learn's linear models pass them on.

use std::fmt;

use prost::Message;

use crate::onnx::Fault;
use crate::onnx::plan::{Input, Kind, Plan, Room};
use crate::onnx::proto::ModelProto;
use crate::onnx::tensor::{Data, Tensor};
use crate::onnx::write::PRODUCER;
use crate::{Feed, LearnError};

/// Elements that the operators of one evaluation may make together, for each row and at least.
const ROOM_FOR_EACH_ROW: usize = 1 << 14;
const ROOM: usize = 1 << 24;
const ROOM_MAX: usize = 1 << 28;
/// Columns that all inputs together may have.
const MAX_FEATURES: usize = 1 << 20;
/// A block of rows of our own files: rows × constants, and rows, at most.
const BLOCK: usize = 1 << 23;
const BLOCK_ROWS: usize = 1 << 12;

/// A model file, prepared to forecast.
///
/// It is read once and can be shared between threads. Evaluation is deterministic: the same bytes
/// and the same features give the same forecast, bit for bit, in batches and row by row.
#[derive(Clone)]
pub struct Model {
    plan: Plan,
    /// The columns of each input.
    columns: Vec<usize>,
    features: usize,
    /// Rows that are evaluated together at most.
    block: usize,
}

/// One output of a model file.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Its name in the file.
    pub name: String,
    /// Its dimensions; the first counts the rows.
    pub dims: Vec<usize>,
    /// Its elements, row by row.
    pub values: Values,
}

/// The elements of an output.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers of any type; truth values are 0 and 1.
    Numbers(Vec<f64>),
    /// Texts: the labels of classes that have names.
    Texts(Vec<String>),
}

impl Model {
    /// Reads an ONNX file.
    ///
    /// # Errors
    /// [`LearnError::Malformed`] where the bytes are not such a file,
    /// [`LearnError::UnsupportedOperator`] and [`LearnError::Operator`] where its graph needs what
    /// [`supported_operators`](crate::supported_operators) does not list or is inconsistent.
    pub fn load(onnx: &[u8]) -> Result<Self, LearnError> {
        let message = ModelProto::decode(onnx).map_err(|e| LearnError::Malformed {
            problem: format!("it is not an ONNX file ({e})"),
        })?;
        let plan = Plan::new(&message)?;
        let columns: Vec<usize> = plan.inputs.iter().map(columns).collect::<Result<_, _>>()?;
        let features = columns.iter().sum();
        let problem = match features {
            0 => Some("its graph has no input".to_owned()),
            n if n > MAX_FEATURES => Some(format!("more than {MAX_FEATURES} features")),
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(LearnError::Malformed { problem });
        }
        // Ours treat every row alone, so that a large batch can go in blocks: a file of neighbours
        // sets every row against every training row.
        let block = match message.producer_name() {
            PRODUCER => (BLOCK / plan.constants().max(1)).clamp(1, BLOCK_ROWS),
            _ => usize::MAX,
        };
        Ok(Self { plan, columns, features, block })
    }

    /// How many features a row has; several inputs of a file take theirs side by side.
    pub fn features(&self) -> usize {
        self.features
    }

    /// One number for each row: the file's first output.
    ///
    /// `x` holds rows × features; they are rounded to the file's input type, usually `f32`. For a
    /// classifier with numbers as labels the number is the label.
    ///
    /// # Errors
    /// [`LearnError::Input`] if `x` is not whole rows, [`LearnError::NotOneForecast`] if the first
    /// output is not one number for each row.
    pub fn predict(&self, x: &[f64]) -> Result<Vec<f64>, LearnError> {
        let rows = self.rows(x)?;
        if rows == 0 {
            return Ok(Vec::new());
        }
        let block = self.block.saturating_mul(self.features);
        let forecasts: Result<Vec<Vec<f64>>, LearnError> =
            x.chunks(block).map(|x| self.predict_block(x, x.len() / self.features)).collect();
        Ok(forecasts?.concat())
    }

    fn predict_block(&self, x: &[f64], rows: usize) -> Result<Vec<f64>, LearnError> {
        let (name, _) = &self.plan.outputs[0];
        let first = self.evaluate(x, rows)?.swap_remove(0);
        let wrong = |found| LearnError::NotOneForecast { output: name.clone(), rows, found };
        match numbers(first) {
            (_, Values::Numbers(v)) if v.len() == rows => Ok(v),
            (_, Values::Numbers(v)) => Err(wrong(v.len())),
            (_, Values::Texts(_)) => Err(wrong(0)),
        }
    }

    /// Every output of the file: for a classifier its labels and its probabilities.
    ///
    /// # Errors
    /// As [`Model::predict`], whatever the dimensions of the outputs.
    pub fn run(&self, x: &[f64]) -> Result<Vec<Output>, LearnError> {
        let rows = self.rows(x)?;
        if rows == 0 {
            return Ok(Vec::new());
        }
        let names = self.plan.outputs.iter().map(|(name, _)| name.clone());
        let tensors = self.evaluate(x, rows)?;
        let outputs = names.zip(tensors).map(|(name, tensor)| {
            let (dims, values) = numbers(tensor);
            Output { name, dims, values }
        });
        Ok(outputs.collect())
    }

    fn rows(&self, x: &[f64]) -> Result<usize, LearnError> {
        if !x.len().is_multiple_of(self.features) {
            return Err(LearnError::Input { features: self.features, found: x.len() });
        }
        Ok(x.len() / self.features)
    }

    /// Rows of features as the tensors that the file takes, one for each input: what another
    /// [`Evaluator`](crate::Evaluator) of the file is given.
    ///
    /// # Errors
    /// [`LearnError::Input`] if `x` is not whole rows.
    pub fn feeds(&self, x: &[f64]) -> Result<Vec<Feed>, LearnError> {
        let rows = self.rows(x)?;
        let names = self.plan.inputs.iter().map(|input| input.name.clone());
        let feed = |((name, width), data)| Feed { name, dims: vec![rows, width], data };
        Ok(names.zip(self.columns.iter().copied()).zip(self.parts(x)).map(feed).collect())
    }

    /// The elements of each input.
    fn parts(&self, x: &[f64]) -> Vec<Data> {
        let mut start = 0;
        let part = |(input, width): (&Input, &usize)| {
            let columns = start..start + width;
            start = columns.end;
            if *width == self.features {
                return typed(x.iter().copied(), input.kind);
            }
            let rows = x.chunks_exact(self.features);
            typed(rows.flat_map(|row| row[columns.clone()].iter().copied()), input.kind)
        };
        self.plan.inputs.iter().zip(&self.columns).map(part).collect()
    }

    fn evaluate(&self, x: &[f64], rows: usize) -> Result<Vec<Tensor>, LearnError> {
        let malformed = |fault: Fault| LearnError::Malformed { problem: fault.0 };
        let parts = self.columns.iter().zip(self.parts(x));
        let given = parts.map(|(width, data)| Tensor::new(vec![rows, *width], data));
        let given = given.collect::<Result<_, _>>().map_err(malformed)?;
        let room = rows.saturating_mul(ROOM_FOR_EACH_ROW).clamp(ROOM, ROOM_MAX);
        self.plan.evaluate(given, Room { made: room, held: room })
    }
}

/// The columns of an input that is a matrix of rows with a fixed number of columns.
fn columns(input: &Input) -> Result<usize, LearnError> {
    let name = &input.name;
    let problem = match (input.kind, &input.dims[..]) {
        (Kind::I32 | Kind::Bool | Kind::Text, _) => {
            let kind = input.kind;
            format!("input `{name}` has elements of type {kind:?}: use float, double or int64")
        }
        (_, [_, Some(columns)]) if (1..=MAX_FEATURES).contains(columns) => return Ok(*columns),
        (_, [_, _]) => format!("input `{name}` must state its columns"),
        _ => format!("input `{name}` must be rows × columns"),
    };
    Err(LearnError::Malformed { problem })
}

fn typed(x: impl Iterator<Item = f64>, kind: Kind) -> Data {
    match kind {
        Kind::F32 => Data::F32(x.map(|v| v as f32).collect()),
        Kind::F64 => Data::F64(x.collect()),
        _ => Data::I64(x.map(|v| v as i64).collect()),
    }
}

pub(crate) fn numbers(tensor: Tensor) -> (Vec<usize>, Values) {
    let (dims, data) = tensor.into_parts();
    let values = match data {
        Data::F32(v) => Values::Numbers(v.into_iter().map(f64::from).collect()),
        Data::F64(v) => Values::Numbers(v),
        Data::I64(v) => Values::Numbers(v.into_iter().map(|x| x as f64).collect()),
        Data::Bool(v) => Values::Numbers(v.into_iter().map(|b| f64::from(u8::from(b))).collect()),
        Data::Text(v) => Values::Texts(v),
    };
    (dims, values)
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outputs: Vec<&str> = self.plan.outputs.iter().map(|(n, _)| n.as_str()).collect();
        f.debug_struct("Model")
            .field("features", &self.features)
            .field("outputs", &outputs)
            .finish_non_exhaustive()
    }
}
