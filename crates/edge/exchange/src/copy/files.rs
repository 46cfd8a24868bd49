//! The files of runs and models: those that are not there yet are carried, and tried again when they
//! break off.

use std::collections::HashMap;

use super::Copier;
use crate::source::Owner;
use crate::target::Here;
use crate::{ExchangeError, Result};

/// So often is a file tried.
const TRIES: usize = 3;

impl Copier<'_> {
    /// Carries the files of something; says whether all are there. That some cannot be had is left
    /// for the summary, unless nobody answers any more.
    pub(super) fn files(&self, owner: &Owner<'_>, kind: &str, to: &Here) -> Result<bool> {
        let what = || format!("{kind} {}", owner.id());
        let files = match self.source.files(owner) {
            Ok(files) => files,
            Err(error) => return self.gave_up(what(), error),
        };
        if files.is_empty() {
            return Ok(true);
        }
        let held = match self.wanted.again || to.made {
            true => HashMap::new(),
            false => self.target.files_held(to)?,
        };
        let mut whole = true;
        for file in files {
            if file.size.is_some() && held.get(&file.path).copied() == file.size {
                self.summary().files.add(0, 1);
                continue;
            }
            match self.file(owner, to, &file.path, file.size) {
                Ok(bytes) => {
                    let mut summary = self.summary();
                    summary.files.add(1, 0);
                    summary.bytes += bytes;
                }
                Err(error) => whole &= self.gave_up(what(), error)?,
            }
        }
        Ok(whole)
    }

    fn file(&self, owner: &Owner<'_>, to: &Here, path: &str, size: Option<u64>) -> Result<u64> {
        let mut tried = 1;
        loop {
            let stream = self.source.open(owner, path)?;
            match self.target.put_file(to, path, stream, size) {
                Err(error) if tried < TRIES && may_pass(&error) => {
                    tried += 1;
                    std::thread::sleep(std::time::Duration::from_millis(500 * tried as u64));
                }
                outcome => return outcome,
            }
        }
    }

    fn gave_up(&self, what: String, error: ExchangeError) -> Result<bool> {
        match error {
            ExchangeError::Unreachable { .. } => Err(error),
            ExchangeError::Refused { status: 401, .. } => Err(error),
            ExchangeError::Store(artifacts::ArtifactError::Full { .. }) => Err(error),
            error => {
                self.summary().leave_out(what, error.to_string());
                Ok(false)
            }
        }
    }
}

/// Whether another try may do better.
fn may_pass(error: &ExchangeError) -> bool {
    match error {
        ExchangeError::Unreachable { .. } | ExchangeError::Artifact { .. } => true,
        ExchangeError::Refused { status, .. } => *status == 429 || *status >= 500,
        ExchangeError::Store(artifacts::ArtifactError::Body { .. }) => true,
        _ => false,
    }
}
