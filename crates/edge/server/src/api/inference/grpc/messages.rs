//! Messages of gRPC as the nouns of the room `serving`, and back.

use serde_json::{Map, Value};
use serving::oip::{InferRequest, InferResponse, Requested, decode, encode};
use serving::{Data, Datatype, Limits, ServingError, Tensor};

use super::proto::infer_parameter::ParameterChoice;
use super::proto::model_infer_request::InferInputTensor;
use super::proto::model_infer_response::InferOutputTensor;
use super::proto::{InferParameter, InferTensorContents, ModelInferRequest, ModelInferResponse};

/// A request, read.
pub(super) fn read(
    message: ModelInferRequest,
    limits: &Limits,
) -> Result<InferRequest, ServingError> {
    let raw = &message.raw_input_contents;
    if !raw.is_empty() && raw.len() != message.inputs.len() {
        return Err(ServingError::Invalid(format!(
            "{} raw contents for {} inputs: send one for each, or none",
            raw.len(),
            message.inputs.len()
        )));
    }
    let mut cells = 0usize;
    let mut inputs = Vec::with_capacity(message.inputs.len());
    for (at, input) in message.inputs.into_iter().enumerate() {
        let tensor = tensor(input, raw.get(at).map(Vec::as_slice), limits, &mut cells)?;
        inputs.push(tensor);
    }
    if inputs.is_empty() {
        return Err(ServingError::Invalid("the request has no inputs".to_owned()));
    }
    let outputs = message.outputs.into_iter();
    let outputs = outputs.map(|output| Requested { name: output.name, binary: true }).collect();
    let parameters = message.parameters.into_iter();
    let parameters: Map<String, Value> =
        parameters.filter_map(|(name, value)| Some((name, json(value)?))).collect();
    let id = Some(message.id).filter(|id| !id.is_empty());
    Ok(InferRequest { id, parameters, inputs, outputs, binary: true })
}

fn json(parameter: InferParameter) -> Option<Value> {
    Some(match parameter.parameter_choice? {
        ParameterChoice::BoolParam(v) => v.into(),
        ParameterChoice::Int64Param(v) => v.into(),
        ParameterChoice::StringParam(v) => v.into(),
        ParameterChoice::DoubleParam(v) => v.into(),
        ParameterChoice::Uint64Param(v) => v.into(),
    })
}

fn tensor(
    input: InferInputTensor,
    raw: Option<&[u8]>,
    limits: &Limits,
    cells: &mut usize,
) -> Result<Tensor, ServingError> {
    let name = input.name;
    let datatype = Datatype::parse(&input.datatype)?;
    let (shape, count) = serving::elements(&name, &input.shape)?;
    *cells = cells.saturating_add(count);
    limits.check_cells(*cells)?;
    let data = match (raw, input.contents) {
        (Some(raw), None) => decode(&name, datatype, count, raw)?,
        (None, Some(contents)) => of_contents(&name, datatype, contents)?,
        (None, None) if count == 0 => Data::Numbers(Vec::new()),
        (None, None) => {
            return Err(ServingError::Invalid(format!("input '{name}' has no contents")));
        }
        (Some(_), Some(_)) => {
            return Err(ServingError::Invalid(format!(
                "input '{name}' has contents and raw contents: send one of them"
            )));
        }
    };
    if data.len() != count {
        return Err(ServingError::Invalid(format!(
            "input '{name}' has {} elements, and its shape {shape:?} has {count}",
            data.len()
        )));
    }
    Ok(Tensor { name, datatype, shape, data })
}

fn of_contents(
    name: &str,
    datatype: Datatype,
    contents: InferTensorContents,
) -> Result<Data, ServingError> {
    let numbers: Vec<f64> = match datatype {
        Datatype::Bytes => return Ok(Data::Bytes(contents.bytes_contents)),
        Datatype::Bool => {
            contents.bool_contents.into_iter().map(|v| f64::from(u8::from(v))).collect()
        }
        Datatype::Int8 | Datatype::Int16 | Datatype::Int32 => {
            contents.int_contents.into_iter().map(f64::from).collect()
        }
        Datatype::Int64 => contents.int64_contents.into_iter().map(|v| v as f64).collect(),
        Datatype::Uint8 | Datatype::Uint16 | Datatype::Uint32 => {
            contents.uint_contents.into_iter().map(f64::from).collect()
        }
        Datatype::Uint64 => contents.uint64_contents.into_iter().map(|v| v as f64).collect(),
        Datatype::Fp32 => contents.fp32_contents.into_iter().map(f64::from).collect(),
        Datatype::Fp64 => contents.fp64_contents,
        Datatype::Fp16 => {
            return Err(ServingError::Invalid(format!(
                "input '{name}' of FP16 has no list of its own: send it as raw contents"
            )));
        }
    };
    serving::check_numbers(name, datatype, &numbers)?;
    Ok(Data::Numbers(numbers))
}

/// An answer, written: all tensors as raw bytes.
pub(super) fn write(response: InferResponse) -> ModelInferResponse {
    let raw = response.outputs.iter().map(|output| encode(output.datatype, &output.data)).collect();
    let outputs = response.outputs.into_iter().map(|output| InferOutputTensor {
        name: output.name,
        datatype: output.datatype.word().to_owned(),
        shape: output.shape.iter().map(|dim| i64::try_from(*dim).unwrap_or(i64::MAX)).collect(),
        ..InferOutputTensor::default()
    });
    let parameters = response.parameters.into_iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let choice = ParameterChoice::StringParam(text);
        (name, InferParameter { parameter_choice: Some(choice) })
    });
    ModelInferResponse {
        model_name: response.model_name,
        model_version: response.model_version,
        id: response.id.unwrap_or_default(),
        parameters: parameters.collect(),
        outputs: outputs.collect(),
        raw_output_contents: raw,
    }
}
