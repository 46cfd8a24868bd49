//! A home, written to as the server that serves it would: through the catalog, under the ids that
//! things have where they come from.

mod rows;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use artifacts::{ArtifactPath, Store};
use catalog::import::{self, ImportedTrace, Mark};
use catalog::registry::{self, Asked, ModelBrought, ModelElsewhere};
use catalog::{CatalogError, experiments, workspaces};
use database::{Database, Options, Tx};
use futures_util::TryStreamExt;
use tokio::runtime::Runtime;
use types::Digest;

use super::{FullModel, FullRun, Here, Place, Put, Target};
use crate::source::proxied;
use crate::things::{Experiment, LoggedModel, RegisteredModel, Run};
use crate::{ByteStream, ExchangeError, Result};

/// Where the artifacts of new experiments go: through the server.
const ROOT: &str = "mlflow-artifacts:/";

const RUN: &str = "run";
const MODEL: &str = "logged_model";
const TRACE: &str = "trace";

/// Which home is meant, as `trimtab serve` is told it.
#[derive(Debug, Clone, Default)]
pub struct HomeOptions {
    /// The home folder.
    pub home: PathBuf,
    /// Another database.
    pub database: Option<String>,
    /// Another place for artifacts.
    pub artifacts: Option<String>,
    /// The workspace.
    pub workspace: String,
    /// What is imported, as the history calls it.
    pub from: String,
}

/// A home.
pub struct Home {
    db: Database,
    store: Store,
    options: HomeOptions,
    runtime: Arc<Runtime>,
}

impl Home {
    /// Opens the home; makes it if it is not there.
    pub fn open(options: HomeOptions, runtime: &Arc<Runtime>) -> Result<Self> {
        let folder = &options.home;
        std::fs::create_dir_all(folder).map_err(|error| ExchangeError::File {
            file: folder.display().to_string(),
            why: format!("the home folder cannot be made: {error}"),
        })?;
        let file = folder.join("tracking.db").display().to_string();
        let address = options.database.as_deref().unwrap_or(&file);
        let db = Database::open(address, catalog::MIGRATIONS, &Options::default())?;
        let place = folder.join("artifacts").display().to_string();
        let store = Store::open(options.artifacts.as_deref().unwrap_or(&place))?;
        let (workspace, now) = (options.workspace.clone(), now());
        db.write_blocking(move |tx| {
            workspaces::ensure_default(tx)?;
            experiments::ensure_default(tx, workspaces::DEFAULT, ROOT, now)?;
            workspaces::must_exist(tx, &workspace)
        })?;
        Ok(Self { db, store, options, runtime: runtime.clone() })
    }

    /// The database, for what is asked of it directly.
    pub fn db(&self) -> &Database {
        &self.db
    }

    fn root(&self) -> String {
        match self.options.workspace.as_str() {
            workspaces::DEFAULT => ROOT.to_owned(),
            other => format!("{ROOT}workspaces/{other}"),
        }
    }

    /// Writes with the workspace that is meant.
    fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &str) -> Result<T, CatalogError> + Send + 'static,
    ) -> Result<T> {
        let workspace = self.options.workspace.clone();
        Ok(self.db.write_blocking(move |tx| work(tx, &workspace))?)
    }

    /// Which of these are marked with their digests.
    fn held(
        &self,
        kind: &'static str,
        digests: HashMap<String, String>,
    ) -> Result<HashSet<String>> {
        let (workspace, ids) = (self.options.workspace.clone(), digests.keys().cloned().collect());
        let ids: Vec<String> = ids;
        let marks = self.db.read_blocking(move |tx| import::marks(tx, &workspace, kind, &ids))?;
        let same = |(id, digest): &(String, String)| {
            marks.get(id).is_some_and(|mark| mark.digest == *digest)
        };
        Ok(digests.into_iter().filter(same).map(|(id, _)| id).collect())
    }

    fn path(&self, to: &Here, path: &str) -> Result<ArtifactPath> {
        let folder = proxied(&to.uri).ok_or_else(|| {
            let why = format!("its artifacts are at {}, not in this home", to.uri);
            ExchangeError::Artifact { path: path.to_owned(), owner: to.id.clone(), why }
        })?;
        let folder = ArtifactPath::parse(folder)?;
        Ok(if path.is_empty() { folder } else { folder.join(path)? })
    }
}

impl Target for Home {
    fn name(&self) -> String {
        self.db.address()
    }

    fn keeps_ids(&self) -> bool {
        true
    }

    fn begin(&self, experiment: &Experiment) -> Result<Place> {
        let (new, root) = (rows::experiment(experiment), self.root());
        self.write(move |tx, workspace| {
            let (id, made) = import::put_experiment(tx, workspace, &new, &root)?;
            let location = experiments::get(tx, workspace, id)?.artifact_location;
            Ok(Place { id: id.to_string(), location, made, delete: false })
        })
    }

    fn runs_held(&self, _place: &Place, runs: &[Run]) -> Result<HashSet<String>> {
        self.held(RUN, runs.iter().map(|run| (run.info.run_id.clone(), run.digest())).collect())
    }

    fn open_run(&self, place: &Place, run: &Run) -> Result<Here> {
        let id = run.info.run_id.clone();
        let (workspace, asked) = (self.options.workspace.clone(), id.clone());
        let held = self.db.read_blocking(move |tx| {
            let found = catalog::runs::artifact_uri(tx, &workspace, &asked);
            Ok::<_, CatalogError>(found.ok())
        })?;
        let made = held.is_none();
        let new = format!("{}/{id}/artifacts", place.location.trim_end_matches('/'));
        Ok(Here { from: id.clone(), id, uri: held.unwrap_or(new), made })
    }

    fn put_runs(&self, place: &Place, runs: Vec<FullRun>) -> Result<Put> {
        let experiment = experiments::parse_id(&place.id)?;
        let digests: Vec<Option<String>> = runs.iter().map(|full| full.digest.clone()).collect();
        let rows: Vec<_> = runs.into_iter().map(|full| rows::run(full, experiment)).collect();
        let now = now();
        self.write(move |tx, workspace| {
            let mut put = Put::default();
            for (row, digest) in rows.iter().zip(&digests) {
                put.made += usize::from(import::put_run(tx, workspace, row)?);
                mark(tx, workspace, RUN, &row.run.info.run_id, digest.as_deref(), now)?;
            }
            Ok(put)
        })
    }

    fn models_held(&self, _place: &Place, models: &[LoggedModel]) -> Result<HashSet<String>> {
        let digests = models.iter().map(|model| (model.info.model_id.clone(), model.digest()));
        self.held(MODEL, digests.collect())
    }

    fn open_model(&self, place: &Place, model: &LoggedModel) -> Result<Here> {
        let id = model.info.model_id.clone();
        let (workspace, asked) = (self.options.workspace.clone(), id.clone());
        let held = self.db.read_blocking(move |tx| {
            let found = catalog::logged_models::get(tx, &workspace, &asked, true);
            Ok::<_, CatalogError>(found.ok().map(|model| model.info.artifact_uri))
        })?;
        let made = held.is_none();
        let new = format!("{}/models/{id}/artifacts", place.location.trim_end_matches('/'));
        Ok(Here { from: id.clone(), id, uri: held.unwrap_or(new), made })
    }

    fn put_models(&self, place: &Place, models: Vec<FullModel>) -> Result<Put> {
        let experiment = experiments::parse_id(&place.id)?;
        let digest = |full: &FullModel| full.whole.then(|| full.model.digest());
        let digests: Vec<Option<String>> = models.iter().map(digest).collect();
        let row = |full: FullModel| rows::model(&full.here, full.model, experiment);
        let rows: Vec<_> = models.into_iter().map(row).collect::<Result<_>>()?;
        let now = now();
        self.write(move |tx, workspace| {
            let mut put = Put::default();
            for (row, digest) in rows.iter().zip(&digests) {
                put.made += usize::from(import::put_logged_model(tx, workspace, row)?);
                mark(tx, workspace, MODEL, &row.model.info.model_id, digest.as_deref(), now)?;
            }
            Ok(put)
        })
    }

    fn put_traces(&self, place: &Place, traces: Vec<ImportedTrace>) -> Result<Put> {
        let experiment = experiments::parse_id(&place.id)?;
        let digest =
            |trace: &ImportedTrace| Digest::of(format!("{trace:?}").as_bytes()).to_string();
        let digests: HashMap<String, String> =
            traces.iter().map(|trace| (trace.new.trace_id.clone(), digest(trace))).collect();
        let held = self.held(TRACE, digests.clone())?;
        let mut new = traces;
        new.retain(|trace| !held.contains(&trace.new.trace_id));
        for trace in &mut new {
            trace.new.experiment = experiment;
        }
        let now = now();
        self.write(move |tx, workspace| {
            let mut put = Put::default();
            for trace in &new {
                put.made += usize::from(import::put_trace(tx, workspace, trace, now)?);
                let id = &trace.new.trace_id;
                mark(tx, workspace, TRACE, id, digests.get(id).map(String::as_str), now)?;
            }
            Ok(put)
        })
    }

    fn files_held(&self, to: &Here) -> Result<HashMap<String, u64>> {
        let folder = self.path(to, "")?;
        let found: Vec<artifacts::Found> =
            self.runtime.block_on(self.store.walk(&folder).try_collect())?;
        let file = |found: artifacts::Found| {
            Some((found.path.below(&folder)?.as_str().to_owned(), found.head.size))
        };
        Ok(found.into_iter().filter_map(file).collect())
    }

    fn put_file(
        &self,
        to: &Here,
        path: &str,
        stream: ByteStream,
        _size: Option<u64>,
    ) -> Result<u64> {
        let path = self.path(to, path)?;
        Ok(self.runtime.block_on(self.store.put(&path, stream))?)
    }

    fn settle(&self, _place: &Place) -> Result<Put> {
        Ok(Put::default())
    }

    fn put_registered(&self, model: &RegisteredModel, storage: &[String]) -> Result<ModelBrought> {
        let from = &self.options.from;
        let new: ModelElsewhere = rows::registered(model, storage, from);
        let asked = Asked {
            workspace: self.options.workspace.clone(),
            by: "import".to_owned(),
            call: format!("import from {from}"),
            now: now(),
        };
        Ok(self.db.write_blocking(move |tx| registry::import_model(tx, &asked, &new))?)
    }
}

/// Marks a thing that kept its id as brought, if all of it was.
fn mark(
    tx: &mut Tx<'_>,
    workspace: &str,
    kind: &str,
    id: &str,
    digest: Option<&str>,
    now: i64,
) -> Result<(), CatalogError> {
    let Some(digest) = digest else { return Ok(()) };
    let mark = Mark { local: id.to_owned(), digest: digest.to_owned() };
    import::mark(tx, workspace, kind, id, &mark, now)
}

/// The time, in milliseconds.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
