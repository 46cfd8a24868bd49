//! The stores that tests run against: a fresh file, and Redis where `TRIMTAB_TEST_REDIS` says one is.

#![allow(dead_code)]

use std::sync::Arc;

use online::{Ask, EntityKey, Found, OnlineStore, Value};
use tempfile::TempDir;

/// A store, and what must live as long.
pub struct Kit {
    pub name: &'static str,
    pub store: Arc<dyn OnlineStore>,
    /// A word that no other test uses for its views: Redis is shared.
    pub word: String,
    folder: Option<TempDir>,
}

impl Kit {
    /// The name of a view that is this test's alone.
    pub fn view(&self, name: &str) -> String {
        format!("{}-{name}", self.word)
    }
}

impl Drop for Kit {
    fn drop(&mut self) {
        for (view, _) in self.store.views().unwrap_or_default() {
            if view.starts_with(&self.word) {
                let _ = self.store.clear(&view);
            }
        }
        drop(self.folder.take());
    }
}

/// Where Redis is, if it is.
pub fn redis() -> Option<String> {
    std::env::var("TRIMTAB_TEST_REDIS").ok().filter(|address| !address.is_empty())
}

/// Every store there is.
pub fn kits(word: &str) -> Vec<Kit> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("online.redb").display().to_string();
    let word = format!("{word}{}", std::process::id());
    let open = |address: &str| online::open(address).expect("the store opens");
    let mut kits = vec![Kit {
        name: "embedded",
        store: open(&file),
        word: word.clone(),
        folder: Some(folder),
    }];
    if let Some(address) = redis() {
        kits.push(Kit { name: "redis", store: open(&address), word, folder: None });
    }
    kits
}

pub fn names(features: &[&str]) -> Vec<String> {
    features.iter().map(|name| (*name).to_owned()).collect()
}

pub fn key(id: i64) -> EntityKey {
    EntityKey::new(&[Value::Int64(id)]).expect("a number is a key")
}

/// Rows of entities in one view.
pub fn read(
    store: &dyn OnlineStore,
    view: &str,
    features: &[String],
    ids: &[i64],
) -> Vec<Option<Found>> {
    let keys: Vec<EntityKey> = ids.iter().map(|id| key(*id)).collect();
    let asks = [Ask { view, features, keys: &keys }];
    store.read(&asks).expect("the store is read").remove(0)
}
