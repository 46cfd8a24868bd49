//! That the tables follow from the records, and that nothing else writes to them.

use database::{Database, Options};

use super::super::{Asked, NewVersion, Policy};
use super::*;
use crate::registry;

/// What is written to here and nowhere else.
const TABLES: [&str; 7] = [
    "registered_model",
    "registered_model_tag",
    "model_version",
    "model_version_tag",
    "model_alias",
    "approval",
    "registry_policy",
];

fn asked(by: &str, now: i64) -> Asked {
    Asked { workspace: "default".into(), by: by.into(), call: "test".into(), now }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

/// Everything that can happen, at least once.
fn live(tx: &mut Tx<'_>) -> Result<(), CatalogError> {
    let (ann, bob) = (asked("ann", 10), asked("bob", 20));
    registry::create_model(tx, &ann, "m", Some("first"), &[tag("a", "1")])?;
    registry::create_model(tx, &ann, "gone", None, &[])?;
    registry::tag_model(tx, &ann, "m", &tag("b", "2"))?;
    registry::untag_model(tx, &ann, "m", "a")?;
    registry::describe_model(tx, &bob, "m", "second")?;
    for number in 0..4 {
        let new = NewVersion {
            name: "m".into(),
            source: format!("s3://b/{number}"),
            tags: vec![tag("n", &number.to_string()), tag("trimtab.code_revision", "c0ffee")],
            ..NewVersion::default()
        };
        registry::create_version(tx, &ann, &new, Some("requirements.txt"))?;
    }
    let new = NewVersion { name: "gone".into(), source: "s3://b/a".into(), ..Default::default() };
    registry::create_version(tx, &ann, &new, None)?;
    registry::describe_version(tx, &bob, "m", "2", Some("two"))?;
    registry::tag_version(tx, &bob, "m", "2", &tag("n", "two"))?;
    registry::untag_version(tx, &bob, "m", "3", "n")?;
    registry::move_to_stage(tx, &bob, "m", "1", "Production", false)?;
    registry::move_to_stage(tx, &bob, "m", "2", "Production", true)?;
    let policy: Policy = serde_json::from_str(r#"{"protect": [{}]}"#).expect("a policy");
    registry::set_policy(tx, &bob, Some("m"), Some(&policy))?;
    registry::set_policy(tx, &bob, None, Some(&Policy::default()))?;
    registry::set_policy(tx, &bob, None, None)?;
    for version in ["1", "2"] {
        registry::approve(tx, &bob, "m", version, "champion", "seen")?;
        registry::set_alias(tx, &ann, "m", "champion", version, None)?;
    }
    registry::roll_back(tx, &ann, "m", "champion", Some("worse"))?;
    registry::set_alias(tx, &ann, "m", "shadow", "4", None)?;
    registry::set_alias(tx, &ann, "m", "spare", "3", None)?;
    registry::delete_alias(tx, &ann, "m", "spare")?;
    registry::delete_version(tx, &ann, "m", "4")?;
    registry::rename_model(tx, &ann, "m", "n")?;
    registry::delete_model(tx, &ann, "gone")
}

fn dump(tx: &mut Tx<'_>) -> Vec<String> {
    let mut rows = Vec::new();
    for (table, columns) in TABLES.iter().zip([
        "id, workspace, name, description, created, updated, newest",
        "model, key, value",
        "id, model, version, workspace, author, description, stage, source, storage, run_id, \
         run_link, model_id, metadata, created, updated",
        "owner, key, value, model",
        "model, alias, version",
        "model, alias, version, person, why, at, record",
        "workspace, model, policy",
    ]) {
        let texts: Vec<String> = columns
            .split(", ")
            .map(|column| format!("coalesce(cast({column} AS TEXT), 'null')"))
            .collect();
        let sql = format!("SELECT {} AS line FROM {table} ORDER BY line", texts.join("||' '||"));
        rows.extend(tx.query(&sql, &[], |row| row.get::<String>(0)).unwrap());
    }
    rows
}

#[test]
fn the_same_records_give_the_same_tables() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tracking.db").display().to_string();
    let db = Database::open(&file, crate::MIGRATIONS, &Options::default()).unwrap();
    let (lived, told) = db
        .write_blocking(|tx| {
            live(tx)?;
            let lived = dump(tx);
            for table in TABLES {
                tx.execute(&format!("DELETE FROM {table}"), &[])?;
            }
            let entries = tx.query(
                "SELECT seq, at, payload FROM record WHERE model IS NOT NULL ORDER BY seq",
                &[],
                |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?)),
            )?;
            for (seq, at, payload) in entries {
                let entry: Entry = serde_json::from_str(&payload).expect("an entry");
                apply(tx, seq, at / 1_000, &entry)?;
            }
            Ok::<_, CatalogError>((lived, dump(tx)))
        })
        .unwrap();
    assert!(lived.len() > 12, "{lived:#?}");
    assert_eq!(lived, told);
    db.read_blocking(registry::verify).unwrap();
}

#[test]
fn nothing_else_writes_to_these_tables() {
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("registry/project.rs") && !path.ends_with("tests.rs") {
                // Tests may damage what they like.
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                seen += 1;
                for table in TABLES {
                    for write in ["INSERT INTO", "UPDATE", "DELETE FROM"] {
                        let write = format!("{write} {table} ");
                        assert!(!code.contains(&write), "{}: {write}", path.display());
                    }
                }
            }
        }
    }
    assert!(seen > 40, "only {seen} files were seen");
}
