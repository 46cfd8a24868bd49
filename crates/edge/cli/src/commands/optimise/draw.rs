//! The pictures of an answer: the plane with the frontier, weights along it, shares of risk, clusters.

use std::fs;
use std::path::Path;

use allocation::{FrontierPoint, Linkage, dendrogram, frontier as sweep};
use anyhow::Context;
use performance::{
    Asset, Frontier, Plot, RiskReturn, dendrogram as tree, frontier_plane, frontier_weights,
    risk_contributions,
};
use types::{Symbol, Target};

use super::Question;
use crate::commands::report::{images, save};
use crate::show::note;

/// Portfolios on the frontier behind a single answer.
const BEHIND: usize = 40;

/// Draws one portfolio: on the plane, its shares of risk, and the clusters of the assets.
pub(super) fn answer(
    question: &Question<'_>,
    target: &Target,
    folder: &Path,
) -> anyhow::Result<()> {
    let moments = &question.moments;
    let chosen = RiskReturn {
        volatility: moments.volatility(&target.weights)?,
        expected_return: moments.expected_return(&target.weights)?,
    };
    let points = match sweep(&question.problem(), BEHIND) {
        Ok(points) => points,
        Err(error) => {
            note(&format!("note: the plane is drawn without a frontier: {error}"));
            Vec::new()
        }
    };
    let contributions = moments.risk_contributions(&target.weights)?;
    let shares: Vec<f64> = contributions.iter().map(|part| part / chosen.volatility).collect();
    let span = span(question.horizon);
    let drawn = [
        frontier_plane(&plane(question, &points, Some(chosen)), &span),
        risk_contributions(&names(&moments.symbols), &target.weights, &shares),
        clusters(question),
    ];
    write(drawn.into_iter().flatten().collect(), folder)
}

/// Draws a frontier: on the plane, the weights along it, and the clusters of the assets.
pub(super) fn frontier(
    question: &Question<'_>,
    points: &[FrontierPoint],
    folder: &Path,
) -> anyhow::Result<()> {
    let volatilities: Vec<f64> = points.iter().map(|point| point.volatility).collect();
    let weights: Vec<Vec<f64>> = points.iter().map(|point| point.weights.clone()).collect();
    let span = span(question.horizon);
    let drawn = [
        frontier_plane(&plane(question, points, None), &span),
        frontier_weights(&names(&question.moments.symbols), &volatilities, &weights),
        clusters(question),
    ];
    write(drawn.into_iter().flatten().collect(), folder)
}

fn plane(
    question: &Question<'_>,
    points: &[FrontierPoint],
    chosen: Option<RiskReturn>,
) -> Frontier {
    let moments = &question.moments;
    let on_it = |point: &FrontierPoint| RiskReturn {
        volatility: point.volatility,
        expected_return: point.expected_return,
    };
    let assets = moments.symbols.iter().zip(&moments.mean).zip(moments.covariance.diag());
    Frontier {
        as_of: question.as_of,
        points: points.iter().map(on_it).collect(),
        assets: assets
            .map(|((symbol, mean), variance)| Asset {
                name: symbol.to_string(),
                at: RiskReturn { volatility: variance.sqrt(), expected_return: *mean },
            })
            .collect(),
        chosen,
    }
}

/// A horizon in words.
fn span(days: usize) -> String {
    match days {
        252 => "a year".to_owned(),
        1 => "a day".to_owned(),
        days => format!("over {days} days"),
    }
}

fn clusters(question: &Question<'_>) -> Option<Plot> {
    let found = dendrogram(&question.moments, Linkage::Ward);
    let joins: Vec<(usize, usize, f64)> =
        found.joins.iter().map(|join| (join.left, join.right, join.distance)).collect();
    tree(&names(&question.moments.symbols), &found.order, &joins, &found.clusters)
}

fn names(symbols: &[Symbol]) -> Vec<String> {
    symbols.iter().map(Symbol::to_string).collect()
}

/// Writes the pictures, and says where.
fn write(plots: Vec<Plot>, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (name, bytes) in images(plots)? {
        save(&folder.join(&name), &bytes)?;
        if name.ends_with(".png") {
            note(&format!("drawn: {}", folder.join(name).display()));
        }
    }
    Ok(())
}
