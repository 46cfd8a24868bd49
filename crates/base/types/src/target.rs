//! The weights that are wanted, with the proof that came with them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Date, Symbol};

/// Target weights as fractions of net asset value; what is left of 1 is cash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The day of the decision.
    pub as_of: Date,
    /// The symbols, one for each weight.
    pub symbols: Arc<[Symbol]>,
    /// Fractions of net asset value; negative when short.
    pub weights: Vec<f64>,
    /// How well the weights solve the problem that was set.
    pub certificate: Certificate,
}

/// How a solve ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Within the solver's full tolerances.
    Solved,
    /// Within its reduced tolerances.
    AlmostSolved,
    /// By a formula, without iteration.
    ClosedForm,
}

/// The evidence for a solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The method, by its field's name: `minimum variance`.
    pub method: String,
    /// How it ended.
    pub status: Status,
    /// The value of the objective at the solution, in the units of the objective.
    pub objective: f64,
    /// Largest violation of a constraint of the solved problem (relative, as the solver scales it).
    pub primal_residual: f64,
    /// Largest violation of stationarity.
    pub dual_residual: f64,
    /// Absolute gap between the primal and the dual objective.
    pub gap: f64,
    /// Iterations of the solver.
    pub iterations: u32,
    /// The constraints that hold with equality and what they cost.
    pub binding: Vec<Binding>,
    /// The objectives that were tried before this one, each with the reason why it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
}

/// A constraint that shaped the solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// The constraint in words: `weight(AAPL) <= 15%`.
    pub constraint: String,
    /// What one unit of relaxation would improve the objective by.
    pub shadow_price: f64,
}
