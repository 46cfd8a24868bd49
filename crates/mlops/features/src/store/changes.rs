//! What differs between two sets of definitions: what is applied, and what the files say.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use types::Digest;

use super::{Definition, DefinitionKind, Definitions};

/// How one definition differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// It is new.
    Added,
    /// It has another text: the parts that differ, as `path: before -> after`.
    Changed(Vec<String>),
    /// It is no longer there.
    Missing,
}

/// One definition that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it defines.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// How it differs.
    pub difference: Difference,
    /// Its version before.
    pub before: Option<Digest>,
    /// Its version after.
    pub after: Option<Digest>,
}

impl Definitions {
    /// What has to change for `self` to become `wanted`; what is equal is not mentioned.
    pub fn changes(&self, wanted: &Definitions) -> Vec<Change> {
        let keyed = |set: &Definitions| -> BTreeMap<(DefinitionKind, String), Definition> {
            set.all().map(|one| ((one.kind(), one.name().to_owned()), one)).collect()
        };
        let (before, after) = (keyed(self), keyed(wanted));
        let mut changes = Vec::new();
        for ((kind, name), one) in &after {
            let old = before.get(&(*kind, name.clone()));
            let difference = match old {
                None => Difference::Added,
                Some(old) if old.digest() == one.digest() => continue,
                Some(old) => Difference::Changed(parts(&old.text(), &one.text())),
            };
            let (old, new) = (old.map(Definition::digest), Some(one.digest()));
            changes.push(Change {
                kind: *kind,
                name: name.clone(),
                difference,
                before: old,
                after: new,
            });
        }
        for ((kind, name), one) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
            let (difference, old) = (Difference::Missing, Some(one.digest()));
            changes.push(Change {
                kind: *kind,
                name: name.clone(),
                difference,
                before: old,
                after: None,
            });
        }
        changes
    }
}

/// The parts of two texts that differ.
fn parts(before: &str, after: &str) -> Vec<String> {
    let read = |text: &str| serde_json::from_str(text).expect("a definition's text is JSON");
    let mut found = Vec::new();
    compare("", &read(before), &read(after), &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned();
                compare(
                    &below(key),
                    &of(a).unwrap_or(Value::Null),
                    &of(b).unwrap_or(Value::Null),
                    found,
                );
            }
        }
        (Value::Array(a), Value::Array(b)) if named(a).is_some() && named(b).is_some() => {
            let (a, b) = (named(a).unwrap_or_default(), named(b).unwrap_or_default());
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let of = |map: &BTreeMap<String, &Value>| {
                    map.get(key).map_or(Value::Null, |value| (*value).clone())
                };
                compare(&below(key), &of(&a), &of(&b), found);
            }
            let moved = a.len() == b.len() && found.is_empty() && before != after;
            if moved {
                found.push(format!("{path}: in another order"));
            }
        }
        (a, b) if a == b => {}
        (a, b) => found.push(format!("{path}: {a} -> {b}")),
    }
}

/// A list of things with names, by name.
fn named(list: &[Value]) -> Option<BTreeMap<String, &Value>> {
    list.iter().map(|one| Some((one.as_object()?.get("name")?.as_str()?.to_owned(), one))).collect()
}
