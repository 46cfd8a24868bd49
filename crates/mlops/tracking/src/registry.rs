//! The registry: a projection of the records, and the policy that new facts are held against.

use std::collections::BTreeMap;

use journal::{Kind, Record};
use types::{Digest, Id, RunId, Timestamp};

use crate::error::{PolicyError, did_you_mean, list};
use crate::pick::{Pick, check_alias};
use crate::run::{Evaluation, TrainingRun};
use crate::version::{Candidate, ModelVersion, Promotion};

/// One move of an alias, with the record that tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The place of the record in the journal.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The record.
    pub record: Id,
    /// [`Kind::Promoted`] or [`Kind::RolledBack`].
    pub kind: Kind,
    /// What moved.
    pub promotion: Promotion,
}

/// All runs, versions and aliases that the folded records tell of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Registry {
    runs: BTreeMap<RunId, TrainingRun>,
    evaluations: BTreeMap<RunId, Vec<Evaluation>>,
    models: BTreeMap<String, Model>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Model {
    versions: Vec<ModelVersion>,
    /// For each alias its holders, the present one last. Rolling back removes the last, so that
    /// rolling back twice goes back twice.
    holders: BTreeMap<String, Vec<u32>>,
    history: Vec<Change>,
}

impl Model {
    fn version(&self, version: u32) -> Option<&ModelVersion> {
        self.versions.get((version as usize).checked_sub(1)?)
    }

    fn holder(&self, alias: &str) -> Option<u32> {
        self.holders.get(alias)?.last().copied()
    }

    fn before(&self, alias: &str) -> Option<u32> {
        self.holders.get(alias)?.iter().rev().nth(1).copied()
    }
}

/// New facts, held against the policy. Nothing changes until the fact is recorded and folded.
impl Registry {
    /// The candidate as the next version of its model. Refused if it lacks a name or one of the
    /// four required metadata, or if its folder contains another model file.
    pub fn register(&self, candidate: Candidate) -> Result<ModelVersion, PolicyError> {
        let version = self.versions(&candidate.name).len() as u32 + 1;
        let version = ModelVersion {
            name: candidate.name,
            version,
            artifact: candidate.artifact,
            folder: candidate.folder,
            run: candidate.run,
            source: candidate.source,
            metrics: candidate.metrics,
            created: candidate.at,
        };
        version.check()?;
        Ok(version)
    }

    /// The move of `alias` to a registered version. Promoting the version that holds the alias
    /// already is allowed and changes nothing, see [`Promotion::changes`].
    pub fn promote(
        &self,
        name: &str,
        alias: &str,
        version: u32,
        why: &str,
    ) -> Result<Promotion, PolicyError> {
        check_alias(alias)?;
        self.find(name, version)?;
        Ok(Promotion {
            name: name.to_owned(),
            alias: alias.to_owned(),
            version,
            previous: self.model(name)?.holder(alias),
            why: why.to_owned(),
        })
    }

    /// The move of `alias` back to the version that held it before the present one. Refused if
    /// there is none. Rolling back again goes one further back, never forward.
    pub fn roll_back(&self, name: &str, alias: &str, why: &str) -> Result<Promotion, PolicyError> {
        let current = self.find(name, alias)?.version;
        let before = self.model(name)?.before(alias);
        let version = before.ok_or_else(|| PolicyError::NothingBefore {
            name: name.to_owned(),
            alias: alias.to_owned(),
            version: current,
        })?;
        Ok(Promotion {
            name: name.to_owned(),
            alias: alias.to_owned(),
            version,
            previous: Some(current),
            why: why.to_owned(),
        })
    }
}

/// Records, taken in.
impl Registry {
    /// Takes a record in, with its payload. Kinds that do not concern the registry are passed over.
    /// Refuses a payload that is not the recorded one, and a fact that contradicts those before it;
    /// the state is then as before.
    pub fn fold(&mut self, record: &Record, payload: &[u8]) -> Result<(), PolicyError> {
        match record.kind {
            Kind::Trained => {
                let run: TrainingRun = read(record, payload)?;
                self.runs.insert(run.id.clone(), run);
            }
            Kind::Evaluated => {
                let evaluation: Evaluation = read(record, payload)?;
                let run = self.evaluations.entry(evaluation.run.clone()).or_default();
                run.push(evaluation);
            }
            Kind::Registered => self.add(record, read(record, payload)?)?,
            Kind::Promoted | Kind::RolledBack => self.shift(record, read(record, payload)?)?,
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, record: &Record, version: ModelVersion) -> Result<(), PolicyError> {
        version.check()?;
        let next = self.versions(&version.name).len() as u32 + 1;
        if version.version != next {
            let what = format!(
                "version {} of model `{}` was registered where version {next} comes next",
                version.version, version.name
            );
            return Err(contradiction(record, what));
        }
        let model = self.models.entry(version.name.clone()).or_default();
        model.versions.push(version);
        Ok(())
    }

    fn shift(&mut self, record: &Record, promotion: Promotion) -> Result<(), PolicyError> {
        self.check_shift(record, &promotion)?;
        let back = record.kind == Kind::RolledBack;
        if !back && !promotion.changes() {
            return Ok(());
        }
        let model = self.models.entry(promotion.name.clone()).or_default();
        let holders = model.holders.entry(promotion.alias.clone()).or_default();
        if back {
            holders.pop();
        } else {
            holders.push(promotion.version);
        }
        model.history.push(Change {
            seq: record.seq,
            at: record.at,
            record: record.id.clone(),
            kind: record.kind,
            promotion,
        });
        Ok(())
    }

    fn check_shift(&self, record: &Record, promotion: &Promotion) -> Result<(), PolicyError> {
        let Promotion { alias, version, .. } = promotion;
        check_alias(alias)?;
        self.find(&promotion.name, *version)?;
        let model = self.model(&promotion.name)?;
        let holder = model.holder(alias);
        if holder != promotion.previous {
            let (held, said) = (in_words(holder), in_words(promotion.previous));
            let what = format!("`{alias}` was held by {held}, not by {said}");
            return Err(contradiction(record, what));
        }
        if record.kind == Kind::RolledBack && model.before(alias) != Some(*version) {
            let what = format!("version {version} did not hold `{alias}` before");
            return Err(contradiction(record, what));
        }
        Ok(())
    }
}

/// Questions.
impl Registry {
    /// The names of all models, in alphabetical order.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// The versions of a model, from 1; none if there is no such model.
    pub fn versions(&self, name: &str) -> &[ModelVersion] {
        self.models.get(name).map_or(&[], |model| &model.versions)
    }

    /// The version that a number or an alias stands for; if there is none, says what exists.
    pub fn find(&self, name: &str, pick: impl Into<Pick>) -> Result<&ModelVersion, PolicyError> {
        let model = self.model(name)?;
        match pick.into() {
            Pick::Version(version) => {
                model.version(version).ok_or_else(|| PolicyError::UnknownVersion {
                    name: name.to_owned(),
                    version,
                    known: list(model.versions.iter().map(|v| v.version)),
                })
            }
            Pick::Alias(alias) => {
                let held = self.holder(name, &alias);
                held.ok_or_else(|| PolicyError::NoHolder {
                    name: name.to_owned(),
                    hint: did_you_mean(&alias, model.holders.keys().map(String::as_str)),
                    known: list(model.holders.keys()),
                    alias,
                })
            }
        }
    }

    /// The version that holds an alias.
    pub fn holder(&self, name: &str, alias: &str) -> Option<&ModelVersion> {
        let model = self.models.get(name)?;
        model.version(model.holder(alias)?)
    }

    /// The version that held an alias at a moment: after all moves up to and including it.
    pub fn holder_at(&self, name: &str, alias: &str, at: Timestamp) -> Option<&ModelVersion> {
        let model = self.models.get(name)?;
        let moved = |change: &&Change| change.promotion.alias == alias && change.at <= at;
        let last = model.history.iter().rev().find(moved)?;
        model.version(last.promotion.version)
    }

    /// The aliases that are held, with their holders.
    pub fn aliases(&self, name: &str) -> impl Iterator<Item = (&str, u32)> {
        let model = self.models.get(name);
        let holders = model.into_iter().flat_map(|model| &model.holders);
        holders.filter_map(|(alias, holders)| Some((alias.as_str(), *holders.last()?)))
    }

    /// Every move of every alias of a model, oldest first.
    pub fn history(&self, name: &str) -> &[Change] {
        self.models.get(name).map_or(&[], |model| &model.history)
    }

    /// A training run.
    pub fn run(&self, run: &RunId) -> Result<&TrainingRun, PolicyError> {
        let found = self.runs.get(run);
        found.ok_or_else(|| PolicyError::UnknownRun(run.clone()))
    }

    /// All training runs, by name.
    pub fn runs(&self) -> impl Iterator<Item = &TrainingRun> {
        self.runs.values()
    }

    /// The evaluations of what a run made, oldest first.
    pub fn evaluations(&self, run: &RunId) -> &[Evaluation] {
        self.evaluations.get(run).map_or(&[], Vec::as_slice)
    }

    fn model(&self, name: &str) -> Result<&Model, PolicyError> {
        self.models.get(name).ok_or_else(|| PolicyError::UnknownModel {
            name: name.to_owned(),
            hint: did_you_mean(name, self.models()),
            known: list(self.models()),
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(record: &Record, payload: &[u8]) -> Result<T, PolicyError> {
    let unreadable = |what| PolicyError::Payload { record: record.id.clone(), what };
    let found = Digest::of(payload);
    if found != record.digest {
        let what = format!("recorded with digest {}, found {found}", record.digest);
        return Err(unreadable(what));
    }
    serde_json::from_slice(payload).map_err(|error| unreadable(error.to_string()))
}

fn contradiction(record: &Record, what: String) -> PolicyError {
    PolicyError::Contradiction { record: record.id.clone(), what }
}

fn in_words(version: Option<u32>) -> String {
    version.map_or("no version".to_owned(), |v| format!("version {v}"))
}
