//! A tree of clusters in, its drawing out.

use super::Plot;
use super::chart::{Form, Frame, WIDE, value_axis};
use super::scale::Scale;
use super::svg::{Anchor, Canvas, MUTED, shortened, text_width};
use super::weights::CATEGORIES;

/// The tree of `symbols`: leaves in `order`, and `joins` as (left, right, distance), nearest first,
/// where numbers from the count of symbols on are earlier joins. Joins inside one of the `clusters`
/// (a number for each symbol) have its colour. `None` unless every symbol is in one tree.
pub fn dendrogram(
    symbols: &[String],
    order: &[usize],
    joins: &[(usize, usize, f64)],
    clusters: &[usize],
) -> Option<Plot> {
    let n = symbols.len();
    if n < 2 || order.len() != n || joins.len() != n - 1 || clusters.len() != n {
        return None;
    }
    let names: Vec<String> = symbols.iter().map(|name| shortened(name, 12)).collect();
    let slot = ((WIDE - 76.0) / n as f64).min(80.0);
    let crowded = names.iter().any(|name| text_width(name, 10.5) + 6.0 > slot);
    // Names that would overlap stand in as many rows as it takes, if those are few.
    let widest = names.iter().map(|name| text_width(name, 10.5)).fold(0.0, f64::max);
    let levels = if crowded { ((widest + 6.0) / slot).ceil() as usize } else { 1 };
    let named = levels <= 6;
    let below = if named { 14.0 * levels as f64 + 10.0 } else { 12.0 };
    let mut canvas = Canvas::new(WIDE, 300.0 + below);
    let mut frame = Frame::inside(&canvas, 56.0, 20.0);
    frame.bottom = 300.0;
    let highest = joins.iter().fold(1e-9_f64, |most, join| most.max(join.2));
    let y = Scale::linear(0.0, highest * 1.04, frame.bottom, frame.top);
    value_axis(&mut canvas, &frame, &y, Form::Number, 6);
    canvas.rule("axis", (frame.left, frame.bottom), (frame.right, frame.bottom));
    let mut places = vec![(0.0, 0.0, None); 2 * n - 1];
    for (at, &leaf) in order.iter().enumerate() {
        let x = frame.left + slot * (at as f64 + 0.5);
        places[leaf] = (x, 0.0, Some(*clusters.get(leaf)?));
        if named {
            let base = frame.bottom + 16.0 + 14.0 * (at % levels) as f64;
            canvas.remark((x, base), Anchor::Middle, 10.5, &names[leaf]);
        }
    }
    for (join, &(left, right, height)) in joins.iter().enumerate() {
        let (a, b) = (*places.get(left)?, *places.get(right)?);
        let cluster = if a.2 == b.2 { a.2 } else { None };
        let colour = cluster.map_or(MUTED, |cluster| CATEGORIES[cluster % CATEGORIES.len()]);
        let top = y.at(height);
        canvas.path(&[(a.0, y.at(a.1)), (a.0, top), (b.0, top), (b.0, y.at(b.1))], colour, 1.5);
        places[n + join] = ((a.0 + b.0) / 2.0, height, cluster);
    }
    Some(canvas.finish("dendrogram", "Clusters of assets by correlation (height: distance)"))
}
