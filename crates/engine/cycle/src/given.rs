//! A registered model that is given to a run, in place of one that it trains.
//!
//! The edge fetches the file and what its registry says of it, and keeps both as snapshots; here they
//! are a value. On the first decision that the model may forecast for, it enters the run's registry by
//! the same policy as a model of the run's own: with all four metadata, by its digest.

use std::collections::BTreeMap;

use journal::{Because, Kind};
use monitoring::ReturnBounds;
use serde::{Deserialize, Serialize};
use tracking::{CHAMPION, Candidate, Metadata, Metrics};
use types::{Date, Digest, RunId, close_of};

use crate::book::Kept;
use crate::learn::{admit, fold_newest, move_alias};
use crate::{Book, CycleError, Desk, Seen, Trail};

/// No simple return is lower; how high one may be, nobody here has seen.
const BOUNDS: ReturnBounds = ReturnBounds { low: -1.0, high: f64::MAX };

/// What a registry says of a model that is given to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GivenModel {
    /// The model, as the registry calls it.
    pub name: String,
    /// The version.
    pub version: String,
    /// The four metadata. The artifact location names the registry.
    pub source: Metadata,
    /// What was measured of it.
    pub metrics: Metrics,
    /// The last day that it has learned from. Before, it would forecast what it knows.
    pub trained_until: Date,
}

/// A model that is given to a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// What its registry says of it.
    pub says: GivenModel,
    /// The file that forecasts: ONNX.
    pub bytes: Vec<u8>,
}

/// Takes the given model into the run's registry and puts it in charge of forecasting, once it may
/// forecast.
pub(crate) fn take_in(
    desk: &Desk,
    seen: &Seen<'_>,
    book: &mut Book,
    because: Because,
    trail: &mut Trail,
) -> Result<(), CycleError> {
    let failed = |what: String| CycleError::new(seen.day(), "admit", what);
    let given = desk.given.as_ref();
    let given = given.ok_or_else(|| failed("the registered model was not fetched".to_owned()))?;
    if book.champion.is_some() || seen.day() < given.says.trained_until {
        return Ok(());
    }
    let GivenModel { name, version, source, metrics, .. } = &given.says;
    let run: RunId = format!("{name}/{version}").into();
    let candidate = Candidate {
        name: desk.model_name(),
        artifact: Digest::of(&given.bytes),
        folder: BTreeMap::new(),
        run,
        source: source.clone(),
        metrics: metrics.clone(),
        at: close_of(trail.day()),
    };
    let made = book.registry.register(candidate).map_err(|error| failed(error.to_string()))?;
    let registered = trail.id("registered");
    let id = registered.clone();
    trail.named(Kind::Registered, id, because, &made, [given.bytes.clone()]);
    fold_newest(book, trail)?;
    let trained = registered.clone();
    let bytes = given.bytes.clone();
    let kept = Kept { bytes, reference: None, bounds: BOUNDS, trained };
    book.versions.insert(made.version, kept);
    let why = format!("registered as {name} version {version}");
    let record = move_alias(book, trail, &made.name, CHAMPION, made.version, &why, &registered)?;
    admit(book, &made.name, seen.day(), record)
}
