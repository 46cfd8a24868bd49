//! `trimtab models --server`: the registry of a server.

use anyhow::bail;
use catalog::{Tag, registry::parse_version};
use exchange::things::{Alias, RegisteredModel, Version};
use exchange::{Client, ExchangeError, Login};
use serde_json::{Value, json};

use super::Action;
use crate::commands::Found;
use crate::commands::exchange::runtime;
use crate::show::{Format, day, json as print_json, say, table};

/// Answers from the registry of a server, or changes it.
pub fn models(action: &Action, server: &str, format: Format) -> anyhow::Result<Found> {
    let login = Login::of_environment("MLFLOW_TRACKING");
    let workspace = std::env::var("MLFLOW_WORKSPACE").ok();
    let client = Client::open(server, &login, &runtime()?)?.in_workspace(workspace.as_deref());
    match action {
        Action::List { model } => list(&client, model.as_deref(), format)?,
        Action::Show { model, version, export, .. } => {
            if export.is_some() {
                bail!("--export writes from a home; `trimtab import {server} --models` fills one");
            }
            show(&client, model, version, format)?;
        }
        Action::Compare { model, a, b } => compare(&client, model, *a, *b, format)?,
        Action::Decisions { model } => decisions(&client, model, format)?,
        Action::Promote { model, version, alias, why } => {
            let before = holder(&client.registered_model(model)?, alias);
            let fields = json!({ "name": model, "alias": alias, "version": version.to_string(), "why": why });
            client.set("registered-models/alias", &fields)?;
            tell(model, alias, i64::from(*version), before, format)?;
        }
        Action::Rollback { model, alias, why } => {
            let before = holder(&client.registered_model(model)?, alias);
            let fields = json!({ "name": model, "alias": alias, "why": why });
            let answer = client.own("registry/rollback", &fields).map_err(ours_only)?;
            let now = answer["model_version"]["version"].as_str().unwrap_or_default();
            tell(model, alias, parse_version(now)?, before, format)?;
        }
    }
    Ok(Found::AllWell)
}

fn decisions(client: &Client, model: &str, format: Format) -> anyhow::Result<()> {
    let said = client.stats(model).map_err(ours_only)?;
    let comparisons = said["comparisons"].as_array().cloned().unwrap_or_default();
    if format == Format::Json {
        return print_json(&comparisons);
    }
    if comparisons.is_empty() {
        say(&format!(
            "no second version of {model} is asked beside the first: set its tag trimtab.shadow or \
             trimtab.canary"
        ));
        return Ok(());
    }
    let share = |value: &Value| value.as_f64().map_or("-".to_owned(), |v| format!("{v:.3}"));
    let rows = comparisons.iter().map(|one| {
        let of = &one["decisions"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        vec![
            text(&one["reference"]),
            format!("{} and {}", text(&one["version"]), text(&one["with"])),
            text(&one["mode"]),
            of["rows"].to_string(),
            of["signs_differ"].to_string(),
            share(&of["recent_top_overlap"]),
            share(&of["recent_rank_correlation"]),
            share(&of["largest_difference"]),
            of["skipped"].to_string(),
        ]
    });
    let columns = [
        "model",
        "versions",
        "mode",
        ">rows",
        ">signs differ",
        ">top overlap",
        ">rank correlation",
        ">largest difference",
        ">skipped",
    ];
    table(&columns, rows);
    Ok(())
}

/// What only this project's server can do.
fn ours_only(error: ExchangeError) -> anyhow::Error {
    match &error {
        ExchangeError::Refused { status: 404, code, .. } if code != "RESOURCE_DOES_NOT_EXIST" => {
            anyhow::anyhow!("{error}; only a server that `trimtab serve` started can do this")
        }
        _ => error.into(),
    }
}

fn list(client: &Client, only: Option<&str>, format: Format) -> anyhow::Result<()> {
    let models = match only {
        Some(name) => vec![client.registered_model(name)?],
        None => {
            let models = client.registered_models()?;
            let names = models.iter().filter(|model| !model.is_prompt()).map(|model| &model.name);
            names.map(|name| client.registered_model(name)).collect::<Result<_, _>>()?
        }
    };
    if format == Format::Json {
        return print_json(&models);
    }
    let row = |version: &Version| {
        vec![
            version.name.clone(),
            version.version.to_string(),
            day(version.creation_timestamp),
            version.run_id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| "-".to_owned()),
            version.aliases.join(", "),
        ]
    };
    let rows = models.iter().flat_map(|model| &model.versions).map(row);
    table(&["model", ">version", "registered", "run", "aliases"], rows);
    Ok(())
}

/// The version that a number or an alias stands for.
fn find(client: &Client, model: &str, pick: &str) -> Result<Version, ExchangeError> {
    match pick.parse() {
        Ok(number) => client.version(model, number),
        Err(_) => client.version_by_alias(model, pick),
    }
}

fn show(client: &Client, model: &str, pick: &str, format: Format) -> anyhow::Result<()> {
    let version = find(client, model, pick)?;
    let number = version.version.to_string();
    let fields = [("name", model), ("version", number.as_str())];
    // A server of another kind knows neither of these.
    let metadata = client.own_get("registry/metadata", &fields).ok();
    let history = client.own_get("registry/history", &fields).ok();
    let run = version.run_id.as_deref().filter(|id| !id.is_empty());
    let run =
        run.map(|id| client.run(id)).transpose().or_else(|error| match error.is_missing() {
            true => Ok(None),
            false => Err(error),
        })?;
    if format == Format::Json {
        return print_json(&json!({
            "version": version, "run": run, "metadata": metadata, "history": history,
        }));
    }
    say(&format!("{model} version {number}, registered {}", day(version.creation_timestamp)));
    say(&format!("source         {}", version.source));
    for (what, key) in [
        ("code", "code_revision"),
        ("environment", "environment"),
        ("training data", "training_data"),
    ] {
        let said = metadata.as_ref().and_then(|found| found["metadata"][key].as_str());
        if let Some(said) = said {
            say(&format!("{what:<14} {}", said.lines().collect::<Vec<_>>().join(" ")));
        }
    }
    if !version.aliases.is_empty() {
        say(&format!("aliases        {}", version.aliases.join(", ")));
    }
    pairs("tags", &version.tags);
    if let Some(run) = &run {
        say(&format!("training run   {}", run.info.run_id));
        pairs("parameters", &run.data.params);
        say("measured");
        for metric in &run.data.metrics {
            say(&format!("  {:<34} {:.6}", metric.key, metric.value));
        }
    }
    if let Some(records) = history.as_ref().and_then(|found| found["records"].as_array()) {
        say("history");
        for record in records.iter().rev() {
            say(&format!("  {}", line(record)));
        }
    }
    Ok(())
}

fn pairs(what: &str, pairs: &[Tag]) {
    if !pairs.is_empty() {
        say(what);
    }
    for pair in pairs {
        say(&format!("  {:<34} {}", pair.key, pair.value));
    }
}

/// A record of the history in a line.
fn line(record: &Value) -> String {
    let said = &record["said"];
    let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
    let detail = match record["kind"].as_str() {
        Some("promoted" | "rolled_back" | "released") => {
            format!("{} {}", text("alias"), text("why"))
        }
        Some("tagged") => format!("{} {}", text("key"), text("value")),
        Some("staged") => text("stage"),
        _ => text("from"),
    };
    let at = day(record["at"].as_i64().unwrap_or_default());
    let kind = record["kind"].as_str().unwrap_or_default();
    format!("{at}  {kind} by {}  {}", text("by"), detail.trim()).trim_end().to_owned()
}

fn compare(client: &Client, model: &str, a: u32, b: u32, format: Format) -> anyhow::Result<()> {
    let (a, b) = (a.to_string(), b.to_string());
    let fields = [("name", model), ("version", b.as_str()), ("with", a.as_str())];
    let found = client.own_get("registry/compare", &fields).map_err(ours_only)?;
    if format == Format::Json {
        return print_json(&found["differences"]);
    }
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rows =
        found["differences"].as_array().into_iter().flatten().map(|difference| {
            ["section", "name", "a", "b"].map(|key| text(&difference[key])).to_vec()
        });
    table(&["", "", &format!("v{a}"), &format!("v{b}")], rows);
    Ok(())
}

fn holder(model: &RegisteredModel, alias: &str) -> Option<i64> {
    let held: Option<&Alias> = model.aliases.iter().find(|held| held.alias == alias);
    held.and_then(|held| held.version.parse().ok())
}

fn tell(
    model: &str,
    alias: &str,
    version: i64,
    before: Option<i64>,
    format: Format,
) -> anyhow::Result<()> {
    if format == Format::Json {
        let says = json!({
            "name": model, "alias": alias, "version": version, "previous": before,
        });
        return print_json(&says);
    }
    let from = match before {
        Some(before) if before == version => " already".to_owned(),
        Some(before) => format!(" in place of v{before}"),
        None => String::new(),
    };
    say(&format!("{model}: v{version} is {alias}{from}"));
    Ok(())
}
