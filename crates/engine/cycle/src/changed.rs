//! Whether today's forecast differs from the one last acted on.

use learning::skill::rank_information_coefficient;

use crate::desk::Outlook;
use crate::forecast::{known_by_column, log_features, view};
use crate::moments::decision_moments;
use crate::{Book, CycleError, Desk, Rule, Seen, learn};

/// Why to decide today, for mandates with a rule that looks at forecasts: today's ranks the symbols
/// differently enough from the one last acted on, or a training is due that will make another.
pub fn forecast_changed(
    desk: &Desk,
    seen: &Seen<'_>,
    book: &mut Book,
) -> Result<Option<String>, CycleError> {
    if book.forecast.is_empty() {
        return Ok(None);
    }
    if matches!(desk.outlook, Outlook::Model { .. })
        && learn::is_due(desk, seen, book)
        && learn::is_possible(desk, seen.panel.rows())
    {
        return Ok(Some("a training is due".to_owned()));
    }
    if matches!(desk.outlook, Outlook::Model { .. } | Outlook::Registered { .. }) {
        log_features(desk, seen, book)?;
    }
    let moments = decision_moments(desk, seen)?;
    let (today, _) = view(desk, seen, &moments, book)?;
    let likeness = rank_information_coefficient(&known_by_column(seen, &today), &book.forecast);
    let fires = |rho: f64| desk.rules.iter().find_map(|rule: &Rule| rule.fires_on_forecast(rho));
    Ok(likeness.and_then(fires))
}
