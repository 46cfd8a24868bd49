//! Whether a backup is what was written: every member is held against the digests at its end.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Seek};

use types::Digest;

use super::archive::{ARTIFACTS, Hashing, LISTS, MANIFEST, Member, SEAL, TABLES, cut_off, each};
use super::manifest::{Artifacts, Head, Listed, Manifest, Part};
use super::{BackupError, Told};

/// Reads all of a backup and gives what it holds. The error names the first member that is not what
/// was written. `told` hears of the rows that were read.
pub fn check<R: Read + Seek>(from: R, mut told: impl FnMut(Told)) -> Result<Manifest, BackupError> {
    let mut seen = Seen::default();
    each(from, |head, member| {
        seen.head.get_or_insert_with(|| head.clone());
        seen.take(member, &mut told)
    })?;
    seen.agrees()
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    head: Option<Head>,
    tables: BTreeMap<String, Vec<Part>>,
    artifacts: Artifacts,
    listed: Vec<Listed>,
    manifest: Option<(Manifest, Digest)>,
    sealed: bool,
}

impl Seen {
    fn take<R: Read>(
        &mut self,
        mut member: Member<'_, R>,
        told: &mut impl FnMut(Told),
    ) -> Result<(), BackupError> {
        let name = member.name.clone();
        if let Some(part) = name.strip_prefix(TABLES) {
            let table = part.split('/').next().unwrap_or_default();
            let part = read_part(&mut member)?;
            told(Told::Done(table.to_owned(), part.rows));
            self.tables.entry(table.to_owned()).or_default().push(part);
        } else if let Some(path) = name.strip_prefix(ARTIFACTS) {
            self.artifact(path, &mut member)?;
        } else if name.starts_with(LISTS) {
            self.list(&mut member)?;
        } else if name == MANIFEST {
            let bytes = member.whole()?;
            let manifest = serde_json::from_slice(&bytes);
            let manifest =
                manifest.map_err(|error| BackupError::damaged(format!("{name}: {error}")))?;
            self.manifest = Some((manifest, Digest::of(&bytes)));
        } else if name == SEAL {
            let seal = member.whole()?;
            let digest = self.manifest.as_ref().map(|(_, digest)| digest.to_string());
            self.sealed = digest.is_some_and(|digest| digest.as_bytes() == seal);
        } else {
            return Err(BackupError::damaged(format!("{name} does not belong there")));
        }
        Ok(())
    }

    fn artifact(&mut self, path: &str, content: &mut impl Read) -> Result<(), BackupError> {
        let mut hashing = Hashing::new(content);
        let bytes = std::io::copy(&mut hashing, &mut std::io::sink()).map_err(cut_off(path))?;
        self.artifacts.files += 1;
        self.artifacts.bytes += bytes;
        self.listed.push(Listed { path: path.to_owned(), bytes, digest: hashing.digest() });
        Ok(())
    }

    /// Holds the artifacts since the last list against this one.
    fn list<R: Read>(&mut self, member: &mut Member<'_, R>) -> Result<(), BackupError> {
        let bytes = member.whole()?;
        let listed: Result<Vec<Listed>, _> = serde_json::from_slice(&bytes);
        let listed =
            listed.map_err(|error| BackupError::damaged(format!("{}: {error}", member.name)))?;
        let seen = std::mem::take(&mut self.listed);
        if let Some((_, was)) = seen.iter().zip(&listed).find(|(is, was)| is != was) {
            return Err(BackupError::damaged(format!("{} is not what was written", was.path)));
        }
        if seen.len() != listed.len() {
            return Err(BackupError::damaged(format!(
                "{} artifacts stand before a list of {}",
                seen.len(),
                listed.len()
            )));
        }
        self.artifacts.lists.push(Digest::of(&bytes));
        Ok(())
    }

    fn agrees(self) -> Result<Manifest, BackupError> {
        let Some((manifest, _)) = self.manifest.filter(|_| self.sealed) else {
            return Err(BackupError::damaged("it is cut off, or its end was changed"));
        };
        if self.head.as_ref() != Some(&manifest.head) {
            return Err(BackupError::damaged("its head is not what was written"));
        }
        let mut tables = self.tables;
        for table in &manifest.tables {
            let parts = tables.remove(&table.name).unwrap_or_default();
            let rows: u64 = parts.iter().map(|part| part.rows).sum();
            if parts != table.parts || rows != table.rows {
                let name = &table.name;
                return Err(BackupError::damaged(format!("table {name} is not what was written")));
            }
        }
        if let Some(name) = tables.keys().next() {
            return Err(BackupError::damaged(format!("table {name} does not belong there")));
        }
        if !self.listed.is_empty()
            || self.artifacts != manifest.artifacts.clone().unwrap_or_default()
        {
            return Err(BackupError::damaged("its artifacts are not what was written"));
        }
        Ok(manifest)
    }
}

fn read_part<R: Read>(member: &mut Member<'_, R>) -> Result<Part, BackupError> {
    let name = member.name.clone();
    let large = zstd::Decoder::new(member).map_err(cut_off(&name))?;
    let mut lines = BufReader::with_capacity(64 << 10, Hashing::new(large));
    let mut rows = 0;
    loop {
        let some = lines.fill_buf().map_err(cut_off(&name))?;
        if some.is_empty() {
            break;
        }
        rows += some.iter().filter(|byte| **byte == b'\n').count() as u64;
        let read = some.len();
        lines.consume(read);
    }
    Ok(Part { rows, digest: lines.get_ref().digest() })
}
