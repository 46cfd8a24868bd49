//! Methods on trial: each decides on what it may see, and holds that where it could not look.
//!
//! In: returns, a [`Plan`], how many trials there are, and a function that turns what one may see
//! into weights. Out: what every trial earned on every path, or where and why it failed. The
//! function is the caller's, so that this file knows no method.
//!
//! On a walk, whoever decides is told the weights that are held, as they have drifted. On paths that
//! share a fit there is no one portfolio to tell of, and nothing is held before.

use std::fmt::Display;

use super::held::Walk;
use super::{Design, Fees, Held, Plan};
use crate::PerformanceError;
use crate::statistics::{deviation, mean, ratio};

/// What assets returned, and what it costs to trade them.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Simple returns, rows of `assets` values, oldest first.
    pub returns: &'a [f64],
    /// How many assets there are.
    pub assets: usize,
    /// Costs of trades, and what cash earns.
    pub fees: Fees,
}

/// What a decision may know.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The trial that decides, by its index.
    pub trial: usize,
    /// The rows that may be learned from, ascending.
    pub rows: &'a [usize],
    /// The assets that may be held, ascending column numbers.
    pub assets: &'a [usize],
    /// The weights that are held, one for each of `assets`; empty before the first trade.
    pub previous: &'a [f64],
}

/// Why a trial has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The first row that could not be held.
    pub row: usize,
    /// The reason.
    pub why: String,
}

/// What one trial earned on each path.
pub type Tested = Result<Vec<Held>, Failure>;

/// Takes `trials` trials through `plan`. `decide` gives weights, one for each asset it is told of;
/// a trial for which it fails ends there, and the others go on.
///
/// Fails if the returns do not fit the plan or are not finite, or the fees are out of range. Trials take turns at each fit, so
/// that what they share can be kept from one to the next.
pub fn out_of_sample<E: Display>(
    history: &History<'_>,
    plan: &Plan,
    trials: usize,
    decide: &mut dyn FnMut(Known<'_>) -> Result<Vec<f64>, E>,
) -> Result<Vec<Tested>, PerformanceError> {
    checked(history, plan)?;
    let mut kept: Vec<Vec<Option<Vec<f64>>>> = vec![vec![None; plan.fits.len()]; trials];
    let mut tested: Vec<Tested> = vec![Ok(Vec::with_capacity(plan.paths.len())); trials];
    for path in &plan.paths {
        let first = path.steps.first().map_or(0, |step| step.test.start);
        let part = history.of(path.assets.as_slice());
        let mut walks: Vec<Walk> = (0..trials)
            .map(|_| Walk::new(path.assets.len(), first, history.fees))
            .collect::<Result<_, _>>()?;
        for step in &path.steps {
            let fit = &plan.fits[step.fit];
            let values =
                &part[step.test.start * fit.assets.len()..][..step.test.len() * fit.assets.len()];
            for (trial, walk) in walks.iter_mut().enumerate() {
                if tested[trial].is_err() {
                    continue;
                }
                let kept = &mut kept[trial][step.fit];
                let told = fit.steps == 1 && !walk.held.turnover.is_empty();
                let previous = if told { walk.held.weights.as_slice() } else { &[] };
                let known = Known { trial, rows: &fit.rows, assets: &fit.assets, previous };
                let wanted = match kept.take() {
                    Some(weights) => Ok(weights),
                    None => decide(known).map_err(|error| error.to_string()),
                };
                let done = wanted.and_then(|weights| {
                    fitting(&weights, fit.assets.len())?;
                    walk.hold(&weights, values).map_err(|error| error.to_string())?;
                    *kept = (fit.steps > 1).then_some(weights);
                    Ok(())
                });
                if let Err(why) = done {
                    tested[trial] = Err(Failure { row: step.test.start, why });
                }
            }
        }
        for (tested, walk) in tested.iter_mut().zip(walks) {
            if let Ok(paths) = tested {
                paths.push(walk.held);
            }
        }
    }
    Ok(tested)
}

/// The trial with the highest mean Sharpe ratio in a test within `rows` and `assets`: a search that
/// sees no more than its caller may. Where rows are missing, those beside the hole are neighbours.
/// Of equals the first.
///
/// Fails as [`Plan::new`] does for so many rows, and if no trial has a Sharpe ratio.
pub fn choose<E: Display>(
    history: &History<'_>,
    (rows, assets): (&[usize], &[usize]),
    design: Design,
    trials: usize,
    decide: &mut dyn FnMut(Known<'_>) -> Result<Vec<f64>, E>,
) -> Result<usize, PerformanceError> {
    let plan = Plan::new(rows.len(), assets.len(), design)?;
    let all = history.of(assets);
    let row = |row: &usize| &all[row * assets.len()..(row + 1) * assets.len()];
    let returns: Vec<f64> = rows.iter().flat_map(row).copied().collect();
    let within = History { returns: &returns, assets: assets.len(), fees: history.fees };
    let tested = out_of_sample(&within, &plan, trials, &mut |known| {
        let rows: Vec<usize> = known.rows.iter().map(|row| rows[*row]).collect();
        let assets: Vec<usize> = known.assets.iter().map(|asset| assets[*asset]).collect();
        decide(Known { rows: &rows, assets: &assets, ..known })
    })?;
    let mut best: Option<(f64, usize)> = None;
    for (trial, tested) in tested.iter().enumerate() {
        let score = tested.as_ref().ok().and_then(|paths| sharpe(paths));
        if let Some(score) = score.filter(|score| best.is_none_or(|(most, _)| *score > most)) {
            best = Some((score, trial));
        }
    }
    best.map(|(_, trial)| trial).ok_or_else(|| PerformanceError::NoTrial {
        trials,
        first: match tested.into_iter().find_map(Result::err) {
            Some(failure) => failure.why,
            None => "the returns do not move".to_owned(),
        },
    })
}

/// The mean over paths of the Sharpe ratio of one row.
pub(super) fn sharpe(paths: &[Held]) -> Option<f64> {
    let ratios = paths.iter().map(|held| ratio(mean(&held.returns)?, deviation(&held.returns)?));
    mean(&ratios.collect::<Option<Vec<f64>>>()?)
}

impl History<'_> {
    /// The columns of some assets.
    fn of(&self, assets: &[usize]) -> Vec<f64> {
        if assets.len() == self.assets {
            return self.returns.to_vec();
        }
        let rows = self.returns.chunks_exact(self.assets);
        rows.flat_map(|row| assets.iter().map(|asset| row[*asset])).collect()
    }
}

fn fitting(weights: &[f64], assets: usize) -> Result<(), String> {
    if weights.len() != assets {
        return Err(format!("{} weights were decided for {assets} assets", weights.len()));
    }
    match weights.iter().find(|weight| !weight.is_finite()) {
        None => Ok(()),
        Some(weight) => Err(format!("a weight of {weight} was decided")),
    }
}

fn checked(history: &History<'_>, plan: &Plan) -> Result<(), PerformanceError> {
    let length = |what: &str, expected, found, per| PerformanceError::Length {
        what: what.to_owned(),
        expected,
        found,
        per,
    };
    let (assets, cells) = (history.assets, history.returns.len());
    let rows = cells / assets.max(1);
    if assets == 0 || rows * assets != cells {
        return Err(length("the table of returns", rows * assets, cells, "row and asset"));
    }
    let tests = plan.paths.iter().flat_map(|path| &path.steps).map(|step| step.test.end);
    let least = tests.max().unwrap_or(0);
    if rows < least {
        return Err(length("the history of a test", least, rows, "row"));
    }
    match history.returns.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => {
            let what = "a return".to_owned();
            Err(PerformanceError::NotFinite { what, value: *value })
        }
    }
}
