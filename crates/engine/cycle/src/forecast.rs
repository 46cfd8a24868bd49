//! Features of the day, and what is expected of returns.

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::{Because, Kind};
use monitoring::check_forecast;
use risk::Moments;
use types::{Features, Forecast, Id, Symbol};

use crate::desk::Outlook;
use crate::facts::{Featured, Forecasted};
use crate::{Book, CycleError, Desk, Seen, Trail};

/// Brings the log of features up to today, and records today's.
pub(crate) fn featurise(
    desk: &Desk,
    seen: &Seen<'_>,
    book: &mut Book,
    observed: &Id,
    trail: &mut Trail,
) -> Result<Id, CycleError> {
    let Some(set) = &desk.features else { return Ok(observed.clone()) };
    log_features(desk, seen, book)?;
    let newest = book.log.newest().expect("a day was just added");
    let vector = |symbol: &Symbol| {
        let values = newest.row(seen.panel.column(symbol).expect("of the panel"));
        values.iter().map(|value| value.is_finite().then_some(*value)).collect()
    };
    let says = Featured {
        definitions: set.digest(),
        names: set.names().to_vec(),
        values: seen.eligible.iter().map(|symbol| (symbol.clone(), vector(symbol))).collect(),
    };
    Ok(trail.fact(Kind::Featured, "featured", Because::of(observed.clone()), &says))
}

/// Computes the feature rows that are not yet in the log.
pub(crate) fn log_features(
    desk: &Desk,
    seen: &Seen<'_>,
    book: &mut Book,
) -> Result<(), CycleError> {
    let Some(set) = &desk.features else { return Ok(()) };
    let fresh = seen.panel.rows() - book.log.rows();
    if fresh > 0 {
        let tail = seen.panel.last_rows(fresh + set.window().left);
        let table = set.history(&tail);
        book.log.extend(&table.map_err(|e| CycleError::new(seen.day(), "features", e))?);
    }
    Ok(())
}

/// What each eligible symbol is expected to return over the horizon, and the record of it.
pub(crate) fn forecast(
    desk: &Desk,
    seen: &Seen<'_>,
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
        expected_return: by_symbol(&view),
        invalid,
        views: None,
    };
    let record = trail.fact(Kind::Forecast, "forecast", because, &says);
    Ok((view, record))
}

/// What is expected of each symbol.
pub(crate) fn by_symbol(view: &Forecast) -> BTreeMap<Symbol, f64> {
    view.symbols.iter().cloned().zip(view.expected_return.iter().copied()).collect()
}

/// The forecast of the newest day in the log of features, without any record of it.
pub(crate) fn view(
    desk: &Desk,
    seen: &Seen<'_>,
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
            let scores = scores(seen, &newest, moments);
            let root = f64::from(horizon_days).sqrt();
            let alpha = scores.iter().zip(moments.volatilities());
            let alpha = alpha.map(|(score, sigma)| information_coefficient * sigma * root * score);
            Ok((view(alpha.collect()), "signal"))
        }
        (Outlook::Model { .. } | Outlook::Registered { .. }, Some(champion)) => {
            let newest = book.log.newest().expect("a model has features");
            let rows = select(seen, &newest, &moments.symbols);
            let made = champion.admitted.forecast(&rows, horizon_days);
            Ok((made.map_err(|error| failed(&error))?, "model"))
        }
        (Outlook::None | Outlook::Model { .. } | Outlook::Registered { .. }, _) => {
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

/// Keeps the forecast that is acted on, by panel column.
pub(crate) fn remember(seen: &Seen<'_>, book: &mut Book, view: &Forecast) {
    book.forecast = known_by_column(seen, view);
}

/// What is expected, by panel column; NaN where nothing is said.
pub(crate) fn known_by_column(seen: &Seen<'_>, view: &Forecast) -> Vec<f64> {
    let mut columns = vec![f64::NAN; seen.panel.symbols().len()];
    for (symbol, expected) in view.symbols.iter().zip(&view.expected_return) {
        columns[seen.panel.column(symbol).expect("the symbols came from the panel")] = *expected;
    }
    columns
}

/// The rows of these symbols. Features have one for each symbol of the panel.
fn select(seen: &Seen<'_>, features: &Features, symbols: &Arc<[Symbol]>) -> Features {
    let mut values = Vec::with_capacity(symbols.len() * features.names.len());
    for symbol in symbols.iter() {
        let row = seen.panel.column(symbol).expect("the symbols came from the panel");
        values.extend_from_slice(features.row(row));
    }
    let (as_of, names) = (features.as_of, features.names.clone());
    Features { as_of, symbols: symbols.clone(), names, values }
}

/// The signal as scores: mean nought and standard deviation one over the symbols that have it;
/// nought for those that do not.
fn scores(seen: &Seen<'_>, signal: &Features, moments: &Moments) -> Vec<f64> {
    let raw = select(seen, signal, &moments.symbols).values;
    let known: Vec<f64> = raw.iter().copied().filter(|value| value.is_finite()).collect();
    let count = known.len() as f64;
    let mean = known.iter().sum::<f64>() / count;
    let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let score = |value: f64| (value - mean) / variance.sqrt();
    let finite = |score: f64| if score.is_finite() { score } else { 0.0 };
    raw.into_iter().map(|value| finite(score(value))).collect()
}
