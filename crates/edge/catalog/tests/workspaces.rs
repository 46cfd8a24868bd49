//! Workspaces, and what becomes of what is in them. Beside the statements of the server's tests: on
//! every database.

mod common;

use catalog::registry::{self, Asked, Policy};
use catalog::workspaces::{self, Deletion};
use catalog::{CatalogError, Code, experiments, runs, webhooks};
use database::{Database, Tx};

fn write<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    db.write_blocking(work)
}

fn asked(workspace: &str) -> Asked {
    Asked { workspace: workspace.into(), by: "ann".into(), call: "test".into(), now: 1 }
}

fn fill(tx: &mut Tx<'_>, workspace: &str) -> Result<i64, CatalogError> {
    workspaces::create(tx, workspace, Some("d"), None)?;
    let id = experiments::create(tx, workspace, "e", None, "root", &[], 1)?;
    let new = runs::NewRun { experiment: id, ..runs::NewRun::default() };
    runs::create(tx, workspace, &new)?;
    let given = webhooks::Given {
        name: Some("w".into()),
        url: Some("https://example.com".into()),
        events: Some(vec![webhooks::Event::parse("prompt", "created")?]),
        ..webhooks::Given::default()
    };
    webhooks::create(tx, workspace, &given, 1)?;
    Ok(id)
}

#[test]
fn a_workspace_with_something_in_it_is_only_deleted_when_it_is_said_what_becomes_of_that() {
    common::on_each(|db| {
        write(db, workspaces::ensure_default).unwrap();
        write(db, workspaces::ensure_default).unwrap();
        let id = write(db, |tx| fill(tx, "full")).unwrap();
        let error =
            write(db, |tx| workspaces::delete(tx, &asked("full"), Deletion::Restrict)).unwrap_err();
        assert_eq!(error.code, Code::InvalidState);
        assert!(
            error.message.contains("table 'experiment' still contains 1 resource(s)"),
            "{error}"
        );
        write(db, |tx| workspaces::delete(tx, &asked("full"), Deletion::SetDefault)).unwrap();
        let moved = write(db, move |tx| experiments::get(tx, "default", id)).unwrap();
        assert_eq!(moved.workspace, "default");

        write(db, |tx| fill(tx, "again")).unwrap();
        let error = write(db, |tx| workspaces::delete(tx, &asked("again"), Deletion::SetDefault));
        assert!(error.unwrap_err().message.contains("experiment: 'e'"));
        write(db, |tx| workspaces::delete(tx, &asked("again"), Deletion::Cascade)).unwrap();
        let left = write(db, |tx| {
            Ok(tx.number("SELECT count(*) FROM run", &[])?
                + tx.number("SELECT count(*) FROM webhook", &[])?)
        });
        assert_eq!(left.unwrap(), 2, "one run and one webhook were moved before");
        let names: Vec<String> =
            write(db, workspaces::list).unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["default"]);
    });
}

#[test]
fn a_root_is_kept_and_cleared() {
    common::on_each(|db| {
        write(db, |tx| workspaces::create(tx, "ws", None, Some("s3://b"))).unwrap();
        let root = |db: &Database| write(db, |tx| workspaces::artifact_root(tx, "ws")).unwrap();
        assert_eq!(root(db).as_deref(), Some("s3://b"));
        write(db, |tx| workspaces::update(tx, "ws", Some(""), None)).unwrap();
        assert_eq!(root(db).as_deref(), Some("s3://b"));
        write(db, |tx| workspaces::update(tx, "ws", None, Some(""))).unwrap();
        assert_eq!(root(db), None);
        let root = write(db, |tx| workspaces::artifact_root(tx, "none")).unwrap();
        assert_eq!(root, None);
    });
}

#[test]
fn the_policy_of_a_registry_ends_with_its_workspace_on_record() {
    common::on_each(|db| {
        write(db, |tx| workspaces::create(tx, "ruled", None, None)).unwrap();
        let policy: Policy = serde_json::from_str(r#"{"metadata": "enforce"}"#).unwrap();
        write(db, move |tx| registry::set_policy(tx, &asked("ruled"), None, Some(&policy)))
            .unwrap();
        let records =
            || write(db, |tx| Ok(tx.number("SELECT count(*) FROM record", &[])?)).unwrap();
        let before = records();
        write(db, |tx| workspaces::delete(tx, &asked("ruled"), Deletion::Restrict)).unwrap();
        let left = write(db, |tx| registry::get_policy(tx, "ruled", None)).unwrap();
        assert_eq!(left.from, "default");
        assert!(records() > before, "the end is on record as well");
    });
}
