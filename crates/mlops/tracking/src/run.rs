//! What is recorded of a training and of the measurement of a model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{Digest, RunId};

/// Metrics by name: `information_coefficient`. A metric that could not be computed is NaN.
pub type Metrics = BTreeMap<String, f64>;

/// The code that a run used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeVersion {
    /// The revision of the source: a commit, or the version of the binary.
    pub revision: String,
    /// The digest of the file that pins the dependencies.
    pub lock: Digest,
}

/// Immutable data, by what it is called and what it contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRef {
    /// Its name: `prices`.
    pub name: String,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// A training, the payload of a record of kind `trained`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRun {
    /// Its name.
    pub id: RunId,
    /// What it belongs to: the mandate, or a name that a person chose.
    pub experiment: String,
    /// All that was chosen: model kind, hyperparameters, window, seed.
    pub params: BTreeMap<String, String>,
    /// What was measured while training.
    #[serde(with = "finite_or_null")]
    pub metrics: Metrics,
    /// The code.
    pub code: CodeVersion,
    /// What it takes to rebuild the environment: compiler, target, package versions.
    pub environment: BTreeMap<String, String>,
    /// The data that was read.
    pub data: Vec<DataRef>,
    /// The digest of the feature definitions.
    pub features: Digest,
}

/// A measurement on data that the model was not trained on, the payload of a record of kind
/// `evaluated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The training that made the model.
    pub run: RunId,
    /// What was done: `walk-forward validation 2004-01-30 to 2004-12-31`.
    pub name: String,
    /// The data that was read.
    pub data: Vec<DataRef>,
    /// What was measured.
    #[serde(with = "finite_or_null")]
    pub metrics: Metrics,
}

/// The payload bytes of a fact: JSON, the same for equal facts.
pub fn payload(fact: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(fact).expect("facts have text keys and no fallible parts")
}

/// JSON has no NaN: what is not finite is written as null and read back as NaN.
pub(crate) mod finite_or_null {
    use super::{BTreeMap, Deserialize, Metrics, Serialize};

    pub(crate) fn serialize<S: serde::Serializer>(
        metrics: &Metrics,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let kept: BTreeMap<_, _> = metrics
            .iter()
            .map(|(name, value)| (name, value.is_finite().then_some(*value)))
            .collect();
        kept.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Metrics, D::Error> {
        let kept = BTreeMap::<String, Option<f64>>::deserialize(deserializer)?;
        let read = |(name, value): (String, Option<f64>)| (name, value.unwrap_or(f64::NAN));
        Ok(kept.into_iter().map(read).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_is_not_a_number_survives() {
        let evaluation = Evaluation {
            run: "run-1".into(),
            name: "validation".into(),
            data: vec![],
            metrics: [("ic".to_owned(), f64::NAN), ("r2".to_owned(), 0.1)].into(),
        };
        let bytes = payload(&evaluation);
        let read: Evaluation = serde_json::from_slice(&bytes).unwrap();
        assert!(read.metrics["ic"].is_nan());
        assert_eq!(read.metrics["r2"], 0.1);
        assert_eq!(payload(&read), bytes);
    }
}
