//! The questions: numbers of a folder → weights, and how long they took.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::thread;

use allocation::{
    Constraint, CriticalLine, Objective, Problem, Structure, WarmStart, allocate, allocate_from,
};

use risk::{
    CovarianceEstimator, Growth, Matrix, MeanEstimator, Moments, Returns, ShrinkageTarget, Walk,
    estimate,
};
use types::{Date, Symbol};

use crate::costs;
use crate::numbers::{Outcome, read, timed, write};

/// Answers a question, and says in a line of JSON how long one answer took.
pub fn answer(question: &str, folder: &Path, times: usize) -> Outcome<String> {
    let seconds = match question {
        "ledoit-wolf" => ledoit_wolf(folder, times)?,
        "cvar-warm" => cvar_warm(folder, times)?,
        "wealth" => wealth(folder, times, &Growth::Normal { mean: 0.004, volatility: 0.04 })?,
        "wealth-lognormal" => {
            wealth(folder, times, &Growth::LogNormal { mean: 0.004, volatility: 0.04 })?
        }
        "critical-line" => critical_line(folder, times)?,
        "critical-line-factors" => critical_line_factors(folder, times)?,
        "daily-costs" => costs::daily(501, 1_259)?,
        "many-accounts" => costs::accounts(100, 10_000)?,
        objective => solve(objective, folder, times)?,
    };
    Ok(format!("{{\"seconds\": {seconds}}}"))
}

/// Asset names as wide as they have to be.
pub(crate) fn symbols(count: usize) -> Vec<Symbol> {
    (0..count).map(|number| Symbol::from(format!("A{number:04}").as_str())).collect()
}

fn returns(folder: &Path) -> Outcome<Returns> {
    let assets = read(folder, "assets.f64")?[0] as usize;
    Ok(Returns::new(symbols(assets), read(folder, "returns.f64")?)?)
}

/// The moments with which the peers work too: sample mean and sample covariance.
fn moments(folder: &Path) -> Outcome<Moments> {
    Ok(estimate(&returns(folder)?, &MeanEstimator::Sample, &CovarianceEstimator::Sample)?)
}

/// An objective in words, long only and fully invested, from moments that are known.
fn solve(objective: &str, folder: &Path, times: usize) -> Outcome<f64> {
    let moments = moments(folder)?;
    let objective: Objective = objective.parse()?;
    let constraints: Vec<Constraint> = vec!["long only".parse()?];
    let scenarios = returns(folder)?;
    let problem = Problem {
        constraints: &constraints,
        scenarios: Some(&scenarios),
        ..Problem::new(&moments, day()?)
    };
    let (seconds, target) = timed(times, || Ok(allocate(&objective, &problem)?))?;
    write(folder, "weights.f64", &target.weights)?;
    Ok(seconds)
}

fn day() -> Outcome<Date> {
    Ok(types::parse_date("2026-01-02").ok_or("a day")?)
}

/// Least CVaR along a frontier of `times` floors on the mean, up and down, each solve from the planes of
/// the one before it: the median after the first.
fn cvar_warm(folder: &Path, times: usize) -> Outcome<f64> {
    let (moments, returns) = (moments(folder)?, returns(folder)?);
    let unit = moments.mean.iter().fold(0.0_f64, |most, mean| most.max(mean.abs()));
    let mean = moments.mean.iter().map(|mean| mean / unit).collect();
    let characteristics = BTreeMap::from([("mean".to_owned(), mean)]);
    let objective: Objective = "minimise cvar(95%)".parse()?;
    let mut warm = WarmStart::default();
    let mut seconds = Vec::with_capacity(times);
    for point in 0..times {
        let place = 2.0 * point as f64 / (times - 1).max(1) as f64 - 1.0;
        let floor = 0.8 - 0.5 * place.abs();
        let constraints = vec!["long only".parse()?, format!("mean >= {floor}").parse()?];
        let problem = Problem {
            constraints: &constraints,
            scenarios: Some(&returns),
            characteristics: &characteristics,
            ..Problem::new(&moments, day()?)
        };
        let (took, target) = timed(1, || Ok(allocate_from(&objective, &problem, &mut warm)?))?;
        write(folder, "weights.f64", &target.weights)?;
        seconds.push(took);
    }
    seconds.remove(0);
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}

/// Paths that are walked together.
const BLOCK: usize = 8_192;

/// Wealth of 1 after `steps.f64` months of normal or lognormal returns on `paths.f64` paths, on two threads;
/// what is kept is the mean wealth.
fn wealth(folder: &Path, times: usize, growth: &Growth) -> Outcome<f64> {
    let paths = read(folder, "paths.f64")?[0] as u64;
    let steps = read(folder, "steps.f64")?[0] as u64;
    let (seconds, last) = timed(times, || {
        // Paths are numbered, so that any of them can be walked alone: a block stays in the cache.
        let half = |range: Range<u64>| -> Result<f64, risk::RiskError> {
            let mut sum = 0.0;
            for first in range.clone().step_by(BLOCK) {
                let block = first..range.end.min(first + BLOCK as u64);
                let mut walk = Walk::new(growth.clone(), 1.0, 7, block)?;
                (0..steps).for_each(|_| walk.advance(0.0));
                sum += walk.wealth().iter().sum::<f64>();
            }
            Ok(sum)
        };
        let (first, second) = thread::scope(|scope| {
            let second = scope.spawn(|| half(paths / 2..paths));
            (half(0..paths / 2), second.join())
        });
        Ok(first? + second.map_err(|_| "a thread failed")??)
    })?;
    write(folder, "weights.f64", &[last / paths as f64])?;
    Ok(seconds)
}

fn ledoit_wolf(folder: &Path, times: usize) -> Outcome<f64> {
    let returns = returns(folder)?;
    let estimator = CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::ScaledIdentity };
    let (seconds, (covariance, _)) = timed(times, || Ok(estimator.estimate(&returns)?))?;
    write(folder, "weights.f64", covariance.as_slice())?;
    Ok(seconds)
}

/// The whole frontier, long only and fully invested; what is kept is the weights of least variance.
fn traced(folder: &Path, times: usize, structure: Structure<'_>, mean: &[f64]) -> Outcome<f64> {
    let (lower, upper) = (vec![0.0; mean.len()], vec![1.0; mean.len()]);
    let (seconds, line) =
        timed(times, || Ok(CriticalLine::trace(structure, mean, (&lower, &upper), 1.0)?))?;
    write(folder, "weights.f64", &line.minimum_variance().weights)?;
    Ok(seconds)
}

fn critical_line(folder: &Path, times: usize) -> Outcome<f64> {
    let mean = read(folder, "mean.f64")?;
    let covariance = Matrix::new(mean.len(), read(folder, "covariance.f64")?)?;
    traced(folder, times, Structure::Dense(&covariance), &mean)
}

fn critical_line_factors(folder: &Path, times: usize) -> Outcome<f64> {
    let mean = read(folder, "mean.f64")?;
    let (exposures, specific) = (read(folder, "loadings.f64")?, read(folder, "specific.f64")?);
    let structure = Structure::Factors { exposures: &exposures, specific: &specific };
    traced(folder, times, structure, &mean)
}
