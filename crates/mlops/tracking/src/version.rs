//! A model version, what it must say about itself, and the move of an alias to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{Digest, ModelRef, RunId, Timestamp};

use crate::error::PolicyError;
use crate::run::{Metrics, finite_or_null};

/// The four things that every registered version must say. None may be blank.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Where the artifact is kept: `objects:DIGEST`.
    pub artifact_location: String,
    /// The revision of the code that trained it.
    pub code_revision: String,
    /// How to rebuild the environment: the lock file, the container, the version of the binary.
    pub environment: String,
    /// A reference to the immutable data that it was trained on: `snapshot:DIGEST`.
    pub training_data: String,
}

impl Metadata {
    /// The names of those that are missing or blank, in words.
    pub fn missing(&self) -> Vec<&'static str> {
        [
            ("the artifact location", &self.artifact_location),
            ("the code revision", &self.code_revision),
            ("how to rebuild the environment", &self.environment),
            ("a reference to the training data", &self.training_data),
        ]
        .into_iter()
        .filter(|(_, value)| value.trim().is_empty())
        .map(|(name, _)| name)
        .collect()
    }
}

/// A model that wants to be registered.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The model that it is a version of.
    pub name: String,
    /// The digest of the file that forecasts, `model.onnx`.
    pub artifact: Digest,
    /// The files of the model folder: relative path to digest. May be empty.
    pub folder: BTreeMap<String, Digest>,
    /// The training that made it.
    pub run: RunId,
    /// Where it comes from.
    pub source: Metadata,
    /// What was measured, for promotion and for people.
    pub metrics: Metrics,
    /// The moment of registration.
    pub at: Timestamp,
}

/// A registered model version, the payload of a record of kind `registered`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// The model.
    pub name: String,
    /// Counted from 1, without gaps.
    pub version: u32,
    /// The digest of the file that forecasts, `model.onnx`.
    pub artifact: Digest,
    /// The files of the model folder: relative path to digest.
    pub folder: BTreeMap<String, Digest>,
    /// The training that made it.
    pub run: RunId,
    /// Where it comes from.
    pub source: Metadata,
    /// What was measured.
    #[serde(with = "finite_or_null")]
    pub metrics: Metrics,
    /// When it was registered.
    pub created: Timestamp,
}

impl ModelVersion {
    /// What a forecast says about the model that made it.
    pub fn reference(&self) -> ModelRef {
        ModelRef { name: self.name.clone(), version: self.version, digest: self.artifact }
    }

    /// The policy on what a version must say. It holds for one that is about to be registered, for
    /// one that is read from a record, and for one that is about to forecast.
    pub(crate) fn check(&self) -> Result<(), PolicyError> {
        if self.name.trim().is_empty() {
            return Err(PolicyError::Nameless);
        }
        let missing = self.source.missing();
        if !missing.is_empty() {
            return Err(PolicyError::MissingMetadata {
                model: self.name.clone(),
                missing: missing.join(" and "),
            });
        }
        match self.folder.get("model.onnx") {
            Some(folder) if *folder != self.artifact => Err(PolicyError::Folder {
                model: self.name.clone(),
                folder: *folder,
                artifact: self.artifact,
            }),
            _ => Ok(()),
        }
    }
}

/// An alias that moved, the payload of a record of kind `promoted` or `rolled_back`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// The model.
    pub name: String,
    /// The alias: `champion`.
    pub alias: String,
    /// The version that holds it now.
    pub version: u32,
    /// The version that held it until now, if one did.
    pub previous: Option<u32>,
    /// Why, as a sentence.
    pub why: String,
}

impl Promotion {
    /// Whether anything moves: promoting the holder changes nothing.
    pub fn changes(&self) -> bool {
        self.previous != Some(self.version)
    }
}
