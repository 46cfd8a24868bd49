//! A set of definitions, and whether they fit together.

use std::collections::BTreeMap;

use serde::Serialize;
use types::Digest;

use super::{
    DefinitionKind, Entity, Fault, FeatureRef, FeatureService, FeatureView, JoinKey, OnDemandView,
    Source,
};
use crate::error::nearest;

/// Definitions by their names. Views and on-demand views share their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definitions {
    /// Whom features describe.
    pub entities: BTreeMap<String, Entity>,
    /// Where rows come from.
    pub sources: BTreeMap<String, Source>,
    /// Feature views.
    pub views: BTreeMap<String, FeatureView>,
    /// On-demand views.
    pub on_demand: BTreeMap<String, OnDemandView>,
    /// Feature services.
    pub services: BTreeMap<String, FeatureService>,
}

/// One definition of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    /// An entity.
    Entity(Entity),
    /// A source.
    Source(Source),
    /// A feature view.
    View(Box<FeatureView>),
    /// An on-demand view.
    OnDemand(OnDemandView),
    /// A feature service.
    Service(FeatureService),
}

impl Definition {
    /// What it defines.
    pub fn kind(&self) -> DefinitionKind {
        match self {
            Self::Entity(_) => DefinitionKind::Entity,
            Self::Source(_) => DefinitionKind::Source,
            Self::View(_) => DefinitionKind::View,
            Self::OnDemand(_) => DefinitionKind::OnDemand,
            Self::Service(_) => DefinitionKind::Service,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Entity(one) => &one.name,
            Self::Source(one) => &one.name,
            Self::View(one) => &one.name,
            Self::OnDemand(one) => &one.name,
            Self::Service(one) => &one.name,
        }
    }

    /// Its canonical text: JSON with keys in a fixed order.
    pub fn text(&self) -> String {
        match self {
            Self::Entity(one) => text(one),
            Self::Source(one) => text(one),
            Self::View(one) => text(one),
            Self::OnDemand(one) => text(one),
            Self::Service(one) => text(one),
        }
    }

    /// The digest of its kind and text: its version.
    pub fn digest(&self) -> Digest {
        Digest::of_parts([self.kind().name().as_bytes(), self.text().as_bytes()])
    }

    /// A definition from its canonical text.
    pub fn read(kind: DefinitionKind, text: &str) -> Result<Self, String> {
        let failed = |error: serde_json::Error| error.to_string();
        Ok(match kind {
            DefinitionKind::Entity => Self::Entity(serde_json::from_str(text).map_err(failed)?),
            DefinitionKind::Source => Self::Source(serde_json::from_str(text).map_err(failed)?),
            DefinitionKind::View => Self::View(serde_json::from_str(text).map_err(failed)?),
            DefinitionKind::OnDemand => Self::OnDemand(serde_json::from_str(text).map_err(failed)?),
            DefinitionKind::Service => Self::Service(serde_json::from_str(text).map_err(failed)?),
        })
    }
}

fn text(definition: &impl Serialize) -> String {
    serde_json::to_string(definition).expect("definitions are plain data")
}

pub(super) fn digest(kind: &str, definition: &impl Serialize) -> Digest {
    Digest::of_parts([kind.as_bytes(), text(definition).as_bytes()])
}

impl Definitions {
    /// Adds a definition; two of one name are an error.
    pub fn add(&mut self, definition: Definition) -> Result<(), Fault> {
        let (kind, name) = (definition.kind(), definition.name().to_owned());
        let taken = match kind {
            DefinitionKind::Entity => self.entities.contains_key(&name),
            DefinitionKind::Service => self.services.contains_key(&name),
            // SQL texts read sources and views by name, and references name views of both kinds.
            _ => {
                self.sources.contains_key(&name)
                    || self.views.contains_key(&name)
                    || self.on_demand.contains_key(&name)
            }
        };
        if taken {
            let problem = "it is defined twice: rename one (sources, views and on-demand views \
                           share their names)";
            return Err(Fault { kind, name, problem: problem.to_owned() });
        }
        match definition {
            Definition::Entity(one) => drop(self.entities.insert(name, one)),
            Definition::Source(one) => drop(self.sources.insert(name, one)),
            Definition::View(one) => drop(self.views.insert(name, *one)),
            Definition::OnDemand(one) => drop(self.on_demand.insert(name, one)),
            Definition::Service(one) => drop(self.services.insert(name, one)),
        }
        Ok(())
    }

    /// All definitions: entities, sources, views, on-demand views, services, each by name.
    pub fn all(&self) -> impl Iterator<Item = Definition> + '_ {
        let entities = self.entities.values().cloned().map(Definition::Entity);
        let sources = self.sources.values().cloned().map(Definition::Source);
        let views = self.views.values().cloned().map(|view| Definition::View(Box::new(view)));
        let on_demand = self.on_demand.values().cloned().map(Definition::OnDemand);
        let services = self.services.values().cloned().map(Definition::Service);
        entities.chain(sources).chain(views).chain(on_demand).chain(services)
    }

    /// The join keys of a view: those of its entities, in order.
    pub fn join_keys(&self, view: &FeatureView) -> Vec<&JoinKey> {
        let entities = view.entities.iter().filter_map(|name| self.entities.get(name));
        entities.flat_map(|entity| &entity.keys).collect()
    }

    /// The features that a reference names, each with its view; or why there are none.
    pub fn resolve(&self, reference: &FeatureRef) -> Result<Vec<(String, String)>, String> {
        let names: Vec<&String> = if let Some(view) = self.views.get(&reference.view) {
            view.features.iter().map(|feature| &feature.name).collect()
        } else if let Some(view) = self.on_demand.get(&reference.view) {
            view.features.iter().map(|feature| &feature.name).collect()
        } else {
            let known = self.views.keys().chain(self.on_demand.keys());
            return Err(unknown("view", &reference.view, known));
        };
        let of = |name: &String| (reference.view.clone(), name.clone());
        match &reference.feature {
            None => Ok(names.into_iter().map(of).collect()),
            Some(feature) if names.contains(&feature) => Ok(vec![of(feature)]),
            Some(feature) => {
                let what = format!("feature of `{}`", reference.view);
                Err(unknown(&what, feature, names.into_iter()))
            }
        }
    }
}

/// `there is no view `x`; did you mean `y`?`
pub(super) fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a String> + Clone,
) -> String {
    let hint = match nearest(name, known.clone().map(String::as_str)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => {
            let all: Vec<&str> = known.map(String::as_str).collect();
            if all.is_empty() {
                "; there is none".to_owned()
            } else {
                format!("; there is {}", all.join(", "))
            }
        }
    };
    format!("there is no {what} `{name}`{hint}")
}
