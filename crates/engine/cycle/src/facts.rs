//! What the records of a decision say: their payloads, as they are written and read.

use std::collections::BTreeMap;

use execution::{Limits, Refusal};
use serde::{Deserialize, Serialize};
use types::{Binding, Date, Digest, Fill, ModelRef, Money, Order, Price, Quantity, Symbol, Target};

/// `commanded`: a run was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunAsked {
    /// What was asked: `run`.
    pub command: String,
    /// The mandate, as it was written.
    pub mandate: String,
    /// The file that it was read from, by its name.
    pub file: String,
    /// The snapshots, by what they are used for.
    pub snapshots: BTreeMap<String, Digest>,
    /// The digest of the code.
    pub code: String,
    /// The revision of the code, where it is known.
    pub revision: String,
}

/// `observed`: the newest day of the panel, and why it matters today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObservedDay {
    /// The day.
    pub day: Date,
    /// Why a decision is made today.
    pub reason: String,
    /// The snapshot that the panel came from.
    pub snapshot: Digest,
    /// Days seen.
    pub rows: usize,
    /// The newest price of each symbol.
    pub prices: BTreeMap<Symbol, Price>,
    /// The symbols that may be held.
    pub eligible: Vec<Symbol>,
}

/// `measured`: what is held at the start of a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Net asset value.
    pub net_asset_value: Money,
    /// Cash.
    pub cash: Money,
    /// Shares by symbol.
    pub quantities: BTreeMap<Symbol, Quantity>,
    /// What is held but has no price on the day, so that it cannot be traded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untraded: Vec<Symbol>,
}

/// `featured`: the feature vectors of the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Featured {
    /// The digest of the definitions.
    pub definitions: Digest,
    /// The features.
    pub names: Vec<String>,
    /// For each symbol its vector; `null` where a feature is not defined.
    pub values: BTreeMap<Symbol, Vec<Option<f64>>>,
}

/// `forecast`: what each symbol is expected to return.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecasted {
    /// How it was made: `model`, `signal` or `none`.
    pub by: String,
    /// The model version, for `model`.
    pub model: Option<ModelRef>,
    /// Trading days that it looks ahead.
    pub horizon_days: u32,
    /// Simple returns over the horizon.
    pub expected_return: BTreeMap<Symbol, f64>,
    /// Values that were refused, with the reason; nothing is expected of these symbols.
    pub invalid: BTreeMap<Symbol, String>,
    /// The views behind it, where `by` is `views`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub views: Option<ViewsHeld>,
}

/// The views of a day and what they did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewsHeld {
    /// `black-litterman` or `entropy-pooling`.
    pub method: String,
    /// What was expected before: `forecast` or `equilibrium`.
    pub prior: String,
    /// The views that were held.
    pub held: Vec<ViewHeld>,
    /// Views of the day that could not be held, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<ViewLeftOut>,
    /// Expected returns before the views.
    pub before: BTreeMap<Symbol, f64>,
    /// For entropy pooling: how far probabilities moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_entropy: Option<f64>,
    /// For entropy pooling: how many equally likely scenarios would be as spread out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_scenarios: Option<f64>,
    /// For entropy pooling: how many scenarios there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenarios: Option<usize>,
}

/// One view that was held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewHeld {
    /// The sentence.
    pub view: String,
    /// Who holds it, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// One view that was not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewLeftOut {
    /// The sentence.
    pub view: String,
    /// Why.
    pub why: String,
}

/// `estimated`: the risk that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    /// The estimator.
    pub estimator: String,
    /// Daily returns that it saw.
    pub observations: usize,
    /// The shrinkage intensity, where there is one.
    pub shrinkage: Option<f64>,
    /// Daily volatility by symbol.
    pub volatility: BTreeMap<Symbol, f64>,
    /// The digest of the covariance, row by row as little-endian `f64`; none where the objective
    /// looks at volatilities only.
    pub covariance: Option<Digest>,
}

/// `allocated`: the target weights with their certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allocated {
    /// The objective.
    pub objective: String,
    /// The target.
    pub target: Target,
    /// Weights before, by symbol.
    pub previous: BTreeMap<Symbol, f64>,
    /// The part of the objective that was answered, where it has several. What was tried before it
    /// is in the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
    /// For a portfolio of portfolios: the share of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<(String, f64)>,
    /// Where scenarios were drawn: how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenarios: Option<String>,
    /// What the portfolio is expected to return in each stress of the mandate.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stress: BTreeMap<String, f64>,
}

impl Allocated {
    /// A target that one objective gave, without more to say of it.
    pub fn plain(objective: String, target: Target, previous: BTreeMap<Symbol, f64>) -> Self {
        Self {
            objective,
            target,
            previous,
            answered: None,
            shares: Vec::new(),
            scenarios: None,
            stress: BTreeMap::new(),
        }
    }

    /// The binding constraints that name `symbol`.
    pub fn binding(&self, symbol: &Symbol) -> Vec<&Binding> {
        let name = format!("({symbol})");
        self.target
            .certificate
            .binding
            .iter()
            .filter(|binding| binding.constraint.contains(&name))
            .collect()
    }
}

/// `trimmed`: what was cut from what was wanted, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trimmed {
    /// The reason, the same for all: `lot rounding`.
    pub reason: String,
    /// By symbol.
    pub trims: Vec<Cut>,
}

/// One cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// The symbol.
    pub symbol: Symbol,
    /// Shares that were wanted, with sign.
    pub wanted: f64,
    /// Shares that remain, with sign.
    pub kept: f64,
    /// The weight that is missing, as a fraction of net asset value.
    pub residual_weight: f64,
}

/// `checked`: the orders that were held against the limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckedOrders {
    /// The limits.
    pub limits: Limits,
    /// The orders that passed.
    pub passed: Vec<String>,
    /// The orders that did not. Each has a record of its own, `ORDER/refused`.
    pub refused: Vec<String>,
}

/// `refused`: one order, with the limit that it broke.
pub type Refused = Refusal;

/// `rejected`: why a venue did not fill an order.
pub type Rejected = String;

/// `placed`: one order.
pub type Placed = Order;

/// `filled`: what the venue did.
pub type Filled = Fill;

/// `booked`: dividends, splits, interest and deposits since the last decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booked {
    /// What was booked, in order.
    pub entries: Vec<BookedEntry>,
}

/// One booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookedEntry {
    /// The day.
    pub day: Date,
    /// `dividend`, `split`, `interest`, `deposit`.
    pub what: String,
    /// The symbol, if it concerns one.
    pub symbol: Option<Symbol>,
    /// Cash that came in, or went out where negative.
    pub amount: Money,
}

/// `held`: a decision that places nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldStill {
    /// Why.
    pub why: String,
}

/// `drifted`: features held against the training's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftSeen {
    /// The model version whose training they are held against.
    pub model: ModelRef,
    /// The test.
    pub test: String,
    /// From which value it alarms.
    pub threshold: f64,
    /// The value by feature.
    pub values: BTreeMap<String, f64>,
}

/// `alerted`: thresholds that were crossed and what the mandate does about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The features that alarmed, in words.
    pub alarms: Vec<String>,
    /// `retrain`, `hold` or `roll back`.
    pub response: String,
}

/// `completed`: the run came to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completed {
    /// First and last day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Net asset value at the end.
    pub net_asset_value: Money,
    /// Decisions that were made.
    pub decisions: usize,
    /// Orders that were placed.
    pub orders: usize,
    /// The digest of the outcome, from which reports are drawn.
    pub outcome: Digest,
}
