//! Under which names views and features stand in the online store.
//!
//! A view has its join keys in its name and a feature its type, so that what was written under
//! another entity or with another type is not found, and never taken for something else.

use features::store::{Definitions, FeatureView, ValueKind};

/// The name of a view in the online store: `driver_stats(driver_id)`.
pub fn view(definitions: &Definitions, view: &FeatureView) -> String {
    let keys: Vec<&str> =
        definitions.join_keys(view).into_iter().map(|key| key.name.as_str()).collect();
    format!("{}({})", view.name, keys.join(","))
}

/// The name of a feature in the online store: `trips int64`.
pub fn feature(name: &str, kind: ValueKind) -> String {
    format!("{name} {kind}")
}

/// The names of all features of a view, in order.
pub fn features(view: &FeatureView) -> Vec<String> {
    view.features.iter().map(|one| feature(&one.name, one.kind)).collect()
}
