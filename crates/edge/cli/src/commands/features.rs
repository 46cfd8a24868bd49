//! `trimtab features`: what mandates can compute.

use clap::{Args, Subcommand};
use features::{Expression, library, operators, packages};

use crate::commands::Found;
use crate::show::{Format, json, say, table};

/// Options of `trimtab features`.
#[derive(Debug, Args)]
pub struct FeaturesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The built-in features and packages, with their definitions
    List {
        /// The features of one package, such as alpha158
        package: Option<String>,
        /// How to print the list
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// The operators of the expression language
    Operators {
        /// How to print the list
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Parse an expression and say what it reads
    Check {
        /// The expression, such as "mean(close, 5) / close - 1"
        expression: String,
    },
}

/// Lists features or operators, or checks an expression.
pub fn features(args: &FeaturesArgs) -> anyhow::Result<Found> {
    match &args.action {
        Action::List { package: None, format } => list(*format)?,
        Action::List { package: Some(name), format } => list_package(name, *format)?,
        Action::Operators { format } => list_operators(*format)?,
        Action::Check { expression } => check(expression)?,
    }
    Ok(Found::AllWell)
}

fn list(format: Format) -> anyhow::Result<()> {
    match format {
        Format::Json => {
            let entries = library().iter();
            json(
                &entries
                    .map(|e| serde_json::json!({"name": e.name, "source": e.source, "doc": e.doc}))
                    .collect::<Vec<_>>(),
            )
        }
        Format::Table => {
            table(
                &["name", "definition"],
                library().iter().map(|entry| vec![entry.name.to_owned(), entry.source.to_owned()]),
            );
            for package in packages() {
                let (name, size) = (package.name, package.definitions.len());
                say(&format!("{name}: {size} features (trimtab features list {name})"));
                say(&format!("    {}", package.doc));
            }
            Ok(())
        }
    }
}

fn list_package(name: &str, format: Format) -> anyhow::Result<()> {
    let Some(package) = packages().iter().find(|package| package.name == name) else {
        let known: Vec<&str> = packages().iter().map(|package| package.name).collect();
        anyhow::bail!("no package `{name}`; there are {}", known.join(", "));
    };
    match format {
        Format::Json => json(&package.definitions),
        Format::Table => {
            let rows = package.definitions.iter();
            table(
                &["name", "definition"],
                rows.map(|feature| vec![feature.name.clone(), feature.source.clone()]),
            );
            Ok(())
        }
    }
}

fn list_operators(format: Format) -> anyhow::Result<()> {
    match format {
        Format::Json => {
            let entries = operators().iter();
            json(&entries.map(|o| serde_json::json!({"name": o.name, "signature": o.signature, "doc": o.doc})).collect::<Vec<_>>())
        }
        Format::Table => {
            for operator in operators() {
                say(operator.signature);
                say(&format!("    {}", operator.doc));
            }
            Ok(())
        }
    }
}

fn check(expression: &str) -> anyhow::Result<()> {
    let parsed = Expression::parse(expression)?;
    let window = parsed.window();
    say(&format!("{parsed}"));
    say(&format!("reads {}", parsed.fields().into_iter().collect::<Vec<_>>().join(", ")));
    say(&format!("{} days back, {} days ahead", window.left, window.right));
    if window.right > 0 {
        say("it looks ahead: a label, not a feature");
    }
    Ok(())
}
