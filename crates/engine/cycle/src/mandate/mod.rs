//! The mandate: one TOML file that says what a portfolio is for.
//!
//! A closed schema: an unknown key is an error with a suggestion, a value carries its unit. What
//! other rooms parse (constraints, objectives, feature names, promotion rules) is text here and is
//! parsed when the desk is set up ([`crate::Desk`]), so that every mistake is found before the
//! first day.

mod account;
mod check;
mod error;
mod estimator;
mod model;
mod risk;
mod texts;
mod trading;
mod units;
mod views;

use std::collections::BTreeMap;

use features::store::FeatureRef;
use features::{FeatureError, FeatureSet};
use learning::search::Search;
use learning::{ModelSpec, Preparation};
use serde::{Deserialize, Serialize};
use texts::spelled_out;
use types::Date;

pub use account::{CashPlan, Deposit, DriftPlan, MonitoringPlan, Rates};
pub use error::MandateError;
pub use estimator::{CovariancePlan, Estimator};
pub use model::{ExplainPlan, ModelPlan, RegisteredPlan};
pub use risk::{RiskPlan, ScenarioPlan};
pub use texts::{EmbeddingPlan, TextPlan};
pub use trading::{
    Algorithm, AllocationPlan, CharacteristicPlan, CostPlan, ExecutionPlan, ImpactLaw, ImpactPlan,
    LimitPlan, ObjectiveText, OneOrMany, PlanAhead, RebalancePlan,
};
pub use units::{Bps, Days, Percent};
pub use views::{DatedView, HeldView, Prior, ViewsPlan};

pub(crate) use error::nearest;

/// A whole mandate, as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mandate {
    /// What it is for.
    pub mandate: Purpose,
    /// What may be held.
    pub universe: Universe,
    /// What is computed from prices.
    #[serde(default)]
    pub features: FeatureNames,
    /// What is expected of returns; without it, no view is held.
    #[serde(default)]
    pub forecast: Option<ForecastPlan>,
    /// What people believe beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub views: Option<ViewsPlan>,
    /// How risk is estimated.
    #[serde(default)]
    pub risk: RiskPlan,
    /// How weights are chosen.
    pub allocation: AllocationPlan,
    /// When weights are chosen.
    #[serde(default)]
    pub rebalance: RebalancePlan,
    /// How orders are made, limited and charged.
    #[serde(default)]
    pub execution: ExecutionPlan,
    /// What cash earns, and what flows in.
    #[serde(default)]
    pub cash: CashPlan,
    /// What is watched, and what happens on an alarm.
    #[serde(default)]
    pub monitoring: MonitoringPlan,
}

/// `[mandate]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Names the run and its models: letters, digits, `-`, `_`.
    pub name: String,
    /// The currency of all prices and money.
    #[serde(default = "usd")]
    pub currency: String,
    /// Cash at the start, in the currency.
    pub capital: f64,
    /// `equal-weight`, or a symbol of the price file.
    #[serde(default = "equal_weight")]
    pub benchmark: String,
    /// First day, `YYYY-MM-DD`; the first day of the data where absent.
    #[serde(default, deserialize_with = "units::day")]
    pub start: Option<Date>,
    /// Last day, `YYYY-MM-DD`; the last day of the data where absent.
    #[serde(default, deserialize_with = "units::day")]
    pub end: Option<Date>,
    /// The seed of everything random.
    #[serde(default)]
    pub seed: u64,
}

/// `[universe]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Universe {
    /// A file or folder of prices, CSV or Parquet, wide or long; relative to the mandate.
    pub prices: String,
    /// Splits and dividends for raw prices; they are booked on the day, and adjust what is seen.
    #[serde(default)]
    pub actions: Option<String>,
    /// Who was a member when, so that nobody is chosen for having survived.
    #[serde(default)]
    pub members: Option<Members>,
    /// The symbols that may be held; all of the price file where absent.
    #[serde(default)]
    pub symbols: Option<Vec<String>>,
    /// Conditions on a symbol: `history >= 252d`.
    #[serde(default)]
    pub require: Vec<String>,
    /// Names for sets of symbols, for constraints such as `group(energy) <= 25%`.
    #[serde(default)]
    pub groups: BTreeMap<String, Vec<String>>,
    /// What to do when something held has no more prices: `stop` or `sell at last price`.
    #[serde(default)]
    pub vanished: Option<String>,
    /// Further point-in-time columns that features may use, such as price to book.
    #[serde(default)]
    pub fundamentals: Option<Fundamentals>,
}

/// `[universe] members`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// A table with `index, ticker, start_date, end_date`.
    pub file: String,
    /// The index to take, such as `sp500`.
    pub index: String,
}

/// `[universe] fundamentals`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fundamentals {
    /// A long table of symbols and the days from which values were known.
    pub file: String,
    /// The column with the day from which a row was known.
    pub known: String,
    /// The columns that become fields.
    pub fields: Vec<String>,
    /// How long a value is used after it became known.
    #[serde(default = "days::<400>")]
    pub valid: Days,
}

/// `[features]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureNames {
    /// Names from the library or from `define`.
    #[serde(default, rename = "use")]
    pub used: Vec<String>,
    /// The mandate's own features, by name.
    #[serde(default)]
    pub define: BTreeMap<String, String>,
    /// Documents whose numbers are fields of every symbol, from the day after they were known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextPlan>,
    /// Features of the home's feature store, each as `view:feature`: fields, and features by the name
    /// `view__feature`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub store: Vec<FeatureRef>,
}

impl FeatureNames {
    /// The mandate's own features, and those of the store under the names of their fields.
    pub(crate) fn own(&self) -> BTreeMap<String, String> {
        let name = |of: &FeatureRef| Some(format!("{}__{}", of.view, of.feature.as_ref()?));
        let mut own: BTreeMap<String, String> =
            self.store.iter().filter_map(name).map(|name| (name.clone(), name)).collect();
        own.extend(self.define.clone());
        own
    }

    /// The features that are used.
    ///
    /// # Errors
    /// As [`FeatureSet::resolve`].
    pub fn resolve(&self) -> Result<FeatureSet, FeatureError> {
        let (names, own) = spelled_out(self.text.as_ref(), &self.used, self.own());
        FeatureSet::resolve(&names, &own)
    }
}

/// `[forecast]`: either a learned model or a signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastPlan {
    /// What is forecast: `forward_return_21d`.
    #[serde(default = "forward_return")]
    pub target: String,
    /// What is learned from the features, or a model that is registered elsewhere.
    #[serde(default)]
    pub model: Option<ModelPlan>,
    /// When and from which days it is learned.
    #[serde(default)]
    pub train: TrainPlan,
    /// What stands in front of the model, in the same file: `{ select = { top = 10 } }`.
    #[serde(default, skip_serializing_if = "Preparation::is_none")]
    pub prepare: Preparation,
    /// Which parameters of the model are tried: `{ parameters = { alpha = [1, 10, 100] } }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// What is measured of every trained model besides: `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explain: Option<ExplainPlan>,
    /// When a new model replaces the champion.
    #[serde(default = "better")]
    pub promote_if: String,
    /// Instead of a model: one expression, high where returns are expected to be high.
    #[serde(default)]
    pub signal: Option<String>,
    /// How much a signal is believed: its expected correlation with returns
    /// (Grinold & Kahn, *Active Portfolio Management*, ch. 11: alpha = IC × volatility × score).
    #[serde(default = "belief")]
    pub information_coefficient: f64,
}

impl ForecastPlan {
    /// The model that is registered elsewhere, if it is one.
    pub fn registered(&self) -> Option<&RegisteredPlan> {
        self.model.as_ref().and_then(ModelPlan::registered)
    }

    /// What is trained, if the run trains.
    pub fn learned(&self) -> Option<&ModelSpec> {
        self.model.as_ref().and_then(ModelPlan::learned)
    }
}

/// `[forecast] train`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainPlan {
    /// Days of history that a training sees, validation included.
    pub window: Days,
    /// Days between trainings.
    pub every: Days,
    /// Days left out between training and validation, beyond the label's own horizon.
    pub embargo: Days,
    /// The newest days, held back to judge the model.
    pub validate: Days,
    /// Days between training rows.
    pub sample: Days,
}

impl Default for TrainPlan {
    fn default() -> Self {
        Self {
            window: Days(1260),
            every: Days(252),
            embargo: Days(21),
            validate: Days(252),
            sample: Days(5),
        }
    }
}

fn usd() -> String {
    "USD".to_owned()
}
fn equal_weight() -> String {
    "equal-weight".to_owned()
}
fn forward_return() -> String {
    "forward_return_21d".to_owned()
}
fn better() -> String {
    "information_coefficient > champion".to_owned()
}
fn belief() -> f64 {
    0.05
}
fn days<const N: usize>() -> Days {
    Days(N)
}

impl Mandate {
    /// Parses the text of `file` (named in messages only) and checks what needs no other room.
    pub fn parse(file: &str, text: &str) -> Result<Self, MandateError> {
        let mandate: Mandate =
            toml::from_str(text).map_err(|error| MandateError::of_toml(file, text, &error))?;
        match check::fault(&mandate) {
            None => Ok(mandate),
            Some((section, key, message)) => {
                Err(MandateError::at_key(file, text, section, key, message))
            }
        }
    }
}
