//! The registry through its door: every fact goes through a journal before it counts.

use std::collections::BTreeMap;

use journal::{Because, Draft, Kind, Memory, Spine};
use learning::{ModelSpec, TrainingSet};
use proptest::prelude::*;
use serde::Serialize;
use tracking::{
    CHALLENGER, CHAMPION, Candidate, CodeVersion, DataRef, Evaluation, Metadata, PolicyError,
    Promotion, Registry, Section, TrainingRun, payload,
};
use types::{Date, Digest, Features, Timestamp, close_of, parse_date};

const NAME: &str = "us-large-cap";

fn day(n: u64) -> Date {
    let first = parse_date("2020-01-31").unwrap();
    first.iter_days().nth(n as usize).unwrap()
}

fn at(n: u64) -> Timestamp {
    close_of(day(n))
}

/// A journal and the registry that follows it.
#[derive(Default)]
struct House {
    journal: Memory,
    registry: Registry,
}

impl House {
    fn new() -> Self {
        let mut house = Self::default();
        let panel = Draft::observed(at(0), "panel", b"panel".to_vec());
        house.journal.append(vec![panel]).unwrap();
        house
    }

    /// Records a fact as of a day that is its place in the journal.
    fn record(&mut self, kind: Kind, fact: &impl Serialize) -> Result<(), PolicyError> {
        let n = self.journal.records().len() as u64;
        let id = format!("record-{n}");
        let draft = Draft::fact(kind, at(n), id, Because::of("panel"), payload(fact));
        self.journal.append(vec![draft]).unwrap();
        let record = self.journal.records().last().unwrap();
        let bytes = self.journal.payload(&record.digest).unwrap();
        self.registry.fold(record, &bytes)
    }

    fn register(&mut self, model: &[u8]) {
        let version = self.registry.register(candidate(model)).unwrap();
        self.record(Kind::Registered, &version).unwrap();
    }

    fn promote(&mut self, alias: &str, version: u32) -> Promotion {
        let registry = &self.registry;
        let promotion = registry.promote(NAME, alias, version, "test").unwrap();
        self.record(Kind::Promoted, &promotion).unwrap();
        promotion
    }

    fn roll_back(&mut self, alias: &str) -> Result<Promotion, PolicyError> {
        let promotion = self.registry.roll_back(NAME, alias, "test")?;
        self.record(Kind::RolledBack, &promotion).unwrap();
        Ok(promotion)
    }

    fn champion(&self) -> Option<u32> {
        let holder = self.registry.holder(NAME, CHAMPION)?;
        Some(holder.version)
    }

    /// The registry as it is rebuilt from the journal alone.
    fn replayed(&self) -> Registry {
        let mut registry = Registry::default();
        for record in self.journal.records() {
            let bytes = self.journal.payload(&record.digest).unwrap();
            registry.fold(record, &bytes).unwrap();
        }
        registry
    }
}

fn candidate(model: &[u8]) -> Candidate {
    let artifact = Digest::of(model);
    Candidate {
        name: NAME.into(),
        artifact,
        folder: BTreeMap::from([("model.onnx".to_owned(), artifact)]),
        run: "run-1".into(),
        source: Metadata {
            artifact_location: format!("objects:{artifact}"),
            code_revision: "0.1.0".into(),
            environment: "Cargo.lock".into(),
            training_data: "snapshot:1".into(),
        },
        metrics: BTreeMap::from([("information_coefficient".to_owned(), 0.03)]),
        at: at(0),
    }
}

#[test]
fn each_missing_metadatum_is_refused_by_name() {
    type Blank = fn(&mut Candidate);
    let cases: [(&str, Blank); 5] = [
        ("without the artifact location:", |c| c.source.artifact_location.clear()),
        ("without the code revision:", |c| c.source.code_revision = "  ".into()),
        ("without how to rebuild the environment:", |c| c.source.environment.clear()),
        ("without a reference to the training data:", |c| c.source.training_data = "\t".into()),
        ("without the code revision and a reference to the training data:", |c| {
            c.source.code_revision.clear();
            c.source.training_data.clear();
        }),
    ];
    for (message, blank) in cases {
        let mut bad = candidate(b"model");
        blank(&mut bad);
        let error = Registry::default().register(bad).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let nameless = Candidate { name: " ".into(), ..candidate(b"model") };
    let refused = Registry::default().register(nameless);
    assert!(matches!(refused, Err(PolicyError::Nameless)));
    let foreign = Candidate { artifact: Digest::of(b"other"), ..candidate(b"model") };
    let refused = Registry::default().register(foreign);
    assert!(matches!(refused, Err(PolicyError::Folder { .. })));
}

#[test]
fn what_does_not_exist_is_refused_with_what_does() {
    let mut house = House::new();
    house.register(b"1");
    house.register(b"2");
    house.promote(CHAMPION, 1);
    let registry = &house.registry;
    let said = |error: PolicyError| error.to_string();
    assert_eq!(
        said(registry.promote(NAME, CHAMPION, 3, "").unwrap_err()),
        "model `us-large-cap` has no version 3; it has 1, 2"
    );
    assert!(registry.promote(NAME, CHAMPION, 0, "").is_err());
    assert_eq!(
        said(registry.promote("us-large-cup", CHAMPION, 1, "").unwrap_err()),
        "there is no model `us-large-cup`, did you mean `us-large-cap`?; registered: us-large-cap"
    );
    assert_eq!(
        said(registry.find(NAME, "chmapion").unwrap_err()),
        "model `us-large-cap` has no `chmapion`, did you mean `champion`?; aliases that are held: \
         champion"
    );
    assert!(matches!(registry.promote(NAME, "v2", 1, ""), Err(PolicyError::Alias(_))));
    let empty = Registry::default();
    assert_eq!(
        said(empty.roll_back(NAME, CHAMPION, "").unwrap_err()),
        "there is no model `us-large-cap`; registered: none"
    );
}

/// A number promotes that version, `r` rolls back; the second column is the champion after each
/// step, `!` where the step was refused.
#[test]
fn rolling_back_goes_back_and_never_forward() {
    for (steps, champions) in [
        ("1 2 r", "1 2 1"),
        ("1 2 3 r r", "1 2 3 2 1"),
        ("1 r", "1 !"),
        ("r", "!"),
        ("1 2 3 r r r", "1 2 3 2 1 !"),
        ("1 2 r 3 r", "1 2 1 3 1"),
        ("1 1 r", "1 1 !"),
        ("1 2 2 r", "1 2 2 1"),
        ("1 2 1 r r", "1 2 1 2 1"),
    ] {
        let mut house = House::new();
        for model in [b"1", b"2", b"3"] {
            house.register(model);
        }
        let champions_found: Vec<String> = steps
            .split(' ')
            .map(|step| match step.parse() {
                Ok(version) => {
                    house.promote(CHAMPION, version);
                    house.champion().unwrap().to_string()
                }
                Err(_) => {
                    house.roll_back(CHAMPION).map_or("!".into(), |moved| moved.version.to_string())
                }
            })
            .collect();
        assert_eq!(champions_found.join(" "), champions, "{steps}");
        assert_eq!(house.replayed(), house.registry, "{steps}");
    }
}

#[test]
fn promoting_the_holder_changes_nothing() {
    let mut house = House::new();
    house.register(b"1");
    assert!(house.promote(CHAMPION, 1).changes());
    assert!(!house.promote(CHAMPION, 1).changes());
    assert_eq!(house.registry.history(NAME).len(), 1);
}

#[test]
fn the_champion_of_any_moment_is_known() {
    let mut house = House::new();
    house.register(b"1"); // day 1
    house.register(b"2"); // day 2
    house.promote(CHAMPION, 1); // day 3
    house.promote(CHALLENGER, 2); // day 4
    house.promote(CHAMPION, 2); // day 5
    house.roll_back(CHAMPION).unwrap(); // day 6
    let held = |n| house.registry.holder_at(NAME, CHAMPION, at(n)).map(|v| v.version);
    let course: Vec<_> = (2..8).map(held).collect();
    assert_eq!(course, [None, Some(1), Some(1), Some(2), Some(1), Some(1)]);
    let aliases: Vec<_> = house.registry.aliases(NAME).collect();
    assert_eq!(aliases, [(CHALLENGER, 2), (CHAMPION, 1)]);
    let kinds: Vec<_> = house.registry.history(NAME).iter().map(|c| c.kind).collect();
    assert_eq!(kinds[2..], [Kind::Promoted, Kind::RolledBack]);
}

#[test]
fn a_record_that_does_not_fit_is_refused_and_changes_nothing() {
    let mut house = House::new();
    house.register(b"1");
    house.register(b"2");
    house.promote(CHAMPION, 1);
    let before = house.registry.clone();
    let stale = Promotion {
        name: NAME.into(),
        alias: CHAMPION.into(),
        version: 2,
        previous: None,
        why: String::new(),
    };
    let never = Promotion { previous: Some(1), ..stale.clone() };
    let mut gap = before.versions(NAME)[1].clone();
    gap.version = 7;
    let mut blank = gap.clone();
    blank.source.training_data.clear();
    for (refused, what) in [
        (house.record(Kind::Promoted, &stale), "was held by version 1, not by no version"),
        (house.record(Kind::RolledBack, &never), "version 2 did not hold `champion` before"),
        (house.record(Kind::Registered, &gap), "where version 3 comes next"),
        (house.record(Kind::Registered, &blank), "without a reference to the training data"),
        (house.record(Kind::Registered, &"nonsense"), "its payload cannot be read"),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    let record = house.journal.records()[1].clone();
    let altered = house.registry.fold(&record, b"{}").unwrap_err();
    assert!(altered.to_string().contains(&record.digest.to_string()), "{altered}");
    assert_eq!(house.registry, before);
}

/// A model of `y = 2 x₁ − x₂`, learned without noise.
fn model() -> Vec<u8> {
    let spec: ModelSpec = serde_json::from_str(r#"{"kind": "ridge", "alpha": 1e-9}"#).unwrap();
    let rows: Vec<[f64; 2]> = (0..60).map(|i| [f64::from(i % 7), f64::from(i % 5)]).collect();
    let set = TrainingSet {
        names: vec!["a".into(), "b".into()],
        x: rows.concat(),
        y: rows.iter().map(|[a, b]| 2.0 * a - b).collect(),
        dates: (0..60).map(|i| day(i / 6)).collect(),
    };
    learning::train(&spec, &set, 1).unwrap()
}

fn features(values: Vec<f64>, names: &[&str]) -> Features {
    Features {
        as_of: day(1),
        symbols: (0..values.len() / names.len()).map(|i| format!("S{i}").into()).collect(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        values,
    }
}

#[test]
fn only_the_registered_bytes_of_a_registered_version_forecast() {
    let bytes = model();
    let mut house = House::new();
    let unregistered = house.registry.admit(NAME, 1, &bytes).unwrap_err();
    assert!(matches!(unregistered, PolicyError::UnknownModel { .. }));
    house.register(&bytes);
    let nobody = house.registry.admit(NAME, CHAMPION, &bytes).unwrap_err();
    assert!(matches!(nobody, PolicyError::NoHolder { .. }));
    house.promote(CHAMPION, 1);

    let admitted = house.registry.admit(NAME, CHAMPION, &bytes).unwrap();
    let vectors = features(vec![1.0, 0.0, 3.0, 2.0], &["a", "b"]);
    let forecast = admitted.forecast(&vectors, 21).unwrap();
    for (found, expected) in forecast.expected_return.iter().zip([2.0, 4.0]) {
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
    let reference = forecast.model.unwrap();
    assert_eq!((reference.version, reference.digest), (1, Digest::of(&bytes)));
    let narrow = admitted.forecast(&features(vec![1.0], &["a"]), 21).unwrap_err();
    assert_eq!(
        narrow.to_string(),
        "model `us-large-cap` version 1 was trained on 2 features, but was given 1"
    );

    let mut altered = bytes.clone();
    altered[bytes.len() / 2] ^= 1;
    let error = house.registry.admit(NAME, CHAMPION, &altered).unwrap_err().to_string();
    assert!(error.contains(&Digest::of(&bytes).to_string()), "{error}");
    assert!(error.contains(&Digest::of(&altered).to_string()), "{error}");

    house.register(b"no model at all");
    let unreadable = house.registry.admit(NAME, 2, b"no model at all").unwrap_err();
    assert!(matches!(unreadable, PolicyError::Model { version: 2, .. }));
}

#[test]
fn versions_are_compared_by_all_that_made_them() {
    let mut house = House::new();
    let first = TrainingRun {
        id: "run-1".into(),
        experiment: NAME.into(),
        params: BTreeMap::from([("alpha".into(), "1".into()), ("seed".into(), "7".into())]),
        metrics: BTreeMap::from([("r2".into(), 0.01)]),
        code: CodeVersion { revision: "0.1.0".into(), lock: Digest::ZERO },
        environment: BTreeMap::from([("rustc".into(), "1.95.0".into())]),
        data: vec![DataRef { name: "prices".into(), digest: Digest::of(b"old") }],
        features: Digest::ZERO,
    };
    let mut second = first.clone();
    second.id = "run-2".into();
    second.params.insert("alpha".into(), "10".into());
    second.data[0].digest = Digest::of(b"new");
    let evaluation = Evaluation {
        run: "run-2".into(),
        name: "validation".into(),
        data: second.data.clone(),
        metrics: BTreeMap::new(),
    };
    house.register(b"1");
    let error = house.registry.compare(NAME, 1, 1).unwrap_err().to_string();
    assert_eq!(error, "there is no record of the training run run-1");
    house.record(Kind::Trained, &first).unwrap();
    house.record(Kind::Trained, &second).unwrap();
    house.record(Kind::Evaluated, &evaluation).unwrap();
    let mut better = Candidate { run: "run-2".into(), ..candidate(b"1") };
    better.metrics.insert("information_coefficient".into(), 0.04);
    let version = house.registry.register(better).unwrap();
    house.record(Kind::Registered, &version).unwrap();

    let rows = house.registry.compare(NAME, 1, 2).unwrap();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (row.section, row.name.as_str(), row.b.as_deref().unwrap()))
        .collect();
    let new = Digest::of(b"new").to_string();
    let expected = [
        (Section::Params, "alpha", "10"),
        (Section::Metrics, "information_coefficient", "0.04"),
        (Section::Data, "prices", &new),
    ];
    assert_eq!(rows, expected);
    assert_eq!(house.registry.compare(NAME, 2, 2).unwrap(), []);
    assert_eq!(house.registry.evaluations(&"run-2".into()), [evaluation]);
    assert_eq!(house.registry.runs().count(), 2);
}

#[derive(Debug, Clone)]
enum Step {
    Register,
    Promote(bool, u32),
    RollBack(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Register),
        3 => (any::<bool>(), 0u32..6).prop_map(|(alias, v)| Step::Promote(alias, v)),
        2 => any::<bool>().prop_map(Step::RollBack),
    ]
}

proptest! {
    /// Whatever the calls returned is what a registry rebuilt from the records says.
    #[test]
    fn the_registry_is_a_projection_of_its_records(steps in prop::collection::vec(step(), 0..40)) {
        let mut house = House::new();
        let mut held: BTreeMap<&str, u32> = BTreeMap::new();
        let alias = |first: bool| if first { CHAMPION } else { CHALLENGER };
        let mut registered = 0;
        for step in steps {
            match step {
                Step::Register => {
                    registered += 1;
                    house.register(format!("{registered}").as_bytes());
                }
                Step::Promote(first, version) => {
                    let wish = house.registry.promote(NAME, alias(first), version, "");
                    prop_assert_eq!(wish.is_ok(), (1..=registered).contains(&version));
                    if wish.is_ok() {
                        let moved = house.promote(alias(first), version);
                        prop_assert_eq!(moved.previous, held.get(alias(first)).copied());
                        held.insert(alias(first), moved.version);
                    }
                }
                Step::RollBack(first) => {
                    if let Ok(moved) = house.roll_back(alias(first)) {
                        prop_assert_eq!(moved.previous, held.get(alias(first)).copied());
                        held.insert(alias(first), moved.version);
                    }
                }
            }
        }
        let replayed = house.replayed();
        prop_assert_eq!(&replayed, &house.registry);
        prop_assert_eq!(replayed.versions(NAME).len() as u32, registered);
        prop_assert_eq!(replayed.aliases(NAME).collect::<BTreeMap<_, _>>(), held);
        let now = at(house.journal.records().len() as u64);
        for alias in [CHAMPION, CHALLENGER] {
            prop_assert_eq!(replayed.holder_at(NAME, alias, now), replayed.holder(NAME, alias));
        }
    }
}
