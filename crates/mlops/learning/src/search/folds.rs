//! Splits of training rows in time, with a gap of dates around those that judge.

use serde::{Deserialize, Serialize};
use types::Date;

use crate::LearnError;

/// How rows are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Splits {
    /// Each block of dates is judged by what came before it (Tashman 2000).
    #[default]
    WalkForward,
    /// Each block is judged by what came before and after it, both at a distance (López de Prado
    /// 2018, section 7.4).
    Purged,
}

impl Splits {
    /// How many blocks there are, and which is the first that judges: going forward, the first block
    /// only trains.
    fn blocks(self, count: usize) -> (usize, usize) {
        match self {
            Self::WalkForward => (count + 1, 1),
            Self::Purged => (count, 0),
        }
    }

    /// The dates with rows that `count` splits need, `gap` dates apart.
    pub fn fewest_dates(self, count: usize, gap: usize) -> usize {
        self.blocks(count).0 * (gap + 1)
    }
}

/// The rows that train and those that judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Rows that train.
    pub train: Vec<usize>,
    /// Rows that judge.
    pub validate: Vec<usize>,
}

/// `count` splits of rows by their dates, in blocks of equally many dates. No date that trains lies
/// within `gap` dates of one that judges.
///
/// # Errors
/// [`LearnError::TooFewRows`] where a block would be empty or nothing would be left to train.
pub fn folds(
    dates: &[Date],
    count: usize,
    gap: usize,
    splits: Splits,
) -> Result<Vec<Fold>, LearnError> {
    let mut days = dates.to_vec();
    days.sort_unstable();
    days.dedup();
    let day: Vec<usize> = dates.iter().map(|d| days.partition_point(|known| known < d)).collect();
    let (blocks, first) = splits.blocks(count);
    let needed = splits.fewest_dates(count, gap);
    if days.len() < needed {
        return Err(LearnError::TooFewDates { needed, found: days.len(), folds: count, gap });
    }
    let start = |block: usize| block * days.len() / blocks;
    let fold = |block: usize| {
        let (from, to) = (start(block), start(block + 1));
        let trains = |at: usize| at + gap < from || (splits == Splits::Purged && at >= to + gap);
        let rows = |keep: &dyn Fn(usize) -> bool| {
            (0..day.len()).filter(|row| keep(day[*row])).collect::<Vec<usize>>()
        };
        Fold { train: rows(&trains), validate: rows(&|at| (from..to).contains(&at)) }
    };
    Ok((first..blocks).map(fold).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_that_trains_is_near_what_judges(
            days in 1usize..120,
            each in 1usize..4,
            count in 2usize..6,
            gap in 0usize..6,
            purged in any::<bool>(),
        ) {
            let first = types::parse_date("2020-01-01").unwrap();
            let day = |d: usize| first.iter_days().nth(3 * d).unwrap();
            let dates: Vec<Date> = (0..days * each).map(|i| day(i % days)).collect();
            let splits = if purged { Splits::Purged } else { Splits::WalkForward };
            let folds = folds(&dates, count, gap, splits);
            prop_assert_eq!(folds.is_ok(), days >= splits.fewest_dates(count, gap));
            let Ok(folds) = folds else { return Ok(()) };
            prop_assert_eq!(folds.len(), count);
            let mut judged = 0;
            for fold in &folds {
                prop_assert!(!fold.train.is_empty() && !fold.validate.is_empty());
                judged += fold.validate.len();
                for row in &fold.train {
                    for other in &fold.validate {
                        let apart = (dates[*other] - dates[*row]).num_days() / 3;
                        prop_assert!(apart.unsigned_abs() as usize > gap, "{apart}");
                        prop_assert!(purged || apart > 0);
                    }
                }
            }
            prop_assert!(!purged || judged == dates.len());
        }
    }
}
