//! Figures by year in, bars out: attribution, costs and turnover.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::Plot;
use super::chart::{Form, Frame, HALF, WIDE, extent, value_axis};
use super::scale::{Scale, percent};
use super::svg::{Anchor, BENCHMARK, Canvas, INK, text_width};
use super::weights::{CATEGORIES, legend};
use crate::attribution::Effects;
use crate::tearsheet::TearsheetInput;

/// Forecast, allocation, constraint, lot rounding, cost, residual.
const STAGES: [&str; 6] = ["#4e79a7", "#59a14f", "#f28e2b", "#b07aa1", "#e15759", "#9aa0a8"];

/// One colour of bars.
pub(super) struct Set {
    pub name: String,
    pub colour: &'static str,
    pub values: Vec<f64>,
}

/// Bars for each label, side by side or stacked.
pub(super) struct Bars {
    pub labels: Vec<String>,
    pub sets: Vec<Set>,
    pub stacked: bool,
    pub percent: bool,
}

impl Bars {
    /// The picture; `None` without labels.
    pub fn draw(&self, width: f64, height: f64, name: &str, title: &str) -> Option<Plot> {
        let mut canvas = Canvas::new(width, height);
        let mut frame = Frame::inside(&canvas, 56.0, 10.0);
        frame.top = if self.sets.len() > 1 { 28.0 } else { 12.0 };
        let (low, high) = self.extent()?;
        let pad = 0.04 * (high - low).max(1e-9);
        let low = if low < 0.0 { low - pad } else { 0.0 };
        let high = if high > 0.0 { high + pad } else { 0.0 };
        let y = Scale::linear(low, high, frame.bottom, frame.top);
        let form = if self.percent { Form::Percent } else { Form::Number };
        value_axis(&mut canvas, &frame, &y, form, 7);
        for i in 0..self.labels.len() {
            self.group(&mut canvas, &frame, &y, i);
        }
        canvas.rule("axis", (frame.left, y.at(0.0)), (frame.right, y.at(0.0)));
        self.label(&mut canvas, &frame);
        if self.sets.len() > 1 {
            let entries: Vec<(&str, &str)> =
                self.sets.iter().map(|s| (s.name.as_str(), s.colour)).collect();
            legend(&mut canvas, frame.left, &entries);
        }
        Some(canvas.finish(name, title))
    }

    fn extent(&self) -> Option<(f64, f64)> {
        let heights: Vec<f64> = if self.stacked {
            let sums = |i: usize, sign: f64| -> f64 {
                self.sets.iter().map(|s| (sign * s.values[i]).max(0.0)).sum::<f64>() * sign
            };
            (0..self.labels.len()).flat_map(|i| [sums(i, 1.0), sums(i, -1.0)]).collect()
        } else {
            self.sets.iter().flat_map(|s| s.values.iter().copied()).collect()
        };
        let (low, high) = extent([heights.as_slice()])?;
        Some((low.min(0.0), high.max(0.0)))
    }

    fn group(&self, canvas: &mut Canvas, frame: &Frame, y: &Scale, i: usize) {
        let slot = frame.width() / self.labels.len() as f64;
        let left = frame.left + slot * i as f64;
        let room = (0.76 * slot).min(46.0);
        let lanes = if self.stacked { 1.0 } else { self.sets.len() as f64 };
        let (mut up, mut down) = (0.0, 0.0);
        for (k, set) in self.sets.iter().enumerate() {
            let value = set.values[i];
            let base: &mut f64 = if value < 0.0 { &mut down } else { &mut up };
            let from = if self.stacked { *base } else { 0.0 };
            *base += value;
            let lane = if self.stacked { 0.0 } else { k as f64 };
            let x = left + (slot - room) / 2.0 + lane * room / lanes;
            let (a, b) = (y.at(from), y.at(from + value));
            canvas.rect((x, a.min(b)), (room / lanes, (a - b).abs()), set.colour);
        }
    }

    /// As many labels as fit.
    fn label(&self, canvas: &mut Canvas, frame: &Frame) {
        let slot = frame.width() / self.labels.len() as f64;
        let widest = self.labels.iter().map(|l| text_width(l, 11.0)).fold(0.0, f64::max);
        let every = ((widest + 8.0) / slot).ceil().max(1.0) as usize;
        for (i, label) in self.labels.iter().enumerate().step_by(every) {
            let at = (frame.left + slot * (i as f64 + 0.5), frame.bottom + 17.0);
            canvas.remark(at, Anchor::Middle, 11.0, label);
        }
    }
}

/// Active return per year by decision stage, as horizontal bars with their sum.
pub(super) fn attribution(input: &TearsheetInput) -> Option<Plot> {
    let annual = input.attribution.as_ref()?.annual;
    let mut rows: Vec<(&str, f64, &str)> = annual
        .named()
        .into_iter()
        .zip(STAGES)
        .map(|((name, value), colour)| (name, value, colour))
        .collect();
    rows.push(("active return", annual.total(), INK));
    let values: Vec<f64> = rows.iter().map(|row| row.1).collect();
    let (low, high) = extent([values.as_slice()])?;
    let mut canvas = Canvas::new(HALF, 250.0);
    let frame = Frame { left: 112.0, right: HALF - 12.0, top: 8.0, bottom: 226.0 };
    // Room at both ends for the figures beside the bars.
    let (low, high) = (low.min(0.0), high.max(0.0));
    let pad = 0.24 * (high - low).max(1e-6);
    let below = if low < 0.0 { pad } else { 0.0 };
    let x = Scale::linear(low - below, high + pad, frame.left, frame.right);
    let height = (frame.bottom - frame.top) / rows.len() as f64;
    for (i, row) in rows.iter().enumerate() {
        let top = frame.top + height * i as f64;
        effect_row(&mut canvas, &x, (top, height), row);
    }
    canvas.rule("axis", (x.at(0.0), frame.top), (x.at(0.0), frame.bottom));
    let remark = "per year, continuously compounded";
    canvas.remark((frame.right, 246.0), Anchor::End, 10.5, remark);
    Some(canvas.finish("attribution", "Active return by decision stage"))
}

fn effect_row(canvas: &mut Canvas, x: &Scale, at: (f64, f64), row: &(&str, f64, &str)) {
    let ((top, height), (name, value, colour)) = (at, *row);
    let (zero, end) = (x.at(0.0), x.at(value));
    let colour = if colour == INK { "#76808e" } else { colour };
    let size = ((end - zero).abs().max(1.0), height * 0.62);
    canvas.rect((zero.min(end), top + 0.19 * height), size, colour);
    let middle = top + height / 2.0 + 4.0;
    canvas.text((104.0, middle), Anchor::End, 11.0, name);
    let text = percent(value, 0.0001);
    let (beside, anchor) = if value < 0.0 {
        (end.min(zero) - 5.0, Anchor::End)
    } else {
        (end.max(zero) + 5.0, Anchor::Start)
    };
    canvas.remark((beside, middle), anchor, 11.0, &text);
}

/// The same effects for each calendar year, stacked.
pub(super) fn attribution_by_year(input: &TearsheetInput) -> Option<Plot> {
    let years = &input.attribution.as_ref()?.years;
    let names = Effects::default().named().map(|(name, _)| name);
    let sets = names.iter().zip(STAGES).enumerate().map(|(k, (name, colour))| Set {
        name: (*name).to_owned(),
        colour,
        values: years.iter().map(|year| year.effects.named()[k].1).collect(),
    });
    let bars = Bars {
        labels: years.iter().map(|year| year.year.to_string()).collect(),
        sets: sets.collect(),
        stacked: true,
        percent: true,
    };
    bars.draw(WIDE, 230.0, "attribution_by_year", "Active return by stage and year")
}

/// Costs by kind in basis points of net asset value, for each year.
pub(super) fn costs(input: &TearsheetInput) -> Option<Plot> {
    let mut kinds: Vec<&String> = input.decisions.iter().flat_map(|d| d.costs.keys()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        return None;
    }
    let mut by_year: BTreeMap<i32, Vec<f64>> = empty_years(input, kinds.len());
    for decision in &input.decisions {
        let nav = input.nav_on(decision.date)?;
        let row = by_year.entry(decision.date.year()).or_insert_with(|| vec![0.0; kinds.len()]);
        for (sum, kind) in row.iter_mut().zip(&kinds) {
            *sum += 1e4 * decision.costs.get(*kind).copied().unwrap_or(0.0) / nav;
        }
    }
    let sets = kinds.iter().enumerate().map(|(k, kind)| Set {
        name: (*kind).clone(),
        colour: CATEGORIES[k % CATEGORIES.len()],
        values: by_year.values().map(|row| row[k]).collect(),
    });
    let bars = Bars {
        labels: by_year.keys().map(i32::to_string).collect(),
        sets: sets.collect(),
        stacked: true,
        percent: false,
    };
    bars.draw(HALF, 230.0, "costs", "Trading costs by kind, basis points of value a year")
}

/// One-way turnover, for each year.
pub(super) fn turnover(input: &TearsheetInput) -> Option<Plot> {
    if input.decisions.is_empty() {
        return None;
    }
    let mut by_year = empty_years(input, 1);
    for decision in &input.decisions {
        by_year.entry(decision.date.year()).or_insert_with(|| vec![0.0])[0] += decision.turnover;
    }
    let bars = Bars {
        labels: by_year.keys().map(i32::to_string).collect(),
        sets: vec![Set {
            name: "Turnover".to_owned(),
            colour: BENCHMARK,
            values: by_year.values().map(|row| row[0]).collect(),
        }],
        stacked: false,
        percent: true,
    };
    bars.draw(HALF, 230.0, "turnover", "One-way turnover a year")
}

/// Every year of the history, so that a year without a decision shows as none.
fn empty_years(input: &TearsheetInput, width: usize) -> BTreeMap<i32, Vec<f64>> {
    let years = input.dates.iter().map(|date| date.year());
    years.map(|year| (year, vec![0.0; width])).collect()
}
