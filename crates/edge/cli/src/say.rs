//! What a record says, in one line, to somebody who asks about one symbol.

use std::collections::BTreeMap;

use cycle::facts::{
    Alert, Allocated, Booked, CheckedOrders, Completed, DriftSeen, Estimated, Featured, Filled,
    Forecasted, HeldStill, Measurement, ObservedDay, Placed, Refused, RunAsked, Trimmed, ViewsHeld,
};
use journal::{Kind, Record};
use serde::de::DeserializeOwned;
use tracking::{Evaluation, ModelVersion, Promotion, TrainingRun};
use types::{Side, Symbol};

use crate::show::{count, grouped, percent, words};

/// What a record says. `symbol` is what the person asked about.
pub fn line(record: &Record, payload: &[u8], symbol: &Symbol) -> String {
    said(record.kind, payload, symbol)
        .unwrap_or_else(|error| format!("(its payload cannot be read: {error})"))
}

fn said(kind: Kind, payload: &[u8], symbol: &Symbol) -> serde_json::Result<String> {
    Ok(match kind {
        Kind::Commanded => commanded(&read(payload)?),
        Kind::Observed => return observed(payload, symbol),
        Kind::Measured => measured(&read(payload)?, symbol),
        Kind::Featured => featured(&read(payload)?, symbol),
        Kind::Trained => trained(&read(payload)?),
        Kind::Evaluated => evaluated(&read(payload)?),
        Kind::Registered => registered(&read(payload)?),
        Kind::Promoted | Kind::RolledBack => promoted(&read(payload)?),
        Kind::Forecast => forecast(&read(payload)?, symbol),
        Kind::Estimated => estimated(&read(payload)?, symbol),
        Kind::Allocated => allocated(&read(payload)?, symbol),
        Kind::Trimmed => trimmed(&read(payload)?, symbol),
        Kind::Checked => checked(&read(payload)?),
        Kind::Refused => read::<Refused>(payload)?.detail,
        Kind::Placed => placed(&read(payload)?),
        Kind::Filled => filled(&read(payload)?),
        Kind::Rejected => read::<String>(payload)?,
        Kind::Booked => booked(&read(payload)?),
        Kind::Drifted => drifted(&read(payload)?),
        Kind::Alerted => alerted(&read(payload)?),
        Kind::Held => read::<HeldStill>(payload)?.why,
        Kind::Completed => completed(&read(payload)?),
        Kind::Metered => "what the run used of the machine".to_owned(),
        Kind::Created
        | Kind::Renamed
        | Kind::Described
        | Kind::Tagged
        | Kind::Staged
        | Kind::Approved
        | Kind::Released
        | Kind::Deleted
        | Kind::Ruled => {
            format!("the registry of a server: {}", read::<serde_json::Value>(payload)?)
        }
    })
}

fn read<T: DeserializeOwned>(payload: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(payload)
}

fn commanded(asked: &RunAsked) -> String {
    let code = &asked.code[..asked.code.len().min(12)];
    format!("{} {}, code {} (source {code})", asked.command, asked.file, asked.revision)
}

fn observed(payload: &[u8], symbol: &Symbol) -> serde_json::Result<String> {
    if let Ok(day) = read::<ObservedDay>(payload) {
        let price = day.prices.get(symbol).map_or("no price".to_owned(), ToString::to_string);
        return Ok(format!(
            "{symbol} at {price}; {} of {} symbols may be held; decided because: {}",
            day.eligible.len(),
            day.prices.len(),
            day.reason
        ));
    }
    let snapshot: serde_json::Value = read(payload)?;
    let text = |key: &str| snapshot[key].as_str().unwrap_or_default().to_owned();
    Ok(format!("data `{}`, snapshot {}", text("name"), text("snapshot")))
}

fn measured(measurement: &Measurement, symbol: &Symbol) -> String {
    let held = measurement.quantities.get(symbol).map_or(0.0, |quantity| quantity.to_f64());
    format!(
        "{} shares of {symbol} held; net asset value {}, cash {}",
        grouped(held, 0),
        grouped(measurement.net_asset_value.to_f64(), 2),
        grouped(measurement.cash.to_f64(), 2)
    )
}

fn featured(featured: &Featured, symbol: &Symbol) -> String {
    let values = featured.values.get(symbol).map(Vec::as_slice).unwrap_or_default();
    let shown: Vec<String> = featured
        .names
        .iter()
        .zip(values)
        .map(|(name, value)| match value {
            Some(value) => format!("{name} {value:.4}"),
            None => format!("{name} unknown"),
        })
        .collect();
    format!("{}; definitions {}", shown.join(", "), featured.definitions.short())
}

fn trained(run: &TrainingRun) -> String {
    let of = |key: &str| run.params.get(key).map_or("?", String::as_str);
    format!(
        "{}: {} on {} rows, {}; code {}, data {}",
        run.id,
        of("kind"),
        of("rows"),
        of("training_days"),
        run.code.revision,
        run.data.iter().map(|data| data.digest.short()).collect::<Vec<_>>().join(" + ")
    )
}

fn metric(metrics: &tracking::Metrics, name: &str) -> String {
    match metrics.get(name) {
        Some(value) if value.is_finite() => format!("{value:.4}"),
        _ => "undefined".to_owned(),
    }
}

fn evaluated(evaluation: &Evaluation) -> String {
    let champion = match evaluation.metrics.get("champion.information_coefficient") {
        Some(value) => format!(", the champion's {value:.4}"),
        None => String::new(),
    };
    const MEASURES: [&str; 4] =
        ["information_coefficient", "rank_information_coefficient", "r2", "rmse"];
    match MEASURES.iter().find(|name| evaluation.metrics.contains_key(**name)) {
        Some(name) => {
            let (words, value) = (name.replace('_', " "), metric(&evaluation.metrics, name));
            format!("{}: {words} {value}{champion}", evaluation.name)
        }
        None => evaluation.name.clone(),
    }
}

fn registered(version: &ModelVersion) -> String {
    format!("{} v{}, {}", version.name, version.version, version.source.artifact_location)
}

fn promoted(promotion: &Promotion) -> String {
    let from =
        promotion.previous.map_or(String::new(), |version| format!(" in place of v{version}"));
    format!("v{} is {}{from}: {}", promotion.version, promotion.alias, promotion.why)
}

/// What views made of the expected return of one symbol, and who holds them.
fn views(forecast: &Forecasted, views: &ViewsHeld, symbol: &Symbol) -> String {
    let of = |returns: &BTreeMap<Symbol, f64>| returns.get(symbol).copied().map(percent);
    let moved = match (of(&views.before), of(&forecast.expected_return)) {
        (Some(before), Some(after)) => {
            format!("{symbol} from {before} to {after} over {} days", forecast.horizon_days)
        }
        _ => format!("nothing of {symbol}"),
    };
    let said = views.held.iter().map(|held| match &held.by {
        Some(by) => format!("`{}` ({by})", held.view),
        None => format!("`{}`", held.view),
    });
    let left = views.left_out.iter().map(|left| format!("`{}` left out: {}", left.view, left.why));
    let spread = views.effective_scenarios.zip(views.scenarios).map(|(effective, all)| {
        format!("as spread out as {} of {} scenarios", effective.round(), grouped(all as f64, 0))
    });
    let rest: Vec<String> = said.chain(left).chain(spread).collect();
    let rest = if rest.is_empty() { String::new() } else { format!(": {}", rest.join("; ")) };
    format!("views by {} on top of {} move {moved}{rest}", views.method, views.prior)
}

fn forecast(forecast: &Forecasted, symbol: &Symbol) -> String {
    if let Some(held) = &forecast.views {
        return views(forecast, held, symbol);
    }
    let by = match &forecast.model {
        Some(model) => format!("{} v{}", model.name, model.version),
        None if forecast.by == "none" => return "no view is held".to_owned(),
        None => forecast.by.clone(),
    };
    let Some(expected) = forecast.expected_return.get(symbol) else {
        return format!("{by} says nothing of {symbol}");
    };
    let better = forecast.expected_return.values().filter(|other| *other > expected).count();
    let refused =
        forecast.invalid.get(symbol).map_or(String::new(), |why| format!(" (refused: {why})"));
    format!(
        "{by} expects {symbol} to return {} over {} days, rank {} of {}{refused}",
        percent(*expected),
        forecast.horizon_days,
        better + 1,
        forecast.expected_return.len()
    )
}

fn estimated(estimated: &Estimated, symbol: &Symbol) -> String {
    let risk = estimated
        .volatility
        .get(symbol)
        .map_or("unknown".to_owned(), |sigma| format!("{} a year", percent(sigma * 252f64.sqrt())));
    let shrunk =
        estimated.shrinkage.map_or(String::new(), |by| format!(", shrunk by {}", percent(by)));
    format!(
        "volatility of {symbol} {risk}; {} over {} days{shrunk}",
        estimated.estimator, estimated.observations
    )
}

fn allocated(allocated: &Allocated, symbol: &Symbol) -> String {
    let target = &allocated.target;
    let place = target.symbols.iter().position(|known| known == symbol);
    let weight = place.map_or(0.0, |place| target.weights[place]);
    let before = allocated.previous.get(symbol).copied().unwrap_or(0.0);
    let binding: Vec<String> = allocated
        .binding(symbol)
        .into_iter()
        .chain(target.certificate.binding.iter().filter(|b| !b.constraint.starts_with("weight")))
        .take(3)
        .map(|binding| {
            format!("{} (shadow price {:.2e})", binding.constraint, binding.shadow_price)
        })
        .collect();
    let bound = if binding.is_empty() {
        String::new()
    } else {
        format!("; held by {}", binding.join(", "))
    };
    let rest: String = beside(allocated).into_iter().map(|said| format!("; {said}")).collect();
    format!(
        "{symbol} from {} to {} of the portfolio; {}, {}, gap {:.0e}{bound}{rest}",
        percent(before),
        percent(weight),
        target.certificate.method,
        words(target.certificate.status),
        target.certificate.gap
    )
}

/// What else is worth saying of a choice: what was tried before, what was mixed, from what
/// scenarios, and what a stress would do.
fn beside(allocated: &Allocated) -> Vec<String> {
    let tried = allocated.target.certificate.fallbacks.iter();
    let mut said: Vec<String> = tried.map(|failed| format!("tried before: {failed}")).collect();
    if !allocated.shares.is_empty() {
        let shares = allocated.shares.iter();
        let shares: Vec<String> =
            shares.map(|(part, share)| format!("{} {part}", percent(*share))).collect();
        said.push(format!("mixed of {}", shares.join(", ")));
    }
    said.extend(allocated.scenarios.iter().map(|how| format!("scenarios: {how}")));
    let stress = allocated.stress.iter();
    said.extend(stress.map(|(name, value)| format!("in {name} {}", percent(*value))));
    said
}

fn trimmed(trimmed: &Trimmed, symbol: &Symbol) -> String {
    match trimmed.trims.iter().find(|trim| trim.symbol == *symbol) {
        Some(trim) => format!(
            "{}: {symbol} wanted {} shares, kept {}; {} of the portfolio between them",
            trimmed.reason,
            grouped(trim.wanted, 2),
            grouped(trim.kept, 0),
            percent(trim.residual_weight.abs())
        ),
        None => format!("{}: {}", trimmed.reason, count(trimmed.trims.len(), "other symbol")),
    }
}

fn checked(checked: &CheckedOrders) -> String {
    format!(
        "{} passed the limits, {} refused; largest order {}, largest position {}",
        count(checked.passed.len(), "order"),
        checked.refused.len(),
        grouped(checked.limits.max_order_value, 0),
        percent(checked.limits.max_position)
    )
}

fn word(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn placed(order: &Placed) -> String {
    format!(
        "{} {} {} at about {}, worth {}",
        word(order.side),
        grouped(order.quantity.to_f64(), 0),
        order.symbol,
        order.reference_price,
        grouped(order.value().to_f64(), 2)
    )
}

fn filled(fill: &Filled) -> String {
    format!(
        "{} {} {} at {:.4} on {}; commission {}, spread {:.2}, impact {:.2}",
        word(fill.side),
        grouped(fill.quantity.to_f64(), 0),
        fill.symbol,
        fill.price,
        fill.at,
        fill.commission,
        fill.spread.to_f64(),
        fill.impact.to_f64()
    )
}

fn booked(booked: &Booked) -> String {
    let total: f64 = booked.entries.iter().map(|entry| entry.amount.to_f64()).sum();
    let mut kinds: Vec<&str> = booked.entries.iter().map(|entry| entry.what.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    format!(
        "{} entries ({}), {} in cash",
        booked.entries.len(),
        kinds.join(", "),
        grouped(total, 2)
    )
}

fn drifted(drift: &DriftSeen) -> String {
    let worst = drift.values.iter().max_by(|a, b| a.1.total_cmp(b.1));
    match worst {
        Some((feature, value)) => {
            format!("{} at most {value:.3} ({feature}), alarm at {}", drift.test, drift.threshold)
        }
        None => format!("{}: nothing to compare", drift.test),
    }
}

fn alerted(alert: &Alert) -> String {
    format!("{}; response: {}", alert.alarms.join("; "), alert.response)
}

fn completed(completed: &Completed) -> String {
    format!(
        "{} to {}: net asset value {}",
        completed.from,
        completed.to,
        grouped(completed.net_asset_value.to_f64(), 2)
    )
}
