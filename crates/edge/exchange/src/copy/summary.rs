//! What an exchange did.

use std::collections::BTreeMap;

use serde::Serialize;

/// How many things of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Count {
    /// That were made.
    pub made: usize,
    /// That were there.
    pub there: usize,
}

impl Count {
    pub(super) fn add(&mut self, made: usize, there: usize) {
        self.made += made;
        self.there += there;
    }
}

/// What an exchange did.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Summary {
    /// Experiments.
    pub experiments: Count,
    /// Runs.
    pub runs: Count,
    /// Values of metrics that were carried.
    pub metrics: usize,
    /// Logged models.
    pub logged_models: Count,
    /// Registered models.
    pub registered_models: Count,
    /// Their versions.
    pub versions: Count,
    /// Aliases that moved, and those that did not.
    pub aliases: Count,
    /// Traces.
    pub traces: Count,
    /// Files of artifacts: carried, and there already.
    pub files: Count,
    /// The bytes of those that were carried.
    pub bytes: u64,
    /// What was not done, by the reason, each with how often and one thing that it happened to.
    pub left_out: BTreeMap<String, (usize, String)>,
    /// How long it took.
    pub seconds: f64,
}

impl Summary {
    pub(super) fn leave_out(&mut self, what: String, why: String) {
        self.left_out.entry(why).or_insert((0, what)).0 += 1;
    }

    pub(super) fn all_left_out(&mut self, reasons: Vec<String>) {
        for why in reasons {
            self.leave_out(String::new(), why);
        }
    }
}
