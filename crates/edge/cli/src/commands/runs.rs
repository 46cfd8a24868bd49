//! `trimtab runs`: what was run, and the orders of one run.

use clap::Args;
use journal::{Kind, Spine};
use serde::Serialize;
use store::Home;
use types::{Order, RunId, Symbol};

use crate::HomeArgs;
use crate::commands::{Found, asked, find_run, runs_of};
use crate::show::{Format, grouped, json, table};

/// Options of `trimtab runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// List the orders of this run
    #[arg(long, value_name = "RUN")]
    orders: Option<String>,
    /// Only orders in this symbol
    #[arg(long, requires = "orders")]
    symbol: Option<String>,
    #[command(flatten)]
    home: HomeArgs,
    /// How to print the list
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Row {
    run: RunId,
    mandate: String,
    complete: bool,
    records: usize,
}

/// Lists runs, or the orders of one.
pub fn runs(args: &RunsArgs) -> anyhow::Result<Found> {
    let home = Home::read(&args.home.home)?;
    match &args.orders {
        Some(name) => list_orders(&home, &find_run(&home, Some(name))?, args)?,
        None => list_runs(&home, args.format)?,
    }
    Ok(Found::AllWell)
}

fn list_runs(home: &Home, format: Format) -> anyhow::Result<()> {
    let row = |run: &RunId| -> anyhow::Result<Row> {
        let of_run = |record: &&journal::Record| record.run.as_ref() == Some(run);
        Ok(Row {
            run: run.clone(),
            mandate: asked(home, run)?.0.file,
            complete: home.record(&format!("{run}/completed").into()).is_some(),
            records: home.records().iter().filter(of_run).count(),
        })
    };
    let rows: Vec<Row> = runs_of(home)
        .iter()
        .filter_map(|record| record.run.as_ref())
        .map(row)
        .collect::<Result<_, _>>()?;
    match format {
        Format::Json => json(&rows)?,
        Format::Table => table(
            &["run", "mandate", "state", ">records"],
            rows.iter().map(|row| {
                let state = if row.complete { "complete" } else { "cut off" };
                vec![
                    row.run.to_string(),
                    row.mandate.clone(),
                    state.to_owned(),
                    row.records.to_string(),
                ]
            }),
        ),
    }
    Ok(())
}

fn list_orders(home: &Home, run: &RunId, args: &RunsArgs) -> anyhow::Result<()> {
    let symbol = args.symbol.as_deref().map(Symbol::from);
    let mut orders: Vec<Order> = vec![];
    for record in home.records() {
        if record.kind == Kind::Placed && record.run.as_ref() == Some(run) {
            let order: Order = serde_json::from_slice(&home.payload(&record.digest)?)?;
            if symbol.as_ref().is_none_or(|symbol| *symbol == order.symbol) {
                orders.push(order);
            }
        }
    }
    match args.format {
        Format::Json => json(&orders)?,
        Format::Table => table(
            &["day", "order", "side", ">shares", "symbol", ">value"],
            orders.iter().map(|order| {
                vec![
                    order.as_of.to_string(),
                    order.id.to_string(),
                    format!("{:?}", order.side).to_lowercase(),
                    grouped(order.quantity.to_f64(), 0),
                    order.symbol.to_string(),
                    grouped(order.value().to_f64(), 0),
                ]
            }),
        ),
    }
    Ok(())
}
