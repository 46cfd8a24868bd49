//! A segment of the write-ahead log: a head of 16 bytes, then frames.

use std::fs::{self, File, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::{LogError, Prediction, frame};

/// How a segment begins; the last byte is the version of the format.
const HEAD: [u8; 16] = *b"trimtab.predict\x01";

/// How long the head is.
pub(crate) fn head_length() -> u64 {
    HEAD.len() as u64
}

/// A new, empty segment, on the disk with its head.
pub(crate) fn create(path: &Path) -> Result<File, LogError> {
    let fail = |error| LogError::file(path, &error);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)
        .map_err(fail)?;
    let written = file.write_all_at(&HEAD, 0).and_then(|()| file.sync_all());
    if let Err(error) = written {
        let _ = fs::remove_file(path);
        return Err(fail(error));
    }
    Ok(file)
}

/// What a segment has.
#[derive(Debug, Default)]
pub(crate) struct Segment {
    bytes: Vec<u8>,
    payloads: Vec<Range<usize>>,
    /// Where its last whole frame ends.
    pub(crate) end: u64,
    /// Bytes behind that: of an append that was cut off.
    pub(crate) torn: u64,
    /// Stretches before it that are no frames: something changed them.
    pub(crate) damaged: Vec<Range<usize>>,
}

impl Segment {
    pub(crate) fn read(path: &Path) -> Result<Self, LogError> {
        let bytes = fs::read(path).map_err(|error| LogError::file(path, &error))?;
        Self::of(bytes, path)
    }

    fn of(bytes: Vec<u8>, path: &Path) -> Result<Self, LogError> {
        let version = HEAD.len() - 1;
        if bytes.get(..version) == Some(&HEAD[..version]) && bytes.get(version) > HEAD.last() {
            return Err(LogError::Newer(path.to_owned()));
        }
        let mut segment = Self { bytes, ..Self::default() };
        // A head that is not whole is a segment that was just being made, unless frames follow.
        let whole = segment.bytes.get(..HEAD.len()) == Some(&HEAD);
        segment.scan(if whole { HEAD.len() } else { 0 });
        Ok(segment)
    }

    fn scan(&mut self, from: usize) {
        let mut at = from;
        self.end = from as u64;
        loop {
            if let Some(payload) = frame::payload(&self.bytes[at..]) {
                let next = at + frame::length(payload);
                self.payloads.push(next - payload.len()..next);
                at = next;
                self.end = at as u64;
                continue;
            }
            match frame::next(&self.bytes, at) {
                Some(next) => {
                    self.damaged.push(at..next);
                    at = next;
                }
                None => break,
            }
        }
        self.torn = self.bytes.len() as u64 - self.end;
    }

    /// The predictions, in the order in which they were appended, and what is wrong with frames whose
    /// checksum is right and that make no sense all the same.
    pub(crate) fn predictions(&self) -> (Vec<Prediction>, Vec<String>) {
        let (mut found, mut faults) = (Vec::new(), Vec::new());
        for range in &self.payloads {
            match frame::decode(&self.bytes[range.clone()]) {
                Ok(some) => found.extend(some),
                Err(fault) => faults.push(format!("the frame at {}: {fault}", range.start)),
            }
        }
        (found, faults)
    }
}
