//! An answer to a request for inference, written.

use std::io::Write;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Requested, encode};
use crate::{Data, Datatype, ServingError, Tensor};

/// An answer to a request for inference.
#[derive(Debug, Clone, PartialEq)]
pub struct InferResponse {
    /// The model.
    pub model_name: String,
    /// Its version.
    pub model_version: String,
    /// What the request was called.
    pub id: Option<String>,
    /// What is said beside tensors.
    pub parameters: Map<String, Value>,
    /// The outputs.
    pub outputs: Vec<Tensor>,
}

#[derive(Serialize)]
struct Head<'a> {
    model_name: &'a str,
    model_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    parameters: &'a Map<String, Value>,
}

impl InferResponse {
    /// Keeps the outputs that are wanted, in the order in which they were asked for.
    ///
    /// # Errors
    /// [`ServingError::Invalid`] for an output that the model does not have.
    pub fn select(&mut self, wanted: &[Requested]) -> Result<(), ServingError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let find = |wanted: &Requested| {
            let found = self.outputs.iter().find(|output| output.name == wanted.name).cloned();
            found.ok_or_else(|| {
                let known: Vec<&str> = self.outputs.iter().map(|o| o.name.as_str()).collect();
                ServingError::Invalid(format!(
                    "unexpected inference output '{}' for model '{}': it has {}",
                    wanted.name,
                    self.model_name,
                    known.join(", ")
                ))
            })
        };
        self.outputs = wanted.iter().map(find).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// The body, and how many bytes of it are JSON where raw tensors follow. `wanted` are the outputs
    /// as they were asked for, `binary` is what holds where none were named.
    pub fn write(&self, wanted: &[Requested], binary: bool) -> (Vec<u8>, Option<usize>) {
        let raw: Vec<Option<Vec<u8>>> = (self.outputs.iter().enumerate())
            .map(|(at, output)| {
                let is_raw = wanted.get(at).map_or(binary, |wanted| wanted.binary);
                is_raw.then(|| encode(output.datatype, &output.data))
            })
            .collect();
        let head = Head {
            model_name: &self.model_name,
            model_version: &self.model_version,
            id: self.id.as_deref(),
            parameters: &self.parameters,
        };
        let mut out = serde_json::to_vec(&head).expect("texts and parameters can be written");
        out.pop();
        out.extend_from_slice(b",\"outputs\":[");
        for (at, (output, raw)) in self.outputs.iter().zip(&raw).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            tensor(&mut out, output, raw.as_deref());
        }
        out.extend_from_slice(b"]}");
        let json = out.len();
        if raw.iter().all(Option::is_none) {
            return (out, None);
        }
        raw.iter().flatten().for_each(|raw| out.extend_from_slice(raw));
        (out, Some(json))
    }
}

fn tensor(out: &mut Vec<u8>, tensor: &Tensor, raw: Option<&[u8]>) {
    let name = Value::from(tensor.name.as_str());
    let (shape, datatype) = (&tensor.shape, tensor.datatype);
    let written = match raw {
        Some(raw) => {
            let size = raw.len();
            write!(
                out,
                "{{\"name\":{name},\"datatype\":\"{datatype}\",\"shape\":{shape:?},\
                 \"parameters\":{{\"binary_data_size\":{size}}}}}"
            )
        }
        None => write!(
            out,
            "{{\"name\":{name},\"datatype\":\"{datatype}\",\"shape\":{shape:?},\"data\":["
        ),
    };
    written.expect("memory takes all that is written");
    if raw.is_some() {
        return;
    }
    match &tensor.data {
        Data::Numbers(numbers) => {
            for (at, number) in numbers.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_number(out, datatype, *number);
            }
        }
        Data::Bytes(texts) => {
            for (at, text) in texts.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                let text = String::from_utf8_lossy(text);
                serde_json::to_writer(&mut *out, &text).expect("a text can be written");
            }
        }
    }
    out.extend_from_slice(b"]}");
}

/// A number of a datatype as JSON; what JSON does not have is a text.
pub fn write_number(out: &mut Vec<u8>, datatype: Datatype, number: f64) {
    let written = match datatype {
        _ if number.is_nan() => write!(out, "\"NaN\""),
        _ if number == f64::INFINITY => write!(out, "\"Infinity\""),
        _ if number == f64::NEG_INFINITY => write!(out, "\"-Infinity\""),
        Datatype::Bool => write!(out, "{}", number != 0.0),
        Datatype::Fp64 => serde_json::to_writer(&mut *out, &number).map_err(Into::into),
        Datatype::Fp16 | Datatype::Fp32 => {
            serde_json::to_writer(&mut *out, &(number as f32)).map_err(Into::into)
        }
        Datatype::Uint64 => write!(out, "{}", number as u64),
        _ => write!(out, "{}", number as i64),
    };
    written.expect("memory takes all that is written");
}
