//! The versions of MLflow's schema that can be read: from MLflow 2.0 to 3.17.2.

use std::path::Path;

use rusqlite::Connection;

use super::open::{said, wrong};
use crate::Result;

/// The steps of MLflow's schema, the newest first, down to that of MLflow 2.0.
const KNOWN: &[&str] = &[
    "dc11669786a5",
    "75868b020152",
    "b7e2c1a4d9f3",
    "17e22815139b",
    "1971f2d9a75b",
    "6f8d9c3b2a1e",
    "c3d9e7f1a2b4",
    "c1d2e3f4a5b6",
    "a8b9c0d1e2f3",
    "b7e4c1a90f23",
    "89d3d66ed43f",
    "da6fb0208061",
    "7d34483879f0",
    "ae8bbe7743c9",
    "a5b4c3d2e1f0",
    "c3d6457b6d8a",
    "76601a5f987d",
    "e1f2a3b4c5d6",
    "1b5f0d9ad7c1",
    "c8d9e0f1a2b3",
    "d0e1f2a3b4c5",
    "d3e4f5a6b7c8",
    "2c33131f4dae",
    "c9d4e5f6a7b8",
    "5d2d30f0abce",
    "b7c8d9e0f1a2",
    "1bd49d398cd23",
    "bf29a5ff90ea",
    "3da73c924c2f",
    "71994744cf8e",
    "534353b11cbc",
    "1a0cddfcaa16",
    "de4033877273",
    "a1b2c3d4e5f6",
    "770bee3ae1dd",
    "cbc13b556ace",
    "bda7b8c39065",
    "6953534de441",
    "400f98739977",
    "0584bdc529eb",
    "f5a4f2784254",
    "4465047574b1",
    "5b0e9adcef9c",
    "867495a8f9d4",
    "acf3f17fdcc7",
    "2d6e25af4d3e",
    "7f2a7d5fae7d",
    "3500859a5d39",
    "97727af70f4d",
];

/// The steps before those: databases of MLflow 1.
const TOO_OLD: &[&str] = &[
    "cc1f77228345",
    "0c779009ac13",
    "bd07f7e963c5",
    "c48cb773bb87",
    "39d1c3be5f05",
    "a8c4a736bde6",
    "84291f40a231",
    "27a6a02d2cf1",
    "728d730b5ebd",
    "0a8213491aaa",
    "cfd24bdc0731",
    "2b4d017a5e9b",
    "89d4b8295536",
    "7ac759974ad8",
    "df50e92ffc5e",
    "181f10493468",
    "90e64c465722",
    "451aebb31d03",
];

/// Refuses a database that is not MLflow's, or of a version that is not known.
pub(super) fn check(db: &Connection, file: &Path) -> Result<()> {
    let tables: i64 = db
        .query_row(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table'
             AND name IN ('alembic_version', 'experiments', 'runs')",
            [],
            |row| row.get(0),
        )
        .map_err(|error| said(file, &error))?;
    if tables < 3 {
        return Err(wrong(
            file,
            "this SQLite database is not that of an MLflow server: it has no tables \
             `alembic_version`, `experiments` and `runs`",
        ));
    }
    let found: String = db
        .query_row("SELECT coalesce(max(version_num), '') FROM alembic_version", [], |row| {
            row.get(0)
        })
        .map_err(|error| said(file, &error))?;
    if KNOWN.contains(&found.as_str()) {
        return Ok(());
    }
    let why = match TOO_OLD.contains(&found.as_str()) {
        true => format!(
            "its schema ({found}) is older than MLflow 2.0: bring a copy of it up to date with \
             `mlflow db upgrade sqlite:///COPY`, and import that"
        ),
        false if found.is_empty() => {
            "its table `alembic_version` is empty: an upgrade of it was cut \
                                      off; run `mlflow db upgrade` on a copy, and import that"
                .to_owned()
        }
        false => format!(
            "its schema version {found} is not known: it is of an MLflow newer than 3.17.2; import \
             over the address of its server"
        ),
    };
    Err(wrong(file, &why))
}
