//! Which days may train and which may judge, when labels look ahead.
//!
//! A label made on day t with a horizon of h days is known on day t + h. Two rules keep the future
//! out (López de Prado, *Advances in Financial Machine Learning*, 2018, chapter 7, sections 7.4.1
//! and 7.4.2): *purging* keeps training rows only if their labels end before the validation window
//! begins, and an *embargo* leaves further days between the two. No validation label ends after
//! the newest day.

use std::ops::Range;

/// Days by their position, 0 the oldest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Days whose rows train.
    pub train: Range<usize>,
    /// Days whose rows judge.
    pub validate: Range<usize>,
}

/// The newest window in `days` visible days: `train_window` days that train at most, then
/// `validate` days that judge (0 gives an empty validation window and trains up to the newest day
/// with a known label).
///
/// Between the last training day and the first validation day lie at least `horizon + embargo`
/// days, so that the label of the one ends before the other. `None` where no day is left to train.
///
/// ```
/// use learning::walk_forward::split;
/// // 100 days, labels look 5 days ahead: day 94 is the newest with a known label.
/// let window = split(100, 60, 20, 5, 2).unwrap();
/// assert_eq!(window.validate, 75..95);
/// assert_eq!(window.train, 8..68); // the label of day 67 is known on day 72, before day 73
/// ```
pub fn split(
    days: usize,
    train_window: usize,
    validate: usize,
    horizon: usize,
    embargo: usize,
) -> Option<Window> {
    let end = days.checked_sub(horizon)?;
    let start = end.checked_sub(validate)?;
    let train_end =
        if validate == 0 { end } else { start.checked_sub(horizon.checked_add(embargo)?)? };
    let train = train_end.saturating_sub(train_window)..train_end;
    (!train.is_empty()).then_some(Window { train, validate: start..end })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_label_crosses(
            days in 0usize..400,
            train_window in 0usize..300,
            validate in 1usize..80,
            horizon in 0usize..40,
            embargo in 0usize..30,
        ) {
            let Some(window) = split(days, train_window, validate, horizon, embargo) else {
                // Then not even one training day would fit.
                prop_assert!(train_window == 0 || days < validate + 2 * horizon + embargo + 1);
                return Ok(());
            };
            let labels_end = |day: usize| day + horizon;
            prop_assert!(!window.train.is_empty() && window.train.len() <= train_window);
            prop_assert_eq!(window.validate.len(), validate);
            for day in window.train.clone() {
                prop_assert!(labels_end(day) + embargo <= window.validate.start);
            }
            for day in window.validate.clone() {
                prop_assert!(labels_end(day) < days);
            }
        }
    }

    #[test]
    fn without_validation_the_newest_known_label_trains() {
        let window = split(30, 10, 0, 3, 5).unwrap();
        assert_eq!(window.train, 17..27);
        assert!(window.validate.is_empty());
        assert_eq!(split(3, 10, 0, 3, 0), None);
    }
}
