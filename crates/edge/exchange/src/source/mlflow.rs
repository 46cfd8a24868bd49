//! Things in a SQLite database of MLflow, with the artifacts beside it.
//!
//! The file is opened for reading only and checked before anything is taken from it: that it is
//! whole, that it is MLflow's, and that its version is one of those that are known here.

mod files;
mod models;
mod open;
mod runs;
mod tables;
mod traces;
mod version;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::import::ImportedTrace;
use rusqlite::Connection;
use tokio::runtime::Runtime;

use self::tables::Tables;
use super::{File, Owner, Source};
use crate::things::{Experiment, LoggedModel, Metric, RegisteredModel, Run};
use crate::{ByteStream, ExchangeError, Result};

/// A database of MLflow.
pub struct Mlflow {
    file: PathBuf,
    name: String,
    db: Mutex<Connection>,
    tables: Tables,
    workspace: String,
    artifacts: Option<artifacts::Store>,
    runtime: Arc<Runtime>,
    written: i64,
}

impl Mlflow {
    /// Opens the file. `artifacts` is the folder that its server gave access to
    /// (`--artifacts-destination`); by default `mlartifacts` beside the file, if that is there.
    pub fn open(
        file: &Path,
        artifacts: Option<&str>,
        workspace: &str,
        runtime: &Arc<Runtime>,
    ) -> Result<Self> {
        let db = open::open(file)?;
        let tables = Tables::read(&db).map_err(|error| open::said(file, &error))?;
        version::check(&db, file)?;
        let written = open::data_version(&db).map_err(|error| open::said(file, &error))?;
        let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
        Ok(Self {
            artifacts: files::beside(file, artifacts)?,
            file: file.to_owned(),
            name,
            db: Mutex::new(db),
            tables,
            workspace: workspace.to_owned(),
            runtime: runtime.clone(),
            written,
        })
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn said(&self, error: &rusqlite::Error) -> ExchangeError {
        open::said(&self.file, error)
    }

    /// Asks the database.
    fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        question(&self.db()).map_err(|error| self.said(&error))
    }
}

impl Source for Mlflow {
    fn name(&self) -> &str {
        &self.name
    }

    fn experiments(&self) -> Result<Vec<Experiment>> {
        self.ask(|db| runs::experiments(db, &self.tables, &self.workspace))
    }

    fn runs(&self, experiment: &str, take: &mut dyn FnMut(Vec<Run>) -> Result<()>) -> Result<()> {
        let ids = self.ask(|db| runs::ids(db, experiment))?;
        for some in ids.chunks(500) {
            let page = self.ask(|db| runs::full(db, &self.tables, some))?;
            take(page)?;
        }
        Ok(())
    }

    fn histories(&self, runs: &[&Run]) -> Result<Vec<Vec<Metric>>> {
        self.ask(|db| runs.iter().map(|run| runs::history(db, &run.info.run_id)).collect())
    }

    fn logged_models(&self, experiment: &str) -> Result<Vec<LoggedModel>> {
        self.ask(|db| models::logged(db, &self.tables, experiment))
    }

    fn registered_models(&self) -> Result<Vec<RegisteredModel>> {
        self.ask(|db| models::registered(db, &self.tables, &self.workspace))
    }

    fn traces(
        &self,
        experiment: &str,
        take: &mut dyn FnMut(Vec<ImportedTrace>) -> Result<()>,
    ) -> Result<()> {
        let ids = self.ask(|db| traces::ids(db, &self.tables, experiment))?;
        for some in ids.chunks(200) {
            let page = self.ask(|db| traces::full(db, &self.tables, some))?;
            take(page)?;
        }
        Ok(())
    }

    fn files(&self, of: &Owner<'_>) -> Result<Vec<File>> {
        files::all(self, of)
    }

    fn open(&self, of: &Owner<'_>, path: &str) -> Result<ByteStream> {
        files::open(self, of, path)
    }

    fn remark(&self) -> Option<String> {
        let now = self.ask(open::data_version).ok()?;
        (now != self.written).then(|| {
            format!("{} was written to meanwhile: import it again to bring what is new", self.name)
        })
    }
}
