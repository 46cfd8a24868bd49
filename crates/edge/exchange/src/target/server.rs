//! A server, given things by its protocol. It gives ids itself, so that tags name those that things
//! have where they come from; by these they are found again when the exchange is repeated.

mod known;
mod models;
mod registered;
mod runs;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use catalog::Tag;
use catalog::import::ImportedTrace;
use catalog::registry::ModelBrought;
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;

use self::known::Known;
use super::{FullModel, FullRun, Here, Place, Put, Target};
use crate::client::Client;
use crate::source::{File, Owner, proxied};
use crate::things::{Experiment, LoggedModel, RegisteredModel, Run};
use crate::{ByteStream, ExchangeError, Result, pool};

/// The file of a model folder that names the run and the logged model it belongs to.
const MLMODEL: &str = "MLmodel";

/// A server that speaks the protocol.
pub struct Server {
    client: Client,
    from: String,
    state: Mutex<State>,
}

/// What was found and made there.
#[derive(Default)]
struct State {
    /// What is there of an experiment, by its id there.
    known: HashMap<String, Known>,
    /// The ids of runs and logged models there, by their ids here.
    ids: HashMap<String, String>,
    /// Runs that lack something until the models are there.
    pending: Vec<Pending>,
}

/// A run that lacks its links to models.
struct Pending {
    here: Here,
    run: Run,
    digest: Option<String>,
}

impl Server {
    /// Of the client that asks it; `from` is what the tags call the place that things come from.
    pub fn new(client: Client, from: &str) -> Self {
        Self { client, from: from.to_owned(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id there of a run or a logged model.
    fn id_of(&self, there: &str) -> Option<String> {
        self.state().ids.get(there).cloned()
    }

    /// A tag of a run; those that name other runs name them as they are called there.
    fn mapped(&self, mut tag: Tag) -> Tag {
        match tag.key.as_str() {
            "mlflow.parentRunId" | "mlflow.rootRunId" => {
                tag.value = self.id_of(&tag.value).unwrap_or(tag.value);
            }
            "mlflow.log-model.history" => tag.value = self.renamed(&tag.value),
            _ => {}
        }
        tag
    }

    /// The text with the ids of things here put in place of those that they had.
    fn renamed(&self, text: &str) -> String {
        let state = self.state();
        let mut renamed = text.to_owned();
        for (from, to) in state.ids.iter().filter(|(from, to)| from != to && text.contains(*from)) {
            renamed = renamed.replace(from.as_str(), to);
        }
        renamed
    }
}

impl Target for Server {
    fn name(&self) -> String {
        self.client.name().to_owned()
    }

    fn keeps_ids(&self) -> bool {
        false
    }

    fn begin(&self, experiment: &Experiment) -> Result<Place> {
        let wanted = experiment.lifecycle_stage == "deleted";
        let held = self.client.experiment_by_name(&experiment.name)?;
        let (held, made) = match held {
            Some(held) => (held, false),
            None => {
                let id = self.client.create_experiment(&experiment.name, &[])?;
                (self.client.experiment(&id)?, true)
            }
        };
        let deleted = held.lifecycle_stage == "deleted";
        let missing = experiment
            .tags
            .iter()
            .filter(|tag| !deleted && !held.tags.iter().any(|held| held.key == tag.key));
        for tag in missing {
            let fields = json!({
                "experiment_id": held.experiment_id, "key": tag.key, "value": tag.value,
            });
            self.client.set("experiments/set-experiment-tag", &fields)?;
        }
        let known = Known::of(&self.client, &held.experiment_id)?;
        let mut state = self.state();
        state.ids.extend(known.ids());
        state.known.insert(held.experiment_id.clone(), known);
        Ok(Place {
            id: held.experiment_id,
            location: held.artifact_location,
            made,
            delete: wanted && made,
        })
    }

    fn runs_held(&self, place: &Place, runs: &[Run]) -> Result<HashSet<String>> {
        let state = self.state();
        let known = state.known.get(&place.id);
        let held = runs.iter().filter(|run| known.is_some_and(|known| known.has_run(run)));
        Ok(held.map(|run| run.info.run_id.clone()).collect())
    }

    fn open_run(&self, place: &Place, run: &Run) -> Result<Here> {
        runs::open(self, place, run)
    }

    fn put_runs(&self, _place: &Place, runs: Vec<FullRun>) -> Result<Put> {
        let puts = pool::each(&runs, |full| runs::put(self, full))?;
        Ok(sum(puts))
    }

    fn models_held(&self, place: &Place, models: &[LoggedModel]) -> Result<HashSet<String>> {
        let state = self.state();
        let known = state.known.get(&place.id);
        let held = models.iter().filter(|model| known.is_some_and(|known| known.has_model(model)));
        Ok(held.map(|model| model.info.model_id.clone()).collect())
    }

    fn open_model(&self, place: &Place, model: &LoggedModel) -> Result<Here> {
        models::open(self, place, model)
    }

    fn put_models(&self, _place: &Place, models: Vec<FullModel>) -> Result<Put> {
        let puts = pool::each(&models, |full| models::put(self, full))?;
        Ok(sum(puts))
    }

    fn put_traces(&self, _place: &Place, traces: Vec<ImportedTrace>) -> Result<Put> {
        let why = format!("{} traces: only a home takes them", traces.len());
        Ok(Put { made: 0, left_out: vec![why] })
    }

    fn files_held(&self, to: &Here) -> Result<HashMap<String, u64>> {
        if to.made {
            return Ok(HashMap::new());
        }
        let owner = match to.id.starts_with("m-") {
            true => Owner::Model { id: &to.id, uri: &to.uri },
            false => Owner::Run { id: &to.id, uri: &to.uri },
        };
        let files = self.client.files(&owner)?.into_iter();
        Ok(files.map(|File { path, size }| (path, size.unwrap_or_default())).collect())
    }

    fn put_file(
        &self,
        to: &Here,
        path: &str,
        stream: ByteStream,
        size: Option<u64>,
    ) -> Result<u64> {
        let wrong = |why: String| ExchangeError::Artifact {
            path: path.to_owned(),
            owner: to.id.clone(),
            why,
        };
        let folder = proxied(&to.uri).ok_or_else(|| {
            wrong(format!(
                "the server wants artifacts at {}, past itself: start it with --serve-artifacts",
                to.uri
            ))
        })?;
        let name = path.rsplit('/').next().unwrap_or_default();
        if name != MLMODEL {
            self.client.put(folder, path, stream, size)?;
            return Ok(size.unwrap_or_default());
        }
        let whole: Vec<u8> = self
            .client
            .runtime()
            .block_on(stream.map_ok(|some| some.to_vec()).try_concat())
            .map_err(|error| wrong(error.to_string()))?;
        let bytes = match std::str::from_utf8(&whole) {
            Ok(text) => self.renamed(text).into_bytes(),
            Err(_) => whole,
        };
        let length = bytes.len() as u64;
        let once = futures_util::stream::iter([Ok(bytes::Bytes::from(bytes))]).boxed();
        self.client.put(folder, path, once, Some(length))?;
        Ok(length)
    }

    fn settle(&self, place: &Place) -> Result<Put> {
        let pending = std::mem::take(&mut self.state().pending);
        let puts = pool::each(&pending, |run| runs::settle(self, run))?;
        if place.delete {
            self.client.set("experiments/delete", &json!({ "experiment_id": place.id }))?;
        }
        Ok(sum(puts))
    }

    fn put_registered(&self, model: &RegisteredModel, _storage: &[String]) -> Result<ModelBrought> {
        registered::put(self, model)
    }
}

fn sum(puts: Vec<Put>) -> Put {
    let mut all = Put::default();
    for put in puts {
        all.made += put.made;
        all.left_out.extend(put.left_out);
    }
    all
}
