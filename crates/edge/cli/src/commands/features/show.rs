//! One thing at a time: its definition and versions, its values, its lineage.

use anyhow::Context;
use clap::Args;
use feature_store::{FeatureStore, Lineage, Relation, State, ViewStats};
use features::store::DefinitionKind;
use serde_json::json;

use super::{StoreArgs, list, moment};
use crate::commands::Found;
use crate::show::{Format, grouped, json as print_json, say, table};

/// Options of `trimtab features show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The view, service, source or entity
    name: String,
    #[command(flatten)]
    store: StoreArgs,
}

/// Options of `trimtab features stats`.
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// The view
    view: String,
    /// Only events from this moment on, such as 2024-01-01 or 2024-01-01T12:00:00Z
    #[arg(long, value_parser = parse_moment, value_name = "MOMENT")]
    from: Option<types::Timestamp>,
    /// Only events up to this moment
    #[arg(long, value_parser = parse_moment, value_name = "MOMENT")]
    to: Option<types::Timestamp>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Options of `trimtab features lineage`.
#[derive(Debug, Args)]
pub struct LineageArgs {
    /// A definition, or a data set (`name`, `name@2`)
    name: String,
    #[command(flatten)]
    store: StoreArgs,
}

/// A day, or a moment with its zone.
fn parse_moment(text: &str) -> Result<types::Timestamp, String> {
    let of_day =
        types::parse_date(text).and_then(|day| day.and_hms_opt(0, 0, 0)).map(|day| day.and_utc());
    of_day.or_else(|| text.parse().ok()).ok_or_else(|| {
        "use a day such as 2024-01-31, or a moment such as 2024-01-31T12:00:00Z".to_owned()
    })
}

/// Shows a definition.
pub fn show(args: &ShowArgs) -> anyhow::Result<Found> {
    let store = FeatureStore::open(&args.store.home.home)?;
    let known = || store.current().map(|one| one.defined.name()).collect::<Vec<_>>().join(", ");
    let kinds = DefinitionKind::ALL.into_iter().rev();
    let found: Vec<_> = kinds.filter_map(|kind| store.get(kind, &args.name)).collect();
    let one = found
        .first()
        .with_context(|| format!("there is no definition `{}`; there is {}", args.name, known()))?;
    let book: Vec<_> = store.book(Some(&args.name))?;
    if args.store.format == Format::Json {
        let mut value = list::value(one);
        value["changes"] = json!(book);
        print_json(&value)?;
        return Ok(Found::AllWell);
    }
    let version = &one.version;
    say(&format!("{} {}", one.defined.kind(), one.defined.name()));
    say(&format!(
        "version {}  {}  applied {} from {}",
        version.version,
        version.digest,
        moment(version.at_micros),
        version.folder.display()
    ));
    if let State::Deprecated(why) = &one.state {
        say(&format!("deprecated: {why}"));
    }
    let text: serde_json::Value = serde_json::from_str(&one.defined.text())?;
    say(&serde_json::to_string_pretty(&text)?);
    table(
        &["when", "what", "digest", "note"],
        book.iter().map(|line| {
            let digest = line.after.as_deref().unwrap_or_default();
            let digest = digest.get(..12).unwrap_or(digest).to_owned();
            vec![moment(line.at_micros), line.action.clone(), digest, line.note.clone()]
        }),
    );
    Ok(Found::AllWell)
}

/// Describes the values of a view.
pub fn stats(args: &StatsArgs) -> anyhow::Result<Found> {
    let store = FeatureStore::open(&args.store.home.home)?;
    let stats = store.stats(&args.view, args.from, args.to)?;
    let broken = stats.features.iter().any(|feature| !feature.broken.is_empty());
    match args.store.format {
        Format::Json => print_json(&stats)?,
        Format::Table => print_stats(&stats),
    }
    Ok(if broken { Found::Disagreement } else { Found::AllWell })
}

fn print_stats(stats: &ViewStats) {
    let when = |event: Option<i64>| event.map_or("-".to_owned(), moment);
    say(&format!(
        "{}: {} rows, events from {} to {}",
        stats.view,
        grouped(stats.rows as f64, 0),
        when(stats.first_event),
        when(stats.last_event)
    ));
    if stats.never_known > 0 {
        say(&format!("{} rows have no created time: they are never known", stats.never_known));
    }
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.6}"));
    table(
        &["feature", "type", ">null", ">nan", ">mean", ">std", ">min", ">max"],
        stats.features.iter().map(|one| {
            vec![
                one.name.clone(),
                one.kind.to_string(),
                one.nulls.to_string(),
                one.nans.to_string(),
                number(one.mean),
                number(one.std),
                number(one.min),
                number(one.max),
            ]
        }),
    );
    for one in &stats.features {
        for broken in &one.broken {
            say(&format!(
                "{}: {} rows break `{}`, first row {}: {}",
                one.name,
                broken.rows,
                broken.rule,
                broken.first_row + 1,
                broken.example
            ));
        }
    }
}

/// Shows where something comes from.
pub fn lineage(args: &LineageArgs) -> anyhow::Result<Found> {
    let store = FeatureStore::open(&args.store.home.home)?;
    let lineage = store.lineage(&args.name)?;
    match args.store.format {
        Format::Json => print_json(&lineage)?,
        Format::Table => print_lineage(&lineage),
    }
    Ok(Found::AllWell)
}

fn print_lineage(lineage: &Lineage) {
    let line = |one: &Relation| {
        let digest = one.digest.get(..12).unwrap_or(&one.digest);
        format!("{}{} {}  {digest}  {}", "  ".repeat(one.depth), one.kind, one.name, one.note)
    };
    say(&line(&lineage.of));
    for (title, relations) in [("comes from", &lineage.comes_from), ("used by", &lineage.used_by)] {
        if !relations.is_empty() {
            say(title);
            relations.iter().for_each(|one| say(&line(one)));
        }
    }
}
