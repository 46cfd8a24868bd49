//! What answers a reference: a version, and maybe a second one beside it.

use std::sync::Arc;

use serving::Agreement;
use tokio::sync::Semaphore;

use super::loaded::Loaded;

/// The share of rows that count as picked when decisions are compared.
const TOP: f64 = 0.1;

/// So many comparisons are computed at once; more are left out and counted.
const AT_ONCE: usize = 8;

/// What answers a reference.
pub(super) struct Line {
    /// The version that is meant.
    pub first: Arc<Loaded>,
    /// Another one, beside it.
    pub second: Option<Second>,
}

/// A second version.
pub(super) struct Second {
    /// The version.
    pub loaded: Arc<Loaded>,
    /// The share of requests that it answers; nought for one that is only logged.
    pub share: f64,
    /// How far the decisions of both agree.
    pub agreement: Arc<Agreement>,
    /// Those who compare hold one of these.
    pub turns: Arc<Semaphore>,
}

impl Second {
    /// A second version that was not compared yet.
    pub(super) fn new(loaded: Arc<Loaded>, share: f64) -> Self {
        let agreement = Arc::new(Agreement::new(TOP));
        Self { loaded, share, agreement, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Whether it is only logged.
    pub(super) fn is_shadow(&self) -> bool {
        self.share <= 0.0
    }

    /// The word for why it answers.
    pub(super) fn route(&self) -> &'static str {
        if self.is_shadow() { "shadow" } else { "canary" }
    }
}
