//! Lines over time in, a framed chart with ticks and direct labels out.

use types::Date;

use super::scale::{Scale, date_ticks, day_number, number, percent};
use super::svg::{Anchor, Canvas, shortened};

/// The full width of a page.
pub(super) const WIDE: f64 = 920.0;
/// Half of it, less the gap.
pub(super) const HALF: f64 = 450.0;

/// The rectangle that holds the data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Frame {
    /// A frame inside a canvas, with `left` and `right` pixels for tick texts and labels.
    pub fn inside(canvas: &Canvas, left: f64, right: f64) -> Self {
        Self { left, right: canvas.width - right, top: 12.0, bottom: canvas.height - 24.0 }
    }

    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Pixels of the days between `first` and `last`.
    pub fn days(&self, first: Date, last: Date) -> Scale {
        Scale::linear(day_number(first), day_number(last), self.left, self.right)
    }
}

/// How the values of an axis are written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Percent,
    Number,
    /// A growth factor: `20×`.
    Factor,
}

impl Form {
    fn text(self, value: f64, step: f64) -> String {
        match self {
            Form::Percent => percent(value, step),
            Form::Number => number(value, step),
            Form::Factor => format!("{}×", number(value, step.min(value))),
        }
    }
}

/// One line with its name.
pub(super) struct Line<'a> {
    pub name: &'a str,
    pub colour: &'a str,
    pub width: f64,
    pub dates: &'a [Date],
    pub values: &'a [f64],
}

impl Line<'_> {
    fn pixels(&self, x: &Scale, y: &Scale) -> Vec<(f64, f64)> {
        let days = self.dates.iter().map(|&date| x.at(day_number(date)));
        let points: Vec<(f64, f64)> = days.zip(self.values.iter().map(|&v| y.at(v))).collect();
        thinned(&points)
    }
}

/// Horizontal grid lines with their values.
pub(super) fn value_axis(canvas: &mut Canvas, frame: &Frame, y: &Scale, form: Form, count: usize) {
    let ticks = y.ticks(count);
    let step = ticks.windows(2).map(|t| t[1] - t[0]).fold(f64::MAX, f64::min);
    let step = if step == f64::MAX { 1.0 } else { step };
    for value in ticks {
        let at = y.at(value);
        canvas.rule("grid", (frame.left, at), (frame.right, at));
        let text = form.text(value, step);
        canvas.remark((frame.left - 7.0, at + 3.8), Anchor::End, 11.0, &text);
    }
}

/// Years or months along the bottom.
pub(super) fn date_axis(canvas: &mut Canvas, frame: &Frame, first: Date, last: Date) {
    let x = frame.days(first, last);
    canvas.rule("axis", (frame.left, frame.bottom), (frame.right, frame.bottom));
    for (date, text) in date_ticks(first, last) {
        let at = x.at(day_number(date));
        canvas.rule("axis", (at, frame.bottom), (at, frame.bottom + 4.0));
        canvas.remark((at, frame.bottom + 17.0), Anchor::Middle, 11.0, &text);
    }
}

/// Draws lines and their names at the right end, moved apart where they would overlap.
pub(super) fn lines(canvas: &mut Canvas, frame: &Frame, x: &Scale, y: &Scale, lines: &[Line<'_>]) {
    for line in lines {
        canvas.path(&line.pixels(x, y), line.colour, line.width);
    }
    let mut ends: Vec<(f64, &Line<'_>)> = lines
        .iter()
        .filter_map(|line| {
            let last = line.values.iter().rev().find(|v| v.is_finite())?;
            Some((y.at(*last), line))
        })
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let heights: Vec<f64> = ends.iter().map(|(at, _)| *at).collect();
    for (at, (_, line)) in apart(&heights, 14.0, frame).into_iter().zip(ends) {
        let name = shortened(line.name, 15);
        canvas.label((frame.right + 7.0, at + 4.0), Anchor::Start, 11.0, line.colour, &name);
    }
}

/// Sorted positions moved to keep `gap` between neighbours, inside the frame where possible.
fn apart(heights: &[f64], gap: f64, frame: &Frame) -> Vec<f64> {
    let mut placed = heights.to_vec();
    for i in 1..placed.len() {
        placed[i] = placed[i].max(placed[i - 1] + gap);
    }
    let mut floor = frame.bottom;
    for at in placed.iter_mut().rev() {
        *at = at.min(floor);
        floor = *at - gap;
    }
    placed
}

/// The smallest and largest finite value of several slices.
pub(super) fn extent<'a>(slices: impl IntoIterator<Item = &'a [f64]>) -> Option<(f64, f64)> {
    let finite = slices.into_iter().flatten().filter(|v| v.is_finite());
    finite.fold(None, |range, &v| match range {
        None => Some((v, v)),
        Some((low, high)) => Some((f64::min(low, v), f64::max(high, v))),
    })
}

/// The same line with at most four points for each pixel column: first, lowest, highest and last,
/// so that no peak is lost. Points that are not finite stay, as breaks.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() < 1500 {
        return points.to_vec();
    }
    let mut kept: Vec<(f64, f64)> = Vec::new();
    let same = |a: &(f64, f64), b: &(f64, f64)| {
        (a.0 / 1.5).floor() == (b.0 / 1.5).floor() && a.1.is_finite() == b.1.is_finite()
    };
    for column in points.chunk_by(same) {
        let by_height = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        let mut chosen = vec![0, column.len() - 1];
        chosen.extend((0..column.len()).min_by(by_height));
        chosen.extend((0..column.len()).max_by(by_height));
        chosen.sort_unstable();
        chosen.dedup();
        kept.extend(chosen.into_iter().map(|i| column[i]));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_peaks_and_breaks() {
        let mut points: Vec<(f64, f64)> = (0..8000).map(|i| (f64::from(i) * 0.1, 1.0)).collect();
        points[4321].1 = 9.0;
        points[5000].1 = f64::NAN;
        let kept = thinned(&points);
        assert!(kept.len() < 2500, "{}", kept.len());
        assert!(kept.contains(&points[4321]));
        assert!(kept.iter().any(|p| p.1.is_nan()));
    }

    #[test]
    fn labels_keep_their_distance() {
        let frame = Frame { left: 0.0, right: 1.0, top: 0.0, bottom: 100.0 };
        assert_eq!(apart(&[95.0, 96.0], 14.0, &frame), [86.0, 100.0]);
    }
}
