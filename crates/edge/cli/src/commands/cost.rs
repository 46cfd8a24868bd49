//! `trimtab cost`: what a run used of the machine, by stage, and what that costs.

use anyhow::Context;
use clap::Args;
use journal::Spine;
use monitoring::Meter;
use store::Home;

use crate::HomeArgs;
use crate::commands::{Found, find_run};
use crate::show::{Format, grouped, json, percent, table};

/// Options of `trimtab cost`.
#[derive(Debug, Args)]
pub struct CostArgs {
    /// The run; the newest if left out
    run: Option<String>,
    /// The price of one hour of one processor, in any currency
    #[arg(long, default_value_t = 0.05, value_name = "AMOUNT")]
    cpu_hour: f64,
    #[command(flatten)]
    home: HomeArgs,
    /// How to print the table
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the table of costs.
pub fn cost(args: &CostArgs) -> anyhow::Result<Found> {
    let home = Home::read(&args.home.home)?;
    let run = find_run(&home, args.run.as_deref())?;
    let record = home
        .record(&format!("{run}/metered").into())
        .with_context(|| format!("{run} was cut off before its end, so it was not metered"))?;
    let meter: Meter = serde_json::from_slice(&home.payload(&record.digest)?)?;
    let costs = meter.costs(args.cpu_hour);
    match args.format {
        Format::Json => json(&costs)?,
        Format::Table => table(
            &["stage", ">cpu s", ">share", ">times", ">bytes kept", ">cost"],
            costs.stages.iter().chain([&costs.total]).map(|stage| {
                vec![
                    stage.stage.clone(),
                    format!("{:.3}", stage.usage.cpu_seconds),
                    percent(stage.cpu_share),
                    stage.usage.count.to_string(),
                    grouped(stage.usage.bytes_written as f64, 0),
                    format!("{:.8}", stage.cost),
                ]
            }),
        ),
    }
    Ok(Found::AllWell)
}
