//! `trimtab why`: from an order to everything that it rests on.

use anyhow::Context;
use clap::Args;
use journal::{Cause, Kind, Record, Spine};
use serde::Serialize;
use store::Home;
use types::{Id, Order, Symbol};

use crate::commands::{Found, LIST_ORDERS, find_run};
use crate::show::{Format, json, say};
use crate::{HomeArgs, say::line};

/// Options of `trimtab why`.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// An order, or any record; the newest order of the newest run if left out
    order: Option<String>,
    #[command(flatten)]
    home: HomeArgs,
    /// Follow the causes beyond the decision, through all earlier fills and bookings
    #[arg(long)]
    all: bool,
    /// How to print the tree
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// One line of the tree, for programs.
#[derive(Debug, Serialize)]
struct Line<'a> {
    depth: usize,
    record: &'a Record,
    says: String,
    repeated: bool,
    payload: serde_json::Value,
}

/// Prints the tree of causes.
pub fn why(args: &WhyArgs) -> anyhow::Result<Found> {
    let home = Home::read(&args.home.home)?;
    let id = match &args.order {
        Some(name) => Id::from(name.as_str()),
        None => newest_order(&home)?,
    };
    let symbol = symbol_of(&home, &id)?;
    let all = args.all;
    let tree = journal::why(&id, |id| home.record(id))
        .with_context(|| format!("no order or record {id} in {}; {LIST_ORDERS}", home.dir().display()))?;
    let shown: Vec<&Cause<'_>> = if all { tree.iter().collect() } else { decision_only(&tree) };
    match args.format {
        Format::Json => json(&lines(&home, &shown, &symbol)?)?,
        Format::Table => print(&home, &shown, &symbol, &id, tree.len() - shown.len())?,
    }
    Ok(Found::AllWell)
}

fn newest_order(home: &Home) -> anyhow::Result<Id> {
    let run = find_run(home, None)?;
    let mut records = home.records().iter().rev();
    let placed = records
        .find(|record| record.kind == Kind::Placed && record.run.as_ref() == Some(&run))
        .with_context(|| format!("{run} placed no order"))?;
    Ok(placed.id.clone())
}

fn symbol_of(home: &Home, id: &Id) -> anyhow::Result<Symbol> {
    let Some(record) = home.record(id).filter(|record| record.kind == Kind::Placed) else {
        return Ok("-".into());
    };
    let order: Order = serde_json::from_slice(&home.payload(&record.digest)?)?;
    Ok(order.symbol)
}

/// The tree without the fills and bookings of earlier days: they say how the holdings came about,
/// each with a whole tree of its own.
fn decision_only<'a>(tree: &'a [Cause<'a>]) -> Vec<&'a Cause<'a>> {
    let mut hidden: Option<usize> = None;
    let mut kept = vec![];
    for cause in tree {
        if hidden.is_some_and(|depth| cause.depth > depth) {
            continue;
        }
        hidden = None;
        let earlier = matches!(cause.record.kind, Kind::Filled | Kind::Booked | Kind::Rejected);
        if earlier && cause.depth > 0 {
            hidden = Some(cause.depth);
            continue;
        }
        kept.push(cause);
    }
    kept
}

fn lines<'a>(
    home: &Home,
    shown: &[&'a Cause<'a>],
    symbol: &Symbol,
) -> anyhow::Result<Vec<Line<'a>>> {
    shown
        .iter()
        .map(|cause| {
            let payload = home.payload(&cause.record.digest)?;
            Ok(Line {
                depth: cause.depth,
                record: cause.record,
                says: line(cause.record, &payload, symbol),
                repeated: cause.repeated,
                payload: serde_json::from_slice(&payload).unwrap_or_default(),
            })
        })
        .collect()
}

fn print(
    home: &Home,
    shown: &[&Cause<'_>],
    symbol: &Symbol,
    id: &Id,
    hidden: usize,
) -> anyhow::Result<()> {
    say(id.as_str());
    for (place, cause) in shown.iter().enumerate() {
        let record = cause.record;
        let payload = home.payload(&record.digest)?;
        let prefix = branches(shown, place);
        let says = if cause.repeated {
            "(as above)".to_owned()
        } else {
            line(record, &payload, symbol)
        };
        let day = match record.at.timestamp() {
            0 => " ".repeat(10),
            _ => record.at.date_naive().to_string(),
        };
        say(&format!("{day}  {prefix}{}  {says}", record.kind));
    }
    if hidden > 0 {
        say("");
        say(&format!("{hidden} lines of earlier fills and bookings are left out; --all shows them"));
    }
    Ok(())
}

/// The lines that lead to a place in the tree.
fn branches(shown: &[&Cause<'_>], place: usize) -> String {
    let depth = shown[place].depth;
    let more_at = |level: usize| {
        shown[place + 1..].iter().take_while(|c| c.depth >= level).any(|c| c.depth == level)
    };
    let mut prefix = String::new();
    for level in 1..=depth {
        prefix.push_str(match (level == depth, more_at(level)) {
            (true, true) => "├─ ",
            (true, false) => "└─ ",
            (false, true) => "│  ",
            (false, false) => "   ",
        });
    }
    prefix
}
