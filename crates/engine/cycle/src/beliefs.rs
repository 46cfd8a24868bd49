//! What people believe, joined with what is forecast and estimated.
//!
//! In: the mandate's views of the day, the forecast, and the moments. Out: the prospects that
//! allocation reads, and what the views did. A view that speaks of a symbol which may not be held
//! today is left out, and said to be. Knows nothing about objectives.

use std::borrow::Cow;

use allocation::Prospects;
use journal::{Because, Kind};
use risk::{Moments, Returns, View, Vocabulary, equilibrium};
use types::{Forecast, Id, Symbol};

use crate::choose::benchmarks;
use crate::desk::Views;
use crate::facts::{Forecasted, ViewHeld, ViewLeftOut, ViewsHeld};
use crate::forecast::by_symbol;
use crate::mandate::{HeldView, Prior};
use crate::{CycleError, Desk, Seen, Trail};

/// The risk aversion of the equilibrium, of He and Litterman (1999).
const RISK_AVERSION: f64 = 2.5;

/// Whether views are held on the day.
pub(crate) fn are_held(desk: &Desk, seen: &Seen<'_>) -> bool {
    held(desk, seen).next().is_some()
}

fn held<'a>(desk: &'a Desk, seen: &'a Seen<'_>) -> impl Iterator<Item = &'a HeldView> {
    let all = desk.views.iter().flat_map(|views| &views.held);
    all.filter(|view| view.is_held(seen.day()))
}

/// What allocation reads: moments over the horizon of the forecast, with the views of the day.
/// `returns` are daily, and wanted where scenarios are.
pub(crate) fn prospects<'a>(
    desk: &Desk,
    seen: &Seen<'_>,
    daily: &'a Moments,
    returns: Option<&'a Returns>,
    view: &Forecast,
) -> Result<(Prospects<'a>, Option<ViewsHeld>), CycleError> {
    let days = view.horizon_days as usize;
    let Some(views) = desk.views.as_ref() else {
        let moments = over_horizon(desk, daily, view);
        return Ok((Prospects::new(moments, returns, days, desk.source), None));
    };
    let failed = |error: &dyn std::fmt::Display| CycleError::new(seen.day(), "views", error);
    let mut moments = over_horizon(desk, daily, view);
    if views.prior == Prior::Equilibrium {
        let mean = implied(desk, &moments).map_err(|error| failed(&error))?;
        moments.to_mut().mean = mean;
    }
    let before = moments.mean.clone();
    let prospects = Prospects::new(moments, returns, days, desk.source);
    let names = vocabulary(desk, &daily.symbols).map_err(|error| failed(&error))?;
    let known = vocabulary(desk, seen.panel.symbols()).map_err(|error| failed(&error))?;
    let (mut read, mut says, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for one in held(desk, seen) {
        match View::parse(one.sentence(), &names) {
            Ok(view) => {
                let (view_text, by) = (one.sentence().to_owned(), one.by().map(str::to_owned));
                says.push(ViewHeld { view: view_text, by });
                read.push(view);
            }
            Err(error) => {
                View::parse(one.sentence(), &known).map_err(|_| failed(&error))?;
                let why = "it speaks of a symbol that may not be held on the day".to_owned();
                left_out.push(ViewLeftOut { view: one.sentence().to_owned(), why });
            }
        }
    }
    let (prospects, moved) =
        prospects.with_views(views.method, &read, views.tau).map_err(|error| failed(&error))?;
    if says.is_empty() && left_out.is_empty() && views.prior == Prior::Forecast {
        return Ok((prospects, None));
    }
    let symbols = daily.symbols.iter().cloned();
    let says = ViewsHeld {
        method: views.method.to_string(),
        prior: prior(views).to_owned(),
        held: says,
        left_out,
        before: symbols.zip(before).collect(),
        relative_entropy: moved.relative_entropy,
        effective_scenarios: moved.effective_scenarios.map(|(effective, _)| effective),
        scenarios: moved.effective_scenarios.map(|(_, all)| all),
    };
    Ok((prospects, Some(says)))
}

fn prior(views: &Views) -> &'static str {
    match views.prior {
        Prior::Forecast => "forecast",
        Prior::Equilibrium => "equilibrium",
    }
}

/// Puts what the views did on record.
pub(crate) fn record(
    desk: &Desk,
    says: ViewsHeld,
    view: &Forecast,
    foreseen: &[Id],
    trail: &mut Trail,
) -> Id {
    let asked = format!("{}/asked", desk.run);
    let because = Because::of(asked.as_str()).and_all(foreseen.iter().cloned());
    let says = Forecasted {
        by: "views".to_owned(),
        model: None,
        horizon_days: view.horizon_days,
        expected_return: by_symbol(view),
        invalid: Default::default(),
        views: Some(says),
    };
    trail.fact(Kind::Forecast, "views", because, &says)
}

/// Moments over the horizon of the forecast, their means what it expects. Weights that look at
/// volatilities alone are the same over any horizon.
fn over_horizon<'a>(desk: &Desk, daily: &'a Moments, view: &Forecast) -> Cow<'a, Moments> {
    if !desk.wants_correlations() {
        return Cow::Borrowed(daily);
    }
    let scaled = daily.scaled(f64::from(view.horizon_days));
    Cow::Owned(Moments { mean: view.expected_return.clone(), ..scaled })
}

fn implied(desk: &Desk, moments: &Moments) -> Result<Vec<f64>, String> {
    let known = benchmarks(desk, &moments.symbols);
    let weights = known.get("benchmark").ok_or_else(|| {
        let name = &desk.mandate.mandate.benchmark;
        format!("the benchmark {name} may not be held, so that no equilibrium follows from it")
    })?;
    equilibrium(&moments.covariance, weights, RISK_AVERSION).map_err(|error| error.to_string())
}

/// The names that views may use: symbols, and groups by those of their members.
fn vocabulary(desk: &Desk, symbols: &[Symbol]) -> Result<Vocabulary, risk::RiskError> {
    let mut names = Vocabulary::new(symbols);
    for (group, members) in &desk.groups {
        let here: Vec<&str> =
            members.iter().filter(|member| symbols.contains(member)).map(Symbol::as_str).collect();
        if !here.is_empty() {
            names = names.with_group(group, &here)?;
        }
    }
    Ok(names)
}
