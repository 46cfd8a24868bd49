//! How weights are chosen, when, and how they become orders: `[allocation]`, `[rebalance]` and
//! `[execution]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{CostModel, SquareRootImpact};

use super::units::{Bps, Days, Percent};

/// `[allocation]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllocationPlan {
    /// `"risk parity"`, or `{ maximise = "return - 5 * variance - costs" }`; `"maximise sharpe, else
    /// minimise variance"` goes on to the next where one has no answer, and `"minimise variance among
    /// (risk parity; equal weight)"` mixes portfolios.
    pub objective: ObjectiveText,
    /// Sentences: `long only`, `weight <= 15%`, `turnover <= 30%`, `group(energy) <= 25%`.
    #[serde(default)]
    pub constraints: Vec<String>,
    /// `{ periods = 6, half_life = "42d" }`: trades are planned over so many horizons of the forecast,
    /// which fades meanwhile, and the first are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanAhead>,
    /// Numbers about symbols that constraints may bound: `esg = { AAPL = 0.7, KO = 0.4 }`, or a
    /// feature by its name or expression: `beta = "beta_252d"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub characteristics: BTreeMap<String, CharacteristicPlan>,
}

/// `[allocation] plan`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanAhead {
    /// Periods, each as long as the horizon of the forecast.
    pub periods: usize,
    /// Days after which half of the forecast is left; it lasts if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_life: Option<Days>,
}

/// `[allocation] characteristics.NAME`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a characteristic is a table of numbers such as { AAPL = 0.7, KO = 0.4 }, or the \
                 name or expression of a feature"
)]
pub enum CharacteristicPlan {
    /// A feature, as it is on the day.
    Feature(String),
    /// A number for each symbol; who is not named has nought.
    Numbers(BTreeMap<String, f64>),
}

/// The objective, as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "an objective is text such as \"risk parity\", or \
                 { maximise = \"return - 5 * variance\" }, or { minimise = \"variance\" }"
)]
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
#[serde(untagged, expecting = "a rule is text such as \"month end\", or a list of such texts")]
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

fn liquid() -> f64 {
    5e8
}
fn monthly() -> OneOrMany {
    OneOrMany::One("month end".to_owned())
}
