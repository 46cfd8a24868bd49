//! How risk is seen: `[risk]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::estimator::CovariancePlan;
use super::units::Percent;

/// `[risk]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskPlan {
    /// How the covariance is estimated.
    #[serde(default)]
    pub covariance: CovariancePlan,
    /// Where the scenarios of measures such as `cvar(95%)` come from; history if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenarios: Option<ScenarioPlan>,
    /// Shocks by name: `slump = { SPY = "-20%" }` makes `slump` a characteristic, the return that is
    /// expected of each symbol then, so that `slump >= -10%` is a constraint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stress: BTreeMap<String, BTreeMap<String, Percent>>,
}

/// `[risk] scenarios`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioPlan {
    /// `history`, `filtered-historical`, `block-bootstrap`, `stationary-bootstrap`, `gaussian`,
    /// `student` or `vine`.
    pub kind: String,
    /// How many are drawn; 2,000 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Where the random numbers start; the mandate's seed if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// For the bootstraps: days of a block; estimated if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<f64>,
    /// For `student`: degrees of freedom; 5 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degrees: Option<f64>,
}
