//! What goes into a model file and what comes out: names, element types and dimensions.
//!
//! In: the bytes of an ONNX file. Out: its [`Port`]s, as the file states them.

use prost::Message;

use crate::LearnError;
use crate::onnx::proto::{ModelProto, ValueInfoProto, tensor_shape_proto::dimension};

/// An input or an output of a model file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name in the file.
    pub name: String,
    /// The type of its elements, by its number in the ONNX format: 1 is `f32`, 7 `i64`, 8 text,
    /// 9 truth values, 11 `f64`. `None` where the file states no tensor.
    pub element: Option<i32>,
    /// Its dimensions; `None` for one that the file leaves open.
    pub dims: Vec<Option<usize>>,
}

/// The inputs and the outputs of a file, in its order. Inputs that are constants are left out.
///
/// # Errors
/// [`LearnError::Malformed`] where the bytes are no such file.
pub fn ports(onnx: &[u8]) -> Result<(Vec<Port>, Vec<Port>), LearnError> {
    let malformed = |problem: String| LearnError::Malformed { problem };
    let message = ModelProto::decode(onnx)
        .map_err(|error| malformed(format!("it is not an ONNX file ({error})")))?;
    let graph = message.graph.ok_or_else(|| malformed("it has no graph".to_owned()))?;
    let constant = |port: &&ValueInfoProto| {
        !graph.initializer.iter().any(|constant| constant.name() == port.name())
    };
    let inputs = graph.input.iter().filter(constant).map(port).collect();
    Ok((inputs, graph.output.iter().map(port).collect()))
}

fn port(info: &ValueInfoProto) -> Port {
    let tensor = info.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let dims = tensor.and_then(|tensor| tensor.shape.as_ref()).map(|shape| {
        let size = |dim: &crate::onnx::proto::tensor_shape_proto::Dimension| match dim.value {
            Some(dimension::Value::DimValue(size)) => usize::try_from(size).ok(),
            _ => None,
        };
        shape.dim.iter().map(size).collect()
    });
    Port {
        name: info.name().to_owned(),
        element: tensor.map(|tensor| tensor.elem_type()),
        dims: dims.unwrap_or_default(),
    }
}
