//! Writing an ONNX file: messages from plain values.

use prost::Message;

use super::proto::{self, AttributeProto, NodeProto};

/// Element types by their numbers in the format.
pub(crate) const FLOAT: i32 = 1;
pub(crate) const INT64: i32 = 7;
pub(crate) const DOUBLE: i32 = 11;
/// Who wrote the file. What this crate writes treats every row alone.
pub(crate) const PRODUCER: &str = "trimtab";
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

/// A graph that grows from the features to the forecast.
///
/// A model reads [`Graph::input`], which is the features as they are given until something was put
/// in front of it with [`Graph::prepared`].
#[derive(Clone)]
pub(crate) struct Graph {
    names: Vec<String>,
    input: String,
    nodes: Vec<NodeProto>,
    constants: Vec<proto::TensorProto>,
}

impl Graph {
    pub(crate) fn new(names: &[String]) -> Self {
        let (nodes, constants) = (Vec::new(), Vec::new());
        Self { names: names.to_vec(), input: INPUT.to_owned(), nodes, constants }
    }

    /// The value that the next part reads.
    pub(crate) fn input(&self) -> String {
        self.input.clone()
    }

    /// From now on parts read `value`.
    pub(crate) fn prepared(&mut self, value: &str) {
        self.input = value.to_owned();
    }

    /// Adds a node of `ai.onnx.ml` with one input and one output.
    pub(crate) fn ml(
        &mut self,
        operator: &str,
        input: &str,
        output: &str,
        attributes: Vec<(&str, Value)>,
    ) {
        self.push(operator, &[input], &[output], attributes, "ai.onnx.ml");
    }

    /// Adds a node of `ai.onnx`.
    pub(crate) fn ai(
        &mut self,
        operator: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: Vec<(&str, Value)>,
    ) {
        self.push(operator, inputs, outputs, attributes, "");
    }

    fn push(
        &mut self,
        operator: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: Vec<(&str, Value)>,
        domain: &str,
    ) {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        self.nodes.push(NodeProto {
            input: owned(inputs),
            output: owned(outputs),
            name: Some(outputs[0].to_owned()),
            op_type: Some(operator.to_owned()),
            attribute: attributes.into_iter().map(attribute).collect(),
            domain: Some(domain.to_owned()),
        });
    }

    /// Adds a constant of `f32`.
    pub(crate) fn floats(&mut self, name: &str, dims: &[usize], values: Vec<f32>) {
        let tensor = proto::TensorProto { float_data: values, ..constant(name, dims, FLOAT) };
        self.constants.push(tensor);
    }

    /// Adds a constant of `f64`.
    pub(crate) fn doubles(&mut self, name: &str, dims: &[usize], values: Vec<f64>) {
        let tensor = proto::TensorProto { double_data: values, ..constant(name, dims, DOUBLE) };
        self.constants.push(tensor);
    }

    /// Adds a constant of `i64`.
    pub(crate) fn ints(&mut self, name: &str, values: Vec<i64>) {
        let dims = [values.len()];
        let tensor = proto::TensorProto { int64_data: values, ..constant(name, &dims, INT64) };
        self.constants.push(tensor);
    }

    /// The bytes of a file whose output is the value [`OUTPUT`]: one number for each row.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes(OUTPUT, 1)
    }

    /// The bytes of a file whose output is what the next part would read.
    pub(crate) fn so_far(&self, columns: usize) -> Vec<u8> {
        self.clone().bytes(&self.input, columns)
    }

    fn bytes(self, output: &str, columns: usize) -> Vec<u8> {
        let graph = proto::GraphProto {
            node: self.nodes,
            name: Some(PRODUCER.to_owned()),
            initializer: self.constants,
            input: vec![matrix(INPUT, self.names.len())],
            output: vec![matrix(output, columns)],
        };
        let opset = |(domain, version): (&str, i64)| proto::OperatorSetIdProto {
            domain: Some(domain.to_owned()),
            version: Some(version),
        };
        let model = proto::ModelProto {
            ir_version: Some(IR_VERSION),
            producer_name: Some(PRODUCER.to_owned()),
            graph: Some(graph),
            opset_import: OPSETS.map(opset).to_vec(),
            metadata_props: vec![proto::StringStringEntryProto {
                key: Some("features".to_owned()),
                value: Some(self.names.join(",")),
            }],
        };
        model.encode_to_vec()
    }
}

fn constant(name: &str, dims: &[usize], kind: i32) -> proto::TensorProto {
    proto::TensorProto {
        dims: dims.iter().map(|d| *d as i64).collect(),
        data_type: Some(kind),
        name: Some(name.to_owned()),
        ..proto::TensorProto::default()
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
