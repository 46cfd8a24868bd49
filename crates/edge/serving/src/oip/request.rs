//! A request for inference, read.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{decode, quoted};
use crate::flat::word;
use crate::tensor::{check_numbers, elements};
use crate::{Data, Datatype, Flat, Limits, ServingError, Tensor};

/// A request for inference.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InferRequest {
    /// What the answer repeats.
    pub id: Option<String>,
    /// What is asked beside tensors.
    pub parameters: Map<String, Value>,
    /// The inputs.
    pub inputs: Vec<Tensor>,
    /// The outputs that are wanted; none means all.
    pub outputs: Vec<Requested>,
    /// Whether outputs that are not named one by one come as raw bytes.
    pub binary: bool,
}

/// An output that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// Its name.
    pub name: String,
    /// Whether it comes as raw bytes.
    pub binary: bool,
}

#[derive(Deserialize)]
struct Wire {
    id: Option<String>,
    parameters: Option<Map<String, Value>>,
    #[serde(default)]
    inputs: Vec<WireInput>,
    outputs: Option<Vec<WireOutput>>,
}

#[derive(Deserialize)]
struct WireInput {
    name: String,
    shape: Vec<i64>,
    datatype: String,
    parameters: Option<Map<String, Value>>,
    data: Option<Flat>,
}

#[derive(Deserialize)]
struct WireOutput {
    name: String,
    parameters: Option<Map<String, Value>>,
}

impl InferRequest {
    /// Reads a body. `header` is how many bytes of it are JSON, where raw tensors follow.
    ///
    /// # Errors
    /// [`ServingError::Malformed`], [`ServingError::Invalid`] or [`ServingError::TooLarge`], saying
    /// which input is wrong and how.
    pub fn read(body: &[u8], header: Option<usize>, limits: &Limits) -> Result<Self, ServingError> {
        let (json, raw) = match header {
            None => (body, &[][..]),
            Some(length) => body.split_at_checked(length).ok_or_else(|| {
                let found = body.len();
                ServingError::Malformed(format!(
                    "the header says that {length} bytes are JSON, and the body has {found}"
                ))
            })?,
        };
        let wire: Wire = serde_json::from_slice(&quoted(json)).map_err(|error| {
            ServingError::Malformed(format!("the request is not an inference request: {error}"))
        })?;
        let parameters = wire.parameters.unwrap_or_default();
        let mut raw = Raw { bytes: raw };
        let mut cells = 0usize;
        let mut inputs = Vec::with_capacity(wire.inputs.len());
        for input in wire.inputs {
            let (shape, count) = elements(&input.name, &input.shape)?;
            cells = cells.saturating_add(count);
            limits.check_cells(cells)?;
            inputs.push(raw.tensor(input, shape, count)?);
        }
        raw.end()?;
        if inputs.is_empty() {
            return Err(ServingError::Invalid("the request has no inputs".to_owned()));
        }
        let binary = flag(&parameters, "binary_data_output")?.unwrap_or(false);
        let outputs = wire.outputs.unwrap_or_default().into_iter().map(|o| wanted(o, binary));
        let outputs = outputs.collect::<Result<_, _>>()?;
        Ok(Self { id: wire.id, parameters, inputs, outputs, binary })
    }
}

fn wanted(output: WireOutput, binary: bool) -> Result<Requested, ServingError> {
    let parameters = output.parameters.unwrap_or_default();
    if parameters.get("classification").is_some_and(|n| n != 0) {
        return Err(ServingError::Invalid(format!(
            "output '{}': the classification extension is not offered, ask for the tensor",
            output.name
        )));
    }
    let binary = flag(&parameters, "binary_data")?.unwrap_or(binary);
    Ok(Requested { name: output.name, binary })
}

fn flag(parameters: &Map<String, Value>, name: &str) -> Result<Option<bool>, ServingError> {
    match parameters.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(ServingError::Invalid(format!(
            "parameter '{name}' must be true or false, not {other}"
        ))),
    }
}

/// The raw bytes that are not taken yet.
struct Raw<'a> {
    bytes: &'a [u8],
}

impl Raw<'_> {
    fn tensor(
        &mut self,
        input: WireInput,
        shape: Vec<usize>,
        count: usize,
    ) -> Result<Tensor, ServingError> {
        let name = input.name;
        let datatype = Datatype::parse(&input.datatype)
            .map_err(|error| ServingError::Invalid(format!("input '{name}': {error}")))?;
        let size = input.parameters.as_ref().and_then(|p| p.get("binary_data_size"));
        let data = match (size, input.data) {
            (Some(size), None) => {
                let size = size.as_u64().and_then(|size| usize::try_from(size).ok());
                let split = size.and_then(|size| self.bytes.split_at_checked(size));
                let (own, rest) = split.ok_or_else(|| {
                    let left = self.bytes.len();
                    let what = "must be a length within the body";
                    ServingError::Invalid(format!(
                        "input '{name}': binary_data_size {what}, of which {left} bytes are left"
                    ))
                })?;
                self.bytes = rest;
                decode(&name, datatype, count, own)?
            }
            (None, Some(flat)) => cells(&name, datatype, &shape, count, flat)?,
            (None, None) => {
                return Err(ServingError::Invalid(format!("input '{name}' has no data")));
            }
            (Some(_), Some(_)) => {
                return Err(ServingError::Invalid(format!(
                    "input '{name}' has data within the JSON and binary data: send one of them"
                )));
            }
        };
        Ok(Tensor { name, datatype, shape, data })
    }

    fn end(&self) -> Result<(), ServingError> {
        match self.bytes.len() {
            0 => Ok(()),
            left => Err(ServingError::Invalid(format!(
                "{left} bytes behind the JSON belong to no input: give binary_data_size"
            ))),
        }
    }
}

/// The elements of a tensor that stand in JSON: nested as the shape says, or in one row.
fn cells(
    name: &str,
    datatype: Datatype,
    shape: &[usize],
    count: usize,
    flat: Flat,
) -> Result<Data, ServingError> {
    let wrong = |what: String| ServingError::Invalid(format!("input '{name}' {what}"));
    if flat.ragged {
        return Err(wrong("has arrays of different lengths".to_owned()));
    }
    if flat.dims.is_empty() {
        return Err(wrong("has data that is no array".to_owned()));
    }
    let flattened = flat.dims == [count];
    if flat.len() != count || !(flattened || flat.dims == shape) {
        let found = &flat.dims;
        return Err(wrong(format!("has data of shape {found:?}, and its shape is {shape:?}")));
    }
    if datatype == Datatype::Bytes {
        if flat.texts.len() != count {
            return Err(wrong("of BYTES must hold texts only".to_owned()));
        }
        let texts = flat.texts.into_iter().map(|(_, text)| text.into_bytes());
        return Ok(Data::Bytes(texts.collect()));
    }
    let mut numbers = flat.numbers;
    for (at, text) in flat.texts {
        let number = word(&text).filter(|_| datatype.is_float());
        let no = || wrong(format!("holds the text '{text}', which is no {datatype}"));
        numbers[at] = number.ok_or_else(no)?;
    }
    check_numbers(name, datatype, &numbers)?;
    Ok(Data::Numbers(numbers))
}
