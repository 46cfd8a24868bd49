//! Population stability of features over time in, a heat map with the alarm out.

use super::Plot;
use super::chart::{Frame, WIDE, date_axis};
use super::history::span;
use super::scale::{day_number, number};
use super::svg::{Anchor, Canvas, shortened, text_width};
use crate::tearsheet::{Drift, TearsheetInput};

const ROW: f64 = 17.0;
const TOP: f64 = 28.0;
const COLUMNS: usize = 240;
/// Calm to alarmed, in parts of the threshold; 0.1 of the usual 0.25 is where change begins.
const STEPS: [(f64, &str); 4] =
    [(0.0, "#e6edf4"), (0.4, "#9dbfdd"), (1.0, "#ef9f45"), (2.0, "#c8433a")];

/// The drift of each feature, one row each, alarms in warm colours.
pub(super) fn drift(input: &TearsheetInput) -> Option<Plot> {
    let drift = input.drift.as_ref()?;
    let (first, last) = span(&drift.dates)?;
    let mut canvas = Canvas::new(WIDE, TOP + ROW * drift.features.len() as f64 + 26.0);
    let longest = drift.features.iter().map(|f| f.chars().count().min(26)).max()?;
    let left = (text_width(&"m".repeat(longest), 11.0) + 14.0).max(56.0);
    let mut frame = Frame::inside(&canvas, left, 20.0);
    frame.top = TOP;
    for (i, feature) in drift.features.iter().enumerate() {
        let top = TOP + ROW * i as f64;
        let at = (left - 8.0, top + 12.2);
        canvas.remark(at, Anchor::End, 11.0, &shortened(feature, 26));
        row(&mut canvas, &frame, drift, i, top);
    }
    date_axis(&mut canvas, &frame, first, last);
    legend(&mut canvas, left, drift.alarm);
    Some(canvas.finish("drift", "Feature drift against the training window (PSI)"))
}

/// Runs of the same colour as one rectangle each.
fn row(canvas: &mut Canvas, frame: &Frame, drift: &Drift, feature: usize, top: f64) {
    let buckets = drift.dates.len().min(COLUMNS);
    let colours: Vec<Option<&str>> = (0..buckets)
        .map(|k| {
            let (from, to) =
                (k * drift.dates.len() / buckets, (k + 1) * drift.dates.len() / buckets);
            let worst = drift.psi[from..to].iter().filter_map(|row| row[feature]);
            worst.reduce(f64::max).map(|psi| colour(psi / drift.alarm))
        })
        .collect();
    let x = frame.days(drift.dates[0], drift.dates[drift.dates.len() - 1]);
    let edge = |k: usize| match drift.dates.get(k * drift.dates.len() / buckets) {
        Some(&date) => x.at(day_number(date)),
        None => frame.right,
    };
    let mut start = 0;
    for run in colours.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        if let Some(colour) = run[0] {
            canvas.rect((edge(start), top), (edge(end) - edge(start), ROW - 2.0), colour);
        }
        start = end;
    }
}

fn colour(of_alarm: f64) -> &'static str {
    let reached = STEPS.iter().rev().find(|(least, _)| of_alarm >= *least);
    reached.map_or(STEPS[0].1, |step| step.1)
}

fn legend(canvas: &mut Canvas, left: f64, alarm: f64) {
    let mut at = left;
    for (k, (least, colour)) in STEPS.iter().enumerate() {
        let word = if k == 2 { " alarm" } else { "" };
        let text = format!("≥ {}{word}", number(least * alarm, 0.01));
        canvas.rect((at, 6.0), (18.0, 10.0), colour);
        canvas.remark((at + 23.0, 15.0), Anchor::Start, 10.5, &text);
        at += 23.0 + text_width(&text, 10.5) + 14.0;
    }
}
