//! Definitions that fit, and a row for each that does not.

use std::collections::BTreeMap;

use super::rule::{Cell, Checker};
use super::*;

fn key(name: &str, kind: ValueKind) -> JoinKey {
    JoinKey { name: name.into(), kind }
}

fn feature(name: &str) -> Feature {
    Feature {
        name: name.into(),
        kind: ValueKind::Float64,
        column: None,
        expression: None,
        rules: vec!["between 0 and 1".parse().unwrap()],
        description: String::new(),
    }
}

fn sound() -> Definitions {
    let mut set = Definitions::default();
    let text = String::new;
    for definition in [
        Definition::Entity(Entity {
            name: "driver".into(),
            keys: vec![key("driver_id", ValueKind::Int64)],
            description: text(),
            owner: text(),
            tags: BTreeMap::new(),
        }),
        Definition::Source(Source {
            name: "hourly".into(),
            place: Place::Parquet { path: "hourly.parquet".into() },
            event_time: "ts".into(),
            created_time: Some("created".into()),
            description: text(),
            owner: text(),
            tags: BTreeMap::new(),
        }),
        Definition::View(Box::new(FeatureView {
            name: "stats".into(),
            entities: vec!["driver".into()],
            input: Input::Source { name: "hourly".into() },
            event_time: "ts".into(),
            created_time: Some("created".into()),
            known_after: Span::ZERO,
            ttl: "1d".parse().unwrap(),
            features: vec![feature("conv_rate"), feature("acc_rate")],
            online: true,
            description: text(),
            owner: text(),
            tags: BTreeMap::new(),
        })),
        Definition::OnDemand(OnDemandView {
            name: "trip".into(),
            inputs: vec!["stats:conv_rate".parse().unwrap()],
            request: vec![key("distance", ValueKind::Float64)],
            features: vec![Derived {
                name: "score".into(),
                kind: ValueKind::Float64,
                expression: "conv_rate * distance".into(),
                rules: vec![],
                description: text(),
            }],
            description: text(),
            owner: text(),
            tags: BTreeMap::new(),
        }),
        Definition::Service(FeatureService {
            name: "eta".into(),
            features: vec!["stats".parse().unwrap(), "trip:score".parse().unwrap()],
            description: text(),
            owner: text(),
            tags: BTreeMap::new(),
        }),
    ] {
        set.add(definition).unwrap();
    }
    set
}

fn faults(change: impl FnOnce(&mut Definitions)) -> String {
    let mut set = sound();
    change(&mut set);
    set.check().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn view(set: &mut Definitions) -> &mut FeatureView {
    set.views.get_mut("stats").unwrap()
}

fn on_demand(set: &mut Definitions) -> &mut OnDemandView {
    set.on_demand.get_mut("trip").unwrap()
}

#[test]
fn sound_definitions_have_no_faults() {
    assert_eq!(sound().check(), []);
}

type Spoil = fn(&mut Definitions);

#[test]
fn every_misfit_is_named() {
    let rows: &[(&str, Spoil)] = &[
        ("view `stats`: there is no entity `drivr`; did you mean `driver`?", |set| {
            view(set).entities = vec!["drivr".into()];
        }),
        ("view `stats`: there is no source `hurly`; did you mean `hourly`?", |set| {
            view(set).input = Input::Source { name: "hurly".into() };
        }),
        ("view `stats`: it has no features", |set| view(set).features.clear()),
        ("`conv_rate` is a feature and another column of the view", |set| {
            view(set).features[1].name = "conv_rate".into();
        }),
        ("`driver_id` is a feature and another column of the view", |set| {
            view(set).features[1].name = "driver_id".into();
        }),
        ("the rule `between 0 and 1` holds numbers, and the type is string", |set| {
            view(set).features[1].kind = ValueKind::String;
        }),
        ("`created_time` and `known_after` both say", |set| {
            view(set).known_after = "1d".parse().unwrap();
        }),
        ("view `stats`: it reads itself: stats reads stats", |set| {
            view(set).input = Input::Sql { text: "SELECT 1".into(), reads: vec!["stats".into()] };
        }),
        ("view `stats`: there is no source or view `hurly`; did you mean `hourly`?", |set| {
            view(set).input = Input::Sql { text: "SELECT 1".into(), reads: vec!["hurly".into()] };
        }),
        ("feature `acc_rate` is a column and others are expressions", |set| {
            view(set).features[0].expression = Some("mean(close, 5)".into());
        }),
        ("expressions need one entity with one key of type string", |set| {
            view(set).features[0].expression = Some("mean(close, 5)".into());
        }),
        ("feature `conv_rate` looks ahead by 1 row(s)", |set| {
            view(set).features[0].expression = Some("shift(close, -1)".into());
        }),
        (
            "entity `driver`: the join key `driver_id` is float64: use int32, int64 or string",
            |set| {
                set.entities.get_mut("driver").unwrap().keys[0].kind = ValueKind::Float64;
            },
        ),
        ("entity `driver`: it has no join key", |set| {
            set.entities.get_mut("driver").unwrap().keys.clear();
        }),
        ("source `hourly`: `created_time` is `ts`, which is the event time", |set| {
            set.sources.get_mut("hourly").unwrap().created_time = Some("ts".into());
        }),
        ("source `hourly`: `address` names an environment variable", |set| {
            set.sources.get_mut("hourly").unwrap().place =
                Place::Postgres { address: "postgres://a:b@c/d".into(), table: "t".into() };
        }),
        ("`t; drop table x` is not a table", |set| {
            set.sources.get_mut("hourly").unwrap().place =
                Place::Postgres { address: "WAREHOUSE".into(), table: "t; drop table x".into() };
        }),
        ("source `hourly`: its history `hourly` is pushed too", |set| {
            set.sources.get_mut("hourly").unwrap().place =
                Place::Push { history: Some("hourly".into()) };
        }),
        (
            "on-demand `trip`: there is no feature of `stats` `conv_rte`; did you mean `conv_rate`?",
            |set| {
                on_demand(set).inputs = vec!["stats:conv_rte".parse().unwrap()];
            },
        ),
        (
            "on-demand `trip`: there is no input or request column `distanc`; did you mean `distance`?",
            |set| {
                on_demand(set).features[0].expression = "conv_rate * distanc".into();
            },
        ),
        ("feature `score` reads other rows than its own", |set| {
            on_demand(set).features[0].expression = "mean(conv_rate, 5)".into();
        }),
        ("feature `score` reads other rows than its own", |set| {
            on_demand(set).features[0].expression = "rank(conv_rate)".into();
        }),
        ("on-demand `trip`: it reads itself: trip reads trip", |set| {
            on_demand(set).inputs = vec!["trip:score".parse().unwrap()];
        }),
        ("service `eta`: there is no view `stts`; did you mean `stats`?", |set| {
            set.services.get_mut("eta").unwrap().features = vec!["stts".parse().unwrap()];
        }),
        ("service `eta`: `stats:conv_rate` stands twice", |set| {
            let features = &mut set.services.get_mut("eta").unwrap().features;
            features.push("stats:conv_rate".parse().unwrap());
        }),
        ("`a__b` is no name", |set| view(set).features[0].name = "a__b".into()),
    ];
    for (expected, change) in rows {
        let found = faults(change);
        assert!(found.contains(expected), "expected {expected}\nfound {found}");
    }
}

#[test]
fn two_of_one_name_are_refused() {
    let mut set = sound();
    let mut source = set.sources["hourly"].clone();
    source.name = "stats".into();
    let fault = set.add(Definition::Source(source)).unwrap_err();
    assert!(fault.to_string().starts_with("source `stats`: it is defined twice"), "{fault}");
}

#[test]
fn a_definition_is_its_text() {
    for definition in sound().all() {
        let read = Definition::read(definition.kind(), &definition.text()).unwrap();
        assert_eq!(read, definition);
        assert_eq!(read.digest(), definition.digest());
    }
}

#[test]
fn changes_name_what_differs() {
    let applied = sound();
    assert_eq!(applied.changes(&applied), []);
    let mut wanted = sound();
    view(&mut wanted).ttl = "2d".parse().unwrap();
    view(&mut wanted).features.remove(1);
    wanted.services.clear();
    let changes = applied.changes(&wanted);
    let Difference::Changed(parts) = &changes[0].difference else { panic!("{changes:?}") };
    assert_eq!(changes[0].name, "stats");
    assert!(parts.contains(&"ttl: \"1d\" -> \"2d\"".to_owned()), "{parts:?}");
    assert!(parts.iter().any(|part| part.starts_with("features.acc_rate: {")), "{parts:?}");
    assert_eq!((changes[1].name.as_str(), &changes[1].difference), ("eta", &Difference::Missing));
}

#[test]
fn lengths_of_time_are_read_and_written() {
    for (text, micros, written) in [
        ("0", 0, "0"),
        ("30s", 30_000_000, "30s"),
        ("90 m", 5_400_000_000, "90m"),
        ("48h", 172_800_000_000, "2d"),
        ("14d", 1_209_600_000_000, "2w"),
        ("7us", 7, "7us"),
    ] {
        let span: Span = text.parse().unwrap();
        assert_eq!((span.micros(), span.to_string().as_str()), (micros, written), "{text}");
    }
    assert_eq!("-1d".parse::<Span>(), Err(SpanError::Negative("-1d".into())));
    for text in ["", "d", "1", "1.5h", "99999999999w", "1 year", "--1d"] {
        assert_eq!(text.parse::<Span>(), Err(SpanError::Unreadable(text.into())), "{text}");
    }
}

#[test]
fn rules_hold_values() {
    let rules: Vec<Rule> =
        ["not null", "between 0 and 1", "> 0", "< 1", "in (0.5, 1, 7)", "unique"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
    let mut checker = Checker::new(&rules);
    for cell in [
        Cell::Number(0.5),
        Cell::Null,
        Cell::Number(1.0),
        Cell::Whole(7),
        Cell::Number(0.5),
        Cell::Number(0.0),
    ] {
        checker.see(cell);
    }
    let broken = checker.broken();
    let told: Vec<_> =
        broken.iter().map(|one| (one.rule.as_str(), one.rows, one.first_row)).collect();
    assert_eq!(
        told,
        [
            ("not null", 1, 1),
            ("between 0 and 1", 1, 3),
            ("> 0", 1, 5),
            ("< 1", 2, 2),
            ("in (0.5, 1, 7)", 1, 5),
            ("unique", 1, 4),
        ]
    );
    for text in ["notnull", "between 1", "between 2 and 1", ">= x", "in ()", "in a, b", "<= inf"] {
        assert!(text.parse::<Rule>().is_err(), "{text}");
    }
}

#[test]
fn on_demand_rows_do_not_see_each_other() {
    let set = sound();
    let compiled = RowWise::compile(&set.on_demand["trip"]).unwrap();
    assert_eq!(compiled.fields(), ["conv_rate", "distance"]);
    let columns = Computed::from([
        ("conv_rate".to_owned(), vec![0.5, f64::NAN, 0.25]),
        ("distance".to_owned(), vec![2.0, 3.0, 8.0]),
    ]);
    let found = compiled.compute(3, &columns).unwrap();
    let score = &found["score"];
    assert_eq!((score[0], score[2]), (1.0, 2.0));
    assert!(score[1].is_nan());
}
