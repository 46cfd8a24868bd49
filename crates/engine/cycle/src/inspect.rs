//! What a trained model rests on and for whom it is good: importance of features, Shapley values and
//! skill by group, as further measurements of the training.
//!
//! Groups are the years, thirds of the day's symbols by traded value where there is volume, and the
//! groups of the mandate. All is measured on the rows that judge, none of which trained.

use std::collections::BTreeMap;

use journal::{Because, Kind};
use learning::explain::{Method, Sampling, shapley};
use learning::importance::{Loss, Measure, permutation_importance};
use learning::{LearnError, Model, TrainingSet, bias};
use tracking::{DataRef, Evaluation, Metrics};
use types::{Date, Digest, Id, RunId, Symbol};

use crate::mandate::ExplainPlan;
use crate::seen::daily_value;
use crate::{CycleError, Desk, Seen, Trail};

/// Background rows for Shapley values.
const BACKGROUND: usize = 2_000;
/// Orders of the features, where values are sampled.
const ORDERS: usize = 10;

/// A model, and the rows that judge it.
pub(crate) struct Subject<'a> {
    pub run: &'a RunId,
    pub record: &'a Id,
    pub onnx: &'a [u8],
    pub training: &'a TrainingSet,
    pub validation: &'a TrainingSet,
    /// For each validation row the panel row and column.
    pub places: &'a [(usize, usize)],
    pub rows: Digest,
}

/// Records what the mandate asks for.
pub(crate) fn inspect(
    desk: &Desk,
    seen: &Seen<'_>,
    subject: &Subject<'_>,
    trail: &mut Trail,
) -> Result<(), CycleError> {
    let plan = desk.mandate.forecast.as_ref().and_then(|plan| plan.explain.as_ref());
    let Some(plan) = plan else { return Ok(()) };
    let seed = desk.mandate.mandate.seed;
    let failed = |error: LearnError| CycleError::new(seen.day(), "explain", error);
    let model = Model::load(subject.onnx).map_err(failed)?;
    let forecasts = model.predict(&subject.validation.x).map_err(failed)?;
    let groups = by_group(desk, seen, subject, &forecasts).map_err(failed)?;
    subject.record(trail, "groups", "skill by group", groups);
    if plan.deals > 0 {
        let (name, losses) = importance(plan, subject, &model, seed).map_err(failed)?;
        subject.record(trail, "importance", &name, losses);
    }
    if plan.rows > 0 {
        let (name, values) = shares(plan, subject, seed).map_err(failed)?;
        subject.record(trail, "shapley", &name, values);
    }
    Ok(())
}

impl Subject<'_> {
    fn record(&self, trail: &mut Trail, what: &str, name: &str, metrics: Metrics) {
        let says = Evaluation {
            run: self.run.clone(),
            name: name.to_owned(),
            data: vec![DataRef { name: "validation rows".to_owned(), digest: self.rows }],
            metrics,
        };
        trail.fact(Kind::Evaluated, what, Because::of(self.record.clone()), &says);
    }
}

fn importance(
    plan: &ExplainPlan,
    subject: &Subject<'_>,
    model: &Model,
    seed: u64,
) -> Result<(String, Metrics), LearnError> {
    let measure = Measure::InformationCoefficient;
    let losses = permutation_importance(model, subject.validation, measure, plan.deals, seed)?;
    let name = format!("information coefficient lost without a feature, mean of {}", plan.deals);
    let named = |loss: Loss| (format!("importance/{}", loss.feature), loss.mean);
    Ok((name, losses.into_iter().map(named).collect()))
}

fn shares(
    plan: &ExplainPlan,
    subject: &Subject<'_>,
    seed: u64,
) -> Result<(String, Metrics), LearnError> {
    let background = spread(subject.training, BACKGROUND);
    let rows = spread(subject.validation, plan.rows);
    let sampling = Sampling { orders: ORDERS, seed };
    let found = shapley(subject.onnx, &background, &rows, sampling)?;
    let by = match found.method {
        Method::Linear => "of a linear model",
        Method::Trees => "of trees",
        Method::Sampled => "by sampling",
    };
    let name = format!("mean absolute Shapley value of a feature, {by}");
    let named = subject.validation.names.iter().map(|name| format!("shapley/{name}"));
    Ok((name, named.zip(found.importance()).collect()))
}

/// So many rows, evenly from the first to the last.
fn spread(set: &TrainingSet, count: usize) -> Vec<f64> {
    let columns = set.names.len();
    let count = count.min(set.rows());
    let row = |i: usize| i * set.rows() / count;
    (0..count).flat_map(|i| set.x[row(i) * columns..(row(i) + 1) * columns].to_vec()).collect()
}

fn by_group(
    desk: &Desk,
    seen: &Seen<'_>,
    subject: &Subject<'_>,
    forecasts: &[f64],
) -> Result<Metrics, LearnError> {
    let set = subject.validation;
    let mut memberships: Vec<Vec<(usize, String)>> = vec![years(set)];
    memberships.extend(sizes(seen, subject));
    memberships.extend(own(desk, seen, subject));
    let mut metrics = Metrics::new();
    for members in memberships {
        let names: Vec<&str> = members.iter().map(|(_, group)| group.as_str()).collect();
        let pick = |values: &[f64]| members.iter().map(|(row, _)| values[*row]).collect::<Vec<_>>();
        for group in bias::by_group(&names, &pick(forecasts), &pick(&set.y))? {
            let mut add = |what: &str, value: Option<f64>| {
                let key = format!("{}/{what}", group.group);
                metrics.insert(key, value.unwrap_or(f64::NAN));
            };
            add("rows", Some(group.rows as f64));
            add("rmse", group.rmse);
            for (what, interval) in [
                ("correlation", group.correlation),
                ("hit rate", group.hit_rate),
                ("mean error", group.mean_error),
            ] {
                add(what, interval.map(|i| i.value));
                add(&format!("{what} low"), interval.map(|i| i.low));
                add(&format!("{what} high"), interval.map(|i| i.high));
            }
        }
    }
    Ok(metrics)
}

fn years(set: &TrainingSet) -> Vec<(usize, String)> {
    let year = |day: &Date| day.to_string()[..4].to_owned();
    set.dates.iter().enumerate().map(|(row, day)| (row, format!("year {}", year(day)))).collect()
}

/// The groups of the mandate; a symbol may be in several.
fn own(desk: &Desk, seen: &Seen<'_>, subject: &Subject<'_>) -> Vec<Vec<(usize, String)>> {
    let symbols = seen.panel.symbols();
    let members = |(name, of_group): (&String, &Vec<Symbol>)| {
        let rows = subject.places.iter().enumerate();
        rows.filter(|(_, (_, column))| of_group.contains(&symbols[*column]))
            .map(|(row, _)| (row, format!("group {name}")))
            .collect()
    };
    desk.groups.iter().map(members).collect()
}

/// Thirds of each day's symbols by the value that was traded in the month before.
fn sizes(seen: &Seen<'_>, subject: &Subject<'_>) -> Option<Vec<(usize, String)>> {
    if !seen.panel.has("volume") {
        return None;
    }
    let symbols = seen.panel.symbols();
    let mut by_day: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for (row, (day, column)) in subject.places.iter().enumerate() {
        by_day.entry(*day).or_default().push((*column, row));
    }
    let mut members = Vec::new();
    for (day, rows) in by_day {
        let known = seen.panel.head(day + 1);
        let value =
            |(column, row): (usize, usize)| Some((daily_value(&known, &symbols[column])?, row));
        let mut valued: Vec<(f64, usize)> = rows.into_iter().filter_map(value).collect();
        valued.sort_by(|a, b| a.0.total_cmp(&b.0));
        let count = valued.len();
        for (place, (_, row)) in valued.into_iter().enumerate() {
            let third = ["lowest", "middle", "highest"][place * 3 / count];
            members.push((row, format!("traded value {third} third")));
        }
    }
    Some(members)
}
