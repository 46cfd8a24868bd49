//! `trimtab features materialize|get|push|freshness`: the online store of a home.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use feature_online::{
    Answer, Columns, Freshness, Materialized, Question, Serving, Step, Until, Wanted, Whereto,
    now_micros, parse_moment, rfc3339,
};
use serde_json::{Value as Json, json};

use crate::HomeArgs;
use crate::commands::Found;
use crate::progress::Progress;
use crate::show::{Format, count, json as print_json, note, say, table};

mod value;

/// What is done with the online store.
#[derive(Debug, Subcommand)]
pub enum OnlineAction {
    /// Take the rows of views from their sources into the online store
    ///
    /// Of each entity the newest row stays. A materialisation that was cut off goes on where it ended
    /// when the same span is asked for again.
    Materialize(MaterializeArgs),
    /// The newest values of features, as models are served them
    Get(GetArgs),
    /// Write rows of a push source into the online store: all of them, or none
    Push(PushArgs),
    /// How fresh the online views are: age of the newest row, and lag
    Freshness(FreshnessArgs),
}

/// Where rows are kept online.
#[derive(Debug, Args)]
pub struct OnlineArgs {
    #[command(flatten)]
    home: HomeArgs,
    /// The online store: a file, redis://[USER:PASSWORD@]HOST[:PORT][/DB] or rediss://…
    /// [default: online.redb in the home folder]
    #[arg(long, env = "TRIMTAB_ONLINE", hide_env_values = true, value_name = "ADDRESS")]
    online: Option<String>,
    /// How to print the outcome
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl OnlineArgs {
    fn open(&self) -> anyhow::Result<Serving> {
        Ok(Serving::open(&self.home.home, self.online.as_deref())?)
    }
}

/// Options of `trimtab features materialize`.
#[derive(Debug, Args)]
pub struct MaterializeArgs {
    /// The views; without any, all that are kept online
    views: Vec<String>,
    /// The first event, such as 2026-11-01 or 2026-11-01T09:30:00 (UTC)
    #[arg(long, value_name = "TIME", required_unless_present = "incremental")]
    from: Option<String>,
    /// The last event [default: now]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// From where the last materialisation of each view ended
    #[arg(long, conflicts_with = "from")]
    incremental: bool,
    #[command(flatten)]
    store: OnlineArgs,
}

/// Options of `trimtab features get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// Features, such as driver_stats:trips, or a view for all of its features
    #[arg(required_unless_present = "service")]
    features: Vec<String>,
    /// The features of this service
    #[arg(long, value_name = "NAME", conflicts_with = "features")]
    service: Option<String>,
    /// A join key, or a column of request data, with its values; once for each column
    #[arg(long = "entity", value_name = "KEY=VALUE,…")]
    entities: Vec<String>,
    /// Name columns VIEW__FEATURE
    #[arg(long)]
    full_names: bool,
    #[command(flatten)]
    store: OnlineArgs,
}

/// Options of `trimtab features push`.
#[derive(Debug, Args)]
pub struct PushArgs {
    /// The push source
    source: String,
    /// A JSON file of columns, such as {"driver_id": [1001], …}; `-` is standard input
    #[arg(value_name = "FILE")]
    rows: PathBuf,
    /// Keep the rows in the history of the source too, from which training sets are made
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    store: OnlineArgs,
}

/// Options of `trimtab features freshness`.
#[derive(Debug, Args)]
pub struct FreshnessArgs {
    #[command(flatten)]
    store: OnlineArgs,
}

/// Does it.
pub fn run(action: &OnlineAction) -> anyhow::Result<Found> {
    match action {
        OnlineAction::Materialize(args) => materialize(args),
        OnlineAction::Get(args) => get(args),
        OnlineAction::Push(args) => push(args),
        OnlineAction::Freshness(args) => freshness(args),
    }?;
    Ok(Found::AllWell)
}

fn moment(option: &str, text: &str) -> anyhow::Result<i64> {
    let help = || format!("{option} {text} is no time: write 2026-11-01 or 2026-11-01T09:30:00");
    parse_moment(text).with_context(help)
}

fn materialize(args: &MaterializeArgs) -> anyhow::Result<()> {
    let to = args.to.as_deref().map(|text| moment("--to", text)).transpose()?;
    let to = to.unwrap_or_else(now_micros);
    let until = match &args.from {
        None => Until::Incremental(to),
        Some(from) => {
            let from = moment("--from", from)?;
            if from > to {
                bail!("--from is after --to: nothing lies between them");
            }
            Until::Span(from, to)
        }
    };
    let serving = args.store.open()?;
    let named = (!args.views.is_empty()).then_some(args.views.as_slice());
    let views = serving.online_views(named)?;
    if views.is_empty() {
        note("no view is kept online: set `online = true` in the definition of one");
    }
    let mut all = Vec::with_capacity(views.len());
    for view in &views {
        let mut progress = Progress::new(false, "reading", "rows");
        let mut is_writing = false;
        let done = serving.materialize(view, until, &mut |step| match step {
            Step::Read(rows) => progress.done(rows, view),
            Step::Written(rows) => {
                if !std::mem::replace(&mut is_writing, true) {
                    progress = Progress::new(false, "writing", "rows");
                }
                progress.done(rows, view);
            }
        })?;
        if args.store.format == Format::Table {
            say(&told(&done));
        }
        all.push(as_json(&done));
    }
    match args.store.format {
        Format::Table => Ok(()),
        Format::Json => print_json(&all),
    }
}

fn told(done: &Materialized) -> String {
    let loaded = &done.loaded;
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let from = done.from.map_or("the first row".to_owned(), rfc3339);
    let mut told = format!(
        "{}: {} from {from} to {}; {} new or newer, {} older than what is there",
        done.view,
        count(number(loaded.rows), "row"),
        rfc3339(done.to),
        count(number(loaded.written.taken), "row"),
        count(number(loaded.written.superseded), "row"),
    );
    if loaded.resumed_at > 0 {
        told += &format!("; {} were in from before it was cut off", loaded.resumed_at);
    }
    if loaded.left_out > 0 {
        told += &format!("; {} without a join key left out", count(number(loaded.left_out), "row"));
    }
    told
}

fn as_json(done: &Materialized) -> Json {
    json!({
        "view": done.view,
        "from": done.from.map(rfc3339),
        "to": rfc3339(done.to),
        "rows": done.loaded.rows,
        "resumed_at": done.loaded.resumed_at,
        "left_out": done.loaded.left_out,
        "taken": done.loaded.written.taken,
        "superseded": done.loaded.written.superseded,
    })
}

fn get(args: &GetArgs) -> anyhow::Result<()> {
    let wanted = match &args.service {
        Some(service) => Wanted::Service(service.clone()),
        None => Wanted::Features(args.features.clone()),
    };
    let columns = args.entities.iter().map(|text| value::column(text)).collect::<Result<_, _>>()?;
    let question = Question { wanted, columns: Columns(columns), full_names: args.full_names };
    let serving = args.store.open()?;
    let question = value::typed(&serving, question)?;
    let answer = serving.answer(&question)?;
    match args.store.format {
        Format::Json => print_json(&rows(&answer)),
        Format::Table => {
            let names: Vec<&str> = answer.columns.iter().map(|one| one.name.as_str()).collect();
            let n_rows = answer.columns.first().map_or(0, |column| column.values.len());
            let cell = |row: usize| {
                answer.columns.iter().map(move |column| value::shown(column, row)).collect()
            };
            table(&names, (0..n_rows).map(cell));
            Ok(())
        }
    }
}

/// An answer, a row at a time.
fn rows(answer: &Answer) -> Vec<BTreeMap<&str, Json>> {
    let n_rows = answer.columns.first().map_or(0, |column| column.values.len());
    let cell = |column: &feature_online::Column, row: usize| {
        json!({
            "value": value::json(&column.values[row]),
            "status": column.statuses[row].name(),
            "event": (column.events[row] != 0).then(|| rfc3339(column.events[row])),
        })
    };
    let row = |row| answer.columns.iter().map(|one| (one.name.as_str(), cell(one, row))).collect();
    (0..n_rows).map(row).collect()
}

fn push(args: &PushArgs) -> anyhow::Result<()> {
    let text = match args.rows.as_os_str() == "-" {
        true => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("standard input")?;
            text
        }
        false => {
            std::fs::read_to_string(&args.rows).with_context(|| args.rows.display().to_string())?
        }
    };
    let columns: Columns = serde_json::from_str(&text)
        .with_context(|| format!("{} is no JSON object of columns", args.rows.display()))?;
    let to = if args.history { Whereto::Both } else { Whereto::Online };
    let pushed = args.store.open()?.push(&args.source, &columns, to)?;
    match args.store.format {
        Format::Json => print_json(
            &pushed
                .iter()
                .map(|one| json!({"view": one.view, "taken": one.taken, "superseded": one.superseded}))
                .collect::<Vec<_>>(),
        ),
        Format::Table => {
            let row = |one: &feature_online::Pushed| {
                vec![one.view.clone(), one.taken.to_string(), one.superseded.to_string()]
            };
            table(&["view", ">new or newer", ">older than what is there"], pushed.iter().map(row));
            Ok(())
        }
    }
}

fn freshness(args: &FreshnessArgs) -> anyhow::Result<()> {
    let views = args.store.open()?.stats()?;
    match args.store.format {
        Format::Json => print_json(&views),
        Format::Table => {
            let headers =
                ["view", ">entities", "newest event", ">age", "materialised to", ">lag", "notes"];
            table(&headers, views.iter().map(row_of));
            Ok(())
        }
    }
}

fn row_of(one: &Freshness) -> Vec<String> {
    let none = || "-".to_owned();
    let mut notes = Vec::new();
    if one.stale {
        notes.push("stale: older than its ttl".to_owned());
    }
    if let Some(pending) = &one.pending {
        notes.push(format!("cut off after {} rows", pending.rows));
    }
    vec![
        one.view.clone(),
        one.entities.to_string(),
        one.newest_event.clone().unwrap_or_else(none),
        one.age_seconds.map_or_else(none, value::age),
        one.materialized_to.clone().unwrap_or_else(none),
        one.lag_seconds.map_or_else(none, value::age),
        notes.join("; "),
    ]
}
