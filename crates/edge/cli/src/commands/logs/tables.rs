//! What a home keeps, as tables for SQL. A table is read when a question names it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use journal::{Record, Spine};
use predictions::{LogError, kept, outcome_files, outcome_schema};
use sql::{Limits, Session};
use store::{Home, StoreError};

use crate::commands::logs::runs;
use crate::forecasts::{Forecasts, log_folder};

/// Records that are read at a time.
const BATCH_ROWS: usize = 8_192;

/// The tables, and those that each is made of.
const TABLES: [(&str, &[&str]); 6] = [
    ("predictions", &[]),
    ("outcomes", &[]),
    ("predictions_with_outcomes", &["predictions", "outcomes"]),
    ("records", &[]),
    ("runs", &[]),
    ("metrics", &[]),
];

/// Each prediction with what came true of it. Of what was given for a prediction the newest counts,
/// and what was known before the prediction matured does not. What was given for the prediction
/// itself counts before what was given for its entity.
const WITH_OUTCOMES: &str = "
WITH known AS (
    SELECT p.id AS prediction_id, o.value, o.known_at, 0 AS place
    FROM predictions p JOIN outcomes o ON o.id = p.id
    WHERE p.matures_at IS NULL OR o.known_at >= p.matures_at
  UNION ALL
    SELECT p.id, o.value, o.known_at, 1
    FROM predictions p JOIN outcomes o ON o.entity_key = p.entity_key
    WHERE o.from_at <= p.at AND p.at < o.until_at
      AND (p.matures_at IS NULL OR o.known_at >= p.matures_at)
), newest AS (
    SELECT *, row_number() OVER (PARTITION BY prediction_id ORDER BY place, known_at DESC) AS number
    FROM known
)
SELECT p.*, n.value AS outcome, n.known_at, p.prediction - n.value AS error
FROM predictions p LEFT JOIN newest n ON n.prediction_id = p.id AND n.number = 1";

/// The tables of a home.
pub struct Tables {
    home: PathBuf,
    session: Session,
}

impl Tables {
    /// Of the home at `home`, which must be there.
    pub fn of(home: &Path, limits: Limits) -> anyhow::Result<Self> {
        if !home.is_dir() {
            return Err(StoreError::Absent(home.to_owned()).into());
        }
        Ok(Self { home: home.to_owned(), session: Session::new(limits)? })
    }

    /// The session in which they are asked.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// All rows of an answer.
    pub fn query(&self, text: &str) -> anyhow::Result<Vec<RecordBatch>> {
        self.register(text)?;
        Ok(self.session.wait(self.session.query(text))?)
    }

    /// Reads the tables that a question names. One that names none, or one that is not known, may be
    /// about the tables themselves: then all are read.
    pub fn register(&self, text: &str) -> anyhow::Result<()> {
        let named: BTreeSet<String> = self.session.names(text)?.into_iter().collect();
        let all = named.is_empty()
            || named.iter().any(|name| TABLES.iter().all(|(table, _)| table != name));
        for (table, parts) in TABLES {
            let wanted = |table: &str| all || named.contains(table);
            let is_part = TABLES.iter().any(|(of, parts)| parts.contains(&table) && wanted(of));
            let there = self.session.tables().iter().any(|known| known == table);
            if (wanted(table) || is_part) && !there {
                debug_assert!(parts.iter().all(|part| *part != table));
                self.read(table)?;
            }
        }
        Ok(())
    }

    fn read(&self, table: &str) -> anyhow::Result<()> {
        match table {
            "predictions" => self.predictions(),
            "outcomes" => self.outcomes(),
            "predictions_with_outcomes" => {
                Ok(self.session.wait(self.session.register_view(table, WITH_OUTCOMES))?)
            }
            "records" => self.records(),
            "runs" => self.batches(table, runs::runs(&self.home, self.journal()?.as_ref())?),
            _ => self.batches(table, runs::metrics(&self.home, self.journal()?.as_ref())?),
        }
    }

    fn batches(&self, name: &str, batches: Vec<RecordBatch>) -> anyhow::Result<()> {
        let schema = batches[0].schema();
        Ok(self.session.register_batches(name, schema, batches)?)
    }

    /// The journal, if the home has one.
    fn journal(&self) -> anyhow::Result<Option<Home>> {
        match Home::read(&self.home) {
            Ok(home) => Ok(Some(home)),
            Err(StoreError::Absent(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The log's files and newest rows, and the forecasts of the journal, as one table.
    fn predictions(&self) -> anyhow::Result<()> {
        let log = match kept(&log_folder(&self.home)) {
            Err(LogError::Absent(_)) => predictions::Kept::default(),
            found => found?,
        };
        let mut newest = log.newest;
        if let Some(home) = self.journal()? {
            let forecasts = Forecasts::of(&home)?.all()?;
            newest.extend(forecasts.chunks(BATCH_ROWS).map(predictions::record_batch));
        }
        if log.files.is_empty() {
            self.session.register_batches("predictions", predictions::schema(), newest)?;
            return Ok(());
        }
        // Names with a space cannot be those of a table that somebody asks for.
        self.session.register_batches("newest predictions", predictions::schema(), newest)?;
        self.session.wait(self.session.register_parquet("kept predictions", &log.files))?;
        let both =
            "SELECT * FROM \"kept predictions\" UNION ALL SELECT * FROM \"newest predictions\"";
        Ok(self.session.wait(self.session.register_view("predictions", both))?)
    }

    fn outcomes(&self) -> anyhow::Result<()> {
        let files = outcome_files(&log_folder(&self.home))?;
        if files.is_empty() {
            self.session.register_batches("outcomes", outcome_schema(), vec![])?;
            return Ok(());
        }
        Ok(self.session.wait(self.session.register_parquet("outcomes", &files))?)
    }

    fn records(&self) -> anyhow::Result<()> {
        let journal = self.journal()?;
        let all = journal.as_ref().map_or(&[][..], Home::records);
        let mut batches = Vec::new();
        for some in all.chunks(BATCH_ROWS) {
            let home = journal.as_ref().expect("there are records");
            batches.push(record_rows(some, |record| Ok(home.payload(&record.digest)?))?);
        }
        if batches.is_empty() {
            batches.push(record_rows(&[], |_| Ok(vec![]))?);
        }
        self.batches("records", batches)
    }
}

/// Records as rows. What a record says is the text of its payload, if it is one.
fn record_rows(
    records: &[Record],
    payload: impl Fn(&Record) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<RecordBatch> {
    let mut seq = Int64Builder::new();
    let mut at = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    let mut texts: [StringBuilder; 6] = std::array::from_fn(|_| StringBuilder::new());
    let mut because = ListBuilder::new(StringBuilder::new());
    for record in records {
        seq.append_value(i64::try_from(record.seq)?);
        at.append_value(record.at.timestamp_micros());
        let says = String::from_utf8(payload(record)?).ok();
        let (digest, hash) = (record.digest.to_string(), record.hash.to_string());
        let row: [Option<&str>; 6] = [
            Some(record.id.as_str()),
            record.run.as_ref().map(types::RunId::as_str),
            Some(record.kind.as_str()),
            says.as_deref(),
            Some(&digest),
            Some(&hash),
        ];
        for (column, text) in texts.iter_mut().zip(row) {
            column.append_option(text);
        }
        because.append_value(record.because.iter().map(|id| Some(id.as_str())));
    }
    let [id, run, kind, says, digest, hash] = texts.map(|mut t| Arc::new(t.finish()) as ArrayRef);
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("seq", Arc::new(seq.finish()) as ArrayRef, true),
        ("at", Arc::new(at.finish()), true),
        ("id", id, true),
        ("run", run, true),
        ("kind", kind, true),
        ("because", Arc::new(because.finish()), true),
        ("says", says, true),
        ("digest", digest, true),
        ("hash", hash, true),
    ])?)
}
