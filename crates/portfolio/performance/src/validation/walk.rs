//! Walk-forward splits: learn from the past, test on what came next, move on.

use super::Split;
use crate::PerformanceError;

/// The shape of a walk-forward test, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkForward {
    /// Rows to learn from.
    pub train: usize,
    /// Rows to test on before learning again.
    pub test: usize,
    /// Rows between the two that are used for neither, so that labels which look ahead do not see
    /// the test.
    pub purge: usize,
    /// Whether learning goes back to the first row each time.
    pub expanding: bool,
    /// Whether the last test may be shorter than the others; else its rows are left out.
    pub partial: bool,
}

/// The splits of `rows` rows, in time.
///
/// Fails if a size is nought or not even one test fits.
pub fn walk_forward(rows: usize, shape: WalkForward) -> Result<Vec<Split>, PerformanceError> {
    let WalkForward { train, test, purge, expanding, partial } = shape;
    let first = train + purge;
    let least = first + if partial { 1 } else { test };
    if train == 0 || test == 0 || rows < least {
        let what = "the history of a walk-forward test".to_owned();
        return Err(PerformanceError::TooShort { what, least: least.max(2), found: rows });
    }
    let starts = (first..rows).step_by(test);
    let whole = starts.filter(|start| partial || start + test <= rows);
    Ok(whole
        .map(|start| {
            let known = start - purge;
            let from = if expanding { 0 } else { known - train };
            let until = (start + test).min(rows);
            Split { train: (from..known).collect(), test: std::iter::once(start..until).collect() }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// skfolio 1.12.2: `WalkForward(test_size=2, train_size=3, purged_size=1)` over 10 rows, with
    /// `expend_train` and with `reduce_test`.
    #[test]
    fn splits_as_skfolio_makes_them() {
        let shape = WalkForward { train: 3, test: 2, purge: 1, expanding: false, partial: false };
        let spans = |shape| -> Vec<(usize, usize, usize, usize)> {
            let splits = walk_forward(10, shape).unwrap();
            splits
                .iter()
                .map(|s| (s.train[0], s.train[s.train.len() - 1], s.test[0].start, s.test[0].end))
                .collect()
        };
        assert_eq!(spans(shape), [(0, 2, 4, 6), (2, 4, 6, 8), (4, 6, 8, 10)]);
        let expanding = WalkForward { expanding: true, ..shape };
        assert_eq!(spans(expanding), [(0, 2, 4, 6), (0, 4, 6, 8), (0, 6, 8, 10)]);
        let partial = WalkForward { train: 4, partial: true, ..shape };
        assert_eq!(spans(partial), [(0, 3, 5, 7), (2, 5, 7, 9), (4, 7, 9, 10)]);
        assert_eq!(
            walk_forward(5, shape).unwrap_err().to_string(),
            "the history of a walk-forward test has 5 values, at least 6 are needed"
        );
    }
}
