//! Weights and exposures at decisions in, areas and lines over time out.

use super::Plot;
use super::chart::{Form, Frame, Line, WIDE, date_axis, extent, lines, value_axis};
use super::history::span;
use super::scale::{Scale, day_number, percent};
use super::svg::{Anchor, Canvas, PORTFOLIO, shortened};
use crate::tearsheet::TearsheetInput;

/// Colours that are told apart by most eyes, on white and on black.
pub(super) const CATEGORIES: [&str; 10] = [
    "#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#76b7b2", "#edc948", "#b07aa1", "#ff9da7",
    "#9c755f", "#5b5ea6",
];
const OTHER: &str = "#aab0b9";
const CASH: &str = "#d9dde2";
/// More decisions than this are thinned: there are not more pixels.
const COLUMNS: usize = 420;

/// A band of the stack: its name, its colour, its height at each decision.
struct Band {
    name: String,
    colour: &'static str,
    values: Vec<f64>,
}

/// Weights at decisions, stacked: the largest names, the others, and cash.
pub(super) fn weights(input: &TearsheetInput) -> Option<Plot> {
    let held = input.weights.as_ref()?;
    let (first, last) = span(&held.dates)?;
    let rows = chosen_rows(held.dates.len());
    let mut canvas = Canvas::new(WIDE, 330.0);
    let frame = Frame::inside(&canvas, 56.0, 118.0);
    let x = frame.days(first, last);
    let across: Vec<f64> = rows.iter().map(|&t| x.at(day_number(held.dates[t]))).collect();
    stack(&mut canvas, &frame, &bands(&held.symbols, &held.values, &rows), &across)?;
    date_axis(&mut canvas, &frame, first, last);
    Some(canvas.finish("weights", "Weights at each decision"))
}

/// Weights along a frontier, stacked over the volatility of its points: one row of `weights` for
/// each of `volatilities`, which do not fall; one column for each symbol. `None` for fewer than two
/// points.
pub fn frontier_weights(
    symbols: &[String],
    volatilities: &[f64],
    weights: &[Vec<f64>],
) -> Option<Plot> {
    let ([first, .., last], Some(_)) = (volatilities, weights.first()) else { return None };
    let rows: Vec<usize> = (0..volatilities.len().min(weights.len())).collect();
    let mut canvas = Canvas::new(WIDE, 346.0);
    let mut frame = Frame::inside(&canvas, 56.0, 118.0);
    frame.bottom -= 16.0;
    let x = Scale::linear(*first, *last, frame.left, frame.right);
    let across: Vec<f64> = rows.iter().map(|&t| x.at(volatilities[t])).collect();
    stack(&mut canvas, &frame, &bands(symbols, weights, &rows), &across)?;
    canvas.rule("axis", (frame.left, frame.bottom), (frame.right, frame.bottom));
    let ticks = x.ticks(9);
    let step = ticks.windows(2).map(|t| t[1] - t[0]).fold(1.0, f64::min);
    for value in ticks {
        let at = (x.at(value), frame.bottom + 17.0);
        canvas.remark(at, Anchor::Middle, 11.0, &percent(value, step));
    }
    let name = "volatility of the portfolio";
    canvas.remark((frame.right, frame.bottom + 34.0), Anchor::End, 10.5, name);
    Some(canvas.finish("frontier_weights", "Weights along the efficient frontier"))
}

/// Draws bands on top of each other at the pixels `across`, with their names to the right.
fn stack(canvas: &mut Canvas, frame: &Frame, bands: &[Band], across: &[f64]) -> Option<()> {
    let stacks = stacked(bands, across.len());
    let flat = stacks.iter().flatten().flat_map(|(low, high)| [*low, *high]);
    let all: Vec<f64> = flat.collect();
    let (low, high) = extent([all.as_slice()])?;
    let y = Scale::linear(low.min(0.0), high.max(1e-6), frame.bottom, frame.top);
    for (band, stack) in bands.iter().zip(&stacks) {
        let above = across.iter().zip(stack).map(|(x, s)| (*x, y.at(s.1)));
        let below = across.iter().zip(stack).rev().map(|(x, s)| (*x, y.at(s.0)));
        let outline: Vec<(f64, f64)> = above.chain(below).collect();
        canvas.area(&outline, band.colour, 0.92);
    }
    value_axis(canvas, frame, &y, Form::Percent, 5);
    for (i, band) in bands.iter().rev().enumerate() {
        let at = (frame.right + 12.0, frame.top + 12.0 + 20.0 * i as f64);
        canvas.swatch(at, band.colour, &shortened(&band.name, 13));
    }
    Some(())
}

/// Net and gross exposure, and cash.
pub(super) fn exposure(input: &TearsheetInput) -> Option<Plot> {
    let exposure = input.exposure.as_ref()?;
    let (first, last) = span(&exposure.dates)?;
    let long_only = exposure.net == exposure.gross;
    let mut parts = vec![("Cash", "#b5893c", &exposure.cash)];
    if long_only {
        parts.push(("Invested", PORTFOLIO, &exposure.net));
    } else {
        parts.push(("Net", "#59a14f", &exposure.net));
        parts.push(("Gross", PORTFOLIO, &exposure.gross));
    }
    let (low, high) = extent(parts.iter().map(|part| part.2.as_slice()))?;
    let mut canvas = Canvas::new(WIDE, 170.0);
    let frame = Frame::inside(&canvas, 56.0, 118.0);
    let y = Scale::linear(low.min(0.0), high.max(1.0) * 1.04, frame.bottom, frame.top);
    let x = frame.days(first, last);
    value_axis(&mut canvas, &frame, &y, Form::Percent, 4);
    date_axis(&mut canvas, &frame, first, last);
    let drawn: Vec<Line<'_>> = parts
        .into_iter()
        .map(|(name, colour, values)| Line {
            name,
            colour,
            width: 1.2,
            dates: &exposure.dates,
            values,
        })
        .collect();
    lines(&mut canvas, &frame, &x, &y, &drawn);
    Some(canvas.finish("exposure", "Exposure and cash"))
}

/// A legend in one row above the frame; names that do not fit are cut.
pub(super) fn legend(canvas: &mut Canvas, left: f64, entries: &[(&str, &str)]) {
    let mut at = left;
    for (name, colour) in entries {
        let name = shortened(name, 18);
        canvas.rect((at, 5.0), (10.0, 10.0), colour);
        canvas.text((at + 14.0, 14.0), Anchor::Start, 10.5, &name);
        at += 14.0 + super::svg::text_width(&name, 10.5) + 12.0;
    }
}

fn chosen_rows(count: usize) -> Vec<usize> {
    let step = count.div_ceil(COLUMNS).max(1);
    let mut rows: Vec<usize> = (0..count).step_by(step).collect();
    if rows.last() != Some(&(count - 1)) {
        rows.push(count - 1);
    }
    rows
}

/// The ten largest names by mean absolute weight, largest at the bottom, then the rest and cash.
fn bands(symbols: &[String], weights: &[Vec<f64>], rows: &[usize]) -> Vec<Band> {
    let size = |i: usize| rows.iter().map(|&t| weights[t][i].abs()).sum::<f64>();
    let mut order: Vec<(usize, f64)> = (0..symbols.len()).map(|i| (i, size(i))).collect();
    order.retain(|(_, size)| *size > 0.0);
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let (named, rest) = order.split_at(order.len().min(CATEGORIES.len()));
    let mut bands: Vec<Band> = named
        .iter()
        .zip(CATEGORIES)
        .map(|(&(i, _), colour)| Band {
            name: symbols[i].clone(),
            colour,
            values: rows.iter().map(|&t| weights[t][i]).collect(),
        })
        .collect();
    let others = |t: &usize| rest.iter().map(|&(i, _)| weights[*t][i]).sum();
    if !rest.is_empty() {
        bands.push(Band {
            name: format!("{} others", rest.len()),
            colour: OTHER,
            values: rows.iter().map(others).collect(),
        });
    }
    let cash: Vec<f64> = rows.iter().map(|&t| 1.0 - weights[t].iter().sum::<f64>()).collect();
    if cash.iter().any(|cash| cash.abs() > 1e-6) {
        bands.push(Band { name: "Cash".to_owned(), colour: CASH, values: cash });
    }
    bands
}

/// Lower and upper edge of each band at each row; what is negative hangs below nought.
fn stacked(bands: &[Band], rows: usize) -> Vec<Vec<(f64, f64)>> {
    let (mut up, mut down) = (vec![0.0; rows], vec![0.0; rows]);
    bands
        .iter()
        .map(|band| {
            let edges = band.values.iter().enumerate();
            edges
                .map(|(t, &value)| {
                    let base = if value < 0.0 { &mut down[t] } else { &mut up[t] };
                    let from = *base;
                    *base += value;
                    (from.min(*base), from.max(*base))
                })
                .collect()
        })
        .collect()
}
