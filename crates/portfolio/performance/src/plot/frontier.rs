//! Risk and return of portfolios and assets in, a plane with the frontier out.

use super::Plot;
use super::chart::{Form, Frame, WIDE, extent, value_axis};
use super::scale::{Scale, percent};
use super::svg::{Anchor, Canvas, INK, MUTED, PORTFOLIO, shortened, text_width};
use crate::tearsheet::{Asset, Frontier, RiskReturn, TearsheetInput};

/// The frontier at the last decision, with the assets and the portfolio that was chosen.
pub(super) fn frontier(input: &TearsheetInput) -> Option<Plot> {
    plane(input.frontier.as_ref()?, "a year")
}

/// The plane of risk and return, both over the time that `span` names.
pub(super) fn plane(frontier: &Frontier, span: &str) -> Option<Plot> {
    let assets: Vec<Mark> = frontier.assets.iter().map(|asset| mark(frontier, asset)).collect();
    let marks = assets.iter().map(|mark| mark.at);
    let all: Vec<_> = marks.chain(frontier.points.iter().copied()).chain(frontier.chosen).collect();
    let risks: Vec<f64> = all.iter().map(|p| p.volatility).collect();
    let returns: Vec<f64> = all.iter().map(|p| p.expected_return).collect();
    let ((_, right), (low, high)) = (extent([risks.as_slice()])?, extent([returns.as_slice()])?);
    let mut canvas = Canvas::new(WIDE, 360.0);
    let mut frame = Frame::inside(&canvas, 56.0, 20.0);
    frame.bottom -= 16.0;
    let pad = 0.06 * (high - low).max(1e-6);
    let y = Scale::linear((low - pad).min(0.0), high + pad, frame.bottom, frame.top);
    let x = Scale::linear(0.0, right * 1.08, frame.left, frame.right);
    value_axis(&mut canvas, &frame, &y, Form::Percent, 6);
    risk_axis(&mut canvas, &frame, &x, span);
    let curve: Vec<(f64, f64)> =
        frontier.points.iter().map(|p| (x.at(p.volatility), y.at(p.expected_return))).collect();
    canvas.path(&curve, PORTFOLIO, 1.8);
    let mut placed = Placed { taken: Vec::new(), frame };
    for &(x, y) in &curve {
        placed.taken.push((x - 2.0, y - 2.0, x + 2.0, y + 2.0));
    }
    for asset in &assets {
        placed.reserve((x.at(asset.at.volatility), y.at(asset.at.expected_return)));
    }
    if let Some(chosen) = frontier.chosen {
        let at = (x.at(chosen.volatility), y.at(chosen.expected_return));
        diamond(&mut canvas, at);
        placed.reserve(at);
        placed.write(&mut canvas, at, "Portfolio", INK);
    }
    for asset in &assets {
        let at = (x.at(asset.at.volatility), y.at(asset.at.expected_return));
        canvas.disc(at, 2.8, "#8a93a0");
        placed.write(&mut canvas, at, &asset.label, MUTED);
    }
    let title = format!("Efficient frontier on {}", frontier.as_of);
    Some(canvas.finish("frontier", &title))
}

/// An asset as it is drawn.
struct Mark {
    at: RiskReturn,
    label: String,
}

/// One wild expected return must not flatten the frontier: an asset further from it than twice its
/// height (or 20 points) is drawn at that distance, with the true figure beside its name.
fn mark(frontier: &Frontier, asset: &Asset) -> Mark {
    let returns = frontier.points.iter().chain(&frontier.chosen).map(|p| p.expected_return);
    let (low, high) = returns.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let name = shortened(&asset.name, 14);
    let true_return = asset.at.expected_return;
    let reach = (2.0 * (high - low)).max(0.2);
    if low > high || (low - reach..=high + reach).contains(&true_return) {
        return Mark { at: asset.at, label: name };
    }
    let expected_return = true_return.clamp(low - reach, high + reach);
    Mark {
        at: RiskReturn { expected_return, ..asset.at },
        label: format!("{name} ({})", percent(true_return, 0.01)),
    }
}

fn risk_axis(canvas: &mut Canvas, frame: &Frame, x: &Scale, span: &str) {
    canvas.rule("axis", (frame.left, frame.bottom), (frame.right, frame.bottom));
    let ticks = x.ticks(9);
    let step = ticks.windows(2).map(|t| t[1] - t[0]).fold(1.0, f64::min);
    for value in ticks {
        let at = (x.at(value), frame.bottom + 17.0);
        canvas.remark(at, Anchor::Middle, 11.0, &percent(value, step));
    }
    let name = format!("volatility {span} (across), expected return {span} (up)");
    canvas.remark((frame.right, frame.bottom + 34.0), Anchor::End, 10.5, &name);
}

fn diamond(canvas: &mut Canvas, (x, y): (f64, f64)) {
    canvas.area(&[(x - 7.0, y), (x, y - 7.0), (x + 7.0, y), (x, y + 7.0)], "#d1603d", 1.0);
}

/// Where marks and names are already.
struct Placed {
    taken: Vec<(f64, f64, f64, f64)>,
    frame: Frame,
}

impl Placed {
    fn reserve(&mut self, (x, y): (f64, f64)) {
        self.taken.push((x - 4.0, y - 4.0, x + 4.0, y + 4.0));
    }

    /// Writes a name beside its mark at the first of eight places that is free; none, none.
    fn write(&mut self, canvas: &mut Canvas, (x, y): (f64, f64), name: &str, colour: &str) {
        let width = text_width(name, 10.5);
        let places = [
            (x + 8.0, y + 4.0),
            (x - width - 8.0, y + 4.0),
            (x - width / 2.0, y - 8.0),
            (x - width / 2.0, y + 17.0),
            (x + 6.0, y - 6.0),
            (x + 6.0, y + 14.0),
            (x - width - 6.0, y - 6.0),
            (x - width - 6.0, y + 14.0),
        ];
        for (left, base) in places {
            let wanted = (left, base - 9.0, left + width, base + 2.0);
            let inside = wanted.0 > self.frame.left && wanted.2 < self.frame.right;
            if inside && !self.taken.iter().any(|other| overlap(other, &wanted)) {
                self.taken.push(wanted);
                if colour == INK {
                    canvas.text((left, base), Anchor::Start, 10.5, name);
                } else {
                    canvas.remark((left, base), Anchor::Start, 10.5, name);
                }
                return;
            }
        }
    }
}

fn overlap(a: &(f64, f64, f64, f64), b: &(f64, f64, f64, f64)) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}
