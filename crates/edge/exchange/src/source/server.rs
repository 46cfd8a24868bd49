//! Things of a server, asked for by its protocol.

use std::collections::BTreeMap;

use catalog::import::ImportedTrace;

use super::{File, Owner, Source};
use crate::client::Client;
use crate::things::{Experiment, LoggedModel, Metric, RegisteredModel, Run};
use crate::{ByteStream, Result, pool};

/// So many runs are asked about at once, for one metric each time: what servers take at most.
const RUNS: usize = 100;

/// A server that speaks the protocol.
pub struct Server {
    client: Client,
}

impl Server {
    /// Of the client that asks it.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Source for Server {
    fn name(&self) -> &str {
        self.client.name()
    }

    fn experiments(&self) -> Result<Vec<Experiment>> {
        self.client.experiments()
    }

    fn runs(&self, experiment: &str, take: &mut dyn FnMut(Vec<Run>) -> Result<()>) -> Result<()> {
        self.client.runs(experiment, take)
    }

    /// Searches do not say which logged models a run read.
    fn complete(&self, runs: Vec<Run>) -> Result<Vec<Run>> {
        pool::each(&runs, |run| {
            let full = self.client.run(&run.info.run_id)?;
            Ok(Run { inputs: full.inputs, outputs: full.outputs, ..run.clone() })
        })
    }

    fn histories(&self, runs: &[&Run]) -> Result<Vec<Vec<Metric>>> {
        let mut questions = vec![];
        let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, run) in runs.iter().enumerate() {
            for metric in &run.data.metrics {
                by_key.entry(&metric.key).or_default().push(place);
            }
        }
        for (key, places) in by_key {
            questions.extend(places.chunks(RUNS).map(|some| (key, some.to_vec())));
        }
        let answers = pool::each(&questions, |(key, places)| self.of_key(runs, key, places))?;
        let mut histories = vec![vec![]; runs.len()];
        for (place, mut metrics) in answers.into_iter().flatten() {
            histories[place].append(&mut metrics);
        }
        Ok(histories)
    }

    fn logged_models(&self, experiment: &str) -> Result<Vec<LoggedModel>> {
        self.client.logged_models(experiment)
    }

    fn registered_models(&self) -> Result<Vec<RegisteredModel>> {
        let mut models = self.client.registered_models()?;
        for version in models.iter_mut().flat_map(|model| &mut model.versions) {
            // Answers do not say which logged model a version is, unless its source does.
            let named = version.source.strip_prefix("models:/").filter(|id| !id.contains('/'));
            version.model_id = version.model_id.take().or(named.map(str::to_owned));
        }
        // Nor do searches say aliases; the model does, where it is asked for by its name.
        let all = pool::each(&models, |model| {
            let full = self.client.registered_model_alone(&model.name)?;
            Ok(RegisteredModel { versions: model.versions.clone(), ..full })
        })?;
        Ok(all)
    }

    fn traces(
        &self,
        _experiment: &str,
        _take: &mut dyn FnMut(Vec<ImportedTrace>) -> Result<()>,
    ) -> Result<()> {
        Ok(())
    }

    fn files(&self, of: &Owner<'_>) -> Result<Vec<File>> {
        self.client.files(of)
    }

    fn open(&self, of: &Owner<'_>, path: &str) -> Result<ByteStream> {
        self.client.fetch(of, path)
    }
}

impl Server {
    /// The values of one metric of the runs at these places, each with its place.
    fn of_key(
        &self,
        runs: &[&Run],
        key: &str,
        places: &[usize],
    ) -> Result<Vec<(usize, Vec<Metric>)>> {
        let ids: Vec<&str> = places.iter().map(|place| runs[*place].info.run_id.as_str()).collect();
        let mut found: Vec<(usize, Vec<Metric>)> =
            places.iter().map(|place| (*place, vec![])).collect();
        if let Some(all) = self.client.histories(&ids, key)? {
            for (id, metric) in all {
                if let Some(at) = ids.iter().position(|asked| *asked == id) {
                    found[at].1.push(metric);
                }
            }
            return Ok(found);
        }
        for (id, (_, metrics)) in ids.iter().zip(&mut found) {
            *metrics = self.client.history(id, key)?;
        }
        Ok(found)
    }
}
