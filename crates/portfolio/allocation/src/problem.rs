//! The question: what is known, what is held, what trading costs, and what must hold.

use std::collections::BTreeMap;

use risk::{Moments, Returns};
use types::{Date, Symbol};

use crate::{AllocationError, Constraint, Structure, Uncertainty};

/// Everything that an allocation depends on. The assets are those of the moments, in their order.
///
/// Moments, expected returns and costs share one horizon, which the caller chooses; with monthly
/// rebalancing, scale daily moments to a month. Returns and costs are fractions of net asset value.
#[derive(Debug, Clone)]
pub struct Problem<'a> {
    /// The assets and their covariance, over the horizon.
    pub moments: &'a Moments,
    /// One expected return for each asset over the horizon; may be empty for objectives that do
    /// not [need it](crate::Objective::needs_returns).
    pub expected_return: &'a [f64],
    /// The weights held before, for turnover and costs; empty if nothing is held. Weights in
    /// names outside the problem are the caller's affair.
    pub previous: &'a [f64],
    /// What the weights must fulfil. If no sentence bears on `net`, `budget` or `cash`,
    /// `budget == 100%` is assumed; if one does but leaves the net weight open above, `cash >= 0%`.
    /// Without a lower bound on weights, shorting is allowed.
    pub constraints: &'a [Constraint],
    /// The members of each group. Members outside the problem count as nought.
    pub groups: &'a BTreeMap<String, Vec<Symbol>>,
    /// What trading costs, if an objective takes it off.
    pub costs: Option<Costs>,
    /// The day of the decision, handed through to the target.
    pub as_of: Date,
    /// Returns in many futures over the horizon, scenarios × assets in the order of the moments,
    /// for risk measures such as `cvar(95%)` and for `maximise growth`. Drawdowns read them as
    /// days that follow each other.
    pub scenarios: Option<&'a Returns>,
    /// How likely each scenario is; empty if all are equally.
    pub probabilities: &'a [f64],
    /// The weights of each benchmark, one for each asset.
    pub benchmarks: &'a BTreeMap<String, Vec<f64>>,
    /// Numbers about assets that sentences may bound: `esg >= 0.5` is `Σ w_i esg_i >= 0.5`.
    pub characteristics: &'a BTreeMap<String, Vec<f64>>,
    /// What the covariance is made of, if known: with factors, mean-variance takes time in
    /// proportion to the assets. It must equal the covariance of the moments.
    pub structure: Option<Structure<'a>>,
    /// The value of each asset that is traded in a usual day, in parts of net asset value, for
    /// `participation <= 5%`: with daily volume `V` in money and net asset value `N`, `V / N`. Empty
    /// if it is not known.
    pub volumes: &'a [f64],
    /// How wrong the moments may be, for sentences such as `robust variance`.
    pub uncertainty: Option<&'a Uncertainty>,
}

static NO_GROUPS: BTreeMap<String, Vec<Symbol>> = BTreeMap::new();
static NO_NUMBERS: BTreeMap<String, Vec<f64>> = BTreeMap::new();

impl<'a> Problem<'a> {
    /// A problem that holds nothing and forbids nothing; set its other fields by struct update:
    /// `Problem { constraints: &constraints, ..Problem::new(&moments, as_of) }`. The expected
    /// returns are the means of the moments.
    pub fn new(moments: &'a Moments, as_of: Date) -> Self {
        Self {
            moments,
            expected_return: &moments.mean,
            previous: &[],
            constraints: &[],
            groups: &NO_GROUPS,
            costs: None,
            as_of,
            scenarios: None,
            probabilities: &[],
            benchmarks: &NO_NUMBERS,
            characteristics: &NO_NUMBERS,
            structure: None,
            volumes: &[],
            uncertainty: None,
        }
    }
}

/// What a change of weight costs, and what it costs to hold a weight over the horizon, as fractions
/// of net asset value, asset by asset:
/// `linear_i · abs(Δw_i) + impact_factor_i · abs(Δw_i)^(3/2) + quadratic_i · Δw_i²
/// + borrow_i · max(−w_i, 0) + holding_i · abs(w_i)`.
///
/// Rates are not negative; a part that is left empty costs nothing, so that
/// `Costs { linear, ..Costs::default() }` is enough where nothing else matters. With
/// [`types::CostModel`] and net asset value `N`, `linear = linear_rate()` and
/// `impact_factor = impact_factor(σ, V) · √N`. Source: Boyd et al. (2017), "Multi-Period Trading
/// via Convex Optimization", sections 2.3 and 2.4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Costs {
    /// Commission and half spread, as fractions of the traded value.
    pub linear: Vec<f64>,
    /// The factors of the square-root law of impact.
    pub impact_factor: Vec<f64>,
    /// The factors of impact that is linear in the trade.
    pub quadratic: Vec<f64>,
    /// The fees for borrowing what is sold short, over the horizon.
    pub borrow: Vec<f64>,
    /// The fees for holding, long or short, over the horizon.
    pub holding: Vec<f64>,
}

impl Costs {
    /// The cost of moving from `previous` to `weights` and of holding them.
    pub fn of(&self, previous: &[f64], weights: &[f64]) -> f64 {
        let rate = |part: &[f64], asset: usize| part.get(asset).copied().unwrap_or(0.0);
        let costs = weights.iter().zip(previous).enumerate().map(|(asset, (to, from))| {
            let change = (to - from).abs();
            let root = rate(&self.impact_factor, asset) * change.sqrt();
            let trade = rate(&self.linear, asset) + root + rate(&self.quadratic, asset) * change;
            let fee = rate(&self.borrow, asset) * (-to).max(0.0);
            change * trade + fee + rate(&self.holding, asset) * to.abs()
        });
        costs.sum()
    }

    /// Each part by its name.
    fn parts(&self) -> [(&'static str, &[f64]); 5] {
        [
            ("the linear cost", &self.linear),
            ("the impact factor", &self.impact_factor),
            ("the quadratic cost", &self.quadratic),
            ("the borrowing fee", &self.borrow),
            ("the holding fee", &self.holding),
        ]
    }
}

impl Problem<'_> {
    /// The number of assets.
    pub fn n_assets(&self) -> usize {
        self.moments.symbols.len()
    }

    pub(crate) fn symbol(&self, asset: usize) -> &Symbol {
        &self.moments.symbols[asset]
    }

    /// The weights held before, one for each asset.
    pub(crate) fn held(&self) -> Vec<f64> {
        match self.previous {
            [] => vec![0.0; self.n_assets()],
            held => held.to_vec(),
        }
    }

    /// The first thing that is wrong with the shapes and numbers, if anything is.
    pub(crate) fn check(&self, needs_returns: bool) -> Result<(), AllocationError> {
        if self.n_assets() == 0 {
            return Err(AllocationError::Empty);
        }
        let variances: Vec<f64> = self.moments.covariance.diag().collect();
        self.check_part("the variance", &variances)?;
        if needs_returns {
            self.check_part("the expected return", self.expected_return)?;
        }
        if !self.previous.is_empty() {
            self.check_part("the previous weight", self.previous)?;
        }
        if !self.volumes.is_empty() {
            let what = "the daily volume";
            self.check_part(what, self.volumes)?;
            if let Some(asset) = self.volumes.iter().position(|volume| *volume < 0.0) {
                let (symbol, value) = (self.symbol(asset).clone(), self.volumes[asset]);
                return Err(AllocationError::NegativeVolume { symbol, value });
            }
        }
        if let Some(costs) = &self.costs {
            for (what, rates) in costs.parts().into_iter().filter(|(_, rates)| !rates.is_empty()) {
                self.check_part(what, rates)?;
                if let Some(asset) = rates.iter().position(|rate| *rate < 0.0) {
                    let (symbol, value) = (self.symbol(asset).clone(), rates[asset]);
                    return Err(AllocationError::NegativeCost { what, symbol, value });
                }
            }
        }
        if let Some(Structure::Factors { exposures, specific }) = self.structure {
            self.check_part("the specific variance", specific)?;
            let n = self.n_assets();
            let odd = exposures.len() % n != 0 || exposures.iter().any(|e| !e.is_finite());
            if odd || specific.iter().any(|d| *d < 0.0) {
                let found = exposures.len();
                let reason = format!(
                    "it needs finite exposures, as many for each of {n} assets, and variances that are not negative; there are {found} exposures"
                );
                return Err(AllocationError::WrongFactors { reason });
            }
        }
        for weights in self.benchmarks.values() {
            self.check_part("the benchmark weight", weights)?;
        }
        for values in self.characteristics.values() {
            self.check_part("the characteristic", values)?;
        }
        Ok(())
    }

    pub(crate) fn check_part(
        &self,
        what: &'static str,
        values: &[f64],
    ) -> Result<(), AllocationError> {
        if values.len() != self.n_assets() {
            return Err(AllocationError::Shape {
                what,
                expected: self.n_assets(),
                found: values.len(),
            });
        }
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(asset) => Err(AllocationError::NotFinite {
                what,
                symbol: self.symbol(asset).clone(),
                value: values[asset],
            }),
        }
    }
}
