//! The first step: what is seen and what is held, put on record.

use std::collections::BTreeMap;

use journal::{Because, Kind};
use types::{Holdings, Id, Money, Symbol};

use crate::facts::{Measurement, ObservedDay};
use crate::{Book, CycleError, Desk, Seen, Trail};

/// The state before the decision.
pub(crate) struct Before {
    pub observed: Id,
    pub measured: Id,
    pub nav: Money,
    /// Weights held, by symbol.
    pub weights: BTreeMap<Symbol, f64>,
    /// Those of them that have no price today: they cannot be traded and are kept as they are.
    pub stuck: BTreeMap<Symbol, f64>,
}

impl Before {
    /// The fraction of net asset value that can be decided about.
    pub fn free(&self) -> f64 {
        1.0 - self.stuck.values().sum::<f64>()
    }
}

/// Records the day and the holdings.
pub(crate) fn observe(
    desk: &Desk,
    seen: &Seen<'_>,
    held: &Holdings,
    reason: &str,
    book: &mut Book,
    trail: &mut Trail,
) -> Result<Before, CycleError> {
    let failed = |what: String| CycleError::new(seen.day(), "observe", what);
    let nav = held
        .value(|symbol| seen.prices.get(symbol).copied())
        .map_err(|symbol| failed(format!("{symbol} is held but has no price")))?;
    let total = nav.to_f64();
    if total <= 0.0 {
        return Err(failed(format!("net asset value is {nav}: everything is lost")));
    }
    let weight = |symbol: &Symbol, shares: f64| shares * seen.prices[symbol].to_f64() / total;
    let weights: BTreeMap<Symbol, f64> = held
        .positions
        .iter()
        .map(|(symbol, held)| (symbol.clone(), weight(symbol, held.quantity.to_f64())))
        .collect();
    let stuck = weights.iter().filter(|(symbol, _)| !seen.is_traded(symbol));
    let stuck: BTreeMap<Symbol, f64> = stuck.map(|(s, weight)| (s.clone(), *weight)).collect();

    let asked = format!("{}/asked", desk.run);
    let says = observed(seen, reason);
    let observed = trail.fact(Kind::Observed, "observed", Because::of(asked.as_str()), &says);
    let says = Measurement {
        net_asset_value: nav,
        cash: held.cash,
        quantities: held.positions.iter().map(|(s, p)| (s.clone(), p.quantity)).collect(),
        untraded: stuck.keys().cloned().collect(),
    };
    let because = Because::of(observed.clone()).and_all(std::mem::take(&mut book.since));
    let measured = trail.fact(Kind::Measured, "measured", because, &says);
    Ok(Before { observed, measured, nav, weights, stuck })
}

fn observed(seen: &Seen<'_>, reason: &str) -> ObservedDay {
    ObservedDay {
        day: seen.day(),
        reason: reason.to_owned(),
        snapshot: seen.panel.source(),
        rows: seen.panel.rows(),
        prices: seen.prices.clone(),
        eligible: seen.eligible.clone(),
    }
}
