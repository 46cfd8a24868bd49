//! What a question needs: views with their features, on-demand views, and the columns of the answer.

use std::collections::{BTreeMap, HashMap, HashSet};

use features::store::{Definitions, FeatureRef, FeatureView, ValueKind};

use crate::error::ServingError;
use crate::naming;
use crate::question::Wanted;

/// Where a column of an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name in the answer.
    pub name: String,
    /// The view.
    pub view: String,
    /// Which of the features that are read of the view, or of those of an on-demand view.
    pub place: usize,
}

/// A view that is to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The view's name in the online store.
    pub place: String,
    /// Its join keys, in order, with their types.
    pub keys: Vec<(String, ValueKind)>,
    /// Features by name, in the order in which they are read.
    pub features: Vec<String>,
    /// The same as the online store names them.
    pub stored: Vec<String>,
    /// How old an event may be, in microseconds; nought is for ever.
    pub ttl: i64,
}

/// What a question needs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Demand {
    /// Columns of the answer.
    pub outputs: Vec<Output>,
    /// Views by name.
    pub reads: BTreeMap<String, Read>,
    /// On-demand views, each after those that it reads.
    pub derives: Vec<String>,
    /// Columns that come with the question, with their types.
    pub request: BTreeMap<String, ValueKind>,
}

impl Demand {
    /// Of what is wanted, under these definitions.
    pub fn new(
        definitions: &Definitions,
        wanted: &Wanted,
        full_names: bool,
    ) -> Result<Self, ServingError> {
        let mut demand = Self::default();
        let mut taken = HashSet::new();
        for (view, feature) in resolve_all(definitions, wanted)? {
            let name = match full_names {
                true => format!("{view}__{feature}"),
                false => feature.clone(),
            };
            if !taken.insert(name.clone()) {
                return Err(ServingError::Collision(name));
            }
            let place = demand.need(definitions, &view, &feature)?;
            demand.outputs.push(Output { name, view, place });
        }
        Ok(demand)
    }

    /// Of features by view and name; without columns of an answer.
    pub fn of<'a>(
        definitions: &Definitions,
        features: impl IntoIterator<Item = &'a (String, String)>,
    ) -> Result<Self, ServingError> {
        let mut demand = Self::default();
        for (view, feature) in features {
            demand.need(definitions, view, feature)?;
        }
        Ok(demand)
    }

    /// The join keys of all views, in the order of the views' names.
    pub fn keys(&self) -> HashMap<&str, ValueKind> {
        let keys = self.reads.values().flat_map(|read| &read.keys);
        keys.map(|(name, kind)| (name.as_str(), *kind)).collect()
    }

    /// Adds a feature, and says at which place of its view it will be.
    fn need(
        &mut self,
        definitions: &Definitions,
        view: &str,
        feature: &str,
    ) -> Result<usize, ServingError> {
        if let Some(defined) = definitions.views.get(view) {
            return self.need_read(definitions, defined, feature);
        }
        let Some(defined) = definitions.on_demand.get(view) else {
            return Err(unknown_view(definitions, view));
        };
        let place = defined.features.iter().position(|known| known.name == feature);
        let place = place.unwrap_or(defined.features.len());
        if self.derives.iter().any(|known| known == view) {
            return Ok(place);
        }
        for input in &defined.inputs {
            for (view, feature) in definitions.resolve(input).map_err(ServingError::Asked)? {
                self.need(definitions, &view, &feature)?;
            }
        }
        let request = defined.request.iter().map(|column| (column.name.clone(), column.kind));
        self.request.extend(request);
        self.derives.push(view.to_owned());
        Ok(place)
    }

    fn need_read(
        &mut self,
        definitions: &Definitions,
        view: &FeatureView,
        feature: &str,
    ) -> Result<usize, ServingError> {
        if !view.online {
            return Err(ServingError::Asked(format!(
                "feature view {} is not kept online: set `online = true` in its definition, apply \
                 it, and materialise it",
                view.name
            )));
        }
        let kind = view.feature(feature).map_or(ValueKind::Float64, |known| known.kind);
        let read = self.reads.entry(view.name.clone()).or_insert_with(|| Read {
            place: naming::view(definitions, view),
            keys: definitions
                .join_keys(view)
                .into_iter()
                .map(|key| (key.name.clone(), key.kind))
                .collect(),
            features: Vec::new(),
            stored: Vec::new(),
            ttl: view.ttl.micros(),
        });
        if let Some(place) = read.features.iter().position(|known| known == feature) {
            return Ok(place);
        }
        read.features.push(feature.to_owned());
        read.stored.push(naming::feature(feature, kind));
        Ok(read.features.len() - 1)
    }
}

/// Views and features that are wanted, in order.
pub fn resolve_all(
    definitions: &Definitions,
    wanted: &Wanted,
) -> Result<Vec<(String, String)>, ServingError> {
    let references: Vec<FeatureRef> = match wanted {
        Wanted::Features(texts) if texts.is_empty() => {
            return Err(ServingError::Asked("no features specified for retrieval".to_owned()));
        }
        Wanted::Features(texts) => {
            let read = |text: &String| text.parse().map_err(ServingError::Asked);
            texts.iter().map(read).collect::<Result<_, _>>()?
        }
        Wanted::Service(name) => match definitions.services.get(name) {
            Some(service) => service.features.clone(),
            None => {
                let hint = hint(name, definitions.services.keys());
                return Err(ServingError::UnknownService(name.clone(), hint));
            }
        },
    };
    let mut all = Vec::with_capacity(references.len());
    for reference in &references {
        all.extend(resolve(definitions, reference)?);
    }
    Ok(all)
}

fn resolve(
    definitions: &Definitions,
    reference: &FeatureRef,
) -> Result<Vec<(String, String)>, ServingError> {
    definitions.resolve(reference).map_err(|_| {
        let view = &reference.view;
        let of_view = definitions.views.get(view).map(|view| {
            view.features.iter().map(|feature| feature.name.clone()).collect::<Vec<_>>()
        });
        let of_derived = definitions.on_demand.get(view).map(|view| {
            view.features.iter().map(|feature| feature.name.clone()).collect::<Vec<_>>()
        });
        match (of_view.or(of_derived), &reference.feature) {
            (Some(known), Some(feature)) => ServingError::UnknownFeature {
                view: view.clone(),
                feature: feature.clone(),
                hint: hint(feature, known.iter()),
            },
            _ => unknown_view(definitions, view),
        }
    })
}

/// There is no such view.
pub fn unknown_view(definitions: &Definitions, view: &str) -> ServingError {
    let known = definitions.views.keys().chain(definitions.on_demand.keys());
    ServingError::UnknownView(view.to_owned(), hint(view, known))
}

/// What there is instead, if it is little.
pub fn hint<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> String {
    const SHOWN: usize = 10;
    let known: Vec<&String> = known.collect();
    let near = known.iter().find(|other| {
        let (a, b) = (name.to_lowercase(), other.to_lowercase());
        a.contains(&b) || b.contains(&a)
    });
    match near {
        _ if known.is_empty() => "; there is none".to_owned(),
        Some(near) => format!("; did you mean {near}?"),
        None => {
            let some: Vec<&str> = known.iter().take(SHOWN).map(|name| name.as_str()).collect();
            let more = if known.len() > SHOWN { ", …" } else { "" };
            format!("; there is {}{more}", some.join(", "))
        }
    }
}
