//! Where things go.

mod home;
mod server;

use std::collections::{HashMap, HashSet};

use catalog::import::ImportedTrace;
use catalog::registry::ModelBrought;

use crate::things::{Experiment, LoggedModel, Metric, RegisteredModel, Run};
use crate::{ByteStream, Result};

pub use home::{Home, HomeOptions};
pub use server::Server;

/// Somewhere that things go. Whatever it is given twice is there once.
pub trait Target: Sync {
    /// What it is called: its address, without a password.
    fn name(&self) -> String;

    /// Whether things keep their ids there.
    fn keeps_ids(&self) -> bool;

    /// Finds or makes the experiment.
    fn begin(&self, experiment: &Experiment) -> Result<Place>;

    /// Which of these runs are there as they are here, by their ids here.
    fn runs_held(&self, place: &Place, runs: &[Run]) -> Result<HashSet<String>>;

    /// Finds or makes the run, so that files can be put to it.
    fn open_run(&self, place: &Place, run: &Run) -> Result<Here>;

    /// Takes runs in, whose files are there.
    fn put_runs(&self, place: &Place, runs: Vec<FullRun>) -> Result<Put>;

    /// Which of these logged models are there as they are here, by their ids here.
    fn models_held(&self, place: &Place, models: &[LoggedModel]) -> Result<HashSet<String>>;

    /// Finds or makes the logged model, so that files can be put to it.
    fn open_model(&self, place: &Place, model: &LoggedModel) -> Result<Here>;

    /// Takes logged models in, whose files are there.
    fn put_models(&self, place: &Place, models: Vec<FullModel>) -> Result<Put>;

    /// Takes traces in, if it can.
    fn put_traces(&self, place: &Place, traces: Vec<ImportedTrace>) -> Result<Put>;

    /// The files that are there already, with their sizes.
    fn files_held(&self, to: &Here) -> Result<HashMap<String, u64>>;

    /// Keeps a file.
    fn put_file(&self, to: &Here, path: &str, stream: ByteStream, size: Option<u64>)
    -> Result<u64>;

    /// Does what must wait until all runs and models of an experiment are there.
    fn settle(&self, place: &Place) -> Result<Put>;

    /// Takes a registered model in, whose versions say where their files are there.
    fn put_registered(&self, model: &RegisteredModel, storage: &[String]) -> Result<ModelBrought>;
}

/// An experiment where things go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its id there.
    pub id: String,
    /// Where its artifacts go.
    pub location: String,
    /// Whether it was made now.
    pub made: bool,
    /// Whether it is to be deleted once all is there.
    pub delete: bool,
}

/// A run or a logged model where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// Its id where it comes from.
    pub from: String,
    /// Its id where it goes.
    pub id: String,
    /// Where its files go.
    pub uri: String,
    /// Whether it was made now, so that no files can be there.
    pub made: bool,
}

/// A run with all that it measured.
#[derive(Debug, Clone, PartialEq)]
pub struct FullRun {
    /// Where it goes.
    pub here: Here,
    /// What it is.
    pub run: Run,
    /// All that it measured.
    pub metrics: Vec<Metric>,
    /// The digest by which it is known again, if all its files are there; if not, it is not marked
    /// as whole.
    pub digest: Option<String>,
}

/// A logged model where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct FullModel {
    /// Where it goes.
    pub here: Here,
    /// What it is, and all that was measured of it.
    pub model: LoggedModel,
    /// Whether all its files are there.
    pub whole: bool,
}

/// What came of giving things to a target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Put {
    /// How many were made.
    pub made: usize,
    /// What was not done, and why.
    pub left_out: Vec<String>,
}
