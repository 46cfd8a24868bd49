//! What a policy asks for before a version is registered and before an alias moves.

mod common;

use catalog::metrics::{self, Metric};
use catalog::registry::{self, Asked, Demand, NewVersion, Policy};
use catalog::runs::{self, Dataset, DatasetInput, NewRun};
use catalog::{CatalogError, Code, Tag, experiments};
use database::{Database, Tx};

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

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

fn model(db: &Database, policy: &'static str) {
    write(db, move |tx| {
        registry::create_model(tx, &asked("ann", 10), "m", None, &[])?;
        let policy: Policy = serde_json::from_str(policy).expect("a policy");
        registry::set_policy(tx, &asked("root", 11), Some("m"), Some(&policy))
    })
    .unwrap();
}

/// A run with a metric, and with what clients log anyway.
fn run(db: &Database, rmse: f64, tags: Vec<Tag>, data: bool) -> String {
    write(db, move |tx| {
        let id = match experiments::get_by_name(tx, HOME, "e") {
            Ok(found) => experiments::parse_id(&found.experiment_id)?,
            Err(_) => experiments::create(tx, HOME, "e", None, "mlflow-artifacts:", &[], 1)?,
        };
        let new = NewRun { experiment: id, tags: tags.clone(), ..NewRun::default() };
        let run = runs::create(tx, HOME, &new)?.info.run_id;
        let metric = Metric { key: "val/rmse".into(), value: rmse, timestamp: 1, step: 0 };
        metrics::log(tx, HOME, &run, &metric, &[])?;
        runs::log_param(tx, HOME, &run, &tag("alpha", &rmse.to_string()))?;
        if data {
            let dataset = Dataset {
                name: "prices".into(),
                digest: "d16e57".into(),
                source_type: "local".into(),
                source: "{}".into(),
                schema: None,
                profile: None,
            };
            let input = DatasetInput { tags: vec![tag("mlflow.data.context", "train")], dataset };
            runs::log_inputs(tx, HOME, &run, &[input], &[])?;
        }
        Ok(run)
    })
    .unwrap()
}

fn version(
    db: &Database,
    by: &'static str,
    run_id: Option<String>,
    tags: Vec<Tag>,
    environment: Option<&'static str>,
) -> Result<registry::ModelVersion, CatalogError> {
    let source = match &run_id {
        Some(run) => format!("runs:/{run}/model"),
        None => "s3://b/a".to_owned(),
    };
    let new = NewVersion { name: "m".into(), source, run_id, tags, ..NewVersion::default() };
    write(db, move |tx| registry::create_version(tx, &asked(by, 20), &new, environment))
}

fn set(
    db: &Database,
    by: &'static str,
    alias: &'static str,
    number: &'static str,
) -> Result<(), CatalogError> {
    write(db, move |tx| registry::set_alias(tx, &asked(by, 30), "m", alias, number, Some("why")))
}

fn approve(
    db: &Database,
    by: &'static str,
    number: &'static str,
) -> Result<registry::Approvals, CatalogError> {
    write(db, move |tx| registry::approve(tx, &asked(by, 25), "m", number, "champion", "seen"))
}

#[test]
fn a_version_without_metadata_is_refused_with_what_is_missing() {
    common::on_each(|db| {
        model(db, r#"{"metadata": "enforce"}"#);
        let error = version(db, "ann", None, vec![], None).unwrap_err();
        assert_eq!(error.code, Code::InvalidParameterValue);
        for part in [
            "the code revision and how to rebuild the environment and a reference to the training \
             data",
            "trimtab.code_revision",
            "trimtab.environment",
            "mlflow.log_input",
        ] {
            assert!(error.message.contains(part), "{}", error.message);
        }
        let bare = run(db, 1.0, vec![], false);
        let error = version(db, "ann", Some(bare), vec![], Some("requirements.txt")).unwrap_err();
        assert!(!error.message.contains("environment"), "{}", error.message);
        let commit = vec![tag("mlflow.source.git.commit", "c0ffee")];
        let full = run(db, 1.0, commit, true);
        version(db, "ann", Some(full), vec![], Some("requirements.txt")).unwrap();
        let tags = vec![
            tag("trimtab.code_revision", "c1"),
            tag("trimtab.environment", "image@sha256:1"),
            tag("trimtab.training_data", "snapshot:1"),
        ];
        assert_eq!(version(db, "ann", None, tags, None).unwrap().version, "2");
        let found =
            db.read_blocking(|tx| registry::version_metadata(tx, HOME, "m", "1", None)).unwrap();
        assert_eq!(found.metadata.code_revision, "c0ffee");
        assert_eq!(found.metadata.training_data, "prices@d16e57");
        assert_eq!(found.metadata.environment, "requirements.txt");
        assert!(found.metadata.artifact_location.starts_with("runs:/"));
        assert_eq!(found.missing, Vec::<&str>::new());
        // What is required cannot be taken off again.
        let untag = write(db, |tx| {
            registry::untag_version(tx, &asked("ann", 40), "m", "2", "trimtab.environment")
        });
        assert!(untag.unwrap_err().message.contains("trimtab.environment"));
        // Prompts have no code, environment or data.
        write(db, |tx| {
            let policy = Policy { metadata: Demand::Enforce, ..Policy::default() };
            registry::set_policy(tx, &asked("root", 41), None, Some(&policy))?;
            let mark = [tag(registry::IS_PROMPT, "true")];
            registry::create_model(tx, &asked("ann", 42), "p", None, &mark)?;
            let new = NewVersion {
                name: "p".into(),
                source: "dummy-source".into(),
                tags: mark.to_vec(),
                ..NewVersion::default()
            };
            registry::create_version(tx, &asked("ann", 43), &new, None)
        })
        .unwrap();
    });
}

#[test]
fn a_warning_is_a_tag_that_stays_true() {
    common::on_each(|db| {
        model(db, r#"{"metadata": "warn"}"#);
        let warning = |version: registry::ModelVersion| {
            let found = version.tags.into_iter().find(|tag| tag.key == "trimtab.missing");
            found.map(|tag| tag.value)
        };
        let made = version(db, "ann", None, vec![], Some("requirements.txt")).unwrap();
        let both = "the code revision, a reference to the training data";
        assert_eq!(warning(made).as_deref(), Some(both));
        let say = |key: &'static str| {
            write(db, move |tx| {
                let tag = tag(key, "x");
                registry::tag_version(tx, &asked("ann", 30), "m", "1", &tag)?;
                registry::get_version(tx, HOME, "m", "1")
            })
            .map(warning)
            .unwrap()
        };
        let data = "a reference to the training data";
        assert_eq!(say("trimtab.code_revision").as_deref(), Some(data));
        assert_eq!(say("trimtab.training_data"), None);
    });
}

#[test]
fn a_protected_alias_asks_for_approvals_by_others() {
    common::on_each(|db| {
        model(db, r#"{"protect": [{"approvals": 2}]}"#);
        version(db, "ann", None, vec![], None).unwrap();
        version(db, "ann", None, vec![], None).unwrap();
        let refused = set(db, "ann", "champion", "1").unwrap_err();
        assert_eq!(refused.code, Code::PermissionDenied);
        let said = "alias 'champion' of model 'm' is protected: version 1 has 0 of 2 approvals. \
                    Whoever approves it calls POST /api/2.0/trimtab/registry/approvals with \
                    {\"alias\":\"champion\",\"name\":\"m\",\"version\":\"1\"} and `why`";
        assert_eq!(refused.message, said);
        set(db, "ann", "shadow", "1").unwrap();
        let own = approve(db, "ann", "1").unwrap_err();
        assert_eq!(own.code, Code::PermissionDenied);
        assert!(own.message.contains("may not approve it"), "{}", own.message);
        assert!(!approve(db, "bob", "1").unwrap().enough);
        // Twice by the same person is once, and one version's approval is not another's.
        assert!(!approve(db, "bob", "1").unwrap().enough);
        assert!(!approve(db, "eve", "2").unwrap().enough);
        assert!(approve(db, "eve", "1").unwrap().enough);
        set(db, "ann", "champion", "1").unwrap();
        assert!(set(db, "ann", "champion", "2").is_err());
        approve(db, "bob", "2").unwrap();
        set(db, "bob", "champion", "2").unwrap();
        // Going back needs nobody's leave; coming again needs it anew.
        let back = write(db, |tx| {
            registry::roll_back(tx, &asked("ann", 50), "m", "champion", Some("it drifts"))
        });
        assert_eq!(back.unwrap().version, "1");
        assert!(set(db, "bob", "champion", "2").is_err());
        let none =
            write(db, |tx| registry::roll_back(tx, &asked("ann", 51), "m", "champion", None));
        let none = none.unwrap_err();
        assert_eq!(none.code, Code::ResourceDoesNotExist);
        assert!(none.message.contains("before version 1"), "{}", none.message);
        let verified = db.read_blocking(registry::verify).unwrap();
        assert!(verified.records > 20);
    });
}

#[test]
fn a_closed_gate_says_why() {
    common::on_each(|db| {
        model(
            db,
            r#"{"protect": [{"approvals": 0, "gates": ["`val/rmse` < champion", "`val/rmse` < 2"]}]}"#,
        );
        for rmse in [0.5, 0.4, 0.7, f64::NAN] {
            let run = run(db, rmse, vec![], false);
            version(db, "ann", Some(run), vec![], None).unwrap();
        }
        version(db, "ann", None, vec![], None).unwrap();
        set(db, "ann", "champion", "1").unwrap();
        set(db, "ann", "champion", "2").unwrap();
        for (number, reason) in [
            ("3", "val/rmse 0.7 is not < champion 0.4"),
            ("4", "the challenger has no val/rmse"),
            ("5", "the challenger has no val/rmse"),
        ] {
            let refused = set(db, "ann", "champion", number).unwrap_err();
            assert_eq!(refused.code, Code::PermissionDenied);
            let gate = "its gate ``val/rmse` < champion` is closed";
            assert!(refused.message.contains(gate), "{}", refused.message);
            assert!(refused.message.ends_with(reason), "{}", refused.message);
        }
        let compared =
            db.read_blocking(|tx| registry::compare_versions(tx, HOME, "m", "3", None)).unwrap();
        assert_eq!(compared.with, "1");
        let rows: Vec<_> = compared
            .differences
            .iter()
            .map(|d| (d.name.as_str(), d.a.as_deref(), d.b.as_deref()))
            .filter(|row| row.0 != "location")
            .collect();
        let expected =
            [("alpha", Some("0.5"), Some("0.7")), ("val/rmse", Some("0.5"), Some("0.7"))];
        assert_eq!(rows, expected);
    });
}

#[test]
fn a_model_without_a_policy_has_that_of_the_registry() {
    common::on_each(|db| {
        let get = |name: Option<&'static str>| {
            db.read_blocking(move |tx| registry::get_policy(tx, HOME, name)).unwrap()
        };
        assert_eq!(get(None).from, "default");
        model(db, r#"{"metadata": "warn"}"#);
        write(db, |tx| {
            registry::create_model(tx, &asked("ann", 12), "n", None, &[])?;
            let policy: Policy = serde_json::from_str(r#"{"protect": [{}]}"#).expect("a policy");
            registry::set_policy(tx, &asked("root", 13), None, Some(&policy))
        })
        .unwrap();
        assert_eq!((get(Some("m")).from, get(Some("n")).from), ("model", "registry"));
        assert!(get(Some("n")).policy.protection("champion").is_some());
        write(db, |tx| registry::set_policy(tx, &asked("root", 14), Some("m"), None)).unwrap();
        assert_eq!(get(Some("m")), get(Some("n")));
        let mine = db.read_blocking(|tx| registry::get_policy(tx, "other", None)).unwrap();
        assert_eq!(mine.from, "default");
    });
}
