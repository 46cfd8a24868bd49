//! A graph of any inputs: what an encoder of texts is.
//!
//! In: the bytes of an ONNX file, then named tensors of any dimensions. Out: the file's outputs.
//! [`Model`](crate::Model) is the same for files that take rows of features. [`Evaluator`] is what
//! another runtime of such files implements to take this one's place.

use prost::Message;

use crate::model::numbers;
use crate::onnx::plan::{Kind, Plan, Room};
use crate::onnx::proto::ModelProto;
use crate::onnx::tensor::{Data, Tensor};
use crate::{LearnError, Output};

/// Elements that one evaluation may make and may hold: an encoder of 24 layers with 1024 numbers for
/// each of 512 tokens makes half as many, and holds a third.
const ROOM: Room = Room { made: 1 << 31, held: 1 << 26 };

/// A tensor that is given to a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// The input's name in the file.
    pub name: String,
    /// Its dimensions.
    pub dims: Vec<usize>,
    /// Its elements, row-major.
    pub data: Data,
}

/// What evaluates a graph. The same feeds give the same outputs.
pub trait Evaluator: Send + Sync {
    /// The names of the inputs, in the order of the file.
    fn inputs(&self) -> Vec<&str>;

    /// All outputs, in the order of the file.
    ///
    /// # Errors
    /// [`LearnError::Feed`] where an input is not given or has another type, and what the runtime
    /// says where the graph cannot be evaluated.
    fn evaluate(&self, feeds: Vec<Feed>) -> Result<Vec<Output>, LearnError>;
}

/// A graph, prepared to be evaluated in pure Rust.
#[derive(Clone)]
pub struct Graph {
    plan: Plan,
}

impl Graph {
    /// Reads an ONNX file.
    ///
    /// # Errors
    /// As [`Model::load`](crate::Model::load), but for the form of the inputs.
    pub fn load(onnx: &[u8]) -> Result<Self, LearnError> {
        let message = ModelProto::decode(onnx).map_err(|e| LearnError::Malformed {
            problem: format!("it is not an ONNX file ({e})"),
        })?;
        Ok(Self { plan: Plan::new(&message)? })
    }
}

impl Evaluator for Graph {
    fn inputs(&self) -> Vec<&str> {
        self.plan.inputs.iter().map(|input| input.name.as_str()).collect()
    }

    fn evaluate(&self, mut feeds: Vec<Feed>) -> Result<Vec<Output>, LearnError> {
        let mut given = Vec::with_capacity(self.plan.inputs.len());
        for input in &self.plan.inputs {
            let name = &input.name;
            let wrong = |problem: String| LearnError::Feed { input: name.clone(), problem };
            let at = feeds.iter().position(|feed| feed.name == *name);
            let feed = feeds.swap_remove(at.ok_or_else(|| wrong("is not given".to_owned()))?);
            if !fits(input.kind, &feed.data) {
                return Err(wrong(format!("takes elements of type {:?}", input.kind)));
            }
            given.push(Tensor::new(feed.dims, feed.data).map_err(|fault| wrong(fault.0))?);
        }
        if let Some(other) = feeds.pop() {
            return Err(LearnError::Feed {
                input: other.name,
                problem: "is none of its".to_owned(),
            });
        }
        let tensors = self.plan.evaluate(given, ROOM)?;
        let names = self.plan.outputs.iter().map(|(name, _)| name.clone());
        let outputs = names.zip(tensors).map(|(name, tensor)| {
            let (dims, values) = numbers(tensor);
            Output { name, dims, values }
        });
        Ok(outputs.collect())
    }
}

fn fits(kind: Kind, data: &Data) -> bool {
    matches!(
        (kind, data),
        (Kind::F32, Data::F32(_))
            | (Kind::F64, Data::F64(_))
            | (Kind::I32 | Kind::I64, Data::I64(_))
            | (Kind::Bool, Data::Bool(_))
            | (Kind::Text, Data::Text(_))
    )
}
