//! The parts of the report: data and pictures in, fragments of HTML out.

use super::TearsheetInput;
use super::html::{Pictures, section};
use super::tables::{Cell, facts, figure, plain, table, table_with_sum, words};
use crate::metrics::{Group, Unit, catalogue, format_value};
use crate::plot::{escape, signed, thousands};
use crate::{PerformanceError, Series, drawdown_periods, yearly_returns};

const DRAWDOWNS: usize = 8;

/// Title, span and currency.
pub(super) fn header(input: &TearsheetInput) -> String {
    let (first, last) = (input.dates[0], input.dates[input.dates.len() - 1]);
    let against = input.benchmark.as_ref();
    let against = against.map_or_else(String::new, |b| format!(" · against {}", b.name));
    let line = format!(
        "{first} to {last} · {} valuation days · {}{against} · after costs",
        thousands(input.dates.len() as f64),
        input.currency,
    );
    format!(
        "<header>\n<h1>{}</h1>\n<p class=\"quiet\">{}</p>\n</header>\n",
        escape(&input.title),
        escape(&line)
    )
}

/// The figures that are asked for first.
pub(super) fn headline(input: &TearsheetInput) -> String {
    let last = input.nav[input.nav.len() - 1];
    let mut cards =
        vec![(compact(last), format!("{}, from {}", input.currency, compact(input.nav[0])))];
    let known = [
        ("cagr", "growth a year", Unit::Fraction),
        ("volatility", "volatility a year", Unit::Fraction),
        ("sharpe", "Sharpe ratio", Unit::Number),
        ("max_drawdown", "maximum drawdown", Unit::Fraction),
        ("active_return", "active return a year", Unit::Fraction),
        ("tracking_error", "tracking error", Unit::Fraction),
        ("information_ratio", "information ratio", Unit::Number),
        ("beta", "beta", Unit::Number),
    ];
    for (id, name, unit) in known {
        if let Some(value) = input.metric(id) {
            cards.push((brief(value, unit), name.to_owned()));
        }
    }
    cards.extend(trading_card(input));
    let cells = cards.iter().map(|(value, name)| {
        let (value, name) = (escape(value), escape(name));
        format!("<div class=\"card\"><b>{value}</b><span>{name}</span></div>\n")
    });
    format!("<div class=\"cards\">\n{}</div>\n", cells.collect::<String>())
}

/// An amount in four digits or so: `189.4 m`.
fn compact(value: f64) -> String {
    match value {
        v if v >= 1e9 => format!("{:.2} bn", v / 1e9),
        v if v >= 1e6 => format!("{:.2} m", v / 1e6),
        v => thousands(v),
    }
}

fn brief(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Fraction if value.abs() < 10.0 => signed(&format!("{:.1}%", 100.0 * value)),
        Unit::Number => signed(&format!("{value:.2}")),
        _ => format_value(Some(value), unit),
    }
}

fn trading_card(input: &TearsheetInput) -> Option<(String, String)> {
    let turnover: f64 = input.decisions.iter().map(|d| d.turnover).sum();
    (!input.decisions.is_empty()).then(|| {
        (brief(turnover / years(input), Unit::Fraction), "turnover a year, one way".to_owned())
    })
}

fn years(input: &TearsheetInput) -> f64 {
    let days = input.dates[input.dates.len() - 1] - input.dates[0];
    (days.num_days().max(1)) as f64 / 365.25
}

/// Growth and drawdown.
pub(super) fn growth(pictures: &Pictures) -> String {
    section("Growth", &(pictures.figure("equity") + &pictures.figure("drawdown")))
}

/// What was held.
pub(super) fn holdings(pictures: &Pictures) -> String {
    section("Holdings", &(pictures.figure("weights") + &pictures.figure("exposure")))
}

/// Months and years.
pub(super) fn calendar(
    input: &TearsheetInput,
    pictures: &Pictures,
) -> Result<String, PerformanceError> {
    let content = pictures.figure("monthly") + &pictures.figure("yearly") + &yearly_table(input)?;
    Ok(section("Calendar returns", &content))
}

fn yearly_table(input: &TearsheetInput) -> Result<String, PerformanceError> {
    let history = input.history()?;
    let benchmark = history.benchmark.as_ref().map(|b| b.values.as_slice());
    let rows = yearly_returns(&history.returns, benchmark, input.periods_per_year)?;
    let percent = |value: Option<f64>| {
        figure(value.map_or_else(|| "–".to_owned(), |v| brief(v, Unit::Fraction)))
    };
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let mut cells = vec![words(row.year.to_string()), percent(Some(row.portfolio))];
            if benchmark.is_some() {
                cells.push(percent(row.benchmark));
                cells.push(percent(row.benchmark.map(|b| row.portfolio - b)));
            }
            cells.extend([percent(row.volatility), percent(Some(row.max_drawdown))]);
            cells
        })
        .collect();
    let mut headings = vec!["Year", "Portfolio"];
    if benchmark.is_some() {
        headings.extend([history.benchmark_name.as_str(), "Active"]);
    }
    headings.extend(["Volatility", "Max fall"]);
    Ok(columns(&headings, &rows))
}

/// One table, or two side by side when it is long.
fn columns(headings: &[&str], rows: &[Vec<Cell>]) -> String {
    if rows.len() <= 10 {
        return table(headings, rows);
    }
    let (left, right) = rows.split_at(rows.len().div_ceil(2));
    let both = [table(headings, left), table(headings, right)];
    format!("<div class=\"pair\">\n{}</div>\n", both.concat())
}

/// Rolling figures and the worst drawdowns.
pub(super) fn risk(input: &TearsheetInput, pictures: &Pictures) -> String {
    let rolling = ["rolling_sharpe", "rolling_volatility", "rolling_beta"];
    let drawn: String = rolling.iter().map(|name| pictures.figure(name)).collect();
    section("Risk over time", &(drawn + &drawdown_table(input)))
}

fn drawdown_table(input: &TearsheetInput) -> String {
    let nav = Series { dates: input.dates.clone(), values: input.nav.clone() };
    let rows: Vec<_> = drawdown_periods(&nav, DRAWDOWNS)
        .iter()
        .map(|fall| {
            vec![
                plain(brief(fall.depth, Unit::Fraction)),
                plain(fall.start.to_string()),
                plain(fall.trough.to_string()),
                plain(fall.recovery.map_or_else(|| "not yet".to_owned(), |d| d.to_string())),
                plain(thousands((fall.trough - fall.start).num_days() as f64)),
                plain(fall.recovery_days().map_or_else(|| "–".to_owned(), |d| thousands(d as f64))),
                plain(thousands(fall.days as f64)),
            ]
        })
        .collect();
    let headings = ["Depth", "Peak", "Trough", "Recovered", "Days down", "Days up", "Days in all"];
    titled("Deepest drawdowns", &table(&headings, &rows))
}

fn titled(title: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    format!("<h3>{title}</h3>\n{content}")
}

/// Active return by stage.
pub(super) fn attribution(input: &TearsheetInput, pictures: &Pictures) -> String {
    let Some(attribution) = &input.attribution else {
        return String::new();
    };
    let linked = attribution.linked.named();
    let large = linked.iter().any(|(_, value)| value.abs() >= 1.0);
    let percent = |value: f64| figure(signed(&format!("{:.2}%", 100.0 * value)));
    let over_all = |value: f64| match large {
        true => figure(format!("{}%", thousands(100.0 * value))),
        false => percent(value),
    };
    let row = |((name, annual), (_, whole)): (&(&str, f64), &(&str, f64))| {
        vec![words(*name), percent(*annual), over_all(*whole)]
    };
    let rows: Vec<_> = attribution.annual.named().iter().zip(&linked).map(row).collect();
    let sum = [
        words("active return"),
        percent(attribution.annual.total()),
        over_all(attribution.linked.total()),
    ];
    let table = table_with_sum(&["Stage", "Per year, log", "Whole history, linked"], &rows, &sum);
    let note = "<p class=\"quiet\">Each stage is priced with the returns that followed; the parts \
                add up to the active return exactly. Linked over time by Cariño's factors.</p>\n";
    let beside = pictures.figure("attribution");
    let pair = format!(
        "<div class=\"pair\">\n{beside}<div>\n<h3>Stages</h3>\n{table}{note}</div>\n</div>\n"
    );
    section("Where the active return came from", &(pair + &pictures.figure("attribution_by_year")))
}

/// Turnover and costs.
pub(super) fn trading(input: &TearsheetInput, pictures: &Pictures) -> String {
    let drawn = pictures.pair("turnover", "costs");
    section("Turnover and costs", &(drawn + &cost_table(input)))
}

fn cost_table(input: &TearsheetInput) -> String {
    let mut kinds: Vec<&String> = input.decisions.iter().flat_map(|d| d.costs.keys()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let totals: Vec<(&String, f64, f64)> = kinds
        .into_iter()
        .map(|kind| {
            let paid = |d: &super::Decision| d.costs.get(kind).copied().unwrap_or(0.0);
            let relative = |d: &super::Decision| paid(d) / input.nav_on(d.date).unwrap_or(f64::NAN);
            let decisions = || input.decisions.iter();
            (kind, decisions().map(paid).sum(), decisions().map(relative).sum())
        })
        .collect();
    let span = years(input);
    let cells = |name: &str, paid: f64, relative: f64| {
        let points = format!("{:.2}", 1e4 * relative / span);
        vec![words(name), plain(thousands(paid)), plain(points)]
    };
    let rows: Vec<_> = totals.iter().map(|(kind, a, b)| cells(kind, *a, *b)).collect();
    let sum = |pick: fn(&(&String, f64, f64)) -> f64| totals.iter().map(pick).sum();
    let last = cells("all", sum(|t| t.1), sum(|t| t.2));
    let currency = format!("Paid, {}", input.currency);
    table_with_sum(&["Cost", &currency, "Basis points a year"], &rows, &last)
}

/// The frontier at the last decision.
pub(super) fn frontier(input: &TearsheetInput, pictures: &Pictures) -> String {
    let drawn = pictures.figure("frontier");
    let note = input.frontier.as_ref().map_or(
        "",
        |_| "<p class=\"quiet\">Expected returns are the model's forecasts, not history.</p>\n",
    );
    section("The last decision", &(drawn + note))
}

/// Champions that the table of models shows, the newest ones.
const CHAMPIONS: usize = 12;

/// Models, drift and what the run used.
pub(super) fn models(input: &TearsheetInput, pictures: &Pictures) -> String {
    let champions: Vec<_> =
        input.models.iter().filter(|model| model.champion_since.is_some()).collect();
    let newest = champions.len().saturating_sub(CHAMPIONS);
    let rows: Vec<_> = champions[newest..]
        .iter()
        .map(|model| {
            let skill = model
                .information_coefficient
                .map_or_else(|| "–".to_owned(), |ic| signed(&format!("{ic:.3}")));
            let since = model.champion_since.map_or_else(|| "–".to_owned(), |d| d.to_string());
            let cells = [figure(model.trained_at.to_string()), figure(skill), figure(since)];
            [vec![words(model.version.clone())], cells.to_vec()].concat()
        })
        .collect();
    let headings = ["Model", "Trained to", "Information coefficient", "Champion since"];
    let models = match input.models.len() {
        0 => String::new(),
        trained => titled(
            &format!("The newest of {} champions ({trained} models were trained)", champions.len()),
            &table(&headings, &rows),
        ),
    };
    section("Models and running costs", &(pictures.figure("drift") + &models + &resources(input)))
}

fn resources(input: &TearsheetInput) -> String {
    let cells = |name: &str, cpu: f64, bytes: u64| {
        vec![words(name), plain(format!("{cpu:.3}")), plain(size(bytes))]
    };
    let stages = input.resources.iter();
    let rows: Vec<_> = stages.map(|s| cells(&s.stage, s.cpu_seconds, s.bytes)).collect();
    let sum = cells(
        "all",
        input.resources.iter().map(|s| s.cpu_seconds).sum(),
        input.resources.iter().map(|s| s.bytes).sum(),
    );
    let table = table_with_sum(&["Stage", "CPU seconds", "Bytes written"], &rows, &sum);
    titled("What the run used", &table)
}

fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        b if b < 1024.0 => format!("{b:.0} B"),
        b if b < 1_048_576.0 => format!("{:.1} KiB", b / 1024.0),
        b => format!("{:.1} MiB", b / 1_048_576.0),
    }
}

/// Every metric by group, in columns that balance themselves.
pub(super) fn figures(input: &TearsheetInput) -> String {
    let groups: String = Group::ALL.iter().map(|group| group_table(input, *group)).collect();
    if groups.is_empty() {
        return groups;
    }
    let note = "<p class=\"quiet\">Losses are positive. Hover over a figure for its formula.</p>\n";
    section("All figures", &format!("{note}<div class=\"columns\">\n{groups}</div>\n"))
}

fn group_table(input: &TearsheetInput, group: Group) -> String {
    let of_group = input.metrics.iter().filter(|metric| metric.group == group);
    let rows: String = of_group
        .map(|metric| {
            let doc = catalogue().iter().find(|doc| doc.id == metric.id);
            let formula = escape(doc.map_or("", |doc| doc.formula));
            let name = escape(&metric.name);
            let value = escape(&format_value(metric.value, metric.unit));
            format!(
                "<tr><td><abbr title=\"{formula}\">{name}</abbr></td><td class=\"n\">{value}</td></tr>\n"
            )
        })
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<div class=\"group\">\n<h3>{}</h3>\n<table><tbody>\n{rows}</tbody></table>\n</div>\n",
        group.title()
    )
}

/// The mandate, where all came from, and remarks.
pub(super) fn provenance(input: &TearsheetInput) -> String {
    let mandate = facts(input.mandate.iter().map(|f| (f.name.as_str(), f.value.clone())));
    let from = &input.provenance;
    let mut origins: Vec<(&str, String)> = Vec::new();
    if !from.run.is_empty() {
        origins.push(("run", from.run.clone()));
    }
    origins.extend(from.snapshots.iter().map(|s| (s.name.as_str(), s.value.clone())));
    if !from.code_revision.is_empty() {
        origins.push(("code", from.code_revision.clone()));
    }
    let notes: String =
        input.notes.iter().map(|note| format!("<p>{}</p>\n", escape(note))).collect();
    let tables = section("Mandate", &mandate) + &section("Provenance", &facts(origins.into_iter()));
    tables + &section("Notes", &notes)
}
