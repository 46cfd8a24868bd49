//! Weights and their shares of risk in, paired bars out.

use super::Plot;
use super::bars::{Bars, Set};
use super::chart::WIDE;
use super::svg::{LOSS, PORTFOLIO};

/// More names than this are not told apart.
const NAMES: usize = 40;

/// The weight and the share of risk of each symbol, largest share first. Names with neither are left
/// out; beyond forty the rest are one pair of bars. `None` if nothing is held.
pub fn risk_contributions(symbols: &[String], weights: &[f64], shares: &[f64]) -> Option<Plot> {
    let mut held: Vec<(&str, f64, f64)> = symbols
        .iter()
        .zip(weights.iter().zip(shares))
        .map(|(name, (weight, share))| (name.as_str(), *weight, *share))
        .filter(|(_, weight, share)| weight.abs() > 1e-6 || share.abs() > 1e-6)
        .collect();
    held.sort_by(|a, b| b.2.total_cmp(&a.2));
    let rest = held.split_off(held.len().min(NAMES));
    let others = format!("{} others", rest.len());
    if !rest.is_empty() {
        let sum = |part: fn(&(&str, f64, f64)) -> f64| rest.iter().map(part).sum();
        held.push((&others, sum(|name| name.1), sum(|name| name.2)));
    }
    let bars = Bars {
        labels: held.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        sets: vec![
            Set {
                name: "weight".to_owned(),
                colour: PORTFOLIO,
                values: held.iter().map(|(_, weight, _)| *weight).collect(),
            },
            Set {
                name: "share of risk".to_owned(),
                colour: LOSS,
                values: held.iter().map(|(.., share)| *share).collect(),
            },
        ],
        stacked: false,
        percent: true,
    };
    bars.draw(WIDE, 300.0, "risk_contributions", "Weights and their shares of risk")
}
