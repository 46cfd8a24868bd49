//! `trimtab data`: import, check and list snapshots.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use journal::Spine;
use market::{Finding, Severity};
use serde::Serialize;
use store::{Home, tables};
use types::{Date, Digest};

use crate::HomeArgs;
use crate::commands::Found;
use crate::show::{Format, grouped, json, say, table};
use crate::world::{import_prices, keep};

/// Options of `trimtab data`.
#[derive(Debug, Args)]
pub struct DataArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check prices and store them as an immutable snapshot, named by its digest
    Import {
        /// A CSV or Parquet file, wide or long, or a folder of them
        path: PathBuf,
        #[command(flatten)]
        home: HomeArgs,
        /// How to print what was found
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Check prices without storing anything
    Check {
        /// A CSV or Parquet file, wide or long, or a folder of them
        path: PathBuf,
        /// How to print what was found
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List the snapshots of a home
    List {
        #[command(flatten)]
        home: HomeArgs,
        /// How to print the list
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Serialize)]
struct Report {
    snapshot: Option<Digest>,
    symbols: usize,
    rows: usize,
    from: Option<Date>,
    to: Option<Date>,
    findings: Vec<FindingRow>,
}

#[derive(Debug, Serialize)]
struct FindingRow {
    severity: &'static str,
    symbol: Option<String>,
    date: Option<Date>,
    file: String,
    line: Option<usize>,
    message: String,
}

/// Imports, checks or lists.
pub fn data(args: &DataArgs) -> anyhow::Result<Found> {
    match &args.action {
        Action::Import { path, home, format } => import(path, Some(home), *format),
        Action::Check { path, format } => import(path, None, *format),
        Action::List { home, format } => list(&home.home, *format),
    }
}

fn import(path: &Path, home: Option<&HomeArgs>, format: Format) -> anyhow::Result<Found> {
    let imported = import_prices(path, vec![])?;
    let findings: Vec<FindingRow> = imported.findings.iter().map(row).collect();
    let errors = imported.errors().count();
    let mut report = Report { snapshot: None, symbols: 0, rows: 0, from: None, to: None, findings };
    if errors == 0 {
        let prices = imported.accept()?;
        let bytes = tables::to_parquet(&prices.to_table("prices"))?;
        let digest = Digest::of(&bytes);
        let panel = prices.panel(digest);
        report.symbols = panel.symbols().len();
        report.rows = prices.rows();
        (report.from, report.to) = (panel.dates().first().copied(), panel.last_date());
        if let Some(home) = home {
            let mut home = Home::open(&home.home)?;
            keep(&mut home, "prices", &bytes)?;
            home.sync()?;
            report.snapshot = Some(digest);
        }
    }
    match format {
        Format::Json => json(&report)?,
        Format::Table => print(&report, errors),
    }
    Ok(if errors == 0 { Found::AllWell } else { Found::Disagreement })
}

fn row(finding: &Finding) -> FindingRow {
    FindingRow {
        severity: match finding.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        symbol: finding.symbol.as_ref().map(ToString::to_string),
        date: finding.date,
        file: finding.file.clone(),
        line: finding.line,
        message: finding.message.clone(),
    }
}

fn print(report: &Report, errors: usize) {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    if !report.findings.is_empty() {
        table(
            &["", "symbol", "date", ">line", "finding"],
            report.findings.iter().map(|finding| {
                vec![
                    finding.severity.to_owned(),
                    text(finding.symbol.clone()),
                    text(finding.date.map(|date| date.to_string())),
                    text(finding.line.map(|line| line.to_string())),
                    finding.message.clone(),
                ]
            }),
        );
        say("");
    }
    let warnings = report.findings.len() - errors;
    say(&format!("{errors} errors, {warnings} warnings"));
    if errors > 0 {
        say("nothing was stored: mend the errors and import again");
        return;
    }
    if let (Some(from), Some(to)) = (report.from, report.to) {
        let rows = grouped(report.rows as f64, 0);
        say(&format!("{} symbols, {rows} rows, {from} to {to}", report.symbols));
    }
    if let Some(snapshot) = &report.snapshot {
        say(&format!("snapshot {snapshot}"));
    }
}

fn list(home: &Path, format: Format) -> anyhow::Result<Found> {
    let home = Home::read(home)?;
    let mut rows: Vec<serde_json::Value> = vec![];
    for record in home.records().iter().filter(|r| r.id.as_str().starts_with("snapshot-")) {
        rows.push(serde_json::from_slice(&home.payload(&record.digest)?)?);
    }
    match format {
        Format::Json => json(&rows)?,
        Format::Table => table(
            &["name", "snapshot", ">bytes"],
            rows.iter().map(|row| {
                let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
                vec![text("name"), text("snapshot"), row["bytes"].to_string()]
            }),
        ),
    }
    Ok(Found::AllWell)
}
