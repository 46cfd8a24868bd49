//! The one door by which the registry changes.
//!
//! A [`Book`] is opened for a request. What is entered into it becomes a record of the chain, behind
//! the record of what was asked for, and the tables follow it in the same transaction: nothing else
//! in this room writes to them. Whoever has a book open is the only one, in all processes, so that
//! what was read from the tables meanwhile still holds when it is acted upon.

use database::{Tx, values};
use journal::{Because, Draft, Record, Sealed};
use types::{Digest, Id, Timestamp};

use super::fact::{Command, Entry, Fact};
use super::{project, tell};
use crate::CatalogError;

/// Who wants to change the registry, for what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// In which workspace.
    pub workspace: String,
    /// The name of who asks.
    pub by: String,
    /// What is asked for: `model-versions/create`.
    pub call: String,
    /// When, in milliseconds.
    pub now: i64,
}

/// The open book of the registry.
pub(super) struct Book<'a, 'c> {
    tx: &'a mut Tx<'c>,
    asked: &'a Asked,
    head: Head,
    command: Option<Id>,
}

struct Head {
    next: i64,
    at: i64,
    hash: Digest,
}

impl<'a, 'c> Book<'a, 'c> {
    /// Opens the book; waits for whoever has it open.
    pub(super) fn open(tx: &'a mut Tx<'c>, asked: &'a Asked) -> Result<Self, CatalogError> {
        let head = tx.first(
            "UPDATE record_head SET one = one WHERE one = 1 RETURNING next, at, hash",
            &[],
            |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?)),
        )?;
        let (next, last, hash) = head.ok_or_else(|| damaged("its head is missing"))?;
        let hash = hash.parse().map_err(|_| damaged("the hash of its head is none"))?;
        // Time does not go backwards in the history, whatever the clocks of several servers say.
        let at = last.max(asked.now.saturating_mul(1_000));
        Ok(Self { tx, asked, head: Head { next, at, hash }, command: None })
    }

    /// The transaction, to read from.
    pub(super) fn tx(&mut self) -> &mut Tx<'c> {
        self.tx
    }

    /// The workspace that is worked in.
    pub(super) fn workspace(&self) -> &'a str {
        &self.asked.workspace
    }

    /// Makes a model: its number is the place of its record.
    pub(super) fn create(&mut self, name: &str, fact: Fact) -> Result<i64, CatalogError> {
        let number = self.head.next + i64::from(self.command.is_none());
        self.enter(number, name, fact, &[])
    }

    /// Enters a fact about a model; `causes` are records beside what was asked for. Gives the place
    /// of its record.
    pub(super) fn enter(
        &mut self,
        model: i64,
        name: &str,
        fact: Fact,
        causes: &[Id],
    ) -> Result<i64, CatalogError> {
        let command = self.command()?;
        let entry = Entry {
            by: self.asked.by.clone(),
            workspace: self.asked.workspace.clone(),
            model,
            name: name.to_owned(),
            fact,
        };
        let (kind, place) = (entry.fact.kind(), self.head.next);
        let because = Because::of(command).and_all(causes.iter().cloned());
        let payload = serde_json::to_vec(&entry).expect("facts have text keys");
        let id = format!("{kind}-{place}");
        let draft = Draft::fact(kind, moment(self.head.at), id, because, payload);
        self.append(draft, Some(&entry))?;
        project::apply(self.tx, place, self.head.at / 1_000, &entry)?;
        tell::tell(self.tx, &entry, self.asked.now)?;
        Ok(place)
    }

    /// The record of what was asked for, made before the first fact that comes of it.
    fn command(&mut self) -> Result<Id, CatalogError> {
        if let Some(id) = &self.command {
            return Ok(id.clone());
        }
        let command = Command {
            by: self.asked.by.clone(),
            workspace: self.asked.workspace.clone(),
            call: self.asked.call.clone(),
        };
        let id: Id = format!("commanded-{}", self.head.next).into();
        let payload = serde_json::to_vec(&command).expect("commands have text keys");
        self.append(Draft::commanded(moment(self.head.at), id.clone(), payload), None)?;
        self.command = Some(id.clone());
        Ok(id)
    }

    fn append(&mut self, draft: Draft, entry: Option<&Entry>) -> Result<(), CatalogError> {
        let seq = u64::try_from(self.head.next).map_err(|_| damaged("its head is negative"))?;
        let Sealed { record, payload, .. } = draft.seal(seq, self.head.hash);
        insert(self.tx, &record, &payload, &self.asked.workspace, entry)?;
        self.head.next += 1;
        self.head.hash = record.hash;
        self.tx.execute(
            "UPDATE record_head SET next = ?1, at = ?2, hash = ?3 WHERE one = 1",
            values![self.head.next, self.head.at, &record.hash.to_string()],
        )?;
        Ok(())
    }
}

fn insert(
    tx: &mut Tx<'_>,
    record: &Record,
    payload: &[u8],
    workspace: &str,
    entry: Option<&Entry>,
) -> Result<(), CatalogError> {
    let because: Vec<&str> = record.because.iter().map(|id| id.as_str()).collect();
    tx.execute(
        "INSERT INTO record (seq, at, id, kind, because, digest, prev_hash, hash, payload,
             workspace, model, name, version, alias)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        values![
            record.seq as i64,
            record.at.timestamp_micros(),
            record.id.as_str(),
            record.kind.as_str(),
            because.join("\n").as_str(),
            &record.digest.to_string(),
            &record.prev_hash.to_string(),
            &record.hash.to_string(),
            std::str::from_utf8(payload).expect("payloads are JSON"),
            workspace,
            entry.map(|entry| entry.model),
            entry.map(|entry| entry.name.as_str()),
            entry.and_then(|entry| entry.fact.version()),
            entry.and_then(|entry| entry.fact.alias())
        ],
    )?;
    Ok(())
}

/// A moment that is kept in microseconds; one that no calendar has is the last that one has.
fn moment(micros: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(micros).unwrap_or(Timestamp::MAX_UTC)
}

fn damaged(what: &str) -> CatalogError {
    CatalogError::new(crate::Code::InternalError, format!("the history is damaged: {what}"))
}
