//! The questions: numbers of a folder → weights, and how long they took.

use std::path::Path;

use allocation::{Constraint, CriticalLine, Objective, Problem, Structure, allocate};
use risk::{
    CovarianceEstimator, Matrix, MeanEstimator, Moments, Returns, ShrinkageTarget, estimate,
};
use types::Symbol;

use crate::costs;
use crate::numbers::{Outcome, read, timed, write};

/// Answers a question, and says in a line of JSON how long one answer took.
pub fn answer(question: &str, folder: &Path, times: usize) -> Outcome<String> {
    let seconds = match question {
        "ledoit-wolf" => ledoit_wolf(folder, times)?,
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
    let as_of = types::parse_date("2026-01-02").ok_or("a day")?;
    let problem = Problem { constraints: &constraints, ..Problem::new(&moments, as_of) };
    let (seconds, target) = timed(times, || Ok(allocate(&objective, &problem)?))?;
    write(folder, "weights.f64", &target.weights)?;
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
