//! What happened to the registry, what was true when, and whether somebody wrote past the history.

mod common;

use catalog::registry::{self, Alias, Asked, HistorySearch, NewVersion};
use catalog::{CatalogError, Code};
use database::{Database, DatabaseError, Tx};

const HOME: &str = "default";

fn asked(by: &str, now: i64) -> Asked {
    Asked { workspace: HOME.into(), by: by.into(), call: "test".into(), now }
}

fn write<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    db.write_blocking(work)
}

/// Versions 1 to 3, of which each was champion from 1,000, 2,000 and 3,000 ms on.
fn story(db: &Database) {
    write(db, |tx| {
        registry::create_model(tx, &asked("ann", 10), "m", None, &[])?;
        for (number, at) in [("1", 1_000), ("2", 2_000), ("3", 3_000)] {
            let source = format!("s3://b/{number}");
            let new = NewVersion { name: "m".into(), source, ..NewVersion::default() };
            registry::create_version(tx, &asked("ann", at - 500), &new, None)?;
            registry::set_alias(tx, &asked("bob", at), "m", "champion", number, Some("better"))?;
        }
        Ok(())
    })
    .unwrap();
}

fn held(db: &Database, name: &'static str, at: i64) -> Vec<(String, String)> {
    let found = db.read_blocking(move |tx| registry::aliases_at(tx, HOME, name, at)).unwrap();
    found.into_iter().map(|Alias { alias, version }| (alias, version)).collect()
}

fn champion(number: &str) -> Vec<(String, String)> {
    vec![("champion".to_owned(), number.to_owned())]
}

#[test]
fn what_an_alias_meant_is_known_for_every_moment() {
    common::on_each(|db| {
        story(db);
        write(db, |tx| {
            registry::roll_back(tx, &asked("eve", 4_000), "m", "champion", None)?;
            registry::rename_model(tx, &asked("eve", 5_000), "m", "n")?;
            registry::create_model(tx, &asked("eve", 6_000), "m", None, &[])?;
            registry::delete_alias(tx, &asked("eve", 7_000), "n", "champion")?;
            registry::delete_model(tx, &asked("eve", 8_000), "n")
        })
        .unwrap();
        for (at, expected) in [
            (5, vec![]),
            (999, vec![]),
            (1_000, champion("1")),
            (1_999, champion("1")),
            (2_000, champion("2")),
            (3_999, champion("3")),
            (4_000, champion("2")),
            (5_500, vec![]),
            (6_500, vec![]),
        ] {
            assert_eq!(held(db, "m", at), expected, "m at {at}");
        }
        assert_eq!(held(db, "n", 4_500), []);
        assert_eq!(held(db, "n", 6_999), champion("2"));
        assert_eq!(held(db, "n", 7_500), []);
        assert_eq!(held(db, "n", 9_000), []);
    });
}

#[test]
fn the_history_says_who_did_what_because_of_what() {
    common::on_each(|db| {
        story(db);
        let search = HistorySearch { name: Some("m".into()), max: 3, ..Default::default() };
        let again = search.clone();
        let page = db.read_blocking(move |tx| registry::history(tx, HOME, &again)).unwrap();
        let kinds: Vec<_> = page.items.iter().map(|one| (one.kind.as_str(), one.at)).collect();
        assert_eq!(kinds, [("promoted", 3_000), ("registered", 2_500), ("promoted", 2_000)]);
        assert!(page.next.is_some());
        let newest = &page.items[0];
        assert_eq!(newest.said["by"], "bob");
        assert_eq!((&newest.said["previous"], &newest.said["version"]), (&2.into(), &3.into()));
        assert_eq!(newest.said["why"], "better");
        assert!(newest.because[0].starts_with("commanded-"));
        assert_eq!(newest.because[1], page.items[1].id);
        let of = HistorySearch { version: Some(1), at: Some(1_500), max: 10, ..search };
        let page = db.read_blocking(move |tx| registry::history(tx, HOME, &of)).unwrap();
        let kinds: Vec<_> = page.items.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds, ["promoted", "registered"]);
        let unknown = HistorySearch { name: Some("x".into()), max: 10, ..Default::default() };
        let said = db.read_blocking(move |tx| registry::history(tx, HOME, &unknown)).unwrap_err();
        assert_eq!(said.code, Code::ResourceDoesNotExist);
        let other = HistorySearch { max: 10, ..Default::default() };
        let page = db.read_blocking(move |tx| registry::history(tx, "other", &other)).unwrap();
        assert_eq!(page.items, []);
    });
}

/// Whoever may read a model is not told what became of another that had its name before.
#[test]
fn a_name_leads_to_what_had_it_while_it_had_it() {
    common::on_each(|db| {
        write(db, |tx| {
            registry::create_model(tx, &asked("ann", 10), "m", None, &[])?;
            registry::rename_model(tx, &asked("ann", 20), "m", "secret")?;
            registry::describe_model(tx, &asked("ann", 30), "secret", "hidden")?;
            registry::create_model(tx, &asked("bob", 40), "x", None, &[])?;
            registry::rename_model(tx, &asked("bob", 50), "x", "m")
        })
        .unwrap();
        let search = HistorySearch { name: Some("m".into()), max: 10, ..Default::default() };
        let page = db.read_blocking(move |tx| registry::history(tx, HOME, &search)).unwrap();
        let told: Vec<_> = page.items.iter().map(|one| (one.kind.as_str(), one.at)).collect();
        assert_eq!(told, [("renamed", 50), ("created", 40), ("created", 10)]);
    });
}

#[test]
fn time_does_not_go_backwards() {
    common::on_each(|db| {
        story(db);
        write(db, |tx| registry::delete_alias(tx, &asked("eve", 5), "m", "champion")).unwrap();
        assert_eq!(held(db, "m", 2_999), champion("2"));
        assert_eq!(held(db, "m", 3_000), []);
        db.read_blocking(registry::verify).unwrap();
    });
}

#[test]
fn whoever_writes_past_the_history_is_found() {
    for (damage, said) in [
        (
            "UPDATE record SET payload = replace(payload, 'better', 'bitter') WHERE seq = 5",
            "record 5 (promoted-5): its payload does not match its digest",
        ),
        (
            "UPDATE record SET at = at + 1 WHERE seq = 3",
            "record 3 (registered-3): its content does not match its hash",
        ),
        (
            "DELETE FROM record WHERE seq = 4",
            "record 5 (promoted-5): a record is missing before it",
        ),
        ("DELETE FROM record WHERE seq >= 12", "broken behind record 11: its head says that 14"),
        (
            "UPDATE record SET alias = 'shadow' WHERE seq = 5",
            "record 5 (promoted-5): the columns beside its payload say something else",
        ),
        ("UPDATE model_alias SET version = 1", "alias 'champion' is not what record 13"),
        ("DELETE FROM model_alias", "alias 'champion' is not what record 13"),
        (
            "INSERT INTO model_alias (model, alias, version) VALUES (1, 'prod', 1)",
            "no record of the history tells of alias 'prod'",
        ),
        (
            "UPDATE model_version SET storage = 's3://evil/a' WHERE version = 2",
            "version 2 is not what record 7",
        ),
        ("DELETE FROM model_version WHERE version = 3", "version 3 is not what record 11"),
    ] {
        common::on_each(|db| {
            story(db);
            let before = db.read_blocking(registry::verify).unwrap();
            assert_eq!(before.records, 14);
            db.write_blocking(move |tx| tx.execute(damage, &[]))
                .map(drop)
                .unwrap_or_else(|error: DatabaseError| panic!("{damage}: {error}"));
            let found = db.read_blocking(registry::verify).unwrap_err();
            assert_eq!(found.code, Code::InvalidState);
            assert!(found.message.contains(said), "{damage}: {}", found.message);
        });
    }
}
