//! Jumps overnight that look like a split which was not taken out of the prices.
//!
//! A heuristic, so its findings are warnings. A jump is reported if it is larger than 30 %, far
//! outside the stock's usual moves, close to the ratio of a common split, and on a day for which no
//! split is known.

use types::{Date, Symbol};

use crate::check::about;
use crate::{ActionKind, CorporateAction, Finding, FindingKind, Series};

/// New shares for old ones, as companies do it; whole ratios also the other way round.
const RATIOS: [(u32, u32); 14] = [
    (3, 2),
    (2, 1),
    (3, 1),
    (4, 1),
    (5, 1),
    (6, 1),
    (7, 1),
    (8, 1),
    (10, 1),
    (15, 1),
    (20, 1),
    (25, 1),
    (30, 1),
    (50, 1),
];
/// Smaller moves are not looked at.
const MIN_MOVE: f64 = 0.30;
/// Days on either side that show what moves are usual.
const NEIGHBOURS: usize = 63;
/// The typical daily move of a stock too young to show one.
const ASSUMED_MOVE: f64 = 0.02;
/// A jump of fewer typical moves may be news.
const UNUSUAL: f64 = 8.0;

/// The suspicious days of one series.
pub(crate) fn unadjusted(
    symbol: &Symbol,
    series: &Series,
    actions: &[CorporateAction],
) -> Vec<Finding> {
    let Some(closes) = series.field("close") else {
        return Vec::new();
    };
    let opens = series.field("open").unwrap_or(closes);
    (1..closes.len())
        .filter_map(|row| {
            // Overnight: from the close to the next open, where there is one.
            let to = if opens[row] > 0.0 { opens[row] } else { closes[row] };
            let ratio = to / closes[row - 1];
            let (new, old) = suspect(ratio, closes, row)?;
            let date = series.dates[row];
            (!is_known(actions, symbol, date)).then(|| {
                let message = format!(
                    "{:+.1} % overnight looks like a {new}:{old} split that was not taken out",
                    (ratio - 1.0) * 100.0
                );
                about(symbol, date, FindingKind::UnadjustedSplit, message)
            })
        })
        .collect()
}

fn is_known(actions: &[CorporateAction], symbol: &Symbol, date: Date) -> bool {
    actions.iter().any(|action| {
        action.symbol == *symbol
            && action.ex_date == date
            && matches!(action.kind, ActionKind::Split { .. })
    })
}

/// The split that explains a price ratio, if a split is the likeliest explanation.
fn suspect(ratio: f64, closes: &[f64], row: usize) -> Option<(u32, u32)> {
    if !ratio.is_finite() || ratio <= 0.0 || (ratio - 1.0).abs() <= MIN_MOVE {
        return None;
    }
    let typical = typical_move(closes, row);
    if ratio.ln().abs() <= UNUSUAL * typical {
        return None;
    }
    let tolerance = (2.0 * typical).clamp(0.01, 0.05);
    RATIOS
        .into_iter()
        .flat_map(|(new, old)| [Some((new, old)), (old == 1).then_some((old, new))])
        .flatten()
        .map(|(new, old)| ((ratio * f64::from(new) / f64::from(old)).ln().abs(), (new, old)))
        .filter(|(rest, _)| *rest <= tolerance)
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, split)| split)
}

/// The standard deviation of daily log returns around a row, from their median size, which neither
/// the jump itself nor any other one changes. For a normal distribution the two differ by 1.4826.
fn typical_move(closes: &[f64], row: usize) -> f64 {
    let from = row.saturating_sub(NEIGHBOURS).max(1);
    let to = (row + NEIGHBOURS).min(closes.len() - 1);
    let mut sizes: Vec<f64> = (from..=to)
        .filter(|other| *other != row)
        .map(|other| (closes[other] / closes[other - 1]).ln().abs())
        .filter(|size| size.is_finite())
        .collect();
    if sizes.len() < 10 {
        return ASSUMED_MOVE;
    }
    sizes.sort_by(f64::total_cmp);
    1.4826 * sizes[sizes.len() / 2]
}
