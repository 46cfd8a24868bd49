//! The operators that can be evaluated: one table from domain and name to what prepares them.
//!
//! A prepared operator is a [`Kernel`]: a function from input tensors to output tensors. The
//! semantics are those of the public ONNX specification (operator sets `ai.onnx` to 21 and
//! `ai.onnx.ml` to 3); where it is vague, those of onnxruntime.

mod elementwise;
mod features;
mod gather;
mod linear;
mod matrix;
mod network;
mod reduce;
mod select;
mod sequence;
mod shape;
mod slices;
mod tree_models;
mod trees;
mod walk;

pub(crate) use trees::single_trees;
pub(crate) use walk::{Mode, Written};

use std::sync::Arc;

use super::Fault;
use super::attributes::Attributes;
use super::tensor::{Data, Tensor, elements};
use crate::LearnError;

/// A prepared operator.
pub(crate) type Kernel = Arc<dyn Fn(&Call) -> Result<Vec<Tensor>, Fault> + Send + Sync>;

type Make = fn(&Attributes) -> Result<Kernel, Fault>;

/// The inputs of one evaluation, and how many elements may still be made.
pub(crate) struct Call<'a> {
    inputs: &'a [Option<&'a Tensor>],
    room: usize,
}

impl<'a> Call<'a> {
    pub(crate) fn new(inputs: &'a [Option<&'a Tensor>], room: usize) -> Self {
        Self { inputs, room }
    }

    fn input(&self, index: usize) -> Result<&'a Tensor, Fault> {
        let found = self.optional(index);
        found.ok_or_else(|| format!("input {index} is missing").into())
    }

    fn optional(&self, index: usize) -> Option<&'a Tensor> {
        self.inputs.get(index).copied().flatten()
    }

    fn all(&self) -> Result<Vec<&'a Tensor>, Fault> {
        let count = self.inputs.len();
        if count == 0 {
            return Err("it has no inputs".into());
        }
        (0..count).map(|i| self.input(i)).collect()
    }

    /// How many elements the dimensions hold, if so many may be made.
    fn size(&self, dims: &[usize]) -> Result<usize, Fault> {
        elements(dims, self.room)
    }
}

fn kernel(
    run: impl Fn(&Call) -> Result<Tensor, Fault> + Send + Sync + 'static,
) -> Result<Kernel, Fault> {
    Ok(Arc::new(move |call| Ok(vec![run(call)?])))
}

const AI: &str = "ai.onnx";
const ML: &str = "ai.onnx.ml";

const TABLE: &[(&str, &str, Make)] = &[
    (AI, "Abs", |_| elementwise::unary(f64::abs)),
    (AI, "Add", |_| elementwise::arithmetic(|a, b| a + b, i64::checked_add)),
    (AI, "And", |_| elementwise::logical(|a, b| a && b)),
    (AI, "ArgMax", |a| reduce::arg(a, |new, best| new > best)),
    (AI, "ArgMin", |a| reduce::arg(a, |new, best| new < best)),
    (AI, "BatchNormalization", network::batch_normalization),
    (AI, "Cast", elementwise::cast),
    (AI, "CastLike", |_| elementwise::cast_like()),
    (AI, "Ceil", |_| elementwise::unary(f64::ceil)),
    (AI, "Clip", elementwise::clip),
    (AI, "Concat", shape::concat),
    (AI, "Constant", shape::constant),
    (AI, "ConstantOfShape", shape::constant_of_shape),
    (AI, "Cos", |_| elementwise::unary(f64::cos)),
    (AI, "CumSum", sequence::cumulative),
    (AI, "Div", |_| elementwise::arithmetic(|a, b| a / b, i64::checked_div)),
    // A model that is used drops nothing.
    (AI, "Dropout", |_| kernel(|call| Ok(call.input(0)?.clone()))),
    (AI, "Elu", network::elu),
    (AI, "Equal", |_| elementwise::compare(|a, b| a == b)),
    (AI, "Erf", |_| elementwise::unary(libm::erf)),
    (AI, "Exp", |_| elementwise::unary(f64::exp)),
    (AI, "Expand", shape::expand),
    (AI, "Flatten", shape::flatten),
    (AI, "Floor", |_| elementwise::unary(f64::floor)),
    (AI, "Gather", gather::gather),
    (AI, "GatherElements", gather::elements),
    (AI, "GatherND", gather::nested),
    (AI, "Gelu", network::gelu),
    (AI, "Gemm", matrix::gemm),
    (AI, "Greater", |_| elementwise::compare(|a, b| a > b)),
    (AI, "GreaterOrEqual", |_| elementwise::compare(|a, b| a >= b)),
    (AI, "HardSigmoid", network::hard_sigmoid),
    (AI, "HardSwish", |_| network::hard_swish()),
    (AI, "Identity", |_| kernel(|call| Ok(call.input(0)?.clone()))),
    (AI, "IsNaN", |_| elementwise::is_nan()),
    (AI, "LayerNormalization", network::layer_normalization),
    (AI, "LeakyRelu", network::leaky_relu),
    (AI, "Less", |_| elementwise::compare(|a, b| a < b)),
    (AI, "LessOrEqual", |_| elementwise::compare(|a, b| a <= b)),
    (AI, "Log", |_| elementwise::unary(f64::ln)),
    (AI, "LogSoftmax", |a| reduce::softmax(a, reduce::Softmax::Logarithms)),
    (AI, "MatMul", |_| matrix::matmul()),
    (AI, "Max", |_| elementwise::fold(|a, b| if b > a || b.is_nan() { b } else { a })),
    (AI, "Min", |_| elementwise::fold(|a, b| if b < a || b.is_nan() { b } else { a })),
    (AI, "Mish", |_| elementwise::unary(|x| x * network::softplus(x).tanh())),
    (AI, "Mod", elementwise::modulo),
    (AI, "Mul", |_| elementwise::arithmetic(|a, b| a * b, i64::checked_mul)),
    (AI, "Neg", |_| elementwise::unary(|x| -x)),
    (AI, "Not", |_| elementwise::not()),
    (AI, "Or", |_| elementwise::logical(|a, b| a || b)),
    (AI, "Pow", |_| elementwise::power()),
    (AI, "Range", |_| sequence::range()),
    (AI, "Reciprocal", |_| elementwise::unary(|x| 1.0 / x)),
    (AI, "ReduceL1", |a| reduce::reduce(a, reduce::Reduction::L1)),
    (AI, "ReduceL2", |a| reduce::reduce(a, reduce::Reduction::L2)),
    (AI, "ReduceLogSum", |a| reduce::reduce(a, reduce::Reduction::LogSum)),
    (AI, "ReduceLogSumExp", |a| reduce::reduce(a, reduce::Reduction::LogSumExp)),
    (AI, "ReduceMax", |a| reduce::reduce(a, reduce::Reduction::Max)),
    (AI, "ReduceMean", |a| reduce::reduce(a, reduce::Reduction::Mean)),
    (AI, "ReduceMin", |a| reduce::reduce(a, reduce::Reduction::Min)),
    (AI, "ReduceProd", |a| reduce::reduce(a, reduce::Reduction::Product)),
    (AI, "ReduceSum", |a| reduce::reduce(a, reduce::Reduction::Sum)),
    (AI, "ReduceSumSquare", |a| reduce::reduce(a, reduce::Reduction::SumSquare)),
    (AI, "Relu", |_| elementwise::unary(|x| if x < 0.0 { 0.0 } else { x })),
    (AI, "Reshape", shape::reshape),
    (AI, "Selu", network::selu),
    (AI, "Shape", shape::shape),
    (AI, "Sigmoid", |_| elementwise::unary(|x| 1.0 / (1.0 + (-x).exp()))),
    (AI, "Sign", |_| elementwise::unary(|x| if x == 0.0 { x } else { x.signum() })),
    (AI, "Sin", |_| elementwise::unary(f64::sin)),
    (AI, "Size", |_| shape::size()),
    (AI, "Slice", slices::slice),
    (AI, "Softmax", |a| reduce::softmax(a, reduce::Softmax::Shares)),
    (AI, "Softplus", |_| elementwise::unary(network::softplus)),
    (AI, "Softsign", |_| elementwise::unary(|x| x / (1.0 + x.abs()))),
    (AI, "Split", slices::split),
    (AI, "Sqrt", |_| elementwise::unary(f64::sqrt)),
    (AI, "Squeeze", shape::squeeze),
    (AI, "Sub", |_| elementwise::arithmetic(|a, b| a - b, i64::checked_sub)),
    (AI, "Sum", |_| elementwise::fold(|a, b| a + b)),
    (AI, "Tanh", |_| elementwise::unary(f64::tanh)),
    (AI, "Tile", |_| sequence::tile()),
    (AI, "TopK", select::top),
    (AI, "Transpose", shape::transpose),
    (AI, "Trilu", sequence::triangle),
    (AI, "Unsqueeze", shape::unsqueeze),
    (AI, "Where", |_| elementwise::choose()),
    (AI, "Xor", |_| elementwise::logical(|a, b| a != b)),
    (ML, "ArrayFeatureExtractor", |_| features::extract()),
    (ML, "Binarizer", features::binarizer),
    (ML, "FeatureVectorizer", |_| features::vectorizer()),
    (ML, "Imputer", features::imputer),
    (ML, "LinearClassifier", linear::classifier),
    (ML, "LinearRegressor", linear::regressor),
    (ML, "Normalizer", features::normalizer),
    (ML, "Scaler", features::scaler),
    (ML, "TreeEnsembleClassifier", tree_models::classifier),
    (ML, "TreeEnsembleRegressor", tree_models::regressor),
    // The probabilities stay a matrix with one column for each class, in the order of the classes.
    (ML, "ZipMap", |_| kernel(|call| Ok(call.input(0)?.clone()))),
];

/// What prepares an operator, or an error that names it and lists those that are known.
pub(crate) fn find(domain: &str, operator: &str) -> Result<Make, LearnError> {
    let found = TABLE.iter().find(|(d, o, _)| *d == domain && *o == operator);
    found.map(|(_, _, make)| *make).ok_or_else(|| LearnError::UnsupportedOperator {
        operator: operator.to_owned(),
        domain: domain.to_owned(),
        supported: listed(),
    })
}

fn listed() -> String {
    let of = |domain: &str| {
        let names = supported_operators().filter(|(d, _)| *d == domain);
        names.map(|(_, o)| o).collect::<Vec<_>>().join(", ")
    };
    format!("{ML}: {}; {AI}: {}", of(ML), of(AI))
}

/// Every operator that [`Model`](crate::Model) evaluates, as domain and name.
pub fn supported_operators() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().map(|(domain, operator, _)| (*domain, *operator))
}

/// An axis counted from the end where it is negative.
fn axis(axis: i64, rank: usize) -> Result<usize, Fault> {
    let from_start = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
    let found = usize::try_from(from_start).ok().filter(|a| *a < rank);
    found.ok_or_else(|| format!("axis {axis} is outside of {rank} dimensions").into())
}

/// Axes from the attribute of old operator sets or the input of new ones; `None` where neither is
/// given.
fn axes(call: &Call, attribute: &[i64], input: usize) -> Result<Option<Vec<i64>>, Fault> {
    if !attribute.is_empty() {
        return Ok(Some(attribute.to_vec()));
    }
    let given = call.optional(input);
    given.map(|t| Ok(t.i64()?.to_vec())).transpose()
}

/// Row-major strides of dimensions.
fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for d in (1..dims.len()).rev() {
        strides[d - 1] = strides[d] * dims[d];
    }
    strides
}

/// Applies a function of `f64` slices to any numbers and keeps the element type.
fn through_f64(data: &Data, f: impl FnOnce(&[f64]) -> Vec<f64>) -> Result<Data, Fault> {
    Ok(match data {
        Data::F64(v) => Data::F64(f(v)),
        Data::F32(v) => {
            let wide: Vec<f64> = v.iter().map(|x| f64::from(*x)).collect();
            Data::F32(f(&wide).into_iter().map(|x| x as f32).collect())
        }
        Data::I64(v) => {
            let wide: Vec<f64> = v.iter().map(|x| *x as f64).collect();
            Data::I64(f(&wide).into_iter().map(|x| x as i64).collect())
        }
        Data::Bool(_) | Data::Text(_) => return Err("it needs numbers".into()),
    })
}
