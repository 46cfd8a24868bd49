//! What is exchanged, in the words of the wire: read from answers, and from rows.
//!
//! Servers differ in small things (a number may be text, an empty list may be missing); they are
//! told apart here and nowhere else.

mod read;

use catalog::Tag;
use serde::{Deserialize, Serialize};
use types::Digest;

use read::{int, number, opt_int, text, to_number};

/// An experiment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Experiment {
    /// Its number, as text.
    pub experiment_id: String,
    /// Its name.
    pub name: String,
    /// Where its artifacts go.
    pub artifact_location: String,
    /// `active` or `deleted`.
    pub lifecycle_stage: String,
    /// When it was made, in milliseconds.
    #[serde(deserialize_with = "int")]
    pub creation_time: i64,
    /// When it was last changed.
    #[serde(deserialize_with = "int")]
    pub last_update_time: i64,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// A run with what belongs to it; of its metrics the newest values.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// What it is.
    pub info: RunInfo,
    /// What it measured and was given.
    pub data: RunData,
    /// What it read.
    pub inputs: RunInputs,
    /// What it made.
    pub outputs: RunOutputs,
}

/// What a run is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunInfo {
    /// Its id.
    pub run_id: String,
    /// Its experiment.
    pub experiment_id: String,
    /// Its name.
    pub run_name: String,
    /// Who started it.
    pub user_id: String,
    /// How it stands: `FINISHED`.
    pub status: String,
    /// When it began, in milliseconds.
    #[serde(deserialize_with = "int")]
    pub start_time: i64,
    /// When it ended.
    #[serde(deserialize_with = "opt_int")]
    pub end_time: Option<i64>,
    /// Where its artifacts are.
    pub artifact_uri: String,
    /// `active` or `deleted`.
    pub lifecycle_stage: String,
    /// When it was deleted, where that is known.
    pub deleted_time: Option<i64>,
}

/// What a run measured and was given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunData {
    /// The newest value of each metric.
    pub metrics: Vec<Metric>,
    /// Its parameters.
    pub params: Vec<Tag>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// A measured value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Metric {
    /// What was measured.
    pub key: String,
    /// The value; may be NaN.
    #[serde(deserialize_with = "number", serialize_with = "to_number")]
    pub value: f64,
    /// When, in milliseconds.
    #[serde(deserialize_with = "int")]
    pub timestamp: i64,
    /// At which step.
    #[serde(deserialize_with = "int")]
    pub step: i64,
}

/// What a run read.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunInputs {
    /// Datasets.
    pub dataset_inputs: Vec<DatasetInput>,
    /// Logged models.
    pub model_inputs: Vec<ModelLink>,
}

/// What a run made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunOutputs {
    /// Logged models.
    pub model_outputs: Vec<ModelLink>,
}

/// A dataset as the input of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DatasetInput {
    /// Such as the context.
    pub tags: Vec<Tag>,
    /// The dataset.
    pub dataset: Dataset,
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// A digest of its content.
    pub digest: String,
    /// What kind of source it has.
    pub source_type: String,
    /// Where it is from.
    pub source: String,
    /// The columns, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its size and the like, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A logged model that a run read or made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelLink {
    /// The model.
    pub model_id: String,
    /// At which step.
    #[serde(deserialize_with = "int")]
    pub step: i64,
}

/// A logged model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LoggedModel {
    /// What it is.
    pub info: ModelInfo,
    /// What it was given and how it did.
    pub data: ModelData,
}

/// What a logged model is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelInfo {
    /// Its id.
    pub model_id: String,
    /// Its experiment.
    pub experiment_id: String,
    /// Its name.
    pub name: String,
    /// When it was made, in milliseconds.
    #[serde(deserialize_with = "int")]
    pub creation_timestamp_ms: i64,
    /// When it was last changed.
    #[serde(deserialize_with = "int")]
    pub last_updated_timestamp_ms: i64,
    /// Where its files are.
    pub artifact_uri: String,
    /// How it stands: `LOGGED_MODEL_READY`.
    pub status: String,
    /// What kind of model it is.
    pub model_type: String,
    /// The run that made it.
    pub source_run_id: String,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Whether it was deleted; servers do not tell of those.
    pub deleted: bool,
}

/// What a logged model was given and how it did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelData {
    /// Its parameters.
    pub params: Vec<Tag>,
    /// Its metrics.
    pub metrics: Vec<ModelMetric>,
}

/// A value that was measured of a model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelMetric {
    /// The value.
    #[serde(flatten)]
    pub metric: Metric,
    /// On which dataset.
    pub dataset_name: Option<String>,
    /// The digest of that dataset.
    pub dataset_digest: Option<String>,
    /// The run that measured it.
    pub run_id: String,
}

/// A registered model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisteredModel {
    /// Its name.
    pub name: String,
    /// When it was made, in milliseconds.
    #[serde(deserialize_with = "int")]
    pub creation_timestamp: i64,
    /// When it was last changed.
    #[serde(deserialize_with = "int")]
    pub last_updated_timestamp: i64,
    /// What it is.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its aliases.
    pub aliases: Vec<Alias>,
    /// Its versions, by number.
    pub versions: Vec<Version>,
}

/// A name for whatever version holds it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Alias {
    /// The name.
    pub alias: String,
    /// The number of the version, as text.
    #[serde(deserialize_with = "text")]
    pub version: String,
}

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Version {
    /// The name of its model.
    pub name: String,
    /// Its number.
    #[serde(deserialize_with = "int")]
    pub version: i64,
    /// When it was made, in milliseconds.
    #[serde(deserialize_with = "int")]
    pub creation_timestamp: i64,
    /// When it was last changed.
    #[serde(deserialize_with = "int")]
    pub last_updated_timestamp: i64,
    /// Its stage.
    pub current_stage: String,
    /// What it is.
    pub description: Option<String>,
    /// Where it comes from.
    pub source: String,
    /// The run that made it.
    pub run_id: Option<String>,
    /// A link to that run.
    pub run_link: Option<String>,
    /// The logged model that it is, where that is known.
    pub model_id: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// The aliases that it holds.
    pub aliases: Vec<String>,
}

impl Run {
    /// The digest of all that is said of the run: another one says that it has changed.
    pub fn digest(&self) -> String {
        digest(self)
    }

    /// Whether it was not deleted.
    pub fn is_active(&self) -> bool {
        self.info.lifecycle_stage != "deleted"
    }
}

impl LoggedModel {
    /// The digest of all that is said of the model.
    pub fn digest(&self) -> String {
        digest(self)
    }
}

impl RegisteredModel {
    /// Whether it is a prompt, which has no files.
    pub fn is_prompt(&self) -> bool {
        let mark = |tag: &Tag| tag.key == catalog::registry::IS_PROMPT && tag.value == "true";
        self.tags.iter().any(mark)
    }
}

fn digest(thing: &impl Serialize) -> String {
    let json = serde_json::to_vec(thing).expect("things have text keys");
    Digest::of(&json).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As MLflow 3.17.2 and older servers write them.
    #[test]
    fn numbers_may_be_text_and_words() {
        let read = |text| serde_json::from_str::<Metric>(text).unwrap();
        let metric = read(r#"{"key": "a", "value": 1.5, "timestamp": "17", "step": 3}"#);
        assert_eq!((metric.value, metric.timestamp, metric.step), (1.5, 17, 3));
        assert!(read(r#"{"value": "NaN"}"#).value.is_nan());
        assert_eq!(read(r#"{"value": "-Infinity"}"#).value, f64::NEG_INFINITY);
        assert_eq!(read(r#"{"value": 2, "timestamp": null}"#).timestamp, 0);
        let alias: Alias = serde_json::from_str(r#"{"alias": "a", "version": 2}"#).unwrap();
        assert_eq!(alias.version, "2");
        let written = serde_json::to_string(&read(r#"{"value": "NaN"}"#)).unwrap();
        assert_eq!(written, r#"{"key":"","value":"NaN","timestamp":0,"step":0}"#);
    }

    #[test]
    fn a_run_that_changed_has_another_digest() {
        let mut run = Run::default();
        let before = run.digest();
        run.data.metrics.push(Metric { key: "a".to_owned(), ..Metric::default() });
        assert_ne!(run.digest(), before);
    }
}
