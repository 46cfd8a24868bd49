//! New predictions as they are logged, in any process: `tail -f`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::folder::Folder;
use crate::{LogError, Prediction, frame, segment};

/// Bytes that are read at a time.
const READ: usize = 4 << 20;

/// A place in a log, from which on it is read.
#[derive(Debug)]
pub struct Follow {
    folder: Folder,
    open: Option<Open>,
    /// The segment after which new ones are looked for.
    done: u64,
}

/// A segment that is read. It stays readable when it is removed.
#[derive(Debug)]
struct Open {
    number: u64,
    file: File,
    offset: u64,
    rest: Vec<u8>,
}

impl Follow {
    /// From now on: what is logged already is passed over.
    pub fn from_now(folder: &Path) -> Result<Self, LogError> {
        let mut follow = Self { folder: Folder::at(folder), open: None, done: 0 };
        if let Some(newest) = follow.folder.segments()?.last() {
            follow.done = newest - 1;
            while !follow.more()?.is_empty() {}
        }
        Ok(follow)
    }

    /// What was logged since it was asked last, in the order in which it was.
    pub fn more(&mut self) -> Result<Vec<Prediction>, LogError> {
        loop {
            // Looked up before the end is read, so that the end is the end once there is a next one.
            let next = self.folder.segments()?.into_iter().find(|number| *number > self.at());
            if let Some(open) = &mut self.open {
                let found = open.more(&self.folder)?;
                if !found.is_empty() || next.is_none() {
                    return Ok(found);
                }
            }
            let Some(number) = next else { return Ok(vec![]) };
            let path = self.folder.segment(number);
            match File::open(&path) {
                Ok(file) => {
                    self.done = number;
                    let offset = segment::head_length();
                    self.open = Some(Open { number, file, offset, rest: vec![] });
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.done = number,
                Err(error) => return Err(LogError::file(&path, &error)),
            }
        }
    }

    fn at(&self) -> u64 {
        self.open.as_ref().map_or(self.done, |open| open.number.max(self.done))
    }
}

impl Open {
    fn more(&mut self, folder: &Folder) -> Result<Vec<Prediction>, LogError> {
        let path = folder.segment(self.number);
        let fail = |error| LogError::file(&path, &error);
        let mut room = vec![0; READ];
        let read = self.file.read_at(&mut room, self.offset).map_err(fail)?;
        self.offset += read as u64;
        self.rest.extend_from_slice(&room[..read]);
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(payload) = frame::payload(&self.rest[at..]) {
            found.extend(frame::decode(payload).map_err(|what| LogError::what(&path, what))?);
            at += frame::length(payload);
        }
        self.rest.drain(..at);
        Ok(found)
    }
}
