//! One prediction, from features to outputs, the same for every protocol.
//!
//! A version is chosen, the rows are computed together with those of others, what cannot be right is
//! flagged, and the second version is compared once the answer is out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use predictions::Flag;
use serving::{Arranged, Computed, Entities, Predicted, ServingError};

use super::line::{Line, Second};
use super::loaded::{Engine, Loaded};
use super::record::{Circumstances, Mark, rows};
use super::refusal::Refusal;
use crate::app::App;
use crate::ask::now;

/// The version that answers a request.
pub(super) struct Choice {
    line: Arc<Line>,
    canary: bool,
}

impl Choice {
    /// Chooses: the second version answers its share of the requests.
    pub(super) fn of(line: Arc<Line>) -> Self {
        let share = line.second.as_ref().map_or(0.0, |second| second.share);
        let canary = share > 0.0 && fastrand::f64() < share;
        Self { line, canary }
    }

    /// The version that answers.
    pub(super) fn loaded(&self) -> &Arc<Loaded> {
        match &self.line.second {
            Some(second) if self.canary => &second.loaded,
            _ => &self.line.first,
        }
    }

    /// The word for why it answers.
    pub(super) fn route(&self) -> &'static str {
        match &self.line.second {
            Some(second) if self.canary => second.route(),
            _ => "primary",
        }
    }

    /// The other version, and the comparison that it is for: each answer of a shadowed version, and
    /// each answer of a canary, is compared.
    fn other(&self) -> Option<(&Arc<Loaded>, &Second)> {
        let second = self.line.second.as_ref()?;
        match (self.canary, second.is_shadow()) {
            (true, _) => Some((&self.line.first, second)),
            (false, true) => Some((&second.loaded, second)),
            (false, false) => None,
        }
    }
}

/// What was predicted.
pub(super) struct Given {
    /// The outputs.
    pub predicted: Predicted,
    /// The version that answered.
    pub loaded: Arc<Loaded>,
    /// What is to be known of each row.
    pub marks: Vec<Mark>,
    /// Rows that are not given out.
    pub withheld: Vec<usize>,
    /// Of whom the features were looked up, where they were.
    pub entities: Option<Arc<Entities>>,
    computed: Option<Computed>,
    began: Instant,
    read: Duration,
}

impl Given {
    /// The rows that cannot be right, each with its flags.
    pub(super) fn invalid(&self) -> impl Iterator<Item = (usize, &Mark)> {
        self.marks.iter().enumerate().filter(|(_, mark)| mark.is_invalid())
    }

    /// What is to be known of features that were looked up, in words, for so many rows at most.
    pub(super) fn troubles(&self, most: usize) -> Option<String> {
        let troubles = &self.entities.as_ref()?.troubles;
        let told = troubles.iter().take(most).map(|(row, words)| format!("{row}: {words}"));
        let mut told = told.collect::<Vec<_>>().join("; ");
        if troubles.len() > most {
            told += &format!("; and {} rows more", troubles.len() - most);
        }
        (!troubles.is_empty()).then_some(told)
    }

    /// Counts the answer, which was written since `written`.
    pub(super) fn count(&self, written: Instant) {
        let Some(computed) = &self.computed else { return };
        let now = u64::try_from(now()).unwrap_or(0);
        let times = [self.read, written.elapsed(), self.began.elapsed()];
        self.loaded.statistics.answered(now, self.predicted.rows, computed, times);
    }

    /// Has outputs that are not given out be NaN, for protocols whose tensors have no place for null.
    pub(super) fn withhold(&mut self) -> Result<(), ServingError> {
        if self.withheld.is_empty() || self.predicted.withhold(&self.withheld) {
            return Ok(());
        }
        let rows = &self.withheld[..self.withheld.len().min(10)];
        Err(ServingError::Withheld(format!(
            "the predictions of {} rows cannot be right and are withheld, and an output has no \
             number for that: rows {rows:?}",
            self.withheld.len()
        )))
    }
}

/// Predicts. `began` is when the request came.
pub(super) async fn predict(
    app: &App,
    choice: &Choice,
    arranged: &Arranged,
    circumstances: Circumstances,
    began: Instant,
) -> Result<Given, Refusal> {
    let loaded = choice.loaded();
    let circumstances = Circumstances { route: choice.route(), ..circumstances };
    let given = compute(app, loaded, arranged, &circumstances, began).await;
    let given = given.inspect_err(|refusal| {
        let crowded = refusal.status == axum::http::StatusCode::TOO_MANY_REQUESTS;
        loaded.statistics.failed(began.elapsed(), crowded);
    })?;
    if let Some((other, second)) = choice.other() {
        compare(app, choice, (other, second), arranged, &given, circumstances);
    }
    Ok(given)
}

async fn compute(
    app: &App,
    loaded: &Arc<Loaded>,
    arranged: &Arranged,
    circumstances: &Circumstances,
    began: Instant,
) -> Result<Given, Refusal> {
    let batcher = loaded.batcher()?;
    let servable = batcher.servable();
    app.options().serving.limits.check_rows(arranged.rows)?;
    let read = began.elapsed();
    let (predicted, computed) = match arranged.rows {
        0 => (Predicted::nothing(servable), None),
        rows => {
            let mut computed = batcher.predict(arranged.x.clone()).await?;
            let outputs = std::mem::take(&mut computed.outputs);
            (Predicted::new(servable, outputs, rows), Some(computed))
        }
    };
    let rows = rows(loaded, arranged, &predicted, circumstances, began.elapsed());
    let marks = Mark::of(&rows);
    app.log().keep(app, rows).await?;
    let withheld: Vec<usize> = (marks.iter().enumerate())
        .filter(|(_, mark)| mark.flags.has(Flag::Withheld))
        .map(|(at, _)| at)
        .collect();
    let (loaded, entities) = (loaded.clone(), arranged.entities.clone());
    let given = Given { predicted, loaded, marks, withheld, entities, computed, began, read };
    given.loaded.statistics.flagged(given.invalid().count());
    Ok(given)
}

/// Asks the other version the same, beside the answer, and compares what both would decide.
fn compare(
    app: &App,
    choice: &Choice,
    (other, second): (&Arc<Loaded>, &Second),
    arranged: &Arranged,
    given: &Given,
    circumstances: Circumstances,
) {
    let agreement = second.agreement.clone();
    let Engine::Onnx(batcher) = &other.engine else { return agreement.skip() };
    let Some(servable) = choice.loaded().servable() else { return agreement.skip() };
    let turn = second.turns.clone().try_acquire_owned();
    let decided = given.predicted.decision();
    let x = reordered(&arranged.x, servable.features(), batcher.servable().features());
    let (Ok(turn), Some(decided), Some(x)) = (turn, decided, x) else { return agreement.skip() };
    if arranged.rows == 0 {
        return;
    }
    let (app, other, batcher) = (app.clone(), other.clone(), batcher.clone());
    let canary = choice.canary;
    let entities = arranged.entities.clone();
    let arranged = Arranged { x, extra: Vec::new(), entities, ..*arranged };
    let first = given.marks.first().map(|mark| mark.id.to_string().into());
    let request = circumstances.request.or(first);
    let circumstances = Circumstances { request, mandate: None, route: "shadow", ..circumstances };
    tokio::spawn(async move {
        let began = Instant::now();
        let answered = batcher.predict(arranged.x.clone()).await.ok();
        let predicted = answered
            .map(|computed| Predicted::new(batcher.servable(), computed.outputs, arranged.rows));
        if let Some(predicted) = &predicted {
            let took = began.elapsed();
            let rows = rows(&other, &arranged, predicted, &circumstances, took);
            // What nobody was given may be missing in the log; that it is, is told.
            if let Err(refusal) = app.log().keep(&app, rows).await {
                tracing::warn!(why = refusal.message, "a shadow's prediction is not logged");
            }
        }
        let theirs = predicted.and_then(|predicted| predicted.decision());
        match theirs {
            Some(theirs) if canary => agreement.add(&theirs, &decided),
            Some(theirs) => agreement.add(&decided, &theirs),
            None => agreement.skip(),
        }
        drop(turn);
    });
}

/// Rows of features in the order of another version; `None` if it takes one that is not there.
fn reordered(x: &[f64], from: &[String], to: &[String]) -> Option<Vec<f64>> {
    if from == to {
        return Some(x.to_vec());
    }
    let places = to.iter().map(|name| from.iter().position(|known| known == name));
    let places: Vec<usize> = places.collect::<Option<_>>()?;
    let rows = x.chunks_exact(from.len());
    Some(rows.flat_map(|row| places.iter().map(|at| row[*at])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_gets_its_own_order() {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let (ab, ba, abc) = (names(&["a", "b"]), names(&["b", "a"]), names(&["a", "b", "c"]));
        assert_eq!(reordered(&[1.0, 2.0, 3.0, 4.0], &ab, &ba).unwrap(), [2.0, 1.0, 4.0, 3.0]);
        assert_eq!(reordered(&[1.0, 2.0, 3.0], &abc, &names(&["c"])).unwrap(), [3.0]);
        assert_eq!(reordered(&[1.0, 2.0], &ab, &abc), None);
    }
}
