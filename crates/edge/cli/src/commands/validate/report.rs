//! What a comparison says: a table for people, one document for programs.

use anyhow::bail;
use clap::ValueEnum;
use performance::validation::{Comparison, Failure, Figures, Plan, Score, quantile_of};
use serde_json::{Value, json};
use types::Date;

use super::{Trial, ValidateArgs};
use crate::commands::Found;
use crate::show::{self, Format, count, percent, say, table};

/// How a trial is called.
struct Name {
    objective: String,
    covariance: String,
    mean: String,
}

/// Prints the comparison; fails if no trial could be tested.
pub fn print(
    args: &ValidateArgs,
    trials: &[Trial],
    chosen: &[usize],
    plan: &Plan,
    days: &[Date],
    compared: &Comparison,
) -> anyhow::Result<Found> {
    let failed = compared.scores.iter().filter_map(|score| score.as_ref().err());
    if let (true, Some(first)) =
        (failed.clone().count() == compared.scores.len(), failed.clone().next())
    {
        bail!("no method could be tested: {}", told(first, days));
    }
    let names: Vec<Name> = names(args, trials, chosen);
    match args.format {
        Format::Json => show::json(&document(args, &names, plan, days, compared))?,
        Format::Table => people(&names, plan, days, compared),
    }
    Ok(Found::AllWell)
}

fn names(args: &ValidateArgs, trials: &[Trial], chosen: &[usize]) -> Vec<Name> {
    let named = trials.iter().map(|trial| Name {
        objective: trial.sentence.clone(),
        covariance: word(&trial.covariance),
        mean: if trial.needs_returns() { word(&trial.mean) } else { "-".to_owned() },
    });
    let chosen = chosen.iter().map(|method| Name {
        objective: format!("{} (chosen)", args.objectives[*method]),
        covariance: "chosen".to_owned(),
        mean: "chosen".to_owned(),
    });
    named.chain(chosen).collect()
}

fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned())
}

fn told(failure: &Failure, days: &[Date]) -> String {
    let day = days.get(failure.row).map_or("-".to_owned(), Date::to_string);
    format!("for the test from {day}: {}", failure.why)
}

/// The first and the last day that are tested.
fn span(plan: &Plan, days: &[Date]) -> (Option<Date>, Option<Date>) {
    let steps = || plan.paths.iter().flat_map(|path| &path.steps);
    let first = steps().map(|step| step.test.start).min();
    let last = steps().map(|step| step.test.end - 1).max();
    let day = |row: Option<usize>| row.and_then(|row| days.get(row).copied());
    (day(first), day(last))
}

fn people(names: &[Name], plan: &Plan, days: &[Date], compared: &Comparison) {
    let scored = || names.iter().zip(&compared.scores);
    let rows = scored().filter_map(|(name, score)| {
        Some([name.cells(), figures(&score.as_ref().ok()?.middle)].concat())
    });
    table(
        &[
            "objective",
            "covariance",
            "mean",
            ">return",
            ">volatility",
            ">Sharpe",
            ">drawdown",
            ">CVaR",
            ">turnover",
            ">costs",
            ">PSR",
            ">DSR",
        ],
        rows,
    );
    for (name, failure) in scored().filter_map(|(name, score)| Some((name, score.as_ref().err()?)))
    {
        say(&format!("failed: {} ({}), {}", name.objective, name.covariance, told(failure, days)));
    }
    if plan.paths.len() > 1 {
        say("");
        say(&format!(
            "medians of {}; the Sharpe ratio over paths:",
            count(plan.paths.len(), "path")
        ));
        let quantiles = scored().filter_map(|(name, score)| {
            let paths = &score.as_ref().ok()?.paths;
            let at = |p: f64| number(quantile_of(paths, p).sharpe);
            let cells = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0].map(at).to_vec();
            Some([name.cells(), cells].concat())
        });
        let headers = [
            "objective",
            "covariance",
            "mean",
            ">least",
            ">5%",
            ">25%",
            ">median",
            ">75%",
            ">95%",
            ">most",
        ];
        table(&headers, quantiles);
    }
    say("");
    if let (Some(first), Some(last)) = span(plan, days) {
        let trials = count(compared.trials, "trial");
        let fits = count(plan.fits.len(), "training");
        say(&format!(
            "tested from {first} to {last}, {fits}, {trials}; figures a year, CVaR 95% a day"
        ));
    }
    if let Some(variance) = compared.sharpe_variance {
        let deviation = number(Some((variance * super::YEAR).sqrt()));
        say(&format!(
            "DSR: against the best of all trials, whose Sharpe ratios deviate by {deviation}"
        ));
    }
}

impl Name {
    fn cells(&self) -> Vec<String> {
        vec![self.objective.clone(), self.covariance.clone(), self.mean.clone()]
    }
}

fn figures(found: &Figures) -> Vec<String> {
    let part = |value: Option<f64>| value.map_or("-".to_owned(), percent);
    vec![
        part(found.annual_return),
        part(found.volatility),
        number(found.sharpe),
        part(found.max_drawdown),
        part(found.cvar),
        part(found.turnover),
        part(found.costs),
        part(found.probabilistic_sharpe),
        part(found.deflated_sharpe),
    ]
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.2}"))
}

fn document(
    args: &ValidateArgs,
    names: &[Name],
    plan: &Plan,
    days: &[Date],
    compared: &Comparison,
) -> Value {
    let (first, last) = span(plan, days);
    let methods = names.iter().zip(&compared.scores).enumerate().map(|(at, (name, score))| {
        let head = json!({
            "objective": name.objective,
            "covariance": name.covariance,
            "mean": name.mean,
            "chosen": at >= compared.trials,
        });
        let body = match score {
            Ok(score) => told_score(score),
            Err(failure) => json!({ "failed": told(failure, days) }),
        };
        merged(head, body)
    });
    json!({
        "split": word(&args.shape.split),
        "first": first,
        "last": last,
        "days": days.len(),
        "trainings": plan.fits.len(),
        "paths": plan.paths.len(),
        "trials": compared.trials,
        "sharpe_variance_daily": compared.sharpe_variance,
        "methods": methods.collect::<Vec<_>>(),
    })
}

fn told_score(score: &Score) -> Value {
    let mut told = json!(score.middle);
    if score.paths.len() > 1 {
        let quantiles = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0]
            .map(|p| merged(json!({ "quantile": p }), json!(quantile_of(&score.paths, p))));
        let more = json!({ "distribution": quantiles, "paths": score.paths });
        told = merged(told, more);
    }
    told
}

fn merged(mut first: Value, second: Value) -> Value {
    if let (Value::Object(first), Value::Object(second)) = (&mut first, second) {
        first.extend(second);
    }
    first
}
