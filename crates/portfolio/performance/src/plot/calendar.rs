//! Returns in; a heat map of months and bars of years out.

use super::bars::{Bars, Set};
use super::chart::WIDE;
use super::svg::{Anchor, BENCHMARK, Canvas, PORTFOLIO};
use super::{History, Plot};
use crate::tearsheet::TearsheetInput;
use crate::{PerformanceError, monthly_returns, yearly_returns};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ROW: f64 = 17.0;
const TOP: f64 = 24.0;
const LEFT: f64 = 56.0;

/// Returns of calendar months, coloured from loss to gain.
pub(super) fn monthly(history: &History) -> Option<Plot> {
    let rows = monthly_returns(&history.returns);
    if rows.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(WIDE, TOP + ROW * rows.len() as f64 + 6.0);
    let column = (WIDE - LEFT - 20.0) / 13.3;
    for (m, name) in MONTHS.iter().enumerate() {
        let at = (LEFT + (m as f64 + 0.5) * column, TOP - 9.0);
        canvas.remark(at, Anchor::Middle, 11.0, name);
    }
    canvas.remark((LEFT + 12.8 * column, TOP - 9.0), Anchor::Middle, 11.0, "Year");
    let bound = typical(rows.iter().flat_map(|row| row.months.iter().flatten().copied()));
    let yearly_bound = typical(rows.iter().map(|row| row.year_return));
    for (i, row) in rows.iter().enumerate() {
        let top = TOP + ROW * i as f64;
        let year = row.year.to_string();
        canvas.remark((LEFT - 8.0, top + 12.2), Anchor::End, 11.0, &year);
        for (m, value) in row.months.iter().enumerate() {
            if let Some(value) = value {
                cell(&mut canvas, (LEFT + m as f64 * column, top), column, *value, bound);
            }
        }
        let at = (LEFT + 12.3 * column, top);
        cell(&mut canvas, at, column, row.year_return, yearly_bound);
    }
    Some(canvas.finish("monthly", "Monthly returns, per cent"))
}

/// Portfolio and benchmark by calendar year.
pub(super) fn yearly(
    input: &TearsheetInput,
    history: &History,
) -> Result<Option<Plot>, PerformanceError> {
    let theirs = history.benchmark.as_ref().map(|b| b.values.as_slice());
    let rows = yearly_returns(&history.returns, theirs, input.periods_per_year)?;
    let mut sets = vec![Set {
        name: "Portfolio".to_owned(),
        colour: PORTFOLIO,
        values: rows.iter().map(|row| row.portfolio).collect(),
    }];
    if theirs.is_some() {
        sets.push(Set {
            name: history.benchmark_name.clone(),
            colour: BENCHMARK,
            values: rows.iter().map(|row| row.benchmark.unwrap_or(f64::NAN)).collect(),
        });
    }
    let bars = Bars {
        labels: rows.iter().map(|row| row.year.to_string()).collect(),
        sets,
        stacked: false,
        percent: true,
    };
    Ok(bars.draw(WIDE, 230.0, "yearly", "Yearly returns"))
}

fn cell(canvas: &mut Canvas, at: (f64, f64), width: f64, value: f64, bound: f64) {
    let strength = (value / bound).clamp(-1.0, 1.0);
    canvas.rect(at, (width - 1.5, ROW - 1.5), &diverging(strength));
    let ink = if strength.abs() > 0.62 { "#ffffff" } else { "#2b2f36" };
    let text = super::signed(&format!("{:.1}", 100.0 * value));
    let middle = (at.0 + (width - 1.5) / 2.0, at.1 + 11.7);
    canvas.label(middle, Anchor::Middle, 10.5, ink, &text);
}

/// The size that nine in ten values stay under, so that one crash does not bleach the rest.
fn typical(values: impl Iterator<Item = f64>) -> f64 {
    let sizes: Vec<f64> = values.map(f64::abs).collect();
    crate::statistics::quantile(&sizes, 0.9).unwrap_or(0.0).max(0.005)
}

/// Red for −1, near white for 0, blue for 1.
pub(super) fn diverging(strength: f64) -> String {
    let end = if strength < 0.0 { [184.0, 62.0, 48.0] } else { [38.0, 98.0, 162.0] };
    let share = strength.abs().powf(0.85);
    let mix = |k: usize| {
        let pale = [246.0, 246.0, 244.0][k];
        (pale + share * (end[k] - pale)).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}
