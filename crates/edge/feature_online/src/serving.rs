//! A feature store that is served: its definitions as they are now, and its online store.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use feature_store::FeatureStore;
use features::store::{Definitions, ValueKind};
use online::OnlineStore;

use crate::clock::now_micros;
use crate::demand::Demand;
use crate::derive::{self, Derivations};
use crate::error::ServingError;
use crate::history;
use crate::lookup::{Answer, Sources};
use crate::materialize::timestamp;
use crate::question::{Columns, Question, Wanted};
use crate::stats::{Freshness, stats};
use crate::vectors::{Vectors, vectors};
use crate::write::{self, Pushed, Target, Whereto};

/// How often is looked whether somebody applied other definitions.
const LOOK: Duration = Duration::from_millis(500);

/// What is served.
pub struct Serving {
    home: PathBuf,
    store: Arc<dyn OnlineStore>,
    current: RwLock<Arc<Current>>,
    looked: Mutex<(Instant, Stamp)>,
    /// Views that are being materialised.
    pub(crate) busy: Mutex<Vec<String>>,
}

/// Definitions, and what is made of them.
pub(crate) struct Current {
    pub features: FeatureStore,
    pub derivations: Derivations,
    /// Most questions come again and again. Without and with full names.
    demands: Mutex<[HashMap<Wanted, Arc<Demand>>; 2]>,
}

/// A question for so many entities is a short one.
const FEW: usize = 16;

/// So many different questions are remembered.
const REMEMBERED: usize = 1_000;

/// When the registry was changed last: of its file, and of the log of its file.
type Stamp = [Option<SystemTime>; 2];

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("home", &self.home).field("store", &self.store).finish()
    }
}

impl Serving {
    /// Serves the feature store of a home. `online` is the address of the online store; without one
    /// it is `online.redb` in the home folder.
    pub fn open(home: &Path, online: Option<&str>) -> Result<Self, ServingError> {
        let file = home.join("online.redb").display().to_string();
        let stamp = stamp(home);
        let current = Current::load(home)?;
        let store = online::open(online.unwrap_or(&file))?;
        Ok(Self {
            home: home.to_owned(),
            store,
            current: RwLock::new(Arc::new(current)),
            looked: Mutex::new((Instant::now(), stamp)),
            busy: Mutex::default(),
        })
    }

    /// The online store.
    pub fn store(&self) -> &dyn OnlineStore {
        &*self.store
    }

    /// Definitions as they are applied now: another process may have applied new ones.
    pub(crate) fn current(&self) -> Result<Arc<Current>, ServingError> {
        if let Some(stamp) = self.changed() {
            let fresh = Arc::new(Current::load(&self.home)?);
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
            self.looked.lock().unwrap_or_else(PoisonError::into_inner).1 = stamp;
        }
        Ok(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn changed(&self) -> Option<Stamp> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.0.elapsed() < LOOK {
            return None;
        }
        looked.0 = Instant::now();
        let stamp = stamp(&self.home);
        (stamp != looked.1).then_some(stamp)
    }

    /// Answers a question.
    pub fn answer(&self, question: &Question) -> Result<Answer, ServingError> {
        let current = self.current()?;
        let demand = current.demand(&question.wanted, question.full_names)?;
        self.sources(&current).lookup(question, &demand)
    }

    /// Whether so many entities are read so soon that an asynchronous task may wait for it.
    pub fn is_soon(&self, entities: usize) -> bool {
        entities <= FEW && self.store.is_near()
    }

    /// The columns of a model: those that are given among `columns`, and the others looked up of the
    /// features that are wanted, by the join keys among `columns`. `names` are those of the model's
    /// columns; without any they are the features in the order in which they are wanted.
    pub fn vectors(
        &self,
        wanted: &Wanted,
        names: Option<&[String]>,
        columns: &Columns,
    ) -> Result<Vectors, ServingError> {
        vectors(&self.sources(&*self.current()?), wanted, names, columns)
    }

    fn sources<'a>(&'a self, current: &'a Current) -> Sources<'a> {
        Sources {
            definitions: current.definitions(),
            derivations: &current.derivations,
            store: self.store(),
            now: now_micros(),
        }
    }

    /// Takes rows of a push source or a view: all of them, or none.
    pub fn write(&self, target: &Target, columns: &Columns) -> Result<Vec<Pushed>, ServingError> {
        let current = self.current()?;
        let batches = write::batches(current.definitions(), target, columns)?;
        write::write(self.store(), batches, now_micros())
    }

    /// Takes rows of a push source: all of them, or none. What is wrong with them is found before
    /// anything is written.
    pub fn push(
        &self,
        source: &str,
        columns: &Columns,
        to: Whereto,
    ) -> Result<Vec<Pushed>, ServingError> {
        let current = self.current()?;
        let definitions = current.definitions();
        let batches = match to {
            Whereto::History => Vec::new(),
            _ => write::batches(definitions, &Target::Source(source.to_owned()), columns)?,
        };
        if to != Whereto::Online {
            let known = write::push_source(definitions, source)?;
            write::rows(columns)?;
            let table = history::table(definitions, known, columns)?;
            current.features.push(source, &table, timestamp(now_micros()))?;
        }
        write::write(self.store(), batches, now_micros())
    }

    /// How fresh all online views are, by name.
    pub fn stats(&self) -> Result<Vec<Freshness>, ServingError> {
        stats(self.current()?.definitions(), self.store(), now_micros())
    }

    /// Whether a column is a join key of text.
    pub fn is_text_key(&self, name: &str) -> Result<bool, ServingError> {
        let current = self.current()?;
        let mut keys = current.definitions().entities.values().flat_map(|entity| &entity.keys);
        Ok(keys.any(|key| key.name == name && key.kind == ValueKind::String))
    }

    /// The versions of views, as the registry counts them.
    pub fn versions(&self, views: &[String]) -> Result<Vec<(String, i64)>, ServingError> {
        use features::store::DefinitionKind::{OnDemand, View};
        let current = self.current()?;
        let version = |name: &String| {
            let known =
                [View, OnDemand].into_iter().find_map(|kind| current.features.get(kind, name));
            (name.clone(), known.map_or(0, |known| known.version.version))
        };
        Ok(views.iter().map(version).collect())
    }
}

impl Current {
    fn load(home: &Path) -> Result<Self, ServingError> {
        let features = FeatureStore::open(home)?;
        let derivations = derive::compile(features.definitions())?;
        Ok(Self { features, derivations, demands: Mutex::default() })
    }

    /// What a question needs.
    fn demand(&self, wanted: &Wanted, full_names: bool) -> Result<Arc<Demand>, ServingError> {
        let mut demands = self.demands.lock().unwrap_or_else(PoisonError::into_inner);
        let demands = &mut demands[usize::from(full_names)];
        if let Some(known) = demands.get(wanted) {
            return Ok(known.clone());
        }
        let demand = Arc::new(Demand::new(self.definitions(), wanted, full_names)?);
        if demands.len() == REMEMBERED {
            demands.clear();
        }
        demands.insert(wanted.clone(), demand.clone());
        Ok(demand)
    }

    pub fn definitions(&self) -> &Definitions {
        self.features.definitions()
    }
}

fn stamp(home: &Path) -> Stamp {
    let changed = |name: &str| home.join(name).metadata().and_then(|file| file.modified()).ok();
    [changed("features.db"), changed("features.db-wal")]
}
