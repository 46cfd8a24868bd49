//! How models are served.

use std::time::Duration;

use serving::{Limits, Rules};

use super::Reference;

/// How models are served.
#[derive(Debug, Clone)]
pub struct Serving {
    /// The model that `/invocations` asks where a request names none.
    pub model: Option<Reference>,
    /// How requests are joined, and how many may wait.
    pub rules: Rules,
    /// How large a request may be.
    pub limits: Limits,
    /// What becomes of predictions that cannot be right.
    pub invalid: OnInvalid,
    /// How many versions are held at once; of more, those that were not asked for longest are let go.
    pub models: usize,
    /// How often the registry is looked at, for changes that other servers made.
    pub look: Duration,
    /// The `mlflow` command that serves models which are not ONNX; without it they are refused.
    pub mlflow: Option<std::path::PathBuf>,
    /// Whether predictions are logged.
    pub log: bool,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            model: None,
            rules: Rules::default(),
            limits: Limits::default(),
            invalid: OnInvalid::Flag,
            models: 64,
            look: Duration::from_secs(1),
            mlflow: None,
            log: true,
        }
    }
}

/// What becomes of predictions that cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnInvalid {
    /// They are given out, and flagged.
    Flag,
    /// They are not given out: null or NaN stands in their place.
    Withhold,
}
