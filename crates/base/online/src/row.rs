//! A row as it is kept: event time, time of creation, layout, values.
//!
//! The first sixteen bytes compare as the two times do, so that either store finds the newer of two
//! rows without reading more. The layout is the digest of the names of the features: a row can be
//! read whatever its view has become since.

use std::collections::HashMap;

use crate::codec::{self, Reader};
use crate::error::OnlineError;
use crate::key::{ordered, unordered};
use crate::value::Value;

/// Which features a row has, in their order: a digest of the names.
pub type LayoutId = [u8; 8];

/// The bytes that say how new a row is.
pub const STAMP: usize = 16;

const HEADER: usize = STAMP + size_of::<LayoutId>();

/// The time of a row that does not say when it was made: older than any.
const UNSAID: i64 = i64::MIN;

/// A row that was found, with the features that were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its event time, in microseconds since 1970.
    pub event: i64,
    /// When it was made, in microseconds since 1970, if that is known.
    pub created: Option<i64>,
    /// A value for each feature that was asked for; nothing where the row was written without it.
    pub values: Vec<Option<Value>>,
}

/// The names of the features of rows, and their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The digest.
    pub id: LayoutId,
    /// The names.
    pub features: Vec<String>,
}

impl Layout {
    /// Of these features.
    pub fn new(features: &[String]) -> Self {
        let bytes = names(features);
        let id = *blake3::hash(&bytes).as_bytes().first_chunk().expect("a digest has 32 bytes");
        Self { id, features: features.to_vec() }
    }

    /// The names as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        names(&self.features)
    }

    /// Reads names.
    pub fn read(bytes: &[u8]) -> Result<Self, OnlineError> {
        let mut reader = Reader::new(bytes);
        let mut features = Vec::new();
        while !reader.is_empty() {
            match reader.value()? {
                Value::Text(name) => features.push(name),
                _ => return Err(OnlineError::Damaged("a layout holds no names".to_owned())),
            }
        }
        Ok(Self::new(&features))
    }

    /// Where the values of a row go that are asked for.
    pub fn places(&self, asked: &[String]) -> Places {
        let (mut first, mut again) = (HashMap::with_capacity(asked.len()), Vec::new());
        for (place, name) in asked.iter().enumerate() {
            let known = *first.entry(name.as_str()).or_insert(place);
            if known != place {
                again.push((known, place));
            }
        }
        let wanted = self.features.iter().map(|name| first.get(name.as_str()).copied());
        Places { wanted: wanted.collect(), again, asked: asked.len() }
    }
}

/// Where the values of a row go.
#[derive(Debug)]
pub struct Places {
    /// For each value of the row its place in the answer, if it is asked for.
    wanted: Vec<Option<usize>>,
    /// Places that are asked for again, and where else.
    again: Vec<(usize, usize)>,
    asked: usize,
}

fn names(features: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    features.iter().for_each(|name| codec::put(&mut bytes, &Value::Text(name.clone())));
    bytes
}

/// Appends a row.
pub fn put(
    out: &mut Vec<u8>,
    event: i64,
    created: Option<i64>,
    layout: LayoutId,
    values: &[Value],
) {
    out.extend(ordered(event));
    out.extend(ordered(created.unwrap_or(UNSAID)));
    out.extend(layout);
    codec::put_all(out, values);
}

/// How new a row is: bytes that compare so.
pub fn stamp(row: &[u8]) -> &[u8] {
    &row[..row.len().min(STAMP)]
}

/// The event time of a row.
pub fn event(row: &[u8]) -> Result<i64, OnlineError> {
    chunk(row, 0).map(unordered)
}

/// The layout of a row.
pub fn layout(row: &[u8]) -> Result<LayoutId, OnlineError> {
    chunk(row, STAMP)
}

fn chunk(row: &[u8], at: usize) -> Result<[u8; 8], OnlineError> {
    let found = row.get(at..).and_then(<[u8]>::first_chunk);
    found.copied().ok_or_else(|| OnlineError::Damaged("a row is cut off".to_owned()))
}

/// Reads a row. `places` are those of its layout ([`Layout::places`]).
pub fn read(row: &[u8], places: &Places) -> Result<Found, OnlineError> {
    let (event, created) = (event(row)?, chunk(row, 8).map(unordered)?);
    layout(row)?;
    let mut reader = Reader::new(&row[HEADER..]);
    let mut values = vec![None; places.asked];
    for wanted in &places.wanted {
        match wanted {
            None => reader.skip()?,
            Some(place) => values[*place] = Some(reader.value()?),
        }
    }
    for (from, to) in &places.again {
        values[*to] = values[*from].clone();
    }
    Ok(Found { event, created: (created != UNSAID).then_some(created), values })
}
