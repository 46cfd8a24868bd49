//! A test as a plan: what is fitted on which rows, and where each fit is held.
//!
//! In: the number of rows and assets, and a [`Design`]. Out: [`Fit`]s, each a set of rows and assets
//! to learn from, and [`Path`]s through history, each a row of steps that hold one fit's weights over
//! a range of rows. Knows nothing about methods, weights or returns.

use std::ops::Range;

use super::{
    Combinatorial, Randomised, Split, WalkForward, combinatorial, randomised, walk_forward,
};
use crate::PerformanceError;

/// The kind of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// One path: learn, test, move on.
    WalkForward(WalkForward),
    /// Several paths through all rows, each fold tested by fits that did not see it.
    Combinatorial(Combinatorial),
    /// Many walks, each through a window and over assets of its own.
    Randomised(Randomised),
}

/// What one set of weights is learned from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The rows, ascending.
    pub rows: Vec<usize>,
    /// The assets, ascending column numbers.
    pub assets: Vec<usize>,
    /// How many steps hold it. Held more than once, it cannot know what is held before it.
    pub steps: usize,
}

/// The weights of one fit, held over a range of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The fit, by its index in the plan.
    pub fit: usize,
    /// The rows in which its weights are held.
    pub test: Range<usize>,
}

/// One way through history; its steps follow each other without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The assets, ascending column numbers.
    pub assets: Vec<usize>,
    /// The steps, in time.
    pub steps: Vec<Step>,
}

/// A whole test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is learned.
    pub fits: Vec<Fit>,
    /// Where it is held.
    pub paths: Vec<Path>,
}

impl Plan {
    /// The plan of `design` over `rows` rows and `assets` assets.
    ///
    /// Fails as [`walk_forward`], [`combinatorial`] and [`randomised`] do.
    pub fn new(rows: usize, assets: usize, design: Design) -> Result<Self, PerformanceError> {
        let all: Vec<usize> = (0..assets).collect();
        let mut plan = Self { fits: Vec::new(), paths: Vec::new() };
        match design {
            Design::WalkForward(shape) => plan.walk(all, walk_forward(rows, shape)?),
            Design::Combinatorial(shape) => {
                let made = combinatorial(rows, shape)?;
                for split in made.splits {
                    plan.fits.push(Fit { rows: split.train, assets: all.clone(), steps: 0 });
                }
                for fits in made.paths {
                    let steps = fits.into_iter().zip(made.folds.iter().cloned());
                    let steps = steps.map(|(fit, test)| Step { fit, test }).collect();
                    plan.paths.push(Path { assets: all.clone(), steps });
                }
            }
            Design::Randomised(shape) => {
                for window in randomised(rows, assets, shape)? {
                    plan.walk(window.assets, window.splits);
                }
            }
        }
        for step in plan.paths.iter().flat_map(|path| &path.steps) {
            plan.fits[step.fit].steps += 1;
        }
        Ok(plan)
    }

    /// Adds one walk: a fit for each of its tests.
    fn walk(&mut self, assets: Vec<usize>, splits: Vec<Split>) {
        let mut steps = Vec::with_capacity(splits.len());
        for Split { train, test } in splits {
            let fit = self.fits.len();
            self.fits.push(Fit { rows: train, assets: assets.clone(), steps: 0 });
            steps.extend(test.into_iter().map(|test| Step { fit, test }));
        }
        self.paths.push(Path { assets, steps });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// López de Prado (2018), figure 12.1: six folds, two of them tested, are 15 fits, each held in
    /// two steps, on 5 paths of six steps.
    #[test]
    fn a_combinatorial_plan_holds_each_fit_where_it_was_not_learned() {
        let shape = Combinatorial { folds: 6, test_folds: 2, purge: 1, embargo: 1 };
        let plan = Plan::new(60, 3, Design::Combinatorial(shape)).unwrap();
        assert_eq!((plan.fits.len(), plan.paths.len()), (15, 5));
        assert!(plan.fits.iter().all(|fit| fit.steps == 2));
        for path in &plan.paths {
            assert_eq!(path.steps.len(), 6);
            for Step { fit, test } in &path.steps {
                assert!(plan.fits[*fit].rows.iter().all(|row| !test.contains(row)));
            }
        }
    }

    #[test]
    fn walks_hold_each_fit_once() {
        let walk = WalkForward { train: 6, test: 2, purge: 1, expanding: false, partial: true };
        let plan = Plan::new(20, 4, Design::WalkForward(walk)).unwrap();
        assert_eq!(plan.paths.len(), 1);
        assert!(plan.fits.iter().all(|fit| fit.steps == 1));
        let shape = Randomised { tests: 3, window: 12, assets: 2, walk, seed: 1 };
        let plan = Plan::new(20, 4, Design::Randomised(shape)).unwrap();
        assert_eq!(plan.paths.len(), 3);
        let fits = plan.paths.iter().flat_map(|path| path.steps.iter().map(|step| step.fit));
        assert_eq!(fits.collect::<Vec<_>>(), (0..plan.fits.len()).collect::<Vec<_>>());
    }
}
