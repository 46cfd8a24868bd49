//! Runs and points that are the same at every server: an index comes in, its values go out.
//!
//! Values look random and are not: they step through the remainders of a prime, so that none comes
//! twice among the first million and every one is a short decimal.

use std::fmt::Write;

const PRIME: u64 = 1_000_003;
/// The first start, in milliseconds since 1970.
pub const EPOCH: u64 = 1_700_000_000_000;
/// The names of a run's metrics, in the order of [`Run::metrics`].
pub const METRICS: [&str; 5] = ["acc", "loss", "f1", "auc", "seconds"];
/// The names of a run's parameters, in the order of [`Run::params`].
pub const PARAMS: [&str; 5] = ["x", "index", "depth", "rate", "optimiser"];
/// The tags that a client sends; the server adds the run's name.
pub const TAGS: [(&str, &str); 3] =
    [("mlflow.user", "bench"), ("mlflow.source.name", "train.py"), ("mlflow.source.type", "LOCAL")];

/// A value for an index below a million: a decimal of six places, of a stream.
pub fn value(index: u64, stream: u64) -> String {
    let steps = [618_033, 414_213, 732_050, 236_067, 645_751];
    let millionths = (index + 1) * steps[stream as usize % 5] % PRIME;
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

/// One training.
pub struct Run {
    /// Its name.
    pub name: String,
    /// Milliseconds since 1970.
    pub start_time: u64,
    /// Decimals.
    pub metrics: [String; 5],
    /// One in ten has `v` for `x`.
    pub params: [String; 5],
}

impl Run {
    /// The run of an index.
    pub fn new(index: u64) -> Self {
        let x = if index % 10 == 3 { "v".to_owned() } else { format!("w{}", index % 10) };
        Self {
            name: format!("run-{index}"),
            start_time: EPOCH + index * 1_000,
            metrics: [0, 1, 2, 3, 4].map(|stream| value(index, stream)),
            params: [
                x,
                index.to_string(),
                (index % 8).to_string(),
                format!("0.{}", index % 97 + 1),
                ["adam", "sgd", "lbfgs"][index as usize % 3].to_owned(),
            ],
        }
    }

    /// The body that creates it.
    pub fn creation(&self, experiment: &str) -> String {
        let tags: Vec<_> = TAGS
            .iter()
            .map(|(key, value)| format!(r#"{{"key": "{key}", "value": "{value}"}}"#))
            .collect();
        format!(
            r#"{{"experiment_id": "{experiment}", "user_id": "bench", "run_name": "{}", "start_time": {}, "tags": [{}]}}"#,
            self.name,
            self.start_time,
            tags.join(", ")
        )
    }

    /// The body that logs its metrics and parameters.
    pub fn batch(&self, run_id: &str) -> String {
        let metrics: Vec<_> = METRICS
            .iter()
            .zip(&self.metrics)
            .map(|(key, value)| point(key, value, self.start_time + 500, 0))
            .collect();
        let params: Vec<_> = PARAMS
            .iter()
            .zip(&self.params)
            .map(|(key, value)| format!(r#"{{"key": "{key}", "value": "{value}"}}"#))
            .collect();
        format!(
            r#"{{"run_id": "{run_id}", "metrics": [{}], "params": [{}]}}"#,
            metrics.join(", "),
            params.join(", ")
        )
    }
}

/// One point of a metric, as it is sent.
pub fn point(key: &str, value: &str, timestamp: u64, step: u64) -> String {
    format!(r#"{{"key": "{key}", "value": {value}, "timestamp": {timestamp}, "step": {step}}}"#)
}

/// Runs as a table with tabs, for a database that is filled without its server.
pub fn table(from: u64, to: u64) -> String {
    let mut out = String::from("name\tstart_time");
    METRICS.iter().for_each(|key| write!(out, "\tmetric:{key}").expect("memory takes it"));
    PARAMS.iter().for_each(|key| write!(out, "\tparam:{key}").expect("memory takes it"));
    TAGS.iter().for_each(|(key, _)| write!(out, "\ttag:{key}").expect("memory takes it"));
    for run in (from..to).map(Run::new) {
        write!(out, "\n{}\t{}", run.name, run.start_time).expect("memory takes it");
        let tags = TAGS.iter().map(|(_, value)| *value);
        let values = run.metrics.iter().chain(&run.params).map(String::as_str);
        values.chain(tags).for_each(|value| write!(out, "\t{value}").expect("memory takes it"));
    }
    out
}
