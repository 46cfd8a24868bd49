//! Net asset values in; growth, drawdown and rolling figures over time out.

use types::Date;

use super::chart::{Form, Frame, Line, WIDE, date_axis, extent, lines, value_axis};
use super::scale::{Scale, day_number};
use super::svg::{BENCHMARK, Canvas, LOSS, PORTFOLIO};
use super::{History, Plot};
use crate::drawdown::depths;
use crate::tearsheet::TearsheetInput;
use crate::{PerformanceError, Series, rolling};

/// Growth of 1 on a log scale.
pub(super) fn equity(input: &TearsheetInput) -> Option<Plot> {
    let ours = growth(&input.nav);
    let theirs = input.benchmark.as_ref().map(|b| (b.name.as_str(), growth(&b.nav)));
    let shown = Shown {
        dates: &input.dates,
        ours: &ours,
        theirs: theirs.as_ref().map(|(name, values)| (*name, values.as_slice())),
    };
    let mut canvas = Canvas::new(WIDE, 330.0);
    let frame = Frame::inside(&canvas, 56.0, 118.0);
    let (low, high) = shown.extent()?;
    let y = Scale::log(low * 0.97, high * 1.03, frame.bottom, frame.top);
    shown.draw(&mut canvas, &frame, &y, Form::Factor)?;
    Some(canvas.finish("equity", "Growth of 1, after costs (log scale)"))
}

/// Depth below the highest value so far.
pub(super) fn drawdown(input: &TearsheetInput) -> Option<Plot> {
    let below = |nav: &[f64]| -> Vec<f64> {
        let start = nav.first().copied().unwrap_or(1.0);
        depths(nav, start).into_iter().map(|d| -d).collect()
    };
    let ours = below(&input.nav);
    let theirs = input.benchmark.as_ref().map(|b| (b.name.as_str(), below(&b.nav)));
    let mut canvas = Canvas::new(WIDE, 190.0);
    let frame = Frame::inside(&canvas, 56.0, 118.0);
    let (first, last) = span(&input.dates)?;
    let both = std::iter::once(ours.as_slice()).chain(theirs.iter().map(|t| t.1.as_slice()));
    let (low, _) = extent(both)?;
    let y = Scale::linear(low.min(-0.01) * 1.04, 0.0, frame.bottom, frame.top);
    let x = frame.days(first, last);
    value_axis(&mut canvas, &frame, &y, Form::Percent, 4);
    date_axis(&mut canvas, &frame, first, last);
    shade(&mut canvas, &x, &y, &input.dates, &ours);
    let mut drawn = vec![line("Portfolio", LOSS, 1.1, &input.dates, &ours)];
    if let Some((name, values)) = &theirs {
        drawn.insert(0, line(name, BENCHMARK, 0.9, &input.dates, values));
    }
    lines(&mut canvas, &frame, &x, &y, &drawn);
    Some(canvas.finish("drawdown", "Depth below the peak"))
}

/// A Sharpe ratio over a year beyond this is not drawn.
const BELIEVABLE: f64 = 6.0;

/// Sharpe ratio over the year before each day.
pub(super) fn rolling_sharpe(input: &TearsheetInput, history: &History) -> Option<Plot> {
    let riskless = (1.0 + input.risk_free_annual).powf(1.0 / history.periods_per_year) - 1.0;
    let figure = |returns: &Series| {
        let mut sharpe =
            rolling::sharpe(returns, history.window(), history.periods_per_year, riskless);
        // A year in cash has next to no volatility: what is divided by it is no skill.
        sharpe
            .values
            .iter_mut()
            .filter(|value| value.abs() > BELIEVABLE)
            .for_each(|v| *v = f64::NAN);
        sharpe
    };
    rolled(history, figure, Form::Number, "rolling_sharpe", "Sharpe ratio over the last year")
}

/// Volatility over the year before each day.
pub(super) fn rolling_volatility(_: &TearsheetInput, history: &History) -> Option<Plot> {
    let figure =
        |returns: &Series| rolling::volatility(returns, history.window(), history.periods_per_year);
    rolled(history, figure, Form::Percent, "rolling_volatility", "Volatility over the last year")
}

/// Beta over the year before each day.
pub(super) fn rolling_beta(history: &History) -> Result<Option<Plot>, PerformanceError> {
    let Some(benchmark) = &history.benchmark else {
        return Ok(None);
    };
    let beta = rolling::beta(&history.returns, &benchmark.values, history.window())?;
    let name = format!("Beta to {} over the last year", history.benchmark_name);
    Ok(small(&beta, None, Form::Number, "rolling_beta", &name, 1.0))
}

fn rolled(
    history: &History,
    figure: impl Fn(&Series) -> Series,
    form: Form,
    name: &str,
    title: &str,
) -> Option<Plot> {
    let ours = figure(&history.returns);
    let theirs = history.benchmark.as_ref().map(&figure);
    let named = theirs.as_ref().map(|t| (history.benchmark_name.as_str(), t.values.as_slice()));
    small(&ours, named, form, name, title, 0.0)
}

/// A low chart of a rolling figure that always shows `reference`.
fn small(
    ours: &Series,
    theirs: Option<(&str, &[f64])>,
    form: Form,
    name: &str,
    title: &str,
    reference: f64,
) -> Option<Plot> {
    let shown = Shown { dates: &ours.dates, ours: &ours.values, theirs };
    let (low, high) = shown.extent()?;
    let (low, high) = (low.min(reference), high.max(reference));
    let mut canvas = Canvas::new(WIDE, 190.0);
    let frame = Frame::inside(&canvas, 56.0, 118.0);
    let pad = 0.04 * (high - low).max(1e-6);
    let low = if low >= 0.0 && reference == 0.0 { 0.0 } else { low - pad };
    let y = Scale::linear(low, high + pad, frame.bottom, frame.top);
    shown.draw(&mut canvas, &frame, &y, form)?;
    canvas.rule("axis", (frame.left, y.at(reference)), (frame.right, y.at(reference)));
    Some(canvas.finish(name, title))
}

/// Portfolio and benchmark on the same dates.
struct Shown<'a> {
    dates: &'a [Date],
    ours: &'a [f64],
    theirs: Option<(&'a str, &'a [f64])>,
}

impl Shown<'_> {
    fn extent(&self) -> Option<(f64, f64)> {
        extent(std::iter::once(self.ours).chain(self.theirs.map(|(_, values)| values)))
    }

    fn draw(&self, canvas: &mut Canvas, frame: &Frame, y: &Scale, form: Form) -> Option<()> {
        let (first, last) = span(self.dates)?;
        let x = frame.days(first, last);
        let room = ((frame.bottom - frame.top) / 36.0) as usize;
        value_axis(canvas, frame, y, form, room);
        date_axis(canvas, frame, first, last);
        let mut drawn = Vec::new();
        if let Some((name, values)) = self.theirs {
            drawn.push(line(name, BENCHMARK, 1.1, self.dates, values));
        }
        drawn.push(line("Portfolio", PORTFOLIO, 1.5, self.dates, self.ours));
        lines(canvas, frame, &x, y, &drawn);
        Some(())
    }
}

fn line<'a>(
    name: &'a str,
    colour: &'a str,
    width: f64,
    dates: &'a [Date],
    values: &'a [f64],
) -> Line<'a> {
    Line { name, colour, width, dates, values }
}

/// Fills between nought and the line, one column for each pixel or two.
fn shade(canvas: &mut Canvas, x: &Scale, y: &Scale, dates: &[Date], values: &[f64]) {
    let mut columns: Vec<(f64, f64)> = Vec::new();
    for (&date, &value) in dates.iter().zip(values) {
        let at = (x.at(day_number(date)) / 1.5).floor() * 1.5;
        match columns.last_mut() {
            Some(last) if last.0 == at => last.1 = last.1.max(y.at(value)),
            _ => columns.push((at, y.at(value))),
        }
    }
    if let (Some(first), Some(last)) = (columns.first().copied(), columns.last().copied()) {
        columns.insert(0, (first.0, y.at(0.0)));
        columns.push((last.0, y.at(0.0)));
        canvas.area(&columns, LOSS, 0.22);
    }
}

fn growth(nav: &[f64]) -> Vec<f64> {
    let start = nav.first().copied().unwrap_or(1.0);
    nav.iter().map(|value| value / start).collect()
}

/// The first and last day, if there are two.
pub(super) fn span(dates: &[Date]) -> Option<(Date, Date)> {
    let (first, last) = (*dates.first()?, *dates.last()?);
    (first < last).then_some((first, last))
}
