//! Values that flow between operators: numbers or texts with dimensions, never empty.
//!
//! Integers of every width are held as `i64`. A tensor without elements is refused at every door,
//! so that operators need not think about it.

use super::{Fault, proto};

/// The longest list of dimensions that is accepted.
const MAX_RANK: usize = 8;

/// The elements of a tensor, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Integers of any width.
    I64(Vec<i64>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Texts.
    Text(Vec<String>),
}

/// Elements with their dimensions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    dims: Vec<usize>,
    data: Data,
}

/// How many elements the dimensions hold; refuses none and more than `room`.
pub(crate) fn elements(dims: &[usize], room: usize) -> Result<usize, Fault> {
    if dims.len() > MAX_RANK {
        return Err(format!("{} dimensions are more than {MAX_RANK}", dims.len()).into());
    }
    let count = dims.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
    match count {
        Some(0) => Err(format!("a tensor of {dims:?} has no elements").into()),
        Some(n) if n <= room => Ok(n),
        _ => Err(format!("a tensor of {dims:?} exceeds the {room} elements allowed").into()),
    }
}

impl Data {
    pub(crate) fn len(&self) -> usize {
        match self {
            Data::F32(v) => v.len(),
            Data::F64(v) => v.len(),
            Data::I64(v) => v.len(),
            Data::Bool(v) => v.len(),
            Data::Text(v) => v.len(),
        }
    }

    /// The elements at `indices`, each of which is in range.
    pub(crate) fn pick(&self, indices: impl Iterator<Item = usize>) -> Data {
        match self {
            Data::F32(v) => Data::F32(indices.map(|i| v[i]).collect()),
            Data::F64(v) => Data::F64(indices.map(|i| v[i]).collect()),
            Data::I64(v) => Data::I64(indices.map(|i| v[i]).collect()),
            Data::Bool(v) => Data::Bool(indices.map(|i| v[i]).collect()),
            Data::Text(v) => Data::Text(indices.map(|i| v[i].clone()).collect()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Data::F32(_) => "float",
            Data::F64(_) => "double",
            Data::I64(_) => "int64",
            Data::Bool(_) => "bool",
            Data::Text(_) => "string",
        }
    }
}

impl Tensor {
    /// Elements with dimensions that hold exactly so many.
    pub(crate) fn new(dims: Vec<usize>, data: Data) -> Result<Self, Fault> {
        let expected = elements(&dims, usize::MAX)?;
        if expected != data.len() {
            return Err(format!("{} elements do not fill {dims:?}", data.len()).into());
        }
        Ok(Self { dims, data })
    }

    pub(crate) fn dims(&self) -> &[usize] {
        &self.dims
    }

    pub(crate) fn data(&self) -> &Data {
        &self.data
    }

    pub(crate) fn into_parts(self) -> (Vec<usize>, Data) {
        (self.dims, self.data)
    }

    pub(crate) fn len(&self) -> usize {
        self.data.len()
    }

    /// Rows and columns; a vector is one row.
    pub(crate) fn rows_columns(&self) -> Result<(usize, usize), Fault> {
        match self.dims[..] {
            [columns] => Ok((1, columns)),
            [rows, columns] => Ok((rows, columns)),
            _ => Err(format!("expected rows and columns, found {:?}", self.dims).into()),
        }
    }

    pub(crate) fn i64(&self) -> Result<&[i64], Fault> {
        match &self.data {
            Data::I64(v) => Ok(v),
            other => Err(format!("expected int64 elements, found {}", other.name()).into()),
        }
    }

    pub(crate) fn bool(&self) -> Result<&[bool], Fault> {
        match &self.data {
            Data::Bool(v) => Ok(v),
            other => Err(format!("expected bool elements, found {}", other.name()).into()),
        }
    }

    /// Any numbers as `f32`, the type in which the `ai.onnx.ml` operators compute.
    pub(crate) fn to_f32(&self) -> Result<std::borrow::Cow<'_, [f32]>, Fault> {
        Ok(match &self.data {
            Data::F32(v) => v.into(),
            Data::F64(v) => v.iter().map(|x| *x as f32).collect(),
            Data::I64(v) => v.iter().map(|x| *x as f32).collect(),
            Data::Bool(v) => v.iter().map(|x| f32::from(u8::from(*x))).collect(),
            Data::Text(_) => return Err("expected numbers, found string elements".into()),
        })
    }
}

impl TryFrom<&proto::TensorProto> for Tensor {
    type Error = Fault;

    fn try_from(message: &proto::TensorProto) -> Result<Self, Fault> {
        if message.data_location() == 1 {
            return Err("its data lies in another file: save the model as one file".into());
        }
        let dims: Vec<usize> = message
            .dims
            .iter()
            .map(|d| usize::try_from(*d).map_err(|_| Fault::from(format!("dimension {d}"))))
            .collect::<Result<_, _>>()?;
        Tensor::new(dims, elements_of(message)?)
    }
}

fn elements_of(message: &proto::TensorProto) -> Result<Data, Fault> {
    let raw = message.raw_data.as_deref();
    let wide = |v: &Vec<i32>| v.iter().map(|x| i64::from(*x)).collect::<Vec<i64>>();
    Ok(match (message.data_type(), raw) {
        (1, Some(raw)) => Data::F32(little_endian(raw, f32::from_le_bytes)),
        (1, None) => Data::F32(message.float_data.clone()),
        (11, Some(raw)) => Data::F64(little_endian(raw, f64::from_le_bytes)),
        (11, None) => Data::F64(message.double_data.clone()),
        (7, Some(raw)) => Data::I64(little_endian(raw, i64::from_le_bytes)),
        (7, None) => Data::I64(message.int64_data.clone()),
        (6, Some(raw)) => Data::I64(little_endian(raw, |b| i32::from_le_bytes(b).into())),
        (2..=6, None) => Data::I64(wide(&message.int32_data)),
        (9, Some(raw)) => Data::Bool(raw.iter().map(|b| *b != 0).collect()),
        (9, None) => Data::Bool(message.int32_data.iter().map(|b| *b != 0).collect()),
        (8, _) => Data::Text(message.string_data.iter().map(|s| text(s)).collect()),
        (other, _) => return Err(format!("element type {other} is not supported").into()),
    })
}

fn little_endian<T, const N: usize>(raw: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks::<N>().0.iter().map(|b| read(*b)).collect()
}

/// Text of a file, with what is not UTF-8 replaced.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
