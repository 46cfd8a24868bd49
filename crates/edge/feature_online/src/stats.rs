//! How fresh the online store is.

use features::store::{Definitions, FeatureView};
use online::OnlineStore;
use serde::Serialize;

use crate::error::ServingError;
use crate::moment::rfc3339;
use crate::naming;

/// A materialisation that was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// Rows of its source that are in.
    pub rows: u64,
}

/// How fresh a view is. Ages are seconds; nothing stands where nothing was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Freshness {
    /// The view.
    pub view: String,
    /// Entities that have a row.
    pub entities: u64,
    /// The event time of the newest row.
    pub newest_event: Option<String>,
    /// How old that event is.
    pub age_seconds: Option<f64>,
    /// Up to when all is materialised.
    pub materialized_to: Option<String>,
    /// How long ago that is.
    pub lag_seconds: Option<f64>,
    /// When something was written last.
    pub written: Option<String>,
    /// Whether the newest event is older than the view's ttl: all that is served is stale.
    pub stale: bool,
    /// A materialisation that was cut off and goes on when it is asked for again.
    pub pending: Option<Pending>,
}

/// How fresh all online views are, by name. `now` is in microseconds since 1970.
pub fn stats(
    definitions: &Definitions,
    store: &dyn OnlineStore,
    now: i64,
) -> Result<Vec<Freshness>, ServingError> {
    let views = definitions.views.values().filter(|view| view.online);
    views.map(|view| of(definitions, view, store, now)).collect()
}

fn of(
    definitions: &Definitions,
    view: &FeatureView,
    store: &dyn OnlineStore,
    now: i64,
) -> Result<Freshness, ServingError> {
    let state = store.state(&naming::view(definitions, view))?.unwrap_or_default();
    let ago = |at: i64| now.saturating_sub(at) as f64 / 1e6;
    let ttl = view.ttl.micros();
    let is_old = |event: i64| ttl > 0 && event < now.saturating_sub(ttl);
    Ok(Freshness {
        view: view.name.clone(),
        entities: state.rows,
        newest_event: state.newest_event.map(rfc3339),
        age_seconds: state.newest_event.map(ago),
        materialized_to: state.materialized_to.map(rfc3339),
        lag_seconds: state.materialized_to.map(ago),
        written: state.written.map(rfc3339),
        stale: state.newest_event.is_some_and(is_old),
        pending: state.mark.map(|mark| Pending { rows: mark.done }),
    })
}
