//! Carrying things from a source to a target: the order in which it is done.
//!
//! An experiment comes first, then its runs with their files and histories, then the logged models
//! that they made, then what binds runs and models; registered models come last, since their versions
//! say where the files of all these are. What is there in full is passed over.

mod files;
mod moved;
mod registered;
mod summary;

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use catalog::import::ImportedTrace;

use self::moved::Moved;
use crate::source::{Owner, Source};
use crate::target::{FullModel, FullRun, Here, Place, Target};
use crate::things::{Experiment, LoggedModel, Run};
use crate::{ExchangeError, Result, pool};

pub use summary::{Count, Summary};

/// So many runs are carried at once.
const RUNS: usize = 64;
/// So many values are in memory at once, about.
const VALUES: usize = 200_000;

/// What is to be carried.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only experiments of these names; all, where there is none.
    pub experiments: Vec<String>,
    /// Registered models too.
    pub models: bool,
    /// Only registered models, with the runs and logged models that their versions come from.
    pub only_models: bool,
    /// Also what is there in full already.
    pub again: bool,
}

/// Is told how far it is.
pub trait Watch: Sync {
    /// What is being carried, and what was carried so far.
    fn at(&self, doing: &str, so_far: &Summary);
}

/// Carries what is wanted.
pub fn copy(
    source: &dyn Source,
    target: &dyn Target,
    wanted: &Wanted,
    watch: &dyn Watch,
) -> Result<Summary> {
    let began = Instant::now();
    let models = match wanted.models || wanted.only_models {
        true => source.registered_models()?,
        false => vec![],
    };
    let copier = Copier {
        source,
        target,
        wanted,
        watch,
        named: moved::named(&models),
        moved: Mutex::default(),
        summary: Mutex::default(),
    };
    for experiment in chosen(source.experiments()?, &wanted.experiments, source.name())? {
        copier.experiment(&experiment)?;
    }
    let models = match wanted.experiments.is_empty() {
        true => models,
        false => copier.of_experiments(models),
    };
    for model in &registered::sorted(models) {
        copier.registered(model)?;
    }
    let mut summary = copier.summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(remark) = source.remark() {
        summary.leave_out(String::new(), remark);
    }
    summary.seconds = began.elapsed().as_secs_f64();
    Ok(summary)
}

/// The experiments of these names; all, where there are none.
fn chosen(all: Vec<Experiment>, names: &[String], server: &str) -> Result<Vec<Experiment>> {
    if let Some(name) = names.iter().find(|name| !all.iter().any(|one| one.name == **name)) {
        const SHOWN: usize = 12;
        let mut known: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        let more = known.len().saturating_sub(SHOWN);
        known.truncate(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Err(ExchangeError::Missing(format!(
            "{server} has no experiment `{name}`; it has {}{more}",
            known.join(", ")
        )));
    }
    let wanted = |one: &Experiment| names.is_empty() || names.contains(&one.name);
    Ok(all.into_iter().filter(wanted).collect())
}

struct Copier<'a> {
    source: &'a dyn Source,
    target: &'a dyn Target,
    wanted: &'a Wanted,
    watch: &'a dyn Watch,
    /// The runs and logged models that versions come from.
    named: HashSet<String>,
    moved: Mutex<Moved>,
    summary: Mutex<Summary>,
}

impl Copier<'_> {
    fn summary(&self) -> MutexGuard<'_, Summary> {
        self.summary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moved(&self) -> MutexGuard<'_, Moved> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, doing: &str) {
        self.watch.at(doing, &self.summary());
    }

    fn experiment(&self, experiment: &Experiment) -> Result<()> {
        self.tell(&format!("experiment {}", experiment.name));
        let mut place: Option<Place> = None;
        if !self.wanted.only_models {
            self.place(&mut place, experiment)?;
        }
        self.source.runs(&experiment.experiment_id, &mut |mut runs| {
            runs.retain(|run| self.is_wanted(&run.info.run_id));
            if runs.is_empty() {
                return Ok(());
            }
            let place = self.place(&mut place, experiment)?;
            self.runs(&place, runs, &experiment.name)
        })?;
        let mut models = self.source.logged_models(&experiment.experiment_id)?;
        models.retain(|model| {
            self.is_wanted(&model.info.model_id) || self.is_wanted(&model.info.source_run_id)
        });
        if !models.is_empty() {
            let place = self.place(&mut place, experiment)?;
            self.models(&place, models)?;
        }
        if !self.wanted.only_models {
            let place = self.place(&mut place, experiment)?;
            let take = &mut |traces| self.traces(&place, traces);
            self.source.traces(&experiment.experiment_id, take)?;
        }
        if let Some(place) = &place {
            let put = self.target.settle(place)?;
            self.summary().all_left_out(put.left_out);
        }
        Ok(())
    }

    fn is_wanted(&self, id: &str) -> bool {
        !self.wanted.only_models || self.named.contains(id)
    }

    /// The experiment where things go, found or made when it is first needed.
    fn place(&self, place: &mut Option<Place>, experiment: &Experiment) -> Result<Place> {
        if let Some(place) = place {
            return Ok(place.clone());
        }
        let found = self.target.begin(experiment)?;
        self.summary().experiments.add(usize::from(found.made), usize::from(!found.made));
        Ok(place.insert(found).clone())
    }

    fn runs(&self, place: &Place, runs: Vec<Run>, experiment: &str) -> Result<()> {
        let held = match self.wanted.again {
            true => HashSet::new(),
            false => self.target.runs_held(place, &runs)?,
        };
        let (held, new): (Vec<Run>, Vec<Run>) =
            runs.into_iter().partition(|run| held.contains(&run.info.run_id));
        self.summary().runs.add(0, held.len());
        for run in held.iter().filter(|run| self.named.contains(&run.info.run_id)) {
            let here = self.target.open_run(place, run)?;
            self.moved().run(&run.info, here);
        }
        let mut at_once = 8;
        let mut rest = new;
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(at_once));
            let values = self.some_runs(place, std::mem::replace(&mut rest, later))?;
            // As many as fit into memory, as far as can be told from those before.
            let each = (values / at_once).max(1);
            at_once = (VALUES / each).clamp(1, RUNS);
            self.tell(&format!("experiment {experiment}"));
        }
        Ok(())
    }

    /// Carries some runs, and says how many values they had.
    fn some_runs(&self, place: &Place, runs: Vec<Run>) -> Result<usize> {
        let opened = pool::each(&runs, |run| {
            let here = self.target.open_run(place, run)?;
            let owner = Owner::Run { id: &run.info.run_id, uri: &run.info.artifact_uri };
            let whole = self.files(&owner, "run", &here)?;
            Ok((here, whole.then(|| run.digest())))
        })?;
        let runs = self.source.complete(runs)?;
        let histories = self.source.histories(&runs.iter().collect::<Vec<_>>())?;
        let values: usize = histories.iter().map(Vec::len).sum();
        let count = runs.len();
        let full = runs.into_iter().zip(opened).zip(histories);
        let full: Vec<FullRun> = full
            .map(|((run, (here, digest)), metrics)| {
                self.moved().run(&run.info, here.clone());
                FullRun { here, run, metrics, digest }
            })
            .collect();
        let put = self.target.put_runs(place, full)?;
        let mut summary = self.summary();
        summary.runs.add(put.made, count - put.made);
        summary.metrics += values;
        summary.all_left_out(put.left_out);
        Ok(values)
    }

    fn models(&self, place: &Place, models: Vec<LoggedModel>) -> Result<()> {
        let held = match self.wanted.again {
            true => HashSet::new(),
            false => self.target.models_held(place, &models)?,
        };
        let full = pool::each(&models, |model| {
            let here = self.target.open_model(place, model)?;
            self.moved().model(&model.info, here.clone());
            if held.contains(&model.info.model_id) {
                return Ok(None);
            }
            let owner = Owner::Model { id: &model.info.model_id, uri: &model.info.artifact_uri };
            let whole = self.files(&owner, "logged model", &here)?;
            Ok(Some(FullModel { here, model: model.clone(), whole }))
        })?;
        let full: Vec<FullModel> = full.into_iter().flatten().collect();
        let put = self.target.put_models(place, full)?;
        let mut summary = self.summary();
        summary.logged_models.add(put.made, models.len() - put.made);
        summary.all_left_out(put.left_out);
        Ok(())
    }

    fn traces(&self, place: &Place, traces: Vec<ImportedTrace>) -> Result<()> {
        if self.target.keeps_ids() {
            // Spans that are not in the database are in a file.
            let apart: Vec<&ImportedTrace> =
                traces.iter().filter(|trace| trace.spans.is_empty()).collect();
            pool::each(&apart, |trace| self.trace_files(place, trace))?;
        }
        let count = traces.len();
        let put = self.target.put_traces(place, traces)?;
        let mut summary = self.summary();
        let held = if put.left_out.is_empty() { count - put.made } else { 0 };
        summary.traces.add(put.made, held);
        summary.all_left_out(put.left_out);
        Ok(())
    }

    fn trace_files(&self, place: &Place, trace: &ImportedTrace) -> Result<bool> {
        let tag = |key: &str| trace.new.tags.iter().find(|tag| tag.key == key);
        let Some(from) = tag(catalog::traces::ARTIFACT_LOCATION) else { return Ok(true) };
        let id = &trace.new.trace_id;
        let here = Here {
            from: id.clone(),
            id: id.clone(),
            uri: format!("{}/traces/{id}/artifacts", place.location.trim_end_matches('/')),
            made: false,
        };
        self.files(&Owner::Trace { id, uri: &from.value }, "trace", &here)
    }
}
