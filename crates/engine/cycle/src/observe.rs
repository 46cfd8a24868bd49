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
}

/// Records the day and the holdings.
pub(crate) fn observe(
    desk: &Desk,
    seen: &Seen,
    held: &Holdings,
    reason: &str,
    book: &mut Book,
    trail: &mut Trail,
) -> Result<Before, CycleError> {
    let nav = held.value(|symbol| seen.prices.get(symbol).copied()).map_err(|symbol| {
        CycleError::new(seen.day(), "observe", format!("{symbol} is held but has no price"))
    })?;
    let says = ObservedDay {
        day: seen.day(),
        reason: reason.to_owned(),
        snapshot: seen.panel.source(),
        rows: seen.panel.rows(),
        prices: seen.prices.clone(),
        eligible: seen.eligible.clone(),
    };
    let snapshot = format!("{}/asked", desk.run);
    let observed = trail.fact(Kind::Observed, "observed", Because::of(snapshot.as_str()), &says);
    let says = Measurement {
        net_asset_value: nav,
        cash: held.cash,
        quantities: held.positions.iter().map(|(s, p)| (s.clone(), p.quantity)).collect(),
    };
    let because = Because::of(observed.clone()).and_all(std::mem::take(&mut book.since));
    let measured = trail.fact(Kind::Measured, "measured", because, &says);
    let total = nav.to_f64();
    let weight = |symbol: &Symbol, quantity: f64| quantity * seen.prices[symbol].to_f64() / total;
    let weights = held
        .positions
        .iter()
        .map(|(symbol, position)| (symbol.clone(), weight(symbol, position.quantity.to_f64())))
        .collect();
    Ok(Before { observed, measured, nav, weights })
}
