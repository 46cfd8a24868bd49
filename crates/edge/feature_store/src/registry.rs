//! What is applied: every version of every definition, and every change, in a SQLite file.
//!
//! Nothing is overwritten: a change adds a version and a line to the book of changes.

mod tables;

use std::path::{Path, PathBuf};

use database::{Database, Options, Tx, values};
use features::store::{Change, Definition as Defined, DefinitionKind, Difference};
use serde::Serialize;
use types::{Digest, Timestamp};

use tables::MIGRATIONS;

use crate::FeatureStoreError;

/// Whether a definition is to be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is.
    Active,
    /// It still works, and should not be used by anything new; why.
    Deprecated(String),
}

/// A version of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Counted from 1 for each name.
    pub version: i64,
    /// The digest of the definition.
    pub digest: Digest,
    /// When it was applied, in microseconds of UTC.
    pub at_micros: i64,
    /// The folder from which it was applied.
    pub folder: PathBuf,
}

/// A definition as it is applied now.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// What is defined.
    pub defined: Defined,
    /// Which version it is.
    pub version: Version,
    /// Whether it is to be used.
    pub state: State,
}

/// A line of the book of changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// When, in microseconds of UTC.
    pub at_micros: i64,
    /// What kind of definition.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// `added`, `changed`, `removed`, `deprecated` or `restored`.
    pub action: String,
    /// The digest before.
    pub before: Option<String>,
    /// The digest after.
    pub after: Option<String>,
    /// What differs, or why.
    pub note: String,
}

/// A training set that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedRow {
    pub name: String,
    pub version: i64,
    pub at_micros: i64,
    pub digest: String,
    pub body: String,
}

/// The registry of a home.
#[derive(Clone)]
pub(crate) struct Registry {
    database: Database,
}

fn place(home: &Path) -> PathBuf {
    home.join("features.db")
}

impl Registry {
    /// Opens the registry of a home; makes one if `make`.
    pub fn open(home: &Path, make: bool) -> Result<Self, FeatureStoreError> {
        let path = place(home);
        if make {
            std::fs::create_dir_all(home).map_err(|error| FeatureStoreError::file(home, error))?;
        } else if !path.is_file() {
            return Err(FeatureStoreError::Absent(home.display().to_string()));
        }
        let options = Options { readers: 1, ..Options::default() };
        let database = Database::open(&path.display().to_string(), MIGRATIONS, &options)?;
        Ok(Self { database })
    }

    /// All definitions as they are applied now, in the order of kinds and names.
    pub fn current(&self) -> Result<Vec<Definition>, FeatureStoreError> {
        self.database.read_blocking(current)
    }

    /// Makes the changes and writes them into the book, all or none. `wanted` holds the text of
    /// everything that is new or changed.
    pub fn apply(
        &self,
        at: Timestamp,
        folder: &Path,
        changes: Vec<Change>,
        wanted: Vec<Defined>,
    ) -> Result<(), FeatureStoreError> {
        let folder = folder.display().to_string();
        let micros = at.timestamp_micros();
        self.database.write_blocking(move |tx| {
            let sql = "INSERT INTO feature_apply (at_micros, folder) VALUES (?1, ?2) RETURNING id";
            let id = tx.number(sql, values![micros, &folder])?;
            for change in &changes {
                let of = |one: &&Defined| one.kind() == change.kind && one.name() == change.name;
                write_change(tx, id, micros, &folder, change, wanted.iter().find(of))?;
            }
            Ok(())
        })
    }

    /// Marks a definition as one that nothing new should use, or takes the mark away.
    pub fn mark(
        &self,
        at: Timestamp,
        kind: DefinitionKind,
        name: &str,
        state: &State,
    ) -> Result<(), FeatureStoreError> {
        let (name, micros) = (name.to_owned(), at.timestamp_micros());
        let (state, note, action) = match state {
            State::Active => ("active", String::new(), "restored"),
            State::Deprecated(note) => ("deprecated", note.clone(), "deprecated"),
        };
        self.database.write_blocking(move |tx| {
            tx.execute(
                "UPDATE feature_current SET state = ?1, note = ?2 WHERE kind = ?3 AND name = ?4",
                values![state, &note, kind.name(), &name],
            )?;
            book(tx, None, micros, kind, &name, action, (None, None), &note)
        })
    }

    /// The book of changes, oldest first; of one name, or of all.
    pub fn book(&self, name: Option<&str>) -> Result<Vec<Applied>, FeatureStoreError> {
        let name = name.map(str::to_owned);
        self.database.read_blocking(move |tx| {
            let sql = "SELECT at_micros, kind, name, action, before_digest, after_digest, note
                       FROM feature_change WHERE ?1 IS NULL OR name = ?1 ORDER BY id";
            Ok(tx.query(sql, values![&name], |row| {
                Ok(Applied {
                    at_micros: row.get(0)?,
                    kind: row.get(1)?,
                    name: row.get(2)?,
                    action: row.get(3)?,
                    before: row.get(4)?,
                    after: row.get(5)?,
                    note: row.get(6)?,
                })
            })?)
        })
    }

    /// Keeps a training set under a name; gives its version there.
    pub fn keep(
        &self,
        at: Timestamp,
        name: &str,
        digest: &Digest,
        body: &str,
    ) -> Result<i64, FeatureStoreError> {
        let (name, body) = (name.to_owned(), body.to_owned());
        let (digest, micros) = (digest.to_string(), at.timestamp_micros());
        self.database.write_blocking(move |tx| {
            let sql = "SELECT coalesce(max(version), 0) + 1 FROM feature_saved WHERE name = ?1";
            let version = tx.number(sql, values![&name])?;
            tx.execute(
                "INSERT INTO feature_saved VALUES (?1, ?2, ?3, ?4, ?5)",
                values![&name, version, micros, &digest, &body],
            )?;
            Ok(version)
        })
    }

    /// All training sets that were kept, oldest first.
    pub fn kept(&self) -> Result<Vec<SavedRow>, FeatureStoreError> {
        self.database.read_blocking(|tx| {
            let sql = "SELECT name, version, at_micros, digest, body FROM feature_saved
                       ORDER BY at_micros, name, version";
            Ok(tx.query(sql, &[], |row| {
                Ok(SavedRow {
                    name: row.get(0)?,
                    version: row.get(1)?,
                    at_micros: row.get(2)?,
                    digest: row.get(3)?,
                    body: row.get(4)?,
                })
            })?)
        })
    }
}

fn current(tx: &mut Tx<'_>) -> Result<Vec<Definition>, FeatureStoreError> {
    let sql = "SELECT c.kind, c.name, c.version, c.state, c.note, v.body, v.digest, v.folder, a.at_micros
               FROM feature_current c
               JOIN feature_version v ON v.kind = c.kind AND v.name = c.name AND v.version = c.version
               JOIN feature_apply a ON a.id = v.apply
               ORDER BY c.kind, c.name";
    let rows: Vec<([String; 7], i64, i64)> = tx.query(sql, &[], |row| {
        let texts = [
            row.get(0)?,
            row.get(1)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
        ];
        Ok((texts, row.get(2)?, row.get(8)?))
    })?;
    rows.into_iter().map(read).collect()
}

fn read(
    ([kind, name, state, note, body, digest, folder], version, at_micros): ([String; 7], i64, i64),
) -> Result<Definition, FeatureStoreError> {
    let damaged = |what: String| {
        FeatureStoreError::Asked(format!("the registry's {kind} `{name}` cannot be read: {what}"))
    };
    let kind = DefinitionKind::ALL.into_iter().find(|known| known.name() == kind);
    let kind = kind.ok_or_else(|| damaged("its kind is not known".to_owned()))?;
    let defined = Defined::read(kind, &body).map_err(damaged)?;
    let digest: Digest = digest.parse().map_err(|_| damaged("its digest is none".to_owned()))?;
    let state = if state == "deprecated" { State::Deprecated(note) } else { State::Active };
    let version = Version { version, digest, at_micros, folder: PathBuf::from(folder) };
    Ok(Definition { defined, version, state })
}

fn write_change(
    tx: &mut Tx<'_>,
    apply: i64,
    micros: i64,
    folder: &str,
    change: &Change,
    wanted: Option<&Defined>,
) -> Result<(), FeatureStoreError> {
    let (kind, name) = (change.kind.name(), change.name.as_str());
    let (action, note) = match &change.difference {
        Difference::Added => ("added", String::new()),
        Difference::Changed(parts) => ("changed", parts.join("; ")),
        Difference::Missing => ("removed", String::new()),
    };
    if let Some(wanted) = wanted {
        let sql = "SELECT coalesce(max(version), 0) + 1 FROM feature_version WHERE kind = ?1 AND name = ?2";
        let version = tx.number(sql, values![kind, name])?;
        tx.execute(
            "INSERT INTO feature_version VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            values![
                kind,
                name,
                version,
                &wanted.digest().to_string(),
                &wanted.text(),
                folder,
                apply
            ],
        )?;
        tx.execute(
            "INSERT INTO feature_current VALUES (?1, ?2, ?3, 'active', '')
             ON CONFLICT (kind, name) DO UPDATE SET version = excluded.version",
            values![kind, name, version],
        )?;
    } else {
        tx.execute(
            "DELETE FROM feature_current WHERE kind = ?1 AND name = ?2",
            values![kind, name],
        )?;
    }
    let digests = (change.before.as_ref(), change.after.as_ref());
    book(tx, Some(apply), micros, change.kind, name, action, digests, &note)
}

#[allow(clippy::too_many_arguments)] // One line of one table, said once.
fn book(
    tx: &mut Tx<'_>,
    apply: Option<i64>,
    micros: i64,
    kind: DefinitionKind,
    name: &str,
    action: &str,
    (before, after): (Option<&Digest>, Option<&Digest>),
    note: &str,
) -> Result<(), FeatureStoreError> {
    let (before, after) = (before.map(ToString::to_string), after.map(ToString::to_string));
    tx.execute(
        "INSERT INTO feature_change (apply, at_micros, kind, name, action, before_digest, after_digest, note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        values![apply, micros, kind.name(), name, action, &before, &after, note],
    )?;
    Ok(())
}
