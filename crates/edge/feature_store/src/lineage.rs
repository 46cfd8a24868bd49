//! Where a feature comes from, and what depends on it; and finding what exists.

use std::collections::BTreeSet;

use features::store::{Definition as Defined, DefinitionKind};
use serde::Serialize;

use crate::{Definition, FeatureStore, FeatureStoreError};

/// A thing that something comes from, or that depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Relation {
    /// How far away it is: 1 is next to it.
    pub depth: usize,
    /// What it is: `entity`, `source`, `view`, `on-demand`, `service` or `dataset`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The digest of its definition, or of a data set's bytes.
    pub digest: String,
    /// What is worth knowing: where rows are, how many there are.
    pub note: String,
}

/// The relations of one definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lineage {
    /// What is asked about.
    pub of: Relation,
    /// What it comes from, nearest first within each branch.
    pub comes_from: Vec<Relation>,
    /// What depends on it, likewise.
    pub used_by: Vec<Relation>,
}

/// A definition that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// Where the words were found.
    pub found_in: Vec<String>,
    /// What it is for.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
}

type Key = (DefinitionKind, String);

impl FeatureStore {
    /// The lineage of a definition or of a data set.
    pub fn lineage(&self, name: &str) -> Result<Lineage, FeatureStoreError> {
        let kinds = [
            DefinitionKind::View,
            DefinitionKind::OnDemand,
            DefinitionKind::Service,
            DefinitionKind::Source,
            DefinitionKind::Entity,
        ];
        let Some(kind) = kinds.into_iter().find(|kind| self.get(*kind, name).is_some()) else {
            return self.lineage_of_dataset(name);
        };
        let key = (kind, name.to_owned());
        let mut lineage =
            Lineage { of: self.relation(&key, 0), comes_from: vec![], used_by: vec![] };
        self.walk(&key, 1, &mut BTreeSet::new(), &mut lineage.comes_from, &|one| self.inputs(one));
        self.walk(&key, 1, &mut BTreeSet::new(), &mut lineage.used_by, &|one| self.users(one));
        for saved in self.saved()? {
            let made_of = |of: &Relation| {
                (of.kind == "view" && saved.made.views.contains_key(&of.name))
                    || (of.kind == "service" && saved.made.service.as_deref() == Some(&of.name))
            };
            if made_of(&lineage.of) {
                lineage.used_by.push(of_dataset(&saved, 1));
            }
        }
        Ok(lineage)
    }

    fn lineage_of_dataset(&self, name: &str) -> Result<Lineage, FeatureStoreError> {
        let known = self.current().map(|one| one.defined.name().to_owned());
        let known: Vec<String> =
            known.chain(self.saved()?.into_iter().map(|one| one.name)).collect();
        let unknown = |_| {
            FeatureStoreError::unknown(
                "definition or data set",
                name,
                known.iter().map(String::as_str),
            )
        };
        let saved = self.dataset(name).map_err(unknown)?;
        let mut comes_from = Vec::new();
        let mut seen = BTreeSet::new();
        if let Some(rows) = &saved.made.entity_rows {
            let (kind, digest) = ("entity-rows".to_owned(), rows.to_string());
            comes_from.push(Relation {
                depth: 1,
                kind,
                name: "rows that asked".to_owned(),
                digest,
                note: format!("{} rows", saved.made.rows),
            });
        }
        for (view, digest) in &saved.made.views {
            let key = (DefinitionKind::View, view.clone());
            let mut relation = self.relation(&key, 1);
            if relation.digest != digest.to_string() {
                relation.note = "an earlier version than the one that is applied".to_owned();
                relation.digest = digest.to_string();
            }
            comes_from.push(relation);
            self.walk(&key, 2, &mut seen, &mut comes_from, &|one| self.inputs(one));
        }
        Ok(Lineage { of: of_dataset(&saved, 0), comes_from, used_by: vec![] })
    }

    fn walk(
        &self,
        key: &Key,
        depth: usize,
        seen: &mut BTreeSet<Key>,
        found: &mut Vec<Relation>,
        next: &dyn Fn(&Key) -> Vec<Key>,
    ) {
        for near in next(key) {
            if seen.insert(near.clone()) {
                found.push(self.relation(&near, depth));
                self.walk(&near, depth + 1, seen, found, next);
            }
        }
    }

    fn relation(&self, (kind, name): &Key, depth: usize) -> Relation {
        let one = self.get(*kind, name);
        let digest = one.map_or(String::new(), |one| one.version.digest.to_string());
        let note = one.map_or("it is no longer applied".to_owned(), note);
        Relation { depth, kind: kind.name().to_owned(), name: name.clone(), digest, note }
    }

    /// What a definition reads.
    fn inputs(&self, (kind, name): &Key) -> Vec<Key> {
        let definitions = self.definitions();
        let view_or = |name: &String| {
            let kinds = [DefinitionKind::View, DefinitionKind::OnDemand, DefinitionKind::Source];
            kinds
                .into_iter()
                .find(|kind| self.get(*kind, name).is_some())
                .map(|kind| (kind, name.clone()))
        };
        match kind {
            DefinitionKind::View => definitions.views.get(name).map_or(vec![], |view| {
                let entities =
                    view.entities.iter().map(|name| (DefinitionKind::Entity, name.clone()));
                entities.chain(view.input.reads().iter().filter_map(view_or)).collect()
            }),
            DefinitionKind::OnDemand => definitions.on_demand.get(name).map_or(vec![], |view| {
                distinct(view.inputs.iter().filter_map(|input| view_or(&input.view)))
            }),
            DefinitionKind::Service => definitions.services.get(name).map_or(vec![], |service| {
                distinct(service.features.iter().filter_map(|input| view_or(&input.view)))
            }),
            DefinitionKind::Source | DefinitionKind::Entity => vec![],
        }
    }

    /// What reads a definition.
    fn users(&self, key: &Key) -> Vec<Key> {
        let all = self.current().map(|one| (one.defined.kind(), one.defined.name().to_owned()));
        all.filter(|one| self.inputs(one).contains(key)).collect()
    }

    /// Definitions in whose name, features, description, owner or tags every word occurs, in either
    /// case of letters.
    pub fn search(&self, words: &[String]) -> Vec<Hit> {
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let hit = |one: &Definition| {
            let texts = texts(&one.defined);
            let has = |text: &str, word: &String| text.to_lowercase().contains(word.as_str());
            let every = words.iter().all(|word| texts.iter().any(|(_, text)| has(text, word)));
            let places = texts.iter().filter(|(_, text)| words.iter().any(|word| has(text, word)));
            let found_in = distinct(places.map(|(place, text)| match *place {
                "feature" | "entity" | "tag" => format!("{place} {text}"),
                place => place.to_owned(),
            }));
            let of = |wanted: &str| {
                let found = texts.iter().find(|(place, _)| *place == wanted);
                found.map_or(String::new(), |(_, text)| text.clone())
            };
            every.then(|| Hit {
                kind: one.defined.kind(),
                name: one.defined.name().to_owned(),
                found_in,
                description: of("description"),
                owner: of("owner"),
            })
        };
        self.current().filter_map(hit).collect()
    }
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

fn of_dataset(saved: &crate::SavedDataset, depth: usize) -> Relation {
    Relation {
        depth,
        kind: "dataset".to_owned(),
        name: format!("{}@{}", saved.name, saved.version),
        digest: saved.digest.to_string(),
        note: format!("{} rows, {} features", saved.made.rows, saved.made.columns.len()),
    }
}

fn note(one: &Definition) -> String {
    use features::store::Place;
    let of_state = match &one.state {
        crate::State::Active => String::new(),
        crate::State::Deprecated(why) => format!(" (deprecated: {why})"),
    };
    let told = match &one.defined {
        Defined::Source(source) => match &source.place {
            Place::Parquet { path } | Place::Csv { path } => {
                one.version.folder.join(path).display().to_string()
            }
            Place::Snapshot { digest } => {
                format!("snapshot {}", digest.get(..12).unwrap_or(digest))
            }
            Place::Postgres { address, table } => format!("table {table} at ${address}"),
            Place::Push { .. } => "pushed".to_owned(),
        },
        Defined::Entity(entity) => {
            let keys = entity.keys.iter().map(|key| format!("{} {}", key.name, key.kind));
            keys.collect::<Vec<_>>().join(", ")
        }
        Defined::View(view) => format!("{} features, ttl {}", view.features.len(), view.ttl),
        Defined::OnDemand(view) => format!("{} features", view.features.len()),
        Defined::Service(service) => {
            let features = service.features.iter().map(ToString::to_string);
            features.collect::<Vec<_>>().join(", ")
        }
    };
    format!("version {}, {told}{of_state}", one.version.version)
}

/// The texts of a definition, each with where it stands.
fn texts(defined: &Defined) -> Vec<(&'static str, String)> {
    let (description, owner, tags) = match defined {
        Defined::Entity(one) => (&one.description, &one.owner, &one.tags),
        Defined::Source(one) => (&one.description, &one.owner, &one.tags),
        Defined::View(one) => (&one.description, &one.owner, &one.tags),
        Defined::OnDemand(one) => (&one.description, &one.owner, &one.tags),
        Defined::Service(one) => (&one.description, &one.owner, &one.tags),
    };
    let mut texts = vec![
        ("name", defined.name().to_owned()),
        ("description", description.clone()),
        ("owner", owner.clone()),
    ];
    texts.extend(tags.iter().map(|(key, value)| ("tag", format!("{key}={value}"))));
    match defined {
        Defined::Entity(one) => texts.extend(one.keys.iter().map(|key| ("key", key.name.clone()))),
        Defined::View(one) => {
            texts.extend(one.entities.iter().map(|name| ("entity", name.clone())));
            texts.extend(one.features.iter().map(|feature| ("feature", feature.name.clone())));
            texts.extend(
                one.features
                    .iter()
                    .map(|feature| ("feature's description", feature.description.clone())),
            );
        }
        Defined::OnDemand(one) => {
            texts.extend(one.features.iter().map(|feature| ("feature", feature.name.clone())));
        }
        Defined::Service(one) => {
            texts.extend(one.features.iter().map(|feature| ("feature", feature.to_string())));
        }
        Defined::Source(_) => {}
    }
    texts.retain(|(_, text)| !text.is_empty());
    texts
}
