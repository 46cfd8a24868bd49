//! A feature store: the registry of a home, and the rows behind its views.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use features::store::{
    Change, Definition as Defined, DefinitionKind, Definitions, Difference, Entity, FeatureRef,
    FeatureService, FeatureView, OnDemandView, Source, ValueKind,
};
use types::Timestamp;

use crate::registry::Registry;
use crate::scan::{self, ViewRows};
use crate::{Applied, Definition, FeatureStoreError, Folder, State};

/// The feature store of a home folder. Definitions are read when it is opened, and again by
/// [`FeatureStore::reload`]; other processes may apply new ones meanwhile.
#[derive(Clone)]
pub struct FeatureStore {
    home: PathBuf,
    pub(crate) registry: Registry,
    current: BTreeMap<(DefinitionKind, String), Definition>,
    definitions: Definitions,
}

impl FeatureStore {
    /// Opens the feature store of a home that has one.
    pub fn open(home: &Path) -> Result<Self, FeatureStoreError> {
        Self::load(home, Registry::open(home, false)?)
    }

    /// Opens the feature store of a home, and makes one if needed.
    pub fn create(home: &Path) -> Result<Self, FeatureStoreError> {
        Self::load(home, Registry::open(home, true)?)
    }

    fn load(home: &Path, registry: Registry) -> Result<Self, FeatureStoreError> {
        let mut store = Self {
            home: home.to_owned(),
            registry,
            current: BTreeMap::new(),
            definitions: Definitions::default(),
        };
        store.reload()?;
        Ok(store)
    }

    /// Reads the definitions again.
    pub fn reload(&mut self) -> Result<(), FeatureStoreError> {
        let mut definitions = Definitions::default();
        let mut current = BTreeMap::new();
        for one in self.registry.current()? {
            let key = (one.defined.kind(), one.defined.name().to_owned());
            definitions.add(one.defined.clone()).map_err(|fault| {
                FeatureStoreError::Asked(format!("the registry is damaged: {fault}"))
            })?;
            current.insert(key, one);
        }
        (self.definitions, self.current) = (definitions, current);
        Ok(())
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// All definitions that are applied.
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// All definitions that are applied, with their versions, in the order of kinds and names.
    pub fn current(&self) -> impl Iterator<Item = &Definition> {
        self.current.values()
    }

    /// A definition with its version.
    pub fn get(&self, kind: DefinitionKind, name: &str) -> Option<&Definition> {
        self.current.get(&(kind, name.to_owned()))
    }

    /// A feature view.
    pub fn view(&self, name: &str) -> Result<&FeatureView, FeatureStoreError> {
        found("view", name, &self.definitions.views)
    }

    /// An on-demand view.
    pub fn on_demand(&self, name: &str) -> Result<&OnDemandView, FeatureStoreError> {
        found("on-demand view", name, &self.definitions.on_demand)
    }

    /// An entity.
    pub fn entity(&self, name: &str) -> Result<&Entity, FeatureStoreError> {
        found("entity", name, &self.definitions.entities)
    }

    /// A source.
    pub fn source(&self, name: &str) -> Result<&Source, FeatureStoreError> {
        found("source", name, &self.definitions.sources)
    }

    /// A feature service.
    pub fn service(&self, name: &str) -> Result<&FeatureService, FeatureStoreError> {
        found("service", name, &self.definitions.services)
    }

    /// The features that references name, each with its view, in order.
    pub fn features(
        &self,
        references: &[FeatureRef],
    ) -> Result<Vec<(String, String)>, FeatureStoreError> {
        let resolve =
            |reference| self.definitions.resolve(reference).map_err(FeatureStoreError::Asked);
        Ok(references.iter().map(resolve).collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The join keys of the views that features need, with their types: text files are read as them.
    pub fn key_kinds(
        &self,
        references: &[FeatureRef],
    ) -> Result<Vec<(String, ValueKind)>, FeatureStoreError> {
        let (mut keys, mut open) = (BTreeMap::new(), self.features(references)?);
        while let Some((view, _)) = open.pop() {
            if let Ok(view) = self.on_demand(&view) {
                open.extend(self.features(&view.inputs)?);
                keys.extend(view.request.iter().map(|column| (column.name.clone(), column.kind)));
            } else {
                let of_view = self.definitions.join_keys(self.view(&view)?);
                keys.extend(of_view.into_iter().map(|key| (key.name.clone(), key.kind)));
            }
        }
        Ok(keys.into_iter().collect())
    }

    /// What applying a folder would change. What the folder does not mention is in the list as
    /// missing, and stays unless it is pruned.
    pub fn plan(&self, folder: &Folder) -> Vec<Change> {
        self.definitions.changes(&folder.definitions)
    }

    /// Applies a folder: all changes, durably, or none; gives those that were made. Definitions that
    /// the folder does not mention are removed if `prune`, and kept otherwise; what is kept must
    /// still fit.
    pub fn apply(
        &mut self,
        folder: &Folder,
        prune: bool,
        at: Timestamp,
    ) -> Result<Vec<Change>, FeatureStoreError> {
        let mut changes = self.plan(folder);
        changes.retain(|change| prune || change.difference != Difference::Missing);
        self.check_outcome(&changes, folder)?;
        if changes.is_empty() {
            return Ok(changes);
        }
        let touched = |one: &Defined| {
            changes.iter().any(|change| change.kind == one.kind() && change.name == one.name())
        };
        let wanted = folder.definitions.all().filter(|one| touched(one)).collect();
        self.registry.apply(at, &folder.path, changes.clone(), wanted)?;
        self.reload()?;
        Ok(changes)
    }

    /// Whether all definitions fit together once the changes are made.
    fn check_outcome(&self, changes: &[Change], folder: &Folder) -> Result<(), FeatureStoreError> {
        let mut outcome = folder.definitions.clone();
        let stays = |one: &Defined| {
            let same = |change: &&Change| change.kind == one.kind() && change.name == one.name();
            !changes.iter().any(|change| same(&change))
        };
        let asked =
            |what| FeatureStoreError::Asked(format!("with what is applied already: {what}"));
        let mentioned: Vec<_> =
            folder.definitions.all().map(|one| (one.kind(), one.name().to_owned())).collect();
        for one in self.definitions.all().filter(stays) {
            if !mentioned.contains(&(one.kind(), one.name().to_owned())) {
                outcome.add(one).map_err(|fault| asked(fault.to_string()))?;
            }
        }
        match outcome.check().first() {
            Some(fault) => Err(asked(fault.to_string())),
            None => Ok(()),
        }
    }

    /// Marks a view, service, entity or source as one that nothing new should use, or takes the mark
    /// away; gives what it was.
    pub fn mark(
        &mut self,
        name: &str,
        state: &State,
        at: Timestamp,
    ) -> Result<DefinitionKind, FeatureStoreError> {
        let kinds: Vec<DefinitionKind> =
            self.current.keys().filter(|(_, known)| known == name).map(|(kind, _)| *kind).collect();
        let kind = match kinds.as_slice() {
            [] => {
                let known = self.current.keys().map(|(_, name)| name.as_str());
                return Err(FeatureStoreError::unknown("definition", name, known));
            }
            // A view before an entity of the same name: views are what people use.
            several => {
                *several.iter().find(|kind| **kind == DefinitionKind::View).unwrap_or(&several[0])
            }
        };
        self.registry.mark(at, kind, name, state)?;
        self.reload()?;
        Ok(kind)
    }

    /// The book of changes, oldest first; of one name, or of all.
    pub fn book(&self, name: Option<&str>) -> Result<Vec<Applied>, FeatureStoreError> {
        self.registry.book(name)
    }

    /// The rows of a view whose events lie between two moments, both ends included, in batches:
    /// join keys, event time, created time where there is one, features. In the order of the
    /// source; where an entity has several rows, the latest event counts, then the latest created,
    /// then the later row. In bounded memory unless the view is one of expressions.
    pub fn rows(
        &self,
        view: &str,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
    ) -> Result<ViewRows, FeatureStoreError> {
        let micros = |moment: Option<Timestamp>| moment.map(|moment| moment.timestamp_micros());
        scan::rows(self, self.view(view)?, micros(start), micros(end))
    }

    /// The folder from which a definition was applied: paths begin there.
    pub(crate) fn folder(&self, kind: DefinitionKind, name: &str) -> &Path {
        self.get(kind, name).map_or(Path::new("."), |one| &one.version.folder)
    }
}

fn found<'a, T>(
    what: &'static str,
    name: &str,
    known: &'a BTreeMap<String, T>,
) -> Result<&'a T, FeatureStoreError> {
    let unknown = || FeatureStoreError::unknown(what, name, known.keys().map(String::as_str));
    known.get(name).ok_or_else(unknown)
}
