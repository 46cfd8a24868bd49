//! What a server has of an experiment already: by the ids that things have where they come from.

use std::collections::HashMap;

use catalog::Tag;

use crate::Result;
use crate::client::Client;
use crate::origin::Origin;
use crate::things::{LoggedModel, Run};

/// A thing there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thing {
    /// Its id there.
    pub id: String,
    /// Where its files are.
    pub uri: String,
    /// The digest of what it was when all of it was brought.
    digest: Option<String>,
    /// Whether it is the thing itself, and not what was made of it.
    own: bool,
}

/// What is there of an experiment.
#[derive(Debug, Default)]
pub(super) struct Known {
    runs: HashMap<String, Thing>,
    models: HashMap<String, Thing>,
}

impl Known {
    pub(super) fn of(client: &Client, experiment: &str) -> Result<Self> {
        let mut known = Self::default();
        client.runs(experiment, |runs| {
            for run in runs {
                let (id, uri) = (&run.info.run_id, &run.info.artifact_uri);
                enter(&mut known.runs, id, uri, &run.data.tags);
            }
            Ok(())
        })?;
        for model in client.logged_models(experiment)? {
            let info = &model.info;
            enter(&mut known.models, &info.model_id, &info.artifact_uri, &info.tags);
        }
        Ok(known)
    }

    /// The ids there, by those here.
    pub(super) fn ids(&self) -> impl Iterator<Item = (String, String)> {
        self.runs.iter().chain(&self.models).map(|(from, thing)| (from.clone(), thing.id.clone()))
    }

    pub(super) fn run(&self, run: &Run) -> Option<&Thing> {
        find(&self.runs, &run.info.run_id, &run.data.tags)
    }

    pub(super) fn model(&self, model: &LoggedModel) -> Option<&Thing> {
        find(&self.models, &model.info.model_id, &model.info.tags)
    }

    /// Whether all of a run is there.
    pub(super) fn has_run(&self, run: &Run) -> bool {
        self.run(run).is_some_and(|thing| thing.own || thing.digest == Some(run.digest()))
    }

    /// Whether all of a logged model is there.
    pub(super) fn has_model(&self, model: &LoggedModel) -> bool {
        self.model(model).is_some_and(|thing| thing.own || thing.digest == Some(model.digest()))
    }
}

fn enter(things: &mut HashMap<String, Thing>, id: &str, uri: &str, tags: &[Tag]) {
    let thing = |digest, own| Thing { id: id.to_owned(), uri: uri.to_owned(), digest, own };
    if let Some(origin) = Origin::of(tags) {
        things.insert(origin.id, thing(origin.digest, false));
    }
    things.insert(id.to_owned(), thing(None, true));
}

/// The thing of this id, or the one that this one was made of: then it has come home.
fn find<'a>(things: &'a HashMap<String, Thing>, id: &str, tags: &[Tag]) -> Option<&'a Thing> {
    let origin = || Origin::of(tags).and_then(|origin| things.get(&origin.id));
    things.get(id).or_else(origin)
}
