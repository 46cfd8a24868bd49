//! Whether what is kept agrees with itself: rows that belong to other rows find them, and the
//! database's own check of its file is clean.
//!
//! The schema declares no foreign keys, since the statements see to it that nothing is left behind;
//! here it is looked at from outside. Everything only reads.

use database::{Dialect, Tx};
use serde::Serialize;

use crate::CatalogError;

/// Rows of one table that belong to rows of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Belonging {
    /// The table.
    rows: &'static str,
    /// The table that they belong to.
    to: &'static str,
    /// Each column with its counterpart there.
    by: &'static [(&'static str, &'static str)],
    /// Which rows belong to nothing, and are right to.
    unless: &'static str,
}

const fn belong(
    rows: &'static str,
    to: &'static str,
    by: &'static [(&'static str, &'static str)],
) -> Belonging {
    Belonging { rows, to, by, unless: "" }
}

const RUN: &[(&str, &str)] = &[("run", "id")];
const MODEL: &[(&str, &str)] = &[("model", "id")];
const TRACE: &[(&str, &str)] = &[("trace", "id")];
const EXPERIMENT: &[(&str, &str)] = &[("experiment", "id")];
const DATASET: &[(&str, &str)] = &[("dataset", "id")];
const ROLE: &[(&str, &str)] = &[("role", "id")];
const WEBHOOK: &[(&str, &str)] = &[("webhook", "id")];
const WORKSPACE: &[(&str, &str)] = &[("workspace", "name")];

/// What belongs to what.
const BELONGINGS: &[Belonging] = &[
    belong("experiment", "workspace", WORKSPACE),
    belong("experiment_tag", "experiment", EXPERIMENT),
    belong("run", "experiment", EXPERIMENT),
    belong("param", "run", RUN),
    belong("tag", "run", RUN),
    belong("metric", "run", RUN),
    belong("metric", "latest_metric", &[("run", "run"), ("key", "key")]),
    belong("latest_metric", "metric", &[("run", "run"), ("key", "key")]),
    belong("dataset", "experiment", EXPERIMENT),
    belong("dataset_input", "run", RUN),
    belong("dataset_input", "dataset", DATASET),
    belong("dataset_input_tag", "dataset_input", &[("run", "run"), ("dataset", "dataset")]),
    belong("run_model", "run", RUN),
    belong("logged_model", "experiment", EXPERIMENT),
    belong("model_param", "logged_model", MODEL),
    belong("model_tag", "logged_model", MODEL),
    belong("model_metric", "logged_model", MODEL),
    belong("latest_model_metric", "logged_model", MODEL),
    Belonging { unless: "c.dataset = 0", ..belong("model_metric", "metric_dataset", DATASET) },
    Belonging {
        unless: "c.dataset = 0",
        ..belong("latest_model_metric", "metric_dataset", DATASET)
    },
    belong("registered_model", "workspace", WORKSPACE),
    belong("registered_model_tag", "registered_model", MODEL),
    belong("model_version", "registered_model", MODEL),
    belong("model_version_tag", "model_version", &[("owner", "id")]),
    belong("model_alias", "model_version", &[("model", "model"), ("version", "version")]),
    belong("approval", "model_version", &[("model", "model"), ("version", "version")]),
    Belonging { unless: "c.model = -1", ..belong("registry_policy", "registered_model", MODEL) },
    belong("trace", "experiment", EXPERIMENT),
    belong("trace_tag", "trace", TRACE),
    belong("trace_metadata", "trace", TRACE),
    belong("span", "trace", TRACE),
    belong("assessment", "trace", TRACE),
    belong("eval_dataset", "workspace", WORKSPACE),
    belong("eval_dataset_tag", "eval_dataset", DATASET),
    belong("eval_dataset_experiment", "eval_dataset", DATASET),
    belong("eval_record", "eval_dataset", DATASET),
    belong("api_token", "account", &[("account", "id")]),
    belong("role_account", "account", &[("account", "id")]),
    belong("role_account", "role", ROLE),
    belong("role_permission", "role", ROLE),
    Belonging { unless: "c.owner IS NULL", ..belong("role", "account", &[("owner", "id")]) },
    belong("webhook", "workspace", WORKSPACE),
    belong("webhook_event", "webhook", WEBHOOK),
    belong("webhook_delivery", "webhook", WEBHOOK),
];

/// Tables whose rows belong to nothing, or to what need not be there any more.
#[cfg(test)]
const ALONE: &[&str] =
    &["account", "imported", "metric_dataset", "record", "record_head", "trace_link", "workspace"];

/// Rows that belong to something that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Orphans {
    /// The table that they are in.
    pub rows: String,
    /// The table that they belong to.
    pub of: String,
    /// How many there are.
    pub count: i64,
    /// What one of them says that it belongs to.
    pub example: String,
}

impl Belonging {
    /// How many rows do not find what they belong to, and what one of them names.
    fn sql(&self) -> String {
        let Self { rows, to, by, unless } = self;
        let first = by[0].0;
        let joined: Vec<String> =
            by.iter().map(|(here, there)| format!("p.{there} = c.{here}")).collect();
        let aside = if unless.is_empty() { String::new() } else { format!(" AND NOT {unless}") };
        format!(
            "SELECT count(*), CAST(min(c.{first}) AS text) FROM {rows} c
             WHERE NOT EXISTS (SELECT 1 FROM {to} p WHERE {}){aside}",
            joined.join(" AND ")
        )
    }
}

/// The number of questions that [`orphans`] asks.
pub fn questions() -> usize {
    BELONGINGS.len()
}

/// Answers a question by its number: the rows that belong to something that is not there, if any.
pub fn orphans(tx: &mut Tx<'_>, question: usize) -> Result<Option<Orphans>, CatalogError> {
    let belonging = &BELONGINGS[question];
    let found = tx.first(&belonging.sql(), &[], |row| {
        Ok((row.get::<i64>(0)?, row.get::<Option<String>>(1)?))
    })?;
    let (count, example) = found.unwrap_or_default();
    Ok((count > 0).then(|| Orphans {
        rows: belonging.rows.to_owned(),
        of: belonging.to.to_owned(),
        count,
        example: format!("{} {}", belonging.by[0].0, example.unwrap_or_default()),
    }))
}

/// What the database finds wrong with its file, at most twenty things. PostgreSQL checks its own
/// pages as it reads them, and is not asked.
pub fn damage(tx: &mut Tx<'_>) -> Result<Vec<String>, CatalogError> {
    if tx.dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let said = tx.query("PRAGMA quick_check(20)", &[], |row| row.get::<String>(0))?;
    Ok(said.into_iter().filter(|line| line != "ok").collect())
}

/// The newest time that a server wrote, in milliseconds: no clock should be behind it.
pub fn newest(tx: &mut Tx<'_>) -> Result<i64, CatalogError> {
    let record = tx.number("SELECT coalesce(max(at), 0) FROM record_head", &[])? / 1_000;
    let experiment = tx.number("SELECT coalesce(max(updated), 0) FROM experiment", &[])?;
    Ok(record.max(experiment))
}

/// The time of the database's own clock in milliseconds, where it has one.
pub fn clock(tx: &mut Tx<'_>) -> Result<Option<i64>, CatalogError> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(None),
        Dialect::Postgres => {
            let sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";
            Ok(Some(tx.number(sql, &[])?))
        }
    }
}

/// The version of the schema that is there, if there is one.
pub fn schema_version(tx: &mut Tx<'_>) -> Result<Option<i64>, CatalogError> {
    crate::backup::schema_version(tx)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use database::{Database, DatabaseError, Options};

    use super::*;

    fn fresh(folder: &std::path::Path) -> Database {
        let file = folder.join("t.db").display().to_string();
        Database::open(&file, crate::MIGRATIONS, &Options::default()).unwrap()
    }

    #[test]
    fn every_table_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table'
                   AND substr(name, 1, 7) <> 'sqlite_' AND name <> 'schema_version'";
        let there: BTreeSet<String> = fresh(folder.path())
            .read_blocking(move |tx| tx.query(sql, &[], |row| row.get(0)))
            .map(|names: Vec<String>| names.into_iter().collect())
            .unwrap();
        let known: BTreeSet<String> = BELONGINGS
            .iter()
            .map(|belonging| belonging.rows)
            .chain(ALONE.iter().copied())
            .map(str::to_owned)
            .collect();
        let missing: Vec<&String> = there.difference(&known).collect();
        assert!(
            missing.is_empty(),
            "say in sound.rs what the rows of these belong to: {missing:?}"
        );
        let gone: Vec<&String> = known.difference(&there).collect();
        assert!(gone.is_empty(), "sound.rs names tables that are not there: {gone:?}");
    }

    #[test]
    fn a_row_without_its_owner_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let db = fresh(folder.path());
        let all = |db: &Database| {
            db.read_blocking(|tx| {
                let mut found = Vec::new();
                for question in 0..questions() {
                    found.extend(orphans(tx, question)?);
                }
                Ok::<_, CatalogError>(found)
            })
            .unwrap()
        };
        assert_eq!(all(&db), []);
        db.write_blocking(|tx| {
            tx.batch(
                "INSERT INTO param (run, key, experiment, value) VALUES (7, 'a', 1, '');
                 INSERT INTO latest_metric (run, key, experiment, value, is_nan, step, time)
                     VALUES (9, 'm', 1, 0.5, 0, 0, 0);
                 INSERT INTO registry_policy (workspace, model, policy) VALUES ('w', -1, '{}')",
            )?;
            Ok::<_, DatabaseError>(())
        })
        .unwrap();
        let orphans = |rows: &str, of: &str, count, example: &str| Orphans {
            rows: rows.into(),
            of: of.into(),
            count,
            example: example.into(),
        };
        let expected =
            [orphans("param", "run", 1, "run 7"), orphans("latest_metric", "metric", 1, "run 9")];
        assert_eq!(all(&db), expected);
    }
}
