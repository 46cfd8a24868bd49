//! A tearsheet's data in, its plots as standalone SVG out.
//!
//! Use [`plots`] for pictures to embed or to rasterise; the tearsheet holds the same ones. Every
//! plot is plain shapes and text with its own colours, so it needs no style sheet, script or font
//! file; the classes `ink`, `muted`, `grid`, `axis` and `page` let a page recolour it for the dark.
//! A plot whose data is missing is left out.

mod bars;
mod calendar;
mod chart;
mod contributions;
mod dendrogram;
mod drift;
mod frontier;
mod history;
mod scale;
mod svg;
mod weights;

use serde::{Deserialize, Serialize};

use crate::tearsheet::{Frontier, TearsheetInput};
use crate::{PerformanceError, Series};
pub use contributions::risk_contributions;
pub use dendrogram::dendrogram;
pub(crate) use svg::escape;
pub use weights::frontier_weights;

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plot {
    /// Stable name, fit for a file: `equity`.
    pub name: String,
    /// What it shows, in words.
    pub title: String,
    /// A complete SVG document.
    pub svg: String,
}

/// Every plot for which `input` has data, in the order of the tearsheet.
///
/// Errors when `input` contradicts itself ([`TearsheetInput`] says how it must fit together).
pub fn plots(input: &TearsheetInput) -> Result<Vec<Plot>, PerformanceError> {
    input.check()?;
    let history = input.history()?;
    let drawn = [
        history::equity(input),
        history::drawdown(input),
        weights::weights(input),
        weights::exposure(input),
        calendar::monthly(&history),
        calendar::yearly(input, &history)?,
        history::rolling_sharpe(input, &history),
        history::rolling_volatility(input, &history),
        history::rolling_beta(&history)?,
        bars::attribution(input),
        bars::attribution_by_year(input),
        bars::costs(input),
        bars::turnover(input),
        frontier::frontier(input),
        drift::drift(input),
    ];
    Ok(drawn.into_iter().flatten().collect())
}

/// The plane of volatility and expected return: the frontier, the assets, and the portfolio that was
/// chosen. `span` says over what time both are: `a year`. `None` without points and assets.
pub fn frontier_plane(frontier: &Frontier, span: &str) -> Option<Plot> {
    frontier::plane(frontier, span)
}

/// The returns of a tearsheet, computed once for all plots and tables.
pub(crate) struct History {
    /// Portfolio returns.
    pub returns: Series,
    /// Benchmark returns on the same dates.
    pub benchmark: Option<Series>,
    /// The benchmark's name.
    pub benchmark_name: String,
    /// Periods in a year.
    pub periods_per_year: f64,
}

impl History {
    /// One year of periods, for the rolling figures.
    pub fn window(&self) -> usize {
        (self.periods_per_year.round() as usize).max(2)
    }
}

/// A typographic minus for a number as text, and none before nought.
pub(crate) fn signed(text: &str) -> String {
    let nought = !text.chars().any(|c| c.is_ascii_digit() && c != '0');
    text.replace('-', if nought { "" } else { "−" })
}

/// A whole number with commas between thousands.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let sign = if value < 0.0 && digits != "0" { "−" } else { "" };
    format!("{sign}{text}")
}
