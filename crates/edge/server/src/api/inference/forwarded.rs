//! What another process answered, as rows of the prediction log: one for each prediction, or one for
//! the whole answer where it cannot be taken apart.
//!
//! Features are not known here: the digest of the request leads to them.

use std::sync::Arc;
use std::time::Duration;

use predictions::{Flag, Prediction};
use serving::ServingError;
use serving::scoring::{AnsweredRow, answered};

use super::loaded::Loaded;
use super::record::{Circumstances, Common};

/// The rows of an answer, flagged, as they are kept.
pub(super) fn rows(
    loaded: &Loaded,
    body: &[u8],
    circumstances: &Circumstances,
    latency: Duration,
) -> Vec<Prediction> {
    let mut common = Common::new(loaded, circumstances, latency);
    let mut names: Arc<[String]> = Arc::new([]);
    let Some(found) = answered(body) else {
        let mut whole = row(&mut common, AnsweredRow::default(), &mut names);
        whole.flags.set(Flag::NotRead);
        loaded.names.check().apply(&mut whole);
        return vec![whole];
    };
    let mut rows = Vec::with_capacity(found.len());
    for one in found {
        let has_texts = one.has_texts;
        let mut one = row(&mut common, one, &mut names);
        if has_texts {
            one.flags.set(Flag::NotRead);
        }
        loaded.names.check().apply(&mut one);
        rows.push(one);
    }
    // One answer was made, and no row can be taken out of it: all are withheld, or none.
    if rows.iter().any(|row| row.flags.has(Flag::Withheld)) {
        rows.iter_mut().for_each(|row| row.flags.set(Flag::Withheld));
    }
    rows
}

/// A row; rows mostly share the names of the row before.
fn row(common: &mut Common<'_>, of: AnsweredRow, names: &mut Arc<[String]>) -> Prediction {
    if **names != of.names[..] {
        *names = of.names.into();
    }
    let (at, served) = (common.at, common.served.clone());
    let mut one = Prediction::new(at, served, Arc::new([]), Vec::new(), names.clone(), of.numbers);
    common.put(&mut one);
    one
}

/// Refuses an answer that may not be given out.
pub(super) fn check(loaded: &Loaded, rows: &[Prediction]) -> Result<(), ServingError> {
    let policy = &loaded.names.check().withhold;
    match rows.iter().enumerate().find(|(_, row)| row.flags.any_of(policy)) {
        None => Ok(()),
        Some((at, row)) => Err(ServingError::Withheld(format!(
            "the prediction of row {at} cannot be right ({}) and is withheld, and with it the whole \
             answer, which another process made: leave the row out",
            row.flags
        ))),
    }
}
