//! `trimtab why`: from an order or a prediction to everything that it rests on.

mod prediction;
mod tracked;

use anyhow::Context;
use clap::Args;
use journal::{Cause, Kind, Record, Spine};
use predictions::PredictionId;
use serde::Serialize;
use store::Home;
use types::{Id, Order, Symbol};

use self::prediction::Why;
use crate::commands::{Found, LIST_ORDERS, find_run};
use crate::show::{Format, count, json, say};
use crate::{HomeArgs, say::line, show};

/// Room that a line has at least, however deep it stands.
const NARROWEST: usize = 40;

/// Options of `trimtab why`.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// An order, any record, or a prediction; the newest order of the newest run if left out
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
    if let Some(id) = args.order.as_ref().and_then(|name| name.parse::<PredictionId>().ok()) {
        return why_prediction(args, id);
    }
    let home = Home::read(&args.home.home)?;
    let id = match &args.order {
        Some(name) => Id::from(name.as_str()),
        None => newest_order(&home)?,
    };
    let symbol = symbol_of(&home, &id)?;
    let tree = tree(&home, &id)?;
    let shown = shown(&tree, args.all);
    match args.format {
        Format::Json => json(&lines(&home, &shown, &symbol)?)?,
        Format::Table => print(&home, &shown, &symbol, &id, tree.len() - shown.len())?,
    }
    Ok(Found::AllWell)
}

/// The same for a prediction; that of a mandate has the tree of its forecast.
fn why_prediction(args: &WhyArgs, id: PredictionId) -> anyhow::Result<Found> {
    let why = Why::of(&args.home.home, id)?;
    let Some(decision) = &why.decision else {
        match args.format {
            Format::Json => json(&Whole { why: &why, causes: vec![] })?,
            Format::Table => why.print(),
        }
        return Ok(Found::AllWell);
    };
    let home = Home::read(&args.home.home)?;
    let (tree, symbol) = (tree(&home, decision)?, why.symbol());
    let shown = shown(&tree, args.all);
    match args.format {
        Format::Json => json(&Whole { why: &why, causes: lines(&home, &shown, &symbol)? })?,
        Format::Table => {
            why.print();
            say("");
            print(&home, &shown, &symbol, decision, tree.len() - shown.len())?;
        }
    }
    Ok(Found::AllWell)
}

/// A prediction and the tree of its decision, for programs.
#[derive(Debug, Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    why: &'a Why,
    causes: Vec<Line<'a>>,
}

fn tree<'a>(home: &'a Home, id: &Id) -> anyhow::Result<Vec<Cause<'a>>> {
    journal::why(id, |id| home.record(id)).with_context(|| {
        format!("no order or record {id} in {}; {LIST_ORDERS}", home.dir().display())
    })
}

fn shown<'a>(tree: &'a [Cause<'a>], all: bool) -> Vec<&'a Cause<'a>> {
    if all { tree.iter().collect() } else { decision_only(tree) }
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

/// The tree of one decision: without the fills and bookings of earlier days, which say how the
/// holdings came about, and without what lies behind the drift that called for a training, which
/// leads through all trainings before it. Each has a whole tree of its own.
fn decision_only<'a>(tree: &'a [Cause<'a>]) -> Vec<&'a Cause<'a>> {
    let mut path: Vec<Kind> = vec![];
    let mut hidden: Option<usize> = None;
    let mut kept = vec![];
    for cause in tree {
        if hidden.is_some_and(|depth| cause.depth > depth) {
            continue;
        }
        hidden = None;
        path.truncate(cause.depth);
        match cause.record.kind {
            Kind::Filled | Kind::Booked | Kind::Rejected if cause.depth > 0 => {
                hidden = Some(cause.depth);
                continue;
            }
            Kind::Drifted | Kind::Alerted if path.contains(&Kind::Trained) => {
                hidden = Some(cause.depth);
            }
            _ => {}
        }
        path.push(cause.record.kind);
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
    let width = show::width();
    say(id.as_str());
    for (place, cause) in shown.iter().enumerate() {
        let record = cause.record;
        let payload = home.payload(&record.digest)?;
        let prefix = branches(shown, place);
        let says =
            if cause.repeated { "(as above)".to_owned() } else { line(record, &payload, symbol) };
        let day = match record.at.timestamp() {
            0 => " ".repeat(10),
            _ => record.at.date_naive().to_string(),
        };
        let head = format!("{day}  {prefix}{}  ", record.kind);
        let room = width.saturating_sub(head.chars().count()).max(NARROWEST);
        let mut rows = wrapped(&says, room).into_iter();
        say(&format!("{head}{}", rows.next().unwrap_or_default()));
        let rest = format!("{}  {}", " ".repeat(10), below(shown, place));
        rows.for_each(|row| say(&format!("{rest}{row}")));
    }
    if hidden > 0 {
        say("");
        say(&format!("{} about earlier days left out; --all shows them", count(hidden, "line")));
    }
    Ok(())
}

/// A text in rows of at most `room` characters, broken between words.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split(' ') {
        let row = rows.last_mut().expect("there is always a row");
        if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > room {
            rows.push(word.to_owned());
        } else {
            row.push_str(if row.is_empty() { "" } else { " " });
            row.push_str(word);
        }
    }
    rows
}

/// The lines beside the further rows of a place in the tree: those of what hangs below it.
fn below(shown: &[&Cause<'_>], place: usize) -> String {
    let above = branches(shown, place).replace("├─ ", "│  ").replace("└─ ", "   ");
    let has_causes = shown.get(place + 1).is_some_and(|next| next.depth > shown[place].depth);
    format!("{above}{}", if has_causes { "│    " } else { "     " })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("immovable word", 4), ["immovable", "word"]);
        assert_eq!(wrapped("all of it", usize::MAX), ["all of it"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
