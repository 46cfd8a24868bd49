//! Numbers about symbols that constraints may bound.
//!
//! In: the mandate's characteristics and stresses, what is seen on the day, and moments over the
//! horizon. Out: one number for each symbol by name. Knows nothing about what bounds them.

use std::collections::BTreeMap;

use risk::{Moments, stress};
use types::Symbol;

use crate::desk::Characteristic;
use crate::{CycleError, Desk, Seen};

/// All characteristics of the day, those of stresses among them.
pub(crate) fn characteristics(
    desk: &Desk,
    seen: &Seen<'_>,
    moments: &Moments,
) -> Result<BTreeMap<String, Vec<f64>>, CycleError> {
    let symbols = &moments.symbols;
    let mut all = BTreeMap::new();
    for (name, plan) in &desk.characteristics {
        let values = match plan {
            Characteristic::Numbers(numbers) => given(seen, name, numbers, symbols),
            Characteristic::Feature(_) => computed(seen, name, plan, symbols),
        };
        all.insert(name.clone(), values.map_err(|e| failed(seen, e))?);
    }
    for name in desk.stress.keys() {
        all.insert(name.clone(), stressed(desk, seen, name, moments).map_err(|e| failed(seen, e))?);
    }
    Ok(all)
}

fn failed(seen: &Seen<'_>, error: String) -> CycleError {
    CycleError::new(seen.day(), "characteristics", error)
}

fn given(
    seen: &Seen<'_>,
    name: &str,
    numbers: &BTreeMap<Symbol, f64>,
    symbols: &[Symbol],
) -> Result<Vec<f64>, String> {
    for (symbol, value) in numbers {
        if seen.panel.column(symbol).is_err() {
            return Err(format!("{name}: there are no prices of {symbol}: correct the name"));
        }
        if !value.is_finite() {
            return Err(format!("{name} of {symbol} is {value}: give a number"));
        }
    }
    Ok(symbols.iter().map(|symbol| numbers.get(symbol).copied().unwrap_or(0.0)).collect())
}

fn computed(
    seen: &Seen<'_>,
    name: &str,
    plan: &Characteristic,
    symbols: &[Symbol],
) -> Result<Vec<f64>, String> {
    let Characteristic::Feature(set) = plan else { return Ok(Vec::new()) };
    let newest = set.newest(&seen.panel).map_err(|error| error.to_string())?;
    let value = |symbol: &Symbol| {
        let column = seen.panel.column(symbol).expect("the symbols came from the panel");
        let value = newest.row(column)[0];
        match value.is_finite() {
            true => Ok(value),
            false => Err(format!(
                "{name} of {symbol} is not known on the day: ask for a longer history with \
                 `require` in [universe]"
            )),
        }
    };
    symbols.iter().map(value).collect()
}

/// What each symbol is expected to return when the shocks come.
fn stressed(
    desk: &Desk,
    seen: &Seen<'_>,
    name: &str,
    moments: &Moments,
) -> Result<Vec<f64>, String> {
    let place = |(symbol, by): &(Symbol, f64)| match moments
        .symbols
        .iter()
        .position(|s| s == symbol)
    {
        Some(at) => Ok((at, *by)),
        None if seen.panel.column(symbol).is_ok() => Err(format!(
            "{name}: {symbol} may not be held on the day, so that no covariance with it is known"
        )),
        None => Err(format!("{name}: there are no prices of {symbol}: correct the name")),
    };
    let shocks = desk.stress[name].iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let found = stress(moments, &shocks).map_err(|error| format!("{name}: {error}"))?;
    Ok(found.moments.mean)
}
