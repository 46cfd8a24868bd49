//! The models that are served now, and how one version takes the place of another.
//!
//! Each reference that was asked for has a slot. A request takes what the slot holds and keeps it to
//! its end, whatever the slot holds by then. Slots follow the registry: at once when an alias or a
//! tag was changed through this server, and every second for changes of others. The next version is
//! loaded beside the present one; if it cannot be, the present one stays and the slot says why.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

use super::find::{Found, resolve};
use super::line::{Line, Second};
use super::load::load;
use super::loaded::Loaded;
use super::refusal::Refusal;
use super::{Pick, Reference};
use crate::app::App;
use crate::ask::now;

/// How long whoever moves an alias waits until the move is followed.
const PATIENCE: Duration = Duration::from_secs(10);

/// The models that are served.
#[derive(Default)]
pub(crate) struct Inference {
    slots: RwLock<HashMap<Key, Arc<Slot>>>,
    loaded: Mutex<HashMap<Held, Weak<Loaded>>>,
    unloaded: Mutex<HashSet<(String, String)>>,
}

/// A workspace, a model, a version of it, and the tag that states its features.
type Held = (String, String, String, Option<String>);

/// A workspace and a reference within it.
type Key = (String, Reference);

/// What a reference means now.
pub(super) struct Slot {
    /// Its workspace.
    pub workspace: String,
    /// The reference.
    pub reference: Reference,
    line: RwLock<Option<Arc<Line>>>,
    /// Why it does not follow the registry, if it does not.
    trouble: Mutex<Option<String>>,
    refreshing: tokio::sync::Mutex<()>,
    looked: AtomicI64,
    asked: AtomicI64,
}

impl Slot {
    fn new(workspace: &str, reference: &Reference) -> Self {
        Self {
            workspace: workspace.to_owned(),
            reference: reference.clone(),
            line: RwLock::default(),
            trouble: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
            looked: AtomicI64::new(0),
            asked: AtomicI64::new(now()),
        }
    }

    /// What answers now.
    pub(super) fn line(&self) -> Option<Arc<Line>> {
        self.line.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why it does not follow the registry.
    pub(super) fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inference {
    /// What answers a reference. It is loaded if it was not asked for before.
    pub(super) async fn line(
        &self,
        app: &App,
        workspace: &str,
        reference: &Reference,
    ) -> Result<Arc<Line>, Refusal> {
        let key = (workspace.to_owned(), reference.clone());
        let known = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(slot) = known
            && let Some(line) = slot.line()
        {
            let time = now();
            slot.asked.store(time, Ordering::Relaxed);
            let pause = app.options().serving.look.as_millis() as i64;
            if time - slot.looked.load(Ordering::Relaxed) >= pause {
                slot.looked.store(time, Ordering::Relaxed);
                let app = app.clone();
                tokio::spawn(async move { drop(refresh(&app, &slot).await) });
            }
            return Ok(line);
        }
        if lock(&self.unloaded).contains(&(workspace.to_owned(), reference.name.clone())) {
            let name = &reference.name;
            return Err(Refusal::missing(format!(
                "model '{name}' was unloaded: POST /v2/repository/models/{name}/load"
            )));
        }
        self.open(app, key).await
    }

    /// Loads a reference that is not served yet. Those who ask meanwhile wait for the same loading.
    async fn open(&self, app: &App, key: Key) -> Result<Arc<Line>, Refusal> {
        let slot = {
            let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
            let slot =
                slots.entry(key.clone()).or_insert_with(|| Arc::new(Slot::new(&key.0, &key.1)));
            slot.clone()
        };
        let refreshed = refresh(app, &slot).await;
        match slot.line() {
            Some(line) => {
                self.make_room(app.options().serving.models);
                Ok(line)
            }
            None => {
                self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
                refreshed?;
                Err(Refusal::unavailable("the model was let go while it was loaded: try again"))
            }
        }
    }

    /// Lets go of those that were not asked for longest.
    fn make_room(&self, most: usize) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        while slots.len() > most.max(1) {
            let oldest = slots.iter().min_by_key(|(_, slot)| slot.asked.load(Ordering::Relaxed));
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
            slots.remove(&key);
        }
    }

    /// Loads a model anew, whatever is held of it.
    pub(super) async fn reload(
        &self,
        app: &App,
        workspace: &str,
        reference: &Reference,
    ) -> Result<(), Refusal> {
        lock(&self.unloaded).remove(&(workspace.to_owned(), reference.name.clone()));
        lock(&self.loaded).retain(|(at, name, ..), _| at != workspace || *name != reference.name);
        let known = self.of_model(workspace, &reference.name);
        if known.is_empty() {
            self.line(app, workspace, reference).await?;
        }
        for slot in known {
            follow(app, &slot, true).await?;
        }
        Ok(())
    }

    /// Lets go of a model until it is loaded again; whether anything of it was held.
    pub(super) fn unload(&self, workspace: &str, name: &str) -> bool {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let before = slots.len();
        slots.retain(|(at, reference), _| at != workspace || reference.name != name);
        lock(&self.unloaded).insert((workspace.to_owned(), name.to_owned()));
        slots.len() < before
    }

    /// What is served of a model.
    pub(super) fn of_model(&self, workspace: &str, name: &str) -> Vec<Arc<Slot>> {
        let of = |slot: &&Arc<Slot>| slot.workspace == workspace && slot.reference.name == name;
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.values().filter(of).cloned().collect()
    }

    /// All that is served in a workspace, in the order of names.
    pub(super) fn all(&self, workspace: &str) -> Vec<Arc<Slot>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> =
            slots.values().filter(|slot| slot.workspace == workspace).cloned().collect();
        all.sort_by_key(|slot| slot.reference.to_string());
        all
    }

    /// Follows what was changed in the registry through this server, before whoever changed it is
    /// answered: so their next request meets what they asked for.
    pub(crate) async fn registry_changed(&self, app: &App) {
        let slots: Vec<Arc<Slot>> = {
            let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
            let moves = |slot: &&Arc<Slot>| !matches!(slot.reference.pick, Pick::Version(_));
            slots.values().filter(moves).cloned().collect()
        };
        if slots.is_empty() {
            return;
        }
        let following = async {
            for slot in slots {
                drop(refresh(app, &slot).await);
            }
        };
        if tokio::time::timeout(PATIENCE, following).await.is_err() {
            tracing::warn!("a moved alias is not followed yet: its model takes long to load");
        }
    }

    /// A version, loaded once for all references that mean it.
    async fn version(
        &self,
        app: &App,
        workspace: &str,
        name: &str,
        found: &Found,
    ) -> Result<Arc<Loaded>, Refusal> {
        let (version, tag) = (found.version.clone(), found.features.clone());
        let key = (workspace.to_owned(), name.to_owned(), version, tag);
        if let Some(loaded) = lock(&self.loaded).get(&key).and_then(Weak::upgrade) {
            return Ok(loaded);
        }
        let loaded = Arc::new(load(app, workspace, name, found).await?);
        let mut all = lock(&self.loaded);
        all.retain(|_, held| held.strong_count() > 0);
        all.insert(key, Arc::downgrade(&loaded));
        Ok(loaded)
    }
}

/// Has a slot hold what the registry says. If that fails it holds what it held, and says why.
async fn refresh(app: &App, slot: &Arc<Slot>) -> Result<(), Refusal> {
    // It goes on when whoever asked is tired of waiting: others wait for the same.
    let (app, slot) = (app.clone(), slot.clone());
    let following = tokio::spawn(async move { follow(&app, &slot, false).await });
    following.await.unwrap_or_else(|_| Err(Refusal::unavailable("loading broke off")))
}

async fn follow(app: &App, slot: &Slot, anew: bool) -> Result<(), Refusal> {
    let _turn = slot.refreshing.lock().await;
    let outcome = step(app, slot, anew).await;
    slot.looked.store(now(), Ordering::Relaxed);
    let trouble = match &outcome {
        Ok(trouble) => trouble.clone(),
        Err(refusal) => Some(refusal.message.clone()),
    };
    let mut held = lock(&slot.trouble);
    if *held != trouble {
        // Whoever asks for what was never served is told so; the log is for what was.
        if let Some(why) = trouble.as_ref().filter(|_| slot.line().is_some()) {
            tracing::warn!(model = %slot.reference, why, "the registry is not followed");
        }
        *held = trouble;
    }
    outcome.map(drop)
}

/// One look at the registry; what goes wrong with the second version alone is only told.
async fn step(app: &App, slot: &Slot, anew: bool) -> Result<Option<String>, Refusal> {
    let (workspace, name) = (&slot.workspace, &slot.reference.name);
    let resolved = resolve(app, workspace, &slot.reference).await?;
    let present = slot.line().filter(|_| !anew);
    let is_held =
        |held: &Loaded, found: &Found| held.version == found.version && held.tag == found.features;
    let first = match &present {
        Some(line) if is_held(&line.first, &resolved.first) => line.first.clone(),
        _ => app.inference().version(app, workspace, name, &resolved.first).await?,
    };
    let mut trouble = resolved.trouble;
    let second = match &resolved.second {
        None => None,
        Some((found, share)) => match app.inference().version(app, workspace, name, found).await {
            Ok(loaded) => Some((loaded, *share)),
            Err(refusal) => {
                trouble = Some(refusal.message);
                None
            }
        },
    };
    let same = |line: &Line| {
        Arc::ptr_eq(&line.first, &first)
            && match (&line.second, &second) {
                (None, None) => true,
                (Some(held), Some((loaded, share))) => {
                    Arc::ptr_eq(&held.loaded, loaded) && held.share.to_bits() == share.to_bits()
                }
                _ => false,
            }
    };
    if present.is_some_and(|line| same(&line)) {
        return Ok(trouble);
    }
    let version = first.version.clone();
    let second = second.map(|(loaded, share)| Second::new(loaded, share));
    let beside = second.as_ref().map(|second| second.loaded.version.clone());
    let line = Arc::new(Line { first, second });
    *slot.line.write().unwrap_or_else(PoisonError::into_inner) = Some(line);
    tracing::info!(model = %slot.reference, version, beside, "a version is served");
    Ok(trouble)
}
