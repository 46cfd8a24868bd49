//! What differs between two model versions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::{Pick, PolicyError, Registry, TrainingRun};

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// What was chosen.
    Params,
    /// What was measured.
    Metrics,
    /// What was read.
    Data,
    /// The code and its dependencies.
    Code,
    /// What the code ran in.
    Environment,
    /// The model file.
    Artifact,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Section::Params => "params",
            Section::Metrics => "metrics",
            Section::Data => "data",
            Section::Code => "code",
            Section::Environment => "environment",
            Section::Artifact => "artifact",
        })
    }
}

/// One row: a thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about.
    pub section: Section,
    /// Its name: `alpha`.
    pub name: String,
    /// Its value in the first; `None` if the first has none.
    pub a: Option<String>,
    /// Its value in the second; `None` if the second has none.
    pub b: Option<String>,
}

/// What is known of a version, by what it is about and its name.
pub type Facts = BTreeMap<(Section, String), String>;

impl Registry {
    /// What differs between two versions of a model: their runs' parameters, data, code and
    /// environment, their metrics and files. Empty if nothing does. Needs the record of both runs.
    pub fn compare(
        &self,
        name: &str,
        a: impl Into<Pick>,
        b: impl Into<Pick>,
    ) -> Result<Vec<Difference>, PolicyError> {
        Ok(differences(&self.facts(name, a.into())?, &self.facts(name, b.into())?))
    }

    fn facts(&self, name: &str, pick: Pick) -> Result<Facts, PolicyError> {
        let version = self.find(name, pick)?;
        let mut row = facts(self.run(&version.run)?);
        row.extend(metrics(&version.metrics));
        let file = (Section::Artifact, "model.onnx".to_owned());
        row.insert(file, version.artifact.to_string());
        Ok(row)
    }
}

/// What differs between two training runs.
pub fn compare_runs(a: &TrainingRun, b: &TrainingRun) -> Vec<Difference> {
    differences(&facts(a), &facts(b))
}

fn facts(run: &TrainingRun) -> Facts {
    let texts = |section, map: &BTreeMap<String, String>| {
        let row = |(name, value): (&String, &String)| ((section, name.clone()), value.clone());
        map.iter().map(row).collect::<Facts>()
    };
    let mut row = texts(Section::Params, &run.params);
    row.extend(texts(Section::Environment, &run.environment));
    row.extend(metrics(&run.metrics));
    let mut add = |section, name: &str, value: String| row.insert((section, name.into()), value);
    add(Section::Code, "revision", run.code.revision.clone());
    add(Section::Code, "lock", run.code.lock.to_string());
    add(Section::Data, "feature definitions", run.features.to_string());
    for data in &run.data {
        add(Section::Data, &data.name, data.digest.to_string());
    }
    row
}

fn metrics(metrics: &BTreeMap<String, f64>) -> Facts {
    let row =
        |(name, value): (&String, &f64)| ((Section::Metrics, name.clone()), value.to_string());
    metrics.iter().map(row).collect()
}

/// What differs between two sets of facts, in their order.
pub fn differences(a: &Facts, b: &Facts) -> Vec<Difference> {
    let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
    keys.into_iter()
        .filter(|key| a.get(*key) != b.get(*key))
        .map(|key| Difference {
            section: key.0,
            name: key.1.clone(),
            a: a.get(key).cloned(),
            b: b.get(key).cloned(),
        })
        .collect()
}
