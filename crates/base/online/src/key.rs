//! The key of an entity: the values of its join keys, as bytes that are equal when they are.

use crate::error::OnlineError;
use crate::value::Value;

const WHOLE: u8 = 1;
const TEXT: u8 = 2;
const BYTES: u8 = 3;
const BOOL: u8 = 4;
const TIMESTAMP: u8 = 5;

/// The key of an entity. Whole numbers of 32 and of 64 bits are the same key; keys of one whole
/// number are in its order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityKey(Vec<u8>);

impl EntityKey {
    /// Of the values of the join keys, in the order that the view has them in.
    pub fn new(values: &[Value]) -> Result<Self, OnlineError> {
        let mut bytes = Vec::with_capacity(9 * values.len());
        values.iter().try_for_each(|value| put(&mut bytes, value))?;
        Ok(Self(bytes))
    }

    /// As bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Appends one value of a key.
pub(crate) fn put(out: &mut Vec<u8>, value: &Value) -> Result<(), OnlineError> {
    match value {
        Value::Int32(number) => put_whole(out, WHOLE, (*number).into()),
        Value::Int64(number) => put_whole(out, WHOLE, *number),
        Value::Timestamp(at) => put_whole(out, TIMESTAMP, *at),
        Value::Text(text) => put_bytes(out, TEXT, text.as_bytes()),
        Value::Bytes(bytes) => put_bytes(out, BYTES, bytes),
        Value::Bool(yes) => out.extend([BOOL, u8::from(*yes)]),
        other => return Err(OnlineError::Key { kind: other.kind() }),
    }
    Ok(())
}

fn put_whole(out: &mut Vec<u8>, tag: u8, number: i64) {
    out.push(tag);
    out.extend(ordered(number));
}

fn put_bytes(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    crate::codec::put_count(out, bytes.len() as u64);
    out.extend(bytes);
}

/// A number as bytes that compare as it does.
pub(crate) fn ordered(number: i64) -> [u8; 8] {
    ((number as u64) ^ (1 << 63)).to_be_bytes()
}

/// The number that [`ordered`] made these bytes of.
pub(crate) fn unordered(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ (1 << 63)) as i64
}
