//! Accounts, tokens, roles and what is granted. The words of the messages are MLflow 3.17.2's.

mod common;

use catalog::access::{self, Permission, Resource, Token};
use catalog::registry::Asked;
use catalog::{CatalogError, Code, experiments, workspaces};
use database::{Database, Tx};

const HOME: &str = "default";

fn asked(workspace: &str) -> Asked {
    Asked { workspace: workspace.into(), by: "ann".into(), call: "test".into(), now: 1 }
}

fn write<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    db.write_blocking(work)
}

fn account(db: &Database, name: &'static str, is_admin: bool) -> i64 {
    write(db, move |tx| access::create(tx, name, "hash", is_admin)).unwrap().id
}

#[test]
fn accounts_are_known_by_their_names() {
    common::on_each(|db| {
        let ann = account(db, "ann", false);
        let error = write(db, |tx| access::create(tx, "ann", "h", false)).unwrap_err();
        assert_eq!(error.code, Code::ResourceAlreadyExists);
        assert_eq!(error.message, "User (username=ann) already exists.");
        for bad in ["", "a:b", "a\0b", &"a".repeat(256)] {
            let bad = bad.to_owned();
            let error = write(db, move |tx| access::create(tx, &bad, "h", false)).unwrap_err();
            assert_eq!(error.code, Code::InvalidParameterValue);
        }
        write(db, |tx| access::set_password(tx, "ann", "another")).unwrap();
        let found = write(db, |tx| access::get(tx, "ann")).unwrap();
        assert_eq!((found.id, found.password_hash.as_str()), (ann, "another"));
        assert!(!serde_json::to_string(&found).unwrap().contains("another"));
        let error = write(db, |tx| access::get(tx, "nobody")).unwrap_err();
        assert_eq!(error.message, "User with username=nobody not found");
        assert_eq!(write(db, |tx| access::find(tx, "no\0body")).unwrap(), None);
    });
}

#[test]
fn the_last_administrator_stays() {
    common::on_each(|db| {
        account(db, "one", true);
        write(db, |tx| access::set_admin(tx, "one", false)).unwrap_err();
        write(db, |tx| access::delete(tx, "one")).unwrap_err();
        account(db, "two", true);
        write(db, |tx| access::set_admin(tx, "one", false)).unwrap();
        write(db, |tx| access::delete(tx, "two")).unwrap_err();
    });
}

#[test]
fn tokens_end() {
    common::on_each(|db| {
        let ann = account(db, "ann", false);
        let token = |created, expires| Token { name: "t".into(), created, expires };
        write(db, move |tx| access::add_token(tx, ann, "h1", &token(10, 20))).unwrap();
        let found = |hash: &'static str, now| {
            write(db, move |tx| access::find_token(tx, hash, now)).unwrap().map(|one| one.username)
        };
        assert_eq!(found("h1", 19).as_deref(), Some("ann"));
        assert_eq!(found("h1", 20), None);
        assert_eq!(found("h2", 19), None);
        // Its name is free again once it has expired, not before.
        write(db, move |tx| access::add_token(tx, ann, "h2", &token(19, 30))).unwrap_err();
        write(db, move |tx| access::add_token(tx, ann, "h2", &token(20, 30))).unwrap();
        assert_eq!(found("h1", 19), None);
        let listed = write(db, move |tx| access::tokens(tx, ann)).unwrap();
        assert_eq!(listed, [token(20, 30)]);
        account(db, "root", true);
        write(db, |tx| access::delete(tx, "ann")).unwrap();
        assert_eq!(found("h2", 25), None);
    });
}

#[test]
fn what_an_account_holds_comes_from_its_roles_in_one_workspace() {
    common::on_each(|db| {
        let (ann, bob) = (account(db, "ann", false), account(db, "bob", false));
        let held = |who: i64, workspace: &'static str, id: &'static str| {
            let ids = [id.to_owned()];
            write(db, move |tx| {
                let on = [(Resource::Experiment, Some(ids.as_slice()))];
                access::held_by(tx, workspace, who, &on, Permission::NoPermissions, true)
            })
            .unwrap()
            .on(Resource::Experiment, id)
        };
        write(db, |tx| workspaces::create(tx, "other", None, None)).unwrap();
        let role = write(db, |tx| access::create_role(tx, HOME, "r", None)).unwrap().id;
        let add = |resource, pattern: &'static str, permission| {
            write(db, move |tx| access::add_permission(tx, role, resource, pattern, permission))
        };
        add(Resource::Experiment, "*", Permission::Read).unwrap();
        let error = add(Resource::Experiment, "*", Permission::Edit).unwrap_err();
        assert_eq!(error.code, Code::ResourceAlreadyExists);
        assert_eq!(held(ann, HOME, "1"), Permission::NoPermissions);
        write(db, move |tx| access::assign(tx, ann, role)).unwrap();
        let error = write(db, move |tx| access::assign(tx, ann, role)).unwrap_err();
        assert_eq!(error.code, Code::ResourceAlreadyExists);
        assert_eq!(held(ann, HOME, "1"), Permission::Read);
        assert_eq!(held(ann, "other", "1"), Permission::NoPermissions);
        write(db, move |tx| {
            access::grant(tx, HOME, ann, Resource::Experiment, "1", Permission::Manage)
        })
        .unwrap();
        assert_eq!(held(ann, HOME, "1"), Permission::Manage);
        assert_eq!(held(ann, HOME, "2"), Permission::Read);
        assert_eq!(held(bob, HOME, "1"), Permission::NoPermissions);

        // What is one person's own is renamed and swept with the thing; what a role says stays.
        write(db, |tx| {
            access::rename_pattern(tx, HOME, Resource::Experiment, "1", "3")?;
            access::sweep_pattern(tx, "other", Resource::Experiment, "3")
        })
        .unwrap();
        assert_eq!(held(ann, HOME, "3"), Permission::Manage);
        write(db, |tx| access::sweep_pattern(tx, HOME, Resource::Experiment, "3")).unwrap();
        assert_eq!(held(ann, HOME, "3"), Permission::Read);
        let listed = write(db, move |tx| access::listed(tx, ann)).unwrap();
        assert_eq!(listed.len(), 1);
        write(db, move |tx| access::delete_role(tx, role)).unwrap();
        assert_eq!(held(ann, HOME, "3"), Permission::NoPermissions);
    });
}

#[test]
fn somebody_who_is_gone_leaves_nothing_behind() {
    common::on_each(|db| {
        account(db, "root", true);
        let ann = account(db, "ann", false);
        write(db, move |tx| {
            access::grant(tx, HOME, ann, Resource::Prompt, "p", Permission::Manage)
        })
        .unwrap();
        write(db, |tx| access::delete(tx, "ann")).unwrap();
        let again = account(db, "ann", false);
        assert_ne!(again, ann);
        assert!(write(db, move |tx| access::listed(tx, again)).unwrap().is_empty());
        let left = write(db, |tx| {
            Ok(tx.number("SELECT count(*) FROM role_permission", &[])?
                + tx.number("SELECT count(*) FROM role", &[])?)
        });
        assert_eq!(left.unwrap(), 0);
    });
}

#[test]
fn workspaces_are_managed_and_seen_by_whom_roles_say() {
    common::on_each(|db| {
        let ann = account(db, "ann", false);
        for name in ["aa", "bb", "cc"] {
            write(db, move |tx| workspaces::create(tx, name, None, None)).unwrap();
        }
        let role = |workspace: &'static str, permission: Option<Permission>| {
            write(db, move |tx| {
                let role = access::create_role(tx, workspace, "r", None)?.id;
                if let Some(permission) = permission {
                    access::add_permission(tx, role, Resource::Workspace, "*", permission)?;
                }
                access::assign(tx, ann, role)
            })
            .unwrap();
        };
        role("aa", Some(Permission::Manage));
        role("bb", None);
        write(db, move |tx| {
            access::grant(tx, "cc", ann, Resource::Experiment, "1", Permission::Manage)
        })
        .unwrap();
        assert_eq!(write(db, move |tx| access::administered(tx, ann)).unwrap(), ["aa"]);
        assert_eq!(write(db, move |tx| access::visible(tx, ann)).unwrap(), ["aa", "bb"]);
        assert_eq!(write(db, move |tx| access::present(tx, ann)).unwrap(), ["aa", "bb", "cc"]);
        let error = write(db, |tx| access::create_role(tx, "none", "r", None)).unwrap_err();
        assert_eq!(error.message, "Workspace 'none' not found");
        write(db, |tx| workspaces::delete(tx, &asked("aa"), workspaces::Deletion::Restrict))
            .unwrap();
        assert_eq!(write(db, move |tx| access::present(tx, ann)).unwrap(), ["bb", "cc"]);
    });
}

#[test]
fn things_belong_to_the_experiments_of_their_workspace_only() {
    common::on_each(|db| {
        let id = write(db, |tx| experiments::create(tx, HOME, "e", None, "root", &[], 1)).unwrap();
        let named = |workspace: &'static str, name: &'static str| {
            write(db, move |tx| access::owners::experiment_named(tx, workspace, name)).unwrap()
        };
        assert_eq!(named(HOME, "e"), Some(id));
        assert_eq!(named("other", "e"), None);
        assert_eq!(named(HOME, "none"), None);
        assert_eq!(named(HOME, "e\0"), None);
        let has = write(db, move |tx| access::owners::has_experiment(tx, "other", id));
        assert!(!has.unwrap());
    });
}
