//! Tensors as raw bytes: little-endian, row by row; each element of BYTES behind its length.

use half::f16;

use crate::tensor::check_numbers;
use crate::{Data, Datatype, ServingError};

/// Reads the elements of a tensor.
///
/// # Errors
/// [`ServingError::Invalid`] where the bytes are not exactly so many elements, or where a whole
/// number is beyond what is exact as `f64`.
pub fn decode(
    name: &str,
    datatype: Datatype,
    count: usize,
    bytes: &[u8],
) -> Result<Data, ServingError> {
    let Some(size) = datatype.size() else { return strings(name, count, bytes).map(Data::Bytes) };
    if count.checked_mul(size) != Some(bytes.len()) {
        return Err(ServingError::Invalid(format!(
            "input '{name}' has {} bytes, and {count} elements of {datatype} are {} bytes",
            bytes.len(),
            count.saturating_mul(size)
        )));
    }
    let numbers = numbers(datatype, bytes);
    check_numbers(name, datatype, &numbers)?;
    Ok(Data::Numbers(numbers))
}

macro_rules! read {
    ($bytes:expr, $type:ty) => {
        read!($bytes, $type, |v: $type| v as f64)
    };
    ($bytes:expr, $type:ty, $number:expr) => {
        $bytes
            .as_chunks::<{ size_of::<$type>() }>()
            .0
            .iter()
            .map(|chunk| $number(<$type>::from_le_bytes(*chunk)))
            .collect()
    };
}

fn numbers(datatype: Datatype, bytes: &[u8]) -> Vec<f64> {
    match datatype {
        Datatype::Bool | Datatype::Uint8 | Datatype::Bytes => {
            bytes.iter().map(|b| f64::from(*b)).collect()
        }
        Datatype::Int8 => read!(bytes, i8),
        Datatype::Uint16 => read!(bytes, u16),
        Datatype::Int16 => read!(bytes, i16),
        Datatype::Uint32 => read!(bytes, u32),
        Datatype::Int32 => read!(bytes, i32),
        Datatype::Uint64 => read!(bytes, u64),
        Datatype::Int64 => read!(bytes, i64),
        Datatype::Fp16 => read!(bytes, f16, |v: f16| f64::from(v)),
        Datatype::Fp32 => read!(bytes, f32),
        Datatype::Fp64 => read!(bytes, f64),
    }
}

fn strings(name: &str, count: usize, bytes: &[u8]) -> Result<Vec<Vec<u8>>, ServingError> {
    let wrong = |what: &str| ServingError::Invalid(format!("input '{name}' of BYTES {what}"));
    // Each element has four bytes at least.
    if count > bytes.len() / 4 {
        return Err(wrong(&format!("ends before its {count} elements")));
    }
    let (mut rest, mut out) = (bytes, Vec::with_capacity(count));
    for _ in 0..count {
        let (length, after) =
            rest.split_first_chunk::<4>().ok_or_else(|| wrong("ends too early"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (text, after) =
            after.split_at_checked(length).ok_or_else(|| wrong("ends within an element"))?;
        out.push(text.to_vec());
        rest = after;
    }
    match rest.is_empty() {
        true => Ok(out),
        false => Err(wrong(&format!("has {} bytes too many", rest.len()))),
    }
}

/// Writes the elements of a tensor. Numbers that their datatype cannot hold take its nearest one.
pub fn encode(datatype: Datatype, data: &Data) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() * datatype.size().unwrap_or(16));
    match data {
        Data::Bytes(texts) => {
            for text in texts {
                out.extend_from_slice(&(text.len() as u32).to_le_bytes());
                out.extend_from_slice(text);
            }
        }
        Data::Numbers(numbers) => numbers.iter().for_each(|v| put(&mut out, datatype, *v)),
    }
    out
}

fn put(out: &mut Vec<u8>, datatype: Datatype, v: f64) {
    match datatype {
        Datatype::Bool => out.push(u8::from(v != 0.0)),
        Datatype::Uint8 => out.push(v as u8),
        Datatype::Int8 => out.extend_from_slice(&(v as i8).to_le_bytes()),
        Datatype::Uint16 => out.extend_from_slice(&(v as u16).to_le_bytes()),
        Datatype::Int16 => out.extend_from_slice(&(v as i16).to_le_bytes()),
        Datatype::Uint32 => out.extend_from_slice(&(v as u32).to_le_bytes()),
        Datatype::Int32 => out.extend_from_slice(&(v as i32).to_le_bytes()),
        Datatype::Uint64 => out.extend_from_slice(&(v as u64).to_le_bytes()),
        Datatype::Int64 => out.extend_from_slice(&(v as i64).to_le_bytes()),
        Datatype::Fp16 => out.extend_from_slice(&f16::from_f64(v).to_le_bytes()),
        Datatype::Fp32 => out.extend_from_slice(&(v as f32).to_le_bytes()),
        Datatype::Fp64 => out.extend_from_slice(&v.to_le_bytes()),
        Datatype::Bytes => {
            let text = v.to_string();
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
    }
}
