//! What is kept of predictions: each row with its id, its features, its outputs, and what is to be known
//! of it.
//!
//! The log is opened with the first prediction, in the home folder of the server; one process at a time
//! writes to it. A prediction that cannot be kept is not given out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use learning::Port;
use predictions::{
    Check, Durability, Flag, Flags, LogError, Options, Prediction, PredictionId, PredictionLog,
    Served, Value,
};
use serving::{Arranged, Data, Predicted, Servable, ServingError};
use types::Digest;

use super::loaded::Loaded;
use super::options::OnInvalid;
use super::refusal::Refusal;
use crate::app::App;

/// The folder of the log, in the home folder.
const FOLDER: &str = "predictions";

/// What a prediction cannot be right with.
const INVALID: [Flag; 3] = [Flag::NotFinite, Flag::OutOfRange, Flag::OutOfDomain];

/// Who asked for a prediction, and how.
#[derive(Debug, Clone, Default)]
pub(super) struct Circumstances {
    /// Who asked, where that is known.
    pub caller: Option<Arc<str>>,
    /// On whose behalf: such predictions are on the disk before the answer goes out.
    pub mandate: Option<Arc<str>>,
    /// What the caller calls the request.
    pub request: Option<Arc<str>>,
    /// The alias by which the model was asked for.
    pub alias: Option<String>,
    /// Why this version answers.
    pub route: &'static str,
    /// The digest of the request as it came.
    pub input: Option<Digest>,
}

/// The log, once it is open.
#[derive(Default)]
pub(crate) struct Log {
    open: Mutex<Option<PredictionLog>>,
}

impl Log {
    /// The log, opened if it is not yet.
    async fn get(&self, app: &App) -> Result<PredictionLog, Refusal> {
        let held = self.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(log) = held {
            return Ok(log);
        }
        let app = app.clone();
        let opening = tokio::task::spawn_blocking(move || {
            let mut open = app.log().open.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(log) = &*open {
                return Ok(log.clone());
            }
            let folder = app.options().home.join(FOLDER);
            let log = PredictionLog::open(&folder, Options::default())?;
            let found = log.recovered();
            if found.torn_bytes > 0 || !found.damaged.is_empty() {
                tracing::warn!(?found, "the prediction log was cut off, and is in order again");
            }
            *open = Some(log.clone());
            Ok(log)
        });
        let opened = opening.await.unwrap_or(Err(LogError::Closed));
        opened.map_err(refused)
    }

    /// Keeps predictions: those of a mandate until the disk has them, others until the operating
    /// system has.
    pub(super) async fn keep(&self, app: &App, rows: Vec<Prediction>) -> Result<(), Refusal> {
        let Some(first) = rows.first() else { return Ok(()) };
        if !app.options().serving.log {
            return Ok(());
        }
        let durability = match first.mandate {
            Some(_) => Durability::Synced,
            None => Durability::Written,
        };
        let log = self.get(app).await?;
        log.append(rows, durability).await.map(drop).map_err(refused)
    }
}

fn refused(error: LogError) -> Refusal {
    match error {
        LogError::Busy => {
            Refusal::from(ServingError::Crowded { waiting: 0, after: Duration::from_secs(1) })
        }
        error => Refusal::unavailable(format!("the prediction cannot be logged: {error}")),
    }
}

/// What is to be known of a row that was kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// Its id in the log.
    pub id: PredictionId,
    /// What is wrong with it.
    pub flags: Flags,
}

impl Mark {
    /// Those of rows.
    pub(super) fn of(rows: &[Prediction]) -> Vec<Self> {
        rows.iter().map(|row| Self { id: row.id, flags: row.flags.clone() }).collect()
    }

    /// Whether the prediction cannot be right.
    pub(super) fn is_invalid(&self) -> bool {
        INVALID.iter().any(|flag| self.flags.has(*flag))
    }
}

/// How the rows of a model are kept: under which names, and what is held against them.
#[derive(Debug, Clone)]
pub(super) struct Names {
    check: Check,
    features: Arc<[String]>,
    outputs: Arc<[String]>,
    /// For each output that holds numbers, its place and its columns.
    columns: Vec<(usize, usize)>,
}

impl Names {
    /// Those of a model whose rows another process knows.
    pub(super) fn unknown(mut check: Check, invalid: OnInvalid) -> Self {
        if invalid == OnInvalid::Withhold {
            let withheld = |flag: &Flag| INVALID.contains(flag) || check.withhold.has(*flag);
            check.withhold = Flag::ALL.into_iter().filter(withheld).collect();
        }
        let (features, outputs) = (Arc::new([]), Arc::new([]));
        Self { check, features, outputs, columns: Vec::new() }
    }

    /// What is held against the rows.
    pub(super) fn check(&self) -> &Check {
        &self.check
    }

    /// Those of a model; an output of several columns has a name for each.
    pub(super) fn of(servable: &Servable, invalid: OnInvalid) -> Self {
        let Self { check, .. } = Self::unknown(servable.manifest().check.clone(), invalid);
        let mut outputs = Vec::new();
        let mut columns = Vec::new();
        for (at, port) in servable.outputs().iter().enumerate() {
            let width: usize =
                port.dims.get(1..).unwrap_or(&[]).iter().map(|d| d.unwrap_or(1)).product();
            if is_text(port) {
                continue;
            }
            columns.push((at, width));
            match width {
                1 => outputs.push(port.name.clone()),
                _ => outputs.extend((0..width).map(|column| format!("{}[{column}]", port.name))),
            }
        }
        Self { check, features: servable.features().into(), outputs: outputs.into(), columns }
    }

    /// The numbers of a row of outputs; `None` if the outputs are not as wide as the file says.
    fn row(&self, predicted: &Predicted, row: usize) -> Option<Vec<f64>> {
        let mut numbers = Vec::with_capacity(self.outputs.len());
        for (at, width) in &self.columns {
            let output = predicted.outputs.get(*at)?;
            match &output.data {
                Data::Numbers(all) if output.rows_columns().1 == *width => {
                    numbers.extend_from_slice(all.get(row * width..(row + 1) * width)?);
                }
                _ => return None,
            }
        }
        Some(numbers)
    }
}

fn is_text(port: &Port) -> bool {
    port.element == Some(8)
}

/// What the rows of a request share.
pub(super) struct Common<'a> {
    /// Which model answered.
    pub served: Arc<Served>,
    /// When.
    pub at: DateTime<Utc>,
    circumstances: &'a Circumstances,
    request: Option<Arc<str>>,
    latency_us: u64,
}

impl<'a> Common<'a> {
    /// Of a request that was answered now.
    pub(super) fn new(
        loaded: &Loaded,
        circumstances: &'a Circumstances,
        latency: Duration,
    ) -> Self {
        let served = Served {
            name: loaded.name.clone(),
            version: loaded.version.clone(),
            alias: circumstances.alias.clone(),
            run: loaded.run.clone(),
            digest: loaded.servable().map(|servable| servable.digest().to_string()),
            route: Some(circumstances.route.to_owned()),
        };
        Self {
            served: Arc::new(served),
            at: SystemTime::now().into(),
            circumstances,
            request: circumstances.request.clone(),
            latency_us: u64::try_from(latency.as_micros()).unwrap_or(u64::MAX),
        }
    }

    /// Says in a row who asked for it, and how.
    pub(super) fn put(&mut self, one: &mut Prediction) {
        one.caller.clone_from(&self.circumstances.caller);
        one.mandate.clone_from(&self.circumstances.mandate);
        // All rows of a request are found by the id of the first, if the caller gave it none.
        one.request = Some(self.request.get_or_insert_with(|| one.id.to_string().into()).clone());
        one.input_digest = self.circumstances.input;
        one.latency_us = self.latency_us;
    }
}

/// The rows of a prediction, flagged, as they are kept.
pub(super) fn rows(
    loaded: &Loaded,
    arranged: &Arranged,
    predicted: &Predicted,
    circumstances: &Circumstances,
    latency: Duration,
) -> Vec<Prediction> {
    let names = &loaded.names;
    let mut common = Common::new(loaded, circumstances, latency);
    let mut rows = Vec::with_capacity(arranged.rows);
    for (row, x) in arranged.x.chunks_exact(names.features.len().max(1)).enumerate() {
        let (names_of, outputs) = match names.row(predicted, row) {
            Some(outputs) => (names.outputs.clone(), outputs),
            None => wide(predicted, row),
        };
        let features = x.iter().map(|v| Value::Number(*v)).collect();
        let (at, served) = (common.at, common.served.clone());
        let of = names.features.clone();
        let mut one = Prediction::new(at, served, of, features, names_of, outputs);
        common.put(&mut one);
        if let Some(entities) = &arranged.entities {
            one.entity_names = entities.names.clone();
            one.entity.clone_from(&entities.keys[row]);
            one.flags = entities.flags[row].clone();
        }
        names.check.apply(&mut one);
        rows.push(one);
    }
    rows
}

/// The outputs of a row where they are wider than the file says.
fn wide(predicted: &Predicted, row: usize) -> (Arc<[String]>, Vec<f64>) {
    let (mut names, mut numbers) = (Vec::new(), Vec::new());
    for output in &predicted.outputs {
        let (_, width) = output.rows_columns();
        if let Data::Numbers(all) = &output.data {
            names.extend((0..width).map(|column| format!("{}[{column}]", output.name)));
            numbers.extend(all.iter().skip(row * width).take(width));
        }
    }
    names.truncate(numbers.len());
    (names.into(), numbers)
}
