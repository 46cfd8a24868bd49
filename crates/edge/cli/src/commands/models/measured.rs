//! What was measured of a model besides its skill: features by importance, skill by group.

use std::collections::BTreeMap;

use tracking::{Evaluation, Metrics};

use crate::show::{say, table};

/// Features that are named at most.
const NAMED: usize = 20;

/// Prints every evaluation after the first, which is that of the version.
pub fn say_further(evaluations: &[Evaluation]) {
    for evaluation in evaluations.iter().skip(1) {
        say("");
        say(&evaluation.name);
        match grouped(&evaluation.metrics) {
            Some(groups) => say_groups(&groups),
            None => say_largest(&evaluation.metrics),
        }
    }
    if evaluations.len() > 1 {
        say("");
    }
}

type Groups<'a> = BTreeMap<&'a str, BTreeMap<&'a str, f64>>;

/// Metrics that are named `GROUP/MEASURE`, by group; those of features have no number of rows.
fn grouped(metrics: &Metrics) -> Option<Groups<'_>> {
    let mut groups = Groups::new();
    for (name, value) in metrics {
        let (group, measure) = name.rsplit_once('/')?;
        groups.entry(group).or_default().insert(measure, *value);
    }
    groups.values().all(|group| group.contains_key("rows")).then_some(groups)
}

fn say_groups(groups: &Groups<'_>) {
    let cell = |group: &BTreeMap<&str, f64>, name: &str, digits: usize| {
        let value = group.get(name).copied().unwrap_or(f64::NAN);
        if value.is_finite() { format!("{value:.digits$}") } else { "-".to_owned() }
    };
    let interval = |group: &BTreeMap<&str, f64>, name: &str, digits: usize| {
        let [low, high] = ["low", "high"].map(|end| cell(group, &format!("{name} {end}"), digits));
        format!("{} ({low} to {high})", cell(group, name, digits))
    };
    table(
        &[
            "group",
            ">rows",
            ">correlation (95 %)",
            ">hit rate (95 %)",
            ">mean error (95 %)",
            ">rmse",
        ],
        groups.iter().map(|(name, group)| {
            vec![
                (*name).to_owned(),
                cell(group, "rows", 0),
                interval(group, "correlation", 3),
                interval(group, "hit rate", 3),
                interval(group, "mean error", 4),
                cell(group, "rmse", 4),
            ]
        }),
    );
}

fn say_largest(metrics: &Metrics) {
    let mut all: Vec<(&String, &f64)> = metrics.iter().collect();
    all.sort_by(|a, b| b.1.total_cmp(a.1).then(a.0.cmp(b.0)));
    for (name, value) in all.iter().take(NAMED) {
        let name = name.split_once('/').map_or(name.as_str(), |(_, feature)| feature);
        say(&format!("  {name:<34} {value:.6}"));
    }
    if all.len() > NAMED {
        say(&format!("  and {} more; --format json has all", all.len() - NAMED));
    }
}
