//! Values as bytes: a tag, then what the tag says. Numbers are little-endian; whole numbers and
//! lengths are as short as they can be.
//!
//! | tag | value | bytes after it |
//! |---|---|---|
//! | 0, 1, 2 | null, false, true | none |
//! | 3, 4 | int32, int64 | zigzag, seven bits a byte |
//! | 5, 6 | float32, float64 | 4, 8 |
//! | 7, 8 | text, bytes | length, then as many |
//! | 9 | timestamp | 8 |
//! | 10 | list | tag of all items or 0 (bools and lists have 0), their number, the items (with a tag each after 0) |

use crate::error::OnlineError;
use crate::value::Value;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT32: u8 = 3;
const INT64: u8 = 4;
const FLOAT32: u8 = 5;
const FLOAT64: u8 = 6;
const TEXT: u8 = 7;
const BYTES: u8 = 8;
const TIMESTAMP: u8 = 9;
const LIST: u8 = 10;

/// Lists in lists, at most.
const DEPTH: usize = 16;

/// Appends a value.
pub fn put(out: &mut Vec<u8>, value: &Value) {
    out.push(tag(value));
    put_untagged(out, value);
}

/// Appends values one after the other.
pub fn put_all<'a>(out: &mut Vec<u8>, values: impl IntoIterator<Item = &'a Value>) {
    values.into_iter().for_each(|value| put(out, value));
}

/// Appends a whole number that is not below nought.
pub fn put_count(out: &mut Vec<u8>, mut count: u64) {
    while count >= 0x80 {
        out.push(count as u8 | 0x80);
        count >>= 7;
    }
    out.push(count as u8);
}

fn tag(value: &Value) -> u8 {
    match value {
        Value::Null => NULL,
        Value::Bool(false) => FALSE,
        Value::Bool(true) => TRUE,
        Value::Int32(_) => INT32,
        Value::Int64(_) => INT64,
        Value::Float32(_) => FLOAT32,
        Value::Float64(_) => FLOAT64,
        Value::Text(_) => TEXT,
        Value::Bytes(_) => BYTES,
        Value::Timestamp(_) => TIMESTAMP,
        Value::List(_) => LIST,
    }
}

fn put_untagged(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Int32(number) => put_count(out, zigzag((*number).into())),
        Value::Int64(number) => put_count(out, zigzag(*number)),
        Value::Float32(number) => out.extend(number.to_le_bytes()),
        Value::Float64(number) => out.extend(number.to_le_bytes()),
        Value::Text(text) => put_bytes(out, text.as_bytes()),
        Value::Bytes(bytes) => put_bytes(out, bytes),
        Value::Timestamp(at) => out.extend(at.to_le_bytes()),
        Value::List(items) => put_list(out, items),
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len() as u64);
    out.extend(bytes);
}

/// Items of one kind need its tag once.
fn put_list(out: &mut Vec<u8>, items: &[Value]) {
    let first = items.first().map_or(NULL, tag);
    let alike = first > TRUE && first != LIST && items.iter().all(|item| tag(item) == first);
    out.push(if alike { first } else { NULL });
    put_count(out, items.len() as u64);
    match alike {
        true => items.iter().for_each(|item| put_untagged(out, item)),
        false => put_all(out, items),
    }
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Reads values one after the other.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// From the first of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value.
    pub fn value(&mut self) -> Result<Value, OnlineError> {
        let tag = self.byte()?;
        self.untagged(tag, DEPTH)
    }

    /// Goes past the next value.
    pub fn skip(&mut self) -> Result<(), OnlineError> {
        let tag = self.byte()?;
        match tag {
            NULL | FALSE | TRUE => Ok(()),
            INT32 | INT64 => self.count().map(drop),
            FLOAT32 => self.take(4).map(drop),
            FLOAT64 | TIMESTAMP => self.take(8).map(drop),
            TEXT | BYTES => {
                let length = self.length()?;
                self.take(length).map(drop)
            }
            _ => self.untagged(tag, DEPTH).map(drop),
        }
    }

    /// The next whole number that is not below nought.
    pub fn count(&mut self) -> Result<u64, OnlineError> {
        let mut count = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            count |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(count);
            }
        }
        Err(damaged("a number has no end"))
    }

    fn untagged(&mut self, tag: u8, depth: usize) -> Result<Value, OnlineError> {
        Ok(match tag {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INT32 => {
                let number = i32::try_from(unzigzag(self.count()?));
                Value::Int32(number.map_err(|_| damaged("a number has more than 32 bits"))?)
            }
            INT64 => Value::Int64(unzigzag(self.count()?)),
            FLOAT32 => Value::Float32(f32::from_le_bytes(self.array()?)),
            FLOAT64 => Value::Float64(f64::from_le_bytes(self.array()?)),
            TEXT => {
                let length = self.length()?;
                let text = std::str::from_utf8(self.take(length)?);
                Value::Text(text.map_err(|_| damaged("text is not UTF-8"))?.to_owned())
            }
            BYTES => {
                let length = self.length()?;
                Value::Bytes(self.take(length)?.to_vec())
            }
            TIMESTAMP => Value::Timestamp(i64::from_le_bytes(self.array()?)),
            LIST if depth > 0 => self.list(depth - 1)?,
            _ => return Err(damaged("a value has no known type")),
        })
    }

    fn list(&mut self, depth: usize) -> Result<Value, OnlineError> {
        let all = self.byte()?;
        let length = self.length()?;
        let mut items = Vec::with_capacity(length);
        for _ in 0..length {
            let tag = if all == NULL { self.byte()? } else { all };
            items.push(self.untagged(tag, depth)?);
        }
        Ok(Value::List(items))
    }

    /// The length of what follows; every thing takes a byte at least.
    fn length(&mut self) -> Result<usize, OnlineError> {
        let length = usize::try_from(self.count()?).unwrap_or(usize::MAX);
        match length <= self.rest.len() {
            true => Ok(length),
            false => Err(damaged("a value is cut off")),
        }
    }

    fn byte(&mut self) -> Result<u8, OnlineError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], OnlineError> {
        let (first, rest) =
            self.rest.split_first_chunk().ok_or_else(|| damaged("a value is cut off"))?;
        self.rest = rest;
        Ok(*first)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], OnlineError> {
        let (first, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| damaged("a value is cut off"))?;
        self.rest = rest;
        Ok(first)
    }
}

fn damaged(what: &str) -> OnlineError {
    OnlineError::Damaged(what.to_owned())
}
