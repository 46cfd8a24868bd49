//! Options of `trimtab serve` about predictions.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use server::{OnInvalid, Reference, Serving};

/// How models are served.
#[derive(Debug, Args)]
#[command(next_help_heading = "Predictions")]
pub struct PredictionArgs {
    /// The model that /invocations asks where a request names none: models:/NAME@alias,
    /// models:/NAME/VERSION or NAME
    #[arg(long, value_name = "MODEL")]
    model: Option<Reference>,
    /// Rows that are computed together: requests that wait while a batch computes are joined up to
    /// this
    #[arg(long, default_value_t = 1_024, value_name = "ROWS")]
    batch_rows: usize,
    /// How long an idle model waits for more requests to join, in milliseconds; without a wait a lone
    /// request is computed at once
    #[arg(long, default_value_t = 0, value_name = "MS")]
    batch_delay_ms: u64,
    /// Rows that may wait for a model; more are refused with 429 and a time to try again
    #[arg(long, default_value_t = 200_000, value_name = "ROWS")]
    waiting_rows: usize,
    /// Rows of one request; a larger one is refused
    #[arg(long, default_value_t = 100_000, value_name = "ROWS")]
    request_rows: usize,
    /// What becomes of predictions that cannot be right: not finite, or out of the ranges that the
    /// model's metadata state
    #[arg(long, value_enum, default_value = "flag", value_name = "HOW")]
    invalid: Invalid,
    /// Serve models that have no ONNX form by this `mlflow` command, in child processes; its
    /// environment must have what the models need
    #[arg(long, env = "TRIMTAB_MLFLOW", value_name = "COMMAND")]
    mlflow: Option<PathBuf>,
    /// Do not log predictions; without this, none is given out that is not logged
    #[arg(long)]
    no_prediction_log: bool,
}

/// What becomes of predictions that cannot be right.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Invalid {
    /// They are given out; a header counts them, and the log says why
    Flag,
    /// Null or NaN stands in their place
    Withhold,
}

impl PredictionArgs {
    /// The same in the server's words.
    pub fn read(&self) -> Serving {
        let default = Serving::default();
        Serving {
            model: self.model.clone(),
            rules: serving::Rules {
                rows: self.batch_rows.max(1),
                delay: Duration::from_millis(self.batch_delay_ms),
                waiting: self.waiting_rows.max(1),
                ..default.rules
            },
            limits: serving::Limits { rows: self.request_rows, ..default.limits },
            invalid: match self.invalid {
                Invalid::Flag => OnInvalid::Flag,
                Invalid::Withhold => OnInvalid::Withhold,
            },
            mlflow: self.mlflow.clone(),
            log: !self.no_prediction_log,
            ..default
        }
    }
}
