//! Watching: today's features held against those that the champion was trained on.

use journal::{Because, Kind};
use monitoring::{Response, drift, judge};
use tracking::CHAMPION;
use types::Id;

use crate::facts::{Alert, DriftSeen};
use crate::learn::{admit, fold_newest};
use crate::{Book, CycleError, Desk, Seen, Trail};

/// What watching found.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// The record that a forecast of today rests on, if anything was measured.
    pub record: Option<Id>,
    /// Whether nothing may be traded until a person has looked.
    pub hold: bool,
}

/// Measures drift; on an alarm, does what the mandate says: marks a training as due, rolls the
/// champion back, or holds.
pub(crate) fn watch(
    desk: &Desk,
    seen: &Seen<'_>,
    book: &mut Book,
    featured: &Id,
    trail: &mut Trail,
) -> Result<Watched, CycleError> {
    let (Some(alarm), Some(champion)) = (&desk.alarm, &book.champion) else {
        return Ok(Watched::default());
    };
    let failed = |error| CycleError::new(trail.day(), "watch", error);
    let model = champion.admitted.version().reference();
    let kept = &book.versions[&model.version];
    let Some(reference) = &kept.reference else { return Ok(Watched::default()) };
    let names = book.log.names.clone().unwrap_or_default();
    let values = recent(desk, seen, book);
    if values.is_empty() {
        return Ok(Watched::default());
    }
    let drifts = drift(reference, &names, &values).map_err(failed)?;
    let verdict = judge(&drifts, alarm, desk.on_alarm);
    let because = Because::of(featured.clone()).and(kept.trained.clone());
    let says = DriftSeen {
        model,
        test: alarm.test.to_string(),
        threshold: alarm.threshold,
        values: drifts
            .iter()
            .filter_map(|drift| Some((drift.feature.clone(), alarm.test.value(drift)?)))
            .collect(),
    };
    let drifted = trail.fact(Kind::Drifted, "drifted", because, &says);
    if verdict.alarms.is_empty() {
        return Ok(Watched { record: Some(drifted), hold: false });
    }
    let says = Alert {
        alarms: verdict.alarms.iter().map(|alarmed| alarmed.message.clone()).collect(),
        response: desk.on_alarm.to_string(),
    };
    let alerted = trail.fact(Kind::Alerted, "alerted", Because::of(drifted), &says);
    respond(desk, seen, book, trail, &alerted)?;
    Ok(Watched { record: Some(alerted), hold: desk.on_alarm == Response::Hold })
}

/// The feature vectors of the newest days, of the same kind as those that train.
fn recent(desk: &Desk, seen: &Seen<'_>, book: &Book) -> Vec<f64> {
    let rows = book.log.rows();
    let days = rows.saturating_sub(desk.mandate.monitoring.recent.0)..rows;
    let vectors = days.flat_map(|row| book.log.vectors(row, seen));
    vectors.flat_map(|(_, vector)| vector.iter().copied()).collect()
}

fn respond(
    desk: &Desk,
    seen: &Seen<'_>,
    book: &mut Book,
    trail: &mut Trail,
    alerted: &Id,
) -> Result<(), CycleError> {
    match desk.on_alarm {
        Response::Hold => {}
        Response::Retrain => book.retrain = true,
        Response::RollBack => {
            let (name, row) = (desk.model_name(), seen.panel.rows());
            // The days that drifted are still among the recent ones for a while: they call for one
            // step back, not for one at each decision.
            let wait = desk.mandate.monitoring.recent.0;
            if book.rolled_back.is_some_and(|before| row < before + wait) {
                return Ok(());
            }
            // The first champion has nothing before it: it stays, and the alarm stands recorded.
            let Ok(back) = book.registry.roll_back(&name, CHAMPION, "drift alarm") else {
                return Ok(());
            };
            let because = Because::of(alerted.clone());
            let record = trail.fact(Kind::RolledBack, "rolled-back", because, &back);
            fold_newest(book, trail)?;
            book.rolled_back = Some(row);
            admit(book, &name, trail.day(), record)?;
        }
    }
    Ok(())
}
