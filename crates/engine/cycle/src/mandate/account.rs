//! What cash earns, what flows in, and what is watched: `[cash]` and `[monitoring]`.

use serde::{Deserialize, Serialize};

use super::units::{Days, Percent};

/// `[cash]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CashPlan {
    /// A yearly rate that cash earns and debt pays.
    pub rate: Option<Percent>,
    /// Or a file of daily rates.
    pub rates: Option<Rates>,
    /// Money that comes in regularly.
    pub deposit: Option<Deposit>,
}

/// `[cash] rates`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// A table with `date` and the column.
    pub file: String,
    /// The column with percent per year, such as `m3`.
    pub column: String,
}

/// `[cash] deposit`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deposit {
    /// Currency units.
    pub amount: f64,
    /// `month end`, `quarter end`, `year end`.
    pub when: String,
}

/// `[monitoring]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonitoringPlan {
    /// How drift of features is measured, and when it alarms.
    pub features: Option<DriftPlan>,
    /// `retrain`, `hold` or `roll back`.
    pub on_alarm: String,
    /// The newest days that are held against the training's.
    pub recent: Days,
}

impl Default for MonitoringPlan {
    fn default() -> Self {
        Self { features: None, on_alarm: "hold".to_owned(), recent: Days(63) }
    }
}

/// `[monitoring] features`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftPlan {
    /// `psi` or `ks`.
    pub test: String,
    /// The value from which it alarms.
    pub alarm: f64,
}
