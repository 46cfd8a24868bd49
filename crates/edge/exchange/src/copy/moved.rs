//! Where runs, logged models and versions have moved to, so that versions can say where their files
//! are.

use std::collections::{HashMap, HashSet};

use crate::target::Here;
use crate::things::{ModelInfo, RegisteredModel, RunInfo, Version};

/// Where things have moved, by the ids that they have where they come from.
#[derive(Debug, Default)]
pub(super) struct Moved {
    runs: HashMap<String, Move>,
    models: HashMap<String, Move>,
    /// Where the files of a version are, by its name and number.
    versions: HashMap<(String, String), String>,
}

#[derive(Debug)]
struct Move {
    /// Where the files were.
    from: String,
    here: Here,
}

/// The runs and logged models that versions name.
pub(super) fn named(models: &[RegisteredModel]) -> HashSet<String> {
    let mut named = HashSet::new();
    for version in models.iter().flat_map(|model| &model.versions) {
        named.extend(version.run_id.clone().filter(|id| !id.is_empty()));
        named.extend(version.model_id.clone());
        if let Some(rest) = version.source.strip_prefix("runs:/") {
            named.extend(rest.split('/').next().map(str::to_owned));
        }
    }
    named
}

impl Moved {
    pub(super) fn run(&mut self, info: &RunInfo, here: Here) {
        let from = info.artifact_uri.clone();
        self.runs.insert(info.run_id.clone(), Move { from, here });
    }

    pub(super) fn model(&mut self, info: &ModelInfo, here: Here) {
        let from = info.artifact_uri.clone();
        self.models.insert(info.model_id.clone(), Move { from, here });
    }

    pub(super) fn version(&mut self, version: &Version, storage: &str) {
        let key = (version.name.clone(), version.version.to_string());
        self.versions.insert(key, storage.to_owned());
    }

    /// Whether the run that made a version was carried.
    pub(super) fn has_run_of(&self, version: &Version) -> bool {
        version.run_id.as_ref().is_some_and(|id| self.runs.contains_key(id))
    }

    /// Whether the files of a version were carried.
    pub(super) fn holds(&self, version: &Version) -> bool {
        self.place_of(version).is_some()
    }

    /// The version in the words that hold where it goes, and where its files are there; none if they
    /// are not among what has moved.
    pub(super) fn place_of(&self, version: &Version) -> Option<(Version, String)> {
        let mut placed = version.clone();
        let run = version.run_id.as_ref().and_then(|id| self.runs.get(id));
        if let Some(run) = run {
            placed.run_id = Some(run.here.id.clone());
        }
        let source = version.source.as_str();
        if let Some(named) = source.strip_prefix("models:/") {
            if let Some((name, number)) = named.split_once('/') {
                let storage = self.versions.get(&(name.to_owned(), number.to_owned()))?;
                return Some((placed, storage.clone()));
            }
            let model = self.models.get(named)?;
            placed.source = format!("models:/{}", model.here.id);
            placed.model_id = Some(model.here.id.clone());
            return Some((placed, model.here.uri.clone()));
        }
        if let Some(rest) = source.strip_prefix("runs:/") {
            let (id, path) = rest.split_once('/').unwrap_or((rest, ""));
            let run = self.runs.get(id)?;
            placed.source = format!("runs:/{}/{path}", run.here.id);
            placed.run_id = Some(run.here.id.clone());
            return Some((placed, format!("{}/{path}", run.here.uri)));
        }
        let all = self.runs.values().chain(self.models.values());
        let storage = run.into_iter().chain(all).find_map(|moved| moved.of(source))?;
        placed.source.clone_from(&storage);
        if run.is_none() {
            let owner = self.runs.values().find(|moved| moved.of(source).is_some());
            placed.run_id = owner.map(|moved| moved.here.id.clone()).or(placed.run_id);
        }
        Some((placed, storage))
    }
}

impl Move {
    /// Where a file or folder is now that was in this one.
    fn of(&self, uri: &str) -> Option<String> {
        let rest = uri.strip_prefix(self.from.trim_end_matches('/'))?;
        if self.from.is_empty() || !(rest.is_empty() || rest.starts_with('/')) {
            return None;
        }
        Some(format!("{}{rest}", self.here.uri.trim_end_matches('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(from: &str, id: &str, uri: &str) -> Here {
        Here { from: from.into(), id: id.into(), uri: uri.into(), made: true }
    }

    #[test]
    fn versions_follow_their_files() {
        let mut moved = Moved::default();
        let info = RunInfo {
            run_id: "r1".into(),
            artifact_uri: "/old/1/r1/artifacts".into(),
            ..RunInfo::default()
        };
        moved.run(&info, here("r1", "r9", "mlflow-artifacts:/7/r9/artifacts"));
        let info = ModelInfo {
            model_id: "m-1".into(),
            artifact_uri: "/old/1/models/m-1/artifacts".into(),
            ..ModelInfo::default()
        };
        moved.model(&info, here("m-1", "m-9", "mlflow-artifacts:/7/models/m-9/artifacts"));
        let place = |source: &str, run: Option<&str>| {
            let version = Version {
                source: source.into(),
                run_id: run.map(str::to_owned),
                ..Version::default()
            };
            moved.place_of(&version).map(|(version, storage)| {
                (version.source, version.run_id.unwrap_or_default(), storage)
            })
        };
        let at = |source: &str, run: &str, storage: &str| {
            Some((source.to_owned(), run.to_owned(), storage.to_owned()))
        };
        let files = "mlflow-artifacts:/7/r9/artifacts/model";
        assert_eq!(place("/old/1/r1/artifacts/model", Some("r1")), at(files, "r9", files));
        assert_eq!(place("/old/1/r1/artifacts/model", None), at(files, "r9", files));
        assert_eq!(place("runs:/r1/model", Some("r1")), at("runs:/r9/model", "r9", files));
        let files = "mlflow-artifacts:/7/models/m-9/artifacts";
        assert_eq!(place("models:/m-1", None), at("models:/m-9", "", files));
        assert_eq!(place("/old/1/r1/artifacts-2/model", Some("r1")), None);
        assert_eq!(place("s3://elsewhere/model", None), None);
        assert_eq!(place("models:/m-2", None), None);
    }
}
