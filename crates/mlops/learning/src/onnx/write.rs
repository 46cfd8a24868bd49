//! Writing an ONNX file: messages from plain values.

use prost::Message;

use super::proto::{self, AttributeProto, NodeProto};

const FLOAT: i32 = 1;
/// Operator sets of the files that this crate writes; onnxruntime 1.10 and newer reads them.
const OPSETS: [(&str, i64); 2] = [("", 13), ("ai.onnx.ml", 3)];
/// The version of the file format that goes with those operator sets.
const IR_VERSION: i64 = 7;
/// The graph's input and output.
pub(crate) const INPUT: &str = "features";
/// The name of the forecast.
pub(crate) const OUTPUT: &str = "forecast";

/// The value of an attribute.
pub(crate) enum Value {
    Int(i64),
    Text(&'static str),
    Float(f32),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Texts(Vec<&'static str>),
}

/// A node of `ai.onnx.ml` with one input and one output.
pub(crate) fn node(
    operator: &str,
    input: &str,
    output: &str,
    attributes: Vec<(&str, Value)>,
) -> NodeProto {
    NodeProto {
        input: vec![input.to_owned()],
        output: vec![output.to_owned()],
        name: Some(output.to_owned()),
        op_type: Some(operator.to_owned()),
        attribute: attributes.into_iter().map(attribute).collect(),
        domain: Some("ai.onnx.ml".to_owned()),
    }
}

fn attribute((name, value): (&str, Value)) -> AttributeProto {
    let mut message = AttributeProto { name: Some(name.to_owned()), ..AttributeProto::default() };
    let bytes = |t: &str| t.as_bytes().to_vec();
    let kind = match value {
        Value::Float(v) => (message.f = Some(v), 1).1,
        Value::Int(v) => (message.i = Some(v), 2).1,
        Value::Text(v) => (message.s = Some(bytes(v)), 3).1,
        Value::Floats(v) => (message.floats = v, 6).1,
        Value::Ints(v) => (message.ints = v, 7).1,
        Value::Texts(v) => (message.strings = v.into_iter().map(bytes).collect(), 8).1,
    };
    message.r#type = Some(kind);
    message
}

/// The bytes of a file whose graph takes rows of the named features and gives one number for each.
pub(crate) fn file(names: &[String], nodes: Vec<NodeProto>) -> Vec<u8> {
    let graph = proto::GraphProto {
        node: nodes,
        name: Some("trimtab".to_owned()),
        initializer: Vec::new(),
        input: vec![matrix(INPUT, names.len())],
        output: vec![matrix(OUTPUT, 1)],
    };
    let opset = |(domain, version): (&str, i64)| proto::OperatorSetIdProto {
        domain: Some(domain.to_owned()),
        version: Some(version),
    };
    let model = proto::ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some("trimtab".to_owned()),
        graph: Some(graph),
        opset_import: OPSETS.map(opset).to_vec(),
        metadata_props: vec![proto::StringStringEntryProto {
            key: Some("features".to_owned()),
            value: Some(names.join(",")),
        }],
    };
    model.encode_to_vec()
}

/// Any number of rows of `f32` columns.
fn matrix(name: &str, columns: usize) -> proto::ValueInfoProto {
    use proto::tensor_shape_proto::{Dimension, dimension::Value};
    let rows = Value::DimParam("rows".to_owned());
    let dim = [rows, Value::DimValue(columns as i64)]
        .map(|value| Dimension { value: Some(value) })
        .to_vec();
    proto::ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(proto::TypeProto {
            tensor_type: Some(proto::type_proto::Tensor {
                elem_type: Some(FLOAT),
                shape: Some(proto::TensorShapeProto { dim }),
            }),
        }),
    }
}
