//! Features of the day, and what is expected of returns.

use std::collections::BTreeMap;

use journal::{Because, Kind};
use monitoring::check_forecast;
use risk::Moments;
use types::{Features, Forecast, Id, Symbol};

use crate::desk::Outlook;
use crate::facts::{Featured, Forecasted};
use crate::{Book, CycleError, Desk, Seen, Trail};

/// Computes the feature rows that are not yet in the log, and records the newest.
pub(crate) fn featurise(
    desk: &Desk,
    seen: &Seen,
    book: &mut Book,
    observed: &Id,
    trail: &mut Trail,
) -> Result<Id, CycleError> {
    let Some(set) = &desk.features else { return Ok(observed.clone()) };
    let failed = |error| CycleError::new(seen.day(), "features", error);
    let fresh = seen.panel.rows() - book.log.rows();
    let tail = seen.panel.last_rows(fresh + set.window().left);
    book.log.extend(&set.history(&tail).map_err(failed)?);
    let newest = book.log.newest().expect("a day was just added");
    let says = Featured {
        definitions: set.digest(),
        names: set.names().to_vec(),
        values: seen
            .eligible
            .iter()
            .map(|symbol| (symbol.clone(), vector(&newest, symbol)))
            .collect(),
    };
    Ok(trail.fact(Kind::Featured, "featured", Because::of(observed.clone()), &says))
}

fn vector(features: &Features, symbol: &Symbol) -> Vec<Option<f64>> {
    let row = features.symbols.iter().position(|known| known == symbol);
    let values = row.map_or(&[][..], |row| features.row(row));
    values.iter().map(|value| value.is_finite().then_some(*value)).collect()
}

/// What each eligible symbol is expected to return over the horizon, and the record of it.
pub(crate) fn forecast(
    desk: &Desk,
    seen: &Seen,
    moments: &Moments,
    book: &Book,
    featured: &Id,
    watched: Option<Id>,
    trail: &mut Trail,
) -> Result<(Forecast, Id), CycleError> {
    let (mut view, by) = view(desk, seen, moments, book)?;
    let invalid = refuse_invalid(book, &mut view);
    let champion = view.model.is_some().then_some(book.champion.as_ref()).flatten();
    let because = Because::of(featured.clone())
        .and_all(champion.map(|champion| champion.record.clone()))
        .and_all(watched);
    let says = Forecasted {
        by: by.to_owned(),
        model: view.model.clone(),
        horizon_days: view.horizon_days,
        expected_return: view
            .symbols
            .iter()
            .cloned()
            .zip(view.expected_return.iter().copied())
            .collect(),
        invalid,
    };
    let record = trail.fact(Kind::Forecast, "forecast", because, &says);
    Ok((view, record))
}

/// The forecast of today without any record of it: what a rule looks at.
pub(crate) fn view(
    desk: &Desk,
    seen: &Seen,
    moments: &Moments,
    book: &Book,
) -> Result<(Forecast, &'static str), CycleError> {
    let failed = |error: &dyn std::fmt::Display| CycleError::new(seen.day(), "forecast", error);
    let horizon_days = desk.outlook.horizon_days();
    let view = |expected_return| Forecast {
        as_of: seen.day(),
        horizon_days,
        symbols: moments.symbols.clone(),
        expected_return,
        model: None,
    };
    match (&desk.outlook, &book.champion) {
        (Outlook::Signal { signal, information_coefficient, .. }, _) => {
            let newest = signal.newest(&seen.panel).map_err(|error| failed(&error))?;
            let scores = scores(&newest, moments);
            let root = f64::from(horizon_days).sqrt();
            let alpha = scores.iter().zip(moments.volatilities());
            let alpha = alpha.map(|(score, sigma)| information_coefficient * sigma * root * score);
            Ok((view(alpha.collect()), "signal"))
        }
        (Outlook::Model { .. }, Some(champion)) => {
            let newest = book.log.newest().expect("a champion was trained on features");
            let rows = select(&newest, &moments.symbols);
            let made = champion.admitted.forecast(&rows, horizon_days);
            Ok((made.map_err(|error| failed(&error))?, "model"))
        }
        (Outlook::None | Outlook::Model { .. }, _) => {
            Ok((view(vec![0.0; moments.symbols.len()]), "none"))
        }
    }
}

/// Puts nought in the place of values that cannot be right; gives them with the reason.
fn refuse_invalid(book: &Book, view: &mut Forecast) -> BTreeMap<Symbol, String> {
    let Some(model) = &view.model else { return BTreeMap::new() };
    let bounds = &book.versions[&model.version].bounds;
    let invalid: BTreeMap<Symbol, String> = check_forecast(view, bounds)
        .into_iter()
        .map(|wrong| (wrong.symbol, wrong.message))
        .collect();
    for (symbol, value) in view.symbols.iter().zip(&mut view.expected_return) {
        if invalid.contains_key(symbol) {
            *value = 0.0;
        }
    }
    invalid
}

/// The rows of these symbols.
fn select(features: &Features, symbols: &std::sync::Arc<[Symbol]>) -> Features {
    let width = features.names.len();
    let mut values = Vec::with_capacity(symbols.len() * width);
    for symbol in symbols.iter() {
        match features.symbols.iter().position(|known| known == symbol) {
            Some(row) => values.extend_from_slice(features.row(row)),
            None => values.extend(std::iter::repeat_n(f64::NAN, width)),
        }
    }
    Features { symbols: symbols.clone(), values, ..features.clone() }
}

/// The signal as scores: mean nought and standard deviation one over the symbols that have it;
/// nought for those that do not.
fn scores(signal: &Features, moments: &Moments) -> Vec<f64> {
    let raw = select(signal, &moments.symbols).values;
    let known: Vec<f64> = raw.iter().copied().filter(|value| value.is_finite()).collect();
    let count = known.len() as f64;
    let mean = known.iter().sum::<f64>() / count;
    let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let score = |value: f64| (value - mean) / variance.sqrt();
    let finite = |score: f64| if score.is_finite() { score } else { 0.0 };
    raw.into_iter().map(|value| finite(score(value))).collect()
}
