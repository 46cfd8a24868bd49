//! Segments' weights and returns beside the benchmark's in, allocation, selection and interaction
//! out.
//!
//! Brinson and Fachler 1985: a segment's allocation is judged against the whole benchmark,
//! `(w − v)(b_i − B)`; selection is `v (r_i − b_i)`; interaction `(w − v)(r_i − b_i)`, with `w` and
//! `v` the portfolio's and the benchmark's weights. Linked over time by Cariño 1999.

use serde::{Deserialize, Serialize};
use types::Date;

use super::linking::{compound, factor};
use crate::PerformanceError;

/// One segment (sector, country, asset) over one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// Fraction of the portfolio at the start.
    pub portfolio_weight: f64,
    /// Fraction of the benchmark at the start.
    pub benchmark_weight: f64,
    /// Return of the portfolio's part; any finite number where the weight is nought.
    pub portfolio_return: f64,
    /// Return of the benchmark's part.
    pub benchmark_return: f64,
}

/// What one segment added.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SegmentEffects {
    /// The segment.
    pub name: String,
    /// From holding more or less of it.
    pub allocation: f64,
    /// From choosing within it.
    pub selection: f64,
    /// From both at once.
    pub interaction: f64,
}

/// Effects that add up to `portfolio_return − benchmark_return`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brinson {
    /// One for each segment.
    pub segments: Vec<SegmentEffects>,
    /// Their sum.
    pub total: SegmentEffects,
    /// The portfolio's return.
    pub portfolio_return: f64,
    /// The benchmark's return.
    pub benchmark_return: f64,
}

impl Brinson {
    /// `(1 + R) / (1 + B) − 1`.
    pub fn geometric_excess(&self) -> f64 {
        (1.0 + self.portfolio_return) / (1.0 + self.benchmark_return) - 1.0
    }
}

/// The effects of one period. Weights of each side should add up to 1 (cash is a segment).
///
/// Errors when a number is not finite.
pub fn brinson_fachler(segments: &[Segment]) -> Result<Brinson, PerformanceError> {
    for segment in segments {
        check(segment)?;
    }
    let sum = |f: fn(&Segment) -> f64| segments.iter().map(f).sum::<f64>();
    let benchmark_return = sum(|s| s.benchmark_weight * s.benchmark_return);
    let effects = segments.iter().map(|s| {
        let over = s.portfolio_weight - s.benchmark_weight;
        let better = s.portfolio_return - s.benchmark_return;
        SegmentEffects {
            name: s.name.clone(),
            allocation: over * (s.benchmark_return - benchmark_return),
            selection: s.benchmark_weight * better,
            interaction: over * better,
        }
    });
    Ok(totalled(
        effects.collect(),
        sum(|s| s.portfolio_weight * s.portfolio_return),
        benchmark_return,
    ))
}

/// Several periods in time order as one, by Cariño's factors; `ends` names each period in errors.
///
/// Segments are matched by name. Errors when a return is −1 or less, or the lengths differ.
pub fn link_brinson(periods: &[Brinson], ends: &[Date]) -> Result<Brinson, PerformanceError> {
    crate::series::check_length("the list of ends", periods.len(), ends.len(), "period")?;
    for (period, &date) in periods.iter().zip(ends) {
        above_ruin("the portfolio", period.portfolio_return, date)?;
        above_ruin("the benchmark", period.benchmark_return, date)?;
    }
    let whole = compound(periods.iter().map(|p| p.portfolio_return));
    let benchmark = compound(periods.iter().map(|p| p.benchmark_return));
    let mut segments: Vec<SegmentEffects> = Vec::new();
    for period in periods {
        let scale =
            factor(period.portfolio_return, period.benchmark_return) / factor(whole, benchmark);
        for effects in &period.segments {
            add(&mut segments, effects, scale);
        }
    }
    Ok(totalled(segments, whole, benchmark))
}

/// Errors unless a return can be linked.
pub(super) fn above_ruin(what: &str, value: f64, date: Date) -> Result<(), PerformanceError> {
    if value > -1.0 && value.is_finite() {
        return Ok(());
    }
    Err(PerformanceError::Ruin { what: what.to_owned(), date, value })
}

fn check(segment: &Segment) -> Result<(), PerformanceError> {
    let numbers = [
        segment.portfolio_weight,
        segment.benchmark_weight,
        segment.portfolio_return,
        segment.benchmark_return,
    ];
    match numbers.into_iter().find(|value| !value.is_finite()) {
        Some(value) => Err(PerformanceError::NotFinite {
            what: format!("a weight or return of segment {}", segment.name),
            value,
        }),
        None => Ok(()),
    }
}

fn totalled(segments: Vec<SegmentEffects>, portfolio: f64, benchmark: f64) -> Brinson {
    let mut total = vec![SegmentEffects { name: "total".to_owned(), ..SegmentEffects::default() }];
    for effects in &segments {
        let named = SegmentEffects { name: "total".to_owned(), ..effects.clone() };
        add(&mut total, &named, 1.0);
    }
    Brinson {
        segments,
        total: total.remove(0),
        portfolio_return: portfolio,
        benchmark_return: benchmark,
    }
}

fn add(sums: &mut Vec<SegmentEffects>, effects: &SegmentEffects, scale: f64) {
    let at = sums.iter().position(|s| s.name == effects.name).unwrap_or_else(|| {
        sums.push(SegmentEffects { name: effects.name.clone(), ..SegmentEffects::default() });
        sums.len() - 1
    });
    let sum = &mut sums[at];
    sum.allocation += scale * effects.allocation;
    sum.selection += scale * effects.selection;
    sum.interaction += scale * effects.interaction;
}
