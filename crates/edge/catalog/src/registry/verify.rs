//! The history held against its own hashes, and the registry held against its history.

use std::collections::BTreeMap;

use database::{Row, Tx, values};
use journal::{Chain, Kind, Record};
use serde::Serialize;
use types::{Digest, Timestamp};

use super::fact::{Command, Entry, Fact};
use crate::{CatalogError, Code};

/// So many records are read at once.
const AT_ONCE: usize = 1_000;

/// A history that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many records it has.
    pub records: u64,
    /// The hash of the last of them. Whoever keeps it elsewhere can tell whether the history that
    /// they are shown later still has it.
    pub head: String,
}

/// Holds every record against its hash, its payload and the record before it, the end of the chain
/// against its head, and the aliases and versions that there are against what the records say of
/// them. The error names the first record that does not hold.
pub fn verify(tx: &mut Tx<'_>) -> Result<Verified, CatalogError> {
    let mut chain = Chain::default();
    let mut state = State::default();
    loop {
        let next = i64::try_from(chain.records()).unwrap_or(i64::MAX);
        let rows = tx.query(
            "SELECT seq, at, id, kind, because, digest, prev_hash, hash, payload, workspace, model,
                 name, version, alias
             FROM record WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
            values![next, AT_ONCE],
            Kept::read,
        )?;
        let last = rows.len() < AT_ONCE;
        for row in rows {
            let record = row.record().map_err(|what| broken(row.seq, &row.id, &what))?;
            chain.take(&record).map_err(|error| broken(row.seq, &row.id, &error.what))?;
            let entry = row.entry(&record).map_err(|what| broken(row.seq, &row.id, &what))?;
            if let Some(entry) = entry {
                state.take(row.seq, entry);
            }
        }
        if last {
            break;
        }
    }
    check_head(tx, &chain)?;
    state.check(tx)?;
    Ok(Verified { records: chain.records(), head: chain.head().to_string() })
}

/// A row of the history.
struct Kept {
    seq: i64,
    at: i64,
    id: String,
    texts: [String; 6],
    workspace: String,
    columns: (Option<i64>, Option<String>, Option<i64>, Option<String>),
}

impl Kept {
    fn read(row: &Row<'_>) -> Result<Self, database::DatabaseError> {
        Ok(Self {
            seq: row.get(0)?,
            at: row.get(1)?,
            id: row.get(2)?,
            texts: [row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?],
            workspace: row.get(9)?,
            columns: (row.get(10)?, row.get(11)?, row.get(12)?, row.get(13)?),
        })
    }

    fn record(&self) -> Result<Record, String> {
        let [kind, because, digest, prev_hash, hash, _] = &self.texts;
        let parse = |text: &String| text.parse::<Digest>().map_err(|error| error.to_string());
        Ok(Record {
            seq: u64::try_from(self.seq).map_err(|_| "its place is negative")?,
            at: Timestamp::from_timestamp_micros(self.at).ok_or("its time is out of range")?,
            id: self.id.as_str().into(),
            run: None,
            kind: kind.parse()?,
            because: because.lines().map(Into::into).collect(),
            digest: parse(digest)?,
            prev_hash: parse(prev_hash)?,
            hash: parse(hash)?,
        })
    }

    /// What the payload says, held against its digest and the columns that repeat it.
    fn entry(&self, record: &Record) -> Result<Option<Entry>, String> {
        let payload = &self.texts[5];
        if Digest::of(payload.as_bytes()) != record.digest {
            return Err("its payload does not match its digest".to_owned());
        }
        let unreadable = |error: serde_json::Error| format!("its payload cannot be read: {error}");
        let (workspace, columns, entry) = if record.kind == Kind::Commanded {
            let command: Command = serde_json::from_str(payload).map_err(unreadable)?;
            (command.workspace, (None, None, None, None), None)
        } else {
            let entry: Entry = serde_json::from_str(payload).map_err(unreadable)?;
            let alias = entry.fact.alias().map(str::to_owned);
            let columns =
                (Some(entry.model), Some(entry.name.clone()), entry.fact.version(), alias);
            (entry.workspace.clone(), columns, Some(entry))
        };
        if entry.as_ref().is_some_and(|entry| entry.fact.kind() != record.kind) {
            return Err("its kind is not that of its payload".to_owned());
        }
        match workspace == self.workspace && columns == self.columns {
            true => Ok(entry),
            false => Err("the columns beside its payload say something else".to_owned()),
        }
    }
}

fn check_head(tx: &mut Tx<'_>, chain: &Chain) -> Result<(), CatalogError> {
    let head = tx.first("SELECT next, hash FROM record_head WHERE one = 1", &[], |row| {
        Ok((row.get::<i64>(0)?, row.get::<String>(1)?))
    })?;
    let (next, hash) = head.unwrap_or_default();
    if u64::try_from(next) == Ok(chain.records()) && hash == chain.head().to_string() {
        return Ok(());
    }
    Err(damaged(format!(
        "the history is broken behind record {}: its head says that {next} records were written, \
         {} are there",
        chain.records().saturating_sub(1),
        chain.records()
    )))
}

/// What the records say of aliases and versions.
#[derive(Default)]
struct State {
    /// Each alias with its version and the record that tells of it.
    aliases: BTreeMap<(i64, String), (i64, i64)>,
    /// Each version with its source, its storage, and the record that tells of it.
    versions: BTreeMap<(i64, i64), (String, String, i64)>,
}

impl State {
    fn take(&mut self, seq: i64, entry: Entry) {
        let model = entry.model;
        match entry.fact {
            Fact::Promoted { version, alias, .. } | Fact::RolledBack { version, alias, .. } => {
                self.aliases.insert((model, alias), (version, seq));
            }
            Fact::Released { alias, .. } => {
                self.aliases.remove(&(model, alias));
            }
            Fact::Registered(new) => {
                let kept = (new.source, new.storage, seq);
                self.versions.insert((model, new.version), kept);
            }
            Fact::Deleted { version: Some(version) } => {
                self.versions.remove(&(model, version));
            }
            Fact::Deleted { version: None } => {
                self.versions.retain(|(owner, _), _| *owner != model);
                self.aliases.retain(|(owner, _), _| *owner != model);
            }
            _ => {}
        }
    }

    fn check(mut self, tx: &mut Tx<'_>) -> Result<(), CatalogError> {
        let mut odd = None;
        tx.each("SELECT model, alias, version FROM model_alias", &[], |row| {
            let (model, alias, version) = (row.get(0)?, row.get::<String>(1)?, row.get::<i64>(2)?);
            let said = self.aliases.remove(&(model, alias.clone()));
            if said.is_none_or(|(said, _)| said != version) {
                odd.get_or_insert(differs(&format!("alias '{alias}'"), said.map(|(_, seq)| seq)));
            }
            Ok(())
        })?;
        let sql = "SELECT model, version, source, storage FROM model_version
                   WHERE stage <> 'Deleted_Internal'";
        tx.each(sql, &[], |row| {
            let (model, version) = (row.get(0)?, row.get::<i64>(1)?);
            let (source, storage): (String, String) = (row.get(2)?, row.get(3)?);
            let said = self.versions.remove(&(model, version));
            if said.as_ref().is_none_or(|said| said.0 != source || said.1 != storage) {
                let seq = said.map(|(_, _, seq)| seq);
                odd.get_or_insert(differs(&format!("version {version}"), seq));
            }
            Ok(())
        })?;
        if let Some(((_, alias), (_, seq))) = self.aliases.into_iter().next() {
            odd.get_or_insert(differs(&format!("alias '{alias}'"), Some(seq)));
        }
        if let Some(((_, version), (_, _, seq))) = self.versions.into_iter().next() {
            odd.get_or_insert(differs(&format!("version {version}"), Some(seq)));
        }
        odd.map_or(Ok(()), Err)
    }
}

/// Somebody changed a table past the history.
fn differs(what: &str, seq: Option<i64>) -> CatalogError {
    damaged(match seq {
        Some(seq) => format!("{what} is not what record {seq} of the history says"),
        None => format!("no record of the history tells of {what}"),
    })
}

fn broken(seq: i64, id: &str, what: &str) -> CatalogError {
    damaged(format!("the history is broken at record {seq} ({id}): {what}"))
}

fn damaged(message: String) -> CatalogError {
    CatalogError::new(Code::InvalidState, message)
}
