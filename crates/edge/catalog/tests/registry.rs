//! The registry as clients of the protocol know it. Expected values are what MLflow 3.17.2 answers.

mod common;

use catalog::experiments;
use catalog::registry::{self, Asked, NewVersion, RegistrySearch};
use catalog::runs::{self, NewRun};
use catalog::{CatalogError, Code, Tag};
use database::{Database, Tx};
use tracking::search::{Entity, parse_filter, parse_order};

const HOME: &str = "default";

fn asked(now: i64) -> Asked {
    Asked { workspace: HOME.into(), by: "ann".into(), call: "test".into(), now }
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

fn make(db: &Database, name: &'static str, tags: &'static [(&str, &str)]) {
    write(db, move |tx| {
        let tags: Vec<Tag> = tags.iter().map(|(key, value)| tag(key, value)).collect();
        registry::create_model(tx, &asked(10), name, None, &tags)
    })
    .unwrap();
}

fn version(db: &Database, new: NewVersion, now: i64) -> Result<String, CatalogError> {
    write(db, move |tx| {
        registry::create_version(tx, &asked(now), &new, None).map(|made| made.version)
    })
}

fn of(name: &str, source: &str) -> NewVersion {
    NewVersion { name: name.into(), source: source.into(), ..NewVersion::default() }
}

/// An experiment with a run, whose artifacts are reached through the server.
fn run(db: &Database) -> String {
    write(db, |tx| {
        let id = experiments::create(tx, HOME, "e", None, "mlflow-artifacts:", &[], 1)?;
        Ok(runs::create(tx, HOME, &NewRun { experiment: id, ..NewRun::default() })?.info.run_id)
    })
    .unwrap()
}

fn code(error: CatalogError) -> (Code, String) {
    (error.code, error.message)
}

#[test]
fn models_are_made_once() {
    common::on_each(|db| {
        make(db, "m", &[("a", "1")]);
        let again = |tags: &'static [(&str, &str)]| {
            write(db, move |tx| {
                let tags: Vec<Tag> = tags.iter().map(|(key, value)| tag(key, value)).collect();
                registry::create_model(tx, &asked(11), "m", None, &tags)
            })
            .map_err(code)
            .unwrap_err()
        };
        let exists = "Registered Model (name=m) already exists.".to_owned();
        assert_eq!(again(&[]), (Code::ResourceAlreadyExists, exists));
        let taken = "Tried to create a prompt with name 'm', but the name is already taken by a \
                     registered model. MLflow does not allow creating a model and a prompt with the \
                     same name.";
        let said = again(&[(registry::IS_PROMPT, "true")]);
        assert_eq!(said, (Code::ResourceAlreadyExists, taken.to_owned()));
        let found = db.read_blocking(|tx| registry::get_model(tx, HOME, "m")).unwrap();
        assert_eq!(found.tags, [tag("a", "1")]);
        assert_eq!((found.creation_timestamp, found.last_updated_timestamp), (10, 10));
        let other = db.read_blocking(|tx| registry::get_model(tx, "other", "m"));
        assert_eq!(other.unwrap_err().message, "Registered Model with name=m not found");
    });
}

#[test]
fn versions_are_numbered_and_a_number_is_given_once() {
    common::on_each(|db| {
        make(db, "m", &[]);
        for number in ["1", "2", "3"] {
            assert_eq!(version(db, of("m", "s3://b/a"), 20).unwrap(), number);
        }
        write(db, |tx| registry::delete_version(tx, &asked(30), "m", "3")).unwrap();
        assert_eq!(version(db, of("m", "s3://b/a"), 40).unwrap(), "4");
        let gone = write(db, |tx| registry::get_version(tx, HOME, "m", "3")).map_err(code);
        let message = "Model Version (name=m, version=3) not found".to_owned();
        assert_eq!(gone.unwrap_err(), (Code::ResourceDoesNotExist, message));
        let missing = version(db, of("n", "s3://b/a"), 40).unwrap_err();
        assert_eq!(missing.message, "Registered Model with name=n not found");
        // A model that is made anew counts anew.
        write(db, |tx| registry::delete_model(tx, &asked(50), "m")).unwrap();
        make(db, "m", &[]);
        assert_eq!(version(db, of("m", "s3://b/a"), 60).unwrap(), "1");
    });
}

#[test]
fn stages_have_a_newest_version_each() {
    common::on_each(|db| {
        make(db, "m", &[]);
        for _ in 0..4 {
            version(db, of("m", "s3://b/a"), 20).unwrap();
        }
        let to = |number: &'static str, stage: &'static str, archive: bool| {
            write(db, move |tx| {
                registry::move_to_stage(tx, &asked(30), "m", number, stage, archive)
            })
        };
        to("2", "production", false).unwrap();
        to("3", "Production", true).unwrap();
        to("4", "STAGING", false).unwrap();
        let latest = |stages: &'static [&str]| {
            db.read_blocking(move |tx| {
                let stages: Vec<String> = stages.iter().map(|text| (*text).to_owned()).collect();
                registry::latest_versions(tx, HOME, "m", &stages)
            })
        };
        let found: Vec<_> = latest(&[]).unwrap().into_iter().collect();
        let found: Vec<_> =
            found.iter().map(|v| (v.version.as_str(), v.current_stage.as_str())).collect();
        let expected = [("1", "None"), ("2", "Archived"), ("3", "Production"), ("4", "Staging")];
        assert_eq!(found, expected);
        assert_eq!(latest(&["production"]).unwrap()[0].version, "3");
        let said = latest(&["Live"]).unwrap_err().message;
        let valid = "Value must be one of None, Staging, Production, Archived.";
        assert_eq!(said, format!("Invalid Model Version stage: Live. {valid}"));
        // MLflow calls this a fault of its own (INTERNAL_ERROR).
        assert_eq!(to("1", "Archived", true).unwrap_err().code, Code::InvalidParameterValue);
    });
}

#[test]
fn aliases_move_and_go_with_their_version() {
    common::on_each(|db| {
        make(db, "m", &[]);
        version(db, of("m", "s3://b/a"), 20).unwrap();
        version(db, of("m", "s3://b/a"), 20).unwrap();
        let set = |alias: &'static str, number: &'static str| {
            write(db, move |tx| registry::set_alias(tx, &asked(30), "m", alias, number, None))
        };
        let held = |alias: &'static str| {
            db.read_blocking(move |tx| registry::get_by_alias(tx, HOME, "m", alias))
                .map(|version| (version.version, version.aliases))
                .map_err(code)
        };
        set("champion", "1").unwrap();
        set("shadow", "2").unwrap();
        set("champion", "2").unwrap();
        let both = vec!["champion".to_owned(), "shadow".to_owned()];
        assert_eq!(held("champion").unwrap(), ("2".to_owned(), both.clone()));
        assert_eq!(held("Latest").unwrap(), ("2".to_owned(), both));
        let said = held("nobody").unwrap_err();
        let message = "Registered model alias nobody not found.".to_owned();
        assert_eq!(said, (Code::InvalidParameterValue, message));
        let missing = set("champion", "7").unwrap_err().message;
        assert_eq!(missing, "Model Version (name=m, version=7) not found");
        write(db, |tx| registry::delete_version(tx, &asked(40), "m", "2")).unwrap();
        assert_eq!(held("champion").unwrap_err().0, Code::InvalidParameterValue);
        write(db, |tx| registry::delete_alias(tx, &asked(50), "m", "champion")).unwrap();
    });
}

#[test]
fn a_source_belongs_to_whom_the_request_names() {
    common::on_each(|db| {
        make(db, "m", &[]);
        make(db, "p", &[(registry::IS_PROMPT, "true")]);
        let run = run(db);
        let with_run = |source: &str| NewVersion { run_id: Some(run.clone()), ..of("m", source) };
        let inside = format!("mlflow-artifacts:/1/{run}/artifacts/model");
        for good in [
            with_run(&inside),
            with_run(&format!("runs:/{run}/model")),
            with_run("s3://b/a"),
            of("m", "s3://b/a"),
            of("m", "models:/m/1"),
        ] {
            version(db, good.clone(), 20).unwrap_or_else(|error| panic!("{good:?}: {error}"));
        }
        let (outside, deep) = (
            "mlflow-artifacts:/1/other/artifacts".to_owned(),
            format!("mlflow-artifacts:/1/{run}/artifacts/../../../2"),
        );
        for bad in [
            of("m", &inside),
            with_run(&outside),
            with_run(&deep),
            of("m", &format!("runs:/{run}/model")),
            with_run("runs:/other/model"),
            with_run("/etc/passwd"),
            with_run("file:///etc/passwd"),
            of("m", "model"),
            of("m", "models:/m-0123456789abcdef0123456789abcdef"),
            of("m", "dummy-source"),
            of("m", "models:/p/1"),
            of("m", "models://host/m/1"),
            NewVersion { run_id: Some("else".into()), ..of("m", "models:/m/1") },
            NewVersion { model_id: Some("m-none".into()), ..of("m", &inside) },
        ] {
            let error = version(db, bad.clone(), 30).expect_err(&format!("{bad:?}"));
            let known = [Code::InvalidParameterValue, Code::ResourceDoesNotExist];
            assert!(known.contains(&error.code), "{bad:?}: {error:?}");
        }
        let copied = db.read_blocking(|tx| registry::get_version(tx, HOME, "m", "5")).unwrap();
        assert_eq!((copied.source.as_str(), copied.run_id), ("models:/m/1", Some(run.clone())));
        let place = db.read_blocking(|tx| registry::download_uri(tx, HOME, "m", "5")).unwrap();
        assert_eq!(place, inside);
    });
}

fn find(db: &Database, filter: &str, order: &[&str], offset: usize, max: usize) -> Vec<String> {
    let search = RegistrySearch {
        filter: parse_filter(Entity::RegisteredModels, filter).unwrap(),
        order: parse_order(Entity::RegisteredModels, order).unwrap(),
        offset,
        max,
    };
    let page = db.read_blocking(move |tx| registry::search_models(tx, HOME, &search)).unwrap();
    page.items.into_iter().map(|model| model.name).collect()
}

fn find_versions(db: &Database, filter: &str, order: &[&str]) -> Vec<String> {
    let search = RegistrySearch {
        filter: parse_filter(Entity::ModelVersions, filter).unwrap(),
        order: parse_order(Entity::ModelVersions, order).unwrap(),
        offset: 0,
        max: 100,
    };
    let page = db.read_blocking(move |tx| registry::search_versions(tx, HOME, &search)).unwrap();
    page.items.into_iter().map(|one| format!("{}{}", one.name, one.version)).collect()
}

#[test]
fn a_search_sees_models_or_prompts() {
    common::on_each(|db| {
        make(db, "b", &[("team", "x")]);
        make(db, "a", &[("team", "y"), ("kind", "ridge")]);
        make(db, "p", &[(registry::IS_PROMPT, "true"), ("team", "x")]);
        make(db, "q", &[(registry::IS_PROMPT, "false")]);
        let is = "tags.`mlflow.prompt.is_prompt`";
        for (filter, found) in [
            (String::new(), vec!["a", "b", "q"]),
            (format!("{is} != 'true'"), vec!["a", "b", "q"]),
            (format!("{is} = 'false'"), vec!["a", "b", "q"]),
            (format!("{is} = 'true'"), vec!["p"]),
            (format!("{is} != 'false'"), vec!["p"]),
            (format!("{is} = 'TRUE'"), vec![]),
            (format!("tags.team = 'x' AND {is} != 'true'"), vec!["b"]),
            (format!("tags.team = 'x' AND {is} = 'true'"), vec!["p"]),
            (format!("{is} != 'true' AND {is} = 'true'"), vec!["a", "b", "q"]),
            ("tags.team != 'x'".into(), vec!["a"]),
            ("tags.team ILIKE '%X%'".into(), vec!["b"]),
            ("tags.kind = 'ridge' AND tags.team = 'y'".into(), vec!["a"]),
            ("name LIKE 'A%'".into(), vec![]),
            ("name ILIKE 'A%'".into(), vec!["a"]),
            ("name IN ('a', 'p', 'z')".into(), vec!["a"]),
            ("name NOT IN ('a')".into(), vec!["b", "q"]),
        ] {
            assert_eq!(find(db, &filter, &[], 0, 10), found, "{filter}");
        }
        assert_eq!(find(db, "", &["name DESC"], 1, 1), ["b"]);
        write(db, |tx| registry::describe_model(tx, &asked(99), "b", "newest")).unwrap();
        assert_eq!(find(db, "", &["timestamp DESC"], 0, 10), ["b", "a", "q"]);
    });
}

#[test]
fn versions_are_found_by_what_they_say() {
    common::on_each(|db| {
        make(db, "m", &[]);
        make(db, "n", &[]);
        make(db, "p", &[(registry::IS_PROMPT, "true")]);
        let tags = vec![tag("a", "1")];
        version(db, NewVersion { tags, ..of("m", "s3://b/one") }, 20).unwrap();
        version(db, of("m", "s3://b/two"), 30).unwrap();
        let run_id = Some("r1".to_owned());
        version(db, NewVersion { run_id, ..of("n", "s3://b/one") }, 40).unwrap();
        let tags = vec![tag(registry::IS_PROMPT, "true"), tag("mlflow.prompt.text", "hi")];
        version(db, NewVersion { tags, ..of("p", "dummy-source") }, 50).unwrap();
        version(db, of("m", "s3://b/gone"), 60).unwrap();
        write(db, |tx| registry::delete_version(tx, &asked(70), "m", "3")).unwrap();
        for (filter, order, found) in [
            ("", &[][..], &["n1", "m2", "m1"][..]),
            ("name = 'm'", &[], &["m2", "m1"]),
            ("name = 'm'", &["version_number ASC"], &["m1", "m2"]),
            ("", &["name DESC"], &["n1", "m2", "m1"]),
            ("", &["creation_timestamp"], &["m1", "m2", "n1"]),
            ("version_number > 1", &[], &["m2"]),
            ("version_number = '1' AND name = 'n'", &[], &["n1"]),
            ("run_id = 'r1'", &[], &["n1"]),
            ("run_id IN ('r1', 'r2')", &[], &["n1"]),
            ("source_path = 's3://b/one'", &["name"], &["m1", "n1"]),
            ("source_path LIKE '%two'", &[], &["m2"]),
            ("tags.a = '1'", &[], &["m1"]),
            ("tags.a != '1'", &[], &[]),
            ("tags.`mlflow.prompt.is_prompt` = 'true'", &[], &["p1"]),
        ] {
            assert_eq!(find_versions(db, filter, order), found, "{filter} {order:?}");
        }
    });
}

#[test]
fn many_writers_get_a_number_each() {
    common::on_each(|db| {
        make(db, "m", &[]);
        let numbers: Vec<String> = std::thread::scope(|scope| {
            let work = |_| scope.spawn(|| version(db, of("m", "s3://b/a"), 20).unwrap());
            let writers: Vec<_> = (0..24).map(work).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let mut numbers: Vec<i64> = numbers.iter().map(|text| text.parse().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=24).collect::<Vec<_>>());
        // One command and one fact for the model and for each version.
        let verified = db.read_blocking(registry::verify).unwrap();
        assert_eq!(verified.records, 2 * 25);
    });
}

/// What webhooks are told, as MLflow 3.17.2 words it (`webhooks/types.py`).
#[test]
fn webhooks_are_told_of_models_and_of_prompts() {
    use catalog::webhooks::{self, Action, Entity, Event, Given};
    common::on_each(|db| {
        let told = write(db, |tx| {
            let events = [
                Entity::RegisteredModel,
                Entity::ModelVersion,
                Entity::ModelVersionTag,
                Entity::ModelVersionAlias,
                Entity::Prompt,
                Entity::PromptVersion,
                Entity::PromptTag,
            ];
            let events = events.into_iter().flat_map(|entity| {
                entity
                    .actions()
                    .iter()
                    .map(move |action: &Action| Event { entity, action: *action })
            });
            let given = Given {
                name: Some("w".into()),
                url: Some("https://example.org/hook".into()),
                events: Some(events.collect()),
                ..Given::default()
            };
            webhooks::create(tx, HOME, &given, 1)?;
            let at = asked(10);
            let is = [tag(registry::IS_PROMPT, "true")];
            registry::create_model(tx, &at, "m", Some("d"), &[tag("a", "1")])?;
            registry::tag_model(tx, &at, "m", &tag("b", "2"))?;
            let new = NewVersion { tags: vec![tag("t", "1")], ..of("m", "s3://b/a") };
            registry::create_version(tx, &at, &new, None)?;
            registry::tag_version(tx, &at, "m", "1", &tag("k", "v"))?;
            registry::untag_version(tx, &at, "m", "1", "k")?;
            registry::set_alias(tx, &at, "m", "champion", "1", None)?;
            registry::delete_alias(tx, &at, "m", "champion")?;
            registry::create_model(tx, &at, "p", None, &is)?;
            let tags = vec![is[0].clone(), tag("mlflow.prompt.text", "hi"), tag("t", "1")];
            let new = NewVersion { tags, ..of("p", "dummy-source") };
            registry::create_version(tx, &at, &new, None)?;
            registry::tag_model(tx, &at, "p", &tag("b", "2"))?;
            webhooks::claim(tx, 10, 20, 100)
        })
        .unwrap();
        let told: Vec<(String, serde_json::Value)> = told
            .into_iter()
            .map(|one| {
                let event = format!("{}.{}", one.event.entity.as_str(), one.event.action.as_str());
                (event, serde_json::from_str(&one.data).unwrap())
            })
            .collect();
        let expected = [
            (
                "registered_model.created",
                r#"{"name": "m", "tags": {"a": "1"}, "description": "d"}"#,
            ),
            (
                "model_version.created",
                r#"{"name": "m", "version": "1", "source": "s3://b/a", "run_id": null,
                    "tags": {"t": "1"}, "description": null}"#,
            ),
            ("model_version_tag.set", r#"{"name": "m", "version": "1", "key": "k", "value": "v"}"#),
            ("model_version_tag.deleted", r#"{"name": "m", "version": "1", "key": "k"}"#),
            (
                "model_version_alias.created",
                r#"{"name": "m", "alias": "champion", "version": "1"}"#,
            ),
            ("model_version_alias.deleted", r#"{"name": "m", "alias": "champion"}"#),
            ("prompt.created", r#"{"name": "p", "tags": {}, "description": ""}"#),
            (
                "prompt_version.created",
                r#"{"name": "p", "version": "1", "template": "hi", "tags": {"t": "1"},
                    "description": null}"#,
            ),
            ("prompt_tag.set", r#"{"name": "p", "key": "b", "value": "2"}"#),
        ];
        let expected: Vec<(String, serde_json::Value)> = expected
            .iter()
            .map(|(event, data)| ((*event).to_owned(), serde_json::from_str(data).unwrap()))
            .collect();
        assert_eq!(told, expected);
    });
}
