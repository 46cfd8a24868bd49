//! The mandate: one TOML file that says what a portfolio is for.
//!
//! A closed schema: an unknown key is an error with a suggestion, a value carries its unit. What
//! other rooms parse (constraints, objectives, feature names, promotion rules) is text here and is
//! parsed when the desk is set up ([`crate::Desk`]), so that every mistake is found before the
//! first day.

mod error;
mod units;

use std::collections::BTreeMap;

use learning::ModelSpec;
use serde::{Deserialize, Serialize};
use types::{CostModel, Date, SquareRootImpact};

pub use error::MandateError;
pub use units::{Bps, Days, Percent};

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
    #[serde(default)]
    pub start: Option<Date>,
    /// Last day, `YYYY-MM-DD`; the last day of the data where absent.
    #[serde(default)]
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
}

/// `[forecast]`: either a learned model or a signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastPlan {
    /// What is forecast: `forward_return_21d`.
    #[serde(default = "forward_return")]
    pub target: String,
    /// What is learned from the features.
    #[serde(default)]
    pub model: Option<ModelSpec>,
    /// When and from which days it is learned.
    #[serde(default)]
    pub train: TrainPlan,
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

/// `[risk]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskPlan {
    /// How the covariance is estimated.
    #[serde(default)]
    pub covariance: CovariancePlan,
}

/// `[risk] covariance`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CovariancePlan {
    /// Which estimator.
    pub estimator: Estimator,
    /// Daily returns that it sees.
    pub window: Days,
    /// For `exponentially-weighted`: days after which a weight has halved.
    pub half_life: Days,
}

impl Default for CovariancePlan {
    fn default() -> Self {
        Self { estimator: Estimator::LedoitWolf, window: Days(504), half_life: Days(63) }
    }
}

/// The covariance estimators of `risk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// The sample covariance.
    Sample,
    /// Recent days weigh more.
    ExponentiallyWeighted,
    /// Shrunk towards a multiple of the identity.
    LedoitWolf,
    /// Shrunk towards one common correlation.
    LedoitWolfConstantCorrelation,
}

impl std::fmt::Display for Estimator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Estimator::Sample => "sample",
            Estimator::ExponentiallyWeighted => "exponentially-weighted",
            Estimator::LedoitWolf => "ledoit-wolf",
            Estimator::LedoitWolfConstantCorrelation => "ledoit-wolf-constant-correlation",
        })
    }
}

/// `[allocation]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllocationPlan {
    /// `"risk parity"`, or `{ maximise = "return - 5 * variance - costs" }`.
    pub objective: ObjectiveText,
    /// Sentences: `long only`, `weight <= 15%`, `turnover <= 30%`, `group(energy) <= 25%`.
    #[serde(default)]
    pub constraints: Vec<String>,
}

/// The objective, as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ObjectiveText {
    /// A method by its name.
    Named(String),
    /// Something to maximise.
    Maximise {
        /// What.
        maximise: String,
    },
    /// Something to minimise.
    Minimise {
        /// What.
        minimise: String,
    },
}

impl ObjectiveText {
    /// As one sentence: `maximise return - 5 * variance`.
    pub fn sentence(&self) -> String {
        match self {
            ObjectiveText::Named(name) => name.clone(),
            ObjectiveText::Maximise { maximise } => format!("maximise {maximise}"),
            ObjectiveText::Minimise { minimise } => format!("minimise {minimise}"),
        }
    }
}

/// `[rebalance]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RebalancePlan {
    /// `month end`, `drift > 5%`, `forecast changed > 20%`, `daily`, …; any of several.
    #[serde(default = "monthly")]
    pub when: OneOrMany,
    /// Whether deposits are put into what is underweight between rebalances.
    #[serde(default)]
    pub cash_flow_first: bool,
}

impl Default for RebalancePlan {
    fn default() -> Self {
        Self { when: monthly(), cash_flow_first: false }
    }
}

/// One sentence or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

/// `[execution]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExecutionPlan {
    /// How orders are worked; `close` is the one that a daily backtest knows.
    pub algorithm: Algorithm,
    /// Days between the decision and the close that fills it: `1d`, or `0d` for the same close.
    pub delay: Days,
    /// What trading costs; the optimiser sees the same.
    pub costs: CostPlan,
    /// Shares in a lot.
    pub lot: u32,
    /// Smaller trades are left out, in currency units.
    pub min_trade: f64,
    /// What an order must pass.
    pub limits: LimitPlan,
}

impl Default for ExecutionPlan {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Close,
            delay: Days(1),
            costs: CostPlan::default(),
            lot: 1,
            min_trade: 0.0,
            limits: LimitPlan::default(),
        }
    }
}

/// How orders are worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Whole, at a closing price.
    Close,
}

/// `[execution] costs`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostPlan {
    /// Commission, of the traded value.
    pub commission: Option<Bps>,
    /// The full quoted spread; a trade pays half of it.
    pub spread: Option<Bps>,
    /// Market impact.
    pub impact: Option<ImpactPlan>,
}

impl CostPlan {
    /// The one object that both the optimiser and the venue use.
    pub fn model(&self) -> CostModel {
        CostModel {
            commission_bps: self.commission.map_or(0.0, |bps| bps.0),
            spread_bps: self.spread.map_or(0.0, |bps| bps.0),
            impact: self.impact.as_ref().map(|impact| SquareRootImpact {
                coefficient: impact.coefficient,
                daily_value: impact.daily_value,
            }),
        }
    }
}

/// `[execution] costs.impact`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpactPlan {
    /// The law.
    pub model: ImpactLaw,
    /// The multiple of daily volatility that a whole day's volume would move the price.
    pub coefficient: f64,
    /// The daily traded value that is assumed where the data has no volume, in currency units.
    #[serde(default = "liquid")]
    pub daily_value: f64,
}

/// The laws of market impact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImpactLaw {
    /// Impact grows with the square root of participation.
    SquareRoot,
}

/// `[execution] limits`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitPlan {
    /// The largest order, in currency units.
    pub max_order_value: Option<f64>,
    /// The largest position, of net asset value.
    pub max_position: Option<Percent>,
    /// The largest share of a day's traded value, where the data has volume.
    pub max_participation: Option<Percent>,
    /// The furthest that an order's price may be from the last close.
    pub price_collar: Option<Percent>,
    /// Refuses every order.
    pub kill_switch: bool,
}

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
fn liquid() -> f64 {
    5e8
}
fn monthly() -> OneOrMany {
    OneOrMany::One("month end".to_owned())
}
fn days<const N: usize>() -> Days {
    Days(N)
}

impl Mandate {
    /// Parses the text of `file` (named in messages only) and checks what needs no other room.
    pub fn parse(file: &str, text: &str) -> Result<Self, MandateError> {
        let mandate: Mandate =
            toml::from_str(text).map_err(|error| MandateError::of_toml(file, text, &error))?;
        let wrong = |section: &str, key: &str, message: &str| {
            Err(MandateError::at_key(file, text, section, key, message))
        };
        let purpose = &mandate.mandate;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if purpose.name.is_empty() || !purpose.name.chars().all(plain) {
            return wrong("mandate", "name", "a name has letters, digits, `-` and `_` only");
        }
        if !(purpose.capital.is_finite() && purpose.capital > 0.0) {
            return wrong("mandate", "capital", "capital must be a positive amount of money");
        }
        if let Some(forecast) = &mandate.forecast {
            if forecast.model.is_some() == forecast.signal.is_some() {
                return wrong("forecast", "model", "say either `model = …` or `signal = …`");
            }
            if forecast.model.is_some() && mandate.features.used.is_empty() {
                return wrong(
                    "features",
                    "use",
                    "a model needs features: `use = [\"momentum_12_1\"]`",
                );
            }
        }
        let vanished = mandate.universe.vanished.as_deref();
        if vanished.is_some_and(|policy| policy != "stop" && policy != "sell at last price") {
            return wrong("universe", "vanished", "`vanished` is either `stop` or `sell at last price`");
        }
        if mandate.cash.rate.is_some() && mandate.cash.rates.is_some() {
            return wrong("cash", "rate", "say either `rate` or `rates`");
        }
        Ok(mandate)
    }
}
